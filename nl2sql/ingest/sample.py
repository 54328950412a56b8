"""The parts of a text file that are looked at before it is read: its head, a piece of the middle and its end."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nl2sql.ingest.dialect import Dialect
from nl2sql.ingest.encoding import MIXED, Encoded

WHOLE = 8 << 20
"""Bytes up to which all of a file is looked at."""
_HEAD, _PART = 2 << 20, 512 << 10
_LONG = 1 << 20
_PER_COLUMN = 200_000
_MOST_CELLS = 2_000_000
_CELLS = 200_000  # of a file that is not looked at whole: what it teaches is proven on all of it anyway


@dataclass(frozen=True)
class Sample:
    """`head` holds whole lines from the start of the file, `others` whole lines from further parts."""

    head: str
    others: tuple[str, ...]
    complete: bool
    size: int
    """Bytes of the file."""
    looked_at: int
    """Bytes of the head."""
    long_lines: bool
    rows: int | None = None

    def counted(self, found: Dialect) -> Sample:
        """With the number of rows, estimated where not all of the file was looked at."""
        if self.complete:
            if found.quote and found.quote in self.head:
                return replace(self, rows=len(self._records(self.head, found, 1 << 30)))
            filled = sum(map(bool, self.head.split("\n")[found.skip_lines :]))
            return replace(self, rows=max(0, filled - found.header))
        share = self.head.count("\n") / max(1, self.looked_at)
        return replace(self, rows=int(share * self.size))

    def columns(self, found: Dialect) -> list[list[str]]:
        """The values of each column in all parts, as they stand."""
        cells = _MOST_CELLS if self.complete else _CELLS
        limit = max(200, min(_PER_COLUMN, cells // max(1, found.width)))
        records = self._records(self.head, found, limit)
        columns = _turned(records, found.width, found.names)
        if columns and len(columns[0]) * 2 < len(records):  # most are too short or too long: they decide as well
            for record in records:
                if len(record) != found.width:
                    for column, value in zip(columns, record, strict=False):
                        column.append(value)
        plain = replace(found, skip_lines=0, header=False)
        for part in self.others:
            for column, more in zip(
                columns, _turned(self._records(part, plain, limit // 4), found.width, found.names), strict=True
            ):
                column += more
        return columns

    def last(self, found: Dialect) -> list[list[str]]:
        """The last few records of the file."""
        if not self.others:
            return []
        plain = replace(found, skip_lines=0, header=False)
        return self._records("\n".join(self.others[-1].rstrip("\n").split("\n")[-4:]) + "\n", plain, 10)

    @staticmethod
    def _records(text: str, found: Dialect, limit: int) -> list[list[str]]:
        for _ in range(found.skip_lines):
            text = text[text.find("\n") + 1 :] if "\n" in text else ""
        reader = found.reader(io.StringIO(text))
        records: list[list[str]] = []
        try:
            for record in reader:
                if record:
                    records.append(record)
                if len(records) > limit:
                    break
        except csv.Error:
            pass
        return records[1:] if found.header else records


def _turned(records: Sequence[Sequence[str]], width: int, names: Sequence[str]) -> list[list[str]]:
    """The columns of those records that are as wide as the table and do not name its columns again."""
    again = list(names) if any(names) else None
    whole = [record for record in records if len(record) == width and record != again]
    return [list(column) for column in zip(*whole, strict=True)] if whole else [[] for _ in range(width)]


def sampled(path: Path, encoded: Encoded) -> Sample:
    """The parts of the file at `path` that are looked at, as text."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= WHOLE:
            data = file.read()
            text = decoded(data, encoded.codec, whole=True)
            return Sample(text, (), True, size, len(data), _long(data))
        data = file.read(_HEAD)
        cut = data.rfind(b"\n")
        while cut < 0 and len(data) < 64 * _HEAD and (more := file.read(_HEAD)):
            data += more
            cut = data.rfind(b"\n")
        wide = encoded.codec.startswith(("utf-16", "utf-32"))
        head = data if wide or cut < 0 else data[: cut + 1]
        others = []
        if not wide:
            for start in (size // 3, size // 2, size - _PART):
                file.seek(max(start, len(head)))
                piece = file.read(_PART)
                first = piece.find(b"\n")
                last = len(piece) if start == size - _PART else piece.rfind(b"\n") + 1
                if 0 <= first < last:
                    others.append(decoded(piece[first + 1 : last], encoded.codec, whole=False))
    text = decoded(head, encoded.codec, whole=False)
    if wide:
        text = text[: text.rfind("\n") + 1] or text
    return Sample(text, tuple(others), False, size, len(head), _long(head))


def decoded(data: bytes, codec: str, whole: bool) -> str:
    """Bytes as text with plain line ends; a mark at the start of the file left out.

    Unless they are the `whole` of a file, a letter that is cut at their end is left out.
    """
    if codec == MIXED:
        lines: Sequence[bytes] = data.splitlines(keepends=True)
        text = "".join(_mixed(line) for line in lines)
    else:
        text = codecs.getincrementaldecoder(codec)(errors="replace").decode(data, whole)
    text = text.replace("\0", "").replace("\x1a", "").replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\ufeff", "") if "\ufeff" in text else text


def _mixed(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _long(data: bytes) -> bool:
    """Whether there is a line of more than a megabyte."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        if end - at > _LONG:
            return True
        at = end + 1
    return False
