"""Shapes about how many of one thing were sold, moved or used: a stored value as the noun, and a sum of units."""

from __future__ import annotations

from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, select, wordings
from nl2sql.parsers.builtin.questions.filters import in_period
from nl2sql.parsers.builtin.synthetic_schema import Field, plural

_COUNTED = frozenset(("quantity", "units sold", "tickets sold", "units", "qty"))
_HOW_MANY = wordings("""how many {things} did we sell{when} | number of {things} sold{when} | {things} sold{when}
    | how many {things} were sold{when} | how many {things} have we sold{when} | total {things} sold{when}
    | how many {things} did we get rid of{when} | quantity of {things} sold{when} | units of {things} sold{when}""")
_BY_TIME = wordings("""{things} sold by {unit}{when} | how many {things} did we sell per {unit}{when}
    | {things} sold each {unit}{when} | number of {things} sold by {unit}{when}
    | how many {things} were sold per {unit}{when}""")
_SO_FAR = wordings("""running total of {things} sold by {unit}{when} | cumulative {things} sold per {unit}{when}
    | {things} sold so far by {unit}{when} | running total of {things} sold per {unit}{when}""")
_BY_KIND = wordings("""how many {things} were sold by {by}{when} | {things} sold per {by}{when}
    | how many {things} did each {by} sell{when} | number of {things} sold per {by}{when}""")


def sold(draw: Draw) -> Asked | None:
    """How many of one thing were sold, in all or by time: «how many pizzas did we sell in May»."""
    thing = draw.thing
    units = [one for one in thing.with_role("measure") if not _COUNTED.isdisjoint(one.sayings)]
    named = _named(draw)
    if not units or named is None:
        return None
    said, condition = named
    summed: list[Action] = ["sum", units[0].leaf]
    dates = thing.with_role("when")[:1]
    when, where = "", ["where", *condition]
    if dates and draw.chance(0.5):
        period = draw.period()
        when, where = f" {in_period(period.text)}", ["where", "and", *condition, "=", dates[0].leaf, period]
    roll = draw.rng.random()
    if dates and roll < 0.4:
        unit = draw.listed("month, month, year, quarter, week, day")
        key: list[Action] = [unit, dates[0].leaf]
        words = draw.one_of(_BY_TIME if roll < 0.25 else _SO_FAR, things=said, unit=unit, when=when)
        shown = [*key, *summed] if roll < 0.25 else [*key, "running", *summed]
        return words, select(shown, where, key, ["asc", *key])
    groups = [one for one in thing.with_role("category", "party") if one.leaf not in condition]
    if groups and roll < 0.55:
        group = draw.rng.choice(groups)
        words = draw.one_of(_BY_KIND, things=said, by=draw.say(group), when=when)
        return words, select([group.leaf, *summed], where, [group.leaf])
    return draw.one_of(_HOW_MANY, things=said, when=when), select(summed, where)


def _named(draw: Draw) -> tuple[str, list[Action]] | None:
    """Something sold, in the plural: a stored value, or a word that several of them share, and the condition."""
    fields: list[Field] = [one for one in draw.thing.with_role("category", "party") if _is_sold(one)]
    for parent, _ in draw.world.parents(draw.thing):
        fields += [one for one in parent.with_role("name", "category") if parent.names[0] in _SOLD]
    fields = [one for one in fields if one.values]
    if not fields:
        return None
    field = draw.rng.choice(fields)
    value = draw.rng.choice(field.values)
    if draw.world.values is None and field.role != "category":
        value = draw.rng.choice(_GOODS)
    words = value.split()
    if not all(word.isalpha() for word in words):
        return None
    if len(words) > 1 and draw.chance(0.3):
        said = plural(words[-1].lower())
        return said, ["contains", field.leaf, Leaf("text", text=said)]
    said = value if value.endswith("s") else plural(value)
    return said.lower() if draw.chance(0.6) else said, ["=", field.leaf, Leaf("text", text=value)]


_GOODS = tuple(one.strip() for one in lexicon.GOODS.replace("\n", " ").split(","))
_SOLD = frozenset(("product", "item", "stock item", "category", "security", "medication", "book"))


def _is_sold(field: Field) -> bool:
    return not (_SOLD | {"menu item", "kind", "product category", "article", "dish"}).isdisjoint(field.sayings)
