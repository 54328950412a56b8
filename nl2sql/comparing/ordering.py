"""By what a statement orders its rows at its top level, read from DuckDB's own parse tree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import duckdb

from nl2sql.schema import fold

# What differs between two spellings of one expression without changing its value.
_POSITIONAL = frozenset({"alias", "query_location", "query_location_length"})


@dataclass(frozen=True)
class SortKey:
    """One ORDER BY item: the output column it sorts by, by position (from 0) or by name; neither when it is hidden."""

    position: int | None = None
    name: str | None = None

    def column(self, columns: tuple[str, ...]) -> int | None:
        """Position of the key among the output `columns`; None when rows are sorted by something not shown."""
        if self.position is not None:
            return self.position if 0 <= self.position < len(columns) else None
        if self.name is None:
            return None
        named = [place for place, column in enumerate(columns) if fold(column) == fold(self.name)]
        return named[0] if len(named) == 1 else None


@dataclass(frozen=True)
class Ordering:
    """The top-level ORDER BY. `everything` stands for ORDER BY ALL."""

    keys: tuple[SortKey, ...]
    everything: bool = False

    def columns(self, columns: tuple[str, ...]) -> tuple[int, ...] | None:
        """Positions of the sort keys among the output `columns`; None when one of them is not shown there."""
        if self.everything:
            return tuple(range(len(columns)))
        places = [key.column(columns) for key in self.keys]
        return None if None in places else tuple(place for place in places if place is not None)


@lru_cache(maxsize=4096)
def ordering_of(sql: str) -> Ordering | None:
    """The top-level ordering of a statement; None when it has none or cannot be serialized (PIVOT, no SELECT).

    >>> ordering_of("SELECT name, pay FROM staff ORDER BY pay DESC").columns(("name", "pay"))
    (1,)
    >>> ordering_of("SELECT * FROM (SELECT name FROM staff ORDER BY name)") is None
    True
    """
    with _instance().cursor() as connection:
        row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree.get("error") or not tree.get("statements"):
        return None
    node = tree["statements"][-1]["node"]
    orders = [
        order["expression"]
        for modifier in node.get("modifiers") or ()
        if modifier["type"] == "ORDER_MODIFIER"
        for order in modifier["orders"]
    ]
    if not orders:
        return None
    if any(order["class"] == "STAR" for order in orders):
        return Ordering((), everything=True)
    return Ordering(tuple(_key(order, _select_list(node)) for order in orders))


@lru_cache(maxsize=1)
def _instance() -> duckdb.DuckDBPyConnection:
    """An empty database in memory: it parses, it runs nothing."""
    return duckdb.connect()


def _select_list(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The output expressions of a node; a set operation is named by its first SELECT."""
    while node.get("select_list") is None:
        branches = node.get("children") or [node.get("left")]
        if not branches or branches[0] is None:
            return []
        node = branches[0]
    selected: list[dict[str, Any]] = node["select_list"]
    return selected


def _key(order: dict[str, Any], selected: list[dict[str, Any]]) -> SortKey:
    if order["class"] == "CONSTANT" and order.get("literal", {}).get("kind") == "INTEGER":
        return SortKey(position=int(order["literal"]["text"]) - 1)
    for position, expression in enumerate(selected):
        if expression["class"] == "STAR":
            break
        if _bare(expression) == _bare(order):
            return SortKey(position=position)
    if order["class"] == "COLUMN_REF":
        return SortKey(name=order["column_names"][-1])
    return SortKey()


def _bare(tree: Any) -> Any:
    """An expression without its alias and its place in the text."""
    if isinstance(tree, dict):
        return {key: _bare(value) for key, value in tree.items() if key not in _POSITIONAL}
    if isinstance(tree, list):
        return [_bare(value) for value in tree]
    return tree
