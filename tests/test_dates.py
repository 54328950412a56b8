"""Time expressions: what is found in a question, and the bounds it means on a given day."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nl2sql.dates import Period, bounds, describe, ends_of, find_dates, from_text, phrase, to_text
from nl2sql.errors import ParserError

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "time_expressions.jsonl").read_text(encoding="utf-8").splitlines()
]
AS_OF = dt.date(2025, 2, 14)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['as_of']} {case['question']}" for case in CASES])
def test_question_has_these_mentions_with_these_bounds(case):
    as_of = dt.date.fromisoformat(case["as_of"])
    found = []
    for mention in find_dates(case["question"]):
        start, end = bounds(mention.period, as_of)
        flags = {name: True for name in ("bare_year", "ambiguous") if getattr(mention, name)}
        found.append({"text": mention.text, "start": start.isoformat(), "end": end.isoformat(), **flags})
        assert case["question"][mention.start : mention.end] == mention.text
        assert from_text(to_text(mention.period)) == mention.period
    assert found == case["mentions"]


def test_fixtures_are_many():
    assert len(CASES) >= 150


# ---- periods of every kind


def _simple_periods() -> st.SearchStrategy[Period]:
    units = st.sampled_from(["day", "week", "month", "quarter", "year"])
    far = st.one_of(st.integers(-40, 40), st.integers(-(10**9), 10**9))
    count = st.one_of(st.integers(1, 40), st.integers(1, 10**9))
    within = st.one_of(st.none(), far)
    dates = st.dates()
    return st.one_of(
        st.builds(lambda unit, offset, count: Period(unit, "relative", offset=offset, count=count), units, far, count),
        st.builds(lambda unit, kind, count: Period(unit, kind, count=count), units,
                  st.sampled_from(["last_n", "next_n"]), count),
        st.builds(lambda unit: Period(unit, "to_date"), units),
        st.builds(lambda date: Period("day", "absolute", year=date.year, month=date.month, day=date.day), dates),
        st.builds(lambda date: Period("month", "absolute", year=date.year, month=date.month), dates),
        st.builds(lambda year: Period("year", "absolute", year=year), st.integers(1, 9999)),
        st.builds(lambda year, one: Period("quarter", "absolute", year=year, quarter=one),
                  st.integers(1, 9999), st.integers(1, 4)),
        st.builds(lambda date: Period("week", "absolute", year=date.isocalendar().year, week=date.isocalendar().week),
                  st.dates(max_value=dt.date(9999, 12, 20))),
        _named(st.sampled_from([(month, day) for month in range(1, 13) for day in (1, 28, 29 if month == 2 else 30)])
               .map(lambda pair: {"unit": "day", "month": pair[0], "day": pair[1]}), within),
        _named(st.integers(1, 12).map(lambda one: {"unit": "month", "month": one}), within),
        _named(st.integers(1, 4).map(lambda one: {"unit": "quarter", "quarter": one}), within),
        _named(st.integers(1, 53).map(lambda one: {"unit": "week", "week": one}), within),
        _named(st.integers(1, 7).map(lambda one: {"unit": "day", "weekday": one}), within),
        _named(st.integers(1, 31).map(lambda one: {"unit": "day", "day": one}), far),
    )  # fmt: skip


def _named(parts, within):
    def build(parts, within, offset):
        return Period(kind="named", within=within, offset=0 if within is not None else offset, **parts)

    return st.builds(build, parts, within, st.integers(-1, 1))


PERIODS = st.one_of(
    _simple_periods(), st.builds(lambda start, end: start.until(end), _simple_periods(), _simple_periods())
)


@settings(max_examples=600)
@given(PERIODS, st.dates())
def test_bounds_are_half_open_and_text_round_trips(period, as_of):
    start, end = bounds(period, as_of)
    assert start < end
    assert from_text(to_text(period)) == period
    assert describe(period, as_of) == f"{start} up to {end} ({phrase(period)})"


@settings(max_examples=150)
@given(st.sampled_from(["day", "week", "month", "quarter", "year"]), st.integers(-40, 40), st.dates(
    min_value=dt.date(1900, 1, 1), max_value=dt.date(2100, 1, 1)))  # fmt: skip
def test_calendar_units_join_without_gap_and_hold_as_of(unit, offset, as_of):
    here, after = (bounds(Period(unit, "relative", offset=one), as_of) for one in (offset, offset + 1))
    assert here[1] == after[0]
    start, end = bounds(Period(unit, "relative"), as_of)
    assert start <= as_of < end
    assert bounds(Period(unit, "to_date"), as_of) == (start, as_of + dt.timedelta(days=1))


@settings(max_examples=150)
@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2100, 1, 1)), st.integers(1, 12))
def test_a_month_without_year_has_begun_and_last_is_over(as_of, month):
    recent = bounds(Period("month", "named", month=month), as_of)
    over = bounds(Period("month", "named", month=month, offset=-1), as_of)
    ahead = bounds(Period("month", "named", month=month, offset=1), as_of)
    assert recent[0] <= as_of < dt.date(recent[0].year + 1, month, 1)
    assert over[1] <= as_of < ahead[0]
    assert {recent[0].month, over[0].month, ahead[0].month} == {month}


@pytest.mark.parametrize("as_of", [dt.date.min, dt.date.max])
def test_bounds_at_the_edges_of_the_calendar(as_of):
    for period in (
        Period("day", "relative"),
        Period("day", "relative", offset=10**9),
        Period("day", "relative", offset=-(10**9)),
        Period("week", "named", week=53),
        Period("day", "named", month=2, day=29, offset=1),
        Period("day", "named", weekday=3, offset=-1),
        Period("year", "last_n", count=10**9),
        Period("month", "next_n", count=10**9),
    ):
        start, end = bounds(period, as_of)
        assert dt.date.min <= start < end <= dt.date.max


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{}", "nonsense", '{"unit":"year"}', '{"unit":"century","kind":"relative"}',
        '{"unit":["year"],"kind":"relative"}', '{"unit":"year","kind":{}}',
        '{"unit":"year","kind":"absolute"}', '{"unit":"year","kind":"absolute","year":0}',
        '{"unit":"year","kind":"absolute","year":"2024"}', '{"unit":"year","kind":"absolute","year":2024.5}',
        '{"unit":"year","kind":"absolute","year":true}', '{"unit":"year","kind":"absolute","year":null}',
        '{"unit":"day","kind":"absolute","year":2023,"month":2,"day":29}',
        '{"unit":"week","kind":"absolute","year":2023,"week":53}', '{"unit":"month","kind":"relative","month":3}',
        '{"unit":"day","kind":"named","day":3}', '{"unit":"day","kind":"named","month":2,"day":30}',
        '{"unit":"year","kind":"relative","offset":99999999999}', '{"unit":"day","kind":"last_n","count":0}',
        '{"unit":"year","kind":"relative","offset":-1,"colour":1}', '{"unit":"year","kind":"to_date","offset":1}',
        '{"unit":"month","kind":"named","month":3,"offset":2}', '{"unit":"year","kind":"relative","within":1}',
        '{"unit":"year","kind":"relative","end":{"unit":"year","kind":"relative","end":{}}}',
        '{"unit":"year","kind":"relative","offset":' + "9" * 5000 + "}", "[" * 100_000,
    ],
)  # fmt: skip
def test_bad_text_is_refused_in_a_sentence(text):
    with pytest.raises(ParserError, match=r"^This is no period of time: .+\.$"):
        from_text(text)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_any_text_is_a_period_or_refused(text):
    try:
        assert to_text(from_text(text))
    except ParserError as error:
        assert error.sentence


# ---- any question

_WORDS = sorted({word for case in CASES for word in case["question"].split()}) + list("-/.,'’–_$%") + ["٣", "²", "İ"]


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(_WORDS), max_size=25).map(" ".join),
                 st.lists(st.sampled_from(_WORDS), max_size=25).map("".join)))  # fmt: skip
def test_finding_never_raises_and_mentions_are_apart(question):
    last = 0
    for mention in find_dates(question):
        assert last <= mention.start < mention.end <= len(question)
        assert question[mention.start : mention.end] == mention.text
        assert mention.text.strip() == mention.text
        start, end = bounds(mention.period, AS_OF)
        assert start < end
        assert from_text(to_text(mention.period)) == mention.period
        last = mention.end


@pytest.mark.soak
@pytest.mark.parametrize(
    "piece",
    ["a", " ", "-", "1,000,", "1-", "2024-", "2024 to ", "march and ", "march 2024, ", "last ", "twenty-", "the ",
     "from March to ", "first second ", "Mon, ", "\u0301", "🗓", "last 9", "\x00"],
)  # fmt: skip
def test_hostile_length_takes_linear_time(piece):
    def seconds(length: int) -> float:
        question = (piece * (length // len(piece) + 1))[:length]
        begun = time.process_time()
        find_dates(question)
        return time.process_time() - begun

    assert seconds(40_000) < 30 * max(seconds(5_000), 0.05)


def test_describe_tells_bounds_and_words():
    period = find_dates("hired last year")[0].period
    assert describe(period, dt.date(2026, 5, 4)) == "2025-01-01 up to 2026-01-01 (last year)"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("in the last 30 days", "the last 30 days up to today"),
        ("last two quarters", "the 2 calendar quarters before this one"),
        ("orders in March", "the most recent March"),
        ("orders last March", "last March"),
        ("orders in March last year", "March of last year"),
        ("orders two years ago", "2 years ago"),
        ("orders on Monday last week", "Monday of last week"),
        ("orders on the 15th of this month", "day 15 of this month"),
        ("from Q1 to Q3 2023", "Q1 2023 to Q3 2023"),
        ("on 03/04/2024", "March 4, 2024"),
        ("ytd", "this year to date"),
        ("week 12 of 2024", "week 12 of 2024"),
        ("yesterday", "yesterday"),
        ("last year YTD", "last year to date"),
        ("last weekend", "Saturday of last week to Sunday of last week"),
    ],
)
def test_phrase(question, words):
    assert phrase(find_dates(question)[0].period) == words


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("sales in May 2024 and a year earlier?", "2023-05-01"),
        ("sales in January 2024, the month before that", "2023-12-01"),
        ("sales in Q1 2024. And one quarter earlier", "2023-10-01"),
        ("sales last month, and the month before that?", "2025-12-01"),
        ("sales last quarter, and the year before?", "2024-10-01"),
        ("orders on 2024-03-01, a day before", "2024-02-29"),
        ("orders this week, the week before that", "2026-02-09"),
    ],
)
def test_a_period_that_is_said_by_the_one_before_it(question, wanted):
    *_, last = find_dates(question)
    assert bounds(last.period, dt.date(2026, 2, 17))[0].isoformat() == wanted
    assert question[last.start : last.end] == last.text


@pytest.mark.parametrize(
    ("question", "said", "start", "end"),
    [
        ("May 2024 vs the same period last year", "same period last year", "2023-05-01", "2023-06-01"),
        ("sales by region in May 2024 vs same period in 2022", "same period in 2022", "2022-05-01", "2022-06-01"),
        ("May 2024 vs the same period a year earlier", "same period a year earlier", "2023-05-01", "2023-06-01"),
        ("Q1 2024 vs the same quarter last year", "same quarter last year", "2023-01-01", "2023-04-01"),
        (
            "Q1 2024 vs the same quarter of the previous year",
            "same quarter of the previous year",
            "2023-01-01",
            "2023-04-01",
        ),
        ("March 2024 vs same month last year", "same month last year", "2023-03-01", "2023-04-01"),
        ("last month vs same month last year", "same month last year", "2024-01-01", "2024-02-01"),
        ("March last year vs same month of previous year", "same month of previous year", "2023-03-01", "2023-04-01"),
        ("29 February 2024 vs same day last year", "same day last year", "2023-02-28", "2023-03-01"),
        ("January to March 2024, same period last year", "same period last year", "2023-01-01", "2023-04-01"),
        ("YTD vs the same period last year", "same period last year", "2024-01-01", "2024-02-15"),
        ("MTD vs same period last month", "same period last month", "2025-01-01", "2025-01-15"),
        ("2024 vs the previous year", "previous year", "2023-01-01", "2024-01-01"),
        ("2023 vs prior year", "prior year", "2022-01-01", "2023-01-01"),
        ("last year compared to the previous year", "previous year", "2023-01-01", "2024-01-01"),
        ("Q1 2024 vs prior year", "prior year", "2023-01-01", "2023-04-01"),
        ("Q1 2024 vs the previous quarter", "previous quarter", "2023-10-01", "2024-01-01"),
        ("March 2024 vs March of the previous year", "March of the previous year", "2023-03-01", "2023-04-01"),
        ("salary over 2000 in the previous year", "previous year", "2024-01-01", "2025-01-01"),
        ("joined in 2020 and bought in the previous year", "previous year", "2024-01-01", "2025-01-01"),
    ],
)
def test_the_same_and_the_previous_period_count_from_the_one_said_before(question, said, start, end):
    _, last = find_dates(question)
    assert (last.text, question[last.start : last.end]) == (said, said)
    assert [day.isoformat() for day in bounds(last.period, AS_OF)] == [start, end]


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("sales in the same period last year", []),
        ("last 30 days vs the same period last year", ["last 30 days"]),
        ("sales in the same month last year", ["same month last year"]),
        ("orders shipped the same day last year", ["last year"]),
    ],
)
def test_the_same_period_of_nothing_is_no_whole_year(question, texts):
    assert [found.text for found in find_dates(question)] == texts


@pytest.mark.parametrize(
    "question",
    [
        "a year earlier",
        "0001-01-01 and a year earlier",
        "99999999999 years ago, a year earlier",
        "on 2024-03-15, the month before",
        "shipped a day before the due date",
        "in May 2024, a day earlier",
        "last 3 months, a month before",
    ],
)
def test_no_period_is_made_of_nothing(question):
    assert not any("before" in found.text or "earlier" in found.text for found in find_dates(question))


@pytest.mark.parametrize(
    ("question", "ends"),
    [
        ("change from last month to this month", ["last month", "this month"]),
        ("between March 2023 and March 2024", ["March 2023", "March 2024"]),
        ("difference between 2023 and 2022", ["2023", "2022"]),
        ("orders from March to May 2023", ["March", "May 2023"]),
        ("orders in March 2023", []),
        ("orders since 2021", []),
        ("revenue for the six months to 30 June 2023", []),
        ("orders between 31/03/2024 and 01/03/2024", ["31/03/2024", "01/03/2024"]),
    ],
)
def test_a_range_is_also_its_two_ends(question, ends):
    (mention,) = find_dates(question)
    found = ends_of(mention)
    assert [one.text for one in found] == ends
    assert all(question[one.start : one.end] == one.text for one in found)


def test_the_ends_of_a_range_are_what_they_say():
    early, late = ends_of(find_dates("from March to May 2023")[0])
    assert (early.period.year, early.period.month) == (2023, 3)
    assert (late.period.year, late.period.month) == (2023, 5)
    later, earlier = ends_of(find_dates("between 31/03/2024 and 01/03/2024")[0])
    assert (later.period.day, earlier.period.day) == (31, 1)
    later, earlier = ends_of(find_dates("between 2023 and 2022")[0])
    assert (later.period.year, earlier.period.year) == (2023, 2022)
