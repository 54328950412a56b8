"""Turns questions for the first by something into ones for the second or third: «the second most expensive».

For training only: few collections hold any such, but a question for one row in an order can be turned into one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from nl2sql.parsers.builtin.grammar import Action, Reading

_SUPERLATIVES = """most least fewest best worst highest lowest largest smallest biggest greatest longest shortest oldest
    youngest newest latest earliest cheapest dearest priciest heaviest lightest tallest busiest fastest slowest richest
    strongest weakest costliest deepest widest hottest coldest closest farthest furthest steepest commonest""".split()
_SUPERLATIVE = re.compile(rf"(?<!at )(?<!-)\b({'|'.join(_SUPERLATIVES)})\b(?! of (?:the|our|all)\b)", re.IGNORECASE)
_SAID = {"second": ("second", "second", "2nd", "second"), "third": ("third", "3rd", "third")}
_OTHERS = re.compile(r"\b(top|first|last|second|third|and|or|two|three|each time)\b", re.IGNORECASE)


def runner_up(question: str, reading: Reading, rng: random.Random) -> tuple[str, Reading] | None:
    """`question` and `reading` for the second or third place; None where they do not ask for one row by a superlative.

    >>> runner_up("who is the oldest", ("select", "name", "desc", "age", "limit1", "end"), random.Random(2))
    ('who is the second oldest', ('select', 'name', 'desc', 'age', 'second', 'end'))
    """
    if not _asks_for_one(reading):
        return None
    found = list(_SUPERLATIVE.finditer(question))
    if len(found) != 1 or _OTHERS.search(question):
        return None
    place = "third" if rng.random() < 0.3 else "second"
    at = found[0].start()
    joint = "-" if rng.random() < 0.15 else " "
    said = f"{question[:at]}{rng.choice(_SAID[place])}{joint}{question[at].lower()}{question[at + 1 :]}"
    return said, tuple(place if action == "limit1" else action for action in reading)


def _asks_for_one(reading: Sequence[Action]) -> bool:
    """Whether the only SELECT shows the one row or group that comes first in one order."""
    orders = sum(action in ("asc", "desc") for action in reading if isinstance(action, str))
    return reading.count("select") == 1 and reading.count("limit1") == 1 and orders == 1
