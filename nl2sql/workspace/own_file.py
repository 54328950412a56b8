"""A person's own DuckDB file: which version of it is there, what it holds, and a sentence when it cannot be used."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import duckdb

from nl2sql.engine.messages import database_error
from nl2sql.workspace.introspect import Introspection, introspect


def file_version(path: Path) -> str:
    """A text that changes whenever the file or its write-ahead log does. Raises DatabaseError when it is missing."""
    try:
        stamps = [os.stat(path)]  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError) as error:
        raise database_error("No such file", path) from error
    except OSError as error:
        raise database_error(error, path) from error
    with contextlib.suppress(OSError):
        stamps.append(os.stat(f"{path}.wal"))  # noqa: PTH116
    return "-".join(f"{stamp.st_mtime_ns:x}.{stamp.st_size:x}.{stamp.st_ino:x}" for stamp in stamps)


def read_own_file(path: Path) -> Introspection:
    """The schema of a person's DuckDB file, which is opened read-only for a moment.

    Raises DatabaseError: missing, a folder, no DuckDB file, locked, encrypted, written by another DuckDB, damaged.
    """
    try:
        return introspect(path)
    except (duckdb.Error, OSError) as error:
        raise database_error(error, path) from error
