"""The schemas that tests/readings.jsonl names, and its lines as cases."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from nl2sql import dates
from nl2sql.parsers.builtin.convert import to_reading
from nl2sql.parsers.builtin.grammar import Leaf, Reading
from nl2sql.schema import Column, ForeignKey, Schema, Table

TODAY = dt.date(2025, 2, 14)


def _table(name: str, columns: str, key: tuple[str, ...] = ("id",), namespace: str = "main") -> Table:
    pairs = [part.strip().rsplit(" ", 1) for part in columns.split(",")]
    types = {"ENUM": "ENUM('new', 'old')"}
    return Table(name, tuple(Column(one, types.get(kind, kind)) for one, kind in pairs), key, namespace=namespace)


SCHEMAS = {
    "library": Schema(
        (
            _table("authors", "id INTEGER, name VARCHAR, country VARCHAR, born DATE"),
            _table(
                "books",
                "id INTEGER, title VARCHAR, author_id INTEGER, price DOUBLE, pages INTEGER, published DATE, "
                "in_print BOOLEAN, cost DOUBLE, weight VARCHAR, opened TIME",
            ),
            _table("loans", "id INTEGER, book_id INTEGER, member_id INTEGER, taken TIMESTAMP, returned TIMESTAMP"),
            _table("members", "id INTEGER, name VARCHAR, sponsor_id INTEGER, level ENUM, card UUID"),
            _table("rooms", "number INTEGER, floor INTEGER", ("number",)),
        ),
        (
            ForeignKey("books", ("author_id",), "authors", ("id",)),
            ForeignKey("loans", ("book_id",), "books", ("id",)),
            ForeignKey("loans", ("member_id",), "members", ("id",)),
        ),
    ),
    "flights": Schema(
        (
            _table("airport", "id INTEGER, name VARCHAR, city VARCHAR"),
            _table("flight", "id INTEGER, departure_id INTEGER, airport_id INTEGER, seats INTEGER"),
            _table("seat", "flight_id INTEGER, nr INTEGER, class VARCHAR", ("flight_id", "nr")),
            _table("booking", "id INTEGER, flight INTEGER, nr INTEGER, price DOUBLE"),
        ),
        (
            ForeignKey("flight", ("departure_id",), "airport", ("id",)),
            ForeignKey("flight", ("airport_id",), "airport", ("id",)),
            ForeignKey("booking", ("flight", "nr"), "seat", ("flight_id", "nr")),
        ),
    ),
    "odd": Schema(
        (
            _table("Order Lines", "Line No INTEGER, order VARCHAR, Total ($) DOUBLE, when DATE", ("Line No",)),
            _table("people", "id INTEGER, who VARCHAR, line INTEGER", namespace="hr"),
        ),
        (ForeignKey("people", ("line",), "Order Lines", ("Line No",)),),
    ),
}


@dataclass(frozen=True)
class Case:
    """Gold SQL, and what is rendered of its reading: `expected` SQL, or the `error` sentence."""

    schema_name: str
    sql: str
    expected: str
    periods: dict[str, str]
    stored: dict[str, str]

    @property
    def schema(self) -> Schema:
        return SCHEMAS[self.schema_name]

    def reading(self) -> Reading:
        """The gold SQL's reading; literals named in `periods` become dates, those in `stored` stored values."""
        fitted = []
        for action in to_reading(self.sql, self.schema):
            if isinstance(action, Leaf) and action.kind in ("text", "number") and action.text in self.periods:
                (found,) = dates.find_dates(self.periods[action.text])
                action = Leaf("date", value=dates.to_text(found.period), text=found.text)
            elif isinstance(action, Leaf) and action.kind == "text" and action.text in self.stored:
                action = replace(action, value=self.stored[action.text])
            fitted.append(action)
        return tuple(fitted)


@cache
def cases() -> tuple[Case, ...]:
    """The lines of tests/readings.jsonl."""
    lines = (Path(__file__).parent / "readings.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        Case(one["schema"], one["sql"], one["expected"], one.get("periods", {}), one.get("stored", {}))
        for one in map(json.loads, lines)
    )
