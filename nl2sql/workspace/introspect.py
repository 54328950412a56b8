"""Reads the schema of a DuckDB file (tables, views, keys, counts, example values) without trusting what is in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from nl2sql.lockdown import SHUT, lock_down
from nl2sql.schema import Column, ForeignKey, Schema, Table, quote

EXAMPLES = 5
EXAMPLE_WIDTH = 60
_ROWS_LOOKED_AT = 300
_TABLES_WITH_EXAMPLES = 200
_COLUMNS_AT_ONCE = 100  # planning one statement over thousands of expressions takes longer than all its parts
_SECONDS_FOR_EXAMPLES = 2.0
_SECONDS_PER_STATEMENT = 5.0
_WITHOUT_EXAMPLES = ("other",)

# One instance per file is shared by a process, and locking its configuration twice is an error: one at a time.
_one_at_a_time = threading.Lock()
_CONFIG = {**SHUT, "threads": "2", "memory_limit": "1GB", "temp_directory": ""}
Name = tuple[str, str]
"""Namespace and name of a table or view."""


@dataclass(frozen=True)
class Introspection:
    """What a file holds. `unreadable` names the views that cannot be used, and are left out of the schema."""

    schema: Schema
    unreadable: tuple[str, ...] = ()


@contextmanager
def locked(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to `path` from which no other file and no network can be reached. Raises duckdb.Error."""
    with _one_at_a_time, duckdb.connect(str(path), read_only=True, config=_CONFIG) as con:
        con.execute(f"SET GLOBAL max_execution_time = {int(_SECONDS_PER_STATEMENT * 1000)}")
        lock_down(con)
        yield con


def introspect(path: Path) -> Introspection:
    """The schema of the DuckDB file `path`: every DuckDB schema in it, `main` first, views after tables.

    Counts and example values are read within a few seconds and left out for what is beyond; views are never run.
    Raises duckdb.Error when the file cannot be opened or read.
    """
    with locked(path) as con:
        columns = _columns(con)
        primary_keys, foreign_keys = _keys(con)
        deadline = time.monotonic() + _SECONDS_FOR_EXAMPLES
        tables: list[Table] = []
        for (namespace, name), comment, estimate in _tables(con):
            key = primary_keys.get((namespace, name), ())
            table = Table(name, columns.get((namespace, name), ()), key, estimate, None, comment, (), namespace)
            if time.monotonic() < deadline:
                with_examples = len(tables) < _TABLES_WITH_EXAMPLES
                table = _with_examples(con, table, deadline) if with_examples else _with_count(con, table)
            tables.append(table)
        unreadable = []
        for (namespace, name), comment in _views(con):
            view = Table(name, columns.get((namespace, name), ()), (), None, None, comment, (), namespace)
            if view.columns and _binds(con, view):
                tables.append(view)
            else:
                unreadable.append(view.sql_name)
    return Introspection(Schema(tuple(tables), foreign_keys), tuple(unreadable))


# Table files and catalogs keep notes of their own beside the tables that people ask about.
_OURS = "database_name = current_database() AND NOT internal AND schema_name NOT IN ('nl2sql_notes', 'nl2sql_catalog')"


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[Name, str | None, int]]:
    rows = con.execute(
        f"SELECT schema_name, table_name, comment, estimated_size FROM duckdb_tables() WHERE {_OURS} AND NOT temporary"
        " ORDER BY schema_name <> 'main', schema_name, table_oid"
    ).fetchall()
    return [((namespace, name), comment, count) for namespace, name, comment, count in rows]


def _views(con: duckdb.DuckDBPyConnection) -> list[tuple[Name, str | None]]:
    rows = con.execute(
        f"SELECT schema_name, view_name, comment FROM duckdb_views() WHERE {_OURS} AND NOT temporary"
        " ORDER BY schema_name <> 'main', schema_name, view_oid"
    ).fetchall()
    return [((namespace, name), comment) for namespace, name, comment in rows]


def _columns(con: duckdb.DuckDBPyConnection) -> dict[Name, tuple[Column, ...]]:
    rows = con.execute(
        "SELECT schema_name, table_name, column_name, data_type, is_nullable, comment"
        f" FROM duckdb_columns() WHERE {_OURS} ORDER BY table_oid, column_index"
    ).fetchall()
    columns: dict[Name, list[Column]] = {}
    for namespace, table, name, type_name, nullable, comment in rows:
        column = Column(name, type_name, nullable=bool(nullable), description=comment)
        columns.setdefault((namespace, table), []).append(column)
    return {name: tuple(found) for name, found in columns.items()}


def _keys(con: duckdb.DuckDBPyConnection) -> tuple[dict[Name, tuple[str, ...]], tuple[ForeignKey, ...]]:
    rows = con.execute(
        "SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table,"
        " referenced_column_names FROM duckdb_constraints()"
        " WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')"
        " ORDER BY table_oid, constraint_index"
    ).fetchall()
    primary: dict[Name, tuple[str, ...]] = {}
    foreign = []
    for namespace, table, kind, columns, to_table, to_columns in rows:
        if kind == "PRIMARY KEY":
            primary[namespace, table] = tuple(columns)
        elif columns and to_columns:
            foreign.append(ForeignKey(table, tuple(columns), to_table, tuple(to_columns)))
    return primary, tuple(foreign)


def _with_count(con: duckdb.DuckDBPyConnection, table: Table) -> Table:
    try:
        row = con.execute(f"SELECT count(*) FROM {_full_name(table)}").fetchone()
    except duckdb.Error:
        return table
    return replace(table, row_count=int(row[0])) if row else table


def _with_examples(con: duckdb.DuckDBPyConnection, table: Table, deadline: float) -> Table:
    """`table` with its exact count and a few of the values that its first rows hold, as far as time allows."""
    counted = _with_count(con, table)
    shown = [column for column in counted.columns if column.family not in _WITHOUT_EXAMPLES]
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(shown), _COLUMNS_AT_ONCE):
        if start == 0 or time.monotonic() < deadline:
            found |= _examples(con, counted, shown[start : start + _COLUMNS_AT_ONCE])
    columns = tuple(replace(column, examples=found.get(column.name, ())) for column in counted.columns)
    return replace(counted, columns=columns)


def _examples(con: duckdb.DuckDBPyConnection, table: Table, columns: list[Column]) -> dict[str, tuple[str, ...]]:
    values = ", ".join(f"left(CAST({quote(column.name)} AS VARCHAR), {EXAMPLE_WIDTH})" for column in columns)
    try:
        rows = con.execute(f"SELECT {values} FROM {_full_name(table)} LIMIT {_ROWS_LOOKED_AT}").fetchall()
    except duckdb.Error:
        return {}
    return {
        column.name: tuple(dict.fromkeys(row[position] for row in rows if row[position]))[:EXAMPLES]
        for position, column in enumerate(columns)
    }


def _binds(con: duckdb.DuckDBPyConnection, view: Table) -> bool:
    """True when the view's text still means something. DESCRIBE binds it without running any of it."""
    try:
        con.execute(f"DESCRIBE {_full_name(view)}")
    except duckdb.Error:
        return False
    return True


def _full_name(table: Table) -> str:
    return f"{quote(table.namespace)}.{quote(table.name)}"
