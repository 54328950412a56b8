"""Questions that nothing here answers: what they ask about was taken out of the schema, or no table ever holds it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from nl2sql.linking import split_name, stem
from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Leaf, Reading
from nl2sql.parsers.builtin.questions.draw import Draw, wordings
from nl2sql.parsers.builtin.synthetic_schema import Attribute, Field, Things, plural
from nl2sql.schema import Schema


def without_asked(world: Things, reading: Reading, question: str, rng: random.Random) -> Schema | None:
    """The schema less a column that `reading` needs and the question names; None where another could stand in."""
    if len(world.askable()) < len(world.things):  # a role would still have what its table loses
        return None
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
    if len(world.askable()) < len(world.things):
        return None
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
    return _stems(" ".join((field.column, field.words, *field.sayings)))


_COMMON = {stem(word) for word in "number of date name id total is on at in amount count unit".split()}


def _said(field: Field, question: str) -> bool:
    """Whether the question names the field, and not only a value of it."""
    return _says_any(question, (field.words, *field.sayings))


def _says_any(question: str, names: Sequence[str]) -> bool:
    asked = {stem(word) for word in split_name(question)}
    return any(asked >= {stem(word) for word in split_name(name)} for name in names if name)


_OF_FOREIGN_FIELD = wordings("""average {field} of {noun} | {noun} by {field} | {field} of each {single}
    | which {single} has the highest {field} | what is the {field} of our {noun} | total {field} of {noun}
    | top 5 {noun} by {field} | {field} by {own} | total {field} per {own} | {noun} with the lowest {field}
    | list {noun} with their {field} | how many {noun} have a {field} | {noun} with {field} above 100
    | show {noun} and {field} | {noun} by {field}, please
    | how does {field} differ by {own} | median {field} per {single}
    | {noun} without a {field} | which {noun} have the best {field} | {field} per {single} last year
    | what is our {field} by {own} | number of {noun} per {field} | what was the {field} last month
    | which {single} has the best {field} | {field} of {noun} in 2023 | how high is the {field} of our {noun}
    | {field} per {own} this year | {noun} sorted by {field} | what {field} did each {single} have
    | did the {field} go up since last year | {noun} whose {field} is above average | sum of {field} by {own}
    | what is the {field} for each {own} | average {field} by {own} | average {single} {field} by {own}
    | show the {field} by month | monthly {field} | {noun} with more {field} than average""")
_OF_FOREIGN_THING = wordings("""how many {things} do we have | {things} per {single} | {noun} by {thing}
    | which {thing} has the most {noun} | list all {things} | number of {things} by {own} | {things} of each {single}
    | which {things} did each {single} have | {noun} without {things} | which {single} belongs to which {thing}
    | how many {things} does each {single} have | show me the {things} from last month | who are our {things}
    | {noun} that have {things} | top 10 {things} | {noun} per {thing} | which {noun} are linked to a {thing}
    | which {thing} causes the most {noun} | how many {things} are there for each {single}
    | how many {things} did we have last year | which {single} has the most {things} | {things} that cost the most
    | what {things} do our {noun} use most | how many {things} were there in 2023 | which {thing} is the most popular
    | list the {things} of our {noun} | average number of {things} per {single} | {things} by month
    | which {things} were used by {noun} | how much did we spend on {things} | {things} by {own}
    | who was the {thing} for each {single} | which {thing} sold the most | how many {things} helped with the {noun}""")


def foreign(draw: Draw, attributes: Sequence[Attribute], kinds: Sequence[tuple[str, ...]]) -> str | None:
    """A question for something that businesses keep, and this schema does not: a field or a whole table."""
    here = _all_words(draw.world)
    stored = {value.casefold() for thing in draw.world.things for one in thing.fields for value in one.values}
    own = [one for one in draw.thing.fields if one.role in ("category", "party", "name")]
    said = {
        "noun": draw.many(draw.thing),
        "single": draw.single(draw.thing),
        "own": draw.say(draw.rng.choice(own)) if own else draw.single(draw.thing),
    }
    if draw.chance(0.6):
        attribute = draw.rng.choice(attributes)
        name = draw.rng.choice(attribute.sayings)
        words = _stems(" ".join(attribute.sayings))
        values = {value.casefold() for value in attribute.values}
        if attribute.role in ("name", "when", "code", "flag") or words & here or stored & values:
            return None
        return draw.one_of(_OF_FOREIGN_FIELD, field=name, **said)
    names = draw.rng.choice(kinds)
    if _stems(" ".join(names)) & here:
        return None
    single = draw.rng.choice(names)
    return draw.one_of(_OF_FOREIGN_THING, thing=single, things=plural(single), **said)


def _all_words(world: Things) -> set[str]:
    """Stems of all that is kept here, by any name."""
    said = [name for thing in world.things for name in (thing.table, *thing.names, *thing.others)]
    said += [name for thing in world.things for one in thing.fields for name in (one.column, one.words, *one.sayings)]
    said += [column.name for _, column in world.schema.columns()]
    return _stems(" ".join(said))


def _stems(said: str) -> set[str]:
    return {stem(word) for word in split_name(said)} - _COMMON


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
