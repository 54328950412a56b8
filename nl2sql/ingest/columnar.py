"""Reads Parquet as a table: its own types are taken over, structs are opened one level, what is nested stays JSON text.

The file may lie about itself: what it says is checked against what is read.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from nl2sql.ingest.base import REJECTS_KEPT, Finding, IngestError, Loaded, Progress, Reject, SourceColumn, Understanding
from nl2sql.ingest.names import column_names, shown_header
from nl2sql.ingest.reading import Source, kept_columns
from nl2sql.ingest.staging import COLUMNS_LIMIT, PREVIEW_ROWS, misfit, reason, refusal
from nl2sql.schema import Column, literal, quote

DAMAGED = "This Parquet file is damaged, was cut off, or is of a form that cannot be read."
NO_COLUMNS = "There are no columns in this Parquet file."
_NESTED = ("struct", "list", "array", "map", "union", "variant")
_TEXT_KEPT = 2_000
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class _Field:
    """One column of the file: how a person knows it, its value in SQL, and the type that the file gives it."""

    header: str
    value: str
    type: str


class ParquetReader:
    """Reads Parquet files."""

    def understand(self, source: Source, connection: duckdb.DuckDBPyConnection) -> Understanding:
        """What the file says of itself, and its first rows."""
        table = f"read_parquet({literal(str(source.path))}, hive_partitioning=false)"
        with _said_plainly():
            fields = _fields(connection, table)
            rows = _row_count(connection, source)
            columns = _columns(fields, source)
            shown = _first_rows(connection, table, fields, columns)
        columns = tuple(replace(one, examples=_examples(row[one.position] for row in shown)) for one in columns)
        kept = [one.position for one in columns if one.kept]
        return Understanding(
            path=source.path,
            file_name=source.file_name,
            kind="parquet",
            table=source.table,
            options=replace(source.options, null_words=source.options.null_words or (), table=source.table),
            columns=columns,
            rows=tuple(tuple(row[position] for position in kept) for row in shown),
            row_estimate=rows,
            complete=True,
            findings=_findings(fields, source, rows),
        )

    def load(self, source: Source, connection: duckdb.DuckDBPyConnection, report: Progress) -> Loaded:
        """All rows, in one statement where the types are the file's own."""
        path = literal(str(source.path))
        with _said_plainly(), _reporting(connection, report):
            table = f"read_parquet({path}, hive_partitioning=false)"
            fields = _fields(connection, table)
            said = _row_count(connection, source)
            columns = _columns(fields, source)
            lines = f"read_parquet({path}, hive_partitioning=false, file_row_number=true)"
            numbered = f"(SELECT *, file_row_number + 1 AS nl2sql_line FROM {lines})"
            bad = _misfits(connection, numbered, fields, columns)
            outcome = _write(connection, numbered if bad else table, source, fields, columns, bad)
        if outcome.rows != said and not bad:
            raise IngestError(f"This Parquet file is damaged: it says it has {said:,} rows, and has {outcome.rows:,}.")
        report(1.0, outcome.rows)
        return replace(outcome, findings=_findings(fields, source, said))


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    source: Source,
    fields: Sequence[_Field],
    columns: tuple[SourceColumn, ...],
    bad: dict[int, str],
) -> Loaded:
    """Make the table, or say what keeps it from being made; `bad` are conditions for misfits, by position."""
    kept = [one for one in columns if one.kept]
    if not kept:
        raise IngestError("Every column is left out, so there is no table to keep.")
    rejects = _rejects(connection, table, fields, columns, bad)
    anywhere = " OR ".join(bad.values()) or "false"
    rejected = _one(connection, f"SELECT count(*) FROM {table} WHERE {anywhere}") if bad else 0
    misfits = source.options.misfits
    if bad and misfits == "stop":
        raise IngestError(refusal(rejects[0], rejected))
    if bad and misfits == "ask":
        rows = _one(connection, f"SELECT count(*) FROM {table}")
        return Loaded(None, source.table, columns, rows, rejected, rejects)
    where = ""
    if bad and misfits == "text":
        columns = tuple(replace(one, type="VARCHAR") if one.position in bad else one for one in columns)
        kept, rejects, rejected = [one for one in columns if one.kept], (), 0
    elif bad:
        where = f" WHERE NOT ({anywhere})"
    cells = ", ".join(f"{_value(fields[one.position], one)} AS {quote(one.name)}" for one in kept)
    connection.execute(f"CREATE TABLE main.{quote(source.table)} AS SELECT {cells} FROM {table}{where}")
    rows = _one(connection, f"SELECT count(*) FROM main.{quote(source.table)}")
    return Loaded(None, source.table, columns, rows, rejected, rejects)


def _fields(connection: duckdb.DuckDBPyConnection, table: str) -> list[_Field]:
    """The columns of the file, structs opened one level. Raises IngestError where there are none or too many."""
    relation = connection.sql(f"SELECT * FROM {table}")
    found: list[_Field] = []
    for name, kind in zip(relation.columns, relation.types, strict=True):
        if kind.id != "struct":
            found.append(_field(name, quote(name), kind))
            continue
        for inner, inner_kind in kind.children:
            value = f"struct_extract({quote(name)}, {literal(inner)})"
            found.append(_field(f"{name}.{inner}", value, inner_kind))
    if not found:
        raise IngestError(NO_COLUMNS)
    if len(found) > COLUMNS_LIMIT:
        raise IngestError(f"There are more than {COLUMNS_LIMIT:,} columns, which is more than a table can have.")
    return found


def _field(header: str, value: str, kind: Any) -> _Field:
    if kind.id in _NESTED:
        return _Field(header, f"CAST(to_json({value}) AS VARCHAR)", "VARCHAR")
    return _Field(header, value, str(kind))


def _columns(fields: Sequence[_Field], source: Source) -> tuple[SourceColumn, ...]:
    types, names = dict(source.options.types), dict(source.options.names)
    headers = [shown_header(one.header) for one in fields]
    return tuple(
        SourceColumn(
            position,
            header,
            names.get(position) or proposed,
            types.get(position) or one.type,
            (),
            position not in source.options.left_out,
        )
        for position, (one, header, proposed) in enumerate(zip(fields, headers, column_names(headers), strict=True))
    )


def _row_count(connection: duckdb.DuckDBPyConnection, source: Source) -> int:
    """How many rows the file says it has."""
    return _one(connection, f"SELECT sum(num_rows) FROM parquet_file_metadata({literal(str(source.path))})")


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0] or 0) if row else 0


def _first_rows(
    connection: duckdb.DuckDBPyConnection, table: str, fields: Sequence[_Field], columns: Sequence[SourceColumn]
) -> list[tuple[str | None, ...]]:
    """The first rows as text, all columns."""
    cells = []
    for field, one in zip(fields, columns, strict=True):
        text = f"CAST({field.value} AS VARCHAR)"
        kept = text if one.type == field.type else f"coalesce(CAST(TRY_CAST({text} AS {one.type}) AS VARCHAR), {text})"
        cells.append(f"left({kept}, {_TEXT_KEPT})")
    rows: list[tuple[str | None, ...]] = connection.execute(
        f"SELECT {', '.join(cells)} FROM {table} LIMIT {PREVIEW_ROWS}"
    ).fetchall()
    return rows


def _examples(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value[:80] for value in values if value))[:5]


def _value(field: _Field, column: SourceColumn) -> str:
    if field.type == column.type:
        return field.value
    return f"TRY_CAST(CAST({field.value} AS VARCHAR) AS {column.type})"


def _misfits(
    connection: duckdb.DuckDBPyConnection, table: str, fields: Sequence[_Field], columns: Sequence[SourceColumn]
) -> dict[int, str]:
    """Conditions for values that a type which a person chose does not hold, for the columns that have such values."""
    chosen = {
        one.position: misfit(f"CAST({field.value} AS VARCHAR)", one.type)
        for field, one in zip(fields, columns, strict=True)
        if one.kept and one.type not in (field.type, "VARCHAR")
    }
    if not chosen:
        return {}
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in chosen.values())
    row = connection.execute(f"SELECT {counts} FROM {table}").fetchone() or ()
    return {position: chosen[position] for position, count in zip(chosen, row, strict=True) if count}


def _rejects(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    fields: Sequence[_Field],
    columns: Sequence[SourceColumn],
    bad: dict[int, str],
) -> tuple[Reject, ...]:
    found: list[Reject] = []
    for position, condition in bad.items():
        one = columns[position]
        rows = connection.execute(
            f"SELECT nl2sql_line, left(CAST({fields[position].value} AS VARCHAR), {_TEXT_KEPT}) FROM {table}"
            f" WHERE {condition} LIMIT {REJECTS_KEPT - len(found)}"
        ).fetchall()
        found += [Reject(line, one.header, reason(text, one.type), text) for line, text in rows]
    return tuple(sorted(found, key=lambda one: one.line or 0))


def _findings(fields: Sequence[_Field], source: Source, rows: int) -> tuple[Finding, ...]:
    nested = [one.header for one in fields if one.value.startswith("CAST(to_json(")]
    raw = [one.header for one in fields if Column("", one.type).type == "BLOB"]
    found = list(source.findings)
    if not rows:
        found.append(Finding("There are no rows in this Parquet file.", "warning"))
    if nested:
        found.append(Finding(f"Lists and objects are kept as JSON text: {kept_columns(nested)}."))
    if raw:
        found.append(Finding(f"Columns of bytes cannot be searched or shown as text: {kept_columns(raw)}."))
    return tuple(found)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turns what the engine says of a damaged file into a sentence; memory and disk stay what they are."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        if "No space left" in str(error) or "bad allocation" in str(error):
            raise
        if "Need at least one non-root column" in str(error):
            raise IngestError(NO_COLUMNS) from error
        raise IngestError(DAMAGED) from error


@contextmanager
def _reporting(connection: duckdb.DuckDBPyConnection, report: Progress) -> Iterator[None]:
    """Reports how far the running statement is while the block runs."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            with suppress(duckdb.Error):
                share = connection.query_progress()
                if share > 0:
                    report(min(0.99, share / 100), 0)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
