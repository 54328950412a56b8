"""The workspace folder: the current catalog, changes to it that survive a kill, and the end of old versions."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from nl2sql.errors import WorkspaceError
from nl2sql.schema import Schema
from nl2sql.workspace import files
from nl2sql.workspace.catalog import Catalog, read_catalog, read_kept_files, write_catalog
from nl2sql.workspace.contents import Contents
from nl2sql.workspace.introspect import introspect

GRACE = 900.0
"""Seconds that a superseded version stays, whoever uses it."""
PATIENCE = 120.0
"""Seconds to wait for another process that is changing the workspace."""
_CATALOG = "catalog"


@dataclass(frozen=True)
class TableFile:
    """A published table file: its name in the `tables` folder and what it holds."""

    name: str
    schema: Schema
    bytes: int


class Change:
    """What an edit may do while the workspace is locked: publish table files. See `Store.change`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_file(self, stem: str, write: Callable[[Path], None]) -> TableFile:
        """Let `write` make a DuckDB file at the path it is given, check it, publish it as `stem`'s next version."""
        with files.staging(self._store.staging) as folder:
            staged = folder / f"{stem}.duckdb"
            write(staged)
            return self.adopt_file(stem, staged)

    def adopt_file(self, stem: str, staged: Path) -> TableFile:
        """Check the closed DuckDB file `staged`, which lies in a staging folder, and publish it."""
        if Path(f"{staged}.wal").exists():
            raise WorkspaceError(f"The new table file {stem} was not finished.")
        schema = introspect(staged).schema
        number = max(files.versions(self._store.tables, stem), default=0) + 1
        final = files.versioned(self._store.tables, stem, number)
        files.publish(staged, final)
        return TableFile(final.name, schema, final.stat().st_size)

    def table_path(self, file: str) -> Path:
        """Where the published table file `file` lies."""
        return self._store.tables / file


Stamp = tuple[str, int, int]
"""Name, inode and time of a catalog file: a catalog never changes, so what was read of it once stays true."""
Edit = Callable[[Contents, Change], Contents | None]
"""Given the current contents, the next ones, or None to leave everything as it is."""


class Store:
    """One workspace folder. Several processes may use it at once; readers never wait for a change."""

    def __init__(self, home: Path, grace: float = GRACE, patience: float = PATIENCE) -> None:
        self.home = home
        self.tables = home / "tables"
        self.staging = home / "staging"
        self.leases = home / "leases"
        self._grace = grace
        self._patience = patience
        self._files_of: dict[Stamp, frozenset[str]] = {}
        self._last_read: tuple[Stamp, Catalog] | None = None

    def newest(self) -> tuple[int, int] | None:
        """Number and inode of the newest catalog file: a cheap way to see that nothing changed."""
        found = self._catalogs()
        if not found:
            return None
        number = max(found)
        try:
            return number, found[number].stat().st_ino
        except FileNotFoundError:
            return None

    def current(self) -> Catalog | None:
        """The newest catalog that can be read; None in a folder without one.

        Raises WorkspaceError when there are catalogs and none can be read.
        """
        found = self._catalogs()
        failure: Exception | None = None
        for number in sorted(found, reverse=True):
            try:
                return self._read(found[number], number)
            except (duckdb.Error, OSError) as error:
                failure = error
        if failure is not None:
            raise WorkspaceError(
                "The workspace's catalog is damaged. Move the workspace folder away to start with a new one."
            ) from failure
        return None

    def change(self, edit: Edit) -> Catalog:
        """Make the next catalog from the current one, under the workspace's lock; all of it or nothing.

        A kill at any point leaves the state before; what it left lying about goes with the next change or start.
        Raises WorkspaceError when the folder cannot be written or stays locked.
        """
        with self._locked(self._patience):
            self._sweep()
            catalog = self.current()
            contents = edit(catalog.contents if catalog else Contents(), Change(self))
            if contents is None and catalog is not None:
                return catalog
            published = self._publish(contents or Contents())
            self._sweep()
            return published

    @contextmanager
    def unfinished(self) -> Iterator[Path]:
        """A folder of one's own for files that are not finished, on the file system of the tables.

        It goes when the block ends, or with the next start after a crash. Raises WorkspaceError when there is none.
        """
        with ExitStack() as held:
            try:
                os.makedirs(self.staging, exist_ok=True)  # noqa: PTH103
                folder = held.enter_context(files.staging(self.staging))
            except OSError as error:
                raise WorkspaceError(_cannot_write(error)) from error
            yield folder

    def tidy(self) -> None:
        """Remove what killed processes left and what nobody uses any more, unless somebody is changing the folder."""
        if self.home.is_dir():
            try:
                with self._locked(0):
                    self._sweep()
            except TimeoutError:
                return

    def lease(self, catalog: Catalog) -> files.Lease | None:
        """Keep a version of the catalog, and its table files, until the lease is released or this process ends.

        None when the folder cannot be written, or when the version is going: then there is a newer one.
        """
        path = self.leases / f"{catalog.path.name}.{secrets.token_hex(6)}{files.LOCK_ENDING}"
        try:
            lease = files.Lease(path)
        except OSError:
            return None
        if not catalog.path.exists():
            lease.release()
            return None
        return lease

    def _catalogs(self) -> dict[int, Path]:
        try:
            return files.versions(self.home, _CATALOG)
        except OSError as error:
            raise WorkspaceError(f"The workspace folder cannot be read ({error.strerror}).") from error

    def _publish(self, contents: Contents) -> Catalog:
        number = max(files.versions(self.home, _CATALOG), default=0) + 1
        final = files.versioned(self.home, _CATALOG, number)
        with files.staging(self.staging) as folder:
            staged = folder / final.name
            write_catalog(staged, contents, self.tables)
            catalog = replace(read_catalog(staged, number), path=final)
            files.publish(staged, final)
        self._remember(_stamp(final), catalog)
        return catalog

    @contextmanager
    def _locked(self, patience: float) -> Iterator[None]:
        """Hold the workspace's lock. With no patience a busy folder raises TimeoutError, else WorkspaceError."""
        try:
            for folder in (self.home, self.tables, self.staging, self.leases):
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            with files.exclusive(self.home / "workspace.lock", patience):
                yield
        except TimeoutError as error:
            if not patience:
                raise
            raise WorkspaceError("Another program is changing this workspace. Try again in a moment.") from error
        except (OSError, duckdb.Error) as error:
            raise WorkspaceError(_cannot_write(error)) from error

    def _sweep(self) -> None:
        """Under the lock: remove unfinished files, versions past their time, and table files that no catalog names."""
        files.clear_staging(self.staging)
        found = files.versions(self.home, _CATALOG)
        leased = self._leased()
        for number, successor in zip(list(found), list(found)[1:], strict=False):
            age = time.time() - found[successor].stat().st_mtime
            if age >= self._grace and found[number].name not in leased:
                files.remove_file(found.pop(number))
        unnamed = {name for name in os.listdir(self.tables) if name.endswith((".duckdb", ".wal"))}  # noqa: PTH208
        try:
            for path in reversed(found.values()):  # the newest names nearly all of them
                if unnamed:
                    unnamed -= self._files_named(path)
        except (duckdb.Error, WorkspaceError, OSError):
            return  # Some catalog cannot be read: what it names is not known, so every table file stays.
        for name in sorted(unnamed):
            files.remove_file(self.tables / name)

    def _files_named(self, path: Path) -> frozenset[str]:
        """The table files that a catalog keeps."""
        stamp = _stamp(path)
        if stamp not in self._files_of:
            self._files_of[stamp] = read_kept_files(path)
        return self._files_of[stamp]

    def _read(self, path: Path, number: int) -> Catalog:
        stamp, last = _stamp(path), self._last_read
        if last is not None and last[0] == stamp:
            return replace(last[1], number=number)
        catalog = read_catalog(path, number)
        self._remember(stamp, catalog)
        return catalog

    def _remember(self, stamp: Stamp, catalog: Catalog) -> None:
        self._files_of[stamp] = catalog.contents.kept_files
        self._last_read = stamp, catalog

    def _leased(self) -> set[str]:
        """Names of the catalog files that a living process holds."""
        held = set()
        for name in os.listdir(self.leases):  # noqa: PTH208
            if files.is_held(self.leases / name):
                held.add(name.removesuffix(files.LOCK_ENDING).rpartition(".")[0])
        return held


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return path.name, found.st_ino, found.st_mtime_ns


def _cannot_write(error: Exception) -> str:
    """A sentence for a folder that cannot be written."""
    reason = getattr(error, "strerror", None)
    if reason is None and "No space left" in str(error):
        reason = "No space left on device"
    if reason is None:
        return "The workspace folder could not be changed. Set NL2SQL_HOME to a folder that can be written."
    return f"The workspace folder cannot be written ({reason}). Set NL2SQL_HOME to a folder that can be written."
