"""The typed grammar of SELECTs that the built-in parser decodes: which action may follow which. Knows no model, no SQL.

A reading is a list of actions in prefix order. An action is a keyword or a leaf that points at something the question
or the schema holds, so a reading cannot name what is not there. FROM is left out and inferred later over the key graph
(the idea of SemQL, Guo et al. 2019, and NatSQL, Gan et al. 2021); clauses keep the order of SQL.

    query   := select [distinct] item+ [from TABLE+] [where cond] [group expr+] [having cond]
               [(asc | desc) expr]+ [each expr] [limit1 | second | third | limit NUMBER]
               (end | (union | intersect | except) query)
    item    := expr | TABLE | over                           a bare TABLE means all its columns
    expr    := COLUMN | total | arithmetic expr expr | bucket expr | (days | hours) expr expr
             | within (total | rank expr) expr
    total   := aggregate [distinct] (expr | TABLE) | when total cond | rate cond
    over    := (share | running | change | growth) total | rank expr
    cond    := and cond cond | or cond cond | comparison expr (VALUE | expr | query) | between expr VALUE VALUE
             | contains expr VALUE | in expr query | null expr | true expr ...
    VALUE   := ANCHOR | NUMBER | DATE | WORD WORD
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from nl2sql.errors import ParserError

AGGREGATES = ("count", "sum", "avg", "min", "max", "median")
ARITHMETIC = ("add", "subtract", "multiply", "divide")
BUCKETS = ("year", "quarter", "month", "week", "day", "weekday", "hour")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
PATTERNS = ("contains", "not_contains", "starts", "ends")
DURATIONS = ("days", "hours")
"""How far apart two dates are, and in what unit."""
MEMBERSHIPS = ("in", "not_in")
TESTS = ("null", "not_null", "true", "false")
SET_OPERATIONS = ("union", "intersect", "except")
CONDITIONAL = ("when", "rate")
"""An aggregate over the rows that meet a condition; the percentage of rows that meet one."""
OVER_GROUPS = ("share", "running", "change", "growth")
"""What a total is beside those of the other groups: percent of all, added up so far, change and growth in percent."""
PLACES = {"limit1": 0, "second": 1, "third": 2}
"""Keywords that show one row of those in order, and how many stand before it."""
LIMITS = (*PLACES, "limit")
KEYWORDS: tuple[str, ...] = (
    "select", "distinct", "from", "where", "group", "having", "asc", "desc", "limit1", "limit", "end", "decline",
    *SET_OPERATIONS, *AGGREGATES, *ARITHMETIC, *BUCKETS, "and", "or", *COMPARISONS, "between", *PATTERNS,
    *MEMBERSHIPS, *TESTS, "0", "1", "100", *CONDITIONAL, *OVER_GROUPS, "rank", "within", "days", "each",
    "hours", "second", "third",
)  # fmt: skip
"""Every keyword; its position is its number in the model. New ones go to the end: weights depend on the order."""
ROOM_FOR_KEYWORDS = 72
"""Keywords that a model in training has room for."""
KEYWORD_IDS = {keyword: number for number, keyword in enumerate(KEYWORDS)}

Kind = Literal["table", "column", "anchor", "mention", "word"]
KINDS: tuple[Kind, ...] = ("table", "column", "anchor", "mention", "word")
LeafKind = Literal["table", "column", "anchor", "number", "date", "text"]
LONGEST = 72
"""Actions that a reading may have."""
_DEEPEST = 3
_ROW_KEYWORDS = frozenset((*AGGREGATES, *ARITHMETIC, *BUCKETS, *DURATIONS))
_EXPR_KEYWORDS = _ROW_KEYWORDS | frozenset(CONDITIONAL)
EXPRESSIONS = _EXPR_KEYWORDS | frozenset((*OVER_GROUPS, "rank", "within"))
"""Every keyword that begins an expression."""
_COND_KEYWORDS = frozenset(
    ("and", "or", *COMPARISONS, "between", *PATTERNS, *MEMBERSHIPS, *TESTS)
)  # fmt: skip
_STAGES = ("from", "where", "group", "having", "order", "limit", "end")  # `each` comes behind an order only
_STAGE_KEYWORDS: dict[str, tuple[str, ...]] = {
    "from": ("from",), "where": ("where",), "group": ("group",), "having": ("having",),
    "order": ("asc", "desc"), "limit": LIMITS, "end": ("end", *SET_OPERATIONS),
}  # fmt: skip


@dataclass(frozen=True)
class Leaf:
    """A resolved leaf of a reading.

    kind `table`: table; `column`: table, column; `anchor`: table, column and the stored `value`; `number`: `value`
    in digits; `date`: `value` is a time period (nl2sql.dates) and `text` the words, a year as `number` too; `text`:
    words of the question.
    """

    kind: LeafKind
    table: str = ""
    column: str = ""
    value: str = ""
    text: str = ""


Action = str | Leaf
Reading = tuple[Action, ...]


def to_text(reading: Reading) -> str:
    """A reading as one line of JSON, for the query log."""
    items = [one if isinstance(one, str) else [one.kind, one.table, one.column, one.value, one.text] for one in reading]
    return json.dumps(items, ensure_ascii=False)


def from_text(text: str) -> Reading:
    """The reading that `to_text` wrote. Raises ParserError when it is not one."""
    try:
        items = json.loads(text)
        if not isinstance(items, list):
            raise TypeError(type(items))
        return tuple(_known(one) if isinstance(one, str) else _leaf(*one) for one in items)
    except (ValueError, TypeError, RecursionError) as error:
        raise ParserError("This reading was not written by the built-in parser.") from error


def _known(keyword: str) -> str:
    if keyword not in KEYWORD_IDS:
        raise ValueError(keyword)
    return keyword


def _leaf(kind: Any, *parts: Any) -> Leaf:
    if kind not in get_args(LeafKind) or not all(isinstance(part, str) for part in parts):
        raise ValueError(kind)
    return Leaf(kind, *parts)


@dataclass(frozen=True)
class Allowed:
    """What may come next: keywords, and kinds of leaf."""

    keywords: frozenset[str]
    kinds: frozenset[Kind]


Stack = tuple[str, ...]
START: Stack = ("root",)


@cache
def allowed(stack: Stack) -> Allowed:
    """What may follow when `stack` (top last) still has to be expanded; nothing when the reading is complete."""
    if not stack:
        return Allowed(frozenset(), frozenset())
    symbol = stack[-1]
    shallow = sum(one in ("after_where", "after_having") for one in stack) < _DEEPEST
    if symbol == "root":
        return Allowed(frozenset({"select", "decline"}), frozenset())
    if symbol in ("query", "inner"):
        return Allowed(frozenset({"select"}), frozenset())
    if symbol == "only_item":
        return Allowed(_EXPR_KEYWORDS | {"distinct"}, frozenset({"column"}))
    if symbol == "items":
        return Allowed(EXPRESSIONS | {"distinct"}, frozenset({"column", "table"}))
    if symbol == "first_item":
        return Allowed(EXPRESSIONS, frozenset({"column", "table"}))
    if symbol.startswith("after_"):
        return _after(symbol.removeprefix("after_"))
    if symbol == "expr":
        return Allowed(_EXPR_KEYWORDS | {"0", "1", "100"}, frozenset({"column", "mention"}))
    if symbol == "operand":
        return Allowed(_ROW_KEYWORDS | {"distinct"}, frozenset({"column", "table"}))
    if symbol == "distinct_operand":
        return Allowed(_ROW_KEYWORDS, frozenset({"column"}))
    if symbol == "total":
        return Allowed(frozenset((*AGGREGATES, *CONDITIONAL)), frozenset())
    if symbol == "windowed":
        return Allowed(frozenset((*AGGREGATES, "rank")), frozenset())
    if symbol == "key":
        return Allowed(EXPRESSIONS - {"rank"}, frozenset({"column"}))
    if symbol == "lhs":
        return Allowed(_ROW_KEYWORDS | {"within"}, frozenset({"column"}))
    if symbol == "cond":
        return Allowed(_COND_KEYWORDS, frozenset())
    if symbol == "rhs":
        extra = frozenset({"select"}) if shallow else frozenset()
        return Allowed(_ROW_KEYWORDS | {"within", "0", "1"} | extra, frozenset({"column", "anchor", "mention", "word"}))
    if symbol == "value":
        return Allowed(frozenset({"0", "1"}), frozenset({"anchor", "mention", "word"}))
    if symbol == "word_end":
        return Allowed(frozenset(), frozenset({"word"}))
    if symbol == "table":
        return Allowed(frozenset(), frozenset({"table"}))
    if symbol == "number":
        return Allowed(frozenset(), frozenset({"mention"}))
    if symbol == "limits":
        return Allowed(frozenset(LIMITS), frozenset())
    if symbol == "end":
        return Allowed(frozenset({"end", *SET_OPERATIONS}) if shallow else frozenset({"end"}), frozenset())
    raise AssertionError(symbol)


def _after(place: str) -> Allowed:
    """What may come once a clause has something in it: more of it, or a later clause."""
    more: tuple[frozenset[str], frozenset[Kind], int] = {
        "items": (EXPRESSIONS, frozenset({"column", "table"}), 0),
        "only": (frozenset[str](), frozenset[Kind](), 0),
        "from": (frozenset[str](), frozenset({"table"}), 1),
        "where": (frozenset[str](), frozenset[Kind](), 2),
        "group": (_ROW_KEYWORDS, frozenset({"column"}), 3),
        "having": (frozenset[str](), frozenset[Kind](), 4),
        "order": (frozenset({"asc", "desc", "each"}), frozenset[Kind](), 5),
    }[place]  # type: ignore[assignment]
    keywords, kinds, stage = more
    later = frozenset(keyword for one in _STAGES[stage:] for keyword in _STAGE_KEYWORDS[one])
    return Allowed(keywords | later, kinds)


_KEYWORD_PUSHES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(AGGREGATES, ("operand",)),
    **dict.fromkeys(ARITHMETIC, ("expr", "expr")),
    **dict.fromkeys(BUCKETS, ("key",)),
    "when": ("cond", "total"),
    "rate": ("cond",),
    **dict.fromkeys(OVER_GROUPS, ("total",)),
    "rank": ("key",),
    "within": ("key", "windowed"),
    **dict.fromkeys(DURATIONS, ("key", "key")),
    "each": ("limits", "key"),
    **dict.fromkeys(("and", "or"), ("cond", "cond")),
    **dict.fromkeys(COMPARISONS, ("rhs", "lhs")),
    "between": ("value", "value", "lhs"),
    **dict.fromkeys(PATTERNS, ("value", "lhs")),
    **dict.fromkeys(MEMBERSHIPS, ("inner", "lhs")),
    **dict.fromkeys(TESTS, ("lhs",)),
    "from": ("after_from", "table"),
    "where": ("after_where", "cond"),
    "group": ("after_group", "key"),
    "having": ("after_having", "cond"),
    "asc": ("after_order", "key"),
    "desc": ("after_order", "key"),
    **dict.fromkeys(PLACES, ("end",)),
    "limit": ("end", "number"),
    "end": (),
    **dict.fromkeys(SET_OPERATIONS, ("query",)),
    "0": (), "1": (), "100": (), "decline": (),
}  # fmt: skip


@cache
def advance(stack: Stack, action: str) -> Stack:
    """The stack after `action`: a keyword, or `@kind` for a leaf of that kind. `action` must be allowed."""
    below, symbol = stack[:-1], stack[-1]
    if action.startswith("@"):
        kind = action[1:]
        if symbol in ("items", "first_item"):
            return (*below, "after_items")
        if symbol == "only_item":
            return (*below, "after_only")
        if symbol.startswith("after_"):
            return stack
        if kind == "word" and symbol in ("rhs", "value"):
            return (*below, "word_end")
        return below
    if action == "distinct":
        if symbol == "only_item":
            return stack
        return (*below, "first_item" if symbol == "items" else "distinct_operand")
    if action == "select":
        return (*below, "only_item" if symbol in ("inner", "rhs") else "items")
    pushed = _KEYWORD_PUSHES[action]
    if symbol in ("items", "first_item", "after_items") and action in EXPRESSIONS:
        return (*below, "after_items", *pushed)
    if symbol == "only_item":
        return (*below, "after_only", *pushed)
    if symbol == "after_group" and action in _ROW_KEYWORDS:
        return (*below, "after_group", *pushed)
    return (*below, *pushed)


def closes_in(stack: Stack) -> int:
    """The fewest actions that complete the reading: what a decoder keeps free of its budget."""
    cost = {"root": 3, "query": 3, "inner": 3, "items": 2, "first_item": 2, "only_item": 2, "cond": 3}
    cost |= {"total": 2, "windowed": 2, "limits": 2}
    return sum(cost.get(symbol, 1) for symbol in stack)
