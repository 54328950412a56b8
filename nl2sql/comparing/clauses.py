"""What one SELECT asks for and another does not, in words: columns, tables, conditions, groups, order, rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nl2sql.schema import fold

if TYPE_CHECKING:
    from sqlglot import exp

_MOST, _LONGEST = 3, 140
_WORDS = {
    "tables": ("also looks into {}", "does not look into {}", "looks into {} instead of {}"),
    "items": ("also shows {}", "does not show {}", "shows {} instead of {}"),
    "conditions": ("only where {}", "not only where {}", "where {} instead of {}"),
    "groups": ("for each {}", "not for each {}", "for each {} instead of {}"),
    "having": ("only those with {}", "not only those with {}", "those with {} instead of {}"),
    "order": ("sorted by {}", "not sorted by {}", "sorted by {} instead of {}"),
    "rows": ("cut off after {}", "not cut off after {}", "cut off after {} instead of {}"),
}
"""By what differs: words for what is added, what is left out, what stands for something else."""


def difference(sql: str, other: str) -> str:
    """What `other` asks for that `sql` does not, short enough for a caption; empty when they differ all over.

    >>> difference("SELECT max(a) FROM t ORDER BY b", "SELECT min(a) FROM t")
    'shows min(a) instead of max(a); not sorted by b'
    >>> difference("SELECT a FROM t", "SELECT t.a FROM t JOIN u ON u.id = t.id WHERE u.b > 1")
    'also looks into u; only where b > 1'
    >>> difference("SELECT a FROM t", "not SQL")
    ''
    """
    before, after = _clauses(sql), _clauses(other)
    if before is None or after is None:
        return ""
    changes: list[str] = []
    shown: tuple[list[str], list[str]] = [], []
    for name, (adds, drops, replaces) in _WORDS.items():
        new = [one for one in after[name] if one not in before[name]]
        old = [one for one in before[name] if one not in after[name]]
        if name == "items":
            shown = new, old
        if name == "order" and new and ([_key(one) for one in new], [_key(one) for one in old]) == shown:
            continue  # what is shown instead is sorted by instead
        if new and old:
            changes.append(replaces.format(", ".join(new), ", ".join(old)))
        elif new:
            changes.append(adds.format(", ".join(new)))
        elif old:
            changes.append(drops.format(", ".join(old)))
    if before["distinct"] != after["distinct"]:
        changes.append("each only once" if after["distinct"] else "the same more than once")
    text = "; ".join(changes)
    return text if len(changes) <= _MOST and len(text) <= _LONGEST else ""


def _key(order: str) -> str:
    return order.removesuffix(" DESC")


def _clauses(sql: str) -> dict[str, Sequence[str]] | None:
    """The clauses of one SELECT as texts; None for anything else, as what cannot be parsed or is a set operation."""
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return None
    if not isinstance(tree, exp.Select) or tree.args.get("with_"):
        return None
    named = {one.alias: one.this for one in tree.expressions if isinstance(one, exp.Alias)}
    source, where, having, limit = (tree.args.get(name) for name in ("from_", "where", "having", "limit"))
    group, order, qualify = (tree.args.get(name) for name in ("group", "order", "qualify"))
    met = [one.this for one in (where, qualify) if one]
    conditions = [one for part in met for one in (part.flatten() if isinstance(part, exp.And) else (part,))]
    return {
        "tables": [fold(one.this.name) for one in (source, *(tree.args.get("joins") or [])) if one is not None],
        "items": [_said(one.unalias()) for one in tree.expressions],
        "conditions": [_said(one) for one in conditions],
        "groups": [_said(one) for one in (group.expressions if group else [])],
        "having": [_said(having.this)] if having else [],
        "order": [_said(_in_full(one, named)) for one in (order.expressions if order else [])],
        "rows": [_said(limit.expression)] if limit else [],
        "distinct": ["distinct"] if tree.args.get("distinct") else [],
    }


def _in_full(key: exp.Expression, named: dict[str, exp.Expression]) -> exp.Expression:
    """A key of ORDER BY, the expression in place of its alias."""
    from sqlglot import exp

    def whole(one: exp.Expression) -> exp.Expression:
        return named[one.name].copy() if isinstance(one, exp.Column) and one.name in named else one

    return key.transform(whole)


def _said(tree: exp.Expression) -> str:
    """An expression as a person reads it: columns without their table or quotes, any_value(x) as x."""
    from sqlglot import exp

    def any_value(one: exp.Expression) -> exp.Expression:
        while isinstance(one, (exp.IgnoreNulls, exp.AnyValue)):
            one = one.this
        return one

    def bare(one: exp.Expression) -> exp.Expression:
        return exp.column(one.this.copy()) if isinstance(one, exp.Column) and one.table else one

    text: str = tree.transform(any_value).transform(bare).sql(dialect="duckdb", normalize_functions="lower")
    return text.replace('"', "").replace(" NULLS FIRST", "")
