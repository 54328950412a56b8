"""Where the table is on a sheet: titles above it, the rows that name its columns, cells that were merged.

Works on rows as the reading library gives them; opens no file.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from python_calamine import CalamineError, CalamineSheet

from nl2sql.ingest import dialect
from nl2sql.ingest.base import Finding, IngestError
from nl2sql.ingest.cells import Cell

Row = Sequence[Any]
"""Cells of a sheet: numbers, texts, dates; an empty text where there is nothing."""


@dataclass(frozen=True)
class Layout:
    """Where the table is on a sheet. Rows count from 0 at the sheet's first."""

    above: int
    """Rows above the header, or above the table where there is none."""
    header: bool
    names: tuple[str, ...]

    @property
    def first(self) -> int:
        """The first row of values."""
        return self.above + self.header


def layout_of(head: Sequence[Row], skip: int | None, named: bool | None, said: list[Finding]) -> Layout:
    """Where the table is, by the first rows of a sheet; what is not None is as a person chose it.

    What there is to say goes to `said`. Raises IngestError when there is no table.
    """
    if not any(map(filled, head)):
        raise IngestError("There is no table on this sheet: no cell has a value.")
    start = skip
    if start is None:
        start = next(place for place, row in enumerate(head) if filled(row))
        start += _titles(head[start:])
    rest = head[start:]
    if not rest:
        raise IngestError(f"There is nothing on this sheet below the first {start:,} rows.")
    if named is None:
        named = _is_period_header(rest) or _names_columns(rest, said)
    names = tuple(map(shown, rest[0])) if named else ()
    joined = _joined(head[start - 1], names) if named and start else names
    if joined != names:
        said[:] = [one for one in said if "more than once" not in one.sentence]
        said.append(Finding("Two rows of headers were joined into one."))
    if skip is None:
        above = [row for row in head[: start - (joined != names)] if filled(row)]
        lines = "1 line" if len(above) == 1 else f"{len(above):,} lines"
        if above:
            said.append(Finding(f"{lines} above the table left out: “{'; '.join(map(one_line, above))[:120]}”."))
    width = max(map(len, head))
    return Layout(start, named, tuple((*joined, *[""] * width)[:width]))


def _titles(rows: Sequence[Row]) -> int:
    """How many rows stand above the table: those that are far emptier than the rows below."""
    counts = [filled(row) for row in rows]
    usual = Counter(count for count in counts if count).most_common(1)[0][0]
    usual = max(usual, sorted(counts)[len(counts) // 2])
    if usual < 2:
        return 0
    for position, count in enumerate(counts[:60]):
        if count > max(1, usual // 2):
            return position
    return 0


def _names_columns(rows: Sequence[Row], said: list[Finding]) -> bool:
    """Whether the first row names the columns; the same judgement as for text files."""
    if any(isinstance(cell, bool | float | dt.date | dt.time | dt.timedelta) for cell in rows[0]):
        return False
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_one_line_cell(cell) for cell in row] for row in rows)
    found = dialect.find(text.getvalue(), delimiter=",", quote='"', skip_lines=0)
    if not found.header and _could_be_names(rows):
        said.append(Finding("The first row was taken for the names of the columns. Change that if it is not."))
        return True
    said += [one for one in found.findings if "header" in one.sentence or "names" in one.sentence]
    return found.header


def _joined(above: Row, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names behind the headings that stand over several columns each, where the names alone would repeat."""
    given = [name for name in names if name]
    if len(set(given)) == len(given) or filled(above) < 2:
        return names
    group, found = "", []
    for place, name in enumerate(names):
        group = (shown(above[place]) if place < len(above) else "") or group
        found.append(f"{group} {name}".strip())
    return tuple(found)


def cells_of(row: Row, width: int) -> list[Cell]:
    """A row of the sheet as cells, as many as the table has columns."""
    found: list[Cell] = [None if cell == "" else cell for cell in row[:width]]
    return found + [None] * (width - len(found))


def filled(row: Row) -> int:
    """How many cells of a row hold something."""
    return sum(1 for cell in row if cell is not None and cell != "" and not (type(cell) is str and cell.isspace()))


def shown(cell: Any) -> str:
    """A cell as the name of a column."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return "" if cell is None else str(cell)


def _one_line_cell(cell: Any) -> str:
    return " ".join(shown(cell).split())[:200]


def one_line(row: Row) -> str:
    """The cells of a row in one short line."""
    return " ".join(filter(None, map(_one_line_cell, row)))[:60]


def _could_be_names(rows: Sequence[Row]) -> bool:
    """Whether the first row of a sheet of texts differs from the rows below as names do: short, and said only once."""
    first = [_one_line_cell(cell) for cell in rows[0]]
    if len(rows) < 2 or not all(first) or len(set(first)) < len(first) or max(map(len, first)) > 60:
        return False
    below = ({_one_line_cell(row[place]) for row in rows[1:] if place < len(row)} for place in range(len(first)))
    return not any(name in values for name, values in zip(first, below, strict=True))


def _is_period_header(rows: Sequence[Row]) -> bool:
    """Whether the first row names columns after years or dates: each once, in order, behind some text."""
    if len(rows) < 2:
        return False
    cells = [cell for cell in rows[0] if cell != "" and cell is not None]
    periods = [cell for cell in cells if not isinstance(cell, str)]
    below = [cell for cell in rows[1] if not isinstance(cell, str)]
    if len(periods) < 2 or not isinstance(cells[0], str) or len(periods) + 2 < len(cells):
        return False
    years = all(isinstance(cell, float) and cell.is_integer() and 1900 <= cell <= 2100 for cell in periods)
    days = all(isinstance(cell, dt.date) for cell in periods)
    if not years and not days:
        return False
    if len(set(map(type, periods))) > 1:
        return False
    ordered = all(one < other for one, other in pairwise(periods))
    alike = any(type(cell) is type(periods[0]) and (days or 1900 <= cell <= 2100) for cell in below)
    return ordered and not alike


@dataclass
class Merged:
    """Cells that were merged down several rows of the table, by row and column of those that look empty."""

    sources: dict[tuple[int, int], tuple[int, int]]
    values: dict[tuple[int, int], Cell] = field(default_factory=dict)
    repeated: bool = False
    blank: bool = False

    @cached_property
    def tops(self) -> set[tuple[int, int]]:
        """Where the values of merged cells stand."""
        return set(self.sources.values())

    @classmethod
    def of(cls, sheet: CalamineSheet, first: int) -> Merged:
        """The merged cells of a sheet below row `first`, each a column wide; at most a million rows of them."""
        left = sheet.start[1] if sheet.start else 0
        found: dict[tuple[int, int], tuple[int, int]] = {}
        try:
            ranges = sheet.merged_cell_ranges or []
        except CalamineError:
            ranges = []
        for (top, start), (bottom, end) in ranges:
            if top < first or start != end or len(found) + bottom - top > 1_000_000:
                continue
            for row in range(top + 1, bottom + 1):
                found[row, start - left] = (top, start - left)
        return cls(found)

    def filled(self, number: int, row: list[Cell]) -> list[Cell]:
        """`row` with the text or date of cells that reach down into it; a number would be counted twice."""
        if not self.sources:
            return row
        for place, cell in enumerate(row):
            if cell is not None:
                if (number, place) in self.tops:
                    self.values[number, place] = cell
                continue
            value = self.values.get(self.sources.get((number, place), (-1, -1)))
            if isinstance(value, str | dt.date | bool):
                row[place], self.repeated = value, True
            elif value is not None:
                self.blank = True
        return row
