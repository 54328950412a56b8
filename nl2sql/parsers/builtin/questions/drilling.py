"""Follow-ups that go from totals to rows and back: the rows behind a number, their totals, how many are what."""

from __future__ import annotations

from dataclasses import replace

from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.clauses import Parts
from nl2sql.parsers.builtin.questions.draw import Draw, number_leaf, wordings
from nl2sql.parsers.builtin.questions.filters import COMPARED, bare_state, draw_filters
from nl2sql.parsers.builtin.questions.totals import AGGREGATES

_BEHIND = wordings("""show me those {noun} | which {noun} are those | list the {noun} behind that | show the {noun}
    | show me the {noun} behind it | the {noun} themselves | list them | show me the rows | which ones are they
    | can i see the {noun} | give me the details | show the details | list those""")


def rows_behind(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """The rows in place of their total."""
    if parts.groups or parts.limit or not parts.total or "within" in parts.where:
        return None
    thing = draw.thing
    return draw.one_of(_BEHIND, noun=draw.many(thing)), Parts(items=(thing.leaf,), where=parts.where)


_NAMES_ONLY = wordings("""just the {names} | only the {names} | {names} only | just their {names}
    | only show the {names}
    | only their {names} please | i only need the {names}""")


def only_names(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """The names alone in place of whole rows."""
    names = draw.thing.with_role("name")
    if not parts.lists_rows or not names or parts.items == (names[0].leaf,):
        return None
    said = draw.listed("names, name") if draw.chance(0.7) else f"{draw.say(names[0])}s"
    return draw.one_of(_NAMES_ONLY, names=said), replace(parts, items=(names[0].leaf,))


_OVER = wordings("""only those {than} {bar} | only the ones with {than} {bar} | those with {than} {bar}
    | just the ones {than} {bar} | but only {than} {bar} | only where it is {than} {bar} | with {than} {bar} only
    | only those with {than} {bar} {noun}""")


def passing(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """Only the groups whose total passes a bar."""
    if not parts.groups or not parts.total or parts.having or parts.each or parts.limit:
        return None
    if parts.total[0] not in ("count", "sum", "avg", "min", "max"):
        return None
    operator, phrases = draw.rng.choice(COMPARED[:-1])
    counts = parts.total[0] == "count"
    said, bar = (None, number_leaf(draw.rng.randint(2, 100))) if counts else draw.number()
    texts = [one for one in _OVER if counts or "{noun}" not in one]
    words = draw.one_of(texts, than=draw.rng.choice(phrases), bar=said or bar.text, noun=draw.many(draw.thing))
    return words, replace(parts, having=(operator, *parts.total, bar))


_HOW_MANY_ARE = wordings("""how many of them are {state} | how many of those are {state} | and how many are {state}
    | how many are {state} | how many of these are {state}""")
_HOW_MANY_WITH = wordings("""how many of them {state} | how many of those {state} | and how many {state}
    | how many of these {state}""")


def how_many_are(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """How many of the rows meet one more condition."""
    thing = draw.thing
    counted = parts.items[:1] == ("count",) and not parts.groups
    if parts.groups or parts.limit or not (parts.lists_rows or counted):
        return None
    filters = draw_filters(draw, thing, 1, 1)
    columns = {one for one in filters.where if isinstance(one, Leaf) and one.kind == "column"}
    if not filters.where or columns & set(parts.where):
        return None
    if filters.before:
        words = draw.one_of(_HOW_MANY_ARE, state=filters.before.strip())
    else:
        state = bare_state(filters.after.strip())
        first = state.split(" ")[0]
        texts = _HOW_MANY_ARE if first in ("in", "from", "not", "over", "under", "older", "younger") else _HOW_MANY_WITH
        verb = {"with": "have", "without": "have no", "that": "", "who": "", "which": "", "whose": "are those whose"}
        state = f"{verb.get(first, first)} {' '.join(state.split(' ')[1:])}".strip()
        words = draw.one_of(texts, state=state)
    narrowed = parts.narrowed(filters.where[1:])
    return words, replace(narrowed, items=("count", thing.leaf), order=())


_OF_ROWS = wordings("""what is their {total} | and their {total} | {total} of those | what is the {total} of those
    | the {total} of them | and the {total} | {total} | what do they come to in {total} | {total} of these
    | what's the {total}""")


def total_of_rows(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """A total of the rows, or of those that were counted."""
    counted = parts.items[:1] == ("count",)
    measures = draw.thing.with_role("measure")
    if parts.groups or parts.limit or not measures or not (parts.lists_rows or counted):
        return None
    field = draw.rng.choice(measures)
    name = draw.rng.choice(("sum", "sum", "avg", "avg", "max", "min"))
    total = f"{draw.one_of(AGGREGATES[name])} {draw.say(field)}"
    items: tuple[Action, ...] = (name, field.leaf)
    return draw.one_of(_OF_ROWS, total=total), replace(parts, items=items, order=())


_TOO = wordings("""and {value} too | also {value} | {value} as well | and also {value} | add {value}
    | include {value} too
    | or {value} | {value} too""")


def another_value_too(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """One more value beside the one that was asked for."""
    where = parts.where
    if len(where) != 3 or where[0] != "=" or not isinstance(where[1], Leaf) or not isinstance(where[2], Leaf):
        return None
    others = [one for one in draw.values_of(where[1]) if one != where[2].text]
    if where[2].kind != "text" or not others:
        return None
    value = draw.rng.choice(others)
    both = ("or", *where, "=", where[1], Leaf("text", text=value))
    return draw.one_of(_TOO, value=value), replace(parts, where=both)
