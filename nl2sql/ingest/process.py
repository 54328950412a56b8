"""Looks at a file, or makes a table file of it, in a child process that can be stopped and takes nothing along."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, cast

from nl2sql.engine.base import Cancel
from nl2sql.engine.exchange import worker_environment
from nl2sql.errors import QueryCancelledError
from nl2sql.ingest.base import IngestError, Loaded, Progress, ReadOptions, Understanding
from nl2sql.ingest.messages import fields, loaded_of, pack, understanding_of, unpack

MEMORY = 2 << 30
"""Bytes that a child process may use by default."""
_POLL = 0.05


def inspect(
    path: Path,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    *,
    file_name: str | None = None,
    taken: Collection[str] = (),
    cancel: Cancel | None = None,
    memory: int = MEMORY,
    scratch: Path | None = None,
) -> Understanding:
    """What the file at `path` is and how it would be kept, by looking at it (at parts of it when it is large).

    `file_name` is what a person calls it, `taken` are table names in use, in `scratch` (default: the system's folder
    for such) lie unfinished files. Raises IngestError, QueryCancelledError.
    """
    with tempfile.TemporaryDirectory(prefix="nl2sql-look-", dir=scratch, ignore_cleanup_errors=True) as folder:
        task = _task("inspect", path, options, file_name, memory, Path(folder))
        answer = _answer({**task, "taken": sorted(taken)}, cancel, None)
    return understanding_of(answer["understanding"])


def load(
    path: Path,
    options: ReadOptions,
    staged: Path,
    *,
    file_name: str | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    memory: int = MEMORY,
) -> Loaded:
    """Make the DuckDB file `staged` of all of the file at `path`; nothing is left there when that fails.

    Raises IngestError, QueryCancelledError.
    """
    try:
        with tempfile.TemporaryDirectory(
            prefix="nl2sql-read-", dir=staged.parent, ignore_cleanup_errors=True
        ) as scratch:
            task = _task("load", path, options, file_name, memory, Path(scratch))
            answer = _answer({**task, "staged": str(staged.absolute())}, cancel, progress)
    except BaseException:
        for leftover in (staged, Path(f"{staged}.wal")):
            leftover.unlink(missing_ok=True)
        raise
    return loaded_of(answer["loaded"])


def _task(
    verb: str, path: Path, options: ReadOptions, file_name: str | None, memory: int, scratch: Path
) -> dict[str, Any]:
    if not path.is_file():
        raise IngestError("The file is not there any more.")
    return {
        "verb": verb, "path": str(path.absolute()), "options": fields(options), "file_name": file_name or path.name,
        "memory": memory, "scratch": str(scratch.absolute()),
    }  # fmt: skip


def _answer(task: dict[str, Any], cancel: Cancel | None, progress: Progress | None) -> dict[str, Any]:
    """Have a child do `task`; its result. It ends with this call, and with this process however that ends.

    Raises IngestError, QueryCancelledError.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "nl2sql.ingest.writer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=worker_environment(),
        cwd=Path(sys.executable).anchor or None,
    )
    lines: SimpleQueue[bytes | None] = SimpleQueue()
    listener = threading.Thread(target=_listen, args=(cast(BinaryIO, process.stdout), lines.put), daemon=True)
    listener.start()
    try:
        with contextlib.suppress(OSError):
            stdin = cast(BinaryIO, process.stdin)
            stdin.write(pack(task))
            stdin.flush()
        return _result(lines, cancel, progress)
    finally:
        process.kill()
        process.wait()
        listener.join(5)
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError, ValueError):
                cast(BinaryIO, stream).close()


def _listen(stream: BinaryIO, put: Callable[[bytes | None], None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while line := stream.readline():
            put(line)
    put(None)


def _result(lines: SimpleQueue[bytes | None], cancel: Cancel | None, progress: Progress | None) -> dict[str, Any]:
    while True:
        if cancel is not None and cancel.is_set():
            raise QueryCancelledError("Stopped.")
        try:
            line = lines.get(timeout=_POLL)
        except Empty:
            continue
        if line is None:
            raise IngestError("The file could not be read: reading it took more than this machine allows.")
        try:
            message = unpack(line)
        except ValueError:
            raise IngestError("The file could not be read.") from None
        if "error" in message:
            raise IngestError(str(message["error"]))
        if "progress" not in message:
            return message
        if progress is not None:
            share, rows = message["progress"]
            progress(float(share), int(rows))
