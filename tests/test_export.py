"""CSV for spreadsheets: nothing in it is a formula, nothing is lost."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io

import pyarrow as pa
import pytest

from nl2sql.engine.base import ResultSet
from nl2sql.export import rejects_to_csv, to_csv
from nl2sql.ingest.base import Reject


def rows_of(table: pa.Table) -> list[list[str]]:
    result = ResultSet(table, tuple("?" for _ in table.column_names), False, 0.0)
    return list(csv.reader(io.StringIO(to_csv(result).decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_text_that_looks_like_a_formula_is_defused(text):
    assert rows_of(pa.table({text: [text]})) == [["'" + text], ["'" + text]]


def test_values_keep_their_form():
    table = pa.table(
        {
            "n": [-5, None],
            "d": [decimal.Decimal("-1.50"), None],
            "day": [dt.date(2024, 2, 29), None],
            "flag": [True, None],
            "text": ['a "quoted", line\nbreak', None],
            "list": [["=1", "b"], None],
        }
    )
    header, first, second = rows_of(table)
    assert header == ["n", "d", "day", "flag", "text", "list"]
    assert first == ["-5", "-1.50", "2024-02-29", "true", 'a "quoted", line\nbreak', "['=1', 'b']"]
    assert second == [""] * 6


def test_duplicate_names_and_no_rows():
    table = pa.Table.from_arrays([pa.array([], pa.int64()), pa.array([], pa.string())], names=["x", "x"])
    assert rows_of(table) == [["x", "x"]]


def test_a_byte_order_mark_tells_spreadsheets_the_encoding():
    result = ResultSet(pa.table({"ä": ["ö"]}), ("VARCHAR",), False, 0.0)
    assert to_csv(result).startswith(b"\xef\xbb\xbf")


def test_dates_beyond_python_become_text():
    days = pa.array([2**31 - 1, -(2**31) + 1, 0, -735_000], pa.int32()).cast(pa.date32())
    assert [row[0] for row in rows_of(pa.table({"day": days}))[1:3]] == ["infinity", "'-infinity"]
    assert rows_of(pa.table({"day": days}))[3] == ["1970-01-01"]
    assert rows_of(pa.table({"day": days}))[4][0].startswith("'-00")
    nested = pa.table({"days": pa.array([[2**31 - 1]], pa.list_(pa.int32())).cast(pa.list_(pa.date32()))})
    assert rows_of(nested)[1] == ["(holds a date out of range)"]


def test_misfits_are_listed_safely():
    rejects = (Reject(3, "a,b", 'is no "number"', "=1+1"), Reject(None, "", "two\nlines", "x\udcffy"))
    text = rejects_to_csv(rejects).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["line", "column", "reason", "text"],
        ["3", "a,b", 'is no "number"', "'=1+1"],
        ["", "", "two\nlines", "x?y"],
    ]
