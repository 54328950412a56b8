"""Verified examples: questions with SQL that a person confirmed, and which of them a change of tables would break."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from nl2sql.engine.base import Database, Engine, Limits
from nl2sql.engine.checked import run_checked
from nl2sql.errors import EngineError, QueryTimeoutError, RefusedError
from nl2sql.guard import check_select
from nl2sql.linking import split_words, stem
from nl2sql.query_log import LogFilter, QueryLog
from nl2sql.schema import Schema, quote

_LOOKED_AT = 500
_ALIKE = 1 / 3


@dataclass(frozen=True)
class VerifiedExample:
    """A question (empty for a person's own SQL) and the SQL that was called correct."""

    question: str
    sql: str


def verified_examples(log: QueryLog, limit: int = _LOOKED_AT) -> tuple[VerifiedExample, ...]:
    """What people confirmed or corrected, the newest first, each pair once. Raises QueryLogError."""
    found: dict[VerifiedExample, None] = {}
    for verdict in ("up", "down"):
        for record in log.list(LogFilter(verdict=verdict), limit).records:
            sql = record.feedback.corrected_sql or (record.sql if verdict == "up" else "")
            if sql.strip():
                found[VerifiedExample(record.question, sql)] = None
    return tuple(found)


def nearest(
    question: str, examples: Sequence[VerifiedExample], schema: Schema, most: int = 3
) -> tuple[VerifiedExample, ...]:
    """Examples whose questions share most words with `question`, the nearest first, one for each question.

    Those alone that `schema` can say, and that share at least a third of all words of both (Jaccard 1912).
    """
    asked = _stems(question)
    scored: dict[str, tuple[float, VerifiedExample]] = {}
    for example in examples:
        said = _stems(example.question)
        alike = len(asked & said) / len(asked | said) if said else 0.0
        if alike >= _ALIKE and example.question not in scored:  # the newest of each question
            scored[example.question] = (alike, example)
    ranked = sorted(scored.values(), key=lambda one: -one[0])
    return tuple(islice((one for _, one in ranked if check_select(one.sql, schema).allowed), most))


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word.text) for word in split_words(text) if word.text.isalnum())


def broken_by(
    examples: tuple[VerifiedExample, ...],
    engine: Engine,
    now: tuple[Database, Schema],
    after: Schema,
    folder: Path,
    limits: Limits,
) -> tuple[VerifiedExample, ...]:
    """The examples that can be said over the tables of `now` and not over those of `after`.

    Nothing is run: each statement is only bound, over empty tables that are made in `folder` for that.
    """
    if not examples:
        return ()
    empty = folder / "empty.duckdb"
    write_empty(empty, after)
    later = Database(empty, (), f"empty-{after.fingerprint}")

    def failing() -> Iterator[VerifiedExample]:
        for example in examples:
            if not _binds(engine, later, after, example, limits) and _binds(engine, *now, example, limits):
                yield example

    return tuple(failing())


def _binds(engine: Engine, database: Database, schema: Schema, example: VerifiedExample, limits: Limits) -> bool:
    try:
        run_checked(engine, database, schema, f"EXPLAIN {example.sql}", limits)
    except QueryTimeoutError:
        return True
    except (RefusedError, EngineError):
        return False
    return True


def write_empty(path: Path, schema: Schema) -> None:
    """Write a DuckDB file with `schema`'s tables and no rows."""
    with duckdb.connect(str(path), config={"threads": "1", "temp_directory": ""}) as connection:
        for table in schema.tables:
            columns = ", ".join(f"{quote(column.name)} {column.type}" for column in table.columns)
            if table.namespace != "main":
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(table.namespace)}")
            connection.execute(f"CREATE TABLE {table.sql_name} ({columns})")
