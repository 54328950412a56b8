"""A person's own DuckDB file: what it is, which version of it is there, and a sentence when it cannot be used."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

import duckdb

from nl2sql.errors import DatabaseError
from nl2sql.workspace.introspect import Introspection, introspect

_HEADER = 20
_MAGIC = slice(8, 12)
_SQLITE = b"SQLite format 3"
_HOLDER = re.compile(r"PID (\d+)")
_STORAGE = re.compile(r"storage version number (\d+), but we can only read storage versions between (\d+) and (\d+)")


def file_version(path: Path) -> str:
    """A text that changes whenever the file or its write-ahead log does. Raises DatabaseError when it is missing."""
    try:
        stamps = [os.stat(path)]  # noqa: PTH116
    except FileNotFoundError as error:
        raise DatabaseError(f"There is no file {path.name}.") from error
    except OSError as error:
        raise DatabaseError(f"{path.name} cannot be opened: {error.strerror}.") from error
    with contextlib.suppress(OSError):
        stamps.append(os.stat(f"{path}.wal"))  # noqa: PTH116
    return "-".join(f"{stamp.st_mtime_ns:x}.{stamp.st_size:x}.{stamp.st_ino:x}" for stamp in stamps)


def read_own_file(path: Path) -> Introspection:
    """The schema of a person's DuckDB file, which is opened read-only for a moment.

    Raises DatabaseError: missing, a folder, no DuckDB file, locked, encrypted, written by another DuckDB, damaged.
    """
    _check_header(path)
    try:
        return introspect(path)
    except duckdb.Error as error:
        raise database_error(error, path) from error


def _check_header(path: Path) -> None:
    """Refuse what is plainly no DuckDB file before the engine sees it."""
    if path.is_dir():
        raise DatabaseError(f"{path.name} is a folder, not a DuckDB file.")
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError as error:
        raise DatabaseError(f"There is no file {path.name}.") from error
    except OSError as error:
        raise DatabaseError(f"{path.name} cannot be opened: {error.strerror}.") from error
    if not header:
        raise DatabaseError(f"{path.name} is empty, so it is no DuckDB file.")
    if header.startswith(_SQLITE):
        raise DatabaseError(f"{path.name} is a SQLite file, not a DuckDB file.")
    if header[_MAGIC] != b"DUCK":
        raise DatabaseError(f"{path.name} is not a DuckDB file.")


def database_error(error: duckdb.Error, path: Path) -> DatabaseError:
    """The sentence for a DuckDB file that the engine could not open or read."""
    text, name = str(error), path.name
    holder, storage = _HOLDER.search(text), _STORAGE.search(text)
    if "lock" in text.lower() and "could not set lock" in text.lower():
        program = f"another program (process {holder[1]})" if holder else "another program"
        return DatabaseError(f"{name} is open for writing in {program}. Close it there and try again.")
    if "encrypted" in text:
        return DatabaseError(f"{name} is encrypted. Encrypted files cannot be opened here.")
    if storage:
        found, oldest, newest = map(int, storage.groups())
        if found > newest:
            return DatabaseError(f"{name} was written by a newer DuckDB than the {duckdb.__version__} in use here.")
        return DatabaseError(
            f"{name} was written by a DuckDB too old to be read (storage version {found}, {oldest} or later is needed)."
            " Export it with that DuckDB (EXPORT DATABASE) and import it with a newer one."
        )
    if "different configuration" in text:
        return DatabaseError(f"{name} is open for writing in this program. Close it and try again.")
    if "not a valid DuckDB" in text:
        return DatabaseError(f"{name} is not a DuckDB file.")
    if "ermission denied" in text:
        return DatabaseError(f"{name} cannot be opened: Permission denied.")
    return DatabaseError(f"{name} is damaged or cannot be read by DuckDB {duckdb.__version__}.")
