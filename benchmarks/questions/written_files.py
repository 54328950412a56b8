"""Databases and examples of the written training files that are held out: what people ask of tables it never saw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.questions.sheets import TODAY
from nl2sql.parsers.builtin import written
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.roles import with_roles
from nl2sql.schema import Schema, Table, quote

EXAMPLES = "examples.jsonl"


def build(folder: Path) -> None:
    """Write each database and, as `examples.jsonl`, every wording of every question with its gold SQL."""
    lines: list[dict[str, object]] = []
    for name, one in written.held_out():
        _keep(one, folder / f"{name}.duckdb")
        lines += ({"db_id": name, **line} for line in _lines(one))
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    (folder / EXAMPLES).write_text(text, encoding="utf-8")


def _keep(one: written.Written, path: Path) -> None:
    connection = written.fill(one, written.ROWS_ASKED)
    connection.execute(f"ATTACH '{path}' AS kept")
    left = list(one.schema.tables)
    while left:
        table = next((it for it in left if not _parents(it, one.schema) & {other.name for other in left}), left[0])
        left.remove(table)
        parts = [f"{quote(column.name)} {column.type}" for column in table.columns]
        if table.primary_key:
            parts.append(f"PRIMARY KEY ({', '.join(map(quote, table.primary_key))})")
        for key in one.schema.foreign_keys:
            if key.table == table.name and key.to_table not in {table.name, *(other.name for other in left)}:
                target = f"{quote(key.to_table)} ({quote(key.to_columns[0])})"
                parts.append(f"FOREIGN KEY ({quote(key.columns[0])}) REFERENCES {target}")
        connection.execute(f"CREATE TABLE kept.{quote(table.name)} ({', '.join(parts)})")
        connection.execute(f"INSERT INTO kept.{quote(table.name)} FROM memory.main.{quote(table.name)}")
    connection.close()


def _parents(table: Table, schema: Schema) -> set[str]:
    """The other tables that a table's keys refer to: they have to be there before it."""
    return {key.to_table for key in schema.foreign_keys if key.table == table.name} - {table.name}


def _lines(one: written.Written) -> Iterator[dict[str, object]]:
    schema = with_roles(one.schema)
    before: list[dict[str, str]] = []
    for asked in one.questions:
        before = before if asked.follows else []
        reading = written.to_reading(asked.answer, schema)
        line: dict[str, object] = {"category": "follow-up" if asked.follows else "question"}
        if reading == ("decline",):
            line = {"category": "unanswerable", "answerable": False}
        else:
            line["gold_sql"] = render(reading, schema, TODAY)
        for wording in asked.wordings:
            yield {**line, "question": wording, **({"history": before} if before else {})}
        before = [*before, {"question": asked.wordings[0]}]
