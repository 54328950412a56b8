"""Shapes about a place among others: the first of each group, ranks, above the average of all or of one's own group."""

from __future__ import annotations

from nl2sql.parsers.builtin.grammar import Action
from nl2sql.parsers.builtin.questions.draw import SMALL_NUMBERS, Asked, Draw, adjectives, number_leaf, select, wordings
from nl2sql.parsers.builtin.questions.filters import in_period
from nl2sql.parsers.builtin.questions.groups import group_key
from nl2sql.parsers.builtin.questions.totals import measure
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, plural

_FIRST_OF_EACH = wordings("""the {best} {single} in each {by} | {best} {single} per {by}
    | {best} {single} by {by} | who is the {best} {single} in each {by} | for each {by}, the {best} {single}
    | which {single} is the {best} in each {by} | {best} {single} of each {by}
    | find the {best} {single} for every {by} | show the {best} {single} within each {by}""")
_SEVERAL_OF_EACH = wordings("""top {count} {noun} by {column} in each {by}
    | top {count} {noun} per {by} by {column} | the {count} {noun} with the highest {column} in each {by}
    | {count} {best} {noun} per {by} | the {count} {best} {noun} in each {by}
    | for each {by}, the top {count} {noun} by {column} | top {count} {noun} by {column} for every {by}
    | best {count} {noun} by {column} within each {by}""")
_LAST_OF_EACH = wordings("""the {count} {noun} with the lowest {column} in each {by}
    | bottom {count} {noun} by {column} per {by} | lowest {count} {noun} by {column} in each {by}""")


def _own_key(draw: Draw, thing: Thing, but: list[Action]) -> tuple[str, list[Action]] | None:
    key = group_key(draw, thing)
    return None if key is None or key[1] == but else key


def first_of_each(draw: Draw) -> Asked | None:
    """The first rows of each group by a measure."""
    rng, thing = draw.rng, draw.thing
    fields, names = thing.with_role("measure", "when"), thing.with_role("name", "code")
    if not fields or not names:
        return None
    field = rng.choice(fields)
    key = _own_key(draw, thing, [names[0].leaf])
    if key is None:
        return None
    by, keys = key
    most = draw.chance(0.8)
    column = draw.say(field)
    special = adjectives(field)
    best = draw.listed(special[0 if most else 1]) if special else ""
    if not best:
        best = (
            ("newest" if most else "oldest") if field.role == "when" else f"{'highest' if most else 'lowest'} {column}"
        )
    count = 1 if draw.chance(0.5) else rng.randint(2, 6)
    said = SMALL_NUMBERS[count] if draw.chance(0.2) else str(count)
    single = draw.single(thing)
    values = {
        "best": best,
        "by": by,
        "single": single,
        "noun": draw.many(thing),
        "column": column,
        "count": said,
    }
    if count == 1:
        words = draw.one_of(_FIRST_OF_EACH, **values)
        if not special and field.role != "when":
            words = draw.rng.choice((
                f"{single} with the {best} in each {by}", f"which {single} has the {best} in each {by}",
                f"for each {by}, the {single} with the {best}", f"{single} with the {best} per {by}",
            ))  # fmt: skip
    elif most and field.role == "measure":
        words = draw.one_of(_SEVERAL_OF_EACH, **values)
    elif field.role == "measure":
        words = draw.one_of(_LAST_OF_EACH, **values)
    else:
        return None
    limit: list[Action] = ["limit1"] if count == 1 else ["limit", number_leaf(count)]
    way = "desc" if most else "asc"
    when = draw.when(thing) if draw.chance(0.25) else None
    where: list[Action] = []
    if when is not None and when[1] and when[0] is not field:
        period = draw.period()
        words, where = f"{words} {in_period(period.text)}", ["where", "=", when[0].leaf, period]
    return words, select([*keys, names[0].leaf, field.leaf], where, tail=[way, field.leaf, "each", *keys, *limit])


_TOTALS_OF_EACH = wordings("""top {count} {bys} by {total} in each {by}
    | the {count} {bys} with the most {total} per {by} | for each {by}, the top {count} {bys} by {total}
    | best {count} {bys} by {total} for each {by} | {count} {bys} with the highest {total} in every {by}""")
_TOTAL_OF_EACH = wordings("""{one} with the highest {total} in each {by}
    | which {one} has the most {total} in each {by} | for each {by}, the {one} with the most {total}
    | best {one} by {total} per {by} | top {one} by {total} in each {by}""")


def best_of_each(draw: Draw) -> Asked | None:
    """The first groups by a total within each of other groups."""
    thing = draw.thing
    outer, inner = group_key(draw, thing), group_key(draw, thing)
    if outer is None or inner is None or outer[1] == inner[1]:
        return None
    total, actions = draw.many(thing), list[Action](["count", thing.leaf])
    made = measure(draw, thing) if draw.chance(0.6) else None
    if made is not None and made[1][0] in ("sum", "avg"):
        total, actions = made
    count = 1 if draw.chance(0.5) else draw.rng.randint(2, 5)
    values = {"by": outer[0], "one": inner[0], "bys": plural(inner[0]), "total": total, "count": str(count)}
    words = draw.one_of(_TOTAL_OF_EACH if count == 1 else _TOTALS_OF_EACH, **values)
    keys: list[Action] = [*outer[1], *inner[1]]
    limit: list[Action] = ["limit1"] if count == 1 else ["limit", number_leaf(count)]
    return words, select([*keys, *actions], groups=keys, tail=["desc", *actions, "each", *outer[1], *limit])


_RANK = wordings("""rank {noun} by {column} | rank all {noun} by {column} | ranking of {noun} by {column}
    | {noun} ranked by {column} | show the rank of each {single} by {column}
    | what is the rank of every {single} by {column}""")
_RANK_WITHIN = wordings("""rank {noun} by {column} within each {by}
    | rank of each {single} by {column} within its {by} | ranking of {noun} by {column} in each {by}
    | {noun} ranked by {column} per {by} | rank {noun} by {column} per {by}""")
_RANK_GROUPS = wordings(
    "rank {bys} by {total} | ranking of {bys} by {total} | {bys} ranked by {total} | rank each {by} by {total}"
)


def rank(draw: Draw) -> Asked | None:
    """The place of rows or groups among all or within their group."""
    thing = draw.thing
    fields, names = thing.with_role("measure"), thing.with_role("name", "code")
    if not fields:
        return None
    field = draw.rng.choice(fields)
    values = {"noun": draw.many(thing), "single": draw.single(thing), "column": draw.say(field)}
    key = group_key(draw, thing)
    if key is not None and draw.chance(0.35):
        total, actions = f"total {values['column']}", list[Action](["sum", field.leaf])
        words = draw.one_of(_RANK_GROUPS, bys=plural(key[0]), by=key[0], total=total)
        shown: list[Action] = [*key[1], *actions, "rank", *actions]
        return words, select(shown, groups=key[1], tail=["desc", *actions])
    if not names:
        return None
    shown = [names[0].leaf, field.leaf]
    if key is not None and key[1] != [names[0].leaf] and draw.chance(0.5):
        words = draw.one_of(_RANK_WITHIN, by=key[0], **values)
        return words, select([*key[1], *shown, "within", "rank", field.leaf, *key[1]])
    return draw.one_of(_RANK, **values), select([*shown, "rank", field.leaf], tail=["desc", field.leaf])


_ABOVE_OWN = wordings("""{noun} with {column} {side} the average of their {by}
    | {noun} whose {column} is {side} their {by} average
    | {noun} with a {column} {side} the average {column} of their {by}
    | which {noun} have {column} {side} their {by}'s average | {noun} {side} the average {column} in their {by}""")


def above_own_average(draw: Draw) -> Asked | None:
    """Rows above or below the average of their own group."""
    thing = draw.thing
    fields, names = thing.with_role("measure"), thing.with_role("name")
    key = group_key(draw, thing)
    if not fields or key is None or key[1] == [one.leaf for one in names[:1]]:
        return None
    field = draw.rng.choice(fields)
    above = draw.chance(0.75)
    side = draw.listed("above, higher than, over, greater than" if above else "below, lower than, under, less than")
    wants_name = bool(names) and draw.chance(0.6)
    words = draw.one_of(_ABOVE_OWN, noun=draw.many(thing), column=draw.say(field), side=side, by=key[0])
    lead = draw.listed("names of, which" if wants_name else "show, list, all") if draw.chance(0.6) else ""
    shown = names[0].leaf if wants_name else thing.leaf
    if not wants_name and names and draw.chance(0.4):
        shown = names[0].leaf
    where: list[Action] = ["where", ">" if above else "<", field.leaf, "within", "avg", field.leaf, *key[1]]
    return f"{lead} {words}", select([shown], where)


_TOTALS = wordings("""{bys} whose {total} is {side} the overall average | {bys} with {side} average {column}
    | which {bys} have an average {column} {side} the overall average
    | {bys} with an average {column} {side} the average of all {noun}""")


def groups_above_average(draw: Draw) -> Asked | None:
    """Groups whose average lies above that of all rows."""
    thing = draw.thing
    fields = thing.with_role("measure")
    key = group_key(draw, thing)
    if not fields or key is None:
        return None
    field: Field = draw.rng.choice(fields)
    above = draw.chance(0.75)
    side = draw.listed("above, higher than" if above else "below, lower than")
    column = draw.say(field)
    words = draw.one_of(
        _TOTALS, bys=plural(key[0]), total=f"average {column}", column=column, side=side, noun=draw.many(thing)
    )
    having: list[Action] = ["having", ">" if above else "<", "avg", field.leaf, *select(["avg", field.leaf])]
    return words, select(key[1], groups=key[1], tail=having)
