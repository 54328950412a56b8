"""Writes the rows of one table file and those of another into a third, in a short-lived process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nl2sql.engine.base import Cancel
from nl2sql.errors import QueryCancelledError, WorkspaceError
from nl2sql.schema import Column, Table, fold
from nl2sql.workspace.contents import CatalogTable
from nl2sql.workspace.diff import matched
from nl2sql.workspace.widen import widened

MEMORY = 2 << 30
"""Bytes of address space of the process, beyond what it starts with."""
_POLL = 0.05
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Pair:
    """One column of the combined table: its name there and in both files, and its types."""

    name: str
    label: str
    """What people call it, for messages."""
    old: str | None
    new: str | None
    old_type: str
    new_type: str
    type: str | None
    """None when no type holds the values of both, which is well where one side has none."""
    private: bool = False


@dataclass(frozen=True)
class Combination:
    """What the process is asked for: the tables `old` and `new` (file, name) as one table `name` of the file `path`."""

    old: tuple[str, str]
    new: tuple[str, str]
    path: str
    name: str
    pairs: tuple[Pair, ...]


def paired(old: CatalogTable, new: Table) -> tuple[Pair, ...]:
    """The columns of `old`, in order, then those that only `new` has."""
    places = matched(old, new)
    theirs = {place: column for place, column in zip(places, new.columns, strict=True) if place is not None}
    pairs = [_pair(source, column, theirs.get(place)) for place, (column, source) in enumerate(_columns(old))]
    used = {fold(pair.name) for pair in pairs}
    for place, column in zip(places, new.columns, strict=True):
        if place is None:
            name, number = column.name, 2
            while fold(name) in used:
                name, number = f"{column.name}_{number}", number + 1
            used.add(fold(name))
            kind = column.type
            pairs.append(Pair(name, column.label, None, column.name, kind, kind, kind, column.private))
    return tuple(pairs)


def _columns(entry: CatalogTable) -> Iterator[tuple[Column, str]]:
    return zip(entry.table.columns, entry.source_columns, strict=True)


def _pair(source: str, old: Column, new: Column | None) -> Pair:
    if new is None:
        return Pair(source, old.label, source, None, old.type, old.type, old.type, old.private)
    kind = widened(old.type, new.type)
    return Pair(source, old.label, source, new.name, old.type, new.type, kind, old.private or new.private)


def combine(
    task: Combination, progress: Callable[[float], None] | None = None, cancel: Cancel | None = None
) -> dict[str, str]:
    """Make the combined file; the type that each of its columns got, by name.

    Raises WorkspaceError with a sentence when it cannot be made without loss, QueryCancelledError. The process ends
    with this one, however this one ends.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "nl2sql.workspace.append_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=_environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    finished = threading.Event()
    watcher = threading.Thread(target=_kill_on, args=(process, cancel, finished), daemon=True)
    watcher.start()
    try:
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps(asdict(task)).encode() + b"\n")
            process.stdin.flush()
        outcome: dict[str, Any] = {}
        for line in process.stdout:
            outcome = json.loads(line)
            if progress is not None and "progress" in outcome:
                progress(outcome["progress"])
    finally:
        finished.set()
        watcher.join()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
    if cancel is not None and cancel.is_set():
        raise QueryCancelledError("Stopped. The table is as it was.")
    if "types" not in outcome:
        raise WorkspaceError(outcome.get("error", "The rows could not be added: the process that adds them ended."))
    return dict(outcome["types"])


def _kill_on(process: subprocess.Popen[bytes], cancel: Cancel | None, finished: threading.Event) -> None:
    while cancel is not None and not finished.wait(_POLL):
        if cancel.is_set():
            process.kill()
            return


def _environment() -> dict[str, str]:
    """What a Python needs to start, and no more."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
