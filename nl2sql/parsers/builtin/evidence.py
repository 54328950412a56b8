"""What speaks against a reading beside the model's own score, and how much.

Each piece of evidence is a small number that question and reading give; a beam is ranked by score and evidence together
(reranking as in Collins and Koo 2005, with weights set by hand: on held-out databases fitted ones chose no better).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from nl2sql.dates import implied_side
from nl2sql.errors import ParserError
from nl2sql.linking import ValueIndex, normal_form
from nl2sql.parsers.builtin.asked_for import place_asked_for, totals_in_a_row
from nl2sql.parsers.builtin.features import Inputs
from nl2sql.parsers.builtin.grammar import (
    AGGREGATES,
    ARITHMETIC,
    COMPARISONS,
    CONDITIONAL,
    DURATIONS,
    LIMITS,
    OVER_GROUPS,
    PATTERNS,
    SET_OPERATIONS,
    TESTS,
    Action,
    Leaf,
    Reading,
)
from nl2sql.parsers.builtin.joins import Path, join_path
from nl2sql.parsers.builtin.tree import Node, Query, to_tree
from nl2sql.schema import Schema, fold

Evidence = Mapping[str, float]
"""By name, how much of it there is in a reading; what is left out is zero."""

WEIGHTS: Evidence = {
    "unused": -1.5, "key_totals": -3.0, "repeated": -3.0, "unstored": -2.0, "fans": -6.0, "loose": -5.0,
    "idle": -3.0, "overlapping": -2.0, "echoed": -4.0, "contradicting": -3.0, "unasked": -3.0,
}  # fmt: skip
"""Log-probability that each piece of evidence counts."""


def is_doubtful(found: Evidence) -> bool:
    """Whether a reading multiplies rows or shows any row of a group: on held-out databases one in ten such is right."""
    return bool(found.get("fans") or found.get("loose"))


def ranked(score: float, found: Evidence) -> float:
    """The model's log-probability `score` and what speaks against the reading, together.

    >>> ranked(-0.5, {"unused": 1})
    -2.0
    """
    return score + sum(WEIGHTS[name] * amount for name, amount in found.items())


def evidence(reading: Reading, inputs: Inputs, schema: Schema, values: ValueIndex | None = None) -> dict[str, float]:
    """What speaks against `reading` as the meaning of the question in `inputs`; `values` are the stored ones."""
    selects = [(leaves, _joined(schema, leaves)) for leaves in _selects(reading)]
    found: dict[str, float] = {
        "unused": unused_mentions(reading, inputs),
        "key_totals": key_totals(reading, schema),
        "repeated": repeated(reading),
        "idle": idle_totals(reading),
        "overlapping": overlapping(reading, inputs),
        "contradicting": contradicting(reading),
        "unstored": unstored(reading, values) if values is not None else 0,
        "fans": sum(_fans(joined, leaves) for leaves, joined in selects),
        "echoed": sum(_echoed(joined) for _, joined in selects),
        "loose": _loose(reading, schema),
        "unasked": unasked(reading, inputs),
    }
    return {name: amount for name, amount in found.items() if amount}


def _joined(schema: Schema, leaves: Sequence[Leaf]) -> Path:
    """The tables that those of `leaves` are joined over; they alone where nothing ties them."""
    tables = list(dict.fromkeys(leaf.table for leaf in leaves if leaf.table))
    try:
        return join_path(schema, tables) if tables else []
    except ParserError:
        return [(name, None) for name in tables]


def _fans(joined: Path, leaves: Sequence[Leaf]) -> int:
    """How many tables two others of one SELECT are joined over, though nothing is taken from them."""
    taken = {fold(leaf.table) for leaf in leaves if leaf.kind == "column"}
    shared = Counter(fold(key.to_table) for _, key in joined if key is not None)
    return sum(count > 1 and name not in taken for name, count in shared.items())


def _echoed(joined: Path) -> int:
    """How many keys of one SELECT are followed twice: to a table, and to the same row in its role."""
    followed = Counter((fold(key.table), key.columns) for _, key in joined if key is not None)
    return sum(count - 1 for count in followed.values())


def _selects(reading: Reading) -> list[list[Leaf]]:
    """The tables and columns of each SELECT of a reading, its FROM first, those of the queries inside it left out."""
    found: list[list[Leaf]] = []
    open_ones: list[list[Leaf]] = []
    begun = -1
    for action in reading:
        begun = begun + 1 if begun >= 0 and isinstance(action, Leaf) else -1
        if action == "select":
            found.append([])
            open_ones.append(found[-1])
        elif action in (*SET_OPERATIONS, "end"):
            open_ones[-1:] = []
        elif action == "from":
            begun = 0
        elif isinstance(action, Leaf) and action.kind in ("table", "column") and open_ones:
            open_ones[-1].insert(begun - 1 if begun > 0 else len(open_ones[-1]), action)
    return found


def _loose(reading: Reading, schema: Schema) -> float:
    """Columns shown beside totals that what is grouped by does not settle: any of a group's values would be shown."""
    if "group" not in reading or "select" in reading[1:]:
        return 0
    at = reading.index("group")
    keys = []
    for action in reading[at + 1 :]:
        if isinstance(action, str) and action in ("having", "asc", "desc", *LIMITS, "end", "each"):
            break
        if isinstance(action, Leaf):
            keys.append(action)
    settled = {
        fold(key.to_table)
        for key in schema.foreign_keys
        for leaf in keys
        if fold(leaf.table) == fold(key.table) and (leaf.column,) == key.columns
    }
    called = {fold(leaf.column) for leaf in keys}
    loose = 0
    for place, action in enumerate(reading[:at]):
        if not isinstance(action, Leaf) or action.kind != "column" or action in keys:
            continue
        before = reading[place - 1]
        shown = before == "select" or isinstance(before, Leaf) or (before == "distinct" and place == 2)
        table = schema.table(action.table)
        named = table is not None and len(table.primary_key) == 1 and fold(table.primary_key[0]) in called
        loose += shown and not named and fold(action.table) not in settled
    return loose


def key_totals(reading: Reading, schema: Schema) -> int:
    """How many sums, averages and medians a reading takes of a key, whose numbers are only names."""
    keys = {(table.name, name) for table in schema.tables for name in table.primary_key}
    keys |= {(key.table, name) for key in schema.foreign_keys for name in key.columns}
    return sum(
        action in ("sum", "avg", "median") and isinstance(after, Leaf) and (after.table, after.column) in keys
        for action, after in pairwise(reading)
    )


@lru_cache(64)
def _arms(reading: Reading) -> tuple[Query, ...]:
    """The SELECTs of a reading that are set against one another, as trees, parsed once for all evidence in them."""
    try:
        query: Query | None = to_tree(reading)
    except ParserError:
        return ()
    found = []
    while query is not None:
        found.append(query)
        query = query.right
    return tuple(found)


def repeated(reading: Reading) -> int:
    """How often a reading says the same twice: x and x, x less x or more than x, a column or total shown again.

    So it does where it bounds something from one side twice: of «x > 50 and x > 8» the second says nothing.
    """
    found = 0
    for query in _arms(reading):
        clauses = [one for one in (query.where, query.having, *query.items) if one is not None]
        nodes = [node for clause in clauses for node in clause.walk()]
        found += sum(node.head in _OF_TWO and node.parts[0] == node.parts[1] for node in nodes if len(node.parts) > 1)
        where, having = list(_all_of(query.where)), list(_all_of(query.having))
        others = [one for at, one in enumerate(where) if one not in where[:at]] + having
        bounds = [(_BOUNDS[one.head], one.parts[0]) for one in others if one.head in _BOUNDS]
        said: list[Sequence[object]] = [query.items, where, having, bounds]
        found += sum(one in ones[:place] for ones in said for place, one in enumerate(ones))
    return found


def unasked(reading: Reading, inputs: Inputs) -> int:
    """How many of the totals named in a row, or of places such as «the runner-up», a reading leaves out."""
    if inputs.earlier >= len(inputs.words):
        return 0
    question = inputs.question[inputs.words[inputs.earlier].start :]
    place = place_asked_for(question)
    left_out = totals_in_a_row(question) - {action for action in reading if isinstance(action, str)}
    if left_out and not _SUMS.isdisjoint(reading):
        left_out -= {"sum"}
    return len(left_out) + bool(place and place not in reading)


def idle_totals(reading: Reading) -> int:
    """How many totals a reading takes of what it groups by: of one value only, they say nothing."""
    found = 0
    for query in _arms(reading):
        roots = [*query.items, *(node for _, node in query.order), *([query.having] if query.having else [])]
        nodes = [node for root in roots for node in root.walk()]
        totals = [node for node in nodes if node.head in AGGREGATES and (node.distinct or node.head != "count")]
        found += sum(node.parts[0] in query.groups for node in totals)
    return found


def contradicting(reading: Reading) -> int:
    """How many conditions want a column to be something else than another does, so that no row meets both.

    One side of an OR counts too: «town = A AND (town = B OR kind = C)».
    """
    found = 0
    for query in _arms(reading):
        wanted: dict[tuple[Action, bool], set[Action]] = {}
        either: list[Node] = []
        for node in _all_of(query.where):
            if node.head in TESTS:
                wanted.setdefault((node.parts[0].head, node.head in ("true", "false")), set()).add(node.head)
            elif node.head == "or":
                either += [one for one in node.walk() if _is_value(one)]
            elif _is_value(node):
                wanted.setdefault((node.parts[0].head, True), set()).add(node.parts[1].head)
        found += sum(len(values) - 1 for (column, _), values in wanted.items() if isinstance(column, Leaf))
        for one in either:
            column, value = one.parts[0].head, one.parts[1].head
            values = wanted.get((column, True), set()) if isinstance(column, Leaf) else set()
            found += bool(values) and value not in values
    return found


def _is_value(node: Node) -> bool:
    """Whether a condition wants something to be one value."""
    if node.head != "=" or node.query is not None:
        return False
    value = node.parts[1].head
    return isinstance(value, Leaf) and value.kind in ("anchor", "text", "number")


def _all_of(where: Node | None) -> Iterator[Node]:
    """The conditions all of which must be met."""
    if where is not None and where.head == "and":
        for part in where.parts:
            yield from _all_of(part)
    elif where is not None:
        yield where


def overlapping(reading: Reading, inputs: Inputs) -> int:
    """How many pairs of different values a reading takes of the same words: of «1990 to 1999» also the 1999."""
    used = {leaf for leaf in reading if isinstance(leaf, Leaf)}
    spans = {item.words for item in inputs.items if item.kind in ("anchor", "mention") and item.leaf in used}
    ordered = sorted(spans)
    return sum(left[1] > right[0] for at, left in enumerate(ordered) for right in ordered[at + 1 :])


_BOUNDS: Mapping[Action, str] = {">": "below", ">=": "below", "<": "above", "<=": "above"}
"""From which side a comparison bounds something."""
_OF_TWO = frozenset(("or", *COMPARISONS, *DURATIONS, *ARITHMETIC)) - {"add", "multiply"}


def unstored(reading: Reading, values: ValueIndex) -> int:
    """How many words a reading looks for in a column all of whose values are known, none of which has them."""
    found = 0
    for action, column, said in zip(reading, reading[1:], reading[2:], strict=False):
        if not isinstance(column, Leaf) or not isinstance(said, Leaf) or said.kind != "text":
            continue
        if not values.is_whole(column.table, column.column):
            continue
        if action in ("=", "!="):
            found += values.stored(column.table, column.column, said.text) is None
        elif action in PATTERNS:
            part = said.text.casefold()
            found += not any(part in one.casefold() for one in values.of_column(column.table, column.column))
    return found


_SUMS = frozenset(("count", *CONDITIONAL, *OVER_GROUPS))
_ORDINALS = {"2nd": "second", "3rd": "third"}


def unused_mentions(reading: Reading, inputs: Inputs) -> int:
    """How many stored values, numbers and dates that the question names the reading does not use.

    Mentions that share words count once. Words that name a table or a column may mean just that and do not count, nor
    does what an earlier question said.
    """
    used = {leaf for leaf in reading if isinstance(leaf, Leaf)}
    said = {word for leaf in used if leaf.kind == "text" for word in normal_form(leaf.text).split()}
    said |= {word for word, place in _ORDINALS.items() if place in reading}
    names = inputs.name_words()
    groups: dict[int, bool] = {}
    for item in inputs.items:
        words = range(*item.words)
        if item.kind not in ("anchor", "mention") or item.leaf is None or names.issuperset(words):
            continue
        if item.words[0] < inputs.earlier or _is_implied(item.leaf):
            continue
        taken = item.leaf in used or any(normal_form(inputs.words[at].text) in said for at in words)
        for at in words:
            groups[at] = taken or groups.get(at, False)
    return sum(not any(groups[at] for at in run) for run in _runs(groups))


def _is_implied(leaf: Leaf) -> bool:
    """Whether a date is none that the question says: «overdue» is as often a status."""
    return leaf.kind == "date" and implied_side(leaf.text) != ""


def _runs(groups: dict[int, bool]) -> list[list[int]]:
    """Neighbouring words as one mention."""
    runs: list[list[int]] = []
    for at in sorted(groups):
        if runs and runs[-1][-1] == at - 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs
