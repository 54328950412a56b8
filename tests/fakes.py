"""Scripted stand-ins for the slow parts, for tests only."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping

from nl2sql.errors import ParserError, QueryCancelledError
from nl2sql.parsers.base import Candidate, ParseRequest, ParserInfo, Prediction
from nl2sql.schema import Schema


class ScriptedParser:
    """A SemanticParser that answers from a script and declines every other question.

    An answer is SQL (one candidate, confidence 0.9), a whole Prediction, or an exception to raise. `delay` seconds
    pass before each answer; a cancel cuts them short with QueryCancelledError. `requests` keeps what it was asked.
    `trees` maps a candidate's tree to the SQL that `render` makes of it, where «{as_of}» stands for the date.
    """

    def __init__(
        self,
        answers: Mapping[str, str | Prediction | Exception],
        *,
        name: str = "scripted",
        delay: float = 0.0,
        trees: Mapping[str, str] | None = None,
    ) -> None:
        self.answers = {_key(question): answer for question, answer in answers.items()}
        self.info = ParserInfo(name=name, revision="test")
        self.delay = delay
        self.trees = dict(trees or {})
        self.requests: list[ParseRequest] = []
        self.closed = False

    def predict(self, request: ParseRequest) -> Prediction:
        self.requests.append(request)
        self._wait(request)
        answer = self.answers.get(_key(request.question))
        prompt = f"question: {request.question}"
        if answer is None:
            return Prediction((), declined="No table here answers this question.", prompt=prompt)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Prediction):
            return answer
        return Prediction((Candidate(sql=answer, score=-0.1),), confidence=0.9, prompt=prompt)

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        if tree not in self.trees:
            raise ParserError("This reading cannot be written again for another date.")
        return self.trees[tree].replace("{as_of}", as_of.isoformat())

    def close(self) -> None:
        self.closed = True

    def _wait(self, request: ParseRequest) -> None:
        if request.cancel is not None:
            if request.cancel.wait(self.delay):
                raise QueryCancelledError("Stopped.")
        elif self.delay:
            time.sleep(self.delay)


def _key(question: str) -> str:
    return " ".join(question.split()).casefold()
