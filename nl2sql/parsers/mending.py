"""Mends SQL that does not bind: rewritten from the dialect that a model learned, or by the model, told what is wrong.

Knows no engine: `bind` asks one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from textwrap import shorten
from typing import Protocol, runtime_checkable

from nl2sql.parsers.base import Candidate, ParseRequest, Prediction, SemanticParser
from nl2sql.parsers.dialect import in_duckdb

_HINTS = re.compile(r"\s*(?:Candidate (?:bindings|tables|functions)|Did you mean|LINE \d+:).*", re.S)


@runtime_checkable
class MendingParser(SemanticParser, Protocol):
    """A parser that can be told what is wrong with its SQL."""

    mend_rounds: int
    """How often it can be, at most."""

    def mend(self, request: ParseRequest, tried: Sequence[tuple[str, str]]) -> Prediction:
        """Another try, after those `tried` (SQL, and what is wrong with it). Raises as `predict` does."""
        ...


def mended(
    parser: SemanticParser, request: ParseRequest, prediction: Prediction, bind: Callable[[str], str | None]
) -> Prediction:
    """`prediction` where its SQL binds; else rewritten for DuckDB, else what the parser makes of it when told.

    `bind` says why a statement does not bind, None where it does. A parser whose models learned another dialect names
    it in an attribute `dialect`. What was rewritten, and every try that failed, is told in the notes. Raises as
    `predict` does.
    """
    bind = cache(bind)
    dialect = getattr(parser, "dialect", "")
    prediction = _translated(prediction, dialect, bind)
    tried: list[tuple[str, str]] = []
    while isinstance(parser, MendingParser) and prediction.candidates and len(tried) < parser.mend_rounds:
        problem = bind(prediction.candidates[0].sql)
        if problem is None:
            break
        tried.append((prediction.candidates[0].sql, without_hints(problem)))
        used = prediction.usage
        prediction = _translated(parser.mend(request, tried), dialect, bind)
        if used is not None and prediction.usage is not None:
            prediction = replace(prediction, usage=used + prediction.usage)
    if not tried or not prediction.candidates:
        return prediction
    told = tuple(f"A try that did not run: {shorten(sql, 200, placeholder=' …')} — {why}" for sql, why in tried)
    first, *others = prediction.candidates
    return replace(prediction, candidates=(replace(first, notes=(*told, *first.notes)), *others))


def _translated(prediction: Prediction, dialect: str, bind: Callable[[str], str | None]) -> Prediction:
    """The prediction with candidates that run in DuckDB once they are rewritten from `dialect`."""
    if not dialect:
        return prediction
    return replace(prediction, candidates=tuple(_rewritten(one, dialect, bind) for one in prediction.candidates))


def _rewritten(candidate: Candidate, dialect: str, bind: Callable[[str], str | None]) -> Candidate:
    if bind(candidate.sql) is None:
        return candidate
    sql = in_duckdb(candidate.sql, dialect)
    if sql is None or bind(sql) is not None:
        return candidate
    note = f"Rewritten for DuckDB; the model wrote: {shorten(candidate.sql, 200, placeholder=' …')}"
    return replace(candidate, sql=sql, tree=None, notes=(*candidate.notes, note))


def without_hints(problem: str) -> str:
    """An engine's message without the names that it suggests: some may be hidden from parsers.

    >>> without_hints('Column «a» was not found. Did you mean "secret"?')
    'Column «a» was not found.'
    """
    return _HINTS.sub("", problem).strip() or "The statement does not bind."
