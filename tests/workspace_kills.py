"""Kills a changing workspace at chosen points: run as a program, it forks one child per kill and reports each end.

    python tests/workspace_kills.py FOLDER CHANGE MODE [COUNT]

FOLDER/base is made first; each child then changes a copy of it, FOLDER/0, FOLDER/1, ... One line is printed per child:
its folder's name and `killed` or `done`. CHANGE is `upload` or `month`. MODE says where the kill falls: before the k-th
call that touches the disk (`step`), at the first write past so many bytes of a file (`size`), or at a random moment
(`time`, until COUNT kills have struck).
"""

from __future__ import annotations

import datetime as dt
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from nl2sql.settings import Settings
from nl2sql.workspace import Workspace
from nl2sql.workspace import workspace as workspace_module
from nl2sql.workspace.contents import Contents, entries_of
from nl2sql.workspace.store import Change, Store
from sample_data import generate

JUNE, JULY = dt.date(2025, 6, 15), dt.date(2025, 7, 15)
MOST_STEPS = 1_000


def add_table(home: Path, name: str) -> None:
    """Publish one more table; with no grace, so that old versions are removed as well."""

    def write(path: Path) -> None:
        with duckdb.connect(str(path)) as con:
            con.execute(f"CREATE TABLE {name} AS SELECT range AS n FROM range(2000)")

    def edit(contents: Contents, change: Change) -> Contents:
        file = change.add_file(name, write)
        return contents.with_tables(entries_of(file.name, file.schema, "upload"))

    Store(home, grace=0.0).change(edit)


def open_sample(home: Path, today: dt.date) -> None:
    """Open a workspace whose sample, a small stand-in, is of the month of `today`."""

    def build(path: Path, as_of: dt.date) -> None:
        with duckdb.connect(str(path)) as con:
            con.execute("".join(f"CREATE TABLE {name} AS SELECT {as_of.month} AS n;" for name in generate.TABLES))

    generate.build = build
    workspace_module.Store = lambda path: Store(path, grace=0.0)  # type: ignore[assignment,misc]
    Workspace.open(Settings(home=home, today=today)).close()


CHANGES: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "upload": (lambda home: add_table(home, "first"), lambda home: add_table(home, "second")),
    "month": (lambda home: open_sample(home, JUNE), lambda home: open_sample(home, JULY)),
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
    for name in ("fsync", "rename", "mkdir", "unlink", "makedirs"):
        setattr(os, name, counted(getattr(os, name)))
    shutil.rmtree = counted(shutil.rmtree)  # type: ignore[assignment]


def kill_past(size: int) -> None:
    """From here on, die at the first write past the `size`-th byte of any file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def forked(work: Callable[[], None]) -> int:
    """Start `work` in a child process and return its id."""
    child = os.fork()
    if child == 0:
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

        def work() -> None:
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
