"""The names that a schema gives a statement, as tries of their spellings. Knows no grammar and no tokens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from nl2sql.parsers.selects.rules import words
from nl2sql.parsers.selects.tries import Node, insert
from nl2sql.schema import RESERVED, Schema, fold, quote

ANY_BYTE = frozenset(range(256))
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MORE_WORDS = frozenset("values set sample over rows range groups at escape".split())


@dataclass(frozen=True)
class ColumnName:
    """A column's name in small letters, with a bit for each table that has such a column."""

    key: str
    mask: int


@dataclass(frozen=True)
class TableName:
    """A table's name in small letters, its place and its bit; `alone` when no other table is called so."""

    key: str
    place: int
    mask: int
    alone: bool
    columns: frozenset[str]


@dataclass(frozen=True)
class Qualifier:
    """`t.` before a column, and the table that it stands for."""

    key: str
    place: int


class Names:
    """Tables and columns of one schema. Names that hold bytes outside `writable` are left out, as if not there."""

    def __init__(self, schema: Schema, writable: Collection[int] = ANY_BYTE) -> None:
        allowed = frozenset(writable)
        self.tables: list[TableName] = []
        self.columns: dict[str, int] = {}
        self._spelled: dict[str, set[bytes]] = {}
        self._own_spellings: dict[str, set[bytes]] = {}
        table_spellings: list[set[bytes]] = []
        seen: set[tuple[str, str]] = set()
        called = Counter(name for _, name in {(fold(one.namespace), fold(one.name)) for one in schema.tables})
        self.from_trie, self.qualifier_trie, self.column_trie = Node(), Node(), Node()
        for table in schema.tables:
            own = {column.name: _spellings(column.name, allowed) for column in table.columns}
            own = {name: found for name, found in own.items() if found}
            place, bit = len(self.tables), 1 << len(self.tables)
            names = _spellings(table.name, allowed)
            spaces = {b""} if table.namespace == "main" else {s + b"." for s in _spellings(table.namespace, allowed)}
            key = fold(table.name)
            if not own or not names or not spaces or (fold(table.namespace), key) in seen:
                continue
            seen.add((fold(table.namespace), key))
            named = TableName(key, place, bit, called[key] == 1, frozenset(map(fold, own)))
            self.tables.append(named)
            if named.alone:
                self._own_spellings[key] = names
            table_spellings.append({space + name for name in names for space in spaces})
            for name in names:
                for space in spaces:
                    _insert(self.from_trie, space + name, named, bit)
                if named.alone:
                    _insert(self.qualifier_trie, name + b".", named, bit)
            for column, found in own.items():
                self.columns[fold(column)] = self.columns.get(fold(column), 0) | bit
                self._spelled.setdefault(fold(column), set()).update(found)
        for key, spellings in self._spelled.items():
            for spelling in spellings:
                _insert(self.column_trie, spelling, ColumnName(key, self.columns[key]), self.columns[key])
        self.all = (1 << len(self.tables)) - 1
        self.table_keys = frozenset(table.key for table in self.tables)
        self.no_alias = RESERVED | words() | _MORE_WORDS | frozenset(called)
        self.visible = lru_cache(256)(self._visible)
        self.keyed = lru_cache(256)(self._keyed)
        self.longest = max((len(s) for found in (*self._spelled.values(), *table_spellings) for s in found), default=0)
        self.borrowable = lru_cache(256)(self._borrowable)

    def _visible(self, scopes: tuple[tuple[tuple[str, int], ...], ...], outputs: tuple[str, ...]) -> Node:
        """What may be said of tables that are declared, innermost scope first: columns that are not ambiguous,
        qualifiers, and the statement's own `outputs`."""
        root = Node()
        hidden: set[str] = set()
        qualifiers: set[str] = set()
        for output in outputs:
            for spelling in output_spellings(output):
                _insert(root, spelling, None)
        for tables in scopes:
            counted = Counter(column for _, place in tables for column in self.tables[place].columns)
            for column, times in counted.items():
                if times == 1 and column not in hidden:
                    for spelling in self._spelled[column]:
                        _insert(root, spelling, None)
            for key, place in tables:
                if key not in qualifiers:
                    for spelling in self.qualifier_spellings(key):
                        _insert(root, spelling + b".", Qualifier(key, place))
            hidden.update(counted)
            qualifiers.update(key for key, _ in tables)
        return root

    def qualifier_spellings(self, key: str) -> set[bytes]:
        """How a table's own name, or an alias, may be written before a column."""
        return self._own_spellings.get(key) or {key.encode()}

    def _keyed(self, keys: tuple[str, ...], after: bytes) -> Node:
        """These qualifiers, each with `after` behind it."""
        root = Node()
        for key in keys:
            for spelling in self.qualifier_spellings(key):
                _insert(root, spelling + after, key)
        return root

    def _borrowable(self, scopes: tuple[tuple[tuple[str, int], ...], ...], hidden: frozenset[str]) -> Node:
        """Qualifiers that these scopes declare, innermost first, but those in `hidden`."""
        root = Node()
        seen = set(hidden)
        for tables in scopes:
            for key, place in tables:
                if key not in seen:
                    for spelling in self.qualifier_spellings(key):
                        _insert(root, spelling + b".", Qualifier(key, place))
            seen.update(key for key, _ in tables)
        return root


def _insert(root: Node, spelling: bytes, value: object, mask: int = -1) -> None:
    """Names out of quotes may be written in any case: DuckDB reads them so."""
    insert(root, spelling, value, mask, any_case=b'"' not in spelling)


def output_spellings(output: str) -> set[bytes]:
    """How a name that the statement gave may be written again."""
    found = {('"' + output.replace('"', '""') + '"').encode()}
    if _PLAIN.fullmatch(output) and output not in RESERVED:
        found.add(output.encode())
    return found


def _spellings(name: str, writable: frozenset[int]) -> set[bytes]:
    """As `quote` writes it, always in quotes, and bare where DuckDB reads that so."""
    found = {quote(name), '"' + name.replace('"', '""') + '"'}
    if _PLAIN.fullmatch(name) and name.lower() not in RESERVED:
        found.add(name)
    if not name or "\0" in name:
        return set()
    try:
        encoded = {spelling.encode() for spelling in found}
    except UnicodeEncodeError:
        return set()
    return {spelling for spelling in encoded if writable.issuperset(spelling)}
