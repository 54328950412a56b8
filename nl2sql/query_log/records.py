"""What the query log keeps and answers with: records, filters, pages and counts; knows nothing of files."""

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
    follows: str | None = None
    """Id of the record that the question follows up; it may have been deleted since."""
    tokens_read: int | None = None
    """Tokens that a language model read for it; None where no model did, or its server did not say."""
    tokens_known: int | None = None
    """How many of those it had read before."""
    tokens_written: int | None = None
    feedback: Feedback = field(default_factory=Feedback)


@dataclass(frozen=True)
class LogFilter:
    """Which records are wanted; what is None is not asked about. Naive times count as UTC."""

    text: str = ""
    """Found in the question or in the SQL, upper and lower case alike."""
    status: Status | None = None
    verdict: Literal["up", "down", "none"] | None = None
    """`none` finds the records that nobody has judged."""
    parser: str | None = None
    origin: str | None = None
    since: dt.datetime | None = None
    """First moment that counts."""
    until: dt.datetime | None = None
    """First moment that does not count any more."""


@dataclass(frozen=True)
class LogPage:
    """Some records, the newest first, out of `total` that the filter finds."""

    records: tuple[Record, ...]
    total: int
    problems: tuple[str, ...] = ()
    """Sentences about entries that could not be read, if there are any."""


@dataclass(frozen=True)
class LogStatistics:
    """How many records there are, and how they went. Only what occurs is counted; the largest count comes first."""

    total: int
    by_status: tuple[tuple[str, int], ...]
    by_verdict: tuple[tuple[str, int], ...]
    """Verdicts are up, down and none."""
    problems: tuple[str, ...] = ()
