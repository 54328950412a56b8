"""The sample company with every table and column renamed to a synonym, and the sixty questions about it, word for word.

    python -m benchmarks.questions.renamed DIR [--today YYYY-MM-DD]

writes DIR/sample.duckdb, DIR/renamed.duckdb and DIR/renamed.jsonl. The gold SQL is not rewritten: each statement gets
the old names in front as common table expressions over the new ones, so that both databases are judged by one text.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from sample_data.generate import build

QUESTIONS = Path(__file__).parent / "sample.jsonl"
TODAY = dt.date(2026, 6, 17)
"""The date that the sixty questions are asked on."""

NAMES: dict[str, tuple[str, dict[str, str]]] = {
    "employees": (
        "staff",
        {"id": "staff_no", "name": "full_name", "department": "division", "salary": "pay", "date_joined": "hired_on"},
    ),
    "stores": (
        "shops",
        {
            "id": "shop_no", "name": "title", "city": "town", "region": "area", "opened_on": "opening_date",
            "manager_id": "head_no",
        },
    ),
    "customers": (
        "clients",
        {
            "id": "client_no", "name": "full_name", "email": "mail_address", "city": "town", "country": "nation",
            "segment": "client_group", "signed_up_on": "registration_date",
        },
    ),
    "suppliers": (
        "vendors",
        {"id": "vendor_no", "name": "company", "country": "nation", "rating": "score"},
    ),
    "products": (
        "articles",
        {
            "id": "article_no", "name": "title", "category": "kind", "supplier_id": "vendor_no",
            "price": "selling_rate", "cost": "production_expense", "launched_on": "release_date",
            "discontinued": "retired",
        },
    ),
    "campaigns": (
        "promotions",
        {
            "id": "promotion_no", "name": "title", "channel": "medium", "budget": "planned_spend",
            "started_on": "begin_date", "ended_on": "finish_date",
        },
    ),
    "orders": (
        "purchases",
        {
            "id": "purchase_no", "customer_id": "client_no", "employee_id": "staff_no", "store_id": "shop_no",
            "campaign_id": "promotion_no", "order_date": "bought_on", "status": "state", "channel": "sales_route",
            "total_amount": "total_value",
        },
    ),
    "order_items": (
        "purchase_lines",
        {
            "id": "line_no", "order_id": "purchase_no", "product_id": "article_no", "quantity": "units",
            "unit_price": "piece_rate", "discount": "rebate",
        },
    ),
    "returns": (
        "refunds",
        {
            "id": "refund_no", "order_item_id": "line_no", "returned_on": "sent_back_on", "reason": "cause",
            "refund_amount": "money_back",
        },
    ),
    "support_tickets": (
        "help_requests",
        {
            "id": "request_no", "customer_id": "client_no", "order_id": "purchase_no", "assigned_to": "handled_by",
            "opened_at": "created_at", "closed_at": "resolved_at", "priority": "urgency", "category": "topic",
            "satisfaction": "happiness",
        },
    ),
}  # fmt: skip
"""Old table name: new table name, and the new name of each column, in order."""


def rename(sample: Path, out: Path) -> None:
    """Copy the database `sample` to the new file `out` under the names of NAMES: same rows, types and keys."""
    with duckdb.connect(str(out)) as connection:
        connection.execute(f"ATTACH '{str(sample).replace(chr(39), chr(39) * 2)}' AS sample (READ_ONLY)")
        for table in NAMES:
            connection.execute(_create(connection, table))
            connection.execute(f"INSERT INTO {NAMES[table][0]} FROM sample.{table}")


def _create(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """CREATE TABLE of the renamed `table`, from what the sample declares."""
    new_table, new_columns = NAMES[table]
    described = connection.execute(
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns()"
        " WHERE database_name = 'sample' AND table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()
    if [name for name, _, _ in described] != list(new_columns):
        raise ValueError(f"The names of {table} and its renamed columns have drifted apart.")
    lines = [f"{new_columns[name]} {kind}{'' if nullable else ' NOT NULL'}" for name, kind, nullable in described]
    constraints = connection.execute(
        "SELECT constraint_type, constraint_column_names, referenced_table, referenced_column_names"
        " FROM duckdb_constraints() WHERE database_name = 'sample' AND table_name = ?",
        [table],
    ).fetchall()
    for kind, columns, to_table, to_columns in constraints:
        renamed = ", ".join(new_columns[name] for name in columns)
        if kind == "PRIMARY KEY":
            lines.append(f"PRIMARY KEY ({renamed})")
        if kind == "FOREIGN KEY":
            target, target_columns = NAMES[to_table]
            there = ", ".join(target_columns[name] for name in to_columns)
            lines.append(f"FOREIGN KEY ({renamed}) REFERENCES {target} ({there})")
    return f"CREATE TABLE {new_table} ({', '.join(lines)})"


def with_old_names(sql: str) -> str:
    """`sql`, written for the sample, as it runs on the renamed database."""
    views = (
        f"{table} AS (SELECT {', '.join(f'{new} AS {old}' for old, new in columns.items())} FROM {new_table})"
        for table, (new_table, columns) in NAMES.items()
    )
    return f"WITH {', '.join(views)} {sql}"


def renamed_questions(questions: Path, db_id: str) -> str:
    """The lines of `questions` as they ask the renamed database; the words of the questions stay."""
    lines = []
    for line in questions.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        golds = fields.pop("gold_sql_all", None) or [fields.pop("gold_sql")]
        lines.append(json.dumps({**fields, "db_id": db_id, "gold_sql_all": [with_old_names(sql) for sql in golds]}))
    return "".join(f"{line}\n" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both databases and the renamed questions into one folder; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.questions.renamed", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--today", type=dt.date.fromisoformat, default=TODAY, metavar="YYYY-MM-DD")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    taken = [name for name in ("sample.duckdb", "renamed.duckdb") if (folder / name).exists()]
    if taken:
        print(f"There is a {taken[0]} in {folder} already.", file=sys.stderr)
        return 2
    build(folder / "sample.duckdb", options.today)
    rename(folder / "sample.duckdb", folder / "renamed.duckdb")
    (folder / "renamed.jsonl").write_text(renamed_questions(QUESTIONS, "renamed"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
