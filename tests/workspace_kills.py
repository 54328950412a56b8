"""Kills a changing workspace at chosen points: run as a program, it forks one child per kill and reports each end.

    python tests/workspace_kills.py FOLDER CHANGE MODE [COUNT]

FOLDER/base is made first; each child then changes a copy of it, FOLDER/0, FOLDER/1, ... One line is printed per child:
its folder's name and `killed` or `done`. CHANGE is one of CHANGES below. MODE says where the kill falls: before the
k-th call that touches the disk (`step`), at the first write past so many bytes of a file (`size`), or at a random
moment (`time`, until COUNT kills have struck). In the modes `step` and `size` rows are added to a table within the
child itself, so that each of those steps is met as well; else the process that does it is started as ever.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from nl2sql.schema import ForeignKey
from nl2sql.settings import Settings
from nl2sql.workspace import NewTable, Workspace, append_child, snapshots
from nl2sql.workspace import workspace as workspace_module
from nl2sql.workspace.own_notes import OwnNotes
from nl2sql.workspace.store import Store
from sample_data import generate

JUNE, JULY = dt.date(2025, 6, 15), dt.date(2025, 7, 15)
MOST_STEPS = 1_000


def without_grace(path: Path) -> Store:
    """A store that removes old versions at once, so that this is met by kills as well."""
    return Store(path, grace=0.0)


def opened(home: Path) -> Workspace:
    """The workspace in `home`, without a sample."""
    snapshots.Store = without_grace  # type: ignore[assignment,misc]
    return Workspace(Settings(home=home, sample=False, today=JUNE))


def stage(folder: Path, sql: str) -> NewTable:
    """A new table made by `sql`."""
    path = folder / "new.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(f"CREATE TABLE staged AS {sql}")
    return NewTable("new", path)


def two_tables(home: Path) -> None:
    """Customers, and orders of theirs, with a key between them."""
    workspace = opened(home)
    for name, sql in (("customers", "range AS id"), ("orders", "range AS id, range % 9 AS customer_id, 'n' AS note")):
        with workspace.staging() as folder:
            workspace.add(replace(stage(folder, f"SELECT {sql} FROM range(2000)"), name=name))
    workspace.add_key(ForeignKey("orders", ("customer_id",), "customers", ("id",)))


def load(home: Path, how: str) -> None:
    """Add a table, or replace or append to the orders."""
    workspace = opened(home)
    with workspace.staging() as folder:
        new = stage(folder, "SELECT range AS id, 0.5 AS amount FROM range(3000)")
        if how == "add":
            workspace.add(new)
        else:
            getattr(workspace, how)("orders", new)


def own_file(home: Path) -> Workspace:
    """A person's own DuckDB file, made where it is not there yet. Its notes go by where it lies: they move along."""
    home.mkdir(exist_ok=True)
    if not (home / "mine.duckdb").exists():
        with duckdb.connect(str(home / "mine.duckdb")) as con:
            con.execute("CREATE TABLE pets AS SELECT 1 AS id")
    for copied in (home / "own").glob("*.json"):
        copied.rename(OwnNotes(home, home / "mine.duckdb").path)
    return Workspace(Settings(home=home, database=home / "mine.duckdb", today=JUNE))


def open_sample(home: Path, today: dt.date) -> None:
    """Open a workspace whose sample, a small stand-in, is of the month of `today`."""

    def build(path: Path, as_of: dt.date) -> None:
        with duckdb.connect(str(path)) as con:
            con.execute("".join(f"CREATE TABLE {name} AS SELECT {as_of.month} AS n;" for name in generate.TABLES))

    generate.build = build
    snapshots.Store = without_grace  # type: ignore[assignment,misc]
    Workspace.open(Settings(home=home, today=today)).close()


CHANGES: dict[str, tuple[Callable[[Path], object], Callable[[Path], object]]] = {
    "add": (two_tables, lambda home: load(home, "add")),
    "replace": (two_tables, lambda home: load(home, "replace")),
    "append": (two_tables, lambda home: load(home, "append")),
    "delete": (two_tables, lambda home: opened(home).delete("customers")),
    "rename": (two_tables, lambda home: opened(home).rename_table("customers", "clients")),
    "month": (lambda home: open_sample(home, JUNE), lambda home: open_sample(home, JULY)),
    "note": (
        lambda home: own_file(home).describe_table("pets", description="old"),
        lambda home: own_file(home).describe_table("pets", description="new"),
    ),
}


def kill_before(step: int) -> None:
    """From here on, die before the `step`-th call that touches the disk, counted from 0."""
    passed = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal passed
            if passed == step:
                os.kill(os.getpid(), signal.SIGKILL)
            passed += 1
            return function(*arguments, **named)

        return call

    class Counted:
        def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
            self.connection = connection
            for name in ("execute", "begin", "commit", "close"):
                setattr(self, name, counted(getattr(connection, name)))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.connection, name)

        def __enter__(self) -> Counted:
            return self

        def __exit__(self, *_: object) -> None:
            self.close()

    connect = counted(duckdb.connect)
    duckdb.connect = lambda *arguments, **named: Counted(connect(*arguments, **named))
    for name in ("fsync", "rename", "replace", "mkdir", "unlink", "makedirs"):
        setattr(os, name, counted(getattr(os, name)))
    shutil.rmtree = counted(shutil.rmtree)  # type: ignore[assignment]


def combine_here() -> None:
    """From here on, add rows within this process."""
    append_child._say = lambda **_: None  # type: ignore[assignment]
    workspace_module.combine = lambda task, *_: append_child.combined(task)  # type: ignore[assignment]


def kill_past(size: int) -> None:
    """From here on, die at the first write past the `size`-th byte of any file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def forked(work: Callable[[], object]) -> int:
    """Start `work` in a child process, with a process group of its own, and return its id."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def ended(child: int) -> str:
    """How a child ended: `killed` or `done`; anything else stops the program."""
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        while True:  # A process that the child started ends by itself, soon after the child.
            os.killpg(child, 0)
            time.sleep(0.01)
    if os.WIFSIGNALED(status):
        return "killed" if os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXFSZ) else sys.exit("The child crashed.")
    return "done" if os.WEXITSTATUS(status) == 0 else sys.exit("The child failed.")


def main(folder: Path, change: str, mode: str, count: int) -> None:
    prepare, apply = CHANGES[change]
    if ended(forked(lambda: prepare(folder / "base"))) != "done":
        sys.exit("The base was not made.")

    def attempt(number: int, arm: Callable[[], None]) -> tuple[int, Path]:
        home = folder / str(number)
        shutil.copytree(folder / "base", home)
        if change == "note":
            own_file(home)

        def work() -> None:
            if mode != "time":
                combine_here()
            arm()
            apply(home)

        return forked(work), home

    def report(number: int, end: str) -> str:
        print(number, end, flush=True)
        return end

    if mode == "time":
        began = time.monotonic()
        ended(attempt(0, lambda: None)[0])
        took = time.monotonic() - began
        chance = random.Random(7)
        killed = number = 0
        while killed < count and number < 8 * count:
            number += 1
            child, _ = attempt(number, lambda: None)
            time.sleep(chance.uniform(0, took))
            os.kill(child, signal.SIGKILL)
            if report(number, ended(child)) == "killed":
                killed += 1
            else:  # Too late to show anything: aim earlier.
                took *= 0.8
        return
    sizes = [1, 4096, 8192, 12288, *range(16384, 1 << 24, 1 << 17)]
    for number in range(MOST_STEPS):
        arm = (lambda n=number: kill_before(n)) if mode == "step" else (lambda n=number: kill_past(sizes[n]))
        if report(number, ended(attempt(number, arm)[0])) == "done":
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 0)
