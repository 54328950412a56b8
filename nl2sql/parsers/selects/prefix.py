"""What a model has written so far, as a set of readings: what may follow, whether it is whole, how it ends soonest.

A reading is a stack of symbols that are still to come, with the scopes of scope.py. Every reading can be brought to an
end, so that whatever is accepted can become a whole statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nl2sql.parsers.selects.lexemes import ALIAS_LENGTH, WORD, Lexeme, Listed
from nl2sql.parsers.selects.names import Names
from nl2sql.parsers.selects.rules import is_word, rules, spellings
from nl2sql.parsers.selects.scope import Meaning, Scopes, act
from nl2sql.parsers.selects.tries import Node, trie

_GAP = frozenset(b" \n")
_LONGEST_GAP = 8
_OPERATORS = frozenset(b"+-*/<>=%|!")
_QUOTES = frozenset(b"'\"")
_DOT = ord(".")

Stack = tuple[Any, "Stack"] | None
"""Symbols to come, next first."""


class Select:
    """SELECTs over the names of one schema, and nothing else but, word for word, what `also` holds."""

    def __init__(self, names: Names, also: Iterable[str] = ()) -> None:
        self._rules = rules()
        self._meaning = Meaning(names)
        self._words: dict[str, Node] = {}
        self._name = names.longest + 2
        self._table = self._name + ALIAS_LENGTH + 4
        self._most: dict[str, int] = {}
        self._below: dict[Node, int] = {}
        starts: list[Stack] = [("start", None)]
        starts += [(Listed(trie([(text.encode(), ())])), ("ending", None)) for text in also]
        self.start = Prefix(self, (), tuple(Gap(stack, Scopes(), 0, 0) for stack in starts))

    def heads(self, stack: Stack, scopes: Scopes) -> Iterator[tuple[Lexeme | None, Stack, Scopes]]:
        """Lexemes that may come next, each with what follows it; None for the end."""
        waiting = [(stack, scopes)]
        while waiting:
            stack, scopes = waiting.pop()
            if stack is None:
                yield None, None, scopes
                continue
            symbol, rest = stack
            if not isinstance(symbol, str):
                yield symbol, rest, scopes
            elif symbol[0] == "@":
                after = act(symbol, scopes)
                if after is not None:
                    waiting.append((rest, after))
            elif symbol in self._rules:
                rule = self._rules[symbol]
                if rule.words.children:
                    yield Listed(rule.words, then=_follow), rest, scopes
                waiting += [(push(sequence, rest), scopes) for sequence in rule.others]
            elif is_word(symbol):
                yield self._word(symbol), rest, scopes
            else:
                waiting += [(push(symbols, rest), after) for symbols, after in self._meaning.ways(symbol, scopes)]

    def ending(self, stack: Stack, scopes: Scopes, last: int) -> bytes | None:
        """The text, nearly the shortest, that brings `stack` to its end after a byte `last`."""
        if stack is None:
            return b""
        symbol, rest = stack
        if not isinstance(symbol, str):
            return self._said(symbol, rest, scopes, last)
        if symbol[0] == "@":
            after = act(symbol, scopes)
            return None if after is None else self.ending(rest, after, last)
        if symbol in self._rules:
            ways: Iterable[tuple[tuple[Any, ...], Scopes]] = (
                (sequence, scopes) for sequence in self._rules[symbol].cheapest
            )
        elif is_word(symbol):
            return self._said(self._word(symbol), rest, scopes, last)
        else:
            ways = self._meaning.ways(symbol, scopes)
        for symbols, after in ways:
            found = self.ending(push(symbols, rest), after, last)
            if found is not None:
                return found
        return None

    def at_most(self, stack: Stack, scopes: Scopes) -> int:
        """More bytes than `ending` takes, without working the ending out."""
        most = sum(scope.owed for scope in scopes.stack) * self._table
        while stack is not None:
            symbol, stack = stack
            most += self._symbol_at_most(symbol) if isinstance(symbol, str) else self._name
        return most

    def lexeme_at_most(self, lexeme: Lexeme) -> int:
        """The same for what is left of a lexeme and what has to follow it."""
        if not isinstance(lexeme, Listed) or lexeme.then is not _follow:
            return 2 * self._name + self._table  # a qualifier, its column, and the table that is owed for it
        if lexeme.node not in self._below:
            rests = [sum(map(self._symbol_at_most, rest)) for rest in lexeme.node.values]
            below = [1 + self.lexeme_at_most(Listed(child, then=_follow)) for child in lexeme.node.children.values()]
            self._below[lexeme.node] = max(rests + below)
        return self._below[lexeme.node]

    def _symbol_at_most(self, symbol: str) -> int:
        if symbol not in self._most:
            if symbol[0] == "@":
                most = 0
            elif symbol in self._rules:
                most = sum(map(self._symbol_at_most, self._rules[symbol].cheapest[0]))
            else:
                most = len(symbol) + 1 if is_word(symbol) else self._name + 1
            self._most[symbol] = most
        return self._most[symbol]

    def _said(self, lexeme: Lexeme, rest: Stack, scopes: Scopes, last: int) -> bytes | None:
        said = lexeme.soonest()
        if said is None:
            return None
        gap = b" " if said and apart(last, said[0]) else b""
        whole: Lexeme | None = lexeme
        for byte in said:
            whole = whole.step(byte) if whole is not None else None
        if whole is None:
            return None
        last = said[-1] if said else last
        for symbols, after in outcomes(whole, scopes):
            found = self.ending(push(symbols, rest), after, last)
            if found is not None:
                return gap + said + found
        return None

    def _word(self, symbol: str) -> Lexeme:
        if symbol not in self._words:
            self._words[symbol] = trie((spelling, ()) for spelling in spellings(symbol))
        return Listed(self._words[symbol], then=_follow)


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """A reading between two lexemes, after a byte `last` and `spaces` of gap."""

    stack: Stack
    scopes: Scopes
    last: int
    spaces: int


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """A reading within a lexeme."""

    lexeme: Lexeme
    stack: Stack
    scopes: Scopes


class Prefix:
    """What has been written so far. Immutable; what follows is worked out once, when first asked for."""

    __slots__ = ("_gaps", "_heads", "_next", "_select", "_whole", "_within")

    def __init__(self, select: Select, within: tuple[Within, ...], gaps: tuple[Gap, ...]) -> None:
        self._select, self._within, self._gaps = select, within, gaps
        self._next: dict[int, Prefix | None] = {}
        self._heads: list[tuple[Gap, list[tuple[Lexeme, Stack, Scopes]]]] | None = None
        self._whole = False

    @property
    def whole(self) -> bool:
        """Whether the statement may end here."""
        self._found_heads()
        return self._whole

    def step(self, byte: int) -> Prefix | None:
        """What is written with one more byte; None where that byte may not follow."""
        if byte not in self._next:
            self._next[byte] = self._stepped(byte)
        return self._next[byte]

    def read(self, text: bytes) -> Prefix | None:
        """What is written with all of `text`; None where it may not follow."""
        found: Prefix | None = self
        for byte in text:
            found = found.step(byte) if found is not None else None
        return found

    def ending(self) -> bytes:
        """A text, nearly the shortest, after which the statement is whole."""
        if self.whole:
            return b""
        found = [self._select.ending(gap.stack, gap.scopes, 0 if gap.spaces else gap.last) for gap in self._gaps]
        if not self._gaps:
            found = [self._select._said(within.lexeme, within.stack, within.scopes, 0) for within in self._within]
        return min((text for text in found if text is not None), key=len)

    def at_most(self) -> int:
        """More bytes than `ending` takes, without working it out."""
        select = self._select
        if self._gaps:
            return min(select.at_most(gap.stack, gap.scopes) for gap in self._gaps)
        return min(
            select.lexeme_at_most(within.lexeme) + select.at_most(within.stack, within.scopes)
            for within in self._within
        )

    def _found_heads(self) -> list[tuple[Gap, list[tuple[Lexeme, Stack, Scopes]]]]:
        if self._heads is None:
            self._heads = []
            for gap in self._gaps:
                heads: list[tuple[Lexeme, Stack, Scopes]] = []
                for lexeme, rest, scopes in self._select.heads(gap.stack, gap.scopes):
                    if lexeme is None:
                        self._whole = True
                    else:
                        heads.append((lexeme, rest, scopes))
                self._heads.append((gap, heads))
        return self._heads

    def _stepped(self, byte: int) -> Prefix | None:
        within: list[Within] = []
        gaps: dict[tuple[int, Scopes], Gap] = {}
        for reading in self._within:
            self._go_on(reading.lexeme, reading.stack, reading.scopes, byte, within, gaps)
        if byte in _GAP:
            for gap in self._gaps:
                if gap.spaces < _LONGEST_GAP and gap.last != _DOT:
                    gaps.setdefault((id(gap.stack), gap.scopes), Gap(gap.stack, gap.scopes, byte, gap.spaces + 1))
        else:
            for gap, heads in self._found_heads():
                if not gap.spaces and apart(gap.last, byte):
                    continue
                for lexeme, stack, scopes in heads:
                    self._go_on(lexeme, stack, scopes, byte, within, gaps)
        return Prefix(self._select, tuple(within), tuple(gaps.values())) if within or gaps else None

    def _go_on(
        self, lexeme: Lexeme, stack: Stack, scopes: Scopes, byte: int,
        within: list[Within], gaps: dict[tuple[int, Scopes], Gap],
    ) -> None:  # fmt: skip
        longer = lexeme.step(byte)
        if longer is None:
            return
        if not isinstance(longer, Listed) or longer.node.children:
            within.append(Within(longer, stack, scopes))
        for symbols, after in outcomes(longer, scopes):
            to_come = push(symbols, stack)
            gaps.setdefault((id(to_come), after), Gap(to_come, after, byte, 0))


def push(symbols: Iterable[Any], stack: Stack) -> Stack:
    """The stack with `symbols` before it."""
    for symbol in reversed(tuple(symbols)):
        stack = (symbol, stack)
    return stack


def outcomes(lexeme: Lexeme, scopes: Scopes) -> list[tuple[tuple[Any, ...], Scopes]]:
    """What may follow a lexeme as it is, and the scopes after it."""
    if lexeme.then is None:
        return [((), scopes)] if lexeme.ends() else []
    found = (lexeme.then(scopes, value) for value in lexeme.ends())
    return [outcome for outcome in found if outcome is not None]


def apart(last: int, byte: int) -> bool:
    """Whether a gap must stand between two lexemes, the one ending in `last`, the other starting with `byte`."""
    for kind in (WORD, _OPERATORS):
        if last in kind and byte in kind:
            return True
    return last == byte and byte in _QUOTES


def _follow(scopes: Scopes, rest: tuple[str, ...]) -> tuple[tuple[str, ...], Scopes]:
    return rest, scopes
