"""What computed columns of a result are called: short names that say what was computed, for people to read."""

from __future__ import annotations

import re

from nl2sql.linking import split_name
from nl2sql.parsers.builtin.grammar import AGGREGATES, ARITHMETIC, BUCKETS, DURATIONS, Leaf
from nl2sql.parsers.builtin.tree import Node

_NAMES = {
    "rate": "percent", "share": "percent", "running": "running_total", "change": "change", "growth": "growth_percent",
    "rank": "rank", **{unit: unit for unit in DURATIONS},
}  # fmt: skip
_BETWEEN = {"add": "plus", "subtract": "less", "multiply": "times", "divide": "per"}
_RESULTS = {"add": "total", "subtract": "difference", "multiply": "product", "divide": "ratio"}
_BEFORE = {
    "=": "", "!=": "not_", ">": "over_", ">=": "from_", "<": "under_", "<=": "up_to_",
    "contains": "", "not_contains": "not_", "starts": "", "ends": "", "true": "", "false": "not_",
    "null": "without_", "not_null": "with_",
}  # fmt: skip
"""What stands before a condition's value or column, by its keyword."""
_LONGEST = 40


def heading(node: Node) -> str | None:
    """A readable name for a computed column; None where there is no short one."""
    head = node.head
    if isinstance(head, Leaf):
        return head.column or None
    if head in _NAMES:
        return _NAMES[head]
    if head == "within":
        return heading(node.parts[0])
    if head == "when":
        total, condition = heading(node.parts[0]), _of_condition(node.parts[1])
        return f"{total}_{condition}" if total and condition and len(condition) <= _LONGEST else total
    if head in AGGREGATES:
        what = _words(node.parts[0])
        return f"{head}_{what}" if what else head
    if head in ARITHMETIC:
        return _words(node)
    return head if head in BUCKETS else None


def _words(node: Node) -> str:
    """What an aggregate is taken of, or what is computed of a row or group; empty for rows that are counted."""
    head = node.head
    if isinstance(head, Leaf):
        return "_".join(split_name(head.column)) if head.column else ""
    if head not in ARITHMETIC:
        return heading(node) or ""
    if head == "multiply" and any(part.head == "100" for part in node.parts):
        return "percent"
    said = f"_{_BETWEEN[head]}_".join(_words(part) or str(part.head) for part in node.parts)
    plain = all(part.head not in ARITHMETIC and not _is_constant(part) for part in node.parts)
    return said if plain and len(said) <= _LONGEST else _RESULTS[head]


def _is_constant(node: Node) -> bool:
    return node.head in ("0", "1", "100") or (isinstance(node.head, Leaf) and not node.head.column)


def _of_condition(node: Node) -> str:
    """One condition in a word or two: its value, or its column where it is tested; empty where that takes more."""
    if node.head not in _BEFORE or node.query is not None or not isinstance(node.parts[-1].head, Leaf):
        return ""
    leaf = node.parts[-1].head
    said = re.sub(r"\W+", "_", leaf.text or leaf.value or leaf.column).strip("_").casefold()
    return f"{_BEFORE[str(node.head)]}{said}" if said else ""
