"""Benchmarks: each runs at a tiny size and says what it measured, and a report holds what a reader needs."""

from __future__ import annotations

import json
import math
import platform
import time
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import (
    accuracy,
    cancel,
    constrained,
    decoding,
    download,
    load,
    overhead,
    people,
    random_questions,
    results,
    schemas,
    seven_billion,
    start,
    tables,
)
from benchmarks.questions import renamed
from benchmarks.results import Figure, Result
from nl2sql.errors import WorkbenchError
from nl2sql.parsers.base import Candidate, Prediction
from nl2sql.schema import Column, Schema, Table
from tests.fakes import ScriptedParser

ROOT = Path(__file__).resolve().parents[1]


def well_formed(result: Result) -> dict[str, float]:
    """The figures by name, when all of them are numbers that could have been measured."""
    assert result.figures
    assert result.notes
    found = {figure.name: figure.value for figure in result.figures}
    assert len(found) == len(result.figures)
    assert all(math.isfinite(value) for value in found.values())
    return found


def test_overhead():
    found = well_formed(overhead.measure(rows=200, rounds=2))
    assert found["200 rows: through the workbench"] > 0
    assert "200 rows: overhead over the open connection" in found
    assert found["part: guard"] > 0


def test_log():
    found = well_formed(command.log_result(records=500, repeats=2))
    assert found["records"] == 500
    assert found["file"] > 0
    assert {"record median", "first page"} <= set(found)


def test_cancel():
    found = well_formed(cancel.measure(rounds=1, runs_for=0.1))
    assert len(found) == 4
    assert min(found.values()) > 0


def test_decoding():
    found = well_formed(decoding.measure(3, 6, 2, 64, 60))
    assert found["the same SQL on both sides"] == 1
    assert found["whole SQL: plain / here"] > 0
    assert found["tokens of a prompt"] > 300


def test_seven_billion():
    found = well_formed(seven_billion.measure(command._SMALL_SHAPE, threads=1, new_tokens=4))
    assert found["nf4: memory of the model"] < found["bf16: memory of the model"]
    assert found["nf4: tokens written a second"] > 0


def test_people():
    found = well_formed(people.measure((1, 3), questions=6, rounds=1))
    for label in ("tiny Llama", "built-in"):
        assert found[f"{label}, 1 person: questions a second"] > 0
        assert found[f"{label}, 3 people: throughput against one person"] > 0
        assert found[f"{label}, 3 people: longest wait over median"] >= 1
        assert found[f"{label}: questions"] == 12
        assert found[f"{label}: errors"] == found[f"{label}: wrong answers"] == 0
    assert found["tiny Llama: overtaken"] == 0


def test_people_find_mixed_up_answers_and_errors():
    class Careless:
        """Keeps the question where others write theirs; refuses the third."""

        def predict(self, request):
            self.question = request.question
            time.sleep(0.01)
            if "craters" in request.question and self.question != request.question:
                raise WorkbenchError("no")
            return Prediction((Candidate(self.question, 0.0),))

    schema = Schema((Table("planets", (Column("moons", "INTEGER"),)),))
    figures = people._figures("careless", Careless(), schema, (1, 3), 12, 2)
    found = well_formed(Result("people", tuple(figures), ("how",)))
    assert found["careless: errors"] > 0
    assert found["careless: wrong answers"] == found["careless: of these another's answer"] > 0


def test_people_who_are_overtaken_are_counted():
    def asked(came: float, served: float) -> people.Asked:
        return people.Asked("q", came, served, served, "SELECT 1")

    fair = people.Crowd((asked(0, 1), asked(0.005, 0.5), asked(0.2, 2)), 2)
    assert (fair.overtaken(), fair.rate) == (0, 1.5)  # the first two came at once
    assert people.Crowd((asked(0, 3), asked(0.1, 1), asked(0.2, 2)), 3).overtaken() == 1
    assert people.Crowd((asked(0, 1), asked(0, 1), asked(0, 4)), 4).unfairness == 4


def test_tables():
    parser = ScriptedParser({tables.QUESTION: "SELECT count(*) FROM customers WHERE city = 'Springfield 7'"})
    found = well_formed(tables.measure(3, 60, 1, lambda name: parser))
    assert found["values indexed"] == 3 * (60 + 40 + 5)
    assert found["keys proposed"] == 3 + 2
    assert found["opening to the first answer's rows, all of this"] > 0


def test_databases_are_merged_with_names_of_their_own():
    from nl2sql.linking import ValueIndex
    from nl2sql.parsers.builtin.convert import to_reading
    from nl2sql.parsers.builtin.corpus import TrainingExample
    from nl2sql.schema import ForeignKey

    pets = Table("pets", (Column("id", "INTEGER"), Column("name", "VARCHAR")), ("id",))
    visits = Table("visits", (Column("pet_id", "INTEGER"), Column("day", "DATE")))
    schema = Schema((pets, visits), (ForeignKey("visits", ("pet_id",), "pets", ("id",)),))
    sql = "SELECT v.day FROM visits v JOIN pets p ON v.pet_id = p.id WHERE p.name = 'Rex'"
    values = ValueIndex([("pets", "name", "Rex")])
    examples = [
        TrainingExample(("When did Rex come?",), schema, to_reading(sql, schema), "spider", name, sql, values)
        for name in ("a", "b")
    ]
    merged = schemas.merge(examples)
    assert [table.name for table in merged.schema.tables] == ["pets", "visits", "pets_2", "visits_2"]
    assert [key.to_table for key in merged.schema.foreign_keys] == ["pets", "pets_2"]
    assert [one.tables for one in merged.asked] == [{"pets", "visits"}, {"pets_2", "visits_2"}]
    assert merged.values.of_column("pets_2", "name") == ("Rex",)
    full = schemas.filled(merged.schema, [pets, visits], 5)
    assert [table.name for table in full.tables][4:] == ["pets_3"]
    assert {len(table.columns) for table in schemas.widened(full, 9).tables} == {9}
    assert {len(table.columns) for table in schemas.widened(full, 1, exactly=True).tables} == {1}


def test_schemas_need_the_training_data(tmp_path, capsys):
    assert schemas.main(["--data", str(tmp_path)]) == 2
    assert "spider_train" in capsys.readouterr().err


def test_load():
    found = well_formed(load.measure(megabytes=0.5, rounds=1))
    for label in ("CSV", "Parquet"):
        assert found[f"{label}: ours"] > 0
        assert found[f"{label}: ours against bare"] == found[f"{label}: ours"] / found[f"{label}: bare"]
        assert found[f"{label}: ours, peak memory"] > 1
    assert found["rows"] > 2_000
    assert found["values: kept"] > 100
    assert {"CSV: pandas.read_csv", "CSV: understanding", "values: profile and values written"} <= set(found)


def test_a_load_that_comes_to_no_end_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(load, "cost", lambda way, source, target: None)
    missing: list[str] = []
    assert load._against_bare("CSV", tmp_path / "x.csv", tmp_path, 1, missing) == []
    assert missing == ["CSV: bare came to no end."]


def test_questions():
    lines = [json.loads(line) for line in renamed.QUESTIONS.read_text(encoding="utf-8").splitlines()[:2]]
    golds = {line["question"]: (line.get("gold_sql_all") or [line["gold_sql"]])[0] for line in lines}
    found = well_formed(accuracy.measure("scripted", 2, lambda name: ScriptedParser(golds)))
    assert found["as it is: execution accuracy"] == 100
    assert found["renamed: execution accuracy"] == 0  # the script knows the old names only
    assert found["gap"] == 100


def test_constrained():
    found = well_formed(constrained.measure(6, 2, 64))
    assert (found["unknown names"], found["not closed"]) == (0, 0)
    assert found["closed by the model itself"] + found["closed because tokens ran out"] == pytest.approx(100)
    assert found["a token, constrained"] > 0


def test_random_questions():
    result = random_questions.measure(12)
    found = {figure.name: figure.value for figure in result.figures}
    assert found["readings checked"] > 12
    assert found["readings that do not parse or are refused"] == 0
    assert found["readings with a name or type that does not bind"] == 0


def test_random_questions_find_what_does_not_bind_or_is_unsafe(monkeypatch):
    made_up = (Candidate("SELECT made_up FROM nowhere", -1.0), Candidate("DELETE FROM nowhere", -2.0))

    class Inventing:
        def predict(self, request):
            return Prediction(made_up, 0.5)

    found = {figure.name: figure.value for figure in random_questions.measure(3, Inventing()).figures}
    assert found["readings checked"] == found["readings with a name or type that does not bind"] == 6
    assert found["readings that do not parse or are refused"] == 3


def test_start_without_a_browser(tmp_path):
    app = ROOT / "tests" / "browser" / "scripted_app.py"
    result = start.measure(rounds=1, app=app, bare="import sys", browser=False)
    found = well_formed(result)
    assert 0 < found["start to health check"] <= found["start to first answer"]
    assert "start to first page" not in found
    assert result.notes[-1] == "In 1 of 1 starts the first answer had no rows."


def test_an_app_that_does_not_start_says_why(tmp_path):
    with pytest.raises(start.StartError, match="no_such_app"):
        start.measure(rounds=1, app=tmp_path / "no_such_app.py", bare="import sys", browser=False)


def test_download_adds_up_what_the_resolver_names(tmp_path):
    (tmp_path / "small-1.0-py3-none-any.whl").write_bytes(b"x" * 2_000_000)
    lock = tmp_path / "pylock.toml"
    lock.write_text(
        """
        [[packages]]
        name = "nvidia-large"
        version = "2.0"
        wheels = [{ url = "https://files.invalid/nvidia_large-2.0-py3-none-any.whl", size = 5000000 }]
        [[packages]]
        name = "small"
        version = "1.0"
        sdist = { path = "small-1.0.tar.gz" }
        wheels = [{ path = "small-1.0-py3-none-any.whl" }]
        [[packages]]
        name = "asked"
        version = "3.0"
        wheels = [{ url = "https://files.invalid/asked-3.0-py3-none-any.whl" }]
        """,
        encoding="utf-8",
    )
    asked: list[str] = []

    def head(url: str) -> int:
        asked.append(url)
        return 1_000_000

    sizes = [download.sized(one, head) for one in download.distributions(lock)]
    assert asked == ["https://files.invalid/asked-3.0-py3-none-any.whl"]
    found = well_formed(Result("download", download.figures(sizes), ("how",)))
    assert (found["all files"], found["files"]) == (8, 3)
    assert found["of these for NVIDIA GPUs (nvidia-*, cuda-*, triton)"] == 5
    assert list(found)[3:] == ["nvidia-large 2.0", "small 1.0", "asked 3.0"]


def test_download_says_why_it_was_not_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(download.shutil, "which", lambda name, path=None: None)
    result = download.measure(tmp_path / "requirements.txt")
    assert result.figures == ()
    assert result.notes[0] == "Not measured: uv is not installed; it is in requirements-dev.txt."


def test_a_report_names_machine_versions_command_and_date(monkeypatch, tmp_path, capsys):
    figures = (Figure("overhead", 12.0, "ms", 15.0), Figure("accuracy", 70.0, "%", 75.0, True), Figure("files", 3, ""))
    monkeypatch.setitem(command.BENCHMARKS, "log", lambda: Result("log", figures, ("A note.",)))
    out = tmp_path / "report.json"
    assert command.main(["log", "--out", str(out)]) == 0
    printed, fields = capsys.readouterr().out, json.loads(out.read_text(encoding="utf-8"))
    assert "| overhead | 12 ms | ≤ 15 | reached |" in printed
    assert "| accuracy | 70 % | ≥ 75 | missed |" in printed
    assert fields["command"] == f"python -m benchmarks log --out {out}"
    assert fields["machine"]["cores"] >= 1
    assert fields["machine"]["memory"] > 2**28
    assert fields["versions"]["Python"] == platform.python_version()
    assert fields["date"] in printed
    assert fields["results"][0]["figures"][0] == {
        "name": "overhead", "value": 12.0, "unit": "ms", "goal": 15.0, "more_is_better": False,
    }  # fmt: skip


def test_one_that_cannot_run_does_not_keep_the_others_from_it(monkeypatch, capsys):
    def broken() -> Result:
        raise start.StartError("The app did not start:")

    monkeypatch.setitem(command.BENCHMARKS, "start", broken)
    monkeypatch.setitem(command.BENCHMARKS, "log", lambda: Result("log", (Figure("records", 1, ""),)))
    assert command.main(["start", "log"]) == 1
    printed = capsys.readouterr().out
    assert "Not measured: The app did not start:" in printed
    assert "| records | 1 |" in printed


def test_an_unknown_name_is_refused_with_the_names(capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(["speed"])
    assert stopped.value.code == 2
    assert "there is no benchmark 'speed'; there are overhead, start, log" in capsys.readouterr().err


def test_this_machine_is_described_without_its_name():
    assert platform.node() not in str(results.this_machine())
