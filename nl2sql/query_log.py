"""The query log: every question with its SQL, outcome and feedback; survives a kill and serves several processes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "refused", "failed", "timeout", "declined", "cancelled"]
Verdict = Literal["up", "down"]


@dataclass(frozen=True)
class LoggedCandidate:
    """One reading that the parser offered. `score` is a log-probability."""

    sql: str
    score: float
    tree: str | None = None


@dataclass(frozen=True)
class Feedback:
    """A person's answer to "Was this SQL correct?"."""

    verdict: Verdict | None = None
    corrected_sql: str | None = None
    comment: str | None = None
    given_at: dt.datetime | None = None


@dataclass(frozen=True)
class Record:
    """One entry of the query log. Times are UTC; `timings` are seconds by step, in order of the steps."""

    id: str
    asked_at: dt.datetime
    question: str
    """Empty when a person ran SQL of their own."""
    status: Status
    sql: str
    origin: str = "ask"
    """ask, sql, api or cli."""
    scope: tuple[str, ...] = ()
    schema_version: str = ""
    parser: str = ""
    parser_revision: str = ""
    parser_quantization: str = ""
    prompt_hash: str = ""
    candidates: tuple[LoggedCandidate, ...] = ()
    tree: str | None = None
    as_of: dt.date | None = None
    guard: str = ""
    """`allowed`, or the reason of the refusal."""
    row_count: int | None = None
    truncated: bool = False
    timings: tuple[tuple[str, float], ...] = ()
    confidence: float | None = None
    error: str | None = None
    feedback: Feedback = field(default_factory=Feedback)
