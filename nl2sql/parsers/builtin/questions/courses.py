"""Shapes about a course over time and a place among others: running totals, growth, ranks, the first of each group."""

from __future__ import annotations

from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import SMALL_NUMBERS, Asked, Draw, adjectives, number_leaf, select, wordings
from nl2sql.parsers.builtin.questions.filters import COMPARED, draw_filters, in_period
from nl2sql.parsers.builtin.questions.groups import group_key
from nl2sql.parsers.builtin.questions.totals import measure
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, plural

_ADVERBS = {"month": "monthly", "year": "yearly", "quarter": "quarterly", "week": "weekly", "day": "daily"}
_RUNNING = wordings("""running total of {total} by {unit} | cumulative {total} by {unit}
    | cumulative {total} per {unit} | running total of {total} per {unit} | {adverb} running total of {total}
    | running sum of {total} by {unit} | show the cumulative {total} over time by {unit}
    | accumulated {total} by {unit} | {total} so far by {unit} | {total} accumulated over the {unit}s
    | cumulative sum of {total} each {unit} | rolling total of {total} by {unit}
    | {total} by {unit} with running total""")
_GROWTH = wordings("""{unit} over {unit} growth of {total} | {unit} over {unit} {total} growth
    | {unit}-over-{unit} growth in {total} | {adverb} growth of {total} | {adverb} growth rate of {total}
    | {total} growth by {unit} | growth of {total} per {unit} | how fast is {total} growing {unit} over {unit}
    | percentage change in {total} by {unit} | percent change of {total} from {unit} to {unit}
    | {short} growth of {total} | {short} {total} growth | {adverb} percentage growth in {total}
    | growth in {total} compared to the previous {unit} in percent""")
_CHANGE = wordings("""{unit} over {unit} change in {total} | change in {total} from {unit} to {unit}
    | {total} by {unit} and the change from the previous {unit} | {adverb} change in {total}
    | difference in {total} from {unit} to {unit} | {short} change in {total}
    | how did {total} change {unit} over {unit} | {total} compared to the previous {unit}
    | {total} by {unit} compared with the {unit} before | how much did {total} change each {unit}
    | increase of {total} over the previous {unit} by {unit}""")
_SHORTS = {"month": "MoM", "year": "YoY", "quarter": "QoQ", "week": "week over week", "day": "day over day"}


def course(draw: Draw) -> Asked | None:
    """A running total, or the change or growth against the time before."""
    rng, thing = draw.rng, draw.thing
    found = draw.when(thing)
    if found is None:
        return None
    field, is_first = found
    unit = rng.choice(("month", "month", "month", "year", "year", "quarter", "week", "day"))
    total, actions = draw.many(thing), list[Action](["count", thing.leaf])
    if draw.chance(0.3):
        total = f"number of {total}"
    fields = thing.with_role("measure")
    if fields and draw.chance(0.65):
        chosen = rng.choice(fields)
        mean = draw.chance(0.12)
        total = draw.say(chosen)
        if mean or draw.chance(0.3):
            total = f"{'average' if mean else 'total'} {total}"
        actions = ["avg" if mean else "sum", chosen.leaf]
    kind = "running" if draw.chance(0.4) and actions[0] != "avg" else rng.choice(("growth", "growth", "change"))
    texts = {"running": _RUNNING, "growth": _GROWTH, "change": _CHANGE}[kind]
    words = draw.one_of(texts, total=total, unit=unit, adverb=_ADVERBS[unit], short=_SHORTS[unit])
    where, when = list[Action](), "" if is_first else f" by {draw.say(field)}"
    if draw.chance(0.3):
        period = draw.period()
        where, when = ["where", "=", field.leaf, period], f"{when} {in_period(period.text)}"
    key: list[Action] = [unit, field.leaf]
    shown: list[Action] = [*key, *actions, kind, *actions]
    if kind == "running" and "with running" not in words:
        shown = [*key, kind, *actions]
    return words + when, select(shown, where, key, ["asc", *key])


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
    return words, select([*keys, names[0].leaf, field.leaf], tail=[way, field.leaf, "each", *keys, *limit])


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


_DAYS = wordings("""{start} to {end} in days | days between {start} and {end} | days from {start} to {end}
    | number of days between {start} and {end} | time from {start} to {end}
    | time between {start} and {end} in days""")
_TOOK = {
    "were closed": "close", "shipped": "ship", "were delivered": "deliver", "ended": "finish",
    "were returned": "come back", "were paid": "pay", "got paid": "pay", "were resolved": "resolve",
}  # fmt: skip


def days_between(draw: Draw) -> Asked | None:
    """Days between two dates of a row: on average, per row, or more than so many."""
    rng, thing = draw.rng, draw.thing
    whens = thing.with_role("when")
    if len(whens) < 2:
        return None
    start, end = whens[:2]
    if draw.chance(0.3):
        start, end = rng.sample(whens, 2)
    days: list[Action] = ["days", start.leaf, end.leaf]
    between = draw.one_of(_DAYS, start=draw.say(start), end=draw.say(end))
    took = next((verb for said, verb in _TOOK.items() if said in end.extra), "")
    roll = rng.random()
    noun = draw.many(thing)
    if roll < 0.45:
        name, said = rng.choice(
            (("avg", "average"), ("avg", "average"), ("max", "longest"), ("min", "shortest"), ("median", "median"))
        )
        texts = [f"{said} {between}", f"what is the {said} {between} of {noun}", f"{said} {between} for {noun}"]
        if took and name == "avg":
            texts += [f"how many days does it take to {took} {noun} on average", f"average time to {took} {noun}",
                      f"how long does it take on average to {took} a {draw.single(thing)}",
                      f"average days to {took}"]  # fmt: skip
        actions: list[Action] = [name, *days]
        key = group_key(draw, thing) if draw.chance(0.45) else None
        if key is not None:
            return f"{rng.choice(texts)} {draw.listed('by, per, for each')} {key[0]}", select(
                [*key[1], *actions], groups=key[1]
            )
        return rng.choice(texts), select(actions)
    names = thing.with_role("name", "code")
    shown: list[Action] = [names[0].leaf] if names else [thing.leaf]
    if roll < 0.6:
        texts = [f"{between} for each {draw.single(thing)}", f"{noun} with {between}"]
        return rng.choice(texts), select([*shown, *days])
    operator, phrases = rng.choice(COMPARED)
    bar = number_leaf(rng.choice((2, 3, 5, 7, 10, 14, 30, 60, 90)))
    than = rng.choice(phrases)
    texts = [f"{noun} with {than} {bar.text} days between {draw.say(start)} and {draw.say(end)}"]
    if took:
        texts += [f"{noun} that took {than} {bar.text} days to {took}"] * 2
    words = rng.choice(texts)
    if draw.chance(0.4):
        return f"how many {words}", select(["count", thing.leaf], ["where", operator, *days, bar])
    return words, select(shown if draw.chance(0.3) else [thing.leaf], ["where", operator, *days, bar])


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


def percent_of_one(draw: Draw) -> Asked | None:
    """What one value is of the whole sum, in percent: «what share of revenue comes from Europe»."""
    thing = draw.thing
    fields = thing.with_role("measure")
    categories = [one for one in thing.with_role("category") if one.values]
    if not fields or not categories:
        return None
    field, category = draw.rng.choice(fields), draw.rng.choice(categories)
    value = draw.rng.choice(category.values)
    column = draw.say(field)
    texts = (
        f"what percentage of {column} comes from {value}", f"what share of total {column} is {value}",
        f"{value}'s share of {column} in percent", f"what percent of {column} is from {value}",
        f"share of {value} in total {column}", f"how much of the {column} in percent comes from {value}",
    )  # fmt: skip
    total: list[Action] = ["sum", field.leaf]
    part: list[Action] = ["when", *total, "=", category.leaf, Leaf("text", text=value)]
    return draw.rng.choice(texts), select(["divide", "multiply", *part, "100", *total])
