"""A process's own journal: lines appended and synced; and how another process takes full journals away.

A journal is a file `<id>.jsonl` that one writer appends to, under an exclusive lock on the file for each line. Whoever
folds takes the same lock, renames the file to `<id>.sealed` and lets go: the writer finds its file renamed before it
writes the next line, and begins a new one. So a sealed file never changes, no line is lost between the two, and nobody
waits longer than for one line or one rename. The lock falls with its process, so nobody need know who is alive.
The end of a line is what makes it count: what follows the last line end was cut off by a crash.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
import weakref
from pathlib import Path

from nl2sql.errors import QueryLogError
from nl2sql.query_log.clock import new_id

_LIVE, _SEALED, _TORN = ".jsonl", ".sealed", ".torn"
_sync_lines = getattr(os, "fdatasync", os.fsync)


class Journal:
    """Appends lines for one process; safe among threads, after a fork, and while others seal it."""

    def __init__(self, folder: Path, roll_over: int = 4 * 2**20) -> None:
        """`folder` is made when the first line is written; a file longer than `roll_over` bytes gets a successor."""
        self._folder = folder
        self._roll_over = roll_over
        self._lock = threading.Lock()
        self._path = folder
        self._file: int | None = None
        _journals.add(self)

    def append(self, line: bytes) -> bool:
        """Write one line and sync it; True when the file was full with it, so that folding would be well.

        Raises QueryLogError when the line could not be kept; then nothing of it counts.
        """
        with self._lock:
            try:
                return self._append(self._locked_file(), line)
            except OSError as error:
                self.close()
                reason = (error.strerror or "the disk refuses it").lower()
                raise QueryLogError(f"The query log cannot be written: {reason}.") from error

    def close(self) -> None:
        """Let go of the file; the next line begins a new one."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)  # closing alone leaves the lock with a forked child
            with contextlib.suppress(OSError):
                os.close(self._file)
        self._file = None

    def after_fork(self) -> None:
        """Give up what belongs to the parent process: a forked child writes a journal of its own."""
        self._lock = threading.Lock()
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _append(self, file: int, line: bytes) -> bool:
        before = os.fstat(file).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(file, rest) :]
            _sync_lines(file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file, before)
            raise
        full = before + len(line) > self._roll_over
        if full:
            self.close()
        else:
            fcntl.flock(file, fcntl.LOCK_UN)
        return full

    def _locked_file(self) -> int:
        while True:
            if self._file is None:
                self._begin()
            assert self._file is not None
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if self._still_there():
                return self._file
            self.close()

    def _still_there(self) -> bool:
        assert self._file is not None
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            return False

    def _begin(self) -> None:
        make_folder(self._folder)
        self._path = self._folder / f"{new_id()}{_LIVE}"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        sync_folder(self._folder)


_journals: weakref.WeakSet[Journal] = weakref.WeakSet()


def _after_fork() -> None:
    for journal in list(_journals):
        journal.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def seal_all(folder: Path, patience: float) -> tuple[Path, ...]:
    """Seal every journal, whether its process lives or not; all sealed files, oldest first. Only under the log's lock.

    Waits up to `patience` seconds for a line that is being written. Raises OSError; TimeoutError after that wait.
    """
    deadline = time.monotonic() + patience
    for path in _files(folder, _LIVE):
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            _lock_by(deadline, file)
            path.rename(path.with_suffix(_SEALED))
        finally:
            os.close(file)
    return _files(folder, _SEALED)


def _lock_by(deadline: float, file: int) -> None:
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError from None
            time.sleep(0.0005)


def has_journals(folder: Path) -> bool:
    """Whether there is anything to fold. Raises OSError."""
    return bool(_files(folder, _LIVE) or _files(folder, _SEALED))


def set_aside(sealed: Path, damaged: bytes) -> None:
    """Keep the bytes of a sealed file that are no whole lines beside it, in a `.torn` file. Raises OSError."""
    with sealed.with_suffix(_TORN).open("wb") as file:
        file.write(damaged)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(sealed.parent)


def torn_files(folder: Path) -> int:
    """How many files of damaged entries were set aside. Raises OSError."""
    return len(_files(folder, _TORN))


def make_folder(folder: Path) -> None:
    """Make `folder`, for its owner only, such that it outlives a power cut. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new files in `folder` outlive a power cut. Raises OSError."""
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _files(folder: Path, suffix: str) -> tuple[Path, ...]:
    try:
        return tuple(sorted(path for path in folder.iterdir() if path.suffix == suffix))
    except FileNotFoundError:
        return ()
