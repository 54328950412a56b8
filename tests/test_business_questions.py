"""The business questions, dialogues, unanswerable ones, second set: each can be asked, gold SQL says something."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import duckdb
import pytest

from benchmarks.questions import ask, business_tables, halves, second_tables
from benchmarks.questions.sheets import TODAY
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
    second_tables.build(folder)
    return folder


@pytest.fixture(scope="module")
def connections(databases):
    opened = {path.stem: duckdb.connect(str(path), read_only=True) for path in databases.glob("*.duckdb")}
    yield opened
    for connection in opened.values():
        connection.close()


def golds(turn: dict) -> list[str]:
    found = turn.get("gold_sql_all") or [turn["gold_sql"]]
    return [sql.replace("{today}", TODAY.isoformat()) for sql in found]


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


@pytest.mark.parametrize(("name", "dev", "report"), [("second", 230, 90), ("second_unanswerable", 44, 18)])
def test_each_half_of_the_second_set_has_its_own_databases(name, dev, report):
    lines = SETS[name]
    assert len({json.dumps([line["db_id"], line["question"]]) for line in lines}) == len(lines)
    assert Counter(line["half"] for line in lines) == {"dev": dev, "report": report}
    of = {half: {line["db_id"] for line in lines if line["half"] == half} for half in halves.HALVES}
    assert not of["dev"] & of["report"]
    assert of["dev"] | of["report"] == set(second_tables.DRAW)
    assert not set(second_tables.DRAW) & {*business_tables.DRAW, business_tables.SAMPLE}
    assert {line["category"] for line in lines} <= CATEGORIES | {line["category"] for line in SETS["unanswerable"]}


def test_every_category_and_database_is_asked_about():
    found = Counter(line["category"] for line in SETS["business"])
    assert set(found) == CATEGORIES
    assert min(found.values()) >= 8
    assert {line["db_id"] for line in SETS["business"]} == {*business_tables.DRAW, business_tables.SAMPLE}


@pytest.mark.parametrize("name", SETS)
def test_every_line_can_be_read(name):
    assert [example.problem for example in read_examples(ask.SETS[name])] == [None] * len(SETS[name])


def test_gold_sql_says_something(connections):
    for line in [*SETS["business"], *SETS["dialogues"], *SETS["second"]]:
        for turn in [*line.get("history", ()), line]:
            alternatives = golds(turn)
            # A few lines have a hundred of them, made of the same few parts.
            for sql in alternatives[:: -(-len(alternatives) // 4)]:
                rows = connections[line["db_id"]].execute(f"SELECT * FROM ({sql}) LIMIT 1").fetchall()
                assert rows, (turn["question"], sql)


def test_no_gold_sql_where_nothing_answers():
    for line in [*SETS["unanswerable"], *SETS["second_unanswerable"]]:
        assert (line["answerable"], "gold_sql" in line or "gold_sql_all" in line) == (False, False)
        assert line["reason"].endswith(".")
    found = Counter(line["category"] for line in SETS["unanswerable"])
    assert found["missing_concept"] + found["missing_table"] + found["missing_relation"] >= 30


def test_a_follow_up_follows_one_question():
    assert {len(line["history"]) for line in SETS["dialogues"]} == {1}
    assert len({line["category"] for line in SETS["dialogues"]}) >= 10


@pytest.mark.parametrize("tables", [business_tables, second_tables], ids=["business", "second"])
def test_the_rows_are_the_same_every_time(tables):
    for db_id in tables.DRAW:
        assert [sheet.rows for sheet in tables.sheets(db_id)] == [sheet.rows for sheet in tables.sheets(db_id)]


def test_names_are_those_of_an_upload(databases):
    [sheet] = business_tables.sheets("retail")
    assert (sheet.name, sheet.names["Total Sales ($)"]) == ("orders_export", "total_sales")
    said = json.loads((databases / "retail.headers.json").read_text(encoding="utf-8"))
    assert said["orders_export"]["region_area"] == "Region/Area"
    assert "cust_nm" not in said["orders_export"]


@pytest.mark.parametrize(
    ("name", "tables", "db_id", "half", "column", "header"),
    [
        ("business", business_tables, "retail", "dev", "qty", "Qty."),
        ("second", second_tables, "hotel", "report", "rate_night", "Rate/Night (€)"),
    ],
    ids=["business", "second"],
)
def test_the_questions_can_be_asked(
    name, tables, db_id, half, column, header, databases, tmp_path, monkeypatch, capsys
):
    lines = [line for line in SETS[name] if line["db_id"] == db_id][:6]
    some = tmp_path / "some.jsonl"
    some.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    built: list[object] = []

    def copied(of: object, folder: Path) -> None:
        built.append(of)
        for path in databases.glob(f"{db_id}.*"):
            shutil.copy(path, folder)

    monkeypatch.setitem(ask.SETS, name, some)
    for of in (business_tables, second_tables):
        monkeypatch.setattr(of, "build", partial(copied, of))
    parser = ScriptedParser({line["question"]: golds(line)[-1] for line in lines})
    assert ask.main(["--set", name, "--half", half, "--parser", "scripted"], lambda name: parser) == 0
    assert built == [tables]
    asked = sum(line["half"] == half for line in lines)
    assert f"execution accuracy  100.0% ({asked} of {asked})" in capsys.readouterr().out
    columns = {one.name: one.display_name for one in parser.requests[0].schema.tables[0].columns}
    assert (columns[column], columns.get("cust_nm")) == (header, None)
