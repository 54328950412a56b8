"""What one version of a workspace says: tables, where their rows are, keys, what was deleted. Knows no files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from nl2sql.schema import ForeignKey, Schema, Table, fold

Origin = Literal["sample", "upload"]
SampleChoice = Literal["auto", "shown", "hidden"]


@dataclass(frozen=True)
class CatalogTable:
    """One table of the workspace: what people see of it, and where its rows are."""

    table: Table
    file: str
    """Name of the table file in the `tables` folder."""
    source_table: str
    """Its name inside that file."""
    origin: Origin = "upload"
    source_columns: tuple[str, ...] = ()
    """Names of `table.columns` inside the file, in the same order, which is the file's."""
    source_file: str = ""
    """What the file that it was loaded from was called."""
    loaded_at: dt.datetime | None = None
    """UTC."""
    bytes: int = 0
    """Size of the table file."""
    rejected: int = 0
    """Rows of the loaded file that were left out."""
    findings: tuple[str, ...] = ()
    """Sentences about how the file was read."""
    readable: bool = True
    """False when the table file could not be opened as this version was written: there is no view for it."""

    def __post_init__(self) -> None:
        if not self.source_columns:
            object.__setattr__(self, "source_columns", tuple(column.name for column in self.table.columns))

    @property
    def name(self) -> str:
        """The table's name as people ask for it."""
        return self.table.name


@dataclass(frozen=True)
class Deleted:
    """A table that was deleted and can come back under `id`: the entry, and the keys that went with it."""

    id: str
    entry: CatalogTable
    keys: tuple[ForeignKey, ...]
    deleted_at: dt.datetime
    """UTC."""

    @property
    def name(self) -> str:
        """The name that the table had."""
        return self.entry.table.name


@dataclass(frozen=True)
class Contents:
    """What one catalog version says. Names of own tables are unique as DuckDB compares them, the sample's too.

    A sample table whose name an own table has is kept but not offered.
    """

    tables: tuple[CatalogTable, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    sample_month: str | None = None
    """The month (YYYY-MM) that the sample in it was made for; None when there is no sample in it."""
    deleted: tuple[Deleted, ...] = ()
    sample: SampleChoice = "auto"
    """Whether the sample is offered: `auto` while there are no own tables."""
    sample_keys: tuple[ForeignKey, ...] = ()
    """The keys that the sample comes with."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the table files that questions read, each once."""
        return tuple(dict.fromkeys(entry.file for entry in self.tables if entry.readable))

    @property
    def kept_files(self) -> frozenset[str]:
        """Names of all table files that must stay on disk, those of deleted tables too."""
        return frozenset(entry.file for entry in (*self.tables, *(gone.entry for gone in self.deleted)))

    @property
    def has_own_tables(self) -> bool:
        """True when a table is not the sample's."""
        return any(entry.origin != "sample" for entry in self.tables)

    @property
    def keys(self) -> tuple[ForeignKey, ...]:
        """All keys: those that people set, and the sample's own."""
        return self.foreign_keys + self.sample_keys

    def without_sample(self) -> Contents:
        """Only the tables that are not the sample's, and the keys among them."""
        tables = tuple(entry for entry in self.tables if entry.origin != "sample")
        keys = keys_within(self.foreign_keys, tables)
        return replace(self, tables=tables, foreign_keys=keys, sample_keys=(), sample_month=None)

    def without(self, names: Iterable[str]) -> Contents:
        """These contents less the tables in `names` (spelled as here)."""
        gone = set(names)
        return self._only(tuple(entry for entry in self.tables if entry.table.name not in gone))

    def offered(self) -> Contents:
        """These contents less the sample's tables whose name an own table has."""
        own = {fold(entry.name) for entry in self.tables if entry.origin != "sample"}
        kept = tuple(entry for entry in self.tables if entry.origin != "sample" or fold(entry.name) not in own)
        if len(kept) == len(self.tables):
            return self
        sample = tuple(entry for entry in kept if entry.origin == "sample")
        keys = keys_within(self.foreign_keys, kept)
        return replace(self, tables=kept, foreign_keys=keys, sample_keys=keys_within(self.sample_keys, sample))

    def with_tables(self, added: Iterable[CatalogTable], keys: Iterable[ForeignKey] = ()) -> Contents:
        """These contents and own tables `added`, with the keys among them."""
        new = tuple(added)
        return replace(self, tables=self.tables + new, foreign_keys=self.foreign_keys + keys_within(keys, new))

    def with_sample(self, tables: Iterable[CatalogTable], keys: Iterable[ForeignKey], month: str) -> Contents:
        """These contents with the sample made for `month` in place of the one they have, after the own tables."""
        own = tuple(entry for entry in self.tables if entry.origin != "sample")
        both = own + tuple(tables)
        kept = keys_within(self.foreign_keys, both)
        return replace(self, tables=both, foreign_keys=kept, sample_keys=tuple(keys), sample_month=month)

    def schema(self, version: str) -> Schema:
        """The tables and keys as the rest of the workbench sees them."""
        return Schema(tuple(entry.table for entry in self.tables), self.keys, version)

    def _only(self, tables: tuple[CatalogTable, ...]) -> Contents:
        keys, sample_keys = keys_within(self.foreign_keys, tables), keys_within(self.sample_keys, tables)
        return replace(self, tables=tables, foreign_keys=keys, sample_keys=sample_keys)


def keys_within(keys: Iterable[ForeignKey], tables: Iterable[CatalogTable]) -> tuple[ForeignKey, ...]:
    """The keys both of whose tables, and all of whose columns, are there."""
    columns = {fold(entry.name): {fold(column.name) for column in entry.table.columns} for entry in tables}

    def there(table: str, names: tuple[str, ...]) -> bool:
        return fold(table) in columns and {fold(name) for name in names} <= columns[fold(table)]

    return tuple(key for key in keys if there(key.table, key.columns) and there(key.to_table, key.to_columns))


def entries_of(file: str, schema: Schema, origin: Origin) -> tuple[CatalogTable, ...]:
    """An entry under its own name for each table that the table file `file` holds in `main`."""
    return tuple(CatalogTable(table, file, table.name, origin) for table in schema.tables if table.namespace == "main")
