"""Ties a gold reading to the items of its inputs: the targets that training predicts. For training only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from nl2sql import dates
from nl2sql.linking import normal_form
from nl2sql.parsers.builtin.features import Inputs, Item
from nl2sql.parsers.builtin.grammar import KEYWORD_IDS, KEYWORDS, KINDS, START, Kind, Leaf, Reading, advance, allowed

_ANY_DAY = dt.date(2024, 6, 15)


class GroundingError(Exception):
    """Some leaf of the gold reading has no item in the inputs."""


@dataclass(frozen=True)
class Targets:
    """What to predict: `actions[t]` is a keyword's number, or K + item; `allowed[t]` what the grammar allows there."""

    actions: tuple[int, ...]
    keywords: tuple[tuple[int, ...], ...]
    kinds: tuple[tuple[int, ...], ...]


def ground(reading: Reading, inputs: Inputs, keyword_count: int) -> Targets:
    """The targets of `reading` over `inputs`. Raises GroundingError."""
    stack = START
    actions: list[int] = []
    keywords: list[tuple[int, ...]] = []
    kinds: list[tuple[int, ...]] = []
    last: Leaf | None = None

    def put(name: str, number: int) -> None:
        nonlocal stack
        may = allowed(stack)
        fits = name in may.keywords if not name.startswith("@") else name[1:] in may.kinds
        if not fits:
            raise GroundingError(f"{name} may not follow")
        keywords.append(tuple(sorted(KEYWORD_IDS[one] for one in may.keywords)))
        kinds.append(tuple(KINDS.index(one) for one in may.kinds))
        actions.append(number)
        stack = advance(stack, name)

    for action in reading:
        if isinstance(action, str):
            put(action, KEYWORD_IDS[action])
            continue
        if action.kind in ("table", "column"):
            put(f"@{action.kind}", keyword_count + _item_of(action, inputs.items))
            last = action if action.kind == "column" else last
            continue
        constant = action.kind == "number" and action.value in ("0", "1", "100")
        if constant and action.value in allowed(stack).keywords and _mention_of(action, inputs.items) is None:
            put(action.value, KEYWORD_IDS[action.value])
            continue
        for kind, number in _value(action, last, inputs, allowed(stack).kinds):
            put(f"@{kind}", keyword_count + number)
    if stack:
        raise GroundingError("cut off")
    if max(actions[:1]) >= len(KEYWORDS):
        raise GroundingError("no keyword first")
    return Targets(tuple(actions), tuple(keywords), tuple(kinds))


def _item_of(leaf: Leaf, items: Sequence[Item]) -> int:
    for number, item in enumerate(items):
        if item.leaf == leaf:
            return number
    raise GroundingError(f"no item for {leaf.table}.{leaf.column}")


def _mention_of(leaf: Leaf, items: Sequence[Item]) -> int | None:
    """The number or year in the question that a literal means."""
    for number, item in enumerate(items):
        found = item.leaf
        if item.kind != "mention" or found is None:
            continue
        if found.kind == "number" and _same_number(found.value, leaf.value or leaf.text):
            return number
    return None


def _same_number(left: str, right: str) -> bool:
    try:
        return abs(float(left) - float(right)) < 1e-9
    except ValueError:
        return False


def _value(leaf: Leaf, column: Leaf | None, inputs: Inputs, kinds: frozenset[Kind]) -> list[tuple[Kind, int]]:
    """The items that stand for a literal compared with `column`."""
    if "anchor" in kinds and column is not None:
        for number, item in enumerate(inputs.items):
            one = item.leaf
            if (
                item.kind == "anchor"
                and one is not None
                and (one.table, one.column) == (column.table, column.column)
                and one.value.casefold() == (leaf.value or leaf.text).casefold()
            ):
                return [("anchor", number)]
    mention = _mention_of(leaf, inputs.items)
    if mention is not None:
        return [("mention", mention)]
    for number, item in enumerate(inputs.items):
        if (
            item.kind == "mention"
            and item.leaf is not None
            and item.leaf.kind == "date"
            and _same_date(item.leaf, leaf)
        ):
            return [("mention", number)]
    if "word" not in kinds or leaf.kind == "date":
        raise GroundingError("no mention")
    return _words(leaf, inputs)


def _same_date(found: Leaf, leaf: Leaf) -> bool:
    if leaf.kind == "date":
        return found.value == leaf.value
    try:
        day = dt.date.fromisoformat(leaf.text[:10])
    except ValueError:
        return False
    period = dates.from_text(found.value)
    return period.kind == "absolute" and dates.bounds(period, _ANY_DAY)[0] == day


def _words(leaf: Leaf, inputs: Inputs) -> list[tuple[Kind, int]]:
    """First and last word of the question's words that spell the literal."""
    wanted = normal_form(leaf.text)
    first_word = len(inputs.items) - len(inputs.words)
    for start in range(len(inputs.words)):
        said = ""
        for end in range(start, min(start + 12, len(inputs.words))):
            said = f"{said} {normal_form(inputs.words[end].text)}".strip()
            if said == wanted and wanted and normal_form(inputs.words[end].text):
                return [("word", first_word + start), ("word", first_word + end)]
    raise GroundingError(f"not said: {leaf.text}")
