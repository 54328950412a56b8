"""Shapes about a course over time: by month or weekday, running totals, change and growth, days between two dates."""

from __future__ import annotations

from nl2sql.parsers.builtin.expressions import column_of
from nl2sql.parsers.builtin.grammar import Action
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, number_leaf, select, wordings
from nl2sql.parsers.builtin.questions.filters import COMPARED, draw_filters, in_period
from nl2sql.parsers.builtin.questions.groups import group_key
from nl2sql.parsers.builtin.questions.totals import counted, measure

_UNITS = ("month", "month", "month", "year", "year", "quarter", "week", "day")
_ADVERBS = {"month": "monthly", "year": "yearly", "quarter": "quarterly", "week": "weekly", "day": "daily"}
_ROWS_OVER_TIME = wordings("number of {noun} | {noun} | how many {noun} | count of {noun}")
_BY_TIME = wordings("""{total} by {unit} {when} | {total} per {unit} {when} | {adverb} {total} {when}
    | show {total} for each {unit} {when} | {total} by {unit} of {date} {when}
    | {total} over time by {unit} {when} | show me {total} by {unit} {when} | {total} {adverb} {when}
    | what is the {total} per {unit} {when} | trend of {total} by {unit} {when}""")


_BY_TIME_OF = wordings("""{total} by {unit} of {date} {when} | {total} per {unit}, by {date} {when}
    | {total} by {date} {unit} {when} | {total} per {unit} of {date} {when} | {adverb} {total} by {date} {when}""")
_BY_WEEKDAY = wordings("""{total} per weekday | {total} by weekday | {total} by day of the week
    | {total} per day of week | {total} for each day of the week | on which days of the week do {total} come in
    | weekday breakdown of {total} | which weekday has how many {total} | {total} on each weekday
    | show {total} by day of week""")
_BUSIEST_DAY = wordings("""which weekday has the most {total} | which day of the week has the most {total}
    | busiest weekday by {total} | on which weekday do we have the most {total}
    | what day of the week has the most {total}""")
_BY_HOUR = wordings("""{total} by hour of the day | {total} per hour of day | {total} by hour | hourly {total}
    | at what hour do {total} come in | {total} for each hour of the day""")


def by_weekday(draw: Draw) -> Asked | None:
    """By day of the week or hour of the day."""
    thing = draw.thing
    found = draw.when(thing)
    if found is None or not found[1]:
        return None
    _, column = column_of(draw.world.schema, found[0].leaf)
    unit = "hour" if column.type == "TIMESTAMP" and draw.chance(0.4) else "weekday"
    made = measure(draw, thing) if draw.chance(0.35) else None
    total, actions = made or (draw.one_of(_ROWS_OVER_TIME, noun=draw.many(thing)), ["count", thing.leaf])
    key: list[Action] = [unit, found[0].leaf]
    if unit == "weekday" and made is None and draw.chance(0.3):
        words = draw.one_of(_BUSIEST_DAY, total=draw.many(thing))
        return words, select(key, groups=key, tail=["desc", *actions, "limit1"])
    return draw.one_of(_BY_HOUR if unit == "hour" else _BY_WEEKDAY, total=total), select([*key, *actions], groups=key)


def by_time(draw: Draw) -> Asked | None:
    """A course over time."""
    rng, thing = draw.rng, draw.thing
    found = draw.when(thing)
    if found is None:
        return None
    field, is_first = found
    unit = rng.choice(_UNITS)
    made = measure(draw, thing) if draw.chance(0.6) else None
    total, actions = made or counted(draw, thing)
    if made is None:
        total = draw.one_of(_ROWS_OVER_TIME, noun=draw.many(thing))
    when, where = "", list[Action]()
    filters = draw_filters(draw, thing, 1, 1).only_after() if draw.chance(0.25) else None
    if filters is not None and filters.where and field.leaf not in filters.where:
        total, where = total + filters.after, filters.where
    if draw.chance(0.4):
        period = draw.period()
        tense = rng.choice((("=", in_period(period.text)), ("=", f"for {period.text}"), (">=", f"since {period.text}")))
        when = tense[1]
        where = ["where", *(["and"] if where else []), *where[1:], tense[0], field.leaf, period]
    texts = _BY_TIME if is_first else _BY_TIME_OF
    words = draw.one_of(texts, total=total, unit=unit, adverb=_ADVERBS[unit], when=when, date=draw.say(field))
    key: list[Action] = [unit, field.leaf]
    return words, select([*key, *actions], where, key, ["asc", *key])


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
    unit = rng.choice(_UNITS)
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


_BEST_TIME = wordings("""which {unit} had the {most} {total}{when} | what was the {unit} with the {most} {total}{when}
    | in which {unit} was the {total} {highest}{when} | {unit} with the {most} {total}{when}
    | our best {unit} by {total}{when} | which {unit} brought the {most} {total}{when} | {best} {unit} for {total}{when}
    | in which {unit} did we have the {most} {total}{when} | what is the {best} {unit} by {total}{when}""")


def best_time(draw: Draw) -> Asked | None:
    """The month or year with the most or least of something."""
    thing = draw.thing
    found = draw.when(thing)
    if found is None or not found[1]:
        return None
    made = measure(draw, thing) if draw.chance(0.6) else None
    total, actions = made or (draw.many(thing), list[Action](["count", thing.leaf]))
    if actions[0] in ("max", "min"):
        return None
    unit = draw.listed("month, month, year, quarter, week, day")
    most = draw.chance(0.8)
    when, where = "", list[Action]()
    if unit not in ("year",) and draw.chance(0.4):
        period = draw.period()
        when, where = f" {in_period(period.text)}", ["where", "=", found[0].leaf, period]
    counts = made is None or actions[0] == "sum"
    words = draw.one_of(
        _BEST_TIME,
        unit=unit,
        total=total,
        when=when,
        most=("most" if counts and draw.chance(0.6) else "highest")
        if most
        else ("fewest" if made is None else "lowest"),
        highest="highest" if most else "lowest",
        best=draw.listed("best, strongest, busiest" if most else "worst, weakest, slowest"),
    )
    key: list[Action] = [unit, found[0].leaf]
    return words, select(key, where, key, ["desc" if most else "asc", *actions, "limit1"])


_NEW_BY = wordings("""new {noun} by {unit} | number of new {noun} per {unit} | how many new {noun} per {unit}
    | {adverb} new {noun} | new {noun} each {unit} | count of new {noun} by {unit} | new {noun} per {unit}""")
_NEW_IN = wordings("""how many new {noun} {when} | number of new {noun} {when} | how many new {noun} did we get {when}
    | new {noun} {when} | count the new {noun} {when} | how many {noun} were new {when}""")
_NEW_SO_FAR = wordings("""running total of new {noun} by {unit} | cumulative new {noun} per {unit}
    | running number of new {noun} by {unit} | running count of {noun} by {unit}
    | cumulative number of {noun} per {unit}
    | running number of {noun} per {unit}""")
_BEGINNINGS = ("joined", "signed up", "were created", "were founded", "launched", "were launched", "came in")


def newcomers(draw: Draw) -> Asked | None:
    """How many came in a time or in each: «new customers by month»."""
    thing = draw.thing
    found = draw.when(thing)
    if found is None or not found[1] or not any(one in found[0].extra for one in _BEGINNINGS):
        return None
    date = found[0].leaf
    counted_rows: list[Action] = ["count", thing.leaf]
    unit = draw.rng.choice(_UNITS)
    key: list[Action] = [unit, date]
    said = {"noun": draw.many(thing), "unit": unit, "adverb": _ADVERBS[unit]}
    roll = draw.rng.random()
    if roll < 0.3:
        period = draw.period()
        into = in_period(period.text)
        return draw.one_of(_NEW_IN, when=into, **said), select(counted_rows, ["where", "=", date, period])
    if roll < 0.45:
        words = draw.one_of(_NEW_SO_FAR, **said)
        return words, select([*key, "running", *counted_rows], groups=key, tail=["asc", *key])
    return draw.one_of(_NEW_BY, **said), select([*key, *counted_rows], groups=key, tail=["asc", *key])


_STAYS = {
    "reservation": "length of stay", "admission": "length of stay", "rental": "rental period, rental duration",
    "absence": "length of absence, duration", "project": "project duration, duration",
    "repair": "repair time, time to repair",
    "campaign": "campaign duration, duration", "contract": "contract length, contract duration", "event": "duration",
    "subscription": "lifetime, subscription length", "ticket": "resolution time, time to resolution, handling time",
    "order": "delivery time, time to ship, shipping time", "shipment": "delivery time, transit time, time in transit",
    "invoice": "time to payment, payment time", "assignment": "length of assignment, duration",
    "task": "time to complete",
    "policy": "policy term, term", "rental listing": "time on the market, time to let",
}  # fmt: skip
"""What people call the time between the two dates of a thing."""
_DAYS = wordings("""{start} to {end} in days | days between {start} and {end} | days from {start} to {end}
    | number of days between {start} and {end} | time from {start} to {end}
    | time between {start} and {end} in days | number of days from {start} to {end}
    | days it takes from {start} to {end}""")
_TOOK = {
    "were closed": "close", "shipped": "ship", "were delivered": "deliver", "ended": "finish",
    "were returned": "come back", "were paid": "pay", "got paid": "pay", "were resolved": "resolve",
}  # fmt: skip


def time_between(draw: Draw) -> Asked | None:
    """Days or hours between two dates of a row: on average, per row, or more than so many."""
    asked = _days_between(draw)
    if asked is None or "days" not in asked[0] or draw.chance(0.7):
        return asked
    words, reading = asked
    return words.replace("days", "hours"), ["hours" if action == "days" else action for action in reading]


def _days_between(draw: Draw) -> Asked | None:
    """Days between two dates of a row."""
    rng, thing = draw.rng, draw.thing
    whens = thing.with_role("when")
    if len(whens) < 2:
        return None
    start, end = whens[:2]
    if draw.chance(0.3):
        start, end = rng.sample(whens, 2)
    days: list[Action] = ["days", start.leaf, end.leaf]
    between = draw.one_of(_DAYS, start=draw.say(start), end=draw.say(end))
    stays = _STAYS.get(thing.names[0], "") if thing.names and [start, end] == whens[:2] else ""
    if stays and draw.chance(0.35):
        between = f"{draw.listed(stays)}{draw.listed(' in days, , ')}".rstrip()
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
