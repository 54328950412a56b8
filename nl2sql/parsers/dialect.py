"""Rewrites SQL of another dialect for DuckDB where it does not run as it is. Knows no engine: `mending` asks one.

Most of what models write for PostgreSQL or SQLite runs in DuckDB as it stands, so nothing is rewritten before it has
failed. sqlglot does the rewriting; what it is known to rewrite into something else is refused.
"""

from __future__ import annotations

import re

_SAFE_FORMAT = re.compile(r"(?:YYYY|MM|DD|HH24|MI|SS|[-/:., T_])*\Z")
_TO_CHAR = re.compile(r"\bto_char\s*\([^()]*(?:\([^()]*\)[^()]*)*,\s*'(?P<format>(?:''|[^'])*)'\s*\)", re.I)
_ANY_TO_CHAR = re.compile(r"\bto_char\s*\(", re.I)


def in_duckdb(sql: str, dialect: str) -> str | None:
    """One statement of `dialect` («postgres», «sqlite») as DuckDB writes it; None where nothing changes or may.

    `to_char` is rewritten for digits of dates only: names of months and days, and numbers, come out wrong.

    >>> in_duckdb("SELECT to_char(day, 'YYYY-MM') FROM t", "postgres")
    "SELECT STRFTIME(day, '%Y-%m') FROM t"
    >>> in_duckdb("SELECT to_char(day, 'Mon YYYY') FROM t", "postgres") is None
    True
    """
    import sqlglot
    from sqlglot import exp

    if not _formats_are_safe(sql):
        return None
    try:
        trees = sqlglot.parse(sql, read=dialect)
        if len(trees) != 1 or not isinstance(trees[0], exp.Query):
            return None
        written = trees[0].transform(_without_money).sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return None
    return written if written != sql else None


def _formats_are_safe(sql: str) -> bool:
    formats = [match["format"] for match in _TO_CHAR.finditer(sql)]
    known = all(_SAFE_FORMAT.match(one) for one in formats)
    return known and len(formats) == len(_ANY_TO_CHAR.findall(sql))


def _without_money(node: object) -> object:
    """PostgreSQL's money as what it holds: cents."""
    from sqlglot import exp

    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.MONEY:
        return exp.DataType.build("DECIMAL(19, 2)")
    return node
