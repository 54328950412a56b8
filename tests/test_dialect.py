"""SQL of other dialects in DuckDB: what is rewritten, what is left as it is, and what must not be rewritten."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from nl2sql.parsers.base import Candidate, ParseRequest, ParserInfo, Prediction
from nl2sql.parsers.dialect import in_duckdb
from nl2sql.parsers.mending import mended
from nl2sql.schema import Schema

REQUEST = ParseRequest("?", Schema(()), dt.date(2024, 6, 15))


@pytest.fixture(scope="module")
def rows():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT TIMESTAMP '2024-05-03 14:05:00' AS d, 3 AS a, 2 AS b, 'q' AS x")
        yield lambda sql: connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT to_char(d, 'YYYY-MM') FROM t", [("2024-05",)]),
        ("SELECT to_char(d, 'DD/MM/YYYY HH24:MI') FROM t", [("03/05/2024 14:05",)]),
        ("SELECT to_char(date_trunc('month', d), 'YYYY') FROM t", [("2024",)]),
        ("SELECT to_date('2020-01-31', 'YYYY-MM-DD')", [(dt.date(2020, 1, 31),)]),
        ("SELECT sum(a)::money FROM t", [(3,)]),
    ],
)
def test_what_does_not_run_is_rewritten_to_the_same_rows(rows, sql, expected):
    with pytest.raises(duckdb.Error):
        rows(sql)
    written = in_duckdb(sql, "postgres")
    assert written is not None
    assert rows(written) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT to_char(d, 'Mon YYYY') FROM t", "SELECT to_char(d, 'Day') FROM t", "SELECT to_char(a, '999D99') FROM t",
        "SELECT to_char(d, x) FROM t", "SELECT 1; SELECT 2", "DROP TABLE t", "not sql at all (", "",
        "INSERT INTO t SELECT * FROM t",
    ],
)  # fmt: skip
def test_what_would_change_its_meaning_is_not_rewritten(sql):
    assert in_duckdb(sql, "postgres") is None


class Scripted:
    """A parser that gives what it is told to, in turn."""

    mend_rounds = 2

    def __init__(self, *written: str, dialect: str = "postgres") -> None:
        self.info = ParserInfo("scripted")
        self.dialect = dialect
        self.written = list(written)
        self.told: list[tuple[tuple[str, str], ...]] = []

    def predict(self, request: ParseRequest) -> Prediction:
        return Prediction((Candidate(self.written.pop(0), -0.1, tree="a tree"),), 0.9)

    def mend(self, request: ParseRequest, tried) -> Prediction:
        self.told.append(tuple(tried))
        return self.predict(request)

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        return tree


def binding(rows):
    def bind(sql: str) -> str | None:
        try:
            rows(f"EXPLAIN {sql}")
        except duckdb.Error as error:
            return str(error)
        return None

    return bind


def test_sql_that_runs_is_left_as_it_is(rows):
    parser = Scripted("SELECT a FROM t")
    found = mended(parser, REQUEST, parser.predict(REQUEST), binding(rows))
    assert found.candidates == (Candidate("SELECT a FROM t", -0.1, tree="a tree"),)


def test_a_rewritten_statement_says_what_it_was(rows):
    parser = Scripted("SELECT to_char(d, 'YYYY') FROM t")
    (candidate,) = mended(parser, REQUEST, parser.predict(REQUEST), binding(rows)).candidates
    assert rows(candidate.sql) == [("2024",)]
    assert "to_char" in candidate.notes[0]
    assert candidate.tree is None
    assert parser.told == []


def test_what_cannot_be_rewritten_goes_back_to_the_model(rows):
    parser = Scripted("SELECT to_char(d, 'Day') FROM t", "SELECT dayname(d) FROM t")
    (candidate,) = mended(parser, REQUEST, parser.predict(REQUEST), binding(rows)).candidates
    assert candidate.sql == "SELECT dayname(d) FROM t"
    assert "to_char" in parser.told[0][0][1]


def test_a_rewritten_answer_of_a_second_try_counts(rows):
    parser = Scripted("SELECT nothing FROM t", "SELECT to_char(d, 'YYYY') FROM t")
    (candidate,) = mended(parser, REQUEST, parser.predict(REQUEST), binding(rows)).candidates
    assert rows(candidate.sql) == [("2024",)]
    assert len(parser.told) == 1
    assert [note.split(":")[0] for note in candidate.notes] == [
        "A try that did not run",
        "Rewritten for DuckDB; the model wrote",
    ]


def test_without_another_dialect_nothing_is_rewritten(rows):
    parser = Scripted("SELECT to_char(d, 'YYYY') FROM t", "SELECT 1", dialect="")
    (candidate,) = mended(parser, REQUEST, parser.predict(REQUEST), binding(rows)).candidates
    assert candidate.sql == "SELECT 1"
