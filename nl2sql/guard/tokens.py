"""A statement as the engine's own tokenizer cuts it: words and signs with their depth of parentheses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import duckdb


@dataclass(frozen=True)
class Token:
    """One word or sign: `sql[start:end]`."""

    start: int
    end: int
    text: str
    """Lower case for bare words, empty for comments."""
    depth: int


def tokens_of(sql: str) -> list[Token]:
    """Words and signs of `sql` in order, comments left out."""
    encoded = sql.encode()
    starts = [(offset, kind) for offset, kind in duckdb.tokenize(sql) if kind != duckdb.token_type.comment]
    bounds = [offset for offset, _ in duckdb.tokenize(sql)] + [len(encoded)]
    following = dict(pairwise(bounds))
    tokens: list[Token] = []
    depth = 0
    for offset, kind in starts:
        raw = encoded[offset : following[offset]].decode(errors="replace").rstrip()
        quoted = kind == duckdb.token_type.string_const or raw.startswith('"')
        start = len(encoded[:offset].decode(errors="replace"))
        pieces = [raw] if quoted or kind != duckdb.token_type.operator else list(raw)
        for piece in pieces:
            if piece in (")", "]", "}"):
                depth -= 1
            end = start + len(piece)
            if piece.strip():
                tokens.append(Token(start, end, '"' if quoted else piece.lower(), depth))
            if piece in ("(", "[", "{"):
                depth += 1
            start = end
    return tokens


def after_first_word(sql: str, word: str) -> str:
    """What follows `word` where the engine's own tokenizer finds it first; empty when something else stands there.

    >>> after_first_word("/* /* */ EXPLAIN */ explain SELECT 1", "explain")
    'SELECT 1'
    """
    tokens = tokens_of(sql)
    if len(tokens) < 2 or tokens[0].text != word:
        return ""
    return sql[tokens[1].start :]


def without_end(sql: str) -> str:
    """`sql` without blanks at its ends, and without trailing semicolons and the comments after them.

    >>> without_end(" SELECT ';' /* a */; -- b;"), without_end("SELECT 1 -- c")
    ("SELECT ';'", 'SELECT 1 -- c')
    """
    text = sql.strip()
    if ";" not in text:
        return text
    tokens = tokens_of(text)
    last = next((place for place in range(len(tokens), 0, -1) if tokens[place - 1].text != ";"), 0)
    if last == len(tokens):
        return text
    return text[: tokens[last - 1].end] if last else ""
