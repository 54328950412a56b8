"""The pipeline over a real DuckDB file and sandbox with a scripted parser: every way in which a question can end."""

from __future__ import annotations

import datetime as dt
import threading
import time

import duckdb
import pytest

from nl2sql.answers import Answer
from nl2sql.cli import main
from nl2sql.engine.base import Cancel
from nl2sql.engine.sandbox import SandboxEngine
from nl2sql.errors import ParserError, ParserUnavailableError, QueryLogError
from nl2sql.guard import format_sql
from nl2sql.linking import ValueIndex
from nl2sql.parsers.base import Candidate, ParseRequest, Prediction, Turn
from nl2sql.pipeline import TURNS, Workbench
from nl2sql.settings import Settings
from tests.fakes import ScriptedParser

TODAY = dt.date(2025, 2, 14)
PATIENCE = 120.0
"""Seconds that a slow, busy machine may take for what takes a moment elsewhere."""
ENDLESS = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 3"
CANDIDATES = {
    "first fails": (("SELECT nothing FROM ships", -0.1), ("SELECT name FROM ships WHERE id = 1", -0.2)),
    "first is empty": (("SELECT name FROM ships WHERE id = 99", -0.1), ("SELECT name FROM ships WHERE id = 1", -0.5)),
    "first sums nothing": (("SELECT sum(tons) FROM ships WHERE id = 99", -0.1), ("SELECT sum(tons) FROM ships", -0.3)),
    "empty, others unlikely": (("SELECT name FROM ships WHERE id = 99", -0.1), ("SELECT name FROM ships", -1.2)),
    "all empty": (("SELECT name FROM ships WHERE id = 99", -0.1), ("SELECT name FROM ships WHERE id = 98", -0.2)),
    "first is refused": (("DROP TABLE ships", -0.1), ("SELECT count(*) FROM ships", -0.3)),
    "all fail": (("SELECT a FROM ships", -0.1), ("SELECT b FROM ships", -0.2)),
}
SCRIPT = {
    "how many ships": "SELECT count(*) AS n FROM ships",
    "delete ships": "DELETE FROM ships",
    "two statements": "SELECT 1; DROP TABLE ships",
    "no such column": "SELECT nam FROM ships",
    "all numbers": "SELECT * FROM numbers",
    "forever": ENDLESS,
    "crews": "SELECT * FROM crews",
    "broken": ValueError("a bug"),
    "unavailable": ParserUnavailableError("The weights are not here; fetch them."),
    "nothing at all": Prediction((), 0.7, "There is no table of planets."),
    "nothing and no reason": Prediction(()),
    "nothing alone": Prediction((), declined="What?", alone=True),
    "alone": Prediction((Candidate("SELECT 1 AS one", -0.1, notes=("a note",)),), 0.9, alone=True),
    **{
        question: Prediction(
            tuple(Candidate(sql, score, f"tree of {sql}", ("a note",)) for sql, score in pairs), 0.8, None, "the prompt"
        )
        for question, pairs in CANDIDATES.items()
    },
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "harbour.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE ships (id INTEGER PRIMARY KEY, name VARCHAR, tons INTEGER)")
        connection.execute("INSERT INTO ships VALUES (1, 'Ada', 10), (2, 'Bea', 20), (3, NULL, NULL)")
        connection.execute("CREATE TABLE crews (ship INTEGER, sailor VARCHAR)")
        connection.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(500)")
    return path


@pytest.fixture(scope="module")
def engine():
    engine = SandboxEngine(workers=2)
    yield engine
    engine.close()


@pytest.fixture
def bench(tmp_path, file, engine):
    return workbench(tmp_path, file, engine)


def workbench(home, file, engine, parser: ScriptedParser | None = None, **settings) -> Workbench:
    chosen = Settings(
        **{"home": home, "database": file, "row_limit": 100, "deadline": PATIENCE, "today": TODAY, **settings}
    )
    parser = parser or ScriptedParser(SCRIPT)
    made = Workbench(chosen, lambda name: parser, engine)
    made.scripted = parser
    return made


def rows(answer: Answer) -> list[tuple]:
    return [tuple(row.values()) for row in answer.result.table.to_pylist()]


def changed(path, statement: str) -> None:
    """Put a changed copy of the file in its place, as its owner would while workers have it open."""
    copy = path.with_suffix(".new")
    copy.write_bytes(path.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute(statement)
    copy.replace(path)


def waited(job) -> Answer:
    answer = job.wait(PATIENCE)
    assert answer is not None, "the job hangs"
    assert job.step == "done"
    return answer


def reached(job, step: str) -> None:
    ends = time.monotonic() + PATIENCE
    while job.step != step:
        assert job.step != "done" and time.monotonic() < ends, f"the job never came to {step}"
        time.sleep(0.01)


# -- outcomes --------------------------------------------------------------------------------------------------------


def test_a_question_becomes_rows(bench):
    answer = bench.answer("  How many ships ")
    assert (answer.status, answer.sql, rows(answer)) == ("ok", "SELECT count(*) AS n FROM ships", [(3,)])
    assert (answer.question, answer.error, answer.guard) == ("How many ships", None, "allowed")
    assert (answer.confidence, answer.parser.name, answer.as_of) == (0.9, "scripted", TODAY)
    assert set(answer.scope) == {"ships", "crews", "numbers"}
    assert [step for step, _ in answer.timings] == ["linking", "loading", "parsing", "running"]
    assert 0 < answer.seconds < PATIENCE
    assert not answer.doubtful


@pytest.mark.parametrize(
    ("question", "status", "error"),
    [
        ("delete ships", "refused", ""), ("two statements", "refused", ""), ("no such column", "failed", "nam"),
        ("nothing at all", "declined", "There is no table of planets."),
        ("nothing and no reason", "declined", "No table here answers this question."),
        ("never heard of it", "declined", "No table here answers this question."),
        ("", "failed", "Type a question first."), (" \n ", "failed", "Type a question first."),
        ("why? " * 401, "failed", "longer than 2,000 characters"),
        ("unavailable", "failed", "The weights are not here; fetch them."),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_a_status_and_a_sentence(bench, question, status, error):
    answer = bench.answer(question)
    assert answer.status == status
    assert error in answer.error
    assert "Traceback" not in answer.error
    assert answer.result is None
    record = bench.log.get(answer.id)
    assert (record.status, record.error) == (status, answer.error)
    assert (answer.guard not in ("", "allowed")) == (status == "refused")


def test_nothing_was_written(bench, file):
    bench.answer("delete ships")
    bench.answer("first is refused")
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM ships").fetchone() == (3,)


@pytest.mark.parametrize(
    ("question", "sql", "confidence"),
    [
        ("first fails", "SELECT name FROM ships WHERE id = 1", 0.8 * 0.7),
        ("first is empty", "SELECT name FROM ships WHERE id = 1", 0.8 * 0.7),
        ("first sums nothing", "SELECT sum(tons) FROM ships", 0.8 * 0.7),
        ("empty, others unlikely", "SELECT name FROM ships WHERE id = 99", 0.8),
        ("all empty", "SELECT name FROM ships WHERE id = 99", 0.8),
        ("first is refused", "SELECT count(*) FROM ships", 0.8 * 0.7),
    ],
)  # fmt: skip
def test_execution_guides_the_choice(bench, question, sql, confidence):
    answer = bench.answer(question)
    assert (answer.status, answer.sql, answer.notes) == ("ok", sql, ("a note",))
    assert answer.confidence == pytest.approx(confidence)
    assert answer.candidates[0].sql == sql
    assert {one.sql for one in answer.candidates} == {one for one, _ in CANDIDATES[question]}
    assert answer.doubtful == (confidence < 0.6)


def test_when_nothing_runs_the_first_candidate_is_explained(bench):
    answer = bench.answer("all fail")
    assert (answer.status, answer.sql, answer.confidence) == ("failed", "SELECT a FROM ships", 0.0)
    assert "«a»" in answer.error


def test_a_long_result_is_cut_and_says_so(bench):
    answer = bench.answer("all numbers")
    assert (answer.result.row_count, answer.result.truncated) == (100, True)
    assert bench.log.get(answer.id).truncated


def test_what_runs_too_long_is_stopped(tmp_path, file, engine):
    bench = workbench(tmp_path, file, engine, deadline=0.4)
    answer = bench.answer("forever")
    assert (answer.status, answer.sql) == ("timeout", ENDLESS)
    assert "0.4 seconds" in answer.error or "longer" in answer.error


def test_no_rows_is_an_answer(bench):
    answer = bench.answer("crews")
    assert (answer.status, answer.result.row_count, answer.error) == ("ok", 0, None)


# -- scope, log, values ----------------------------------------------------------------------------------------------


def test_scope_narrows_what_parser_and_guard_see(bench):
    answer = bench.answer("how many ships", scope=["CREWS"])
    assert [table.name for table in bench.scripted.requests[-1].schema.tables] == ["crews"]
    assert (answer.status, answer.scope) == ("refused", ("crews",))
    nothing = bench.answer("how many ships", scope=["no such table"])
    assert (nothing.status, nothing.error) == ("failed", "There is no table to ask about.")
    assert bench.run_sql("SELECT * FROM ships", scope=["crews"]).status == "refused"


def test_the_record_holds_everything(bench):
    answer = bench.answer("first fails", as_of=dt.date(2020, 1, 2), origin="api")
    record = bench.log.get(answer.id)
    assert (record.question, record.status, record.sql) == ("first fails", "ok", answer.sql)
    assert (record.origin, record.scope, record.schema_version) == ("api", answer.scope, answer.schema_version)
    assert (record.parser, record.parser_revision, record.guard) == ("scripted", "test", "allowed")
    assert [one.sql for one in record.candidates] == [one.sql for one in answer.candidates]
    assert (record.tree, record.as_of) == (f"tree of {answer.sql}", dt.date(2020, 1, 2))
    assert (record.row_count, record.truncated, record.error) == (1, False, None)
    assert record.confidence == pytest.approx(0.56)
    assert len(record.prompt_hash) == 16
    assert [step for step, _ in record.timings] == ["linking", "loading", "parsing", "running"]
    assert abs((dt.datetime.now(dt.UTC) - record.asked_at).total_seconds()) < PATIENCE


def test_what_shall_not_be_logged_is_not(bench):
    assert bench.log.get(bench.answer("how many ships", log=False).id) is None
    assert bench.log.get(bench.run_sql("SELECT 1", log=False).id) is None


def test_a_log_that_cannot_be_written_costs_a_note_only(bench, monkeypatch):
    def full(record):
        raise QueryLogError("The disk is full.")

    monkeypatch.setattr(bench.log, "record", full)
    answer = bench.answer("how many ships")
    assert (answer.status, rows(answer)) == ("ok", [(3,)])
    assert answer.notes == ("This answer is not in the query log: The disk is full.",)


def test_the_value_index_is_built_once_per_version(tmp_path, file, engine, monkeypatch):
    built, build = [], ValueIndex.of
    monkeypatch.setattr(ValueIndex, "of", lambda columns: built.append(1) or build(columns))
    own = tmp_path / "own.duckdb"
    own.write_bytes(file.read_bytes())
    bench = workbench(tmp_path, own, engine)
    threads = [threading.Thread(target=bench.answer, args=("how many ships",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    values = bench.scripted.requests[0].values
    assert values.of_column("ships", "name") == ("Ada", "Bea")
    changed(own, "INSERT INTO ships VALUES (4, 'Cid', 1)")
    bench.answer("how many ships")
    assert len(built) == 2
    assert "Cid" in bench.scripted.requests[-1].values.of_column("ships", "name")


# -- one's own SQL ---------------------------------------------------------------------------------------------------


def test_own_sql_goes_the_same_way(bench):
    answer = bench.run_sql("SELECT name FROM ships ORDER BY id LIMIT 1", question="the first")
    assert (answer.status, rows(answer), answer.origin, answer.parser) == ("ok", [("Ada",)], "sql", None)
    assert bench.log.get(answer.id).confidence is None
    refused = bench.run_sql("DROP TABLE ships")
    assert (refused.status, refused.guard) == ("refused", refused.error)
    failed = bench.run_sql("SELECT nam FROM ships")
    assert (failed.status, failed.sql) == ("failed", "SELECT nam FROM ships")
    assert bench.check("SELECT 1") is None
    assert bench.check("DROP TABLE ships").endswith(".")


# -- follow-ups ------------------------------------------------------------------------------------------------------

FIRST, SECOND = (sql for sql, _ in CANDIDATES["all empty"])


def history(bench: Workbench) -> tuple[Turn, ...]:
    """What the parser was last given to go on from."""
    return bench.scripted.requests[-1].history


def test_a_follow_up_goes_on_from_the_answers_before_it(bench):
    first = waited(bench.start("all empty"))
    second = waited(bench.start("first is empty", follows=first.id))
    third = bench.answer("how many ships", follows=second.id)
    turns = [Turn(answer.question, answer.sql, f"tree of {answer.sql}") for answer in (first, second)]
    assert history(bench) == tuple(turns)
    assert (first.follows, second.follows, third.follows) == (None, first.id, second.id)
    assert (bench.job(second.id).follows, bench.log.get(third.id).follows) == (first.id, second.id)
    assert [answer.id for answer in bench.earlier(third.id)] == [first.id, second.id, third.id]
    assert bench.earlier(None) == ()
    bench.answer("how many ships")
    assert history(bench) == ()


def test_a_follow_up_in_another_process_reads_the_query_log(tmp_path, file, engine):
    bench = workbench(tmp_path, file, engine)
    first = bench.answer("all empty")
    second = bench.answer("first is empty", follows=first.id)
    later = workbench(tmp_path, file, engine)
    assert later.answer("how many ships", follows=second.id).status == "ok"
    assert history(later) == (first.turn, second.turn)
    assert waited(later.reopen(second.id)).follows == first.id
    assert later.job(second.id).follows == first.id


def test_a_long_conversation_is_walked_back_so_far(bench):
    ids = [bench.answer("how many ships").id]
    for _ in range(TURNS + 1):
        ids.append(bench.answer("how many ships", follows=ids[-1]).id)
    assert len(history(bench)) == TURNS
    assert [answer.id for answer in bench.earlier(ids[-1])] == ids[-TURNS:]


def test_a_deleted_answer_ends_the_walk_back(bench):
    first = bench.answer("all empty")
    second = bench.answer("first is empty", follows=first.id)
    bench.log.delete(first.id)
    bench.answer("how many ships", follows=second.id)
    assert history(bench) == (second.turn,)


@pytest.mark.parametrize("id", ["", "no such id", "'; DROP TABLE records", "\ud800", "x" * 70_000])
def test_an_unknown_answer_cannot_be_followed(bench, id):
    answer = bench.answer("how many ships", follows=id)
    assert (answer.status, bench.scripted.requests) == ("failed", [])
    assert answer.error == "The query log has no answer with the id that this follows; ask it as a whole question."
    assert waited(bench.start("how many ships", follows=id)).error == answer.error
    assert bench.log.get(answer.id).error == answer.error


def test_an_answer_in_the_making_cannot_be_followed(bench):
    job = bench.start("forever")
    reached(job, "running")
    assert "still being made" in bench.answer("how many ships", follows=job.id).error
    job.cancel()
    assert waited(bench.start("how many ships", follows=waited(job).id)).status == "ok"


def test_an_answer_without_a_reading_gives_a_turn_without_a_tree(bench):
    own, declined = bench.run_sql("SELECT 1"), bench.answer("nothing at all")
    bench.answer("how many ships", follows=own.id)
    assert history(bench) == (Turn("", "SELECT 1"),)
    bench.answer("how many ships", follows=declined.id)
    assert history(bench) == (Turn("nothing at all", ""),)


def test_turns_that_are_not_in_the_log_come_first(bench):
    first = bench.answer("all empty")
    bench.answer("how many ships", history=(Turn("before", "SELECT 0"),), follows=first.id)
    assert history(bench) == (Turn("before", "SELECT 0"), first.turn)


@pytest.mark.parametrize("sql", [SECOND, f" {format_sql(SECOND)}\n"])
def test_a_follow_up_goes_on_from_the_reading_that_was_chosen(bench, sql):
    before = bench.answer("first is empty")
    first = bench.answer("all empty", follows=before.id)
    chosen = waited(bench.start_sql(sql, instead_of=first))
    assert (chosen.question, chosen.follows, chosen.parser) == ("all empty", before.id, None)
    assert bench.job(chosen.id).follows == bench.log.get(chosen.id).follows == before.id
    bench.answer("how many ships", follows=chosen.id)
    assert history(bench) == (before.turn, Turn("all empty", chosen.sql, f"tree of {SECOND}"))


def test_sql_of_ones_own_in_place_of_an_answer_has_no_reading(bench):
    first = bench.answer("all empty")
    edited = bench.run_sql("SELECT name FROM ships", instead_of=first)
    assert (edited.question, edited.candidates, edited.follows) == ("all empty", (), None)
    bench.answer("how many ships", follows=edited.id)
    assert history(bench) == (Turn("all empty", "SELECT name FROM ships"),)


def test_a_follow_up_that_was_read_alone_says_so_and_looks_doubtful(bench):
    first = bench.answer("all empty")
    answer = bench.answer("alone", follows=first.id)
    assert (answer.status, answer.confidence) == ("ok", 0.45)
    assert answer.notes == (
        "The parser could not go on from the answer before, so it read this as a question of its own.", "a note",
    )  # fmt: skip
    assert bench.answer("nothing alone", follows=first.id).error == f"What? {answer.notes[0]}"


def test_a_follow_up_that_changes_nothing_says_so_and_looks_doubtful(bench):
    first = bench.answer("how many ships")
    again = bench.answer("how many ships", follows=first.id)
    assert (again.status, again.sql, again.confidence) == ("ok", first.sql, 0.45)
    assert again.notes == ("This is the SQL of the answer before: nothing in it came of the follow-up.",)
    assert bench.answer("how many ships").notes == ()


def test_a_declined_follow_up_says_what_it_was_read_with(bench):
    answer = bench.answer("nothing at all", follows=bench.answer("all empty").id)
    assert answer.status == "declined"
    assert answer.error == "There is no table of planets. It was read as a follow-up to «all empty»."


# -- jobs ------------------------------------------------------------------------------------------------------------


def test_a_job_is_found_again_by_its_id(bench):
    job = bench.start("how many ships")
    assert bench.job(job.id) is job
    assert bench.reopen(job.id) is job
    answer = waited(job)
    assert (answer.id, answer.status, job.answer) == (job.id, "ok", answer)
    assert bench.job("no such job") is None
    assert bench.reopen("no such job") is None


def test_a_running_statement_is_cancelled(bench):
    job = bench.start("forever")
    reached(job, "running")
    assert job.answer is None
    assert job.wait(0.05) is None
    job.cancel()
    answer = waited(job)
    assert answer.status == "cancelled"
    assert bench.log.get(job.id).status == "cancelled"


def test_a_thinking_parser_is_cancelled(tmp_path, file, engine):
    bench = workbench(tmp_path, file, engine, ScriptedParser(SCRIPT, delay=2 * PATIENCE))
    job = bench.start("how many ships")
    reached(job, "parsing")
    job.cancel()
    assert waited(job).status == "cancelled"


def test_a_cancel_from_outside_stops_an_answer(bench):
    cancel = Cancel()
    cancel.set()
    answer = bench.answer("how many ships", cancel=cancel)
    assert (answer.status, answer.error) == ("cancelled", "Stopped.")


def test_own_sql_is_cancelled_and_progress_is_shown(bench):
    job = bench.start_sql(ENDLESS)
    reached(job, "running")
    assert 0 <= job.progress <= 1
    assert job.running_for > 0
    job.cancel()
    assert waited(job).status == "cancelled"


def test_two_jobs_run_at_once(tmp_path, file, engine):
    both = threading.Barrier(2, timeout=PATIENCE)

    class Meeting(ScriptedParser):
        def predict(self, request: ParseRequest) -> Prediction:
            both.wait()
            return super().predict(request)

    bench = workbench(tmp_path, file, engine, Meeting(SCRIPT))
    jobs = [bench.start("how many ships"), bench.start("first is empty")]
    assert [waited(job).status for job in jobs] == ["ok", "ok"]
    assert jobs[0].id != jobs[1].id


def test_a_bug_in_a_parser_is_a_sentence(bench, caplog):
    answer = waited(bench.start("broken"))
    assert answer.status == "failed"
    assert answer.error == "The parser scripted stopped with an unexpected error (ValueError)."
    assert bench.log.get(answer.id).error == answer.error
    assert bench.answer("broken").error == answer.error
    assert "a bug" in caplog.text
    assert "Traceback" not in caplog.text
    assert waited(bench.start("how many ships")).status == "ok"


def test_a_bug_in_the_workbench_ends_the_job_with_a_sentence(bench, monkeypatch):
    raised = []
    monkeypatch.setattr(threading, "excepthook", lambda caught: raised.append(caught.exc_type))
    monkeypatch.setattr(bench, "values", lambda snapshot: 1 / 0)
    answer = waited(bench.start("how many ships"))
    assert answer.status == "failed"
    assert answer.error == "Something went wrong inside the workbench; the details are in its terminal."
    ends = time.monotonic() + PATIENCE
    while not raised and time.monotonic() < ends:
        time.sleep(0.01)
    assert raised == [ZeroDivisionError]


def test_a_parser_that_cannot_be_loaded_ends_the_job(tmp_path, file, engine):
    def none(name: str):
        raise ParserError(f"There is no parser called {name}.")

    bench = Workbench(Settings(home=tmp_path, database=file), none, engine)
    answer = waited(bench.start("how many ships", parser="nobody"))
    assert (answer.status, answer.error) == ("failed", "There is no parser called nobody.")


def test_closing_stops_what_runs(tmp_path, file, engine):
    bench = workbench(tmp_path, file, engine)
    job = bench.start("forever")
    reached(job, "running")
    bench.close()
    assert waited(job).status == "cancelled"
    assert engine.run(bench.snapshot().database, "SELECT 1", bench._limits()).row_count == 1


# -- reopening -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["how many ships", "no such column", "nothing at all"])
def test_an_answer_is_reopened_in_another_process(tmp_path, file, engine, question):
    first = workbench(tmp_path, file, engine).answer(question, as_of=dt.date(2021, 3, 4))
    later = workbench(tmp_path, file, engine, ScriptedParser({}))
    job = later.reopen(first.id)
    again = waited(job)
    assert later.reopen(first.id) is job
    assert (again.id, again.question, again.status, again.sql) == (first.id, first.question, first.status, first.sql)
    assert (again.as_of, again.confidence, again.error) == (dt.date(2021, 3, 4), first.confidence, first.error)
    assert [one.sql for one in again.candidates] == [one.sql for one in first.candidates]
    assert (again.result is None) == (first.result is None)
    if first.result:
        assert rows(again) == rows(first)
    assert later.scripted.requests == []
    assert later.log.list().total == 1


def test_an_answer_is_reopened_over_the_tables_of_now(tmp_path, file, engine):
    own = tmp_path / "own.duckdb"
    own.write_bytes(file.read_bytes())
    first = workbench(tmp_path, own, engine).answer("how many ships")
    changed(own, "DROP TABLE ships")
    again = waited(workbench(tmp_path, own, engine).reopen(first.id))
    assert again.status in ("failed", "refused")
    assert again.sql == first.sql
    assert "ships" in again.error


def test_a_bug_in_a_parser_shows_no_traceback_on_the_command_line(tmp_path, file, capfd):
    code = main(
        ["ask", "broken", "--database", str(file), "--workspace", str(tmp_path)], lambda name: ScriptedParser(SCRIPT)
    )
    out, err = capfd.readouterr()
    assert (code, out) == (4, "")
    assert "stopped with an unexpected error (ValueError)." in err
    assert "Traceback" not in err
