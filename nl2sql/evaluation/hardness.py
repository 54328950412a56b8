"""How hard a gold SQL is, by the rules of Spider's own evaluation (Yu et al. 2018), read off the parse tree."""

from __future__ import annotations

from typing import Literal

import sqlglot
from sqlglot import exp

Hardness = Literal["easy", "medium", "hard", "extra"]
LEVELS: tuple[Hardness, ...] = ("easy", "medium", "hard", "extra")
_SETS = (exp.Union, exp.Intersect, exp.Except)


def hardness(sql: str) -> Hardness:
    """The level of `sql` (DuckDB dialect); what cannot be parsed counts as extra hard."""
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError:
        return "extra"
    first = tree.find(exp.Select)
    if first is None:
        return "extra"
    parts, nested, more = _parts(first), _nested(tree, first), _more(first)
    if parts <= 1 and more == 0 and nested == 0:
        return "easy"
    if (more <= 2 and parts <= 1 and nested == 0) or (parts <= 2 and more < 2 and nested == 0):
        return "medium"
    if (
        (more > 2 and parts <= 2 and nested == 0)
        or (2 < parts <= 3 and more <= 2 and nested == 0)
        or (parts <= 1 and more == 0 and nested <= 1)
    ):
        return "hard"
    return "extra"


def _parts(select: exp.Select) -> int:
    """Clauses, joins, ORs and LIKEs."""
    count = sum(select.args.get(name) is not None for name in ("where", "group", "order", "limit"))
    count += len(select.args.get("joins") or ())
    for name in ("where", "having"):
        clause = select.args.get(name)
        count += sum(1 for _ in clause.find_all(exp.Or, exp.Like, exp.ILike)) if clause else 0
    return count


def _nested(tree: exp.Expression, first: exp.Select) -> int:
    """Set operations, and SELECTs within conditions."""
    sets = sum(1 for _ in tree.find_all(*_SETS))
    clauses = [first.args[name] for name in ("where", "having") if first.args.get(name)]
    return sets + sum(1 for clause in clauses for _ in clause.find_all(exp.Select))


def _more(select: exp.Select) -> int:
    """How many of: several aggregates, several items, several conditions, several keys of GROUP BY."""
    aggregates = sum(1 for _ in select.find_all(exp.AggFunc))
    where, group = select.args.get("where"), select.args.get("group")
    conditions = 1 + sum(1 for _ in where.find_all(exp.And, exp.Or)) if where else 0
    keys = len(group.expressions) if group else 0
    return sum((aggregates > 1, len(select.expressions) > 1, conditions > 1, keys > 1))
