"""The default engine: DuckDB in a few locked-down worker processes that are bounded, and replaced on overrun."""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
import time
import weakref
from pathlib import Path

import psutil

from nl2sql.engine.base import Cancel, Database, Limits, Progress, ResultSet
from nl2sql.engine.exchange import MAX_RESULT_BYTES, Exchange, ReportedError, WorkerProcess
from nl2sql.engine.frames import Task
from nl2sql.engine.messages import database_error
from nl2sql.errors import EngineError, QueryCancelledError, QueryTimeoutError

_POLL = 0.02
_SPARE_AFTER = 0.5


def memory_limit(share: float) -> int:
    """`share` (0 to 1) of the memory that this machine or container has, in bytes; at least 1 GiB.

    Less would leave the engine too little to sort or group with.
    """
    return max(1 << 30, int(_machine_memory() * share))


def _machine_memory() -> int:
    total = int(psutil.virtual_memory().total)
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(Path(name).read_text()))
    return total


class SandboxEngine:
    """Runs statements in at most `workers` processes at a time, one more kept warm.

    `memory` (bytes) bounds a worker beyond `Limits.memory`. `time_zone` (IANA) is what current_date and
    TIMESTAMPTZ mean; empty is the machine's own. With `watchdog` this process looks at the workers' memory itself,
    for systems that do not bound an address space.
    """

    dialect = "duckdb"

    def __init__(
        self,
        workers: int = 2,
        memory: int | None = None,
        *,
        time_zone: str = "",
        watchdog: bool = not sys.platform.startswith("linux"),
    ) -> None:
        self._workers = max(1, workers)
        self._memory = memory
        self._time_zone = time_zone
        self._watchdog = watchdog
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._busy = 0
        self._closed = False
        self._spare_timer: threading.Timer | None = None
        self._idle: list[WorkerProcess] = []
        self._all: weakref.WeakSet[WorkerProcess] = weakref.WeakSet()
        self._idle.append(self._spawn())
        self._finalizer = weakref.finalize(self, _kill_all, self._all)

    def run(
        self,
        database: Database,
        sql: str,
        limits: Limits,
        cancel: Cancel | None = None,
        progress: Progress | None = None,
    ) -> ResultSet:
        """Run one accepted statement; see `Engine.run`. Raises DatabaseError too, when a file does not open."""
        started = time.monotonic()
        task = self._task(database, sql, limits)
        process = self._acquire(cancel, limits.deadline)
        clean = False
        try:
            result = Exchange(process, task, cancel, progress, self._watchdog).result(started)
            clean = True
            return result
        except ReportedError as reported:
            clean = True
            raise reported.error from None
        finally:
            self._release(process, clean)

    def close(self) -> None:
        """Stop every worker; running statements fail with a sentence."""
        with self._changed:
            self._closed = True
            timer, self._spare_timer = self._spare_timer, None
            self._idle.clear()
            self._changed.notify_all()
        if timer is not None:
            timer.cancel()
        _kill_all(self._all)

    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the workers that live now, busy or idle."""
        return tuple(one.process.pid for one in list(self._all) if one.process.poll() is None)

    def _task(self, database: Database, sql: str, limits: Limits) -> Task:
        path = Path(database.path).absolute()
        if not path.exists():
            raise database_error("database does not exist", path)
        return Task(
            number=next(self._numbers),
            path=str(path),
            attachments=tuple((alias, str(Path(file).absolute())) for alias, file in database.attachments),
            version=database.version,
            sql=sql,
            deadline=limits.deadline,
            rows=limits.rows,
            memory=min(limits.memory, self._memory or limits.memory),
            max_bytes=MAX_RESULT_BYTES,
            time_zone=self._time_zone,
        )

    def _spawn(self) -> WorkerProcess:
        process = WorkerProcess()
        self._all.add(process)
        return process

    def _acquire(self, cancel: Cancel | None, deadline: float) -> WorkerProcess:
        """A worker of one's own, once fewer than `workers` are busy. Raises EngineError, QueryCancelledError."""
        ends = time.monotonic() + deadline
        with self._changed:
            while self._busy >= self._workers and not self._closed:
                if cancel is not None and cancel.is_set():
                    raise QueryCancelledError("Stopped before it ran.")
                if time.monotonic() > ends:
                    raise QueryTimeoutError("All workers were busy for too long. Try again in a moment.")
                self._changed.wait(_POLL)
            if self._closed:
                raise EngineError("The engine is closed.")
            process = self._usable_idle() or self._spawn()
            self._busy += 1
            if self._spare_timer is None:
                self._spare_timer = threading.Timer(_SPARE_AFTER, self._keep_spare)
                self._spare_timer.daemon = True
                self._spare_timer.start()
            return process

    def _usable_idle(self) -> WorkerProcess | None:
        """An idle process that still lives, a warm one first."""
        self._idle = [one for one in self._idle if one.process.poll() is None]
        if not self._idle:
            return None
        warm = next((place for place, one in enumerate(self._idle) if one.ready), 0)
        return self._idle.pop(warm)

    def _release(self, process: WorkerProcess, clean: bool) -> None:
        if not clean:
            process.kill()
        with self._changed:
            self._busy -= 1
            if clean and not self._closed and process.process.poll() is None:
                self._idle.insert(0, process)
            self._changed.notify()
        if not clean:
            self._keep_spare()

    def _keep_spare(self) -> None:
        with self._changed:
            self._spare_timer = None
            if not self._closed and not self._usable_spare():
                self._idle.append(self._spawn())

    def _usable_spare(self) -> bool:
        self._idle = [one for one in self._idle if one.process.poll() is None]
        return bool(self._idle)


def _kill_all(processes: weakref.WeakSet[WorkerProcess]) -> None:
    for process in list(processes):
        process.kill()
