"""Productions for calendar names: months, days, weekdays, quarters, halves, ISO weeks, seasons."""

from __future__ import annotations

import datetime as dt

from nl2sql.dates.found import Found, blocked, day_period, longest, placed, span_of_months, span_of_quarters
from nl2sql.dates.numeric_forms import numeric_date
from nl2sql.dates.period import Period
from nl2sql.dates.words import (
    HYPHENS,
    MONTHS,
    ORDINALS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    Tokens,
    YearRef,
    day_number,
    direction,
    month,
    number,
    short_year,
    year,
    year_ref,
)

RANGE_WORDS = frozenset({"to", "and", "through", "thru", "until", "till"}) | HYPHENS
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_JOINTS = HYPHENS | {"/"}
_RANKING = frozenset({"top", "bottom", "first", "last", "latest", "best", "worst"})
_WEEK_STARTS = frozenset({"starting", "beginning", "commencing"})
ENDED = frozenset({"ending", "ended"})
_BESIDE_WEEK = _WEEK_STARTS | ENDED | {"of", "containing"}
LAST_WORDS = frozenset({"last", "final"})


def month_form(tokens: Tokens, at: int) -> Found | None:
    """ "March", "March 2024", "Mar-24", "Mar/2024", "March last year", "March 15, 2024", "March 1-15, 2024"."""
    name = month(tokens, at)
    if name is None:
        return None
    number_of_month, after = name
    days = _days_after_month(tokens, number_of_month, after)
    if days is not None:
        return days
    if tokens[after].text in HYPHENS and tokens[after].glued and tokens[after + 1].glued:
        joined = tokens[after + 1]
        given = year(tokens, after + 1)
        if given:
            return Found(Period("month", "absolute", year=given[0], month=number_of_month), given[1])
        if joined.digits and len(joined.text) == 2:
            return Found(Period("month", "absolute", year=short_year(joined), month=number_of_month), after + 2)
    slash = tokens[after].text == "/" and tokens[after].glued and tokens[after + 1].glued
    joined_year = year(tokens, after + 1) if slash else None
    if joined_year:
        return Found(Period("month", "absolute", year=joined_year[0], month=number_of_month), joined_year[1])
    reference = year_ref(tokens, after)
    if reference:
        return Found(placed("month", reference[0], month=number_of_month), reference[1])
    return Found(Period("month", "named", month=number_of_month), after)


def _days_after_month(tokens: Tokens, month_number: int, at: int) -> Found | None:
    at += tokens[at].text == "the" and tokens[at + 1].digits
    first = day_number(tokens, at)
    if first is None or tokens[at].text in ORDINALS or tokens[first[1]].text in ("year", "years"):
        return None
    start, after = first
    if _continues_number(tokens, after):
        return None
    last, end_after = start, after
    if tokens[after].text in RANGE_WORDS and (tokens[after].text != "and" or tokens[at - 2].text == "between"):
        second = day_number(tokens, _past_the(tokens, after + 1))
        if second and second[0] > start and not month(tokens, second[1]) and not _continues_number(tokens, second[1]):
            last, end_after = second
    reference = year_ref(tokens, end_after) or (YearRef(None, None), end_after)
    return days_of_month(month_number, start, last, reference)


def _past_the(tokens: Tokens, at: int) -> int:
    return at + (tokens[at].text == "the")


def _opened_by_between(tokens: Tokens, at: int) -> bool:
    return tokens[at - 1].text == "between" or (tokens[at - 1].text == "the" and tokens[at - 2].text == "between")


def _continues_number(tokens: Tokens, after: int) -> bool:
    """Whether the number before `after` goes on: "March 5.5", "March 5%", "March 5,000"."""
    sign, following = tokens[after], tokens[after + 1]
    if sign.glued and sign.text == "%":
        return True
    return sign.glued and sign.text in (".", ",", ":") and following.glued and following.digits


def days_of_month(month_number: int, start: int, last: int, reference: tuple[YearRef, int]) -> Found:
    """Days `start` to `last` of a month in the year referred to."""
    place, after = reference
    first_day = placed("day", place, month=month_number, day=start)
    last_day = placed("day", place, month=month_number, day=last)
    if first_day is None or last_day is None:
        return blocked(after)
    return Found(first_day if start == last else first_day.until(last_day), after)


def day_form(tokens: Tokens, at: int) -> Found | None:
    """ "15 March 2024", "the 15th of March", "15-Mar-2024", "1 to 15 March 2024", "1st to the 15th of last month"."""
    first = day_number(tokens, at)
    if first is None or tokens[at - 1].text in _RANKING:
        return None
    start, after = first
    last, name_at = start, after
    if tokens[after].text in RANGE_WORDS:
        second = day_number(tokens, _past_the(tokens, after + 1))
        if second and second[0] > start and (tokens[after].text != "and" or _opened_by_between(tokens, at)):
            last, name_at = second
    of = tokens[name_at].text == "of"
    name_at += of
    name_at += tokens[name_at].text in _JOINTS and tokens[name_at + 1].text in MONTHS
    enclosed = _day_of_month(tokens, name_at, start, last) if of else None
    name = month(tokens, name_at)
    if name is None or (name[0] == 5 and not of and tokens[name_at + 1].text.isalpha() and not tokens[name_at].capital):
        return enclosed
    after = name[1]
    if tokens[after].text in _JOINTS and tokens[after].glued and tokens[after + 1].glued and tokens[after + 1].digits:
        tail = tokens[after + 1]
        if len(tail.text) == 2:
            return days_of_month(name[0], start, last, (YearRef(short_year(tail), None), after + 2))
        after += 1
    return days_of_month(name[0], start, last, year_ref(tokens, after) or (YearRef(None, None), after))


def _day_of_month(tokens: Tokens, at: int, start: int, last: int) -> Found | None:
    where = 0 if tokens[at].text == "the" else direction(tokens[at].text)
    return days_within(where, start, last, at + 2) if where is not None and tokens[at + 1].text == "month" else None


def days_within(where: int, start: int, last: int, after: int) -> Found:
    """Days `start` to `last` of the month that is `where` away from the current one."""
    first_day, last_day = (Period("day", "named", day=day, within=where) for day in (start, last))
    return Found(first_day if start == last else first_day.until(last_day), after)


def weekday_form(tokens: Tokens, at: int) -> Found | None:
    """ "Monday", "on Tue", "Monday last week", "Friday of this week"; not "every Monday", nor "sun" without a cue."""
    text, before = tokens[at].text, tokens[at - 1].text if at else ""
    weekday = WEEKDAYS.get(text)
    if weekday is None:
        cue = before in ("on", "since", "until", "till", "by", "last", "next", "this")
        sure = tokens[at].capital or text not in ("sun", "sat", "mon", "wed")
        weekday = SHORT_WEEKDAYS[text] if cue and sure else None
    if weekday is None or before in ("every", "each", "per", "any"):
        return None
    after = at + 1
    after += tokens[after].text == "of"
    where = direction(tokens[after].text)
    if where is not None and tokens[after + 1].text == "week":
        return Found(Period("day", "named", weekday=weekday, within=where), after + 2)
    return Found(Period("day", "named", weekday=weekday), at + 1)


def quarter_form(tokens: Tokens, at: int) -> Found | None:
    """ "Q2", "Q2 2024", "Q2'24", "Q2 24", "2Q24", "quarter 2 of 2024", "second quarter", "last quarter of 2023"."""
    text, after = tokens[at].text, at + 1
    quarter: int | None = None
    if text in ("q", "quarter"):
        token = tokens[after]
        quarter = int(token.text) if token.text in ("1", "2", "3", "4") and (token.glued or text != "q") else None
        after += 1
    elif text in ("1", "2", "3", "4") and tokens[after].glued and tokens[after].text == "q":
        quarter, after = int(text), after + 1
    elif text in ORDINALS or text in LAST_WORDS or tokens[at].digits:
        which = (4, after) if text in LAST_WORDS else day_number(tokens, at)
        if which and which[0] <= 4 and tokens[which[1]].text in ("quarter", "qtr"):
            quarter, after = which[0], which[1] + 1
            if tokens[at].digits and which[1] == at + 1:
                return None
    if quarter is None:
        return None
    after += tokens[after].text in _JOINTS and tokens[after].glued and tokens[after + 1].digits
    short = _two_digit_year(tokens, after) if "q" in (text, tokens[at + 1].text) else None
    reference = short or year_ref(tokens, after)
    if reference:
        return Found(placed("quarter", reference[0], quarter=quarter), reference[1])
    if text in LAST_WORDS:
        return None
    return Found(Period("quarter", "named", quarter=quarter), after)


def _two_digit_year(tokens: Tokens, at: int) -> tuple[YearRef, int] | None:
    """The year of "Q1 24", "1H24": 15 to 39, so that a small count after it is none."""
    token, following = tokens[at], tokens[at + 1]
    if not token.digits or len(token.text) != 2 or not 15 <= int(token.text) <= 39:
        return None
    if _continues_number(tokens, at + 1) or (following.glued and following.wordlike):
        return None
    return YearRef(short_year(token), None), at + 1


def half_form(tokens: Tokens, at: int) -> Found | None:
    """ "H1", "1H 2024", "H2 2024", "H2 24", "first half of 2024", "second half of last year"."""
    text, following = tokens[at].text, tokens[at + 1]
    half: int | None = None
    after = at + 2
    if text == "h" and following.glued and following.text in ("1", "2"):
        half = int(following.text)
    elif text in ("1", "2") and following.glued and following.text == "h":
        half = int(text)
    spoken = text in ("first", "second", "last") and following.text == "half"
    if spoken:
        half = 1 if text == "first" else 2
    elif (text, following.text) in (("1", "st"), ("2", "nd")) and following.glued and tokens[after].text == "half":
        half, after, spoken = int(text), after + 1, True
    if half is None:
        return None
    reference = (None if spoken else _two_digit_year(tokens, after)) or year_ref(tokens, after)
    if reference is None:
        return None if spoken else span_of_quarters(half * 2 - 1, half * 2, YearRef(None, None), after)
    return span_of_quarters(half * 2 - 1, half * 2, *reference)


def part_of_year(tokens: Tokens, at: int) -> Found | None:
    """ "first three months of 2024", "last 2 quarters of last year", "last month of 2023"."""
    first = tokens[at].text == "first"
    if not first and tokens[at].text not in LAST_WORDS:
        return None
    count = number(tokens, at + 1) or (1, at + 1)
    noun = tokens[count[1]].text
    size = {"month": 12, "months": 12, "quarter": 4, "quarters": 4}.get(noun)
    if size is None or not 1 <= count[0] <= size or tokens[count[1] + 1].text not in ("of", "in"):
        return None
    reference = year_ref(tokens, count[1] + 1)
    if reference is None:
        return None
    low, high = (1, count[0]) if first else (size - count[0] + 1, size)
    return (span_of_months if size == 12 else span_of_quarters)(low, high, *reference)


def week_form(tokens: Tokens, at: int) -> Found | None:
    """ "week 12", "week 12 of 2024", "W12 2024": ISO weeks; "week of March 4, 2024", "week commencing ..."."""
    text, token = tokens[at].text, tokens[at + 1]
    if text == "week" and token.text in _BESIDE_WEEK:
        return _week_around(tokens, at + 2, token.text)
    if not token.digits or len(token.text) > 2 or not 1 <= int(token.text) <= 53 or (text == "w" and not token.glued):
        return None
    week, after = int(token.text), at + 2
    reference = year_ref(tokens, after)
    if reference is None:
        return Found(Period("week", "named", week=week), after) if text == "week" else None
    period = placed("week", reference[0], week=week)
    return Found(period, reference[1]) if period else blocked(reference[1])


def _week_around(tokens: Tokens, at: int, word: str) -> Found | None:
    """The ISO week with a day, or the seven days from it on where it begins a week on another day than Monday."""
    at += tokens[at].text == "the"
    found = longest(tokens, at, (month_form, day_form, numeric_date))
    period = found.period if found else None
    if found is None or period is None or period.kind != "absolute" or period.unit != "day" or period.end:
        return None
    day = period.as_date()
    if word in ENDED and day.isoweekday() != 7:
        return None
    if word in _WEEK_STARTS and day.isoweekday() != 1:
        last = dt.date.fromordinal(min(day.toordinal() + 6, dt.date.max.toordinal()))
        return Found(period.until(day_period(last)), found.after, ambiguous=found.ambiguous)
    iso = day.isocalendar()
    return Found(Period("week", "absolute", year=iso.year, week=iso.week), found.after, ambiguous=found.ambiguous)


def season_form(tokens: Tokens, at: int) -> Found | None:
    """ "summer 2023", "winter of 2023": the northern seasons in whole months, beginning in that year."""
    first = _SEASONS[tokens[at].text]
    given = year(tokens, at + 1 + (tokens[at + 1].text == "of"))
    if given is None:
        return None
    last = Period("month", "absolute", year=given[0] + (first == 12), month=(first + 1) % 12 + 1)
    return Found(Period("month", "absolute", year=given[0], month=first, end=last), given[1], ambiguous=True)
