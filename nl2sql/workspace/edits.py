"""Edits of a workspace as pure functions: contents in, contents out. Files are published elsewhere."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from nl2sql.errors import WorkspaceError
from nl2sql.schema import ForeignKey, Table, fold
from nl2sql.workspace import notes
from nl2sql.workspace.contents import CatalogTable, Contents, Deleted
from nl2sql.workspace.diff import SchemaDiff, broken_keys

DAYS_KEPT = 30
"""Days that a deleted table can be brought back."""


def find(contents: Contents, name: str) -> CatalogTable:
    """The entry of the table called `name`, an own one before the sample's. Raises WorkspaceError."""
    wanted = fold(name)
    found = [entry for entry in contents.tables if fold(entry.name) == wanted]
    if not found:
        raise WorkspaceError(f"There is no table called {notes.clean_text(name, notes.LABEL_LENGTH)}.")
    return min(found, key=lambda entry: entry.origin == "sample")


def find_own(contents: Contents, name: str) -> CatalogTable:
    """As `find`, but the sample's rows and names are not people's to change. Raises WorkspaceError."""
    entry = find(contents, name)
    if entry.origin == "sample":
        raise WorkspaceError(f"{entry.name} belongs to the sample, which is made anew each month; hide it instead.")
    return entry


def taken_names(contents: Contents, with_sample: bool) -> tuple[str, ...]:
    """Names that no new table can have: those of the own tables, and of the sample's where it is shown beside them."""
    return tuple(entry.name for entry in contents.tables if with_sample or entry.origin != "sample")


def put(contents: Contents, old: CatalogTable, new: CatalogTable) -> Contents:
    """`contents` with `new` in the place of `old`."""
    return replace(contents, tables=tuple(new if entry is old else entry for entry in contents.tables))


def with_table(contents: Contents, name: str, edit: Callable[[Table], Table]) -> Contents:
    """`contents` with the table called `name` as `edit` gives it back. For notes: names and columns stay."""
    entry = find(contents, name)
    return put(contents, entry, replace(entry, table=edit(entry.table)))


def added(contents: Contents, entry: CatalogTable, taken: Collection[str]) -> Contents:
    """`contents` and one more own table. Raises NameTakenError."""
    notes.check_free("table", entry.name, taken)
    own = [one for one in contents.tables if one.origin != "sample"]
    sample = [one for one in contents.tables if one.origin == "sample"]
    return replace(contents, tables=(*own, entry, *sample))


def replaced(contents: Contents, old: CatalogTable, new: CatalogTable, diff: SchemaDiff) -> tuple[Contents, SchemaDiff]:
    """`contents` with `new` for `old`; keys that cannot hold any more go, and are named in the diff."""
    after = put(contents, old, new)
    touched = [key for key in contents.foreign_keys if fold(old.name) in (fold(key.table), fold(key.to_table))]
    lost = broken_keys(touched, {fold(entry.name): entry.table for entry in reversed(after.tables)})
    kept = tuple(key for key in contents.foreign_keys if key not in lost)
    return replace(after, foreign_keys=kept), replace(diff, keys_lost=lost)


# Names


def renamed_table(contents: Contents, name: str, to: str, taken: Collection[str]) -> Contents:
    """`contents` with a table called `to`; what it was called stays among its synonyms."""
    entry, to = find_own(contents, name), notes.checked_name(to)
    notes.check_free("table", to, [one for one in taken if fold(one) != fold(entry.name)])
    table = entry.table
    words = notes.clean_words((*table.synonyms, table.name, table.display_name or ""), (to,))
    new = replace(entry, table=replace(table, name=to, display_name=None, synonyms=words))
    return _respelled(put(contents, entry, new), entry.name, lambda key: _end_renamed(key, entry.name, to))


def renamed_column(contents: Contents, name: str, column: str, to: str) -> Contents:
    """`contents` with a column called `to`; what it was called stays among its synonyms."""
    entry, to = find_own(contents, name), notes.checked_name(to)
    old = notes.column_of(entry.table, column)
    others = [one.name for one in entry.table.columns if one is not old]
    notes.check_free("column", to, others)
    words = notes.clean_words((*old.synonyms, old.name, old.display_name or ""), (to,))
    table = notes.with_column(entry.table, old, replace(old, name=to, display_name=None, synonyms=words))
    new = replace(entry, table=replace(table, primary_key=_swapped(table.primary_key, old.name, to)))

    def respelled(key: ForeignKey) -> ForeignKey:
        if fold(key.table) == fold(entry.name):
            key = replace(key, columns=_swapped(key.columns, old.name, to))
        if fold(key.to_table) == fold(entry.name):
            key = replace(key, to_columns=_swapped(key.to_columns, old.name, to))
        return key

    return _respelled(put(contents, entry, new), entry.name, respelled)


def _swapped(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if fold(name) == fold(old) else name for name in names)


def _respelled(contents: Contents, name: str, change: Callable[[ForeignKey], ForeignKey]) -> Contents:
    """`contents` with `change` made to all keys, those of deleted tables too unless they mean one of the same name."""
    deleted = tuple(
        gone if fold(gone.name) == fold(name) else replace(gone, keys=tuple(map(change, gone.keys)))
        for gone in contents.deleted
    )
    return replace(contents, foreign_keys=tuple(map(change, contents.foreign_keys)), deleted=deleted)


# Keys


def with_key(contents: Contents, key: ForeignKey) -> Contents:
    """`contents` with one more relationship. Raises WorkspaceError when it cannot be."""
    checked = notes.checked_key(key, lambda name: find(contents, name).table)
    if any(notes.same_key(checked, one) for one in contents.offered().keys):
        return contents
    return replace(contents, foreign_keys=(*contents.foreign_keys, checked))


def without_key(contents: Contents, key: ForeignKey) -> Contents:
    """`contents` without one relationship. Raises WorkspaceError when there is none such."""

    def rest(keys: tuple[ForeignKey, ...]) -> tuple[ForeignKey, ...]:
        return tuple(one for one in keys if not notes.same_key(one, key))

    after = replace(contents, foreign_keys=rest(contents.foreign_keys), sample_keys=rest(contents.sample_keys))
    if after == contents:
        raise WorkspaceError("There is no such relationship.")
    return after


# Deleting and coming back


def deleted(contents: Contents, name: str, now: dt.datetime) -> tuple[Contents, Deleted]:
    """`contents` without an own table, which can come back with its keys for 30 days."""
    entry = find_own(contents, name)
    wanted = fold(entry.name)
    keys = tuple(key for key in contents.foreign_keys if wanted in (fold(key.table), fold(key.to_table)))
    gone = Deleted(secrets.token_hex(6), entry, keys, now)
    left = tuple(one for one in contents.tables if one is not entry)
    others = tuple(key for key in contents.foreign_keys if key not in keys)
    return replace(contents, tables=left, foreign_keys=others, deleted=(*contents.deleted, gone)), gone


def undeleted(contents: Contents, id: str, taken: Collection[str], name: str | None = None) -> tuple[Contents, str]:
    """`contents` with a deleted table back, called `name` or as before, and that name. Raises NameTakenError.

    Its keys come back where the other side is there; where that is deleted too, they wait for it.
    """
    gone = next((one for one in contents.deleted if one.id == id), None)
    if gone is None:
        raise WorkspaceError("That table cannot be brought back any more.")
    wanted = notes.checked_name(name) if name else gone.name
    notes.check_free("table", wanted, taken)
    entry = replace(gone.entry, table=replace(gone.entry.table, name=wanted))
    rest = replace(contents, deleted=tuple(one for one in contents.deleted if one is not gone))
    back = added(rest, entry, taken)
    tables = {fold(one.name): one.table for one in reversed(back.tables)}
    keys = tuple(_end_renamed(key, gone.name, wanted) for key in gone.keys)
    broken = broken_keys(keys, tables)
    back = replace(back, foreign_keys=back.foreign_keys + tuple(key for key in keys if key not in broken))
    return _waiting(back, [key for key in broken if not {fold(key.table), fold(key.to_table)} <= set(tables)]), wanted


def _end_renamed(key: ForeignKey, old: str, new: str) -> ForeignKey:
    table = new if fold(key.table) == fold(old) else key.table
    to_table = new if fold(key.to_table) == fold(old) else key.to_table
    return replace(key, table=table, to_table=to_table)


def _waiting(contents: Contents, keys: Iterable[ForeignKey]) -> Contents:
    """`contents` with `keys` kept beside the latest deleted table that each names."""
    kept = list(contents.deleted)
    for key in keys:
        for place in range(len(kept) - 1, -1, -1):
            if fold(kept[place].name) in (fold(key.table), fold(key.to_table)):
                kept[place] = replace(kept[place], keys=(*kept[place].keys, key))
                break
    return replace(contents, deleted=tuple(kept))


def purged(contents: Contents, id: str | None = None) -> Contents:
    """`contents` without one deleted table for good, or without all of them."""
    left = tuple(gone for gone in contents.deleted if id is not None and gone.id != id)
    return contents if len(left) == len(contents.deleted) else replace(contents, deleted=left)


def without_expired(contents: Contents, now: dt.datetime | None = None) -> Contents:
    """`contents` without what was deleted more than 30 days ago; the same object when there is nothing such."""
    oldest = (now or dt.datetime.now(dt.UTC)) - dt.timedelta(days=DAYS_KEPT)
    left = tuple(gone for gone in contents.deleted if gone.deleted_at >= oldest)
    return contents if len(left) == len(contents.deleted) else replace(contents, deleted=left)


def with_notes_of(sample: Iterable[CatalogTable], before: Contents) -> tuple[CatalogTable, ...]:
    """A new sample's tables with the notes that people made on those of the sample before."""
    old = {entry.name: entry.table for entry in before.tables if entry.origin == "sample"}
    return tuple(replace(entry, table=_noted(entry.table, old.get(entry.name))) for entry in sample)


def _noted(table: Table, before: Table | None) -> Table:
    if before is None:
        return table
    known = {column.name: column for column in before.columns}
    columns = []
    for column in table.columns:
        old = known.get(column.name, column)
        column = replace(
            column,
            display_name=old.display_name,
            description=old.description,
            synonyms=old.synonyms,
            hidden=old.hidden,
            private=old.private,
        )
        columns.append(replace(column, examples=()) if column.private else column)
    return replace(
        table,
        columns=tuple(columns),
        display_name=before.display_name,
        description=before.description,
        synonyms=before.synonyms,
    )
