"""Reading a workspace: a cheap snapshot of the tables there are right now, and the sample's life."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nl2sql.engine.base import Database
from nl2sql.errors import WorkspaceError
from nl2sql.schema import ForeignKey, Schema, Table, fold
from nl2sql.settings import Settings
from nl2sql.workspace import edits
from nl2sql.workspace.catalog import Catalog, alias_of
from nl2sql.workspace.contents import CatalogTable, Contents, entries_of
from nl2sql.workspace.files import Lease
from nl2sql.workspace.own_file import file_version, read_own_file
from nl2sql.workspace.own_notes import OwnNotes
from nl2sql.workspace.store import GRACE, Change, Store

Source = Literal["sample", "own", "workspace"]
_NAMES_IN_A_NOTICE = 3


@dataclass(frozen=True)
class TableInfo:
    """One table as the Data page lists it: what people see of it, where its rows are, where they came from."""

    table: Table
    origin: Literal["sample", "upload", "own"]
    """`own`: a table or view of a person's own DuckDB file."""
    path: Path
    """The DuckDB file that its rows are in."""
    source_table: str
    """Its name inside that file."""
    source_columns: tuple[str, ...]
    """Names of `table.columns` inside that file, in the same order."""
    source_file: str = ""
    """What the file that it was loaded from was called."""
    loaded_at: dt.datetime | None = None
    """UTC; None where that is not known."""
    bytes: int = 0
    rejected: int = 0
    findings: tuple[str, ...] = ()
    keys: tuple[ForeignKey, ...] = ()
    """The relationships from and to it."""
    lost: bool = False
    """Its file is gone or cannot be opened: it can only be deleted."""

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def rows(self) -> int | None:
        """Rows, None where nobody counted."""
        return self.table.row_count


@dataclass(frozen=True)
class Snapshot:
    """The tables of one moment. It stays usable while its workspace is open and a while after a newer one came."""

    database: Database
    schema: Schema
    version: str
    source: Source
    notice: str | None = None
    """A sentence worth showing beside the tables; None when all is well."""
    tables: tuple[TableInfo, ...] = ()
    """Where the rows of the schema's tables are, in the schema's order."""


class Snapshots:
    """The tables of a workspace folder, or of a person's own DuckDB file. Safe to use from many threads.

    `with_sample`: True adds the sample to own tables, False never offers it, None does as the workspace says: while
    there are no others, unless somebody chose. A person's own file (`settings.database`) stands alone: neither the
    folder's tables nor the sample are looked at.
    """

    def __init__(self, settings: Settings, with_sample: bool | None = None) -> None:
        self._settings = settings
        self._with_sample = with_sample
        self._file = settings.database.absolute() if settings.database else None
        self._store = Store(settings.home.absolute())
        self._notes = OwnNotes(settings.home.absolute(), self._file) if self._file else None
        self._lock = threading.Lock()
        self._seen: object = None
        self._month = ""
        self._snapshot: Snapshot | None = None
        self._lost: tuple[TableInfo, ...] = ()
        self._leases: list[tuple[float, Lease]] = []

    def snapshot(self) -> Snapshot:
        """The tables as they are now; takes microseconds while nothing changed. The first call makes the sample.

        Raises WorkspaceError when the folder cannot be used, DatabaseError when a person's own file cannot.
        """
        return self._own_snapshot(self._file) if self._file else self._folder_snapshot()

    def tables(self) -> tuple[TableInfo, ...]:
        """Every table that is offered, and those that would be if their file were not lost."""
        return self.snapshot().tables + self._lost

    def close(self) -> None:
        """Let other processes remove the versions that this workspace used."""
        with self._lock:
            for _, lease in self._leases:
                lease.release()
            self._leases.clear()
            self._snapshot, self._seen, self._month = None, None, ""

    # -- a person's own file --------------------------------------------------------------------------------------

    def _own_snapshot(self, path: Path) -> Snapshot:
        assert self._notes is not None
        stamp, notes_stamp = file_version(path), self._notes.stamp()
        with self._lock:
            if self._snapshot is None:
                self._notes.tidy()
            if self._snapshot is None or (stamp, notes_stamp) != self._seen:
                found = read_own_file(path)
                notes, damaged = self._notes.read()
                notice = damaged or _left_out("view", "cannot be read", found.unreadable)
                if not found.schema.tables and notice is None:
                    notice = f"{path.name} has no tables."
                version = f"{stamp}-{notes_stamp}" if notes_stamp else stamp
                schema = replace(notes.over(found.schema), version=version)
                infos = _own_infos(schema, path)
                self._snapshot = Snapshot(Database(path, version=version), schema, version, "own", notice, infos)
                self._seen = (stamp, notes_stamp)
            return self._snapshot

    # -- the folder -----------------------------------------------------------------------------------------------

    def _folder_snapshot(self) -> Snapshot:
        month = f"{self._settings.as_of():%Y-%m}"
        with self._lock:
            if self._snapshot is None or month != self._month:
                self._show(*self._prepared(month))
                self._month = month
            elif self._store.newest() != self._seen:
                catalog = self._store.current()
                if catalog is None or self._needs_sample(catalog.contents, month):
                    self._show(*self._prepared(month))
                else:
                    self._show(catalog, None)
            assert self._snapshot is not None
            return self._snapshot

    def _prepared(self, month: str) -> tuple[Catalog, str | None]:
        """The current catalog, made or brought up to `month` where needed, and a notice when that failed."""
        catalog = self._store.current()
        try:
            if catalog is not None and not self._is_due(catalog.contents, month):
                self._store.tidy()
                return catalog, None
            return self._store.change(lambda contents, change: self._brought_up(contents, change, month)), None
        except WorkspaceError as error:
            if catalog is None:
                raise
            return catalog, str(error) if self._needs_sample(catalog.contents, month) else None

    def _is_due(self, contents: Contents, month: str) -> bool:
        return self._needs_sample(contents, month) or edits.without_expired(contents) is not contents

    def _brought_up(self, contents: Contents, change: Change, month: str) -> Contents | None:
        """`contents` with the sample of `month` where one is wanted, and without what was deleted long ago."""
        if not self._is_due(contents, month):
            return None
        if not self._needs_sample(contents, month):
            return edits.without_expired(contents)
        from sample_data.generate import TABLES, build

        file = change.add_file("sample", lambda path: build(path, self._settings.as_of()))
        entries = entries_of(file.name, file.schema, "sample")
        loaded_at = dt.datetime.now(dt.UTC)
        entries = tuple(replace(entry, loaded_at=loaded_at, bytes=file.bytes) for entry in entries)
        sample = sorted(entries, key=lambda entry: TABLES.index(entry.source_table))
        noted = edits.with_notes_of(sample, contents)
        return edits.without_expired(contents.with_sample(noted, file.schema.foreign_keys, month))

    def _wants_sample(self, contents: Contents) -> bool:
        if self._with_sample is not None:
            return self._with_sample
        if contents.sample != "auto":
            return contents.sample == "shown"
        return self._settings.sample and not contents.has_own_tables

    def _needs_sample(self, contents: Contents, month: str) -> bool:
        """True when a sample is wanted and there is none for `month`.

        A pinned clock only moves the sample forward, so that asking as of an earlier day leaves it to the others who
        use the folder; the real clock also brings back one that a pinned clock made for a month to come.
        """
        if not self._wants_sample(contents):
            return False
        made_for = contents.sample_month
        if made_for is None or any(self._is_lost(entry) for entry in contents.tables if entry.origin == "sample"):
            return True
        return made_for < month if self._settings.today else made_for != month

    def _is_lost(self, entry: CatalogTable) -> bool:
        return not entry.readable or not self._path_of(entry).exists()

    def _path_of(self, entry: CatalogTable) -> Path:
        return self._store.tables / entry.file

    def _offered(self, contents: Contents) -> Contents:
        """What people may ask about, lost tables included."""
        return contents.offered() if self._wants_sample(contents) else contents.without_sample()

    def _show(self, catalog: Catalog, notice: str | None) -> None:
        """Make the snapshot of `catalog` and hold that version while it may be in use."""
        offered, version = self._offered(catalog.contents), catalog.version
        if offered.sample_month != catalog.contents.sample_month:
            version = f"{version}-own"
        lost = tuple(entry for entry in offered.tables if self._is_lost(entry))
        contents = offered
        if lost:
            names = tuple(entry.name for entry in lost)
            contents = offered.without(names)
            version = f"{version}-{len(lost)}"
            notice = notice or _left_out("table", "has lost its file", names)
        if not contents.tables and notice is None:
            notice = "The workspace has no tables yet."
        attachments = tuple((alias_of(file), self._store.tables / file) for file in contents.files)
        source: Source = "workspace" if contents.has_own_tables or not contents.tables else "sample"
        self._hold(catalog)
        database = Database(catalog.path, attachments, version)
        infos = tuple(self._info(entry, contents) for entry in contents.tables)
        self._lost = tuple(replace(self._info(entry, offered), lost=True) for entry in lost)
        self._snapshot = Snapshot(database, contents.schema(version), version, source, notice, infos)
        self._seen = self._store.newest()

    def _info(self, entry: CatalogTable, contents: Contents) -> TableInfo:
        return TableInfo(
            entry.table,
            entry.origin,
            self._path_of(entry),
            entry.source_table,
            entry.source_columns,
            entry.source_file,
            entry.loaded_at,
            entry.bytes,
            entry.rejected,
            entry.findings,
            _keys_of(entry.table, contents.keys),
        )

    def _hold(self, catalog: Catalog) -> None:
        now = time.monotonic()
        kept = []
        for position, (since, lease) in enumerate(self._leases):
            superseded = self._leases[position + 1][0] if position + 1 < len(self._leases) else now
            if now - superseded > GRACE:
                lease.release()
            else:
                kept.append((since, lease))
        taken = self._store.lease(catalog)
        self._leases = [*kept, (now, taken)] if taken else kept


def _own_infos(schema: Schema, path: Path) -> tuple[TableInfo, ...]:
    size = path.stat().st_size if path.exists() else 0
    return tuple(
        TableInfo(
            table,
            "own",
            path,
            table.name,
            tuple(column.name for column in table.columns),
            path.name,
            bytes=size,
            keys=_keys_of(table, schema.foreign_keys),
        )
        for table in schema.tables
    )


def _keys_of(table: Table, keys: tuple[ForeignKey, ...]) -> tuple[ForeignKey, ...]:
    return tuple(key for key in keys if fold(table.name) in (fold(key.table), fold(key.to_table)))


def _left_out(kind: str, why: str, names: tuple[str, ...]) -> str | None:
    """A sentence about tables or views that are not offered; None when there are none.

    >>> _left_out("view", "cannot be read", ("old_sales",))
    'Left out, because the view cannot be read: old_sales.'
    """
    if not names:
        return None
    shown = ", ".join(names[:_NAMES_IN_A_NOTICE])
    more = f" and {len(names) - _NAMES_IN_A_NOTICE} more" if len(names) > _NAMES_IN_A_NOTICE else ""
    return f"Left out, because the {kind} {why}: {shown}{more}."
