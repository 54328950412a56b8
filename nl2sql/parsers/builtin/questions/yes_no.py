"""Shapes that ask about columns of yes and no: how many, what share, both sides, totals of the one and the other."""

from __future__ import annotations

from nl2sql.parsers.builtin.grammar import Action
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, label, select, wordings
from nl2sql.parsers.builtin.questions.filters import draw_condition, yes_or_no
from nl2sql.parsers.builtin.questions.groups import group_key
from nl2sql.parsers.builtin.questions.totals import measure
from nl2sql.parsers.builtin.synthetic_schema import Field


def _flag(draw: Draw) -> Field | None:
    flags = draw.thing.with_role("flag")
    return draw.rng.choice(flags) if flags else None


def _around(noun: str, words: str) -> str:
    return f"{words[1:]} {noun}" if words.startswith("<") else f"{noun} {words}"


_LIST = wordings("""which {noun} | list {noun} | {noun} | show {noun} | give me the {noun} | all {noun} | find {noun}
    | what {noun} do we have""")
_NAMES = wordings(
    "names of {noun} | which {noun} are there | {name} of {noun} | who are the {noun} | list the names of {noun}"
)
_HOW_MANY = wordings("how many {noun} | number of {noun} | count of {noun} | how many {noun} are there | count {noun}")
_TOTAL = wordings(
    "{total} of {noun} | what is the {total} of {noun} | {total} for {noun} | what's the {total} of {noun}"
)
_TOTAL_BY = wordings("{total} of {noun} by {by} | {total} of {noun} per {by} | for each {by}, the {total} of {noun}")
_COUNT_BY = wordings(
    "{noun} by {by} | number of {noun} per {by} | how many {noun} does each {by} have | {noun} per {by}"
)


def flagged(draw: Draw) -> Asked | None:
    """Rows that have a yes or a no, most with one more condition: listed, counted, added up."""
    field, thing = _flag(draw), draw.thing
    if field is None:
        return None
    words, condition = yes_or_no(draw, field)
    noun = _around(draw.many(thing), words)
    where: list[Action] = ["where", *condition]
    others = [one for one in thing.fields if one is not field and one.role not in ("first", "last", "code")]
    if others and draw.chance(0.6):
        made = draw_condition(draw, draw.rng.choice(others))
        if made is not None and not (made[0].startswith("<") and words.startswith("<")):
            glue = draw.listed("and, , and") if not made[0].startswith("<") and not words.startswith("<") else ""
            noun = f"{made[0][1:]} {noun}" if made[0].startswith("<") else f"{noun} {glue} {made[0]}"
            where = ["where", "and", *condition, *made[1]]
    roll = draw.rng.random()
    if roll < 0.3:
        return draw.one_of(_LIST, noun=noun), select([thing.leaf], where)
    if roll < 0.45:
        shown = label(thing)
        name = " and ".join(("first name", "last name")) if len(shown) > 1 else "name"
        return draw.one_of(_NAMES, noun=noun, name=name), select(shown, where)
    key = group_key(draw, thing) if draw.chance(0.3) else None
    made_total = measure(draw, thing) if roll < 0.7 else None
    if made_total is not None:
        total, actions = made_total
        if key is not None and key[1][0] not in where:
            return draw.one_of(_TOTAL_BY, total=total, noun=noun, by=key[0]), select([*key[1], *actions], where, key[1])
        return draw.one_of(_TOTAL, total=total, noun=noun), select(actions, where)
    if key is not None and key[1][0] not in where:
        return draw.one_of(_COUNT_BY, noun=noun, by=key[0]), select([*key[1], "count", thing.leaf], where, key[1])
    return draw.one_of(_HOW_MANY, noun=noun), select(["count", thing.leaf], where)


_SHARE = wordings("""what {percent} of {noun} {are}{state} | what {percent} of our {noun} {are}{state}
    | {percent} of {noun} {state} | what's the {percent} of {noun} {state} | how many {noun} in percent {are}{state}
    | which {percent} of {noun} {are}{state} | {percent} of all {noun} {state}""")
_SHARE_OF_SUM = wordings("""what {percent} of {column} comes from {noun} | {percent} of {column} from {noun}
    | how much of the {column} in percent comes from {noun} | what {percent} of our {column} is from {noun}
    | {noun} as a percentage of total {column} | what {percent} of total {column} do {noun} account for""")
_PERCENT = "percentage, percent, share, %, fraction, proportion, percentage"
_VERBS = {
    "with ": "have ", "holding ": "hold ", "having ": "have ", "without ": "have no ", "lacking ": "lack ",
    "flagged ": "are flagged ", "marked ": "are marked ", "classified ": "are classified ", "not ": "are not ",
}  # fmt: skip


def _as_verb(words: str) -> str:
    """What is said of rows behind «what share of them»."""
    said = words.removeprefix("<")
    if said.startswith("where "):
        return f"have {said.removeprefix('where ')}".replace(" is true", " set").replace(" is false", " not set")
    for start in ("that ", "which ", "who "):
        if said.startswith(start):
            return said.removeprefix(start)
    if words.startswith("<"):
        return f"are {said}"
    for start, verb in _VERBS.items():
        if said.startswith(start):
            return verb + said.removeprefix(start)
    return said


def flagged_share(draw: Draw) -> Asked | None:
    """The percentage of rows, or of a measure's sum, that has a yes."""
    field, thing = _flag(draw), draw.thing
    if field is None:
        return None
    words, condition = yes_or_no(draw, field)
    percent = draw.listed(_PERCENT)
    measures = thing.with_role("measure")
    key = group_key(draw, thing) if draw.chance(0.35) else None
    if measures and draw.chance(0.3):
        measured = draw.rng.choice(measures)
        total: list[Action] = ["sum", measured.leaf]
        column = draw.say(measured)
        said = draw.one_of(_SHARE_OF_SUM, percent=percent, column=column, noun=_around(draw.many(thing), words))
        actions: list[Action] = ["divide", "multiply", "when", *total, *condition, "100", *total]
    else:
        texts = [one for one in _SHARE if "{are}" in one] if words.startswith("<") else _SHARE
        said = draw.one_of(texts, percent=percent, noun=draw.many(thing), are="", state=_as_verb(words))
        if draw.chance(0.15) and words.startswith("<"):
            said = f"{percent} of {words[1:]} {draw.many(thing)}"
        actions = ["rate", *condition]
    if key is None or field.leaf in key[1]:
        return said, select(actions)
    return f"{said} {draw.listed('by, per, for each, in each')} {key[0]}", select([*key[1], *actions], groups=key[1])


_BOTH = wordings("""how many {noun} {yes} and how many {no} | number of {noun} that {yes} and that {no}
    | count of {noun} that {yes} versus those that {no} | how many {noun} {yes} and how many do not
    | how many {noun} {yes} and how many don't | the number of {noun} that {yes} and of those that do not""")
_AND_ALL = wordings("""how many {noun} are there and how many of them {yes} | total number of {noun} and how many {yes}
    | give the number of {noun} and how many of them {yes} | {noun} count and how many {yes}""")


def both_sides(draw: Draw) -> Asked | None:
    """How many rows have a yes and how many a no, beside one another; or all rows and those with a yes."""
    field, thing = _flag(draw), draw.thing
    if field is None:
        return None
    one, yes = yes_or_no(draw, field, truth=True)
    other, no = yes_or_no(draw, field, truth=False)
    counted: list[Action] = ["count", thing.leaf]
    said = {"noun": draw.many(thing), "yes": _as_verb(one), "no": _as_verb(other)}
    if draw.chance(0.65):
        words = draw.one_of(_BOTH, **said)
        actions: list[Action] = ["when", *counted, *yes, "when", *counted, *no]
    else:
        words = draw.one_of(_AND_ALL, **said)
        actions = [*counted, "when", *counted, *yes]
    key = group_key(draw, thing) if draw.chance(0.55) else None
    if key is None or field.leaf in key[1]:
        return words, select(actions)
    by = key[0]
    if draw.chance(0.5):
        words = f"{draw.listed('for each, per, for every, by')} {by}, {words}"
    else:
        words = f"{words} {draw.listed('by, per, for each, in each')} {by}"
    return words, select([*key[1], *actions], groups=key[1])


_COMPARED = wordings("""compare the {total} of {one} with that of the others | {total} of {one} and of the rest
    | {total} of {one} versus other {noun} | {total} by whether {noun} {yes} | {total} split by {column}
    | how does the {total} of {one} compare with other {noun} | {total} for {one} and for all others
    | {total} per {column} | do {one} have a higher {total} than others""")


def by_flag(draw: Draw) -> Asked | None:
    """A total of the rows with a yes and of those with a no, one row each."""
    field, thing = _flag(draw), draw.thing
    if field is None:
        return None
    words, _ = yes_or_no(draw, field, truth=True)
    noun = draw.many(thing)
    made = measure(draw, thing) if draw.chance(0.75) else None
    total, actions = made or (f"number of {noun}", list[Action](["count", thing.leaf]))
    if made is None:
        texts: tuple[str, ...] = ("{noun} by whether they {yes}", "number of {noun} by {column}", "{noun} per {column}")
    else:
        texts = _COMPARED
    said = draw.one_of(
        texts, total=total, one=_around(noun, words), noun=noun, yes=_as_verb(words), column=draw.say(field)
    )
    return said, select([field.leaf, *actions], groups=[field.leaf])
