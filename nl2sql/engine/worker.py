"""One worker process: opens database files read-only, locks the engine down, runs one statement at a time.

Started by the sandbox with next to no environment; knows nothing of questions, guards or pages. Ends when its
standard input does, so it never outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import io
import os
import queue
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import duckdb
import pyarrow as pa

from nl2sql.engine.child import bound_memory
from nl2sql.engine.confine import confine
from nl2sql.engine.frames import (
    BATCH,
    CANCEL,
    DONE,
    FAILED,
    PROGRESS,
    READY,
    TASK,
    Done,
    Failed,
    Task,
    pack,
    read_frame,
    unpack_task,
    write_frame,
)
from nl2sql.lockdown import SHUT, lock_down

_IDLE_SECONDS = 30.0  # after this long without work the files are closed, so that others may write them
_OPEN_INSTANCES = 2
_BATCH_ROWS = 2048
_TEXT_TYPES = re.compile(r"\b(BIT|BIGNUM|VARIANT|GEOMETRY|UNION|UHUGEINT|TIME WITH TIME ZONE)\b")
_CHANGEABLE = ("max_execution_time", "memory_limit", "TimeZone", "enable_progress_bar", "enable_progress_bar_print")

_FAILURES = (
    duckdb.Error, pa.ArrowException, MemoryError, OSError, ValueError, RuntimeError, TypeError, OverflowError,
    ArithmeticError, LookupError,
)  # fmt: skip


class _TooLong(RuntimeError):
    """The deadline passed while rows were fetched."""


class _TooWide(RuntimeError):
    """One row alone is larger than a result may be."""


def open_locked(task: Task) -> duckdb.DuckDBPyConnection:
    """An instance over the task's files that can read them and nothing else. Raises duckdb.Error."""
    connection = duckdb.connect(
        task.path,
        read_only=True,
        config={**SHUT, "threads": max(1, min(os.cpu_count() or 1, 8)), "temp_directory": ""},
    )
    try:
        for alias, path in task.attachments:
            target = path.replace("'", "''")
            name = alias.replace('"', '""')
            connection.execute(f"ATTACH '{target}' AS \"{name}\" (READ_ONLY)")
        lock_down(connection, changeable=_CHANGEABLE)
    except duckdb.Error:
        connection.close()
        raise
    return connection


@dataclass
class Instances:
    """Locked instances that are kept open, one per version of a database, the last used last."""

    open: dict[tuple[str, ...], duckdb.DuckDBPyConnection] = field(default_factory=dict)
    prepared: tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection] | None = None
    """An instance and a cursor of it that no statement has used."""
    bounds: str = ""

    def cursor(self, task: Task) -> duckdb.DuckDBPyConnection:
        """A connection for one statement, never used before: no state passes from question to question."""
        instance = self._instance(task)
        prepared, self.prepared = self.prepared, None
        if prepared is not None and prepared[0] is instance:
            return prepared[1]
        if prepared is not None:
            prepared[1].close()
        self.bounds = ""
        return self._fresh(instance, task)

    def prepare(self, task: Task) -> None:
        """Have a cursor at hand for the next statement over the same files."""
        instance = self._instance(task)
        self.prepared = (instance, self._fresh(instance, task))

    @staticmethod
    def _fresh(instance: duckdb.DuckDBPyConnection, task: Task) -> duckdb.DuckDBPyConnection:
        cursor = instance.cursor()
        zone = "; SET TimeZone='" + task.time_zone.replace("'", "''") + "'" if task.time_zone else ""
        cursor.execute(f"SET enable_progress_bar=true; SET enable_progress_bar_print=false{zone}")
        return cursor

    def _instance(self, task: Task) -> duckdb.DuckDBPyConnection:
        """The instance for the task's files; opens it where needed. Raises duckdb.Error, OSError."""
        key = (task.path, task.version or _stamp(task.path), *(f"{a}={p}" for a, p in task.attachments))
        if key in self.open:
            self.open[key] = self.open.pop(key)
            return self.open[key]
        if self.prepared is not None:  # it would keep its instance's files open
            self.prepared[1].close()
            self.prepared = None
        for other in [other for other in self.open if other[0] == task.path]:
            self.open.pop(other).close()
        while len(self.open) >= _OPEN_INSTANCES:
            self.open.pop(next(iter(self.open))).close()
        self.open[key] = open_locked(task)
        return self.open[key]

    def close(self) -> None:
        """Close all files."""
        if self.prepared is not None:
            self.prepared[1].close()
            self.prepared = None
        while self.open:
            self.open.popitem()[1].close()


def _stamp(path: str) -> str:
    found = Path(path).stat()
    return f"{found.st_mtime_ns}:{found.st_size}:{found.st_ino}"


class Worker:
    """Reads tasks from one stream, writes frames to another, until the first ends."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self.source = source
        self.sink = sink
        self.tasks: queue.Queue[Task] = queue.Queue()
        self.instances = Instances()
        self.writing = threading.Lock()
        self.current: tuple[int, duckdb.DuckDBPyConnection] | None = None

    def send(self, letter: bytes, payload: bytes = b"") -> None:
        """Write one frame; from any thread."""
        with self.writing:
            write_frame(self.sink, letter, payload)

    def serve(self) -> None:
        """Work until the input ends; then the whole process ends, whatever it was doing."""
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._report, daemon=True).start()
        self.send(READY)
        while True:
            try:
                task = self.tasks.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                self.instances.close()
                continue
            self._answer(task)

    def _listen(self) -> None:
        while True:
            frame = read_frame(self.source, 1 << 24)
            if frame is None:
                os._exit(0)
            letter, payload = frame
            if letter == TASK:
                self.tasks.put(unpack_task(payload))
            elif letter == CANCEL:
                running = self.current
                if running is not None and running[0] == int(payload):
                    running[1].interrupt()

    def _report(self) -> None:
        """Tell how far the running statement is, ten times a second; end when the parent is gone."""
        parent, told = os.getppid(), b""
        while True:
            time.sleep(0.1)
            if os.name == "posix" and os.getppid() != parent:
                os._exit(0)
            with contextlib.suppress(duckdb.Error, OSError, ValueError):
                told = self.tell_progress(told)

    def tell_progress(self, told: bytes) -> bytes:
        """Send how far the running statement is, unless `told` says the same of it; what has been told by now.

        Each statement's first share is sent, though the one before may have ended at the very same share.
        """
        running = self.current
        if running is None:
            return told
        number, cursor = running
        share = cursor.query_progress()
        now = f"{number} {share:.1f}".encode()
        if share < 0 or now == told:
            return told
        self.send(PROGRESS, now)
        return now

    def _answer(self, task: Task) -> None:
        bound_memory(task.memory)
        stage = "open"
        try:
            cursor = self.instances.cursor(task)
            stage = "run"
            try:
                self._run(task, cursor)
            finally:
                self.current = None
                cursor.close()
        except _FAILURES as error:
            self.send(FAILED, pack(Failed(stage, type(error).__name__, str(error)[:4000])))
            return
        with contextlib.suppress(*_FAILURES):  # the answer is out; the next task opens what is missing
            self.instances.prepare(task)

    def _run(self, task: Task, cursor: duckdb.DuckDBPyConnection) -> None:
        ends = time.monotonic() + task.deadline
        bounds = (
            f"SET max_execution_time={max(1, int(task.deadline * 1000))}; SET memory_limit='{task.memory * 4 // 5}B'"
        )
        if self.instances.bounds != bounds:
            cursor.execute(bounds)
            self.instances.bounds = bounds
        statements = cursor.extract_statements(task.sql)
        if len(statements) != 1 or statements[0].type.name not in ("SELECT", "EXPLAIN"):
            raise ValueError("Only one SELECT is run at a time.")
        self.current = (task.number, cursor)
        relation = cursor.sql(task.sql)
        names, types = tuple(relation.columns), tuple(str(kind) for kind in relation.types)
        limited = relation.limit(task.rows + 1)
        if any(_TEXT_TYPES.search(kind) for kind in types):
            limited = limited.project(", ".join(_shown(place, kind) for place, kind in enumerate(types, 1)))
        reader = limited.to_arrow_reader(_BATCH_ROWS)
        truncated = self._send_rows(task, names, reader, ends)
        self.send(DONE, pack(Done(names, types, truncated)))

    def _send_rows(self, task: Task, names: tuple[str, ...], reader: pa.RecordBatchReader, ends: float) -> bool:
        """Send the rows as one Arrow stream in pieces; whether any were left out."""
        fields = zip(reader.schema, names, strict=True)
        schema = pa.schema([known.with_name(name) for known, name in fields])
        rows_left, bytes_left, truncated = task.rows, task.max_bytes, False
        with _stream(self, schema) as put:
            for batch in reader:
                if time.monotonic() > ends:
                    raise _TooLong("deadline")
                kept = batch.slice(0, rows_left)
                while kept.num_rows and kept.nbytes > bytes_left:
                    kept = kept.slice(0, kept.num_rows // 2)
                if batch.num_rows and rows_left == task.rows and not kept.num_rows:
                    raise _TooWide("row")
                put(pa.RecordBatch.from_arrays(kept.columns, schema=schema))
                rows_left, bytes_left = rows_left - kept.num_rows, bytes_left - kept.nbytes
                if kept.num_rows < batch.num_rows:
                    truncated = True
                    break
        return truncated


@contextlib.contextmanager
def _stream(worker: Worker, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """A function that sends record batches as pieces of one Arrow IPC stream."""
    buffer = io.BytesIO()

    def flush() -> None:
        worker.send(BATCH, buffer.getvalue())
        buffer.seek(0)
        buffer.truncate()

    with pa.ipc.new_stream(buffer, schema) as writer:

        def put(batch: pa.RecordBatch) -> None:
            writer.write_batch(batch)
            flush()

        yield put
    flush()


def _shown(place: int, kind: str) -> str:
    """The column at `place` (from 1); as text where Arrow has no form that a person could read."""
    return f"CAST(#{place} AS VARCHAR)" if _TEXT_TYPES.search(kind) else f"#{place}"


def _forbid_files() -> None:
    """No file can be written and no core dumped by this process, where the system can say so."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Serve on standard input and output; what else is printed goes nowhere."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the app to answer; the end of input ends this process
    _forbid_files()
    confine()
    Worker(sys.stdin.buffer, sink).serve()


if __name__ == "__main__":
    main()
