"""SQL names for what files call their columns and tables: plain, unique, never reserved, whatever the header holds."""

from __future__ import annotations

import unicodedata

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nl2sql.ingest.names import LONGEST, column_names, shown_header, table_name
from nl2sql.schema import RESERVED

HEADERS = [
    ("Total Sales ($)", "total_sales"), ("cust_nm", "cust_nm"), ("dateJoined", "date_joined"), ("%", "percent"),
    ("% of total", "percent_of_total"), ("#", "number"), ("R&D", "r_and_d"), ("HTTPStatus", "http_status"),
    ("2nd place", "c_2nd_place"), ("2021", "c_2021"), ("Größe", "grosse"), ("Straße", "strasse"), ("Prénom", "prenom"),
    ("Año", "ano"), ("n\u0303", "n"), ("Łódź", "lodz"), ("İstanbul", "istanbul"), ("ﬁle", "file"), ("名前", "名前"),
    ("Имя", "имя"), ("price 💰", "price"), ("a.b", "a_b"), (" spaced ", "spaced"), ("__a__", "a"),
    ("tab\there", "tab_here"), ("Net\nsales", "net_sales"), ("abc\u202etxt.exe", "abc_txt_exe"), ("\ufeffbom", "bom"),
    ("order", "order_"), ("Select", "select_"), ('say "hi"', "say_hi"), ('x"); DROP TABLE t; --', "x_drop_table_t"),
    ("**bold**", "bold"), ("=1+1", "c_1_1"), ("😀", "column_1"), ("", "column_1"), ("\x07", "column_1"),
    ("$", "column_1"), ("_", "column_1"),
]  # fmt: skip
TOGETHER = [
    (["a", "a", "A", "a_2", "a"], ["a", "a_2", "a_3", "a_2_2", "a_4"]),
    (["", "b", ""], ["column_1", "b", "column_3"]),
    (["column_2", ""], ["column_2", "column_2_2"]),
    (["order", "ORDER", "order_"], ["order_", "order_2", "order_3"]),
    (["a.b", "a b", "a-b"], ["a_b", "a_b_2", "a_b_3"]),
]
FILES = [
    ("Q3 Sales (final).csv", "q3_sales_final"), ("2024 sales.csv", "t_2024_sales"), ("data.csv.gz", "data"),
    ("REPORT.CSV", "report"), ("../../etc/passwd.csv", "passwd"), ("C:\\files\\orders.xlsx", "orders"),
    ("; DROP TABLE x; --.csv", "drop_table_x"), ("line\nbreak\u202e.csv", "line_break"), ("select.csv", "select_"),
    ("売上.csv", "売上"), ("report.backup", "report_backup"), ("no_ending", "no_ending"), (".csv", "table_1"),
    ("", "table_1"), ("😀.csv", "table_1"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "name"), HEADERS, ids=[repr(header) for header, _ in HEADERS])
def test_name_of_a_column(header: str, name: str) -> None:
    assert column_names([header]) == (name,)


@pytest.mark.parametrize(("headers", "names"), TOGETHER, ids=[",".join(headers) for headers, _ in TOGETHER])
def test_names_of_columns_are_distinct(headers: list[str], names: list[str]) -> None:
    found = column_names(headers)
    assert len({name.casefold() for name in found}) == len(headers)
    assert found[0] == names[0]


@pytest.mark.parametrize(("file_name", "name"), FILES, ids=[repr(file_name) for file_name, _ in FILES])
def test_name_of_a_table(file_name: str, name: str) -> None:
    assert table_name(file_name) == name


def test_a_table_name_in_use_is_numbered() -> None:
    assert table_name("Data.csv", ["DATA", "data_2"]) == "data_3"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=90), min_size=1, max_size=6))
def test_every_name_is_a_plain_sql_name(headers: list[str]) -> None:
    names = column_names(headers)
    assert len({name.casefold() for name in names}) == len(headers)
    for name in [*names, *map(table_name, headers)]:
        assert 0 < len(name) <= LONGEST
        assert name not in RESERVED
        assert not name[0].isdigit()
        assert all(char.isalnum() or char == "_" or unicodedata.combining(char) for char in name)


@pytest.mark.parametrize("header", ["1" + "x" * 90, "x" * 90, "order " * 20, "٣" * 90])
def test_a_long_header_makes_a_short_name(header: str) -> None:
    assert {len(name) <= LONGEST for name in [*column_names([header, header]), table_name(header)]} == {True}


def test_names_serve_unquoted_where_they_are_latin() -> None:
    names = [name for header, _ in HEADERS for name in column_names([header]) if name.isascii()]
    for name in names:
        assert duckdb.sql(f"SELECT 1 AS {name}").columns == [name]


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        (" Net\nsales ", "Net sales"),
        ("a\x07b", "a b"),
        ("abc\u202etxt", "abctxt"),
        ("\ufeffid", "id"),
        ("a\u2028b", "a b"),
    ],
)
def test_a_header_is_shown_without_what_turns_or_hides_text(header: str, shown: str) -> None:
    assert shown_header(header) == shown
