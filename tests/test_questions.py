"""The sixty questions: their gold SQL runs, says something, and says the same under other names."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from benchmarks.questions import renamed

LINES = [json.loads(line) for line in renamed.QUESTIONS.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def databases(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("questions")
    renamed.build(folder / "sample.duckdb", renamed.TODAY)
    renamed.rename(folder / "sample.duckdb", folder / "renamed.duckdb")
    return folder


def golds(line: dict) -> list[str]:
    found = line.get("gold_sql_all") or [line["gold_sql"]]
    return [sql.replace("{today}", renamed.TODAY.isoformat()) for sql in found]


def test_there_are_sixty_different_questions():
    assert len({line["question"] for line in LINES}) == 60
    assert {line["db_id"] for line in LINES} == {"sample"}


def test_gold_sql_says_something_and_the_same_under_other_names(databases):
    with (
        duckdb.connect(str(databases / "sample.duckdb"), read_only=True) as sample,
        duckdb.connect(str(databases / "renamed.duckdb"), read_only=True) as other,
    ):
        for line in LINES:
            for place, sql in enumerate(golds(line)):
                rows = sample.execute(sql).fetchall()
                assert place or rows, line["question"]
                again = other.execute(renamed.with_old_names(sql)).fetchall()
                assert Counter(rows) == Counter(again), line["question"]


def test_every_name_changes_and_the_keys_stay(databases):
    new = [table for table, _ in renamed.NAMES.values()]
    assert not set(new) & set(renamed.NAMES)
    assert all(old != to for _, columns in renamed.NAMES.values() for old, to in columns.items())
    counts = []
    for name in ("sample", "renamed"):
        with duckdb.connect(str(databases / f"{name}.duckdb"), read_only=True) as connection:
            counts.append(
                connection.execute(
                    "SELECT constraint_type, count(*) FROM duckdb_constraints() GROUP BY 1 ORDER BY 1"
                ).fetchall()
            )
    assert counts[0] == counts[1]
    assert dict(counts[0])["FOREIGN KEY"] == 12
