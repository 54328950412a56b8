"""Shapes that set parts beside a whole or one another: shares, rates, conditional totals, differences, ratios."""

from __future__ import annotations

from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, behind, select, wordings
from nl2sql.parsers.builtin.questions.filters import (
    bare_state,
    draw_condition,
    draw_filters,
    end_state,
    in_period,
    open_ends,
    yes_or_no,
)
from nl2sql.parsers.builtin.questions.groups import group_key
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, plural

_PERCENT = wordings("percentage | percent | share | % | proportion | percentage share | share | portion | part")
_SHARE_OF_ROWS = wordings("""{percent} of {noun} by {by} | {percent} of {noun} per {by}
    | {percent} of all {noun} by {by} | what {percent} of {noun} does each {by} have
    | what is the {percent} of {noun} in each {by} | {percent} of total {noun} by {by}
    | breakdown of {noun} by {by} in percent | {noun} by {by} as a percentage
    | {noun} by {by} as a percentage of the total | distribution of {noun} by {by} in percent
    | what {percent} of {noun} come from each {by} | {by} {percent} of {noun} | share of {noun} by {by}
    | how are {noun} split by {by} in percent | for each {by}, what {percent} of all {noun} is that""")
_SHARE_OF_SUM = wordings("""{percent} of {column} by {by} | {percent} of total {column} by {by}
    | {column} share by {by} | what {percent} of total {column} comes from each {by}
    | {percent} of {column} per {by} | {column} by {by} as a percentage of the total | {by} share of {column}
    | {by}'s share of total {column} | what is each {by}'s share of {column}
    | what share of {column} does each {by} account for
    | how much does each {by} contribute to {column} in percent
    | contribution of each {by} to total {column} in percent | relative share of {column} by {by}
    | {column} by {by} in percent of total | how is the {column} split by {by} in percent
    | what {percent} of our {column} sits in each {by} | what {percent} of the {column} goes to each {by}
    | how does {column} split over {by}, percentages please | {column} split by {by} as percentages""")
_MOST_FIRST = wordings(", highest first | | | | , largest first | sorted descending | ")


def share(draw: Draw) -> Asked | None:
    """What each group is of the whole, in percent."""
    thing = draw.thing
    key = group_key(draw, thing)
    if key is None:
        return None
    by, keys = key
    fields = thing.with_role("measure")
    percent = draw.one_of(_PERCENT)
    filters = draw_filters(draw, thing, 0, 1).only_after() if draw.chance(0.3) else None
    if fields and draw.chance(0.5):
        field = draw.rng.choice(fields)
        words = draw.one_of(_SHARE_OF_SUM, percent=percent, column=draw.say(field), by=by)
        actions: list[Action] = ["sum", field.leaf]
    else:
        words = draw.one_of(_SHARE_OF_ROWS, percent=percent, noun=draw.many(thing), by=by)
        actions = ["count", thing.leaf]
    words += filters.after if filters else ""
    order = draw.one_of(_MOST_FIRST)
    tail: list[Action] = ["desc", "share", *actions] if order else []
    return words + behind(order), select([*keys, "share", *actions], filters.where if filters else [], keys, tail)


_RATE = wordings("""what {percent} of {noun} {are} {state} | {percent} of {noun} that {are} {state}
    | how many {noun} {are} {state} in percent | what {percent} of our {noun} {are} {state}
    | {percent} of {state} {noun} | {percent} of {noun} {are} {state}
    | what is the {percent} of {noun} that {are} {state} | {percent} of {noun} which {are} {state}
    | what fraction of {noun} {are} {state}""")
_RATE_OF = wordings("""what {percent} of {noun} {state} | {percent} of {noun} {state}
    | what is the {percent} of {noun} {state} | show the {percent} of {noun} {state}
    | give me the {percent} of {noun} {state}""")
_RATE_BY = wordings(
    "{rate} by {by} | {rate} per {by} | {rate} for each {by} | {rate} in each {by} | for each {by}, {rate}"
)


def _state(draw: Draw, thing: Thing) -> tuple[str, str, list[Action]] | None:
    """Words for a state, how they stand («after» a noun or as an adjective), and the condition."""
    fields = thing.with_role("flag", "category", "measure", "detail", "when")
    if not fields:
        return None
    ends = [one for one in thing.with_role("when") if open_ends(one)]
    if ends and draw.chance(0.3):
        words, condition = end_state(draw, draw.rng.choice(ends), draw.chance(0.6))
        return bare_state(words), _place(words), condition
    field = draw.rng.choice([one for one in fields if one.role in ("flag", "category")] or fields)
    if draw.chance(0.25):
        field = draw.rng.choice(fields)
    if field.role == "category" and field.values and draw.chance(0.7):
        value = draw.rng.choice(field.values)
        return value, "state", ["=", field.leaf, Leaf("text", text=value)]
    if field.role == "flag":
        words, condition = yes_or_no(draw, field)
        is_adjective = words.startswith(("<", "that are ", "which are "))
        return bare_state(words), "state" if is_adjective else "after", condition
    made = draw_condition(draw, field)
    if made is None:
        return None
    words, condition = made
    return (words[1:], "state", condition) if words.startswith("<") else (words, "after", condition)


_NAMED_RATE = wordings(
    "{state} rate | {state} rate of {noun} | what is our {state} rate | {noun} {state} rate | overall {state} rate"
)


def _named_rate(draw: Draw) -> Asked | None:
    """A rate that is named after a state: «return rate by region»."""
    thing = draw.thing
    choices = [
        (noun, field, value)
        for field in thing.with_role("category")
        for value in field.values
        for noun in lexicon.STATE_NOUNS.get(value, value if "status" in field.words else "").split(",")
        if noun
    ]
    if not choices:
        return None
    state, field, value = draw.rng.choice(choices)
    words = draw.one_of(_NAMED_RATE, state=state.strip(), noun=draw.many(thing))
    actions: list[Action] = ["rate", "=", field.leaf, Leaf("text", text=value)]
    key = group_key(draw, thing) if draw.chance(0.6) else None
    if key is None or field.leaf in key[1]:
        return words, select(actions)
    by, keys = key
    if draw.chance(0.2):
        best = draw.chance(0.75)
        which = f"which {by} has the {'highest' if best else 'lowest'} {state.strip()} rate"
        return which, select(keys, groups=keys, tail=["desc" if best else "asc", *actions, "limit1"])
    return draw.one_of(_RATE_BY, rate=words.removeprefix("what is our "), by=by), select([*keys, *actions], groups=keys)


def rate(draw: Draw) -> Asked | None:
    """The percentage of rows in some state, for all or by group."""
    thing = draw.thing
    if draw.chance(0.3):
        return _named_rate(draw)
    found = _state(draw, thing)
    if found is None:
        return None
    state, place, condition = found
    noun, percent = draw.many(thing), draw.one_of(_PERCENT)
    if place == "after":
        words = draw.one_of(_RATE_OF, percent=percent, noun=noun, state=state)
    else:
        words = draw.one_of(_RATE, percent=percent, noun=noun, state=state, are=draw.listed("are, are, were, are in"))
    key = group_key(draw, thing) if draw.chance(0.45) else None
    actions: list[Action] = ["rate", *condition]
    if key is None or any(one in condition for one in key[1]):
        return words, select(actions)
    by, keys = key
    if draw.chance(0.25):
        which = f"which {by} has the {'highest' if draw.chance(0.8) else 'lowest'} {percent} of {state} {noun}"
        if place == "state":
            way = "desc" if "highest" in which else "asc"
            return which, select(keys, groups=keys, tail=[way, *actions, "limit1"])
    words = words.removeprefix("what is the ").removeprefix("show the ").removeprefix("give me the ")
    return draw.one_of(_RATE_BY, rate=words, by=by), select([*keys, *actions], groups=keys)


def _place(words: str) -> str:
    return "after" if words.startswith(("that ", "who ", "which ")) else "state"


_TWO_COUNTS = wordings("""how many {noun} are {one} and how many are {other} | {one} vs {other}
    | how many are {one} and how many {other} | {one} and {other} {noun}
    | number of {one} and {other} {noun} | count of {one} {noun} and {other} {noun}
    | number of {one} versus {other} {noun} | {one} vs {other} {noun} | compare {one} and {other} {noun}
    | {one} and {other} {noun} count""")
_PART_AND_ALL = wordings("""number of {one} {noun} and total {noun} | total {noun} and {one} {noun}
    | how many {noun} are there in total and how many are {one} | {noun} in total and {one} ones""")
_RATIO = wordings("""ratio of {one} to {other} {noun} | ratio of {one} {noun} to {other} {noun}
    | what is the ratio of {one} to {other} {noun} | {one} to {other} ratio of {noun}
    | {one} {noun} per {other} {noun}""")
_FEWER = wordings("""how many more {one} {noun} than {other} {noun} are there
    | difference between {one} and {other} {noun} | difference between the number of {one} and {other} {noun}
    | how many more {noun} are {one} than {other}""")


def two_states(draw: Draw) -> Asked | None:
    """Counts of two states side by side, their ratio or their difference."""
    thing = draw.thing
    fields = [one for one in thing.with_role("category") if len(one.values) > 1]
    flags = [*thing.with_role("flag"), *(one for one in thing.with_role("when") if open_ends(one))]
    if not fields and not flags:
        return None
    field = draw.rng.choice(flags if flags and draw.chance(0.5) else [*fields, *flags])
    one_said, other_said, one, other = _pair(draw, field)
    noun = draw.many(thing)
    counted: list[Action] = ["count", thing.leaf]
    first, second = ["when", *counted, *one], ["when", *counted, *other]
    said = {"one": one_said, "other": other_said, "noun": noun}
    roll = draw.rng.random()
    if roll < 0.35:
        words, actions = draw.one_of(_TWO_COUNTS, **said), [*first, *second]
    elif roll < 0.55:
        words = draw.one_of(_PART_AND_ALL, **said)
        part_first = words.find(one_said) < words.find("total") if "total" in words else False
        actions = [*first, *counted] if part_first else [*counted, *first]
    elif roll < 0.8:
        words, actions = draw.one_of(_RATIO, **said), ["divide", *first, *second]
    else:
        words, actions = draw.one_of(_FEWER, **said), ["subtract", *first, *second]
    key = group_key(draw, thing) if draw.chance(0.4) else None
    if key is None or any(isinstance(part, Leaf) and part in one for part in key[1]):
        return words, select(actions)
    return f"{words} {draw.listed('by, per, for each')} {key[0]}", select([*key[1], *actions], groups=key[1])


def _pair(draw: Draw, field: Field) -> tuple[str, str, list[Action], list[Action]]:
    """Two states of a field in words, and their conditions."""
    if field.role == "when":
        (one, missing), (other, known) = end_state(draw, field, True), end_state(draw, field, False)
        one, other = (bare_state(words) for words in (one, other))
        pair = [(one, missing), (other, known)]
        draw.rng.shuffle(pair)
        return pair[0][0], pair[1][0], pair[0][1], pair[1][1]
    if ":" in field.extra:
        kind, _, it = field.extra.partition(":")
        one, other = it, draw.listed(f"non-{it}, not {it}")
        if kind == "has":
            one, other = f"with {it}", f"without {it}"
        return one, other, ["true", field.leaf], ["false", field.leaf]
    if field.role == "flag":
        yes, _, no = field.extra.partition(";")
        one, other = (
            draw.listed(part) if part.strip() else f"{n}{field.words}" for n, part in (("", yes), ("not ", no))
        )
        return one, other, ["true", field.leaf], ["false", field.leaf]
    one, other = draw.rng.sample(field.values, 2)
    return one, other, ["=", field.leaf, Leaf("text", text=one)], ["=", field.leaf, Leaf("text", text=other)]


_MORE = wordings("""difference between {total} in {one} and {other}
    | how much higher is {total} in {one} than in {other} | difference in {total} between {one} and {other}
    | how much more is the {total} in {one} compared to {other} | {total} in {one} minus {total} in {other}
    | compare {total} of {one} with {other} | {total} in {one} vs {other} | {total} {one} versus {other}
    | {total} in {one} compared to {other}""")
_GREW = wordings("""how much did {total} grow from {other} to {one} | how much more {total} {one} than {other}
    | difference in {total} between {one} and {other} | change in {total} from {other} to {one}
    | {total} {one} compared to {other} | {total} {one} vs {other} | {total} {one} versus {other}
    | compare {total} {one} and {other}""")
_PERIODS = (
    ("this year", "last year"), ("this month", "last month"), ("this quarter", "last quarter"), ("2023", "2022"),
    ("2024", "2023"), ("2021", "2020"), ("this week", "last week"), ("Q1 2024", "Q1 2023"),
    ("March 2024", "March 2023"),
)  # fmt: skip


_MORE_OF_STATE = wordings("""difference in {total} between {one} and {other} {noun}
    | {total} of {one} vs {other} {noun} | compare {total} of {one} and {other} {noun}
    | difference between the {total} of {one} and {other} {noun} | {total} of {one} {noun} compared to {other} ones
    | how much higher is the {total} of {one} {noun} than of {other} ones | {total} for {one} versus {other} {noun}""")


def _two_states_measured(draw: Draw, measure: Field) -> Asked | None:
    """A total of two states of a thing: «average rent of furnished vs unfurnished flats»."""
    thing = draw.thing
    ends = [one for one in thing.with_role("when") if open_ends(one)]
    states = [*thing.with_role("flag"), *ends, *(one for one in thing.with_role("category") if len(one.values) > 1)]
    if not states:
        return None
    field = draw.rng.choice(states)
    one_said, other_said, one, other = _pair(draw, field)
    name, said = draw.rng.choice((("avg", "average"), ("avg", "average"), ("sum", "total"), ("median", "median")))
    actions: list[Action] = [name, measure.leaf]
    words = draw.one_of(
        _MORE_OF_STATE, total=f"{said} {draw.say(measure)}", one=one_said, other=other_said, noun=draw.many(thing)
    )
    left, right = ["when", *actions, *one], ["when", *actions, *other]
    beside = any(word in words for word in ("compare", " vs ", "versus"))
    shown: list[Action] = [*left, *right] if beside else ["subtract", *left, *right]
    key = group_key(draw, thing) if draw.chance(0.25) else None
    if key is None or field.leaf in key[1]:
        return words, select(shown)
    return f"{words} {draw.listed('by, per, for each')} {key[0]}", select([*key[1], *shown], groups=key[1])


def two_groups(draw: Draw) -> Asked | None:
    """A total of two groups or two periods, side by side or subtracted."""
    thing = draw.thing
    measures, whens = thing.with_role("measure"), thing.with_role("when")
    categories = [one for one in thing.with_role("category") if len(one.values) > 1]
    if measures and draw.chance(0.2):
        return _two_states_measured(draw, draw.rng.choice(measures))
    total, actions = draw.many(thing), list[Action](["count", thing.leaf])
    if measures and draw.chance(0.75):
        field = draw.rng.choice(measures)
        name = draw.rng.choice(("avg", "avg", "sum", "sum", "max"))
        said = {"avg": "average ", "sum": draw.listed("total, , ") + " ", "max": "highest "}[name].lstrip()
        total, actions = f"{said}{draw.say(field)}", [name, field.leaf]
    if whens and (not categories or draw.chance(0.5)):
        field = whens[0]
        one, other = draw.rng.choice(_PERIODS)
        first, second = (draw.leaf_of(text) for text in (one, other))
        if first is None or second is None:
            return None
        words = draw.one_of(_GREW, total=total, one=in_period(one), other=in_period(other))
        words = words.replace("from in ", "from ").replace("to in ", "to ").replace("between in ", "between ")
        words = (
            words.replace("and in ", "and ")
            .replace("than in ", draw.listed("than in , than ") + " ")
            .replace("  ", " ")
        )
    elif categories:
        field = draw.rng.choice(categories)
        one, other = draw.rng.sample(field.values, 2)
        first, second = Leaf("text", text=one), Leaf("text", text=other)
        words = draw.one_of(_MORE, total=total, one=one, other=other)
    else:
        return None
    left = ["when", *actions, "=", field.leaf, first]
    right = ["when", *actions, "=", field.leaf, second]
    beside = any(word in words for word in ("compare", "vs", "versus"))
    shown = [*left, *right] if beside else ["subtract", *left, *right]
    key = group_key(draw, thing) if draw.chance(0.4) else None
    if key is None or field.leaf in key[1]:
        return words, select(shown)
    if draw.chance(0.35):
        words = draw.one_of(_COMPARED_BY, total=total, one=one, other=other, by=key[0])
        return words, select([*key[1], *left, *right], groups=key[1])
    return f"{words} {draw.listed('by, per, for each')} {key[0]}", select([*key[1], *shown], groups=key[1])


_COMPARED_BY = wordings("""compare {total} per {by} in {one} with {other} | compare {one} and {other} {total} per {by}
    | compare {one} with {other} {total} by {by} | {total} by {by} in {one} and in {other}
    | for each {by}, {total} in {one} and in {other} | {one} versus {other} {total} by {by}
    | compare {total} by {by} between {one} and {other}""")
_PER_HEAD = wordings("""average number of {noun} per {single} | {noun} per {single} on average
    | how many {noun} does a {single} have on average | average {noun} per {single}
    | mean number of {noun} per {single} | how many {noun} does each {single} have on average""")
_SUM_PER_HEAD = wordings("""average total {column} per {single}
    | how much {column} does a {single} have on average in total
    | total {column} per {single} on average | mean total {column} per {single}""")
_ADDED_PER_HEAD = wordings("""average {column} per {single} | {column} per {single} on average
    | what is the average {column} per {single} | mean {column} per {single} | avg {column} per {single}
    | how much {column} per {single} on average | how much {column} does the average {single} have""")


def per_head(draw: Draw) -> Asked | None:
    """How much of the children there is for one of what they belong to, on average."""
    thing = draw.thing
    fields = thing.with_role("measure")
    parents = draw.world.parents(thing)
    whens, parties = thing.with_role("when"), thing.with_role("party")
    if whens and draw.chance(0.35):
        single = draw.listed("month, month, day, week, year, quarter")
        heads: list[Action] = ["count", "distinct", single, whens[0].leaf]
    elif parties and (not parents or draw.chance(0.4)):
        party = draw.rng.choice(parties)
        single, heads = draw.say(party).removesuffix(" name"), ["count", "distinct", party.leaf]
    elif parents:
        parent, key = draw.rng.choice(parents)
        single, heads = draw.single(parent), ["count", "distinct", Leaf("column", key.table, key.columns[0])]
    else:
        return None
    if fields and draw.chance(0.45):
        field = draw.rng.choice(fields)
        texts = _ADDED_PER_HEAD if field.sayings[0] in lexicon.ADDED_UP and draw.chance(0.7) else _SUM_PER_HEAD
        words = draw.one_of(texts, column=draw.say(field), single=single)
        return words, select(["divide", "sum", field.leaf, *heads])
    words = draw.one_of(_PER_HEAD, noun=draw.many(thing), single=single)
    return words, select(["divide", "count", thing.leaf, *heads])


def conditional_by_group(draw: Draw) -> Asked | None:
    """Counts of a state beside all rows, by group: «orders and returned orders per region»."""
    thing = draw.thing
    key = group_key(draw, thing)
    found = _state(draw, thing)
    if key is None or found is None or found[1] != "state" or any(one in found[2] for one in key[1]):
        return None
    by, keys = key
    state, _, condition = found
    noun = draw.many(thing)
    texts = (
        f"number of {noun} and number of {state} {noun} {{per}} {by}",
        f"for each {by}, how many {noun} are there and how many are {state}",
        f"{noun} and {state} {noun} {{per}} {by}",
        f"total and {state} {noun} {{per}} {by}",
        f"show all {noun} and {state} ones by {by}",
        f"which {plural(by)} have how many {noun} and how many of them are {state}",
    )
    words = draw.rng.choice(texts).format(per=draw.listed("by, per, for each"))
    counted: list[Action] = ["count", thing.leaf]
    return words, select([*keys, *counted, "when", *counted, *condition], groups=keys)


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
