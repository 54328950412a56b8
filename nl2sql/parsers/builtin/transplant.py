"""Asks Spider's questions of other schemas: those that name all they mean become patterns. For training only.

A grammar induced from annotated questions and sampled over other tables is the augmentation of GraPPa (Yu et al. 2021);
here whole questions are the grammar's rules, and keys between tables must be alike.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from nl2sql.parsers.builtin.corpus import TrainingExample
from nl2sql.parsers.builtin.grammar import PATTERNS, Action, Leaf, Reading
from nl2sql.parsers.builtin.questions.draw import Draw
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, Things, plural
from nl2sql.schema import ForeignKey, Schema
from nl2sql.spelling import root

_WIDELY_SAID = 6
"""Databases whose questions must use a word that a pattern keeps: what fewer use may mean a table or a column."""
_SAID_OF_ANY = frozenset(map(root, "name id number of the in for total average maximum minimum type date".split()))
"""Words that a pattern may keep although a column's name has them."""
_TRIES = 12
_ROLES = {
    "name": ("name",), "year": ("year",), "category": ("category", "name", "party"), "when": ("when",),
    "measure": ("measure",), "detail": ("detail", "category", "party", "code", "status", "place"),
}  # fmt: skip
"""Roles of the fields that may stand where a field of some role stood."""


@dataclass(frozen=True)
class Slot:
    """A place in a pattern's words: a `table`, a `field`, or a `value` of one, by number. Said in the plural or not."""

    kind: str
    number: int
    many: bool = False
    value: str = ""


@dataclass(frozen=True)
class Pattern:
    """A question with its reading, less what it is about. `edges` are (child, parent) numbers of tables."""

    parts: tuple[str | Slot, ...]
    reading: Reading
    tables: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    fields: tuple[Field, ...]
    keys: tuple[Leaf, ...]


def patterns(examples: Sequence[TrainingExample], worlds: dict[str, Things]) -> list[Pattern]:
    """The patterns of all wordings that name what they mean; `worlds` are the schemas by db_id."""
    said: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        for question in example.questions:
            for word in re.findall(r"\w+", question):
                said[root(word)].add(example.db_id)
    common = {word for word, where in said.items() if len(where) >= _WIDELY_SAID or word.isdigit()}
    found = []
    for example in examples:
        if example.db_id in worlds:
            for question in example.questions:
                pattern = _pattern(question, example, worlds[example.db_id], common)
                if pattern is not None:
                    found.append(pattern)
    return found


def _pattern(question: str, example: TrainingExample, world: Things, common: set[str]) -> Pattern | None:
    leaves = [one for one in example.reading if isinstance(one, Leaf)]
    tables = tuple(dict.fromkeys(one.table for one in leaves if one.table))
    known = {(one.table, one.column): one for thing in world.things for one in thing.fields}
    columns = list(dict.fromkeys((one.table, one.column) for one in leaves if one.kind == "column"))
    fields = tuple(known[one] for one in columns if one in known)
    keys = tuple(Leaf("column", *one) for one in columns if one not in known)
    edges = _edges(world.schema, tables)
    if edges is None or not tables or not fields or any(world.thing(one) is None for one in tables):
        return None
    if not all(_is_key(world.schema, one) for one in keys) or _reckons_with_text(example.reading, fields):
        return None
    if _contradicts(question, example.reading):
        return None
    if _shown(example.reading) & set(keys) and not re.search(r"(?i)\bids?\b", question):
        return None
    words = re.split(r"(\W+)", question)
    roots = [root(word) if at % 2 == 0 else "" for at, word in enumerate(words)]
    taken: dict[int, tuple[int, Slot]] = {}
    for value, number in _values(example.reading, columns, fields):
        if not _take(taken, roots, words, [_roots(value)], Slot("value", number, value=value)):
            return None
    wanted = [(_said(one, world), Slot("field", number), one) for number, one in enumerate(fields)]
    wanted.sort(key=lambda one: -max(map(len, one[0])))
    missed = [field for forms, slot, field in wanted if not _take(taken, roots, words, forms, slot)]
    named = [
        _take(taken, roots, words, [_roots(_singular(world, one))], Slot("table", number))
        for number, one in enumerate(tables)
    ]
    for field in missed:
        if field.role != "name" or not named[tables.index(field.table)]:
            return None
    parts = _parts(words, taken)
    own = {one for table in tables for one in _roots(_singular(world, table))}
    own |= {one for field in fields for one in _roots(field.words)}
    for part in parts:
        for word in re.findall(r"\w+", part) if isinstance(part, str) else ():
            if root(word) not in common or (root(word) in own and root(word) not in _SAID_OF_ANY):
                return None
    return Pattern(parts, example.reading, tables, edges, fields, keys)


def _reckons_with_text(reading: Reading, fields: Sequence[Field]) -> bool:
    """Whether a text is added up or measured: Spider keeps some numbers as texts, other schemas do not."""
    texts = {one.leaf for one in fields if one.family == "text"}
    return any(
        action in ("sum", "avg", "min", "max", "<", "<=", ">", ">=") and after in texts
        for action, after in pairwise(reading)
    )


def _contradicts(question: str, reading: Reading) -> bool:
    """Whether the question asks for the most where the reading gives the least, or the reverse: a slip in the data."""
    most = re.search(r"(?i)\b(most|highest|largest|greatest|biggest|descending)\b", question)
    least = re.search(r"(?i)\b(fewest|least|lowest|smallest|ascending|alphabetical\w*)\b", question)
    if bool(most) == bool(least):
        return False
    return ("asc" if most else "desc") in reading and ("desc" if most else "asc") not in reading


def _shown(reading: Reading) -> set[Leaf]:
    """The columns among what the first SELECT shows."""
    end = next((at for at, one in enumerate(reading) if one in ("from", "where", "group", "asc", "desc", "end")), None)
    return {one for one in reading[:end] if isinstance(one, Leaf)}


def _values(reading: Reading, columns: Sequence[tuple[str, str]], fields: Sequence[Field]) -> Iterator[tuple[str, int]]:
    """Text literals that a field is compared with, and the field's number; parts of texts stay as they are."""
    last: Leaf | None = None
    part = False
    for action in reading:
        if isinstance(action, str):
            part = (part and action == "and") or action in PATTERNS
        elif action.kind == "column":
            last = action
        elif action.kind == "text" and last is not None and not part:
            number = next((n for n, f in enumerate(fields) if f.leaf == last), None)
            if number is not None:
                yield action.text, number


def _roots(words: str) -> tuple[str, ...]:
    return tuple(map(root, re.findall(r"\w+", words)))


def _singular(world: Things, table: str) -> str:
    thing = world.thing(table)
    return thing.names[0] if thing else table


def _said(field: Field, world: Things) -> list[tuple[str, ...]]:
    """How a field may be named: by its whole name, or less the name of its table."""
    whole, own = _roots(field.words), _roots(_singular(world, field.table))
    forms = [whole]
    if len(whole) > 1 and whole[0] in own:
        forms.append(whole[1:])
    if field.role == "name" and len(whole) > 1:
        forms.append(whole[-1:])
    return forms


def _take(
    taken: dict[int, tuple[int, Slot]],
    roots: Sequence[str],
    words: Sequence[str],
    forms: Sequence[tuple[str, ...]],
    slot: Slot,
) -> bool:
    """Mark every place that says one of `forms` as the slot's; False when there is none."""
    covered = {at for start, (end, _) in taken.items() for at in range(start, end)}
    found = False
    for form in forms:
        length = 2 * len(form) - 1
        for start in range(0, len(roots) - length + 1, 2):
            end = start + length
            if tuple(roots[start:end:2]) == form and not covered & set(range(start, end)):
                last = words[end - 1].casefold()
                many = last.endswith("s") and last != root(last) and not last.endswith("ss")
                taken[start] = (end, replace(slot, many=many))
                covered |= set(range(start, end))
                found = True
        if found:
            break
    return found


def _parts(words: Sequence[str], taken: dict[int, tuple[int, Slot]]) -> tuple[str | Slot, ...]:
    parts: list[str | Slot] = []
    at = 0
    while at < len(words):
        if at in taken:
            end, slot = taken[at]
            parts.append(slot)
            at = end
        else:
            if parts and isinstance(parts[-1], str):
                parts[-1] += words[at]
            else:
                parts.append(words[at])
            at += 1
    return tuple(parts)


def _edges(schema: Schema, tables: Sequence[str]) -> tuple[tuple[int, int], ...] | None:
    """The keys between some tables, each pair tied once and all of them connected; None where it is otherwise."""
    found = [
        (tables.index(key.table), tables.index(key.to_table))
        for key in schema.foreign_keys
        if key.table in tables and key.to_table in tables and key.table != key.to_table
    ]
    if len({frozenset(one) for one in found}) < len(found) or len(tables) > 3:
        return None
    joined = {0}
    for _ in tables:
        joined |= {one for edge in found if joined & set(edge) for one in edge}
    return tuple(found) if len(joined) == len(tables) else None


def _is_key(schema: Schema, leaf: Leaf) -> bool:
    table = schema.table(leaf.table)
    own = table is not None and table.primary_key == (leaf.column,)
    return own or any(key.table == leaf.table and key.columns == (leaf.column,) for key in schema.foreign_keys)


class Transplants:
    """Draws patterns over worlds."""

    def __init__(self, rng: random.Random, found: Sequence[Pattern]) -> None:
        self.rng = rng
        by_shape: dict[tuple[Action | str, ...], list[Pattern]] = defaultdict(list)
        for one in found:
            by_shape[tuple(a if isinstance(a, str) else a.kind for a in one.reading)].append(one)
        self.shapes = list(by_shape.values())
        self.weights = [len(one) ** 0.6 for one in self.shapes]

    def draw(self, world: Things) -> TrainingExample | None:
        """Some pattern asked of `world`; None where a few tries find no pattern that fits."""
        for _ in range(_TRIES):
            (shape,) = self.rng.choices(self.shapes, self.weights)
            example = self.asked(self.rng.choice(shape), world)
            if example is not None:
                return example
        return None

    def asked(self, pattern: Pattern, world: Things) -> TrainingExample | None:
        """The pattern asked of `world`; None where it does not fit."""
        draw = Draw(world, self.rng)
        things = self._things(pattern, world)
        if things is None:
            return None
        fields: list[Field] = []
        for field in pattern.fields:
            thing = things[pattern.tables.index(field.table)]
            roles = _ROLES.get(field.role, (field.role,))
            others = [one for one in thing.fields if one.role in roles and one.family == field.family]
            others = [one for one in others if one not in fields]
            if not others:
                return None
            fields.append(self.rng.choice(others))
        columns = {(old.table, old.column): new.leaf for old, new in zip(pattern.fields, fields, strict=True)}
        for key in pattern.keys:
            leaf = _key_of(key, pattern, things, world.schema)
            if leaf is None:
                return None
            columns[key.table, key.column] = leaf
        values = self._stored(pattern, fields)
        if values is None:
            return None
        said = {number: draw.say(field) for number, field in enumerate(fields)}
        words = ""
        for part in pattern.parts:
            text = part if isinstance(part, str) else _worded(part, said, things, values, draw)
            if words.endswith((" a ", " an ", "A ", "An ")) and text:
                words = re.sub(r"(?i)\ban? $", "an " if text[0].lower() in "aeiou" else "a ", words)
            words += text
        tables = dict(zip(pattern.tables, things, strict=True))
        reading = _mapped(pattern, tables, columns, values)
        return TrainingExample((words,), world.schema, reading, "transplant", "transplant", values=world.values)

    def _things(self, pattern: Pattern, world: Things) -> list[Thing] | None:
        """Things tied like the pattern's tables."""
        chosen: dict[int, Thing] = {0: self.rng.choice(world.askable())}
        for _ in pattern.tables:
            for child, parent in pattern.edges:
                if (child in chosen) == (parent in chosen):
                    continue
                near = _near(world, chosen[child] if child in chosen else chosen[parent], child in chosen)
                near = [one for one in near if one not in chosen.values()]
                if not near:
                    return None
                chosen[parent if child in chosen else child] = self.rng.choice(near)
        if len(chosen) < len(pattern.tables):
            return None
        return [chosen[number] for number in range(len(pattern.tables))]

    def _stored(self, pattern: Pattern, fields: Sequence[Field]) -> dict[tuple[int, str], str] | None:
        """Another value for each that the pattern says."""
        found: dict[tuple[int, str], str] = {}
        for part in pattern.parts:
            if isinstance(part, Slot) and part.kind == "value" and (part.number, part.value) not in found:
                free = [one for one in fields[part.number].values if one not in found.values()]
                if not free:
                    return None
                found[part.number, part.value] = self.rng.choice(free)
        return found


def _near(world: Things, thing: Thing, parents: bool) -> list[Thing]:
    """Things that `thing` refers to once, or that refer to it once."""
    ends = [
        (key.to_table if parents else key.table)
        for key in world.schema.foreign_keys
        if (key.table if parents else key.to_table) == thing.table
    ]
    once = [one for one in dict.fromkeys(ends) if ends.count(one) == 1]
    return [found for one in once if (found := world.thing(one)) is not None]


def _key_of(key: Leaf, pattern: Pattern, things: Sequence[Thing], schema: Schema) -> Leaf | None:
    """The key column that stands for one of the pattern's."""
    thing = things[pattern.tables.index(key.table)]
    table = schema.table(thing.table)
    if table is None or len(table.primary_key) != 1:
        return None
    for child, parent in pattern.edges:
        if pattern.tables[child] == key.table and not _is_own(key, pattern):
            found = _foreign(schema, thing, things[parent])
            return Leaf("column", thing.table, found.columns[0]) if found else None
    return Leaf("column", thing.table, table.primary_key[0])


def _is_own(key: Leaf, pattern: Pattern) -> bool:
    """Whether a key column is its table's own: the child's column of an edge is not."""
    return all(pattern.tables[child] != key.table for child, _ in pattern.edges)


def _foreign(schema: Schema, child: Thing, parent: Thing) -> ForeignKey | None:
    return next((one for one in schema.foreign_keys if (one.table, one.to_table) == (child.table, parent.table)), None)


def _worded(
    slot: Slot, said: dict[int, str], things: Sequence[Thing], values: dict[tuple[int, str], str], draw: Draw
) -> str:
    if slot.kind == "value":
        return values[slot.number, slot.value]
    if slot.kind == "table":
        thing = things[slot.number]
        return draw.many(thing) if slot.many else draw.single(thing)
    words = said[slot.number]
    return plural(words) if slot.many and not words.endswith("s") else words


def _mapped(
    pattern: Pattern,
    tables: dict[str, Thing],
    columns: dict[tuple[str, str], Leaf],
    values: dict[tuple[int, str], str],
) -> Reading:
    """The pattern's reading over other tables, columns and values."""
    numbers = {(one.table, one.column): number for number, one in enumerate(pattern.fields)}
    last: tuple[str, str] = ("", "")
    made: list[Action] = []
    for action in pattern.reading:
        if isinstance(action, str):
            made.append(action)
        elif action.kind == "table":
            made.append(tables[action.table].leaf)
        elif action.kind == "column":
            last = (action.table, action.column)
            made.append(columns[last])
        elif action.kind == "text" and (numbers.get(last, -1), action.text) in values:
            made.append(Leaf("text", text=values[numbers[last], action.text]))
        else:
            made.append(action)
    return tuple(made)
