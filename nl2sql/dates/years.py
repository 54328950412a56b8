"""Which year a month, quarter or date without one belongs to, when a neighbour names it."""

from __future__ import annotations

from dataclasses import replace

from nl2sql.dates.found import placed
from nl2sql.dates.period import Period
from nl2sql.dates.words import YearRef


def with_year_of_end(start: Period, end: Period) -> tuple[Period, Period]:
    """ "March to May 2024": the year at the end holds for both; "November to February 2024" begins the year before."""
    given = end.year if end.kind == "absolute" and end.unit != "year" else None
    within = end.within if end.kind == "named" and end.weekday is None else None
    if start.kind != "named" or start.within is not None or start.offset or start.weekday is not None:
        return start, end
    if given is None and within is None:
        return start, end
    return dated(start, given, within, -1 if place_in_year(start) > place_in_year(end) else 0), end


def dated(period: Period, year: int | None, within: int | None, shift: int) -> Period:
    """A named period put into a year, moved by `shift` years; unchanged where that year has no such day."""
    dated = _in_year(period, None if year is None else year + shift, None if within is None else within + shift)
    return dated or period


def _in_year(period: Period, year: int | None, within: int | None) -> Period | None:
    return placed(
        period.unit, YearRef(year, within), month=period.month, day=period.day, quarter=period.quarter, week=period.week
    )


def place_in_year(period: Period) -> tuple[int, int]:
    """Where in a year a period begins, comparable between months, quarters, weeks and days."""
    if period.quarter is not None:
        return period.quarter * 3 - 2, 1
    if period.week is not None:
        return (period.week - 1) * 12 // 53 + 1, period.week
    return period.month or 1, period.day or 1


def ordered_range(start: Period, end: Period) -> Period:
    """The range of two periods, the earlier one first."""
    if start.kind == "absolute" and end.kind == "absolute":
        last = end.end or end
        if ((start.year or 0), place_in_year(start)) > (
            (last.year or 0),
            place_in_year(last),
        ) and last.unit == start.unit:
            return replace(last, end=start.end or replace(start, end=None))
    return start.until(end)


def yearless(period: Period) -> bool:
    """Whether it is a month, quarter, week or date that a neighbour may lend its year."""
    named = period.kind == "named" and period.weekday is None and period.end is None
    return named and period.within is None and not period.offset


def gives_year(period: Period) -> bool:
    """Whether its year was written with a month, quarter, week or date, so that neighbours may share it."""
    if period.unit == "year" or period.end is not None or period.weekday is not None:
        return False
    return period.kind == "absolute" or (period.within is not None and (period.day is None or period.month is not None))


def year_of(period: Period) -> YearRef | None:
    """The year that a lone year means ("2023", "last year"); None for anything else."""
    if period.unit != "year" or period.end is not None or period.count != 1:
        return None
    if period.kind == "absolute":
        return YearRef(period.year, None)
    return YearRef(None, period.offset) if period.kind == "relative" else None
