"""Durable files: locks that die with their process, staging folders, publishing by rename. Knows nothing of tables."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

LOCK_ENDING = ".lock"


class Lease:
    """A held lock file. The operating system lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Make and hold `path`. Raises OSError when it cannot be made, TimeoutError when another process holds it."""
        self.path = path
        self._lock = FileLock(str(path), timeout=0, thread_local=False)
        while True:
            try:
                self._lock.acquire()
            except Timeout as error:
                raise TimeoutError(path.name) from error
            if path.exists():
                return
            self._lock.release()  # Somebody who looked for dead locks removed it before it was held.

    def release(self) -> None:
        """Let go and remove the file. Harmless when done twice or when the file is gone."""
        if self._lock.is_locked:
            remove_file(self.path)
            self._lock.release()


def is_held(path: Path) -> bool:
    """True when a living process holds the lock file `path`; a file left behind by a dead one is removed."""
    if not path.exists():
        return False
    try:
        Lease(path).release()
    except TimeoutError:
        return True
    return False


@contextlib.contextmanager
def exclusive(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock file `path`, waiting at most `timeout` seconds. Raises TimeoutError, OSError."""
    lock = FileLock(str(path), timeout=timeout, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise TimeoutError(path.name) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A folder under `parent` for unfinished files; it goes when the block ends, or at the next start after a crash."""
    lease = _new_lease(parent)
    folder = parent / lease.path.name.removesuffix(LOCK_ENDING)
    try:
        os.mkdir(folder)  # noqa: PTH102 - every step goes through os, where tests interrupt it
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lease.release()


def _new_lease(parent: Path) -> Lease:
    """A lease under a name that nobody has. Whoever looks for dead locks may be holding the new one for a moment."""
    for _ in range(9):
        with contextlib.suppress(TimeoutError):
            return Lease(parent / f"{secrets.token_hex(6)}{LOCK_ENDING}")
    return Lease(parent / f"{secrets.token_hex(6)}{LOCK_ENDING}")


def clear_staging(parent: Path) -> None:
    """Remove the staging folders whose process is gone."""
    names = sorted(os.listdir(parent)) if parent.is_dir() else []  # noqa: PTH208
    for token in {name.removesuffix(LOCK_ENDING) for name in names}:
        if not is_held(parent / f"{token}{LOCK_ENDING}"):
            shutil.rmtree(parent / token, ignore_errors=True)


def publish(staged: Path, final: Path) -> None:
    """Give the finished file `staged` its final name, durably. `final` is a new name on the same file system."""
    if final.exists():
        raise FileExistsError(final.name)
    sync(staged)
    os.rename(staged, final)  # noqa: PTH104
    sync(final.parent)


def sync(path: Path) -> None:
    """Force a file, or a folder's list of names where the system can do that, onto the disk."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_file(path: Path) -> None:
    """Remove `path`; a file that is gone, or that this system keeps while it is open, is left alone."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        os.unlink(path)  # noqa: PTH108


def versions(folder: Path, stem: str) -> dict[int, Path]:
    """The files `stem.vN.duckdb` of a folder by N, lowest first; none where there is no folder. Raises OSError."""
    pattern = re.compile(re.escape(stem) + r"\.v(\d+)\.duckdb")
    found = {}
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in os.listdir(folder):  # noqa: PTH208
            match = pattern.fullmatch(name)
            if match:
                found[int(match[1])] = folder / name
    return dict(sorted(found.items()))


def versioned(folder: Path, stem: str, number: int) -> Path:
    """The path of version `number` of `stem`.

    >>> versioned(Path("tables"), "sales", 3).name
    'sales.v3.duckdb'
    """
    return folder / f"{stem}.v{number}.duckdb"
