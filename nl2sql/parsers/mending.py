"""Has a parser write its SQL again where it does not bind, told what is wrong. Knows no engine: `bind` asks one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from textwrap import shorten
from typing import Protocol, runtime_checkable

from nl2sql.parsers.base import ParseRequest, Prediction, SemanticParser

ROUNDS = 2
_HINTS = re.compile(r"\s*(?:Candidate (?:bindings|tables|functions)|Did you mean|LINE \d+:).*", re.S)


@runtime_checkable
class MendingParser(SemanticParser, Protocol):
    """A parser that can be told what is wrong with its SQL."""

    def mend(self, request: ParseRequest, tried: Sequence[tuple[str, str]]) -> Prediction:
        """Another try, after those `tried` (SQL, and what is wrong with it). Raises as `predict` does."""
        ...


def mended(
    parser: SemanticParser, request: ParseRequest, prediction: Prediction, bind: Callable[[str], str | None]
) -> Prediction:
    """`prediction` where its best SQL binds; else what the parser makes of it in at most `ROUNDS` more tries.

    `bind` says why a statement does not bind, None where it does. Every try that failed is told in the notes of the
    last one. Raises as `predict` does.
    """
    tried: list[tuple[str, str]] = []
    while isinstance(parser, MendingParser) and prediction.candidates and len(tried) <= ROUNDS:
        problem = bind(prediction.candidates[0].sql)
        if problem is None or len(tried) == ROUNDS:
            break
        tried.append((prediction.candidates[0].sql, without_hints(problem)))
        prediction = parser.mend(request, tried)
    if not tried or not prediction.candidates:
        return prediction
    told = tuple(f"A try that did not run: {shorten(sql, 200, placeholder=' …')} — {why}" for sql, why in tried)
    first, *others = prediction.candidates
    return replace(prediction, candidates=(replace(first, notes=(*told, *first.notes)), *others))


def without_hints(problem: str) -> str:
    """An engine's message without the names that it suggests: some may be hidden from parsers.

    >>> without_hints('Column «a» was not found. Did you mean "secret"?')
    'Column «a» was not found.'
    """
    return _HINTS.sub("", problem).strip() or "The statement does not bind."
