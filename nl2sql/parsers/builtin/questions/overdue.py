"""Questions that mean today without saying it: what is overdue, what has expired, what is still valid."""

from __future__ import annotations

from nl2sql import dates
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, all_of, select, wordings
from nl2sql.parsers.builtin.questions.groups import group_key
from nl2sql.parsers.builtin.synthetic_schema import Field

_DUE = ("due", "due date", "due on", "deadline")
_DONE = ("paid", "paid on", "payment date", "closed", "closed on", "returned", "returned on", "delivered", "ended")
_VALID_UNTIL = ("ended2", "valid until", "expiry date", "expiration date", "expires on")
_ENDS = ("ended", "end date")
_RUN_OUT = frozenset(("contract", "agreement", "policy", "subscription", "membership", "lease", "licence", "license"))

_OVERDUE = (
    wordings("""overdue {noun} | which {noun} are overdue | {noun} that are past due | {noun} past due
        | all overdue {noun} | list the overdue {noun} | {noun} overdue | {noun} that are overdue"""),
    wordings("""how many {noun} are overdue | number of overdue {noun} | how many overdue {noun}
        | count of {noun} past due | how many {noun} are past due"""),
    wordings("""total {column} of overdue {noun} | {column} of all overdue {noun} | overdue {column}
        | how much {column} is overdue | {column} that is past due"""),
)
_EXPIRED = (
    wordings("""expired {noun} | {noun} that have expired | which {noun} have expired | all expired {noun}
        | which {noun} are no longer valid | {noun} no longer valid | lapsed {noun} | {noun} that lapsed"""),
    wordings("""how many {noun} have expired | number of expired {noun} | how many {noun} are no longer valid
        | how many expired {noun} are there | count of lapsed {noun}"""),
    wordings("""total {column} of expired {noun} | {column} of {noun} that have expired
        | {column} of all {noun} no longer valid"""),
)
_STILL_VALID = (
    wordings("""{noun} that are still valid | which {noun} are still valid | all {noun} still valid
        | show the {noun} that are still valid | still valid {noun}"""),
    wordings("how many {noun} are still valid | number of {noun} still valid"),
    wordings("total {column} of {noun} still valid | {column} of all {noun} that are still valid"),
)
"""Words that list, that count, and that ask for a total."""


def overdue(draw: Draw) -> Asked | None:
    """What was due before today and, where a date tells of it, is not done; what has run out, and what has not."""
    thing = draw.thing
    whens = {field.sayings[0]: field for field in thing.with_role("when")}
    due, done = _first(whens, _DUE), _first(whens, _DONE)
    end = _first(whens, _VALID_UNTIL) or (None if _RUN_OUT.isdisjoint(thing.names) else _first(whens, _ENDS))
    if due is None and end is None:
        return None
    expires = end is not None and (due is None or draw.chance(0.5))
    still = expires and draw.chance(0.35)
    lists, counts, totals = _STILL_VALID if still else _EXPIRED if expires else _OVERDUE
    field, noun, measures = end if expires else due, draw.many(thing), thing.with_role("measure")
    assert field is not None
    roll = draw.rng.random()
    words, actions = draw.one_of(lists, noun=noun), list[Action]()
    if roll < 0.35:
        words, actions = draw.one_of(counts, noun=noun), ["count", thing.leaf]
    elif roll > 0.75 and measures:
        measured = draw.rng.choice(measures)
        words, actions = draw.one_of(totals, noun=noun, column=draw.say(measured)), ["sum", measured.leaf]
    said = next(one for one in dates.IMPLIED if one in words)
    today = Leaf("date", value=dates.to_text(dates.Period("day", "relative")), text=said)
    conditions: list[list[Action]] = [[">=" if still else "<", field.leaf, today]]
    if done is not None and not expires:
        conditions.append(["null", done.leaf])
    where = all_of(conditions)
    if not actions:
        names = thing.with_role("name", "code")
        return words, select([names[0].leaf if names and words.startswith("which") else thing.leaf], where)
    key = group_key(draw, thing) if draw.chance(0.25) else None
    if key is not None:
        return f"{words} by {key[0]}", select([*key[1], *actions], where, key[1])
    return words, select(actions, where)


def _first(whens: dict[str, Field], names: tuple[str, ...]) -> Field | None:
    return next((whens[one] for one in names if one in whens), None)
