"""What a production of the date grammar gives back, and how it builds periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nl2sql.dates.period import Period, Unit
from nl2sql.dates.words import Tokens, YearRef
from nl2sql.errors import ParserError


@dataclass(frozen=True)
class Found:
    """A period and the place of the token after it. Without a period, the words are an impossible date, read over.

    `bare_year`: nothing but four digits. `ambiguous`: another reading is as good (03/04/2024, fiscal years, seasons).
    """

    period: Period | None
    after: int
    bare_year: bool = False
    ambiguous: bool = False


Production = Callable[[Tokens, int], Found | None]


def longest(tokens: Tokens, at: int, productions: Iterable[Production]) -> Found | None:
    """The match that reaches furthest; the first of equals."""
    best: Found | None = None
    for production in productions:
        found = production(tokens, at)
        if found is not None and (best is None or found.after > best.after):
            best = found
    return best


def blocked(after: int) -> Found:
    """A date that no calendar has ("30 February 2024"): its words are used up and mean nothing."""
    return Found(None, after)


def placed(
    unit: Unit,
    reference: YearRef,
    *,
    month: int | None = None,
    day: int | None = None,
    quarter: int | None = None,
    week: int | None = None,
) -> Period | None:
    """Calendar parts in the year referred to, or without a year; None for a date that no calendar has."""
    try:
        return Period(
            unit,
            "named" if reference.year is None else "absolute",
            year=reference.year,
            month=month,
            day=day,
            quarter=quarter,
            week=week,
            within=reference.within,
        )
    except ParserError:
        return None


def absolute_or_none(
    unit: Unit, *, year: int, month: int | None = None, day: int | None = None, week: int | None = None
) -> Period | None:
    """The absolute period of these parts; None for a date that no calendar has."""
    try:
        return Period(unit, "absolute", year=year, month=month, day=day, week=week)
    except ParserError:
        return None


def day_period(day: dt.date) -> Period:
    """One day of the calendar."""
    return Period("day", "absolute", year=day.year, month=day.month, day=day.day)


def span_of_quarters(first: int, last: int, reference: YearRef, after: int) -> Found:
    """Quarters `first` to `last` (1 to 4) of the year referred to."""
    end = placed("quarter", reference, quarter=last) if last > first else None
    return Found(_with_end(placed("quarter", reference, quarter=first), end), after)


def span_of_months(first: int, last: int, reference: YearRef, after: int) -> Found:
    """Months `first` to `last` (1 to 12) of the year referred to."""
    end = placed("month", reference, month=last) if last > first else None
    return Found(_with_end(placed("month", reference, month=first), end), after)


def _with_end(start: Period | None, end: Period | None) -> Period | None:
    return start.until(end) if start is not None and end is not None else start
