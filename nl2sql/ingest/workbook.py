"""Reads a sheet of an Excel or OpenDocument workbook as a table: cells keep the types that they have there.

Nothing in a workbook is computed or run: of a formula, the value that was stored with it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
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

from nl2sql.ingest import sheet_parts
from nl2sql.ingest.base import Finding, IngestError, Loaded, Progress, Understanding
from nl2sql.ingest.cells import Cell
from nl2sql.ingest.names import column_names, shown_header, table_name
from nl2sql.ingest.reading import Source, kept_columns
from nl2sql.ingest.sheet_layout import Layout, Merged, cells_of, filled, layout_of, one_line
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
        return layout_of(self._head(), self.skip, self.named, self.findings)

    def _head(self) -> list[list[Any]]:
        rows = []
        for number, row in enumerate(self.cells.iter_rows()):
            rows.append(row)
            if number >= _LAID_OUT and any(filled(one) for one in rows[-_LAID_OUT:]):
                break
        return rows[:5_000]

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
        merged = Merged.of(self.cells, first)
        held: list[tuple[int, list[Cell]]] = []
        gap = usual = 0
        last: tuple[int, list[Cell]] | None = None
        for number, raw in enumerate(self.cells.iter_rows()):
            if number < first:
                continue
            row = merged.filled(number, cells_of(raw, width))
            count = filled(row)
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
            shown = "; ".join(one_line(row) for _, row in held)[:120]
            self.findings.append(
                Finding(f"Below the table, from row {held[0][0] + 1:,} on, was left out: “{shown}”.", "warning")
            )
        self._say_of_body(last, merged)

    def _say_of_body(self, last: tuple[int, list[Cell]] | None, merged: Merged) -> None:
        label = next((cell for cell in last[1] if isinstance(cell, str)), "") if last else ""
        if last and _TOTAL.match(label):
            sentence = f"The last row (row {last[0] + 1:,}) looks like a total: “{label[:40]}”. It is kept as a row."
            self.findings.append(Finding(sentence, "warning"))
        if merged.repeated:
            sentence = "Merged cells: what stands in them is repeated in every row that they span."
            self.findings.append(Finding(sentence))
        if merged.blank:
            self.findings.append(Finding("Merged cells: a number in them is kept in its first cell only.", "warning"))


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
