"""The schema: type families, names as SQL spells them, lookups, narrowing, what parsers see, and DDL."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nl2sql.schema import RESERVED, Column, ForeignKey, Schema, Table, fold, literal, quote, to_ddl

names = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=20)
SHOP = Schema(
    (
        Table("Customers", (Column("id", "INTEGER"), Column("name", "VARCHAR", examples=("Ann", "Bo"))), ("id",)),
        Table(
            "orders",
            (
                Column("id", "INTEGER"), Column("customer", "INTEGER"),
                Column("card", "VARCHAR", private=True, examples=("4111",)), Column("secret", "VARCHAR", hidden=True),
            ),
            ("id",), namespace="sales",
        ),
        Table("log entries", (Column("order", "INTEGER", description="which\norder; '); DROP TABLE x"),)),
    ),
    (ForeignKey("orders", ("customer",), "customers", ("id",)), ForeignKey("log entries", ("order",), "gone", ("id",))),
    version="7",
)  # fmt: skip


@pytest.mark.parametrize(
    ("family", "types"),
    [
        ("number", "INTEGER BIGINT TINYINT USMALLINT HUGEINT DOUBLE FLOAT REAL DECIMAL(10,2) NUMERIC(3) BIGNUM"),
        ("text", "VARCHAR TEXT CHAR UUID ENUM('a','b') STRING VARCHAR(20)"),
        ("date", "DATE TIMESTAMP TIMESTAMP_NS TIMESTAMPTZ"),
        ("time", "TIME INTERVAL TIMETZ"),
        ("boolean", "BOOLEAN BOOL"),
        ("other", "INTEGER[] VARCHAR[3][] STRUCT(a) MAP(VARCHAR,INTEGER) UNION(a) BLOB BIT JSON GEOMETRY"),
    ],
)  # fmt: skip
def test_family_of_a_type(family, types):
    assert {Column("c", one).family for one in types.split()} == {family}
    assert {Column("c", one.lower()).family for one in types.split()} == {family}


def test_interval_is_no_integer():
    assert Column("c", "INTERVAL").family == "time"
    assert Column("c", "TIMESTAMP WITH TIME ZONE").family == "date"
    assert Column("c", "STRUCT(a INTEGER, b DATE)[]").family == "other"


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


@settings(max_examples=60)
@given(name=names, text=names)
def test_any_name_and_text_reach_the_engine_as_they_are(connection, name, text):
    found = connection.sql(f"SELECT {literal(text)} AS {quote(name)}")
    assert found.columns == [name]
    assert found.fetchall() == [(text,)]


def test_a_name_that_ends_in_a_line_break_is_quoted(connection):
    assert connection.sql(f"SELECT 1 AS {quote('n' + chr(10))}").columns == ["n\n"]


def test_reserved_words_are_those_of_the_engine():
    with duckdb.connect() as connection:
        for (word,) in connection.sql(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall():
            assert word in RESERVED
        for (word,) in connection.sql("SELECT keyword_name FROM duckdb_keywords()").fetchall():
            connection.execute(f"CREATE OR REPLACE TABLE {quote(word)} ({quote(word)} INTEGER)")
            connection.execute(f"EXPLAIN SELECT {quote(word)} FROM {quote(word)}")


TWINS = (
    "abc ABC|Straße STRASSE|Straße STRAßE|é É|İ i|İ i̇|ı I|\u212aey key|ſum sum|Ω ω|ς σ|ﬁ fi|é e\u0301|x[ x{|naïve NAïVE"
).split("|")


def same_to_the_engine(connection, one: str, other: str) -> bool:
    """Whether DuckDB takes both for one name; as columns, tables, names in WITH and look-ups of them alike."""
    one, other = (quote(name) for name in (one, other))
    statements = (
        f"SELECT {other} FROM (SELECT 1 AS {one})",
        f"WITH {one} AS (SELECT 1) SELECT * FROM {other}",
        f"SELECT {other}.x FROM (SELECT 1 AS x) AS {one}",
        f"CREATE OR REPLACE TEMP TABLE {one} AS SELECT 1 AS x; SELECT * FROM {other}",
    )
    found = set()
    for statement in statements:
        try:
            connection.execute(statement)
            found.add(True)
        except duckdb.Error:
            found.add(False)
    connection.execute(f"DROP TABLE IF EXISTS {one}")
    assert len(found) == 1, (one, other)
    return found.pop()


@pytest.mark.parametrize("twins", TWINS)
def test_names_fold_as_they_do_in_the_engine(connection, twins):
    one, other = twins.split()
    assert (fold(one) == fold(other)) == same_to_the_engine(connection, one, other)
    schema = Schema((Table(one, (Column(one, "INTEGER"),)), Table("Other", ())))
    assert (schema.table(other) is None) == (schema.tables[0].column(other) is None) == (fold(one) != fold(other))


@settings(max_examples=60)
@given(name=names, change=st.sampled_from([str.upper, str.lower, str.casefold, str.swapcase, str.title]))
def test_any_name_folds_as_it_does_in_the_engine(connection, name, change):
    name = f"x {name}"
    assert (fold(name) == fold(change(name))) == same_to_the_engine(connection, name, change(name))


def test_tables_that_differ_in_more_than_ascii_are_two():
    streets = Schema((Table("Straße", (Column("é", "DATE"), Column("É", "VARCHAR"))), Table("STRASSE", ())))
    assert [streets.table(name).name for name in ("straße", "strasse")] == ["Straße", "STRASSE"]
    assert [streets.tables[0].column(name).type for name in ("é", "É")] == ["DATE", "VARCHAR"]
    assert [table.name for table in streets.narrowed(["STRAßE"]).tables] == ["Straße"]


def test_tables_and_columns_are_found_in_any_case():
    assert SHOP.table("CUSTOMERS").name == "Customers"
    assert SHOP.table("Orders").column("CARD").name == "card"
    assert SHOP.table("nothing") is None
    assert SHOP.table("orders").column("nothing") is None


def test_labels_and_names_in_sql():
    assert Column("c", "DATE", display_name="Day").label == "Day"
    assert Table("t", (), display_name="Things").label == "Things"
    assert [table.sql_name for table in SHOP.tables] == ['"Customers"', "sales.orders", '"log entries"']
    assert [column.name for _, column in SHOP.columns()] == ["id", "name", "id", "customer", "card", "secret", "order"]


def test_narrowing_keeps_keys_that_stay_within():
    both = SHOP.narrowed(["customers", "ORDERS"])
    assert [table.name for table in both.tables] == ["Customers", "orders"]
    assert [key.table for key in both.foreign_keys] == ["orders"]
    assert both.version == "7"
    assert SHOP.narrowed(["orders"]).foreign_keys == ()
    assert SHOP.narrowed(["nothing"]).tables == ()


def test_parsers_see_no_hidden_column_and_no_private_value():
    seen = SHOP.for_parsers()
    assert seen.table("orders").column("secret") is None
    assert seen.table("orders").column("card").examples == ()
    assert seen.table("customers").column("name").examples == ("Ann", "Bo")
    assert SHOP.table("orders").column("card").examples == ("4111",)


def test_the_fingerprint_follows_what_is_said_about_tables():
    again = Schema(SHOP.tables, SHOP.foreign_keys)
    assert again.fingerprint == SHOP.fingerprint
    assert Schema(SHOP.tables).fingerprint != SHOP.fingerprint
    assert SHOP.for_parsers().fingerprint != SHOP.fingerprint


def test_ddl_is_run_by_the_engine():
    ddl = to_ddl(SHOP.narrowed(["customers", "orders"]), examples=2)
    assert "name VARCHAR, -- e.g. Ann, Bo" in ddl
    with duckdb.connect() as connection:
        connection.execute(ddl.replace("sales.orders", "orders"))
        assert len(connection.execute("SELECT * FROM duckdb_constraints()").fetchall()) >= 3


def test_ddl_tells_what_people_call_things_and_no_more_than_they_allow():
    columns = (
        Column("total_sales", "DOUBLE", display_name="Total Sales ($)", synonyms=("revenue", "turnover")),
        Column("order_no", "BIGINT", display_name="Order No", description="counts\nup"),
        Column("owner", "VARCHAR", examples=("Ann",), private=True),
        Column("secret", "VARCHAR", display_name="Hidden thing", hidden=True),
    )
    table = Table("q3", columns, display_name="Third quarter", description="All shops", synonyms=("Q3 (final)",))
    lines = to_ddl(Schema((table, Table("gone", (Column("x", "INTEGER", hidden=True),)))), examples=3).splitlines()
    assert lines == [
        "-- Third quarter; All shops; also called Q3 (final)",
        "CREATE TABLE q3 (",
        "  total_sales DOUBLE, -- Total Sales ($); also called revenue, turnover",
        "  order_no BIGINT, -- counts up",
        "  owner VARCHAR",
        ");",
    ]


@settings(max_examples=40)
@given(table=names, column=names, note=names, examples=st.lists(st.text(max_size=80), max_size=3))
def test_ddl_of_awkward_names_and_notes_runs(connection, table, column, note, examples):
    noted = Column(column, "INTEGER", True, note, note, (note,), tuple(examples))
    schema = Schema((Table(table, (noted,), (), None, note, note, (note, note)),))
    connection.execute(to_ddl(schema, examples=3))
    found = connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    connection.execute(f"DROP TABLE {quote(table)}")
    assert found == [(table, column)]
