"""Guard, then engine: the one way on which a statement runs."""

from __future__ import annotations

import time
from dataclasses import replace

from nl2sql.engine.base import Cancel, Database, Engine, Limits, Progress, ResultSet
from nl2sql.errors import QueryTimeoutError, RefusedError
from nl2sql.guard import GuardVerdict, check_select
from nl2sql.schema import Schema

MAX_PIVOT_VALUES = 200
"""Columns that one PIVOT without a list of values may make."""


class GuardRefusedError(RefusedError):
    """The guard refused; `verdict` has the code and the text."""

    def __init__(self, verdict: GuardVerdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def run_checked(
    engine: Engine,
    database: Database,
    schema: Schema | None,
    sql: str,
    limits: Limits,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
) -> tuple[GuardVerdict, ResultSet]:
    """Check `sql` over the tables of `schema` and run it; the verdict on the text that ran, and its rows.

    The values of a PIVOT without a list are fetched first, within the same deadline.
    Raises GuardRefusedError, EngineError, QueryTimeoutError, QueryCancelledError, DatabaseError.
    """
    ends = time.monotonic() + limits.deadline
    verdict = check_select(sql, schema)
    while verdict.allowed and verdict.pivot is not None:
        left = replace(limits, deadline=_left(ends, limits), rows=MAX_PIVOT_VALUES)
        found = engine.run(database, verdict.pivot.values_sql, left, cancel)
        values = [str(value) for value in found.table.column(0).to_pylist()]
        if found.truncated:
            raise GuardRefusedError(_no_pivot(verdict, f"This PIVOT makes more than {MAX_PIVOT_VALUES} columns"))
        if not values:
            raise GuardRefusedError(_no_pivot(verdict, "This PIVOT finds no values to make columns of"))
        verdict = check_select(verdict.pivot.with_values(values), schema)
    if not verdict.allowed:
        raise GuardRefusedError(verdict)
    return verdict, engine.run(database, verdict.sql, replace(limits, deadline=_left(ends, limits)), cancel, progress)


def _left(ends: float, limits: Limits) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise QueryTimeoutError(f"The statement ran longer than {limits.deadline:.3g} seconds and was stopped.")
    return left


def _no_pivot(verdict: GuardVerdict, why: str) -> GuardVerdict:
    reason = f"{why}: list those that you want, as in ON column IN ('a', 'b')."
    return replace(verdict, allowed=False, reason=reason, code="pivot", pivot=None)
