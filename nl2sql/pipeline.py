"""The one way from a question to rows: link, parse, guard, run, choose, log. The only module that knows the order."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from textwrap import shorten

from nl2sql.answers import Answer, Job, Step
from nl2sql.comparing.rows import compare
from nl2sql.engine.base import Cancel, Database, Engine, Limits, ResultSet
from nl2sql.engine.checked import run_checked
from nl2sql.engine.sandbox import SandboxEngine, memory_limit
from nl2sql.errors import (
    EngineError,
    ParserError,
    QueryCancelledError,
    QueryTimeoutError,
    RefusedError,
    WorkbenchError,
)
from nl2sql.guard import check_select, format_sql
from nl2sql.keys import KeyProposals, propose_keys
from nl2sql.linking import ValueIndex
from nl2sql.loading import Loader, Uploads
from nl2sql.loading.verified import broken_by, nearest, verified_examples
from nl2sql.parsers.base import (
    Candidate,
    ParseRequest,
    ParserInfo,
    Prediction,
    SemanticParser,
    Turn,
    Usage,
    reads_examples,
)
from nl2sql.parsers.mending import mended
from nl2sql.parsers.registry import BUILTIN
from nl2sql.query_log import LoggedCandidate, QueryLog, Record, Status, new_id
from nl2sql.schema import Schema
from nl2sql.settings import Settings
from nl2sql.value_files import ValueFiles
from nl2sql.workspace import Snapshot, Workspace

TURNS = 6
"""Answers that a follow-up goes back to, at most."""
_JOBS_KEPT = 200
_QUESTION_LIMIT = 2_000
_ALONE = "The parser could not go on from the answer before, so it read this as a question of its own."
_AGREES = "The built-in parser's own reading gives the same rows."
_SECOND_DEADLINE = 10.0
_SAME = "This is the SQL of the answer before: nothing in it came of the follow-up."
logger = logging.getLogger(__name__)


@dataclass
class _Watch:
    """Seconds by step, in order."""

    laps: list[tuple[str, float]] = field(default_factory=list)
    last: float = field(default_factory=time.perf_counter)

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps.append((name, now - self.last))
        self.last = now


class Workbench:
    """Workspace, engine, query log and parsers held together. One per process; safe to use from many threads."""

    def __init__(
        self,
        settings: Settings,
        parser_for: Callable[[str], SemanticParser],
        engine: Engine | None = None,
        with_sample: bool | None = None,
    ) -> None:
        """`parser_for` gives the loaded parser of a name; `engine` is shared when given, else made and owned."""
        self.settings = settings
        self.workspace = Workspace(settings, with_sample=with_sample)
        self.log = QueryLog(settings.home / "log")
        self._owns_engine = engine is None
        self._memory = memory_limit(settings.memory_share)
        self.engine = engine or SandboxEngine(
            workers=settings.workers, memory=self._memory, time_zone=settings.time_zone
        )
        self._parser_for = parser_for
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._values: tuple[str, ValueIndex] | None = None
        self._values_lock = threading.Lock()
        self._value_files = ValueFiles()
        self._keys: tuple[str, KeyProposals] | None = None
        self.uploads = Uploads(settings.home, settings.import_folder, settings.upload_mb << 20)
        self.loader = Loader(self.workspace, self.uploads, memory=self._memory, endangered=self.unanswerable)

    def snapshot(self) -> Snapshot:
        """The tables there are now."""
        return self.workspace.snapshot()

    def close(self) -> None:
        """Stop what this workbench started."""
        for job in list(self._jobs.values()):
            job.cancel()
        self.loader.close()
        if self._owns_engine:
            self.engine.close()
        self.workspace.close()

    # -- asking -------------------------------------------------------------------------------------------------

    def answer(
        self,
        question: str,
        *,
        parser: str | None = None,
        scope: Sequence[str] | None = None,
        history: tuple[Turn, ...] = (),
        follows: str | None = None,
        as_of: dt.date | None = None,
        origin: str = "ask",
        cancel: Cancel | None = None,
        log: bool = True,
        job: Job | None = None,
    ) -> Answer:
        """Answer `question` over the tables in `scope` (default all) with the parser called `parser`.

        A follow-up names in `follows` the id of the answer that it follows; `history` is for turns that are not in
        the query log. Whatever goes wrong becomes the answer's status and sentence.
        """
        watch = _Watch()
        day = as_of or self.settings.as_of()
        id = job.id if job else new_id()
        answer = Answer(id, question.strip(), "failed", "", day, origin=origin, follows=follows)
        cancel = cancel or (job.cancelled if job else Cancel())
        try:
            answer = self._answer(answer, parser, scope, history, cancel, watch, job)
        except WorkbenchError as error:
            answer = replace(answer, status=_status_of(error), error=error.sentence)
        answer = replace(answer, timings=tuple(watch.laps))
        if log:
            answer = self._logged(answer)
        return answer

    def _answer(
        self,
        answer: Answer,
        parser_name: str | None,
        scope: Sequence[str] | None,
        history: tuple[Turn, ...],
        cancel: Cancel,
        watch: _Watch,
        job: Job | None,
    ) -> Answer:
        if not answer.question:
            raise ParserError("Type a question first.")
        if len(answer.question) > _QUESTION_LIMIT:
            raise ParserError(f"The question is longer than {_QUESTION_LIMIT:,} characters; please shorten it.")
        _at(job, "linking")
        if answer.follows is not None:
            history = (*history, *self._turns(answer.follows))
        snapshot = self.snapshot()
        schema = _in_scope(snapshot.schema, scope).for_parsers()
        answer = replace(answer, scope=tuple(table.name for table in schema.tables), schema_version=snapshot.version)
        if not schema.tables:
            raise ParserError("There is no table to ask about.")
        values = self.values(snapshot)
        watch.lap("linking")
        _at(job, "parsing")
        semantic_parser = self._parser_for(parser_name or self.settings.parser)
        answer = replace(answer, parser=semantic_parser.info)
        watch.lap("loading")
        request = ParseRequest(
            answer.question, schema, answer.as_of, values, history, cancel=cancel,
            examples=self._examples(answer.question, schema) if reads_examples(semantic_parser) else (),
            on_text=job.write if job is not None else None,
        )  # fmt: skip
        bind = partial(self._problem, snapshot.database, schema, cancel)
        prediction = _predicted(semantic_parser, request, bind)
        watch.lap("parsing")
        if cancel.is_set():
            raise QueryCancelledError("Stopped.")
        answer = replace(answer, prompt=prediction.prompt, usage=prediction.usage)
        if not prediction.candidates:
            return replace(
                answer, status="declined", error=_reason(prediction, history), confidence=prediction.confidence
            )
        _at(job, "running")
        answer = self._choose(answer, prediction, snapshot.database, schema, cancel, job)
        watch.lap("running")
        if self.settings.second_reading and answer.result is not None and semantic_parser.info.name != BUILTIN:
            answer = self._read_again(answer, answer.result, request, snapshot.database, watch)
        lost = _ALONE if prediction.alone else _SAME if history and history[-1].sql == answer.sql else None
        if lost is not None:
            # A follow-up that was hardly read must not look certain.
            answer = replace(answer, notes=(lost, *answer.notes), confidence=answer.confidence / 2)
        return answer

    def _read_again(
        self, answer: Answer, rows: ResultSet, request: ParseRequest, database: Database, watch: _Watch
    ) -> Answer:
        """The answer beside the built-in parser's: surer where both give the same rows, else both are offered.

        Two that err alike are rare, so the same rows count as if each were right by itself (noisy or).
        """
        try:
            other = self._parser_for(BUILTIN)
            if other.info.name != BUILTIN:
                return answer
            second = _predicted(other, replace(request, examples=(), on_text=None), lambda _: None)
            if not second.candidates or second.alone:
                return answer
            candidate = second.candidates[0]
            limits = replace(self._limits(), deadline=min(self.settings.deadline, _SECOND_DEADLINE))
            _, again = run_checked(self.engine, database, request.schema, candidate.sql, limits, request.cancel)
        except QueryCancelledError:
            raise
        except WorkbenchError:
            return answer
        compared = compare(rows, again)
        watch.lap("second reading")
        if compared.equal:
            sure = 1 - (1 - answer.confidence) * (1 - second.confidence)
            return replace(answer, confidence=sure, notes=(*answer.notes, _AGREES))
        candidates = (*answer.candidates, replace(candidate, notes=()))
        note = f"The built-in parser reads it otherwise; its SQL is among the other readings. {compared.reason}"
        return replace(answer, candidates=candidates, confidence=0.8 * answer.confidence, notes=(*answer.notes, note))

    def _examples(self, question: str, schema: Schema) -> tuple[Turn, ...]:
        """Questions like this one whose SQL people confirmed or wrote; none when the log cannot be read."""
        try:
            found = nearest(question, verified_examples(self.log), schema)
        except WorkbenchError as error:
            logger.warning("%s", error.sentence)
            return ()
        return tuple(Turn(one.question, one.sql) for one in found)

    def _problem(self, database: Database, schema: Schema, cancel: Cancel, sql: str) -> str | None:
        """Why a statement would not run: the guard's reason or the engine's, which reads no row for it."""
        try:
            run_checked(
                self.engine, database, schema, f"EXPLAIN {sql}", Limits(deadline=5.0, memory=self._memory), cancel
            )
        except (QueryCancelledError, QueryTimeoutError):
            return None  # what is slow to plan is run as it is
        except (RefusedError, EngineError) as error:
            return error.sentence
        return None

    def _choose(
        self,
        answer: Answer,
        prediction: Prediction,
        database: Database,
        schema: Schema,
        cancel: Cancel,
        job: Job | None,
    ) -> Answer:
        """Execution-guided choice (Wang et al. 2018): the best candidate that runs; an empty result loses to rows.

        A candidate that fails, or gives nothing while a nearly as likely one gives rows, is passed over.
        """
        limits = self._limits()
        started = time.monotonic()
        first_error: WorkbenchError | None = None
        empty: tuple[Candidate, ResultSet] | None = None
        chosen: tuple[Candidate, ResultSet] | None = None
        for candidate in prediction.candidates:
            left = limits.deadline - (time.monotonic() - started)
            if empty is not None and candidate.score < empty[0].score - 1.0:
                break
            try:
                _, result = run_checked(
                    self.engine, database, schema, candidate.sql,
                    replace(limits, deadline=max(left, 0.1)), cancel, _progress_of(job),
                )  # fmt: skip
            except (QueryCancelledError, QueryTimeoutError) as error:
                if empty is None:
                    return _failed(answer, prediction, prediction.candidates[0], error)
                break
            except (RefusedError, EngineError) as error:
                first_error = first_error or error
                continue
            if _says_something(result):
                chosen = (candidate, result)
                break
            empty = empty or (candidate, result)
        chosen = chosen or empty
        if chosen is None:
            assert first_error is not None
            return _failed(answer, prediction, prediction.candidates[0], first_error)
        candidate, result = chosen
        ordered = (candidate, *(other for other in prediction.candidates if other is not candidate))
        confidence = prediction.confidence * (1.0 if candidate is prediction.candidates[0] else 0.7)
        return replace(
            answer, status="ok", sql=candidate.sql, candidates=ordered, result=result, confidence=confidence,
            notes=candidate.notes, guard="allowed",
        )  # fmt: skip

    # -- one's own SQL --------------------------------------------------------------------------------------------

    def run_sql(
        self,
        sql: str,
        *,
        question: str = "",
        instead_of: Answer | None = None,
        origin: str = "sql",
        scope: Sequence[str] | None = None,
        cancel: Cancel | None = None,
        log: bool = True,
        job: Job | None = None,
    ) -> Answer:
        """Run a person's own SQL through guard and sandbox. Same kinds of answer as a question has.

        `instead_of` is the answer in whose place a person wants this SQL: the question is that one's, and where the
        SQL is one of its readings a follow-up goes on from that reading.
        """
        watch = _Watch()
        answer = Answer(job.id if job else new_id(), question, "failed", sql, self.settings.as_of(), origin=origin)
        if instead_of is not None:
            answer = replace(
                answer, question=instead_of.question, follows=instead_of.follows,
                candidates=_reading(instead_of, sql),
            )  # fmt: skip
        cancel = cancel or (job.cancelled if job else Cancel())
        try:
            snapshot = self.snapshot()
            schema = _in_scope(snapshot.schema, scope)
            answer = replace(
                answer, scope=tuple(table.name for table in schema.tables), schema_version=snapshot.version
            )
            _at(job, "running")
            verdict, result = run_checked(
                self.engine, snapshot.database, schema, sql, self._limits(), cancel, _progress_of(job)
            )
            answer = replace(answer, status="ok", sql=verdict.sql, result=result, guard="allowed", confidence=1.0)
        except WorkbenchError as error:
            answer = replace(answer, status=_status_of(error), error=error.sentence)
            if isinstance(error, RefusedError):
                answer = replace(answer, guard=error.sentence)
        watch.lap("running")
        answer = replace(answer, timings=tuple(watch.laps))
        return self._logged(answer) if log else answer

    def check(self, sql: str) -> str | None:
        """Why the guard would refuse `sql`; None when it would not."""
        verdict = check_select(sql, self.snapshot().schema)
        return None if verdict.allowed else verdict.reason

    # -- jobs -------------------------------------------------------------------------------------------------------

    def start(
        self,
        question: str,
        *,
        parser: str | None = None,
        scope: Sequence[str] | None = None,
        history: tuple[Turn, ...] = (),
        follows: str | None = None,
        origin: str = "ask",
    ) -> Job:
        """Begin to answer `question` in a thread of its own."""
        job = Job(new_id(), question, follows=follows)
        work = partial(
            self.answer, question, parser=parser, scope=scope, history=history, follows=follows, origin=origin, job=job
        )
        return self._begin(job, work)

    def start_sql(
        self, sql: str, *, instead_of: Answer | None = None, scope: Sequence[str] | None = None, origin: str = "sql"
    ) -> Job:
        """Begin to run a person's own SQL in a thread of its own."""
        question, follows = (instead_of.question, instead_of.follows) if instead_of else ("", None)
        job = Job(new_id(), question, sql, follows)
        return self._begin(job, partial(self.run_sql, sql, instead_of=instead_of, origin=origin, scope=scope, job=job))

    def reopen(self, id: str) -> Job | None:
        """The job called `id`; when its process has gone, its record's SQL is run again (and not logged twice).

        None when neither a job nor a record has that id.
        """
        job = self.job(id)
        if job is not None:
            return job
        record = self.log.get(id)
        if record is None:
            return None
        job = Job(id, record.question, record.sql, record.follows)
        return self._begin(job, lambda: self._replay(record, job))

    def earlier(self, id: str | None) -> tuple[Answer, ...]:
        """The answer called `id` after those that led to it, each following the one before; at most TURNS.

        One that is not there any more, or not yet, ends the walk back. Rows are there only where this process ran
        the SQL. Raises QueryLogError.
        """
        found: list[Answer] = []
        while id is not None and len(found) < TURNS:
            job = self.job(id)
            answer = job.answer if job is not None else None
            if answer is None:
                record = self.log.get(id)
                if record is None:
                    break
                answer = self._as_logged(record)
            found.append(answer)
            id = answer.follows
        return tuple(reversed(found))

    def _turns(self, id: str) -> tuple[Turn, ...]:
        """What a question that follows the answer called `id` goes on from."""
        turns = tuple(answer.turn for answer in self.earlier(id))
        if turns:
            return turns
        if self.job(id) is not None:
            raise ParserError("The answer that this follows is still being made; ask again when it is there.")
        raise ParserError("The query log has no answer with the id that this follows; ask it as a whole question.")

    def _as_logged(self, record: Record) -> Answer:
        """The answer that a record keeps, which is all but its rows, notes and prompt."""
        as_of = record.as_of or self.settings.as_of()
        candidates = tuple(Candidate(one.sql, one.score, one.tree) for one in record.candidates)
        info = ParserInfo(record.parser, record.parser_revision, record.parser_quantization) if record.parser else None
        return Answer(
            record.id, record.question, record.status, record.sql, as_of, candidates, None, record.error,
            record.confidence or 0.0, info, record.scope, record.schema_version, record.timings,
            guard=record.guard, origin=record.origin, follows=record.follows, usage=_usage_of(record),
        )  # fmt: skip

    def _replay(self, record: Record, job: Job) -> Answer:
        past = self._as_logged(record)
        if record.status in ("declined", "refused") or not record.sql:
            return past
        again = self.run_sql(record.sql, question=record.question, log=False, job=job)
        return replace(
            past, status=again.status, result=again.result, error=again.error, guard=again.guard, timings=again.timings
        )

    def job(self, id: str) -> Job | None:
        """A job begun in this process, by id."""
        with self._lock:
            return self._jobs.get(id)

    def _begin(self, job: Job, work: Callable[[], Answer]) -> Job:
        with self._lock:
            self._jobs[job.id] = job
            while len(self._jobs) > _JOBS_KEPT:
                self._jobs.popitem(last=False)[1].cancel()

        def run() -> None:
            try:
                answer = work()
            except BaseException:
                answer = Answer(
                    job.id, job.question, "failed", job.sql, self.settings.as_of(),
                    error="Something went wrong inside the workbench; the details are in its terminal.",
                    follows=job.follows,
                )  # fmt: skip
                raise
            finally:
                job.end(answer)

        threading.Thread(target=run, name=f"job-{job.id}", daemon=True).start()
        return job

    # -- shared -------------------------------------------------------------------------------------------------------

    def values(self, snapshot: Snapshot) -> ValueIndex:
        """The stored values of `snapshot`, indexed once per version for value linking."""
        with self._values_lock:
            if self._values is None or self._values[0] != snapshot.version:
                fetch = partial(self._fetched, snapshot.database)
                self._values = (snapshot.version, self._value_files.index(snapshot, fetch))
            return self._values[1]

    def keys(self) -> KeyProposals:
        """Keys that names and stored values suggest beyond the declared ones.

        Looked for once per version, and again when time ran out.
        """
        snapshot = self.snapshot()
        if self._keys is None or self._keys[0] != snapshot.version:
            found = propose_keys(snapshot.schema, lambda sql: self._fetched(snapshot.database, sql, 1_000))
            if not found.complete:
                return found
            self._keys = (snapshot.version, found)
        return self._keys[1]

    def unanswerable(self, after: Schema) -> tuple[str, ...]:
        """Questions of verified examples (their SQL where there is no question) that fit the tables of now and would
        not fit those of `after`; none when the log cannot be read."""
        try:
            examples = verified_examples(self.log)
            snapshot = self.snapshot()
            now = (snapshot.database, snapshot.schema)
            with self.workspace.staging() as folder:
                limits = Limits(deadline=5.0, memory=self._memory)
                broken = broken_by(examples, self.engine, now, after, folder, limits)
        except WorkbenchError as error:
            logger.warning("%s", error.sentence)
            return ()
        return tuple(dict.fromkeys(example.question or example.sql for example in broken))

    def _fetched(self, database: Database, sql: str, rows: int) -> ResultSet:
        """The rows of a SELECT of the workbench's own."""
        return self.engine.run(database, sql, Limits(deadline=5.0, rows=rows, memory=self._memory))

    def _limits(self) -> Limits:
        return Limits(self.settings.deadline, self.settings.row_limit, self._memory)

    def _logged(self, answer: Answer) -> Answer:
        """Keep the answer in the query log; a log that cannot be written costs a note, never the answer."""
        record = Record(
            id=answer.id,
            asked_at=dt.datetime.now(dt.UTC),
            question=answer.question,
            status=answer.status,
            sql=answer.sql,
            origin=answer.origin,
            scope=answer.scope,
            schema_version=answer.schema_version,
            parser=answer.parser.name if answer.parser else "",
            parser_revision=answer.parser.revision if answer.parser else "",
            parser_quantization=answer.parser.quantization if answer.parser else "",
            prompt_hash=hashlib.sha256(answer.prompt.encode()).hexdigest()[:16] if answer.prompt else "",
            candidates=tuple(LoggedCandidate(one.sql, one.score, one.tree) for one in answer.candidates),
            tree=answer.candidates[0].tree if answer.candidates else None,
            as_of=answer.as_of,
            guard=answer.guard,
            row_count=answer.result.row_count if answer.result else None,
            truncated=answer.result.truncated if answer.result else False,
            timings=answer.timings,
            confidence=answer.confidence if answer.parser else None,
            error=answer.error,
            follows=answer.follows,
            tokens_read=answer.usage.read if answer.usage else None,
            tokens_known=answer.usage.known if answer.usage else None,
            tokens_written=answer.usage.written if answer.usage else None,
        )
        try:
            self.log.record(record)
        except WorkbenchError as error:
            return replace(answer, notes=(*answer.notes, f"This answer is not in the query log: {error.sentence}"))
        return answer


def _predicted(parser: SemanticParser, request: ParseRequest, bind: Callable[[str], str | None]) -> Prediction:
    """What `parser` predicts, mended where it does not bind and the parser can.

    A fault of its own becomes a ParserError: parsers are many, and a question must end.
    """
    try:
        return mended(parser, request, parser.predict(request), bind)
    except WorkbenchError:
        raise
    except Exception as error:
        detail = logger.isEnabledFor(logging.DEBUG)
        logger.error("The parser %s failed: %r", parser.info.name, error, exc_info=detail)
        kind = type(error).__name__
        raise ParserError(f"The parser {parser.info.name} stopped with an unexpected error ({kind}).") from error


def _usage_of(record: Record) -> Usage | None:
    if record.tokens_read is None:
        return None
    return Usage(record.tokens_read, record.tokens_known or 0, record.tokens_written or 0)


def _reason(prediction: Prediction, history: tuple[Turn, ...]) -> str:
    """Why there is no answer; for a follow-up also what it was read with."""
    reason = prediction.declined or "No table here answers this question."
    if prediction.alone:
        return f"{reason} {_ALONE}"
    if history:
        return f"{reason} It was read as a follow-up to «{shorten(history[-1].question, 80, placeholder='…')}»."
    return reason


def _reading(answer: Answer, sql: str) -> tuple[Candidate, ...]:
    """The reading of `answer` that `sql` is, as it is or as it is shown; none when it is another."""
    wanted = sql.strip()
    return next(((one,) for one in answer.candidates if wanted in (one.sql.strip(), format_sql(one.sql).strip())), ())


def _in_scope(schema: Schema, scope: Sequence[str] | None) -> Schema:
    return schema if scope is None else schema.narrowed(scope)


def _at(job: Job | None, step: Step) -> None:
    if job is not None:
        job.step = step


def _progress_of(job: Job | None) -> Callable[[float], None] | None:
    if job is None:
        return None

    def report(share: float) -> None:
        job.progress = share

    return report


def _status_of(error: WorkbenchError) -> Status:
    if isinstance(error, RefusedError):
        return "refused"
    if isinstance(error, QueryTimeoutError):
        return "timeout"
    if isinstance(error, QueryCancelledError):
        return "cancelled"
    return "failed"


def _failed(answer: Answer, prediction: Prediction, candidate: Candidate, error: WorkbenchError) -> Answer:
    status = _status_of(error)
    return replace(
        answer, status=status, sql=candidate.sql, candidates=prediction.candidates, error=error.sentence,
        confidence=0.0, notes=candidate.notes, guard=error.sentence if status == "refused" else "allowed",
    )  # fmt: skip


def _says_something(result: ResultSet) -> bool:
    """False for no rows, and for one row of nothing but NULL (an aggregate over nothing)."""
    if result.row_count == 0:
        return False
    if result.row_count > 1:
        return True
    return any(column.null_count == 0 for column in result.table.columns)
