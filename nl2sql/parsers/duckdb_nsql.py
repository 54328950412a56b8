"""Owns the prompt that DuckDB-NSQL-7B was released with. Knows no tokens and no model.

Source: the model card of motherduckdb/DuckDB-NSQL-7B-v0.1 gives the template. The tables stand before the question, so
what was read of them can be kept for the next one.
"""

from __future__ import annotations

from nl2sql.parsers import sqlcoder, weights
from nl2sql.parsers.causal_family import CausalFamily

TEMPLATE = """### Instruction:
Your task is to generate valid duckdb SQL to answer the following question, given a duckdb database schema.

### Input:
Here is the database schema that the SQL query will run on:
{tables}

### Question:
{question}

### Response (use duckdb shorthand if possible):
"""


def prompt(question: str, tables: str) -> str:
    """The released prompt; the question goes in on one line, so that it cannot pass for another section."""
    return TEMPLATE.format(question=" ".join(question.split()), tables=tables)


FAMILY = CausalFamily(weights.DUCKDB_NSQL, prompt, sqlcoder.schema_text, dialect="")
