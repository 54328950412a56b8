"""One word of a stored value that others have too: «pizzas» are all dishes with it in their name. Knows no weights."""

from __future__ import annotations

from collections import Counter

from nl2sql.linking import ValueIndex, normal_form, singular
from nl2sql.parsers.builtin.features import Inputs
from nl2sql.parsers.builtin.grammar import Action, Leaf, Reading

_WITHIN = {"=": "contains", "!=": "not_contains"}


def with_parts(reading: Reading, inputs: Inputs, values: ValueIndex | None) -> Reading:
    """`reading` where a column is compared with all values that have what the question says, not with one of them.

    Unchanged where the question says the whole value, only one has the words, or several are compared with.
    """
    if values is None:
        return reading
    said = {item.leaf: item.words for item in inputs.items if item.kind == "anchor"}
    times = Counter(said[one] for one in reading if isinstance(one, Leaf) and one in said)
    changed: list[Action] = list(reading)
    for at, (operator, column, value) in enumerate(zip(reading, reading[1:], reading[2:], strict=False)):
        if operator not in _WITHIN or not isinstance(column, Leaf) or not isinstance(value, Leaf) or value not in said:
            continue
        start, end = said[value]
        part = _part(" ".join(word.text for word in inputs.words[start:end]), value, values)
        if part and times[start, end] == 1:
            changed[at], changed[at + 2] = _WITHIN[str(operator)], Leaf("text", text=part)
    return tuple(changed)


def _part(words: str, value: Leaf, values: ValueIndex) -> str:
    """The words as they stand within `value`, where they are less than it and others have them; else nothing."""
    form = singular(normal_form(words))
    whole = normal_form(value.value)
    if not form or form == singular(whole) or not _has(whole, form) or form not in value.value.casefold():
        return ""
    others = (one for one in values.of_column(value.table, value.column) if one != value.value)
    return form if any(_has(normal_form(one), form) for one in others) else ""


def _has(whole: str, form: str) -> bool:
    """Whether one of the words of `whole` begins as `form` does."""
    return f" {form}" in f" {whole}"
