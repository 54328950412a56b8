"""Key proposals over generated tables: the keys that are there, and none of those that only look so."""

from __future__ import annotations

import duckdb
import pytest

from nl2sql.engine.base import ResultSet
from nl2sql.errors import EngineError
from nl2sql.keys import KeyProposals, propose_keys
from nl2sql.parsers.builtin.render import join_path
from nl2sql.pipeline import Workbench
from nl2sql.schema import Column, ForeignKey, Schema, Table
from nl2sql.settings import Settings
from tests.fakes import ScriptedParser

SHOP = """
CREATE TABLE customers AS SELECT i AS id, 'Customer ' || i AS name, 1 + i % 40 AS country_id, i % 2 = 0 AS active,
    1990 + i % 30 AS year, 'C' || lpad(i::VARCHAR, 5, '0') AS code FROM range(1, 1001) t(i);
CREATE TABLE countries AS SELECT i AS id, 'Country ' || i AS name, chr((65 + i % 26)::INTEGER) || i // 26
    AS code FROM range(1, 41) t(i);
CREATE TABLE products AS SELECT i AS id, 'P' || i AS sku, i % 10 AS rating, 2000 + i % 20 AS year
    FROM range(1, 501) t(i);
CREATE TABLE orders AS SELECT i AS id, 1 + i % 1000 AS customer_id, 1 + i % 500 AS prod_id, 1 + i % 5 AS quantity,
    1 + i % 12 AS month, 1 + (i * 7) % 1000 AS ship_to_customer_id, DATE '2024-01-01' + (i % 300)::INTEGER AS day,
    i / 7.0 AS amount, i % 3 = 0 AS paid FROM range(1, 4001) t(i);
CREATE TABLE employees AS SELECT i AS employee_id, 'E' || i AS name, CASE WHEN i > 1 THEN 1 + i // 10 END AS manager_id,
    1 + i % 8 AS dept_no FROM range(1, 101) t(i);
CREATE TABLE departments AS SELECT i AS dept_no, 'D' || i AS name FROM range(1, 9) t(i);
CREATE TABLE order_lines AS SELECT 1 + i // 3 AS order_id, i % 3 AS line_no, i % 500 + 1 AS quantity
    FROM range(0, 9000) t(i);
CREATE TABLE year_report AS SELECT 1990 + i AS year, i * 1000 AS total FROM range(0, 40) t(i);
CREATE TABLE visits AS SELECT i AS visit_id, 'Country ' || (1 + i % 40) AS country,
    'C' || lpad((i % 1000 + 1)::VARCHAR, 5, '0')
    AS customer_code, 1 + i % 4 AS status FROM range(1, 2001) t(i);
"""


class Bench:
    """Tables in memory, their schema, and what was asked of them."""

    def __init__(self, sql: str) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(sql)
        self.asked = 0

    def fetch(self, sql: str) -> ResultSet:
        self.asked += 1
        try:
            return ResultSet(self.connection.sql(sql).to_arrow_table(), (), False, 0.0)
        except duckdb.Error as error:
            raise EngineError(str(error)) from error

    def schema(self, keys: tuple[ForeignKey, ...] = (), primary: dict[str, tuple[str, ...]] | None = None) -> Schema:
        names = [row[0] for row in self.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return Schema(tuple(self._table(name, (primary or {}).get(name, ())) for name in names), keys)

    def _table(self, name: str, primary_key: tuple[str, ...]) -> Table:
        found = self.connection.execute(f'DESCRIBE "{name}"').fetchall()
        return Table(name, tuple(Column(row[0], row[1]) for row in found), primary_key)

    def proposed(self, **known) -> KeyProposals:
        return propose_keys(self.schema(**known), self.fetch, seconds=600)


def ties(proposals: KeyProposals) -> set[str]:
    return {
        f"{one.key.table}.{one.key.columns[0]} -> {one.key.to_table}.{one.key.to_columns[0]}"
        for one in proposals.relationships
    }


def primary(proposals: KeyProposals) -> dict[str, tuple[str, ...]]:
    return {one.table: one.columns for one in proposals.primary_keys}


@pytest.fixture(scope="module")
def shop() -> Bench:
    return Bench(SHOP)


def test_the_keys_of_a_shop_and_no_others(shop):
    found = shop.proposed()
    assert found.complete
    assert primary(found) == {
        "customers": ("id",), "countries": ("id",), "products": ("id",), "orders": ("id",),
        "employees": ("employee_id",), "departments": ("dept_no",), "order_lines": ("order_id", "line_no"),
        "year_report": ("year",), "visits": ("visit_id",),
    }  # fmt: skip
    assert ties(found) == {
        "customers.country_id -> countries.id",
        "orders.customer_id -> customers.id",
        "orders.prod_id -> products.id",
        "orders.ship_to_customer_id -> customers.id",
        "employees.manager_id -> employees.employee_id",
        "employees.dept_no -> departments.dept_no",
        "order_lines.order_id -> orders.id",
        "visits.country -> countries.name",
        "visits.customer_code -> customers.code",
    }
    assert shop.asked < 15
    scores = [one.score for one in found.relationships]
    assert scores == sorted(scores, reverse=True)


def test_evidence_says_what_was_counted(shop):
    shop.connection.execute(
        "CREATE OR REPLACE TABLE payments AS SELECT i AS id, i AS order_id FROM range(1, 4083) t(i)"
    )
    try:
        found = shop.proposed()
    finally:
        shop.connection.execute("DROP TABLE payments")
    said = {one.key.table + "." + one.key.columns[0]: one.evidence for one in found.relationships}
    assert said["orders.customer_id"] == "All 1,000 values of orders.customer_id are found in customers.id."
    assert said["payments.order_id"] == "97.9% of payments.order_id (4,000 of 4,082 values) are found in orders.id."
    keys = {one.table: one.evidence for one in found.primary_keys}
    assert keys["orders"] == "The 4,000 values of orders.id are all different, and none is missing."
    assert keys["order_lines"] == "No two of the 9,000 rows of order_lines share both order_id and line_no."


def test_what_is_declared_is_not_proposed(shop):
    known = ForeignKey("orders", ("customer_id",), "customers", ("id",))
    found = shop.proposed(keys=(known,), primary={"customers": ("id",), "order_lines": ("order_id", "line_no")})
    assert "orders.customer_id -> customers.id" not in ties(found)
    assert "orders.ship_to_customer_id -> customers.id" in ties(found)
    assert not {"customers", "order_lines"} & set(primary(found))


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a AS SELECT i AS id, i AS n FROM range(1, 50) t(i);"
        "CREATE TABLE b AS SELECT i AS id, i % 40 + 1 AS score FROM range(1, 90) t(i)",
        "CREATE TABLE sales AS SELECT 2000 + i % 20 AS year, i AS units FROM range(100) t(i);"
        "CREATE TABLE budget AS SELECT 1990 + i AS year, i * 10 AS total FROM range(60) t(i)",
        "CREATE TABLE flags AS SELECT i AS id, i % 2 = 0 AS active FROM range(9) t(i);"
        "CREATE TABLE active AS SELECT i = 0 AS active, i AS n FROM range(2) t(i)",
        "CREATE TABLE teams AS SELECT i AS code, 'T' || i AS name FROM range(1, 9) t(i);"
        "CREATE TABLE colours AS SELECT i AS code, 'C' || i AS name FROM range(1, 9) t(i)",
        "CREATE TABLE customers AS SELECT i AS id FROM range(1, 90) t(i);"
        "CREATE TABLE orders AS SELECT i + 5000 AS customer_id FROM range(1, 90) t(i)",
        "CREATE TABLE orders AS SELECT i % 30 AS customer_id, i AS n FROM range(1, 90) t(i);"
        "CREATE TABLE invoices AS SELECT i % 40 AS customer_id, i AS n FROM range(1, 90) t(i)",
        "CREATE TABLE customers AS SELECT i AS id FROM range(1, 90) t(i);"
        "CREATE TABLE notes AS SELECT NULL::INTEGER AS customer_id FROM range(1, 90) t(i)",
        "CREATE TABLE customers AS SELECT i AS id FROM range(1, 90) t(i);"
        "CREATE TABLE notes AS SELECT i::VARCHAR AS customer_id FROM range(1, 90) t(i)",
        "CREATE TABLE customers AS SELECT i % 50 AS id FROM range(1, 90) t(i);"
        "CREATE TABLE notes AS SELECT i % 50 AS customer_id FROM range(1, 90) t(i)",
        "CREATE TABLE people AS SELECT i AS id, i AS age, i AS employee_count FROM range(1, 90) t(i)",
    ],
    ids=["surrogates", "years", "booleans", "codes", "disjoint", "two children", "empty", "types", "repeats", "ages"],
)  # fmt: skip
def test_chance_is_no_relationship(sql):
    assert ties(Bench(sql).proposed()) == set()


def test_one_to_one_refers_to_the_owner():
    sql = (
        "CREATE TABLE customers AS SELECT i AS customer_id FROM range(1, 90) t(i);"
        "CREATE TABLE customer_details AS SELECT i AS customer_id, 'x' || i AS note FROM range(1, 90) t(i)"
    )
    assert ties(Bench(sql).proposed()) == {"customer_details.customer_id -> customers.customer_id"}


@pytest.mark.parametrize(
    ("parent", "key", "child"),
    [
        ("customers", "customerid", "customerid"), ("tbl_customers", "id", "CustomerID"),
        ("Customer", "Id", "customerId"),
        ("dim_customer", "customer_key", "customer_key"), ("customers", "id", "id_customer"),
        ("customers", "id", "cust_id"),
        ("customers", "id", "fk_customer"), ("customers", "cust_no", "cust_no"), ("categories", "id", "category"),
        ("Sales Orders", "Order ID", "order_id"), ("order", "select", "order"),
    ],
)  # fmt: skip
def test_spellings_of_one_relationship(parent, key, child):
    sql = (
        f'CREATE TABLE "{parent}" AS SELECT i AS "{key}", \'x\' || i AS name FROM range(1, 90) t(i);'
        f'CREATE TABLE facts AS SELECT i AS n, i % 80 + 1 AS "{child}" FROM range(1, 900) t(i)'
    )
    bench = Bench(sql)
    schema = bench.schema(primary={parent: (key,)})
    assert ties(propose_keys(schema, bench.fetch, 600)) == {f"facts.{child} -> {parent}.{key}"}


def test_a_large_table_is_looked_at_in_part(monkeypatch):
    monkeypatch.setattr("nl2sql.keys.ROWS_LOOKED_AT", 1_000)
    sql = (
        "CREATE TABLE customers AS SELECT i AS id FROM range(1, 5001) t(i);"
        "CREATE TABLE logs AS SELECT i % 1000 AS id, i AS n FROM range(5000) t(i)"
    )
    found = Bench(sql).proposed()
    (one,) = found.primary_keys
    assert (one.table, one.evidence) == (
        "customers", "The first 1,000 values of customers.id are all different, and none is missing.",
    )  # fmt: skip


def test_a_table_that_cannot_be_read_costs_only_itself(shop):
    schema = shop.schema()
    ghost = Table("ghosts", (Column("id", "INTEGER"), Column("customer_id", "INTEGER")))
    found = propose_keys(Schema((ghost, *schema.tables)), shop.fetch, 600)
    assert "orders.customer_id -> customers.id" in ties(found)
    assert "ghosts" not in primary(found)


def test_a_person_s_own_file_has_proposals_and_keeps_what_is_confirmed(tmp_path):
    own = tmp_path / "own.duckdb"
    with duckdb.connect(str(own)) as connection:
        connection.execute(SHOP)
        connection.execute("CREATE VIEW recent AS SELECT customer_id FROM orders LIMIT 50")
    bench = Workbench(Settings(home=tmp_path / "home", database=own, workers=1), lambda name: ScriptedParser({}))
    try:
        found = bench.keys()
        assert "orders.customer_id -> customers.id" in ties(found)
        assert "recent.customer_id -> customers.id" in ties(found)
        (key,) = [one.key for one in found.relationships if one.key.columns == ("prod_id",)]
        bench.workspace.add_key(key)
        assert key in bench.snapshot().schema.foreign_keys
        assert key not in [one.key for one in bench.keys().relationships]
        assert join_path(bench.snapshot().schema, ["orders", "products"])[1] == ("products", key)
    finally:
        bench.close()


def test_time_runs_out_with_what_is_known(shop):
    found = propose_keys(shop.schema(), shop.fetch, -1.0)
    assert (found.primary_keys, found.relationships, found.complete) == ((), (), False)


def test_fifty_tables_take_few_statements():
    sql = ";".join(
        f"CREATE TABLE thing{i} AS SELECT j AS id, 1 + j % 90 AS thing{(i + 1) % 50}_id, j AS size, 'x' || j AS name"
        " FROM range(1, 100) t(j)"
        for i in range(50)
    )
    bench = Bench(sql)
    found = bench.proposed()
    assert len(found.primary_keys) == 50
    assert len(found.relationships) == 50
    assert bench.asked <= 40
