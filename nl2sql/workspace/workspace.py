"""The workspace as the rest of the workbench sees it: a cheap snapshot of the tables there are right now."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nl2sql.engine.base import Database
from nl2sql.errors import WorkspaceError
from nl2sql.schema import Schema
from nl2sql.settings import Settings
from nl2sql.workspace.catalog import Catalog, Contents, alias_of, entries_of
from nl2sql.workspace.files import Lease
from nl2sql.workspace.own_file import file_version, read_own_file
from nl2sql.workspace.store import GRACE, Change, Store

Source = Literal["sample", "own", "workspace"]
_NAMES_IN_A_NOTICE = 3


@dataclass(frozen=True)
class Snapshot:
    """The tables of one moment. It stays usable while its workspace is open and a while after a newer one came."""

    database: Database
    schema: Schema
    version: str
    source: Source
    notice: str | None = None
    """A sentence worth showing beside the tables; None when all is well."""


class Workspace:
    """A workspace folder, or a person's own DuckDB file. Safe to use from many threads and processes.

    `with_sample`: True adds the sample to own tables, False never offers it, None offers it while there are no others.
    A person's own file (`settings.database`) stands alone: neither the folder nor the sample is looked at.
    """

    def __init__(self, settings: Settings, with_sample: bool | None = None) -> None:
        self._settings = settings
        self._with_sample = with_sample
        self._file = settings.database.absolute() if settings.database else None
        self._store = Store(settings.home.absolute())
        self._lock = threading.Lock()
        self._seen: object = None
        self._month = ""
        self._snapshot: Snapshot | None = None
        self._leases: list[tuple[float, Lease]] = []

    @classmethod
    def open(cls, settings: Settings, with_sample: bool | None = None) -> Workspace:
        """A workspace whose tables are ready. Raises WorkspaceError, DatabaseError."""
        workspace = cls(settings, with_sample)
        workspace.snapshot()
        return workspace

    def snapshot(self) -> Snapshot:
        """The tables as they are now; takes microseconds while nothing changed. The first call makes the sample.

        Raises WorkspaceError when the folder cannot be used, DatabaseError when a person's own file cannot.
        """
        return self._own_snapshot(self._file) if self._file else self._folder_snapshot()

    def close(self) -> None:
        """Let other processes remove the versions that this workspace used."""
        with self._lock:
            for _, lease in self._leases:
                lease.release()
            self._leases.clear()
            self._snapshot, self._seen, self._month = None, None, ""

    def _own_snapshot(self, path: Path) -> Snapshot:
        version = file_version(path)
        with self._lock:
            if self._snapshot is None or version != self._seen:
                found = read_own_file(path)
                notice = _left_out("view", "cannot be read", found.unreadable)
                if not found.schema.tables and notice is None:
                    notice = f"{path.name} has no tables."
                schema = replace(found.schema, version=version)
                self._snapshot = Snapshot(Database(path, version=version), schema, version, "own", notice)
                self._seen = version
            return self._snapshot

    def _folder_snapshot(self) -> Snapshot:
        month = f"{self._settings.as_of():%Y-%m}"
        with self._lock:
            if self._snapshot is None or month != self._month:
                self._show(*self._prepared(month))
                self._month = month
            elif self._store.newest() != self._seen:
                catalog = self._store.current()
                self._show(*((catalog, None) if catalog else self._prepared(month)))
            assert self._snapshot is not None
            return self._snapshot

    def _prepared(self, month: str) -> tuple[Catalog, str | None]:
        """The current catalog, made or brought up to `month` where needed, and a notice when that failed."""
        catalog = self._store.current()
        try:
            if catalog is not None and not self._needs_sample(catalog.contents, month):
                self._store.tidy()
                return catalog, None
            return self._store.change(lambda contents, change: self._add_sample(contents, change, month)), None
        except WorkspaceError as error:
            if catalog is None:
                raise
            return catalog, str(error) if self._needs_sample(catalog.contents, month) else None

    def _add_sample(self, contents: Contents, change: Change, month: str) -> Contents | None:
        if not self._needs_sample(contents, month):
            return None
        from sample_data.generate import TABLES, build

        file = change.add_file("sample", lambda path: build(path, self._settings.as_of()))
        entries = entries_of(file.name, file.schema, "sample")
        sample = sorted(entries, key=lambda entry: TABLES.index(entry.source_table))
        return contents.without_sample().with_tables(sample, file.schema.foreign_keys, month)

    def _wants_sample(self, contents: Contents) -> bool:
        if self._with_sample is None:
            return self._settings.sample and not contents.has_own_tables
        return self._with_sample

    def _needs_sample(self, contents: Contents, month: str) -> bool:
        """True when a sample is wanted and there is none for `month`.

        A pinned clock only moves the sample forward, so that asking as of an earlier day leaves it to the others who
        use the folder; the real clock also brings back one that a pinned clock made for a month to come.
        """
        if not self._wants_sample(contents):
            return False
        made_for = contents.sample_month
        if made_for is None or self._missing(contents):
            return True
        return made_for < month if self._settings.today else made_for != month

    def _missing(self, contents: Contents, origin: str = "sample") -> tuple[str, ...]:
        return tuple(
            entry.table.name
            for entry in contents.tables
            if entry.origin == origin and not (self._store.tables / entry.file).exists()
        )

    def _show(self, catalog: Catalog, notice: str | None) -> None:
        """Make the snapshot of `catalog` and hold that version while it may be in use."""
        contents, version = catalog.contents, catalog.version
        if not self._wants_sample(contents) and contents.sample_month is not None:
            contents, version = contents.without_sample(), f"{version}-own"
        gone = self._missing(contents, "upload") + self._missing(contents, "sample")
        if gone:
            contents = contents.without(gone)
            version = f"{version}-{len(gone)}"
            notice = notice or _left_out("table", "has lost its file", gone)
        if not contents.tables and notice is None:
            notice = "The workspace has no tables yet."
        attachments = tuple((alias_of(file), self._store.tables / file) for file in contents.files)
        source: Source = "workspace" if contents.has_own_tables or not contents.tables else "sample"
        self._hold(catalog)
        database = Database(catalog.path, attachments, version)
        self._snapshot = Snapshot(database, contents.schema(version), version, source, notice)
        self._seen = self._store.newest()

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
