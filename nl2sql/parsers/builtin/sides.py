"""Which way a question compares its numbers and dates: «more than 5», «10 or less», «before May». Knows no readings."""

from __future__ import annotations

import re

from nl2sql.parsers.builtin.features import Inputs

_ABOVE_BEFORE = re.compile(
    r"\b((more|greater|higher|larger|bigger) than|(more|greater|larger) (than )?or equal to|over|above|exceed(s|ing)?"
    r"|at least|minimum of|starting from)( \W| about)?$"
)
_BELOW_BEFORE = re.compile(
    r"\b((less|fewer|lower|smaller) than|(less|fewer|smaller) (than )?or equal to|under|below|at most|maximum of|up to)"
    r"( \W| about)?$"
)
_ABOVE_BEHIND = re.compile(r"^or (more|above|higher|over|greater)\b")
_BELOW_BEHIND = re.compile(r"^or (less|fewer|below|lower|under)\b")
_LATER, _EARLIER = re.compile(r"\b(after|since|later than)$"), re.compile(r"\b(before|until|prior to|earlier than)$")
_NEGATED = re.compile(r"\b(not|no|never|nor|neither|none|without|cannot)\b|n't\b")
_FARTHEST = 5
"""Words that are looked at on either side."""


def compared_sides(inputs: Inputs) -> tuple[frozenset[int], frozenset[int]]:
    """The numbers and dates that the question asks for more than, and for less than, by their item numbers.

    None where something is denied: «no more than 5» and «not ordered since May» turn the comparison round.
    """
    words = [word.text.lower() for word in inputs.words]
    if _NEGATED.search(" ".join(words)):
        return frozenset(), frozenset()
    above: set[int] = set()
    below: set[int] = set()
    for place, item in enumerate(inputs.items):
        if item.kind != "mention" or item.leaf is None or item.leaf.kind not in ("number", "date"):
            continue
        start, end = item.words
        before = " ".join(words[max(start - _FARTHEST, 0) : start])
        behind = " ".join(words[end : end + _FARTHEST])
        if item.leaf.kind == "number":
            is_above = _ABOVE_BEFORE.search(before) or _ABOVE_BEHIND.search(behind)
            is_below = _BELOW_BEFORE.search(before) or _BELOW_BEHIND.search(behind)
        else:
            is_above, is_below = _LATER.search(before), _EARLIER.search(before)
        if is_above and not is_below:
            above.add(place)
        elif is_below and not is_above:
            below.add(place)
    return frozenset(above), frozenset(below)
