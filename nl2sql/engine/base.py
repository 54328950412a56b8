"""The seam between the workbench and whatever runs SQL: what an engine is given and what it gives back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Database:
    """A set of files that a statement may read.

    `path` is opened read-only; each attachment (alias, file) is attached READ_ONLY beside it, for the catalog's views.
    `version` changes whenever anything in it does: an instance may be kept open per version.
    """

    path: Path
    attachments: tuple[tuple[str, Path], ...] = ()
    version: str = ""


@dataclass(frozen=True)
class Limits:
    """Bounds of one statement. `deadline` in seconds, `memory` in bytes for the whole worker."""

    deadline: float = 30.0
    rows: int = 10_000
    memory: int = 2 << 30


@dataclass(frozen=True)
class ResultSet:
    """Rows that came back. `table` holds at most `Limits.rows` rows; `truncated` says that there were more."""

    table: pa.Table
    types: tuple[str, ...]
    """DuckDB's type of each column, in order."""
    truncated: bool
    elapsed: float
    """Seconds in the engine, transfer included."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, duplicates as the engine gave them."""
        return tuple(self.table.column_names)

    @property
    def row_count(self) -> int:
        """Rows kept."""
        return int(self.table.num_rows)


class Cancel(threading.Event):
    """Set it from any thread to stop the work that was handed it."""


Progress = Callable[[float], None]
"""Called with a share of the work done, 0 to 1."""


class Engine(Protocol):
    """Runs statements that the guard accepted. Never asked to run anything else."""

    dialect: str

    def run(
        self,
        database: Database,
        sql: str,
        limits: Limits,
        cancel: Cancel | None = None,
        progress: Progress | None = None,
    ) -> ResultSet:
        """Run `sql` and return its rows.

        Raises EngineError (one readable sentence), QueryTimeoutError, QueryCancelledError.
        """
        ...

    def close(self) -> None:
        """Stop every worker."""
        ...
