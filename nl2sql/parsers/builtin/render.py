"""Makes DuckDB SQL of a reading: its clauses in order, the joins of its FROM inferred over the key graph."""

from __future__ import annotations

import datetime as dt
from functools import partial

from nl2sql.errors import ParserError
from nl2sql.linking import split_name
from nl2sql.parsers.builtin.conditions import Conditions
from nl2sql.parsers.builtin.expressions import Course, Expressions, table_of
from nl2sql.parsers.builtin.grammar import AGGREGATES, BUCKETS, Leaf, Reading
from nl2sql.parsers.builtin.joins import Path, join_path
from nl2sql.parsers.builtin.tree import Node, Query, to_tree
from nl2sql.schema import Schema, fold, quote


def render(reading: Reading, schema: Schema, as_of: dt.date) -> str:
    """The SQL of `reading`. Raises ParserError where it cannot be said over `schema` (no key joins two tables, ...)."""
    return _query(schema, as_of, to_tree(reading))


def _query(schema: Schema, as_of: dt.date, query: Query, without_nulls: bool = False) -> str:
    """SQL of `query`, set operations included; `without_nulls` leaves out rows whose only item is NULL."""
    text = _Select(schema, as_of, query).write(without_nulls)
    right = query.right
    if query.operation and right:
        if _width(schema, query) != _width(schema, right):
            raise ParserError("Both halves of a set operation need the same number of columns.")
        other = _query(schema, as_of, right, without_nulls)
        if query.order or query.limit:
            text = f"({text})"
        if right.order or right.limit or right.operation:
            other = f"({other})"
        text = f"{text} {query.operation.upper()} {other}"
    return text


def _width(schema: Schema, query: Query) -> int:
    """How many columns `query` gives."""
    return sum(len(_columns_of(schema, node)) if node.is_table else 1 for node in query.items)


def _columns_of(schema: Schema, node: Node) -> list[Node]:
    """The columns of a bare table as items."""
    assert isinstance(node.head, Leaf)
    table = table_of(schema, node.head.table)
    return [Node(Leaf("column", table.name, column.name)) for column in table.columns]


class _Select:
    """Writes one SELECT; made anew for each subquery, since names are qualified by what FROM holds."""

    def __init__(self, schema: Schema, as_of: dt.date, query: Query) -> None:
        self.schema = schema
        self.query = query
        self.path = _path(schema, query)
        self.expressions = Expressions(schema, qualified=len(self.path) > 1)
        self.conditions = Conditions(self.expressions, as_of, partial(_query, schema, as_of))
        self.expressions.condition = partial(self.conditions.write, top=True)
        self.names: dict[str, str] = {}
        """What computed items are called, by their SQL."""

    def write(self, without_nulls: bool) -> str:
        """The SQL of all clauses."""
        query = self.query
        keys = [node for _, node in query.order]
        totals = any(node.aggregates for node in [*query.items, *keys]) or query.having is not None
        groups = self._groups(totals)
        rows, places = _parted(query.where)
        if places and (groups or totals):
            raise ParserError("What is chosen by its place among others is not grouped or added up.")
        where = self._where(rows, without_nulls and not (totals or groups or query.limit))
        qualify = [self.conditions.write(one) for one in places]
        self.expressions.groups = groups if groups or totals else None
        self.expressions.course = self._course(groups)
        items = [item for node in query.items for item in self._items(node)]
        text = f"SELECT {'DISTINCT ' if query.distinct else ''}{', '.join(items)} FROM {self._from()}{where}"
        if groups:
            text += f" GROUP BY {', '.join(dict.fromkeys(groups))}"
        if query.having:
            text += f" HAVING {self.conditions.write(query.having, top=True)}"
        order = [self._order_key(node) + (" DESC" if way == "desc" else "") for way, node in query.order]
        if query.each:
            key = self._order_key(query.each)
            qualify.append(f"rank() OVER (PARTITION BY {key} ORDER BY {', '.join(order)}) <= {query.limit}")
            order.insert(0, key)
        if qualify:
            text += f" QUALIFY {' AND '.join(qualify)}"
        if order:
            text += f" ORDER BY {', '.join(order)}"
        if query.limit and not query.each:
            text += f" LIMIT {query.limit}"
        return text

    def _course(self, groups: tuple[str, ...]) -> Course | None:
        """Groups follow one another in time where one of their keys is a time, else by the first key."""
        if not groups:
            return None
        times = [text for node, text in zip(self.query.groups, groups, strict=False) if node.head in BUCKETS]
        along = times[0] if times else groups[0]
        return Course(along, tuple(text for text in groups if text != along))

    def _groups(self, totals: bool) -> tuple[str, ...]:
        """The keys of GROUP BY; where `totals` stand beside plain items and none is named, the plain items."""
        groups = tuple(map(self.expressions.write, self.query.groups))
        if groups or not totals:
            return groups
        plain = [one for one in self.query.items if not (one.aggregates or one.is_table or one.looks_beside)]
        whole = [one for node in self.query.items if node.is_table for one in _columns_of(self.schema, node)]
        return tuple(map(self.expressions.write, [*plain, *whole]))

    def _where(self, where: Node | None, without_nulls: bool) -> str:
        """The WHERE clause. NOT IN over a list that holds a NULL is never true: `without_nulls` leaves those out."""
        tests = []
        if where:
            tests.append(self.conditions.write(where, top=not without_nulls))
        if without_nulls and len(self.query.items) == 1 and not self.query.items[0].is_table:
            tests.append(f"{self.expressions.write(self.query.items[0])} IS NOT NULL")
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def _from(self) -> str:
        text = table_of(self.schema, self.path[0][0]).sql_name
        for name, key in self.path[1:]:
            assert key is not None
            left, right = (quote(table_of(self.schema, one).name) for one in (key.table, key.to_table))
            ties = " AND ".join(
                f"{left}.{quote(column)} = {right}.{quote(other)}"
                for column, other in zip(key.columns, key.to_columns, strict=True)
            )
            text += f" JOIN {table_of(self.schema, name).sql_name} ON {ties}"
        return text

    def _items(self, node: Node) -> list[str]:
        """What an item becomes in the select list; a table beside groups becomes its columns."""
        if not node.is_table:
            return [self._item(node)]
        if self.expressions.groups is None:
            assert isinstance(node.head, Leaf)
            table = table_of(self.schema, node.head.table)
            return [f"{quote(table.name)}.*" if self.expressions.qualified else "*"]
        return [self._item(one) for one in _columns_of(self.schema, node)]

    def _item(self, node: Node) -> str:
        text = self.expressions.write(node)
        name = _name(node)
        if isinstance(node.head, Leaf):
            return f"{text} AS {quote(name)}" if text.startswith("any_value(") and name else text
        taken = {fold(column.name) for one, _ in self.path for column in table_of(self.schema, one).columns}
        if name and fold(name) not in taken and name not in self.names.values():
            self.names[text] = name
            return f"{text} AS {quote(name)}"
        return text

    def _order_key(self, node: Node) -> str:
        text = self.expressions.write(node)
        return quote(self.names[text]) if text in self.names else text


def _path(schema: Schema, query: Query) -> Path:
    """The tables that a query needs, in join order: those its clauses name, then those of its FROM."""
    if not query.items:
        raise ParserError("This reading selects nothing.")
    each = [query.each] if query.each else []
    if any(node.aggregates for node in [*query.groups, *each, *([query.where] if query.where else [])]):
        raise ParserError("Rows cannot be chosen or grouped by what is computed over all of them.")
    parting = [*query.groups, *each, *([query.having] if query.having else [])]
    if query.each:
        parting += [node for _, node in query.order]
    if any(node.looks_beside for node in parting):
        raise ParserError("Rows cannot be grouped or parted by what is computed beside others.")
    found: dict[str, str] = {}
    roots = [*query.items, *query.groups, *(node for _, node in query.order), *each]
    roots += [node for node in (query.where, query.having) if node]
    leaves = [node.head for root in roots for node in root.walk() if isinstance(node.head, Leaf)]
    for name in [*(leaf.table for leaf in leaves if leaf.kind in ("table", "column")), *query.tables]:
        found.setdefault(fold(name), name)
    return join_path(schema, list(found.values()))


def _parted(where: Node | None) -> tuple[Node | None, list[Node]]:
    """Conditions on rows alone, and those on a row's place among others, which SQL tests in QUALIFY."""
    if where is None:
        return None, []
    if where.head == "and":
        left, right = map(_parted, where.parts)
        rows = [one for one in (left[0], right[0]) if one is not None]
        return (Node("and", tuple(rows)) if len(rows) == 2 else next(iter(rows), None)), [*left[1], *right[1]]
    return (None, [where]) if any(node.head == "within" for node in where.walk()) else (where, [])


_NAMES = {
    "rate": "percent", "share": "percent", "running": "running_total", "change": "change", "growth": "growth_percent",
    "rank": "rank", "days": "days", "hours": "hours",
}  # fmt: skip


def _name(node: Node) -> str | None:
    """A readable name for a computed column."""
    if isinstance(node.head, Leaf):
        return node.head.column or None
    if node.head in _NAMES:
        return _NAMES[node.head]
    if node.head in ("when", "within"):
        return _name(node.parts[0])
    if node.head in AGGREGATES:
        inner = node.first_leaf
        if inner is None:
            return None
        what = "_".join(split_name(inner.column or inner.table))
        return f"{node.head}_{what}" if inner.kind == "column" or node.head != "count" else "count"
    return node.head if node.head in BUCKETS else None
