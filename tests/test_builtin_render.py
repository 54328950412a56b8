"""The built-in parser's SQL: gold SQL through its reading, as lines of readings.jsonl; and what cannot be said."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

import duckdb
import pytest

from nl2sql import dates
from nl2sql.errors import ParserError
from nl2sql.parsers.builtin.convert import ConversionError, to_reading
from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.joins import join_path, key_graph
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.synthesis import Synthesis
from nl2sql.parsers.builtin.tree import LONGEST_READING
from nl2sql.schema import Column, ForeignKey, Schema, Table
from tests.builtin_world import built
from tests.readings import SCHEMAS, TODAY, cases

LIBRARY, FLIGHTS = SCHEMAS["library"], SCHEMAS["flights"]


def column(place: str) -> Leaf:
    return Leaf("column", *place.split("."))


def table(name: str) -> Leaf:
    return Leaf("table", name)


def said(text: str, value: str = "") -> Leaf:
    return Leaf("text", value=value, text=text)


def number(text: str) -> Leaf:
    return Leaf("number", value=text, text=text)


def period(words: str) -> Leaf:
    (found,) = dates.find_dates(words)
    return Leaf("date", value=dates.to_text(found.period), text=found.text)


@pytest.fixture(scope="module")
def databases():
    return {name: built(schema) for name, schema in SCHEMAS.items()}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.sql)
def test_gold_sql_through_its_reading(case, databases):
    if case.expected.startswith("error: "):
        with pytest.raises(ParserError) as caught:
            render(case.reading(), case.schema, TODAY)
        assert str(caught.value) == case.expected.removeprefix("error: ")
        return
    sql = render(case.reading(), case.schema, TODAY)
    assert sql == case.expected
    databases[case.schema_name].execute(f"EXPLAIN {sql}")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT", "DELETE FROM books", "SELECT 1", "SELECT title FROM nowhere", "SELECT nothing FROM books",
        "SELECT title FROM (SELECT * FROM books)", "WITH b AS (SELECT 1) SELECT * FROM b", "SELECT 'x' FROM books",
        "SELECT a.title FROM books a JOIN books b ON a.id = b.author_id", "SELECT title FROM books OFFSET 3",
        "SELECT title FROM books WHERE title LIKE 'a%b'", "SELECT title FROM books WHERE title LIKE '%'",
        "SELECT title, authors.zip FROM books, authors",
        "SELECT title FROM books WHERE title NOT LIKE 'x%'", "SELECT count(DISTINCT id, title) FROM books",
        "SELECT date_trunc('decade', published) FROM books", "SELECT id FROM books UNION SELECT 1 FROM books LIMIT 1",
    ],
)  # fmt: skip
def test_what_the_grammar_has_no_words_for(sql):
    with pytest.raises(ConversionError):
        to_reading(sql, LIBRARY)


BAD = [
    (["select"], "cut off"),
    (["decline"], "no SELECT"),
    ([], "cut off"),
    (["select", "end"], "selects nothing"),
    (["select", "multiply", "1", "100", "end"], "names no table"),
    (["select", "count", "end"], "not well formed"),
    (["select", column("books.title"), "limit", number("2.5"), "end"], "whole number"),
    (["select", column("books.title"), "limit", said("five"), "end"], "whole number"),
    (["select", column("books.isbn"), "end"], "no column isbn"),
    (["select", column("films.title"), "end"], "no table films"),
    (["select", table("films"), "end"], "no table films"),
    (["select", column("rooms.floor"), column("authors.name"), "end"], "No key connects the tables"),
    (["select", "sum", column("books.published"), "end"], "numbers can be added up"),
    (["select", "avg", column("books.in_print"), "end"], "numbers can be added up"),
    (["select", "median", column("books.opened"), "end"], "numbers can be added up"),
    (["select", "sum", table("books"), "end"], "counted, not computed"),
    (["select", "add", column("books.price"), column("books.published"), "end"], "numbers can be added up"),
    (["select", "month", column("books.price"), "end"], "dates have years"),
    (["select", "year", column("books.title"), "end"], "dates have years"),
    (["select", "max", "count", column("books.id"), "end"], "computed over again"),
    (["select", column("books.id"), "where", ">", "count", column("books.id"), number("3"), "end"], "be chosen"),
    (["select", column("books.id"), "group", "count", column("books.id"), "end"], "cannot be chosen or grouped"),
    (["select", column("books.id"), "where", "contains", column("books.price"), said("x"), "end"], "searched for"),
    (["select", column("books.id"), "where", "true", column("books.price"), "end"], "yes/no columns"),
    (["select", column("books.id"), "where", "=", column("books.in_print"), "0", "end"], "yes/no column"),
    (["select", column("books.id"), "where", "=", column("books.published"), said("x"), "end"], "is no date"),
    (["select", column("books.id"), "where", "=", column("books.opened"), said("noon"), "end"], "another column only"),
    (["select", column("books.id"), "where", "<", column("books.price"), column("books.title"), "end"], "different"),
    (["select", column("books.id"), "where", "between", column("books.price"), column("books.cost"), "0", "end"],
     "value is needed"),
    (["select", column("books.id"), "where", "in", column("books.id"), "select", column("authors.name"), "end", "end"],
     "different kinds"),
    (["select", column("books.id"), "where", "in", column("books.id"), "select", table("rooms"), "end", "end"],
     "one column only"),
    (["select", column("books.id"), "union", "select", column("books.id"), column("books.title"), "end"],
     "same number of columns"),
    (["select", column("books.id"), "union", "select", table("books"), "end"], "same number of columns"),
    (["select", said("x"), "end"], "nothing|not well formed|no SELECT"),
    (["select", column("books.id"), "end", "end"], "after its end"),
    (["select", column("books.id"), "where", "=", column("books.published"), Leaf("date", value="{}", text="x"), "end"],
     "no period of time"),
    (["select", column("books.id"), "where", *["and"] * 5000], "too long"),
]  # fmt: skip


@pytest.mark.parametrize(("actions", "sentence"), BAD)
def test_what_cannot_be_said_is_a_sentence(actions, sentence):
    with pytest.raises(ParserError, match=sentence) as caught:
        render(tuple(actions), LIBRARY, TODAY)
    assert str(caught.value).endswith(".")


def test_the_longest_readings_do_not_run_out_of_stack():
    deep = ["and"] * (LONGEST_READING // 3) + ["null", column("books.id")] * (LONGEST_READING // 3 - 5)
    with pytest.raises(ParserError):
        render(("select", column("books.id"), "where", *deep), LIBRARY, TODAY)


def test_relative_dates_follow_as_of():
    reading = ("select", table("books"), "where", "=", column("books.published"), period("last month"), "end")
    assert render(reading, LIBRARY, dt.date(2025, 2, 14)).endswith(
        "published >= DATE '2025-01-01' AND published < DATE '2025-02-01'"
    )
    assert render(reading, LIBRARY, dt.date(2024, 1, 1)).endswith(
        "published >= DATE '2023-12-01' AND published < DATE '2024-01-01'"
    )


def test_rows_are_not_ranked_by_what_looks_beside_others_within_it():
    price, pages = column("books.price"), column("books.pages")
    inner = ("select", price, "group", price, "desc", "change", "sum", pages, "limit1", "end")
    reading = ("select", price, "rank", "rate", ">", price, *inner, "group", price, "end")
    with pytest.raises(ParserError, match="beside others"):
        render(reading, LIBRARY, TODAY)


@pytest.mark.parametrize(("left", "right"), [("token", "title"), ("title", "token")])
def test_a_uuid_is_not_compared_with_other_text(left, right):
    schema = Schema((Table("visits", (Column("token", "UUID"), Column("title", "VARCHAR"))),))
    shown = column(f"visits.{left}")
    for other in ((column(f"visits.{right}"),), ("select", column(f"visits.{right}"), "end")):
        with pytest.raises(ParserError, match="different kinds"):
            render(("select", shown, "where", "<", shown, *other, "end"), schema, TODAY)
    assert render(("select", shown, "where", "=", shown, *("select", shown, "end"), "end"), schema, TODAY)


def test_a_period_that_is_looked_for_in_text_is_looked_for_as_it_was_said():
    when = Leaf("date", value='{"unit":"month","kind":"absolute","year":2024,"month":8}', text="August 2024")
    title = column("books.title")
    reading = ("select", title, "where", "starts", title, when, "end")
    assert render(reading, LIBRARY, TODAY) == "SELECT title FROM books WHERE title ILIKE 'August 2024%'"


@pytest.mark.parametrize(
    ("words", "pattern"),
    [("50%", r"'%50\%%' ESCAPE '\'"), ("a_b", r"'%a\_b%' ESCAPE '\'"), ("c\\d", r"'%c\\d%' ESCAPE '\'"),
     ("it's", "'%it''s%'"), ("plain", "'%plain%'")],
)  # fmt: skip
def test_marks_in_searched_words_stand_for_themselves(words, pattern):
    reading = ("select", column("books.title"), "where", "contains", column("books.title"), said(words), "end")
    sql = render(reading, LIBRARY, TODAY)
    assert sql == f"SELECT title FROM books WHERE title ILIKE {pattern}"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE books (title VARCHAR)")
        connection.execute("INSERT INTO books VALUES (?), ('50x'), ('axb'), ('cxd')", [f"<{words.upper()}>"])
        assert connection.execute(sql).fetchall() == [(f"<{words.upper()}>",)]


def test_not_in_leaves_nulls_out_even_beside_odd_names():
    schema = Schema((Table("t", (Column("a FROM b", "INTEGER"),)), Table("u", (Column("x", "INTEGER"),))))
    reading = ("select", column("u.x"), "where", "not_in", column("u.x"), "select", Leaf("column", "t", "a FROM b"),
               "end", "end")  # fmt: skip
    with built(schema) as connection:
        connection.execute("INSERT INTO t VALUES (NULL), (1)")
        connection.execute("INSERT INTO u VALUES (1), (2)")
        assert connection.execute(render(reading, schema, TODAY)).fetchall() == [(2,)]


def test_a_table_beside_a_total_is_grouped_by_all_of_its_columns():
    reading = ("select", table("rooms"), "desc", "count", column("rooms.floor"), "limit1", "end")
    assert render(reading, LIBRARY, TODAY) == (
        "SELECT number, floor FROM rooms GROUP BY number, floor ORDER BY count(floor) DESC LIMIT 1"
    )
    keyed = ("select", table("rooms"), "group", column("rooms.floor"), "end")
    assert render(keyed, LIBRARY, TODAY) == "SELECT any_value(number) AS number, floor FROM rooms GROUP BY floor"


def test_what_is_not_grouped_takes_any_value():
    reading = ("select", "divide", column("books.price"), "count", table("books"), "group", column("books.pages"),
               "having", ">", column("books.cost"), number("3"), "desc", column("books.title"), "end")  # fmt: skip
    sql = render(reading, LIBRARY, TODAY)
    assert sql.startswith("SELECT any_value(price) / nullif(count(*), 0) AS price_per_count FROM books GROUP BY pages")
    assert sql.endswith("HAVING any_value(cost) > 3 ORDER BY any_value(title) DESC")


def test_chained_set_operations_keep_their_order():
    one, two, three = (["select", column(f"books.{name}")] for name in ("id", "pages", "author_id"))
    sql = render((*one, "except", *two, "union", *three, "end"), LIBRARY, TODAY)
    assert sql == "SELECT id FROM books EXCEPT (SELECT pages FROM books UNION SELECT author_id FROM books)"


# -- joins ----------------------------------------------------------------------------------------------------------


def hops(schema: Schema, *tables: str) -> list[str]:
    return [name for name, _ in join_path(schema, list(tables))]


def test_joins_go_over_as_many_keys_as_it_takes():
    assert hops(LIBRARY, "authors") == ["authors"]
    assert hops(LIBRARY, "authors", "books") == ["authors", "books"]
    assert hops(LIBRARY, "members", "authors") == ["members", "loans", "books", "authors"]
    assert hops(LIBRARY, "AUTHORS", "authors") == ["AUTHORS"]


def test_of_two_keys_the_one_that_names_the_table_joins():
    (_, (_, key)) = join_path(FLIGHTS, ["flight", "airport"])
    assert key.columns == ("airport_id",)


def test_keys_that_only_names_suggest():
    people = Table("people", (Column("id", "INTEGER"), Column("name", "VARCHAR")), ("id",))
    pet = Table("pet", (Column("id", "INTEGER"), Column("peopleId", "INTEGER")), ("id",))
    (_, (_, key)) = join_path(Schema((people, pet)), ["people", "pet"])
    assert (key.table, key.columns, key.to_columns, key.declared) == ("pet", ("peopleId",), ("id",), False)
    other = Table("pet", (Column("id", "INTEGER"), Column("peopleId", "VARCHAR")), ("id",))
    with pytest.raises(ParserError, match="No key connects the tables people and pet"):
        join_path(Schema((people, other)), ["people", "pet"])


def test_columns_of_one_name_are_the_last_resort():
    left = Table("a", (Column("id", "INTEGER"), Column("code", "VARCHAR")))
    right = Table("b", (Column("id", "INTEGER"), Column("Code", "VARCHAR")))
    (_, (_, key)) = join_path(Schema((left, right)), ["a", "b"])
    assert (key.columns, key.declared) == (("code",), False)
    with pytest.raises(ParserError):
        join_path(Schema((left, Table("c", (Column("id", "INTEGER"), Column("code", "DATE"))))), ["a", "c"])


def test_a_declared_key_wins_over_a_suggested_one():
    orders = Table("orders", (Column("id", "INTEGER"), Column("customer_id", "INTEGER"), Column("payer", "INTEGER")))
    customers = Table("customers", (Column("id", "INTEGER"),), ("id",))
    schema = Schema((orders, customers), (ForeignKey("orders", ("payer",), "customers", ("id",)),))
    (_, (_, key)) = join_path(schema, ["orders", "customers"])
    assert key.columns == ("payer",)


def test_a_column_that_all_of_many_tables_have_ties_them():
    tables = [Table(f"t{at}", (Column("id", "INTEGER"), Column("city", "VARCHAR"))) for at in range(2_000)]
    tables.append(Table("shops", (Column("City", "VARCHAR"), Column("floor", "INTEGER"))))
    tables.append(Table("floors", (Column("floor", "INTEGER"),)))
    schema = Schema((*tables, Table("alone", (Column("colour", "INTEGER"),))))
    path = join_path(schema, ["t7", "floors"])
    assert [name for name, _ in path] == ["t7", "shops", "floors"]
    assert [(key.columns, key.to_columns) for _, key in path[1:]] == [(("city",), ("City",)), (("floor",), ("floor",))]
    with pytest.raises(ParserError, match="No key connects"):
        join_path(schema, ["t7", "alone"])


def test_the_key_graph_is_made_once_and_never_for_another_schema():
    assert key_graph(replace(LIBRARY)) is key_graph(LIBRARY)
    one, other = (replace(LIBRARY, foreign_keys=keys) for keys in (LIBRARY.foreign_keys, ()))
    assert [key.declared for _, key in key_graph(one)["members"]] == [True]
    assert [key.declared for _, key in key_graph(other)["members"]] == [False]


def test_names_without_a_letter_do_no_harm():
    schema = Schema((Table("$", (Column("%", "INTEGER"),), ("%",)), Table("--", (Column("%", "INTEGER"),), ("%",))))
    reading = ("select", Leaf("column", "$", "%"), Leaf("column", "--", "%"), "end")
    with built(schema) as connection:
        connection.execute(render(reading, schema, TODAY))


def test_every_question_that_synthesis_asks_binds():
    synthesis, failed = Synthesis(random.Random(11), []), []
    for _ in range(60):
        example = synthesis.draw()
        if example.reading == ("decline",):
            continue
        sql = render(example.reading, example.schema, TODAY)
        with built(example.schema) as connection:
            try:
                connection.execute(f"EXPLAIN {sql}")
            except duckdb.Error as error:
                failed.append((sql, str(error)))
    assert not failed


def test_students_and_courses_are_tied_by_what_is_taken_not_by_a_department_that_both_have():
    def named(name: str, *keys: str) -> Table:
        return Table(name, (Column("id", "INTEGER"), *(Column(key, "INTEGER") for key in keys)), ("id",))

    schema = Schema(
        (
            named("departments"), named("students", "department_id"), named("courses", "department_id"),
            named("sections", "course_id"), named("takes", "student_id", "section_id"),
        ),
        (
            ForeignKey("students", ("department_id",), "departments", ("id",)),
            ForeignKey("courses", ("department_id",), "departments", ("id",)),
            ForeignKey("sections", ("course_id",), "courses", ("id",)),
            ForeignKey("takes", ("student_id",), "students", ("id",)),
            ForeignKey("takes", ("section_id",), "sections", ("id",)),
        ),
    )  # fmt: skip
    assert [name for name, _ in join_path(schema, ["students", "courses"])] == [
        "students", "takes", "sections", "courses",
    ]  # fmt: skip
    asked = join_path(schema, ["students", "courses", "departments"])
    assert {name for name, _ in asked} == {"students", "courses", "departments"}
    alone = Schema(schema.tables[:3], schema.foreign_keys[:2])
    assert [name for name, _ in join_path(alone, ["students", "courses"])] == ["students", "departments", "courses"]


def test_a_rank_beside_a_total_is_no_key_to_group_by(databases):
    reading = ("select", column("books.title"), "rank", column("books.price"), "sum", column("books.cost"), "end")
    sql = render(reading, LIBRARY, TODAY)
    assert sql.endswith("GROUP BY title")
    databases["library"].execute(f"EXPLAIN {sql}")


NUMERALS = Schema((Table("rooms", (Column("kind", "VARCHAR"), Column("beds", "VARCHAR"), Column("price", "DOUBLE"))),))
BEDS, PRICE_OF_ROOM = Leaf("column", "rooms", "beds"), Leaf("column", "rooms", "price")


@pytest.mark.parametrize(
    ("condition", "sql"),
    [
        ((">", BEDS, number("9")), "try_cast(beds AS DOUBLE) > 9"),
        (("between", BEDS, number("2"), number("10")), "try_cast(beds AS DOUBLE) BETWEEN 2 AND 10"),
        ((">", BEDS, "0"), "try_cast(beds AS DOUBLE) > 0"),
        (("<", BEDS, PRICE_OF_ROOM), "try_cast(beds AS DOUBLE) < price"),
        (("=", BEDS, number("9")), "beds = '9'"),
    ],
)
def test_text_that_spells_numbers_is_compared_as_they_are(condition, sql):
    reading = ("select", Leaf("table", "rooms"), "where", *condition, "end")
    written = render(reading, NUMERALS, dt.date(2024, 6, 15))
    assert written == f"SELECT * FROM rooms WHERE {sql}"
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE rooms AS SELECT * FROM (VALUES ('a', '10', 7.0), ('b', '9', 12.0)) t(kind, beds, price)"
        )
        connection.sql(written).fetchall()


def test_text_is_compared_with_the_average_of_the_numbers_that_it_spells():
    reading = ("select", BEDS, "where", ">", BEDS, "select", "avg", BEDS, "end", "end")
    written = render(reading, NUMERALS, dt.date(2024, 6, 15))
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE rooms(kind VARCHAR, beds VARCHAR, price DOUBLE)")
        connection.execute("INSERT INTO rooms VALUES ('a', '10', 7), ('b', '9', 12), ('c', 'none', 1)")
        assert connection.sql(written).fetchall() == [("10",)]


def test_halves_of_what_is_looked_for_are_of_one_kind():
    inner = ("select", BEDS, "except", "select", PRICE_OF_ROOM, "end")
    with pytest.raises(ParserError, match="of one kind"):
        render(("select", BEDS, "where", "in", BEDS, *inner, "end"), NUMERALS, dt.date(2024, 6, 15))
