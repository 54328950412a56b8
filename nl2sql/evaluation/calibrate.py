"""Fits the built-in parser's confidence on held-out databases: `python -m nl2sql.evaluation.calibrate --data DIR`.

What is fitted is the confidence of an answer, on Spider's questions and on the written ones, which count the same
together. It is reported across folds of whole databases; with --write what was fitted on all of them is kept beside the
weights.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from nl2sql.comparing.ordering import ordering_of
from nl2sql.comparing.rows import compare
from nl2sql.engine.base import ResultSet
from nl2sql.evaluation.fitting import (
    Judged,
    Outcome,
    across_folds,
    fit_confidence,
    take,
)
from nl2sql.evaluation.hardness import LEVELS, hardness
from nl2sql.evaluation.reliability import calibration_error, coverage_at, reliability
from nl2sql.parsers.base import ParseRequest
from nl2sql.parsers.builtin import weights, written
from nl2sql.parsers.builtin.corpus import TrainingExample, spider
from nl2sql.parsers.builtin.parser import DECLINE_ABOVE, BuiltinParser
from nl2sql.parsers.builtin.render import render

_ANY_DAY = dt.date(2024, 6, 15)


@dataclass(frozen=True)
class Ablation:
    """What is taken away to see what it is worth."""

    values: bool = True
    types: bool = True
    beams: int = 5


def outcomes(parser: BuiltinParser, data: Path, limit: int, ablation: Ablation, seed: int = 7) -> Iterator[Outcome]:
    """Ask up to `limit` questions of the held-out Spider databases and judge every reading of each."""
    examples = list(spider(data, held_out=True))
    random.Random(seed).shuffle(examples)
    for example in examples[:limit]:
        path = data / "spider_train" / "databases" / f"{example.db_id}.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            gold = _run(connection, example.gold_sql)
            if gold is not None:
                yield _judged(parser, example, connection, gold, ablation)


def written_outcomes(parser: BuiltinParser, ablation: Ablation) -> Iterator[Outcome]:
    """Ask every wording of the written files that are held out, follow-ups and what nothing answers left out."""
    for name, file in written.held_out():
        with written.fill(file, written.ROWS_ASKED) as connection:
            for example in written.of_file(file, name):
                if example.earlier is not None or example.reading == ("decline",):
                    continue
                sql = render(example.reading, example.schema, _ANY_DAY)
                gold = _run(connection, sql)
                if gold is None:
                    continue
                for question in example.questions:
                    asked = replace(example, questions=(question,), gold_sql=sql)
                    yield _judged(parser, asked, connection, gold, ablation)


def _judged(
    parser: BuiltinParser,
    example: TrainingExample,
    connection: duckdb.DuckDBPyConnection,
    gold: ResultSet,
    ablation: Ablation,
) -> Outcome:
    values = example.values if ablation.values else None
    request = ParseRequest(example.questions[0], example.schema, _ANY_DAY, values, candidates=ablation.beams)
    ordering = ordering_of(example.gold_sql)
    readings = []
    found, declining = parser.readings(request, ablation.types)
    for one in found:
        rows = _run(connection, one.sql)
        correct = None if rows is None else compare(gold, rows, ordering).equal
        readings.append(Judged(one.score, one.evidence, correct, one.sql))
    return Outcome(example.db_id, example.questions[0], example.gold_sql, tuple(readings), declining)


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> ResultSet | None:
    try:
        return ResultSet(connection.sql(sql).to_arrow_table(), (), False, 0.0)
    except (duckdb.Error, AttributeError):
        return None


def report(kinds: Mapping[str, Sequence[Outcome]]) -> None:
    """Print what held-out questions came to, one kind of them after the other, their confidence fitted together."""
    sure = across_folds([one for found in kinds.values() for one in found])
    start = 0
    for name, found in kinds.items():
        end = start + len(found)
        if found:
            databases = len({one.db_id for one in found})
            print(f"{len(found)} {name} questions of {databases} databases that training never saw")
            _report(found, sure[start:end])
        start = end


def _report(found: Sequence[Outcome], sure: Sequence[float]) -> None:
    taken = [take(one) for one in found]
    declined = [one.declining > DECLINE_ABOVE or not one.readings for one in found]
    right = [one is not None and one.correct and not no for one, no in zip(taken, declined, strict=True)]
    count = len(found)
    likeliest = sum(bool(one.readings) and bool(one.readings[0].correct) for one in found)
    print(f"the model's first reading   {likeliest / count:.1%} right")
    print(f"ranked with the evidence    {sum(right) / count:.1%} right")
    any_right = sum(any(r.correct for r in one.readings) for one in found)
    print(f"some reading of the beam    {any_right / count:.1%} right")
    for level in LEVELS:
        places = [place for place, one in enumerate(found) if hardness(one.gold_sql) == level]
        if places:
            print(f"  {level:8} {sum(right[place] for place in places) / len(places):.1%} of {len(places)}")
    answered = [place for place, one in enumerate(taken) if one is not None and not declined[place]]
    correct, confidence = [right[place] for place in answered], [sure[place] for place in answered]
    print(f"expected calibration error {calibration_error(correct, confidence):.3f}, across folds")
    for said, was, size in reliability(correct, confidence):
        print(f"  said {said:.2f}, right {was:.2f} of {size}")
    for wanted in (0.99, 0.95, 0.9, 0.8):
        print(f"  {wanted:.0%} right on the surest {coverage_at(right, sure, wanted):.1%} of the questions")
    print(f"declined though answerable: {sum(declined) / count:.1%}, counted as not right")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and report, and with --write keep what was fitted on all questions."""
    options = argparse.ArgumentParser(prog="python -m nl2sql.evaluation.calibrate", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder that holds spider_train")
    options.add_argument("--weights", type=Path, default=weights.RELEASED)
    options.add_argument("--limit", type=int, default=2000)
    options.add_argument("--beams", type=int, default=5, help="readings that the search keeps")
    options.add_argument("--no-values", action="store_true", help="an ablation: stored values are not known")
    options.add_argument("--no-types", action="store_true", help="an ablation: types keep no reading out")
    options.add_argument(
        "--errors", type=Path, help="write every question with its readings to this file of JSON lines"
    )
    options.add_argument("--write", action="store_true", help="write the fit into config.json beside the weights")
    chosen = options.parse_args(arguments)
    ablation = Ablation(not chosen.no_values, not chosen.no_types, chosen.beams)
    parser = BuiltinParser(chosen.weights)
    asked = list(outcomes(parser, chosen.data, chosen.limit, ablation))
    others = list(written_outcomes(parser, ablation))
    others = [replace(one, weight=len(asked) / len(others)) for one in others]
    report({"Spider": asked, "written": others})
    if chosen.errors:
        _write_errors([*asked, *others], chosen.errors)
    if chosen.write:
        _keep([*asked, *others], chosen.weights)
    return 0


def _keep(found: Sequence[Outcome], folder: Path) -> None:
    """Write what all questions fit into the description of the weights."""
    fitted = fit_confidence([taken for one in found if (taken := take(one)) is not None])
    path = folder / "config.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    description["calibration"] = fitted
    path.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def _write_errors(found: Sequence[Outcome], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for one in found:
            readings = [[r.sql, round(r.score, 3), r.correct, dict(r.evidence)] for r in one.readings]
            line = {"db_id": one.db_id, "question": one.question, "gold_sql": one.gold_sql, "readings": readings}
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main())
