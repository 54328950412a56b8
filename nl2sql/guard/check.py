"""check_select: the one place that says whether a statement may run."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from nl2sql.guard.pivot import DynamicPivot, find_dynamic_pivot
from nl2sql.guard.text import bad_characters, refused_word
from nl2sql.guard.tokens import after_first_word, without_end
from nl2sql.guard.tree import Node, SyntaxProblem, outline, statements
from nl2sql.guard.walk import Refusal, Walk
from nl2sql.schema import Schema

MAX_LENGTH = 100_000
"""Characters that a statement may have."""
_MAX_PIVOTS = 4

Kind = Literal["select", "describe", "summarize", "explain"]

_FORMAT = re.compile(r"\(\s*FORMAT\s+\w+\s*\)", re.I)
_DYNAMIC_PIVOT = "This PIVOT cannot be checked as it stands: list its values, as in ON column IN ('a', 'b')."


@dataclass(frozen=True)
class GuardVerdict:
    """What the guard says about one statement.

    `sql` is the text to run when `allowed`; `reason` is a sentence for a person and empty when allowed; `code` is
    `ok`, `empty`, `too_long`, `characters`, `several`, `syntax`, `too_deep`, `not_select`, `parameter`, `function`,
    `system`, `unknown_table` or `pivot`. With `pivot` set, `sql` may run only after that PIVOT's values were written
    in and the new text was checked: `nl2sql.engine.checked.run_checked` does both.
    """

    allowed: bool
    sql: str
    reason: str = ""
    code: str = "ok"
    tables: tuple[str, ...] = ()
    kind: Kind = "select"
    pivot: DynamicPivot | None = None


def check_select(sql: str, schema: Schema | None = None) -> GuardVerdict:
    """Whether `sql` is exactly one statement that only reads, over tables of `schema` (any plain name without one).

    Never raises: whatever the text, a verdict comes back.

    >>> check_select("FROM t SELECT 1 -- first").allowed
    True
    >>> check_select("WITH a AS (DELETE FROM t RETURNING *) FROM a").reason
    'Only statements that read are run: DELETE removes rows.'
    """
    text = sql.removeprefix("\ufeff").strip() if len(sql) <= MAX_LENGTH else ""
    try:
        if len(sql) > MAX_LENGTH:
            raise Refusal("too_long", f"The statement is too long: at most {MAX_LENGTH:,} characters are read.")
        return _check(text, schema, _MAX_PIVOTS)
    except Refusal as refusal:
        return GuardVerdict(False, text, refusal.reason, refusal.code)
    except SyntaxProblem as problem:
        return GuardVerdict(False, text, str(problem), problem.code)
    except RecursionError:
        return GuardVerdict(False, text, "The statement is nested too deeply.", "too_deep")


def _check(text: str, schema: Schema | None, pivots_left: int) -> GuardVerdict:
    found = bad_characters(text)
    if found:
        raise Refusal("characters", found)
    text = without_end(text)
    why = refused_word(text)
    if why:
        raise Refusal("not_select", f"Only statements that read are run: {why}.")
    parsed = outline(text)
    if parsed.count == 0:
        raise Refusal("empty", "There is no statement.")
    if parsed.count > 1:
        raise Refusal("several", f"Only one statement is run at a time; here are {parsed.count}.")
    if parsed.type == "EXPLAIN":
        return _check_explain(text, schema)
    if parsed.type == "MULTI":
        return _check_dynamic_pivot(text, schema, pivots_left)
    if parsed.type != "SELECT":
        raise Refusal("not_select", f"Only statements that read are run; this is {parsed.type.replace('_', ' ')}.")
    return _check_tree(text, schema)


def _check_tree(text: str, schema: Schema | None) -> GuardVerdict:
    parsed = statements(text)
    if len(parsed) != 1:
        raise Refusal("several", "Only one statement is run at a time.")
    walk = Walk(schema)
    walk.statement(parsed[0])
    return GuardVerdict(True, text, tables=tuple(walk.tables), kind=_kind(parsed[0]))


def _check_explain(text: str, schema: Schema | None) -> GuardVerdict:
    inner = after_first_word(text, "explain")
    if re.match(r"\(?\s*ANALY[ZS]E\b", inner, re.I):
        raise Refusal("not_select", "EXPLAIN ANALYZE runs the statement; write EXPLAIN.")
    inner = _FORMAT.sub("", inner, count=1) if _FORMAT.match(inner) else inner
    verdict = check_select(inner, schema)
    if not verdict.allowed:
        return replace(verdict, sql=text)
    if verdict.pivot is not None:
        raise Refusal("pivot", _DYNAMIC_PIVOT)
    return GuardVerdict(True, text, tables=verdict.tables, kind="explain")


def _check_dynamic_pivot(text: str, schema: Schema | None, pivots_left: int) -> GuardVerdict:
    """The values' SELECT must pass, and so must the statement with some value written in."""
    pivot = find_dynamic_pivot(text)
    if pivot is None or pivots_left == 0:
        raise Refusal("pivot", _DYNAMIC_PIVOT)
    try:
        values = _check(pivot.values_sql, schema, 0)
        rewritten = _check(pivot.with_values([""]), schema, pivots_left - 1)
    except SyntaxProblem as problem:
        raise Refusal("pivot", _DYNAMIC_PIVOT) from problem
    tables = tuple(dict.fromkeys(rewritten.tables + values.tables))
    return GuardVerdict(True, text, tables=tables, kind=rewritten.kind, pivot=pivot)


def _kind(statement: Node) -> Kind:
    source = statement["node"].get("from_table") or {}
    if source.get("type") != "SHOW_REF":
        return "select"
    return "summarize" if source.get("show_type") == "SUMMARY" else "describe"
