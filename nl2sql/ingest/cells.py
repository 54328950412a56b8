"""Cells that carry a type of their own (of a sheet, of JSON): what a column of them is, and their exact form as text.

Knows no file format: readers hand in Python values. Nothing is rounded on the way: a number that a float cannot hold
comes in as `Exact`, a nested value as `Nested`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nl2sql.ingest.base import NULL_WORDS, Finding

_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?$", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d$", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(Z|[+-]\d\d(?::?\d\d)?)?$", re.ASCII)
_EXACT_FLOAT = 1 << 53
_MONEY = 10.0**13
_MONEY_DECIMALS = 2
_EXAMPLES, _EXAMPLE_WIDTH, _LOOKED_AT = 5, 80, 200
_FEW = 100


class Exact(str):
    """A number in its own digits, because a float would round it."""

    __slots__ = ()


class Nested(str):
    """A list or object as JSON text."""

    __slots__ = ()


Cell = None | bool | int | float | str | dt.date | dt.datetime | dt.time | dt.timedelta

_KINDS: dict[type, str] = {
    bool: "yes or no", int: "number", float: "number", Exact: "number", str: "text", Nested: "nested", dt.date: "date",
    dt.datetime: "date and time", dt.time: "time", dt.timedelta: "duration",
}  # fmt: skip
_PLURALS = {
    "yes or no": "true or false", "number": "numbers", "text": "text", "nested": "lists or objects", "date": "dates",
    "date and time": "dates with a time", "time": "times of day", "duration": "durations",
}  # fmt: skip


@dataclass
class Observed:
    """What was seen in one column so far. Lines are where something was seen first."""

    null_words: frozenset[str] = frozenset()
    """Words that stand for NULL because a person says so."""
    lines: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    smallest: int = 0
    largest: int = 0
    decimals: int = 0
    """Digits after the point, at most."""
    floats: bool = False
    exact: bool = False
    rounded: bool = False
    """Some whole number is too long to be exact in a float."""
    infinite: bool = False
    number_texts: int = 0
    date_texts: int = 0
    timestamp_texts: int = 0
    zones: int = 0
    words: dict[str, int] = field(default_factory=dict)
    """Words among the texts that may stand for NULL."""
    first_text: str = ""
    examples: list[str] = field(default_factory=list)

    def add(self, values: Sequence[Cell], lines: Sequence[int]) -> list[str | None]:
        """Take in cells of the rows at `lines`; their exact form as text comes back."""
        kinds = set(map(type, values)) - {type(None)}
        quick = _QUICK.get(next(iter(kinds))) if len(kinds) == 1 else None
        if quick is not None and len(values) >= _FEW:
            found = quick(self, values, lines)
        else:
            found = [None if one is None else self._add(one, line) for one, line in zip(values, lines, strict=True)]
        if len(self.examples) < _EXAMPLES:
            fresh = dict.fromkeys(value[:_EXAMPLE_WIDTH] for value in found[:_LOOKED_AT] if value)
            self.examples = list(dict.fromkeys([*self.examples, *fresh]))[:_EXAMPLES]
        return found

    def _saw(self, kind: str, values: Sequence[Cell], lines: Sequence[int]) -> list[Any]:
        """Count the values of a batch that are all of one kind; those that are not NULL."""
        present = [value for value in values if value is not None]
        if kind not in self.counts:
            first = next(place for place, value in enumerate(values) if value is not None)
            self.lines[kind], self.counts[kind] = lines[first], 0
        self.counts[kind] += len(present)
        return present

    def _quick_whole(self, values: Sequence[Cell], lines: Sequence[int]) -> list[str | None]:
        present = self._saw("number", values, lines)
        self._whole(min(present))
        self._whole(max(present))
        return [None if value is None else str(value) for value in values]

    def _quick_float(self, values: Sequence[Cell], lines: Sequence[int]) -> list[str | None]:
        """Floats that are whole, or have few decimals; others one by one."""
        array = np.array(self._saw("number", values, lines))
        if not (np.abs(array) < _MONEY).all():  # also where one is no number
            return [None if value is None else self._number(value) for value in values]
        self._whole(int(array.min()))
        self._whole(int(array.max()))
        if (array == np.floor(array)).all():
            return [None if value is None else str(int(value)) for value in values]  # type: ignore[arg-type]
        self.floats = True
        texts = [None if value is None else repr(value).removesuffix(".0") for value in values]
        if self.decimals <= _MONEY_DECIMALS:
            if (np.round(array, _MONEY_DECIMALS) == array).all():
                self.decimals = _MONEY_DECIMALS
            else:
                self.decimals = max(map(_decimals, filter(None, texts)))
        return texts

    def _quick_text(self, values: Sequence[Cell], lines: Sequence[int]) -> list[str | None]:
        """Texts; where the column is plain text beyond doubt they are only counted."""
        if self.null_words:
            values = [None if value in self.null_words else value for value in values]
            if not any(values):
                return [None] * len(values)
        present = self._saw("text", values, lines)
        typed = self.number_texts + self.date_texts + self.timestamp_texts + sum(self.words.values())
        if not self.first_text or self.counts["text"] - len(present) < max(_FEW, 2 * typed):
            for value in present:
                self._text(value)
        return list(values)  # type: ignore[arg-type]

    def _add(self, value: Cell, line: int) -> str | None:
        kind = _KINDS[type(value)]
        if kind == "text" and value in self.null_words:
            return None
        if kind not in self.counts:
            self.lines[kind], self.counts[kind] = line, 0
        self.counts[kind] += 1
        if kind == "text":
            assert isinstance(value, str)
            self._text(value)
            return value
        if kind == "number":
            return self._number(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dt.datetime | dt.date | dt.time):
            return str(value)
        if isinstance(value, dt.timedelta):
            return _hours(value)
        return str(value)

    def _number(self, value: object) -> str:
        if isinstance(value, Exact):
            self.exact = True
            if not _PLAIN_NUMBER.match(value):
                self.infinite, self.decimals = True, 99
                return value
            whole, _, part = value.partition(".")
            self.decimals = max(self.decimals, len(part))
            self._whole(int(whole) if len(whole) < 60 else 10**60)
            return value
        if isinstance(value, int):
            self._whole(value)
            return str(value)
        assert isinstance(value, float)
        if value.is_integer() and abs(value) < 1e22:
            self.rounded = self.rounded or abs(value) >= _EXACT_FLOAT
            self._whole(int(value))
            return str(int(value))
        self.floats = True
        text = repr(value)
        if "e" in text or "n" in text or abs(value) >= _MONEY:
            self.decimals = 99
            self.infinite = self.infinite or "inf" in text
        else:
            self.decimals = max(self.decimals, len(text) - text.index(".") - 1)
        return text

    def _whole(self, value: int) -> None:
        self.smallest, self.largest = min(self.smallest, value), max(self.largest, value)

    def _text(self, value: str) -> None:
        stripped = value.strip()
        if stripped in NULL_WORDS:
            self.words[stripped] = self.words.get(stripped, 0) + 1
        elif _PLAIN_NUMBER.match(stripped):
            self.number_texts += 1
            whole, _, part = stripped.partition(".")
            self.decimals = max(self.decimals, len(part))
            if not part and len(whole) < 60:
                self._whole(int(whole))
            self.exact = self.exact or len(whole) + len(part) > 16
        elif _is_date(stripped):
            self.date_texts += 1
        elif timestamp := _is_timestamp(stripped):
            self.timestamp_texts += 1
            self.zones += timestamp == "zone"
        elif not self.first_text:
            self.first_text = value[:40] or " "

    def decided(self) -> Decided:
        """The type that holds every value seen exactly, and what is odd about the column."""
        kinds = dict(self.counts)
        words = sum(self.words.values())
        texts = kinds.pop("text", 0)
        meaningful = texts - words
        if not kinds and not meaningful:
            return Decided("VARCHAR", bool(texts))
        if not kinds:
            return self._of_texts(meaningful)
        if set(kinds) == {"number"} and meaningful == self.number_texts:
            return self._of_numbers()
        if set(kinds) <= {"date", "date and time"} and meaningful == self.date_texts + self.timestamp_texts:
            with_time = "date and time" in kinds or self.timestamp_texts
            return Decided("TIMESTAMP" if with_time else "DATE", True) if not self.zones else self._mixed()
        if len(kinds) == 1 and not meaningful:
            only = {"yes or no": "BOOLEAN", "time": "TIME", "duration": "INTERVAL", "nested": "VARCHAR"}
            return Decided(only[next(iter(kinds))], True)
        if set(kinds) == {"time", "duration"} and not meaningful:
            return Decided("INTERVAL", True)
        return self._mixed()

    def _of_texts(self, count: int) -> Decided:
        if count == self.number_texts:
            return self._of_numbers()
        if count == self.date_texts:
            return Decided("DATE", True)
        if count == self.date_texts + self.timestamp_texts and self.zones in (0, count):
            return Decided("TIMESTAMP WITH TIME ZONE" if self.zones else "TIMESTAMP", True)
        typed = {"numbers": self.number_texts, "dates": self.date_texts + self.timestamp_texts}
        name, most = max(typed.items(), key=lambda one: one[1])
        if most >= 0.9 * count and self.first_text:
            sentence = (
                f"{most:,} of {count:,} values are {name} and the others are not, first “{self.first_text}”:"
                " the column is kept as text."
            )
            return Decided("VARCHAR", False, (sentence,))
        return Decided("VARCHAR", False)

    def _of_numbers(self) -> Decided:
        """The type for nothing but numbers, some of them perhaps stored as text."""
        said: list[str] = []
        if self.number_texts:
            count = _count(self.number_texts, "number")
            said.append(f"{count} stored as text {_are(self.number_texts)} read like the others.")
        digits = len(str(max(-self.smallest, self.largest)))
        if not self.floats and not self.decimals:
            if self.rounded:
                said.append("Whole numbers of more than 15 digits are kept as the file has them, which may be rounded.")
            if self.smallest >= -(2**63) and self.largest < 2**63:
                return Decided("BIGINT", True, tuple(said))
            if digits <= 38:
                return Decided("HUGEINT", True, tuple(said))
            return Decided("VARCHAR", False, ("Numbers of more than 38 digits are kept as text.",))
        if self.decimals <= _MONEY_DECIMALS and digits <= 16:
            return Decided(f"DECIMAL(18,{_MONEY_DECIMALS})", True, tuple(said))
        if self.exact or max(-self.smallest, self.largest) > _EXACT_FLOAT:
            if self.decimals + digits <= 38 and not self.infinite:
                return Decided(f"DECIMAL(38,{self.decimals})", True, tuple(said))
            return Decided("VARCHAR", False, ("Numbers with too many digits to be exact are kept as text.",))
        return Decided("DOUBLE", True, tuple(said))

    def _mixed(self) -> Decided:
        order = sorted(self.counts, key=lambda kind: -self.counts[kind])
        parts = [f"{_PLURALS[kind]} ({self.counts[kind]:,}, first in line {self.lines[kind]:,})" for kind in order]
        sentence = f"Holds {_and(parts)}: the column is kept as text."
        return Decided("VARCHAR", False, (sentence,))


_QUICK: dict[type, Callable[[Observed, Sequence[Cell], Sequence[int]], list[str | None]]] = {
    int: Observed._quick_whole,
    float: Observed._quick_float,
    str: Observed._quick_text,
}
"""Ways through a batch of values of one type that look at many at once."""


def _decimals(text: str) -> int:
    return 99 if "e" in text else len(text.partition(".")[2])


@dataclass(frozen=True)
class Decided:
    """The DuckDB type of a column, and what is odd about it. `typed`: words such as N/A stand for NULL in it."""

    type: str
    typed: bool
    said: tuple[str, ...] = ()


def widened(seen: str, whole: str) -> str:
    """The type for a column that a part of the file said is of type `seen`, and all of it is of type `whole`.

    `whole` where it holds every value of `seen` as well and is no text, else `seen`: then some values do not fit.

    >>> widened("BIGINT", "DOUBLE"), widened("BIGINT", "VARCHAR"), widened("DATE", "TIMESTAMP")
    ('DOUBLE', 'BIGINT', 'TIMESTAMP')
    """
    return whole if whole.partition("(")[0] in _WIDER.get(seen.partition("(")[0], ()) else seen


_WIDER = {
    "BIGINT": ("HUGEINT", "DECIMAL", "DOUBLE"), "HUGEINT": ("DECIMAL",), "DECIMAL": ("DECIMAL", "DOUBLE"),
    "DOUBLE": ("DECIMAL",), "DATE": ("TIMESTAMP",), "TIME": ("INTERVAL",),
}  # fmt: skip


def findings(position: int, header: str, decided: Decided, words: Iterable[str]) -> list[Finding]:
    """What a person should know of one column, with its header in front."""
    found = [
        Finding(f"“{header}”: {sentence}", "warning" if decided.type == "VARCHAR" else "info", position)
        for sentence in decided.said
    ]
    listed = sorted(word for word in words if word)
    if decided.typed and listed:
        shown = _and([f"“{word}”" for word in listed])
        found.append(Finding(f"“{header}”: {shown} {_are(len(listed))} read as missing.", "info", position))
    return found


def _is_date(text: str) -> bool:
    if not _DATE.match(text):
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_timestamp(text: str) -> str:
    """`zone` or `plain` for a date with a time in ISO form, with or without a time zone; empty for anything else."""
    match = _TIMESTAMP.match(text)
    if not match:
        return ""
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return ""
    return "zone" if match.group(1) else "plain"


def _hours(value: dt.timedelta) -> str:
    """`value` as DuckDB reads an INTERVAL: hours, minutes, seconds."""
    sign, value = ("-", -value) if value < dt.timedelta(0) else ("", value)
    seconds, micros = value.days * 86_400 + value.seconds, value.microseconds
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{micros:06}" if micros else text


def _and(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
