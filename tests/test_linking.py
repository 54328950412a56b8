"""Linking: stored values that words may mean (lines of linking.jsonl), what is never indexed, numbers and names."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nl2sql.engine.base import ResultSet
from nl2sql.errors import EngineError
from nl2sql.linking import ValueIndex, match_names, normal_form, respelled, split_name, split_words, stem
from nl2sql.numerals import find_numbers
from nl2sql.schema import Column, Schema, Table

LINES = [
    json.loads(line)
    for line in (Path(__file__).parent / "linking.jsonl").read_text(encoding="utf-8").splitlines()
]  # fmt: skip


def index(stored: dict[str, list[str]]) -> ValueIndex:
    return ValueIndex((*place.split("."), value) for place, values in stored.items() for value in values)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["question"])
def test_stored_values_that_words_mean(line):
    words = split_words(line["question"])
    found = [
        [line["question"][words[one.start].start : words[one.end - 1].end], f"{one.table}.{one.column}", one.value,
         one.kind]
        for one in index(line["stored"]).find(words)
    ]  # fmt: skip
    assert found == line["matches"]


@settings(max_examples=80)
@given(st.text(max_size=200), st.lists(st.text(max_size=100), max_size=8))
def test_no_text_breaks_linking(question, values):
    words = split_words(question)
    assert all(question[word.start : word.end] == word.text for word in words)
    found = index({"t.a": values}).find(words)
    assert len(found) <= 24
    for one in found:
        assert one.value in values
        assert 0 <= one.start < one.end <= len(words)
    for mention in find_numbers(question, words):
        assert 0 <= mention.start < mention.end <= len(words)
    match_names(words, question, values)


# -- what is indexed --------------------------------------------------------------------------------------------------


class Shop:
    """A database whose statements are kept."""

    def __init__(self, *statements: str) -> None:
        self.connection = duckdb.connect()
        self.asked: list[str] = []
        for statement in statements:
            self.connection.execute(statement)

    def fetch(self, sql: str) -> ResultSet:
        self.asked.append(sql)
        return ResultSet(self.connection.sql(sql).to_arrow_table(), (), False, 0.0)


def test_hidden_private_and_other_columns_are_not_read():
    columns = (
        Column("name", "VARCHAR"), Column("card", "VARCHAR", private=True), Column("pin", "VARCHAR", hidden=True),
        Column("age", "INTEGER"),
    )  # fmt: skip
    shop = Shop("CREATE TABLE people AS SELECT 'Ann' AS name, '4111' AS card, 'secret' AS pin, 41 AS age")
    values = ValueIndex.build(Schema((Table("people", columns),)), shop.fetch)
    assert len(shop.asked) == 1
    assert not any(word in shop.asked[0] for word in ("card", "pin", "age"))
    assert values.size == 1
    assert values.find(split_words("4111 secret 41")) == ()
    assert values.is_whole("people", "name")
    assert not values.is_whole("people", "card")


def test_a_column_of_many_values_is_indexed_in_part_the_frequent_first():
    shop = Shop(
        f"CREATE TABLE t AS SELECT 'v' || range AS a FROM range({ValueIndex.PER_COLUMN + 50})",
        "INSERT INTO t SELECT 'often' FROM range(3)",
        "INSERT INTO t VALUES (NULL), ('')",
    )
    values = ValueIndex.build(Schema((Table("t", (Column("a", "VARCHAR"),)),)), shop.fetch)
    assert ValueIndex.PER_COLUMN - 1 <= values.size <= ValueIndex.PER_COLUMN  # the empty text is no value
    assert values.of_column("t", "a")[0] == "often"
    assert values.commonest("t", "a", 1) == ("often",)
    assert values.partial == {("t", "a")}
    assert not values.is_whole("t", "a")


def test_the_whole_index_has_a_bound(monkeypatch):
    monkeypatch.setattr(ValueIndex, "TOTAL", 2)
    shop = Shop("CREATE TABLE t AS SELECT * FROM (VALUES ('a', 'x'), ('b', 'y'), ('c', 'z')) v(p, q)")
    values = ValueIndex.build(Schema((Table("t", (Column("p", "VARCHAR"), Column("q", "VARCHAR"))),)), shop.fetch)
    assert len(shop.asked) == 1
    assert values.is_whole("t", "p")
    assert values.partial == {("t", "q")}


def test_odd_names_long_texts_and_other_text_types_are_read():
    shop = Shop(
        'CREATE SCHEMA "my sales"',
        'CREATE TABLE "my sales"."o""rder" ("na""me" VARCHAR, kind ENUM(\'big\', \'small\'))',
        f"INSERT INTO \"my sales\".\"o\"\"rder\" VALUES ('Ann', 'big'), ('{'x' * 81}', 'small')",
    )
    table = Table('o"rder', (Column('na"me', "VARCHAR"), Column("kind", "ENUM('big', 'small')")), namespace="my sales")
    values = ValueIndex.build(Schema((table,)), shop.fetch)
    assert values.of_column('o"rder', 'na"me') == ("Ann",)
    assert set(values.of_column('o"rder', "kind")) == {"big", "small"}


def test_a_column_that_cannot_be_read_costs_only_itself():
    def fetch(sql: str) -> ResultSet:
        if "broken" in sql:
            raise EngineError("The view is broken.")
        return Shop("CREATE TABLE t AS SELECT 'x' AS fine").fetch(sql)

    table = Table("t", (Column("broken", "VARCHAR"), Column("fine", "VARCHAR")))
    values = ValueIndex.build(Schema((table,)), fetch)
    assert values.of_column("t", "fine") == ("x",)
    assert values.partial == {("t", "broken")}


def test_words_of_one_family_are_near_spellings_in_columns_of_few_values():
    stored = index({"visits.status": ["Cancelled", "Vaccination", "Remote"]})
    for word, value in (("cancellation", "Cancelled"), ("vaccinated", "Vaccination"), ("remotely", "Remote")):
        (match,) = stored.find(split_words(f"who was {word}"))
        assert (match.value, match.kind) == (value, "fuzzy")
    assert not stored.find(split_words("can of vats"))


def test_a_word_finds_the_values_of_few_that_have_it():
    stages = ("Closed Won", "Closed Lost", "In Progress")
    index = ValueIndex([("deals", "stage", one) for one in stages])
    assert [(one.value, one.kind) for one in index.find(split_words("won deals"))] == [("Closed Won", "fuzzy")]
    assert {one.value for one in index.find(split_words("closed deals"))} == {"Closed Won", "Closed Lost"}
    assert not index.find(split_words("deals in the north"))
    many = ValueIndex([("people", "name", f"Ann {letter}{other}oe") for letter in "ABCDEF" for other in "abcdef"])
    assert not many.find(split_words("people called ann"))


def test_long_values_leave_the_words_of_the_others_to_be_found():
    stages = ("Closed Won", "Closed Lost", "Waiting for the client to sign")
    stored = index({"deals.stage": list(stages)})
    assert [one.value for one in stored.find(split_words("won deals"))] == ["Closed Won"]
    assert not stored.find(split_words("deals that wait for a client"))
    assert not index({"deals.note": [stages[0], stages[2], "Called back by the client"]}).find(split_words("won deals"))


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("orders from Acme", ["Acme Corp"]), ("acme's orders", ["Acme Corp"]), ("orders from acme", []),
        ("Orders From Acme", []), ("Acme orders", []), ("orders of the Group", []), ("orders in June", []),
        ("orders of New", []), ("the French orders", []), ("orders about Leaks", []),
    ],
)  # fmt: skip
def test_a_name_finds_the_few_of_many_values_that_have_it(question, values):
    few = ["Acme Corp", "June Carter", "New Horizons", "French Fries", "Leaks were found in it"]
    stored = index({"customers.name": [*few, *(f"Client{number} Group" for number in range(300))]})
    assert [one.value for one in stored.find(split_words(question))] == values
    places = [("customers", "name", one) for one in stored.of_column("customers", "name")]
    assert not ValueIndex(places, [("customers", "name")]).find(split_words(question))


@pytest.mark.parametrize("said", ["computer science department", "comp sci courses", "computer sci. staff"])
def test_values_that_abbreviate_what_is_said_or_the_other_way(said):
    for stored in ("Comp. Sci.", "Computer Science"):
        index = ValueIndex([("course", "dept", one) for one in (stored, "Elec. Eng.", "Physics")])
        found = [one.value for one in index.find(split_words(said))]
        assert found[:1] == [stored], (said, stored)
    assert not ValueIndex([("course", "dept", "Comp. Sci.")]).find(split_words("computer studies"))


def test_values_that_are_stored_in_several_cases_are_known():
    stored = index({"shops.city": ["Lyon", "LYON", "São Paulo", "Sao Paulo"], "people.city": ["lyon"]})
    assert stored.in_several_cases("shops", "city", "Lyon")
    assert not stored.in_several_cases("people", "city", "lyon")
    assert not stored.in_several_cases("shops", "city", "Sao Paulo")  # told apart by an accent, not by case
    assert not stored.in_several_cases("shops", "city", "Paris")


def test_words_of_one_family_are_not_sought_among_many_values():
    many = [f"value{number}" for number in range(200)]
    stored = index({"visits.remark": [*many, "Cancelled"]})
    assert not stored.find(split_words("the cancellations"))


def test_stored_spelling_of_a_text():
    values = index({"t.city": ["São Paulo", "New York", "Reading"]})
    assert values.stored("t", "city", "SAO PAULO") == "São Paulo"
    assert values.stored("t", "city", "new yorks") == "New York"
    assert values.stored("t", "city", "Readng") == "Reading"
    assert values.stored("t", "city", "Rome") is None
    assert values.stored("t", "nothing", "Rome") is None


# -- words, names, numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("more than 5", [5]), ("1,200 rows", [1200]), ("2.5 million", [2.5e6]), ("10k", [10_000]), ("-3 degrees", [-3]),
        ("two hundred and 7", [200, 7]), ("twenty five", [25]), ("three thousand", [3000]), (".5 share", [0.5]),
        ("a dozen", [12]), ("x5", []), ("no numbers", []), ("5 or 6", [5, 6]), ("3bn", [3e9]),
        ("two thousand five hundred", [2500]), ("seventy-five", [75]), ("forty-two", [42]), ("half a million", [5e5]),
        ("one hundred and fifty", [150]), ("a thousand", [1000]), ("in thousand", []), ("1 mil", [1e6]),
        ("seventy eighty ninety", [70, 80, 90]), ("ids 1,2,3", [1, 2, 3]), ("5,1000", [5, 1000]), ("two dozen", [24]),
        ("between one hundred and two hundred", [100, 200]), ("between one hundred and fifty", [100, 50]),
        ("between one hundred and fifty and two hundred", [150, 200]), ("two thousand twenty three", [2023]),
        ("five hundred thousand two hundred", [500_200]), ("a thousand and one", [1001]), ("ten-twenty", [10, 20]),
        ("twenty-five hundred", [2500]), ("a hundred thousand", [100_000]), ("one two", [1, 2]),
        ("2020-01-05", [2020, 1, 5]),
    ],
)  # fmt: skip
def test_numbers_in_digits_and_words(text, values):
    assert [mention.value for mention in find_numbers(text, split_words(text))] == values


def test_a_long_row_of_spelled_numbers_is_read():
    words = split_words("one hundred and " * 3000)
    assert {mention.value for mention in find_numbers("", words)} == {100}


@pytest.mark.parametrize(
    ("question", "name", "kind"),
    [
        ("list the employees", "employee", "exact"), ("joined dates", "date_joined", "partial"),
        ("average unit prices", "unitPrice", "exact"), ("the total", "total", "exact"), ("salaries", "salary", "exact"),
        ("customers", "orders", "none"), ("", "orders", "none"), ("what is the id", "order_id", "none"),
    ],
)  # fmt: skip
def test_how_words_match_names(question, name, kind):
    assert match_names(split_words(question), name)[0] == kind


def test_other_names_count_too():
    assert match_names(split_words("how many workers"), "employees", ("staff", "workers")) == ("exact", frozenset({2}))


@pytest.mark.parametrize("name", ["", "$", "--", "🙂"])
def test_names_without_letters_match_nothing(name):
    assert split_name(name) == ()
    assert match_names(split_words("$ -- 🙂"), name) == ("none", frozenset())


@pytest.mark.parametrize(
    ("question", "mended"),
    [
        ("rent by neigborhood", "rent by neighbourhood"), ("rent by nieghbourhoods", "rent by neighbourhood"),
        ("acounts we lost", "account we lost"), ("Departmnet heads", "department heads"),
        ("the acc0unts", "the acc0unts"),
        ("who are the payers", "who are the payers"), ("expiring soon", "expiring soon"), ("oders", "oders"),
        ("all invocie dates", "all invoice dates"), ("invoiced in May", "invoiced in May"), ("countries", "countries"),
    ],
)  # fmt: skip
def test_slips_of_names_are_mended(question, mended):
    names = [
        "neighbourhood",
        "account_name",
        "Department",
        "orders",
        "player",
        "Expiry",
        "invoice_dt",
        "County",
        "counts",
    ]
    words = split_words(question)
    known = {"countries", "dates", "heads"}
    found = respelled(words, range(len(words)), names, known.__contains__)
    assert " ".join(word.text for word in found) == mended
    assert [(word.start, word.end) for word in found] == [(word.start, word.end) for word in words]


def test_a_slip_of_two_names_alike_stays():
    words = split_words("by regiom")
    assert respelled(words, [1], ["region"], str.isupper)[1].text == "region"
    assert respelled(words, [1], ["region", "regios"], str.isupper) == words
    assert respelled(words, [], ["region"], str.isupper) == words


def test_forms():
    assert normal_form("  Ça—va?  ") == "ca va"
    assert [stem(word) for word in ("Stopped", "running", "is", "bus", "classes", "women")] == [
        "stop", "run", "is", "bus", "class", "women",
    ]  # fmt: skip
