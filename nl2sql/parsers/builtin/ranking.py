"""What speaks for and against a reading beside the model's own score, weighed by what held-out databases showed.

A linear reranker over a beam (Collins and Koo 2005): each piece of evidence is a small number that question and reading
give, its weight is fitted by `python -m nl2sql.evaluation.calibrate` and kept in config.json. Knows no weights itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from nl2sql.errors import ParserError
from nl2sql.linking import normal_form
from nl2sql.parsers.builtin.features import FEATURES, Inputs, Item
from nl2sql.parsers.builtin.grammar import ARITHMETIC, OVER_GROUPS, PATTERNS, Leaf, Reading
from nl2sql.parsers.builtin.joins import join_path
from nl2sql.schema import Schema, fold

Evidence = Mapping[str, float]
"""By name, how much of it there is in a reading; what is left out is zero."""

PRIOR: Evidence = {"unused": -1.5, "key_totals": -3.0}
"""Weights where none were fitted."""


@dataclass(frozen=True)
class Ranking:
    """Weighs evidence: `weights` by its name."""

    weights: Evidence = field(default_factory=lambda: PRIOR)

    def total(self, score: float, found: Evidence) -> float:
        """The model's log-probability `score` and the weighed evidence together, at most 0 where nothing speaks up."""
        return score + sum(self.weights.get(name, 0.0) * amount for name, amount in found.items())


_CUES: dict[str, tuple[str, Callable[[Collection[object]], bool]]] = {
    "average": (r"\b(average|mean|avg|averaged)\b", lambda said: not {"avg", "divide"}.isdisjoint(said)),
    "count": (r"\b(how many|number of|count|counts)\b", lambda said: "count" in said or "rate" in said),
    "sum": (r"\b(total|sum|overall|altogether)\b", lambda said: not {"sum", "count"}.isdisjoint(said)),
    "most": (
        r"\b(max|maximum|most|highest|largest|biggest|greatest|best|top|latest|newest|longest|oldest|\w\w+est)\b",
        lambda said: not {"max", "min", "desc", "asc", "rank"}.isdisjoint(said),
    ),
    "least": (
        r"\b(min|minimum|least|fewest|lowest|smallest|worst|earliest|shortest|youngest|cheapest)\b",
        lambda said: not {"max", "min", "desc", "asc"}.isdisjoint(said),
    ),
    "one": (r"\bwhich \w+ (has|have|is|was|had)\b.*\b(most|\w+est)\b", lambda said: "limit1" in said),
    "each": (r"\b(each|per|every|respective|by)\b", lambda said: not {"group", "each"}.isdisjoint(said)),
    "distinct": (r"\b(different|distinct|unique)\b", lambda said: "distinct" in said),
    "not": (
        r"\b(not|no|without|never|neither|except|excluding|exclude|none|cannot|lack|lacking|missing)\b|n't\b",
        lambda said: not {"not_in", "!=", "except", "null", "not_contains", "false"}.isdisjoint(said),
    ),
    "either": (r"\bor\b(?! (more|less|equal|later|earlier|fewer|above|below))", lambda said: not {"or", "union"}.isdisjoint(said)),
    "both": (r"\b(both|as well as|and also)\b", lambda said: not {"intersect", "and"}.isdisjoint(said)),
    "sorted": (
        r"\b(sort|sorted|order|ordered|ascending|descending|alphabetical|alphabetically|lexicographic\w*)\b",
        lambda said: not {"asc", "desc"}.isdisjoint(said),
    ),
    "falling": (r"\b(descending|decreasing|desc|highest first|newest first|most recent first)\b", lambda said: "desc" in said),
    "rising": (r"\b(ascending|increasing|alphabetical\w*|lowest first|oldest first)\b", lambda said: "asc" in said),
    "more": (
        r"\b(more than|greater than|over|above|exceed\w*|higher than|larger than|at least|older than|longer than|after|since)\b",
        lambda said: not {">", ">=", "between", "divide", "subtract"}.isdisjoint(said),
    ),
    "less": (
        r"\b(less than|fewer than|under|below|lower than|smaller than|at most|younger than|shorter than|before)\b",
        lambda said: not {"<", "<=", "between"}.isdisjoint(said),
    ),
    "within": (r"\bbetween\b", lambda said: not {"between", "subtract", "days"}.isdisjoint(said)),
    "part": (
        r"\b(percent|percentage|share|proportion|fraction|ratio|rate)\b|%",
        lambda said: not {"share", "rate", "divide", "growth"}.isdisjoint(said),
    ),
    "pattern": (r"\b(contain\w*|start\w* with|begin\w* with|end\w* with|includ\w*|substring|letter)\b", lambda said: not said.isdisjoint(PATTERNS)),  # type: ignore[attr-defined]
    "combined": (r"\b(ratio|difference|minus|divided|times|growth|change|running|cumulative|per)\b", lambda said: not said.isdisjoint((*ARITHMETIC, *OVER_GROUPS, "days"))),  # type: ignore[attr-defined]
}  # fmt: skip
"""By name: words of a question, and whether a reading's actions answer to them."""
_PATTERNS = {name: re.compile(words) for name, (words, _) in _CUES.items()}
_MATCHED = frozenset(FEATURES.index(name) for name in ("matched", "part_matched", "has_value"))
_WHOLE = FEATURES.index("matched")


def evidence(reading: Reading, inputs: Inputs, schema: Schema) -> dict[str, float]:
    """What speaks for or against `reading` as the meaning of the question in `inputs`."""
    asked = _asked(inputs)
    actions = {action for action in reading if isinstance(action, str)}
    found: dict[str, float] = {
        "unused": unused_mentions(reading, inputs),
        "key_totals": key_totals(reading, schema),
        "actions": len(reading) / 10,
        "selects": sum(action == "select" for action in reading) - 1,
    }
    for name, (_, answered) in _CUES.items():
        cued, does = _PATTERNS[name].search(asked) is not None, answered(actions)
        if cued != does:
            found[f"{name}_{'missed' if cued else 'unasked'}"] = 1.0
    items = {item.leaf: item for item in inputs.items if item.kind in ("table", "column")}
    columns = [action for action in reading if isinstance(action, Leaf) and action.kind == "column"]
    flags = {leaf: _flags(item, inputs) for leaf, item in items.items() if leaf is not None}
    found["unsaid_columns"] = sum(not flags.get(leaf, frozenset()) & _MATCHED for leaf in set(columns))
    shown = _shown(reading)
    found["unsaid_shown"] = sum(not flags.get(leaf, frozenset()) & _MATCHED for leaf in shown)
    found["shown"] = len(shown)
    found |= _of_tables(reading, schema, flags)
    found["unused_names"] = _unused_names(set(columns), flags)
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
        if action in ("from", "where", "group", "having", "asc", "desc", "limit", "limit1", "end"):
            break
        if isinstance(action, Leaf) and action.kind == "column":
            found.append(action)
    return found


def _of_tables(reading: Reading, schema: Schema, flags: Mapping[Leaf, frozenset[int]]) -> dict[str, float]:
    """How many tables are joined, how many of them nothing is taken from, and which of those named are left out."""
    named = list(dict.fromkeys(one.table for one in reading if isinstance(one, Leaf) and one.table))
    taken = {fold(one.table) for one in reading if isinstance(one, Leaf) and one.kind == "column"}
    try:
        path = {fold(name) for name, _ in join_path(schema, named)} if named else set()
    except ParserError:
        path = {fold(name) for name in named}
    whole = {fold(leaf.table) for leaf, own in flags.items() if leaf.kind == "table" and _WHOLE in own}
    return {
        "joins": max(len(path) - 1, 0),
        "bridges": len(path - taken),
        "unused_tables": len(whole - path),
    }


def _unused_names(columns: Collection[Leaf], flags: Mapping[Leaf, frozenset[int]]) -> float:
    """Names of columns that the question says whole, of which no column of that name is used."""
    said = {fold(leaf.column) for leaf, own in flags.items() if leaf.kind == "column" and _WHOLE in own}
    return len(said - {fold(leaf.column) for leaf in columns})


def key_totals(reading: Reading, schema: Schema) -> int:
    """How many sums, averages and medians a reading takes of a key, whose numbers are only names."""
    keys = {(table.name, name) for table in schema.tables for name in table.primary_key}
    keys |= {(key.table, name) for key in schema.foreign_keys for name in key.columns}
    return sum(
        action in ("sum", "avg", "median") and isinstance(after, Leaf) and (after.table, after.column) in keys
        for action, after in pairwise(reading)
    )


def unused_mentions(reading: Reading, inputs: Inputs) -> int:
    """How many stored values, numbers and dates that the question names the reading does not use.

    Mentions that share words count once. Words that name a table or a column may mean just that and do not count, nor
    does what an earlier question said.
    """
    used = {leaf for leaf in reading if isinstance(leaf, Leaf)}
    said = {word for leaf in used if leaf.kind == "text" for word in normal_form(leaf.text).split()}
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
