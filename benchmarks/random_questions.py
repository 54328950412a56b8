"""Random questions over random schemas: whether every reading of the built-in parser parses, is safe and binds.

`python -m benchmarks.random_questions [--questions N]`. Schemas and questions are drawn as for training, from a seed
that training never used; each question is asked of a schema of its own. A name that was invented would not bind.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
from collections import Counter
from collections.abc import Sequence

import duckdb

from benchmarks import results
from benchmarks.results import Figure, Result
from nl2sql.guard import check_select
from nl2sql.linking import ValueIndex
from nl2sql.parsers.base import ParseRequest
from nl2sql.parsers.builtin.corpus import TrainingExample, spoken_values
from nl2sql.parsers.builtin.parser import BuiltinParser
from nl2sql.parsers.builtin.roles import Role
from nl2sql.parsers.builtin.synthesis import Synthesis
from nl2sql.schema import Schema, quote

_DAY = dt.date(2024, 6, 15)
_SEED = 7_000_003
_ABSENT = 0.15
"""Share of questions that the schema does not answer."""


def measure(questions: int = 5_000, parser: BuiltinParser | None = None) -> Result:
    """Ask so many questions and check every reading of every beam."""
    parser = parser or BuiltinParser()
    rng = random.Random(_SEED)
    synthesis = Synthesis(rng, ())
    seen: Counter[str] = Counter()
    while seen["answerable"] + seen["unanswerable"] < questions:
        world = synthesis.world()
        example = (synthesis.absent if rng.random() < _ABSENT else synthesis.first)(world)
        if example is None:
            continue
        kind = "unanswerable" if example.reading == ("decline",) else "answerable"
        seen[kind] += 1
        prediction = parser.predict(ParseRequest(example.questions[0], example.schema, _DAY, _values(example)))
        if not prediction.candidates:
            seen[f"{kind} declined"] += 1
            continue
        with duckdb.connect(config={"threads": 1}) as connection:
            _create(connection, example.schema)
            for candidate in prediction.candidates:
                seen["readings"] += 1
                seen["unsafe"] += not check_select(candidate.sql).allowed
                seen["unbound"] += not _binds(connection, candidate.sql)
    return Result(
        "random questions",
        (
            Figure("readings checked", seen["readings"], ""),
            Figure("readings that do not parse or are refused", seen["unsafe"], "", 0),
            Figure("readings with a name or type that does not bind", seen["unbound"], "", 0),
            Figure("answerable questions declined", _percent(seen, "answerable"), "%", 5),
            Figure("unanswerable questions declined", _percent(seen, "unanswerable"), "%", 85, more_is_better=True),
        ),
        (f"{seen['answerable']:,} answerable and {seen['unanswerable']:,} unanswerable questions.",),
    )


def _percent(seen: Counter[str], kind: str) -> float:
    return 100 * seen[f"{kind} declined"] / max(1, seen[kind])


def _values(example: TrainingExample) -> ValueIndex | None:
    """Stored values that the reading compares with, where they belong."""
    if example.values is not None:
        return example.values
    return ValueIndex((column.table, column.column, text) for column, text in spoken_values(example.reading))


def _create(connection: duckdb.DuckDBPyConnection, schema: Schema) -> None:
    for table in schema.tables:
        if isinstance(table, Role):
            continue
        columns = ", ".join(f"{quote(column.name)} {column.type}" for column in table.columns)
        connection.execute(f"CREATE TABLE {quote(table.name)} ({columns})")


def _binds(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    try:
        connection.execute(f"EXPLAIN {sql}")
    except duckdb.Error:
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the report; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.random_questions", description=__doc__.split("\n")[0])
    parser.add_argument("--questions", type=int, default=5_000, metavar="N", help="how many to ask (5,000)")
    options = parser.parse_args(arguments)
    machine = results.this_machine()
    command = f"python -m benchmarks.random_questions --questions {options.questions}"
    print(results.report(command, (measure(options.questions),), machine).to_markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
