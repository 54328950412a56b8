"""A catalog change killed at every step, write and random moment: the old state or the new one, nothing left over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from nl2sql.workspace import files
from nl2sql.workspace.catalog import Catalog, alias_of
from nl2sql.workspace.store import Store

pytestmark = pytest.mark.crash
ROOT = Path(__file__).resolve().parent.parent
OLD = {"upload": ("first",), "month": ("2025-06",)}
NEW = {"upload": ("first", "second"), "month": ("2025-07",)}


def kill(folder: Path, change: str, mode: str, count: int = 0) -> list[tuple[Path, str]]:
    """Each folder that a change was made in, with how the changing process ended."""
    command = [sys.executable, "-W", "ignore", str(ROOT / "tests" / "workspace_kills.py"), str(folder), change, mode]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [*command, str(count)], env=environment, capture_output=True, text=True, check=False, timeout=3600
    )
    assert ran.returncode == 0, ran.stderr
    ends = [line.split() for line in ran.stdout.splitlines()]
    return [(folder / number, end) for number, end in ends]


def state(catalog: Catalog, change: str) -> tuple[str, ...]:
    """What the catalog says, after reading every row that it promises."""
    with duckdb.connect(str(catalog.path), read_only=True) as con:
        for file in catalog.contents.files:
            con.execute(f"ATTACH '{catalog.path.parent / 'tables' / file}' AS {alias_of(file)} (READ_ONLY)")
        for entry in catalog.contents.tables:
            row = con.execute(f"SELECT count(*), count(COLUMNS(*)) FROM {entry.table.name}").fetchone()
            assert row is not None
            assert row[0] == entry.table.row_count
    if change == "month":
        assert len(catalog.contents.tables) == 10
        return (catalog.contents.sample_month or "",)
    return tuple(entry.table.name for entry in catalog.contents.tables)


def check(home: Path, change: str) -> tuple[str, ...]:
    """The state that a kill left, whole and without orphans after the next start."""
    store = Store(home, grace=0.0)
    catalog = store.current()
    assert catalog is not None
    found = state(catalog, change)
    assert found in (OLD[change], NEW[change])
    store.tidy()
    after = store.current()
    assert after == catalog
    assert sorted(path.name for path in home.iterdir()) == sorted(
        ["leases", "staging", "tables", "workspace.lock", catalog.path.name]
    )
    assert {path.name for path in store.tables.iterdir()} == set(catalog.contents.files)
    assert list(store.staging.iterdir()) == []
    assert list(store.leases.iterdir()) == []
    store.change(lambda contents, change: contents)
    assert max(files.versions(home, "catalog")) > catalog.number
    return found


@pytest.mark.parametrize(("change", "fewest"), [("upload", 40), ("month", 40)])
def test_killed_before_every_call_that_touches_the_disk(tmp_path: Path, change: str, fewest: int) -> None:
    ends = kill(tmp_path, change, "step")
    assert [end for _, end in ends] == ["killed"] * (len(ends) - 1) + ["done"]
    assert len(ends) > fewest
    states = [check(home, change) for home, _ in ends]
    switched = states.index(NEW[change])
    assert states == [OLD[change]] * switched + [NEW[change]] * (len(states) - switched)
    assert 0 < switched < len(states) - 1, "no kill fell after the new state was published"


@pytest.mark.parametrize("change", ["upload", "month"])
def test_killed_within_every_growing_write(tmp_path: Path, change: str) -> None:
    ends = kill(tmp_path, change, "size")
    assert [end for _, end in ends] == ["killed"] * (len(ends) - 1) + ["done"]
    assert len(ends) > 6
    assert {check(home, change) for home, end in ends if end == "killed"} == {OLD[change]}
    assert check(ends[-1][0], change) == NEW[change]


def test_killed_at_random_moments(tmp_path: Path) -> None:
    ends = kill(tmp_path, "month", "time", 16)
    killed = [home for home, end in ends if end == "killed"]
    assert len(killed) == 16, "too many kills came too late to show anything"
    for home, _ in ends:
        check(home, "month")
