"""SQL of conditions: comparisons, dates as half-open bounds counted from an as_of date, and values as literals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from nl2sql import dates
from nl2sql.errors import ParserError
from nl2sql.parsers.builtin.expressions import Expressions, column_of, family_of, type_of
from nl2sql.parsers.builtin.grammar import PATTERNS, TESTS, Leaf
from nl2sql.parsers.builtin.tree import Node, Query
from nl2sql.schema import Schema, literal

_BY_SIZE = frozenset(("<", "<=", ">", ">="))
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")


class Conditions:
    """Writes the conditions of one SELECT. `subquery` writes a query within it, and without NULLs where asked."""

    def __init__(self, expressions: Expressions, as_of: dt.date, subquery: Callable[[Query, bool], str]) -> None:
        self.expressions = expressions
        self.schema = expressions.schema
        self.as_of = as_of
        self.subquery = subquery

    def write(self, node: Node, top: bool = False) -> str:
        """SQL of a condition; OR is bracketed unless it stands at the `top`."""
        head = node.head
        if head in ("and", "or"):
            glue = f" {str(head).upper()} "
            text = glue.join(self.write(part, top=top and head == "and" and part.head == "and") for part in node.parts)
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

    def _with_subquery(self, operator: str, left: Node, query: Query) -> str:
        text = self.subquery(query, operator == "not_in")
        if len(query.items) != 1 or query.items[0].is_table:
            raise ParserError("A value can be compared with one column only.")
        written = self.expressions.write(left)
        arm = query.right
        while arm is not None:
            if type_of(self.schema, arm.items[0]) != type_of(self.schema, query.items[0]):
                raise ParserError("Both halves of what a value is looked for in must be of one kind.")
            arm = arm.right
        if type_of(self.schema, left) != type_of(self.schema, query.items[0]):
            if not self._spelled(operator, left, query.items[0]):
                raise ParserError("Values of different kinds cannot be compared.")
            written = self.expressions.number(left)
        elif _is_moment(self.schema, left) and _is_day(self.schema, query.items[0]):
            written = f"CAST({written} AS DATE)"
        operator = {"in": "IN", "not_in": "NOT IN", "!=": "<>"}.get(operator, operator)
        return f"{written} {operator} ({text})"

    def _spelled(self, operator: str, left: Node, right: Node) -> bool:
        """Whether text on the left is set beside a number on the right by size: text that spells numbers."""
        families = family_of(self.schema, left), family_of(self.schema, right)
        return operator in _BY_SIZE and families == ("text", "number")

    def _test(self, test: str, part: Node) -> str:
        text = self.expressions.write(part)
        if test in ("null", "not_null"):
            return f"{text} IS {'NOT ' if test == 'not_null' else ''}NULL"
        if family_of(self.schema, part) == "boolean":
            return text if test == "true" else f"NOT {text}"
        raise ParserError("Only yes/no columns can be true or false.")

    def _pattern(self, pattern: str, left: Node, value: Node) -> str:
        if family_of(self.schema, left) != "text" or not isinstance(value.head, Leaf):
            raise ParserError("Only text can be searched for words.")
        words = (value.head.text if value.head.kind in ("text", "date") else value.head.value) or value.head.text
        escaped = re.sub(r"([\\%_])", r"\\\1", words)
        form = {"contains": "%{}%", "not_contains": "%{}%", "starts": "{}%", "ends": "%{}"}[pattern]
        escape = r" ESCAPE '\'" if escaped != words else ""
        operator = "NOT ILIKE" if pattern == "not_contains" else "ILIKE"
        return f"{self.expressions.write_text(left)} {operator} {literal(form.format(escaped))}{escape}"

    def _between(self, left: Node, low: Node, high: Node) -> str:
        family = family_of(self.schema, left)
        text = self.expressions.write_text(left) if family == "text" else self.expressions.write(left)
        if family == "date" and low.is_date and high.is_date:
            start, end = self._bounds(low)[0], self._bounds(high)[1]
            return f"{text} >= DATE '{start}' AND {text} < DATE '{end}'"
        if self._spelled("<=", left, low) and self._spelled("<=", left, high):
            return f"{self.expressions.number(left)} BETWEEN {_digits(low)} AND {_digits(high)}"
        return f"{text} BETWEEN {self._value(left, low)} AND {self._value(left, high)}"

    def _compare(self, operator: str, left: Node, right: Node) -> str:
        text = self.expressions.write(left)
        sql_operator = operator.replace("!=", "<>")
        if right.head not in ("0", "1") and (not isinstance(right.head, Leaf) or right.head.kind == "column"):
            if self._spelled(operator, left, right):
                return f"{self.expressions.number(left)} {sql_operator} {self.expressions.write(right)}"
            if type_of(self.schema, left) != type_of(self.schema, right):
                raise ParserError("Values of different kinds cannot be compared.")
            other = self.expressions.write(right)
            if _is_moment(self.schema, left) and _is_day(self.schema, right):
                text = f"CAST({text} AS DATE)"
            elif _is_day(self.schema, left) and _is_moment(self.schema, right):
                other = f"CAST({other} AS DATE)"
            return f"{text} {sql_operator} {other}"
        family = family_of(self.schema, left)
        if family == "date" and right.is_date:
            return self._compare_date(text, operator, right)
        if self._spelled(operator, left, right):
            return f"{self.expressions.number(left)} {sql_operator} {_digits(right)}"
        value = self._value(left, right)
        if family == "text":
            text = self.expressions.write_text(left)
            if isinstance(right.head, Leaf) and right.head.kind == "text" and not right.head.value:
                return f"lower({text}) {sql_operator} lower({value})"
        return f"{text} {sql_operator} {value}"

    def _compare_date(self, text: str, operator: str, period: Node) -> str:
        """The date `text` against a period: within it, or past one of its ends."""
        start, end = self._bounds(period)
        within = f"{text} >= DATE '{start}' AND {text} < DATE '{end}'"
        return {
            "=": within,
            "!=": f"NOT ({within})",
            ">": f"{text} >= DATE '{end}'",
            ">=": f"{text} >= DATE '{start}'",
            "<": f"{text} < DATE '{start}'",
            "<=": f"{text} < DATE '{end}'",
        }[operator]

    def _bounds(self, node: Node) -> tuple[dt.date, dt.date]:
        assert isinstance(node.head, Leaf)
        return dates.bounds(dates.from_text(node.head.value), self.as_of)

    def _value(self, left: Node, node: Node) -> str:
        """A value as a literal of the kind that `left` holds."""
        family, leaf = family_of(self.schema, left), node.head
        if family in ("time", "other"):
            said = leaf.text if isinstance(leaf, Leaf) else ""
            if type_of(self.schema, left).startswith("TIME") and _TIME_OF_DAY.fullmatch(said):
                return literal(said)
            raise ParserError("This kind of column can be compared with another column only.")
        if family == "boolean":
            raise ParserError("A yes/no column cannot be compared with words.")
        if leaf in ("0", "1") and family in ("number", "text"):
            return str(leaf) if family == "number" else literal(str(leaf))
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


def _is_day(schema: Schema, node: Node) -> bool:
    """Whether an expression gives days: beside one, a moment of that day is neither before nor after it."""
    if node.head in ("day", "week", "month", "quarter"):
        return True
    leaf = node.first_leaf
    return family_of(schema, node) == "date" and leaf is not None and column_of(schema, leaf)[1].type.upper() == "DATE"


def _is_moment(schema: Schema, node: Node) -> bool:
    """Whether an expression gives moments: dates with a time of day."""
    return family_of(schema, node) == "date" and not _is_day(schema, node)


def _digits(value: Node) -> str:
    """A number of the question, or 0 or 1, as SQL writes it."""
    return value.head.value if isinstance(value.head, Leaf) else str(value.head)
