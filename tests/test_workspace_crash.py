"""Workspace changes killed at every step, write and random moment: the old state or the new, nothing left over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from nl2sql.schema import quote
from nl2sql.settings import Settings
from nl2sql.workspace import Workspace, files
from nl2sql.workspace.catalog import Catalog, alias_of
from nl2sql.workspace.store import Store

pytestmark = pytest.mark.crash
ROOT = Path(__file__).resolve().parent.parent


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


State = tuple[object, ...]


def state(catalog: Catalog) -> State:
    """What the catalog says, after reading every row that it promises."""
    contents, sums = catalog.contents, []
    with duckdb.connect(str(catalog.path), read_only=True) as con:
        for file in contents.kept_files:
            con.execute(f"ATTACH '{catalog.path.parent / 'tables' / file}' AS {alias_of(file)} (READ_ONLY)")
        sources = {entry.name: quote(entry.name) for entry in contents.tables}
        for gone in contents.deleted:
            sources[gone.id] = f"{alias_of(gone.entry.file)}.main.{quote(gone.entry.source_table)}"
        for source in sources.values():
            sums += con.execute(f"SELECT count(*), sum(hash(t)) FROM {source} AS t").fetchall()
    assert [row[0] for row in sums[: len(contents.tables)]] == [entry.table.row_count for entry in contents.tables]
    names = tuple(entry.name for entry in contents.tables)
    deleted = tuple((gone.name, gone.keys) for gone in contents.deleted)
    return (names, tuple(sums), contents.keys, deleted, contents.sample_month)


def check(home: Path) -> State:
    """The state that a kill left, whole and without orphans after the next start."""
    store = Store(home, grace=0.0)
    catalog = store.current()
    assert catalog is not None
    found = state(catalog)
    store.tidy()
    after = store.current()
    assert after == catalog
    assert sorted(path.name for path in home.iterdir()) == sorted(
        ["leases", "staging", "tables", "workspace.lock", catalog.path.name]
    )
    assert {path.name for path in store.tables.iterdir()} == catalog.contents.kept_files
    assert list(store.staging.iterdir()) == []
    assert list(store.leases.iterdir()) == []
    return found


def change_again(home: Path) -> None:
    """What a kill left stands in no later change's way."""
    store = Store(home, grace=0.0)
    before = max(files.versions(home, "catalog"))
    store.change(lambda contents, change: contents)
    assert max(files.versions(home, "catalog")) == before + 1


@pytest.mark.parametrize(
    ("change", "fewest"),
    [("add", 45), ("replace", 45), ("append", 60), ("delete", 35), ("rename", 35), ("month", 35)],
)
def test_killed_before_every_call_that_touches_the_disk(tmp_path: Path, change: str, fewest: int) -> None:
    ends = kill(tmp_path, change, "step")
    assert [end for _, end in ends] == ["killed"] * (len(ends) - 1) + ["done"]
    assert len(ends) > fewest
    old, states = check(tmp_path / "base"), [check(home) for home, _ in ends]
    new = states[-1]
    assert new != old
    switched = states.index(new)
    assert states == [old] * switched + [new] * (len(states) - switched)
    assert 0 < switched < len(states) - 1, "no kill fell after the new state was published"
    for home, _ in ends[::7]:
        change_again(home)


@pytest.mark.parametrize("change", ["add", "append", "month"])
def test_killed_within_every_growing_write(tmp_path: Path, change: str) -> None:
    ends = kill(tmp_path, change, "size")
    assert [end for _, end in ends] == ["killed"] * (len(ends) - 1) + ["done"]
    assert len(ends) > 6
    old = check(tmp_path / "base")
    assert {check(home) for home, end in ends if end == "killed"} == {old}
    assert check(ends[-1][0]) != old


@pytest.mark.parametrize(("change", "count"), [("month", 10), ("append", 10), ("replace", 10)])
def test_killed_at_random_moments(tmp_path: Path, change: str, count: int) -> None:
    ends = kill(tmp_path, change, "time", count)
    killed = [home for home, end in ends if end == "killed"]
    assert len(killed) == count, "too many kills came too late to show anything"
    old = check(tmp_path / "base")
    assert len({check(home) for home, _ in ends} - {old}) <= 1, "there is a state that is neither old nor new"


def test_notes_on_an_own_file_killed_at_every_step(tmp_path: Path) -> None:
    ends = kill(tmp_path, "note", "step")
    assert [end for _, end in ends] == ["killed"] * (len(ends) - 1) + ["done"]

    def said(home: Path) -> object:
        """What the notes say after the next start, which leaves no unfinished files."""
        own = Settings(home=home, database=home / "mine.duckdb")
        (table,) = Workspace.open(own).snapshot().schema.tables
        assert {path.suffix for path in (home / "own").iterdir()} == {".json", ".lock"}
        return table.description

    states = [said(home) for home, _ in ends]
    switched = states.index("new")
    assert states == ["old"] * switched + ["new"] * (len(states) - switched)
    assert 0 < switched < len(states) - 1
