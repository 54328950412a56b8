"""Shapes that ask about a thing together with what it belongs to: per parent, with or without one, by its fields."""

from __future__ import annotations

from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, label, number_leaf, select, wordings
from nl2sql.parsers.builtin.questions.filters import Filters, draw_condition, draw_filters, in_period
from nl2sql.parsers.builtin.questions.totals import measure
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing
from nl2sql.schema import ForeignKey

_BOTH_NAMES = wordings("""each {child} with its {single} | show every {child} and its {single}
    | list {children} with the name of the {single} | show each {child} together with the {single} name
    | list each {child} and the name of its {single} | {child} and {single} names
    | which {single} does each {child} belong to""")
_FIELDS_FIRST = wordings("""list the {columns} and {single} name of {noun} | show {columns} and the {single} of {noun}
    | {columns} of {noun} with the {single} name | {noun} with {columns} and {single} name""")
_NAME_FIRST = wordings("""show the {single} name and {columns} of {noun} | {single} and {columns} for {noun}
    | for {noun} list {single} name and {columns} | {single} name, {columns} of {noun}""")


def with_parent(draw: Draw) -> Asked | None:
    """Fields of a thing beside the name of what it belongs to."""
    rng, thing = draw.rng, draw.thing
    found = draw.named_parent() if thing.fields else None
    if found is None:
        return None
    parent, name = found
    own = thing.with_role("name")
    if own and draw.chance(0.35):
        child, single = draw.single(thing), draw.single(parent)
        words = draw.one_of(_BOTH_NAMES, child=child, single=single, children=draw.many(thing))
        return words, select([own[0].leaf, name.leaf])
    fields = rng.sample(thing.fields, min(len(thing.fields), rng.choice((1, 2))))
    columns = " and ".join(draw.say(field) for field in fields)
    filters = draw_filters(draw, thing, 0, 1)
    noun = filters.around(draw.many(thing))
    single = draw.single(parent)
    leaves = [field.leaf for field in fields]
    fields_first = draw.chance(0.5)
    words = draw.one_of(_FIELDS_FIRST if fields_first else _NAME_FIRST, columns=columns, single=single, noun=noun)
    return words, select([*leaves, name.leaf] if fields_first else [name.leaf, *leaves], filters.where)


_HAS_NO_PARENT = wordings("""{noun} without a {single} | {noun} that have no {single} | {noun} with no {single}
    | {noun} not linked to any {single} | {noun} that do not belong to a {single} | {noun} without {single}
    | {noun} made without a {single} | {noun} that don't have a {single} | {noun} who do not have a {single}
    | {noun} where the {single} is missing | {noun} left without a {single}""")
_HAS_NOBODY = wordings("""{noun} that nobody is assigned to | {noun} that nobody handles | unassigned {noun}
    | {noun} with nobody assigned | {noun} nobody is responsible for | {noun} no one looks after
    | {noun} that are not assigned to anyone""")
_HAS_PARENT = wordings("{noun} that have a {single} | {noun} linked to a {single} | {noun} with a {single}")
_HOW_MANY = wordings("how many | number of | count")
_SHOW = wordings("show all | list | | which")


def without_parent(draw: Draw) -> Asked | None:
    """Those that belong to nothing, or to something."""
    thing = draw.thing
    parents = draw.world.parents(thing)
    if not parents:
        return None
    parent, key = draw.rng.choice(parents)
    noun, single = draw.many(thing), draw.single(parent)
    missing = draw.chance(0.75)
    texts = _HAS_NO_PARENT if missing else _HAS_PARENT
    if missing and parent.names[0] == "employee" and draw.chance(0.5):
        texts = _HAS_NOBODY
    words = draw.one_of(texts, noun=noun, single=single)
    where: list[Action] = ["where", "null" if missing else "not_null", Leaf("column", key.table, key.columns[0])]
    if draw.chance(0.5):
        return f"{draw.one_of(_HOW_MANY)} {words}", select(["count", thing.leaf], where)
    return f"{draw.one_of(_SHOW)} {words}", select([thing.leaf], where)


_CHILDREN_COUNTED = wordings("number of {children} | how many {children} | {children} | count of {children}")
_OF_CHILDREN = wordings(" | of {children} | of their {children}")
_PER_PARENT = wordings("""{total} {whose} per {single}{after} | {total} {whose} by {single}{after}
    | {total} {whose} for each {single}{after} | for each {single}, show the {total} {whose}{after}
    | show each {single} with the {total} {whose}{after} | list {parents} with their {total}{after}
    | {total} {whose} of each {single}{after}""")


def per_parent(draw: Draw) -> Asked | None:
    """Something of the children for each of the things they belong to."""
    thing = draw.thing
    found = draw.named_parent()
    if found is None:
        return None
    parent, name = found
    made = measure(draw, thing) if draw.chance(0.5) else None
    children = draw.many(thing)
    single = draw.single(parent)
    whose, actions = "", list[Action](["count", thing.leaf])
    if made is None:
        total = draw.one_of(_CHILDREN_COUNTED, children=children)
    else:
        total, actions = made
        whose = draw.one_of(_OF_CHILDREN, children=children)
    filters = _few_filters(draw)
    words = draw.one_of(
        _PER_PARENT, total=total, whose=whose, single=single, after=filters.after, parents=draw.many(parent)
    )
    return words, select([name.leaf, *actions], filters.where, [name.leaf])


def _few_filters(draw: Draw) -> Filters:
    """Most often none, else one condition that follows the question."""
    return draw_filters(draw, draw.thing, 0, 1).only_after() if draw.chance(0.3) else Filters()


_PARENT_WITH_MOST = wordings("""which {first} has the most {what}{after} | {second} with the most {what}{after}
    | {third} {what}{after}""")
_TOP_PARENTS = wordings("""top {count} {parents} by {what}{after} | {count} {parents} with the most {what}{after}
    | show the top {count} {parents} by {what}{after} | who are the top {count} {parents} by {what}{after}
    | best {count} {parents} by {what}{after}""")


def most_children(draw: Draw) -> Asked | None:
    """Those with the most of something."""
    thing = draw.thing
    found = draw.named_parent()
    if found is None:
        return None
    parent, name = found
    children = draw.many(thing)
    made = measure(draw, thing) if draw.chance(0.5) else None
    if made is not None and made[1][0] != "sum":
        made = None
    what, actions = made or (children, list[Action](["count", thing.leaf]))
    filters = _few_filters(draw)
    if draw.chance(0.5):
        first, second = draw.single(parent), draw.single(parent)
        third = "who has the highest" if made else f"which {draw.single(parent)} has most"
        words = draw.one_of(_PARENT_WITH_MOST, first=first, second=second, third=third, what=what, after=filters.after)
        return words, select([name.leaf], filters.where, [name.leaf], ["desc", *actions, "limit1"])
    number = number_leaf(draw.rng.randint(2, 20))
    if made is None:
        what = draw.rng.choice((f"number of {children}", children))
    said = {"count": number.text, "what": what, "after": filters.after}
    words = draw.rng.choice([text.format(parents=draw.many(parent), **said) for text in _TOP_PARENTS])
    tail = ["desc", *actions, "limit", number]
    return words, select([name.leaf, *actions], filters.where, [name.leaf], tail)


_NAMES_OF = wordings("names of | what are the names of | give the names of")
_FIND = wordings("| list | show all | list all | which | find")
_AT_LEAST = wordings("more than | over | at least")
_HAS_NO_CHILDREN = wordings("""{noun} without {children} | {noun} with no {children} | {noun} that have no {children}
    | {noun} that have never had a {single} | {noun} without any {children} | {noun} with zero {children}
    | {noun} who have not any {children} | {noun} that don't have {children}""")


def _own_parents(draw: Draw, thing: Thing) -> list[tuple[Thing, ForeignKey]]:
    """What a thing belongs to, roles left out: a manager without employees is no manager."""
    return [one for one in draw.world.parents(thing) if not one[0].is_role]


def without_children(draw: Draw) -> Asked | None:
    """Those with none, some, or more than so many of something."""
    thing = draw.thing
    parents = _own_parents(draw, thing)
    if not parents:
        return None
    parent, key = draw.rng.choice(parents)
    names = parent.with_role("name")
    children, single = draw.many(thing), draw.single(thing)
    wants_name = bool(names) and draw.chance(0.4)
    lead = draw.one_of(_NAMES_OF if wants_name else _FIND)
    shown = names[0].leaf if wants_name or (lead == "which" and names) else parent.leaf
    if draw.chance(0.25) and names:
        number = number_leaf(draw.rng.randint(2, 20))
        noun, than = draw.many(parent), draw.one_of(_AT_LEAST)
        tail: list[Action] = ["having", ">=" if than == "at least" else ">", "count", thing.leaf, number]
        return f"{noun} with {than} {number.text} {children}", select([names[0].leaf], (), [names[0].leaf], tail)
    counts = draw.chance(0.2)
    words = draw.one_of(_HAS_NO_CHILDREN, noun=draw.many(parent), children=children, single=single)
    own, other = Leaf("column", key.to_table, key.to_columns[0]), Leaf("column", key.table, key.columns[0])
    where: list[Action] = ["where", "not_in", own, *select([other])]
    if counts:
        return f"how many {words}", select(["count", parent.leaf], where)
    return f"{lead} {words}", select([shown], where)


_NONE_IN = wordings("""{noun} without {children} {when} | {noun} with no {children} {when}
    | {noun} that had no {children} {when} | which {noun} had no {children} {when}
    | {noun} that have not had a {single} {when} | {noun} without any {single} {when} | {noun} with nothing {when}
    | {noun} that did not have any {children} {when}""")
_SOME_IN = wordings("""{noun} with {children} {when} | {noun} that had a {single} {when}
    | which {noun} had {children} {when} | {noun} with at least one {single} {when}""")


def children_in_period(draw: Draw) -> Asked | None:
    """Those that had none, or some, of something in a time."""
    thing = draw.thing
    parents, found = _own_parents(draw, thing), draw.when(thing)
    if not parents or found is None or not found[1]:
        return None
    parent, key = draw.rng.choice(parents)
    names = parent.with_role("name")
    period = draw.period()
    none = draw.chance(0.75)
    words = draw.one_of(
        _NONE_IN if none else _SOME_IN,
        noun=draw.many(parent),
        children=draw.many(thing),
        single=draw.single(thing),
        when=in_period(period.text),
    )
    own, other = Leaf("column", key.to_table, key.to_columns[0]), Leaf("column", key.table, key.columns[0])
    inner = select([other], ["where", "=", found[0].leaf, period])
    where: list[Action] = ["where", "not_in" if none else "in", own, *inner]
    if draw.chance(0.2):
        return f"how many {words.removeprefix('which ')}", select(["count", parent.leaf], where)
    shown = names[0].leaf if names and (words.startswith("which") or draw.chance(0.3)) else parent.leaf
    lead = draw.one_of(_NAMES_OF) if shown != parent.leaf and not words.startswith("which") else ""
    return f"{lead} {words}".strip(), select([shown], where)


_FOR_NAME = wordings("for {name} | of {name} | from {name} | of {single} {name} | by {name}")
_OF_OWNER = wordings("of | from | for")
_LIST = wordings("show all | list | all | list all | show me |")
_NAMED = wordings("which | names of | name the | who are the | give me the names of | which of the")
_COUNT = wordings("how many | number of | count | count of")
_WHAT_IS = wordings("what is the | | show the")


def parent_attribute(draw: Draw) -> Asked | None:
    """Rows, counts or sums of a thing by a condition on what it belongs to."""
    rng, thing = draw.rng, draw.thing
    parents = draw.world.parents(thing)
    if not parents:
        return None
    parent, _ = rng.choice(parents)
    grand = draw.world.parents(parent)
    if grand and draw.chance(0.25):
        parent, _ = rng.choice(grand)
    fields = parent.with_role("category", "name", "when", "flag", "measure")
    if not fields:
        return None
    field = rng.choice(fields)
    made = draw_condition(draw, field)
    if made is None or parent is thing:
        return None
    words, condition = made
    noun = draw.many(thing)
    phrase = _of_owner(draw, parent, field, words, condition)
    where: list[Action] = ["where", *condition]
    if draw.chance(0.4):
        filters = draw_filters(draw, thing, 1, 1)
        if filters.where:
            noun = f"{filters.before}{noun}{filters.after if draw.chance(0.5) else ''}"
            phrase = phrase if noun.endswith(filters.after) else f"{phrase}{filters.after}"
            where = ["where", "and", *condition, *filters.where[1:]]
    roll = rng.random()
    if roll < 0.2:
        return f"{draw.one_of(_LIST)} {noun} {phrase}", select([thing.leaf], where)
    if roll < 0.35:
        return f"{draw.one_of(_NAMED)} {noun} {phrase}", select(label(thing), where)
    if roll < 0.65:
        return f"{draw.one_of(_COUNT)} {noun} {phrase}", select(["count", thing.leaf], where)
    total = measure(draw, thing)
    if total is None:
        return None
    lead, of_noun = draw.one_of(_WHAT_IS), rng.choice((f"of {noun} ", ""))
    return f"{lead} {total[0]} {of_noun}{phrase}", select(total[1], where)


def _of_owner(draw: Draw, parent: Thing, field: Field, words: str, condition: list[Action]) -> str:
    """A condition on a field of `parent`, said of what belongs to it: «of active customers»."""
    owner = draw.many(parent)
    if words.startswith("<"):
        phrase = f"of {words[1:]} {owner}"
        return f"in {words[1:]}" if draw.chance(0.3) and field.role == "category" else phrase
    phrase = f"{draw.one_of(_OF_OWNER)} {owner} {words}" if draw.chance(0.75) else words
    named = condition[-1]
    if field.role == "name" and condition[0] == "=" and isinstance(named, Leaf):
        return draw.one_of(_FOR_NAME, name=named.text, single=draw.single(parent))
    return phrase
