"""Asks every example of a file through the pipeline and scores what comes back; one line out for each line in."""

from __future__ import annotations

import datetime as dt
import json
import logging
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from nl2sql.answers import Answer
from nl2sql.comparing.ordering import ordering_of
from nl2sql.comparing.rows import compare
from nl2sql.engine.base import Engine, ResultSet
from nl2sql.evaluation.examples import Example
from nl2sql.parsers.base import SemanticParser, Turn
from nl2sql.pipeline import Workbench
from nl2sql.settings import Settings

SCORED_ROWS = 1_000_000
"""Rows of a result set that are compared; a longer gold result leaves its example unscored."""
_OPEN_DATABASES = 8
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Score:
    """What came of one example. `correct` is None when it could not be scored, for the reason in `error`."""

    example: Example
    predicted_sql: str = ""
    correct: bool | None = None
    confidence: float = 0.0
    seconds: float = 0.0
    error: str | None = None
    ran: bool = False
    """The predicted SQL passed the guard and the engine ran it."""
    declined: bool = False
    """The parser said that no table answers the question."""

    def to_json(self) -> str:
        """The line of the results file."""
        return json.dumps(
            {
                "db_id": self.example.db_id,
                "question": self.example.question,
                "predicted_sql": self.predicted_sql,
                "correct": self.correct,
                "confidence": round(self.confidence, 4),
                "seconds": round(self.seconds, 4),
                "error": self.error,
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True)
class _Opened:
    """One database: the workbench that answers as for a person, and one that keeps more rows for the comparison."""

    asked: Workbench
    judge: Workbench


class Evaluation:
    """Scores examples over the databases of one folder, with one parser and one engine for all of them."""

    def __init__(
        self,
        databases: Path,
        settings: Settings,
        parser_for: Callable[[str], SemanticParser],
        engine: Engine,
    ) -> None:
        """`databases` holds `<db_id>.duckdb` files; `settings.parser` and `settings.today` say how they are asked.

        `<db_id>.headers.json` beside one ({table: {column: header}}) says what an upload called its columns.
        """
        self._databases = databases
        self._settings = settings
        self._parser_for = parser_for
        self._engine = engine
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._count = 0
        self._cleanup = ExitStack()
        self._home = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="nl2sql-evaluation-")))

    def __enter__(self) -> Evaluation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the workbenches and remove what they wrote. The engine stays open: it was lent."""
        while self._opened:
            _close(self._opened.popitem()[1])
        self._cleanup.close()

    def scores(self, examples: Iterable[Example]) -> Iterator[Score]:
        """One score for each example, in order. Nothing that one example does stops the next."""
        today = self._settings.as_of()
        for example in examples:
            try:
                score = self._score(example.on(today), today)
            except Exception as error:
                logger.exception("Example of %s: %s", example.db_id, example.question)
                score = Score(example, correct=False, error=f"Unexpected {type(error).__name__}; see the messages.")
            yield score

    def _score(self, example: Example, today: dt.date) -> Score:
        if example.problem is not None:
            return Score(example, error=f"Not scored: {example.problem}")
        if not (self._databases / f"{example.db_id}.duckdb").is_file():
            return Score(example, error=f"Not scored: there is no database {example.db_id}.duckdb.")
        opened = self._open(example.db_id)
        history: tuple[Turn, ...] = ()
        for question in example.history:
            history += _turn(opened.asked.answer(question, history=history, as_of=today, log=False))
        started = time.perf_counter()
        answer = opened.asked.answer(example.question, history=history, as_of=today, log=False)
        score = Score(
            example,
            answer.sql,
            False,
            answer.confidence,
            time.perf_counter() - started,
            answer.error,
            answer.status == "ok",
            answer.status == "declined",
        )
        if not example.answerable:
            error = None if score.declined else answer.error or "Answered, though no table does."
            return replace(score, correct=score.declined, error=error)
        return self._judged(score, answer, opened.judge)

    def _judged(self, score: Score, answer: Answer, judge: Workbench) -> Score:
        """`score` with the verdict: correct when the rows are those of some gold SQL."""
        golds = [(sql, judge.run_sql(sql, log=False)) for sql in score.example.gold_sql]
        usable = [(sql, gold.result) for sql, gold in golds if gold.result and not gold.result.truncated]
        if not usable:
            reason = golds[0][1].error or f"its result has more than {SCORED_ROWS:,} rows"
            return replace(score, correct=None, error=f"Not scored: the gold SQL gave no rows to compare: {reason}")
        predicted = _whole(answer, judge)
        if predicted is None:
            return score
        reasons = []
        for sql, gold in usable:
            comparison = compare(gold, predicted, ordering_of(sql))
            if comparison.equal:
                return replace(score, correct=True)
            reasons.append(comparison.reason)
        return replace(score, error=reasons[0])

    def _open(self, db_id: str) -> _Opened:
        """The workbenches of a database; the few used last stay open."""
        if db_id not in self._opened:
            while len(self._opened) >= _OPEN_DATABASES:
                _close(self._opened.popitem(last=False)[1])
            self._count += 1
            home = self._home / str(self._count)
            asked = replace(self._settings, database=self._databases / f"{db_id}.duckdb", home=home, sample=False)
            judge = replace(asked, row_limit=SCORED_ROWS)
            self._opened[db_id] = _Opened(
                Workbench(asked, self._parser_for, self._engine, with_sample=False),
                Workbench(judge, self._parser_for, self._engine, with_sample=False),
            )
            _name_columns(self._opened[db_id].asked, self._databases / f"{db_id}.headers.json")
        self._opened.move_to_end(db_id)
        return self._opened[db_id]


def _close(opened: _Opened) -> None:
    opened.asked.close()
    opened.judge.close()


def _name_columns(workbench: Workbench, headers: Path) -> None:
    """Show the columns under the headers that their file had; there may be no file of them."""
    if headers.is_file():
        for table, columns in json.loads(headers.read_text(encoding="utf-8")).items():
            for column, header in columns.items():
                workbench.workspace.describe_column(table, column, display_name=header)


def _turn(answer: Answer) -> tuple[Turn, ...]:
    """The answer as an earlier turn of the conversation; none when there was no answer."""
    return (answer.turn,) if answer.status == "ok" else ()


def _whole(answer: Answer, judge: Workbench) -> ResultSet | None:
    """The rows of an answer, fetched again where a page would have cut them."""
    if answer.result is not None and answer.result.truncated:
        return judge.run_sql(answer.sql, log=False).result
    return answer.result
