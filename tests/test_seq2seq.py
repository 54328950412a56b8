"""T5 models as the workbench loads them: what they are asked, what their words become, four bits, and every way out."""

from __future__ import annotations

import datetime as dt
import threading

import duckdb
import pytest

from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserError, ParserUnavailableError, QueryCancelledError
from nl2sql.parsers import registry, seq2seq, t5_spider, t5_wikisql
from nl2sql.parsers.base import ParseRequest, Turn
from nl2sql.parsers.hardware import Hardware
from nl2sql.schema import Column, ForeignKey, Schema, Table
from nl2sql.settings import Settings
from tests import tiny_t5

pytestmark = pytest.mark.usefixtures("one_thread")
CITIES = Table(
    "cities",
    (
        Column("City name", "VARCHAR"), Column("Population", "INTEGER"), Column("country", "VARCHAR"),
        Column("founded_on", "DATE"),
    ),
)  # fmt: skip
TEAMS = Table("teams", (Column("id", "INTEGER"), Column("team", "VARCHAR"), Column("city_id", "INTEGER")), ("id",))
SCHEMA = Schema((CITIES, TEAMS))


def over(schema: Schema, question: str = "the city with most people") -> ParseRequest:
    return ParseRequest(question, schema, dt.date(2024, 6, 15))


@pytest.fixture(scope="module")
def parser():
    """The T5 that was trained on WikiSQL's form, in four bits, as a page loads it."""
    loaded = registry.load(str(tiny_t5.folder("tiny-t5-wikisql")), Settings(torch_threads=1))
    yield loaded
    loaded.close()


# -- what becomes of WikiSQL's form ------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "sql"),
    [
        ("SELECT COUNT City name FROM table", 'SELECT count("City name") FROM cities'),
        ("SELECT MAX Population FROM table", 'SELECT max("Population") FROM cities'),
        ("SELECT MAX(Population) FROM table", 'SELECT max("Population") FROM cities'),
        ("SELECT City Name FROM table WHERE Country = france",
         """SELECT "City name" FROM cities WHERE lower(country) = lower('france')"""),
        ("SELECT City Name FROM table WHERE Population > 1,000 AND Country = 'Peru'",
         """SELECT "City name" FROM cities WHERE "Population" > 1000 AND lower(country) = lower('Peru')"""),
        ("SELECT Population FROM table WHERE City name = O'Hare",
         """SELECT "Population" FROM cities WHERE lower("City name") = lower('O''Hare')"""),
        ("SELECT Team FROM table", "SELECT team FROM teams"),
        ("select count(*) from table where population < 5", 'SELECT count(*) FROM cities WHERE "Population" < 5'),
        ("SELECT AVG population FROM table</s>", 'SELECT avg("Population") FROM cities'),
        ("SELECT City FROM table WHERE Founded on > 1900-01-01",
         """SELECT "City name" FROM cities WHERE founded_on > '1900-01-01'"""),
    ],
)  # fmt: skip
def test_a_statement_over_table_is_lifted_to_the_tables_there_are(written, sql):
    assert t5_wikisql.statement(written, over(SCHEMA)) == sql
    with duckdb.connect() as connection:
        for table in SCHEMA.tables:
            columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
            connection.execute(f"CREATE TABLE {table.name} ({columns})")
        connection.execute(sql)


@pytest.mark.parametrize(
    "written",
    [
        "SELECT King FROM table", "SELECT City name FROM table WHERE King = x", "hello", "", "DROP TABLE cities",
        "SELECT MAX Population FROM table WHERE Population > many", "SELECT FROM table", "SELECT MAX FROM table",
        "SELECT City name FROM table; DROP TABLE cities", "SELECT City name FROM table WHERE country",
    ],
)  # fmt: skip
def test_what_names_no_columns_of_these_tables_is_no_statement(written):
    assert t5_wikisql.statement(written, over(SCHEMA)) is None


def test_hostile_names_and_values_stay_names_and_values():
    table = Table('t"; DROP TABLE x; --', (Column('na"me', "VARCHAR"),))
    sql = t5_wikisql.statement("SELECT name FROM table WHERE na me = '; DROP TABLE x", over(Schema((table,))))
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE "t""; DROP TABLE x; --" ("na""me" VARCHAR)')
        if sql is not None:
            assert connection.execute(sql).fetchall() == []
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(1,)]


# -- Spider's form ------------------------------------------------------------


def test_tables_are_laid_out_as_the_card_does():
    schema = Schema(
        (
            Table("a", (Column("id", "INTEGER"), Column("b_id", "INTEGER")), ("id",)),
            Table("b", (Column("on", "DATE"),)),
        ),
        (ForeignKey("a", ("b_id",), "b", ("on",)),),
    )
    assert t5_spider.prompt(over(schema, " how\nmany? ")) == (
        'Question: how many? Schema: "a" "id" int , "b_id" int , foreign_key: "b_id" from "b" "on" primary key: "id" '
        '[SEP] "b" "on" text , foreign_key:  primary key: '
    )


@pytest.mark.parametrize(
    ("model", "sees"),
    [
        (t5_wikisql.MODEL, False), (t5_spider.MODEL, True), ("/x/T5-LM-Large-text2sql-spider", True),
        ("/x/my-spider-t5", True), ("/x/anything", False),
    ],
)  # fmt: skip
def test_a_family_is_known_by_its_name(model, sees):
    assert seq2seq.family_of(model).sees_tables is sees


# -- real models ------------------------------------------------------------


def test_a_trained_t5_answers_in_four_bits(parser):
    prediction = parser.predict(tiny_t5.request("How many planets have more than 2 moons?"))
    assert prediction.candidates[0].sql == 'SELECT count("Planet Name") FROM planets WHERE moons > 2'
    assert 0 < prediction.confidence <= 1
    assert parser.info.quantization == "nf4"
    assert parser.info.name == "tiny-t5-wikisql"
    assert prediction.prompt == "translate English to SQL: How many planets have more than 2 moons?"


def test_words_without_columns_here_are_declined_and_quoted(parser):
    prediction = parser.predict(tiny_t5.request("Who is the king?"))
    assert not prediction.candidates
    assert "King" in (prediction.declined or "")


def test_candidates_are_different_and_best_first(parser):
    candidates = parser.predict(tiny_t5.request("Which planet has 1 moon?")).candidates
    assert len({one.sql for one in candidates}) == len(candidates)
    assert candidates[0].sql == 'SELECT "Planet Name" FROM planets WHERE moons = 1'


def test_a_follow_up_is_read_alone(parser):
    history = (Turn("planets?", "SELECT 1"),)
    assert parser.predict(tiny_t5.request("Which planet has 1 moon?", history=history)).alone


def test_full_precision_answers_the_same():
    loaded = seq2seq.load(str(tiny_t5.folder("tiny-t5-spider")), quantization="bf16", threads=1)
    assert (
        loaded.predict(tiny_t5.request("How many planets are there?")).candidates[0].sql
        == "SELECT count(*) FROM planets"
    )
    assert loaded.info.quantization == ""
    (today, *_) = loaded.predict(tiny_t5.request("What is today?")).candidates
    assert today.sql == "SELECT DATE '2024-06-15'"
    assert today.tree is not None
    assert loaded.render(today.tree, tiny_t5.SCHEMA, dt.date(2025, 1, 2)) == "SELECT DATE '2025-01-02'"
    with pytest.raises(ParserError, match="another date"):
        loaded.render("nothing", tiny_t5.SCHEMA, dt.date(2025, 1, 2))
    many = (Table(f"t{n}", tuple(Column(f"c{m}", "INTEGER") for m in range(40))) for n in range(30))
    wide = Schema((*many, *tiny_t5.SCHEMA.tables))
    prompt = loaded.predict(over(wide, "How many planets are there?")).prompt
    assert '"planets"' in prompt
    assert '"t29"' not in prompt
    loaded.close()
    with pytest.raises(ParserUnavailableError, match="was released"):
        loaded.predict(tiny_t5.request("How many planets are there?"))


def test_no_tables_ask_nothing(parser):
    assert parser.predict(over(Schema(()))).declined


def test_a_cancel_stops_it(parser):
    cancel = Cancel()
    cancel.set()
    with pytest.raises(QueryCancelledError):
        parser.predict(tiny_t5.request("Which planet has 1 moon?", cancel=cancel))


def test_two_people_wait_for_each_other(parser):
    found = []
    ask = lambda: found.append(parser.predict(tiny_t5.request("Which planet has 1 moon?")).candidates[0].sql)  # noqa: E731
    people = [threading.Thread(target=ask) for _ in range(3)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(set(found)) == 1
    assert len(found) == 3


# -- the registry ------------------------------------------------------------


def test_small_models_are_offered_once_their_weights_are_there(monkeypatch):
    assert "t5-spider" not in registry.offered(Settings())
    assert "t5-spider" in registry.offered(Settings(parser="t5-spider"))


def test_small_models_need_little_memory_and_never_stand_for_auto():
    machine = Hardware(2, 8 * 10**9, 5 * 10**9, avx512_bf16=False, gpus=(), cuda_packages=False)
    found = registry.availability("t5-wikisql", Settings(), machine)
    assert found.usable
    assert found.well
    assert not registry.availability("t5-wikisql", Settings(), Hardware(2, 4 * 10**9, 10**9, False, (), False)).usable
    assert registry.resolve(registry.AUTO, Settings(), machine) == registry.BUILTIN
