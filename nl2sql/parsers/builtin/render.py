"""Makes DuckDB SQL of a reading: its clauses in order, the joins of its FROM inferred over the key graph."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial

from nl2sql.errors import ParserError
from nl2sql.parsers.builtin.conditions import Conditions
from nl2sql.parsers.builtin.expressions import Course, Expressions, Extreme, family_of, table_of
from nl2sql.parsers.builtin.grammar import AGGREGATES, BUCKETS, CONDITIONAL, Leaf, Reading
from nl2sql.parsers.builtin.headings import heading
from nl2sql.parsers.builtin.joins import Path, join_path, pairings, rooted
from nl2sql.parsers.builtin.roles import Role
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
        self.expressions = Expressions(schema, qualified=len(self.path) > 1, paired=pairings(self.path) > 0)
        self.conditions = Conditions(self.expressions, as_of, partial(_query, schema, as_of))
        self.expressions.condition = partial(self.conditions.write, top=True)
        self.names: dict[str, str] = {}
        """What computed items are called, by their SQL."""

    def write(self, without_nulls: bool) -> str:
        """The SQL of all clauses."""
        query = self.query
        keys = [node for _, node in query.order]
        totals = any(node.aggregates for node in [*query.items, *keys]) or query.having is not None
        parting = self._parting(totals)
        groups = tuple(map(self.expressions.write, parting))
        rows, places = _parted(query.where)
        if places and (groups or totals):
            raise ParserError("What is chosen by its place among others is not grouped or added up.")
        where = self._where(rows, self._one_by_one(groups) if without_nulls else "")
        qualify = [self.conditions.write(one) for one in places]
        self.expressions.groups = groups if groups or totals else None
        self.expressions.course = self._course(parting, groups)
        self.expressions.extreme = self._extreme(parting)
        items = [item for node in query.items for item in self._items(node)]
        text = f"SELECT {'DISTINCT ' if query.distinct else ''}{', '.join(items)} FROM {self._from()}{where}"
        if groups:
            text += f" GROUP BY {', '.join(dict.fromkeys(groups))}"
        if query.having:
            text += f" HAVING {self.conditions.write(query.having, top=True)}"
        order = [self._order_key(node) + (" DESC" if way == "desc" else "") for way, node in query.order]
        if query.each:
            key = self._order_key(query.each)
            place = f"OVER (PARTITION BY {key} ORDER BY {', '.join(order)})"
            nth = f"row_number() {place} = {query.passed + 1}"
            qualify.append(nth if query.passed else f"rank() {place} <= {query.limit}")
            order.insert(0, key)
        if qualify:
            text += f" QUALIFY {' AND '.join(qualify)}"
        if order:
            text += f" ORDER BY {', '.join(order)}"
        if query.limit and not query.each:
            text += f" LIMIT {query.limit}" + (f" OFFSET {query.passed}" if query.passed else "")
        return text

    def _course(self, parting: Sequence[Node], groups: tuple[str, ...]) -> Course | None:
        """Groups follow one another in time where keys of theirs are times, else by all their keys."""
        if not groups:
            return None
        keys = dict(zip(groups, parting, strict=True))
        times = [text for text, node in keys.items() if family_of(self.schema, node) == "date" or node.head in BUCKETS]
        times.sort(key=lambda text: BUCKETS.index(str(keys[text].head)) if keys[text].head in BUCKETS else len(BUCKETS))
        along = tuple(times) or tuple(keys)
        return Course(along, tuple(text for text in keys if text not in along))

    def _parting(self, totals: bool) -> list[Node]:
        """What GROUP BY parts rows by; where `totals` stand beside plain items and none is named, the plain items."""
        if self.query.groups or not totals:
            return self.query.groups
        plain = [one for one in self.query.items if not (one.aggregates or one.is_table or one.looks_beside)]
        whole = [one for node in self.query.items if node.is_table for one in _columns_of(self.schema, node)]
        return [*plain, *whole]

    def _extreme(self, parting: Sequence[Node]) -> Extreme | None:
        """The one largest or smallest value that is asked for: what is shown beside it is of the row that has it."""
        roots = [*self.query.items, *(node for _, node in self.query.order)]
        roots += [self.query.having] if self.query.having else []
        totals = [node for root in roots for node in root.walk() if node.head in (*AGGREGATES, *CONDITIONAL)]
        if not totals or any(one.head not in ("min", "max") or one != totals[0] for one in totals):
            return None
        keys = [node.head for node in parting if isinstance(node.head, Leaf)]
        places = {(fold(leaf.table), fold(leaf.column)) for leaf in keys}
        settled = {
            fold(key.to_table)
            for _, key in self.path
            if key is not None and places & {(fold(key.table), fold(name)) for name in key.columns}
        }
        for name, _ in self.path:
            table = table_of(self.schema, name)
            if len(table.primary_key) == 1 and (fold(name), fold(table.primary_key[0])) in places:
                settled.add(fold(name))
        return Extreme(str(totals[0].head), totals[0].parts[0], frozenset(settled))

    def _one_by_one(self, groups: tuple[str, ...]) -> str:
        """The only item as SQL where it is of rows or what they are grouped by; else nothing."""
        item = self.query.items[0]
        if len(self.query.items) > 1 or item.is_table or item.aggregates or item.looks_beside:
            return ""
        text = self.expressions.write(item)
        return text if not groups or text in groups else ""

    def _where(self, where: Node | None, never_null: str) -> str:
        """The WHERE clause. NOT IN over a list that holds a NULL is never true: `never_null` leaves those out."""
        tests = [f"{never_null} IS NOT NULL"] if never_null else []
        tests = [*self._in_their_roles(), *tests]
        if where:
            tests.insert(0, self.conditions.write(where, top=not tests))
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def _in_their_roles(self) -> list[str]:
        """Conditions for roles without what gives them: of the staff only the managers."""
        joined = {fold(name) for name, _ in self.path}
        tests = []
        for key in self.schema.foreign_keys:
            role = self.schema.table(key.to_table)
            if isinstance(role, Role) and fold(role.name) in joined and fold(key.table) not in joined:
                own, other = (quote(one[0]) for one in (key.to_columns, key.columns))
                given = table_of(self.schema, key.table).sql_name
                own = f"{quote(role.name)}.{own}" if len(self.path) > 1 else own
                tests.append(f"{own} IN (SELECT {other} FROM {given})")
        return tests

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
        name = heading(node) or ""
        if isinstance(node.head, Leaf):
            return f"{text} AS {quote(name)}" if text.startswith(_OF_GROUP) and name else text
        columns = {fold(column.name) for one, _ in self.path for column in table_of(self.schema, one).columns}
        taken = columns | {fold(one) for one in self.names.values()}
        free = next((one for one in (name, f"{name}_2", f"{name}_3") if fold(one) not in taken), "")
        if not name or not free:
            return text
        self.names[text] = free
        return f"{text} AS {quote(free)}"

    def _order_key(self, node: Node) -> str:
        text = self.expressions.write(node)
        return quote(self.names[text]) if text in self.names else text


def _path(schema: Schema, query: Query) -> Path:
    """The tables that a query needs, in join order: those of its FROM, then those its clauses name."""
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
    named = [leaf.table for leaf in leaves if leaf.kind in ("table", "column")]
    for name in [*query.tables, *named]:
        found.setdefault(fold(name), name)
    path = join_path(schema, list(found.values()))
    return rooted(path, named[0]) if named else path


def _parted(where: Node | None) -> tuple[Node | None, list[Node]]:
    """Conditions on rows alone, and those on a row's place among others, which SQL tests in QUALIFY."""
    if where is None:
        return None, []
    if where.head == "and":
        left, right = map(_parted, where.parts)
        rows = [one for one in (left[0], right[0]) if one is not None]
        return (Node("and", tuple(rows)) if len(rows) == 2 else next(iter(rows), None)), [*left[1], *right[1]]
    return (None, [where]) if any(node.head == "within" for node in where.walk()) else (where, [])


_OF_GROUP = ("any_value(", "arg_max(", "arg_min(")
