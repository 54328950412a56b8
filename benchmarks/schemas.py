"""Large schemas: how long ranking and pruning takes a question, and how often the right tables are kept.

`python -m benchmarks.schemas --data DIR`: the databases of Spider's training split stand side by side in one schema,
filled up to a thousand tables with those of BIRD. The model card says what the folder holds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import results
from benchmarks.results import Figure, Result
from nl2sql.errors import ParserError
from nl2sql.guard import check_select
from nl2sql.linking import ColumnValues, ValueIndex
from nl2sql.parsers.builtin import corpus, weights
from nl2sql.parsers.builtin.pruning import MOST_TABLES, likely_tables, readable
from nl2sql.parsers.builtin.ranking import schema_index
from nl2sql.parsers.builtin.render import render
from nl2sql.schema import Column, Schema, Table, fold

RECALL_GOAL, MILLISECONDS_GOAL = 98.0, 200.0
_DAY = dt.date(2024, 6, 15)
_SIZES = ((5, 5), (20, 10), (100, 20), (1_000, 20))
"""Tables and columns of each; the last has 20,000 columns in all."""
_FILLERS = """audit source batch legacy external internal sync import export backup archive migration tenant region
    shard partition etl load stage raw""".split()
_PARTS = "hash key marker reference stamp user state reason checksum path".split()


@dataclass(frozen=True)
class Asked:
    """A question and the tables of the merged schema that its gold SQL reads."""

    question: str
    tables: frozenset[str]


@dataclass(frozen=True)
class Merged:
    """Many databases as one schema, its stored values, and the questions about it."""

    schema: Schema
    values: ValueIndex
    asked: tuple[Asked, ...]


def measure(data: Path, limit: int = 1_000, seed: int = 11) -> Result:
    """Ask `limit` questions, drawn at random, of the merged schema and of wider and narrower ones."""
    merged = merge([*corpus.spider(data), *corpus.spider(data, held_out=True)])
    full = filled(merged.schema, _tables(corpus.bird(data)), 1_000)
    asked = list(merged.asked)
    random.Random(seed).shuffle(asked)
    figures = [*_recall(full, merged.values, asked[:limit], "")]
    figures += _recall(widened(full, 20), merged.values, asked[:limit], ", 20 columns each")
    for tables, columns in _SIZES:
        schema = widened(Schema(full.tables[:tables], full.foreign_keys), columns, exactly=True)
        figures += _times(schema, merged.values, [one.question for one in asked[:50]])
    notes = (
        f"{len(full.tables):,} tables with {sum(len(table.columns) for table in full.tables):,} columns:"
        f" {len(merged.schema.tables)} of Spider's databases, the rest of BIRD's; {merged.values.size:,} stored values."
        f" {min(limit, len(asked)):,} questions; needed are all tables of the gold SQL. Of one name in two"
        " databases, one is renamed, and questions do not say which is meant.",
        f"Ranked: among the {MOST_TABLES} likeliest. Read: in the 480 word pieces that the encoder is given.",
    )
    return Result("schemas", tuple(figures), notes)


def merge(examples: Sequence[corpus.TrainingExample]) -> Merged:
    """One schema of the databases of `examples`; a table's name that is taken gets a number."""
    tables: list[Table] = []
    taken: set[str] = set()
    keys, values, asked = [], [], []
    names: dict[str, dict[str, str]] = {}
    for example in examples:
        schema = example.schema
        if example.db_id not in names:
            own = {fold(table.name): _free(table.name, taken) for table in schema.tables}
            names[example.db_id] = own
            tables += (replace(table, name=own[fold(table.name)]) for table in schema.tables)
            for key in schema.foreign_keys:
                keys.append(replace(key, table=own[fold(key.table)], to_table=own[fold(key.to_table)]))
            values += _values(example, own)
        needed = _needed(example)
        if needed:
            asked.append(Asked(example.questions[0], frozenset(names[example.db_id][fold(one)] for one in needed)))
    return Merged(Schema(tuple(tables), tuple(keys)), ValueIndex.of(values), tuple(asked))


def filled(schema: Schema, others: Sequence[Table], size: int) -> Schema:
    """`schema` with tables of `others` behind its own, up to `size` tables."""
    taken = {fold(table.name) for table in schema.tables}
    added = [replace(table, name=_free(table.name, taken)) for table in others[: max(size - len(schema.tables), 0)]]
    return Schema((*schema.tables, *added), schema.foreign_keys)


def widened(schema: Schema, columns: int, exactly: bool = False, seed: int = 3) -> Schema:
    """`schema` with at least `columns` columns in every table; `exactly` so many where there were more."""
    rng = random.Random(seed)
    pool = [Column(f"{first}_{second}", "VARCHAR") for first in _FILLERS for second in _PARTS]
    tables = []
    for table in schema.tables:
        there = {fold(column.name) for column in table.columns}
        new = [column for column in rng.sample(pool, min(len(pool), 2 * columns)) if column.name not in there]
        both = (*table.columns, *new[: max(columns - len(table.columns), 0)])
        tables.append(replace(table, columns=both[:columns] if exactly else both))
    return Schema(tuple(tables), schema.foreign_keys)


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while fold(free) in taken:
        number, free = number + 1, f"{name}_{number}"
    taken.add(fold(free))
    return free


def _values(example: corpus.TrainingExample, names: dict[str, str]) -> Iterator[ColumnValues]:
    index = example.values
    assert index is not None
    for table, column in example.schema.columns():
        stored = index.of_column(table.name, column.name)
        if stored:
            whole = index.is_whole(table.name, column.name)
            yield ColumnValues(names[fold(table.name)], column.name, [(value, "") for value in stored], whole)


def _needed(example: corpus.TrainingExample) -> tuple[str, ...]:
    """The tables that the reading's SQL reads, those on join paths too; none where it cannot be said."""
    try:
        return check_select(render(example.reading, example.schema, _DAY), example.schema).tables
    except (ParserError, IndexError):
        return ()


def _tables(examples: Iterator[corpus.TrainingExample]) -> list[Table]:
    by_database = {example.db_id: example.schema for example in examples}
    return [table for schema in by_database.values() for table in schema.tables]


def _recall(schema: Schema, values: ValueIndex, asked: Sequence[Asked], label: str) -> list[Figure]:
    pieces, _ = weights.load_pieces(weights.RELEASED)
    ranked = read = 0
    for one in asked:
        ranked += one.tables <= set(likely_tables(one.question, schema, values))
        shown, _ = readable(one.question, schema, values, pieces)
        read += one.tables <= {table.name for table in shown.tables}
    share = 100 / max(len(asked), 1)
    return [
        Figure(f"questions whose tables are all ranked{label}", ranked * share, "%", RECALL_GOAL, more_is_better=True),
        Figure(f"questions whose tables are all read{label}", read * share, "%"),
    ]


def _times(schema: Schema, values: ValueIndex, questions: Sequence[str]) -> list[Figure]:
    pieces, _ = weights.load_pieces(weights.RELEASED)
    start = time.perf_counter()
    schema_index(schema)
    once = (time.perf_counter() - start) * 1000
    took = []
    for question in questions:
        start = time.perf_counter()
        readable(question, schema, values, pieces)
        took.append((time.perf_counter() - start) * 1000)
    size = f"{sum(len(table.columns) for table in schema.tables):,} columns"
    return [
        Figure(f"{size}: ranked and pruned, median", statistics.median(took), "ms", MILLISECONDS_GOAL),
        Figure(f"{size}: names indexed, once", once, "ms"),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the report; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.schemas", description="Measure large schemas.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the training data")
    parser.add_argument("--limit", type=int, default=1_000, metavar="N", help="questions to ask (1,000)")
    options = parser.parse_args(arguments)
    if not (options.data / "spider_train").is_dir() or not (options.data / "bird_train").is_dir():
        print(f"{options.data} has no folders spider_train and bird_train.", file=sys.stderr)
        return 2
    machine = results.this_machine()
    command = f"python -m benchmarks.schemas --data DIR --limit {options.limit}"
    print(results.report(command, (measure(options.data, options.limit),), machine).to_markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
