"""Periods said by another one: «and a year earlier», «the month before that», «the same period last year»."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import replace
from typing import Literal, NamedTuple

from nl2sql.dates.period import Period, Unit
from nl2sql.dates.years import dated, yearless
from nl2sql.errors import ParserError

_EARLIER = re.compile(
    r"\b(?:an?|one|the) (year|quarter|month|week|day) (?:before(?: that| then)?|earlier|prior)(?=\s*(?:[?.!,;)]|$))",
    re.I,
)
_SAME = re.compile(
    r"\bsame\s+(period|time|timeframe|time\s+frame|span|range|dates?|half|days?|weeks?|months?|quarters?|year)\s+"
    r"(?:(?:of|in|during|for|from)\s+)?(?:the\s+)?"
    r"(?:(?:last|previous|prior|preceding)\s+(year|quarter|month|week)|(\d{4})"
    r"|(?:(?:an?|one)\s+)?(year|quarter|month|week)\s+(?:ago|earlier|before|prior))\b",
    re.I,
)
_PREVIOUS = re.compile(r"\b(?:previous|prior|preceding)\s+(year|quarter|month|week|day)\b", re.I)
_COMPARED = r",|\b(?:and|or|but|vs|versus|against|with|to|than|over|from)\b"
_BESIDE = re.compile(
    rf"\s*(?:(?:compared|relative|not|in|of|for|on|the)\s+)*(?:{_COMPARED})"
    rf"(?:[\s.]|{_COMPARED}|\b(?:not|in|of|for|on|the)\b)*",
    re.I,
)
_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
_DAYS: dict[str, int] = {"day": 1, "week": 7}


class EarlierPhrase(NamedTuple):
    """Words from `start` to `end` that mean a period before another one.

    By `form`: `earlier` is «a year earlier» with nothing but a mark behind it; `same` «the same `noun` last year» or,
    with `year`, «the same `noun` of 2023»; `previous` «previous year».
    """

    start: int
    end: int
    unit: Unit
    form: Literal["earlier", "same", "previous"]
    noun: str = ""
    year: int | None = None


def earlier_phrases(question: str) -> list[EarlierPhrase]:
    """Where `question` says a period by another one, left to right.

    >>> [(one.start, one.end, one.unit) for one in earlier_phrases("and a year earlier?")]
    [(4, 18, 'year')]
    >>> earlier_phrases("a day before the due date")
    []
    """
    found = [
        EarlierPhrase(one.start(), one.end(), _unit(one.group(1)), "earlier") for one in _EARLIER.finditer(question)
    ]
    for one in _SAME.finditer(question):
        unit, year = one.group(2) or one.group(4) or "year", one.group(3)
        noun = one.group(1).lower().removesuffix("s")
        found.append(EarlierPhrase(one.start(), one.end(), _unit(unit), "same", noun, int(year) if year else None))
    found += [
        EarlierPhrase(one.start(), one.end(), _unit(one.group(1)), "previous") for one in _PREVIOUS.finditer(question)
    ]
    return sorted(found)


def _unit(word: str) -> Unit:
    return word.lower()  # type: ignore[return-value]


def beside(between: str) -> bool:
    """Whether the words between two periods set one against the other: «vs the», «compared to», «and»."""
    return _BESIDE.fullmatch(between) is not None


def same_period(period: Period, phrase: EarlierPhrase) -> Period | None:
    """What «the same month last year» means after `period`; None where the words do not fit to it."""
    if phrase.noun in _MONTHS.keys() | _DAYS.keys() and phrase.noun != period.unit:
        return None
    if phrase.year is None:
        return period_before(period, phrase.unit)
    if period.kind != "absolute" or period.year is None:
        return None
    return period_before(period, "year", period.year - phrase.year)


def previous_period(period: Period, phrase: EarlierPhrase) -> Period | None:
    """What «the previous year» means beside `period`: the unit before it, or the same part of the year before.

    >>> found = previous_period(Period("year", "absolute", year=2023), earlier_phrases("the prior year")[0])
    >>> found.year
    2022
    """
    if phrase.unit != period.unit and (period.kind != "absolute" or phrase.unit != "year"):
        return None
    return period_before(period, phrase.unit) if period.kind != "to_date" else None


def placed_before(named: Period, period: Period) -> Period | None:
    """«March of the previous year» beside a `period` with its year; None for anything else."""
    if period.kind != "absolute" or period.year is None or named.kind != "named" or named.within != -1:
        return None
    part = replace(named, within=None) if named.end is None and (named.day is None or named.month is not None) else None
    return dated(part, period.year - 1, None, 0) if part is not None and yearless(part) else None


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def period_before(period: Period, unit: Unit, times: int = 1) -> Period | None:
    """What `period` is one `unit` (or some) earlier; None where that is no span of this form.

    >>> found = period_before(Period("month", "absolute", year=2024, month=1), "month")
    >>> found.year, found.month
    (2023, 12)
    """
    try:
        start = _before(replace(period, end=None), unit, times)
        end = _before(period.end, unit, times) if period.end is not None else None
    except (ParserError, ValueError, OverflowError):  # before the first year there is
        return None
    if start is None or period.end is None:
        return start
    return start.until(end) if end is not None else None


def _before(period: Period, unit: Unit, times: int) -> Period | None:
    steps = _steps(period.unit, unit) * times
    if period.count != 1:
        return None
    if period.kind in ("relative", "to_date"):
        return replace(period, offset=period.offset - steps) if steps else None
    if period.kind == "named" and period.within is not None:
        return replace(period, within=period.within - times) if unit == _enclosing(period) else None
    if period.kind != "absolute" or period.year is None or period.week is not None:
        return None
    if period.unit == "day":
        return _day_before(period, unit, times)
    if not steps:
        return period if times == 0 else None
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


def _enclosing(period: Period) -> Unit:
    if period.weekday is not None:
        return "week"
    return "year" if period.day is None or period.month is not None else "month"


def _day_before(period: Period, unit: Unit, times: int) -> Period:
    day = period.as_date()
    if unit in _DAYS:
        day -= dt.timedelta(days=_DAYS[unit] * times)
    else:
        day = months_before(day, _MONTHS[unit] * times)
    return replace(period, year=day.year, month=day.month, day=day.day)
