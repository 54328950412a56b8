"""What changes when a table is loaded anew: columns that came, went or have another type, and what goes with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from nl2sql.errors import WorkspaceError
from nl2sql.schema import Column, ForeignKey, Schema, Table, fold
from nl2sql.workspace.contents import CatalogTable
from nl2sql.workspace.notes import LABEL_LENGTH, clean_text, clean_words
from nl2sql.workspace.widen import widened


@dataclass(frozen=True)
class NewTable:
    """A finished table file that is not in the workspace yet, and what is known about it.

    `staged` lies in a folder of `Workspace.staging()` and holds one table in `main`. `columns` say, by name, what the
    columns are called, which are hidden or private; their types are read from the file.
    """

    name: str
    staged: Path
    columns: tuple[Column, ...] = ()
    source_file: str = ""
    rejected: int = 0
    findings: tuple[str, ...] = ()
    display_name: str | None = None
    description: str | None = None
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retyped:
    """A column whose type changes."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class SchemaDiff:
    """How a table changes. Column names are those of the table as it is called in the workspace."""

    table: str
    same: tuple[str, ...] = ()
    added: tuple[Column, ...] = ()
    removed: tuple[Column, ...] = ()
    """Replaced: columns that go. Appended: columns that the new rows have no value for."""
    retyped: tuple[Retyped, ...] = ()
    keys_lost: tuple[ForeignKey, ...] = ()
    primary_key_lost: tuple[str, ...] = ()
    notes_lost: tuple[str, ...] = ()
    """Columns that go, of those that somebody described, hid or made private."""
    rows_before: int | None = None
    rows_after: int | None = None

    @property
    def same_columns(self) -> bool:
        """True when the columns are the ones that were there, with the same types."""
        return not (self.added or self.removed or self.retyped)

    def sentences(self, appended: bool = False) -> tuple[str, ...]:
        """What changes, in words; empty when the columns stay as they are."""
        gone = "The new rows have no value for" if appended else "No longer there"
        lines = [
            ("New columns", [column.label for column in self.added]),
            (gone, [column.label for column in self.removed]),
            ("Another type", [f"{one.name} ({one.before} becomes {one.after})" for one in self.retyped]),
            ("Relationships that go", [_key_text(key) for key in self.keys_lost]),
            ("Primary key that goes", [", ".join(self.primary_key_lost)] if self.primary_key_lost else []),
            ("Notes that go with their column", list(self.notes_lost)),
        ]
        return tuple(f"{what}: {_listed(names)}." for what, names in lines if names)


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(clean_text(name, LABEL_LENGTH) or "?" for name in names[:most]) + more


def _key_text(key: ForeignKey) -> str:
    return f"{key.table}.{', '.join(key.columns)} to {key.to_table}.{', '.join(key.to_columns)}"


def staged_table(new: NewTable, schema: Schema) -> Table:
    """The one table of a staged file with the notes of `new`, under its name in the file. Raises WorkspaceError."""
    found = [table for table in schema.tables if table.namespace == "main"]
    if len(found) != 1 or not found[0].columns:
        raise WorkspaceError("The new table file does not hold exactly one table.")
    notes = {column.name: column for column in new.columns}
    columns = tuple(_noted(column, notes.get(column.name)) for column in found[0].columns)
    label, about = clean_text(new.display_name, LABEL_LENGTH), clean_text(new.description, lines=True)
    words = clean_words(new.synonyms, (new.name,))
    return replace(found[0], columns=columns, display_name=label, description=about, synonyms=words)


def _noted(column: Column, note: Column | None) -> Column:
    if note is None:
        return column
    return replace(
        column,
        display_name=clean_text(note.display_name, LABEL_LENGTH),
        description=clean_text(note.description, lines=True),
        synonyms=clean_words(note.synonyms, (column.name,)),
        examples=() if note.private else note.examples or column.examples,
        hidden=note.hidden,
        private=note.private,
    )


def matched(old: CatalogTable, new: Table) -> tuple[int | None, ...]:
    """For each column of `new` the position of the column of `old` that it is, None for a column that is not there.

    A column is the one of the same name; else the one that had that name in its file; else one that people know by
    the same name (display name, synonym).
    """
    sides: list[tuple[Iterable[Iterable[str]], Callable[[Column], Iterable[str | None]]]] = [
        ([(column.name,) for column in old.table.columns], lambda column: (column.name,)),
        ([(name,) for name in old.source_columns], lambda column: (column.name,)),
        (
            [(column.label, *column.synonyms) for column in old.table.columns],
            lambda column: (column.display_name, column.name),
        ),
    ]
    found: dict[int, int] = {}
    for known, spellings in sides:
        taken = set(found.values())
        places: dict[str, int] = {}
        for place, names in enumerate(known):
            if place not in taken:
                for name in names:
                    places.setdefault(fold(name), place)
        for position, column in enumerate(new.columns):
            if position in found:
                continue
            for spelling in spellings(column):
                place_found = places.get(fold(spelling)) if spelling else None
                if place_found is not None and place_found not in taken:
                    found[position] = place_found
                    taken.add(place_found)
                    break
    return tuple(found.get(position) for position in range(len(new.columns)))


def replaced(old: CatalogTable, new: Table) -> tuple[Table, SchemaDiff]:
    """`old`'s table with the columns of `new`, under the names and with the notes of those that stay; and the diff.

    Of the diff all but the keys, which are others' business too.
    """
    places = matched(old, new)
    columns, same, added, retyped = [], [], [], []
    for column, place in zip(new.columns, places, strict=True):
        before = old.table.columns[place] if place is not None else None
        columns.append(_carried(before, column) if before else column)
        if before is None:
            added.append(column)
        elif before.type == column.type:
            same.append(before.name)
        else:
            retyped.append(Retyped(before.name, before.type, column.type))
    kept = {place for place in places if place is not None}
    removed = tuple(column for place, column in enumerate(old.table.columns) if place not in kept)
    gone = {column.name for column in removed}
    lost = old.table.primary_key if gone & set(old.table.primary_key) else ()
    table = replace(
        old.table,
        columns=tuple(columns),
        primary_key=() if lost else old.table.primary_key,
        row_count=new.row_count,
        display_name=old.table.display_name or new.display_name,
        description=old.table.description or new.description,
        synonyms=old.table.synonyms or new.synonyms,
    )
    diff = SchemaDiff(
        old.name,
        tuple(same),
        tuple(added),
        removed,
        tuple(retyped),
        primary_key_lost=lost,
        notes_lost=tuple(column.name for column in removed if _has_notes(column)),
        rows_before=old.table.row_count,
        rows_after=new.row_count,
    )
    return table, diff


def _carried(before: Column, new: Column) -> Column:
    """`new` under the name and with the notes of the column that it takes the place of."""
    return replace(
        new,
        name=before.name,
        display_name=before.display_name or (new.display_name if before.name == new.name else None),
        description=before.description or new.description,
        synonyms=before.synonyms or new.synonyms,
        examples=() if before.private or new.private else new.examples,
        hidden=before.hidden or new.hidden,
        private=before.private or new.private,
    )


def _has_notes(column: Column) -> bool:
    return bool(column.description or column.synonyms or column.hidden or column.private)


def appended(old: CatalogTable, new: Table) -> SchemaDiff:
    """How `old` changes when the rows of `new` are added to it, by the types alone; values may ask for other ones."""
    _, diff = replaced(old, new)
    wider = [(one, widened(one.before, one.after) or one.after) for one in diff.retyped]
    rows = None if None in (old.table.row_count, new.row_count) else (old.table.row_count or 0) + (new.row_count or 0)
    return replace(
        diff,
        same=diff.same + tuple(one.name for one, after in wider if after == one.before),
        retyped=tuple(replace(one, after=after) for one, after in wider if after != one.before),
        primary_key_lost=(),
        notes_lost=(),
        rows_after=rows,
    )


def combined(old: CatalogTable, new: Table, both: Table) -> tuple[Table, SchemaDiff]:
    """`old`'s table as the combined file has it: the columns of `old` in order, then those that only `new` has."""
    diff = appended(old, new)
    before = old.table.columns
    carried = [_carried(was, now) for was, now in zip(before, both.columns, strict=False)]
    fresh = [
        replace(note, type=now.type, nullable=now.nullable, examples=() if note.private else now.examples)
        for note, now in zip(diff.added, both.columns[len(before) :], strict=True)
    ]
    private = {old.table.columns[place].name for place, column in zip(matched(old, new), new.columns, strict=True)
               if place is not None and column.private}  # fmt: skip
    columns = [replace(one, private=True, examples=()) if one.name in private else one for one in (*carried, *fresh)]
    retyped = tuple(
        Retyped(was.name, was.type, now.type)
        for was, now in zip(before, both.columns, strict=False)
        if was.type != now.type
    )
    gone = {column.name for column in diff.removed} | {one.name for one in retyped}
    same = tuple(column.name for column in before if column.name not in gone)
    table = replace(old.table, columns=tuple(columns), row_count=both.row_count)
    return table, replace(diff, same=same, retyped=retyped, rows_after=both.row_count)


def broken_keys(keys: Iterable[ForeignKey], tables: dict[str, Table]) -> tuple[ForeignKey, ...]:
    """The keys whose columns are not there any more, or hold different kinds of values. `tables` by folded name."""
    families = {name: {fold(column.name): column.family for column in table.columns} for name, table in tables.items()}

    def of(table: str, columns: tuple[str, ...]) -> list[str | None]:
        return [families.get(fold(table), {}).get(fold(column)) for column in columns]

    def holds(key: ForeignKey) -> bool:
        here, there = of(key.table, key.columns), of(key.to_table, key.to_columns)
        return None not in here and here == there

    return tuple(key for key in keys if not holds(key))
