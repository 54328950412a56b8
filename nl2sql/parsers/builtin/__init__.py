"""The built-in parser: a small trained encoder and a pointer decoder over a typed grammar of SELECTs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nl2sql.parsers.builtin.parser import BuiltinParser


def load(threads: int = 0) -> BuiltinParser:
    """The parser with its released weights; no torch is needed for it. Raises ParserUnavailableError."""
    from nl2sql.parsers.builtin.parser import BuiltinParser

    return BuiltinParser(threads=threads)
