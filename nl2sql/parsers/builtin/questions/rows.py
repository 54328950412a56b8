"""Shapes that ask for rows: lists, names, columns, the first by something, differences within a row."""

from __future__ import annotations

from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import (
    SMALL_NUMBERS,
    Asked,
    Draw,
    adjectives,
    behind,
    is_person,
    label,
    number_leaf,
    select,
    wordings,
)
from nl2sql.parsers.builtin.questions.filters import Filters, draw_filters, end_state, open_ends, yes_or_no
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing

_RISING = wordings("""sorted by {column} | ordered by {column} | by {column} | in order of {column}
    | sorted by {column} ascending | , lowest {column} first""")
_FALLING = wordings("""sorted by {column} descending | from highest to lowest {column} | , {first}
    | in descending order of {column} | ordered by {column} desc""")


def _ordering(draw: Draw, thing: Thing) -> tuple[str, list[Action]]:
    """Words and actions of an order, often none."""
    fields = thing.with_role("measure", "when", "name")
    if not fields or draw.chance(0.75):
        return "", []
    field = draw.rng.choice(fields)
    column = draw.say(field)
    if draw.chance(0.5):
        words, way = draw.one_of(_RISING, column=column), "asc"
    else:
        first = "newest first" if field.role == "when" else f"highest {column} first"
        words, way = draw.one_of(_FALLING, column=column, first=first), "desc"
    return behind(words), [way, field.leaf]


_LIST = wordings("""list all | show me all | list | show | give me | all | display all | find all | show all | get
    | i want to see all | give me all the | list all the | find | """)


def list_rows(draw: Draw) -> Asked | None:
    """Whole rows."""
    thing = draw.thing
    filters = draw_filters(draw, thing)
    order, keys = _ordering(draw, thing)
    noun = filters.around(draw.many(thing))
    lead = draw.one_of(_LIST)
    if draw.chance(0.12) and filters.where:
        after = filters.after
        for word in (" that", " who", " which"):
            after = after.replace(word, "", 1)
        words = f"which {filters.before}{draw.many(thing)}{after}{order}"
        return words, select(label(thing), filters.where, tail=keys)
    return f"{lead} {noun}{order}", select([thing.leaf], filters.where, tail=keys)


_COLUMNS = wordings("""show the {columns} of all {noun} | what are the {columns} of {noun} | list {columns} for {noun}
    | {columns} of {noun} | give me the {columns} of {noun} | show {columns} {each}
    | {columns} for all {noun} | {noun}: {columns}""")
_NAME_AND_COLUMNS = wordings("""list all {noun} with their {columns} | {noun} with their {columns}
    | list {noun} with {columns} | show all {noun} and their {columns} | each {single} with {columns}
    | {noun} along with {columns}
    | list {noun} and {columns} | show me the {noun} with {columns} | {single} name and {columns} of all {noun}""")


def list_fields(draw: Draw) -> Asked | None:
    """Some columns of rows."""
    rng, thing = draw.rng, draw.thing
    fields = list(thing.fields)
    rng.shuffle(fields)
    fields = fields[: rng.choice((1, 1, 2, 2, 3))]
    if not fields:
        return None
    names = [draw.say(field) for field in fields]
    if len(fields) > 1 and draw.chance(0.4):
        columns = " and ".join((", ".join(names[:-1]), names[-1]))
    else:
        columns = " and ".join(names) if len(names) < 3 else ", ".join(names)
    filters = draw_filters(draw, thing)
    order, keys = _ordering(draw, thing)
    noun = filters.around(draw.many(thing))
    each = f"of {noun}" if filters.before else f"for each {draw.single(thing)}{filters.after}"
    own = thing.with_role("name", "code")
    if own and own[0] not in fields and draw.chance(0.3):
        words = draw.one_of(_NAME_AND_COLUMNS, columns=columns, noun=noun, single=draw.single(thing))
        return words + order, select([own[0].leaf, *(field.leaf for field in fields)], filters.where, tail=keys)
    words = draw.one_of(_COLUMNS, columns=columns, noun=noun, each=each)
    return words + order, select([field.leaf for field in fields], filters.where, tail=keys)


_NAMES = wordings("""what are the names of {noun} | names of {noun} | show the {name} of {noun}
    | list the names of {noun}""")
_WHO = {"with": "has", "without": "has no", "whose": "is the one whose", "in": "is in", "from": "is from"}
"""What a first word of a condition becomes behind «who»."""


def who_has(draw: Draw) -> Asked | None:
    """Names of those that meet a condition."""
    thing = draw.thing
    shown = label(thing)
    filters = draw_filters(draw, thing, 1, 2)
    if shown == [thing.leaf] or not filters.where:
        return None
    reading = select(shown, filters.where)
    if is_person(thing) and not filters.before and draw.chance(0.5):
        return f"who {_as_verb(filters.after.strip())}", reading
    name = thing.with_role("name")[0].words if len(shown) == 1 else draw.listed("full name, name, first and last name")
    return draw.one_of(_NAMES, noun=filters.around(draw.many(thing)), name=name), reading


def _as_verb(condition: str) -> str:
    """A condition that follows a noun, turned so that it follows «who»."""
    for start in ("that ", "who ", "which "):
        condition = condition.removeprefix(start)
    first = condition.split(" ")[0]
    said = _WHO.get(first, first) + condition[len(first) :]
    if said.startswith(("earning", "older", "younger")):
        for word, verb in (("earning", "earns"), ("older", "is older"), ("younger", "is younger")):
            said = said.replace(word, verb, 1)
    return said


_NEWEST = wordings("most recent | latest | newest | last")
_OLDEST = wordings("oldest | earliest | first")
_FIRST_BY_DATE = wordings("""the {count} {word} {noun} | show the {count} {word} {noun} | {word} {count} {noun}
    | {what} {word} {count} {noun} | {count} {word} {noun} by {column}""")
_HIGHEST = wordings("highest | largest | biggest | most | greatest")
_LOWEST = wordings("lowest | smallest | least")
_THE_FIRST = wordings("""which {noun} has the {word} {column} | {noun} with the {word} {column}
    | show the {noun} with the {word} {column} | what is the {noun} with the {word} {column}""")
_FIRST_SEVERAL = wordings("""{way} {count} {noun} by {column} | show the {way} {count} {noun} by {column}
    | {count} {noun} with the {word} {column} | the {count} {noun} with {word} {column}
    | what are the {count} {noun} with the {word} {column}""")


def top_rows(draw: Draw) -> Asked | None:
    """The first rows by something."""
    rng, thing = draw.rng, draw.thing
    fields = thing.with_role("measure", "when")
    if not fields:
        return None
    field = rng.choice(fields)
    filters = draw_filters(draw, thing, 0, 1)
    most = draw.chance(0.7)
    column = draw.say(field)
    count = rng.choice((1, 1, rng.randint(2, 20)))
    special = adjectives(field)
    if special and draw.chance(0.45):
        word = draw.listed(special[0 if most else 1])
        return _first_by_adjective(draw, word, count, filters), _first(thing, field, filters, most, count, True)
    said = SMALL_NUMBERS[count] if count <= 10 and draw.chance(0.2) else str(count)
    noun = filters.around(draw.single(thing) if count == 1 else draw.many(thing))
    if field.role == "when":
        word = draw.one_of(_NEWEST if most else _OLDEST)
        plain, what = ("", "what is the") if count == 1 else (said, "what are the")
        words = draw.one_of(_FIRST_BY_DATE, count=plain, word=word, noun=noun, what=what, column=column)
    else:
        word = draw.one_of(_HIGHEST if most else _LOWEST)
        way = "top" if most else "bottom"
        texts = _THE_FIRST if count == 1 else _FIRST_SEVERAL
        words = draw.one_of(texts, noun=noun, word=word, column=column, way=way, count=said)
    return words, _first(thing, field, filters, most, count, False)


def _first(thing: Thing, field: Field, filters: Filters, most: bool, count: int, by_adjective: bool) -> list[Action]:
    """The reading of the first `count` rows by `field`: names where there are any, beside a measure of several."""
    names = thing.with_role("name", "code")
    shown: list[Action] = [thing.leaf]
    if names and count == 1 and (by_adjective or field.role == "measure"):
        shown = [names[0].leaf]
    elif names and field.role == "measure":
        shown = [names[0].leaf, field.leaf]
    limit: list[Action] = ["limit1"] if count == 1 else ["limit", number_leaf(count)]
    return select(shown, filters.where, tail=["desc" if most else "asc", field.leaf, *limit])


_THE_MOST = wordings("""what is the {word} {noun} | {word} {noun} | which {noun} is the {word} | show the {word} {noun}
    | the {word} {noun}""")
_MOST_SEVERAL = wordings("""the {count} {word} {noun} | {word} {count} {noun} | show the {count} {word} {noun}
    | what are the {count} {word} {noun} | top {count} {word} {noun}""")


def _first_by_adjective(draw: Draw, word: str, count: int, filters: Filters) -> str:
    """Words for the first rows by something that has an adjective: «the oldest employee»."""
    thing = draw.thing
    if count > 1:
        noun = filters.around(draw.many(thing))
        return draw.one_of(_MOST_SEVERAL, count=str(count), word=word, noun=noun)
    noun = filters.around(draw.single(thing))
    words = draw.one_of(_THE_MOST, word=word, noun=noun)
    if is_person(thing):
        short = f"who is the {word} {noun}" if filters.before or filters.after else f"who is the {word}"
        words = draw.rng.choice((f"who is the {word} {noun}", short, words))
    return words


_ABOVE = wordings("above | higher than | more than | over | greater than")
_BELOW = wordings("below | under | less than | lower than")
_NAMES_OF = wordings("names of | which | what are the names of")
_ROWS_OF = wordings("show all | list | all | list all | ")
_BESIDE_AVERAGE = wordings("""{lead} {noun} with {column} {side} average | {lead} {noun} with {side} average {column}
    | {lead} {noun} whose {column} is {side} the average | {lead} {noun} with a {column} {side} the average {column}""")


_MORE_THAN_AVERAGE = wordings("""{lead} {noun} {more} average | {lead} {noun} {more} the average {single}
    | {lead} {noun} that are {more} the average {single} | {lead} {noun} {more} the average""")


def above_average(draw: Draw) -> Asked | None:
    """Rows above or below the average."""
    thing = draw.thing
    fields, names = thing.with_role("measure"), thing.with_role("name")
    if not fields:
        return None
    field = draw.rng.choice(fields)
    column = draw.say(field)
    above = draw.chance(0.7)
    noun = draw.many(thing)
    side = draw.one_of(_ABOVE if above else _BELOW)
    wants_name = bool(names) and draw.chance(0.5)
    lead = draw.one_of(_NAMES_OF if wants_name else _ROWS_OF)
    words = draw.one_of(_BESIDE_AVERAGE, lead=lead, noun=noun, column=column, side=side)
    shown = names[0].leaf if wants_name else thing.leaf
    special = adjectives(field)
    if special and special[2] and draw.chance(0.4):
        more = draw.listed(special[2 if above else 3])
        texts = _MORE_THAN_AVERAGE if more.endswith((" than", "above", "below", "over", "under")) else ()
        words = draw.one_of(texts, lead=lead, noun=noun, more=more, single=draw.single(thing)) if texts else words
    inner, outer = _of_kind(draw, thing) if draw.chance(0.35) else ([], [])
    if inner:
        words = _beside_kind(draw, field, noun, side, inner, bool(outer))
        shown = names[0].leaf if names and (wants_name or words.startswith("which")) else thing.leaf
    average = select(["avg", field.leaf], ["where", *inner] if inner else [])
    condition: list[Action] = [">" if above else "<", field.leaf, *average]
    return words, select([shown], ["where", *(["and", *outer] if outer else []), *condition])


_OF_KIND = wordings("""{noun} with {column} {side} the average {column} of {value} {noun}
    | {noun} whose {column} is {side} the average of the {noun} in {value}
    | {noun} with a {column} {side} that of the average {value} {single}
    | which {noun} have a {column} {side} the average of {value} {noun}""")
_BOTH_OF_KIND = wordings("""{value} {noun} with {column} {side} the average {value} {single}
    | {value} {noun} {side} the average {column} of {value} {noun}
    | which {value} {noun} have {column} {side} the {value} average
    | {noun} in {value} with {column} {side} the average of {noun} in {value}
    | which {value} {noun} are {side} the average {value} {single} in {column}""")


def _of_kind(draw: Draw, thing: Thing) -> tuple[list[Action], list[Action]]:
    """A condition on those whose average it is and, at times, on those beside it too."""
    fields = [one for one in thing.with_role("category") if one.values]
    if not fields:
        return [], []
    field = draw.rng.choice(fields)
    condition: list[Action] = ["=", field.leaf, Leaf("text", text=draw.rng.choice(field.values))]
    return condition, condition if draw.chance(0.6) else []


_OF_STATE = wordings("""{state} {noun} with {column} {side} the average {state} {single}
    | which {state} {noun} have a {column} {side} the average {state} {single}
    | {state} {noun} {side} the average {column} of {state} {noun} | {state} {noun} {side} their average {column}
    | {state} {noun} with {side_column} than the average {state} {single}
    | which {state} {noun} are {side} the average {state} {single} in {column}""")


def above_average_of_state(draw: Draw) -> Asked | None:
    """Rows of a state beside the average of those: «active members with more visits than the average active member»."""
    thing = draw.thing
    fields, states = thing.with_role("measure"), thing.with_role("flag", "when")
    states = [one for one in states if one.role == "flag" or open_ends(one)]
    if not fields or not states:
        return None
    field, state = draw.rng.choice(fields), draw.rng.choice(states)
    words, condition = yes_or_no(draw, state) if state.role == "flag" else end_state(draw, state, draw.chance(0.7))
    said = words.removeprefix("<")
    if said.split()[0] in ("that", "which", "who", "with", "without", "where", "marked", "flagged"):
        return None
    above = draw.chance(0.7)
    column, names = draw.say(field), thing.with_role("name")
    words = draw.one_of(
        _OF_STATE, state=said, noun=draw.many(thing), single=draw.single(thing), column=column,
        side=draw.one_of(_ABOVE if above else _BELOW), side_column=f"{'more' if above else 'less'} {column}",
    )  # fmt: skip
    average = select(["avg", field.leaf], ["where", *condition])
    where: list[Action] = ["where", "and", *condition, ">" if above else "<", field.leaf, *average]
    shown = names[0].leaf if names and (words.startswith("which") or draw.chance(0.2)) else thing.leaf
    return words, select([shown], where)


def _beside_kind(draw: Draw, field: Field, noun: str, side: str, condition: list[Action], both: bool) -> str:
    value = condition[-1]
    assert isinstance(value, Leaf)
    said = {
        "noun": noun,
        "single": draw.single(draw.thing),
        "column": draw.say(field),
        "side": side,
        "value": value.text,
    }
    return draw.one_of(_BOTH_OF_KIND if both else _OF_KIND, **said)


_DIFFERENCE = wordings("difference between {one} and {other} for each {single} | {one} minus {other} of all {noun}")
_RATIO = wordings("""ratio of {one} to {other} for each {single} | {one} divided by {other} per {single}
    | {one} per {other} for each {single} | {one} / {other} for every {single}""")


def two_columns(draw: Draw) -> Asked | None:
    """A difference or ratio of two columns per row."""
    thing = draw.thing
    fields, names = thing.with_role("measure"), thing.with_role("name")
    if len(fields) < 2 or not names:
        return None
    left, right = draw.rng.sample(fields, 2)
    one, other = draw.say(left), draw.say(right)
    noun = draw.many(thing)
    if draw.chance(0.6):
        operation = "subtract"
        words = draw.one_of(_DIFFERENCE, one=one, other=other, single=draw.single(thing), noun=noun)
    else:
        operation = "divide"
        words = draw.rng.choice([text.format(one=one, other=other, single=draw.single(thing)) for text in _RATIO])
    return words, select([names[0].leaf, operation, left.leaf, right.leaf])


_PASSES = {
    ("stock", "threshold"): wordings("""{noun} below their {other} | {noun} under the {other}
        | {noun} that need reordering | which {noun} are below their {other} | {noun} with {one} below {other}
        | {noun} that fell below the {other}"""),
    ("revenue", "target"): wordings("""{noun} below their {other} | {noun} who missed their {other}
        | {noun} under {other}
        | which {noun} did not reach their {other} | {noun} with {one} below {other}"""),
    ("budget", "spend"): wordings("""{noun} over budget | {noun} that went over budget | which {noun} are over budget
        | {noun} that spent more than their budget | {noun} with {other} above {one}"""),
}
"""Where the first of two measures is below the second, by what they are called."""
_COLUMN_ABOVE = wordings("""{noun} with {one} {side} {other} | {noun} whose {one} is {side} their {other}
    | which {noun} have a {one} {side} their {other} | {noun} where {one} is {side} {other}
    | {noun} with more {one} than {other} | {noun} having {one} {side} the {other}""")


def beside_each_other(draw: Draw) -> Asked | None:
    """Rows where one measure is above or below another: «items below their reorder level»."""
    thing = draw.thing
    fields, names = thing.with_role("measure"), thing.with_role("name", "code")
    if len(fields) < 2:
        return None
    one, other = draw.rng.sample(fields, 2)
    noun = draw.many(thing)
    kinds = {field.sayings[0]: field for field in fields}
    pairs = [pair for pair in _PASSES if set(pair) <= set(kinds)]
    if pairs and draw.chance(0.7):
        pair = draw.rng.choice(pairs)
        one, other = kinds[pair[0]], kinds[pair[1]]
        words, sign = draw.one_of(_PASSES[pair], noun=noun, one=draw.say(one), other=draw.say(other)), "<"
    else:
        words = draw.one_of(_COLUMN_ABOVE, noun=noun, one=draw.say(one), other=draw.say(other), side="{side}")
        sign = ">" if "more" in words or draw.chance(0.6) else "<"
        words = words.replace("{side}", draw.one_of(_ABOVE if sign == ">" else _BELOW))
    where: list[Action] = ["where", sign, one.leaf, other.leaf]
    if draw.chance(0.25):
        return f"how many {words.removeprefix('which ')}", select(["count", thing.leaf], where)
    shown = names[0].leaf if names and words.startswith("which") else thing.leaf
    lead = "" if words.startswith("which") else draw.one_of(_ROWS_OF)
    return f"{lead} {words}".strip(), select([shown], where)
