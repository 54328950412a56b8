"""As much of a schema as can be read with a question: all of one that fits, the likeliest tables and columns of others.

Knows no weights; how likely a table is meant is `ranking`'s to say, how it is laid out `features`'.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace

from nl2sql.linking import NameMatcher, ValueIndex, ValueMatch, best_matches, split_words
from nl2sql.parsers.builtin.features import (
    COLUMN_PRICE,
    LONGEST_INPUT,
    TABLE_PRICE,
    VALUE_PRICE,
    Links,
    Pieces,
    column_worth,
    find_links,
    name_pieces,
)
from nl2sql.parsers.builtin.ranking import schema_index
from nl2sql.parsers.builtin.relations import Place
from nl2sql.schema import Column, Schema, Table, fold

MOST_TABLES = 64
"""Tables of a schema that does not fit among which room is shared out."""
_BROAD, _BROAD_COLUMNS = 8, 10
"""The likeliest tables, and how many columns of each come before any other table."""
_FEWEST, _FEW = 3, 5
"""Columns of the others that come before the rest of any table's: more where more than the fewest are wanted."""
_WIDEST = 40
"""Columns of one table at most, where there are several tables."""
_VALUE_PIECES = 8
_SLACK = 4
"""Word pieces that `features.encode` wants to be left before it begins another table."""


def readable(
    question: str, schema: Schema, values: ValueIndex | None, pieces: Pieces, longest: int = LONGEST_INPUT
) -> tuple[Schema, Links]:
    """What of `schema` is read with `question` in `longest` word pieces, and what the words mean over that.

    A schema that fits, or has only one table, is returned as it is. Of any other, tables keep their names, the order of
    their columns and all their keys.
    """
    words = split_words(question)
    room = longest - 2 - sum(len(pieces(word.text.lower())) for word in words)

    def price(name: str) -> int:
        return len(name_pieces(name, pieces)) or 1

    whole = _price_of(schema, price, room)
    if whole <= room or len(schema.tables) < 2:
        links = find_links(question, values, schema)
        valued = {(match.table, match.column) for match in links.values}
        if whole + VALUE_PRICE * len(valued) <= room or len(schema.tables) < 2:
            return schema, links
    found = values.matches(words) if values else []
    numbers = schema_index(schema).likeliest(words, found, MOST_TABLES)
    tables = [schema.tables[number] for number in numbers]
    rank = {table.name: place for place, table in enumerate(tables)}
    inside = sorted((match for match in found if match.table in rank), key=lambda match: rank[match.table])
    shown = best_matches(inside)
    pruned = _Pruning(schema, NameMatcher(words), price, shown).pruned(tables, room - _SLACK)
    return pruned, find_links(question, values, pruned, shown)


def likely_tables(question: str, schema: Schema, values: ValueIndex | None, most: int = MOST_TABLES) -> tuple[str, ...]:
    """Names of the tables among which room is shared out when `schema` does not fit, the likeliest first."""
    words = split_words(question)
    found = values.matches(words) if values else []
    return tuple(schema.tables[number].name for number in schema_index(schema).likeliest(words, found, most))


def _price_of(schema: Schema, price: Callable[[str], int], room: int) -> int:
    """Word pieces that `schema` takes; no more are counted than show that it does not fit."""
    total = 0
    for table in schema.tables:
        total += price(table.label) + TABLE_PRICE
        for column in table.columns:
            total += price(column.label) + COLUMN_PRICE
            if total > room:
                return total
    return total


@dataclass(frozen=True)
class _Priced:
    """A column, how much the question needs it, and the word pieces that it takes."""

    place: int
    worth: float
    price: int


class _Pruning:
    """Shares out the room for one question's input among tables, the likeliest first."""

    def __init__(
        self, schema: Schema, names: NameMatcher, price: Callable[[str], int], values: Iterable[ValueMatch]
    ) -> None:
        self._schema = schema
        self._names = names
        self._price = price
        self._keys: Container[Place] = {
            (fold(key.table), fold(name)) for key in schema.foreign_keys for name in key.columns
        }
        self._values: dict[Place, list[ValueMatch]] = defaultdict(list)
        for match in values:
            self._values[match.table, match.column].append(match)

    def pruned(self, tables: Sequence[Table], room: int) -> Schema:
        """The part of the schema that fits in `room` word pieces; `tables` come the likeliest first."""
        kept: dict[int, set[int]] = {}
        waiting: dict[int, list[_Priced]] = {}
        for rank, table in enumerate(tables):
            columns = self._columns(table)
            wanted = sum(one.worth > 0 for one in columns)
            first = _BROAD_COLUMNS if rank < _BROAD else max(_FEWEST, min(_FEW, wanted))
            base = self._price(table.label) + TABLE_PRICE
            chosen, left = _that_fit(columns[:first], room - base)
            if chosen:
                kept[rank], room = {one.place for one in chosen}, left
                waiting[rank] = [one for one in columns[:_WIDEST] if one.place not in kept[rank]]
        for rank, columns in waiting.items():
            chosen, room = _that_fit(columns, room)
            kept[rank] |= {one.place for one in chosen}
        return self._with(tables, kept)

    def _columns(self, table: Table) -> list[_Priced]:
        """The table's columns, those that the question needs most first."""
        priced = []
        for place, column in enumerate(table.columns):
            has_value = (table.name, column.name) in self._values
            state, _ = self._names.match(column.label, (column.name, *column.synonyms))
            worth = column_worth(table, column, state, has_value, self._keys)
            priced.append(_Priced(place, worth, self._column_price(table, column)))
        return sorted(priced, key=lambda one: -one.worth)

    def _column_price(self, table: Table, column: Column) -> int:
        values = self._values.get((table.name, column.name), ())
        said = sum(1 + min(_VALUE_PIECES, self._price(match.value)) for match in values)
        return self._price(column.label) + COLUMN_PRICE + (max(VALUE_PRICE, said) if values else 0)

    def _with(self, tables: Sequence[Table], kept: dict[int, set[int]]) -> Schema:
        """The schema of these tables and columns, in its own order, with all keys of those tables."""
        of_name = {
            tables[rank].sql_name: replace(
                tables[rank],
                columns=tuple(column for place, column in enumerate(tables[rank].columns) if place in places),
            )
            for rank, places in kept.items()
        }
        shown = tuple(of_name[table.sql_name] for table in self._schema.tables if table.sql_name in of_name)
        names = {fold(table.name) for table in shown}
        keys = tuple(key for key in self._schema.foreign_keys if fold(key.table) in names)
        return Schema(shown, keys, self._schema.version)


def _that_fit(columns: Iterable[_Priced], room: int) -> tuple[list[_Priced], int]:
    """The columns that fit, in turn, and the room that is left."""
    chosen = []
    for one in columns:
        if one.price <= room:
            chosen.append(one)
            room -= one.price
    return chosen, room
