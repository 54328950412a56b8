"""What people say about a table: names, descriptions, keys, hidden and private columns. Pure functions on a table."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from enum import Enum
from typing import Final

from nl2sql.errors import NameTakenError, WorkspaceError
from nl2sql.schema import Column, ForeignKey, Table, fold

NAME_LENGTH = 120
LABEL_LENGTH = 200
TEXT_LENGTH = 2_000
SYNONYMS = 50
Tables = Callable[[str], Table]
"""The table of a name; raises WorkspaceError."""


class Unset(Enum):
    """Stands for a note that is left as it is, where None means none."""

    UNSET = 0


UNSET: Final = Unset.UNSET


def clean_text(text: str | None, width: int = TEXT_LENGTH, *, lines: bool = False) -> str | None:
    r"""`text` without control and direction-changing characters, cut at `width`; None when nothing is left.

    >>> clean_text(" Total\u202e\tsales "), clean_text("\x00")
    ('Total sales', None)
    """
    if text is None:
        return None
    kept = "".join(char if char.isprintable() or (lines and char == "\n") else _gap(char) for char in text)
    wanted = kept.strip() if lines else " ".join(kept.split())
    return wanted[:width].strip() or None


def _gap(char: str) -> str:
    """What stands for a character that is not shown: a space for spaces and line ends, nothing for the rest."""
    return " " if char.isspace() or unicodedata.category(char) == "Zs" else ""


def clean_words(words: Iterable[str], but: Collection[str] = ()) -> tuple[str, ...]:
    """Synonyms: cleaned, each once in any spelling, those in `but` left out."""
    found: dict[str, str] = {}
    for word in words:
        cleaned = clean_text(word, LABEL_LENGTH)
        if cleaned and fold(cleaned) not in {fold(name) for name in but}:
            found.setdefault(fold(cleaned), cleaned)
    return tuple(found.values())[:SYNONYMS]


def checked_name(name: str) -> str:
    """`name` as a table or column may be called. Raises WorkspaceError with what is wrong with it."""
    wanted = name.strip()
    if not wanted:
        raise WorkspaceError("A name cannot be empty.")
    if len(wanted) > NAME_LENGTH:
        raise WorkspaceError(f"A name cannot have more than {NAME_LENGTH} characters.")
    if not wanted.isprintable():
        raise WorkspaceError("A name cannot have line breaks or other characters that do not show.")
    return wanted


def free_name(name: str, taken: Iterable[str]) -> str:
    """`name` with the first number that makes it free.

    >>> free_name("Sales", ["sales", "SALES_2"])
    'Sales_3'
    """
    used = {fold(one) for one in taken}
    number = 2
    while fold(f"{name}_{number}") in used:
        number += 1
    return f"{name}_{number}"


def check_free(kind: str, name: str, taken: Collection[str]) -> None:
    """Raises NameTakenError when `name` is in `taken` as DuckDB compares names."""
    if fold(name) in {fold(one) for one in taken}:
        raise NameTakenError(f"There is a {kind} called {name} already.", free_name(name, taken))


def column_of(table: Table, name: str) -> Column:
    """The column called `name`. Raises WorkspaceError when there is none."""
    wanted = fold(name)
    for column in table.columns:
        if fold(column.name) == wanted:
            return column
    raise WorkspaceError(f"{table.name} has no column called {clean_text(name, LABEL_LENGTH)}.")


def with_column(table: Table, old: Column, new: Column) -> Table:
    """`table` with `new` in the place of `old`."""
    return replace(table, columns=tuple(new if column is old else column for column in table.columns))


def described_table(
    table: Table,
    display_name: str | Unset | None = UNSET,
    description: str | Unset | None = UNSET,
    synonyms: Iterable[str] | Unset = UNSET,
) -> Table:
    """`table` with other notes; what is UNSET stays."""
    if not isinstance(display_name, Unset):
        table = replace(table, display_name=clean_text(display_name, LABEL_LENGTH))
    if not isinstance(description, Unset):
        table = replace(table, description=clean_text(description, lines=True))
    if not isinstance(synonyms, Unset):
        table = replace(table, synonyms=clean_words(synonyms, (table.name,)))
    return table


def described_column(
    table: Table,
    name: str,
    display_name: str | Unset | None = UNSET,
    description: str | Unset | None = UNSET,
    synonyms: Iterable[str] | Unset = UNSET,
) -> Table:
    """`table` with other notes on one column; what is UNSET stays."""
    old = new = column_of(table, name)
    if not isinstance(display_name, Unset):
        new = replace(new, display_name=clean_text(display_name, LABEL_LENGTH))
    if not isinstance(description, Unset):
        new = replace(new, description=clean_text(description, lines=True))
    if not isinstance(synonyms, Unset):
        new = replace(new, synonyms=clean_words(synonyms, (new.name,)))
    return with_column(table, old, new)


def with_hidden(table: Table, name: str, hidden: bool) -> Table:
    """`table` with one column hidden from parsers, or shown to them."""
    old = column_of(table, name)
    return with_column(table, old, replace(old, hidden=hidden))


def with_private(table: Table, name: str, private: bool, examples: tuple[str, ...] = ()) -> Table:
    """`table` with one column private, without examples; or no longer, with `examples`."""
    old = column_of(table, name)
    return with_column(table, old, replace(old, private=private, examples=() if private else examples))


def with_primary_key(table: Table, columns: Iterable[str]) -> Table:
    """`table` whose rows the named columns tell apart; none for no primary key."""
    names = tuple(column_of(table, name).name for name in columns)
    if len(set(names)) != len(names):
        raise WorkspaceError("A primary key names each column once.")
    return replace(table, primary_key=names)


def checked_key(key: ForeignKey, tables: Tables) -> ForeignKey:
    """`key` spelled as the tables are. Raises WorkspaceError when its columns are not there or cannot be joined."""
    table, to_table = tables(key.table), tables(key.to_table)
    if not key.columns or len(key.columns) != len(key.to_columns):
        raise WorkspaceError("A relationship needs as many columns on one side as on the other, and at least one.")
    columns = [column_of(table, name) for name in key.columns]
    to_columns = [column_of(to_table, name) for name in key.to_columns]
    names, to_names = tuple(one.name for one in columns), tuple(one.name for one in to_columns)
    if table.sql_name == to_table.sql_name and names == to_names:
        raise WorkspaceError("A relationship cannot lead from columns to themselves.")
    for column, to_column in zip(columns, to_columns, strict=True):
        if column.family != to_column.family:
            raise WorkspaceError(
                f"{table.name}.{column.name} ({column.type}) and {to_table.name}.{to_column.name} ({to_column.type})"
                " hold different kinds of values."
            )
    return ForeignKey(table.name, names, to_table.name, to_names, key.declared)


def same_key(one: ForeignKey, other: ForeignKey) -> bool:
    """True when both lead from the same columns to the same columns, whoever declared them."""
    return _identity(one) == _identity(other)


def _identity(key: ForeignKey) -> tuple[str, frozenset[tuple[str, str]], str]:
    pairs = zip(map(fold, key.columns), map(fold, key.to_columns), strict=True)
    return fold(key.table), frozenset(pairs), fold(key.to_table)
