"""From a period and an as_of date to half-open bounds, and to words for a person."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable

from nl2sql.dates.period import Period, Unit

Span = tuple[int, int]
"""Start and end as ordinals (`date.toordinal`), end excluded; may reach one day past date.max before clamping."""

_FIRST, _LAST = dt.date.min.toordinal(), dt.date.max.toordinal()
_MONTHS_IN: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
_SEARCHED_YEARS = 10  # 29 February and ISO week 53 are at most eight years apart


def bounds(period: Period, as_of: dt.date) -> tuple[dt.date, dt.date]:
    """First day and the day after the last one of `period`, seen from `as_of`; always start < end.

    What reaches beyond the calendar of Python (0001-01-01 to 9999-12-31) is cut there.

    >>> [str(day) for day in bounds(Period("quarter", "relative", offset=-1), dt.date(2025, 2, 14))]
    ['2024-10-01', '2025-01-01']
    """
    today = as_of.toordinal()
    start, end = _span(period, today)
    if period.end is not None:
        last_start, last_end = _end_span(period, period.end, start, today)
        if start < last_end:
            end = last_end
        else:  # written the wrong way round: "from 2024 to 2022"
            start = last_start
    end = min(max(end, _FIRST + 1), _LAST)
    start = min(max(start, _FIRST), end - 1)
    return dt.date.fromordinal(start), dt.date.fromordinal(end)


def _end_span(period: Period, end: Period, start: int, today: int) -> Span:
    """The end of a range. A month without a year after a start within a year is the first one from there on."""
    within_a_year = period.kind == "named" or (period.kind == "absolute" and period.unit != "year")
    if end.kind == "named" and end.within is None and not end.offset and within_a_year:
        return _occurrence(end, start, lambda span: span[0] >= start, forward=True)
    return _span(end, today)


def _span(period: Period, today: int) -> Span:
    match period.kind:
        case "absolute":
            return _in_year(period, period.year or 1) or (_FIRST, _FIRST + 1)
        case "named":
            return _named(period, today)
        case "relative":
            start = _unit_start(today, period.unit, period.offset)
            return start, _unit_start(today, period.unit, period.offset + period.count)
        case "last_n":
            return _shift(today, period.unit, -period.count), today + 1
        case "next_n":
            return today, _shift(today, period.unit, period.count) + 1
        case "to_date":
            return _unit_start(today, period.unit, period.offset), _shift(today, period.unit, period.offset) + 1


def _named(period: Period, today: int) -> Span:
    if period.within is not None:
        return _enclosed(period, today, period.within)
    if period.offset < 0:
        return _occurrence(period, today, lambda span: span[1] <= today, forward=False)
    if period.offset > 0:
        return _occurrence(period, today, lambda span: span[0] > today, forward=True)
    return _occurrence(period, today, lambda span: span[0] <= today, forward=False)


def _occurrence(period: Period, day: int, fits: Callable[[Span], bool], *, forward: bool) -> Span:
    """The occurrence nearest to `day` that fits, looking ahead or back; at the edge of the calendar, any nearest."""
    if period.weekday is not None:
        monday = _monday(day)
        weeks = (-1, 0, 1, 2) if forward else (1, 0, -1, -2)
        spans = [(start, start + 1) for start in (monday + 7 * week + period.weekday - 1 for week in weeks)]
    else:
        year = _date(day).year
        years = range(year - 1, year + _SEARCHED_YEARS) if forward else range(year + 1, year - _SEARCHED_YEARS, -1)
        spans = [span for span in (_in_year(period, one) for one in years if 1 <= one <= 9999) if span]
    if not spans:
        return _occurrence(period, day, fits, forward=not forward)
    return next((span for span in spans if fits(span)), spans[-1])


def _enclosed(period: Period, today: int, within: int) -> Span:
    """A named period in the week, month or year that is `within` away from the current one."""
    if period.weekday is not None:
        start = _unit_start(today, "week", within) + period.weekday - 1
        return start, start + 1
    if period.day is not None and period.month is None:
        first, after = _unit_start(today, "month", within), _unit_start(today, "month", within + 1)
        start = min(first + period.day - 1, after - 1)
        return start, start + 1
    now = _date(today)
    year = min(max((now.isocalendar().year if period.week else now.year) + within, 1), 9999)
    span = _in_year(period, year)
    if span is None:  # 29 February or week 53 in a year without one: the last day or week there is
        if period.week is not None:
            after = _week_one(year + 1)
            return after - 7, after
        start = dt.date(year, period.month or 1, 28).toordinal()
        return start, start + 1
    return span


def _in_year(period: Period, year: int) -> Span | None:
    """The parts of a period placed in `year`; None where that year has no such day or week."""
    if period.week is not None:
        start = _week_one(year) + 7 * (period.week - 1)
        return (start, start + 7) if start < _week_one(year + 1) else None
    if period.day is not None and period.month is not None:
        if period.day > calendar.monthrange(year, period.month)[1]:
            return None
        start = dt.date(year, period.month, period.day).toordinal()
        return start, start + 1
    if period.month is not None:
        return _month_start(year * 12 + period.month - 1), _month_start(year * 12 + period.month)
    if period.quarter is not None:
        index = year * 12 + 3 * (period.quarter - 1)
        return _month_start(index), _month_start(index + 3)
    return _month_start(year * 12), _month_start(year * 12 + 12)


def _date(ordinal: int) -> dt.date:
    return dt.date.fromordinal(min(max(ordinal, _FIRST), _LAST))


def _monday(day: int) -> int:
    return day - (day - _FIRST) % 7  # 0001-01-01 was a Monday


def _week_one(year: int) -> int:
    """The Monday of ISO week 1: the week with 4 January."""
    return _monday(_month_start(year * 12) + 3)


def _month_start(index: int) -> int:
    """First day of a month counted from year 0; one past date.max for the month after the last."""
    if index < 12:
        return _FIRST
    if index >= 120_000:
        return _LAST + 1
    return dt.date(index // 12, index % 12 + 1, 1).toordinal()


def _unit_start(day: int, unit: Unit, offset: int) -> int:
    if unit == "day":
        return day + offset
    if unit == "week":
        return _monday(day) + 7 * offset
    months, date = _MONTHS_IN[unit], _date(day)
    index = date.year * 12 + date.month - 1
    return _month_start(index - index % months + offset * months)


def _shift(day: int, unit: Unit, count: int) -> int:
    """`day` moved by whole units; the 31st becomes the last day of a shorter month."""
    if unit in ("day", "week"):
        return day + count * (7 if unit == "week" else 1)
    date = _date(day)
    index = date.year * 12 + date.month - 1 + count * _MONTHS_IN[unit]
    first, after = _month_start(index), _month_start(index + 1)
    return min(first + date.day - 1, after - 1) if after > first else first


def describe(period: Period, as_of: dt.date) -> str:
    """The bounds and the words of `period`, for a note to a person.

    >>> describe(Period("year", "relative", offset=-1), dt.date(2026, 5, 4))
    '2025-01-01 up to 2026-01-01 (last year)'
    """
    start, end = bounds(period, as_of)
    return f"{start.isoformat()} up to {end.isoformat()} ({phrase(period)})"


def phrase(period: Period) -> str:
    """`period` in English words, for example "last year", "the most recent March", "Q1 2023 to Q3 2023"."""
    words = _phrase(period)
    return words if period.end is None else f"{words} to {_phrase(period.end)}"


def _phrase(period: Period) -> str:
    plural = f"{period.count} {period.unit}s" if period.count > 1 else period.unit
    match period.kind:
        case "absolute":
            return _calendar_words(period)
        case "last_n":
            return f"the last {plural} up to today"
        case "next_n":
            return f"the next {plural} from today"
        case "to_date":
            return f"{_relative_words(Period(period.unit, 'relative', offset=period.offset))} to date"
        case "relative":
            return _relative_words(period)
        case "named":
            name = _calendar_words(period)
            if period.within is not None:
                enclosing: Unit = (
                    "week" if period.weekday else "year" if period.day is None or period.month else "month"
                )
                return f"{name} of {_relative_words(Period(enclosing, 'relative', offset=period.within))}"
            return {0: "the most recent ", -1: "last ", 1: "next "}[period.offset] + name


def _calendar_words(period: Period) -> str:
    year = "" if period.year is None else f" {period.year}"
    if period.weekday is not None:
        return calendar.day_name[period.weekday - 1]
    if period.week is not None:
        return f"week {period.week}" + (f" of{year}" if year else "")
    if period.quarter is not None:
        return f"Q{period.quarter}{year}"
    if period.month is None:
        return year.strip() if period.day is None else f"day {period.day}"
    month = calendar.month_name[period.month]
    return f"{month}{year}" if period.day is None else f"{month} {period.day}" + (f",{year}" if year else "")


def _relative_words(period: Period) -> str:
    unit, offset, count = period.unit, period.offset, period.count
    if count > 1:
        if offset == -count:
            return f"the {count} calendar {unit}s before this one"
        if offset == 1:
            return f"the {count} calendar {unit}s after this one"
        return f"{count} {unit}s from {_relative_words(Period(unit, 'relative', offset=offset))}"
    if unit == "day" and -1 <= offset <= 1:
        return ("today", "tomorrow", "yesterday")[offset]
    if -1 <= offset <= 1:
        return ("this", "next", "last")[offset] + f" {unit}"
    return f"{-offset} {unit}s ago" if offset < 0 else f"{offset} {unit}s from now"
