"""Owns the prompt of T5 models fine-tuned on WikiSQL, and lifts what they write to the tables in scope. No tokens here.

Source of the prompt: the model card of mrm8488/t5-base-finetuned-wikiSQL: «translate English to SQL: », the question.
Such a model never sees the tables. It writes WikiSQL's one form of statement (Zhong et al. 2017) over a table called
`table`, with columns as the question names them: `SELECT [AGG] column FROM table WHERE column = value AND …`. What it
names is looked up among the columns in scope by spelling; what is not found there is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from nl2sql.linking import normal_form, split_name
from nl2sql.parsers import weights
from nl2sql.parsers.base import ParseRequest
from nl2sql.parsers.builtin.pruning import likely_tables
from nl2sql.schema import Column, Table, quote

MODEL = weights.T5_WIKISQL
_ALIKE = 75.0
"""Of 100, how alike a name must be to a column's to mean it (rapidfuzz's token set ratio)."""
_AGGREGATES = {"COUNT": "count", "MAX": "max", "MIN": "min", "SUM": "sum", "AVG": "avg"}
_STATEMENT = re.compile(
    r"\s*SELECT\s+(?:(?P<aggregate>COUNT|MAX|MIN|SUM|AVG)\b\s*)?(?P<column>.*?)\s+FROM\s+table\b\s*"
    r"(?:WHERE\s+(?P<where>.*?))?\s*;?\s*(?:</s>.*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\s*(?P<column>.+?)\s*(?P<operator>>=|<=|=|>|<)\s*(?P<value>.+?)\s*\Z", re.DOTALL)


def prompt(request: ParseRequest) -> str:
    """The model card's prompt; the tables have no place in it."""
    return f"translate English to SQL: {' '.join(request.question.split())}"


def statement(text: str, request: ParseRequest) -> str | None:
    """What the model wrote as SQL over the likeliest table that has all the columns it names; None where none has."""
    parts = _STATEMENT.match(text)
    if parts is None:
        return None
    tables = {table.name: table for table in request.schema.tables}
    for name in likely_tables(request.question, request.schema, request.values):
        lifted = _lifted(parts, tables[name])
        if lifted is not None:
            return lifted
    return None


def _lifted(parts: re.Match[str], table: Table) -> str | None:
    aggregate = _AGGREGATES.get((parts["aggregate"] or "").upper(), "")
    said = parts["column"].strip(" ()*")
    column = _column(said, table)
    if column is None and not (aggregate == "count" and (not said or normal_form(said) in ("table", "rows", "all"))):
        return None
    item = quote(column.name) if column is not None else "*"
    conditions = list(_conditions(parts["where"] or "", table))
    if any(one is None for one in conditions):
        return None
    where = f" WHERE {' AND '.join(str(one) for one in conditions)}" if conditions else ""
    return f"SELECT {f'{aggregate}({item})' if aggregate else item} FROM {table.sql_name}{where}"


def _conditions(where: str, table: Table) -> Iterator[str | None]:
    """Each condition as SQL, None for one that the table cannot say."""
    for text in re.split(r"\bAND\b", where) if where.strip() else ():
        parts = _CONDITION.match(text)
        column = _column(parts["column"], table) if parts else None
        if parts is None or column is None:
            yield None
        else:
            yield _compared(column, parts["operator"], parts["value"].strip("'\" "))


def _compared(column: Column, operator: str, value: str) -> str | None:
    name = quote(column.name)
    if column.family == "number":
        bare = value.replace(",", "")
        return f"{name} {operator} {bare}" if re.fullmatch(r"-?\d+(\.\d+)?", bare) else None
    literal = "'" + value.replace("'", "''") + "'"
    if column.family == "text" and operator == "=":
        return f"lower({name}) = lower({literal})"
    return f"{name} {operator} {literal}" if column.family in ("text", "date") else None


def _column(said: str, table: Table) -> Column | None:
    """The column of `table` that is spelled most like `said`; None where none is alike enough."""
    wanted = " ".join(split_name(said))
    if not wanted:
        return None
    named = [(fuzz.token_set_ratio(wanted, " ".join(split_name(one.label))), one) for one in table.columns]
    best, column = max(named, key=lambda pair: pair[0], default=(0.0, None))
    return column if best >= _ALIKE else None
