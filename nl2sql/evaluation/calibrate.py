"""Fits the built-in parser's confidence on held-out databases: `python -m nl2sql.evaluation.calibrate --data DIR`."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from nl2sql.engine.base import ResultSet
from nl2sql.evaluation.metrics import compare
from nl2sql.evaluation.ordering import ordering_of
from nl2sql.parsers.base import Candidate, ParseRequest
from nl2sql.parsers.builtin import weights
from nl2sql.parsers.builtin.corpus import spider
from nl2sql.parsers.builtin.parser import BuiltinParser, Calibration


@dataclass(frozen=True)
class Outcome:
    """One held-out question: its candidates' scores, best first, and whether the one that was taken is right."""

    scores: tuple[float, ...]
    correct: bool


def outcomes(parser: BuiltinParser, data: Path, limit: int, seed: int = 7) -> list[Outcome]:
    """Ask up to `limit` questions of the held-out Spider databases and judge the first candidate that runs."""
    examples = list(spider(data, held_out=True))
    random.Random(seed).shuffle(examples)
    found: list[Outcome] = []
    for example in examples[:limit]:
        path = data / "spider_train" / "databases" / f"{example.db_id}.duckdb"
        request = ParseRequest(example.questions[0], example.schema, dt.date(2024, 6, 15), example.values)
        prediction = parser.predict(request)
        if not prediction.candidates:
            continue
        scores = tuple(one.score for one in prediction.candidates)
        with duckdb.connect(str(path), read_only=True) as connection:
            correct = _judge(connection, example.gold_sql, prediction.candidates)
        if correct is not None:
            found.append(Outcome(scores, correct))
    return found


def _judge(connection: duckdb.DuckDBPyConnection, gold_sql: str, candidates: Sequence[Candidate]) -> bool | None:
    """Whether the first candidate that runs gives the gold rows; None when the gold SQL does not run."""
    gold = _run(connection, gold_sql)
    if gold is None:
        return None
    for candidate in candidates:
        predicted = _run(connection, candidate.sql)
        if predicted is not None:
            return compare(gold, predicted, ordering_of(gold_sql)).equal
    return False


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> ResultSet | None:
    try:
        return ResultSet(connection.sql(sql).to_arrow_table(), (), False, 0.0)
    except (duckdb.Error, AttributeError):
        return None


def fit(found: Sequence[Outcome], rounds: int = 4000, rate: float = 0.05) -> dict[str, float]:
    """Logistic regression of being right on the best score and its margin (Platt 1999), by gradient descent."""
    bias, score, margin = 0.0, 1.0, 0.0
    rows = [(one.scores[0], _margin(one.scores), float(one.correct)) for one in found]
    for _ in range(rounds):
        gradients = [0.0, 0.0, 0.0]
        for first, gap, right in rows:
            error = 1 / (1 + math.exp(-(bias + score * first + margin * gap))) - right
            gradients = [gradients[0] + error, gradients[1] + error * first, gradients[2] + error * gap]
        step = rate / len(rows)
        bias, score, margin = bias - step * gradients[0], score - step * gradients[1], margin - step * gradients[2]
    return {"bias": round(bias, 4), "score": round(score, 4), "margin": round(margin, 4)}


def _margin(scores: Sequence[float]) -> float:
    return min(scores[0] - scores[1], 10.0) if len(scores) > 1 else 10.0


def calibration_error(found: Sequence[Outcome], confidences: Sequence[float], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width (Naeini et al. 2015)."""
    total = 0.0
    for number in range(bins):
        inside = [
            (confidence, one.correct)
            for confidence, one in zip(confidences, found, strict=True)
            if number / bins <= confidence < (number + 1) / bins or (number == bins - 1 and confidence == 1.0)
        ]
        if inside:
            said = sum(confidence for confidence, _ in inside) / len(inside)
            was = sum(correct for _, correct in inside) / len(inside)
            total += abs(said - was) * len(inside) / len(found)
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit on one half, report on the other, and with --write keep what was fitted on all."""
    options = argparse.ArgumentParser(prog="python -m nl2sql.evaluation.calibrate", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder that holds spider_train")
    options.add_argument("--weights", type=Path, default=weights.RELEASED)
    options.add_argument("--limit", type=int, default=600)
    options.add_argument("--write", action="store_true", help="write the fit into config.json beside the weights")
    chosen = options.parse_args(arguments)
    parser = BuiltinParser(chosen.weights)
    found = outcomes(parser, chosen.data, chosen.limit)
    half = len(found) // 2
    held = Calibration(**fit(found[:half]))
    confidences = [held.confidence(list(one.scores)) for one in found[half:]]
    print(f"{len(found)} held-out questions, {sum(one.correct for one in found) / len(found):.1%} right")
    print(f"calibration error {calibration_error(found[half:], confidences):.3f} on the half that was not fitted")
    whole = fit(found)
    print(json.dumps(whole))
    if chosen.write:
        path = chosen.weights / "config.json"
        description = json.loads(path.read_text(encoding="utf-8"))
        description["calibration"] = whole
        path.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
