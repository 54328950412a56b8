"""Turns rows of JSON into columns: objects in a row are opened one level, what is nested deeper becomes JSON text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from nl2sql.ingest.base import Finding
from nl2sql.ingest.cells import Cell, Nested
from nl2sql.ingest.json_text import Odd, dump
from nl2sql.ingest.names import shown_header
from nl2sql.ingest.staging import Staging

_SPREAD = 100  # an object with more keys than this over the first rows is a map, not a set of columns

Place = tuple[str, ...]
"""Where a column's values are in a row: a key, or a key and a key in the object there."""


@dataclass
class Flattened:
    """Puts batches of rows (objects, or lists by position) into a staging table; the first batch decides the layout."""

    staging: Staging
    odd: Odd
    places: dict[Place, None] = field(default_factory=dict)
    _maps: set[str] | None = None
    _header: list[str] = field(default_factory=list)
    _lists: bool = False

    def add(self, at: Sequence[int], rows: Sequence[Any]) -> None:
        """The rows that begin in the lines `at`, with columns for the keys that are new."""
        if not rows:
            return
        if self._maps is None:
            self._maps = _maps(rows)
            self._lists = all(isinstance(row, list) for row in rows)
            names = _header(rows) if self._lists else None
            if names is not None:
                self._header, rows, at = names, rows[1:], at[1:]
                self._open([(str(place),) for place in range(len(names))])
        found = dict(self._columns([_by_key(row) for row in rows]))
        opened = {place[0] for place in (*self.places, *found) if len(place) == 2}
        for place, cells in list(found.items()):
            if cells is None and (place in self.places or place[0] in opened):
                del found[place]  # null, where other rows may have an object
        self._open([place for place in found if place not in self.places])
        self.staging.add(at, [found.get(place) for place in self.places])

    def said(self) -> Iterator[Finding]:
        """What is odd about the layout."""
        opened = dict.fromkeys(place[0] for place in self.places if len(place) == 2)
        for key in opened:
            if (key,) in self.places:
                shown = shown_header(key)
                sentence = f"“{shown}” is an object in some rows and a value in others: they are columns of their own."
                yield Finding(sentence, "warning")

    def _open(self, places: Sequence[Place]) -> None:
        if places:
            self.places |= dict.fromkeys(places)
            self.staging.add_columns([self._label(place) for place in places])

    def _label(self, place: Place) -> str:
        if self._lists and len(place) == 1:
            position = int(place[0])
            return self._header[position] if position < len(self._header) else ""
        return shown_header(".".join(place))

    def _columns(self, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[Place, list[Cell] | None]]:
        """The cells of each place in these rows; None where all are NULL."""
        for key in dict.fromkeys(chain.from_iterable(rows)):
            values = [row.get(key) for row in rows]
            kinds = set(map(type, values))
            if dict in kinds and key not in (self._maps or ()):
                inner = [value if type(value) is dict else {} for value in values]
                for name in dict.fromkeys(chain.from_iterable(inner)):
                    cells = [value.get(name) for value in inner]
                    yield (key, name), self._cells(cells, set(map(type, cells)))
                if kinds <= {dict, type(None)}:
                    continue
                values = [None if type(value) is dict else value for value in values]
                kinds.discard(dict)
            yield (key,), self._cells(values, kinds)

    def _cells(self, values: list[Any], kinds: set[type]) -> list[Cell] | None:
        if kinds == {type(None)}:
            return None
        if dict in kinds or list in kinds:
            values = [Nested(dump(value)) if type(value) in (dict, list) else value for value in values]
        if str in kinds or dict in kinds or list in kinds:
            try:
                "".join(value for value in values if isinstance(value, str)).encode()
            except UnicodeEncodeError:
                values = [self._whole(value) for value in values]
        return values

    def _whole(self, value: Any) -> Any:
        """A text without halves of surrogate pairs, which no file can hold."""
        if not isinstance(value, str):
            return value
        whole = whole_text(value)
        self.odd.half_characters += whole != value
        return Nested(whole) if type(value) is Nested else whole


def whole_text(text: str) -> str:
    """`text` with halves of surrogate pairs replaced."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _by_key(row: Any) -> dict[str, Any]:
    return row if isinstance(row, dict) else {str(position): one for position, one in enumerate(row)}


def _maps(rows: Sequence[Any]) -> set[str]:
    """Keys whose objects have so many keys over these rows that those are values, not columns."""
    keys: dict[str, set[str]] = {}
    for row in rows:
        if isinstance(row, dict):
            for key, value in row.items():
                if type(value) is dict:
                    keys.setdefault(key, set()).update(value)
    return {key for key, inner in keys.items() if len(inner) > _SPREAD}


def _header(rows: Sequence[Any]) -> list[str] | None:
    """Names of columns where rows are lists: the first row when only it holds nothing but text."""
    first = rows[0]
    named = len(rows) > 1 and bool(first) and all(isinstance(one, str) and one for one in first)
    if named and len(set(first)) == len(first) and any(not isinstance(one, str) for row in rows[1:] for one in row):
        return [shown_header(one) for one in first]
    return None
