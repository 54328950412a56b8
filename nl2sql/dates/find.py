"""Finding the time expressions of a question: which words, and what they mean. Knows no schema and no as_of date."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from nl2sql.dates import calendar_forms as calendar
from nl2sql.dates import numeric_forms as numeric
from nl2sql.dates import part_forms as parts
from nl2sql.dates import relative_forms as relative
from nl2sql.dates.earlier_forms import (
    EarlierPhrase,
    beside,
    earlier_phrases,
    period_before,
    placed_before,
    previous_period,
    same_period,
)
from nl2sql.dates.found import Found, Production, blocked, longest
from nl2sql.dates.period import Period
from nl2sql.dates.words import (
    APOSTROPHES,
    FISCAL,
    HYPHENS,
    MONTHS,
    NUMBER_WORDS,
    ORDINALS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    Tokens,
    tokenize,
)
from nl2sql.dates.years import dated, gives_year, ordered_range, place_in_year, with_year_of_end, year_of, yearless

_BETWEEN = re.compile(r"\s+(?:to|and|until|till|through|vs\.?|versus)\s+(?:the\s+)?", re.IGNORECASE)


@dataclass(frozen=True)
class DateMention:
    """A time expression: `question[start:end] == text`, without prepositions and article.

    `bare_year`: nothing but a number from 1900 to 2099 (or two of them), which may be no year at all. `ambiguous`:
    another reading is as good (03/04/2024, fiscal years, seasons), so a person should be told which was taken.
    """

    start: int
    end: int
    text: str
    period: Period
    bare_year: bool = False
    ambiguous: bool = False


def find_dates(question: str) -> tuple[DateMention, ...]:
    """The time expressions of `question`, left to right, none within another; time is linear in its length.

    >>> [(found.text, found.period.kind) for found in find_dates("orders since March 2024, and last year")]
    [('March 2024', 'absolute'), ('last year', 'relative')]
    """
    tokens = tokenize(question)
    spans: list[_Span] = []
    at, comparing = 0, False
    while tokens[at].text:
        if tokens[at].text not in _WATCHED and not tokens[at].digits:
            at += 1
            continue
        comparing = comparing or tokens[at].text.startswith("compar")
        found = _range(tokens, at, comparing)
        if found is None:
            at += 1
            continue
        if found.period is not None:
            spans.append(_Span(at, found.after, found.period, found.bare_year, found.ambiguous))
        at = found.after
    spans = _share_years(tokens, _without_weekdays(tokens, spans))
    mentions = [_mention(question, tokens, span) for span in spans]
    return tuple(_with_earlier(question, mentions))


def ends_of(mention: DateMention) -> tuple[DateMention, ...]:
    """The two periods of «last month to this month», each a mention of its own; none where it is no such range.

    >>> [(found.start, found.text) for found in ends_of(find_dates("up from 2022 to 2023?")[0])]
    [(8, '2022'), (16, '2023')]
    """
    between = _BETWEEN.search(mention.text)
    if mention.period.end is None or between is None or parts.ended_form(tokenize(mention.text), 0):
        return ()
    periods = (replace(mention.period, end=None), mention.period.end)
    texts = mention.text[: between.start()], mention.text[between.end() :]
    said = [[one.period for one in find_dates(text)] for text in texts]
    if said[0] == [periods[1]] or said[1] == [periods[0]]:  # the later one was said first
        periods = periods[1], periods[0]
    places = mention.start, mention.start + between.end()
    return tuple(
        DateMention(start, start + len(text), text, period)
        for start, text, period in zip(places, texts, periods, strict=True)
    )


def _with_earlier(question: str, mentions: list[DateMention]) -> list[DateMention]:
    """With the periods that are said by the one before them."""
    for phrase in earlier_phrases(question):
        start, end = phrase.start, phrase.end
        at = bisect_right(mentions, start, key=lambda one: one.end)
        after = bisect_left(mentions, end, key=lambda one: one.start)
        before, over = mentions[at - 1] if at else None, mentions[at:after]
        period: Period | None = None
        if phrase.form == "earlier":
            daily = before is not None and before.period.unit == "day" and phrase.unit in ("month", "quarter")
            period = period_before(before.period, phrase.unit) if before and not over and not daily else None
        elif phrase.form == "same":
            period = same_period(before.period, phrase) if before else None
            if period is None and phrase.noun not in ("day", "date") and all(one.start > start for one in over):
                mentions[at:after] = []
        elif before and len(over) == 1:
            start = over[0].start
            period = _beside_the_previous(question, before, over[0], phrase)
        if period is not None:
            mentions[at:after] = [DateMention(start, end, question[start:end], period)]
    return mentions


def _beside_the_previous(question: str, before: DateMention, said: DateMention, phrase: EarlierPhrase) -> Period | None:
    """What `said`, that ends in «the previous year», means beside `before`; None where it counts from today."""
    if said.end != phrase.end or not beside(question[before.end : said.start]):
        return None
    if said.start == phrase.start:
        return previous_period(before.period, phrase)
    return placed_before(said.period, before.period)


@dataclass(frozen=True)
class _Span:
    """A mention in tokens: from `at` up to `after`."""

    at: int
    after: int
    period: Period
    bare_year: bool
    ambiguous: bool


def _mention(question: str, tokens: Tokens, span: _Span) -> DateMention:
    start, end = tokens[span.at].start, tokens[span.after - 1].end
    return DateMention(start, end, question[start:end], span.period, span.bare_year, span.ambiguous)


_NAMED_YEARS = ("fy", "cy", "fiscal", "financial", "calendar")
_BACK_AND_AHEAD = relative.BACK | relative.AHEAD | {"this", "current"}
_DIGITS: tuple[Production, ...] = (
    numeric.numeric_date, calendar.day_form, calendar.quarter_form, calendar.half_form, relative.ago_form,
    relative.due_form, parts.part_form, parts.ended_form, numeric.year_form,
)  # fmt: skip


def _by_first_word() -> dict[str, tuple[Production, ...]]:
    """Which productions can begin with a word."""
    table: dict[str, list[Production]] = {}

    def begin(words: object, *productions: Production) -> None:
        assert isinstance(words, (tuple, set, frozenset, dict))
        for word in words:
            table.setdefault(word, []).extend(productions)

    begin(MONTHS, calendar.month_form)
    begin({**WEEKDAYS, **SHORT_WEEKDAYS}, calendar.weekday_form)
    begin(("q", "quarter"), calendar.quarter_form)
    begin(("h",), calendar.half_form)
    begin(ORDINALS, calendar.quarter_form, calendar.half_form, calendar.day_form)
    begin(("first", "last", "final"), calendar.part_of_year)
    begin(("last", "final"), calendar.quarter_form, calendar.half_form)
    begin(("week", "w"), calendar.week_form)
    begin(_NAMED_YEARS, numeric.named_year)
    begin(("spring", "summer", "autumn", "fall", "winter"), calendar.season_form)
    begin(("today", "tonight", "yesterday", "tomorrow", "day", "this", "last"), relative.day_word)
    begin({words.split()[0] for words in relative.IMPLIED}, relative.day_word)
    begin(("ytd", "qtd", "mtd", "wtd", "so", "this", "current"), relative.to_date_form)
    begin(("last", "previous", "prior", "preceding"), relative.to_date_form)
    begin(_BACK_AND_AHEAD, relative.weekend_form)
    begin(parts.STARTS, parts.part_form)
    begin(NUMBER_WORDS | relative.BACK | {"half", "year", "quarter", "qtr", "month", "week"}, parts.ended_form)
    begin(("fiscal", "financial", "calendar"), parts.ended_form)
    begin(("year", "quarter", "month", "week"), relative.to_date_form, relative.before_last)
    begin(_BACK_AND_AHEAD | {"most"}, relative.unit_form)
    begin(_BACK_AND_AHEAD, relative.directed_name)
    begin(("same",), relative.same_form)
    begin(NUMBER_WORDS | {"half"}, relative.ago_form)
    begin(NUMBER_WORDS, relative.due_form)
    begin(("start", "beginning", "end"), relative.start_of)
    return {word: tuple(productions) for word, productions in table.items()}


_STARTS = _by_first_word()
_WATCHED = frozenset(_STARTS) | {"compare", "compared", "compares", "comparing", "comparison"}


def _single(tokens: Tokens, at: int, *, ends_range: bool = False) -> Found | None:
    """The longest expression beginning at a token, when it stands apart and its words mean time here."""
    token = tokens[at]
    productions = _DIGITS if token.digits else _STARTS.get(token.text)
    if productions is None or (at and token.glued and tokens[at - 1].wordlike):
        return None
    found = longest(tokens, at, productions)
    if found is None:
        return None
    after = tokens[found.after]
    if after.glued and after.wordlike and not _time_of_day(tokens, found.after):
        return None
    if token.digits and at and token.glued and not ends_range and _inside_number(tokens, at):
        return None
    if found.after == at + 1 and token.text in MONTHS and not _month_here(tokens, at):
        return None
    if numeric.two_years(tokens, found):
        return blocked(found.after + 2)
    fiscal = any(token.text in FISCAL for token in tokens[at : found.after])
    return replace(found, ambiguous=True) if fiscal else found


def _time_of_day(tokens: Tokens, at: int) -> bool:
    """The T of 2024-03-15T10:00."""
    return tokens[at].text == "t" and tokens[at + 1].glued and tokens[at + 1].digits and tokens[at - 1].digits


def _inside_number(tokens: Tokens, at: int) -> bool:
    """Whether a number is the tail of a longer one or of a code: "1.2024", "$2024", "#2024", "A-2024-03"."""
    before = tokens[at - 1]
    if before.text in ("$", "€", "£", "#", "@", "+", "=", "\\"):
        return True
    if before.text == "-" and not before.glued:
        return True
    joined = before.text in ("-", ".", ",", "/", ":", "_") and at >= 2 and before.glued
    return joined and tokens[at - 2].wordlike and not (before.text == "," and not tokens[at - 2].digits)


_NAMING = frozenset({"named", "called", "name"})
_BEFORE_MONTH = frozenset(
    "in since until till before after during by from through thru of for between last next early mid late past per "
    "every each to and or vs versus than".split()
)
_PRONOUNS = frozenset("i we you he she it they the a an any this that these those my our your".split())


def _month_here(tokens: Tokens, at: int) -> bool:
    """Whether a lone month word means the month: "may" is mostly a verb, "march" and "mar" can be other things."""
    text = tokens[at].text
    before = tokens[at - 1] if at else None
    if before is not None and before.text in _NAMING:
        return False
    if tokens[at + 1].text == "/" and tokens[at + 2].text in MONTHS:
        return True
    if text == "march":
        return before is None or before.text not in ("the", "a", "will", "would", "can", "protest")
    if text not in ("may", "mar", "jan", "dec", "sep"):
        return True
    following = tokens[at + 1].text
    first = before is None or before.text in (".", "!", "?", ":")
    if first:
        return tokens[at].capital and following not in _PRONOUNS and following != ""
    if tokens[at].capital:
        return following not in ("i", "we", "you", "he", "she", "they")
    assert before is not None
    if before.text in ("and", "or", "to", ",", *HYPHENS):
        return at >= 2 and (tokens[at - 2].text in MONTHS or tokens[at - 2].digits)
    return before.text in _BEFORE_MONTH or (
        following in ("and", "or", "to", ",", "/") and tokens[at + 2].text in MONTHS
    )


_NOW = frozenset({"now", "date", "present", "today"})
_WORDS_OF_RANGES = frozenset({"to", "through", "thru", "until", "till", "and"}) | HYPHENS


def _range(tokens: Tokens, at: int, comparing: bool) -> Found | None:
    """A single expression, or two of them that make a range."""
    first = _single(tokens, at)
    if first is None or first.period is None:
        return first
    first = _year_first(tokens, first)
    assert first.period is not None
    opener = tokens[at - 1].text if at else ""
    if opener == "the" and at >= 2:
        opener = tokens[at - 2].text
    sign = tokens[first.after].text
    if sign == "and" and opener == "between" and first.bare_year and _plain_number(tokens, first.after + 1):
        return None
    second = _second(tokens, first, opener, comparing)
    if second is None or second.period is None:
        return first
    start, end = with_year_of_end(first.period, second.period)
    bare = first.bare_year and second.bare_year
    return Found(ordered_range(start, end), second.after, bare, first.ambiguous or second.ambiguous)


def _year_first(tokens: Tokens, first: Found) -> Found:
    """ "last year in March", "2024's first quarter", "2023, Q3": the part after its year; else `first` itself."""
    assert first.period is not None
    reference, at = year_of(first.period), first.after
    if reference is None:
        return first
    if tokens[at].text in APOSTROPHES and tokens[at + 1].text == "s":
        at += 2
    elif tokens[at].text in ("in", ","):
        at += 1
    part = _single(tokens, at)
    if part is None or part.period is None or not yearless(part.period):
        return first
    period = dated(part.period, reference.year, reference.within, 0)
    return first if period is part.period else Found(period, part.after, ambiguous=first.ambiguous)


def _plain_number(tokens: Tokens, at: int) -> bool:
    """Digits that begin no time expression: the other end of "between 2000 and 5000"."""
    return tokens[at].digits and _single(tokens, at) is None


def _second(tokens: Tokens, first: Found, opener: str, comparing: bool) -> Found | None:
    """The other end of a range, when the words between say that there is one."""
    at = first.after
    sign = tokens[at].text
    opened = opener in ("from", "between", "since")
    if sign == "up" and tokens[at + 1].text == "to":
        at += 1
        sign = "to"
    if sign not in _WORDS_OF_RANGES or (sign == "and" and opener != "between"):
        return None
    if first.period is None or first.period.kind in ("last_n", "next_n", "to_date"):
        return None
    at += 1
    at += tokens[at].text == "the"
    if tokens[at].text in _NOW and sign not in HYPHENS:
        return Found(Period("day", "relative"), at + 1)
    second = _single(tokens, at, ends_range=sign in HYPHENS)
    if second is None or second.period is None or second.period.kind in ("last_n", "next_n", "to_date"):
        return None
    loose = first.period.kind == "relative" or second.period.kind == "relative"
    if not opened and (comparing or (loose and sign in ("to", *HYPHENS))):
        return None
    return second


def _without_weekdays(tokens: Tokens, spans: list[_Span]) -> list[_Span]:
    """ "Friday, March 15, 2024" is one day: the weekday beside a written date goes."""
    kept: list[_Span] = []
    for position, span in enumerate(spans):
        following = spans[position + 1] if position + 1 < len(spans) else None
        if span.period.weekday is not None and following is not None and following.period.day is not None:
            between = [token.text for token in tokens[span.after : min(following.at, span.after + 3)]]
            if between in ([], [","], ["the"], [",", "the"]) and following.at - span.after <= 2:
                continue
        kept.append(span)
    return kept


_LIST_WORDS = frozenset(
    {"and", "or", "vs", "versus", ",", "&", "against", "with", "to", "than", "compared", "the", ".", "/"}
)


def _share_years(tokens: Tokens, spans: list[_Span]) -> list[_Span]:
    """ "March and April 2024", "Q4 2023 vs Q1": a year written once in a list holds for its neighbours."""
    shared = list(spans)
    for position in range(len(shared) - 2, -1, -1):
        left, right = shared[position], shared[position + 1]
        if _in_list(tokens, left, right) and yearless(left.period) and gives_year(right.period):
            shift = -1 if place_in_year(left.period) > place_in_year(right.period) else 0
            shared[position] = replace(left, period=dated(left.period, right.period.year, right.period.within, shift))
    for position in range(1, len(shared)):
        left, right = shared[position - 1], shared[position]
        if _in_list(tokens, left, right) and yearless(right.period) and gives_year(left.period):
            shift = 1 if place_in_year(right.period) < place_in_year(left.period) else 0
            shared[position] = replace(right, period=dated(right.period, left.period.year, left.period.within, shift))
    return shared


def _in_list(tokens: Tokens, left: _Span, right: _Span) -> bool:
    between = right.at - left.after
    return 1 <= between <= 3 and all(token.text in _LIST_WORDS for token in tokens[left.after : right.at])
