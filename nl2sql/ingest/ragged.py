"""Lines of different widths: which line of the file a row came from, and a copy in which all are equally wide."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nl2sql.ingest.dialect import Dialect
from nl2sql.ingest.records import Records


@dataclass(frozen=True)
class Padded:
    """A copy with lines of `width` fields. `short` and `long` lines of the file were padded."""

    width: int
    short: int
    long: int


def lines_of(path: str, found: Dialect, width: int, rows: Sequence[int]) -> dict[int, int]:
    """The line (from 1) of each of `rows`, which count from 0 the records of the right width. Empty where unknown."""
    wanted = set(rows)
    if not wanted:
        return {}
    lines: dict[int, int] = {}
    last, row = max(wanted), 0
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            for line, record in Records(file, found):
                if len(record) != width:
                    continue
                if row in wanted:
                    lines[row] = line
                if row >= last:
                    break
                row += 1
    except (csv.Error, UnicodeDecodeError):
        return lines
    return lines


def pad(path: str, target: Path, found: Dialect) -> Padded:
    """Copy the rows to `target`, all equally wide: missing fields empty, fields beyond the last joined in one more."""
    width = found.width
    short = long = 0
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        for _, record in Records(file, found):
            short += len(record) < width
            long += len(record) > width
    final = width + (long > 0)
    with (
        Path(path).open(encoding="utf-8-sig", newline="") as file,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        for _, record in Records(file, found):
            kept = record[:width] + [""] * (width - len(record))
            if long:
                kept.append(found.delimiter.join(record[width:]))
            writer.writerow(kept)
    return Padded(final, short, long)
