"""Shapes that ask for one number over all rows, and for the different values of a column."""

from __future__ import annotations

from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, label, select, wordings
from nl2sql.parsers.builtin.questions.filters import bare_state, draw_filters, yes_or_no
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, plural

AGGREGATES = {
    "avg": wordings("average | mean | avg | typical | average"),
    "sum": wordings("total | sum of | overall | total | combined"),
    "max": wordings("highest | maximum | max | largest | biggest"),
    "min": wordings("lowest | minimum | min | smallest"),
    "median": wordings("median"),
}
"""Words for aggregates."""


def measure(draw: Draw, thing: Thing) -> tuple[str, list[Action]] | None:
    """An aggregate of a measure in words."""
    fields = thing.with_role("measure")
    if not fields:
        return None
    field = draw.rng.choice(fields)
    common = ("avg", "avg", "avg", "sum", "sum", "sum", "max", "min", "median")
    name = draw.rng.choice(common if draw.chance(0.9) else ("max", "min"))
    said = f"{draw.one_of(AGGREGATES[name])} {draw.say(field)}"
    if name == "sum" and draw.chance(0.35):
        said = draw.say(field)
        if counts_something(field) and draw.chance(0.6):
            said = f"{draw.listed('number of, how many, total number of')} {said.removeprefix('number of ')}"
    return said, [name, field.leaf]


COUNTED_MEASURES = frozenset(one.strip() for one in lexicon.COUNTED_MEASURES.split(","))


def counts_something(field: Field) -> bool:
    """Whether a measure says how many of something a row stands for."""
    return field.sayings[0] in COUNTED_MEASURES or field.words in COUNTED_MEASURES


_COUNTED = wordings("number of {noun} | count of {noun} | how many {noun} | {noun} count | total {noun}")


def counted(draw: Draw, thing: Thing) -> tuple[str, list[Action]]:
    """A count in words."""
    return draw.one_of(_COUNTED, noun=draw.many(thing)), ["count", thing.leaf]


_COUNT = wordings("""how many {noun} {there} | number of {noun} | count {noun} | what is the number of {noun}
    | count of {noun} | how many {parted} | total number of {noun} | how many {noun}""")
_THERE = wordings("are there | do we have | exist | ")
_THERE_WITH = wordings("are there | | do we have")


def count(draw: Draw) -> Asked | None:
    """How many."""
    thing = draw.thing
    filters = draw_filters(draw, thing, 0, 2)
    noun = filters.around(draw.many(thing))
    there = draw.one_of(_THERE_WITH if filters.after else _THERE)
    parted = f"{filters.before}{draw.many(thing)} {there}{filters.after}"
    words = draw.one_of(_COUNT, noun=noun, there=there, parted=parted)
    return words, select(["count", thing.leaf], filters.where)


_PLACED = wordings("{value} | in {value} | from {value}")
_COUNT_OF_STATE = wordings("""how many {noun} are {state} | how many of the {noun} are {state}
    | how many of our {noun} are {state}""")


def count_of_state(draw: Draw) -> Asked | None:
    """How many are in some state, said after the noun."""
    thing = draw.thing
    fields = thing.with_role("flag", "category")
    if not fields:
        return None
    field = draw.rng.choice(fields)
    noun = draw.many(thing)
    if field.role == "flag":
        words, condition = yes_or_no(draw, field)
        state = bare_state(words)
        if not words.startswith(("<", "that are ", "which are ")):
            return f"how many {noun} {words}", select(["count", thing.leaf], ["where", *condition])
    elif field.values:
        value = draw.rng.choice(field.values)
        condition = ["=", field.leaf, Leaf("text", text=value)]
        state = draw.one_of(_PLACED, value=value)
    else:
        return None
    where: list[Action] = ["where", *condition]
    if draw.chance(0.3):
        return f"which {noun} are {state}", select(label(thing), where)
    return draw.one_of(_COUNT_OF_STATE, noun=noun, state=state), select(["count", thing.leaf], where)


_AGGREGATE = wordings("""what is the {total} of {noun} | {total} of {noun} | show the {total} for {noun}
    | what's the {total} of all {noun} | calculate the {total} of {noun} | {total} across {noun}
    | give me the {total} of {noun} | {total} for {noun}""")
_AGGREGATE_OF_ALL = wordings("what is the {total} | {total} | show me the {total}")


def aggregate(draw: Draw) -> Asked | None:
    """One aggregate over all."""
    thing = draw.thing
    made = measure(draw, thing)
    if made is None:
        return None
    total, actions = made
    filters = draw_filters(draw, thing)
    words = draw.one_of(_AGGREGATE, total=total, noun=filters.around(draw.many(thing)))
    if not filters.where and draw.chance(0.25):
        words = draw.one_of(_AGGREGATE_OF_ALL, total=total)
    return words, select(actions, filters.where)


_HOW_MUCH = wordings("""how much {column} did we have{after} | how much {column}{after}
    | how much is the {column} of {noun}{after}""")
_SOLD = wordings("""how much did we sell{after} | how much money did we make{after}
    | how much revenue did we get{after} | how much was sold{after} | total sales{after}""")
_HOW_MUCH_OF = {
    "amount": _SOLD,
    "revenue": _SOLD,
    "quantity": wordings(
        "how many units were sold{after} | how many units did we sell{after} | how many pieces{after}"
    ),
    "spend": wordings("how much did we spend{after} | how much money was spent{after}"),
    "refund": wordings("how much did we refund{after} | how much money was refunded{after}"),
}  # fmt: skip
"""More ways to ask for a sum, by what the field is called."""
_ADDED_UP = {"amount", "quantity", "revenue", "spend", "cost", "refund", "price"}


def how_much(draw: Draw) -> Asked | None:
    """A sum asked for with a verb."""
    thing = draw.thing
    fields = [one for one in thing.with_role("measure") if _ADDED_UP & set(one.sayings[:2])]
    if not fields:
        return None
    field = draw.rng.choice(fields)
    column = draw.say(field)
    filters = draw_filters(draw, thing, 0, 2).only_after()
    texts = (*_HOW_MUCH, *_HOW_MUCH_OF.get(field.sayings[0], ()))
    words = draw.one_of(texts, noun=draw.many(thing), column=column, after=filters.after)
    return words, select(["sum", field.leaf], filters.where)


_HOW_MANY_DIFFERENT = wordings("""how many different {columns} are there
    | number of distinct {columns} of {noun} | how many unique {columns} do {noun} have
    | count the different {column} values in {noun}""")
_DIFFERENT = wordings("""what {columns} are there | what {columns} do we have | which {columns} exist
    | list the distinct {columns} of {noun} | what are the different {columns} of {noun}
    | show all unique {columns} | which {columns} do our {noun} have | distinct {column} of {noun}
    | all different {columns} in {noun}""")


def distinct(draw: Draw) -> Asked | None:
    """The different values of a column, or how many."""
    fields = draw.thing.with_role("category")
    if not fields:
        return None
    field = draw.rng.choice(fields)
    column = draw.say(field)
    noun = draw.many(draw.thing)
    counts = draw.chance(0.4)
    texts = _HOW_MANY_DIFFERENT if counts else _DIFFERENT
    words = draw.one_of(texts, column=column, columns=plural(column), noun=noun)
    return words, select([*(["count"] if counts else []), "distinct", field.leaf])


_EACH_OWN = wordings("""average {column} per {single}{rest} | {column} per {single} on average{rest}
    | mean {column} per {single}{rest} | avg {column} per {single}{rest}
    | how much {column} per {single} on average{rest}
    | what is the average {column} of a {single}{rest} | typical {column} per {single}{rest}""")
_EACH_OWN_COUNTED = wordings("""average number of {column} per {single}{rest}
    | how many {column} per {single} on average{rest} | how many {column} does a {single} have on average{rest}""")
_FOR_EACH = wordings("for each {by} | by {by} | in each {by} | for every {by}")


def each_own(draw: Draw) -> Asked | None:
    """The average of a measure over rows, said as «per» what a row is: «average rent per flat»."""
    thing = draw.thing
    fields = thing.with_role("measure")
    if not fields:
        return None
    field = draw.rng.choice(fields)
    texts = (*_EACH_OWN, *_EACH_OWN_COUNTED) if counts_something(field) else _EACH_OWN
    own = thing.with_role("category")
    keys: list[Action] = []
    rest = ""
    if own and draw.chance(0.5):
        by = draw.rng.choice(own)
        keys, rest = [by.leaf], f" {draw.one_of(_FOR_EACH, by=draw.say(by))}"
    filters = draw_filters(draw, thing, 0, 1).only_after() if draw.chance(0.2) else None
    words = draw.one_of(texts, column=draw.say(field), single=draw.single(thing), rest=rest)
    if filters is not None and filters.where:
        return words + filters.after, select([*keys, "avg", field.leaf], filters.where, keys)
    return words, select([*keys, "avg", field.leaf], groups=keys)


def missing_values(draw: Draw) -> Asked | None:
    """How many rows lack something, for one field or beside all rows."""
    thing = draw.thing
    fields: list[Field] = [one for one in thing.fields if one.role != "flag"]
    if not fields:
        return None
    field = draw.rng.choice(fields)
    column, noun = draw.say(field), draw.many(thing)
    texts = (
        f"how many {noun} have no {column}", f"how many {noun} are missing a {column}",
        f"number of {noun} without {column}", f"how many missing values are in {column}",
        f"count of {noun} where {column} is missing", f"missing {column} count",
        f"how many null {plural(column)} are there", f"{noun} missing {column}",
        f"how often is the {column} of {noun} missing",
    )  # fmt: skip
    words = draw.rng.choice(texts)
    where: list[Action] = ["where", "null", field.leaf]
    if words == texts[7]:
        return words, select([thing.leaf], where)
    filters = draw_filters(draw, thing, 0, 1).only_after() if draw.chance(0.15) else None
    if filters and filters.where and field.leaf not in filters.where:
        return words + filters.after, select(
            ["count", thing.leaf], ["where", "and", "null", field.leaf, *filters.where[1:]]
        )
    return words, select(["count", thing.leaf], where)
