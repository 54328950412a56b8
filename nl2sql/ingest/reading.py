"""What a reader of one kind of file is given and gives back. The child process knows readers by kind only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from nl2sql.ingest.base import FileKind, Finding, Loaded, Progress, ReadOptions, Understanding


@dataclass(frozen=True)
class Source:
    """A file to be read. `path` is where its bytes are, `file_name` what a person calls it."""

    path: Path
    file_name: str
    options: ReadOptions
    scratch: Path
    """A folder for temporary files; it goes with the process."""
    table: str
    """SQL name proposed for the table, or the one that was chosen."""
    findings: tuple[Finding, ...] = ()
    """What is to be said of the file before a reader looks at it (it was packed, say)."""


class Reader(Protocol):
    """Reads one kind of file. Raises IngestError with a sentence where there is no table in it."""

    def understand(self, source: Source, connection: duckdb.DuckDBPyConnection) -> Understanding:
        """Look at the file (at parts of a large one) and say how it would be kept. `connection` is in memory."""
        ...

    def load(self, source: Source, connection: duckdb.DuckDBPyConnection, report: Progress) -> Loaded:
        """Read all of it into `main.<source.table>` of the database that `connection` has open.

        `staged` of what is returned is ignored: the caller knows it, and takes a table that is not there for nothing
        kept (`misfits` is "ask" and something does not fit).
        """
        ...


def readers() -> dict[FileKind, Reader]:
    """The readers there are, by kind of file."""
    from nl2sql.ingest.columnar import ParquetReader
    from nl2sql.ingest.documents import JsonReader
    from nl2sql.ingest.text import TextReader
    from nl2sql.ingest.workbook import WorkbookReader

    return {"text": TextReader(), "parquet": ParquetReader(), "json": JsonReader(), "excel": WorkbookReader()}


def kept_columns(names: Sequence[str]) -> str:
    """`names` as they stand in a sentence: at most five, and how many more.

    >>> kept_columns(["a", "b"])
    '“a”, “b”'
    """
    shown = ", ".join(f"“{name[:40]}”" for name in names[:5])
    return f"{shown} and {len(names) - 5:,} more" if len(names) > 5 else shown
