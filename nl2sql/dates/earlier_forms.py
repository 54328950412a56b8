"""Periods said by another one: «and a year earlier», «the month before that»."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from nl2sql.dates.period import Period, Unit

_EARLIER = re.compile(
    r"\b(?:an?|one|the) (year|quarter|month|week|day) (?:before(?: that| then)?|earlier|prior)(?=\s*(?:[?.!,;)]|$))",
    re.I,
)
_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
_DAYS: dict[str, int] = {"day": 1, "week": 7}


def earlier_phrases(question: str) -> list[tuple[int, int, Unit]]:
    """Where `question` says «a year earlier» and the like, nothing but a mark behind it, and by which unit.

    >>> earlier_phrases("and a year earlier?"), earlier_phrases("a day before the due date")
    ([(4, 18, 'year')], [])
    """
    found: list[tuple[int, int, Unit]] = []
    for match in _EARLIER.finditer(question):
        unit: Unit = match.group(1).lower()  # type: ignore[assignment]
        found.append((match.start(), match.end(), unit))
    return found


def period_before(period: Period, unit: Unit) -> Period | None:
    """The span as long as `period` that lies one `unit` earlier; None where that is no span of this form.

    >>> found = period_before(Period("month", "absolute", year=2024, month=1), "month")
    >>> found.year, found.month
    (2023, 12)
    """
    if period.end is not None or period.count != 1:
        return None
    if period.kind == "relative":
        steps = _steps(period.unit, unit)
        return replace(period, offset=period.offset - steps) if steps else None
    if period.kind != "absolute" or period.year is None or period.week is not None:
        return None
    if period.unit == "day":
        return _day_before(period, unit)
    steps = _steps(period.unit, unit)
    if not steps:
        return None
    if period.unit == "year":
        return replace(period, year=period.year - steps)
    if period.unit == "month":
        year, month = divmod(period.year * 12 + (period.month or 1) - 1 - steps, 12)
        return replace(period, year=year, month=month + 1)
    year, quarter = divmod(period.year * 4 + (period.quarter or 1) - 1 - steps, 4)
    return replace(period, year=year, quarter=quarter + 1)


def _steps(own: Unit, unit: Unit) -> int:
    """How many of a period's own units one `unit` has; 0 where it is shorter or not a whole number of them."""
    for sizes in (_MONTHS, _DAYS):
        if own in sizes and unit in sizes and sizes[unit] % sizes[own] == 0:
            return sizes[unit] // sizes[own]
    return 0


def _day_before(period: Period, unit: Unit) -> Period | None:
    if unit not in _DAYS:
        return None
    day = period.as_date() - dt.timedelta(days=_DAYS[unit])
    return replace(period, year=day.year, month=day.month, day=day.day)
