"""What is said of lines and values of a text file that do not fit, and of a file at which the engine stops."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

from nl2sql.ingest.base import IngestError, Reject
from nl2sql.ingest.plan import LONGEST_LINE

NOT_UTF8 = re.compile(r"(?i)utf-?8|unicode|encoding|invalid.*byte|new ?line")
SHAPES = {
    "MISSING COLUMNS": "The line has too few fields.",
    "TOO MANY COLUMNS": "The line has too many fields.",
    "UNQUOTED VALUE": "A quotation mark stands where none may, or is not closed.",
    "LINE SIZE OVER MAXIMUM": "The line is too long.",
    "INVALID UNICODE": "The line is not in the encoding of the file.",
    "INVALID ENCODING": "The line is not in the encoding of the file.",
    "INVALID STATE": "The line cannot be read: a quotation mark stands where none may.",
}
"""What DuckDB calls what is wrong with a line, in sentences."""
STRAY = {SHAPES[kind] for kind in ("UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM", "INVALID STATE")}
"""What is said of lines whose quotation marks are out of order."""
_MEANT = {
    "DOUBLE": "a number", "FLOAT": "a number", "DATE": "a date of the form of this column", "BOOLEAN": "yes or no",
    "TIME": "a time of day", "TIMESTAMP": "a date with a time of the form of this column",
    "TIMESTAMP WITH TIME ZONE": "a date with a time and its time zone",
}  # fmt: skip


def said_of_stray(lines: Sequence[int]) -> str:
    """Which lines had quotation marks out of order."""
    shown = ", ".join(f"{line:,}" for line in lines[:3])
    more = f" and {len(lines) - 3:,} more" if len(lines) > 3 else ""
    where = f"line {shown}" if len(lines) == 1 else f"lines {shown}{more}"
    return f"A quotation mark in {where} is not closed, or stands within a value: it was read as text."


def reason_of(text: str, type_name: str) -> str:
    """Why `text` is no value of a column of that type."""
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    head, _, digits = type_name.partition("(")
    whole = head.endswith(("INT", "INTEGER"))
    if re.fullmatch(r"[+-]?0[0-9]+(\.[0-9]*)?", text.strip()) and (whole or head in ("DECIMAL", "DOUBLE")):
        return f"“{shown}” is not a number without losing the zeros in front."
    if head == "DECIMAL":
        scale = digits.rpartition(",")[2].strip(" )")
        return f"“{shown}” is not a number with at most {scale} decimals."
    return f"“{shown}” is not {'a whole number' if whole else _MEANT.get(head, f'of type {type_name}')}."


def refusal(rejects: Sequence[Reject], rejected: int) -> str:
    """Why a file is refused of which `rejected` rows do not fit."""
    first = rejects[0]
    where = f"line {first.line:,}" if first.line else "a line"
    column = f", column “{first.column}”" if first.column else ""
    others = f" {rejected - 1:,} more do not fit either." if rejected > 1 else ""
    return f"The file was refused: {where}{column}: {first.reason}{others}"


def stopped(error: duckdb.Error) -> IngestError:
    """What to say of a file that DuckDB stopped reading. Raises the error again where memory ran out."""
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in text:
        raise error
    if re.search(r"(?i)maximum line size|line size", text):
        return IngestError(
            f"A line of the file is longer than {LONGEST_LINE >> 20} MB, so it cannot be a row of a table."
        )
    if re.search(r"(?i)unterminated quote", text.partition("Possible")[0]):
        return IngestError("A quotation mark in the file is never closed. Choose no quotation mark to read it as text.")
    return IngestError("The file cannot be read as a table with this delimiter and these quotation marks.")
