"""What synthesis asks about: things, their fields and how people call them. For training only."""

from __future__ import annotations

from dataclasses import dataclass

from nl2sql.linking import ValueIndex
from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.schema import ForeignKey, Schema


@dataclass(frozen=True)
class Attribute:
    """One thing that can be kept about something: names for schemas, sayings for questions, values it takes.

    `extra` holds verb phrases of a date ("joined, were hired"), or what yes and no are called ("active; inactive").
    """

    family: str
    role: str
    names: tuple[str, ...]
    sayings: tuple[str, ...]
    values: tuple[str, ...]
    extra: str


@dataclass(frozen=True)
class Field:
    """A column as people ask about it. `words` is its own name in words, `role` what it is good for."""

    table: str
    column: str
    words: str
    role: str
    family: str
    sayings: tuple[str, ...]
    values: tuple[str, ...]
    extra: str

    @property
    def leaf(self) -> Leaf:
        """The column as a leaf."""
        return Leaf("column", self.table, self.column)


@dataclass(frozen=True)
class Thing:
    """A table as people ask about it: singular names, the first its own, and words that are plural already."""

    table: str
    names: tuple[str, ...]
    others: tuple[str, ...]
    fields: tuple[Field, ...]
    is_role: bool = False
    """A row of another table in a role of its own: asked about beside that table, never alone."""

    def with_role(self, *roles: str) -> list[Field]:
        """Its fields of certain roles."""
        return [field for field in self.fields if field.role in roles]

    @property
    def leaf(self) -> Leaf:
        """The table as a leaf."""
        return Leaf("table", self.table)


@dataclass(frozen=True)
class Things:
    """A schema with its things; `values` where rows are known."""

    schema: Schema
    things: tuple[Thing, ...]
    values: ValueIndex | None

    def thing(self, table: str) -> Thing | None:
        """The thing kept in `table`."""
        return next((one for one in self.things if one.table == table), None)

    def askable(self) -> list[Thing]:
        """Things that questions are about."""
        return [one for one in self.things if not one.is_role]

    def parents(self, thing: Thing) -> list[tuple[Thing, ForeignKey]]:
        """Things that `thing` refers to."""
        found = []
        for key in self.schema.foreign_keys:
            target = self.thing(key.to_table)
            if key.table == thing.table and target is not None and target is not thing:
                found.append((target, key))
        return found


def plural(words: str) -> str:
    """The plural of a noun phrase.

    >>> plural("category"), plural("order line"), plural("box"), plural("staff")
    ('categories', 'order lines', 'boxes', 'staff')
    """
    if words in ("staff", "faculty", "fleet", "merchandise", "personnel") or words.endswith(("data", "sales")):
        return words
    if words.endswith("person"):
        return words[:-6] + "people"
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return words[:-1] + "ies"
    if words.endswith(("s", "x", "ch", "sh", "z")):
        return words + "es"
    return words + "s"
