"""What reading a file as a table is made of: options, what was understood, what did not fit. Knows no file format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nl2sql.errors import WorkbenchError
from nl2sql.schema import fold

FileKind = Literal["text", "json", "parquet", "excel"]
DecimalMark = Literal[".", ","]
DateOrder = Literal["ymd", "dmy", "mdy"]
Misfits = Literal["ask", "text", "drop", "stop"]
"""What happens to values that are not of their column's type, and to rows with too few or too many fields.

`ask`: nothing is kept, the misfits are reported; `text`: such columns are kept as text (no value is lost) and ragged
rows are padded, what was beyond the last column is kept in one more column; `drop`: such rows stay out and are listed
in the rejects report; `stop`: the file is refused.
"""
NULL_WORDS = ("", "NULL", "null", "NA", "N/A", "n/a", "#N/A", "NaN", "None", "none", "-", "--")
"""Words that may stand for a missing value; which of them do in a file is decided column by column."""


class IngestError(WorkbenchError):
    """A file cannot be kept as a table. Says what it is, or what is wrong with it and where."""


@dataclass(frozen=True)
class ReadOptions:
    """How a file is to be read. None (or an empty tuple) means: as found in the file."""

    sheet: str | None = None
    """Sheet of a workbook."""
    encoding: str | None = None
    """Name of a Python codec, or `mixed`: UTF-8 line by line, cp1252 where a line is not."""
    delimiter: str | None = None
    quote: str | None = None
    """Quotation mark; empty where quotes mean nothing."""
    skip_lines: int | None = None
    """Lines (rows of a sheet) above the header that are no part of the table."""
    header: bool | None = None
    """Whether the first line that is not skipped names the columns."""
    decimal_mark: DecimalMark | None = None
    date_order: DateOrder | None = None
    null_words: tuple[str, ...] | None = None
    types: tuple[tuple[int, str], ...] = ()
    """DuckDB types that a person chose, by position of the column in the file (from 0)."""
    names: tuple[tuple[int, str], ...] = ()
    """Column names that a person chose, by position."""
    left_out: tuple[int, ...] = ()
    """Positions of columns that are not kept."""
    private: tuple[str, ...] = ()
    """Columns, called as in the file or by their SQL names, whose values stay out of prompts and of lists of values
    from the start. By name, so that they stay marked however the file is read."""
    table: str | None = None
    """Name of the table."""
    misfits: Misfits = "ask"

    def with_sheet(self, sheet: str) -> ReadOptions:
        """These options for another sheet, less what was said of the rows and columns of one."""
        return replace(self, sheet=sheet, skip_lines=None, header=None, types=(), names=(), left_out=(), table=None)

    def with_type(self, position: int, type_name: str) -> ReadOptions:
        """These options with the column at `position` kept as `type_name`."""
        return replace(self, types=tuple(sorted({**dict(self.types), position: type_name}.items())))

    def with_name(self, position: int, name: str) -> ReadOptions:
        """These options with the column at `position` called `name`."""
        return replace(self, names=tuple(sorted({**dict(self.names), position: name}.items())))


@dataclass(frozen=True)
class SourceColumn:
    """One column as found: `header` is what the file calls it, `name` the SQL name proposed for it."""

    position: int
    header: str
    name: str
    type: str
    """DuckDB type that it will be kept as."""
    examples: tuple[str, ...] = ()
    """A few values as they stand in the file."""
    kept: bool = True
    private: bool = False

    @property
    def known_as(self) -> str:
        """What the file calls it, in one line; the SQL name where the file says nothing."""
        return " ".join(self.header.split()) or self.name

    def is_called(self, name: str) -> bool:
        """Whether `name`, in any case, is what the file calls it or its SQL name."""
        return fold(" ".join(name.split())) in (fold(self.known_as), fold(self.name))


def unmatched(names: Iterable[str], columns: Sequence[SourceColumn]) -> tuple[str, ...]:
    """Those of `names` that no column is called."""
    return tuple(name for name in names if not any(column.is_called(name) for column in columns))


@dataclass(frozen=True)
class Finding:
    """Something a person should know about how a file was read. `position` is a column's, None for the whole file."""

    sentence: str
    severity: Literal["info", "warning"] = "info"
    position: int | None = None


@dataclass(frozen=True)
class Understanding:
    """What was made of a file by looking at it, before anything is kept. `options` has no None where it applies."""

    path: Path
    file_name: str
    kind: FileKind
    table: str
    """SQL name proposed for the table."""
    options: ReadOptions
    columns: tuple[SourceColumn, ...]
    rows: tuple[tuple[str | None, ...], ...]
    """The first rows as they would be kept, rendered as text, in the order of the kept columns; None is NULL."""
    row_estimate: int | None
    """Rows of the whole file: exact where `complete`, else estimated."""
    complete: bool
    """The whole file was looked at, not only parts of it."""
    findings: tuple[Finding, ...] = ()
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reject:
    """One row, or one value of it, that did not fit. `line` counts from 1 in the file (row of the sheet), if known."""

    line: int | None
    column: str
    reason: str
    text: str
    """The line, or the value where a line has no text of its own; at most 2,000 characters."""


REJECTS_KEPT = 10_000
"""Rejects that a report lists; the count goes on."""


@dataclass(frozen=True)
class Loaded:
    """What became of a file: a DuckDB file at `staged` with one table, its profile and its values beside it.

    With `misfits` "ask" and anything that does not fit, `staged` is None and the rejects say what did not.
    """

    staged: Path | None
    table: str
    columns: tuple[SourceColumn, ...]
    rows: int
    rejected: int
    rejects: tuple[Reject, ...] = ()
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0


Progress = Callable[[float, int], None]
"""Called with a share of the work done (0 to 1) and the rows read so far (0 where not known)."""
