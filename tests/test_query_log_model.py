"""Whatever is done to the query log, through whichever process's hands: it answers as a plain dict would."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nl2sql.errors import QueryLogError
from nl2sql.query_log import Feedback, LogFilter, LoggedCandidate, QueryLog, Record
from nl2sql.query_log.events import Recorded, decode, encode

IDS = st.sampled_from(["a", "b", "c", "d"])
WHO = st.sampled_from([0, 1])
TEXTS = st.text(max_size=12)
VERDICTS = st.sampled_from(["up", "down", None])
STEPS = st.one_of(
    st.tuples(st.just("record"), WHO, IDS, TEXTS, st.sampled_from(["ok", "failed"])),
    st.tuples(st.just("rate"), WHO, IDS, VERDICTS, TEXTS),
    st.tuples(st.just("delete"), WHO, IDS),
    st.tuples(st.just("fold"), WHO),
    st.tuples(st.just("reopen"), WHO),
    st.tuples(st.just("list"), WHO, st.sampled_from(["", "a", "É"]), VERDICTS),
)
MOMENT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


class Model:
    """The query log as a dict in the order of recording."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.gone: set[str] = set()

    def record(self, record: Record) -> None:
        if record.id not in self.gone:
            self.records.pop(record.id, None)
            self.records[record.id] = record

    def rate(self, id: str, feedback: Feedback) -> None:
        self.records[id] = replace(self.records[id], feedback=feedback)

    def delete(self, id: str) -> None:
        self.gone.add(id)
        self.records.pop(id, None)

    def list(self, wanted: LogFilter) -> tuple[Record, ...]:
        text = wanted.text.casefold()
        return tuple(
            record
            for record in reversed(self.records.values())
            if (text in record.question.casefold() or text in record.sql.casefold())
            and wanted.verdict in (None, record.feedback.verdict or "none")
        )


def _timeless(record: Record) -> Record:
    return replace(record, feedback=replace(record.feedback, given_at=None))


@settings(max_examples=14, derandomize=True)
@given(st.lists(STEPS, min_size=3, max_size=14))
def test_two_logs_on_one_folder_equal_a_dict(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory() as folder:
        logs = [QueryLog(Path(folder)), QueryLog(Path(folder))]
        model = Model()
        for step in steps:
            _do(step, logs, model, Path(folder))
        for log in logs:
            page = log.list(limit=100)
            assert tuple(map(_timeless, page.records)) == model.list(LogFilter())
            assert page.total == len(page.records)
            assert log.statistics().total == page.total


def _do(step: tuple, logs: list[QueryLog], model: Model, folder: Path) -> None:  # type: ignore[type-arg]
    match step:
        case ("record", who, id, text, status):
            record = Record(id, MOMENT, text, status, text.swapcase())
            logs[who].record(record)
            model.record(record)
        case ("rate", who, id, verdict, text) if id in model.records:
            logs[who].rate(id, verdict, corrected_sql=text)
            model.rate(id, Feedback(verdict, text))
        case ("rate", who, id, verdict, _):
            with pytest.raises(QueryLogError):
                logs[who].rate(id, verdict)
        case ("delete", who, id):
            logs[who].delete(id)
            model.delete(id)
        case ("fold", who):
            logs[who].fold()
        case ("reopen", who):
            logs[who] = QueryLog(folder)
        case ("list", who, text, verdict):
            wanted = LogFilter(text=text, verdict=verdict)
            assert tuple(map(_timeless, logs[who].list(wanted).records)) == model.list(wanted)


HOSTILE = st.text(st.characters(codec="utf-8"), max_size=30)
MAYBE = st.none() | HOSTILE
NUMBERS = st.floats(allow_nan=False)
RECORDS = st.builds(
    Record,
    id=HOSTILE,
    asked_at=st.datetimes(timezones=st.just(dt.UTC)),
    question=HOSTILE,
    status=st.sampled_from(["ok", "refused", "failed", "timeout", "declined", "cancelled"]),
    sql=HOSTILE,
    scope=st.lists(HOSTILE, max_size=3).map(tuple),
    schema_version=HOSTILE,
    candidates=st.lists(st.builds(LoggedCandidate, HOSTILE, NUMBERS, MAYBE), max_size=3).map(tuple),
    tree=MAYBE,
    as_of=st.none() | st.dates(),
    row_count=st.none() | st.integers(0, 2**63 - 1),
    truncated=st.booleans(),
    timings=st.lists(st.tuples(HOSTILE, NUMBERS), max_size=3).map(tuple),
    confidence=st.none() | NUMBERS,
    error=MAYBE,
    follows=MAYBE,
    tokens_read=st.none() | st.integers(0, 2**63 - 1),
    tokens_known=st.none() | st.integers(0, 2**63 - 1),
    tokens_written=st.none() | st.integers(0, 2**63 - 1),
    feedback=st.builds(
        Feedback,
        st.sampled_from(["up", "down", None]),
        MAYBE,
        MAYBE,
        st.none() | st.datetimes(timezones=st.just(dt.UTC)),
    ),
)


@settings(max_examples=200, derandomize=True)
@given(RECORDS, st.integers(0, 2**62))
def test_any_record_is_one_line_and_comes_back(record: Record, stamp: int) -> None:
    line = encode(Recorded(stamp, record))
    assert line.count(b"\n") == 1
    assert decode(line) == Recorded(stamp, record)


@settings(max_examples=5, derandomize=True)
@given(st.lists(RECORDS, max_size=30, unique_by=lambda record: record.id))
def test_any_records_come_back_from_the_file(records: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = QueryLog(Path(folder))
        for record in records:
            log.record(record)
        assert {record.id: record for record in log.list(limit=100).records} == {r.id: r for r in records}
