"""What an odd file is made of: its name, its bytes, and what must come out: a table or a sentence. Knows no file."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nl2sql.ingest.base import ReadOptions

Cell = str | int | bool | None
"""NULL is None. Numbers with a fraction, dates and times are written as text, as DuckDB renders them."""

RAGGED = (
    r"too (few|many)|few(er)?\b|more (fields|values|cells|columns)|extra|missing|short(er)?|long(er)?|beyond|ragged"
)
TOTALS = r"total|sum of|adds? up|footer|last (line|row)"
SKIPPED = r"title|skipp|above|left out|preamble|begins? (in|at|on|with) line|starts? (in|at|on) line|header"
NO_TABLE = r"\bnot? (a )?tables?\b|not look like a table|no (rows|table)|nothing in it"


@dataclass(frozen=True)
class Table:
    """A table that is right.

    `columns` reads "id int, name/nom text, * any": a name (alternatives with /, * for any name) and a kind: int,
    number, text, date, timestamp, timestamptz, time, bool, any (alternatives with |). `rows` are all rows in order, or
    how many there are; `cells` are single cells as (row from 0, column from 0, value). `says` are regexes (any case),
    each of which some finding must match; `never` are regexes that no finding may match; with `quiet` no
    finding is a warning.
    """

    columns: str
    rows: tuple[tuple[Cell, ...], ...] | int
    cells: tuple[tuple[int, int, Cell], ...] = ()
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    quiet: bool = False
    rejected: int | None = None
    lines: tuple[int, ...] | None = None
    """Lines of the rejects."""
    name: str | None = None
    headers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Said:
    """No table, but a sentence that matches `regex`."""

    regex: str


@dataclass(frozen=True)
class Asked:
    """Nothing is kept: `rejected` misfits in these `lines` are shown to the person first."""

    rejected: int
    lines: tuple[int, ...] | None = None
    reason: str = ""


Outcome = Table | Said | Asked
Content = bytes | Callable[[Path], None]
"""The bytes of the file, or what writes them to a path."""


@dataclass(frozen=True)
class Odd:
    """One odd file. `outcomes`: any one of them is right. `modes`: what is right for other ways with misfits."""

    name: str
    content: Content
    outcomes: tuple[Outcome, ...]
    options: ReadOptions = ReadOptions(misfits="text")
    modes: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    id: str = ""
    path: str = ""
    """Where it lies below the folder, when that is not `name`."""
    soak: bool = False

    @property
    def apart(self) -> bool:
        """Whether the test reads it in a child process, as the app does: what is large or hostile, and each eighth."""
        return not isinstance(self.content, bytes) or zlib.crc32(self.test_id.encode()) % 8 == 0

    @property
    def test_id(self) -> str:
        """Name of the test: letters, digits, dots, underscores."""
        return self.id or self.name

    def write(self, folder: Path) -> Path:
        """Put the file into `folder`."""
        path = folder / (self.path or self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            self.content(path)
        return path


def odd(
    name: str,
    content: str | bytes | Callable[[Path], None],
    *outcomes: Outcome,
    encoding: str = "utf-8",
    options: ReadOptions | None = None,
    modes: Mapping[str, tuple[Outcome, ...] | Outcome] | None = None,
    id: str = "",
    path: str = "",
    soak: bool = False,
) -> Odd:
    """An odd file from text in `encoding`, from bytes, or from what writes it."""
    given = options or ReadOptions()
    return Odd(
        name=name,
        content=content.encode(encoding) if isinstance(content, str) else content,
        outcomes=outcomes,
        options=ReadOptions(**{**given.__dict__, "misfits": "text"}),
        modes={mode: ends if isinstance(ends, tuple) else (ends,) for mode, ends in (modes or {}).items()},
        id=id,
        path=path,
        soak=soak,
    )


def table(columns: str, *rows: tuple[Cell, ...], says: tuple[str, ...] | str = (), **rest: object) -> Table:
    """A small table with all its rows."""
    said = (says,) if isinstance(says, str) else says
    return Table(columns, tuple(rows), says=said, **rest)  # type: ignore[arg-type]


def lines(*texts: str, end: str = "\n") -> str:
    """`texts` as the lines of a file."""
    return "".join(text + end for text in texts)
