"""The sandbox engine: rows, limits, sentences, and that nothing passes from one statement to the next."""

import io
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import psutil
import pytest

from nl2sql.engine import exchange
from nl2sql.engine.base import Cancel, Database, Limits
from nl2sql.engine.checked import GuardRefusedError, run_checked
from nl2sql.engine.frames import PROGRESS, read_frame
from nl2sql.engine.messages import database_error, engine_sentence
from nl2sql.engine.sandbox import SandboxEngine, memory_limit
from nl2sql.engine.worker import Worker
from nl2sql.errors import DatabaseError, EngineError, QueryCancelledError, QueryTimeoutError
from nl2sql.schema import Column, Schema, Table

SCHEMA = Schema((Table("cities", (Column("id", "INTEGER"), Column("name", "VARCHAR"))),))
PATIENCE = 120.0
"""Seconds that a slow, busy machine may take for what takes a moment elsewhere."""
LIMITS = Limits(deadline=PATIENCE, rows=1000, memory=1 << 30)
ENDLESS = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 3"
STEADY = "SELECT sum(range % 7) FROM range(50000000000)"
DEAF = "SELECT levenshtein(repeat('ab', 600000), repeat('ba', 600000))"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("databases")
    with duckdb.connect(str(folder / "cities.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE cities AS SELECT * FROM (VALUES (1, 'Rome'), (2, 'Oslo'), (3, NULL)) t(id, name)"
        )
        connection.execute("CREATE TABLE long AS SELECT range AS n FROM range(5000)")
    return folder


@pytest.fixture(scope="module")
def database(folder):
    return Database(folder / "cities.duckdb", version="1")


@pytest.fixture(scope="module")
def engine():
    engine = SandboxEngine(2)
    yield engine
    engine.close()


def test_rows_types_and_duplicate_names(engine, database):
    result = engine.run(database, "SELECT id, id, name AS id FROM cities ORDER BY 1", LIMITS)
    assert result.columns == ("id", "id", "id")
    assert result.types == ("INTEGER", "INTEGER", "VARCHAR")
    assert result.table.column(2).to_pylist() == ["Rome", "Oslo", None]
    assert not result.truncated
    assert 0 < result.elapsed < PATIENCE


@pytest.mark.parametrize(("rows", "truncated"), [(4999, True), (5000, False), (5001, False), (1, True)])
def test_a_cut_result_says_so(engine, database, rows, truncated):
    result = engine.run(database, "SELECT n FROM long ORDER BY n", Limits(PATIENCE, rows, 1 << 30))
    assert result.truncated == truncated
    assert result.table.column(0).to_pylist() == list(range(min(rows, 5000)))


def test_an_empty_result_keeps_its_columns(engine, database):
    result = engine.run(database, "SELECT id, name FROM cities WHERE false", LIMITS)
    assert (result.columns, result.row_count, result.truncated) == (("id", "name"), 0, False)


def test_types_without_an_arrow_form_come_as_text(engine, database):
    sql = "SELECT '101'::BIT, 12::BIGNUM, '10:00:00+02'::TIMETZ, union_value(a := 1), {'a': 1}::VARIANT, [2::BIGNUM]"
    result = engine.run(database, sql, LIMITS)
    assert [column.to_pylist()[0] for column in result.table.columns] == [
        "101", "12", "10:00:00+02", "1", "{'a': 1}", "[2]",
    ]  # fmt: skip
    assert result.types[0] == "BIT"


def test_bytes_of_a_result_are_bounded(database, monkeypatch):
    monkeypatch.setattr("nl2sql.engine.sandbox.MAX_RESULT_BYTES", 1 << 20)
    engine = SandboxEngine(1)
    try:
        result = engine.run(database, "SELECT repeat('x', 1000) FROM range(5000)", Limits(PATIENCE, 10_000, 1 << 30))
        assert result.truncated
        assert 900 < result.row_count < 1100
        with pytest.raises(EngineError, match="One row is larger than"):
            engine.run(database, "SELECT repeat('x', 3000000)", LIMITS)
    finally:
        engine.close()


def test_views_over_attached_files(engine, folder):
    with duckdb.connect(str(folder / "t1.duckdb")) as connection:
        connection.execute("CREATE TABLE rivers AS SELECT 'Po' AS name")
    with duckdb.connect(str(folder / "catalog.duckdb")) as connection:
        connection.execute(f"ATTACH '{folder / 't1.duckdb'}' AS f1")
        connection.execute("CREATE VIEW rivers AS SELECT * FROM f1.main.rivers")
    database = Database(folder / "catalog.duckdb", (("f1", folder / "t1.duckdb"),), "1")
    assert engine.run(database, "FROM rivers", LIMITS).table.to_pylist() == [{"name": "Po"}]


def test_a_new_version_is_read_anew(engine, folder):
    for number in (1, 2):
        path = folder / f"versioned.v{number}.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"CREATE TABLE t AS SELECT {number} AS n")
        assert engine.run(Database(path, version=str(number)), "FROM t", LIMITS).table.to_pylist() == [{"n": number}]


def test_no_state_passes_to_the_next_statement(database):
    engine = SandboxEngine(1)
    try:
        values = [
            engine.run(database, f"SELECT random() AS r, {number} AS n", LIMITS).table.to_pylist()
            for number in range(2)
        ]
        assert values[0][0]["r"] != values[1][0]["r"]
        for sql in ("CREATE TEMP TABLE cities AS SELECT 9 AS id", "SET VARIABLE a = 1", "SELECT 1; SELECT 2", "BEGIN"):
            with pytest.raises(EngineError, match="Only one SELECT"):
                engine.run(database, sql, LIMITS)
        with pytest.raises(EngineError):
            engine.run(database, "SELECT 1 / (SELECT 0 FROM cities)", LIMITS)
        assert engine.run(database, "SELECT max(id) FROM cities", LIMITS).table.to_pylist() == [{"max(id)": 3}]
    finally:
        engine.close()


def test_worker_sees_no_environment_of_ours(database, monkeypatch):
    if not Path("/proc").is_dir():
        pytest.skip("environments of other processes cannot be read here")
    monkeypatch.setenv("API_SECRET", "canary-environment")
    engine = SandboxEngine(1)
    try:
        engine.run(database, "SELECT 1", LIMITS)
        for pid in engine.worker_pids():
            assert b"canary-environment" not in Path(f"/proc/{pid}/environ").read_bytes()
    finally:
        engine.close()


def test_workers_do_not_load_what_they_do_not_need():
    script = "import sys, nl2sql.engine.worker; print([m for m in ('torch','streamlit','pandas') if m in sys.modules])"
    root = str(Path(exchange.__file__).parents[2])
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert shown.stdout.strip() == "[]"


def test_deadline(engine, database):
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.5 seconds"):
        engine.run(database, ENDLESS, Limits(0.5, 10, 1 << 30))
    assert engine.run(database, "SELECT 1", LIMITS).row_count == 1


def test_memory_runs_out_with_a_sentence(engine, database):
    for sql in ("SELECT list_sum(range(2000000000))", "SELECT length(repeat('a', 4000000000))"):
        with pytest.raises(EngineError, match="more memory"):
            engine.run(database, sql, Limits(PATIENCE, 10, 512 << 20))
    assert engine.run(database, "SELECT 1", LIMITS).row_count == 1


def test_progress_grows(engine, database):
    cancel, shares = Cancel(), []

    def watch(share):
        shares.append(share)
        if len(shares) == 3:
            cancel.set()

    with pytest.raises(QueryCancelledError):
        engine.run(database, STEADY, LIMITS, cancel, watch)
    assert shares == sorted(set(shares))
    assert all(0 <= share <= 1 for share in shares)


def test_progress_of_each_statement_is_told_though_the_one_before_got_as_far():
    class Halfway:
        def query_progress(self):
            return 50.0

    sink = io.BytesIO()
    worker, told = Worker(io.BytesIO(), sink), b""
    for number in (1, 1, 2):
        worker.current = (number, Halfway())
        told = worker.tell_progress(told)
    worker.current = None
    assert worker.tell_progress(told) == told
    sink.seek(0)
    assert [read_frame(sink, 100) for _ in range(3)] == [(PROGRESS, b"1 50.0"), (PROGRESS, b"2 50.0"), None]


def cancel_once_it_runs(engine, database, sql, cancel, stopped_at):
    """Run `sql`; set `cancel` when its first progress arrives, or when it has kept a worker busy for a while."""

    def stop(_=0.0):
        stopped_at.append(time.monotonic())
        cancel.set()

    def watch():
        pids, ends = engine.worker_pids(), time.monotonic() + PATIENCE
        before = sum(map(_cpu_seconds, pids))
        while sum(map(_cpu_seconds, pids)) < before + 0.5 and time.monotonic() < ends:
            time.sleep(0.02)
        stop()

    if sql == DEAF:
        threading.Thread(target=watch).start()
    engine.run(database, sql, LIMITS, cancel, stop)


@pytest.mark.parametrize("sql", [ENDLESS, DEAF], ids=["listens", "deaf"])
def test_cancel_stops_at_once_and_nothing_computes_on(engine, database, sql):
    """How soon is measured by `python -m benchmarks cancel`; the statements would take minutes."""
    engine.run(database, "SELECT 1", LIMITS)
    stopped_at = []
    with pytest.raises(QueryCancelledError):
        cancel_once_it_runs(engine, database, sql, Cancel(), stopped_at)
    assert time.monotonic() - stopped_at[0] < PATIENCE / 4
    wait_until(lambda: sum(_cpu_share(pid) for pid in engine.worker_pids()) < 0.2, "a worker computes on")
    assert engine.run(database, "SELECT 1", LIMITS).row_count == 1


def test_cancel_while_waiting_for_a_worker(database):
    engine = SandboxEngine(1)
    first, second = Cancel(), Cancel()
    running, failures = threading.Event(), []

    def run(cancel, progress=None):
        try:
            engine.run(database, ENDLESS, LIMITS, cancel, progress)
        except EngineError as error:
            failures.append(type(error))

    threads = [
        threading.Thread(target=run, args=(first, lambda _: running.set())),
        threading.Thread(target=run, args=(second,)),
    ]
    try:
        threads[0].start()
        assert running.wait(PATIENCE)
        threads[1].start()
        time.sleep(0.2)
        second.set()
        threads[1].join(PATIENCE)
        assert failures == [QueryCancelledError]
        assert threads[0].is_alive()
        first.set()
        threads[0].join(PATIENCE)
        assert failures == [QueryCancelledError] * 2
    finally:
        engine.close()


def test_many_threads_share_the_workers(engine, database):
    wrong = []

    def work(number):
        for _ in range(5):
            rows = engine.run(database, f"SELECT {number} AS n FROM long LIMIT 10", LIMITS).table.column(0).to_pylist()
            if rows != [number] * 10:
                wrong.append(rows)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(engine.worker_pids()) <= 3


@pytest.mark.crash
def test_a_killed_worker_is_replaced(database):
    engine = SandboxEngine(1)
    try:

        def kill_all(_=0.0):
            pids = engine.worker_pids()
            for pid in pids:
                os.kill(pid, 9)
            return pids

        with pytest.raises(EngineError, match="The engine stopped"):
            engine.run(database, ENDLESS, LIMITS, progress=kill_all)
        assert engine.run(database, "SELECT 7 AS n", LIMITS).table.to_pylist() == [{"n": 7}]
        victims = kill_all()
        wait_until(lambda: not set(victims) & set(engine.worker_pids()), "a killed worker lives")
        assert engine.run(database, "SELECT 8 AS n", LIMITS).table.to_pylist() == [{"n": 8}]
    finally:
        engine.close()


@pytest.mark.crash
def test_the_watchdog_stops_what_grows_too_large(database):
    engine = SandboxEngine(1, watchdog=True)
    try:
        with pytest.raises(EngineError, match="more memory"):
            engine.run(database, "SELECT list(a) FROM range(300000000) t(a)", Limits(PATIENCE, 10, 200 << 20))
        assert engine.run(database, "SELECT 1", LIMITS).row_count == 1
    finally:
        engine.close()


@pytest.mark.crash
@pytest.mark.parametrize("sql", ["SELECT 1", ENDLESS, DEAF], ids=["idle", "busy", "deaf"])
def test_workers_die_with_their_parent(folder, sql):
    script = (
        "import threading, time\nfrom pathlib import Path\n"
        "from nl2sql.engine.base import Database, Limits\nfrom nl2sql.engine.sandbox import SandboxEngine\n"
        f"engine = SandboxEngine(1)\ndatabase = Database(Path({str(folder / 'cities.duckdb')!r}), version='1')\n"
        "engine.run(database, 'SELECT 1', Limits())\n"
        f"threading.Thread(target=engine.run, args=(database, {sql!r}, Limits()), daemon=True).start()\n"
        "time.sleep(0.3)\nprint(*engine.worker_pids(), flush=True)\ntime.sleep(600)\n"
    )
    root = str(Path(exchange.__file__).parents[2])
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert pids
    wait_until(lambda: not any(_alive(pid) for pid in pids), "a worker outlives its parent")


def test_closed_engine_says_so(database):
    engine = SandboxEngine(1)
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.run(database, "SELECT 1", LIMITS)


def test_run_checked_writes_the_values_of_a_pivot(engine, database):
    verdict, result = run_checked(engine, database, SCHEMA, "PIVOT cities ON name USING count(*) GROUP BY id", LIMITS)
    assert "IN ('Oslo', 'Rome')" in verdict.sql
    assert result.columns == ("id", "Oslo", "Rome")


@pytest.mark.parametrize(
    "sql",
    [
        "PIVOT cities ON name USING count(*)",
        "PIVOT cities ON id, name USING count(*)",
        "PIVOT cities ON id > 1 USING count(*) GROUP BY name",
        "PIVOT (FROM cities WHERE id < 3) ON name || '!' USING count(*), sum(id) AS s ORDER BY ALL LIMIT 2",
        "WITH c AS (FROM cities) PIVOT c ON name USING count(*)",
        "SELECT 'é' AS a, * FROM (PIVOT cities ON id USING first(name)) -- é",
        "PIVOT (PIVOT cities ON name USING count(*) GROUP BY id) ON id USING sum(Rome)",
    ],
)
def test_a_rewritten_pivot_gives_what_the_engine_gives(engine, database, sql):
    _, result = run_checked(engine, database, SCHEMA, sql, LIMITS)
    with duckdb.connect(str(database.path), read_only=True) as plain:
        relation = plain.sql(sql)
        assert list(result.columns) == relation.columns
        rows = [tuple(column[place].as_py() for column in result.table.columns) for place in range(result.row_count)]
        assert sorted(rows, key=repr) == sorted(relation.fetchall(), key=repr)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("PIVOT (FROM range(1000) t(a)) ON a USING count(*)", "more than 200 columns"),
        ("PIVOT (FROM cities WHERE false) ON name USING count(*)", "no values"),
        ("DROP TABLE cities", "DROP removes tables"),
    ],
)
def test_run_checked_refuses_with_the_verdict(engine, database, sql, said):
    with pytest.raises(GuardRefusedError, match=said) as caught:
        run_checked(engine, database, SCHEMA, sql, LIMITS)
    assert not caught.value.verdict.allowed
    assert caught.value.verdict.reason == str(caught.value)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT nme FROM cities", 'There is no column «nme» here. Did you mean "name"'),
        ("SELECT x.id FROM cities", 'There is no table «x» in this statement. Did you mean "cities"?'),
        ("SELECT id FROM cities GROUP BY name", 'The column "id" must stand in GROUP BY'),
        ("SELECT id FROM cities a JOIN cities b ON true", "write 'a.id' or 'b.id'"),
        ("SELECT sum(name) FROM cities", "No function fits sum(VARCHAR)"),
        ("SELECT 'a'::INTEGER", "Could not convert string 'a' to INT32."),
        ("SELECT (SELECT id FROM cities)", "returned several rows"),
        ("SELECT 2147483647::INTEGER + 1::INTEGER", "Overflow in addition of INT32 (2147483647 + 1)."),
    ],
)
def test_engine_errors_are_one_sentence(engine, database, sql, said):
    with pytest.raises(EngineError) as caught:
        engine.run(database, sql, LIMITS)
    text = str(caught.value)
    assert said in text
    assert "\n" not in text and "LINE 1" not in text and str(database.path.parent) not in text


def test_messages_of_unknown_shape_stay_readable():
    assert engine_sentence("") == "The engine could not run the statement."
    assert engine_sentence("Some New Error: it broke!\n\nLINE 1: x") == "It broke."
    assert engine_sentence("IO Error: cannot read /home/me/a.duckdb", ("/home/me/a.duckdb",)) == "Cannot read a.duckdb."


def test_files_that_do_not_open_have_their_own_sentences(engine, folder):
    (folder / "text.duckdb").write_text("hello " * 1000)
    (folder / "empty.duckdb").write_text("")
    (folder / "folder.duckdb").mkdir()
    sqlite = sqlite3.connect(folder / "lite.duckdb")
    sqlite.execute("CREATE TABLE t (a)")
    sqlite.commit()
    sqlite.close()
    whole = (folder / "cities.duckdb").read_bytes()
    (folder / "cut.duckdb").write_bytes(whole[:20_000])
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET force_mbedtls_unsafe = 'true'")
        connection.execute(f"ATTACH '{folder / 'locked away.duckdb'}' AS e (ENCRYPTION_KEY 'k')")
        connection.execute("CREATE TABLE e.t AS SELECT 1")
    said = {
        "missing.duckdb": "no database file",
        "text.duckdb": "is not a DuckDB database",
        "empty.duckdb": "is not a DuckDB database",
        "folder.duckdb": "is a folder",
        "lite.duckdb": "is an SQLite file",
        "cut.duckdb": "damaged",
        "locked away.duckdb": "encrypted",
    }
    for name, words in said.items():
        with pytest.raises(DatabaseError) as caught:
            engine.run(Database(folder / name, version="1"), "SELECT 1", LIMITS)
        assert words in str(caught.value), (name, str(caught.value))
        assert name in str(caught.value)
        assert str(folder) not in str(caught.value)


def test_a_file_that_another_process_writes(engine, folder):
    path = folder / "busy.duckdb"
    script = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None and writer.stdout.readline() == "open\n"
        with pytest.raises(DatabaseError, match=r"busy\.duckdb is in use by another program"):
            engine.run(Database(path, version="1"), "SELECT 1", LIMITS)
    finally:
        writer.communicate("")
    assert engine.run(Database(path, version="1"), "SELECT 1", LIMITS).row_count == 1


def test_storage_of_another_version_has_its_sentence():
    message = "IO Error: Trying to read a database file with storage version number 99, but we can only read storage..."
    assert "written by a DuckDB version" in str(database_error(message, "/x/new.duckdb"))
    assert "/x/" not in str(database_error("IO Error: /x/new.duckdb burst", "/x/new.duckdb"))


def test_older_storage_still_opens(engine, folder):
    path = folder / "old.duckdb"
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{path}' AS o (STORAGE_VERSION 'v1.0.0')")
        connection.execute("CREATE TABLE o.t AS SELECT 5 AS n")
    assert engine.run(Database(path, version="1"), "FROM t", LIMITS).table.to_pylist() == [{"n": 5}]


def test_time_zone_of_the_session(database):
    engine = SandboxEngine(1, time_zone="Asia/Tokyo")
    try:
        sql = "SELECT (TIMESTAMPTZ '2024-01-01 00:00:00+00')::VARCHAR AS t"
        assert engine.run(database, sql, LIMITS).table.to_pylist() == [{"t": "2024-01-01 09:00:00+09"}]
    finally:
        engine.close()


def test_memory_limit_has_a_floor():
    assert memory_limit(0.0001) == 1 << 30
    assert memory_limit(1.0) >= memory_limit(0.5)


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def _cpu_seconds(pid):
    """CPU time that a process has used; 0 of one that is gone."""
    try:
        return sum(psutil.Process(pid).cpu_times()[:2])
    except psutil.NoSuchProcess:
        return 0.0


def _cpu_share(pid, seconds=0.4):
    """CPU time of a process over some time, as a share of one core."""
    before, started = _cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return max(0.0, _cpu_seconds(pid) - before) / (time.monotonic() - started)


def wait_until(happened, else_said):
    """Wait long, for a slow and busy machine, until `happened()`."""
    ends = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < ends, else_said
        time.sleep(0.05)
