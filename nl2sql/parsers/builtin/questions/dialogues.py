"""Follow-ups: a question, words that follow it up, and the first question's reading edited as they ask.

Context-dependent questions in the manner of SParC (Yu et al. 2019): refinement, change of theme, of order, of measure.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from nl2sql import dates
from nl2sql.parsers.builtin.grammar import BUCKETS, Action, Leaf
from nl2sql.parsers.builtin.questions import drilling
from nl2sql.parsers.builtin.questions.clauses import Parts
from nl2sql.parsers.builtin.questions.draw import SMALL_NUMBERS, Asked, Draw, adjectives, number_leaf, wordings
from nl2sql.parsers.builtin.questions.filters import draw_filters, in_period
from nl2sql.parsers.builtin.questions.groups import group_key
from nl2sql.parsers.builtin.synthetic_schema import Thing, plural

Edit = Callable[[Draw, Parts], tuple[str, Parts] | None]

_ONLY = wordings("""only {those} | just {those} | only show {those} | now only {those} | what about {those}
    | and {those} | limit that to {those} | how about {those} | restrict it to {those} | but only {those}
    | keep only {those}""")


def _narrow(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """One more condition."""
    filters = draw_filters(draw, draw.thing, 1, 1)
    if not filters.where or any(
        isinstance(one, Leaf) and one in parts.where for one in filters.where if _is_column(one)
    ):
        return None
    if filters.before:
        said = draw.rng.choice(
            (f"the {filters.before}ones", filters.before.strip(), f"{filters.before}{draw.many(draw.thing)}")
        )
    else:
        after = filters.after.strip()
        said = draw.rng.choice(
            (f"those {after}", f"the ones {after}", after, f"{draw.many(draw.thing)} {after}", after)
        )
    return draw.one_of(_ONLY, those=said), parts.narrowed(filters.where[1:])


def _is_column(action: Action) -> bool:
    return isinstance(action, Leaf) and action.kind == "column"


_OTHER = wordings("""what about {value} | and {value} | and for {value} | same for {value} | how about {value}
    | now for {value} | {value} instead | the same for {value} | do the same for {value} | and in {value}
    | {value} | show the same for {value} | only for {value} | only {value} | just {value}""")


def _other_value(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """Another value or period in place of the one that was asked for, or one where there was none."""
    rng = draw.rng
    for at, action in enumerate(parts.where[:-1]):
        after = parts.where[at + 1]
        if not (isinstance(action, Leaf) and action.kind == "column" and isinstance(after, Leaf)):
            continue
        if after.kind == "date":
            earlier = _period_earlier(draw, after) if rng.random() < 0.3 else None
            if earlier is not None:
                where = (*parts.where[: at + 1], earlier, *parts.where[at + 2 :])
                return draw.one_of(_EARLIER, said=earlier.text), replace(parts, where=where)
            period = draw.period()
            new: Leaf = period
            said = rng.choice((in_period(period.text), period.text))
        else:
            values = draw.values_of(action)
            if after.kind != "text" or len(values) < 2 or parts.where[at - 1] not in ("=", "!="):
                continue
            said = rng.choice([one for one in values if one != after.text] or [after.text])
            new = Leaf("text", text=said)
        where = (*parts.where[: at + 1], new, *parts.where[at + 2 :])
        return _tidy(draw.one_of(_OTHER, value=said)), replace(parts, where=where)
    fields = [one for one in draw.thing.with_role("category", "when") if one.leaf not in parts.where]
    if not fields:
        return None
    field_ = rng.choice(fields)
    if field_.role == "when":
        if field_ is not draw.thing.with_role("when")[0]:
            return None
        period = draw.period()
        said = rng.choice((in_period(period.text), period.text))
        return _tidy(draw.one_of(_OTHER, value=said)), parts.narrowed(["=", field_.leaf, period])
    if not field_.values:
        return None
    value = rng.choice(field_.values)
    return draw.one_of(_OTHER, value=value), parts.narrowed(["=", field_.leaf, Leaf("text", text=value)])


_EARLIER = wordings("and {said} | {said} | what about {said} | how was it {said} | and how was that {said}")


def _period_earlier(draw: Draw, asked: Leaf) -> Leaf | None:
    """A span as long, some time before the one that was asked about: «a year earlier»."""
    period = dates.from_text(asked.value)
    unit = draw.rng.choice((period.unit, "year"))
    before = dates.period_before(period, unit)
    if before is None:
        return None
    said = draw.listed(
        f"a {unit} earlier, the {unit} before that, the {unit} before, a {unit} before, one {unit} earlier"
    )
    return Leaf("date", value=dates.to_text(before), text=said)


def _tidy(words: str) -> str:
    return (
        words.replace("for in ", "for ").replace("in in ", "in ").replace("in last", "last").replace("in this", "this")
    )


_EXCLUDE = wordings("""exclude {value} | without {value} | but not {value} | leave out {value} | except {value}
    | ignore {value} | excluding the {value} ones | remove {value} | not {value}""")


def _exclude(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """All but one value."""
    fields = [one for one in draw.thing.with_role("category") if one.values and one.leaf not in parts.where]
    if not fields:
        return None
    field_ = draw.rng.choice(fields)
    value = draw.rng.choice(field_.values)
    return draw.one_of(_EXCLUDE, value=value), parts.narrowed(["!=", field_.leaf, Leaf("text", text=value)])


_BY = wordings("""by {by} | and by {by} | now by {by} | per {by} | break it down by {by} | split that by {by}
    | broken down by {by} | group it by {by} | for each {by} | show it by {by} | and per {by}
    | what about by {by} | can you split it by {by} | okay, now per {by} | split by {by} | and by {by}, please
    | now split by {by} | and for each {by}""")
_BY_INSTEAD = wordings(
    """by {by} instead | and by {by} | now by {by} | what about by {by} | per {by} instead | group by {by} instead
    | and per {by} | per {by} | and for each {by} | same thing by {by} | by {by}"""
)
_BY_TOO = wordings("also by {by} | and also by {by} | split it by {by} too | additionally by {by} | further by {by}")


def _by(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """Totals by group, by another key or by one more."""
    if not parts.total or parts.having or parts.each or parts.limit:
        return None
    key = group_key(draw, draw.thing)
    whens = draw.thing.with_role("when")
    if whens and draw.chance(0.35):
        unit = draw.rng.choice(("month", "year", "quarter", "week"))
        key = unit, [unit, whens[0].leaf]
    if key is None or set(key[1]) & set(parts.groups):
        return None
    by, keys = key
    course: tuple[Action, ...] = ("asc", *keys) if keys[0] in BUCKETS else ()
    if not parts.groups:
        return draw.one_of(_BY, by=by), replace(parts, items=(*keys, *parts.items), groups=tuple(keys), order=course)
    if draw.chance(0.65):
        new = replace(parts, items=(*keys, *parts.total), groups=tuple(keys), order=course)
        return draw.one_of(_BY_INSTEAD, by=by), new
    if parts.items[: len(parts.groups)] != parts.groups:
        return None
    both = (*parts.groups, *keys)
    return draw.one_of(_BY_TOO, by=by), replace(parts, items=(*both, *parts.total), groups=both)


_SORT_TOTAL = wordings("""sort by that | highest first | sort descending | sort it from high to low
    | order by that descending | largest first | sort by the {total} | most first
    | sorted by {total}, highest first""")
_SORT_TOTAL_UP = wordings(
    "lowest first | sort ascending | from low to high | smallest first | least first | order by that ascending"
)
_SORT_ROWS = wordings("""sort by {column} | order them by {column} | sort them by {column} | sorted by {column}
    | in order of {column} | order by {column}""")


def _sort(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """In another order."""
    if parts.limit:
        return None
    if parts.groups and parts.total:
        up = draw.chance(0.3)
        name = {"count": "count", "sum": "total", "avg": "average"}.get(str(parts.total[0]), "number")
        words = draw.one_of(_SORT_TOTAL_UP if up else _SORT_TOTAL, total=name)
        return words, replace(parts, order=("asc" if up else "desc", *parts.total))
    if not parts.lists_rows:
        return None
    fields = draw.thing.with_role("measure", "when", "name")
    if not fields:
        return None
    field_ = draw.rng.choice(fields)
    down = draw.chance(0.5)
    column = draw.say(field_)
    words = draw.one_of(_SORT_ROWS, column=column)
    if down:
        words = draw.rng.choice(
            (f"{words} descending", f"{words}, highest first", f"highest {column} first", f"{words} desc")
        )
    return words, replace(parts, order=("desc" if down else "asc", field_.leaf))


_TURN = wordings("""the other way round | reverse the order | in reverse | the opposite order | flip it
    | now the other way around | reverse that | sort the other way""")
_TURN_LEAST = wordings(
    "and the lowest | lowest instead | what about the lowest | and the least | the bottom instead | now the lowest"
)
_TURN_ADJECTIVE = wordings("""now the {word} | and the {word} | the {word} instead | now the {word} ones
    | what about the {word} ones | and the {word} ones""")
_TURN_MOST = wordings("and the highest | highest instead | what about the highest | the top instead | and the most")


def _turn(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """The opposite order."""
    if not parts.order or parts.order[0] not in ("asc", "desc"):
        return None
    down = parts.order[0] == "desc"
    words = draw.one_of(_TURN)
    if parts.limit and draw.chance(0.6):
        words = draw.one_of(_TURN_LEAST if down else _TURN_MOST)
        ordered = next((one for one in draw.thing.fields if parts.order[1:] == (one.leaf,)), None)
        special = adjectives(ordered) if ordered else None
        if special and draw.chance(0.7):
            words = draw.one_of(_TURN_ADJECTIVE, word=draw.listed(special[1 if down else 0]))
    return words, replace(parts, order=("asc" if down else "desc", *parts.order[1:]))


_TOP = wordings("""the top {n} instead | only the top {n} | top {n} | just the top {n} | show the top {n}
    | limit to {n} | give me the top {n} | first {n} | only {n} | now the top {n} | make it {n}
    | just {n} of them""")


def _top(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """Another number of rows."""
    n = draw.rng.choice((1, 2, 3, 5, 10, 20, 7, 15, 4, 100))
    said = SMALL_NUMBERS[n] if n <= 10 and draw.chance(0.2) else str(n)
    order = parts.order
    if not order and parts.groups and parts.total:
        order = ("desc", *parts.total)
    if not order:
        return None
    words = (
        draw.one_of(_TOP, n=said)
        if n > 1
        else draw.listed(
            "only the first, just the top one, only the first one, top 1, which one is first, only the best one, "
            "which one is the highest, just the first"
        )
    )
    return words, replace(parts, order=order, limit=("limit1",) if n == 1 else (number_leaf(n),))


_NEXT_PLACE = wordings("""and the {nth} | who came {nth} | what about the {nth} | the {nth} one | and the {nth} one
    | which is {nth} | who is {nth} | the {nth} instead | and in {nth} place | and which came {nth}""")
_RUNNER_UP = wordings("the runner-up | and the runner-up | who was the runner-up | and the next one | the next one")


def _next_place(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """The second or third in place of the first."""
    (last,) = parts.limit or ("",)
    if last not in ("limit1", "second") or not parts.order:
        return None
    place = "second" if last == "limit1" and draw.chance(0.7) else "third"
    nth = {"second": "2nd", "third": "3rd"}[place] if draw.chance(0.2) else place
    words = draw.one_of(_NEXT_PLACE, nth=nth)
    if draw.chance(0.3) and (last, place) in (("limit1", "second"), ("second", "third")):
        words = draw.one_of(_RUNNER_UP if place == "second" else wordings("and the next one | the one after that"))
    return words, replace(parts, limit=(place,))


_NAMES = {"avg": "average", "sum": "total", "max": "maximum", "min": "minimum", "median": "median"}
_AGGREGATE = wordings("""what about the {name} | and the {name} | the {name} instead | now the {name}
    | show the {name} instead | {name} instead | how about the {name} | and the {name} {column} | use the {name}""")
_MEASURE = wordings("""what about {column} | and {column} | and for {column} | now for {column}
    | {column} instead | the same for {column} | how about the {column} | and the {column}""")


def _other_total(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """Another aggregate, or the same of another column."""
    total = parts.total
    fields = draw.thing.with_role("measure")
    if len(total) != 2 or not isinstance(total[1], Leaf):
        return None
    own = next((one for one in fields if one.leaf == total[1]), None)
    if own is not None and draw.chance(0.5):
        name = draw.rng.choice([one for one in _NAMES if one != total[0]])
        said = draw.rng.choice(
            (_NAMES[name], {"max": "highest", "min": "lowest", "sum": "sum", "avg": "mean"}.get(name, name))
        )
        words, new = draw.one_of(_AGGREGATE, name=said, column=draw.say(own)), (name, total[1])
    else:
        others = [one for one in fields if one.leaf != total[1]]
        if not others:
            return None
        other = draw.rng.choice(others)
        head = total[0] if own is not None else draw.rng.choice(("sum", "avg"))
        said = draw.say(other) if own is not None else f"{_NAMES[str(head)]} {draw.say(other)}"
        words, new = draw.one_of(_MEASURE, column=said), (str(head), other.leaf)
    return words, _with_total(parts, new)


def _with_total(parts: Parts, new: tuple[Action, ...]) -> Parts:
    """Another total in place of the one that is shown and ordered by."""
    old = parts.total
    order = (parts.order[0], *new) if parts.order[1:] == old else parts.order
    return replace(parts, items=(*parts.items[: -len(old)], *new), order=order)


_PERCENT = wordings("""as a percentage | in percent | now as a percentage | as percent of total
    | as a share of the total | show it in percent | what is that in percent | as percentages | and in percent
    | what share is each | what share is that | and as a share | show the percentages instead""")


def _percent(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """Shares in place of totals."""
    total = parts.total
    if not parts.groups or not total or total[0] not in ("count", "sum"):
        return None
    order = (parts.order[0], "share", *total) if parts.order[1:] == total else parts.order
    return draw.one_of(_PERCENT), replace(parts, items=(*parts.items[: -len(total)], "share", *total), order=order)


_ADD = wordings("""show the {columns} too | also show {columns} | add the {columns} | with their {columns}
    | include {columns} | and their {columns} | add {columns} | also the {columns}
    | show me their {columns} as well""")


def _more_columns(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """One more column beside those that are shown."""
    fields = [one for one in draw.thing.fields if one.leaf not in parts.items]
    if not parts.lists_rows or not fields:
        return None
    if any(isinstance(one, Leaf) and one.kind == "table" for one in parts.items):
        names = draw.thing.with_role("name", "code")
        if parts.items != (draw.thing.leaf,) or not names:
            return None
        parts = replace(parts, items=(names[0].leaf,))
        fields = [one for one in fields if one is not names[0]]
        if not fields:
            return None
    if len(fields) > 1 and draw.chance(0.35):
        one, other = draw.rng.sample(fields, 2)
        both = f"{draw.say(one)} and {draw.say(other)}"
        return draw.one_of(_ADD, columns=both), replace(parts, items=(*parts.items, one.leaf, other.leaf))
    field_ = draw.rng.choice(fields)
    said = draw.say(field_)
    return draw.one_of(_ADD, columns=plural(said) if draw.chance(0.3) else said), replace(
        parts, items=(*parts.items, field_.leaf)
    )


_COUNT = wordings("""how many is that | how many are there | how many are they | count them | how many
    | just the number | how many of them are there | only the count | how many {noun} is that
    | just the number please | as a number | give me the count""")
_LIST = wordings("""which ones | list them | show them | show me those | who are they | which are they
    | show the {noun} | list those {noun} | give me the list | show me the rows""")


def _count_or_list(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """Their number in place of the rows, or the rows in place of their number."""
    thing: Thing = draw.thing
    if parts.groups or parts.limit or "within" in parts.where:
        return None
    noun = draw.many(thing)
    if parts.lists_rows:
        return draw.one_of(_COUNT, noun=noun), replace(parts, items=("count", thing.leaf), order=())
    if parts.items != ("count", thing.leaf):
        return None
    return draw.one_of(_LIST, noun=noun), replace(parts, items=(thing.leaf,), order=())


_ALL = wordings("""for all of them | without that filter | remove the filter | all {noun} | for all {noun}
    | drop the condition | now for all {noun} | no filter""")


def _all(draw: Draw, parts: Parts) -> tuple[str, Parts] | None:
    """Without its conditions."""
    if not parts.where:
        return None
    return draw.one_of(_ALL, noun=draw.many(draw.thing)), replace(parts, where=())


EDITS: tuple[tuple[Edit, float], ...] = (
    (_narrow, 3), (_other_value, 4), (_exclude, 1), (_by, 3.5), (_sort, 1.6), (_turn, 1), (_top, 1.8),
    (_other_total, 1.8), (_percent, 1), (_more_columns, 1.3), (_count_or_list, 1.2), (_all, 0.7), (_next_place, 1),
    (drilling.rows_behind, 0.8), (drilling.only_names, 0.6), (drilling.passing, 1.2), (drilling.how_many_are, 0.9),
    (drilling.total_of_rows, 1.1), (drilling.another_value_too, 0.7),
)  # fmt: skip
"""Every way to follow up and its weight."""


def follow_up(draw: Draw, asked: Asked, rng: random.Random) -> Asked | None:
    """Words that follow up `asked`, and the reading that both mean together; None where the drawn edit does not fit."""
    parts = Parts.of(asked[1])
    if parts is None:
        return None
    ((edit, _),) = rng.choices(EDITS, [weight for _, weight in EDITS])
    edited = edit(draw, parts)
    if edited is None:
        return None
    words, new = edited
    return words, new.reading()
