"""The records of a text file with the line that each begins in; quotation marks that make no sense are text.

Slower than the engine, but where a mark is never closed it costs one line and not the rest of the file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from nl2sql.ingest.dialect import Dialect

_MOST_LINES = 10_000  # of one record; a mark that is not closed by then is text
_MOST_CHARACTERS = 64 << 20
_MOST_TRIES = 200


@dataclass
class Records:
    """Iterates over the records below the header of `file`, as (line from 1, fields); blank lines are passed over."""

    file: TextIO
    dialect: Dialect
    stray: list[int] = field(default_factory=list)
    """Lines whose quotation marks were taken for text."""
    _waiting: deque[str] = field(default_factory=deque)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for _ in range(self.dialect.skip_lines):
            self.file.readline()
        header, number = self.dialect.header, self.dialect.skip_lines + 1
        while line := self._next():
            if not line.strip("\r\n"):
                number += 1
                continue
            fields, lines = self._record(line, number)
            if not header:
                yield number, fields
            header = False
            number += lines

    def _next(self) -> str:
        return self._waiting.popleft() if self._waiting else self.file.readline()

    def _record(self, line: str, number: int) -> tuple[list[str], int]:
        """The fields of the record that begins with `line`, and how many lines it takes."""
        quote = self.dialect.quote
        if not quote or quote not in line:
            return line.rstrip("\r\n").split(self.dialect.delimiter), 1
        lines, size = [line], len(line)
        for _ in range(_MOST_TRIES):
            reader = self.dialect.reader(lines, strict=True)
            try:
                return next(reader), len(lines)
            except csv.Error as error:
                if "unexpected end" not in str(error):
                    break
            while len(lines) < _MOST_LINES and size < _MOST_CHARACTERS and (more := self._next()):
                lines.append(more)
                size += len(more)
                if quote in more:
                    break
            else:
                break
        self.stray.append(number)
        self._waiting.extendleft(reversed(lines[1:]))
        return line.rstrip("\r\n").split(self.dialect.delimiter), 1


def repaired(path: str, target: Path, found: Dialect) -> list[int]:
    """Write the file anew with all quotation marks in order, line for line; the lines in which they were not."""
    with (
        Path(path).open(encoding="utf-8-sig", newline="") as file,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        for _ in range(found.skip_lines):
            out.write(file.readline())
        records = Records(file, replace(found, skip_lines=0, header=False))
        writer = csv.writer(out, delimiter=found.delimiter, quotechar=found.quote or '"', lineterminator="\n")
        written = 1
        for line, fields in records:
            while written < line:
                out.write("\n")
                written += 1
            writer.writerow(fields)
            written += 1 + sum(one.count("\n") for one in fields)
    return [line + found.skip_lines for line in records.stray]
