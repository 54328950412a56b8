"""The command line: stdout carries only the answer, exit codes tell outcomes apart, bad input gets a sentence."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import psutil
import pyarrow as pa
import pytest

from nl2sql import cli, pipeline
from nl2sql.engine.base import ResultSet
from nl2sql.engine.sandbox import SandboxEngine
from nl2sql.parsers.base import Prediction
from nl2sql.rendering import json_rows, text_table
from tests import tiny_llama
from tests.fakes import ScriptedParser

ROOT = Path(__file__).parent.parent
ASK_FIELDS = ["id", "status", "question", "sql", "columns", "rows", "truncated", "confidence", "seconds", "error"]
RUN_FIELDS = ["id", "status", "sql", "columns", "rows", "truncated", "seconds", "error"]
ANSWERS = {
    "how many pets": "SELECT count(*) AS pets FROM pets",
    "all pets": "SELECT name, weight, born FROM pets ORDER BY name",
    "break it": "SELECT nope FROM pets",
    "delete them": "DELETE FROM pets",
    "take for ever": "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b",
    "decline": Prediction((), declined="No table here is about the weather."),
}


@pytest.fixture(scope="module")
def pets(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("own") / "pets.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE pets (name VARCHAR, weight DECIMAL(5,2), born DATE)")
        connection.execute("INSERT INTO pets VALUES ('Ada', 4.25, '2020-02-29'), ('Bo', NULL, NULL)")
    return path


@pytest.fixture(scope="module")
def engine():
    """One engine for all commands of this file, which saves starting its processes anew for each."""
    engine = SandboxEngine(workers=1)
    stop, engine.close = engine.close, lambda: None
    yield engine
    stop()


@pytest.fixture
def call(pets, tmp_path, capsys, monkeypatch, engine):
    """Calls the command line on the pets; gives exit code, stdout and stderr."""
    monkeypatch.delenv("NL2SQL_DATABASE", raising=False)
    monkeypatch.setattr(pipeline, "SandboxEngine", lambda *arguments, **options: engine)

    def call(*arguments: str, stdin: bytes | None = None, own: bool = True) -> tuple[int, str, str]:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        where = ["--workspace", str(tmp_path / "home"), *(["--database", str(pets)] if own else [])]
        parser = ScriptedParser(ANSWERS)
        call.parser = parser
        code = cli.main([arguments[0], *where, *arguments[1:]], lambda name: parser)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_ask_json_has_exactly_the_named_fields(call):
    code, out, _ = call("ask", "--json", "all pets")
    answer = json.loads(out)
    assert code == cli.OK
    assert list(answer) == ASK_FIELDS
    assert answer["rows"] == [["Ada", 4.25, "2020-02-29"], ["Bo", None, None]]
    assert answer["columns"] == ["name", "weight", "born"]
    assert (answer["status"], answer["truncated"], answer["error"]) == ("ok", False, None)
    assert 0 < answer["confidence"] <= 1
    assert answer["seconds"] > 0


def test_a_follow_up_names_the_answer_that_it_follows(call):
    first = json.loads(call("ask", "--json", "all pets")[1])
    code, out, _ = call("ask", "how many pets", "--follows", first["id"], "--json")
    assert (code, json.loads(out)["rows"]) == (cli.OK, [[2]])
    assert call.parser.requests[-1].history[0].question == "all pets"
    entries = [json.loads(line) for line in call("log", "--json", own=False)[1].splitlines()]
    assert [entry["follows"] for entry in entries] == [first["id"], None]


@pytest.mark.parametrize("id", ["", "no-such-id", "\udcff"])
def test_a_follow_up_of_nothing_is_a_sentence(call, id):
    code, out, err = call("ask", "how many pets", "--follows", id)
    assert (code, out) == (cli.FAILED, "")
    assert "no answer with the id" in err


def test_ask_text_prints_sql_then_a_table(call):
    code, out, err = call("ask", "all", "pets")
    assert code == cli.OK
    assert out.endswith(
        "\n\nname  weight  born\n----  ------  ----------\nAda     4.25  2020-02-29\nBo      NULL  NULL\n"
    )
    assert out.startswith("SELECT")
    assert "2 rows" in err


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ("break it", "failed", cli.FAILED),
        ("delete them", "refused", cli.REFUSED),
        ("decline", "declined", cli.DECLINED),
        ("take for ever", "timeout", cli.TIMEOUT),
    ],
)
def test_outcomes_have_exit_codes(call, monkeypatch, question, status, code):
    monkeypatch.setenv("NL2SQL_DEADLINE", "0.5")
    got, out, _ = call("ask", "--json", question)
    answer = json.loads(out)
    assert (got, answer["status"]) == (code, status)
    assert list(answer) == ASK_FIELDS
    assert answer["error"]
    assert answer["rows"] == []


def test_without_rows_nothing_goes_to_stdout(call):
    code, out, err = call("ask", "decline")
    assert (code, out) == (cli.DECLINED, "")
    assert err == "No table here is about the weather.\n"


def test_run_json(call):
    code, out, _ = call("run", "--json", stdin="\ufeffSELECT 1 AS n, 'é' AS s;\n".encode())
    answer = json.loads(out)
    assert code == cli.OK
    assert list(answer) == RUN_FIELDS
    assert (answer["columns"], answer["rows"]) == (["n", "s"], [[1, "é"]])


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        (b"", cli.USAGE),
        (b" \n", cli.USAGE),
        (b"\xff\xfe", cli.USAGE),
        (b"DROP TABLE pets", cli.REFUSED),
        (b"SELECT 1; SELECT 2", cli.REFUSED),
        (b"SELECT * FROM read_csv('/etc/passwd')", cli.REFUSED),
        (b"SELECT weigth FROM pets", cli.FAILED),
    ],
)
def test_run_bad_input(call, sql, code):
    got, out, err = call("run", stdin=sql)
    assert (got, out) == (code, "")
    assert err.strip()
    assert "Traceback" not in err


def test_truncation_is_never_silent(call, monkeypatch):
    monkeypatch.setenv("NL2SQL_ROW_LIMIT", "3")
    _, out, err = call("run", stdin=b"SELECT * FROM range(9)")
    assert "First 3 rows of more" in err
    _, out, _ = call("run", "--json", stdin=b"SELECT * FROM range(9)")
    assert json.loads(out)["truncated"] is True


def test_log_lists_what_was_asked(call):
    call("ask", "how many pets")
    call("ask", "decline")
    code, out, _ = call("log", own=False)
    assert code == cli.OK
    assert [line.split()[2] for line in out.splitlines()] == ["declined", "ok"]
    _, out, _ = call("log", "--json", "--status", "ok", own=False)
    record = json.loads(out)
    assert (record["question"], record["origin"], record["row_count"]) == ("how many pets", "cli", 1)
    _, out, _ = call("log", "--limit", "1", own=False)
    assert "decline" in out
    _, out, err = call("log", "--text", "no such words", own=False)
    assert (out, bool(err)) == ("", True)


def test_tune_measures_ways_to_keep_weights_and_remembers_the_fastest(call, tmp_path, monkeypatch):
    monkeypatch.setenv("NL2SQL_TORCH_THREADS", "1")
    folder = str(tiny_llama.folder())
    code, out, err = call("tune", folder, "--kind", "nf4", "--kind", "bf16", own=False)
    assert code == cli.OK
    assert [line.split()[0] for line in out.splitlines()] == ["nf4", "bf16"]
    assert all("tokens a second" in line for line in out.splitlines())
    kept = json.loads((tmp_path / "home" / "models" / "tiny-llama.measured.json").read_text())
    assert err.endswith(
        f"tiny-llama is kept as {kept['kind']} from now on, unless NL2SQL_QUANTIZATION says otherwise.\n"
    )
    assert [row["kind"] for row in kept["measured"]] == ["nf4", "bf16"]
    _, out, _ = call("tune", folder, "--kind", "nf4", "--json", own=False)
    assert json.loads(out)["written_per_second"] > 0


def test_what_cannot_be_tuned_is_a_sentence(call, tmp_path):
    assert call("tune", "builtin", own=False)[::2] == (
        cli.USAGE, "builtin has no weights to keep in one way or another.\n",
    )  # fmt: skip
    code, _, err = call("tune", "no-such", own=False)
    assert (code, err.split("«")[1].split("»")[0]) == (cli.SETUP, "no-such")


def test_doctor_says_what_runs_here(call):
    code, out, _ = call("doctor", own=False)
    assert code == cli.OK
    assert "builtin" in out
    _, out, _ = call("doctor", "--json", own=False)
    assert all(set(fact) == {"label", "value", "ok"} for fact in json.loads(out))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["ask"],
        ["ask", "q", "--today", "yesterday"],
        ["log", "--limit", "0"],
        ["log", "--status", "x"],
    ],
)
def test_wrong_arguments_exit_with_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (cli.USAGE, "")
    assert "usage" in err


def test_blank_question(call):
    code, out, err = call("ask", "  ")
    assert (code, out) == (cli.USAGE, "")
    assert err


@pytest.mark.parametrize("kind", ["missing", "not a database", "folder"])
def test_a_database_that_cannot_be_opened_is_a_setup_error(kind, tmp_path, capsys):
    path = tmp_path / "own.duckdb"
    if kind == "not a database":
        path.write_bytes(b"hello" * 5_000)
    if kind == "folder":
        path.mkdir()
    arguments = ["ask", "q", "--json", "--workspace", str(tmp_path / "home"), "--database", str(path)]
    code = cli.main(arguments, lambda name: ScriptedParser({}))
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert code == cli.SETUP
    assert (answer["status"], list(answer)) == ("failed", ASK_FIELDS)
    assert answer["error"] == err.strip()
    assert "Traceback" not in err


def test_an_unknown_parser_is_a_setup_error(pets, tmp_path, capsys):
    code = cli.main(["ask", "q", "--parser", "no-such", "--workspace", str(tmp_path / "home"), "--database", str(pets)])
    out, err = capsys.readouterr()
    assert (code, out) == (cli.SETUP, "")
    assert "builtin" in err


def test_a_bad_setting_is_a_usage_error(call, monkeypatch):
    monkeypatch.setenv("NL2SQL_DEADLINE", "soon")
    code, out, err = call("ask", "--json", "q")
    assert code == cli.USAGE
    assert "NL2SQL_DEADLINE" in err
    assert json.loads(out)["error"]


def process(arguments: list[str], tmp_path: Path, **pipes) -> subprocess.Popen:
    environment = {**os.environ, "NL2SQL_HOME": str(tmp_path / "home"), "NL2SQL_WORKERS": "1"}
    return subprocess.Popen([sys.executable, "-m", "nl2sql", *arguments], cwd=ROOT, env=environment, **pipes)


def test_a_closed_pipe_is_no_traceback(pets, tmp_path):
    pipe = subprocess.PIPE
    running = process(["run", "--database", str(pets)], tmp_path, stdin=pipe, stdout=pipe, stderr=pipe)
    running.stdout.close()
    running.stdin.write(b"SELECT repeat('x', 50) FROM range(9000)")
    running.stdin.close()
    err = running.stderr.read()
    assert (running.wait(300), b"Traceback" in err, b"Exception" in err) == (0, False, False)


def computes(running: subprocess.Popen) -> None:
    """Wait until a process that `running` started has computed for longer than its start takes."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends and running.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            workers = psutil.Process(running.pid).children()
            if any(sum(worker.cpu_times()[:2]) > 2 for worker in workers):
                return
        time.sleep(0.05)


def test_interrupt_is_a_sentence(pets, tmp_path):
    pipe = subprocess.PIPE
    # A test run in the background ignores SIGINT, and its children inherit that.
    running = process(
        ["run", "--database", str(pets)], tmp_path, stdin=pipe, stdout=pipe, stderr=pipe,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    running.stdin.write(ANSWERS["take for ever"].encode())
    running.stdin.close()
    running.stdin = None
    computes(running)
    # A person whose first Ctrl+C comes while the program is still starting presses it again.
    for _ in range(5):
        running.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            _, err = running.communicate(timeout=30)
            break
    assert running.returncode == cli.INTERRUPTED
    assert b"Traceback" not in err
    assert b"Stopped." in err


def rows_of(sql: str) -> ResultSet:
    with duckdb.connect() as connection:
        return ResultSet(connection.sql(sql).to_arrow_table(), (), False, 0.0)


@pytest.mark.parametrize(
    ("sql", "value", "text"),
    [
        ("SELECT 'NaN'::DOUBLE", "NaN", "NaN"),
        ("SELECT '-inf'::DOUBLE", "-Infinity", "-Infinity"),
        ("SELECT 0.1::DECIMAL(4,2)", 0.1, "0.10"),
        ("SELECT 12345678901234567890.123456789::DECIMAL(38,9)", "12345678901234567890.123456789", None),
        ("SELECT 170141183460469231731687303715884105727::HUGEINT", 2**127 - 1, str(2**127 - 1)),
        ("SELECT true", True, "true"),
        ("SELECT DATE '2024-02-29'", "2024-02-29", "2024-02-29"),
        ("SELECT DATE 'infinity'", "infinity", "infinity"),
        ("SELECT TIMESTAMP '-infinity'", "-infinity", "-infinity"),
        ("SELECT TIMESTAMP '2024-02-29 10:00:00.5'", "2024-02-29T10:00:00.500000", "2024-02-29 10:00:00.500000"),
        ("SELECT TIME '10:30:00'", "10:30:00", "10:30:00"),
        ("SELECT 'a\\x00\\xFF'::BLOB", "YQD/", "x'6100ff'"),
        ("SELECT [1, NULL]", [1, None], "[1, NULL]"),
        ("SELECT {'a': 1, 'b': [DATE '2024-01-01']}", {"a": 1, "b": ["2024-01-01"]}, "{a: 1, b: [2024-01-01]}"),
        ("SELECT INTERVAL '14 months 3 days'", "14 months 3 days", "14 months 3 days"),
        ("SELECT chr(27) || '[31m' || chr(10)", "\x1b[31m\n", "\\x1b[31m\\n"),
        ("SELECT NULL", None, "NULL"),
    ],
)
def test_values_become_sane_json_and_text(sql, value, text):
    rows = json_rows(rows_of(sql))
    assert rows == [(value,)]
    assert json.loads(json.dumps(rows, allow_nan=False)) == [[value]]
    if text is not None:
        assert text_table(rows_of(sql)).splitlines()[-1].strip() == text


def test_text_table_aligns_wide_and_combining_characters():
    table = pa.table({"word": ["日本", "e\u0301", "abcd"], "n": [1, 22, None]})
    lines = text_table(ResultSet(table, (), False, 0.0)).splitlines()
    assert lines == ["word     n", "----  ----", "日本     1", "e\u0301       22", "abcd  NULL"]


def test_text_table_of_no_rows_and_duplicate_names():
    assert text_table(rows_of("SELECT 1 AS a, 2 AS a WHERE false")).splitlines()[0].split() == ["a", "a"]
