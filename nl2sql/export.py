"""What a result set becomes outside the workbench: a CSV file that a spreadsheet can open safely."""

from __future__ import annotations

import csv
import io
from typing import Any

from nl2sql.engine.base import ResultSet

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
        columns = [column.to_pylist() for column in batch.columns]
        writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))
    return buffer.getvalue().encode("utf-8-sig")


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
