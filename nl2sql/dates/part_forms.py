"""Productions for parts of a month, quarter or year, and for spans named by their last day."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import replace
from typing import NamedTuple

from nl2sql.dates.bounds import bounds
from nl2sql.dates.calendar_forms import (
    ENDED,
    LAST_WORDS,
    RANGE_WORDS,
    day_form,
    days_of_month,
    days_within,
    month_form,
    quarter_form,
)
from nl2sql.dates.earlier_forms import months_before
from nl2sql.dates.found import Found, blocked, day_period, longest, span_of_months
from nl2sql.dates.numeric_forms import numeric_date
from nl2sql.dates.period import Period
from nl2sql.dates.relative_forms import BACK
from nl2sql.dates.words import HYPHENS, ORDINALS, Tokens, YearRef, day_number, direction, number, unit, year_ref

_DAYS_IN = {"day": 1, "days": 1, "week": 7, "weeks": 7, "fortnight": 14}
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
_EACH = frozenset({"a", "an", "by", "per", "each", "every"})
_FARTHEST = 1200  # how many units a span that ends on a day may reach back


class _Part(NamedTuple):
    """Which of the equal pieces of something, counted from its start or its end: pieces `low` to `high`."""

    low: int
    high: int
    of_end: bool


class _Whole(NamedTuple):
    """What a part is of: months `first` to `last` of a year."""

    first: int
    last: int
    year: YearRef


def part_form(tokens: Tokens, at: int) -> Found | None:
    """ "first week of March 2024", "last 10 days of 2023", "second half of May", "last month of Q1 2024"."""
    which = _which(tokens, at)
    if which is None:
        return None
    part, at = which
    noun, of = tokens[at].text, tokens[at + 1].text
    if (of != "of" and (of != "in" or part.of_end)) or (
        noun not in _DAYS_IN and noun not in ("month", "months", "half")
    ):
        return None
    the = tokens[at + 2].text == "the"
    name_at = at + 2 + the
    where = direction(tokens[name_at].text)
    if where is not None and tokens[name_at + 1].text == "month":
        return _part_of_month_around(part, noun, where, name_at + 2)
    whole = _whole(tokens, at + 1)
    if whole is not None:
        return _part_of(part, noun, *whole)
    other = unit(tokens, name_at + (where is not None)) if the or where is not None else None
    return blocked(other[1]) if other and of == "of" and not other[0].plural else None


def _which(tokens: Tokens, at: int) -> tuple[_Part, int] | None:
    """ "first", "last three", "second", and the place after it."""
    text = tokens[at].text
    if text == "first" or text in LAST_WORDS:
        count = number(tokens, at + 1) or (1, at + 1)
        return (_Part(1, count[0], text != "first"), count[1]) if count[0] >= 1 else None
    place = day_number(tokens, at)
    if place is None or (tokens[at].digits and place[1] == at + 1):
        return None
    return _Part(place[0], place[0], of_end=False), place[1]


def _whole(tokens: Tokens, of: int) -> tuple[_Whole, int] | None:
    at = of + 1 + (tokens[of + 1].text == "the")
    found = longest(tokens, at, (numeric_date if tokens[at].digits else month_form, quarter_form))
    period = found.period if found else None
    if found is not None and period is not None:
        year = YearRef(period.year, period.within)
        if period.unit == "month" and period.month is not None:
            return _Whole(period.month, period.month, year), found.after
        if period.unit == "quarter" and period.quarter is not None and period.end is None:
            return _Whole(period.quarter * 3 - 2, period.quarter * 3, year), found.after
        return None
    reference = year_ref(tokens, of)
    return (_Whole(1, 12, reference[0]), reference[1]) if reference else None


def _part_of(part: _Part, noun: str, whole: _Whole, after: int) -> Found | None:
    months = whole.last - whole.first + 1
    if noun == "half":
        if months == 12:
            return None
        return _half(part, whole, after) if months == 1 else blocked(after)
    if noun not in _DAYS_IN:
        if months != 3:
            return None
        low, high = (4 - part.high, 4 - part.low) if part.of_end else (part.low, part.high)
        inside = low >= 1 and high <= 3
        return span_of_months(whole.first + low - 1, whole.first + high - 1, whole.year, after) if inside else None
    size = _DAYS_IN[noun]
    low, high = (part.low - 1) * size + 1, part.high * size
    length = _days_in(whole.last if part.of_end else whole.first, whole.year)
    if high > (length or 28) or (part.of_end and length is None):
        return blocked(after)
    if part.of_end and length is not None:
        low, high = length + 1 - high, length + 1 - low
    found = days_of_month(whole.last if part.of_end else whole.first, low, high, (whole.year, after))
    return replace(found, ambiguous=size > 1)


def _half(part: _Part, whole: _Whole, after: int) -> Found:
    if part.high == 1 and not part.of_end:
        return days_of_month(whole.first, 1, 15, (whole.year, after))
    length = _days_in(whole.first, whole.year)
    fits = length is not None and (part.high == 2 or part.of_end)
    return days_of_month(whole.first, 16, length, (whole.year, after)) if fits and length else blocked(after)


def _part_of_month_around(part: _Part, noun: str, where: int, after: int) -> Found | None:
    """Of last, this or next month, whose length is not known: its last day is its 31st."""
    if noun == "half":
        second = part.of_end or part.high == 2
        return days_within(where, 16, 31, after) if second else days_within(where, 1, 15, after)
    size = _DAYS_IN.get(noun)
    if size is None or part.high * size > 28:
        return blocked(after)
    if part.of_end:
        return days_within(where, 31, 31, after) if size == part.high == 1 else blocked(after)
    return replace(days_within(where, (part.low - 1) * size + 1, part.high * size, after), ambiguous=size > 1)


def _days_in(month: int, year: YearRef) -> int | None:
    """How many days a month has; None for a February without its year."""
    if year.year is None and month == 2:
        return None
    return calendar.monthrange(year.year or 2000, month)[1]


def ended_form(tokens: Tokens, at: int) -> Found | None:
    """ "12 months ended 31 March 2024", "year ended 31/12/2023", "six months to June 2023", "week ended ..."."""
    before = tokens[at - 1].text if at else ""
    directed = tokens[at].text in BACK
    at += directed
    half = tokens[at].text == "half"
    at += half + (half and tokens[at + 1].text in HYPHENS)
    count = number(tokens, at)
    noun = unit(tokens, count[1] if count else at)
    if noun is None or (count is None and (noun[0].plural or before in _EACH)):
        return None
    if half and (count is not None or noun[0].unit != "year"):
        return None
    at = noun[1] + (tokens[noun[1]].text == "period")
    word, at = tokens[at].text, at + 1
    spoken = not directed and (count is not None or noun[0].unit == "year")
    if word not in ENDED and not (spoken and word in RANGE_WORDS and word.isalpha() and word != "and"):
        return None
    at += tokens[at].text in ("on", "in")
    at += tokens[at].text == "the"
    found = longest(tokens, at, (numeric_date if tokens[at].digits else month_form, day_form))
    last = found.period if found else None
    if found is None or last is None or last.unit not in ("day", "month") or last.end is not None:
        return None
    if last.kind != "absolute":
        return blocked(found.after)
    period = _up_to(last, "month" if half else noun[0].unit, 6 if half else (count or (1, 0))[0] * noun[0].factor)
    return Found(period, found.after, ambiguous=found.ambiguous and period is not None)


def _up_to(last: Period, unit_name: str, count: int) -> Period | None:
    """`count` units that end with `last`, in months where they are whole ones."""
    end = bounds(last, dt.date.min)[1]
    if not 1 <= count <= _FARTHEST or end.year <= _FARTHEST + 1:
        return None
    if unit_name in _MONTHS_IN:
        start = months_before(end, count * _MONTHS_IN[unit_name])
    else:
        start = end - dt.timedelta(days=count * (7 if unit_name == "week" else 1))
    first, final = day_period(start), day_period(end - dt.timedelta(days=1))
    if start.day == end.day == 1:
        first, final = (Period("month", "absolute", year=one.year, month=one.month) for one in (first, final))
    return first if first == final else first.until(final)


STARTS = frozenset(ORDINALS) | LAST_WORDS
"""Words that a part may begin with."""
