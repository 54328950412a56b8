"""Reads a reading's actions, in prefix order, into the tree of a SELECT. Knows no schema and no SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nl2sql.errors import ParserError
from nl2sql.parsers.builtin.grammar import (
    AGGREGATES,
    ARITHMETIC,
    BUCKETS,
    COMPARISONS,
    DURATIONS,
    EXPRESSIONS,
    MEMBERSHIPS,
    OVER_GROUPS,
    PATTERNS,
    PLACES,
    SET_OPERATIONS,
    TESTS,
    Action,
    Leaf,
    Reading,
)

LONGEST_READING = 300
"""Actions of a reading that is rendered: more than any parser writes, few enough for recursion."""


@dataclass
class Query:
    """One SELECT of a reading, its parts still as trees."""

    distinct: bool = False
    items: list[Node] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    where: Node | None = None
    groups: list[Node] = field(default_factory=list)
    having: Node | None = None
    order: list[tuple[str, Node]] = field(default_factory=list)
    each: Node | None = None
    """What rows are parted by before each part is ordered and cut to `limit`."""
    limit: str | None = None
    passed: int = 0
    """How many rows, or rows of each part, are passed over before the first that is shown."""
    operation: str | None = None
    right: Query | None = None


@dataclass
class Node:
    """An expression or condition: `head` is a keyword or a leaf, `parts` its operands, `query` a subquery."""

    head: Action
    parts: tuple[Node, ...] = ()
    distinct: bool = False
    query: Query | None = None

    def walk(self) -> Iterator[Node]:
        """This node and those below it, subqueries left out."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def is_table(self) -> bool:
        """True for a bare table: all its columns, or its rows where they are counted."""
        return isinstance(self.head, Leaf) and self.head.kind == "table"

    @property
    def is_date(self) -> bool:
        """True for a time period."""
        return isinstance(self.head, Leaf) and self.head.kind == "date"

    @property
    def aggregates(self) -> bool:
        """True when some part is computed over all rows of a group; a row's standing `within` others is not."""
        if self.head == "within":
            return False
        return self.head in AGGREGATES or self.head == "rate" or any(part.aggregates for part in self.parts)

    @property
    def looks_beside(self) -> bool:
        """True when some part is computed over other rows or groups than its own: what SQL calls a window."""
        return any(one.head in (*OVER_GROUPS, "rank", "within") for one in self.walk() if isinstance(one.head, str))

    @property
    def first_leaf(self) -> Leaf | None:
        """The leftmost leaf below, or this one."""
        return next((one.head for one in self.walk() if isinstance(one.head, Leaf)), None)


def to_tree(reading: Reading) -> Query:
    """The tree of `reading`. Raises ParserError where it is not well formed."""
    if len(reading) > LONGEST_READING:
        raise ParserError("This reading is too long.")
    builder = _Builder(reading)
    query = builder.query()
    if builder.peek() is not None:
        raise ParserError("This reading goes on after its end.")
    return query


class _Builder:
    """Reads actions in prefix order into trees."""

    def __init__(self, reading: Reading) -> None:
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

    def query(self) -> Query:
        if self.take() != "select":
            raise ParserError("This reading is no SELECT.")
        query = Query()
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
            elif action == "each":
                query.each = self.expression()
            elif action in PLACES:
                query.limit, query.passed = "1", PLACES[str(action)]
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
            isinstance(action, str) and action in EXPRESSIONS
        )

    def _leaf_next(self, kind: str) -> bool:
        action = self.peek()
        return isinstance(action, Leaf) and action.kind == kind

    def expression(self) -> Node:
        action = self.take()
        if isinstance(action, Leaf) or action in ("0", "1", "100"):
            return Node(action)
        if action in AGGREGATES:
            distinct = self.peek() == "distinct"
            if distinct:
                self.take()
            return Node(action, (self.expression(),), distinct)
        if action in ARITHMETIC:
            return Node(action, (self.expression(), self.expression()))
        if action in (*BUCKETS, *OVER_GROUPS, "rank"):
            return Node(action, (self.expression(),))
        if action == "when":
            return Node(action, (self.expression(), self.condition()))
        if action == "rate":
            return Node(action, (self.condition(),))
        if action in ("within", *DURATIONS):
            return Node(action, (self.expression(), self.expression()))
        raise ParserError("This reading is not well formed.")

    def condition(self) -> Node:
        action = self.take()
        if action in ("and", "or"):
            return Node(action, (self.condition(), self.condition()))
        if action in COMPARISONS:
            left = self.expression()
            if self.peek() == "select":
                return Node(action, (left,), query=self.query())
            return Node(action, (left, self.expression()))
        if action == "between":
            return Node(action, (self.expression(), self.expression(), self.expression()))
        if action in PATTERNS:
            return Node(action, (self.expression(), self.expression()))
        if action in MEMBERSHIPS:
            return Node(action, (self.expression(),), query=self.query())
        if action in TESTS:
            return Node(action, (self.expression(),))
        raise ParserError("This reading is not well formed.")


def _number(action: Action) -> str:
    if isinstance(action, Leaf) and action.kind == "number" and re.fullmatch(r"\d{1,9}", action.value):
        return action.value
    raise ParserError("A row count must be a whole number.")
