"""The short-lived child process that looks at one file, or makes a table file of it: `python -m nl2sql.ingest.writer`.

One task comes in as a line of JSON, progress and one result go out as lines; it ends with who asked. DuckDB may touch
nothing but the file and the folder of the new table file. Whatever the file holds, it is only ever data here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from nl2sql.engine.child import bound_memory, end_with_parent
from nl2sql.ingest import kinds, names, packed
from nl2sql.ingest.base import Finding, IngestError, ReadOptions, SourceColumn, Understanding, unmatched
from nl2sql.ingest.messages import fields, options_of, pack, unpack
from nl2sql.ingest.profile import write_profile
from nl2sql.ingest.reading import Source, readers
from nl2sql.lockdown import SHUT, lock_down

_REPORT_SECONDS = 0.1
MEMORY_SENTENCE = "The file could not be read with the memory that is allowed for it."


def main() -> int:
    """Do the one task on standard input."""
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    task = unpack(sys.stdin.buffer.readline())
    end_with_parent(sys.stdin.buffer)
    bound_memory(int(task["memory"]))
    sink.write(pack(answer(task, sink)))
    return 0


def answer(task: dict[str, Any], sink: BinaryIO) -> dict[str, Any]:
    """The message for what came of the task, a sentence where nothing did; progress goes to `sink` before."""
    try:
        return _done(task, Path(task["scratch"]), sink)
    except IngestError as error:
        return {"error": names.one_line(error.sentence)}
    except (MemoryError, duckdb.OutOfMemoryException):
        return {"error": MEMORY_SENTENCE}
    except OSError as error:
        return {"error": f"The file could not be read ({error.strerror or 'input or output error'})."}
    except (duckdb.Error, ValueError, ArithmeticError, LookupError, RuntimeError, TypeError, RecursionError) as error:
        print(repr(error), file=sys.stderr)
        return {"error": _sentence(error)}


def _done(task: dict[str, Any], scratch: Path, sink: BinaryIO) -> dict[str, Any]:
    """The message for what came of the task. Raises IngestError and what the libraries raise."""
    options, memory = options_of(task["options"]), int(task["memory"])
    path, file_name, said = packed.opened(Path(task["path"]), task["file_name"], scratch)
    path = _plainly_named(path, scratch)
    kind = kinds.kind_of(path, file_name)
    table = options.table or names.table_name(file_name, task.get("taken", ()))
    source = Source(path, file_name, options, scratch, table, said)
    reader = readers()[kind]
    if task["verb"] == "inspect":
        with _connection(":memory:", (path, scratch), scratch, memory) as connection:
            understood = reader.understand(source, connection)
        return {"understanding": fields(_finished(understood, task, options, said))}
    staged = Path(task["staged"])
    began = time.monotonic()
    with _connection(str(staged), (path, scratch, staged.parent), scratch, memory) as connection:
        loaded = reader.load(source, connection, _Report(sink))
        missing = _unmarked(options, loaded.columns)
        if missing and kind != "excel":  # another sheet of a workbook may have it
            raise IngestError(f"{missing[0].sentence} Nothing was kept.")
        columns = _marked(options, loaded.columns)
        held = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE NOT temporary AND schema_name = 'main'"
        ).fetchone()
        kept = bool(held and held[0])
        if kept:
            write_profile(connection, source.table, private=[one.name for one in columns if one.private])
            connection.execute("CHECKPOINT")
    if not kept:
        staged.unlink(missing_ok=True)
    rejects = tuple(
        replace(one, column=names.one_line(one.column), reason=names.one_line(one.reason)) for one in loaded.rejects
    )
    apart = {one.position for one in columns if one.private}
    findings = [one for one in loaded.findings if one.position not in apart]  # they may say what values look like
    done = replace(
        loaded, staged=staged if kept else None, table=source.table, findings=_shown((*said, *findings)),
        columns=tuple(replace(one, examples=()) if one.private else one for one in columns), rejects=rejects,
        seconds=time.monotonic() - began,
    )  # fmt: skip
    return {"loaded": fields(done)}


def _finished(
    understood: Understanding, task: dict[str, Any], options: ReadOptions, said: tuple[Finding, ...]
) -> Understanding:
    return replace(
        understood, path=Path(task["path"]), file_name=task["file_name"],
        options=replace(understood.options, private=options.private), columns=_marked(options, understood.columns),
        findings=_shown((*said, *_unmarked(options, understood.columns), *understood.findings)),
    )  # fmt: skip


def _marked(options: ReadOptions, columns: Iterable[SourceColumn]) -> tuple[SourceColumn, ...]:
    """The columns, those private that the options call so."""
    return tuple(replace(one, private=any(map(one.is_called, options.private))) for one in columns)


def _unmarked(options: ReadOptions, columns: Sequence[SourceColumn]) -> tuple[Finding, ...]:
    """What is to be private and is not there: a name that was misspelled must not let values out."""
    return tuple(
        Finding(f"No column is called “{names.one_line(name)}”, which was to be private.", "warning")
        for name in unmatched(options.private, columns)
    )


def _shown(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, whatever the file says in it fit to be shown."""
    return tuple(dict.fromkeys(replace(one, sentence=names.one_line(one.sentence)) for one in findings))


def _plainly_named(path: Path, scratch: Path) -> Path:
    """A path that DuckDB does not take for a pattern, which would read the files beside this one."""
    if not set("*?[]{}") & set(str(path)):
        return path
    link = scratch / f"source{path.suffix if path.suffix[1:].isalnum() else ''}"
    try:
        link.symlink_to(path)
    except OSError:
        shutil.copyfile(path, link)
    return link


class _Report:
    """Sends progress, at most ten times a second."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._last = 0.0

    def __call__(self, share: float, rows: int) -> None:
        now = time.monotonic()
        if now - self._last >= _REPORT_SECONDS:
            self._last = now
            self._sink.write(pack({"progress": [share, rows]}))


@contextlib.contextmanager
def _connection(
    database: str, reachable: tuple[Path, ...], scratch: Path, memory: int
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An instance that can reach the files and folders in `reachable` and nothing else."""
    connection = duckdb.connect(
        database,
        config={
            **SHUT,
            "threads": max(1, min(os.cpu_count() or 1, 8)),
            "temp_directory": str(scratch / "spill"),
        },
    )
    try:
        connection.execute(f"SET memory_limit='{memory * 3 // 5}B'")
        connection.execute("SET enable_progress_bar=true; SET enable_progress_bar_print=false")
        lock_down(connection, reachable, changeable=["disabled_optimizers"])
        yield connection
    finally:
        connection.close()


def _sentence(error: Exception) -> str:
    """A sentence for what a library raised, without paths and without what the file says."""
    text = str(error)
    if "Out of Memory" in text or "bad allocation" in text:
        return MEMORY_SENTENCE
    if "No space left" in text:
        return "There is no space left on the disk for this table."
    return "The file is damaged or of a form that cannot be read."


if __name__ == "__main__":
    sys.exit(main())
