"""Reads JSON piece by piece out of a file of any size: one value after the other, with the line each begins in.

Numbers keep all their digits. Knows nothing of tables.
"""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from nl2sql.ingest.base import IngestError
from nl2sql.ingest.cells import Exact

LINE_LIMIT = 256 << 20
"""Bytes of the longest line of a JSONL file, and characters of the longest single value, that are read."""
_CHUNK = 1 << 20
_DEPTH = 5_000
_SPACE = " \t\n\r"
_NEAR_END = 16  # an error so close to the end of what was read may only mean that more is to come


@dataclass
class Odd:
    """What was unusual in the values read so far: counts."""

    not_a_number: int = 0
    """NaN, which JSON does not have."""
    infinite: int = 0
    duplicates: int = 0
    """Objects in which a key stands more than once."""
    duplicate_key: str = ""
    foreign_bytes: int = 0
    """Bytes that are not UTF-8."""
    half_characters: int = 0
    """Halves of a surrogate pair without the other."""
    long_numbers: int = 0


class JsonError(ValueError):
    """Text that is not JSON: what is wrong, and where (lines and columns count from 1)."""

    def __init__(self, reason: str, line: int, column: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column = reason, line, column

    @property
    def sentence(self) -> str:
        """What is wrong, for a person."""
        return f"{self.reason} (column {self.column:,})." if self.column else f"{self.reason}."


class Parser:
    """Decodes values with every digit they have and counts what is odd in them."""

    def __init__(self, odd: Odd) -> None:
        self._quick, self._careful = _decoder(odd, False), _decoder(odd, True)

    def one(self, text: str, at: int = 0) -> tuple[Any, int]:
        """The value that begins at `at`, and where it ends. Raises JSONDecodeError, RecursionError."""
        try:
            return self._quick.raw_decode(text, at)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a whole number with thousands of digits
            return self._careful.raw_decode(text, at)

    def whole(self, text: str) -> Any:
        """The value that `text` is. Raises JSONDecodeError, RecursionError."""
        start = 0 if text[:1] in "{[" else len(text) - len(text.lstrip(_SPACE))
        value, end = self.one(text, start)
        if end < len(text) and text[end:].strip(_SPACE):
            raise json.JSONDecodeError("Extra data", text, end)
        return value


def _decoder(odd: Odd, careful: bool) -> json.JSONDecoder:
    def number(text: str) -> float | Exact:
        value = float(text)
        if len(text) <= 16 and "e" not in text and "E" not in text:
            return value
        digits = text.partition("e")[0].partition("E")[0].lstrip("-0.").replace(".", "").rstrip("0")
        if len(digits) <= 17 and value not in (float("inf"), float("-inf")):
            return value
        odd.long_numbers += 1
        return Exact(text)

    def whole(text: str) -> int | Exact:
        if len(text) <= 50:
            return int(text)
        odd.long_numbers += 1
        return Exact(text)

    def constant(name: str) -> float | None:
        if name == "NaN":
            odd.not_a_number += 1
            return None
        odd.infinite += 1
        return float(name)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(found)
        if len(result) != len(found):
            odd.duplicates += 1
            if not odd.duplicate_key:
                names = [name for name, _ in found]
                odd.duplicate_key = next(name for name in names if names.count(name) > 1)[:40]
        return result

    return json.JSONDecoder(
        parse_float=number,
        parse_int=whole if careful else None,
        parse_constant=constant,
        object_pairs_hook=pairs,
        strict=False,
    )


@contextmanager
def deep() -> Iterator[None]:
    """Values may be nested as deep as people nest them, within this block."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def dump(value: Any) -> str:
    """A decoded value as JSON text, every number with all its digits."""
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {dump(one)}" for key, one in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(dump, value))}]"
    if isinstance(value, Exact):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def codec_of(head: bytes) -> str:
    """The codec that the first bytes of a JSON file speak of."""
    found = json.detect_encoding(head)
    return "utf-8-sig" if found == "utf-8" else found


def text_decoder(codec: str, odd: Odd) -> codecs.IncrementalDecoder:
    """An incremental decoder that takes bytes which do not belong there as cp1252, and counts them."""

    def foreign(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        wrong = error.object[error.start : error.end]
        odd.foreign_bytes += len(wrong)
        return wrong.decode("cp1252", errors="replace"), error.end

    name = f"nl2sql_foreign_{id(odd)}"
    codecs.register_error(name, foreign)
    return codecs.getincrementaldecoder(codec)(errors=name)


@dataclass
class Text:
    """The text of a JSON file, read as far as it was asked for."""

    file: BinaryIO
    odd: Odd
    codec: str
    buffer: str = ""
    at: int = 0
    line: int = 1
    bytes_read: int = 0
    ended: bool = False
    _decoder: codecs.IncrementalDecoder = field(init=False)
    _json: Parser = field(init=False)

    def __post_init__(self) -> None:
        self._decoder = text_decoder(self.codec, self.odd)
        self._json = Parser(self.odd)

    @classmethod
    def open(cls, file: BinaryIO, odd: Odd) -> Text:
        """The text of `file`, from its beginning."""
        head = file.read(4)
        file.seek(0)
        return cls(file, odd, codec_of(head))

    def _more(self, size: int = _CHUNK) -> bool:
        """Read on; False when there is nothing more. What was consumed is forgotten."""
        if self.ended:
            return False
        chunk = self.file.read(size)
        self.ended = not chunk
        self.bytes_read += len(chunk)
        self.buffer = self.buffer[self.at :] + self._decoder.decode(chunk, final=self.ended)
        self.at = 0
        return not self.ended

    def _take(self, end: int) -> None:
        self.line += self.buffer.count("\n", self.at, end)
        self.at = end

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            end = self.at
            while end < len(self.buffer) and self.buffer[end] in _SPACE:
                end += 1
            self._take(end)
            if end < len(self.buffer):
                return self.buffer[end]
            if not self._more() and self.at >= len(self.buffer):
                return ""

    def skip(self, mark: str) -> None:
        """Go past `mark`, which must come next. Raises JsonError."""
        found = self.peek()
        if found != mark:
            raise JsonError(f"“{mark}” is expected here" if found else "The file breaks off", self.line, self._column())
        self._take(self.at + 1)

    def value(self) -> Any:
        """The next value. Raises JsonError, IngestError when it is too long to be read."""
        if not self.peek():
            raise JsonError("The file breaks off", self.line)
        size, before = _CHUNK, dict(vars(self.odd))
        while True:
            vars(self.odd).update(before)
            try:
                value, end = self._json.one(self.buffer, self.at)
                if end < len(self.buffer) or self.ended:
                    self._take(end)
                    return value
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self.buffer) - _NEAR_END or error.msg.startswith("Unterminated string")
                if self.ended or not cut:
                    raise self._error(error) from error
            except RecursionError as error:
                raise IngestError(f"Line {self.line:,} is nested too deep to be read.") from error
            if len(self.buffer) - self.at > LINE_LIMIT:
                raise IngestError(f"The value that begins in line {self.line:,} is too long to be read.")
            size = min(2 * size, 64 << 20)
            self._more(size)

    def _error(self, error: json.JSONDecodeError) -> JsonError:
        line = self.line + self.buffer.count("\n", self.at, error.pos)
        if error.pos >= len(self.buffer) or error.msg.startswith("Unterminated string"):
            return JsonError("The file breaks off", line)
        start = self.buffer.rfind("\n", 0, error.pos)
        return JsonError(reason_of(error), line, error.pos - start if start >= self.at else None)

    def _column(self) -> int | None:
        start = self.buffer.rfind("\n", 0, self.at)
        return self.at - start if start >= 0 else None

    def holds_rows(self) -> bool:
        """Whether the list that begins here begins with an object."""
        while True:
            inner = self.buffer[self.at + 1 :].lstrip(_SPACE)[:1]
            if inner or not self._more():
                return inner == "{"

    def rest(self, limit: int = 200) -> str:
        """A little of the text that comes next."""
        return self.buffer[self.at : self.at + limit]


_REASONS = {
    "Expecting value": "A value is expected here",
    "Expecting property name enclosed in double quotes": "A name in double quotes is expected here",
    "Expecting ',' delimiter": "A comma is expected here",
    "Expecting ':' delimiter": "A colon is expected here",
    "Illegal trailing comma before end of object": "There is a comma before the end of the object",
    "Illegal trailing comma before end of array": "There is a comma before the end of the list",
    "Extra data": "There is more text behind the value",
}


def reason_of(error: json.JSONDecodeError) -> str:
    """What is wrong with a text that is not JSON, in words."""
    return _REASONS.get(error.msg, error.msg)


def lines(path: Path, codec: str, odd: Odd) -> Iterator[tuple[int, int, str]]:
    """Line number, offset behind it in bytes, and text, of every line of `path` that is not blank.

    Raises IngestError when a line is too long to be read.
    """
    with path.open("rb") as raw:
        if codec in ("utf-8", "utf-8-sig"):
            yield from _byte_lines(raw, odd)
            return
        reader = codecs.getreader(codec)(raw, "replace")
        for number, line in enumerate(reader, 1):
            if line.strip():
                yield number, raw.tell(), line


def _byte_lines(raw: BinaryIO, odd: Odd) -> Iterator[tuple[int, int, str]]:
    number = offset = 0
    while line := raw.readline(LINE_LIMIT + 1):
        number, offset = number + 1, offset + len(line)
        if len(line) > LINE_LIMIT:
            raise IngestError(f"Line {number:,} is too long to be read.")
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = text_decoder("utf-8", odd).decode(line, final=True)
        if not text.isspace():
            yield number, offset, text
