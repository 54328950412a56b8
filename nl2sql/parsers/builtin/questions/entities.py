"""Shapes about what the rows of a table are about, many rows each: totals of one, the first ones, what passes a bar."""

from __future__ import annotations

from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, number_leaf, select, wordings
from nl2sql.parsers.builtin.questions.filters import Filters, draw_filters, in_period
from nl2sql.parsers.builtin.questions.totals import COUNTED_MEASURES
from nl2sql.parsers.builtin.synthetic_schema import Field, plural


def _entity(draw: Draw) -> Field | None:
    """What many rows share: a party, else a category."""
    parties = draw.thing.with_role("party")
    found = parties if parties and draw.chance(0.8) else [*parties, *draw.thing.with_role("category")]
    return draw.rng.choice(found) if found else None


def _added(draw: Draw) -> Field | None:
    """A measure that is added up over rows."""
    found = [one for one in draw.thing.with_role("measure") if one.sayings[0] in ADDED]
    return draw.rng.choice(found) if found else None


ADDED = lexicon.ADDED_UP | {
    name.strip() for line in lexicon.MEASURES.replace("\n", " ").split(";") for name in line.split(",")
}
"""Measures that are added up."""


def _name_of(draw: Draw, entity: Field) -> str:
    return draw.say(entity).removesuffix(" name").removesuffix(" title")


def _narrowing(draw: Draw, but: Field) -> Filters:
    """A period or another condition behind the question, often none."""
    if draw.chance(0.45):
        return Filters()
    found = draw.when(draw.thing)
    if found is not None and found[1] and draw.chance(0.6):
        period = draw.period()
        return Filters("", f" {in_period(period.text)}", ["where", "=", found[0].leaf, period])
    made = draw_filters(draw, draw.thing, 1, 1).only_after()
    return Filters() if but.leaf in made.where else made


_MONEY = frozenset(("total cost", "cost", "spend", "amount", "ad spend", "expenses", "fee", "price"))
_EARNED = frozenset(("revenue", "net sales", "sales", "deal value", "profit", "commission", "gross amount", "turnover"))
_TOP = wordings("""top {count} {many} by {column}{after} | which {count} {many} have the most {column}{after}
    | {count} {many} with the most {column}{after} | the {count} {many} with the highest {column}{after}
    | {count} biggest {many} by {column}{after} | best {count} {many} by total {column}{after}
    | {count} {many} with the highest total {column}{after} | top {count} {many} in terms of {column}{after}
    | which {count} {many} had the highest {column}{after} | {count} leading {many} by {column}{after}""")
_BOTTOM = wordings("""which {count} {many} have the least {column}{after} | bottom {count} {many} by {column}{after}
    | the {count} {many} with the lowest {column}{after} | {count} worst {many} by {column}{after}
    | {count} {many} with the lowest total {column}{after}""")
_SPENT = wordings("""which {count} {many} spent the most{after} | top {count} {many} by spending{after}
    | the {count} {many} that cost us the most{after} | {count} {many} who spent the most{after}""")
_SPENT_LEAST = wordings("which {count} {many} spent the least{after} | {count} {many} who spent the least{after}")
_SOLD = wordings("""which {count} {many} earned the most{after} | {count} best selling {many}{after}
    | which {count} {many} made the most money{after} | top {count} {many} by sales{after}
    | which {count} {many} sold best{after} | {count} top earning {many}{after}
    | top {count} {many} in terms of revenue{after}""")
_SOLD_LEAST = wordings("which {count} {many} sold worst{after} | {count} {many} that earned the least{after}")


def first_entities(draw: Draw) -> Asked | None:
    """The first or last few by a total of their rows: «which 3 drivers spent the least this year»."""
    entity, field = _entity(draw), _added(draw)
    if entity is None or field is None:
        return None
    narrowed = _narrowing(draw, entity)
    most = draw.chance(0.78)
    number = draw.rng.randint(2, 12)
    single = _name_of(draw, entity)
    one = draw.chance(0.4)
    said = {"count": "" if one else str(number), "many": single if one else plural(single), "after": narrowed.after,
            "column": draw.say(field)}  # fmt: skip
    texts = _TOP if most else _BOTTOM
    if field.words in _MONEY and draw.chance(0.5):
        texts = _SPENT if most else _SPENT_LEAST
    elif field.words in _EARNED and draw.chance(0.5):
        texts = _SOLD if most else _SOLD_LEAST
    words = draw.one_of(texts, **said)
    if one:
        words = words.replace(" have ", " has ").replace("best  ", "best ").replace(" that cost", " that has cost")
    total: list[Action] = ["sum", field.leaf]
    order = "desc" if most else "asc"
    if one:
        return words, select([entity.leaf], narrowed.where, [entity.leaf], [order, *total, "limit1"])
    tail: list[Action] = [order, *total, "limit", number_leaf(number)]
    return words, select([entity.leaf, *total], narrowed.where, [entity.leaf], tail)


_OVER = wordings("""{many} with {than} {bar} {column} {all}{after}
    | which {many} have {than} {bar} {column} {all}{after}
    | {many} that have {than} {bar} {column} {all}{after}
    | {many} whose {column} adds up to {than} {bar}{after}
    | {many} with {column} of {than} {bar} {all}{after} | which {many} reached {than} {bar} {column} {all}{after}
    | {many} with a total {column} of {than} {bar}{after} | {many} with {than} {bar} in {column} {all}{after}""")
_ROWS_OVER = wordings("""which {many} had {than} {bar} {noun}{after} | {many} with {than} {bar} {noun}{after}
    | {many} that have {than} {bar} {noun}{after} | which {many} have {than} {bar} {noun}{after}
    | {many} with {than} {bar} {noun} {all}{after}""")
_IN_ALL = "altogether, in total, overall, in all, combined, of all time, , "


def entities_over(draw: Draw) -> Asked | None:
    """Those whose rows add up to more than a bar, or are more than so many."""
    entity = _entity(draw)
    if entity is None:
        return None
    narrowed = _narrowing(draw, entity)
    than = draw.listed("more than, over, at least, less than, under, more than")
    operator = {"at least": ">=", "less than": "<", "under": "<"}.get(than, ">")
    said = {"many": plural(_name_of(draw, entity)), "than": than, "after": narrowed.after, "all": draw.listed(_IN_ALL)}
    field = _added(draw) if draw.chance(0.6) else None
    if field is None:
        bar = number_leaf(draw.rng.randint(2, 60))
        words = draw.one_of(_ROWS_OVER, bar=bar.text, noun=draw.many(draw.thing), **said)
        actions: list[Action] = ["count", draw.thing.leaf]
    else:
        number, bar = draw.number()
        words = draw.one_of(_OVER, bar=number, column=draw.say(field), **said)
        actions = ["sum", field.leaf]
    tail: list[Action] = ["having", operator, *actions, bar]
    return words, select([entity.leaf], narrowed.where, [entity.leaf], tail)


_OF_EACH = wordings("""top {one} in each {by} by {column} | best {one} at each {by} by {column}
    | which {one} had the most {column} in each {by} | in each {by}, which {one} has the highest {column}
    | for every {by}, the {one} with the most {column} | {one} with the highest total {column} per {by}
    | in each {by}, which {one} made the most {column} | leading {one} of each {by} by {column}
    | the {one} with the largest {column} for each {by} | {by}: best {one} by {column}""")


def best_entity_of_each(draw: Draw) -> Asked | None:
    """The one with the greatest total within each group: «top item at each branch by revenue»."""
    entity, field = _entity(draw), _added(draw)
    others = [one for one in draw.thing.with_role("category", "party") if one is not entity]
    if entity is None or field is None or not others:
        return None
    outer = draw.rng.choice(others)
    narrowed = _narrowing(draw, entity)
    if outer.leaf in narrowed.where:
        return None
    words = draw.one_of(_OF_EACH, one=_name_of(draw, entity), by=_name_of(draw, outer), column=draw.say(field))
    total: list[Action] = ["sum", field.leaf]
    keys: list[Action] = [outer.leaf, entity.leaf]
    tail: list[Action] = ["desc", *total, "each", outer.leaf, "limit1"]
    return words + narrowed.after, select([*keys, *total], narrowed.where, keys, tail)


_LESS = wordings("""{one} minus {other} {per} | difference between {one} and {other} {per} | {one} less {other} {per}
    | gap between {one} and {other} {per} | {one} - {other} {per} | how much higher is {one} than {other} {per}
    | total {one} minus total {other} {per} | net of {one} and {other} {per}""")
_PART = wordings("""{one} as a percentage of {other} {per} | {one} in percent of {other} {per}
    | {one} as a share of {other} {per} | what percentage of {other} is {one} {per} | {one} to {other} in percent {per}
    | {one} as % of {other} {per} | ratio of {one} to {other} as a percentage {per}""")
_RATIO = wordings("""{one} per {unit} {per} | {one}-to-{other} ratio {per} | {one} divided by {other} {per}
    | ratio of {one} to {other} {per} | total {one} over total {other} {per} | how much {one} per {unit} {per}
    | {one} for each {unit} {per}""")
_CONVERSION = wordings("""{other} to {one} conversion rate {per} | conversion rate from {other} to {one} {per}
    | {one} conversion rate {per} | {other}-to-{one} conversion rate {per}""")
_PER_HUNDRED = wordings("""{one} per 100 {other} {per} | how much {one} per 100 {other} {per}
    | {one} per hundred {other} {per}""")
_COUNTS = frozenset(("sign ups", "signups", "registrations", "orders", "clicks", "sessions", "visits", "leads",
                     "downloads", "bookings", "page views", "unique visitors", "impressions",
                     "conversions"))  # fmt: skip


def two_measures(draw: Draw) -> Asked | None:
    """Two measures set beside one another, over all rows or for each group: less, as a percentage, per unit."""
    fields = [one for one in draw.thing.with_role("measure") if one.sayings[0] in ADDED]
    if len(fields) < 2:
        return None
    one, other = draw.rng.sample(fields, 2)
    entity = _entity(draw) if draw.chance(0.75) else None
    by = _name_of(draw, entity) if entity is not None else ""
    per = draw.one_of(("by {by}", "per {by}", "for each {by}", "for every {by}", "of each {by}"), by=by) if by else ""
    narrowed = _narrowing(draw, one)
    other_said = draw.say(other)
    unit = other_said[:-1] if other_said.endswith("s") and not other_said.endswith("ss") else other_said
    said = {"one": draw.say(one), "other": other_said, "unit": unit, "per": per}
    left, right = list[Action](["sum", one.leaf]), list[Action](["sum", other.leaf])
    roll = draw.rng.random()
    if roll < 0.3:
        words, actions = draw.one_of(_LESS, **said), list[Action](["subtract", *left, *right])
    elif roll < 0.55:
        words, actions = draw.one_of(_PART, **said), ["divide", "multiply", *left, "100", *right]
    elif roll < 0.65:
        words, actions = draw.one_of(_PER_HUNDRED, **said), ["divide", "multiply", *left, "100", *right]
    elif {one.words, other.words} <= _COUNTS:
        words, actions = draw.one_of(_CONVERSION, **said), ["divide", *left, *right]
    else:
        words, actions = draw.one_of(_RATIO, **said), ["divide", *left, *right]
    words = f"{words}{narrowed.after}"
    if entity is None:
        return words, select(actions, narrowed.where)
    tail: list[Action] = []
    if draw.chance(0.15):
        words, tail = f"{words}, {draw.listed('highest first, biggest first, most first')}", ["desc", *actions]
    if entity.leaf in narrowed.where:
        return None
    return words, select([entity.leaf, *actions], narrowed.where, [entity.leaf], tail)


_ASKED = wordings("""how much {column}{after} | what was the {column}{after} | total {column}{after} | {column}{after}
    | what were the total {column}{after} | how much {column} was there{after} | what {column} did we have{after}
    | overall {column}{after} | {column} in total{after} | what is the sum of {column}{after}
    | what did {column} come to{after}""")
_ASKED_MONEY = wordings("""how much was spent{after} | how much did we spend{after} | what did we pay{after}
    | what did we pay in total{after} | how much did it cost{after} | how much money went{after} | total spend{after}
    | what did {name} spend{after} | how much did {name} spend{after} | what did {name} cost us{after}""")
_ASKED_SOLD = wordings("""how much did we make{after} | what did we take{after} | how much did we earn{after}
    | what were our takings{after} | total sales{after} | how much did {name} sell{after}
    | how much did {name} bring in{after} | what did {name} earn{after} | revenue of {name}{after}""")
_ASKED_COUNT = wordings("""how many {column}{after} | how many {column} did we have{after}
    | how many {column} did we get{after}
    | number of {column}{after} | how many {column} were there{after} | how many {column} did {name} generate{after}
    | how many {column} did {name} have{after} | total number of {column}{after}""")


def asked_total(draw: Draw) -> Asked | None:
    """A sum that no word like «total» has to ask for: «how much did the Leeds depot spend in 2023»."""
    field = _added(draw)
    if field is None:
        return None
    texts = _ASKED
    if field.words in _MONEY and draw.chance(0.6):
        texts = _ASKED_MONEY
    elif field.words in _EARNED and draw.chance(0.6):
        texts = _ASKED_SOLD
    elif field.words in _COUNTS | COUNTED_MEASURES and draw.chance(0.7):
        texts = _ASKED_COUNT
    entity = _entity(draw)
    own: list[Action] = []
    name = ""
    if entity is not None and entity.values and draw.chance(0.7):
        value = draw.rng.choice(entity.values)
        own = ["=", entity.leaf, Leaf("text", text=value)]
        name = draw.one_of(("{value}", "{value}", "the {value} {entity}", "{entity} {value}"),
                           value=value, entity=_name_of(draw, entity))  # fmt: skip
    texts = tuple(one for one in texts if own or "{name}" not in one)
    narrowed = _narrowing(draw, entity or field)
    words = draw.one_of(texts, column=draw.say(field), name=name, after=narrowed.after)
    if own and name not in words:
        words = f"{words} {draw.listed('for, at, by, from, of')} {name}"
    where: list[Action] = narrowed.where
    if own:
        where = ["where", "and", *own, *narrowed.where[1:]] if narrowed.where else ["where", *own]
    if draw.chance(0.2) and entity is not None and not own:
        by = _name_of(draw, entity)
        words = f"{words} {draw.listed('by, per, for each')} {by}"
        return words, select([entity.leaf, "sum", field.leaf], where, [entity.leaf])
    return words, select(["sum", field.leaf], where)


_AVERAGE_DAY = wordings("""average {column} per {unit} for each {by} | average {unit}ly {column} by {by}
    | {column} per {unit} on average, by {by} | mean {column} per {unit} and {by}
    | average {column} a {unit} per {by}""")
_BOTH_ENDS = wordings("""first and last {column} | earliest and latest {column} | oldest and newest {column}
    | date of the first and of the last {noun} | first and most recent {column}
    | when were the first and the last {noun}
    | lowest and highest {column} | minimum and maximum {column} | smallest and largest {column} | range of {column}""")


def average_per_time(draw: Draw) -> Asked | None:
    """A sum over the number of days or months with rows, for each group."""
    entity, field, found = _entity(draw), _added(draw), draw.when(draw.thing)
    if entity is None or field is None or found is None:
        return None
    unit = draw.listed("day, day, month, week")
    words = draw.one_of(_AVERAGE_DAY, column=draw.say(field), unit=unit, by=_name_of(draw, entity))
    words = words.replace("dayly", "daily")
    actions: list[Action] = ["divide", "sum", field.leaf, "count", "distinct", unit, found[0].leaf]
    return words, select([entity.leaf, *actions], groups=[entity.leaf])


def both_ends(draw: Draw) -> Asked | None:
    """The least and the greatest of a date or a measure."""
    thing = draw.thing
    dated = draw.chance(0.6)
    fields = thing.with_role("when") if dated else thing.with_role("measure")
    if not fields:
        return None
    field = fields[0] if dated and draw.chance(0.7) else draw.rng.choice(fields)
    texts = _BOTH_ENDS[:6] if dated else _BOTH_ENDS[6:]
    if field is not fields[0]:
        texts = tuple(one for one in texts if "{column}" in one)
    words = draw.one_of(texts, column=draw.say(field), noun=draw.many(thing))
    actions: list[Action] = ["min", field.leaf, "max", field.leaf]
    entity = _entity(draw) if draw.chance(0.35) else None
    if entity is None:
        return words, select(actions)
    words = f"{words} {draw.listed('by, per, for each')} {_name_of(draw, entity)}"
    return words, select([entity.leaf, *actions], groups=[entity.leaf])


_PLAIN = wordings("""how many different {many}{after} | number of different {many}{after}
    | how many distinct {many} are there{after} | how many unique {many}{after}""")


def different_entities(draw: Draw) -> Asked | None:
    """How many different ones rows under a condition name."""
    entity = _entity(draw)
    if entity is None:
        return None
    narrowed = _narrowing(draw, entity)
    words = draw.one_of(_PLAIN, many=plural(_name_of(draw, entity)), after=narrowed.after)
    other = [one for one in draw.thing.with_role("category", "party") if one is not entity]
    counted: list[Action] = ["count", "distinct", entity.leaf]
    if other and draw.chance(0.3):
        key = draw.rng.choice(other)
        if key.leaf not in narrowed.where:
            words = f"{words} {draw.listed('by, per, for each, at each, in each')} {_name_of(draw, key)}"
            return words, select([key.leaf, *counted], narrowed.where, [key.leaf])
    return words, select(counted, narrowed.where)


_AND_WHO = wordings("""{most} {single} and its {party}{after}
    | the {most} {single} ever, and which {party} it is from{after}
    | {most} {single} and who it came from{after} | {party} and {column} of the {most} {single}{after}
    | which {party} had the {most} {single}{after} and how much was it | {most} {single}{after} with {party}
    | what was the {most} {single}{after} and from which {party}""")
_AND_WHO_EACH = wordings("""{most} {single} {per} {by} and who it is from | {most} {single} of each {by} and its {party}
    | for each {by}, the {most} {single} and the {party}
    | {most} single {single} in each {by} and which {party} it came from""")


def largest_and_whose(draw: Draw) -> Asked | None:
    """The row with the most, and who stands behind it: «largest single gift to each fund and who gave it»."""
    parties, field = draw.thing.with_role("party", "name"), _added(draw)
    if not parties or field is None:
        return None
    party = draw.rng.choice(parties)
    most = draw.chance(0.8)
    narrowed = _narrowing(draw, party)
    said = {
        "most": draw.listed("largest, biggest, highest, largest single" if most else "smallest, lowest"),
        "single": draw.single(draw.thing), "party": _name_of(draw, party), "column": draw.say(field),
        "after": narrowed.after,
    }  # fmt: skip
    way = "desc" if most else "asc"
    others = [one for one in draw.thing.with_role("category", "party") if one is not party]
    if others and draw.chance(0.4):
        key = draw.rng.choice(others)
        per = draw.listed("per, in each, for each, to each, by")
        words = draw.one_of(_AND_WHO_EACH, by=_name_of(draw, key), per=per, **said)
        shown: list[Action] = [key.leaf, party.leaf, field.leaf]
        return words, select(shown, tail=[way, field.leaf, "each", key.leaf, "limit1"])
    shown = [party.leaf, field.leaf]
    return draw.one_of(_AND_WHO, **said), select(shown, narrowed.where, tail=[way, field.leaf, "limit1"])
