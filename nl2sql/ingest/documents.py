"""Reads JSON as a table: a list of objects, objects line by line, or one object with a list in it.

Objects inside a row become columns of their own, one level down; what is nested deeper is kept as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, Literal

import duckdb

from nl2sql.ingest.base import REJECTS_KEPT, Finding, IngestError, Loaded, Progress, Reject, Understanding
from nl2sql.ingest.flatten import Flattened, whole_text
from nl2sql.ingest.json_text import JsonError, Odd, Parser, Text, codec_of, deep, lines, reason_of
from nl2sql.ingest.names import column_names
from nl2sql.ingest.reading import Source
from nl2sql.ingest.staging import Staging

Shape = Literal["lines", "list", "object"]
HEAD = 4 << 20
"""Bytes of a file that are looked at before anything is kept."""
_FIRST_ROWS = 2_000  # rows of the first batch, by which keys are told from values
_CELLS = 200_000  # cells of a batch
_BATCH_BYTES = 16 << 20
_TEXT_KEPT = 2_000
_LONG_LINE = 64 << 20  # a first line that is longer speaks for one value, not for one on each line
_PARSED_LINE = 1 << 20


class JsonReader:
    """Reads JSON files."""

    def understand(self, source: Source, connection: duckdb.DuckDBPyConnection) -> Understanding:
        """The rows that begin in the first few MB, and what they say of the columns."""
        document = Document(source.path, Staging(connection, source.options), source.file_name)
        for _ in document.read(head_only=True):
            pass
        rows, consumed = document.staging.rows, max(1, document.consumed)
        whole = source.path.stat().st_size
        columns, said = document.staging.understood(column_names)
        found = [*document.findings, *document.unread_sentences(), *said, *document.staging.misfit_findings(columns)]
        return Understanding(
            path=source.path,
            file_name=source.file_name,
            kind="json",
            table=source.table,
            options=replace(
                source.options,
                encoding=document.codec,
                null_words=source.options.null_words or (),
                table=source.table,
            ),
            columns=columns,
            rows=document.staging.preview(columns),
            row_estimate=rows if document.complete else round(rows * whole / consumed),
            complete=document.complete,
            findings=tuple(found),
        )

    def load(self, source: Source, connection: duckdb.DuckDBPyConnection, report: Progress) -> Loaded:
        """All rows, read in one pass and converted in a second that reads no file."""
        document = Document(source.path, Staging(connection, source.options), source.file_name)
        whole = max(1, source.path.stat().st_size)
        types: list[str] = []
        for rows in document.read():
            if not types and document.consumed > HEAD:
                types = document.staging.types()
            report(0.8 * min(1.0, document.consumed / whole), rows)
        kept = document.staging.write(source.table, column_names, types, document.rejects, document.unread)
        report(1.0, kept.rows)
        return kept.loaded(source.table, [*document.findings, *document.unread_sentences()])


@dataclass
class Document:
    """Rows of one JSON file, read into a staging table in one pass."""

    path: Path
    staging: Staging
    file_name: str = ""
    odd: Odd = field(default_factory=Odd)
    rejects: list[Reject] = field(default_factory=list)
    unread: int = 0
    findings: list[Finding] = field(default_factory=list)
    consumed: int = 0
    """Bytes read."""
    complete: bool = True
    _unread: list[tuple[int, str]] = field(default_factory=list)
    _by_line: bool = False

    def read(self, *, head_only: bool = False) -> Iterator[int]:
        """Read the file, or only its first HEAD bytes; yields rows so far after each batch, one of which ends there.

        Raises IngestError when there is no table in it.
        """
        with deep():
            rows = Flattened(self.staging, self.odd)
            batch: list[Any] = []
            at: list[int] = []
            size, full = 0, _FIRST_ROWS
            before, looking = self.consumed, True
            for line, row in self._rows():
                batch.append(row)
                at.append(line)
                size += self.consumed - before
                before = self.consumed
                looked = looking and self.consumed > HEAD
                looking = looking and not looked
                if len(batch) >= full or size > _BATCH_BYTES or looked:
                    rows.add(at, batch)
                    yield self.staging.rows
                    batch, at, size = [], [], 0
                    full = max(20, min(10_000, _CELLS // max(1, len(rows.places))))
                if looked and head_only:
                    self.complete = False
                    break
            rows.add(at, batch)
            yield self.staging.rows
        if not self.staging.rows and self.rejects:
            first = self.rejects[0]
            raise IngestError(f"This is not JSON that can be read. Line {first.line:,}: {first.reason}")
        self._keep_unread()
        if not self.staging.headers:
            raise IngestError("There is no table in this JSON file: it has no rows with values.")
        self.findings += [*rows.said(), *_said(self.odd)]

    @cached_property
    def codec(self) -> str:
        """The codec of the file."""
        with self.path.open("rb") as file:
            return codec_of(file.read(4))

    def unread_sentences(self) -> Iterator[Finding]:
        """What could not be made a row of."""
        if self.unread:
            first = self.rejects[0]
            more = f", {self.unread:,} places in all" if self.unread > 1 else ""
            yield Finding(f"A part of the file cannot be read (line {first.line:,}): {first.reason}{more}", "warning")

    def _reject(self, line: int, reason: str, text: str) -> None:
        self.unread += 1
        if self.staging.options.misfits == "text" and self._by_line and len(self._unread) < REJECTS_KEPT:
            self._unread.append((line, text))
        if len(self.rejects) < REJECTS_KEPT:
            self.rejects.append(Reject(line, "", reason, text[:_TEXT_KEPT]))

    def _keep_unread(self) -> None:
        """Lines that are no JSON, as rows with nothing but their text, in a column of their own."""
        if not self._unread:
            return
        known = len(self.staging.headers)
        self.staging.add_columns(["unread line"])
        at = [line for line, _ in self._unread]
        texts = [whole_text(text.strip("\r\n")) for _, text in self._unread]
        self.staging.add(at, [*([None] * len(at) for _ in range(known)), texts])

    def _rows(self) -> Iterator[tuple[int, Any]]:
        shape = shape_of(self.path, self.file_name)
        self._by_line = shape == "lines"
        if self._by_line:
            yield from self._of_lines()
            return
        with self.path.open("rb") as file:
            text = Text.open(file, self.odd)
            try:
                yield from self._of_list(text) if shape == "list" else self._of_object(text)
            except JsonError as error:
                self._reject(error.line, error.sentence, text.rest(_TEXT_KEPT))

    def _of_lines(self) -> Iterator[tuple[int, Any]]:
        parser = Parser(self.odd)
        for number, offset, text in lines(self.path, self.codec, self.odd):
            self.consumed = offset
            try:
                row = parser.whole(text)
            except json.JSONDecodeError as error:
                self._reject(number, f"{reason_of(error)} (column {error.colno:,}).", text)
            except RecursionError:
                self._reject(number, "The line is nested too deep to be read.", text)
            else:
                if isinstance(row, dict | list):
                    yield number, row
                else:
                    self._reject(number, "The line is not an object.", text)

    def _of_list(self, text: Text) -> Iterator[tuple[int, Any]]:
        yield from self._elements(text)
        if text.peek():
            self._reject(text.line, "There is more text behind the list.", text.rest())

    def _elements(self, text: Text) -> Iterator[tuple[int, Any]]:
        """The rows of the list that begins here."""
        text.skip("[")
        if text.peek() == "]":
            text.skip("]")
            return
        while True:
            text.peek()
            line, row = text.line, text.value()
            self.consumed = text.bytes_read
            yield line, row if isinstance(row, dict | list) else {"value": row}
            if text.peek() == "]":
                text.skip("]")
                return
            text.skip(",")
            if text.peek() == "]":
                text.skip("]")
                self.findings.append(Finding("There is a comma behind the last value of the list; it was passed over."))
                return

    def _of_object(self, text: Text) -> Iterator[tuple[int, Any]]:
        """The rows of the first list of objects in an object; else the object itself, in the form it has."""
        others: dict[str, Any] = {}
        rows_of: str | None = None
        line = text.line
        text.skip("{")
        while text.peek() == '"':
            key = str(text.value())
            text.skip(":")
            if rows_of is None and text.peek() == "[" and text.holds_rows():
                rows_of = key
                yield from self._elements(text)
            else:
                others[key] = text.value()
            if text.peek() != ",":
                break
            text.skip(",")
        text.skip("}")
        if rows_of is not None:
            if others:
                listed = ", ".join(f"“{key[:40]}”" for key in list(others)[:8])
                sentence = f"The rows are those of “{rows_of}”; what stands beside them is not kept: {listed}."
                self.findings.append(Finding(sentence, "warning" if any(map(_is_rows, others.values())) else "info"))
            return
        if text.peek() != "{":
            yield from ((line, row) for row in self._whole(others))
        else:
            yield line, others
        while text.peek() == "{":
            line, row = text.line, text.value()
            self.consumed = text.bytes_read
            yield line, row
        if text.peek():
            self._reject(text.line, "There is more text behind the object.", text.rest())

    def _whole(self, found: dict[str, Any]) -> Iterable[Any]:
        """The rows of an object that has no list of objects at its top."""
        inner = [(key, one) for key, one in _nested_rows(found, 3)]
        if len(inner) == 1:
            self.findings.append(
                Finding(f"The rows are those of “{inner[0][0]}”; what stands beside them is not kept.")
            )
            return list(inner[0][1])
        values = list(found.values())
        if len(values) > 1 and all(isinstance(one, dict) and one for one in values):
            shared = set(values[0]).intersection(*values[1:])
            if len(shared) * 2 >= len(values[0]):
                self.findings.append(Finding("Each key of the object is a row; the keys are kept in the column “key”."))
                return [{"key": key, **one} for key, one in found.items()]
        lengths = {len(one) if isinstance(one, list) else -1 for one in values}
        if len(values) > 1 and len(lengths) == 1 and lengths != {-1} and lengths != {0}:
            self.findings.append(Finding("Each key of the object is a column, its list the values."))
            return [dict(zip(found, row, strict=True)) for row in zip(*values, strict=True)]
        self.findings.append(Finding("The file is one object: it is read as a table of one row."))
        return [found]


def shape_of(path: Path, file_name: str) -> Shape:
    """How the JSON in `path` is laid out. Raises IngestError when it is no list and no object."""
    odd = Odd()
    with path.open("rb") as file:
        text = Text.open(file, odd)
        first = text.peek()
        if not first:
            raise IngestError("The file is empty.")
        if first not in "[{":
            what = "one text" if first == '"' else "one value"
            raise IngestError(f"This JSON file holds {what}, not a table.")
    found = _first_lines_are_values(path)
    if PurePath(file_name).suffix.casefold() in (".jsonl", ".ndjson") and any(found):
        return "lines"
    if len(found) > 1 and (found[0] or sum(found) > 1):
        return "lines"
    return "list" if first == "[" else "object"


def _first_lines_are_values(path: Path) -> list[bool]:
    """Of the first lines that are not blank, whether each is a whole object or list."""
    found: list[bool] = []
    with path.open("rb") as file:
        codec = codec_of(file.read(4))
        if codec.startswith("utf-8"):
            file.seek(0)
            while len(found) < 3 and (line := file.readline(_LONG_LINE)):
                if not line.endswith(b"\n") and len(line) == _LONG_LINE:
                    return [*found, False]
                if line.strip():
                    found.append(_is_value(line.decode("utf-8-sig", errors="replace")))
            return found
    for _, _, text in lines(path, codec, Odd()):
        found.append(_is_value(text))
        if len(found) == 3:
            break
    return found


def _is_value(line: str) -> bool:
    """Whether a line is an object or list; one that is very long is judged by its ends."""
    text = line.strip()
    if len(text) > _PARSED_LINE:
        return text[0] + text[-1] in ("{}", "[]")
    try:
        with deep():
            return isinstance(Parser(Odd()).whole(text), dict | list)
    except (json.JSONDecodeError, RecursionError):
        return False


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value[:10])


def _nested_rows(found: dict[str, Any], depth: int) -> Iterator[tuple[str, list[Any]]]:
    for key, value in found.items():
        if _is_rows(value):
            yield key, value
        elif isinstance(value, dict) and depth:
            yield from ((f"{key}.{inner}", rows) for inner, rows in _nested_rows(value, depth - 1))


def _said(odd: Odd) -> Iterator[Finding]:
    """What was odd about the values, in sentences."""
    if odd.duplicates:
        sentence = (
            f"In {odd.duplicates:,} object{'s' if odd.duplicates > 1 else ''} a key stands more than once, first"
            f" “{odd.duplicate_key}”: the last value is kept."
        )
        yield Finding(sentence, "warning")
    if odd.not_a_number:
        yield Finding(f"NaN stands {_times(odd.not_a_number)} where a number should: it is read as missing.", "warning")
    if odd.infinite:
        yield Finding(f"Infinity stands {_times(odd.infinite)} where a number should: it is kept as it is.", "warning")
    if odd.foreign_bytes:
        verb = "byte is" if odd.foreign_bytes == 1 else "bytes are"
        yield Finding(f"{odd.foreign_bytes:,} {verb} not UTF-8 and read as cp1252.", "warning")
    if odd.half_characters:
        sentence = f"{odd.half_characters:,} text{'s' if odd.half_characters > 1 else ''} with half a character in it"
        yield Finding(f"{sentence}: a � stands for that half.", "warning")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
