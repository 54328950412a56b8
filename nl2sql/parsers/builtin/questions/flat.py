"""Shapes that single, uploaded tables are asked about: who is behind the rows, their kinds, which way money goes."""

from __future__ import annotations

from nl2sql.meanings import has_both_ways, way_of
from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, number_leaf, select, wordings
from nl2sql.parsers.builtin.questions.filters import draw_filters, in_period
from nl2sql.parsers.builtin.questions.totals import AGGREGATES
from nl2sql.parsers.builtin.synthetic_schema import Field, plural
from nl2sql.spelling import normal_form

_TOP_PARTIES = wordings("""top {count} {parties} by {total}{after} | who are our top {count} {parties} by {total}{after}
    | the {count} {parties} with the most {total}{after} | our {count} biggest {parties} by {total}{after}
    | {count} best {parties} by {total}{after} | which {count} {parties} bring the most {total}{after}
    | {parties} with the highest {total}, top {count}{after} | list the top {count} {parties} by {total}{after}""")
_TOP_PARTY = wordings("""which {party} has the most {total}{after} | who is our best {party} by {total}{after}
    | {party} with the highest {total}{after} | which {party} brought in the most {total}{after}
    | who is the top {party} by {total}{after} | which {party} accounts for the most {total}{after}""")
_BY_PARTY = wordings("""{total} by {party}{after} | {total} per {party}{after} | {total} for each {party}{after}
    | how much {total} per {party}{after} | {total} of each {party}{after}""")
_DIFFERENT = wordings("""how many different {parties}{after} | number of distinct {parties}{after}
    | how many different {parties} are there{after} | how many unique {parties} do we have{after}
    | how many {parties} are in the {noun}{after} | count the different {parties}{after}""")
_WHICH = wordings("""which {parties} are in the {noun}{after} | list the different {parties}{after}
    | all {parties}{after}""")


def parties(draw: Draw) -> Asked | None:
    """Totals of those that a flat table names in each row, and how many different ones there are."""
    thing = draw.thing
    found = thing.with_role("party")
    if not found:
        return None
    party = draw.rng.choice(found)
    single = draw.say(party).removesuffix(" name")
    filters = draw_filters(draw, thing, 0, 1).only_after() if draw.chance(0.3) else None
    after, where = (filters.after, filters.where) if filters else ("", [])
    said = {"party": single, "parties": plural(single), "after": after, "noun": draw.many(thing)}
    roll = draw.rng.random()
    if roll < 0.2:
        return draw.one_of(_DIFFERENT, **said), select(["count", "distinct", party.leaf], where)
    if roll < 0.27:
        return draw.one_of(_WHICH, **said), select(["distinct", party.leaf], where)
    measures = [one for one in thing.with_role("measure") if one.sayings[0] in lexicon.ADDED_UP]
    if measures and draw.chance(0.8):
        field = draw.rng.choice(measures)
        total, actions = draw.say(field), list[Action](["sum", field.leaf])
        if draw.chance(0.25):
            total = f"total {total}"
    else:
        total, actions = draw.many(thing), ["count", thing.leaf]
    if roll < 0.6:
        count = number_leaf(draw.rng.randint(2, 20))
        words = draw.one_of(_TOP_PARTIES, count=count.text, total=total, **said)
        return words, select([party.leaf, *actions], where, [party.leaf], ["desc", *actions, "limit", count])
    if roll < 0.8:
        words = draw.one_of(_TOP_PARTY, total=total, **said)
        return words, select([party.leaf], where, [party.leaf], ["desc", *actions, "limit1"])
    return draw.one_of(_BY_PARTY, total=total, **said), select([party.leaf, *actions], where, [party.leaf])


_KINDS = wordings("{kinds} | all {kinds} | show me the {kinds} | list all {kinds} | {kinds}")
_HOW_MANY_KINDS = wordings("how many {kinds} are there | number of {kinds} | how many {kinds} do we have")
_OF_KINDS = wordings("{total} of {kinds} | what is the {total} of {kinds} | {total} for {kinds}")
_NOUNS = ("type", "kind", "category", "property type", "product category", "cuisine", "building")


def kinds(draw: Draw) -> Asked | None:
    """A stored value as the noun itself: «houses in Lyon», «how many laptops are there»."""
    thing = draw.thing
    fields = [one for one in thing.with_role("category") if set(_NOUNS) & set(one.sayings[:3]) and not _way(one)]
    fields = [one for one in fields if one.values]
    if not fields:
        return None
    field = draw.rng.choice(fields)
    value = draw.rng.choice(field.values)
    if not value.replace(" ", "").isalpha():
        return None
    said = value if value.endswith("s") else plural(value)
    said = said.lower() if draw.chance(0.6) else said
    filters = draw_filters(draw, thing, 0, 2)
    if field.leaf in filters.where:
        return None
    words = filters.around(said)
    own: list[Action] = ["=", field.leaf, Leaf("text", text=value)]
    where: list[Action] = ["where", "and", *own, *filters.where[1:]] if filters.where else ["where", *own]
    roll = draw.rng.random()
    if roll < 0.5:
        return draw.one_of(_KINDS, kinds=words), select([thing.leaf], where)
    measures = thing.with_role("measure")
    if roll < 0.75 or not measures:
        return draw.one_of(_HOW_MANY_KINDS, kinds=words), select(["count", thing.leaf], where)
    measured = draw.rng.choice(measures)
    name = draw.rng.choice(("avg", "avg", "sum", "max", "min"))
    total = f"{draw.one_of(AGGREGATES[name])} {draw.say(measured)}"
    return draw.one_of(_OF_KINDS, total=total, kinds=words), select([name, measured.leaf], where)


_MOVED = {
    ("out", "amount"): wordings("""how much did we spend{after} | how much did we pay{after} | what did we spend{after}
        | how much money went out{after} | total spending{after} | how much was spent{after} | total outgoings{after}
        | what did we pay out{after}"""),
    ("in", "amount"): wordings("""how much did we receive{after} | how much money came in{after} | total income{after}
        | what did we earn{after} | how much did we take in{after} | total incoming payments{after}
        | how much were we paid{after} | total receipts{after}"""),
    ("out", "quantity"): wordings("""how many units did we ship{after} | how many units went out{after}
        | units shipped out{after} | how much did we ship out{after} | how many pieces left the warehouse{after}
        | quantity sent out{after}"""),
    ("in", "quantity"): wordings("""how many units did we receive{after} | how many units came in{after}
        | units received{after} | how much did we get in{after} | quantity received{after}
        | how many pieces arrived{after}"""),
}
"""Sums of what went one way, by way and measure."""
_MOVED_BY = {
    ("out", "amount"): wordings("""spending {per} | what we spent {per} | money spent {per} | expenses {per}
        | outgoings {per}"""),
    ("in", "amount"): wordings("""income {per} | money received {per} | what came in {per} | receipts {per}
        | earnings {per}"""),
    ("out", "quantity"): wordings("""units shipped {per} | units shipped out {per} | quantity sent out {per}
        | outgoing units {per}"""),
    ("in", "quantity"): wordings("""units received {per} | incoming units {per} | quantity received {per}
        | arrivals {per}"""),
}
_NET = wordings("""net {noun} {per} | {noun} in minus out {per} | net {noun} (in less out) {per} | net {noun} {per}
    | balance of {noun} in and out {per}""")
_LARGEST = {
    "out": wordings("""{count} largest payments we made{after} | biggest {count} expenses{after}
        | top {count} payments out{after}
        | the {count} largest outgoing {noun}{after} | {count} biggest {way} {noun}{after}
        | {count} largest {way}s{after}"""),
    "in": wordings("""{count} largest payments we received{after} | biggest {count} incoming {noun}{after}
        | top {count} payments in{after} | the {count} largest {way} {noun}{after} | {count} largest {way}s{after}"""),
}
_PAID_PARTY = {
    "out": wordings("""{parties} we paid {than} {bar} | {parties} to whom we paid {than} {bar}
        | who did we pay {than} {bar}"""),
    "in": wordings("""{parties} that paid us {than} {bar} | {parties} we received {than} {bar} from
        | who paid us {than} {bar}"""),
}


def flows(draw: Draw) -> Asked | None:
    """What came in or went out, where a column says which way each row goes."""
    thing = draw.thing
    ways = [one for one in thing.with_role("category") if _way(one)]
    measures = [one for one in thing.with_role("measure") if one.sayings[0] in ("amount", "quantity")]
    if not ways or not measures:
        return None
    field, measured = draw.rng.choice(ways), measures[0]
    both = [next(one for one in field.values if way_of(normal_form(one)) == way) for way in (0, 1)]
    value = draw.rng.choice(both)
    way = "in" if value == both[0] else "out"
    total: list[Action] = ["sum", measured.leaf]
    own: list[Action] = ["=", field.leaf, Leaf("text", text=value)]
    after, where = "", list[Action](["where", *own])
    found = draw.when(thing)
    dated = found is not None and found[1] and draw.chance(0.6)
    if dated and found is not None:
        period = draw.period()
        after, where = f" {in_period(period.text)}", ["where", "and", *own, "=", found[0].leaf, period]
    roll = draw.rng.random()
    if roll < 0.3:
        return draw.one_of(_MOVED[way, measured.sayings[0]], after=after), select(total, where)
    if roll < 0.6:
        by, key, tail = _flow_key(draw, field)
        if not key:
            return None
        per = f"{draw.listed('by, per, for each')} {by}{after}"
        return draw.one_of(_MOVED_BY[way, measured.sayings[0]], per=per), select([*key, *total], where, key, tail)
    if roll < 0.72:
        sides = [["when", *total, "=", field.leaf, Leaf("text", text=one)] for one in both]
        by, key, tail = _flow_key(draw, field)
        is_money = measured.sayings[0] == "amount"
        noun = draw.listed("cash flow, amount, money" if is_money else "quantity, units, stock movement")
        per = f"per {by}" if key else ""
        words = draw.one_of(_NET, noun=noun, per=per).strip()
        return words, select([*key, "subtract", *sides[0], *sides[1]], groups=key, tail=tail)
    if roll < 0.88 and measured.sayings[0] == "amount":
        count = number_leaf(draw.rng.randint(2, 20))
        words = draw.one_of(_LARGEST[way], count=count.text, after=after, noun=draw.many(thing), way=value.lower())
        return words, select([thing.leaf], where, tail=["desc", measured.leaf, "limit", count])
    people = thing.with_role("party")
    if not people or measured.sayings[0] != "amount":
        return None
    party = draw.rng.choice(people)
    said, bar = draw.number()
    named = plural(draw.say(party).removesuffix(" name"))
    words = draw.one_of(_PAID_PARTY[way], parties=named, than=draw.listed("more than, over"), bar=said)
    return words + after, select([party.leaf], where, [party.leaf], ["having", ">", *total, bar])


def _way(field: Field) -> bool:
    return len(field.values) <= 4 and has_both_ways({normal_form(one) for one in field.values})


def _flow_key(draw: Draw, but: Field) -> tuple[str, list[Action], list[Action]]:
    """Something to group flows by, and the order that it brings; empty where there is nothing."""
    found = draw.when(draw.thing)
    if found is not None and found[1] and draw.chance(0.6):
        unit = draw.listed("month, month, month, year, quarter, week")
        return unit, [unit, found[0].leaf], ["asc", unit, found[0].leaf]
    own = [one for one in draw.thing.with_role("category", "party") if one is not but]
    if not own:
        return "", [], []
    field = draw.rng.choice(own)
    return draw.say(field), [field.leaf], []
