"""Looks at the parts of an xlsx file before anything opens it: sizes that are true, and what its cells do not tell.

Only counts in the text of the parts; nothing in it is parsed as XML, resolved or fetched.
"""

from __future__ import annotations

import html
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nl2sql.ingest.base import IngestError

UNPACKED_LIMIT = 4 << 30
"""Bytes that all parts of a workbook may have when unpacked."""
_SUSPICIOUS = 100 << 20  # a part larger than this may not be packed more tightly than this many times
_RATIO = 100
_CHUNK = 1 << 20
_SPARSE_AREA = 20_000_000
_OVERLAP = 400
DAMAGED = "This workbook is damaged, was cut off, or is of a form that cannot be read."

_ERRORS = re.compile(rb"<v>(#(?:N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA))</v>")
_NO_VALUE = re.compile(rb"(?:</f>|<f\b[^<>]*/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_HIDDEN_ROW = re.compile(rb"<row\b[^<>]*\bhidden=[\"'](?:1|true)[\"']")
_HIDDEN_COLUMN = re.compile(rb"<col\b[^<>]*\bhidden=[\"'](?:1|true)[\"']")
_ROW = re.compile(rb"<row\b[^<>]*?\br=[\"'](\d{1,7})[\"']")
_WIDE = re.compile(rb"<c\b[^<>]*?\br=[\"']([A-Z]{2,3})\d")
_SHEET = re.compile(r"<(?:\w+:)?sheet\s([^<>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s([^<>]*)>")
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(\"[^\"]*\"|'[^']*')")


@dataclass
class Seen:
    """What was counted in one sheet."""

    cells: int = 0
    last_row: int = 0
    last_column: int = 26
    """At least that of the last cell."""
    formulas_without_value: int = 0
    hidden_rows: int = 0
    hidden_columns: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def reaches_too_far(self) -> bool:
        """Whether a few cells span a grid that is far larger than they are."""
        area = self.last_row * self.last_column
        return area > _SPARSE_AREA and self.cells * 50 < area


def check(path: Path) -> None:
    """Refuse a workbook that unpacks to far more than it is. Raises IngestError."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise IngestError(DAMAGED) from error
    whole = sum(part.file_size for part in parts)
    tight = any(part.file_size > _SUSPICIOUS and part.file_size > _RATIO * part.compress_size for part in parts)
    if whole > UNPACKED_LIMIT or tight:
        size = f"{whole / 2**30:,.1f} GB" if whole > 2**30 else f"{whole / 2**20:,.0f} MB"
        times = whole // max(1, path.stat().st_size)
        raise IngestError(f"This workbook unpacks to {size}, {times:,} times its size: it is too large to be read.")


def sheet_parts(path: Path) -> dict[str, str]:
    """The part of each sheet, by the sheet's name, as far as the workbook says so in the usual way."""
    with zipfile.ZipFile(path) as archive:
        names = {name.casefold(): name for name in archive.namelist()}
        book = _small(archive, names.get("xl/workbook.xml"))
        relations = _small(archive, names.get("xl/_rels/workbook.xml.rels"))
    targets = {}
    for match in _RELATION.finditer(relations):
        found = _attributes(match[1])
        targets[found.get("Id", "")] = found.get("Target", "")
    result = {}
    for match in _SHEET.finditer(book):
        found = _attributes(match[1])
        target = targets.get(next((value for key, value in found.items() if key.endswith(":id")), ""), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part.casefold() in names:
            result[found.get("name", "")] = names[part.casefold()]
    return result


def look(path: Path, part: str) -> Seen:
    """Count in the part of one sheet. Raises IngestError when the part is damaged or not as long as it says."""
    seen = Seen()
    for text, known in _pieces(path, part):
        _count(seen, text, known)
    return seen


def has_cells(path: Path, part: str) -> bool:
    """Whether there is any cell in a sheet. Raises IngestError."""
    return any(b"<c " in text or b"<c>" in text for text, _ in _pieces(path, part))


def _pieces(path: Path, part: str) -> Iterator[tuple[bytes, int]]:
    """The text of a part in overlapping pieces; the number says how much of a piece was in the one before."""
    tail = b""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(part) as file:
            while chunk := file.read(_CHUNK):
                yield tail + chunk, len(tail)
                tail = (tail + chunk)[-_OVERLAP:]
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, RuntimeError) as error:
        raise IngestError(DAMAGED) from error


def _count(seen: Seen, text: bytes, known: int) -> None:
    def fresh(pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
        return (match for match in pattern.finditer(text) if match.end() > known)

    seen.cells += text.count(b"<c ", max(0, known - 2)) + text.count(b"<c>", max(0, known - 2))
    seen.hidden_rows += sum(1 for _ in fresh(_HIDDEN_ROW))
    seen.hidden_columns += sum(1 for _ in fresh(_HIDDEN_COLUMN))
    seen.formulas_without_value += sum(1 for _ in fresh(_NO_VALUE))
    for match in fresh(_ERRORS):
        name = match[1].decode()
        seen.errors[name] = seen.errors.get(name, 0) + 1
    last = text.rfind(b"<row")
    while last >= 0:
        row = _ROW.match(text, last)
        if row:
            seen.last_row = max(seen.last_row, int(row[1]))
            break
        last = text.rfind(b"<row", 0, last)
    for letters in {match[1] for match in _WIDE.finditer(text)}:
        seen.last_column = max(seen.last_column, _column(letters))


def _column(letters: bytes) -> int:
    """The number of a column, from 1.

    >>> _column(b"A"), _column(b"XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _small(archive: zipfile.ZipFile, name: str | None) -> str:
    if name is None or archive.getinfo(name).file_size > 16 << 20:
        return ""
    try:
        return archive.read(name).decode("utf-8", errors="replace")
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, EOFError, RuntimeError):
        return ""


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(value[1:-1]) for name, value in _ATTRIBUTE.findall(text)}
