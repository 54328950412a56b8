"""A catalog file: plain-named views over table files, with keys, names and notes in tables of its own."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from nl2sql.errors import WorkspaceError
from nl2sql.schema import Column, ForeignKey, Table, literal, quote
from nl2sql.workspace.contents import CatalogTable, Contents, Deleted

FORMAT = 2
NOTES = "nl2sql_catalog"
"""The DuckDB schema of the catalog's own tables. Views that people ask about live in `main`."""

_TABLES = {
    "about": "format INTEGER, token VARCHAR, sample_month VARCHAR, sample VARCHAR",
    "tables": (
        "id INTEGER, deleted_id VARCHAR, deleted_at TIMESTAMP, name VARCHAR, file VARCHAR, source_table VARCHAR,"
        " origin VARCHAR, primary_key VARCHAR[], row_count BIGINT, display_name VARCHAR, description VARCHAR,"
        " synonyms VARCHAR[], source_file VARCHAR, loaded_at TIMESTAMP, bytes BIGINT, rejected BIGINT,"
        " findings VARCHAR[], readable BOOLEAN"
    ),
    "columns": (
        "table_id INTEGER, position INTEGER, source_name VARCHAR, name VARCHAR, type VARCHAR, nullable BOOLEAN,"
        " display_name VARCHAR, description VARCHAR, synonyms VARCHAR[], examples VARCHAR[], hidden BOOLEAN,"
        " private BOOLEAN"
    ),
    "foreign_keys": (
        "position INTEGER, part VARCHAR, table_name VARCHAR, columns VARCHAR[], to_table VARCHAR,"
        " to_columns VARCHAR[], declared BOOLEAN"
    ),
}
"""Columns of the catalog's own tables. A deleted table has a `deleted_id`; a key's `part` is empty, `sample`, or the
`deleted_id` of the table that it went with."""
_SAMPLE = "sample"


@dataclass(frozen=True)
class Catalog:
    """One version of the catalog on disk. `token` tells apart two catalogs that happen to have the same number."""

    number: int
    path: Path
    contents: Contents
    token: str = field(default="")

    @property
    def version(self) -> str:
        """The version as it is kept in the query log."""
        return f"v{self.number}-{self.token}"


def alias_of(file: str) -> str:
    """The name under which the table file `file` is attached.

    >>> alias_of("sales.v3.duckdb")
    'file_sales_v3'
    """
    return "file_" + re.sub(r"\W", "_", file.removesuffix(".duckdb"))


def write_catalog(path: Path, contents: Contents, tables_folder: Path) -> None:
    """Write `contents` to the new catalog file `path`; its table files lie in `tables_folder`. Raises duckdb.Error.

    A table whose file is lost or damaged is kept in the catalog, without a view.
    """
    with duckdb.connect(str(path), config={"threads": "1", "temp_directory": ""}) as con:
        names = dict.fromkeys(entry.file for entry in contents.tables)
        found = {name for name in names if _attached(con, tables_folder / name)}
        tables = tuple(replace(entry, readable=entry.file in found) for entry in contents.tables)
        con.begin()
        columns = (f"CREATE TABLE {NOTES}.{name} ({spec})" for name, spec in _TABLES.items())
        con.execute(";".join((f"CREATE SCHEMA {NOTES}", *columns)))
        views = [_view(entry) for entry in replace(contents, tables=tables).offered().tables if entry.readable]
        if views:
            con.execute(";".join(views))
        about = (FORMAT, secrets.token_hex(4), contents.sample_month, contents.sample)
        _insert(con, "about", [about])
        entries = [(entry, None) for entry in tables] + [(gone.entry, gone) for gone in contents.deleted]
        _insert(con, "tables", [_table_row(place, *pair) for place, pair in enumerate(entries)])
        _insert(con, "columns", [row for place, (entry, _) in enumerate(entries) for row in _column_rows(place, entry)])
        _insert(con, "foreign_keys", list(_key_rows(contents)))
        con.commit()


def _attached(con: duckdb.DuckDBPyConnection, file: Path) -> bool:
    try:
        con.execute(f"ATTACH {literal(str(file))} AS {quote(alias_of(file.name))} (READ_ONLY)")
    except (duckdb.Error, OSError):
        return False
    return True


def _view(entry: CatalogTable) -> str:
    names = tuple(column.name for column in entry.table.columns)
    renamed = f"({', '.join(map(quote, names))})" if names != entry.source_columns else ""
    source = f"{quote(alias_of(entry.file))}.main.{quote(entry.source_table)}"
    return f"CREATE VIEW main.{quote(entry.name)}{renamed} AS SELECT * FROM {source}"


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert any number of rows with one statement, which stays quick for 10,000 columns of a wide table."""
    types = re.findall(r"\w+ ([A-Z]+(?:\[\])?)(?:,|$)", _TABLES[table])
    values = ", ".join(f"unnest(?::{kind}[])" for kind in types)
    if rows:
        con.execute(
            f"INSERT INTO {NOTES}.{table} SELECT {values}", [list(column) for column in zip(*rows, strict=True)]
        )


def _table_row(place: int, entry: CatalogTable, gone: Deleted | None) -> tuple[Any, ...]:
    table = entry.table
    return (
        place,
        gone.id if gone else None,
        _naive(gone.deleted_at) if gone else None,
        table.name,
        entry.file,
        entry.source_table,
        entry.origin,
        list(table.primary_key),
        table.row_count,
        table.display_name,
        table.description,
        list(table.synonyms),
        entry.source_file,
        _naive(entry.loaded_at),
        entry.bytes,
        entry.rejected,
        list(entry.findings),
        entry.readable,
    )


def _column_rows(place: int, entry: CatalogTable) -> Iterable[tuple[Any, ...]]:
    for position, (column, source) in enumerate(zip(entry.table.columns, entry.source_columns, strict=True)):
        yield (
            place,
            position,
            source,
            column.name,
            column.type,
            column.nullable,
            column.display_name,
            column.description,
            list(column.synonyms),
            list(column.examples),
            column.hidden,
            column.private,
        )


def _key_rows(contents: Contents) -> Iterable[tuple[Any, ...]]:
    parts = [("", contents.foreign_keys), (_SAMPLE, contents.sample_keys)]
    parts += [(gone.id, gone.keys) for gone in contents.deleted]
    keys = [(part, key) for part, found in parts for key in found]
    for position, (part, key) in enumerate(keys):
        yield position, part, key.table, list(key.columns), key.to_table, list(key.to_columns), key.declared


def read_catalog(path: Path, number: int) -> Catalog:
    """Read the catalog file `path`.

    Raises duckdb.Error when it is damaged, WorkspaceError when a newer version of the workbench wrote it.
    """
    with _opened(path) as con:
        about = _about(con, path)
        if about["format"] == 1:
            return Catalog(number, path, _read_first_format(con, about), about["token"])
        return Catalog(number, path, _read_contents(con, about), about["token"])


def read_kept_files(path: Path) -> frozenset[str]:
    """Names of the table files that the catalog file `path` keeps, those of deleted tables too: a fraction of reading
    it whole. Raises as `read_catalog` does.
    """
    with _opened(path) as con:
        _about(con, path)
        return frozenset(name for (name,) in con.execute(f"SELECT file FROM {NOTES}.tables").fetchall())


def _opened(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), read_only=True, config={"threads": "1", "temp_directory": ""})


def _about(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Any]:
    """What a catalog says of itself, once it is known that this version can read it."""
    about = _rows(con, "about", "format")
    if not about or not isinstance(about[0]["format"], int):
        raise duckdb.InvalidInputException(f"{path.name} is no catalog.")
    if about[0]["format"] > FORMAT:
        raise WorkspaceError("This workspace was written by a newer version of the workbench. Update this one.")
    return about[0]


def _rows(con: duckdb.DuckDBPyConnection, table: str, order: str) -> list[dict[str, Any]]:
    cursor = con.execute(f"SELECT * FROM {NOTES}.{table} ORDER BY {order}")
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _read_contents(con: duckdb.DuckDBPyConnection, about: dict[str, Any]) -> Contents:
    columns: dict[int, list[dict[str, Any]]] = {}
    for row in _rows(con, "columns", "table_id, position"):
        columns.setdefault(row["table_id"], []).append(row)
    keys: dict[str, list[ForeignKey]] = {}
    for row in _rows(con, "foreign_keys", "position"):
        keys.setdefault(row["part"], []).append(_key(row))
    tables, deleted = [], []
    for row in _rows(con, "tables", "id"):
        entry = _entry(row, columns.get(row["id"], []))
        if row["deleted_id"] is None:
            tables.append(entry)
        else:
            went = tuple(keys.get(row["deleted_id"], ()))
            deleted.append(Deleted(row["deleted_id"], entry, went, row["deleted_at"].replace(tzinfo=dt.UTC)))
    return Contents(
        tuple(tables),
        tuple(keys.get("", ())),
        about["sample_month"],
        tuple(deleted),
        about["sample"],
        tuple(keys.get(_SAMPLE, ())),
    )


def _read_first_format(con: duckdb.DuckDBPyConnection, about: dict[str, Any]) -> Contents:
    """A catalog from before there were uploads: all tables and keys were the sample's, or put there by hand."""
    columns: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(con, "columns", "table_name, position"):
        columns.setdefault(row["table_name"], []).append(row)
    tables = tuple(_entry(row, columns.get(row["name"], [])) for row in _rows(con, "tables", "position"))
    sample = {entry.name for entry in tables if entry.origin == "sample"}
    keys = [_key(row) for row in _rows(con, "foreign_keys", "position")]
    of_sample = [key for key in keys if key.table in sample and key.to_table in sample]
    own = tuple(key for key in keys if key not in of_sample)
    return Contents(tables, own, about["sample_month"], sample_keys=tuple(of_sample))


def _entry(row: dict[str, Any], columns: list[dict[str, Any]]) -> CatalogTable:
    table = Table(
        row["name"],
        tuple(_column(column) for column in columns),
        tuple(row["primary_key"]),
        row["row_count"],
        row["display_name"],
        row["description"],
        tuple(row["synonyms"]),
    )
    loaded_at = row.get("loaded_at")
    return CatalogTable(
        table,
        row["file"],
        row["source_table"],
        row["origin"],
        tuple(column.get("source_name", column["name"]) for column in columns),
        row.get("source_file", ""),
        loaded_at.replace(tzinfo=dt.UTC) if loaded_at else None,
        row.get("bytes", 0),
        row.get("rejected", 0),
        tuple(row.get("findings", ())),
        row.get("readable", True),
    )


def _column(row: dict[str, Any]) -> Column:
    return Column(
        row["name"],
        row["type"],
        row["nullable"],
        row["display_name"],
        row["description"],
        tuple(row["synonyms"]),
        tuple(row["examples"]),
        row["hidden"],
        row["private"],
    )


def _key(row: dict[str, Any]) -> ForeignKey:
    columns, to_columns = tuple(row["columns"]), tuple(row["to_columns"])
    return ForeignKey(row["table_name"], columns, row["to_table"], to_columns, row["declared"])


def _naive(moment: dt.datetime | None) -> dt.datetime | None:
    """UTC without a zone, as DuckDB keeps it."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment else None
