"""Readings that set totals beside others — shares, rates, courses, ranks — as SQL that gives the right rows."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from nl2sql.errors import ParserError
from nl2sql.parsers.builtin.grammar import START, Leaf, advance, allowed, from_text, to_text
from nl2sql.parsers.builtin.render import render
from nl2sql.schema import Column, Schema, Table

SALES = Schema(
    (
        Table(
            "sales",
            (
                Column("id", "INTEGER"), Column("region", "VARCHAR"), Column("rep", "VARCHAR"),
                Column("amount", "DOUBLE"), Column("sold", "DATE"), Column("shipped", "DATE"),
                Column("returned", "BOOLEAN"),
            ),
            ("id",),
        ),
    )
)  # fmt: skip
ROWS = """VALUES (1, 'North', 'Ann', 100.0, DATE '2024-01-05', DATE '2024-01-08', false),
    (2, 'North', 'Bob', 300.0, DATE '2024-01-20', DATE '2024-01-21', true),
    (3, 'South', 'Cy', 100.0, DATE '2024-02-02', NULL, false),
    (4, 'South', 'Cy', 500.0, DATE '2024-03-09', DATE '2024-03-19', NULL)"""
AMOUNT, REGION, REP, SOLD, SHIPPED, RETURNED = (
    Leaf("column", "sales", name) for name in ("amount", "region", "rep", "sold", "shipped", "returned")
)
ROWS_OF = Leaf("table", "sales")
MONTHS = [dt.datetime(2024, month, 1) for month in (1, 2, 3)]


def words(text: str) -> Leaf:
    return Leaf("text", text=text)


def number(text: str) -> Leaf:
    return Leaf("number", value=text, text=text)


@pytest.fixture(scope="module")
def sales():
    with duckdb.connect() as connection:
        names = ", ".join(column.name for column in SALES.tables[0].columns)
        connection.execute(f"CREATE TABLE sales AS SELECT * FROM ({ROWS}) t({names})")
        yield connection


CASES = [
    (
        ("select", REGION, "share", "sum", AMOUNT, "group", REGION, "end"),
        {("North", 40.0), ("South", 60.0)},
    ),
    (("select", "rate", "true", RETURNED, "end"), {(25.0,)}),
    (
        ("select", REGION, "rate", "=", REP, words("cy"), "group", REGION, "end"),
        {("North", 0.0), ("South", 100.0)},
    ),
    (
        ("select", "when", "count", ROWS_OF, "=", REGION, words("North"), "when", "sum", AMOUNT, ">", AMOUNT,
         number("200"), "end"),
        {(2, 800.0)},
    ),
    (
        ("select", "subtract", "when", "avg", AMOUNT, "=", REGION, words("South"), "when", "avg", AMOUNT, "=", REGION,
         words("North"), "end"),
        {(100.0,)},
    ),
    (
        ("select", "month", SOLD, "running", "sum", AMOUNT, "group", "month", SOLD, "end"),
        set(zip(MONTHS, (400.0, 500.0, 1000.0), strict=True)),
    ),
    (
        ("select", "month", SOLD, "change", "sum", AMOUNT, "growth", "sum", AMOUNT, "group", "month", SOLD, "end"),
        set(zip(MONTHS, (None, -300.0, 400.0), (None, -75.0, 400.0), strict=True)),
    ),
    (
        ("select", REGION, REP, AMOUNT, "desc", AMOUNT, "each", REGION, "limit1", "end"),
        {("North", "Bob", 300.0), ("South", "Cy", 500.0)},
    ),
    (
        ("select", REGION, REP, "sum", AMOUNT, "group", REGION, REP, "desc", "sum", AMOUNT, "each", REGION, "limit",
         number("1"), "end"),
        {("North", "Bob", 300.0), ("South", "Cy", 600.0)},
    ),
    (
        ("select", REGION, REP, AMOUNT, "desc", AMOUNT, "each", REGION, "second", "end"),
        {("North", "Ann", 100.0), ("South", "Cy", 100.0)},
    ),
    (("select", AMOUNT, "desc", AMOUNT, "second", "end"), {(300.0,)}),
    (("select", AMOUNT, "desc", AMOUNT, "third", "end"), {(100.0,)}),
    (
        ("select", REP, "where", ">", AMOUNT, "within", "avg", AMOUNT, REGION, "end"),
        {("Bob",), ("Cy",)},
    ),
    (
        ("select", REP, "where", "and", ">", AMOUNT, "within", "avg", AMOUNT, REGION, "=", REGION, words("north"),
         "end"),
        {("Bob",)},
    ),
    (
        ("select", REP, "within", "rank", AMOUNT, REGION, "where", ">", AMOUNT, number("100"), "end"),
        {("Bob", 1), ("Cy", 1)},
    ),
    (("select", REGION, "rank", "sum", AMOUNT, "group", REGION, "end"), {("South", 1), ("North", 2)}),
    (("select", "avg", "days", SOLD, SHIPPED, "end"), {(14 / 3,)}),
    (("select", "max", "hours", SOLD, SHIPPED, "end"), {(240,)}),
    (("select", "count", ROWS_OF, "where", ">", "days", SOLD, SHIPPED, number("2"), "end"), {(2,)}),
]  # fmt: skip


def keywords(reading) -> str:
    return " ".join(action for action in reading if isinstance(action, str))


@pytest.mark.parametrize(("reading", "rows"), CASES, ids=[keywords(reading) for reading, _ in CASES])
def test_rows(reading, rows, sales):
    assert walk(reading) == (), "the grammar allows it"
    assert from_text(to_text(reading)) == reading
    found = sales.execute(render(reading, SALES, dt.date(2024, 6, 15))).fetchall()
    assert set(found) == rows and len(found) == len(rows)


def walk(reading):
    """What is left to say after `reading`, each step allowed by the grammar."""
    stack = START
    for action in reading:
        may = allowed(stack)
        kind = "" if isinstance(action, str) else {"number": "mention"}.get(action.kind, action.kind)
        if kind == "text":
            for _ in range(2):
                assert "word" in allowed(stack).kinds
                stack = advance(stack, "@word")
            continue
        assert (action in may.keywords) if not kind else (kind in may.kinds), (action, may)
        stack = advance(stack, f"@{kind}" if kind else action)
    return stack


@pytest.mark.parametrize(
    ("reading", "sentence"),
    [
        (("select", "share", "sum", AMOUNT, "end"), "Only totals of groups"),
        (("select", REGION, "running", "max", REP, "group", REGION, "end"), "Only totals of groups"),
        (("select", "rate", ">", "avg", AMOUNT, number("1"), "end"), "A row's condition"),
        (("select", "days", SOLD, AMOUNT, "end"), "Days and hours lie between dates"),
        (
            (
                "select",
                REGION,
                "avg",
                AMOUNT,
                "where",
                ">",
                AMOUNT,
                "within",
                "avg",
                AMOUNT,
                REGION,
                "group",
                REGION,
                "end",
            ),
            "is not grouped or added up",
        ),
        (
            ("select", "count", ROWS_OF, "where", ">", AMOUNT, "within", "avg", AMOUNT, REGION, "end"),
            "is not grouped or added up",
        ),
        (("select", REGION, "within", "avg", AMOUNT, REP, "group", REGION, "end"), "Groups are not rows"),
        (("select", REP, "desc", AMOUNT, "each", "within", "avg", AMOUNT, REP, "limit1", "end"), "cannot be grouped"),
    ],
)
def test_what_cannot_be_said_is_a_sentence(reading, sentence):
    with pytest.raises(ParserError, match=sentence):
        render(reading, SALES, dt.date(2024, 6, 15))
