"""The business questions, dialogues and unanswerable questions: each can be asked, and its gold SQL says something."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from benchmarks.questions import ask, business_tables, halves
from nl2sql.evaluation.examples import read_examples
from tests.fakes import ScriptedParser

SETS = {name: [json.loads(line) for line in path.read_text("utf-8").splitlines()] for name, path in ask.SETS.items()}
CATEGORIES = set(
    """list filter aggregate group top_n join date_relative date_named time_bucket share ratio difference running_total
    period_over_period per conditional_count missing_values above_average rank_within_group text_partial text_case
    several_hops distinct having not_exists extreme""".split()
)


@pytest.fixture(scope="module")
def databases(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("business")
    business_tables.build(folder, sample_scale=0.25)
    return folder


@pytest.fixture(scope="module")
def connections(databases):
    opened = {path.stem: duckdb.connect(str(path), read_only=True) for path in databases.glob("*.duckdb")}
    yield opened
    for connection in opened.values():
        connection.close()


def golds(turn: dict) -> list[str]:
    found = turn.get("gold_sql_all") or [turn["gold_sql"]]
    return [sql.replace("{today}", business_tables.TODAY.isoformat()) for sql in found]


@pytest.mark.parametrize(("name", "size"), [("business", 300), ("dialogues", 60), ("unanswerable", 60)])
def test_sizes_and_halves(name, size):
    lines = SETS[name]
    assert len(lines) == size
    assert len({json.dumps([line["db_id"], line.get("history"), line["question"]]) for line in lines}) == size
    counts = Counter(line["half"] for line in lines)
    assert counts == {"dev": size // 2, "report": size // 2}
    assert halves.assigned(lines) == lines
    for key, most in (("category", 1), ("db_id", 4)):
        for value in {line[key] for line in lines}:
            of = Counter(line["half"] for line in lines if line[key] == value)
            assert abs(of["dev"] - of["report"]) <= most, value


def test_every_category_and_database_is_asked_about():
    found = Counter(line["category"] for line in SETS["business"])
    assert set(found) == CATEGORIES
    assert min(found.values()) >= 8
    assert {line["db_id"] for line in SETS["business"]} == {*business_tables.DRAW, business_tables.SAMPLE}


@pytest.mark.parametrize("name", SETS)
def test_every_line_can_be_read(name):
    assert [example.problem for example in read_examples(ask.SETS[name])] == [None] * len(SETS[name])


def test_gold_sql_says_something(connections):
    for line in [*SETS["business"], *SETS["dialogues"]]:
        for turn in [*line.get("history", ()), line]:
            alternatives = golds(turn)
            # A few lines have a hundred of them, made of the same few parts.
            for sql in alternatives[:: -(-len(alternatives) // 4)]:
                rows = connections[line["db_id"]].execute(f"SELECT * FROM ({sql}) LIMIT 1").fetchall()
                assert rows, (turn["question"], sql)


def test_no_gold_sql_where_nothing_answers():
    for line in SETS["unanswerable"]:
        assert (line["answerable"], "gold_sql" in line or "gold_sql_all" in line) == (False, False)
        assert line["reason"].endswith(".")
    found = Counter(line["category"] for line in SETS["unanswerable"])
    assert found["missing_concept"] + found["missing_table"] + found["missing_relation"] >= 30


def test_a_follow_up_follows_one_question():
    assert {len(line["history"]) for line in SETS["dialogues"]} == {1}
    assert len({line["category"] for line in SETS["dialogues"]}) >= 10


def test_the_rows_are_the_same_every_time():
    for db_id in business_tables.DRAW:
        assert [sheet.rows for sheet in business_tables.sheets(db_id)] == [
            sheet.rows for sheet in business_tables.sheets(db_id)
        ]


def test_names_are_those_of_an_upload(databases):
    [sheet] = business_tables.sheets("retail")
    assert (sheet.name, sheet.names["Total Sales ($)"]) == ("orders_export", "total_sales")
    said = json.loads((databases / "retail.headers.json").read_text(encoding="utf-8"))
    assert said["orders_export"]["region_area"] == "Region/Area"
    assert "cust_nm" not in said["orders_export"]


def test_the_questions_can_be_asked(databases, tmp_path, monkeypatch, capsys):
    lines = [line for line in SETS["business"] if line["db_id"] == "retail"]
    some = tmp_path / "some.jsonl"
    some.write_text("".join(json.dumps(line) + "\n" for line in lines[:6]), encoding="utf-8")
    monkeypatch.setattr(ask, "SETS", {"business": some})
    monkeypatch.setattr(business_tables, "build", lambda folder: shutil.copytree(databases, folder, dirs_exist_ok=True))
    parser = ScriptedParser({line["question"]: golds(line)[-1] for line in lines})
    assert ask.main(["--half", "dev", "--parser", "scripted"], lambda name: parser) == 0
    dev = sum(line["half"] == "dev" for line in lines[:6])
    assert f"execution accuracy  100.0% ({dev} of {dev})" in capsys.readouterr().out
    columns = {column.name: column.display_name for column in parser.requests[0].schema.tables[0].columns}
    assert (columns["qty"], columns["cust_nm"]) == ("Qty.", None)
