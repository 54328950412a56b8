"""Questions of one schema asked of another: what becomes a pattern, and what a pattern makes of other tables."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from nl2sql.linking import ValueIndex
from nl2sql.parsers.builtin import transplant
from nl2sql.parsers.builtin.convert import to_reading
from nl2sql.parsers.builtin.corpus import TrainingExample
from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.synthesis import things_of
from nl2sql.parsers.builtin.synthetic_schema import Things
from nl2sql.schema import Column, ForeignKey, Schema, Table
from tests.builtin_world import built

TODAY = dt.date(2024, 6, 15)
ZOO = Schema(
    (
        Table(
            "keepers",
            (Column("id", "INTEGER"), Column("name", "VARCHAR"), Column("wage", "DOUBLE"), Column("town", "VARCHAR")),
            ("id",),
        ),
        Table(
            "animals",
            (
                Column("id", "INTEGER"), Column("keeper_id", "INTEGER"), Column("name", "VARCHAR"),
                Column("weight", "DOUBLE"), Column("species", "VARCHAR"),
            ),
            ("id",),
        ),
    ),
    (ForeignKey("animals", ("keeper_id",), "keepers", ("id",)),),
)  # fmt: skip
ZOO_VALUES = ValueIndex([("animals", "species", one) for one in ("lion", "seal")])
FLEET = Schema(
    (
        Table(
            "drivers",
            (Column("id", "INTEGER"), Column("name", "VARCHAR"), Column("age", "INTEGER"), Column("city", "VARCHAR")),
            ("id",),
        ),
        Table(
            "trucks",
            (
                Column("id", "INTEGER"), Column("driver_id", "INTEGER"), Column("title", "VARCHAR"),
                Column("mileage", "DOUBLE"), Column("brand", "VARCHAR"),
            ),
            ("id",),
        ),
    ),
    (ForeignKey("trucks", ("driver_id",), "drivers", ("id",)),),
)  # fmt: skip
FLEET_VALUES = ValueIndex([("trucks", "brand", one) for one in ("Volta", "Nordia")])


def world(schema: Schema, values: ValueIndex) -> Things:
    things = things_of(schema, values)
    assert things is not None
    return things


def patterns_of(monkeypatch, *asked: tuple[str, str]) -> list[transplant.Pattern]:
    monkeypatch.setattr(transplant, "_WIDELY_SAID", 1)
    examples = [
        TrainingExample((question,), ZOO, to_reading(sql, ZOO), "spider", "zoo", sql, ZOO_VALUES)
        for question, sql in asked
    ]
    return transplant.patterns(examples, {"zoo": world(ZOO, ZOO_VALUES)})


def asked_of_fleet(pattern: transplant.Pattern, seed: int = 0) -> list[tuple[str, str]]:
    """Some questions that the pattern makes, each with the SQL of its reading, which must bind."""
    made = transplant.Transplants(random.Random(seed), [pattern])
    fleet, found = world(FLEET, FLEET_VALUES), []
    with built(FLEET) as connection:
        for _ in range(30):
            example = made.asked(pattern, fleet)
            if example is not None:
                sql = render(example.reading, FLEET, TODAY)
                connection.execute(f"EXPLAIN {sql}")
                found.append((example.questions[0], sql))
    return found


def test_a_question_is_asked_of_another_table(monkeypatch):
    (pattern,) = patterns_of(monkeypatch, ("What is the average weight of animals?", "SELECT avg(weight) FROM animals"))
    found = dict(asked_of_fleet(pattern))
    assert found["What is the average mileage of trucks?"] == "SELECT avg(mileage) AS avg_mileage FROM trucks"
    assert found["What is the average age of drivers?"] == "SELECT avg(age) AS avg_age FROM drivers"
    assert len(found) == 2


def test_a_stored_value_is_another_one_of_its_own_column(monkeypatch):
    (pattern,) = patterns_of(
        monkeypatch, ("How many animals have species lion?", "SELECT count(*) FROM animals WHERE species = 'lion'")
    )
    found = asked_of_fleet(pattern)
    assert found
    for question, sql in found:
        assert "lion" not in question + sql
        value = next((one for one in ("Volta", "Nordia") if one in question), None)
        assert value is not None and f"lower('{value}')" in sql


def test_keys_between_tables_are_kept(monkeypatch):
    (pattern,) = patterns_of(
        monkeypatch,
        ("Show the name and wage of keepers of animals with weight above 10",
         "SELECT k.name, k.wage FROM keepers AS k JOIN animals AS a ON a.keeper_id = k.id WHERE a.weight > 10"),
    )  # fmt: skip
    assert {sql for _, sql in asked_of_fleet(pattern)} == {
        "SELECT drivers.name, drivers.age FROM drivers JOIN trucks ON trucks.driver_id = drivers.id "
        "WHERE trucks.mileage > 10"
    }


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("How heavy are animals on average?", "SELECT avg(weight) FROM animals"),
        ("Which animals have the highest weight?", "SELECT name FROM animals ORDER BY weight LIMIT 1"),
        ("What is the sum of the species of animals?", "SELECT sum(species) FROM animals"),
        ("Show the keeper of animals by weight", "SELECT keeper_id FROM animals ORDER BY weight"),
    ],
    ids=["the column is not named", "most asked, least given", "a text added up", "a key shown unnamed"],
)
def test_what_is_no_pattern(monkeypatch, question, sql):
    assert patterns_of(monkeypatch, (question, sql)) == []


def test_words_that_few_databases_use_are_no_part_of_a_pattern(monkeypatch):
    asked = ("What is the average weight of animals?", "SELECT avg(weight) FROM animals")
    example = TrainingExample((asked[0],), ZOO, to_reading(asked[1], ZOO), "spider", "zoo", asked[1], ZOO_VALUES)
    assert transplant.patterns([example], {"zoo": world(ZOO, ZOO_VALUES)}) == []


def test_drawing_gives_examples_of_the_world_asked_about(monkeypatch):
    found = patterns_of(
        monkeypatch,
        ("What is the average weight of animals?", "SELECT avg(weight) FROM animals"),
        ("List the species of animals", "SELECT species FROM animals"),
    )
    made = transplant.Transplants(random.Random(1), found)
    for _ in range(20):
        example = made.draw(world(FLEET, FLEET_VALUES))
        assert example is not None
        leaves = [one for one in example.reading if isinstance(one, Leaf)]
        assert {one.table for one in leaves} <= {"drivers", "trucks"}
