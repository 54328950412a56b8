"""Tokens of a question and the small words of dates: numbers, ordinals, units, months, weekdays, years."""

from __future__ import annotations

import re
from typing import NamedTuple

from nl2sql.dates.period import LIMIT, Unit

_TOKEN = re.compile(r"[^\W\d_]+|\d+|\S")
_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr may jun jul aug sep oct nov dec"
).split()
MONTHS = {name: position % 12 + 1 for position, name in enumerate(_MONTHS)} | {"sept": 9}
WEEKDAYS = {
    name: position % 7 + 1
    for position, name in enumerate(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
}
SHORT_WEEKDAYS = {
    "mon": 1,
    "tue": 2,
    "tues": 2,
    "wed": 3,
    "thu": 4,
    "thur": 4,
    "thurs": 4,
    "fri": 5,
    "sat": 6,
    "sun": 7,
}
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
ORDINALS = {name: position + 1 for position, name in enumerate(_ORDINALS)} | {"thirtieth": 30}
_SMALL = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_NUMBERS = {name: position + 1 for position, name in enumerate(_SMALL)} | {"dozen": 12, "hundred": 100, "few": 3}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
NUMBER_WORDS = frozenset(_NUMBERS) | frozenset(_TENS) | {"a", "an", "couple"}
_UNITS: dict[str, tuple[Unit, int]] = {
    "day": ("day", 1), "week": ("week", 1), "wk": ("week", 1), "fortnight": ("week", 2), "month": ("month", 1),
    "mo": ("month", 1), "quarter": ("quarter", 1), "qtr": ("quarter", 1), "year": ("year", 1), "yr": ("year", 1),
    "decade": ("year", 10),
}  # fmt: skip
WHOLE = frozenset({"calendar", "full", "complete", "completed", "whole", "fiscal", "financial"})
FISCAL = frozenset({"fiscal", "financial", "fy"})
HYPHENS = frozenset("-–—‑−")
APOSTROPHES = frozenset("'’‘")


class Token(NamedTuple):
    """One word, number or sign; `text` in lower case; `glued` when nothing stands between it and the one before."""

    text: str
    start: int
    end: int
    glued: bool
    capital: bool

    @property
    def digits(self) -> bool:
        """Whether it is a whole number in plain digits."""
        return self.text.isascii() and self.text.isdigit()

    @property
    def wordlike(self) -> bool:
        """Whether it may be part of a longer word or name: letters, digits, underscore."""
        return self.text == "_" or self.text.isalnum()


class Tokens(list[Token]):
    """Words, numbers and signs of a question in order.

    `day_first`: whether its slash dates say the day first (15/03/2024) or the month (3/15/2024); None where none of
    them tells, or they contradict each other.
    """

    day_first: bool | None = None


PADDING = 16
"""Empty tokens after the last one, so that looking ahead needs no check."""
_SLASH_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(?:\d{4}|\d{2})\b")


def tokenize(question: str) -> Tokens:
    """Words, numbers and signs of `question` in order, and `PADDING` empty tokens."""
    shouted = question.isupper()
    tokens = Tokens()
    tokens.day_first = _day_first(question)
    last = -1
    for found in _TOKEN.finditer(question):
        word = found.group()
        start, end = found.span()
        tokens.append(Token(word.lower(), start, end, start == last, word[0].isupper() and not shouted))
        last = end
    tokens.extend([Token("", len(question), len(question), False, False)] * PADDING)
    return tokens


def _day_first(question: str) -> bool | None:
    pairs = [(int(date.group(1)), int(date.group(2))) for date in _SLASH_DATE.finditer(question)]
    orders = {one > 12 for one, two in pairs if (one > 12) != (two > 12)}
    return orders.pop() if len(orders) == 1 else None


def whole_number(token: Token) -> int:
    """The value of a token of digits, cut at LIMIT so that absurd lengths cost nothing."""
    return int(token.text) if len(token.text) <= 9 else LIMIT


def number(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """A count in digits or words ("30", "twenty-four", "a couple of", "few") and the place after it."""
    token = tokens[at]
    if token.digits:
        value, after = whole_number(token), at + 1
        for _ in range(4):
            if tokens[after].text != "," or not tokens[after].glued or not _thousands(tokens[after + 1]):
                break
            value, after = min(value * 1000 + whole_number(tokens[after + 1]), LIMIT), after + 2
        return value, after
    if token.text in ("a", "an") and tokens[at + 1].text in ("couple", "few", "dozen", "hundred"):
        return number(tokens, at + 1)
    if token.text == "couple":
        return 2, at + 2 if tokens[at + 1].text == "of" else at + 1
    if token.text in _TENS:
        after = at + 2 if tokens[at + 1].text in HYPHENS else at + 1
        small = _NUMBERS.get(tokens[after].text, 99)
        return (_TENS[token.text] + small, after + 1) if small < 10 else (_TENS[token.text], at + 1)
    if token.text in _NUMBERS:
        times = 100 if tokens[at + 1].text == "hundred" and token.text != "hundred" else 1
        return _NUMBERS[token.text] * times, at + (2 if times > 1 else 1)
    return None


def _thousands(token: Token) -> bool:
    return token.digits and token.glued and len(token.text) == 3


class UnitWord(NamedTuple):
    """A unit as written: `fortnights` is week, factor 2, plural. `whole`: "calendar", "full", ...; hours are cut."""

    unit: Unit
    factor: int
    plural: bool
    whole: bool
    fiscal: bool


def unit(tokens: Tokens, at: int) -> tuple[UnitWord, int] | None:
    """A unit, perhaps after "calendar", "full", "fiscal", and the place after it."""
    whole = tokens[at].text in WHOLE
    fiscal = tokens[at].text in FISCAL
    at += whole
    text = tokens[at].text
    found = _UNITS.get(text) or (_UNITS.get(text[:-1]) if text.endswith("s") else None)
    if found is None:
        return None
    return UnitWord(found[0], found[1], text not in _UNITS, whole, fiscal), at + 1


def month(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """A month name or abbreviation (with its full stop) and the place after it."""
    text = tokens[at].text
    if text not in MONTHS:
        return None
    dotted = len(text) <= 4 and text not in ("may", "june", "july") and tokens[at + 1].text == "."
    return MONTHS[text], at + 2 if dotted and tokens[at + 1].glued and tokens[at + 2].text else at + 1


def day_number(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """A day of the month ("5", "5th", "fifth") and the place after it."""
    token = tokens[at]
    if token.text in ORDINALS:
        return ORDINALS[token.text], at + 1
    if not token.digits or len(token.text) > 2 or not 1 <= int(token.text) <= 31:
        return None
    suffixed = tokens[at + 1].glued and tokens[at + 1].text in ("st", "nd", "rd", "th")
    return int(token.text), at + 2 if suffixed else at + 1


def four_digit_year(tokens: Tokens, at: int, low: int = 1900, high: int = 2099) -> tuple[int, int] | None:
    """A year in four digits that is no part of a longer number ("2,024", "2024.5", "2024%") and the place after it."""
    token, after = tokens[at], tokens[at + 1]
    if not token.digits or len(token.text) != 4 or not low <= int(token.text) <= high:
        return None
    if after.glued and (after.text in ("%", "_") or (after.text in (".", ",", ":") and _glued_digits(tokens[at + 2]))):
        return None
    return int(token.text), at + 1


def _glued_digits(token: Token) -> bool:
    return token.glued and token.digits


def year(tokens: Tokens, at: int) -> tuple[int, int] | None:
    """A year beside a month or quarter: four digits from 1800 to 2199, an apostrophe and two, or "FY23"."""
    if tokens[at].text in APOSTROPHES and tokens[at + 1].digits and len(tokens[at + 1].text) == 2:
        return short_year(tokens[at + 1]), at + 2
    if tokens[at].text in ("fy", "cy"):
        token = tokens[at + 1]
        return (short_year(token), at + 2) if token.digits and len(token.text) == 2 else four_digit_year(tokens, at + 1)
    return four_digit_year(tokens, at, 1800, 2199)


def short_year(token: Token) -> int:
    """A year of two digits: 00 to 69 are 2000 to 2069, 70 to 99 are 1970 to 1999."""
    value = int(token.text)
    return value + (2000 if value < 70 else 1900)


_THIS = frozenset({"this", "current"})
_LAST = frozenset({"last", "previous", "prior", "preceding"})


def direction(word: str) -> int | None:
    """0 for "this", "current"; -1 for "last", "previous", ...; 1 for "next", "coming", "upcoming"."""
    if word in _THIS:
        return 0
    if word in _LAST:
        return -1
    return 1 if word in ("next", "coming", "upcoming") else None


class YearRef(NamedTuple):
    """The year of something: a number, or `within` years from the current one."""

    year: int | None
    within: int | None


def year_ref(tokens: Tokens, at: int) -> tuple[YearRef, int] | None:
    """ "2024", "of 2024", ", 2024", "last year", "of the year", "two years ago", and the place after it."""
    of = tokens[at].text in ("of", "in")
    at += of or (tokens[at].text == "," and tokens[at + 1].digits)
    the = of and tokens[at].text == "the"
    at += the
    given = year(tokens, at)
    if given:
        return YearRef(given[0], None), given[1]
    if the and tokens[at].text == "year":
        return YearRef(None, 0), at + 1
    where = direction(tokens[at].text)
    if where is not None and tokens[at + 1].text == "year":
        return YearRef(None, where), at + 2
    count = (1, at + 1) if tokens[at].text == "a" and tokens[at + 1].text == "year" else number(tokens, at)
    if count and tokens[count[1]].text in ("year", "years") and tokens[count[1] + 1].text == "ago":
        return YearRef(None, -count[0]), count[1] + 2
    return None
