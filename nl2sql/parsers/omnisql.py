"""Owns the prompt that OmniSQL-7B was released with. Knows no tokens and no model.

Source: the model card of seeklhy/OmniSQL-7B gives the template, asked as a person's turn of a chat and decoded without
sampling; the model thinks first and puts its SQL, SQLite's, into the last code block (Li et al. 2025). The tables stand
before the question, so what was read of them can be kept for the next one.
"""

from __future__ import annotations

import re

from nl2sql.parsers import sqlcoder, weights
from nl2sql.parsers.causal_family import CausalFamily
from nl2sql.parsers.sql_text import first_statement

TEMPLATE = """Task Overview:
You are a data science expert. Below, you are provided with a database schema and a natural language question. Your \
task is to understand the schema and generate a valid SQL query to answer the question.

Database Engine:
SQLite

Database Schema:
{tables}
This schema describes the database's structure, including tables, columns, primary keys, foreign keys, and any \
relevant relationships or constraints.

Question:
{question}

Instructions:
- Make sure you only output the information that is asked in the question. If the question asks for a specific \
column, make sure to only include that column in the SELECT clause, nothing more.
- The generated query should return all of the information asked in the question without any missing or extra \
information.
- Before generating the final SQL query, please think through the steps of how to write the query.

Output Format:
In your answer, please enclose the generated SQL query in a code block:
```
-- Your SQL query
```

Take a deep breath and think step by step to find the correct SQL query."""
_BLOCK = re.compile(r"```(?:sql)?[ \t]*\n(.*?)(?:```|\Z)", re.S | re.I)


def prompt(question: str, tables: str) -> str:
    """The released prompt."""
    return TEMPLATE.format(question=" ".join(question.split()), tables=tables)


def statement(text: str) -> str | None:
    """The statement in the last code block; without a block, the first one there is.

    >>> statement("Step 1: `SELECT`\\n```sql\\nSELECT 1\\n```\\nBetter:\\n```sql\\nSELECT 2;\\n```")
    'SELECT 2'
    """
    blocks = [found for block in _BLOCK.findall(text) if (found := first_statement(block)) is not None]
    return blocks[-1] if blocks else first_statement(text)


FAMILY = CausalFamily(
    weights.OMNISQL,
    prompt,
    sqlcoder.schema_text,
    dialect="sqlite",
    chat=True,
    new_tokens=2_048,
    statement=statement,
    thinks=True,
)
