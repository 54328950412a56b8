"""The workspace as the rest of the workbench uses it: its tables, and every change that can be made to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from nl2sql.engine.base import Cancel
from nl2sql.errors import WorkspaceError
from nl2sql.schema import ForeignKey, Schema, Table
from nl2sql.settings import Settings
from nl2sql.workspace import diff, edits, notes
from nl2sql.workspace.append import Combination, combine, paired
from nl2sql.workspace.contents import Contents, Deleted
from nl2sql.workspace.diff import NewTable, SchemaDiff
from nl2sql.workspace.entries import combined_entry, entry_of, read_examples, read_staged, stem, stem_of
from nl2sql.workspace.notes import UNSET, Unset
from nl2sql.workspace.own_file import read_own_file
from nl2sql.workspace.own_notes import Notes
from nl2sql.workspace.snapshots import Snapshots
from nl2sql.workspace.store import Change

_ATTEMPTS = 5


class Workspace(Snapshots):
    """A workspace folder, or a person's own DuckDB file. Safe to use from many threads and processes.

    Every change is one new version of the catalog: it happens as a whole or not at all, and others see it with their
    next snapshot. All raise WorkspaceError with a sentence when they cannot be made. In a person's own file only notes
    and keys can be changed; they are kept beside it.
    """

    @classmethod
    def open(cls, settings: Settings, with_sample: bool | None = None) -> Workspace:
        """A workspace whose tables are ready. Raises WorkspaceError, DatabaseError."""
        workspace = cls(settings, with_sample)
        workspace.snapshot()
        return workspace

    # -- rows -----------------------------------------------------------------------------------------------------

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder for unfinished files; it goes when the block ends, or with the next start after a kill."""
        self._only_in_folder()
        with self._store.unfinished() as folder:
            yield folder

    def taken_names(self) -> tuple[str, ...]:
        """Names that a new table cannot have, however they are cased."""
        self._only_in_folder()
        catalog = self._store.current()
        return self._taken(catalog.contents) if catalog else ()

    def add(self, new: NewTable) -> str:
        """Keep `new` as a table; its name. Raises NameTakenError, whose suggestion is free."""
        (name,) = self.add_all((new,))
        return name

    def add_all(self, news: Sequence[NewTable]) -> tuple[str, ...]:
        """Keep each of `news` as a table, all with one change; their names. Raises NameTakenError, and keeps none."""
        names = tuple(notes.checked_name(new.name) for new in news)

        def edit(contents: Contents, change: Change) -> Contents:
            for name, new in zip(names, news, strict=True):
                taken = self._taken(contents)
                notes.check_free("table", name, taken)
                file = change.adopt_file(stem(name), new.staged)
                table = replace(diff.staged_table(new, file.schema), name=name)
                contents = edits.added(contents, entry_of(table, file, new), taken)
            return contents

        self._edit(edit)
        return names

    def compare(self, name: str, new: NewTable, how: Literal["replace", "append"] = "replace") -> SchemaDiff:
        """What would change if `new` replaced the table called `name`, or were appended to it. Changes nothing."""
        self._only_in_folder()
        contents = self._current()
        old, table = edits.find_own(contents, name), read_staged(new)
        if how == "append":
            return diff.appended(old, table)
        changed, known = diff.replaced(old, table)
        return edits.replaced(contents, old, replace(old, table=changed), known)[1]

    def replace(self, name: str, new: NewTable) -> SchemaDiff:
        """Put `new` in the place of the table called `name`; notes and keys stay on the columns that stay."""
        found: list[SchemaDiff] = []

        def edit(contents: Contents, change: Change) -> Contents:
            old = edits.find_own(contents, name)
            file = change.adopt_file(stem_of(old), new.staged)
            table, known = diff.replaced(old, diff.staged_table(new, file.schema))
            after, known = edits.replaced(contents, old, entry_of(table, file, new), known)
            found.append(known)
            return after

        self._edit(edit)
        return found[-1]

    def append(
        self,
        name: str,
        new: NewTable,
        progress: Callable[[float], None] | None = None,
        cancel: Cancel | None = None,
    ) -> SchemaDiff:
        """Add the rows of `new` to the table called `name`; columns that one side lacks are empty in its rows.

        Types become wider where nothing is lost by it. Raises WorkspaceError where something would be,
        QueryCancelledError.
        """
        self._only_in_folder()
        table = read_staged(new)
        for _ in range(_ATTEMPTS):
            old = edits.find_own(self._current(), name)
            with self._store.unfinished() as folder:
                path = folder / "combined.duckdb"
                task = Combination(
                    (str(self._path_of(old)), old.source_table),
                    (str(new.staged), table.name),
                    str(path),
                    old.source_table,
                    paired(old, table),
                )
                combine(task, progress, cancel)
                found = self._appended(name, new, table, task, path)
            if found is not None:
                return found
        raise WorkspaceError(f"{name} is being changed by another program. Try again in a moment.")

    def _appended(self, name: str, new: NewTable, table: Table, task: Combination, path: Path) -> SchemaDiff | None:
        """Publish the combined file; None when the table has changed since and the rows must be combined anew."""
        found: list[SchemaDiff] = []

        def edit(contents: Contents, change: Change) -> Contents | None:
            old = edits.find_own(contents, name)
            if str(self._path_of(old)) != task.old[0] or paired(old, table) != task.pairs:
                return None
            file = change.adopt_file(stem_of(old), path)
            entry, known = combined_entry(old, table, file, new)
            after, known = edits.replaced(contents, old, entry, known)
            found.append(known)
            return after

        self._edit(edit)
        return found[-1] if found else None

    def delete(self, name: str) -> Deleted:
        """Take a table away; `undelete` brings it back for 30 days, with its keys and notes."""
        found: list[Deleted] = []

        def edit(contents: Contents, change: Change) -> Contents:
            after, gone = edits.deleted(contents, name, dt.datetime.now(dt.UTC))
            found.append(gone)
            return after

        self._edit(edit)
        return found[-1]

    def deleted(self) -> tuple[Deleted, ...]:
        """Tables that can be brought back, the last deleted first."""
        if self._file:
            return ()
        catalog = self._store.current()
        return catalog.contents.deleted[::-1] if catalog else ()

    def undelete(self, id: str, name: str | None = None) -> str:
        """Bring a deleted table back, under another `name` if wanted; its name. Raises NameTakenError."""
        found: list[str] = []

        def edit(contents: Contents, change: Change) -> Contents:
            after, back = edits.undeleted(contents, id, self._taken(contents), name)
            found.append(back)
            return after

        self._edit(edit)
        return found[-1]

    def purge(self, id: str | None = None) -> None:
        """Let go of one deleted table for good, or of all."""
        self._edit(lambda contents, change: edits.purged(contents, id))

    # -- names and notes ------------------------------------------------------------------------------------------

    def rename_table(self, name: str, to: str) -> None:
        """Call a table `to`; the old name and display name stay as synonyms. Raises NameTakenError."""
        self._edit(lambda contents, change: edits.renamed_table(contents, name, to, self._taken(contents)))

    def rename_column(self, table: str, name: str, to: str) -> None:
        """Call a column `to`; the old name and display name stay as synonyms. Raises NameTakenError."""
        self._edit(lambda contents, change: edits.renamed_column(contents, table, name, to))

    def describe_table(
        self,
        name: str,
        *,
        display_name: str | Unset | None = UNSET,
        description: str | Unset | None = UNSET,
        synonyms: Iterable[str] | Unset = UNSET,
    ) -> None:
        """Change what is said about a table; what is not given stays, None takes away."""
        self._note(name, lambda table: notes.described_table(table, display_name, description, synonyms))

    def describe_column(
        self,
        table: str,
        column: str,
        *,
        display_name: str | Unset | None = UNSET,
        description: str | Unset | None = UNSET,
        synonyms: Iterable[str] | Unset = UNSET,
    ) -> None:
        """Change what is said about a column; what is not given stays, None takes away."""
        self._note(table, lambda one: notes.described_column(one, column, display_name, description, synonyms))

    def hide_column(self, table: str, column: str, hidden: bool = True) -> None:
        """Keep a column from all parsers, or show it to them again."""
        self._note(table, lambda one: notes.with_hidden(one, column, hidden))

    def make_private(self, table: str, column: str, private: bool = True) -> None:
        """Keep a column's values out of prompts, examples and the value index, or let them in again."""
        if private or self._file:
            self._note(table, lambda one: notes.with_private(one, column, private))
            return

        def edit(contents: Contents, change: Change) -> Contents:
            entry = edits.find(contents, table)
            examples = read_examples(change.table_path(entry.file), entry, column)
            return edits.with_table(contents, table, lambda one: notes.with_private(one, column, False, examples))

        self._edit(edit)

    # -- keys -----------------------------------------------------------------------------------------------------

    def set_primary_key(self, table: str, columns: Iterable[str]) -> None:
        """Say which columns tell the rows of a table apart; none takes the primary key away."""
        names = tuple(columns)
        self._note(table, lambda one: notes.with_primary_key(one, names))

    def add_key(self, key: ForeignKey) -> None:
        """Add a relationship. Adding one that is there changes nothing."""
        if self._notes:
            schema = self.snapshot().schema
            checked = notes.checked_key(key, lambda name: _table_of(schema, name))
            if not any(notes.same_key(checked, one) for one in schema.foreign_keys):
                self._notes.change(lambda kept: kept.with_key(checked))
            return
        self._edit(lambda contents, change: edits.with_key(contents, key))

    def remove_key(self, key: ForeignKey) -> None:
        """Take a relationship away, whoever declared it."""
        if self._notes:
            if not any(notes.same_key(key, one) for one in self.snapshot().schema.foreign_keys):
                raise WorkspaceError("There is no such relationship.")
            self._notes.change(lambda kept: kept.without_key(key))
            return
        self._edit(lambda contents, change: edits.without_key(contents, key))

    # -- the sample -----------------------------------------------------------------------------------------------

    def show_sample(self, shown: bool | None) -> None:
        """Offer the sample beside own tables, or never; None offers it while there are no others."""
        choice: Literal["auto", "shown", "hidden"] = "auto" if shown is None else "shown" if shown else "hidden"
        self._edit(lambda contents, change: replace(contents, sample=choice))

    @property
    def sample_choice(self) -> Literal["auto", "shown", "hidden"]:
        """What was chosen with `show_sample`."""
        catalog = None if self._file else self._store.current()
        return catalog.contents.sample if catalog else "auto"

    # -- shared ---------------------------------------------------------------------------------------------------

    def _edit(self, edit: Callable[[Contents, Change], Contents | None]) -> None:
        """Make one change under the workspace's lock, on what the workspace says by then."""
        self._only_in_folder()

        def tidied(contents: Contents, change: Change) -> Contents | None:
            after = edit(contents, change)
            return None if after is None or after == contents else edits.without_expired(after)

        self._store.change(tidied)

    def _note(self, name: str, edit: Callable[[Table], Table]) -> None:
        """Change what is said about a table, in the catalog or beside a person's own file."""
        if not self._notes or not self._file:
            self._edit(lambda contents, change: edits.with_table(contents, name, edit))
            return
        schema = read_own_file(self._file).schema
        bare = _table_of(schema, name)

        def noted(kept: Notes) -> Notes:
            return kept.with_table(bare, edit(_table_of(kept.over(schema), name)))

        self._notes.change(noted)

    def _only_in_folder(self) -> None:
        if self._file:
            raise WorkspaceError(
                f"{self._file.name} is your own DuckDB file, which is only read: its tables cannot be changed here."
                " Unset NL2SQL_DATABASE to keep tables in the workspace."
            )

    def _current(self) -> Contents:
        catalog = self._store.current()
        return catalog.contents if catalog else Contents()

    def _taken(self, contents: Contents) -> tuple[str, ...]:
        shown = contents.sample == "shown" if self._with_sample is None else self._with_sample
        return edits.taken_names(contents, shown)


def _table_of(schema: Schema, name: str) -> Table:
    """The table called `name`, or spelled so in SQL. Raises WorkspaceError."""
    found = next((table for table in schema.tables if table.sql_name == name), None) or schema.table(name)
    if found is None:
        raise WorkspaceError(f"There is no table called {notes.clean_text(name, notes.LABEL_LENGTH)}.")
    return found
