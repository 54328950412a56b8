"""The guard: what it accepts, what it refuses and how it says so, whatever the text."""

import threading

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nl2sql.guard import MAX_LENGTH, check_select, format_sql
from nl2sql.guard.functions import OPERATORS, SCALARS, TABLE_FUNCTIONS
from nl2sql.guard.tree import same_tree
from nl2sql.schema import Column, Schema, Table

SCHEMA = Schema(
    (
        Table("orders", (Column("id", "INTEGER"), Column("state", "VARCHAR"), Column("total", "DOUBLE"))),
        Table("Order Items", (Column("id", "INTEGER"), Column("order_id", "INTEGER"))),
        Table("Ärger", (Column("id", "INTEGER"),)),
        Table("parts", (Column("id", "INTEGER"),), namespace="stock"),
    )
)


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("FROM orders", ("orders",)),
        ('FROM main.ORDERS o JOIN "order items" i ON i.order_id = o.id', ("orders", "Order Items")),
        ("WITH orders AS (SELECT 1) FROM orders", ()),
        ("SELECT * FROM ÄRGER", ("Ärger",)),
        ("FROM stock.parts", ("parts",)),
        ("PIVOT orders ON state USING count(*)", ("orders",)),
        ("EXPLAIN SELECT 1 FROM orders", ("orders",)),
        ('SELECT (SELECT max(id) FROM orders) FROM "Order Items"', ("Order Items", "orders")),
    ],
)
def test_tables_that_are_read(sql, tables):
    verdict = check_select(sql, SCHEMA)
    assert verdict.allowed, verdict.reason
    assert set(verdict.tables) == set(tables)


@pytest.mark.parametrize(
    ("sql", "code", "said"),
    [
        ("", "empty", "no statement"),
        ("-- only a comment", "empty", "no statement"),
        ("SELECT 1; SELECT 2", "several", "here are 2"),
        ("SELECT 1 FROM ordres", "unknown_table", "Did you mean orders"),
        ("SELECT 1 FROM zzz", "unknown_table", "Known are orders"),
        ("FROM parts", "unknown_table", "Write stock.parts"),
        ("FROM shop.orders", "unknown_table", "Write orders"),
        ("FROM 'orders.csv'", "unknown_table", "orders.csv"),
        ("FROM duckdb_settings()", "function", "internals"),
        ("FROM information_schema.tables", "system", "information_schema.tables"),
        ("SELECT nextval('s')", "function", "sequence"),
        ("FROM read_csv('x')", "function", "reads files"),
        ("SELECT lowr('A')", "function", "Did you mean lower"),
        ("DELETE FROM orders", "not_select", "DELETE removes rows"),
        ("WITH a AS (UPDATE orders SET id = 1 RETURNING *) FROM a", "not_select", "UPDATE changes rows"),
        ("EXPLAIN ANALYZE FROM orders", "not_select", "EXPLAIN ANALYZE"),
        ("SELECT ? FROM orders", "parameter", "placeholder"),
        ("SELECT 1 FROM orders WHERE", "syntax", 'at or near "WHERE"'),
        ("SELECT 1\0", "characters", "NUL"),
        ("SELECT '\ud800'", "characters", "surrogate"),
        ("SELECT '\u202e'", "characters", "direction"),
        ("SELECT\u200b 1", "characters", "U+200B"),
        ("SELECT '" + "x" * MAX_LENGTH + "'", "too_long", "100,000"),
        ("SELECT " + "(" * 1000 + "1" + ")" * 1000, "too_deep", "nested too deeply"),
        ("FROM (" * 3000 + "FROM orders" + ")" * 3000, "too_deep", "nested too deeply"),
        ("PIVOT orders ON state IN (SELECT state FROM orders) USING count(*)", "pivot", "list its values"),
        ("SHOW TABLES", "system", "Lists of the engine's tables"),
    ],
)
def test_refusals_are_named(sql, code, said):
    verdict = check_select(sql, SCHEMA)
    assert not verdict.allowed
    assert verdict.code == code
    assert said in verdict.reason
    assert verdict.reason[-1] in ".?"


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", "select"),
        ("SUMMARIZE orders", "summarize"),
        ("DESCRIBE orders", "describe"),
        ("SHOW orders", "describe"),
        ("EXPLAIN FROM orders", "explain"),
    ],
)
def test_kinds(sql, kind):
    assert check_select(sql, SCHEMA).kind == kind


def test_trailing_semicolons_go():
    assert check_select("SELECT 1 ;\n; ", SCHEMA).sql == "SELECT 1"
    assert check_select("SELECT ';'", SCHEMA).sql == "SELECT ';'"


def test_a_cte_hides_a_name_only_where_the_engine_sees_it():
    inside_only = "SELECT * FROM (WITH duckdb_tables AS (SELECT 1) FROM duckdb_tables), duckdb_tables"
    assert check_select(inside_only, SCHEMA).code == "system"
    assert check_select("WITH a AS (FROM b), b AS (SELECT 1) FROM a", SCHEMA).code == "unknown_table"
    assert check_select('WITH "\u212aeys" AS (SELECT 1) FROM keys', SCHEMA).code == "unknown_table"


def test_without_a_schema_only_plain_names_pass():
    assert check_select("FROM anything").allowed
    for name in ("'a.csv'", "'a/b'", "'*'", "duckdb_tables", "information_schema.tables", "pg_class", "sqlite_master"):
        assert not check_select(f"FROM {name}").allowed, name


def test_every_function_of_the_engine_is_known_to_the_lists():
    """A new engine version must not bring functions that nobody looked at."""
    rows = duckdb.sql("SELECT DISTINCT lower(function_name), function_type FROM duckdb_functions()").fetchall()
    scalars = {name for name, kind in rows if kind in ("scalar", "aggregate", "window", "macro")}
    listed = {name for name in scalars if name in SCALARS or name in OPERATORS}
    assert len(scalars) - len(listed) == 415, "the engine's functions changed: look at what is new, then say so here"
    known = {name for name, _ in rows} | {"unnest", "ifnull", "localtime", "current_time", "current_timestamp"}
    assert known >= TABLE_FUNCTIONS
    assert not {name for name, kind in rows if kind == "pragma"} & SCALARS - {"version"}


def test_from_many_threads_at_once():
    wrong = []

    def work(number):
        for round_number in range(40):
            sql = f"SELECT {number}, {round_number} FROM orders" if number % 2 else f"DROP TABLE t{number}"
            if check_select(sql, SCHEMA).allowed != bool(number % 2):
                wrong.append(sql)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_dynamic_pivot_names_its_values():
    verdict = check_select("PIVOT orders ON state USING count(*)", SCHEMA)
    assert verdict.allowed and verdict.pivot is not None
    assert verdict.pivot.values_sql.startswith("SELECT DISTINCT CAST((state) AS VARCHAR)")
    written = verdict.pivot.with_values(["it's", "b"])
    assert written == "PIVOT orders ON (state) IN ('it''s', 'b') USING count(*)"
    again = check_select(written, SCHEMA)
    assert again.allowed and again.pivot is None


FRAGMENTS = st.sampled_from(
    "SELECT FROM WITH AS ( ) , ; * orders id state total 'x' \"y\" 1 $1 ? -- /* */ $$ PIVOT UNPIVOT ON USING IN "
    "count(*) DELETE UPDATE INSERT INTO VALUES RETURNING EXPLAIN ANALYZE DESCRIBE SUMMARIZE SHOW TABLES UNION ALL JOIN "
    "WHERE GROUP BY ORDER LIMIT read_csv nextval duckdb_settings() range(3) :: INTEGER [ ] { } -> . RECURSIVE CREATE "
    "TEMP TABLE SET x = COPY TO CASE WHEN THEN END EXISTS NOT NULL OVER information_schema.tables".split()
)


@settings(max_examples=150)
@given(st.one_of(st.text(max_size=200), st.lists(FRAGMENTS, max_size=14).map(" ".join)))
def test_any_text_gets_a_verdict(text):
    verdict = check_select(text, SCHEMA)
    assert verdict.allowed == (verdict.code == "ok")
    assert verdict.allowed or verdict.reason
    assert "\n" not in verdict.reason


@settings(max_examples=80)
@given(st.text(max_size=60), st.lists(FRAGMENTS, max_size=14).map(" ".join))
def test_formatting_never_crashes_or_changes_the_meaning(noise, sql):
    for text in (noise, sql, f"SELECT '{noise}' FROM orders"):
        printed = format_sql(text)
        assert printed == text or same_tree(text, printed)


READS = st.lists(
    st.sampled_from(
        [
            "SELECT * FROM orders", "SELECT state, count(*) FROM orders GROUP BY ALL", "FROM range(3)",
            "WITH a AS (FROM orders) FROM a", "VALUES (1)", "SUMMARIZE orders", "DELETE FROM orders",
            "WITH d AS (DELETE FROM orders RETURNING *) FROM d", "INSERT INTO orders VALUES (9, 'z', 1)",
            "CREATE TABLE made AS SELECT 1", "DROP TABLE orders", "SELECT nextval('seq')", "SET VARIABLE a = 1",
            "UPDATE orders SET id = 7", "CREATE TEMP MACRO count(a) AS 7", "CHECKPOINT", "ATTACH ':memory:' AS m",
            "PIVOT orders ON state USING count(*)",
        ]
    ),
    min_size=1, max_size=2,
)  # fmt: skip
JOINS = st.sampled_from(["; ", " UNION ALL ", " ", "; -- ", " /* ", ") , (", "\n;\n"])
WRAPS = st.sampled_from(["{}", "({})", "EXPLAIN {}", "SELECT * FROM ({})", "WITH w AS ({}) FROM w", "DESCRIBE {}"])


@settings(max_examples=60)
@given(READS, JOINS, WRAPS)
def test_what_is_allowed_changes_nothing_even_where_nothing_is_locked(parts, join, wrap):
    sql = wrap.format(join.join(parts))
    verdict = check_select(sql, SCHEMA)
    if not verdict.allowed or verdict.pivot is not None:
        return
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS id, 'new' AS state, 2.5 AS total")
        connection.execute("CREATE SEQUENCE seq")
        before = _everything(connection)
        try:
            connection.execute(verdict.sql).fetchall()
        except duckdb.Error:
            return
        assert _everything(connection) == before


def _everything(connection):
    return (
        connection.execute("SELECT table_name, estimated_size, temporary FROM duckdb_tables() ORDER BY ALL").fetchall(),
        connection.execute("SELECT sequence_name, last_value FROM duckdb_sequences()").fetchall(),
        connection.execute("SELECT name FROM duckdb_variables()").fetchall(),
        connection.execute("SELECT database_name FROM duckdb_databases() ORDER BY 1").fetchall(),
        connection.execute("SELECT count(*) FROM duckdb_functions()").fetchall(),
        connection.execute("FROM orders ORDER BY ALL").fetchall(),
    )
