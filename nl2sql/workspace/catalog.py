"""A catalog file: plain-named views over table files, with keys, names and notes in tables of its own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import duckdb

from nl2sql.schema import Column, ForeignKey, Schema, Table, fold, literal, quote

Origin = Literal["sample", "upload"]
FORMAT = 1
NOTES = "nl2sql_catalog"
"""The DuckDB schema of the catalog's own tables. Views that people ask about live in `main`."""

_DDL = f"""
CREATE SCHEMA {NOTES};
CREATE TABLE {NOTES}.about (format INTEGER, token VARCHAR, sample_month VARCHAR);
CREATE TABLE {NOTES}.tables (
    position INTEGER, name VARCHAR, file VARCHAR, source_table VARCHAR, origin VARCHAR, primary_key VARCHAR[],
    row_count BIGINT, display_name VARCHAR, description VARCHAR, synonyms VARCHAR[]);
CREATE TABLE {NOTES}.columns (
    table_name VARCHAR, position INTEGER, name VARCHAR, type VARCHAR, nullable BOOLEAN, display_name VARCHAR,
    description VARCHAR, synonyms VARCHAR[], examples VARCHAR[], hidden BOOLEAN, private BOOLEAN);
CREATE TABLE {NOTES}.foreign_keys (
    position INTEGER, table_name VARCHAR, columns VARCHAR[], to_table VARCHAR, to_columns VARCHAR[], declared BOOLEAN);
"""


@dataclass(frozen=True)
class CatalogTable:
    """One table of the workspace: what people see of it, and where its rows are."""

    table: Table
    file: str
    """Name of the table file in the `tables` folder."""
    source_table: str
    """Its name inside that file."""
    origin: Origin = "upload"


@dataclass(frozen=True)
class Contents:
    """What one catalog version says. Table names are unique without regard to case."""

    tables: tuple[CatalogTable, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    sample_month: str | None = None
    """The month (YYYY-MM) that the sample in it was made for; None when there is no sample in it."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the table files in use, each once."""
        return tuple(dict.fromkeys(entry.file for entry in self.tables))

    @property
    def has_own_tables(self) -> bool:
        """True when a table is not the sample's."""
        return any(entry.origin != "sample" for entry in self.tables)

    def without_sample(self) -> Contents:
        """Only the tables that are not the sample's, and the keys among them."""
        tables = tuple(entry for entry in self.tables if entry.origin != "sample")
        return Contents(tables, _keys_within(self.foreign_keys, tables))

    def without(self, names: Iterable[str]) -> Contents:
        """These contents less the tables in `names` (spelled as here)."""
        gone = set(names)
        tables = tuple(entry for entry in self.tables if entry.table.name not in gone)
        return Contents(tables, _keys_within(self.foreign_keys, tables), self.sample_month)

    def with_tables(
        self, added: Iterable[CatalogTable], keys: Iterable[ForeignKey] = (), sample_month: str | None = None
    ) -> Contents:
        """These contents and `added`; where both have a table of one name (any case), the one here stays."""
        taken = {fold(entry.table.name) for entry in self.tables}
        new = tuple(entry for entry in added if fold(entry.table.name) not in taken)
        return Contents(
            self.tables + new,
            self.foreign_keys + _keys_within(keys, new),
            sample_month or self.sample_month,
        )

    def schema(self, version: str) -> Schema:
        """The tables and keys as the rest of the workbench sees them."""
        return Schema(tuple(entry.table for entry in self.tables), self.foreign_keys, version)


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
    """Write `contents` to the new catalog file `path`; its table files lie in `tables_folder`. Raises duckdb.Error."""
    with duckdb.connect(str(path), config={"threads": "1", "temp_directory": ""}) as con:
        for file in contents.files:
            con.execute(f"ATTACH {literal(str(tables_folder / file))} AS {quote(alias_of(file))} (READ_ONLY)")
        con.begin()
        con.execute(_DDL)
        con.execute(
            f"INSERT INTO {NOTES}.about VALUES (?, ?, ?)", [FORMAT, secrets.token_hex(4), contents.sample_month]
        )
        for position, entry in enumerate(contents.tables):
            _write_table(con, position, entry)
        for position, key in enumerate(contents.foreign_keys):
            row = [position, key.table, list(key.columns), key.to_table, list(key.to_columns), key.declared]
            con.execute(f"INSERT INTO {NOTES}.foreign_keys VALUES (?, ?, ?, ?, ?, ?)", row)
        con.commit()


def _write_table(con: duckdb.DuckDBPyConnection, position: int, entry: CatalogTable) -> None:
    table = entry.table
    source = f"{quote(alias_of(entry.file))}.main.{quote(entry.source_table)}"
    con.execute(f"CREATE VIEW main.{quote(table.name)} AS SELECT * FROM {source}")
    con.execute(
        f"INSERT INTO {NOTES}.tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            position,
            table.name,
            entry.file,
            entry.source_table,
            entry.origin,
            list(table.primary_key),
            table.row_count,
            table.display_name,
            table.description,
            list(table.synonyms),
        ],
    )
    rows = [
        [
            table.name,
            place,
            column.name,
            column.type,
            column.nullable,
            column.display_name,
            column.description,
            list(column.synonyms),
            list(column.examples),
            column.hidden,
            column.private,
        ]
        for place, column in enumerate(table.columns)
    ]
    marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
    con.execute(f"INSERT INTO {NOTES}.columns VALUES {marks}", [value for row in rows for value in row])


def read_catalog(path: Path, number: int) -> Catalog:
    """Read the catalog file `path`. Raises duckdb.Error when it is damaged or of another format."""
    with duckdb.connect(str(path), read_only=True, config={"threads": "1", "temp_directory": ""}) as con:
        about = con.execute(f"SELECT format, token, sample_month FROM {NOTES}.about").fetchone()
        if about is None or about[0] != FORMAT:
            raise duckdb.InvalidInputException(f"{path.name} has another format.")
        columns: dict[str, list[Column]] = {}
        for name, *values in con.execute(f"SELECT * FROM {NOTES}.columns ORDER BY table_name, position").fetchall():
            columns.setdefault(name, []).append(_column(values))
        tables = tuple(
            _entry(row, tuple(columns.get(row[1], ())))
            for row in con.execute(f"SELECT * FROM {NOTES}.tables ORDER BY position").fetchall()
        )
        keys = tuple(
            ForeignKey(table, tuple(names), to_table, tuple(to_names), declared)
            for _, table, names, to_table, to_names, declared in con.execute(
                f"SELECT * FROM {NOTES}.foreign_keys ORDER BY position"
            ).fetchall()
        )
    return Catalog(number, path, Contents(tables, keys, about[2]), about[1])


def _column(values: list[Any]) -> Column:
    _, name, type_name, nullable, display_name, description, synonyms, examples, hidden, private = values
    return Column(
        name, type_name, nullable, display_name, description, tuple(synonyms), tuple(examples), hidden, private
    )


def _entry(row: tuple[Any, ...], columns: tuple[Column, ...]) -> CatalogTable:
    _, name, file, source_table, origin, primary_key, row_count, display_name, description, synonyms = row
    table = Table(name, columns, tuple(primary_key), row_count, display_name, description, tuple(synonyms))
    return CatalogTable(table, file, source_table, origin)


def entries_of(file: str, schema: Schema, origin: Origin) -> tuple[CatalogTable, ...]:
    """An entry under its own name for each table that the table file `file` holds in `main`."""
    return tuple(
        CatalogTable(replace(table, namespace="main"), file, table.name, origin)
        for table in schema.tables
        if table.namespace == "main"
    )


def _keys_within(keys: Iterable[ForeignKey], tables: tuple[CatalogTable, ...]) -> tuple[ForeignKey, ...]:
    names = {fold(entry.table.name) for entry in tables}
    return tuple(key for key in keys if fold(key.table) in names and fold(key.to_table) in names)
