"""What a time expression means, kept relative to a day that is not known yet, and its text form."""

from __future__ import annotations

import calendar
import datetime as dt
import json
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from nl2sql.errors import ParserError

Unit = Literal["day", "week", "month", "quarter", "year"]
Kind = Literal["absolute", "named", "relative", "last_n", "next_n", "to_date"]
LIMIT = 10**9
"""Offsets and counts go no further than this: far beyond every date, small enough to compute with."""

_PART_LIMITS = {"year": 9999, "month": 12, "day": 31, "quarter": 4, "week": 53, "weekday": 7}
_ABSOLUTE_PARTS: dict[Unit, tuple[frozenset[str], ...]] = {
    "day": (frozenset({"year", "month", "day"}),),
    "week": (frozenset({"year", "week"}),),
    "month": (frozenset({"year", "month"}),),
    "quarter": (frozenset({"year", "quarter"}),),
    "year": (frozenset({"year"}),),
}
_NAMED_PARTS: dict[Unit, tuple[frozenset[str], ...]] = {
    "day": (frozenset({"month", "day"}), frozenset({"weekday"}), frozenset({"day"})),
    "week": (frozenset({"week"}),),
    "month": (frozenset({"month"}),),
    "quarter": (frozenset({"quarter"}),),
    "year": (),
}


@dataclass(frozen=True)
class Period:
    """One span of days, still relative where the question was. Raises ParserError for parts that do not fit together.

    By `kind`:
    - `absolute`: the calendar parts of `unit` with their year (weeks are ISO weeks, `year` the ISO year);
    - `named`: parts without a year (a month, quarter, ISO week, `weekday` 1 = Monday to 7, month and day, or a day of
      the month). `within` places it in the enclosing period counted from as_of (0 this one, -1 the one before): the
      week for a weekday, the month for a lone day, else the year. Without `within`, `offset` picks the most recent one
      that has begun (0), the most recent one that is over (-1), or the first that is yet to begin (+1);
    - `relative`: `count` whole calendar units beginning `offset` units from the current one;
    - `last_n`, `next_n`: `count` units back or ahead of as_of, as_of included;
    - `to_date`: from the start of the current unit to as_of, as_of included; with a negative `offset`, as much of an
      earlier unit.
    With `end`, the span runs from the start of this period to the end of that one.
    """

    unit: Unit
    kind: Kind
    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    week: int | None = None
    weekday: int | None = None
    offset: int = 0
    count: int = 1
    within: int | None = None
    end: Period | None = None

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise ParserError(f"This is no period of time: {problem}.")

    def until(self, end: Period) -> Period:
        """The range from the start of this period to the end of `end` (to the end of its range, if it is one)."""
        return replace(self, end=end.end or end)

    def as_date(self) -> dt.date:
        """The date of an absolute day; first day of an absolute month or year."""
        return dt.date(self.year or 1, self.month or 1, self.day or 1)


def to_text(period: Period) -> str:
    """`period` as compact JSON, parts at their default left out; `from_text` reads it back.

    >>> to_text(Period("year", "relative", offset=-1))
    '{"unit":"year","kind":"relative","offset":-1}'
    """
    return json.dumps(_as_json(period), separators=(",", ":"))


def from_text(text: str) -> Period:
    """The period that `to_text` wrote. Raises ParserError for anything else.

    >>> from_text('{"unit":"month","kind":"absolute","year":2024,"month":3}').month
    3
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError, TypeError) as error:
        raise ParserError("This is no period of time: it is not JSON.") from error
    return _from_json(content, nested=False)


def _as_json(period: Period) -> dict[str, object]:
    body: dict[str, object] = {}
    for field in fields(period):
        value = getattr(period, field.name)
        if isinstance(value, Period):
            body[field.name] = _as_json(value)
        elif value != field.default:
            body[field.name] = value
    return body


def _from_json(content: Any, *, nested: bool) -> Period:
    if not isinstance(content, dict):
        raise ParserError("This is no period of time: it is not a JSON object.")
    known = {field.name for field in fields(Period)}
    parts: dict[str, Any] = {}
    for name, value in content.items():
        if name not in known or (name == "end" and nested):
            raise ParserError("This is no period of time: it has a part that is not known.")
        if name == "end":
            parts[name] = _from_json(value, nested=True)
        elif name in ("unit", "kind"):
            parts[name] = value
        elif isinstance(value, bool) or not isinstance(value, int):
            raise ParserError(f"This is no period of time: {name} is not a whole number.")
        else:
            parts[name] = value
    if "unit" not in parts or "kind" not in parts:
        raise ParserError("This is no period of time: unit and kind are needed.")
    return Period(**parts)


def _problem(period: Period) -> str | None:
    """Why the parts do not make a period; None when they do."""
    if period.unit not in get_args(Unit):
        return "the unit is not day, week, month, quarter or year"
    if period.kind not in get_args(Kind):
        return f"the kind is none of {', '.join(get_args(Kind))}"
    for name, limit in _PART_LIMITS.items():
        value = getattr(period, name)
        if value is not None and not 1 <= value <= limit:
            return f"{name} must be 1 to {limit}"
    if not 1 <= period.count <= LIMIT or max(abs(period.offset), abs(period.within or 0)) > LIMIT:
        return "a count or offset is out of range"
    if period.end is not None and period.end.end is not None:
        return "the end of a range is itself a range"
    return _misfit(period)


def _misfit(period: Period) -> str | None:
    given = frozenset(name for name in _PART_LIMITS if getattr(period, name) is not None)
    if period.kind == "absolute":
        expected = _ABSOLUTE_PARTS[period.unit]
    else:
        expected = _NAMED_PARTS[period.unit] if period.kind == "named" else (frozenset(),)
    if given not in expected:
        return f"the parts given do not name {'an' if period.kind == 'absolute' else 'a'} {period.kind} {period.unit}"
    if period.count != 1 and period.kind not in ("relative", "last_n", "next_n"):
        return "only a relative period has a count"
    if period.within is not None and period.kind != "named":
        return "only a named period lies within another"
    points = period.kind == "named" and period.within is None and abs(period.offset) == 1
    earlier = period.kind == "to_date" and period.offset < 0
    if period.offset and period.kind != "relative" and not points and not earlier:
        return "the offset does not fit"
    if period.kind == "absolute":
        return _no_such_day(period)
    if period.kind == "named" and period.day is not None:
        if period.month is None and period.within is None:
            return "a day needs its month"
        if period.day > calendar.monthrange(2000, period.month or 1)[1]:
            return "the month has no such day"
    return None


def _no_such_day(period: Period) -> str | None:
    assert period.year is not None
    try:
        if period.week is not None:
            dt.date.fromisocalendar(period.year, period.week, 1)
        elif period.day is not None:
            dt.date(period.year, period.month or 1, period.day)
    except ValueError:
        return "the calendar has no such date"
    return None
