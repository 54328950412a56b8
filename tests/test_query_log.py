"""The query log: what it keeps, finds, refuses and sets aside."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from nl2sql.errors import QueryLogError
from nl2sql.query_log import Feedback, LogFilter, LoggedCandidate, QueryLog, Record, journal, new_id
from nl2sql.query_log.clock import StrictClock
from nl2sql.query_log.events import Deleted, Rated, Recorded, decode, encode
from nl2sql.query_log.merge import merge
from nl2sql.query_log.migrations import MIGRATIONS, check_version, migrate, schema_version

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
FULL = Record(
    id="full",
    asked_at=NOON,
    question="How many Straßen are there?",
    status="ok",
    sql="SELECT count(*) FROM t",
    origin="api",
    scope=("t", "u"),
    schema_version="v3",
    parser="builtin",
    parser_revision="r1",
    parser_quantization="nf4",
    prompt_hash="abc",
    candidates=(LoggedCandidate("SELECT 1", -0.25, "(one)"), LoggedCandidate("SELECT 2", float("-inf"))),
    tree="(count t)",
    as_of=dt.date(2026, 2, 28),
    guard="allowed",
    row_count=1,
    truncated=True,
    timings=(("parser", 0.5), ("engine", 0.25)),
    confidence=0.75,
    error="none of note",
    follows="before",
    tokens_read=612,
    tokens_known=580,
    tokens_written=41,
    feedback=Feedback("down", "SELECT 3", "no", NOON),
)


@pytest.fixture
def log(tmp_path: Path) -> QueryLog:
    return QueryLog(tmp_path / "log")


def plain(id: str, minute: int = 0, **changes: object) -> Record:
    record = Record(id, NOON + dt.timedelta(minutes=minute), f"question {id}", "ok", f"SELECT '{id}'")
    return replace(record, **changes)  # type: ignore[arg-type]


def journals(log_folder: Path) -> list[Path]:
    return sorted((log_folder / "journals").glob("*.jsonl"))


def test_every_field_comes_back(log: QueryLog, tmp_path: Path) -> None:
    log.record(FULL)
    assert log.get("full") == FULL
    assert QueryLog(tmp_path / "log").list().records == (FULL,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "a\0b",
        "\n\r\u2028\u2029\x1f",
        "'; DROP TABLE records; --",
        "😀 ünï",
        "=1+1",
        "x" * 2**20,
        "\ufeff\ufffe",
    ],
    ids=range(9),
)
def test_any_text_comes_back(log: QueryLog, text: str) -> None:
    record = plain("a", question=text, sql=text, error=text, candidates=(LoggedCandidate(text, 0.0, text),))
    log.record(record)
    log.rate("a", "up", corrected_sql=text, comment=text)
    found = log.get("a")
    assert found is not None
    assert replace(found, feedback=Feedback()) == record
    assert (found.feedback.corrected_sql, found.feedback.comment) == (text, text)
    assert log.list(LogFilter(text=text)).total == 1


def test_a_lone_surrogate_becomes_a_replacement_character(log: QueryLog) -> None:
    log.record(plain("\ud800", question="a\ud800b \ud83d\ude00"))
    found = log.get("\ud800")
    assert found is not None
    assert (found.id, found.question) == ("\ufffd", "a\ufffdb 😀")
    assert log.list(LogFilter(text="A\udfffB")).total == 1


def test_a_naive_time_counts_as_utc_and_other_zones_are_converted(log: QueryLog) -> None:
    log.record(plain("naive", asked_at=dt.datetime(2026, 3, 1, 12)))
    log.record(plain("east", asked_at=dt.datetime(2026, 3, 1, 14, tzinfo=dt.timezone(dt.timedelta(hours=2)))))
    assert {record.asked_at for record in log.list().records} == {NOON}
    assert all(record.asked_at.tzinfo is dt.UTC for record in log.list().records)


def test_filters(log: QueryLog) -> None:
    log.record(plain("a", 0, question="Average SALARY", parser="builtin"))
    log.record(plain("b", 1, status="refused", parser="other", sql="select salary"))
    log.record(plain("c", 2, origin="api", question="50% _off_", feedback=Feedback("up")))

    def found(wanted: LogFilter) -> str:
        page = log.list(wanted)
        assert page.total == len(page.records)
        return "".join(record.id for record in page.records)

    assert found(LogFilter()) == "cba"
    assert found(LogFilter(text="salary")) == "ba"
    assert found(LogFilter(text="%")) == "c"
    assert found(LogFilter(text="_")) == "c"
    assert found(LogFilter(status="refused")) == "b"
    assert found(LogFilter(verdict="up")) == "c"
    assert found(LogFilter(verdict="none")) == "ba"
    assert found(LogFilter(parser="builtin")) == "a"
    assert found(LogFilter(origin="api")) == "c"
    assert found(LogFilter(since=NOON + dt.timedelta(minutes=1))) == "cb"
    assert found(LogFilter(until=NOON + dt.timedelta(minutes=1))) == "a"
    assert found(LogFilter(text="salary", status="ok", parser="builtin")) == "a"


def test_pages_are_newest_first_and_add_up(log: QueryLog) -> None:
    for number in range(7):
        log.record(plain(str(number), number // 2))
    pages = [log.list(limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert ["".join(record.id for record in page.records) for page in pages] == ["654", "321", "0", ""]
    assert {page.total for page in pages} == {7}
    assert log.list(LogFilter(text="QUESTION"), limit=2, offset=4).records == log.list(limit=2, offset=4).records


def test_a_frequent_text_is_paged_as_a_rare_one(log: QueryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        log.record(plain(str(number), number % 4))
    rare = [log.list(LogFilter(text="select"), 4, offset) for offset in (0, 4, 8, 12)]
    monkeypatch.setattr("nl2sql.query_log.store._FREQUENT", 3)
    assert [log.list(LogFilter(text="select"), 4, offset) for offset in (0, 4, 8, 12)] == rare


def test_the_last_judgement_counts_and_can_be_taken_back(log: QueryLog, tmp_path: Path) -> None:
    other = QueryLog(tmp_path / "log")
    log.record(plain("a"))
    other.rate("a", "up", comment="good")
    log.rate("a", "down", "SELECT 2")
    found = other.get("a")
    assert found is not None
    assert (found.feedback.verdict, found.feedback.corrected_sql, found.feedback.comment) == ("down", "SELECT 2", None)
    other.rate("a", None)
    assert log.list(LogFilter(verdict="none")).total == 1


def test_only_a_record_that_is_there_can_be_judged(log: QueryLog) -> None:
    with pytest.raises(QueryLogError, match="no such record"):
        log.rate("nobody", "up")
    with pytest.raises(QueryLogError, match="verdict"):
        log.rate("nobody", "sideways")  # type: ignore[arg-type]


def test_a_deleted_record_never_comes_back(log: QueryLog, tmp_path: Path) -> None:
    log.record(plain("a"))
    log.record(plain("b"))
    log.delete("a")
    log.delete("a")
    log.delete("nobody")
    assert [record.id for record in log.list().records] == ["b"]
    QueryLog(tmp_path / "log").record(plain("a"))
    assert log.get("a") is None


def test_statistics(log: QueryLog) -> None:
    assert log.statistics().total == 0
    log.record(plain("a"))
    log.record(plain("b", feedback=Feedback("up")))
    log.record(plain("c", status="failed"))
    found = log.statistics()
    assert (found.total, found.by_status) == (3, (("ok", 2), ("failed", 1)))
    assert found.by_verdict == (("none", 2), ("up", 1))


def test_rows_as_arrow(log: QueryLog) -> None:
    log.record(FULL)
    log.record(plain("late", 9))
    rows = log.to_rows()
    assert isinstance(rows, pa.Table)
    assert rows.column("id").to_pylist() == ["late", "full"]
    assert rows.column("comment").to_pylist() == [None, "no"]
    assert log.to_rows(LogFilter(verdict="up")).num_rows == 0
    assert log.to_rows(limit=1).num_rows == 1


def test_a_line_that_was_cut_off_is_set_aside_and_reported(log: QueryLog, tmp_path: Path) -> None:
    log.record(plain("a"))
    line = encode(Recorded(1, plain("b")))
    with journals(tmp_path / "log")[0].open("ab") as file:
        file.write(b"\0\0 no JSON\n[1]\n" + line + line[:-5])
    page = QueryLog(tmp_path / "log").list()
    assert {record.id for record in page.records} == {"a", "b"}
    assert len(page.problems) == 1
    assert "1 file" in page.problems[0]
    assert str(tmp_path) not in page.problems[0]
    torn = list((tmp_path / "log" / "journals").iterdir())
    assert [path.suffix for path in torn] == [".torn"]
    assert torn[0].read_bytes() == b"\0\0 no JSON\n[1]\n" + line[:-5]


def test_a_writer_goes_on_after_its_journal_was_folded(log: QueryLog, tmp_path: Path) -> None:
    reader = QueryLog(tmp_path / "log")
    for number in range(5):
        log.record(plain(str(number)))
        assert reader.list().total == number + 1
    assert journals(tmp_path / "log") == []


def test_a_full_journal_gets_a_successor_and_is_folded(tmp_path: Path) -> None:
    small = journal.Journal(tmp_path, roll_over=10)
    assert small.append(b"0123456789\n")
    assert small.append(b"0123456789\n")
    assert len(list(tmp_path.glob("*.jsonl"))) == 2


def test_folding_in_small_groups_is_folding(log: QueryLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nl2sql.query_log.log._BATCH_BYTES", 1)
    writers = [QueryLog(tmp_path / "log") for _ in range(4)]
    for number in range(8):
        writers[number % 4].record(plain(str(number)))
    assert log.list().total == 8


def test_threads_record_at_once(log: QueryLog) -> None:
    def work(name: str) -> None:
        for number in range(25):
            log.record(plain(f"{name}{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.list().total == 100


def test_a_forked_child_writes_a_journal_of_its_own(log: QueryLog, tmp_path: Path) -> None:
    log.record(plain("parent"))
    child = os.fork()
    if child == 0:
        try:
            log.record(plain("child"))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    log.record(plain("after"))
    assert len(journals(tmp_path / "log")) == 2
    assert {record.id for record in log.list().records} == {"parent", "child", "after"}


def test_a_full_disk_is_a_sentence_and_nothing_half_stays(
    log: QueryLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.record(plain("before"))

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/place")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "_sync_lines", full)
        with pytest.raises(QueryLogError, match="no space left on device") as caught:
            log.record(plain("lost"))
    assert "secret" not in str(caught.value)
    log.record(plain("after"))
    page = log.list()
    assert {record.id for record in page.records} == {"before", "after"}
    assert page.problems == ()


def test_a_damaged_file_is_a_sentence_and_new_records_are_kept(log: QueryLog, tmp_path: Path) -> None:
    file = tmp_path / "log" / "query_log.duckdb"
    file.parent.mkdir()
    file.write_bytes(b"no database at all" * 1000)
    log.record(plain("a"))
    with pytest.raises(QueryLogError, match="damaged") as caught:
        log.list()
    assert str(tmp_path) not in str(caught.value)
    file.unlink()
    assert log.get("a") == plain("a")


def test_a_busy_log_is_a_sentence(log: QueryLog, tmp_path: Path) -> None:
    log.fold()
    with log._reading():
        log.record(plain("meanwhile"))
        with pytest.raises(QueryLogError, match="busy"):
            QueryLog(tmp_path / "log", patience=0.05).list()
    assert log.list().total == 1


def test_a_file_in_place_of_the_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("no folder")
    with pytest.raises(QueryLogError, match="cannot be written"):
        QueryLog(tmp_path / "log").record(plain("a"))
    with pytest.raises(QueryLogError, match="cannot be"):
        QueryLog(tmp_path / "log").list()


def test_others_on_the_machine_cannot_read_the_log(log: QueryLog, tmp_path: Path) -> None:
    log.fold()
    log.record(plain("a"))
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "log" / "query_log.duckdb").stat().st_mode) == 0o600
    assert stat.S_IMODE(journals(tmp_path / "log")[0].stat().st_mode) == 0o600


def test_nothing_stays_open_between_calls(log: QueryLog, tmp_path: Path) -> None:
    log.record(plain("a"))
    log.list()
    with duckdb.connect(str(tmp_path / "log" / "query_log.duckdb")) as con:
        assert con.execute("SELECT question FROM records").fetchall() == [("question a",)]
    assert log.list().total == 1


def test_migrations_make_the_tables_once() -> None:
    con = duckdb.connect(":memory:")
    assert schema_version(con) == 0
    assert migrate(con) == len(MIGRATIONS)
    assert migrate(con) == 0
    assert check_version(schema_version(con))
    assert con.execute("SELECT count(*) FROM records").fetchone() == (0,)


def test_migrations_go_on_where_they_stopped_and_a_failing_one_leaves_nothing() -> None:
    con = duckdb.connect(":memory:")
    migrate(con)

    def adds(con: duckdb.DuckDBPyConnection) -> None:
        con.execute("ALTER TABLE records ADD COLUMN colour VARCHAR DEFAULT 'red'")

    def fails(con: duckdb.DuckDBPyConnection) -> None:
        con.execute("CREATE TABLE half (a INTEGER)")
        con.execute("SELECT no_such_function()")

    with pytest.raises(duckdb.Error):
        migrate(con, (*MIGRATIONS, adds, fails))
    assert schema_version(con) == len(MIGRATIONS) + 1
    assert con.execute("SELECT colour FROM records").fetchall() == []
    assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'half'").fetchone() == (0,)
    assert not check_version(len(MIGRATIONS) - 1)


def test_a_log_from_before_follow_ups_is_brought_up_to_date(log: QueryLog, tmp_path: Path) -> None:
    log.record(plain("a", feedback=Feedback("up")))
    log.fold()
    with duckdb.connect(str(tmp_path / "log" / "query_log.duckdb")) as con:
        for name in ("follows", "tokens_read", "tokens_known", "tokens_written"):
            con.execute(f"ALTER TABLE records DROP COLUMN {name}")
        con.execute("UPDATE log_state SET schema_version = 1")
    old = QueryLog(tmp_path / "log")
    assert old.get("a") == plain("a", feedback=Feedback("up"))
    old.record(plain("b", follows="a"))
    assert [record.follows for record in old.list().records] == ["a", None]
    assert old.to_rows().column("follows").to_pylist() == ["a", None]


def test_a_line_from_before_follow_ups_and_tokens_is_read() -> None:
    body = json.loads(encode(Recorded(5, FULL)))
    later = ("follows", "tokens_read", "tokens_known", "tokens_written")
    for name in later:
        del body["record"][name]
    assert decode(json.dumps(body).encode()) == Recorded(5, replace(FULL, **dict.fromkeys(later)))


def test_a_log_of_a_newer_version_is_left_alone(log: QueryLog, tmp_path: Path) -> None:
    log.record(plain("a"))
    log.fold()
    with duckdb.connect(str(tmp_path / "log" / "query_log.duckdb")) as con:
        con.execute("UPDATE log_state SET schema_version = 99")
    for writes in (False, True):
        if writes:
            log.record(plain("b"))
        with pytest.raises(QueryLogError, match="newer version"):
            log.list()
    with duckdb.connect(str(tmp_path / "log" / "query_log.duckdb")) as con:
        con.execute("UPDATE log_state SET schema_version = 1")
    assert log.list().total == 2


def test_a_line_of_a_newer_version_is_left_for_that_version(log: QueryLog, tmp_path: Path) -> None:
    log.record(plain("a"))
    with journals(tmp_path / "log")[0].open("ab") as file:
        file.write(b'{"v":99,"kind":"sing"}\n')
    with pytest.raises(QueryLogError, match="newer version"):
        log.list()
    assert not list((tmp_path / "log" / "journals").glob("*.torn"))
    assert len(list((tmp_path / "log" / "journals").glob("*.sealed"))) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"v":1,"stamp":1,"kind":"delete"}',
        b'{"v":1,"stamp":"1","kind":"delete","id":"a"}',
        b'{"v":1,"stamp":1,"kind":"delete","id":7}',
        b'{"v":1,"stamp":1,"kind":"other","id":"a"}',
        b'{"v":1,"stamp":99999999999999999999,"kind":"delete","id":"a"}',
        b'{"v":1,"stamp":1,"kind":"record","record":{"id":"a"}}',
        b'{"v":1,"stamp":1,"kind":"rate","id":"a","feedback":{"verdict":"left"}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode(line)


@pytest.mark.parametrize("event", [Recorded(5, FULL), Rated(6, "a", FULL.feedback), Deleted(7, "a\0\n")])
def test_an_event_is_one_line(event: Recorded | Rated | Deleted) -> None:
    line = encode(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == event


def test_merging_does_not_depend_on_the_order() -> None:
    events = [
        Recorded(1, plain("a")),
        Rated(2, "a", Feedback("up")),
        Recorded(3, plain("b")),
        Rated(4, "a", Feedback("down")),
        Deleted(5, "b"),
    ]
    forward = merge(events)
    backward = merge(reversed(events))
    assert forward == backward == merge([*events, *events])
    assert forward.ratings["a"].stamp == 4
    assert (set(forward.records), set(forward.deletions), forward.newest_stamp) == ({"a"}, {"b"}, 5)


def test_ids_sort_by_time_and_never_repeat() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert all(id.isascii() and id.isalnum() and len(id) == 26 for id in ids)


def test_a_clock_goes_on_after_what_it_has_seen() -> None:
    clock = StrictClock()
    ahead = clock.next() + 10**15
    clock.observe(ahead)
    clock.observe(5)
    clock.observe(2**63)
    assert clock.next() == ahead + 1
