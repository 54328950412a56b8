"""What an answer looks like to another program and in a terminal: JSON values, and a table of aligned text."""

from __future__ import annotations

import base64
import datetime as dt
import math
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import pyarrow as pa

from nl2sql.answers import Answer
from nl2sql.engine.base import ResultSet

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

CELL_WIDTH = 60
"""Characters of one value that the text table shows."""
_INFINITE = {2**31 - 1: "infinity", 1 - 2**31: "-infinity", 2**63 - 1: "infinity", 1 - 2**63: "-infinity"}
_CONTROL = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def answer_fields(answer: Answer) -> dict[str, Json]:
    """The answer to a question as one JSON object, see docs/api.md for its fields."""
    fields = result_fields(answer)
    return {
        "id": fields.pop("id"),
        "status": fields.pop("status"),
        "question": answer.question,
        "sql": fields.pop("sql"),
        "columns": fields.pop("columns"),
        "rows": fields.pop("rows"),
        "truncated": fields.pop("truncated"),
        "confidence": round(min(max(answer.confidence, 0.0), 1.0), 4),
        **fields,
    }


def result_fields(answer: Answer) -> dict[str, Json]:
    """The answer to a person's own SQL as one JSON object: the same without question and confidence."""
    result = answer.result
    return {
        "id": answer.id,
        "status": answer.status,
        "sql": answer.sql,
        "columns": list(result.columns) if result else [],
        "rows": [list(row) for row in json_rows(result)] if result else [],
        "truncated": bool(result and result.truncated),
        "seconds": round(answer.seconds, 6),
        "error": answer.error,
    }


def json_rows(result: ResultSet) -> list[tuple[Json, ...]]:
    """Rows as JSON values.

    Dates and times are ISO 8601 text, NaN and infinities the words for them, BLOBs base64, and a DECIMAL is a number
    where a double holds it exactly, else text.
    """
    columns = [[_json(value) for value in _values(column)] for column in result.table.columns]
    return list(zip(*columns, strict=True))


def text_table(result: ResultSet) -> str:
    """Rows as aligned text under their column names, numbers to the right; NULL is spelled out."""
    columns = [[_text(value) for value in _values(column)] for column in result.table.columns]
    right = [_is_number(column.type) for column in result.table.columns]
    headers = [_shown(name) for name in result.columns]
    widths = [max(map(_width, [header, *cells])) for header, cells in zip(headers, columns, strict=True)]
    lines = [_line(headers, widths, right), "  ".join("-" * width for width in widths)]
    lines.extend(_line(row, widths, right) for row in zip(*columns, strict=True))
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, width, to_right in zip(cells, widths, right, strict=True):
        space = " " * (width - _width(cell))
        padded.append(space + cell if to_right else cell + space)
    return "  ".join(padded).rstrip()


def _values(column: pa.ChunkedArray) -> list[object]:
    """Python values of a column; what Python's calendar cannot hold as text."""
    try:
        values: list[object] = column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):
        return [_beyond(scalar) for chunk in column.chunks for scalar in chunk]
    return values


def _beyond(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, pa.ArrowException):
        count = scalar.cast(pa.int32() if scalar.type == pa.date32() else pa.int64()).as_py()
        return _INFINITE.get(count) or str(scalar.cast(pa.string()).as_py())


def _json(value: object) -> Json:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, pa.MonthDayNano | dt.timedelta):
        return _interval(value)
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return _iso(value)


def _text(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else _not_finite(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return _shown(f"x'{value[:CELL_WIDTH].hex()}'")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, pa.MonthDayNano | dt.timedelta):
        return _interval(value)
    if isinstance(value, list | tuple):
        return _shown("[" + ", ".join(_text(item) for item in value[:CELL_WIDTH]) + "]")
    if isinstance(value, dict):
        return _shown("{" + ", ".join(f"{key}: {_text(item)}" for key, item in value.items()) + "}")
    return _shown(value if isinstance(value, str) else _iso(value))


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Decimal) -> int | float | str:
    """A number where none of its digits is lost, else its digits as text.

    >>> _decimal(Decimal("12.50")), _decimal(Decimal("7")), _decimal(Decimal("0.1234567890123456789"))
    (12.5, 7, '0.1234567890123456789')
    """
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else f"{value:f}"


def _interval(value: object) -> str:
    """An interval in DuckDB's own units.

    >>> _interval(pa.MonthDayNano([14, 3, 3_600_000_000_000]))
    '14 months 3 days 3600 seconds'
    """
    if isinstance(value, dt.timedelta):
        return f"{value.total_seconds():g} seconds"
    assert isinstance(value, pa.MonthDayNano)
    parts = [(value.months, "months"), (value.days, "days"), (value.nanoseconds / 1e9, "seconds")]
    return " ".join(f"{count:.15g} {unit}" for count, unit in parts if count) or "0 days"


def _iso(value: object) -> str:
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else f"{value}"


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _shown(text: str) -> str:
    """`text` on one line, without characters that steer a terminal, cut at CELL_WIDTH characters.

    >>> _shown("two\\nlines"), _shown("\\x1b[31mred")
    ('two\\\\nlines', '\\\\x1b[31mred')
    """
    head = text[: CELL_WIDTH + 1]
    plain = "".join(
        char if char.isprintable() else _CONTROL.get(char, char.encode("unicode_escape").decode("ascii"))
        for char in head
    )
    return plain if len(text) <= CELL_WIDTH else plain[: CELL_WIDTH - 1] + "…"


def _width(text: str) -> int:
    """Terminal cells that `text` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
