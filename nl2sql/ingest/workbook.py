"""Reads a sheet of an Excel or OpenDocument workbook as a table: cells keep the types that they have there.

Nothing in a workbook is computed or run: of a formula, the value that was stored with it counts.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any, cast

import duckdb
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    ZipError,
)

from nl2sql.ingest import dialect, sheet_parts
from nl2sql.ingest.base import Finding, IngestError, Loaded, Progress, Understanding
from nl2sql.ingest.cells import Cell
from nl2sql.ingest.names import column_names, shown_header, table_name
from nl2sql.ingest.reading import Source, kept_columns
from nl2sql.ingest.staging import Staging

HEAD = 20_000
"""Rows of a sheet that are looked at before anything is kept."""
_LAID_OUT = 200  # rows by which titles and header are found
_CELLS = 200_000  # cells of a batch
_FOOTER = 10  # rows below a blank one that may be notes rather than rows of the table
_TOTAL = re.compile(r"\s*(grand |sub)?(total|sum|summe|gesamt|totale|totaal|insgesamt|overall)s?\b", re.I)


class WorkbookReader:
    """Reads xlsx, xlsm, xlsb, xls and ods files."""

    def understand(self, source: Source, connection: duckdb.DuckDBPyConnection) -> Understanding:
        """The first rows of one sheet, and which sheets there are."""
        with _said_plainly():
            sheet = Sheet.chosen(source)
            staging = Staging(connection, source.options)
            for _ in sheet.read(staging, head_only=True):
                pass
        columns, said = staging.understood(column_names)
        several = len(sheet.names) > 1 and source.options.table is None
        table = table_name(f"{_stem(source.file_name)} {sheet.name}") if several else source.table
        return Understanding(
            path=source.path,
            file_name=source.file_name,
            kind="excel",
            table=table,
            options=replace(
                source.options,
                sheet=sheet.name,
                skip_lines=sheet.layout.above,
                header=sheet.layout.header,
                null_words=source.options.null_words or (),
                table=table,
            ),
            columns=columns,
            rows=staging.preview(columns),
            row_estimate=staging.rows if sheet.complete else sheet.height - sheet.layout.first,
            complete=sheet.complete,
            findings=(*source.findings, *sheet.findings, *said, *staging.misfit_findings(columns)),
            sheets=sheet.names,
        )

    def load(self, source: Source, connection: duckdb.DuckDBPyConnection, report: Progress) -> Loaded:
        """All rows of one sheet."""
        types: list[str] = []
        with _said_plainly():
            sheet = Sheet.chosen(source)
            staging = Staging(connection, source.options)
            for rows in sheet.read(staging):
                if not types and rows >= HEAD:
                    types = staging.types()
                report(0.5 + 0.3 * min(1.0, rows / max(1, sheet.height)), rows)
        kept = staging.write(source.table, column_names, types)
        report(1.0, kept.rows)
        return kept.loaded(source.table, (*source.findings, *sheet.findings))


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


@dataclass
class Sheet:
    """One sheet of an open workbook, and the sheets beside it."""

    name: str
    names: tuple[str, ...]
    cells: CalamineSheet
    seen: sheet_parts.Seen | None
    skip: int | None
    named: bool | None
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True

    @classmethod
    def chosen(cls, source: Source) -> Sheet:
        """The sheet that the options name, else the first one with cells. Raises IngestError, CalamineError."""
        zipped = _is_zip(source.path)
        if zipped:
            sheet_parts.check(source.path)
        parts = sheet_parts.sheet_parts(source.path) if zipped else {}
        parts = {name: part for name, part in parts.items() if part.endswith(".xml")}
        wanted = source.options.sheet
        book = CalamineWorkbook.from_path(str(source.path))
        sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
        hidden = [one.name for one in sheets if one.visible != SheetVisibleEnum.Visible]
        names = [one.name for one in sheets if _has_cells(source.path, book, one.name, parts.get(one.name))]
        if not names:
            raise IngestError("There is no table in this workbook: no sheet has cells with values.")
        if wanted is not None and wanted not in names:
            there = kept_columns(names)
            raise IngestError(f"There is no sheet “{wanted[:60]}” with values in this workbook; there is {there}.")
        name = wanted or next((one for one in names if one not in hidden), names[0])
        seen = sheet_parts.look(source.path, parts[name]) if name in parts else None
        if seen is not None:
            _refuse_far(seen)
        options = source.options
        found = cls(name, tuple(names), book.get_sheet_by_name(name), seen, options.skip_lines, options.header)
        found._say_of_sheets(hidden, wanted)
        found._say_of_cells()
        return found

    @property
    def height(self) -> int:
        """Rows of the sheet down to the last cell."""
        return self.cells.total_height + 1

    def _say_of_sheets(self, hidden: Sequence[str], wanted: str | None) -> None:
        if self.name in hidden:
            self.findings.append(Finding(f"The sheet “{self.name}” is hidden in the workbook."))
        others = [one for one in self.names if one != self.name]
        if others and wanted is None:
            listed = kept_columns([f"{one} (hidden)" if one in hidden else one for one in others])
            self.findings.append(Finding(f"This is the sheet “{self.name}”; there is also {listed}."))

    def _say_of_cells(self) -> None:
        seen = self.seen
        if seen is None:
            return
        if seen.errors:
            kinds = ", ".join(seen.errors)
            count = sum(seen.errors.values())
            cells = "cell holds an error" if count == 1 else "cells hold errors"
            self.findings.append(Finding(f"{count:,} {cells} ({kinds}) and {_are(count)} read as missing.", "warning"))
        if seen.formulas_without_value:
            count = seen.formulas_without_value
            sentence = (
                f"{count:,} formula{'' if count == 1 else 's'} {_are(count)} stored without a value, and formulas are"
                " not computed here: such cells are read as missing. Open the file in a spreadsheet and save it."
            )
            self.findings.append(Finding(sentence, "warning"))
        hidden = [
            f"{count:,} hidden {word}{'' if count == 1 else 's'}"
            for count, word in ((seen.hidden_rows, "row"), (seen.hidden_columns, "column"))
            if count
        ]
        if hidden:
            count = seen.hidden_rows + seen.hidden_columns
            self.findings.append(Finding(f"{' and '.join(hidden)} {_are(count)} read like the others."))

    @cached_property
    def layout(self) -> Layout:
        """Where the table is, from the first rows and from what a person chose."""
        head = self._head()
        if not any(_filled(row) for row in head):
            raise IngestError("There is no table on this sheet: no cell has a value.")
        start = self.skip
        if start is None:
            start = 0
            while start < len(head) and not _filled(head[start]):
                start += 1
        named = self.named
        if self.skip is None:
            start += self._titles(head[start:])
        rest = head[start:]
        if named is None:
            named = True if _is_period_header(rest) else self._guess(rest)
        names = tuple(map(_shown, rest[0])) if named and rest else ()
        if named and start and rest:
            names = self._with_groups(head[start - 1], names)
        if start and self.skip is None:
            above = "; ".join(_one_line(row) for row in head[:start] if _filled(row))[:120]
            if above:
                count = sum(1 for row in head[:start] if _filled(row))
                self.findings.append(
                    Finding(f"{count:,} line{'' if count == 1 else 's'} above the table left out: “{above}”.")
                )
        width = max(map(len, head), default=0)
        return Layout(start, bool(named), tuple((*names, *[""] * width)[:width]))

    def _head(self) -> list[list[Any]]:
        rows = []
        for number, row in enumerate(self.cells.iter_rows()):
            rows.append(row)
            if number >= _LAID_OUT and any(_filled(one) for one in rows[-_LAID_OUT:]):
                break
        return rows[:5_000]

    @staticmethod
    def _titles(rows: Sequence[Sequence[Any]]) -> int:
        """How many rows stand above the table: those that are far emptier than the rows below."""
        filled = [_filled(row) for row in rows]
        usual = Counter(count for count in filled if count).most_common(1)[0][0]
        usual = max(usual, sorted(filled)[len(filled) // 2])
        if usual < 2:
            return 0
        for position, count in enumerate(filled[:60]):
            if count > max(1, usual // 2):
                return position
        return 0

    def _guess(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Whether the first row names the columns; the same judgement as for text files."""
        if any(isinstance(cell, bool | float | dt.date | dt.time | dt.timedelta) for cell in rows[0]):
            return False
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([_one_line_cell(cell) for cell in row] for row in rows)
        found = dialect.find(text.getvalue(), delimiter=",", quote='"', skip_lines=0)
        if not found.header and _could_be_names(rows):
            self.findings.append(
                Finding("The first row was taken for the names of the columns. Change that if it is not.")
            )
            return True
        self.findings += [one for one in found.findings if "header" in one.sentence or "names" in one.sentence]
        return found.header

    def _with_groups(self, above: Sequence[Any], names: Sequence[str]) -> tuple[str, ...]:
        """Names with the headings that stand over several columns each, where names alone would repeat."""
        if len(set(filter(None, names))) == len(list(filter(None, names))) or _filled(above) < 2:
            return tuple(names)
        group, found = "", []
        for place, name in enumerate(names):
            heading = _shown(above[place]) if place < len(above) else ""
            group = heading or group
            found.append(f"{group} {name}".strip())
        self.findings.append(Finding("Two rows of headers were joined into one."))
        return tuple(found)

    def read(self, staging: Staging, *, head_only: bool = False) -> Iterator[int]:
        """Put the rows of the table into `staging`; yields rows so far after each batch, one of which ends at HEAD."""
        layout = self.layout
        staging.add_columns([shown_header(name) for name in layout.names])
        size = max(1, min(HEAD, _CELLS // max(1, len(layout.names))))
        at: list[int] = []
        batch: list[list[Cell]] = []
        for number, row in self._body():
            at.append(number + 1)
            batch.append(row)
            if len(batch) >= size or staging.rows + len(batch) == HEAD:
                staging.add(at, list(zip(*batch, strict=True)))
                at, batch = [], []
                yield staging.rows
                if head_only and staging.rows >= HEAD:
                    self.complete = False
                    return
        staging.add(at, list(zip(*batch, strict=True)))
        if not staging.rows:
            self.findings.append(Finding("There are no rows below the header.", "warning"))
        yield staging.rows

    def _body(self) -> Iterator[tuple[int, list[Cell]]]:
        """The rows of the table with their numbers, without blank rows and without notes below."""
        width, first = len(self.layout.names), self.layout.first
        merged = _Merged.of(self.cells, first)
        held: list[tuple[int, list[Cell]]] = []
        gap = usual = 0
        last: tuple[int, list[Cell]] | None = None
        for number, raw in enumerate(self.cells.iter_rows()):
            if number < first:
                continue
            row = merged.filled(number, _cells(raw, width))
            count = _filled(row)
            if not count:
                gap += last is not None
                continue
            usual = max(usual, count)
            if gap and usual > 1 and count <= max(1, usual // 4) and len(held) < _FOOTER:
                held.append((number, row))
                continue
            yield from held
            held, gap = [], 0
            last = (number, row)
            yield last
        if held:
            shown = "; ".join(_one_line(row) for _, row in held)[:120]
            self.findings.append(
                Finding(f"Below the table, from row {held[0][0] + 1:,} on, was left out: “{shown}”.", "warning")
            )
        self._say_of_body(last, merged)

    def _say_of_body(self, last: tuple[int, list[Cell]] | None, merged: _Merged) -> None:
        label = next((cell for cell in last[1] if isinstance(cell, str)), "") if last else ""
        if last and _TOTAL.match(label):
            sentence = f"The last row (row {last[0] + 1:,}) looks like a total: “{label[:40]}”. It is kept as a row."
            self.findings.append(Finding(sentence, "warning"))
        if merged.repeated:
            sentence = "Merged cells: what stands in them is repeated in every row that they span."
            self.findings.append(Finding(sentence))
        if merged.blank:
            self.findings.append(Finding("Merged cells: a number in them is kept in its first cell only.", "warning"))


@dataclass
class _Merged:
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
    def of(cls, sheet: CalamineSheet, first: int) -> _Merged:
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


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _has_cells(path: Path, book: CalamineWorkbook, name: str, part: str | None) -> bool:
    if part is not None:
        return sheet_parts.has_cells(path, part)
    try:
        return book.get_sheet_by_name(name).start is not None
    except CalamineError:
        return False


def _refuse_far(seen: sheet_parts.Seen) -> None:
    if seen.reaches_too_far:
        raise IngestError(
            f"This sheet has {seen.cells:,} cells, but they reach to row {seen.last_row:,} and column"
            f" {seen.last_column:,}: it is too large to be read. Delete the cells far outside the table."
        )


def _cells(row: Sequence[Any], width: int) -> list[Cell]:
    """A row of the sheet as cells, as many as the table has columns."""
    found: list[Cell] = [None if cell == "" else cell for cell in row[:width]]
    return found + [None] * (width - len(found))


def _filled(row: Sequence[Any]) -> int:
    """How many cells of a row hold something."""
    return sum(1 for cell in row if cell is not None and cell != "" and not (type(cell) is str and cell.isspace()))


def _shown(cell: Any) -> str:
    """A cell as the name of a column."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return "" if cell is None else str(cell)


def _one_line_cell(cell: Any) -> str:
    return " ".join(_shown(cell).split())[:200]


def _one_line(row: Sequence[Any]) -> str:
    return " ".join(filter(None, map(_one_line_cell, row)))[:60]


def _could_be_names(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether the first row of a sheet of texts differs from the rows below as names do: short, and said only once."""
    first = [_one_line_cell(cell) for cell in rows[0]]
    if len(rows) < 2 or not all(first) or len(set(first)) < len(first) or max(map(len, first)) > 60:
        return False
    below = ({_one_line_cell(row[place]) for row in rows[1:] if place < len(row)} for place in range(len(first)))
    return not any(name in values for name, values in zip(first, below, strict=True))


def _is_period_header(rows: Sequence[Sequence[Any]]) -> bool:
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


def _stem(file_name: str) -> str:
    return PurePath(file_name.replace("\\", "/")).stem


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turns what the reading library says into a sentence, also where it gives up in the middle of a file."""
    try:
        yield
    except PasswordError as error:
        raise IngestError(
            "This workbook is protected by a password. Save it without one and choose it again."
        ) from error
    except (CalamineError, ZipError) as error:
        raise IngestError(sheet_parts.DAMAGED) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # not an Exception: the library's own way to give up
            raise IngestError(sheet_parts.DAMAGED) from cast(Exception, error)
        raise
