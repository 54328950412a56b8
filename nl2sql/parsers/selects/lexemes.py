"""Single words, names and values of SQL, read byte by byte: what may follow, whether one is whole, how it ends soonest.

A lexeme is immutable; `step` gives the next one. What a whole one means to the statement, `then` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from nl2sql.parsers.selects.tries import Node, own_mask, shortest
from nl2sql.schema import fold

Outcome = tuple[tuple[Any, ...], Any] | None
"""What has to follow a whole lexeme, and the scopes after it; None where it may not stand."""
Then = Callable[[Any, Any], Outcome]

TEXT_LENGTH = 40
INTEGER_DIGITS, DECIMAL_DIGITS = 12, 6
NAME_LENGTH, ALIAS_LENGTH = 32, 12
_DIGITS = frozenset(b"0123456789")
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
WORD = _DIGITS | _LETTERS | frozenset(range(0x80, 0x100))
"""Bytes that go on a word: two words need a gap between them."""
# First byte of a character outside ASCII: how many follow, and the least that the second byte may be.
_LEADS = {
    **dict.fromkeys(range(0xC3, 0xE0), (1, 0x80)),
    **dict.fromkeys((*range(0xE1, 0xED), 0xEE, 0xEF), (2, 0x80)),
    0xC2: (1, 0xA0),
    0xE0: (2, 0xA0),
    0xF0: (3, 0x90),
}


class Lexeme(Protocol):
    """What every lexeme can tell."""

    @property
    def then(self) -> Then | None:
        """What a whole one means: given scopes and a value. None: nothing."""

    def step(self, byte: int) -> Lexeme | None:
        """The lexeme with one more byte; None where it cannot go on so."""

    def ends(self) -> list[Any]:
        """The values that it may stand for as it is; empty while it is not whole."""

    def soonest(self) -> bytes | None:
        """The fewest bytes that make it whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """One of the spellings in a trie, of the tables in `mask`; where it must end soon, rather of `preferred`."""

    node: Node
    mask: int = -1
    then: Then | None = None
    preferred: int = 0

    def step(self, byte: int) -> Listed | None:
        """The lexeme with one more byte."""
        child = self.node.children.get(byte)
        if child is None or not child.mask & self.mask:
            return None
        return Listed(child, self.mask, self.then, self.preferred)

    def ends(self) -> list[Any]:
        """What is spelled so."""
        return [value for value in self.node.values if own_mask(value) & self.mask]

    def soonest(self) -> bytes | None:
        """The shortest rest of a spelling."""
        found = shortest(self.node, self.preferred & self.mask) if self.preferred & self.mask else None
        return shortest(self.node, self.mask) if found is None else found


@dataclass(frozen=True, slots=True, eq=False)
class Free:
    """A name that the statement gives: a letter, then letters and digits; up to its `end`, where it has one."""

    accepts: Callable[[str], bool]
    then: Then | None
    longest: int
    end: bytes = b""
    text: bytes = b""
    ended: bool = False

    def step(self, byte: int) -> Free | None:
        """The lexeme with one more byte."""
        if self.ended:
            return None
        if self.end and byte == self.end[0]:
            return replace(self, ended=True) if self._whole() else None
        if len(self.text) == self.longest or (byte not in _LETTERS and (byte not in _DIGITS or not self.text)):
            return None
        longer = replace(self, text=self.text + bytes((byte,)))
        return longer if len(longer.text) < self.longest or longer._whole() else None

    def ends(self) -> list[Any]:
        """The name in small letters."""
        return [self.text.decode().lower()] if self.ended or (not self.end and self._whole()) else []

    def soonest(self) -> bytes | None:
        """Letters until the name can stand."""
        if self.ended:
            return b""
        if self._whole():
            return self.end
        for byte in b"abcdefgh0123456789xyz_":
            longer = self.step(byte)
            if longer is not None and longer._whole():
                return bytes((byte,)) + self.end
        longer = self.step(ord("q"))
        rest = longer.soonest() if longer is not None else None
        return None if rest is None else b"q" + rest

    def _whole(self) -> bool:
        return bool(self.text) and self.accepts(self.text.decode().lower())


@dataclass(frozen=True, slots=True, eq=False)
class Quoted:
    """Text between quotes, doubled within: printable characters, at most `longest` of them."""

    quote: int
    then: Then | None = None
    longest: int = TEXT_LENGTH
    text: bytes = b""
    length: int = -1
    closed: bool = False
    due: int = 0
    least: int = 0x80

    def step(self, byte: int) -> Quoted | None:
        """The lexeme with one more byte."""
        if self.length < 0:
            return replace(self, length=0) if byte == self.quote else None
        if self.due:
            fits = self.least <= byte < 0xC0
            return self._with(byte, due=self.due - 1, least=0x80) if fits else None
        if byte == self.quote:
            if self.closed:
                return self._with(byte, length=self.length + 1, closed=False) if self.length < self.longest else None
            return replace(self, closed=True) if self.length or self.quote == 0x27 else None
        if self.closed or self.length >= self.longest:
            return None
        if 0x20 <= byte < 0x7F:
            return self._with(byte, length=self.length + 1)
        lead = _LEADS.get(byte)
        return self._with(byte, length=self.length + 1, due=lead[0], least=lead[1]) if lead else None

    def ends(self) -> list[Any]:
        """The text."""
        return [fold(self.text.decode())] if self.closed else []

    def soonest(self) -> bytes | None:
        """What is due of a character, and the closing quote."""
        quote = bytes((self.quote,))
        if self.closed:
            return b""
        if self.length < 0:
            return quote + (b"" if self.quote == 0x27 else b"a") + quote
        due = bytes([self.least] + [0x80] * (self.due - 1)) if self.due else b""
        return due + (quote if self.length or self.quote == 0x27 else b"a" + quote)

    def _with(self, byte: int, **changed: Any) -> Quoted:
        return replace(self, text=self.text + bytes((byte,)), **changed)


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """Digits, with a sign and a decimal point where `whole` is not asked for."""

    whole: bool = False
    text: bytes = b""
    then: Then | None = None

    def step(self, byte: int) -> Number | None:
        """The lexeme with one more byte."""
        before, point, after = self.text.lstrip(b"-").partition(b".")
        if byte in _DIGITS:
            room = len(after) < DECIMAL_DIGITS if point else len(before) < INTEGER_DIGITS
            fits = room and (not self.whole or before or byte != ord("0"))
        elif byte == ord("."):
            fits = bool(before) and not point and not self.whole
        else:
            fits = byte == ord("-") and not self.text and not self.whole
        return Number(self.whole, self.text + bytes((byte,))) if fits else None

    def ends(self) -> list[Any]:
        """The number as written."""
        return [self.text] if self.text and self.text[-1] in _DIGITS else []

    def soonest(self) -> bytes | None:
        """One digit, where there is none yet."""
        return b"" if self.ends() else b"1"
