"""Questions that nothing here answers: what they ask about was taken out of the schema, or no table ever holds it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from nl2sql.linking import split_name, stem
from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Leaf, Reading
from nl2sql.parsers.builtin.questions.draw import Draw
from nl2sql.parsers.builtin.synthetic_schema import Field, Things
from nl2sql.schema import Schema


def without_asked(world: Things, reading: Reading, question: str, rng: random.Random) -> Schema | None:
    """The schema less a column that `reading` needs and the question names; None where another could stand in."""
    used = {(one.table, one.column) for one in reading if isinstance(one, Leaf) and one.column}
    fields = [one for thing in world.things for one in thing.fields if (one.table, one.column) in used]
    fields = [
        one for one in fields if one.role in ("measure", "category", "flag", "year", "detail") and _said(one, question)
    ]
    if not fields:
        return None
    gone = rng.choice(fields)
    words = _words_of(gone)
    for thing in world.things:
        for one in thing.fields:
            if one is not gone and (words & _words_of(one) or set(gone.values) & set(one.values)):
                return None
    schema = world.schema
    tables = tuple(
        replace(table, columns=tuple(c for c in table.columns if (table.name, c.name) != (gone.table, gone.column)))
        for table in schema.tables
    )
    if any(len(table.columns) < 2 for table in tables):
        return None
    return replace(schema, tables=tables)


def without_thing(world: Things, reading: Reading, question: str, rng: random.Random) -> Schema | None:
    """The schema less a table that `reading` needs beside another, and all keys to it; None where there is none."""
    used = list(dict.fromkeys(one.table for one in reading if isinstance(one, Leaf) and one.column))
    things = [thing for name in used if (thing := world.thing(name)) is not None and _says_any(question, thing.names)]
    if len(used) < 2 or not things:
        return None
    gone = rng.choice(things)
    schema = world.schema
    keys = {(key.table, name) for key in schema.foreign_keys if key.to_table == gone.table for name in key.columns}
    tables = tuple(
        replace(table, columns=tuple(c for c in table.columns if (table.name, c.name) not in keys))
        for table in schema.tables
        if table.name != gone.table
    )
    if not tables or any(len(table.columns) < 2 for table in tables):
        return None
    ties = tuple(key for key in schema.foreign_keys if gone.table not in (key.table, key.to_table))
    return replace(schema, tables=tables, foreign_keys=ties)


def _words_of(field: Field) -> set[str]:
    said = " ".join((field.column, field.words, *field.sayings))
    return {stem(word) for word in split_name(said)} - _COMMON


_COMMON = {stem(word) for word in "number of date name id total is on at in amount count unit".split()}


def _said(field: Field, question: str) -> bool:
    """Whether the question names the field, and not only a value of it."""
    return _says_any(question, (field.words, *field.sayings))


def _says_any(question: str, names: Sequence[str]) -> bool:
    asked = {stem(word) for word in split_name(question)}
    return any(asked >= {stem(word) for word in split_name(name)} for name in names if name)


_TEMPLATES = tuple(line.strip() for line in lexicon.OFF_TOPIC.strip().splitlines() if line.strip())
_TOPICS = tuple(one.strip() for one in lexicon.FOREIGN_TOPICS.replace("\n", " ").split(","))


def off_topic(draw: Draw) -> str:
    """A question that tables of rows do not answer: chat, opinions, forecasts, orders to change things, far topics."""
    thing = draw.thing
    fields = thing.with_role("measure") or list(thing.fields)
    column = draw.say(draw.rng.choice(fields)) if fields else "total"
    return draw.rng.choice(_TEMPLATES).format(
        noun=draw.many(thing), single=draw.single(thing), column=column, topic=draw.rng.choice(_TOPICS)
    )
