"""The evaluation run: a line out for each line in, in order, whatever happens to one of them."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from nl2sql.engine.sandbox import SandboxEngine
from nl2sql.evaluation import __main__ as command
from nl2sql.evaluation.examples import Example, ExamplesError, parse_example, read_examples
from nl2sql.evaluation.run import Evaluation, Score
from nl2sql.evaluation.summary import as_text, by_category, percentile, summarize
from nl2sql.parsers.base import Prediction
from nl2sql.settings import Settings
from tests.fakes import ScriptedParser

FIELDS = ["db_id", "question", "predicted_sql", "correct", "confidence", "seconds", "error"]
ANSWERS = {
    "how many": "SELECT count(*) FROM pets",
    "names": "SELECT name FROM pets",
    "heaviest": "SELECT name FROM pets ORDER BY weight DESC LIMIT 1",
    "born this year": "SELECT name FROM pets WHERE born >= DATE '2020-01-01'",
    "crash": RuntimeError("a bug in a parser"),
    "decline": Prediction((), declined="No table here is about the weather."),
    "broken": "SELECT nope FROM pets",
    "long": "SELECT range FROM range(12000)",
}
LINES = [
    {"db_id": "pets", "question": "how many", "gold_sql": "SELECT 2", "category": "count"},
    {"db_id": "pets", "question": "names", "gold_sql_all": ["SELECT * FROM pets", "SELECT name FROM pets"]},
    {"db_id": "pets", "question": "heaviest", "gold_sql": "SELECT name FROM pets ORDER BY weight LIMIT 1"},
    {"db_id": "pets", "question": "born this year", "gold_sql": "SELECT 'Ada' WHERE year(DATE '{today}') = 2020"},
    {"db_id": "pets", "question": "crash", "gold_sql": "SELECT 1", "category": "count"},
    {"db_id": "pets", "question": "decline", "gold_sql": "SELECT 1"},
    {"db_id": "pets", "question": "broken", "gold_sql": "SELECT 1"},
    {"db_id": "pets", "question": "how many", "gold_sql": "SELECT nope FROM pets"},
    {"db_id": "nowhere", "question": "how many", "gold_sql": "SELECT 1"},
    {"db_id": "pets", "question": "how many"},
    {"db_id": "pets", "question": "long", "gold_sql": "SELECT range FROM range(12000)"},
]
CORRECT = [True, True, False, True, False, False, False, None, None, None, True]


@pytest.fixture(scope="module")
def databases(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("databases")
    with duckdb.connect(str(folder / "pets.duckdb")) as connection:
        connection.execute("CREATE TABLE pets (name VARCHAR, weight INTEGER, born DATE)")
        connection.execute("INSERT INTO pets VALUES ('Ada', 4, '2020-02-29'), ('Bo', 9, '2019-01-01')")
    return folder


@pytest.fixture(scope="module")
def finished(databases, tmp_path_factory) -> tuple[int, list[dict], Path]:
    """One run over LINES and a line that is no JSON."""
    folder = tmp_path_factory.mktemp("run")
    examples, out = folder / "examples.jsonl.gz", folder / "results.jsonl"
    with gzip.open(examples, "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(line) + "\n" for line in LINES) + "\n{not json\n")
    arguments = ["--examples", examples, "--databases", databases, "--out", out, "--today", "2020-06-01"]
    parser = ScriptedParser(ANSWERS)
    code = command.main([str(argument) for argument in (*arguments, "--parser", "scripted")], lambda name: parser)
    return code, [json.loads(line) for line in out.read_text().splitlines()], folder


def test_a_line_for_each_line_in_order(finished):
    code, results, _ = finished
    assert code == 0
    assert [(row["db_id"], row["question"]) for row in results[:-1]] == [
        (row["db_id"], row["question"]) for row in LINES
    ]
    assert all(list(row) == FIELDS for row in results)


def test_verdicts(finished):
    _, results, _ = finished
    assert [row["correct"] for row in results] == [*CORRECT, None]
    assert [row["error"] is None for row in results] == [row["correct"] is True for row in results]


def test_a_crash_is_told_from_a_decline(finished):
    _, results, _ = finished
    assert "RuntimeError" in results[4]["error"]
    assert results[5]["error"] == "No table here is about the weather."
    assert "nope" in results[6]["error"]


def test_predicted_sql_runs_unchanged_in_a_plain_connection(finished, databases):
    _, results, _ = finished
    with duckdb.connect(str(databases / "pets.duckdb"), read_only=True) as connection:
        for row in results:
            if row["correct"]:
                connection.sql(row["predicted_sql"]).fetchall()
    assert sum(bool(row["correct"]) for row in results) == 4


def test_the_printed_summary_counts_what_was_not_scored(finished, databases, tmp_path, capsys):
    _, _, folder = finished
    arguments = [
        "--examples",
        str(folder / "examples.jsonl.gz"),
        "--databases",
        str(databases),
        "--today",
        "2020-06-01",
    ]
    command.main([*arguments, "--out", str(tmp_path / "r.jsonl")], lambda name: ScriptedParser(ANSWERS))
    out = capsys.readouterr().out
    assert "50.0% (4 of 8)" in out
    assert "not scored          4 of 12" in out
    assert "p95" in out
    assert "count" in out


@pytest.mark.parametrize(
    "change",
    [
        ("--examples", "missing.jsonl"),
        ("--databases", "missing"),
        ("--out", "missing/r.jsonl"),
        ("--parser", "no-such"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(change, databases, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("e.jsonl").write_text(json.dumps(LINES[0]) + "\n")
    options = {"--examples": "e.jsonl", "--databases": str(databases), "--out": "r.jsonl", "--parser": "builtin"}
    options[change[0]] = change[1]
    parser_for = None if change[0] == "--parser" else lambda name: ScriptedParser(ANSWERS)
    assert command.main([text for pair in options.items() for text in pair], parser_for) == command.SETUP
    out, err = capsys.readouterr()
    assert out == ""
    assert err.strip().endswith(".")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "JSON"),
        ("[1]", "object"),
        ('{"question": "q", "gold_sql": "SELECT 1"}', "db_id"),
        ('{"db_id": "../other", "question": "q", "gold_sql": "SELECT 1"}', "plain name"),
        ('{"db_id": "..", "question": "q", "gold_sql": "SELECT 1"}', "plain name"),
        ('{"db_id": "d", "question": " ", "gold_sql": "SELECT 1"}', "question"),
        ('{"db_id": "d", "question": "q"}', "gold"),
        ('{"db_id": "d", "question": "q", "gold_sql": " "}', "gold"),
        ('{"db_id": "d", "question": "q", "gold_sql_all": [1]}', "gold"),
        ('{"db_id": "d", "question": "q", "gold_sql_all": {"a": 1}}', "gold"),
    ],
)
def test_lines_that_cannot_be_used(line, word):
    assert word in parse_example(line).problem


def test_examples_with_a_byte_order_mark_and_blank_lines(tmp_path):
    path = tmp_path / "e.jsonl"
    path.write_text('\ufeff{"db_id": "d", "question": "é", "gold_sql": "SELECT 1", "hardness": "easy"}\n\n  \n')
    assert list(read_examples(path)) == [Example("d", "é", ("SELECT 1",), "easy")]


def test_a_file_that_is_not_gzip(tmp_path):
    path = tmp_path / "e.jsonl.gz"
    path.write_text("{}")
    with pytest.raises(ExamplesError):
        list(read_examples(path))


def score(correct: bool | None, seconds: float, category: str = "", ran: bool = True) -> Score:
    return Score(Example("d", "q", category=category), "SELECT 1", correct, 0.5, seconds, None, ran)


def test_summary():
    scores = [score(True, 0.1, "a"), score(False, 0.3, "a", ran=False), score(True, 0.2, "b"), score(None, 9.0, "b")]
    whole = summarize("all", scores)
    assert (whole.total, whole.scored, whole.unscored, whole.correct, whole.ran) == (4, 3, 1, 2, 2)
    assert (whole.p50, whole.p95) == (0.2, 0.3)
    assert [(group.name, group.correct, group.scored) for group in by_category(scores)] == [("a", 1, 2), ("b", 1, 1)]
    assert by_category([score(True, 0.1)]) == ()


def test_summary_of_nothing():
    assert "none scored" in as_text([])
    assert percentile([], 0.5) != percentile([], 0.5)


def test_how_far_confidence_can_be_trusted_is_told_where_a_parser_states_any():
    def answer(correct: bool, confidence: float, answerable: bool = True, declined: bool = False) -> Score:
        return Score(Example("d", "q", answerable=answerable), "SELECT 1", correct, confidence, 0.1, declined=declined)

    scores = [answer(True, 0.9), answer(True, 0.9), answer(False, 0.3), answer(False, 0.99, declined=True)]
    text = as_text([*scores, answer(False, 0.9, answerable=False), answer(True, 0.99, answerable=False, declined=True)])
    assert "confidence          expected calibration error 0.250 over 4 answers" in text  # 3 x |0.9 - 2/3| + 0.3
    assert "95% right on the surest 50.0%, 90% right on the surest 50.0%" in text
    assert "confidence" not in as_text([answer(True, 0.0), answer(False, 0.0)])
    assert "surest" not in as_text([answer(False, 0.9, answerable=False)])


def test_todays_date_goes_into_the_gold_only_where_it_is_named():
    example = Example("d", "today?", ("SELECT DATE '{today}'", "SELECT {'today': 1}"))
    assert example.on(dt.date(2024, 5, 1)).gold_sql == ("SELECT DATE '2024-05-01'", "SELECT {'today': 1}")


def test_only_one_half(databases, tmp_path, capsys):
    examples = tmp_path / "examples.jsonl"
    lines = [
        {"db_id": "pets", "question": "how many", "gold_sql": "SELECT 2", "half": "dev"},
        {"db_id": "pets", "question": "names", "gold_sql": "SELECT name FROM pets", "half": "report"},
    ]
    examples.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    out = tmp_path / "results.jsonl"
    arguments = ["--examples", str(examples), "--databases", str(databases), "--out", str(out), "--half", "dev"]
    assert command.main(arguments, lambda name: ScriptedParser(ANSWERS)) == 0
    assert [json.loads(line)["question"] for line in out.read_text().splitlines()] == ["how many"]


def scored(databases: Path, parser: ScriptedParser, *lines: dict) -> list[Score]:
    settings = replace(Settings(), parser="scripted", today=dt.date(2020, 6, 1))
    engine = SandboxEngine(workers=1)
    try:
        with Evaluation(databases, settings, lambda name: parser, engine) as evaluation:
            return list(evaluation.scores(parse_example(json.dumps({"db_id": "pets", **line})) for line in lines))
    finally:
        engine.close()


def test_declining_is_right_only_where_no_table_answers(databases):
    lines = [{"question": question, "answerable": False} for question in ("decline", "names", "broken", "crash")]
    scores = scored(databases, ScriptedParser(ANSWERS), *lines, {"question": "decline", "gold_sql": "SELECT 1"})
    assert [score.correct for score in scores] == [True, False, False, False, False]
    assert [score.declined for score in scores] == [True, False, False, False, True]
    assert scores[0].error is None and scores[1].error == "Answered, though no table does."
    text = as_text(scores)
    assert "execution accuracy  0.0% (0 of 1)" in text
    assert "no table answers    declined 25.0% (1 of 4)" in text
    assert "execution accuracy" not in as_text(scores[:4])


def test_a_follow_up_comes_with_the_turns_before(databases):
    parser = ScriptedParser(ANSWERS)
    history = [{"question": "names", "gold_sql": "SELECT name FROM pets"}, {"question": "decline"}]
    [score] = scored(databases, parser, {"question": "how many", "history": history, "gold_sql": "SELECT 2"})
    assert score.correct
    asked = [(request.question, [(turn.question, turn.sql) for turn in request.history]) for request in parser.requests]
    before = [("names", "SELECT name FROM pets")]
    assert asked == [("names", []), ("decline", before), ("how many", before)]


def test_columns_are_shown_under_the_headers_of_their_file(databases, tmp_path):
    shutil.copy(databases / "pets.duckdb", tmp_path)
    (tmp_path / "pets.headers.json").write_text(json.dumps({"pets": {"weight": "Weight (kg)"}}), encoding="utf-8")
    parser = ScriptedParser(ANSWERS)
    scored(tmp_path, parser, {"question": "how many", "gold_sql": "SELECT 2"})
    [table] = parser.requests[0].schema.tables
    assert [column.label for column in table.columns] == ["name", "Weight (kg)", "born"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"question": "q", "answerable": False}, None),
        (
            {"question": "q", "answerable": False, "gold_sql": "SELECT 1"},
            "A question that no table answers has gold SQL.",
        ),
        (
            {"question": "q", "gold_sql": "SELECT 1", "history": [{"sql": "SELECT 1"}]},
            "An earlier turn has no question.",
        ),
        ({"question": "q", "gold_sql": "SELECT 1", "history": 5}, "An earlier turn has no question."),
    ],
)
def test_lines_about_turns_and_declining(line, problem):
    assert parse_example(json.dumps({"db_id": "d", **line})).problem == problem
