"""Every line of statements.jsonl on a real database: through guard and sandbox, and on the locked engine alone."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from nl2sql.engine.base import Database, Limits
from nl2sql.engine.checked import run_checked
from nl2sql.engine.frames import Task
from nl2sql.engine.sandbox import SandboxEngine
from nl2sql.engine.worker import open_locked
from nl2sql.errors import EngineError, RefusedError
from nl2sql.schema import Column, Schema, Table

LINES = [json.loads(line) for line in (Path(__file__).parent / "statements.jsonl").read_text().splitlines()]
SCHEMA = Schema((Table("customers", (Column("id", "INTEGER"), Column("name", "VARCHAR"))),))
CANARY = "canary-4711"
global_frame = pd.DataFrame({"value": [CANARY]})


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The database among files that no statement may touch; the current folder is theirs."""
    folder = tmp_path_factory.mktemp("place")
    with duckdb.connect(str(folder / "data.duckdb")) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER, name VARCHAR)")
        connection.execute("INSERT INTO customers VALUES (1, 'a'), (2, 'b')")
        connection.execute("CREATE SEQUENCE seq1")
    with duckdb.connect(str(folder / "other.duckdb")) as connection:
        connection.execute(f"CREATE TABLE hidden AS SELECT '{CANARY}' AS value")
    (folder / "secret.csv").write_text(f"key,value\n1,{CANARY}\n")
    (folder / "scratch").mkdir()
    (folder / "scratch" / "keep.txt").write_text(CANARY)
    before = os.environ.get("CANARY_VARIABLE"), Path.cwd()
    os.environ["CANARY_VARIABLE"] = CANARY
    os.chdir(folder)
    yield folder
    os.chdir(before[1])
    if before[0] is None:
        del os.environ["CANARY_VARIABLE"]
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def engine(place):
    engine = SandboxEngine(1)
    yield engine
    engine.close()


def on_disk(folder):
    """Every file with its content's hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def outcome(engine, place, sql, deadline=120.0):
    """Status and all text that came back."""
    local_frame = global_frame
    database = Database(place / "data.duckdb", version="1")
    try:
        _, result = run_checked(engine, database, SCHEMA, sql, Limits(deadline, 1000, 1 << 30))
    except RefusedError as error:
        return "refused", str(error)
    except EngineError as error:
        return "failed", str(error)
    assert local_frame is global_frame
    return "ok", f"{result.columns} {result.table.to_string(preview_cols=100)} {result.table.slice(0, 20)}"


def few(expect):
    """Lines in bundles: a test per statement would cost more than the statements do."""
    chosen = [line["sql"] for line in LINES if line["expect"] == expect]
    return [pytest.param(chosen[start : start + 50], id=f"{start}") for start in range(0, len(chosen), 50)]


def test_there_are_enough_lines():
    assert len({line["sql"] for line in LINES}) >= 300


@pytest.mark.parametrize("statements", few("run"))
def test_what_only_reads_runs(engine, place, statements):
    before = on_disk(place)
    wrong = {sql: got for sql in statements if (got := outcome(engine, place, sql))[0] != "ok"}
    assert not wrong
    assert on_disk(place) == before


@pytest.mark.parametrize("statements", few("refuse"))
def test_what_does_more_is_refused(engine, place, statements):
    before = on_disk(place)
    for sql in statements:
        status, text = outcome(engine, place, sql)
        assert status in ("refused", "failed"), (sql, text)
        assert text.strip() and "Traceback" not in text
        assert CANARY not in text, sql
        assert str(place) not in text, sql
    assert on_disk(place) == before


@pytest.mark.crash
@pytest.mark.parametrize("statements", few("no_harm"))
def test_what_may_overrun_does_no_harm(engine, place, statements):
    before = on_disk(place)
    for sql in statements:
        _, text = outcome(engine, place, sql, deadline=2.0)
        assert CANARY not in text, sql
        assert outcome(engine, place, "SELECT count(*) FROM customers")[0] == "ok", sql
    assert on_disk(place) == before


@pytest.mark.crash
def test_the_engine_alone_keeps_files_from_being_read_or_changed(place):
    """The guard explains, the engine enforces: the same statements, unchecked, on the locked instance."""
    local_frame = global_frame
    before = on_disk(place)
    path = str(place / "data.duckdb")
    connection = open_locked(Task(1, path, (), "1", "", 1, 1, 1 << 30, 1, ""))
    ran = 0
    for sql in (line["sql"] for line in LINES if line["expect"] == "refuse"):
        cursor = connection.cursor()
        try:
            cursor.execute("SET max_execution_time=500")
            answer = cursor.execute(sql)
            rows = answer.fetchmany(1000) if answer is not None else []
        except (duckdb.Error, ValueError, RuntimeError):
            continue
        finally:
            cursor.close()
        ran += 1
        assert CANARY not in str(rows), sql
    connection.close()
    assert ran > 0, "statements that the lock lets through are the guard's to refuse: some were expected"
    assert on_disk(place) == before
    assert local_frame is global_frame
