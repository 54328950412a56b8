"""Shapes that ask for totals by group: per category, per two, the best group, groups that pass a bar."""

from __future__ import annotations

from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, behind, is_person, number_leaf, select, wordings
from nl2sql.parsers.builtin.questions.filters import COMPARED, draw_filters
from nl2sql.parsers.builtin.questions.totals import AGGREGATES, counted, measure
from nl2sql.parsers.builtin.synthetic_schema import Thing, plural

_PARENT_NAME = wordings("{single} | {single} | {single} name | {single} {column}")
_PARENT_COLUMN = wordings("{single} {column} | {column} | {column} of the {single} | {single} {column}")


def group_key(draw: Draw, thing: Thing) -> tuple[str, list[Action]] | None:
    """Something to group by: a category of the thing or of one it belongs to, or the name of the latter."""
    own = thing.with_role("category", "year", "party")
    choices: list[tuple[str, list[Action]]] = [(draw.say(field), [field.leaf]) for field in own]
    for parent, _ in draw.world.parents(thing):
        for field in parent.with_role("category", "name"):
            column = draw.say(field)
            texts = _PARENT_NAME if field.role == "name" else _PARENT_COLUMN
            choices.append((draw.one_of(texts, single=draw.single(parent), column=column), [field.leaf]))
    return draw.rng.choice(choices) if choices else None


_PER = wordings("""by {by} | per {by} | for each {by} | by {by} | in each {by} | for every {by}
    | broken down by {by} | grouped by {by} | across {bys}""")
_NUMBER_OF = wordings("number of {noun} | count of {noun} | how many {noun} | {noun} | count {noun}")
_MOST_FIRST = wordings(""", highest first | in descending order | , sorted from high to low | , most first
    | descending""")
_GROUPED = wordings("""{total}{whose} {per}{after}{order} | show me {total}{whose} {per}{after}{order}
    | what is the {total}{whose} {per}{after}{order} | {total}{whose}{after} {per}{order}
    | show the {total}{whose} {per}{after}{order} | for each {by}, show the {total}{whose}{after}{order}
    | give me {total}{whose}{after} {per}{order} | how does {total}{whose} differ {per}{after}""")
_COUNTED_BY = wordings("""how many {noun} are there {per}{after} | how many {noun} does each {by} have{after}
    | number of {noun} in each {by}{after}""")


def grouped(draw: Draw) -> Asked | None:
    """An aggregate or count by group."""
    rng, thing = draw.rng, draw.thing
    key = group_key(draw, thing)
    if key is None:
        return None
    by, keys = key
    made = measure(draw, thing) if draw.chance(0.62) else None
    counts = made is None
    total, actions = made or counted(draw, thing)
    filters = draw_filters(draw, thing, 0, 1)
    before, after, where = filters.before, filters.after, filters.where
    per = draw.one_of(_PER, by=by, bys=plural(by))
    whose = ""
    if not counts:
        whose = rng.choice(("", "", f" of {before}{draw.many(thing)}", f" for {before}{draw.many(thing)}"))
    if where and before and not whose:
        before, where = "", []
        if after:
            return None
    if counts and is_person(thing) and not before and draw.chance(0.25):
        total = "headcount"
    elif counts:
        total = draw.one_of(_NUMBER_OF, noun=f"{before}{draw.many(thing)}")
    order, tail = "", list[Action]()
    roll = rng.random()
    if roll < 0.12:
        order, tail = behind(draw.one_of(_MOST_FIRST)), ["desc", *actions]
    elif roll < 0.24:
        words, number = _top_groups(draw, by, total, after, counts)
        tail = ["desc", *actions, "limit", number]
        return None if whose else (words, select([*keys, *actions], where, keys, tail))
    words = draw.one_of(_GROUPED, total=total, whose=whose, per=per, after=after, order=order, by=by)
    if counts and draw.chance(0.25):
        said = {"per": per, "by": by, "after": after}
        words = rng.choice([text.format(noun=f"{before}{draw.many(thing)}", **said) for text in _COUNTED_BY])
    if "differ" in words:
        tail = []
    return words, select([*keys, *actions], where, keys, tail)


_TOP_GROUPS = wordings("""top {count} {bys} by {total}{after}
    | the {count} {bys} with the highest {total}{after} | {last} | our top {count} {bys} by {total}{after}
    | who are our top {count} {bys} by {total}{after} | what are the top {count} {bys} by {total}{after}
    | best {count} {bys} by {total}{after} | {count} biggest {bys} by {total}{after}""")


def _top_groups(draw: Draw, by: str, total: str, after: str, counts: bool) -> tuple[str, Leaf]:
    """Words for the first groups by a total, and how many they are."""
    number, bys = number_leaf(draw.rng.randint(2, 10)), plural(by)
    last = f"{number.text} {bys} with most {total}" if counts else f"top {number.text} {bys} by {total}"
    words = draw.one_of(_TOP_GROUPS, count=number.text, bys=bys, total=total, after=after, last=f"{last}{after}")
    return words, number


_EACH_ON_AVERAGE = wordings("""what {column} does each {by} have on average | {column} on average per {by}
    | how much {column} is there on average in each {by} | what do {bys} have as {column} on average
    | {column} per {by} on average | on average, what is the {column} in each {by}""")


def each_on_average(draw: Draw) -> Asked | None:
    """An average by group, said with a verb or after the noun."""
    key = group_key(draw, draw.thing)
    fields = draw.thing.with_role("measure")
    if key is None or not fields:
        return None
    field = draw.rng.choice(fields)
    by, keys = key
    if field.sayings[0] in lexicon.ADDED_UP and any(one.leaf in keys for one in draw.thing.with_role("party")):
        return None  # on average over customers, then: per_head
    words = draw.one_of(_EACH_ON_AVERAGE, column=draw.say(field), by=by, bys=plural(by))
    return words, select([*keys, "avg", field.leaf], groups=keys)


_WHICH_GROUP = wordings("which {by} {has} | what {by} {has} | the {by} that {has} | find the {by} which {has}")
_HAS_MOST_ROWS = wordings("has the most {noun} | has most {noun} | has the highest number of {noun}")
_HAS_FEWEST_ROWS = wordings("has the fewest {noun} | has the least {noun} | has the lowest number of {noun}")


def best_group(draw: Draw) -> Asked | None:
    """The group with the most or least."""
    thing = draw.thing
    key = group_key(draw, thing)
    if key is None:
        return None
    by, keys = key
    filters = draw_filters(draw, thing, 0, 1)
    most = draw.chance(0.75)
    if draw.chance(0.5):
        actions: list[Action] = ["count", thing.leaf]
        texts = _HAS_MOST_ROWS if most else _HAS_FEWEST_ROWS
        has = draw.one_of(texts, noun=filters.around(draw.many(thing)))
    else:
        made = measure(draw, thing)
        if made is None or made[1][0] in ("max", "min") or filters.before:
            return None
        total, actions = made
        highest = f"has the {'highest' if most else 'lowest'} {total}{filters.after}"
        had_most = f"had the {'most' if most else 'least'} {total}{filters.after}"
        has = draw.rng.choice((highest, had_most if actions[0] == "sum" else highest))
    tail = ["desc" if most else "asc", *actions, "limit1"]
    return draw.one_of(_WHICH_GROUP, by=by, has=has), select(keys, filters.where, keys, tail)


_HAVING_ROWS = wordings("""which {bys} have {than} {number} {noun} | {bys} with {than} {number} {noun}
    | list {bys} that have {than} {number} {noun}""")
_HAVING_TOTAL = wordings("""{bys} with {than} {number} in {total} | {bys} whose {total} is {than} {number}
    | {bys} with {total} of {than} {number} in all | which {bys} have {total} {than} {number}
    | {bys} with {total} {than} {number}
    | {bys} where the {total} is {than} {number}""")


def having(draw: Draw) -> Asked | None:
    """Groups that pass a bar."""
    rng, thing = draw.rng, draw.thing
    key = group_key(draw, thing)
    if key is None:
        return None
    by, keys = key
    operator, phrases = rng.choice(COMPARED)
    than = rng.choice(phrases)
    if draw.chance(0.6):
        bar = number_leaf(rng.randint(2, 50))
        actions: list[Action] = ["count", thing.leaf]
        words = draw.one_of(_HAVING_ROWS, bys=plural(by), than=than, number=bar.text, noun=draw.many(thing))
    else:
        made = measure(draw, thing)
        if made is None:
            return None
        total, actions = made
        said, bar = draw.number()
        words = draw.one_of(_HAVING_TOTAL, bys=plural(by), than=than, number=said, total=total)
    return words, select(keys, groups=keys, tail=["having", operator, *actions, bar])


_BY_TWO = wordings("""{total} by {one} and {other} | {total} per {one} and {other}
    | show {total} for each {one} and {other} | {total} by {one}, {other}""")
_TWO_BY = wordings("""{total} and {count} by {by} | for each {by}, the {total} and the {count}
    | show {total} and {count} per {by}""")


def two_at_once(draw: Draw) -> Asked | None:
    """An aggregate by two things at once, or two aggregates by one."""
    thing = draw.thing
    first = group_key(draw, thing)
    if first is None:
        return None
    by, keys = first
    made = measure(draw, thing)
    total, actions = made or counted(draw, thing)
    if draw.chance(0.5):
        second = group_key(draw, thing)
        whens = thing.with_role("when")
        if whens and draw.chance(0.5):
            unit = draw.rng.choice(("month", "year", "quarter"))
            second = (unit, [unit, whens[0].leaf])
        if second is None or second[1] == keys:
            return None
        words = draw.one_of(_BY_TWO, total=total, one=by, other=second[0])
        keys = [*keys, *second[1]]
        return words, select([*keys, *actions], groups=keys)
    count, more = counted(draw, thing)
    if made is None:
        return None
    return draw.one_of(_TWO_BY, total=total, count=count, by=by), select([*keys, *actions, *more], groups=keys)


_EACH = wordings("by | per | for each")
_PER_UNIT = wordings("""{one} per {other} {per} {by} | {one} to {other} ratio {per} {by}
    | ratio of {one} to {other} {per} {by}
    | {one} divided by {other} {per} {by} | for each {by}, {one} per {other} | {one} per {other} for each {by}
    | what is the {one} per {other} {per} {by} | total {one} divided by total {other} {per} {by}""")


def ratio_by_group(draw: Draw) -> Asked | None:
    """One measure per unit of another, over all rows or by group: «revenue per click by channel»."""
    fields = draw.thing.with_role("measure")
    if len(fields) < 2:
        return None
    one, other = draw.rng.sample(fields, 2)
    key = group_key(draw, draw.thing)
    unit = draw.say(other)
    unit = unit[:-1] if unit.endswith("s") and not unit.endswith("ss") and draw.chance(0.8) else unit
    actions: list[Action] = ["divide", "sum", one.leaf, "sum", other.leaf]
    if key is None or draw.chance(0.15):
        texts = (f"overall {draw.say(one)} per {unit}", f"total {draw.say(one)} per {unit}",
                 f"ratio of total {draw.say(one)} to total {draw.say(other)}")  # fmt: skip
        return draw.rng.choice(texts), select(actions)
    by, keys = key
    words = draw.one_of(_PER_UNIT, one=draw.say(one), other=unit, per=draw.one_of(_EACH), by=by)
    return words, select([*keys, *actions], groups=keys)


_STOCK_VALUE = wordings("""stock value | inventory value | value of stock | value of our stock | total stock value
    | what our stock is worth | value on hand""")
_REVENUE = wordings("""total revenue | revenue | total sales | sales value | turnover
    | revenue (quantity times price)""")


def product_of_two(draw: Draw) -> Asked | None:
    """Quantity times price, the revenue of a line."""
    thing = draw.thing
    near = [thing, *(parent for parent, _ in draw.world.parents(thing))]
    stocks = [one for one in thing.with_role("measure") if "units in stock" in one.sayings]
    sold = [one for one in thing.with_role("measure") if "quantity" in one.sayings]
    amounts = stocks or sold
    wanted = {"unit cost", "unit price"} if stocks else {"unit price"}
    prices = [one for other in near for one in other.with_role("measure") if wanted & set(one.sayings)]
    if not amounts or not prices or any({"revenue", "total"} & set(one.sayings) for one in thing.fields):
        return None
    actions: list[Action] = ["sum", "multiply", amounts[0].leaf, draw.rng.choice(prices).leaf]
    total = draw.one_of(_STOCK_VALUE if stocks else _REVENUE)
    key = group_key(draw, thing)
    if key is None or not draw.chance(0.7):
        return draw.rng.choice((f"what is the {total}", total)), select(actions)
    by, keys = key
    if draw.chance(0.3):
        return f"which {by} has the highest {total}", select(keys, groups=keys, tail=["desc", *actions, "limit1"])
    return f"{total} {draw.one_of(_EACH)} {by}", select([*keys, *actions], groups=keys)


_SEVERAL = wordings("what are the {totals} of {noun} | {totals} of {noun} | show the {totals}")


def several(draw: Draw) -> Asked | None:
    """Several aggregates at once."""
    thing = draw.thing
    fields = thing.with_role("measure")
    if not fields:
        return None
    field = draw.rng.choice(fields)
    column = draw.say(field)
    noun = draw.many(thing)
    if len(fields) > 1 and draw.chance(0.5):
        return _of_two_measures(draw)
    chosen = draw.rng.sample(("avg", "max", "min", "sum"), draw.rng.choice((2, 2, 3, 3, 4)))
    said = [draw.one_of(AGGREGATES[one]) for one in chosen]
    totals = ", ".join(said[:-1]) + f" and {said[-1]} {column}"
    key = group_key(draw, thing) if draw.chance(0.4) else None
    actions: list[Action] = [part for one in chosen for part in (one, field.leaf)]
    if key is not None:
        by, keys = key
        return f"{totals} of {noun} by {by}", select([*keys, *actions], groups=keys)
    return draw.one_of(_SEVERAL, totals=totals, noun=noun), select(actions)


_OF_TWO = wordings("""{total} {one} and {other} of {noun} | {total} {one} and {other}
    | what are the {total} {one} and {other}
    | what is the {total} {one} and {other} of {noun} | show the {total} {one} and {total} {other}
    | {total} {one} and {total} {other} of {noun} | {total} {one} and {second} {other} of {noun}
    | what is the {total} {one} and the {second} {other}""")


def _of_two_measures(draw: Draw) -> Asked | None:
    """One aggregate of two measures, or another of each: «average latitude and longitude by city»."""
    one, other = draw.rng.sample(draw.thing.with_role("measure"), 2)
    first, second = draw.rng.sample(("avg", "max", "min", "sum"), 2)
    text = draw.rng.choice(_OF_TWO)
    second = second if "{second}" in text else first
    said = {
        "total": draw.one_of(AGGREGATES[first]), "second": draw.one_of(AGGREGATES[second]),
        "one": draw.say(one), "other": draw.say(other), "noun": draw.many(draw.thing),
    }  # fmt: skip
    actions: list[Action] = [first, one.leaf, second, other.leaf]
    words = text.format(**said)
    key = group_key(draw, draw.thing) if draw.chance(0.4) else None
    if key is None:
        filters = draw_filters(draw, draw.thing, 0, 1).only_after()
        return words + filters.after, select(actions, filters.where)
    return f"{words} {draw.listed('by, per, for each')} {key[0]}", select([*key[1], *actions], groups=key[1])
