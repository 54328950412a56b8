"""Where the value index gets its values: the table files' own lists, read once per file; else the rows themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from nl2sql.engine.base import ResultSet
from nl2sql.errors import WorkbenchError
from nl2sql.ingest.profile import NOTES
from nl2sql.linking import ColumnValues, ValueIndex, distinct_values
from nl2sql.schema import Table, literal, quote
from nl2sql.workspace import Snapshot, TableInfo

Fetch = Callable[[str, int], ResultSet]
"""Runs one SELECT of the workbench's own over the snapshot's files and returns at most so many rows."""
_FEWEST_PER_COLUMN = 50
_BATCH = 100
_SLACK = 2
_ROWS = 1_000_000
_Key = tuple[Path, str, str]
"""A file, its version where it is not immutable, and the table in it."""


@dataclass(frozen=True)
class _Known:
    """Values of some columns of one table, by their names inside the file."""

    asked: frozenset[str]
    values: Mapping[str, tuple[tuple[str, str], ...]]
    """(value, normal form) by column, the most frequent first."""
    complete: frozenset[str]

    def with_more(self, other: _Known) -> _Known:
        """What both know, of different columns."""
        return _Known(self.asked | other.asked, {**self.values, **other.values}, self.complete | other.complete)


@dataclass(frozen=True)
class _Listed:
    """A table whose file lists its values: under which alias, of which columns they are wanted."""

    key: _Key
    alias: str
    names: frozenset[str]
    many: bool
    """The file lists far more values than are wanted of it."""


class ValueFiles:
    """Makes value indexes; keeps what it has read of each file. Safe to use from many threads, one at a time."""

    def __init__(self) -> None:
        self._known: dict[_Key, _Known] = {}
        self._lock = threading.Lock()

    def index(self, snapshot: Snapshot, fetch: Fetch) -> ValueIndex:
        """The stored values of `snapshot`'s text columns that are neither hidden nor private.

        A table that cannot be read has none. Only files that are new since the last call are read.
        """
        wanted = {_key(info, snapshot): (info, _text_columns(info.table, info)) for info in snapshot.tables}
        columns = sum(len(names) for _, names in wanted.values())
        most = max(_FEWEST_PER_COLUMN, min(ValueIndex.PER_COLUMN, ValueIndex.TOTAL // max(columns, 1)))
        with self._lock:
            self._known = {key: known for key, known in self._known.items() if key in wanted}
            missing = {key: one for key, one in wanted.items() if one[1] and not self._has(key, one[1])}
            self._read(missing, snapshot, fetch, most)
            return ValueIndex.of(self._columns(wanted, most))

    def _has(self, key: _Key, names: Mapping[str, str]) -> bool:
        return key in self._known and self._known[key].asked >= set(names)

    def _columns(self, wanted: Mapping[_Key, tuple[TableInfo, dict[str, str]]], most: int) -> Iterable[ColumnValues]:
        for key, (info, names) in wanted.items():
            known = self._known.get(key)
            for source, name in names.items():
                values = known.values.get(source, ()) if known else ()
                whole = known is not None and source in known.complete and len(values) <= most
                yield ColumnValues(info.table.name, name, values[:most], whole)

    def _read(
        self,
        missing: Mapping[_Key, tuple[TableInfo, dict[str, str]]],
        snapshot: Snapshot,
        fetch: Fetch,
        most: int,
    ) -> None:
        aliases = {path: alias for alias, path in snapshot.database.attachments}
        noted = _with_notes(fetch) if aliases and missing else {}
        listed: list[_Listed] = []
        for key, (info, names) in missing.items():
            alias = aliases.get(info.path, "")
            if info.origin == "upload" and alias in noted:
                many = noted[alias] > _SLACK * (most + 1) * len(names)
                listed.append(_Listed(key, alias, frozenset(names), many))
            else:
                self._known[key] = _from_rows(info, names, fetch)
        for start in range(0, len(listed), _BATCH):
            self._known |= _from_lists(listed[start : start + _BATCH], fetch, most)
        for one in listed:
            unlisted = one.names - self._known[one.key].asked  # private when the file was written
            if unlisted:
                info, columns = missing[one.key]
                rows = _from_rows(info, {source: columns[source] for source in sorted(unlisted)}, fetch)
                self._known[one.key] = self._known[one.key].with_more(rows)


def _key(info: TableInfo, snapshot: Snapshot) -> _Key:
    return info.path, snapshot.version if info.origin == "own" else "", info.source_table


def _text_columns(table: Table, info: TableInfo) -> dict[str, str]:
    """Names inside the file to names that people see, of the columns whose values may be known."""
    return {
        source: column.name
        for source, column in zip(info.source_columns, table.columns, strict=True)
        if column.family == "text" and not column.hidden and not column.private
    }


def _with_notes(fetch: Fetch) -> dict[str, int]:
    """Aliases of the attached files that list their values, with about how many they list."""
    sql = (
        "SELECT database_name, max(estimated_size) FROM duckdb_tables()"
        f" WHERE schema_name = {literal(NOTES)} AND table_name = 'distinct_values' GROUP BY 1"
    )
    try:
        found = fetch(sql, _ROWS).table
    except WorkbenchError:
        return {}
    return dict(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))


def _from_lists(batch: Sequence[_Listed], fetch: Fetch, most: int) -> dict[_Key, _Known]:
    """Values as the table files list them, of the columns that they list. One that is unreadable costs its own."""
    values, complete = [], []
    for number, one in enumerate(batch):
        notes = f"{quote(one.alias)}.{NOTES}"
        only = f"column_name IN ({', '.join(map(literal, sorted(one.names)))})"
        first = f" QUALIFY row_number() OVER (PARTITION BY column_name ORDER BY frequency DESC, value) <= {most + 1}"
        values.append(
            f"SELECT {number} AS file, column_name, -frequency AS rank, value, form FROM {notes}.distinct_values"
            f" WHERE {only}" + (first if one.many else "")
        )
        complete.append(f"SELECT {number} AS file, column_name, complete FROM {notes}.indexed WHERE {only}")
    try:
        rows = fetch(f"{' UNION ALL '.join(values)} ORDER BY ALL", _ROWS).table
        wholes = fetch(" UNION ALL ".join(complete), _ROWS).table
    except WorkbenchError:
        if len(batch) == 1:
            return {batch[0].key: _Known(batch[0].names, {}, frozenset())}
        return {key: known for one in batch for key, known in _from_lists([one], fetch, most).items()}
    return _gathered(batch, rows, wholes, most)


def _gathered(batch: Sequence[_Listed], rows: pa.Table, wholes: pa.Table, most: int) -> dict[_Key, _Known]:
    files, names, _, values, forms = (rows.column(at).to_pylist() for at in range(5))
    found: list[dict[str, tuple[tuple[str, str], ...]]] = [{} for _ in batch]
    pairs, start = list(zip(values, forms, strict=True)), 0
    for (file, name), same in groupby(zip(files, names, strict=True)):
        count = sum(1 for _ in same)
        found[file][name] = tuple(pairs[start : start + min(count, most + 1)])
        start += count
    indexed: list[dict[str, bool]] = [{} for _ in batch]
    for file, name, whole in zip(*(wholes.column(at).to_pylist() for at in range(3)), strict=True):
        indexed[file][name] = whole
    return {
        one.key: _Known(
            frozenset(indexed[at]), found[at], frozenset(name for name, whole in indexed[at].items() if whole)
        )
        for at, one in enumerate(batch)
    }


def _from_rows(info: TableInfo, names: Mapping[str, str], fetch: Fetch) -> _Known:
    """Values read from the rows, for files that do not list them."""
    values: dict[str, tuple[tuple[str, str], ...]] = {}
    complete = set()
    for source, name in names.items():
        column = info.table.column(name)
        assert column is not None
        found, whole = distinct_values(
            info.table, column, lambda sql: fetch(sql, ValueIndex.PER_COLUMN + 1), ValueIndex.PER_COLUMN
        )
        values[source] = tuple((value, "") for value in found)
        if whole:
            complete.add(source)
    return _Known(frozenset(names), values, frozenset(complete))
