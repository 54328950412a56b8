"""Reads the public training data (docs/model_card.md names it) into examples with readings. For training only."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from nl2sql.engine.base import ResultSet
from nl2sql.linking import ValueIndex
from nl2sql.parsers.builtin.convert import ConversionError, to_reading
from nl2sql.parsers.builtin.earlier import Earlier
from nl2sql.parsers.builtin.grammar import Leaf, Reading
from nl2sql.parsers.builtin.roles import values_with_roles, with_roles
from nl2sql.schema import Column, ForeignKey, Schema, Table

HELD_OUT = (
    "apartment_rentals", "baseball_1", "bike_1", "cinema", "college_2", "company_office", "customers_and_invoices",
    "department_store", "driving_school", "e_learning", "entrepreneur", "gas_company", "insurance_policies", "inn_1",
    "machine_repair", "match_season", "music_1", "scientist_1", "soccer_2", "tracking_orders",
)  # fmt: skip
"""Spider databases that training never sees: chosen once, before the first training run, and kept."""


@dataclass(frozen=True)
class TrainingExample:
    """A question in one or more wordings, the schema it is about, and its gold reading.

    `values` holds the stored values where the database has rows; without it `spoken_values` stand in for them.
    """

    questions: tuple[str, ...]
    schema: Schema
    reading: Reading
    source: str
    db_id: str
    gold_sql: str = ""
    values: ValueIndex | None = field(default=None, compare=False)
    earlier: Earlier | None = None


def spider(folder: Path, held_out: bool = False) -> Iterator[TrainingExample]:
    """Spider's examples, those of the held-out databases or all others; what the grammar cannot say is left out."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(folder / "spider_train" / "examples.jsonl.gz"):
        grouped.setdefault(row["db_id"], []).append(row)
    for db_id, rows in grouped.items():
        if (db_id in HELD_OUT) != held_out:
            continue
        connection = duckdb.connect(str(folder / "spider_train" / "databases" / f"{db_id}.duckdb"), read_only=True)
        stored = read_schema(connection)
        schema = with_roles(stored)
        values = values_with_roles(read_values(connection, stored), schema)
        connection.close()
        for row in rows:
            questions = tuple(dict.fromkeys(one for one in (row["question"], row.get("question_synonyms")) if one))
            try:
                reading = to_reading(row["gold_sql"], schema)
            except ConversionError:
                if not held_out:
                    continue
                reading = ()
            yield TrainingExample(questions, schema, reading, "spider", db_id, row["gold_sql"], values)


def wikisql(folder: Path, limit: int, seed: int = 0) -> Iterator[TrainingExample]:
    """`limit` of WikiSQL's training examples, drawn at random."""
    tables = {row["db_id"]: row["columns"] for row in _rows(folder / "wikisql" / "tables.jsonl.gz")}
    rows = [row for row in _rows(folder / "wikisql" / "examples.jsonl.gz") if row["split"] == "train"]
    random.Random(seed).shuffle(rows)
    for row in rows[:limit]:
        columns = tuple(Column(name, type_, display_name=header) for name, type_, header in tables[row["db_id"]])
        schema = Schema((Table("t", columns, display_name="table"),))
        try:
            reading = to_reading(row["gold_sql"], schema)
        except ConversionError:
            continue
        yield TrainingExample((row["question"],), schema, reading, "wikisql", row["db_id"], row["gold_sql"])


def bird(folder: Path) -> Iterator[TrainingExample]:
    """BIRD's training examples over schemas without rows; what the grammar cannot say is left out."""
    with gzip.open(folder / "bird_train" / "schemas_inferred.json.gz", "rt", encoding="utf-8") as file:
        described = json.load(file)
    rows = list(_rows(folder / "bird_train" / "examples.jsonl.gz"))
    numbers: dict[str, set[str]] = {}
    for row in rows:
        numbers.setdefault(row["db_id"], set()).update(_computed_with(row["gold_sql"]))
    schemas = {name: _bird_schema(one, numbers.get(name, set())) for name, one in described.items()}
    for row in rows:
        try:
            reading = to_reading(row["gold_sql"], schemas[row["db_id"]])
        except ConversionError:
            continue
        yield TrainingExample((row["question"],), schemas[row["db_id"]], reading, "bird", row["db_id"], row["gold_sql"])


_COMPUTED = re.compile(
    r"\b(?:SUM|AVG)\(\s*(?:\w+\.)?[\"`]?(\w+)|(?:\w+\.)?[\"`]?(\w+)[\"`]?\s*(?:[<>]=?|=|<>|!=|BETWEEN)\s*-?\d",
    re.IGNORECASE,
)


def _computed_with(sql: str) -> set[str]:
    """Columns (case-folded) that a statement adds up or compares with a number."""
    return {(total or compared).casefold() for total, compared in _COMPUTED.findall(sql)}


def _bird_schema(described: dict[str, Any], numbers: set[str]) -> Schema:
    """A schema as the gold SQL shows it: types guessed from names and use, keys from joins."""

    def kind(name: str) -> str:
        if name.casefold() in numbers or re.search(r"(?i)(^|_)id$|ID$", name):
            return "BIGINT"
        return "DATE" if re.search(r"(?i)date|birthday", name) else "VARCHAR"

    tables = tuple(
        Table(name, tuple(Column(column, kind(column)) for column in columns))
        for name, columns in described["tables"].items()
    )
    keys = [(left.split(".", 1), right.split(".", 1)) for left, right in described["joins"]]
    return Schema(tables, tuple(ForeignKey(a, (b,), c, (d,)) for (a, b), (c, d) in keys))


def spoken_values(reading: Reading) -> list[tuple[Leaf, str]]:
    """(column, text) of each text literal in a reading: what a column without rows may be said to hold."""
    found: list[tuple[Leaf, str]] = []
    last: Leaf | None = None
    for action in reading:
        if isinstance(action, Leaf):
            if action.kind == "column":
                last = action
            elif action.kind == "text" and last is not None:
                found.append((last, action.text))
    return found


def read_schema(connection: duckdb.DuckDBPyConnection) -> Schema:
    """Tables and declared keys of a database."""
    tables: dict[str, list[Column]] = {}
    for table, column, type_ in connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal "
        "ORDER BY table_oid, column_index"
    ).fetchall():
        tables.setdefault(table, []).append(Column(column, type_))
    primary: dict[str, tuple[str, ...]] = {}
    foreign: list[ForeignKey] = []
    for table, kind, columns, target, targets in connection.execute(
        "SELECT table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names "
        "FROM duckdb_constraints()"
    ).fetchall():
        if kind == "PRIMARY KEY":
            primary[table] = tuple(columns)
        elif kind == "FOREIGN KEY":
            foreign.append(ForeignKey(table, tuple(columns), target, tuple(targets)))
    return Schema(
        tuple(Table(name, tuple(columns), primary.get(name, ())) for name, columns in tables.items()), tuple(foreign)
    )


def read_values(connection: duckdb.DuckDBPyConnection, schema: Schema) -> ValueIndex:
    """The value index of a database, as the workbench builds it."""

    def fetch(sql: str) -> ResultSet:
        return ResultSet(connection.sql(sql).to_arrow_table(), (), False, 0.0)

    return ValueIndex.build(schema, fetch)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
