"""What a result set, or a list of misfits, becomes outside the workbench: a CSV file safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from nl2sql.engine.base import ResultSet
from nl2sql.ingest.base import Reject

# A spreadsheet takes a cell that begins so for a formula (OWASP, «CSV Injection»).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(result: ResultSet) -> bytes:
    """`result` as UTF-8 CSV with a byte-order mark (so that spreadsheets read the encoding), NULL as an empty cell.

    Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay as they are.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([_safe(name) for name in result.columns])
    for batch in result.table.to_batches(max_chunksize=5_000):
        columns = [python_values(column) for column in batch.columns]
        writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))
    return buffer.getvalue().encode("utf-8-sig")


def rejects_to_csv(rejects: Iterable[Reject]) -> bytes:
    """What did not fit in a file as UTF-8 CSV: line, column, reason, text; as safe as `to_csv`."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["line", "column", "reason", "text"])
    for one in rejects:
        text = (one.column, one.reason, one.text)
        writer.writerow([_cell(one.line), *(_safe(part.encode("utf-8", "replace").decode("utf-8")) for part in text)])
    return buffer.getvalue().encode("utf-8-sig")


def python_values(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """The values of `column`; dates that Python cannot hold (infinity, years before 1) become text.

    >>> python_values(pa.array([0, 2**31 - 1], pa.int32()).cast(pa.date32()))
    [datetime.date(1970, 1, 1), 'infinity']
    """
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        values = [_python_value(scalar) for scalar in column]
    return values


def _python_value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        if pa.types.is_nested(scalar.type):
            return "(holds a date out of range)"
        text = str(scalar.cast(pa.string()).as_py())
        if "out of range" not in text:
            return text
        return "-infinity" if ": -" in text else "infinity"


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | bytes):
        return _safe(value if isinstance(value, str) else value.hex())
    if isinstance(value, list | tuple | dict):
        return _safe(str(value))
    return value


def _safe(text: str) -> str:
    """`text`, with an apostrophe before what would be a formula.

    >>> _safe("=1+1"), _safe("plain"), _safe("a=b")
    ("'=1+1", 'plain', 'a=b')
    """
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
