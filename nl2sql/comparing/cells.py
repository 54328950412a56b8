"""What one cell of a result set is worth in a comparison: equal values get equal cells, whatever their types."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

Number = int | float | Decimal

_RELATIVE, _ABSOLUTE = 1e-6, 1e-9
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and its kind: null, number, nan, boolean, text, bytes, moment (nanoseconds), time, interval, nested."""

    kind: str
    value: Hashable = None


def close(left: Number, right: Number) -> bool:
    """Equal, or within one millionth of each other when one is a floating point number.

    >>> close(1, 1.0000001), close(10_000_000, 10_000_001), close(Decimal("2.50"), 2.5)
    (True, False, True)
    """
    if left == right:
        return True
    if not isinstance(left, float) and not isinstance(right, float):
        return False
    return math.isclose(left, right, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)


def cells_of(column: pa.ChunkedArray) -> list[Cell]:
    """The cells of one Arrow column, in order."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return [Cell("null") if moment is None else Cell("moment", moment) for moment in _moments(column)]
    return [_cell(value.as_py() if isinstance(value, pa.Scalar) else value) for value in _plain(column)]


def _plain(column: pa.ChunkedArray) -> list[object]:
    """Python values of a column; nanosecond times, which Python lacks, as their count."""
    if pa.types.is_time64(column.type) and column.type.unit == "ns":
        column = column.cast(pa.time64("us"), safe=False)
    if pa.types.is_duration(column.type):
        column = column.cast(pa.int64())
    values: list[object] = column.to_pylist()
    return values


def _moments(column: pa.ChunkedArray) -> list[int | None]:
    """Nanoseconds since 1970 on the wall clock; dates beyond Python's calendar and infinity included."""
    kind = column.type
    if pa.types.is_date(kind):
        days = kind == pa.date32()
        counts = column.cast(pa.int32() if days else pa.int64()).to_pylist()
        factor = 86_400_000_000_000 if days else 1_000_000
        return [None if count is None else count * factor for count in counts]
    if kind.tz is not None:
        column = pc.local_timestamp(column)
    factor = 1_000_000_000 // _PER_SECOND[kind.unit]
    return [None if count is None else count * factor for count in column.cast(pa.int64()).to_pylist()]


def _cell(value: object) -> Cell:
    if value is None:
        return Cell("null")
    if isinstance(value, bool):
        return Cell("boolean", value)
    if isinstance(value, float):
        return Cell("nan") if math.isnan(value) else Cell("number", value)
    if isinstance(value, Decimal):
        return Cell("number", int(value) if value == value.to_integral_value() else value)
    if isinstance(value, int):
        return Cell("number", value)
    if isinstance(value, str):
        return Cell("text", value)
    if isinstance(value, bytes):
        return Cell("bytes", value)
    if isinstance(value, list | tuple):
        return Cell("nested", tuple(_cell(item) for item in value))
    if isinstance(value, dict):
        return Cell("nested", tuple(_cell(item) for item in value.values()))
    return Cell(type(value).__name__, str(value))
