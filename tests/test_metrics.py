"""Result comparison: every line of comparisons.jsonl, and properties that no fixture can list."""

import json
import random
import time
from collections import Counter
from itertools import permutations
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nl2sql.comparing.ordering import ordering_of
from nl2sql.comparing.rows import compare
from nl2sql.engine.base import ResultSet

INSTANCE = duckdb.connect()
CASES = [json.loads(line) for line in (Path(__file__).parent / "comparisons.jsonl").read_text().splitlines()]


def rows_of(sql: str) -> ResultSet:
    with INSTANCE.cursor() as connection:
        relation = connection.sql(sql)
        types = tuple(str(kind) for kind in relation.types)
        return ResultSet(relation.to_arrow_table(), types, False, 0.0)


def result(rows: list[tuple], width: int) -> ResultSet:
    columns = [pa.array([row[place] for row in rows]) for place in range(width)]
    return ResultSet(pa.Table.from_arrays(columns, [f"c{place}" for place in range(width)]), (), False, 0.0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_fixture(case):
    comparison = compare(rows_of(case["gold"]), rows_of(case["predicted"]), ordering_of(case["gold"]))
    assert comparison.equal == case["equal"], comparison.reason
    assert bool(comparison.reason) != comparison.equal


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.floats(-5, 5) | st.none(), st.text("ab", max_size=2)), min_size=1, max_size=12
)


@settings(max_examples=150)
@given(ROWS, st.randoms(use_true_random=False), st.permutations(range(3)))
def test_shuffled_rows_and_columns_are_equal(rows, chance, places):
    shuffled = [tuple(row[place] for place in places) for row in rows]
    chance.shuffle(shuffled)
    assert compare(result(rows, 3), result(shuffled, 3)).equal


@settings(max_examples=150)
@given(ROWS, st.data())
def test_one_changed_cell_is_different(rows, data):
    row = data.draw(st.integers(0, len(rows) - 1))
    changed = list(rows)
    changed[row] = (rows[row][0] + 100, *rows[row][1:])
    assert not compare(result(rows, 3), result(changed, 3)).equal


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1)), max_size=8), st.data())
def test_agrees_with_trying_every_permutation(rows, data):
    other = data.draw(st.lists(st.tuples(*[st.integers(0, 1)] * 3), min_size=len(rows), max_size=len(rows)))
    expected = any(
        Counter(rows) == Counter(tuple(row[place] for place in places) for row in other)
        for places in permutations(range(3))
    )
    assert compare(result(rows, 3), result(other, 3)).equal == expected


def test_many_interchangeable_columns_end_quickly():
    chance = random.Random(7)
    gold = [tuple(chance.randint(0, 1) for _ in range(14)) for _ in range(60)]
    columns = list(zip(*gold, strict=True))
    scrambled = []
    for column in columns:
        cells = list(column)
        chance.shuffle(cells)
        scrambled.append(cells)
    started = time.monotonic()
    assert not compare(result(gold, 14), result(list(zip(*scrambled, strict=True)), 14)).equal
    assert time.monotonic() - started < 60, "every order of the columns was tried"


def test_ordering_is_read_from_the_parse_tree_only():
    assert ordering_of("SELECT 'x ORDER BY y' AS z") is None
    assert ordering_of("no select at all") is None
    assert ordering_of("SELECT a, b FROM t ORDER BY b + 1").columns(("a", "b")) is None
    assert ordering_of("SELECT a, b FROM t ORDER BY b, 1").columns(("a", "b")) == (1, 0)
