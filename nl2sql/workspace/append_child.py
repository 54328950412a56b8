"""The process that combines two table files. Task: one JSON line on its input; it ends when its input does.

Reads both files with everything else shut, writes the third, and answers in JSON lines: `progress`, then `types` or
`error`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from nl2sql.engine.child import bound_memory, end_with_parent
from nl2sql.errors import WorkspaceError
from nl2sql.ingest.profile import write_profile
from nl2sql.lockdown import SHUT, lock_down
from nl2sql.schema import literal, quote
from nl2sql.workspace.append import MEMORY, Combination, Pair

_BLOCKS_OF_A_COLUMN = 3 * (256 << 10)
_PROGRESS_SECONDS = 0.2
_STAGES = {"old": (0.0, 0.45), "new": (0.45, 0.9)}
"""Where the shares of the work begin and end; what is left is the profile's."""


def main() -> None:
    """Read the task, do it, say how it went."""
    document = json.loads(sys.stdin.buffer.readline())
    end_with_parent(sys.stdin.buffer)
    pairs = tuple(Pair(**pair) for pair in document["pairs"])
    task = Combination(tuple(document["old"]), tuple(document["new"]), document["path"], document["name"], pairs)
    bound_memory(memory_for(task))
    try:
        _say(types=combined(task))
    except WorkspaceError as error:
        _say(error=error.sentence)
    except (duckdb.Error, OSError, MemoryError) as error:
        _say(error=f"The rows could not be added: {_reason(str(error))}.")


def _reason(text: str) -> str:
    if "No space left" in text:
        return "the disk is full"
    if "memory" in text.lower() or "allocat" in text:
        return "there is too little memory"
    return "a file could not be used"


def memory_for(task: Combination) -> int:
    """Bytes that the process may use: the engine holds blocks of each column while it writes."""
    return MEMORY + _BLOCKS_OF_A_COLUMN * len(task.pairs)


def combined(task: Combination) -> dict[str, str]:
    """Write the combined table, its profile and its values; its column types. Raises WorkspaceError, duckdb.Error."""
    folder = Path(task.path).parent
    config = {
        **SHUT,
        "threads": max(1, os.cpu_count() or 1),
        "memory_limit": f"{memory_for(task) * 3 // 5}B",
        "temp_directory": str(folder / "spill"),
    }
    with duckdb.connect(task.path, config=config) as con:
        con.execute(f"ATTACH {literal(task.old[0])} AS old_rows (READ_ONLY)")
        con.execute(f"ATTACH {literal(task.new[0])} AS new_rows (READ_ONLY)")
        con.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        lock_down(con, [folder])
        return _combined(con, task)


def _combined(con: duckdb.DuckDBPyConnection, task: Combination) -> dict[str, str]:
    sides = {side: f"{side}_rows.main.{quote(name)}" for side, (_, name) in (("old", task.old), ("new", task.new))}
    types = {pair.name: _type_for(con, pair, sides) for pair in task.pairs}
    columns = ", ".join(f"{quote(pair.name)} {types[pair.name]}" for pair in task.pairs)
    con.execute(f"CREATE TABLE main.{quote(task.name)} ({columns})")
    for side, source in sides.items():
        values = (_value(pair.old if side == "old" else pair.new, types[pair.name]) for pair in task.pairs)
        with _reported(con, *_STAGES[side]):
            con.execute(f"INSERT INTO main.{quote(task.name)} SELECT {', '.join(values)} FROM {source}")
    write_profile(con, task.name, private=[pair.name for pair in task.pairs if pair.private])
    con.execute("CHECKPOINT")
    return types


def _value(name: str | None, kind: str) -> str:
    return f"CAST({quote(name)} AS {kind})" if name is not None else "NULL"


def _type_for(con: duckdb.DuckDBPyConnection, pair: Pair, sides: dict[str, str]) -> str:
    """The type for one column. Raises WorkspaceError when values would be lost or changed."""
    if pair.old is None or pair.new is None or pair.old_type == pair.new_type:
        return pair.type or pair.old_type
    if not _has_values(con, pair.new, sides["new"]):
        return pair.old_type
    if not _has_values(con, pair.old, sides["old"]):
        return pair.new_type
    if pair.type is None:
        raise WorkspaceError(
            f"{pair.label} is {pair.old_type} and the new rows have {pair.new_type} there"
            f"{_such_as(con, pair, sides['new'])}: nothing was added."
        )
    for name, kind, side in ((pair.old, pair.old_type, "old"), (pair.new, pair.new_type, "new")):
        lost = _lost(con, name, kind, pair.type, sides[side])
        if lost is not None:
            shown = "" if pair.private else f", such as {lost[:60]}"
            raise WorkspaceError(
                f"{pair.label} is {pair.old_type} and the new rows have {pair.new_type} there; {pair.type} cannot"
                f" hold all values unchanged{shown}: nothing was added."
            )
    return pair.type


def _has_values(con: duckdb.DuckDBPyConnection, name: str, source: str) -> bool:
    return bool(con.execute(f"SELECT 1 FROM {source} WHERE {quote(name)} IS NOT NULL LIMIT 1").fetchall())


def _such_as(con: duckdb.DuckDBPyConnection, pair: Pair, source: str) -> str:
    if pair.private or pair.new is None:
        return ""
    name = quote(pair.new)
    test = f"TRY_CAST({name} AS {pair.old_type}) IS NULL" if pair.new_type == "VARCHAR" else "true"
    row = con.execute(
        f"SELECT left(CAST({name} AS VARCHAR), 60) FROM {source} WHERE {name} IS NOT NULL AND {test} LIMIT 1"
    ).fetchone()
    return f", such as {row[0]!r}" if row else ""


def _lost(con: duckdb.DuckDBPyConnection, name: str, kind: str, to: str, source: str) -> str | None:
    """A value that does not come back from type `to` as it was, as text; None when all do."""
    if kind == to or to == "VARCHAR":
        return None
    value = quote(name)
    row = con.execute(
        f"SELECT CAST({value} AS VARCHAR) FROM {source}"
        f" WHERE TRY_CAST(TRY_CAST({value} AS {to}) AS {kind}) IS DISTINCT FROM {value} LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else None


@contextlib.contextmanager
def _reported(con: duckdb.DuckDBPyConnection, begin: float, end: float) -> Iterator[None]:
    """While the block runs one statement, tell how far it is, as a share of the whole work."""
    finished = threading.Event()

    def report() -> None:
        last = 0.0
        while not finished.wait(_PROGRESS_SECONDS):
            share = con.query_progress() / 100
            if share > last:
                last = share
                _say(progress=begin + min(share, 1.0) * (end - begin))

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        finished.set()
        reporter.join()
        _say(progress=end)


_saying = threading.Lock()


def _say(**outcome: Any) -> None:
    with _saying:
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
