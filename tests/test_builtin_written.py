"""Questions written one by one: their form, what an answer may say, and that every shipped file keeps to it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest
from rapidfuzz import fuzz, process

from nl2sql.parsers.builtin.convert import ConversionError
from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.roles import with_roles
from nl2sql.parsers.builtin.weights import RELEASED
from nl2sql.parsers.builtin.written import FOLDER, HELD_OUT, WrittenError, fill, main, problems, read, to_reading

FILES = sorted(FOLDER.glob("*.txt"))
DAY = dt.date(2024, 6, 15)
SHOP = """
table shops
  shop_id INTEGER key
  "Shop Name" VARCHAR = Harbour; Mill Lane
  manager VARCHAR = Ada Byron; Ben Okri
table sales
  sale_id INTEGER key
  shop_id INTEGER -> shops.shop_id
  sold_on DATE
  paid_on DATE
  amount DECIMAL(10, 2)
  is_gift BOOLEAN
  kind VARCHAR = cake; bread; pie

Q: how much did we sell last month?
Q: takings last month
A: SELECT sum(sales.amount) WHERE sales.sold_on = 'last month'
+Q: by shop
A: SELECT shops."Shop Name", sum(sales.amount) WHERE sales.sold_on = 'last month' GROUP BY shops."Shop Name"
Q: who won the cup?
A: decline
"""
WRITTEN = read(SHOP)
SCHEMA = with_roles(WRITTEN.schema)


def said(answer: str) -> str:
    return " ".join(
        one if isinstance(one, str) else one.column or one.table or one.text for one in to_reading(answer, SCHEMA)
    )


def test_a_file_holds_tables_keys_values_and_questions() -> None:
    shops, sales = WRITTEN.schema.tables
    assert [column.name for column in shops.columns] == ["shop_id", "Shop Name", "manager"]
    assert shops.primary_key == ("shop_id",)
    assert [(key.table, key.columns, key.to_table) for key in WRITTEN.schema.foreign_keys] == [
        ("sales", ("shop_id",), "shops")
    ]
    assert WRITTEN.values["sales", "kind"] == ("cake", "bread", "pie")
    assert [(len(one.wordings), one.follows) for one in WRITTEN.questions] == [(2, False), (1, True), (1, False)]
    assert sales.column("sold_on") is not None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("A: decline", "an answer without a question"),
        ("table t\n  what is this line\n", "not a column"),
        ("table t\n  t_id INTEGER -> other.id\n", "refers to"),
        ("  name VARCHAR\n", "not a column"),
    ],
)
def test_a_file_that_breaks_the_form_is_refused(text: str, why: str) -> None:
    with pytest.raises(WrittenError, match=why):
        read(text)


@pytest.mark.parametrize(
    ("answer", "reading"),
    [
        ("decline", "decline"),
        ("SELECT shops", "select shops end"),
        ("SELECT count(sales) WHERE NOT sales.is_gift", "select count sales where false is_gift end"),
        ("SELECT DISTINCT shops.manager FROM sales", "select distinct manager from sales end"),
        ("SELECT rate(sales.is_gift)", "select rate true is_gift end"),
        (
            "SELECT total_if(kind = 'cake', sum(amount)) / sum(amount)",
            "select divide when sum amount = kind cake sum amount end",
        ),
        (
            "SELECT month(sold_on), growth(sum(amount)) GROUP BY month(sold_on) ORDER BY month(sold_on)",
            "select month sold_on growth sum amount group month sold_on asc month sold_on end",
        ),
        (
            'SELECT "Shop Name", kind, sum(amount) GROUP BY "Shop Name", kind '
            'ORDER BY each("Shop Name"), sum(amount) DESC LIMIT 2',
            "select Shop Name kind sum amount group Shop Name kind desc sum amount each Shop Name limit 2 end",
        ),
        (
            "SELECT sale_id WHERE amount > within(avg(amount), kind)",
            "select sale_id where > amount within avg amount kind end",
        ),
        (
            'SELECT "Shop Name" GROUP BY "Shop Name" ORDER BY sum(amount) DESC LIMIT 1 OFFSET 1',
            "select Shop Name group Shop Name desc sum amount second end",
        ),
        (
            'SELECT manager ORDER BY each("Shop Name"), shops.shop_id LIMIT 1 OFFSET 2',
            "select manager asc shop_id each Shop Name third end",
        ),
        ("SELECT avg(days(sold_on, paid_on))", "select avg days sold_on paid_on end"),
        (
            "SELECT manager WHERE shop_id NOT IN (SELECT sales.shop_id WHERE sold_on >= '2023')",
            "",
        ),
    ],
)
def test_an_answer_becomes_a_reading(answer: str, reading: str) -> None:
    if not reading:
        with pytest.raises(ConversionError, match="shop_id is no column, or several"):
            said(answer)
        return
    assert said(answer) == reading
    if answer != "decline":
        fill(WRITTEN).execute(render(to_reading(answer, SCHEMA), SCHEMA, DAY))


def test_a_time_expression_beside_a_date_is_kept_relative() -> None:
    (date,) = (one for one in to_reading("SELECT sales WHERE sold_on >= 'last month'", SCHEMA) if _is_date(one))
    assert isinstance(date, Leaf)
    assert date.text == "last month"
    assert json.loads(date.value)["kind"] == "relative"


def _is_date(action: object) -> bool:
    return isinstance(action, Leaf) and action.kind == "date"


@pytest.mark.parametrize(
    "answer",
    [
        "SELECT count(*)",
        "SELECT sales.price",
        "SELECT sum(sales.amount) FROM nowhere",
        "SELECT sales WHERE sold_on = 'one fine day'",
        "SELECT median_of(sales.amount)",
        "SELECT sales ORDER BY amount LIMIT 1 OFFSET 7",
        "SELECT sales ORDER BY amount LIMIT 5 OFFSET 1",
        "SELECT sales ORDER BY amount OFFSET 1",
        "SELECT sum(",
    ],
)
def test_what_the_grammar_cannot_say_is_refused(answer: str) -> None:
    with pytest.raises(ConversionError):
        to_reading(answer, SCHEMA)


def test_rows_hold_the_listed_values_and_keys_that_refer_to_rows() -> None:
    connection = fill(WRITTEN)
    assert connection.execute("SELECT count(DISTINCT kind) FROM sales").fetchall() == [(3,)]
    assert connection.execute("SELECT count(*) FROM sales WHERE shop_id NOT IN (SELECT shop_id FROM shops)").fetchall()[
        0
    ] == (0,)


def test_checking_a_file_names_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "shop.txt"
    path.write_text(SHOP, encoding="utf-8")
    assert main([str(path)]) == 0
    path.write_text(f"{SHOP}\nQ: pies sold\nA: SELECT count(sales) WHERE sales.kind = 'cake'\n", encoding="utf-8")
    assert main([str(path)]) == 1
    assert "not said: cake: pies sold" in capsys.readouterr().out


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_answer_is_a_reading_that_sql_can_say(path: Path) -> None:
    written = read(path.read_text(encoding="utf-8"))
    schema = with_roles(written.schema)
    assert len(written.questions) >= 9
    for asked in written.questions:
        reading = to_reading(asked.answer, schema)
        if reading != ("decline",):
            render(reading, schema, DAY)


def test_files_held_out_are_there() -> None:
    assert {path.stem for path in FILES} >= set(HELD_OUT)


def test_no_question_is_one_that_the_parser_is_measured_with() -> None:
    lines = [
        json.loads(line)
        for path in Path("benchmarks/questions").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    measured = {_bare(line["question"]) for line in lines}
    unseen = [_bare(line["question"]) for line in lines if line.get("half") == "report"]
    asked = {
        _bare(wording)
        for path in FILES
        for one in read(path.read_text(encoding="utf-8")).questions
        for wording in one.wordings
        if not one.follows
    }
    assert asked & measured == set()
    long = [one for one in asked if len(one.split()) > 3]
    close = {one for one in long if process.extractOne(one, unseen, scorer=fuzz.token_sort_ratio, score_cutoff=90)}
    assert close == set()


def _bare(question: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in question.casefold()).split())


@pytest.mark.soak
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_wording_says_what_its_answer_means(path: Path) -> None:
    assert list(problems(path, RELEASED)) == []


def test_a_database_is_made_alike_each_time() -> None:
    rows = [fill(WRITTEN).execute("SELECT * FROM sales").fetchall() for _ in range(2)]
    assert rows[0] == rows[1]
    assert isinstance(fill(WRITTEN), duckdb.DuckDBPyConnection)
