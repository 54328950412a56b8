"""What comes of a question, and the work under way towards it. Knows no parser and no engine's workings."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass
from typing import Literal

from nl2sql.engine.base import Cancel, ResultSet
from nl2sql.parsers.base import Candidate, ParserInfo, Turn, Usage
from nl2sql.query_log import Status

Step = Literal["waiting", "linking", "parsing", "running", "done"]
DOUBTFUL = 0.6
"""Below this confidence an answer shows its other readings first."""


@dataclass(frozen=True)
class Answer:
    """What came of a question (or of a person's own SQL). Nothing in it raises; `error` is a sentence."""

    id: str
    question: str
    status: Status
    sql: str
    as_of: dt.date
    candidates: tuple[Candidate, ...] = ()
    result: ResultSet | None = None
    error: str | None = None
    confidence: float = 0.0
    parser: ParserInfo | None = None
    scope: tuple[str, ...] = ()
    schema_version: str = ""
    timings: tuple[tuple[str, float], ...] = ()
    notes: tuple[str, ...] = ()
    prompt: str = ""
    guard: str = ""
    origin: str = "ask"
    follows: str | None = None
    """Id of the answer that the question follows up."""
    usage: Usage | None = None
    """Tokens that a language model read and wrote for it."""

    @property
    def seconds(self) -> float:
        """Seconds from question to rows."""
        return sum(seconds for _, seconds in self.timings)

    @property
    def doubtful(self) -> bool:
        """True when other readings deserve to be shown first."""
        return bool(self.question) and len(self.candidates) > 1 and self.confidence < DOUBTFUL

    @property
    def turn(self) -> Turn:
        """The answer as an earlier turn of a conversation; without a tree where no parser's reading is behind it."""
        return Turn(self.question, self.sql, self.candidates[0].tree if self.candidates else None)


class Job:
    """An answer in the making. It runs outside any page's script and is found again by `id`."""

    def __init__(self, id: str, question: str, sql: str = "", follows: str | None = None) -> None:
        self.id = id
        self.question = question
        self.sql = sql
        self.follows = follows
        self.step: Step = "waiting"
        self.progress = 0.0
        self.draft = ""
        """What a language model has written so far."""
        self.started_at = time.monotonic()
        self.cancelled = Cancel()
        self._done = threading.Event()
        self._answer: Answer | None = None

    @property
    def answer(self) -> Answer | None:
        """The answer, None while it is being made."""
        return self._answer

    @property
    def running_for(self) -> float:
        """Seconds since the job began."""
        return time.monotonic() - self.started_at

    def write(self, draft: str) -> None:
        """Take note of what a language model has written so far."""
        self.draft = draft

    def cancel(self) -> None:
        """Stop the work; the answer becomes `cancelled`."""
        self.cancelled.set()

    def wait(self, timeout: float | None = None) -> Answer | None:
        """The answer, or None when `timeout` seconds have passed."""
        self._done.wait(timeout)
        return self._answer

    def end(self, answer: Answer) -> None:
        """The work is done: everyone who waits is woken."""
        self.step = "done"
        self._answer = answer
        self._done.set()
