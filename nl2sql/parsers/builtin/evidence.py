"""What speaks for and against a reading beside the model's own score, weighed by what held-out databases showed.

A linear reranker over a beam (Collins and Koo 2005): each piece of evidence is a small number that question and reading
give, its weight is fitted by `python -m nl2sql.evaluation.calibrate` and kept in config.json. Knows no weights itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from nl2sql.errors import ParserError
from nl2sql.linking import ValueIndex, normal_form
from nl2sql.parsers.builtin.features import FEATURES, NAMED, Inputs, Item
from nl2sql.parsers.builtin.grammar import (
    AGGREGATES,
    ARITHMETIC,
    DURATIONS,
    LIMITS,
    OVER_GROUPS,
    PATTERNS,
    PLACES,
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

PRIOR: Evidence = {
    "unused": -1.5, "key_totals": -3.0, "repeated": -3.0, "unstored": -2.0, "fans": -6.0, "loose": -5.0,
    "idle": -3.0, "overlapping": -2.0, "echoed": -4.0, "contradicting": -3.0,
}  # fmt: skip
"""Weights where none were fitted."""


def is_doubtful(found: Evidence) -> bool:
    """Whether a reading multiplies rows or shows any row of a group: on held-out databases one in ten such is right."""
    return bool(found.get("fans") or found.get("loose"))


@dataclass(frozen=True)
class Ranking:
    """Weighs evidence: `weights` by its name."""

    weights: Evidence = field(default_factory=lambda: PRIOR)

    def total(self, score: float, found: Evidence) -> float:
        """The model's log-probability `score` and the weighed evidence together, at most 0 where nothing speaks up."""
        return score + sum(self.weights.get(name, 0.0) * amount for name, amount in found.items())


def _any(*wanted: str) -> frozenset[str]:
    return frozenset(wanted)


_CUES: dict[str, tuple[str, frozenset[str]]] = {
    "average": (r"\b(average|mean|avg|averaged)\b", _any("avg", "divide")),
    "count": (r"\b(how many|number of|count|counts)\b", _any("count", "rate")),
    "sum": (r"\b(total|sum|overall|altogether)\b", _any("sum", "count")),
    "most": (
        r"\b(max|maximum|most|best|top|latest|\w\w+est)\b",
        _any("max", "min", "desc", "asc", "rank"),
    ),
    "least": (
        r"\b(min|minimum|least|fewest|lowest|smallest|worst|earliest|shortest|youngest|cheapest)\b",
        _any("max", "min", "desc", "asc"),
    ),
    "one": (r"\bwhich \w+ (has|have|is|was|had)\b.*\b(most|\w+est)\b", _any(*PLACES)),
    "each": (r"\b(each|per|every|respective|by)\b", _any("group", "each")),
    "distinct": (r"\b(different|distinct|unique)\b", _any("distinct")),
    "not": (
        r"\b(not|no|without|never|neither|except|excluding|exclude|none|cannot|lack|lacking|missing)\b|n't\b",
        _any("not_in", "!=", "except", "null", "not_contains", "false"),
    ),
    "either": (r"\bor\b(?! (more|less|equal|later|earlier|fewer|above|below))", _any("or", "union")),
    "both": (r"\b(both|as well as|and also)\b", _any("intersect", "and")),
    "sorted": (
        r"\b(sort|sorted|order|ordered|ascending|descending|alphabetical|alphabetically|lexicographic\w*)\b",
        _any("asc", "desc"),
    ),
    "falling": (r"\b(descending|decreasing|desc|highest first|newest first|most recent first)\b", _any("desc")),
    "rising": (r"\b(ascending|increasing|alphabetical\w*|lowest first|oldest first)\b", _any("asc")),
    "more": (
        r"\b((more|greater|higher|larger|older|longer) than|over|above|exceed\w*|at least|after|since)\b",
        _any(">", ">=", "between", "divide", "subtract"),
    ),
    "less": (
        r"\b((less|fewer|lower|smaller|younger|shorter) than|under|below|at most|before)\b",
        _any("<", "<=", "between"),
    ),
    "within": (r"\bbetween\b", _any("between", "subtract", *DURATIONS)),
    "part": (
        r"\b(percent|percentage|share|proportion|fraction|ratio|rate)\b|%",
        _any("share", "rate", "divide", "growth"),
    ),
    "pattern": (
        r"\b(contain\w*|start\w* with|begin\w* with|end\w* with|includ\w*|substring|letter)\b",
        frozenset(PATTERNS),
    ),
    "combined": (
        r"\b(ratio|difference|minus|divided|times|growth|change|running|cumulative|per)\b",
        _any(*ARITHMETIC, *OVER_GROUPS, *DURATIONS),
    ),
}
"""By name: words of a question, and the keywords of which a reading that answers to them has one."""
_PATTERNS = {name: re.compile(words) for name, (words, _) in _CUES.items()}
_WHOLE = FEATURES.index("matched")


def evidence(reading: Reading, inputs: Inputs, schema: Schema, values: ValueIndex | None = None) -> dict[str, float]:
    """What speaks for or against `reading` as the meaning of the question in `inputs`; `values` are the stored ones."""
    asked = _asked(inputs)
    actions = {action for action in reading if isinstance(action, str)}
    found: dict[str, float] = {
        "unused": unused_mentions(reading, inputs),
        "key_totals": key_totals(reading, schema),
        "repeated": repeated(reading),
        "idle": idle_totals(reading),
        "overlapping": overlapping(reading, inputs),
        "contradicting": contradicting(reading),
        "unstored": unstored(reading, values) if values is not None else 0,
        "actions": len(reading) / 10,
        "selects": sum(action == "select" for action in reading) - 1,
    }
    for name, (_, answers) in _CUES.items():
        cued, does = _PATTERNS[name].search(asked) is not None, not answers.isdisjoint(actions)
        if cued != does:
            found[f"{name}_{'missed' if cued else 'unasked'}"] = 1.0
    items = {item.leaf: item for item in inputs.items if item.kind in ("table", "column")}
    columns = [action for action in reading if isinstance(action, Leaf) and action.kind == "column"]
    flags = {leaf: _flags(item, inputs) for leaf, item in items.items() if leaf is not None}
    found["unsaid_columns"] = sum(not flags.get(leaf, frozenset()) & NAMED for leaf in set(columns))
    shown = _shown(reading)
    found["unsaid_shown"] = sum(not flags.get(leaf, frozenset()) & NAMED for leaf in shown)
    found["shown"] = len(shown)
    found |= _of_tables(reading, schema, flags)
    found["unused_names"] = _unused_names(set(columns), flags)
    found["loose"] = _loose(reading, schema)
    return {name: amount for name, amount in found.items() if amount}


def _asked(inputs: Inputs) -> str:
    """The question in small letters, without those it follows up."""
    start = inputs.words[inputs.earlier].start if inputs.earlier < len(inputs.words) else 0
    return inputs.question[start:].lower()


def _flags(item: Item, inputs: Inputs) -> frozenset[int]:
    return frozenset(inputs.features[item.span[0]])


def _shown(reading: Reading) -> list[Leaf]:
    """Columns of the first select list."""
    found = []
    for action in reading[1:]:
        if action in ("from", "where", "group", "having", "asc", "desc", *LIMITS, "end"):
            break
        if isinstance(action, Leaf) and action.kind == "column":
            found.append(action)
    return found


def _of_tables(reading: Reading, schema: Schema, flags: Mapping[Leaf, frozenset[int]]) -> dict[str, float]:
    """How many tables are joined, how many of them nothing is taken from, and which of those named are left out."""
    taken = {fold(one.table) for one in reading if isinstance(one, Leaf) and one.kind == "column"}
    joins = _joined(schema, _tables(reading))
    path = {fold(name) for name, _ in joins}
    whole = {fold(leaf.table) for leaf, own in flags.items() if leaf.kind == "table" and _WHOLE in own}
    selects = [(one, _joined(schema, _tables(one))) for one in _selects(reading)]
    return {
        "joins": max(len(path) - 1, 0),
        "bridges": len(path - taken),
        "fans": sum(_fans(joined, leaves) for leaves, joined in selects),
        "echoed": sum(_echoed(joined) for _, joined in selects),
        "unused_tables": len(whole - path),
    }


def _joined(schema: Schema, tables: Sequence[str]) -> Path:
    """The tables that these are joined over; they alone where nothing ties them."""
    try:
        return join_path(schema, list(tables)) if tables else []
    except ParserError:
        return [(name, None) for name in tables]


def _tables(leaves: Iterable[Action]) -> list[str]:
    """The tables that actions name, each once."""
    return list(dict.fromkeys(one.table for one in leaves if isinstance(one, Leaf) and one.table))


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


def _unused_names(columns: Collection[Leaf], flags: Mapping[Leaf, frozenset[int]]) -> float:
    """Names of columns that the question says whole, of which no column of that name is used."""
    said = {fold(leaf.column) for leaf, own in flags.items() if leaf.kind == "column" and _WHOLE in own}
    return len(said - {fold(leaf.column) for leaf in columns})


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
    """How often a reading says the same twice: x and x, x less x, the same column or total shown again."""
    found = 0
    for query in _arms(reading):
        clauses = [one for one in (query.where, query.having, *query.items) if one is not None]
        nodes = [node for clause in clauses for node in clause.walk()]
        found += sum(node.head in _OF_TWO and node.parts[0] == node.parts[1] for node in nodes if len(node.parts) > 1)
        found += sum(one in query.items[:place] for place, one in enumerate(query.items))
    return found


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


_OF_TWO = frozenset(("and", "or", *DURATIONS, *ARITHMETIC)) - {"add", "multiply"}


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
        if item.words[0] < inputs.earlier:
            continue
        taken = item.leaf in used or any(normal_form(inputs.words[at].text) in said for at in words)
        for at in words:
            groups[at] = taken or groups.get(at, False)
    return sum(not any(groups[at] for at in run) for run in _runs(groups))


def _runs(groups: dict[int, bool]) -> list[list[int]]:
    """Neighbouring words as one mention."""
    runs: list[list[int]] = []
    for at in sorted(groups):
        if runs and runs[-1][-1] == at - 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs
