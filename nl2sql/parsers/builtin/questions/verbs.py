"""Shapes that say with a verb what one thing does to another, and what is asked about one thing by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import (
    SMALL_NUMBERS,
    Asked,
    Draw,
    is_person,
    number_leaf,
    select,
    with_article,
    wordings,
)
from nl2sql.parsers.builtin.questions.filters import draw_filters, in_period
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, plural


@dataclass(frozen=True)
class Doing:
    """Somebody who does something to the drawn thing: «customers placed orders».

    `doer` is the column that names them, `key` what ties rows to them where they have a table, `thing` that table.
    """

    doer: Field
    single: str
    many: str
    past: str
    base: str
    done_by: str
    thing: Thing | None
    keys: tuple[Leaf, Leaf] | None
    is_person: bool


def _read_verbs() -> Mapping[tuple[str, str], tuple[tuple[str, str, str], ...]]:
    found = {}
    for line in lexicon.VERBS.strip().splitlines():
        pair, _, verbs = line.partition(": ")
        doer, _, done = pair.partition(" ")
        forms = [tuple(part.strip() for part in verb.split(",")) for verb in verbs.split("|")]
        found[doer, done] = tuple((past, base, by) for past, base, by in forms)
    return found


VERBS = _read_verbs()
"""What one thing does to another, by their names: past, base form, said of the other."""


def _doing(draw: Draw) -> Doing | None:
    """Somebody who does something to the drawn thing, by a table of theirs or a column that names them."""
    thing = draw.thing
    own = thing.names[0] if thing.names else ""
    choices: list[Doing] = []
    for parent, key in draw.world.parents(thing):
        verbs = VERBS.get((parent.names[0], own), ()) if parent.names and not parent.is_role else ()
        names = parent.with_role("name")
        for past, base, by in verbs if names else ():
            keys = Leaf("column", key.to_table, key.to_columns[0]), Leaf("column", key.table, key.columns[0])
            who = draw.single(parent), draw.many(parent)
            choices.append(Doing(names[0], *who, past, base, by, parent, keys, is_person(parent)))
    for party in thing.with_role("party"):
        kinds = [kind for kind, done in VERBS if done == own and kind in party.sayings]
        if not kinds and ("employee", own) in VERBS and party.sayings[0] in lexicon.ACTORS:
            kinds = ["employee"]
        for kind in kinds:
            for past, base, by in VERBS[kind, own]:
                single = draw.say(party).removesuffix(" name")
                many = plural(single)
                person = kind in ("customer", "employee", "doctor", "patient", "teacher", "author", "driver", "donor")
                choices.append(Doing(party, single, many, past, base, by, None, None, person))
    return draw.rng.choice(choices) if choices else None


def _fitting(texts: tuple[str, ...], doing: Doing) -> list[str]:
    """Wordings that a verb fits into: one in the present tense stands behind no «has»."""
    present = doing.past.endswith("s") or doing.past.startswith("has")
    return [one for one in texts if not present or not re.search(r"\b(has|have|were|when) ", one)]


def _name_of(draw: Draw, doer: Field) -> str | None:
    return draw.rng.choice(doer.values) if doer.values else None


_MOST = wordings("""which {single} {past} the most {things}{after} | who {past} the most {things}{after}
    | {single} who {past} the most {things}{after} | what {single} {past} most {things}{after}
    | which {single} {past} the largest number of {things}{after}""")
_FEWEST = wordings("""which {single} {past} the fewest {things}{after} | who {past} the fewest {things}{after}
    | {single} who {past} the least {things}{after}""")
_TOP = wordings("""the {count} {many} who {past} the most {things}{after}
    | which {count} {many} {past} the most {things}{after}
    | top {count} {many} who {past} most {things}{after} | {count} {many} that {past} the most {things}{after}""")
_HOW_MANY_EACH = wordings("""how many {things} did each {single} {base}{after}
    | how many {things} has each {single} {past}{after}
    | {things} {by} each {single}{after} | number of {things} {past} by each {single}{after}
    | how many {things} were {by} each {single}{after} | for each {single}, how many {things} they {past}{after}""")
_MORE_THAN = wordings("""{many} who {past} {than} {count} {things}{after}
    | which {many} {past} {than} {count} {things}{after}
    | {many} that {past} {than} {count} {things}{after} | who {past} {than} {count} {things}{after}""")


def who_did_most(draw: Draw) -> Asked | None:
    """Who did something most often, how often each did, who did more than so often."""
    doing = _doing(draw)
    if doing is None:
        return None
    thing, name = draw.thing, doing.doer.leaf
    filters = draw_filters(draw, thing, 0, 1).only_after() if draw.chance(0.3) else None
    after, where = (filters.after, filters.where) if filters else ("", [])
    counted: list[Action] = ["count", thing.leaf]
    said = {
        "single": doing.single, "many": doing.many, "past": doing.past, "base": doing.base, "by": doing.done_by,
        "things": draw.many(thing), "after": after,
    }  # fmt: skip
    roll = draw.rng.random()
    if roll < 0.3:
        most = draw.chance(0.8)
        words = draw.one_of(_MOST if most else _FEWEST, **said)
        return _who(words, doing), select([name], where, [name], ["desc" if most else "asc", *counted, "limit1"])
    if roll < 0.45:
        count = number_leaf(draw.rng.randint(2, 10))
        words = draw.one_of(_TOP, count=count.text, **said)
        return words, select([name, *counted], where, [name], ["desc", *counted, "limit", count])
    if roll < 0.7:
        return draw.one_of(_fitting(_HOW_MANY_EACH, doing), **said), select([name, *counted], where, [name])
    count = number_leaf(draw.rng.randint(2, 20))
    shown = SMALL_NUMBERS[int(count.value)] if int(count.value) < 10 and draw.chance(0.3) else count.text
    than = draw.listed("more than, over, at least, more than")
    words = draw.one_of(_MORE_THAN, count=shown, than=than, **said)
    bar = ">=" if than == "at least" else ">"
    return _who(words, doing), select([name], where, [name], ["having", bar, *counted, count])


def _who(words: str, doing: Doing) -> str:
    """«Who» is said of people only."""
    return (
        words
        if doing.is_person
        else words.replace("who ", "that ", 1)
        if not words.startswith("who")
        else (f"which {doing.single} {words[4:]}")
    )


_HOW_MANY_OF_ONE = wordings("""how many {things} did {name} {base}{after} | how many {things} has {name} {past}{after}
    | number of {things} {by} {name}{after} | how many {things} were {by} {name}{after}
    | count the {things} {by} {name}{after}""")
_WHICH_OF_ONE = wordings("""which {things} did {name} {base}{after} | {things} {by} {name}{after}
    | all {things} {by} {name}{after} | show the {things} that {name} {past}{after}
    | what {things} has {name} {past}{after}
    | list everything {name} {past}{after}""")
_LAST_OF_ONE = wordings("""when did {name} last {base} {a_thing} | when was the last {thing} {by} {name}
    | date of the last {thing} {by} {name} | when did {name} {base} the most recent {thing}""")
_SUM_OF_ONE = wordings("""total {column} of {things} {by} {name}{after} | {column} of all {things} {by} {name}{after}
    | how much {column} came from {things} {by} {name}{after} | sum of {column} for {things} {by} {name}{after}""")


def what_one_did(draw: Draw) -> Asked | None:
    """How many, which, and when last somebody by their name did something."""
    doing = _doing(draw)
    name = _name_of(draw, doing.doer) if doing else None
    if doing is None or name is None:
        return None
    thing = draw.thing
    own: list[Action] = ["=", doing.doer.leaf, Leaf("text", text=name)]
    filters = draw_filters(draw, thing, 0, 1).only_after() if draw.chance(0.3) else None
    after, where = (filters.after, ["and", *own, *filters.where[1:]]) if filters and filters.where else ("", own)
    single = draw.single(thing)
    said = {
        "things": draw.many(thing), "thing": single, "name": name, "base": doing.base, "past": doing.past,
        "by": doing.done_by, "after": after, "a_thing": with_article(single),
    }  # fmt: skip
    roll = draw.rng.random()
    measures = thing.with_role("measure")
    whens = thing.with_role("when")
    if roll < 0.35:
        return draw.one_of(_fitting(_HOW_MANY_OF_ONE, doing), **said), select(["count", thing.leaf], ["where", *where])
    if roll < 0.7:
        names = thing.with_role("name")
        words = draw.one_of(_fitting(_WHICH_OF_ONE, doing), **said)
        shown = names[0].leaf if names and words.startswith(("which", "what")) else thing.leaf
        return words, select([shown], ["where", *where])
    if roll < 0.85 and whens:
        return draw.one_of(_LAST_OF_ONE, **said), select(["max", whens[0].leaf], ["where", *own])
    if not measures:
        return None
    field = draw.rng.choice(measures)
    return draw.one_of(_SUM_OF_ONE, column=draw.say(field), **said), select(["sum", field.leaf], ["where", *where])


_NEVER = wordings("""{many} who never {past} {a_thing} | {many} who have not {past} any {things}
    | which {many} did not {base} any {things} | {many} that never {past} anything | {many} who didn't {base} {a_thing}
    | which {many} have never {past} {a_thing} | {many} without {things} | who has never {past} {a_thing}""")
_NEVER_IN = wordings("""{many} who did not {base} any {things} {when} | which {many} {past} nothing {when}
    | {many} who didn't {base} {a_thing} {when} | {many} who {past} no {things} {when}""")
_EVER = wordings("""{many} who {past} {things}{cond} | which {many} {past} {things}{cond} | who {past} {things}{cond}
    | names of {many} who {past} {things}{cond} | {many} that {past} at least one {thing}{cond}""")


def who_did_ever(draw: Draw) -> Asked | None:
    """Who never did something, or did something of a kind."""
    doing = _doing(draw)
    if doing is None:
        return None
    thing = draw.thing
    single = draw.single(thing)
    said = {
        "many": doing.many, "past": doing.past, "base": doing.base, "things": draw.many(thing), "thing": single,
        "a_thing": with_article(single),
    }  # fmt: skip
    if doing.keys is not None and doing.thing is not None and draw.chance(0.55):
        own, other = doing.keys
        inner: list[Action] = [other]
        condition: list[Action] = []
        found = draw.when(thing)
        words = draw.one_of(_fitting(_NEVER, doing), **said)
        if found is not None and found[1] and draw.chance(0.35):
            period = draw.period()
            condition = ["where", "=", found[0].leaf, period]
            words = draw.one_of(_NEVER_IN, when=in_period(period.text), **said)
        where: list[Action] = ["where", "not_in", own, *select(inner, condition)]
        if draw.chance(0.15):
            how_many = words.removeprefix("which ")
            if not how_many.startswith("who"):
                return f"how many {_who(how_many, doing)}", select(["count", doing.thing.leaf], where)
        named = words.startswith(("which", "who")) or draw.chance(0.4)
        return _who(words, doing), select([doing.doer.leaf if named else doing.thing.leaf], where)
    filters = draw_filters(draw, thing, 1, 1).only_after()
    if not filters.where:
        return None
    where = filters.where
    own_filters = draw_filters(draw, doing.thing, 1, 1) if doing.thing is not None and draw.chance(0.4) else None
    if own_filters is not None and own_filters.before:
        said["many"] = own_filters.before + said["many"]
        where = ["where", "and", *own_filters.where[1:], *filters.where[1:]]
    words = draw.one_of(_EVER, cond=filters.after, **said)
    return _who(words, doing), select(["distinct", doing.doer.leaf], where)


_HOW_MANY_DID = wordings("""how many {many} {past} {a_thing}{when} | how many different {many} {past} {things}{when}
    | number of {many} who {past} {things}{when} | how many {many} {past} {things}{when}
    | count of different {many} who {past} {a_thing}{when} | how many {many} {past} at least one {thing}{when}
    | how many distinct {many} {past} {things}{when}""")
_BUT_NOT = wordings("""{many} who {past} {things} {one} but not {other}
    | which {many} {past} {things} {one} and not {other}
    | {many} who {past} something {one} but nothing {other} | {many} that {past} {a_thing} {one} but none {other}
    | who {past} {things} {one} but not {other}""")


def how_many_did(draw: Draw) -> Asked | None:
    """How many different ones did something, at some time or of some kind; who in one time and not in another."""
    doing = _doing(draw)
    if doing is None:
        return None
    thing = draw.thing
    who = doing.keys[1] if doing.keys is not None else doing.doer.leaf
    single = draw.single(thing)
    said = {
        "many": doing.many, "past": doing.past, "things": draw.many(thing), "thing": single,
        "a_thing": with_article(single),
    }  # fmt: skip
    found = draw.when(thing)
    dated = found is not None and found[1]
    if found is not None and dated and draw.chance(0.3):
        one, other = draw.period(), draw.period()
        if one.value == other.value:
            return None
        words = draw.one_of(_BUT_NOT, one=in_period(one.text), other=in_period(other.text), **said)
        shown = doing.doer.leaf
        halves = [select([shown], ["where", "=", found[0].leaf, period]) for period in (one, other)]
        return _who(words, doing), [*halves[0][:-1], "except", *halves[1]]
    when, where = "", list[Action]()
    if found is not None and dated and draw.chance(0.6):
        period = draw.period()
        when, where = f" {in_period(period.text)}", ["where", "=", found[0].leaf, period]
    elif draw.chance(0.5):
        filters = draw_filters(draw, thing, 1, 1).only_after()
        when, where = filters.after, filters.where
    words = draw.one_of(_HOW_MANY_DID, when=when, **said)
    return _who(words, doing) if not doing.is_person else words, select(["count", "distinct", who], where)


_LOOK_UP = wordings("""what is the {column} of {name} | {column} of {name} | {name} {column} | what is {name}'s {column}
    | show the {column} of {name} | {name}'s {column} | give me the {column} for {name} | what {column} does {name} have
    | {column} for {name} | look up the {column} of {name}""")
_ALL_ABOUT = wordings("""show everything about {name} | all about {name} | details of {name} | show me {name}
    | what do we know about {name} | the {single} called {name} | find {name} | look up {name}""")


def looked_up(draw: Draw) -> Asked | None:
    """One field, or all, of one thing by its name: «how old is Ann Lee»."""
    thing = draw.thing
    names = thing.with_role("name")
    if not names or not names[0].values:
        return None
    name = draw.rng.choice(names[0].values)
    where: list[Action] = ["where", "=", names[0].leaf, Leaf("text", text=name)]
    others = [one for one in thing.fields if one is not names[0]]
    if not others or draw.chance(0.12):
        return draw.one_of(_ALL_ABOUT, name=name, single=draw.single(thing)), select([thing.leaf], where)
    field = draw.rng.choice(others)
    texts = _LOOK_UP
    for kind, more in lexicon.LOOKED_UP.items():
        verbs = [part.strip().removeprefix("were ").split()[:1] for part in field.extra.split(",")]
        if (kind == field.sayings[0] or [kind] in verbs) and draw.chance(0.6):
            texts = wordings(more)
    return draw.one_of(texts, name=name, column=draw.say(field)), select([field.leaf], where)


_WHEN_LAST = wordings("""when was the {last} {single} {verb} | {date} of the {last} {single}
    | when was the {last} {single}
    | what is the {latest} {date} of {things} | {latest} {date} | what is the {latest} {date}""")


def first_or_last_date(draw: Draw) -> Asked | None:
    """The first or the last date of all: «when was the last order placed»."""
    thing = draw.thing
    found = draw.when(thing)
    if found is None:
        return None
    field, is_first = found
    verbs = [one.strip() for one in field.extra.split(",") if one.strip()]
    verb = draw.rng.choice(verbs) if verbs else ""
    last = draw.chance(0.65)
    filters = draw_filters(draw, thing, 0, 1).only_after() if draw.chance(0.25) else None
    after, where = (filters.after, filters.where) if filters else ("", [])
    texts = [one for one in _WHEN_LAST if "{date}" in one or is_first]
    texts = [one for one in texts if "{verb}" not in one or verb.startswith("were ")]
    words = draw.one_of(
        texts,
        last=draw.listed("last, latest, most recent" if last else "first, earliest"),
        latest=draw.listed("latest, most recent, last" if last else "earliest, first, oldest"),
        single=draw.single(thing), verb=verb.removeprefix("were "), date=draw.say(field), things=draw.many(thing),
    )  # fmt: skip
    return words + after, select(["max" if last else "min", field.leaf], where)
