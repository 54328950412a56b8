"""Productions for expressions counted from today: "last year", "past 30 days", "3 weeks ago", "year to date"."""

from __future__ import annotations

from collections.abc import Callable

from nl2sql.dates.calendar_forms import weekday_form
from nl2sql.dates.earlier_forms import period_before
from nl2sql.dates.found import Found
from nl2sql.dates.period import LIMIT, Period, Unit
from nl2sql.dates.words import (
    HYPHENS,
    MONTHS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    Tokens,
    UnitWord,
    direction,
    month,
    number,
    unit,
    year_ref,
)

BACK = frozenset({"last", "past", "previous", "prior", "preceding", "trailing", "rolling", "recent", "latest"})
AHEAD = frozenset({"next", "coming", "upcoming"})
_TO_DATE: dict[str, Unit] = {"ytd": "year", "qtd": "quarter", "mtd": "month", "wtd": "week"}
_DAYS = {
    "today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1,
}  # fmt: skip
IMPLIED = {**dict.fromkeys(("overdue", "past due", "expired", "lapsed", "no longer valid"), "<"), "still valid": ">"}
"""What says no day but means today, and on which side of it a date lies: due or ended before it, or not yet."""
_AVERAGES = frozenset({"average", "averages", "avg", "mean", "sum", "total", "window", "windows"})
_EXPIRING = frozenset({"due", "expire", "expires", "expiring", "payable"})
_SPANNING = frozenset({"in", "over", "within", "during", "for", "throughout"})
_PARTS_OF_DAY = frozenset({"morning", "afternoon", "evening", "night"})


def implied_side(words: str) -> str:
    """The side of today that `words` such as "Past due" stand for, "<" or ">"; empty where they say a day."""
    return IMPLIED.get(" ".join(words.casefold().split()), "")


def day_word(tokens: Tokens, at: int) -> Found | None:
    """ "today", "yesterday", "tomorrow", "day before yesterday", "day after tomorrow", "this morning", "last night".

    Also what means today without saying it (`IMPLIED`).
    """
    text, second, third = tokens[at].text, tokens[at + 1].text, tokens[at + 2].text
    if text in _DAYS:
        return Found(Period("day", "relative", offset=_DAYS[text]), at + 1)
    for words in ((text,), (text, second), (text, second, third)):
        if " ".join(words) in IMPLIED:
            return Found(Period("day", "relative"), at + len(words))
    if text == "day" and (second, third) in (("before", "yesterday"), ("after", "tomorrow")):
        return Found(Period("day", "relative", offset=-2 if second == "before" else 2), at + 3)
    if (text == "this" and second in _PARTS_OF_DAY) or (text, second) == ("last", "night"):
        return Found(Period("day", "relative", offset=-1 if text == "last" else 0), at + 2)
    return None


def to_date_form(tokens: Tokens, at: int) -> Found | None:
    """ "ytd", "year to date", "month-to-date", "this year so far", "so far this quarter", "last year YTD"."""
    text = tokens[at].text
    if text in _TO_DATE:
        return _earlier_to_date(tokens, at + 1, _TO_DATE[text]) or Found(Period(_TO_DATE[text], "to_date"), at + 1)
    if direction(text) == -1:
        noun = unit(tokens, at + 1)
        after = noun[1] if noun else at + 1
        name = _TO_DATE.get(tokens[after].text)
        return _to_date_before(name, noun[0].unit if noun else name, after + 1) if name else None
    if text == "so" and tokens[at + 1].text == "far":
        at += 2
        noun = unit(tokens, at + 1)
        if tokens[at].text in ("this", "in") and noun and not noun[0].plural and noun[0].factor == 1:
            return Found(Period(noun[0].unit, "to_date"), noun[1])
        return None
    at += text in ("this", "current")
    noun = unit(tokens, at)
    if noun is None or noun[0].plural or noun[0].factor != 1:
        return None
    after = noun[1]
    rest = [tokens[place].text for place in range(after, after + 4)]
    if rest[:2] == ["to", "date"] or (text in ("this", "current") and rest[:2] == ["so", "far"]):
        return Found(Period(noun[0].unit, "to_date"), after + 2)
    if rest[0] in HYPHENS and rest[1] == "to" and rest[2] in HYPHENS and rest[3] == "date":
        return Found(Period(noun[0].unit, "to_date"), after + 4)
    return None


def _earlier_to_date(tokens: Tokens, at: int, name: Unit) -> Found | None:
    """What comes after "YTD" in "YTD last year", "MTD of the previous month"."""
    at += tokens[at].text in ("of", "in", "for")
    at += tokens[at].text == "the"
    noun = unit(tokens, at + 1) if direction(tokens[at].text) == -1 else None
    return _to_date_before(name, noun[0].unit, noun[1]) if noun and not noun[0].plural else None


def _to_date_before(name: Unit, earlier: Unit, after: int) -> Found | None:
    """As much of the unit one `earlier` before the current one as there is of the current one up to today."""
    period = period_before(Period(name, "to_date"), earlier)
    return Found(period, after) if period else None


def unit_form(tokens: Tokens, at: int) -> Found | None:
    """ "last year", "this month", "past 30 days", "next quarter", "last two quarters", "past year and a half"."""
    start = at
    at += tokens[at].text == "this" and tokens[at + 1].text in ("past", "last", "coming", "next")
    if tokens[at].text == "most" and tokens[at + 1].text == "recent":
        at += 1
    word = tokens[at].text
    if word not in BACK and word not in AHEAD and direction(word) is None:
        return None
    count = number(tokens, at + 1)
    if word in ("last", "past") and tokens[at + 1].text in ("year",) and count is None:
        half = _and_a_half(tokens, at + 2)
        if half:
            return Found(Period("month", "last_n", count=18), half)
    if count is None and tokens[at + 1].text in ("calendar", "full", "complete"):
        count = number(tokens, at + 2)
        if count:
            whole = unit(tokens, count[1])
            return _calendar_units(word, count[0], whole[0], whole[1]) if whole else None
    hours = _hours(tokens, word, count)
    if hours:
        return hours
    noun = unit(tokens, count[1] if count else at + 1)
    if noun is None or (word == "rolling" and not (count and noun[0].plural and tokens[noun[1]].text not in _AVERAGES)):
        return None
    if count:
        return _counted(tokens, word, count[0], noun[0], noun[1])
    if noun[0].plural and not (start and tokens[start - 1].text == "the"):
        return _single(tokens, word, noun[0], noun[1]) if word in ("last", "this", "next", "previous") else None
    if noun[0].plural:
        return None
    if word == "last" and not noun[0].whole and noun[0].unit != "quarter" and _spanning(tokens, start):
        return Found(Period(noun[0].unit, "last_n", count=noun[0].factor), noun[1], ambiguous=noun[0].factor == 1)
    return _single(tokens, word, noun[0], noun[1])


def _spanning(tokens: Tokens, at: int) -> bool:
    """Whether "in the", "over the" or the like stands before "last year", which makes it the twelve months to today."""
    return at >= 2 and tokens[at - 1].text == "the" and tokens[at - 2].text in _SPANNING


def _and_a_half(tokens: Tokens, at: int) -> int | None:
    words = tuple(tokens[place].text for place in range(at, at + 3))
    return at + 3 if words == ("and", "a", "half") else None


def _hours(tokens: Tokens, word: str, count: tuple[int, int] | None) -> Found | None:
    """ "last 24 hours" in whole days: dates know no hours."""
    if count is None or tokens[count[1]].text not in ("hours", "hrs") or word not in BACK | AHEAD:
        return None
    kind = Period("day", "last_n" if word in BACK else "next_n", count=-(-max(count[0], 1) // 24))
    return Found(kind, count[1] + 1)


def _counted(tokens: Tokens, word: str, count: int, noun: UnitWord, after: int) -> Found | None:
    """ "last 30 days" rolls; "last 2 quarters" and "last 2 calendar years" are the whole ones before the current."""
    count = min(count * noun.factor, LIMIT)
    if count < 1 or word in ("this", "current") or _within_something(tokens, after):
        return None
    if noun.whole or noun.unit == "quarter":
        return _calendar_units(word, count, noun, after)
    kind = Period(noun.unit, "last_n" if word in BACK else "next_n", count=count)
    return Found(kind, after)


def _within_something(tokens: Tokens, after: int) -> bool:
    """ "last 10 days of 2023", "of March", "of last month": not counted from today."""
    following = tokens[after + 1]
    named = following.digits or following.text in MONTHS or direction(following.text) is not None
    return tokens[after].text == "of" and named


def _calendar_units(word: str, count: int, noun: UnitWord, after: int) -> Found | None:
    count = min(count * noun.factor, LIMIT)
    if count < 1 or (word not in BACK and word not in AHEAD):
        return None
    offset = -count if word in BACK else 1
    return Found(Period(noun.unit, "relative", offset=offset, count=count), after)


def _single(tokens: Tokens, word: str, noun: UnitWord, after: int) -> Found | None:
    where = direction(word)
    rolling = word in ("past", "trailing") or noun.factor != 1 or (noun.unit == "day" and where == 1)
    if rolling and not noun.whole:
        if where == 0:
            return None
        if noun.unit == "day" and where is not None and word != "past":
            return None
        unit_name, count = (noun.unit, noun.factor) if noun.unit != "quarter" else ("month", 3)
        kind = Period(unit_name, "last_n" if word in BACK else "next_n", count=count)
        return Found(kind, after)
    if where is None:
        where = -1
    if noun.unit == "day":
        return Found(Period("day", "relative"), after) if word in ("this", "current") else None
    shift = _in_last_year(tokens, after, noun.unit) if where == 0 else None
    if shift:
        return shift
    return Found(Period(noun.unit, "relative", offset=where), after)


def _in_last_year(tokens: Tokens, after: int, noun: Unit) -> Found | None:
    """ "this month last year", "same quarter last year"."""
    size = {"month": 12, "quarter": 4}.get(noun)
    reference = year_ref(tokens, after)
    if size is None or reference is None or reference[0].within is None:
        return None
    within = max(min(reference[0].within, LIMIT // 12), -(LIMIT // 12))
    return Found(Period(noun, "relative", offset=size * within), reference[1])


def same_form(tokens: Tokens, at: int) -> Found | None:
    """ "same month last year", "same quarter of last year"."""
    noun = unit(tokens, at + 1)
    return _in_last_year(tokens, noun[1], noun[0].unit) if noun and not noun[0].plural else None


def ago_form(tokens: Tokens, at: int) -> Found | None:
    """ "3 days ago", "a year ago", "two quarters from now", "a year and a half ago", "half a year ago"."""
    if [tokens[place].text for place in range(at, at + 4)] == ["half", "a", "year", "ago"]:
        return Found(Period("month", "relative", offset=-6), at + 4)
    count = number(tokens, at)
    if count is None and tokens[at].text in ("a", "an"):
        count = 1, at + 1
    noun = unit(tokens, count[1]) if count else None
    if count is None or noun is None or noun[0].whole:
        return None
    half = _and_a_half(tokens, noun[1]) if noun[0].unit == "year" else None
    after = half or noun[1]
    steps, name = min(count[0] * noun[0].factor, LIMIT), noun[0].unit
    if half:
        steps, name = min(steps * 12 + 6, LIMIT), "month"
    text, following = tokens[after].text, tokens[after + 1].text
    if text == "ago":
        return Found(Period(name, "relative", offset=-steps), after + 1)
    if text == "from" and following in ("now", "today"):
        return Found(Period(name, "relative", offset=steps), after + 2)
    return None


def due_form(tokens: Tokens, at: int) -> Found | None:
    """The "30 days" of "due within 30 days", "expiring in two weeks"; not of "due within 30 days of the order"."""
    if at < 2 or tokens[at - 1].text not in ("within", "in") or tokens[at - 2].text not in _EXPIRING:
        return None
    count = number(tokens, at)
    noun = unit(tokens, count[1]) if count else None
    if count is None or noun is None or count[0] < 1 or tokens[noun[1]].text in ("of", "from", "after", "before"):
        return None
    return Found(Period(noun[0].unit, "next_n", count=min(count[0] * noun[0].factor, LIMIT)), noun[1])


def weekend_form(tokens: Tokens, at: int) -> Found | None:
    """ "this weekend", "last weekend", "next weekend": the Saturday and Sunday of that week."""
    where = -1 if tokens[at].text == "past" else direction(tokens[at].text)
    if where is None or tokens[at + 1].text != "weekend":
        return None
    saturday, sunday = (Period("day", "named", weekday=day, within=where) for day in (6, 7))
    return Found(saturday.until(sunday), at + 2, ambiguous=where == 1)


def before_last(tokens: Tokens, at: int) -> Found | None:
    """ "year before last", "week before last"."""
    noun = unit(tokens, at)
    if noun is None or noun[0].plural or noun[0].factor != 1 or noun[0].unit == "day":
        return None
    if (tokens[noun[1]].text, tokens[noun[1] + 1].text) != ("before", "last"):
        return None
    return Found(Period(noun[0].unit, "relative", offset=-2), noun[1] + 2)


def start_of(tokens: Tokens, at: int) -> Found | None:
    """ "start of the year", "end of the month": the current one; the caller knows which end is meant."""
    if tokens[at + 1].text != "of" or tokens[at + 2].text not in ("the", "this"):
        return None
    noun = unit(tokens, at + 3)
    if noun is None or noun[0].plural or noun[0].factor != 1 or noun[0].unit == "day":
        return None
    return Found(Period(noun[0].unit, "relative"), noun[1])


def directed_name(tokens: Tokens, at: int) -> Found | None:
    """ "last March", "next Friday", "this May", "last Q4", "past December", "this past Monday"."""
    at += tokens[at].text == "this" and tokens[at + 1].text in ("past", "last", "coming", "next")
    word = "last" if tokens[at].text == "past" else tokens[at].text
    where = direction(word)
    if where is None:
        return None
    find: Callable[[Tokens, int], Found | None] | None = None
    text = tokens[at + 1].text
    if text in WEEKDAYS or text in SHORT_WEEKDAYS:
        find = weekday_form
    elif text in MONTHS:
        find = _plain_month
    elif text == "q":
        find = _plain_quarter
    found = find(tokens, at + 1) if find else None
    period = found.period if found else None
    if found is None or period is None or period.within is not None:
        return None
    if where == 0:
        return Found(_named_again(period, within=0), found.after)
    return Found(_named_again(period, offset=where), found.after)


def _plain_month(tokens: Tokens, at: int) -> Found | None:
    name = month(tokens, at)
    return Found(Period("month", "named", month=name[0]), name[1]) if name else None


def _plain_quarter(tokens: Tokens, at: int) -> Found | None:
    token = tokens[at + 1]
    if not token.glued or token.text not in ("1", "2", "3", "4"):
        return None
    return Found(Period("quarter", "named", quarter=int(token.text)), at + 2)


def _named_again(period: Period, *, offset: int = 0, within: int | None = None) -> Period:
    return Period(
        period.unit, "named", month=period.month, quarter=period.quarter, weekday=period.weekday, offset=offset,
        within=within,
    )  # fmt: skip
