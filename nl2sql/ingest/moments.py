"""Dates and times of day as text: in which forms, and in which order of day and month, a column has them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence

from nl2sql.ingest.base import DateOrder, Finding
from nl2sql.ingest.deciding import Context, Decided
from nl2sql.ingest.forms import Form

DATE = re.compile(
    r"(?P<a>\d{4})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<c>\d{1,2})|(?P<d>\d{1,2})(?P<t>[-/.])(?P<e>\d{1,2})(?P=t)(?P<f>\d{4}|\d\d)",
    re.ASCII,
)
_CLOCK = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?P<f>[.,]\d{1,9})?)?(?P<p>\s?[AaPp]\.?[Mm]\.?)?", re.ASCII
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?", re.ASCII)
_ZONE = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")
_MONTHS = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_FULL = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_NAMED = (
    (re.compile(rf"\d{{1,2}} {_MONTHS} \d{{4}}", re.I), "%d %b %Y"),
    (re.compile(rf"\d{{1,2}}-{_MONTHS}-\d{{4}}", re.I), "%d-%b-%Y"),
    (re.compile(rf"\d{{1,2}}-{_MONTHS}-\d{{2}}", re.I), "%d-%b-%y"),
    (re.compile(rf"{_MONTHS} \d{{1,2}}, \d{{4}}", re.I), "%b %d, %Y"),
    (re.compile(rf"\d{{1,2}} {_FULL} \d{{4}}", re.I), "%d %B %Y"),
    (re.compile(rf"{_FULL} \d{{1,2}}, \d{{4}}", re.I), "%B %d, %Y"),
)


def looks_like_date(text: str) -> bool:
    """Whether `text` begins like a date."""
    return bool(DATE.match(text)) or any(pattern.match(text) for pattern, _ in _NAMED)


def is_day(year: int, month: int, day: int) -> bool:
    """Whether there is such a day."""
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def dates(present: list[str], context: Context, header: str, position: int) -> Decided | None:
    """Dates, with or without a time of day, in one form or a few."""
    if all(_ISO.match(one) for one in present):
        return _iso(present)
    named = {form for one in present for pattern, form in _NAMED if pattern.fullmatch(one)}
    if named and all(any(pattern.fullmatch(one) for pattern, _ in _NAMED) for one in present):
        return Decided(Form("DATE", "date", formats=tuple(sorted(named)), shape=".{6,30}"))
    parts = [_split(one) for one in present]
    if not all(parts):
        return None
    found = [one for one in parts if one is not None]
    timed = sum(bool(clock) for _, clock in found)
    order, findings = _order([date for date, _ in found], context, header, position)
    if order is None:
        return None
    formats: dict[str, None] = {}
    for date, clock in found:
        form = _format(date, order)
        if clock:
            form += (" " if clock != "T" else "T") + _clock_format(clock)
        formats[form] = None
    if len(formats) > 12:
        return None
    if timed == 0:
        if all(form == "%Y-%m-%d" for form in formats) and all(len(one) == 10 for one in present):
            return Decided(Form("DATE", "date", shape=r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), findings)
        return Decided(Form("DATE", "date", formats=tuple(formats), shape=shape_of(formats)), findings)
    return Decided(Form("TIMESTAMP", "timestamp", formats=tuple(formats), shape=shape_of(formats)), findings)


def _iso(present: list[str]) -> Decided | None:
    zones = [bool(_ZONE.search(one[10:])) for one in present]
    rest = [_ZONE.sub("", one[10:]) if zone else one[10:] for one, zone in zip(present, zones, strict=True)]
    if not all(
        _ISO.fullmatch(one[:10] + tail) and is_day(*map(int, one[:10].split("-")))
        for one, tail in zip(present, rest, strict=True)
    ):
        return None
    if any(int(tail[1:3]) > 23 or int(tail[4:6]) > 59 or int(tail[7:9] or 0) > 59 for tail in rest):
        return None
    moment = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    if all(zones):
        return Decided(Form("TIMESTAMP WITH TIME ZONE", "cast", shape=moment + r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"))
    return None if any(zones) else Decided(Form("TIMESTAMP", "cast", shape=moment))


def _split(text: str) -> tuple[re.Match[str], str] | None:
    """The date at the start of `text` and the time of day behind it; None when it is something else."""
    date = DATE.match(text)
    if date is None:
        return None
    tail = text[date.end() :]
    if not tail:
        return date, ""
    clock = _CLOCK.fullmatch(tail[1:]) if tail[0] in "T " else None
    if (
        clock is None
        or int(clock["h"]) > 23
        or int(clock["m"]) > 59
        or int(clock["s"] or 0) > 59
        or len(clock["f"] or "") > 7
    ):
        return None
    return date, tail


def _order(
    dates: Sequence[re.Match[str]], context: Context, header: str, position: int
) -> tuple[DateOrder | None, tuple[Finding, ...]]:
    """Which of two numbers is the day where the year stands last. None when no order fits all dates."""
    if any(one["a"] and not is_day(int(one["a"]), int(one["b"]), int(one["c"])) for one in dates):
        return None, ()
    late = [one for one in dates if one["a"] is None]
    if not late:
        return "ymd", ()
    pairs = [(int(one["d"]), int(one["e"]), year_of(one["f"])) for one in late]
    day_first = all(is_day(year, second, first) for first, second, year in pairs)
    month_first = all(is_day(year, first, second) for first, second, year in pairs)
    short = all(len(one["f"]) == 2 for one in late)
    if not day_first and not month_first:
        return None, ()
    if context.order_chosen and context.order in ("dmy", "mdy"):
        return (context.order if (day_first if context.order == "dmy" else month_first) else None), ()
    if day_first != month_first:
        return ("dmy" if day_first else "mdy"), ()
    if all(first == second for first, second, _ in pairs):
        return "dmy", ()
    if all(one["t"] == "." for one in late):
        return "dmy", ()
    if context.order in ("dmy", "mdy") and not short:
        return context.order, ()
    order: DateOrder = "dmy" if context.european or context.order != "mdy" else "mdy"
    first = next(one for one in late if int(one["d"]) != int(one["e"]))
    day, month = int(first["d"]), int(first["e"])
    other = dt.date(2000, day, 1)
    read, else_ = f"{day} {dt.date(2000, month, 1):%B}", f"{month} {other:%B}"
    if order == "mdy":
        read, else_ = else_, read
    said = "day first (day/month)" if order == "dmy" else "month first (month/day)"
    doubt = f"“{first[0]}” in “{header}” could be {read} or {else_}"
    sentence = f"{doubt}; it was read {said}. Change the date order if that is wrong."
    return order, (Finding(sentence, "warning", position),)


def year_of(text: str) -> int:
    """The year that four or two digits mean."""
    if len(text) == 4:
        return int(text)
    return 2000 + int(text) if int(text) < 69 else 1900 + int(text)


def _format(date: re.Match[str], order: DateOrder) -> str:
    if date["a"]:
        return date["s"].join(("%Y", "%m", "%d"))
    year = "%Y" if len(date["f"]) == 4 else "%y"
    return date["t"].join(("%m", "%d", year) if order == "mdy" else ("%d", "%m", year))


def _clock_format(tail: str) -> str:
    clock = _CLOCK.fullmatch(tail[1:])
    assert clock is not None
    form = ("%I" if clock["p"] else "%H") + ":%M"
    if clock["s"]:
        form += ":%S"
    if clock["f"]:
        form += f"{clock['f'][0]}%f"
    if clock["p"]:
        form += (" " if clock["p"][0].isspace() else "") + "%p"
    return form


def shape_of(formats: Iterable[str]) -> str:
    """A regular expression for the texts that these formats mean, with years of as many digits."""
    parts = {
        "%Y": "[0-9]{4}", "%y": "[0-9]{2}", "%m": "[0-9]{1,2}", "%d": "[0-9]{1,2}", "%H": "[0-9]{1,2}",
        "%I": "[0-9]{1,2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}", "%f": "[0-9]{1,6}", "%p": "[AaPp]\\.?[Mm]\\.?",
    }  # fmt: skip
    shapes = []
    for form in formats:
        shape = re.sub(r"[.]", r"\\.", form)
        shapes.append(re.sub(r"%\w", lambda part: parts[part[0]], shape))
    return "|".join(shapes)


def times(present: list[str]) -> Decided | None:
    """Times of day; None where some value is none."""
    clocks = [_CLOCK.fullmatch(one) for one in present]
    if not all(clocks):
        return None
    found = [one for one in clocks if one is not None]
    if any(one["p"] or (one["f"] or "").startswith(",") or len(one["f"] or "") > 7 for one in found):
        return None
    if any(int(one["h"]) > 23 or int(one["m"]) > 59 or int(one["s"] or 0) > 59 for one in found):
        return None
    return Decided(Form("TIME", "time", shape=r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"))


def all_formats(order: str, timed: bool) -> tuple[str, ...]:
    """Formats of dates (with a time of day where `timed`) for a column in which none was found."""
    late = [("%d", "%m") if order != "mdy" else ("%m", "%d")]
    dates = ["%Y-%m-%d", "%Y/%m/%d"]
    dates += [mark.join((*pair, year)) for pair in late for mark in "/.-" for year in ("%Y", "%y")]
    if not timed:
        return tuple(dates)
    return tuple(
        date + clock for date in dates for clock in ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", "T%H:%M")
    )
