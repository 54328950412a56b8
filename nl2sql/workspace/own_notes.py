"""What people say about the tables of their own DuckDB file, kept beside it in the workspace folder, never in it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from nl2sql.errors import WorkspaceError
from nl2sql.schema import Column, ForeignKey, Schema, Table
from nl2sql.workspace import files
from nl2sql.workspace.notes import same_key

FORMAT = 1
_PATIENCE = 30.0
_UNFINISHED = ".tmp"
_TABLE_NOTES = ("display_name", "description", "synonyms", "primary_key")
_COLUMN_NOTES = ("display_name", "description", "synonyms", "hidden", "private")
_KINDS: dict[str, tuple[type, ...]] = {
    "display_name": (str, type(None)),
    "description": (str, type(None)),
    "synonyms": (tuple,),
    "primary_key": (tuple,),
    "hidden": (bool,),
    "private": (bool,),
}
Changes = dict[str, Any]
"""Notes by field, of those that differ from what the file itself says."""


@dataclass(frozen=True)
class Notes:
    """Notes laid over what a file says of itself. Those on tables and columns that are not there any more are kept.

    `tables` by the table's name as SQL spells it, `columns` by that and the column's.
    """

    tables: tuple[tuple[str, Changes], ...] = ()
    columns: tuple[tuple[tuple[str, str], Changes], ...] = ()
    keys_added: tuple[ForeignKey, ...] = ()
    keys_removed: tuple[ForeignKey, ...] = ()

    def over(self, schema: Schema) -> Schema:
        """`schema` with these notes on it; private columns have no examples."""
        tables, columns = dict(self.tables), dict(self.columns)
        noted = tuple(_noted(table, tables.get(table.sql_name, {}), columns) for table in schema.tables)
        kept = [key for key in schema.foreign_keys if not _among(key, self.keys_removed)]
        there = Schema(noted)
        kept += [key for key in self.keys_added if _fits(key, there) and not _among(key, kept)]
        return Schema(noted, tuple(kept), schema.version)

    def with_table(self, bare: Table, table: Table) -> Notes:
        """These notes and what tells `table` from `bare`, which is what the file says."""
        name = table.sql_name
        tables, columns = dict(self.tables), dict(self.columns)
        tables[name] = _difference(bare, table, _TABLE_NOTES)
        for was, column in zip(bare.columns, table.columns, strict=True):
            columns[name, column.name] = _difference(was, column, _COLUMN_NOTES)
        return replace(self, tables=_filled(tables), columns=_filled(columns))

    def with_key(self, key: ForeignKey) -> Notes:
        """These notes with one relationship more."""
        return replace(self, keys_added=(*_rest(self.keys_added, key), key), keys_removed=_rest(self.keys_removed, key))

    def without_key(self, key: ForeignKey) -> Notes:
        """These notes with one relationship less, whoever declared it."""
        removed = (*_rest(self.keys_removed, key), key)
        return replace(self, keys_added=_rest(self.keys_added, key), keys_removed=removed)


class OwnNotes:
    """The notes on one DuckDB file, in `own/` of the workspace folder. Several processes may change them at once."""

    def __init__(self, home: Path, file: Path) -> None:
        self._file = file
        self._folder = home / "own"
        self.path = self._folder / f"{hashlib.sha256(os.fsencode(file)).hexdigest()[:16]}.json"

    def stamp(self) -> str:
        """A text that changes whenever the notes do; empty while there are none."""
        try:
            found = self.path.stat()
        except OSError:
            return ""
        return f"{found.st_mtime_ns:x}.{found.st_size:x}.{found.st_ino:x}"

    def read(self) -> tuple[Notes, str | None]:
        """The notes, and a sentence when they are there and cannot be read."""
        try:
            return _notes(json.loads(self.path.read_text(encoding="utf-8"))), None
        except FileNotFoundError:
            return Notes(), None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return Notes(), f"The notes on {self._file.name} cannot be read and are left out."

    def change(self, edit: Callable[[Notes], Notes]) -> None:
        """Make `edit` of the current notes, all of it or nothing. Raises WorkspaceError when they cannot be written."""
        try:
            os.makedirs(self._folder, exist_ok=True)  # noqa: PTH103
            with files.exclusive(self.path.with_suffix(".lock"), _PATIENCE):
                notes, damaged = self.read()
                changed = edit(notes)
                if damaged:
                    os.replace(self.path, self.path.with_suffix(".damaged"))  # noqa: PTH105
                self._write(json.dumps(_document(changed, self._file), indent=1))
        except TimeoutError as error:
            raise WorkspaceError("Another program is changing these notes. Try again in a moment.") from error
        except OSError as error:
            reason = error.strerror or "no reason given"
            raise WorkspaceError(
                f"The workspace folder cannot be written ({reason}). Set NL2SQL_HOME to a folder that can be written."
            ) from error

    def tidy(self) -> None:
        """Remove what a killed process left, unless somebody is changing the notes."""
        with contextlib.suppress(OSError):
            if any(name.endswith(_UNFINISHED) for name in os.listdir(self._folder)):  # noqa: PTH208
                with files.exclusive(self.path.with_suffix(".lock"), 0):
                    self._clear()

    def _clear(self) -> None:
        for name in os.listdir(self._folder):  # noqa: PTH208
            if name.startswith(self.path.stem) and name.endswith(_UNFINISHED):
                files.remove_file(self._folder / name)

    def _write(self, text: str) -> None:
        self._clear()
        staged = self._folder / f"{self.path.stem}.{secrets.token_hex(4)}{_UNFINISHED}"
        try:
            with staged.open("x", encoding="utf-8") as sink:
                sink.write(text)
                sink.flush()
                os.fsync(sink.fileno())
            os.replace(staged, self.path)  # noqa: PTH105
            files.sync(self._folder)
        finally:
            with contextlib.suppress(OSError):
                files.remove_file(staged)


def _noted(table: Table, about: Changes, columns: Mapping[tuple[str, str], Changes]) -> Table:
    new = tuple(_noted_column(column, columns.get((table.sql_name, column.name), {})) for column in table.columns)
    known = {column.name for column in table.columns}
    key = about.get("primary_key", table.primary_key)
    return replace(table, **{**about, "columns": new, "primary_key": key if set(key) <= known else ()})


def _noted_column(column: Column, about: Changes) -> Column:
    noted = replace(column, **about)
    return replace(noted, examples=()) if noted.private else noted


def _difference(was: Table | Column, now: Table | Column, names: tuple[str, ...]) -> Changes:
    return {name: getattr(now, name) for name in names if getattr(now, name) != getattr(was, name)}


def _filled(notes: Mapping[Any, Changes]) -> tuple[tuple[Any, Changes], ...]:
    return tuple((name, changes) for name, changes in notes.items() if changes)


def _among(key: ForeignKey, keys: tuple[ForeignKey, ...] | list[ForeignKey]) -> bool:
    return any(same_key(key, one) for one in keys)


def _rest(keys: tuple[ForeignKey, ...], but: ForeignKey) -> tuple[ForeignKey, ...]:
    return tuple(key for key in keys if not same_key(key, but))


def _fits(key: ForeignKey, schema: Schema) -> bool:
    table, to_table = schema.table(key.table), schema.table(key.to_table)
    if table is None or to_table is None:
        return False
    return all(table.column(name) for name in key.columns) and all(to_table.column(name) for name in key.to_columns)


# The file


def _document(notes: Notes, file: Path) -> dict[str, Any]:
    columns: dict[str, list[dict[str, Any]]] = {}
    for (table, column), changes in notes.columns:
        columns.setdefault(table, []).append({"name": column, **changes})
    tables = dict(notes.tables)
    return {
        "format": FORMAT,
        "file": file.name,
        "tables": [
            {"name": name, **tables.get(name, {}), "columns": columns.get(name, [])}
            for name in dict.fromkeys([*tables, *columns])
        ],
        "keys_added": [_key_document(key) for key in notes.keys_added],
        "keys_removed": [_key_document(key) for key in notes.keys_removed],
    }


def _key_document(key: ForeignKey) -> dict[str, Any]:
    return {field.name: getattr(key, field.name) for field in fields(key)}


def _notes(document: dict[str, Any]) -> Notes:
    """Raises ValueError, TypeError, KeyError, AttributeError for anything but what `_document` makes."""
    if document["format"] != FORMAT:
        raise ValueError("another format")
    tables = {table["name"]: _changes(table, _TABLE_NOTES) for table in document["tables"]}
    columns = {
        (table["name"], column["name"]): _changes(column, _COLUMN_NOTES)
        for table in document["tables"]
        for column in table["columns"]
    }
    added, removed = (tuple(map(_key, document[name])) for name in ("keys_added", "keys_removed"))
    return Notes(_filled(tables), _filled(columns), added, removed)


def _changes(document: dict[str, Any], names: tuple[str, ...]) -> Changes:
    found = {name: document[name] for name in names if name in document}
    found = {name: tuple(map(str, value)) if isinstance(value, list) else value for name, value in found.items()}
    for name, value in found.items():
        if not isinstance(value, _KINDS[name]):
            raise TypeError(name)
    return found


def _key(document: dict[str, Any]) -> ForeignKey:
    columns, to_columns = tuple(map(str, document["columns"])), tuple(map(str, document["to_columns"]))
    if len(columns) != len(to_columns):
        raise ValueError("columns")
    return ForeignKey(
        str(document["table"]), columns, str(document["to_table"]), to_columns, bool(document["declared"])
    )
