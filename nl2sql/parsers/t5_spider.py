"""Owns the prompt of a T5 model fine-tuned on Spider with the tables in its question. Knows no tokens and no model.

Source: the model card of gaussalgo/T5-LM-Large-text2sql-spider, whose example lays out each table as its name, columns
with their types, foreign keys and primary key, tables parted by `[SEP]`, behind the question.
"""

from __future__ import annotations

from nl2sql.parsers import weights
from nl2sql.parsers.base import ParseRequest
from nl2sql.parsers.sql_text import first_statement
from nl2sql.schema import Column, Schema, Table

MODEL = weights.T5_SPIDER
_TYPES = {"number": "int", "boolean": "bool"}


def prompt(request: ParseRequest) -> str:
    """The model card's prompt."""
    return f"Question: {' '.join(request.question.split())} Schema: {schema_text(request.schema)}"


def schema_text(schema: Schema) -> str:
    """The tables as the card lays them out."""
    return " [SEP] ".join(_table_text(table, schema) for table in schema.tables)


def _table_text(table: Table, schema: Schema) -> str:
    columns = " , ".join(f'"{one.name}" {_type(one)}' for one in table.columns)
    foreign = " , ".join(
        f'"{name}" from "{key.to_table}" "{other}"'
        for key in schema.foreign_keys
        if key.table == table.name
        for name, other in zip(key.columns, key.to_columns, strict=True)
    )
    own = " , ".join(f'"{name}"' for name in table.primary_key)
    return f'"{table.name}" {columns} , foreign_key: {foreign} primary key: {own}'


def _type(column: Column) -> str:
    return _TYPES.get(column.family, "text")


def statement(text: str, request: ParseRequest) -> str | None:
    """The statement that the model wrote, over the tables' own names."""
    return first_statement(text.removesuffix("</s>"))
