"""What computed columns are called, and that two of them never share a name."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.headings import heading
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.tree import to_tree
from nl2sql.schema import Column, Schema, Table

JUNE = dt.date(2024, 6, 15)
COLUMNS = {"region": "VARCHAR", "qty": "INTEGER", "price": "DOUBLE", "opened": "TIMESTAMP", "closed": "TIMESTAMP",
           "is_new": "BOOLEAN", "percent": "DOUBLE"}  # fmt: skip
SALES = Schema((Table("sales", tuple(Column(name, type_) for name, type_ in COLUMNS.items())),))
ROWS = Leaf("table", "sales")
REGION, QTY, PRICE, OPENED, CLOSED, IS_NEW = (Leaf("column", "sales", name) for name in list(COLUMNS)[:6])
UK = "=", REGION, Leaf("anchor", "sales", "region", "U.K. & Ireland")
TEN = Leaf("number", value="10", text="10")


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (("count", ROWS), "count"),
        (("count", "distinct", REGION), "count_region"),
        (("sum", "multiply", QTY, PRICE), "sum_qty_times_price"),
        (("avg", "days", OPENED, CLOSED), "avg_days"),
        (("max", "hours", OPENED, CLOSED), "max_hours"),
        (("when", "count", ROWS, "true", IS_NEW), "count_is_new"),
        (("when", "count", ROWS, "false", IS_NEW), "count_not_is_new"),
        (("when", "sum", PRICE, *UK), "sum_price_u_k_ireland"),
        (("when", "sum", PRICE, ">", QTY, TEN), "sum_price_over_10"),
        (("when", "sum", PRICE, "null", CLOSED), "sum_price_without_closed"),
        (("when", "sum", PRICE, "and", *UK, "true", IS_NEW), "sum_price"),
        (("divide", "sum", PRICE, "sum", QTY), "sum_price_per_sum_qty"),
        (("divide", "subtract", PRICE, QTY, QTY), "ratio"),
        (("subtract", "1", PRICE), "difference"),
        (("multiply", "100", "divide", PRICE, QTY), "percent"),
        (("divide", PRICE, TEN), "ratio"),
        (("share", "sum", PRICE), "percent"),
        (("month", OPENED), "month"),
        ((PRICE,), "price"),
    ],
    ids=str,
)
def test_a_computed_column_says_what_was_computed(item, name):
    (node,) = to_tree(("select", *item, "end")).items
    assert heading(node) == name


def test_no_two_columns_are_called_the_same_and_none_as_a_column_of_the_tables():
    twice = ("when", "sum", PRICE, "and", *UK, "true", IS_NEW)
    reading = ("select", *twice, "when", "sum", PRICE, "and", *UK, "false", IS_NEW, "rate", "true", IS_NEW, "end")
    sql = render(reading, SALES, JUNE)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE sales ({', '.join(f'{name} {of}' for name, of in COLUMNS.items())})")
        names = [column[0] for column in connection.sql(sql).description]
    assert names == ["sum_price", "sum_price_2", "percent_2"]


def test_hours_are_exact():
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE sales AS SELECT TIMESTAMP '2024-06-01 10:59' opened, TIMESTAMP '2024-06-01 12:29' closed"
        )
        assert connection.sql(render(("select", "hours", OPENED, CLOSED, "end"), SALES, JUNE)).fetchall() == [(1.5,)]
        split = ("select", "divide", TEN, "hours", OPENED, CLOSED, "end")
        assert connection.sql(render(split, SALES, JUNE)).fetchall() == [(pytest.approx(10 / 1.5),)]
