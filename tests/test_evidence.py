"""Evidence against readings, and confidence across folds of databases."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from nl2sql.evaluation.calibrate import Ablation, written_outcomes
from nl2sql.evaluation.fitting import (
    Judged,
    Outcome,
    Taken,
    across_folds,
    fit_confidence,
    probability,
    take,
)
from nl2sql.evaluation.hardness import hardness
from nl2sql.evaluation.reliability import calibration_error, coverage_at, reliability
from nl2sql.linking import ValueIndex, split_words
from nl2sql.parsers.builtin import weights
from nl2sql.parsers.builtin.evidence import contradicting, evidence, idle_totals, repeated, unasked, unstored
from nl2sql.parsers.builtin.features import Inputs, encode, find_links
from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.parser import BuiltinParser
from nl2sql.parsers.builtin.roles import with_roles
from nl2sql.schema import Column, ForeignKey, Schema, Table

SHOP = Schema(
    (
        Table("customers", (Column("id", "INTEGER"), Column("name", "VARCHAR"), Column("city", "VARCHAR")), ("id",)),
        Table(
            "orders", (Column("id", "INTEGER"), Column("customer_id", "INTEGER"), Column("total", "DOUBLE")), ("id",)
        ),
    ),
    (ForeignKey("orders", ("customer_id",), "customers", ("id",)),),
)
NAME, TOTAL = Leaf("column", "customers", "name"), Leaf("column", "orders", "total")


def found(question: str, *reading: object) -> dict[str, float]:
    pieces, special = weights.load_pieces()
    inputs = encode(question, SHOP, find_links(question, None, SHOP), pieces, special)
    return evidence(("select", *reading, "end"), inputs, SHOP)


def test_numbers_left_out_and_keys_added_up():
    assert found("orders with a total over 50", Leaf("table", "orders"))["unused"] == 1
    assert "unused" not in found("total over 50", TOTAL, "where", ">", TOTAL, Leaf("number", value="50", text="50"))
    assert found("sum of ids", "sum", Leaf("column", "orders", "id"))["key_totals"] == 1


def test_columns_that_groups_do_not_settle():
    name, city, table = NAME, Leaf("column", "customers", "city"), Leaf("table", "orders")
    own = Leaf("column", "orders", "customer_id")
    assert found("customers by orders", name, "count", table, "group", city)["loose"] == 1
    assert "loose" not in found("customers by orders", name, "count", table, "group", own)


def test_a_join_by_way_of_what_two_tables_share_is_counted():
    parts = tuple(
        Table(name, (Column("id", "INTEGER"), Column("customer_id", "INTEGER"), Column("note", "VARCHAR")), ("id",))
        for name in ("visits", "calls")
    )
    keys = tuple(ForeignKey(table.name, ("customer_id",), "customers", ("id",)) for table in parts)
    schema = Schema((SHOP.tables[0], *parts), keys)
    pieces, special = weights.load_pieces()
    question = "notes of visits and calls"
    inputs = encode(question, schema, find_links(question, None, schema), pieces, special)
    shown = Leaf("column", "visits", "note"), Leaf("column", "calls", "note")
    assert evidence(("select", *shown, "end"), inputs, schema)["fans"] == 1
    assert "fans" not in evidence(("select", NAME, *shown, "end"), inputs, schema)
    assert "fans" not in evidence(("select", shown[0], "union", "select", shown[1], "end"), inputs, schema)
    among = ("select", shown[0], "where", "in", Leaf("column", "visits", "customer_id"))
    inner = ("select", Leaf("column", "calls", "customer_id"), "end")
    assert "fans" not in evidence((*among, *inner, "end"), inputs, schema)


def test_a_key_that_is_followed_to_a_table_and_to_its_role():
    stations = Table("stations", (Column("id", "INTEGER"), Column("city", "VARCHAR")), ("id",))
    columns = ("id", "start_station_id", "end_station_id")
    schema = with_roles(Schema((stations, Table("trips", tuple(Column(one, "INTEGER") for one in columns), ("id",)))))
    pieces, special = weights.load_pieces()
    question = "cities of trips"
    inputs = encode(question, schema, find_links(question, None, schema), pieces, special)
    trips, city = (
        Leaf("table", "trips"),
        [Leaf("column", name, "city") for name in ("start_station", "end_station", "stations")],
    )
    assert evidence(("select", city[0], city[2], "from", trips, "end"), inputs, schema)["echoed"] == 1
    assert "echoed" not in evidence(("select", city[0], city[1], "from", trips, "end"), inputs, schema)


def test_totals_of_what_is_grouped_by_say_nothing():
    group = ("group", NAME)
    assert idle_totals(("select", NAME, *group, "having", ">", "count", "distinct", NAME, "1", "end")) == 1
    assert idle_totals(("select", NAME, "max", NAME, *group, "end")) == 1
    assert idle_totals(("select", NAME, "count", NAME, *group, "desc", "sum", TOTAL, "end")) == 0
    assert idle_totals(("no", "reading")) == 0


def test_a_column_that_is_to_be_two_things_at_once():
    city = Leaf("column", "customers", "city")
    oslo, rome = ("=", city, Leaf("text", text="Oslo")), ("=", city, Leaf("text", text="Rome"))
    assert contradicting(("select", NAME, "where", "and", *oslo, *rome, "end")) == 1
    assert contradicting(("select", NAME, "where", "and", *oslo, "and", ">", TOTAL, "1", *rome, "end")) == 1
    assert contradicting(("select", NAME, "where", "and", "null", city, "not_null", city, "end")) == 1
    assert contradicting(("select", NAME, "where", "and", "not_null", city, *oslo, "end")) == 0
    assert contradicting(("select", NAME, "where", "or", *oslo, *rome, "end")) == 0
    dear = (">", TOTAL, "1")
    assert contradicting(("select", NAME, "where", "and", *oslo, "or", *rome, *dear, "end")) == 1
    assert contradicting(("select", NAME, "where", "and", *dear, "or", *rome, *oslo, "end")) == 0
    assert contradicting(("select", NAME, "where", *oslo, "intersect", "select", NAME, "where", *rome, "end")) == 0


@pytest.mark.parametrize(
    ("question", "reading", "count"),
    [
        ("average, lowest and total", ("avg", TOTAL), 0), ("average, min and total", ("avg", TOTAL), 2),
        ("min and max total", ("min", TOTAL, "max", TOTAL), 0),
        ("total and average", ("count", TOTAL, "avg", TOTAL), 0),
        ("total and average", ("avg", TOTAL), 1), ("the runner-up", (NAME, "desc", TOTAL, "second"), 0),
        ("the runner-up", (NAME, "desc", TOTAL, "1"), 1), ("third largest order", (NAME, "second"), 1),
        ("the second-best customer", (NAME,), 1), ("orders of the second quarter", (NAME,), 0),
    ],
)  # fmt: skip
def test_what_is_asked_for_in_so_many_words(question, reading, count):
    assert found(question, *reading).get("unasked", 0) == count


def test_what_the_question_before_asked_for_may_be_left_out():
    words = split_words("the runner-up, and the total")
    assert unasked(("select", NAME, "end"), Inputs("the runner-up, and the total", words, earlier=4)) == 0
    assert unasked(("select", NAME, "end"), Inputs("the runner-up, and the total", words, earlier=len(words))) == 0


def test_a_slip_of_a_column_is_read_as_the_column():
    pieces, special = weights.load_pieces()
    laid = []
    for asked in ("customers by city", "custommers by city"):
        inputs = encode(asked, SHOP, find_links(asked, None, SHOP), pieces, special)
        assert inputs.question == asked
        laid.append((inputs.pieces, inputs.features, inputs.related))
    assert laid[0] == laid[1]


def test_two_values_of_the_same_words():
    asked = "orders from 1990 to 1999"
    total = Leaf("table", "orders")
    pieces, special = weights.load_pieces()
    inputs = encode(asked, SHOP, find_links(asked, None, SHOP), pieces, special)
    periods = [item.leaf for item in inputs.items if item.kind == "mention" and item.leaf.kind == "date"]
    longest = max(periods, key=lambda leaf: len(leaf.text))
    ending = next(leaf for leaf in periods if leaf.text == "1999")
    once = ("where", "=", TOTAL, longest)
    assert "overlapping" not in found(asked, total, *once)
    assert found(asked, total, "where", "and", *once[1:], "=", TOTAL, ending)["overlapping"] == 1


def test_what_is_said_twice():
    days = Leaf("column", "orders", "placed"), Leaf("column", "orders", "paid")
    other = Leaf("number", value="5", text="5")
    assert repeated(("select", "days", days[0], days[0], "end")) == 1
    assert repeated(("select", "divide", "sum", TOTAL, "sum", TOTAL, "end")) == 1
    assert repeated(("select", NAME, NAME, "end")) == 1
    assert repeated(("select", NAME, "where", "or", ">", TOTAL, other, ">", TOTAL, other, "end")) == 1
    assert not repeated(("select", NAME, TOTAL, "where", "or", ">", TOTAL, other, "<", TOTAL, other, "end"))
    both = ("and", "null", days[0], "and", ">", TOTAL, other, "null", days[0])
    assert repeated(("select", NAME, "where", *both, "end")) == 1
    assert repeated(("select", NAME, "group", NAME, "having", ">", "sum", TOTAL, "sum", TOTAL, "end")) == 1
    assert not repeated(("select", "days", *days, "end"))
    eight = Leaf("number", value="8", text="8")
    assert repeated(("select", NAME, "where", "and", ">", TOTAL, other, ">=", TOTAL, eight, "end")) == 1
    assert not repeated(("select", NAME, "where", "and", ">", TOTAL, other, "<", TOTAL, eight, "end"))
    assert not repeated(("no", "reading"))


def test_words_that_no_row_of_a_known_column_has():
    city = Leaf("column", "customers", "city")
    whole = ValueIndex([("customers", "city", "Oslo"), ("customers", "city", "Bergen")])
    partial = ValueIndex([("customers", "city", "Oslo")], [("customers", "city")])

    def count(operator: str, text: str, values: ValueIndex) -> int:
        return unstored(("select", NAME, "where", operator, city, Leaf("text", text=text), "end"), values)

    assert count("=", "Paris", whole) == 1
    assert count("=", "oslo", whole) == count("=", "Paris", partial) == 0
    assert count("contains", "vpn", whole) == 1
    assert count("contains", "ERG", whole) == 0
    assert found("customers in Paris", NAME).get("unstored", 0) == 0


def test_what_counts_more_moves_a_confidence_more():
    sure = [Taken(True, -0.1, 5.0, weight=3.0)] * 10 + [Taken(False, -0.1, 5.0)] * 10
    assert probability(fit_confidence(sure), sure[0]) == pytest.approx(0.75, abs=0.02)


def test_written_questions_that_are_held_out_are_judged_by_their_rows():
    found = list(islice(written_outcomes(BuiltinParser(), Ablation()), 6))
    assert {one.db_id for one in found} == {"bank"}
    assert all(one.readings and one.gold_sql.startswith("SELECT") for one in found)
    assert any(reading.correct for one in found for reading in one.readings)


def outcomes(count: int, seed: int = 3) -> list[Outcome]:
    """Beams in which a stored value left out tells the wrong readings, whatever the model's score says."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        right = rng.randrange(3)
        readings = tuple(
            Judged(rng.uniform(-2, 0), {"unused": float(place != right)}, place == right) for place in range(3)
        )
        made.append(Outcome(f"db{number % 12}", "q", "SELECT 1", readings))
    return made


def test_evidence_tells_right_from_wrong():
    held = outcomes(120)
    likeliest = sum(max(one.readings, key=lambda reading: reading.score).correct for one in held)
    assert sum(take(one).correct for one in held) > likeliest + 30
    sure = across_folds([*held, Outcome("db1", "q", "SELECT 1", ())])
    assert all(0 < one < 1 for one in sure[:-1])
    assert sure[-1] == 0


def test_what_does_not_run_is_passed_over():
    readings = (Judged(-0.1, {}, None), Judged(-1.0, {}, True), Judged(-3.0, {}, False))
    taken = take(Outcome("db", "q", "SELECT 1", readings))
    assert taken.correct and taken.margin == pytest.approx(2.0)
    assert take(Outcome("db", "q", "SELECT 1", readings[:1])) is None


def test_calibration_and_coverage():
    correct, sure = [True, True, False, True, False], [0.95, 0.9, 0.85, 0.4, 0.1]
    assert calibration_error([True, False], [0.5, 0.5]) == 0
    assert calibration_error([True, True], [0.9, 0.9]) == pytest.approx(0.1)
    assert [size for _, _, size in reliability(correct, sure)] == [1, 1, 1, 2]
    assert coverage_at(correct, sure, 1.0) == 0.4
    assert coverage_at(correct, sure, 0.6) == 1.0
    assert coverage_at([False], [0.9], 0.5) == 0.0


@pytest.mark.parametrize(
    ("sql", "level"),
    [
        ("SELECT name FROM singer", "easy"),
        ("SELECT count(*) FROM singer WHERE age > 20", "easy"),
        ("SELECT name, age FROM singer ORDER BY age DESC", "medium"),
        ("SELECT country, count(*) FROM singer GROUP BY country", "medium"),
        ("SELECT name FROM stadium WHERE id NOT IN (SELECT stadium_id FROM concert)", "hard"),
        ("SELECT T1.name, count(*) FROM a AS T1 JOIN b AS T2 ON T1.id = T2.a WHERE T2.x > 3 AND T2.y = 4 GROUP BY T1.id"
         " ORDER BY count(*) DESC LIMIT 1", "extra"),
        ("nothing that parses (", "extra"),
    ],
)  # fmt: skip
def test_hardness(sql, level):
    assert hardness(sql) == level


def test_the_number_of_a_place_is_not_left_out():
    assert "unused" not in found("who has the 2nd highest total", NAME, "desc", TOTAL, "second")
    assert found("who has the 2nd highest total", NAME, "desc", TOTAL, "limit1")["unused"] == 1


def test_a_word_that_only_implies_today_may_be_left_out():
    due = Leaf("column", "orders", "total"), Leaf("text", text="overdue")
    assert "unused" not in found("overdue orders", Leaf("table", "orders"), "where", "=", *due)
    assert "unused" not in found("overdue orders", Leaf("table", "orders"))
    assert found("orders of today", Leaf("table", "orders"))["unused"] == 1
