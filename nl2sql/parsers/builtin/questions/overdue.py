"""Questions for what is overdue: due before today and, where a date tells of it, not done yet."""

from __future__ import annotations

from nl2sql import dates
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import Asked, Draw, all_of, select, wordings
from nl2sql.parsers.builtin.questions.groups import group_key

_OVERDUE = wordings("""overdue {noun} | which {noun} are overdue | {noun} that are past due | {noun} past due
    | all overdue {noun} | list the overdue {noun} | {noun} overdue | {noun} that are overdue""")
_HOW_MANY_OVERDUE = wordings("""how many {noun} are overdue | number of overdue {noun} | how many overdue {noun}
    | count of {noun} past due | how many {noun} are past due""")
_OVERDUE_TOTAL = wordings("""total {column} of overdue {noun} | {column} of all overdue {noun} | overdue {column}
    | how much {column} is overdue | {column} that is past due""")
_DUE = ("due", "due date", "due on", "deadline")
_DONE = ("paid", "paid on", "payment date", "closed", "closed on", "returned", "returned on", "delivered", "ended")


def overdue(draw: Draw) -> Asked | None:
    """What was due before today and, where a date tells of it, is not done."""
    thing = draw.thing
    whens = {field.sayings[0]: field for field in thing.with_role("when")}
    due = next((whens[one] for one in _DUE if one in whens), None)
    if due is None:
        return None
    noun, measures = draw.many(thing), thing.with_role("measure")
    done = next((whens[one] for one in _DONE if one in whens), None)
    roll = draw.rng.random()
    words = draw.one_of(_HOW_MANY_OVERDUE if roll < 0.35 else _OVERDUE, noun=noun)
    actions: list[Action] = ["count", thing.leaf]
    if roll > 0.75 and measures:
        field = draw.rng.choice(measures)
        words, actions = draw.one_of(_OVERDUE_TOTAL, noun=noun, column=draw.say(field)), ["sum", field.leaf]
    said = "past due" if "past due" in words else "overdue"
    conditions: list[list[Action]] = [
        ["<", due.leaf, Leaf("date", value=dates.to_text(dates.Period("day", "relative")), text=said)]
    ]
    if done is not None:
        conditions.append(["null", done.leaf])
    where = all_of(conditions)
    if roll >= 0.35 and actions[0] == "count":
        names = thing.with_role("name", "code")
        return words, select([names[0].leaf if names and words.startswith("which") else thing.leaf], where)
    key = group_key(draw, thing) if draw.chance(0.25) else None
    if key is not None:
        return f"{words} by {key[0]}", select([*key[1], *actions], where, key[1])
    return words, select(actions, where)
