"""One worker process as its parent sees it, and the exchange of one task for its rows within bounds."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, cast

import psutil
import pyarrow as pa

from nl2sql.engine.base import Cancel, Progress, ResultSet
from nl2sql.engine.frames import (
    BATCH,
    CANCEL,
    DONE,
    FAILED,
    PROGRESS,
    READY,
    TASK,
    Failed,
    Task,
    pack,
    read_frame,
    unpack_done,
    unpack_failed,
    write_frame,
)
from nl2sql.engine.messages import MEMORY, database_error, engine_sentence, is_memory
from nl2sql.errors import DatabaseError, EngineError, QueryCancelledError, QueryTimeoutError, WorkbenchError

MAX_RESULT_BYTES = 256 << 20
"""Bytes of one result; rows beyond are left out and the result says that it is truncated."""

_START_SECONDS = 60.0
_CANCEL_GRACE = 0.25
_DEADLINE_GRACE = 0.5
_POLL = 0.02
_ROOT = Path(__file__).resolve().parents[2]
_KEPT_VARIABLES = ("TZ", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")


class WorkerProcess:
    """A worker process as its parent sees it: frames arrive in `frames`, None after its end."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "nl2sql.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment(),
            cwd=Path(sys.executable).anchor or None,
        )
        self.frames: queue.SimpleQueue[tuple[bytes, bytes] | None] = queue.SimpleQueue()
        self.ready = False
        threading.Thread(target=self._listen, daemon=True, name="nl2sql worker").start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (frame := read_frame(cast(BinaryIO, self.process.stdout), 2 * MAX_RESULT_BYTES)) is not None:
                self.frames.put(frame)
        self.frames.put(None)

    def write(self, letter: bytes, payload: bytes) -> bool:
        """Send one frame; False when the process is gone."""
        try:
            write_frame(cast(BinaryIO, self.process.stdin), letter, payload)
        except (OSError, ValueError):
            return False
        return True

    def kill(self) -> None:
        """End the process now."""
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        with contextlib.suppress(OSError, ValueError):
            assert self.process.stdin is not None
            self.process.stdin.close()


def worker_environment() -> dict[str, str]:
    """Where Python finds its modules, and next to nothing else: no secret of this process reaches a worker."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    paths = [str(_ROOT)] + [path for path in sys.path if path and Path(path).is_dir()]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **one_thread, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "MALLOC_ARENA_MAX": "2"}


class ReportedError(Exception):
    """The worker itself told what went wrong: it is idle again and may be kept."""

    def __init__(self, error: WorkbenchError) -> None:
        super().__init__(str(error))
        self.error = error


class Exchange:
    """One task handed to one worker, up to its result or its end."""

    def __init__(
        self, process: WorkerProcess, task: Task, cancel: Cancel | None, progress: Progress | None, watchdog: bool
    ) -> None:
        self.process = process
        self.task = task
        self.cancel = cancel
        self.progress = progress
        self.watchdog = watchdog
        self.hidden = (task.path, *(path for _, path in task.attachments))
        self.pieces: list[bytes] = []
        self.size = 0
        self.cancelled_at = math.inf

    def result(self, started: float) -> ResultSet:
        """Hand the task over and gather its rows. Any exception but ReportedError leaves the worker unusable."""
        self._wait_ready()
        if not self.process.write(TASK, pack(self.task)):
            raise self._ended()
        ends = time.monotonic() + self.task.deadline + _DEADLINE_GRACE
        while True:
            frame = self._next(ends)
            if frame is None:
                continue
            letter, payload = frame
            if letter == DONE:
                done = unpack_done(payload)
                self._check_cancelled()
                table = pa.ipc.open_stream(pa.py_buffer(b"".join(self.pieces))).read_all()
                return ResultSet(table, done.types, done.truncated, time.monotonic() - started)
            if letter == FAILED:
                raise ReportedError(self._error(unpack_failed(payload)))
            self._take(letter, payload)

    def _wait_ready(self) -> None:
        ends = time.monotonic() + _START_SECONDS
        while not self.process.ready:
            frame = self._next(ends)
            self.process.ready = frame is not None and frame[0] == READY

    def _next(self, ends: float) -> tuple[bytes, bytes] | None:
        """The worker's next frame, None when there is none yet. Raises when it is to be given up."""
        try:
            frame = self.process.frames.get(timeout=_POLL)
        except queue.Empty:
            self._check_bounds(ends)
            return None
        if frame is None:
            raise self._ended()
        return frame

    def _check_bounds(self, ends: float) -> None:
        now = time.monotonic()
        if self.cancel is not None and self.cancel.is_set():
            if self.cancelled_at == math.inf:
                self.cancelled_at = now
                self.process.write(CANCEL, str(self.task.number).encode())
            if not self.process.ready or now - self.cancelled_at > _CANCEL_GRACE:
                raise QueryCancelledError("Stopped.")
        if now > ends:
            if not self.process.ready:
                raise EngineError("A worker process could not be started.")
            raise self._timeout()
        if self.watchdog and _resident(self.process.process.pid) > self.task.memory:
            raise EngineError(MEMORY)

    def _check_cancelled(self) -> None:
        if self.cancel is not None and self.cancel.is_set():
            raise ReportedError(QueryCancelledError("Stopped."))

    def _take(self, letter: bytes, payload: bytes) -> None:
        if letter == BATCH:
            self.pieces.append(payload)
            self.size += len(payload)
            if self.size > 2 * MAX_RESULT_BYTES:
                raise EngineError("The result is too large to be shown. Select fewer columns or rows.")
        elif letter == PROGRESS and self.progress is not None:
            number, share = payload.split()
            if int(number) == self.task.number:  # one of the task before may come late
                self.progress(min(1.0, max(0.0, float(share) / 100)))

    def _error(self, failed: Failed) -> WorkbenchError:
        if self.cancel is not None and self.cancel.is_set():
            return QueryCancelledError("Stopped.")
        if is_memory(failed.kind, failed.message):
            return EngineError(MEMORY)
        if failed.stage == "open":
            return _open_error(failed.message, self.hidden)
        if failed.kind == "_TooLong" or "exceeded maximum execution time" in failed.message:
            return self._timeout()
        if failed.kind == "_TooWide":
            return EngineError(f"One row is larger than {MAX_RESULT_BYTES >> 20} MB. Select fewer columns.")
        return EngineError(engine_sentence(failed.message, self.hidden))

    def _timeout(self) -> QueryTimeoutError:
        return QueryTimeoutError(
            f"The statement ran longer than {self.task.deadline:.3g} seconds and was stopped. "
            "Narrow it down, or allow more time in the settings."
        )

    def _ended(self) -> EngineError:
        """The worker ended on its own: mostly because an allocation failed where the engine cannot recover."""
        return EngineError("The engine stopped while it ran the statement, probably for want of memory.")


def _open_error(message: str, paths: tuple[str, ...]) -> DatabaseError:
    """The sentence for the file that `message` is about: the first of `paths` unless another one is named."""
    named = next((path for path in paths[1:] if path in message), paths[0])
    return database_error(message, named)


def _resident(pid: int) -> int:
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
