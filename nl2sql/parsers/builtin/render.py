"""Makes DuckDB SQL of a reading: joins inferred over the key graph, dates counted from an as_of date."""

from __future__ import annotations

import datetime as dt
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from nl2sql import dates
from nl2sql.errors import ParserError
from nl2sql.linking import split_name, stem
from nl2sql.parsers.builtin.grammar import (
    AGGREGATES,
    ARITHMETIC,
    BUCKETS,
    COMPARISONS,
    MEMBERSHIPS,
    PATTERNS,
    SET_OPERATIONS,
    TESTS,
    Action,
    Leaf,
    Reading,
)
from nl2sql.schema import Column, ForeignKey, Schema, Table, fold, literal, quote


@dataclass
class _Query:
    """One SELECT of a reading, its parts still as trees."""

    distinct: bool = False
    items: list[_Node] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    where: _Node | None = None
    groups: list[_Node] = field(default_factory=list)
    having: _Node | None = None
    order: list[tuple[str, _Node]] = field(default_factory=list)
    limit: str | None = None
    operation: str | None = None
    right: _Query | None = None


@dataclass
class _Node:
    """An expression or condition: `head` is a keyword or a leaf, `parts` its operands, `query` a subquery."""

    head: Action
    parts: tuple[_Node, ...] = ()
    distinct: bool = False
    query: _Query | None = None

    def walk(self) -> Iterator[_Node]:
        """This node and those below it, subqueries left out."""
        yield self
        for part in self.parts:
            yield from part.walk()


LONGEST_READING = 300
"""Actions of a reading that is rendered: more than any parser writes, few enough for recursion."""


def render(reading: Reading, schema: Schema, as_of: dt.date) -> str:
    """The SQL of `reading`. Raises ParserError where it cannot be said over `schema` (no key joins two tables, ...)."""
    builder = _Builder(reading)
    query = builder.query()
    if builder.peek() is not None:
        raise ParserError("This reading goes on after its end.")
    return _Renderer(schema, as_of).query(query)


class _Builder:
    """Reads actions in prefix order into trees."""

    def __init__(self, reading: Reading) -> None:
        if len(reading) > LONGEST_READING:
            raise ParserError("This reading is too long.")
        self.actions = list(reading)
        self.at = 0

    def peek(self) -> Action | None:
        return self.actions[self.at] if self.at < len(self.actions) else None

    def take(self) -> Action:
        action = self.peek()
        if action is None:
            raise ParserError("This reading is cut off.")
        self.at += 1
        return action

    def query(self) -> _Query:
        if self.take() != "select":
            raise ParserError("This reading is no SELECT.")
        query = _Query()
        if self.peek() == "distinct":
            self.take()
            query.distinct = True
        while self._expression_next() or self._leaf_next("table"):
            query.items.append(self.expression())
        while (action := self.take()) != "end":
            if action == "from":
                while self._leaf_next("table"):
                    leaf = self.take()
                    assert isinstance(leaf, Leaf)
                    query.tables.append(leaf.table)
            elif action == "where":
                query.where = self.condition()
            elif action == "group":
                while self._expression_next():
                    query.groups.append(self.expression())
            elif action == "having":
                query.having = self.condition()
            elif action in ("asc", "desc"):
                query.order.append((str(action), self.expression()))
            elif action == "limit1":
                query.limit = "1"
            elif action == "limit":
                query.limit = _number(self.take())
            elif action in SET_OPERATIONS:
                query.operation, query.right = str(action), self.query()
                break
            else:
                raise ParserError("This reading is not well formed.")
        return query

    def _expression_next(self) -> bool:
        action = self.peek()
        return (isinstance(action, Leaf) and action.kind == "column") or (
            isinstance(action, str) and action in (*AGGREGATES, *ARITHMETIC, *BUCKETS)
        )

    def _leaf_next(self, kind: str) -> bool:
        action = self.peek()
        return isinstance(action, Leaf) and action.kind == kind

    def expression(self) -> _Node:
        action = self.take()
        if isinstance(action, Leaf) or action in ("0", "1", "100"):
            return _Node(action)
        if action in AGGREGATES:
            distinct = self.peek() == "distinct"
            if distinct:
                self.take()
            return _Node(action, (self.expression(),), distinct)
        if action in ARITHMETIC:
            return _Node(action, (self.expression(), self.expression()))
        if action in BUCKETS:
            return _Node(action, (self.expression(),))
        raise ParserError("This reading is not well formed.")

    def condition(self) -> _Node:
        action = self.take()
        if action in ("and", "or"):
            return _Node(action, (self.condition(), self.condition()))
        if action in COMPARISONS:
            left = self.expression()
            if self.peek() == "select":
                return _Node(action, (left,), query=self.query())
            return _Node(action, (left, self.expression()))
        if action == "between":
            return _Node(action, (self.expression(), self.expression(), self.expression()))
        if action in PATTERNS:
            return _Node(action, (self.expression(), self.expression()))
        if action in MEMBERSHIPS:
            return _Node(action, (self.expression(),), query=self.query())
        if action in TESTS:
            return _Node(action, (self.expression(),))
        raise ParserError("This reading is not well formed.")


def _number(action: Action) -> str:
    if isinstance(action, Leaf) and action.kind == "number" and re.fullmatch(r"\d{1,9}", action.value):
        return action.value
    raise ParserError("A row count must be a whole number.")


_JOINED = ("number", "text", "date")
"""Families of columns that may tie two tables without a declared key."""

Path = list[tuple[str, ForeignKey | None]]
"""Tables in join order, each with the key that ties it to an earlier one."""


def join_path(schema: Schema, tables: list[str]) -> Path:
    """Tables in join order, each with the key that ties it to an earlier one (None for the first).

    Grows a tree from the first table, always to the nearest table still missing: a Steiner tree within a factor of two.
    Raises ParserError when no chain of keys connects them.
    """
    if not tables:
        raise ParserError("This reading names no table.")
    order: Path = [(tables[0], None)]
    joined = {fold(tables[0])}
    graph = key_graph(schema)
    missing = [table for table in dict.fromkeys(tables) if fold(table) not in joined]
    while missing:
        goals = {fold(table) for table in missing}
        path = _nearest(graph, joined, goals) or _nearest(_shared_columns(schema), joined, goals)
        if path is None:
            raise ParserError(f"No key connects the tables {tables[0]} and {missing[0]}.")
        for name, key in path:
            if fold(name) not in joined:
                joined.add(fold(name))
                order.append((name, key))
        missing = [table for table in missing if fold(table) not in joined]
    return order


def key_graph(schema: Schema) -> dict[str, list[tuple[str, ForeignKey]]]:
    """Neighbours of each table (case-folded), with the key between them; declared keys, else columns of one name.

    Between two tables with several keys, the one whose columns name the other table comes first.
    """
    keys = [*schema.foreign_keys, *_implied_keys(schema)]
    keys.sort(key=lambda key: (not key.declared, not _names_target(key)))
    graph: dict[str, list[tuple[str, ForeignKey]]] = {fold(table.name): [] for table in schema.tables}
    for key in keys:
        left, right = fold(key.table), fold(key.to_table)
        if left in graph and right in graph and left != right:
            graph[left].append((key.to_table, key))
            graph[right].append((key.table, key))
    return graph


def _names_target(key: ForeignKey) -> bool:
    target = {stem(word) for word in split_name(key.to_table)}
    return any(target & {stem(word) for word in split_name(column)} for column in key.columns)


def _implied_keys(schema: Schema) -> Iterator[ForeignKey]:
    """Relationships that names suggest between tables that no declared key ties: same column name, key on one side."""
    tied = {frozenset((fold(key.table), fold(key.to_table))) for key in schema.foreign_keys}
    owners = [(table, table.primary_key[0]) for table in schema.tables if len(table.primary_key) == 1]
    for target, name in owners:
        owned = target.column(name)
        words = split_name(target.name)
        wanted = {fold(name)} if fold(name) != "id" else set[str]()
        if words:
            wanted.add("_".join((*words[:-1], stem(words[-1]), "id")))
        for table in schema.tables:
            if table is target or frozenset((fold(table.name), fold(target.name))) in tied:
                continue
            for column in table.columns:
                if owned is None or column.family != owned.family or column.family not in _JOINED:
                    continue
                if "_".join(split_name(column.name)) in wanted or fold(column.name) in wanted:
                    yield ForeignKey(table.name, (column.name,), target.name, (name,), declared=False)


def _shared_columns(schema: Schema) -> dict[str, list[tuple[str, ForeignKey]]]:
    """Neighbours by a column of one name and kind (`id` and `name` apart): the last resort where no key is known."""
    graph: dict[str, list[tuple[str, ForeignKey]]] = {fold(table.name): [] for table in schema.tables}
    holders: dict[tuple[str, str], list[tuple[Table, str]]] = {}
    for table, column in schema.columns():
        if fold(column.name) not in ("id", "name") and column.family in _JOINED:
            holders.setdefault((fold(column.name), column.family), []).append((table, column.name))
    for tables in holders.values():
        for left, name in tables:
            for right, other in tables:
                if left is not right:
                    key = ForeignKey(left.name, (name,), right.name, (other,), declared=False)
                    graph[fold(left.name)].append((right.name, key))
    return graph


def _nearest(
    graph: dict[str, list[tuple[str, ForeignKey]]], start: set[str], goals: set[str]
) -> list[tuple[str, ForeignKey]] | None:
    """The shortest chain of keys from any table in `start` to any in `goals`."""
    queue: deque[tuple[str, list[tuple[str, ForeignKey]]]] = deque((name, []) for name in sorted(start))
    seen = set(start)
    while queue:
        name, path = queue.popleft()
        for neighbour, key in graph.get(name, ()):
            folded = fold(neighbour)
            if folded in goals:
                return [*path, (neighbour, key)]
            if folded not in seen:
                seen.add(folded)
                queue.append((folded, [*path, (neighbour, key)]))
    return None


_WORDS = ("VARCHAR", "TEXT", "CHAR", "STRING")
_SQL_ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


class _Renderer:
    """Writes one query; made anew for each subquery, since names are qualified by what FROM holds."""

    def __init__(self, schema: Schema, as_of: dt.date) -> None:
        self.schema = schema
        self.as_of = as_of
        self.qualified = False
        self.path: Path = []
        self.groups: tuple[str, ...] | None = None
        """The keys of GROUP BY while a clause is written that sees groups instead of rows."""

    def query(self, query: _Query, without_nulls: bool = False) -> str:
        """SQL of `query`, set operations included; `without_nulls` leaves out rows whose only item is NULL."""
        text = self._select(query, without_nulls)
        right = query.right
        if query.operation and right:
            if self.width(query) != self.width(right):
                raise ParserError("Both halves of a set operation need the same number of columns.")
            other = _Renderer(self.schema, self.as_of).query(right, without_nulls)
            if query.order or query.limit:
                text = f"({text})"
            if right.order or right.limit or right.operation:
                other = f"({other})"
            text = f"{text} {query.operation.upper()} {other}"
        return text

    def width(self, query: _Query) -> int:
        """How many columns `query` gives."""
        return sum(
            len(self._table(node.head.table).columns) if isinstance(node.head, Leaf) and _is_table(node) else 1
            for node in query.items
        )

    def _select(self, query: _Query, without_nulls: bool) -> str:
        if not query.items:
            raise ParserError("This reading selects nothing.")
        if any(map(_aggregates, [*query.groups, *([query.where] if query.where else [])])):
            raise ParserError("Rows cannot be chosen or grouped by what is computed over all of them.")
        self.path = join_path(self.schema, self._tables(query))
        self.qualified = len(self.path) > 1
        groups = tuple(self.expression(node) for node in query.groups)
        keys = [node for _, node in query.order]
        plain = [node for node in query.items if not _aggregates(node) and not _is_table(node)]
        totals = any(map(_aggregates, [*query.items, *keys])) or query.having is not None
        if not groups and totals:
            whole = [one for node in query.items if _is_table(node) for one in self._columns_of(node)]
            groups = tuple(self.expression(node) for node in [*plain, *whole])
        where = self._where(query, without_nulls and not (totals or groups or query.limit))
        self.groups = groups if groups or totals else None
        names: dict[str, str] = {}
        items = [item for node in query.items for item in self._items(node, names)]
        text = f"SELECT {'DISTINCT ' if query.distinct else ''}{', '.join(items)} FROM {self._from()}{where}"
        if groups:
            text += f" GROUP BY {', '.join(dict.fromkeys(groups))}"
        if query.having:
            text += f" HAVING {self.condition(query.having, top=True)}"
        if query.order:
            written = [self._order_key(node, names) + (" DESC" if way == "desc" else "") for way, node in query.order]
            text += f" ORDER BY {', '.join(written)}"
        if query.limit:
            text += f" LIMIT {query.limit}"
        return text

    def _where(self, query: _Query, without_nulls: bool) -> str:
        """The WHERE clause. NOT IN over a list that holds a NULL is never true: `without_nulls` leaves those out."""
        tests = []
        if query.where:
            tests.append(self.condition(query.where, top=not without_nulls))
        if without_nulls and len(query.items) == 1 and not _is_table(query.items[0]):
            tests.append(f"{self.expression(query.items[0])} IS NOT NULL")
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def _tables(self, query: _Query) -> list[str]:
        found: dict[str, str] = {}
        roots = [*query.items, *query.groups, *(node for _, node in query.order)]
        roots += [node for node in (query.where, query.having) if node]
        for root in roots:
            for node in root.walk():
                if isinstance(node.head, Leaf) and node.head.kind in ("table", "column"):
                    found.setdefault(fold(node.head.table), node.head.table)
        for name in query.tables:
            found.setdefault(fold(name), name)
        return list(found.values())

    def _from(self) -> str:
        text = self._table(self.path[0][0]).sql_name
        for name, key in self.path[1:]:
            assert key is not None
            left, right = quote(self._table(key.table).name), quote(self._table(key.to_table).name)
            ties = " AND ".join(
                f"{left}.{quote(column)} = {right}.{quote(other)}"
                for column, other in zip(key.columns, key.to_columns, strict=True)
            )
            text += f" JOIN {self._table(name).sql_name} ON {ties}"
        return text

    def _table(self, name: str) -> Table:
        table = self.schema.table(name)
        if table is None:
            raise ParserError(f"There is no table {name}.")
        return table

    def _items(self, node: _Node, names: dict[str, str]) -> list[str]:
        """What an item becomes in the select list; a table beside groups becomes its columns."""
        if not _is_table(node):
            return [self._item(node, names)]
        if self.groups is None:
            assert isinstance(node.head, Leaf)
            return [f"{quote(self._table(node.head.table).name)}.*" if self.qualified else "*"]
        return [self._item(one, names) for one in self._columns_of(node)]

    def _columns_of(self, node: _Node) -> list[_Node]:
        """The columns of a bare table as items."""
        assert isinstance(node.head, Leaf)
        table = self._table(node.head.table)
        return [_Node(Leaf("column", table.name, column.name)) for column in table.columns]

    def _item(self, node: _Node, names: dict[str, str]) -> str:
        text = self.expression(node)
        name = self._name(node)
        if isinstance(node.head, Leaf):
            return f"{text} AS {quote(name)}" if text.startswith("any_value(") and name else text
        taken = {fold(column.name) for one, _ in self.path for column in self._table(one).columns}
        if name and fold(name) not in taken and name not in names.values():
            names[text] = name
            return f"{text} AS {quote(name)}"
        return text

    def _name(self, node: _Node) -> str | None:
        """A readable name for a computed column."""
        if isinstance(node.head, Leaf):
            return node.head.column or None
        if node.head in AGGREGATES:
            inner = next((one.head for one in node.walk() if isinstance(one.head, Leaf)), None)
            if inner is None:
                return None
            what = "_".join(split_name(inner.column or inner.table))
            return f"{node.head}_{what}" if inner.kind == "column" or node.head != "count" else "count"
        return node.head if node.head in BUCKETS else None

    def _order_key(self, node: _Node, names: dict[str, str]) -> str:
        text = self.expression(node)
        return quote(names[text]) if text in names else text

    # -- expressions ------------------------------------------------------------------------------------------------

    def expression(self, node: _Node) -> str:
        """SQL of an expression; what is neither grouped by nor computed over a group takes any value of it."""
        if self.groups is None or node.head in AGGREGATES:
            return self._written(node)
        groups, self.groups = self.groups, None
        text = self._written(node) if not _aggregates(node) else ""
        self.groups = groups
        return text if text in groups else self._written(node)

    def _written(self, node: _Node) -> str:
        head = node.head
        if isinstance(head, Leaf):
            return self._leaf(head)
        if head in ("0", "1", "100"):
            return head
        if head in AGGREGATES:
            return self._aggregate(node)
        if head in ARITHMETIC:
            return self._arithmetic(node)
        if head in BUCKETS:
            return self._bucket(head, node.parts[0])
        raise ParserError("This reading is not well formed.")

    def _leaf(self, leaf: Leaf) -> str:
        if leaf.kind == "column":
            table, column = self._column(leaf)
            text = f"{quote(table.name)}.{quote(column.name)}" if self.qualified else quote(column.name)
            return text if self.groups is None else f"any_value({text})"
        if leaf.kind == "number":
            return leaf.value
        raise ParserError("A value stands where a column is needed.")

    def _column(self, leaf: Leaf) -> tuple[Table, Column]:
        table = self._table(leaf.table)
        column = table.column(leaf.column)
        if column is None:
            raise ParserError(f"There is no column {leaf.column} in {leaf.table}.")
        return table, column

    def _family(self, node: _Node) -> str:
        """The broad type of an expression."""
        if isinstance(node.head, Leaf):
            return self._column(node.head)[1].family if node.head.kind == "column" else node.head.kind
        if node.head in ("min", "max"):
            return self._family(node.parts[0])
        if node.head in ("month", "week", "day", "quarter"):
            return "date"
        return "text" if node.head == "weekday" else "number"

    def _type(self, node: _Node) -> str:
        """What two sides of a comparison must share: the family, where that says too little DuckDB's own type."""
        family = self._family(node)
        if family not in ("time", "other"):
            return family
        while not isinstance(node.head, Leaf):
            node = node.parts[0]
        return self._column(node.head)[1].type.upper()

    def _text(self, node: _Node) -> str:
        """An expression of family text as VARCHAR: an ENUM or a UUID cannot be searched or compared with words."""
        text = self.expression(node)
        inner = next((one.head for one in node.walk() if isinstance(one.head, Leaf)), None)
        if node.head == "weekday" or inner is None or self._column(inner)[1].type.upper().startswith(_WORDS):
            return text
        return f"CAST({text} AS VARCHAR)"

    def _aggregate(self, node: _Node) -> str:
        (part,) = node.parts
        if _is_table(part):
            if node.head != "count":
                raise ParserError("Rows can be counted, not computed with.")
            return "count(*)"
        if _aggregates(part):
            raise ParserError("What is computed over rows cannot be computed over again.")
        groups, self.groups = self.groups, None
        inner = self._number(part) if node.head in ("sum", "avg", "median") else self.expression(part)
        self.groups = groups
        return f"{node.head}({'DISTINCT ' if node.distinct else ''}{inner})"

    def _number(self, node: _Node) -> str:
        """An expression to compute with: a number, or text that may spell one."""
        family = self._family(node)
        if family not in ("number", "text"):
            raise ParserError("Only numbers can be added up.")
        text = self.expression(node)
        return text if family == "number" else f"try_cast({text} AS DOUBLE)"

    def _arithmetic(self, node: _Node) -> str:
        left, right = (
            f"({self._number(part)})" if part.head in ARITHMETIC else self._number(part) for part in node.parts
        )
        if node.head == "divide":
            right = f"nullif({right}, 0)"
        return f"{left} {_SQL_ARITHMETIC[str(node.head)]} {right}"

    def _bucket(self, unit: str, part: _Node) -> str:
        family = self._family(part)
        text = self.expression(part)
        if family != "date":
            raise ParserError("Only dates have years, months and days.")
        if unit in ("year", "hour"):
            return f"{unit}({text})"
        if unit == "weekday":
            return f"dayname({text})"
        return f"date_trunc('{unit}', {text})"

    # -- conditions -------------------------------------------------------------------------------------------------

    def condition(self, node: _Node, top: bool = False) -> str:
        """SQL of a condition; OR is bracketed unless it stands at the `top`."""
        head = node.head
        if head in ("and", "or"):
            glue = f" {str(head).upper()} "
            text = glue.join(
                self.condition(part, top=top and head == "and" and part.head == "and") for part in node.parts
            )
            return text if top or head == "and" else f"({text})"
        if node.query is not None:
            return self._with_subquery(str(head), node.parts[0], node.query)
        if head in TESTS:
            return self._test(str(head), node.parts[0])
        if head in PATTERNS:
            return self._pattern(str(head), *node.parts)
        if head == "between":
            return self._between(*node.parts)
        return self._compare(str(head), *node.parts)

    def _with_subquery(self, operator: str, left: _Node, query: _Query) -> str:
        inner = _Renderer(self.schema, self.as_of)
        text = inner.query(query, without_nulls=operator == "not_in")
        if inner.width(query) != 1 or _is_table(query.items[0]):
            raise ParserError("A value can be compared with one column only.")
        if self._type(left) != inner._type(query.items[0]):
            raise ParserError("Values of different kinds cannot be compared.")
        operator = {"in": "IN", "not_in": "NOT IN", "!=": "<>"}.get(operator, operator)
        return f"{self.expression(left)} {operator} ({text})"

    def _test(self, test: str, part: _Node) -> str:
        text = self.expression(part)
        if test in ("null", "not_null"):
            return f"{text} IS {'NOT ' if test == 'not_null' else ''}NULL"
        if self._family(part) == "boolean":
            return text if test == "true" else f"NOT {text}"
        raise ParserError("Only yes/no columns can be true or false.")

    def _pattern(self, pattern: str, left: _Node, value: _Node) -> str:
        if self._family(left) != "text" or not isinstance(value.head, Leaf):
            raise ParserError("Only text can be searched for words.")
        words = (value.head.text if value.head.kind == "text" else value.head.value) or value.head.text
        escaped = re.sub(r"([\\%_])", r"\\\1", words)
        form = {"contains": "%{}%", "not_contains": "%{}%", "starts": "{}%", "ends": "%{}"}[pattern]
        escape = r" ESCAPE '\'" if escaped != words else ""
        operator = "NOT ILIKE" if pattern == "not_contains" else "ILIKE"
        return f"{self._text(left)} {operator} {literal(form.format(escaped))}{escape}"

    def _between(self, left: _Node, low: _Node, high: _Node) -> str:
        text = self._text(left) if self._family(left) == "text" else self.expression(left)
        if self._family(left) == "date" and _is_date(low) and _is_date(high):
            start, end = self._bounds(low)[0], self._bounds(high)[1]
            return f"{text} >= DATE '{start}' AND {text} < DATE '{end}'"
        return f"{text} BETWEEN {self._value(left, low)} AND {self._value(left, high)}"

    def _compare(self, operator: str, left: _Node, right: _Node) -> str:
        text = self.expression(left)
        if right.head not in ("0", "1") and (not isinstance(right.head, Leaf) or right.head.kind == "column"):
            if self._type(left) != self._type(right):
                raise ParserError("Values of different kinds cannot be compared.")
            return f"{text} {operator.replace('!=', '<>')} {self.expression(right)}"
        if _is_date(right) and self._family(left) == "date":
            start, end = self._bounds(right)
            return {
                "=": f"{text} >= DATE '{start}' AND {text} < DATE '{end}'",
                "!=": f"NOT ({text} >= DATE '{start}' AND {text} < DATE '{end}')",
                ">": f"{text} >= DATE '{end}'",
                ">=": f"{text} >= DATE '{start}'",
                "<": f"{text} < DATE '{start}'",
                "<=": f"{text} < DATE '{end}'",
            }[operator]
        value = self._value(left, right)
        operator = operator.replace("!=", "<>")
        if self._family(left) == "text":
            text = self._text(left)
            if isinstance(right.head, Leaf) and right.head.kind == "text" and not right.head.value:
                return f"lower({text}) {operator} lower({value})"
        return f"{text} {operator} {value}"

    def _bounds(self, node: _Node) -> tuple[dt.date, dt.date]:
        assert isinstance(node.head, Leaf)
        return dates.bounds(dates.from_text(node.head.value), self.as_of)

    def _value(self, left: _Node, node: _Node) -> str:
        """A value as a literal of the kind that `left` holds."""
        family = self._family(left)
        if family in ("time", "other"):
            said = node.head.text if isinstance(node.head, Leaf) else ""
            if self._type(left).startswith("TIME") and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?", said):
                return literal(said)
            raise ParserError("This kind of column can be compared with another column only.")
        if family == "boolean":
            raise ParserError("A yes/no column cannot be compared with words.")
        if node.head in ("0", "1") and family in ("number", "text"):
            return str(node.head) if family == "number" else literal(str(node.head))
        leaf = node.head
        if not isinstance(leaf, Leaf) or leaf.kind in ("table", "column"):
            raise ParserError("A column stands where a value is needed.")
        if family == "number":
            digits = leaf.value if leaf.kind == "number" else leaf.text.replace(",", "")
            if not re.fullmatch(r"-?\d+(\.\d+)?", digits):
                raise ParserError(f"«{leaf.text}» is no number.")
            return digits
        if family == "date":
            if leaf.kind == "date":
                return f"DATE '{self._bounds(node)[0]}'"
            raise ParserError(f"«{leaf.text}» is no date.")
        if leaf.kind in ("number", "date"):
            return literal(leaf.text)
        return literal(leaf.value or leaf.text)


def _is_date(node: _Node) -> bool:
    return isinstance(node.head, Leaf) and node.head.kind == "date"


def _is_table(node: _Node) -> bool:
    return isinstance(node.head, Leaf) and node.head.kind == "table"


def _aggregates(node: _Node) -> bool:
    return any(one.head in AGGREGATES for one in node.walk() if isinstance(one.head, str))
