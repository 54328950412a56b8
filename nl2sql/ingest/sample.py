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
        lines = len(self._records(self.head, found, 1 << 30 if self.complete else 20_000))
        if self.complete:
            return replace(self, rows=max(0, lines))
        share = self.head.count("\n") / max(1, self.looked_at)
        return replace(self, rows=int(share * self.size))

    def columns(self, found: Dialect) -> list[list[str]]:
        """The values of each column in all parts, as they stand."""
        limit = max(200, min(_PER_COLUMN, _MOST_CELLS // max(1, found.width)))
        columns: list[list[str]] = [[] for _ in range(found.width)]
        for record in self._records(self.head, found, limit):
            for column, value in zip(columns, record, strict=False):
                column.append(value)
        for part in self.others:
            plain = replace(found, skip_lines=0, header=False)
            for record in self._records(part, plain, limit // 4):
                if len(record) == found.width:
                    for column, value in zip(columns, record, strict=True):
                        column.append(value)
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
        reader = csv.reader(
            io.StringIO(text), delimiter=found.delimiter, quotechar=found.quote or None,
            quoting=csv.QUOTE_MINIMAL if found.quote else csv.QUOTE_NONE,
        )  # fmt: skip
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


def sampled(path: Path, encoded: Encoded) -> Sample:
    """The parts of the file at `path` that are looked at, as text."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= WHOLE:
            data = file.read()
            text = decoded(data, encoded.codec, True)
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
                    others.append(decoded(piece[first + 1 : last], encoded.codec, False))
    text = decoded(head, encoded.codec, True)
    if wide:
        text = text[: text.rfind("\n") + 1] or text
    return Sample(text, tuple(others), False, size, len(head), _long(head))


def decoded(data: bytes, codec: str, start: bool) -> str:
    """Bytes as text with plain line ends; a mark at the start of the file left out."""
    if codec == MIXED:
        lines: Sequence[bytes] = data.splitlines(keepends=True)
        text = "".join(_mixed(line) for line in lines)
    else:
        text = codecs.getincrementaldecoder(codec)(errors="replace").decode(data)
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
