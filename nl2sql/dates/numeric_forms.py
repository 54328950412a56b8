"""Productions that begin with digits or name a year: "2024-03-15", "15/03/2024", "2024Q2", "2024", "1990s", "FY23"."""

from __future__ import annotations

from nl2sql.dates.found import Found, absolute_or_none, blocked, span_of_quarters
from nl2sql.dates.period import Period
from nl2sql.dates.words import (
    APOSTROPHES,
    HYPHENS,
    Token,
    Tokens,
    YearRef,
    four_digit_year,
    short_year,
)


def numeric_date(tokens: Tokens, at: int) -> Found | None:
    """ "2024-03-15", "2024/03", "15/03/2024", "15.3.24", "03/2024", "2024-Q2", "2024Q2", "2024-W12"."""
    token, sign, second = tokens[at], tokens[at + 1], tokens[at + 2]
    if len(token.text) == 4 and (letter := _year_letter(tokens, at)):
        return letter
    if not sign.glued or sign.text not in ("-", "/", ".") or not second.glued or not second.digits:
        return None
    if len(token.text) > 4 or len(second.text) > 4:
        return None
    third = tokens[at + 4]
    three = tokens[at + 3].text == sign.text and tokens[at + 3].glued and third.glued and third.digits
    if three:
        return _three_numbers(tokens, at, sign.text)
    if sign.text == ".":
        return None
    if len(token.text) == 4 and len(second.text) == 2:
        return _month_of_year(token, second, at + 3)
    if len(second.text) == 4 and len(token.text) <= 2:
        return _month_of_year(second, token, at + 3)
    return None


def _year_letter(tokens: Tokens, at: int) -> Found | None:
    """ "2024Q2", "2024-Q2", "2024 Q2", "2024-W12"."""
    after = at + 1
    joined = tokens[after].text in HYPHENS and tokens[after].glued and tokens[after + 1].glued
    after += joined
    letter, digits = tokens[after].text, tokens[after + 1]
    year_number = four_digit_year(tokens, at, 1800, 2199)
    if year_number is None or not digits.glued or not digits.digits or len(digits.text) > 2:
        return None
    if letter == "q" and digits.text in ("1", "2", "3", "4"):
        return Found(Period("quarter", "absolute", year=year_number[0], quarter=int(digits.text)), after + 2)
    if letter == "h" and digits.text in ("1", "2"):
        half = int(digits.text)
        return span_of_quarters(half * 2 - 1, half * 2, YearRef(year_number[0], None), after + 2)
    if letter == "w" and joined:
        period = absolute_or_none("week", year=year_number[0], week=int(digits.text))
        return Found(period, after + 2) if period else blocked(after + 2)
    return None


def _month_of_year(year_token: Token, month_token: Token, after: int) -> Found | None:
    if not 1800 <= int(year_token.text) <= 2199 or not 1 <= int(month_token.text) <= 12:
        return None
    return Found(Period("month", "absolute", year=int(year_token.text), month=int(month_token.text)), after)


def _three_numbers(tokens: Tokens, at: int, sign: str) -> Found | None:
    first, second, third, after = tokens[at], tokens[at + 2], tokens[at + 4], at + 5
    if len(first.text) == 4 and len(second.text) <= 2 and len(third.text) <= 2:
        period = absolute_or_none("day", year=int(first.text), month=int(second.text), day=int(third.text))
        return Found(period, after) if period else blocked(after)
    if len(first.text) > 2 or len(second.text) > 2 or len(third.text) not in (2, 4):
        return None
    one, two = int(first.text), int(second.text)
    day_first = tokens.day_first if sign == "/" else True
    day, month_number = (one, two) if one > 12 or (day_first and two <= 12) else (two, one)
    given = short_year(third) if len(third.text) == 2 else int(third.text)
    period = absolute_or_none("day", year=given, month=month_number, day=day)
    if period is None:
        return blocked(after)
    settled = sign == "/" and day_first is not None
    return Found(period, after, ambiguous=one != two and max(one, two) <= 12 and not settled)


def year_form(tokens: Tokens, at: int) -> Found | None:
    """ "2024" alone, "1990s", "90s" after "the"."""
    before = tokens[at - 1] if at else None
    suffix = tokens[at + 1]
    text = tokens[at].text
    if suffix.text == "s" and suffix.glued and text.endswith("0"):
        spoken = before is not None and (before.text == "the" or before.text in APOSTROPHES)
        if len(text) == 4 and four_digit_year(tokens, at):
            return _decade(int(text), at + 2)
        if len(text) == 2 and spoken and (text >= "50" or text == "00"):
            return _decade(short_year(tokens[at]) if text == "00" else 1900 + int(text), at + 2)
        return None
    given = four_digit_year(tokens, at)
    if given is None or _another_number(tokens, given[1]):
        return None
    return Found(Period("year", "absolute", year=given[0]), given[1], bare_year=True)


def _another_number(tokens: Tokens, after: int) -> bool:
    """Whether the four digits go on, or run to something that is no year: "2000-5000", "2000 and 5000" in a range."""
    sign, following = tokens[after], tokens[after + 1]
    if not following.digits:
        return False
    tight = sign.glued and following.glued and (sign.text in HYPHENS or sign.text == "/")
    ranged = sign.text in ("to", "through", "until", *HYPHENS) and len(following.text) > 2
    return (tight or ranged) and four_digit_year(tokens, after + 1) is None


def two_years(tokens: Tokens, found: Found) -> bool:
    """Whether the year of `found` goes on to the one after it: "2023/2024", "FY23/24", "Q1 2023-24"."""
    period, last, sign, second = found.period, *tokens[found.after - 1 : found.after + 2]
    year_number = period.year if period is not None and period.kind == "absolute" else None
    if period is None or year_number is None or (period.end is not None and period.end.year != year_number):
        return False
    if not (last.digits and int(last.text) in (year_number, year_number % 100) and second.glued and second.digits):
        return False
    if sign.glued and sign.text == "/" and len(second.text) == 4:
        return int(second.text) == year_number + 1
    slanted = sign.glued and (sign.text == "/" or sign.text in HYPHENS)
    return slanted and len(second.text) == 2 and int(second.text) == (year_number + 1) % 100


def _decade(first: int, after: int) -> Found:
    last = Period("year", "absolute", year=first + 9)
    return Found(Period("year", "absolute", year=first, end=last), after)


def named_year(tokens: Tokens, at: int) -> Found | None:
    """ "FY2023", "FY 23", "fiscal year 2023", "calendar year 2023", "CY2023"; fiscal years are calendar years."""
    text, after = tokens[at].text, at + 1
    if text not in ("fy", "cy"):
        if tokens[after].text != "year" and text == "calendar":
            return None
        after += tokens[after].text == "year"
    after += tokens[after].text in APOSTROPHES
    token = tokens[after]
    given = four_digit_year(tokens, after)
    if given is None and text in ("fy", "cy") and token.digits and len(token.text) == 2:
        given = short_year(token), after + 1
    return Found(Period("year", "absolute", year=given[0]), given[1]) if given else None
