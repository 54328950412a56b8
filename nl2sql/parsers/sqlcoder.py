"""Owns the prompt that sqlcoder-7b-2 was released with. Knows no tokens and no model.

Source: the model card of defog/sqlcoder-7b-2 (section «Prompt», update of 7 February 2024) gives the template and
asks for `do_sample=False` and `num_beams=4`; the release's sample schema (metadata.sql in the repository
defog-ai/sqlcoder) shows how keys are written: one line «-- a.x can be joined with b.y» per pair of columns, after
the CREATE TABLE statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from nl2sql.parsers import weights
from nl2sql.parsers.causal_family import CausalFamily
from nl2sql.schema import Schema, Table, quote, to_ddl

TEMPLATE = """### Task
Generate a SQL query to answer [QUESTION]{question}[/QUESTION]

### Database Schema
The query will run on a database with the following schema:
{schema}

### Answer
Given the database schema, here is the SQL query that [QUESTION]{question}[/QUESTION]
[SQL]
"""
SCHEMA_FIRST = """### Database Schema
The query will run on a database with the following schema:
{schema}

### Task
Generate a SQL query to answer [QUESTION]{question}[/QUESTION]

### Answer
Given the database schema, here is the SQL query that [QUESTION]{question}[/QUESTION]
[SQL]
"""
"""The release's sections with the tables before the question: what was read of them serves the next question too."""
EXAMPLES = 3
"""Stored values shown per text column: enough to tell how values are spelled, few enough to keep the prompt short."""

_MARKERS = re.compile(r"\[/?(?:QUESTION|SQL)\]|</?s>|<unk>|<FILL_ME>|▁?<(?:PRE|SUF|MID|EOT)>", re.I)


def _filled(template: str, question: str, tables: str) -> str:
    """A prompt; the question goes in on one line without its markers, so that it cannot pass for another section."""
    return template.format(question=" ".join(_MARKERS.sub(" ", question).split()), schema=tables)


def schema_text(schema: Schema) -> str:
    """Schema serialization of the release: CREATE TABLE statements, then one line per pair of joined columns."""
    ddl = to_ddl(Schema(tables=tuple(map(_text_examples_only, schema.tables))), examples=EXAMPLES)
    joins = "\n".join(_join_lines(schema))
    return f"{ddl}\n\n{joins}" if joins else ddl


def _text_examples_only(table: Table) -> Table:
    """Examples help to spell a stored text; those of numbers and dates would only lengthen the prompt."""
    columns = tuple(c if c.family == "text" else replace(c, examples=()) for c in table.columns)
    return replace(table, columns=columns)


def _join_lines(schema: Schema) -> Iterator[str]:
    for key in schema.foreign_keys:
        ends = schema.table(key.table), schema.table(key.to_table)
        names = [
            end.sql_name if end else quote(name) for end, name in zip(ends, (key.table, key.to_table), strict=True)
        ]
        for column, to_column in zip(key.columns, key.to_columns, strict=True):
            yield f"-- {names[0]}.{quote(column)} can be joined with {names[1]}.{quote(to_column)}"


FAMILY = CausalFamily(weights.SQLCODER, partial(_filled, TEMPLATE), schema_text, beams=4)
SCHEMA_FIRST_FAMILY = replace(FAMILY, prompt=partial(_filled, SCHEMA_FIRST))
"""The same model asked in another order than it was trained with: how right its answers are then was not measured."""
