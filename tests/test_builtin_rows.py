"""The built-in parser's SQL over a few rows, where it easily gives wrong ones: joins, order in time, NULLs, days."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from nl2sql.parsers.builtin.corpus import read_schema
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.joins import join_path
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.roles import with_roles

TODAY = dt.date(2024, 6, 15)
ROWS = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR);
CREATE TABLE films (id INTEGER PRIMARY KEY, title VARCHAR, director_id INTEGER REFERENCES people (id));
CREATE TABLE castings (film_id INTEGER REFERENCES films (id), person_id INTEGER REFERENCES people (id));
INSERT INTO people VALUES (1, 'Dir'), (2, 'Act'), (3, 'Bea');
INSERT INTO films VALUES (1, 'F', 1);
INSERT INTO castings VALUES (1, 2), (1, 3);

CREATE TABLE branches (id INTEGER PRIMARY KEY, city VARCHAR);
CREATE TABLE clients (id INTEGER PRIMARY KEY, segment VARCHAR, branch_id INTEGER REFERENCES branches (id));
CREATE TABLE transactions (id INTEGER PRIMARY KEY, amount INTEGER, client_id INTEGER REFERENCES clients (id),
                           branch_id INTEGER REFERENCES branches (id));
CREATE TABLE visits (id INTEGER PRIMARY KEY, branch_id INTEGER REFERENCES branches (id));
INSERT INTO branches VALUES (1, 'Oslo'), (2, 'Rome');
INSERT INTO visits VALUES (1, 1), (2, 1);
INSERT INTO clients VALUES (1, 'retail', 1), (2, 'retail', 1), (3, 'retail', 1);
INSERT INTO transactions VALUES (1, 100, 1, 1), (2, 30, 2, 2);

CREATE TABLE takings (region VARCHAR, taken_on DATE, amount INTEGER, first_name VARCHAR, last_name VARCHAR);
INSERT INTO takings VALUES ('x', '2023-12-05', 10, 'Cy', 'Ash'), ('x', '2024-01-05', 12, 'Al', 'Ash'),
                           ('y', '2023-12-09', 5, 'Bo', 'Elm'), ('y', '2024-01-09', 8, 'Bo', 'Elm');

CREATE TABLE buyers (id INTEGER PRIMARY KEY, name VARCHAR);
CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer_id INTEGER REFERENCES buyers (id), due_on DATE,
                     delivered_at TIMESTAMP);
INSERT INTO buyers VALUES (1, 'Ann'), (2, 'Ben');
INSERT INTO orders VALUES (1, 1, '2024-01-05', '2024-01-05 14:00'), (2, 1, '2024-01-05', '2024-01-06 09:00'),
                          (3, NULL, '2024-02-01', '2024-01-31 08:00'), (4, NULL, '2024-02-01', '2024-01-31 08:00');
CREATE TABLE holidays (called VARCHAR, day DATE);
INSERT INTO holidays VALUES ('Founding', '2024-01-06');

CREATE TABLE goods (id INTEGER PRIMARY KEY, title VARCHAR, kind VARCHAR, price INTEGER);
INSERT INTO goods VALUES (1, 'pen', 'office', 2), (2, 'desk', 'office', 200), (3, 'mug', 'kitchen', 6);

CREATE TABLE kinds (name VARCHAR PRIMARY KEY);
CREATE TABLE items (name VARCHAR, weight INTEGER);
"""


def col(place: str) -> Leaf:
    return Leaf("column", *place.split("."))


def said(words: str) -> Leaf:
    return Leaf("text", text=words)


@pytest.fixture(scope="module")
def ask():
    with duckdb.connect() as connection:
        connection.execute(ROWS)
        schema = with_roles(read_schema(connection))

        def rows(*reading: Action) -> list[tuple]:
            return connection.execute(render(reading, schema, TODAY)).fetchall()

        yield rows


def test_a_table_that_from_names_is_joined_before_a_shorter_way_is_taken(ask):
    where = ("where", "=", col("films.title"), said("F"))
    assert sorted(ask("select", col("people.name"), "from", Leaf("table", "castings"), *where, "end")) == [
        ("Act",), ("Bea",),
    ]  # fmt: skip


def test_rows_of_two_tables_are_not_paired_by_what_both_refer_to_where_they_refer_to_one_another(ask):
    where = ("where", "=", col("clients.segment"), said("retail"))
    city = col("branches.city")
    found = ask("select", city, "sum", col("transactions.amount"), *where, "group", city, "end")
    assert sorted(found) == [("Oslo", 100), ("Rome", 30)]


def test_of_two_tables_of_one_parent_each_row_is_counted_once(ask):
    city, counts = col("branches.city"), ("count", Leaf("table", "visits"), "count", Leaf("table", "clients"))
    assert ask("select", city, *counts, "group", city, "end") == [("Oslo", 2, 3)]


def test_change_runs_in_time_and_apart_for_each_other_key_whether_groups_are_named_or_not(ask):
    region, month = col("takings.region"), ("month", col("takings.taken_on"))
    change = ("change", "sum", col("takings.amount"))
    wanted = [("x", None), ("x", 2), ("y", None), ("y", 3)]
    for groups in ((), ("group", region, *month)):
        found = ask("select", region, *month, *change, *groups, "end")
        assert sorted(((row[0], row[2]) for row in found), key=str) == sorted(wanted, key=str)


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ((("year", col("takings.taken_on")), ("month", col("takings.taken_on"))), [15, 35]),
        (((col("takings.taken_on"),),), [10, 15, 27, 35]),
        (((col("takings.first_name"),), (col("takings.last_name"),)), [12, 25, 35]),
    ],
)
def test_running_totals_run_on_over_all_keys(ask, keys, wanted):
    plain = [action for key in keys for action in key]
    found = ask("select", *plain, "running", "sum", col("takings.amount"), "group", *plain, "end")
    assert sorted(row[-1] for row in found) == wanted


def test_what_never_was_among_groups_is_found_though_a_group_is_null(ask):
    buyer = col("orders.buyer_id")
    often = ("select", buyer, "group", buyer, "having", ">", "count", Leaf("table", "orders"), "1", "end")
    assert ask("select", col("buyers.name"), "where", "not_in", col("buyers.id"), *often, "end") == [("Ben",)]


def test_a_moment_is_late_for_a_day_when_the_day_is_over(ask):
    delivered = col("orders.delivered_at")
    assert ask("select", col("orders.id"), "where", ">", delivered, col("orders.due_on"), "end") == [(2,)]
    assert sorted(ask("select", col("orders.id"), "where", "<", col("orders.due_on"), delivered, "end")) == [(2,)]
    holidays = ("select", col("holidays.day"), "end")
    assert ask("select", col("orders.id"), "where", "in", delivered, *holidays, "end") == [(2,)]


def test_beside_the_largest_of_a_group_stands_the_row_that_has_it(ask):
    kind, title, price = col("goods.kind"), col("goods.title"), col("goods.price")
    assert sorted(ask("select", kind, title, "max", price, "group", kind, "end")) == [
        ("kitchen", "mug", 6), ("office", "desk", 200),
    ]  # fmt: skip
    assert ("office", "pen", 2) in ask("select", kind, title, "min", price, "group", kind, "end")


def test_a_name_that_is_a_key_ties_no_table_that_has_a_name_too():
    with duckdb.connect() as connection:
        connection.execute(ROWS)
        schema = read_schema(connection)
    with pytest.raises(Exception, match="No key connects"):
        join_path(schema, ["kinds", "items"])
