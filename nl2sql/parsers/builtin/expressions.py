"""SQL of expressions, and what kind of value each gives. Knows neither clauses nor conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nl2sql.errors import ParserError
from nl2sql.parsers.builtin.grammar import AGGREGATES, ARITHMETIC, BUCKETS, CONDITIONAL, DURATIONS, OVER_GROUPS, Leaf
from nl2sql.parsers.builtin.tree import Node
from nl2sql.schema import Column, Schema, Table, fold, quote

_WORDS = ("VARCHAR", "TEXT", "CHAR", "STRING")
_OF_GROUPS = frozenset((*AGGREGATES, *CONDITIONAL, *OVER_GROUPS, "rank", "within"))
_SQL_ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def table_of(schema: Schema, name: str) -> Table:
    """The table called `name`. Raises ParserError."""
    table = schema.table(name)
    if table is None:
        raise ParserError(f"There is no table {name}.")
    return table


def column_of(schema: Schema, leaf: Leaf) -> tuple[Table, Column]:
    """The column that a leaf names, and its table. Raises ParserError."""
    table = table_of(schema, leaf.table)
    column = table.column(leaf.column)
    if column is None:
        raise ParserError(f"There is no column {leaf.column} in {leaf.table}.")
    return table, column


def family_of(schema: Schema, node: Node) -> str:
    """The broad type of an expression."""
    if isinstance(node.head, Leaf):
        return column_of(schema, node.head)[1].family if node.head.kind == "column" else node.head.kind
    if node.head in ("min", "max", "when", "within"):
        return family_of(schema, node.parts[0])
    if node.head in ("month", "week", "day", "quarter"):
        return "date"
    return "text" if node.head == "weekday" else "number"


def type_of(schema: Schema, node: Node) -> str:
    """What two sides of a comparison must share: the family, where that says too little DuckDB's own type."""
    family = family_of(schema, node)
    leaf = node.first_leaf
    if family not in ("time", "other", "text") or leaf is None or leaf.kind != "column":
        return family
    own = column_of(schema, leaf)[1].type.upper()
    return family if family == "text" and own != "UUID" else own  # DuckDB compares no UUID with other text


@dataclass(frozen=True)
class Course:
    """How groups follow one another: by the times or keys `along`, apart for each of the other keys `apart`."""

    along: tuple[str, ...]
    apart: tuple[str, ...] = ()

    @property
    def window(self) -> str:
        """The inside of an OVER clause."""
        parted = f"PARTITION BY {', '.join(self.apart)} " if self.apart else ""
        return f"{parted}ORDER BY {', '.join(self.along)}"


@dataclass(frozen=True)
class Extreme:
    """The only total of a SELECT, min or max of `value`; in tables that are `settled` a group has one row."""

    head: str
    value: Node
    settled: frozenset[str]


class Expressions:
    """Writes the expressions of one SELECT; its columns are `qualified` by their table where FROM holds several.

    Where rows of two tables are `paired` with one another, each row is counted once.
    """

    def __init__(self, schema: Schema, qualified: bool, paired: bool = False) -> None:
        self.schema = schema
        self.qualified = qualified
        self.paired = paired
        self.groups: tuple[str, ...] | None = None
        """The keys of GROUP BY while a clause is written that sees groups instead of rows."""
        self.course: Course | None = None
        """How the groups follow one another, where there are groups."""
        self.extreme: Extreme | None = None
        """The one largest or smallest value that is asked for, where nothing else is computed over groups."""
        self.condition: Callable[[Node], str] | None = None
        """Writes a condition on rows."""

    def write(self, node: Node) -> str:
        """SQL of an expression; what is neither grouped by nor computed over a group takes any value of it."""
        if self.groups is None or node.head in _OF_GROUPS:
            return self._written(node)
        groups, self.groups = self.groups, None
        text = self._written(node) if not node.aggregates else ""
        self.groups = groups
        return text if text in groups else self._written(node)

    def write_text(self, node: Node) -> str:
        """An expression of family text as VARCHAR: an ENUM or a UUID cannot be searched or compared with words."""
        text = self.write(node)
        inner = node.first_leaf
        if node.head == "weekday" or inner is None or column_of(self.schema, inner)[1].type.upper().startswith(_WORDS):
            return text
        return f"CAST({text} AS VARCHAR)"

    def _written(self, node: Node) -> str:
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
        if head in CONDITIONAL:
            return self._conditional(node)
        if head in OVER_GROUPS:
            return self._over_groups(head, node.parts[0])
        if head == "rank":
            return f"rank() OVER (ORDER BY {self._plain(node.parts[0])} DESC)"
        if head == "within":
            return self._within(*node.parts)
        if head in DURATIONS:
            return self._apart(head, *node.parts)
        raise ParserError("This reading is not well formed.")

    def _leaf(self, leaf: Leaf) -> str:
        if leaf.kind == "column":
            table, column = column_of(self.schema, leaf)
            text = f"{quote(table.name)}.{quote(column.name)}" if self.qualified else quote(column.name)
            return text if self.groups is None else self._of_group(text, fold(table.name))
        if leaf.kind == "number":
            return leaf.value
        raise ParserError("A value stands where a column is needed.")

    def _of_group(self, text: str, table: str) -> str:
        """One value of a group: of the row that has the largest or smallest of what is asked for, else of any."""
        if self.extreme is None or table in self.extreme.settled:
            return f"any_value({text})"
        groups, self.groups = self.groups, None
        value = self.write(self.extreme.value)
        self.groups = groups
        return f"arg_{self.extreme.head}({text}, {value})"

    def _aggregate(self, node: Node) -> str:
        (part,) = node.parts
        if part.is_table:
            if node.head != "count":
                raise ParserError("Rows can be counted, not computed with.")
            assert isinstance(part.head, Leaf)
            table = table_of(self.schema, part.head.table)
            if self.paired and len(table.primary_key) == 1:
                return f"count(DISTINCT {quote(table.name)}.{quote(table.primary_key[0])})"
            return "count(*)"
        if part.aggregates:
            raise ParserError("What is computed over rows cannot be computed over again.")
        groups, self.groups = self.groups, None
        inner = self.number(part) if node.head in ("sum", "avg", "median") else self.write(part)
        self.groups = groups
        return f"{node.head}({'DISTINCT ' if node.distinct else ''}{inner})"

    def _on_rows(self, condition: Node) -> str:
        """A condition on the rows of a group."""
        assert self.condition is not None
        if condition.aggregates or condition.looks_beside:
            raise ParserError("A row's condition cannot look at other rows.")
        groups, self.groups = self.groups, None
        text = self.condition(condition)
        self.groups = groups
        return text

    def _conditional(self, node: Node) -> str:
        if node.head == "rate":
            return f"100.0 * count(*) FILTER (WHERE {self._on_rows(node.parts[0])}) / nullif(count(*), 0)"
        total, condition = node.parts
        if total.head not in AGGREGATES:
            raise ParserError("Only what is computed over rows can be narrowed by a condition.")
        return f"{self._aggregate(total)} FILTER (WHERE {self._on_rows(condition)})"

    def _over_groups(self, head: str, total: Node) -> str:
        """A total beside those of the other groups."""
        if self.course is None or family_of(self.schema, total) != "number":
            raise ParserError("Only totals of groups can be set beside one another.")
        text = self.write(total)
        if head == "share":
            return f"100.0 * {text} / nullif(sum({text}) OVER (), 0)"
        over = f"OVER ({self.course.window})"
        if head == "running":
            return f"sum({text}) {over}"
        change = f"{text} - lag({text}) {over}"
        return change if head == "change" else f"100.0 * ({change}) / nullif(lag({text}) {over}, 0)"

    def _within(self, value: Node, key: Node) -> str:
        """What a row is beside the others that share its `key`: their total, or its rank among them."""
        if value.head == "rank":
            return f"rank() OVER (PARTITION BY {self._plain(key)} ORDER BY {self._plain(value.parts[0])} DESC)"
        if self.groups is not None:
            raise ParserError("Groups are not rows of another group.")
        return f"{self._aggregate(value)} OVER (PARTITION BY {self._plain(key)})"

    def _plain(self, node: Node) -> str:
        """An expression by which rows are parted or ranked."""
        if node.looks_beside or (self.groups is None and node.aggregates):
            raise ParserError("Rows cannot be parted by what is computed beside others.")
        text = self.write(node)
        if " OVER (" in text:  # in a SELECT within it: DuckDB allows no window there
            raise ParserError("Rows cannot be parted by what is computed beside others.")
        return text

    def _apart(self, unit: str, start: Node, end: Node) -> str:
        if family_of(self.schema, start) != "date" or family_of(self.schema, end) != "date":
            raise ParserError("Days and hours lie between dates only.")
        between = f"{self.write(start)}, {self.write(end)}"
        return f"date_diff('day', {between})" if unit == "days" else f"date_diff('second', {between}) / 3600"

    def number(self, node: Node) -> str:
        """An expression to compute with: a number, or text that may spell one."""
        family = family_of(self.schema, node)
        if family not in ("number", "text"):
            raise ParserError("Only numbers can be added up.")
        text = self.write(node)
        return text if family == "number" else f"try_cast({text} AS DOUBLE)"

    def _arithmetic(self, node: Node) -> str:
        left, right = (
            f"({self.number(part)})" if part.head in (*ARITHMETIC, "rate", "hours", *OVER_GROUPS) else self.number(part)
            for part in node.parts
        )
        if node.head == "divide":
            right = f"nullif({right}, 0)"
        return f"{left} {_SQL_ARITHMETIC[str(node.head)]} {right}"

    def _bucket(self, unit: str, part: Node) -> str:
        family = family_of(self.schema, part)
        text = self.write(part)
        if family != "date":
            raise ParserError("Only dates have years, months and days.")
        if unit in ("year", "hour"):
            return f"{unit}({text})"
        if unit == "weekday":
            return f"dayname({text})"
        return f"date_trunc('{unit}', {text})"
