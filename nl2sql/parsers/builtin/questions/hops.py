"""Shapes over several tables: conditions on two or three that keys tie together, and who did something with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nl2sql.errors import ParserError
from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.joins import Path, join_path
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, all_of, is_person, label, number_leaf, select, wordings
from nl2sql.parsers.builtin.questions.filters import draw_filters
from nl2sql.parsers.builtin.questions.totals import measure
from nl2sql.parsers.builtin.questions.verbs import VERBS
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing
from nl2sql.schema import ForeignKey

_Key = tuple[Thing, ForeignKey]


def _read_ties() -> Mapping[str, Mapping[tuple[str, str], str]]:
    found: dict[str, dict[tuple[str, str], str]] = {}
    for line in lexicon.TIES.strip().splitlines():
        ends, _, verbs = line.partition(": ")
        tie, who, what = ends.split(" | ")
        found.setdefault(tie, {})[who, what] = verbs
    return found


TIES = _read_ties()
"""By the things that tie two others: who does something to what, and in what words."""


@dataclass(frozen=True)
class _Described:
    """A thing with what is said of it: a noun phrase, or a name alone, and the condition that either means."""

    thing: Thing
    words: str
    condition: list[Action]
    is_name: bool = False


def _ancestors(draw: Draw, thing: Thing) -> list[_Key]:
    """What `thing` belongs to, and what that belongs to, each table once, roles left out; the key refers to it."""
    near = draw.world.parents(thing)
    found: dict[str, _Key] = {}
    for one, key in [*near, *(far for parent, _ in near for far in draw.world.parents(parent))]:
        if one.table != thing.table and not one.is_role:
            found.setdefault(one.table, (one, key))
    return list(found.values())


_BY_NAME = wordings("{name} | {name} | the {single} {name} | {name} | {single} {name}")


def _described(draw: Draw, thing: Thing) -> _Described | None:
    """One condition on `thing` in words; None where it has nothing to ask about."""
    names = thing.with_role("name")
    if names and names[0].values and draw.chance(0.35):
        name = draw.rng.choice(names[0].values)
        condition: list[Action] = ["=", names[0].leaf, Leaf("text", text=name)]
        said = draw.one_of(_BY_NAME, name=name, single=draw.single(thing))
        return _Described(thing, said, condition, is_name=True)
    filters = draw_filters(draw, thing, 1, 1)
    if not filters.where:
        return None
    return _Described(thing, filters.around(draw.many(thing)), filters.where[1:])


_TIES_OF_KIND = wordings("of | for | from | of | with | by | in | involving | on")
_TIES_OF_NAME = wordings("for | of | from | by | with | in | at | to")


def _tied(draw: Draw, thing: Thing, one: _Described) -> str:
    """What a row of `thing` belongs to, said behind it: «placed by premium customers»."""
    verbs = _verbs(one.thing, thing)
    if verbs and draw.chance(0.5):
        return f" {draw.rng.choice(verbs)[2]} {one.words}"
    return f" {draw.one_of(_TIES_OF_NAME if one.is_name else _TIES_OF_KIND)} {one.words}"


def _verbs(doer: Thing, done: Thing) -> Sequence[tuple[str, str, str]]:
    return VERBS.get((doer.names[0], done.names[0]), ()) if doer.names and done.names else ()


def _path(draw: Draw, reading: Sequence[Action]) -> Path:
    """The tables that a reading of one SELECT is joined over; none where no key ties them."""
    tables = dict.fromkeys(one.table for one in reading if isinstance(one, Leaf) and one.table)
    try:
        return join_path(draw.world.schema, list(tables))
    except ParserError:
        return []


def _one_row_each(draw: Draw, thing: Thing, reading: Sequence[Action]) -> bool:
    """Whether FROM goes from `thing` upwards only, so that each of its rows comes up once."""
    path = _path(draw, reading)
    above = [key.to_table for _, key in path if key is not None]
    return thing.table not in above and len(set(above)) == len(above) and any(name == thing.table for name, _ in path)


_LISTED = wordings("show all | list | | all | show me the | list all | find | which | get the")
_COUNTED = wordings("how many | number of | how many | count | count of | total number of")
_TOTAL = wordings("what is the {total} of {rest} | {total} of {rest} | {total} for {rest} | {total} from {rest}")
_BY = wordings("{total} of {rest} by {by} | {total} by {by} for {rest} | for each {by}, {total} of {rest}")
_COUNT_BY = wordings("""number of {rest} by {by} | how many {rest} per {by} | {rest} per {by}
    | count of {rest} for each {by} | for each {by}, how many {rest} | how many {rest} are there by {by}""")


def across(draw: Draw) -> Asked | None:
    """Rows, their number or their total, by conditions on two of the things that they belong to."""
    thing = draw.thing
    others = [one for one, _ in _ancestors(draw, thing)]
    if len(others) < 2:
        return None
    chosen = draw.rng.sample(others, 2)
    said = [found for one in chosen if (found := _described(draw, one)) is not None]
    own = draw_filters(draw, thing, 1, 1) if draw.chance(0.4) else None
    conditions = [one.condition for one in said]
    rest = draw.many(thing)
    if own is not None and own.where:
        rest = own.around(rest)
        conditions.insert(0, own.where[1:])
    if not said or len(conditions) < 2:
        return None
    rest += "".join(_tied(draw, thing, one) for one in said)
    where = all_of(conditions)
    if not _one_row_each(draw, thing, [thing.leaf, *where]):
        return None
    if draw.chance(0.3):
        return _by_another(draw, [one for one in others if one not in chosen or draw.chance(0.3)], rest, where)
    return _rows_or_total(draw, rest, where)


def _rows_or_total(draw: Draw, rest: str, where: list[Action]) -> Asked:
    """The rows that `rest` describes, their number, or a total over them."""
    thing = draw.thing
    roll = draw.rng.random()
    total = measure(draw, thing) if roll < 0.35 else None
    if total is not None:
        return draw.one_of(_TOTAL, total=total[0], rest=rest), select(total[1], where)
    if roll < 0.75:
        return f"{draw.one_of(_COUNTED)} {rest}", select(["count", thing.leaf], where)
    return f"{draw.one_of(_LISTED)} {rest}", select([thing.leaf], where)


def _by_another(draw: Draw, others: Sequence[Thing], rest: str, where: list[Action]) -> Asked | None:
    """The number of the rows that `rest` describes, or a total over them, by a field of theirs or of `others`."""
    thing = draw.thing
    keys = [field for one in others for field in one.with_role("category", "name")]
    keys = [field for field in (*keys, *thing.with_role("category")) if field.leaf not in where]
    if not keys:
        return None
    key = draw.rng.choice(keys)
    by = _said_of_key(draw, key)
    total = measure(draw, thing) if draw.chance(0.5) else None
    if total is not None:
        return draw.one_of(_BY, total=total[0], rest=rest, by=by), select([key.leaf, *total[1]], where, [key.leaf])
    return draw.one_of(_COUNT_BY, rest=rest, by=by), select([key.leaf, "count", thing.leaf], where, [key.leaf])


def _said_of_key(draw: Draw, key: Field) -> str:
    owner = draw.world.thing(key.table)
    by = draw.say(key)
    if owner is None or owner is draw.thing or draw.chance(0.5):
        return by
    return draw.single(owner) if key.role == "name" else f"{draw.single(owner)} {by}"


_WHO = wordings("""{who} who {did} {what} | which {who} {did} {what} | who {did} {what}
    | names of {who} who {did} {what} | list the {who} that {did} {what} | find {who} who have {did} {what}
    | {who} that ever {did} {what} | show the names of the {who} who {did} {what} | list everyone who {did} {what}
    | all {who} who {did} {what}""")
_WHO_HAS = wordings("""{who} with {what} | which {who} have {what} | {who} that have {what} | names of {who} with {what}
    | list the {who} having {what} | which {who} are tied to {what} | {who} who had {what}""")
_HOW_MANY_DID = wordings("""how many {who} {did} {what} | number of {who} who {did} {what}
    | how many different {who} {did} {what} | count the {who} who have {did} {what}
    | how many {who} have {did} {what}""")
_BOTH = wordings("""{who} who {did} both {one} and {two} | which {who} {did} both {one} and {two}
    | {who} who {did} {one} and also {two} | who {did} {one} as well as {two}
    | {who} who have {did} {one} and {two}""")
_NOT_BOTH = wordings("""{who} who {did} {one} but not {two} | which {who} {did} {one} but never {two}
    | {who} who {did} {one} and not {two} | who {did} {one} but no {two} | {who} that {did} {one} without {two}""")
_NEVER = wordings("""{who} who never {did} {what} | which {who} have never {did} {what} | who never {did} {what}
    | {who} that have not {did} {what}""")


@dataclass(frozen=True)
class _Deed:
    """Who does something with what, by way of the drawn thing; `key` is the one that refers to them."""

    who: Thing
    key: ForeignKey
    what: Thing
    did: str
    via: list[Action]
    """FROM with the drawn thing, where the shortest way between the two would be another."""

    @property
    def doer(self) -> Leaf:
        """The column by which the drawn thing, or what it belongs to, refers to them."""
        return Leaf("column", self.key.table, self.key.columns[0])


def _deed(draw: Draw) -> _Deed | None:
    thing = draw.thing
    verbs = TIES.get(thing.names[0], {}) if thing.names else {}
    near = {one.names[0]: (one, key) for one, key in _ancestors(draw, thing)}
    pairs = [pair for pair in verbs if pair[0] in near and pair[1] in near]
    if not pairs:
        return None
    pair = draw.rng.choice(pairs)
    (who, key), (what, _) = near[pair[0]], near[pair[1]]
    path = _path(draw, [who.leaf, what.leaf])
    if not path:
        return None
    via: list[Action] = [] if any(name == thing.table for name, _ in path) else ["from", thing.leaf]
    return _Deed(who, key, what, draw.listed(verbs[pair]), via)


def who_with_what(draw: Draw) -> Asked | None:
    """Who did something with things of a kind, by way of the drawn thing: «customers who bought toys»."""
    deed = _deed(draw)
    if deed is None:
        return None
    asked = (_did_two if draw.chance(0.22) else _never_did if draw.chance(0.13) else _did)(draw, deed)
    return None if asked is None else (_people(asked[0], deed.who, draw), asked[1])


def _did_two(draw: Draw, deed: _Deed) -> Asked | None:
    """Who did it with both of two, or with one and not with the other."""
    names, shown = deed.what.with_role("name"), label(deed.who)
    if not names or len(names[0].values) < 2 or len(shown) > 1:
        return None
    one, two = draw.rng.sample(names[0].values, 2)
    texts, between = (_NOT_BOTH, "except") if draw.chance(0.4) else (_BOTH, "intersect")
    halves = [select(shown, [*deed.via, "where", "=", names[0].leaf, Leaf("text", text=name)]) for name in (one, two)]
    words = draw.one_of(texts, who=draw.many(deed.who), did=deed.did, one=one, two=two)
    return words, [*halves[0][:-1], between, *halves[1]]


def _never_did(draw: Draw, deed: _Deed) -> Asked | None:
    """Who never did it with any of a kind."""
    described = _described(draw, deed.what)
    if described is None or deed.key.table != draw.thing.table:
        return None
    own, before = _of_their_own(draw, deed.who)
    inner = select([deed.doer], all_of([described.condition]))
    none: list[Action] = ["not_in", Leaf("column", deed.key.to_table, deed.key.to_columns[0]), *inner]
    words = draw.one_of(_NEVER, who=before + draw.many(deed.who), did=deed.did, what=described.words)
    return words, select(label(deed.who), all_of([*own, none]))


def _did(draw: Draw, deed: _Deed) -> Asked | None:
    """Who did it with any of a kind, or how many different ones."""
    described = _described(draw, deed.what)
    if described is None:
        return None
    own, before = _of_their_own(draw, deed.who)
    more = draw_filters(draw, draw.thing, 1, 1).only_after() if draw.chance(0.25) else None
    conditions = [*own, described.condition, *([more.where[1:]] if more and more.where else [])]
    said = {
        "who": before + draw.many(deed.who), "did": deed.did, "what": described.words + (more.after if more else ""),
    }  # fmt: skip
    counts = draw.chance(0.3)
    is_named = bool(more and more.where) or (counts and deed.key.table == draw.thing.table)
    where = [*([] if is_named else deed.via), *all_of(conditions)]
    if counts:
        return draw.one_of(_HOW_MANY_DID, **said), select(["count", "distinct", deed.doer], where)
    return draw.one_of(_WHO, **said), select(["distinct", *label(deed.who)], where)


def _of_their_own(draw: Draw, who: Thing) -> tuple[list[list[Action]], str]:
    """At times a condition on `who` themselves, and the words for it, which precede their noun."""
    filters = draw_filters(draw, who, 1, 1) if draw.chance(0.25) else None
    return ([filters.where[1:]], filters.before) if filters is not None and filters.before else ([], "")


def who_has_such(draw: Draw) -> Asked | None:
    """Who has rows of the drawn thing of a kind, which belong to others of a kind: «agents with open tickets of …»."""
    thing = draw.thing
    others = _ancestors(draw, thing)
    if len(others) < 2:
        return None
    (who, key), (what, _) = draw.rng.sample(others, 2)
    own = draw_filters(draw, thing, 1, 1)
    described = _described(draw, what)
    if not own.where or label(who) == [who.leaf] or (described is None and draw.chance(0.7)):
        return None
    phrase = own.around(draw.many(thing)) + (_tied(draw, thing, described) if described else "")
    where = all_of([own.where[1:], *([described.condition] if described else [])])
    if not _one_row_each(draw, thing, [*label(who), *where]):
        return None
    roll = draw.rng.random()
    if roll < 0.2:
        doer = Leaf("column", key.table, key.columns[0])
        return f"how many {draw.many(who)} have {phrase}", select(["count", "distinct", doer], where)
    if roll < 0.5:
        return _by_how_many(draw, who, phrase, where)
    verbs = _verbs(who, thing)
    words = draw.one_of(_WHO_HAS, who=draw.many(who), what=phrase)
    if verbs and draw.chance(0.6):
        words = draw.one_of(_WHO, who=draw.many(who), did=draw.rng.choice(verbs)[0], what=phrase)
    return _people(words, who, draw), select(["distinct", *label(who)], where)


def _by_how_many(draw: Draw, who: Thing, phrase: str, where: list[Action]) -> Asked:
    """Those with the most of the drawn thing, of a kind, or with more than so many."""
    number, many = number_leaf(draw.rng.randint(2, 20)), draw.many(who)
    counted: list[Action] = ["count", draw.thing.leaf]
    if draw.chance(0.5):
        words = f"the {number.text} {many} with the most {phrase}"
        return words, select([*label(who), *counted], where, label(who), ["desc", *counted, "limit", number])
    than = draw.listed("more than, over, at least")
    bar: list[Action] = ["having", ">=" if than == "at least" else ">", *counted, number]
    lead = draw.listed(f"which {many} have, {many} with, {many} that have")
    return f"{lead} {than} {number.text} {phrase}", select(label(who), where, label(who), bar)


_FROM_TO = wordings("""{things} from {one} to {two} | {things} going from {one} to {two}
    | {things} between {one} and {two} | {things} starting in {one} and ending in {two}
    | {things} that go from {one} to {two} | {things} out of {one} into {two} | {things} leaving {one} for {two}""")
_IN_ROLES = wordings("""{things} with {first} {one} and {second} {two}
    | {things} whose {first} is {one} and {second} is {two}
    | {things} where the {first} is {one} and the {second} is {two}
    | {things} with {one} as {first} and {two} as {second}""")
_IN_A_ROLE = wordings("""{things} with {first} {one} | {things} whose {first} is {one}
    | {things} where {one} is the {first} | {things} with a {first} in {one}""")
_FROM = wordings("{things} from {one} | {things} leaving {one} | {things} out of {one} | {things} starting in {one}")
_TO = wordings("{things} to {one} | {things} going to {one} | {things} bound for {one} | {things} into {one}")


def in_both_roles(draw: Draw) -> Asked | None:
    """Rows that refer twice to one table, by conditions on both or on one: «flights from France to Germany»."""
    thing = draw.thing
    roles = [one for one, _ in draw.world.parents(thing) if one.is_role][:2]
    fields = [one for one in roles[0].with_role("category", "name") if len(one.values) > 1] if len(roles) > 1 else []
    if not fields:
        return None
    field = draw.rng.choice(fields)
    sides = [next((one for one in role.fields if one.column == field.column), None) for role in roles]
    if sides[1] is None:
        return None
    values = draw.rng.sample(field.values, 2)
    said = {"things": draw.many(thing), "first": draw.single(roles[0]), "second": draw.single(roles[1])}
    conditions: list[list[Action]] = [
        ["=", side.leaf, Leaf("text", text=value)] for side, value in zip(sides, values, strict=True) if side
    ]
    moves = thing.names[0] in lexicon.MOVES and draw.chance(0.75)
    if draw.chance(0.55):
        words = draw.one_of(_FROM_TO if moves else _IN_ROLES, one=values[0], two=values[1], **said)
    else:
        side = draw.rng.randrange(2)
        texts = (_FROM, _TO)[side] if moves else _IN_A_ROLE
        words = draw.one_of(texts, one=values[side], things=said["things"], first=(said["first"], said["second"])[side])
        conditions = [conditions[side]]
    filters = draw_filters(draw, thing, 1, 1).only_after() if draw.chance(0.3) else None
    if filters is not None and filters.where:
        words += filters.after
        conditions.append(filters.where[1:])
    return _rows_or_total(draw, words, all_of(conditions))


def _people(words: str, who: Thing, draw: Draw) -> str:
    """«Who» is said of people only."""
    if is_person(who):
        return words
    if words.startswith("who "):
        words = f"which {draw.many(who)} {words[4:]}"
    return words.replace("everyone who", f"every {draw.single(who)} that").replace(" who ", " that ", 1)
