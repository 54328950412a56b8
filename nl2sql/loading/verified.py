"""Verified examples: questions with SQL that a person confirmed, and which of them a change of tables would break."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from nl2sql.engine.base import Database, Engine, Limits
from nl2sql.engine.checked import run_checked
from nl2sql.errors import EngineError, QueryTimeoutError, RefusedError
from nl2sql.query_log import LogFilter, QueryLog
from nl2sql.schema import Schema, quote

_LOOKED_AT = 500


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
