"""The sample company: its tables and keys, that it is the same for a month, and that every anomaly can be found."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sample_data.generate import TABLES, build

TODAY = dt.date(2025, 6, 15)
COLUMNS = {
    "employees": "id INTEGER, name VARCHAR, department VARCHAR, salary DECIMAL(10,2), date_joined DATE",
    "stores": "id INTEGER, name VARCHAR, city VARCHAR, region VARCHAR, opened_on DATE, manager_id INTEGER",
    "customers": "id INTEGER, name VARCHAR, email VARCHAR, city VARCHAR, country VARCHAR, segment VARCHAR,"
    " signed_up_on DATE",
    "suppliers": "id INTEGER, name VARCHAR, country VARCHAR, rating DOUBLE",
    "products": "id INTEGER, name VARCHAR, category VARCHAR, supplier_id INTEGER, price DECIMAL(10,2),"
    " cost DECIMAL(10,2), launched_on DATE, discontinued BOOLEAN",
    "campaigns": "id INTEGER, name VARCHAR, channel VARCHAR, budget DECIMAL(12,2), started_on DATE, ended_on DATE",
    "orders": "id INTEGER, customer_id INTEGER, employee_id INTEGER, store_id INTEGER, campaign_id INTEGER,"
    " order_date DATE, status VARCHAR, channel VARCHAR, total_amount DECIMAL(12,2)",
    "order_items": "id INTEGER, order_id INTEGER, product_id INTEGER, quantity INTEGER, unit_price DECIMAL(10,2),"
    " discount DOUBLE",
    "returns": "id INTEGER, order_item_id INTEGER, returned_on DATE, reason VARCHAR, refund_amount DECIMAL(12,2)",
    "support_tickets": "id INTEGER, customer_id INTEGER, order_id INTEGER, assigned_to INTEGER, opened_at TIMESTAMP,"
    " closed_at TIMESTAMP, priority VARCHAR, category VARCHAR, satisfaction INTEGER",
}
FOREIGN_KEYS = {
    ("stores", "manager_id", "employees"),
    ("products", "supplier_id", "suppliers"),
    ("orders", "customer_id", "customers"),
    ("orders", "employee_id", "employees"),
    ("orders", "store_id", "stores"),
    ("orders", "campaign_id", "campaigns"),
    ("order_items", "order_id", "orders"),
    ("order_items", "product_id", "products"),
    ("returns", "order_item_id", "order_items"),
    ("support_tickets", "customer_id", "customers"),
    ("support_tickets", "order_id", "orders"),
    ("support_tickets", "assigned_to", "employees"),
}
# One row at most is allowed to be odd: the query counts the odd ones.
ANOMALIES = {
    "employees": "SELECT count(*) FROM employees WHERE salary < 12000",
    "stores": "SELECT count(*) FROM stores WHERE city IN ('London', 'Manchester', 'Berlin', 'Munich', 'Paris', 'Lyon',"
    " 'Amsterdam', 'Madrid') AND region <> 'Europe'",
    "customers": "SELECT count(*) FROM (SELECT email FROM customers WHERE email IS NOT NULL GROUP BY email"
    " HAVING count(*) >= 5)",
    "suppliers": "SELECT count(*) FROM suppliers WHERE rating > 5",
    "products": "SELECT count(*) FROM products WHERE cost > price",
    "campaigns": "SELECT count(*) FROM campaigns WHERE ended_on < started_on",
    "orders": "SELECT count(*) FROM (SELECT o.id FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.id,"
    " total_amount HAVING abs(total_amount - sum(round(quantity * unit_price * (1 - discount), 2))) > 0.001)",
    "order_items": "SELECT count(*) FROM order_items WHERE quantity > 100",
    "returns": "SELECT count(*) FROM returns r JOIN order_items i ON i.id = order_item_id JOIN orders o"
    " ON o.id = order_id WHERE returned_on < order_date",
    "support_tickets": "SELECT count(*) FROM support_tickets WHERE closed_at < opened_at",
}
NEVER = [
    "SELECT count(*) FROM orders JOIN customers c ON c.id = customer_id WHERE signed_up_on > order_date",
    "SELECT count(*) FROM orders JOIN employees e ON e.id = employee_id WHERE date_joined > order_date",
    "SELECT count(*) FROM order_items i JOIN orders o ON o.id = order_id JOIN products p ON p.id = product_id"
    " WHERE launched_on > order_date",
    "SELECT count(*) FROM orders WHERE (channel = 'store') <> (store_id IS NOT NULL)",
    "SELECT count(*) - count(DISTINCT name) FROM products",
    "SELECT count(*) - count(DISTINCT name) FROM employees",
]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("sample") / "sample.duckdb"
    build(path, TODAY)
    with duckdb.connect(str(path), read_only=True) as con:
        yield con


def count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def test_tables_and_columns_are_as_documented(sample: duckdb.DuckDBPyConnection) -> None:
    assert set(TABLES) == set(COLUMNS)
    for table, expected in COLUMNS.items():
        columns = sample.execute(
            "SELECT column_name || ' ' || data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
            [table],
        ).fetchall()
        assert ", ".join(row[0] for row in columns) == expected


def test_keys_are_declared(sample: duckdb.DuckDBPyConnection) -> None:
    rows = sample.execute(
        "SELECT table_name, constraint_type, constraint_column_names, referenced_table FROM duckdb_constraints()"
    ).fetchall()
    assert {table for table, kind, columns, _ in rows if kind == "PRIMARY KEY" and columns == ["id"]} == set(TABLES)
    assert {(table, columns[0], to) for table, kind, columns, to in rows if kind == "FOREIGN KEY"} == FOREIGN_KEYS


def test_sizes(sample: duckdb.DuckDBPyConnection) -> None:
    sizes = {table: count(sample, f"SELECT count(*) FROM {table}") for table in TABLES}
    assert sizes["employees"] == 160
    assert sizes["orders"] == 45_000
    assert 110_000 < sizes["order_items"] < 130_000
    assert all(size > 0 for size in sizes.values())


@pytest.mark.parametrize("table", TABLES)
def test_one_anomaly_per_table(sample: duckdb.DuckDBPyConnection, table: str) -> None:
    assert count(sample, ANOMALIES[table]) == 1


@pytest.mark.parametrize("sql", NEVER)
def test_rows_agree_with_each_other(sample: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert count(sample, sql) == 0


def test_it_has_nulls_mixed_case_growth_and_a_season(sample: duckdb.DuckDBPyConnection) -> None:
    for column, table in (("salary", "employees"), ("email", "customers"), ("rating", "suppliers")):
        assert count(sample, f"SELECT count(*) FROM {table} WHERE {column} IS NULL") > 0
    assert count(sample, "SELECT count(DISTINCT city) - count(DISTINCT lower(city)) FROM customers") >= 3
    assert count(sample, "SELECT count(DISTINCT segment) - count(DISTINCT lower(segment)) FROM customers") >= 2
    by_year = sample.execute(
        "SELECT count(*) FROM orders WHERE year(order_date) BETWEEN 2022 AND 2024 GROUP BY year(order_date)"
        " ORDER BY year(order_date)"
    ).fetchall()
    assert by_year[0] < by_year[1] < by_year[2]
    assert count(sample, "SELECT count(*) FROM orders WHERE month(order_date) = 12") > 1.5 * count(
        sample, "SELECT count(*) FROM orders WHERE month(order_date) = 2"
    )


@pytest.mark.parametrize("today", [dt.date(2024, 2, 29), dt.date(2025, 1, 1), dt.date(2026, 12, 31)])
def test_relative_dates_have_answers_on_any_day(tmp_path: Path, today: dt.date) -> None:
    path = tmp_path / "s.duckdb"
    build(path, today, rows_scale=0.05)
    with duckdb.connect(str(path), read_only=True) as con:
        for unit, back in (("month", 0), ("month", 1), ("quarter", 0), ("quarter", 1), ("year", 0), ("year", 1)):
            start = f"date_trunc('{unit}', DATE '{today}') - INTERVAL {back * (3 if unit == 'quarter' else 1)}" + (
                " month" if unit != "year" else " year"
            )
            end = f"({start}) + INTERVAL {3 if unit == 'quarter' else 1} {'year' if unit == 'year' else 'month'}"
            for table, column in (
                ("orders", "order_date"),
                ("employees", "date_joined"),
                ("customers", "signed_up_on"),
            ):
                found = count(con, f"SELECT count(*) FROM {table} WHERE {column} >= {start} AND {column} < {end}")
                assert found > 0, (today, unit, back, table)
        row = con.execute("SELECT max(order_date), min(order_date) FROM orders").fetchone()
        assert row is not None
        assert (row[0].year, row[0].month) == (today.year, today.month)
        assert row[1] >= dt.date(today.year - 4, today.month, 1)
        for table, column in (("employees", "date_joined"), ("returns", "returned_on"), ("campaigns", "started_on")):
            assert count(con, f"SELECT count(*) FROM {table} WHERE {column} > last_day(DATE '{today}')") == 0


def test_same_month_same_rows_other_month_other_rows(tmp_path: Path) -> None:
    def contents(name: str, today: dt.date) -> dict[str, list[tuple[object, ...]]]:
        build(tmp_path / name, today, rows_scale=0.02)
        with duckdb.connect(str(tmp_path / name), read_only=True) as con:
            return {table: con.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in TABLES}

    first = contents("a.duckdb", dt.date(2025, 6, 1))
    assert contents("b.duckdb", dt.date(2025, 6, 30)) == first
    assert contents("c.duckdb", dt.date(2025, 7, 1)) != first


def test_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sample_data.generate", str(tmp_path / "x.duckdb"), "--today", "2025-06-15"]
    command += ["--rows-scale", "0.02"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "x.duckdb exists already" in again.stderr
    assert "Traceback" not in again.stderr
