"""Schema linking and value linking: which tables, columns and stored values the words of a question mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rapidfuzz import fuzz, process

from nl2sql.engine.base import ResultSet
from nl2sql.errors import WorkbenchError
from nl2sql.schema import Column, Schema, Table, quote
from nl2sql.spelling import normal_form as normal_form
from nl2sql.spelling import split_name as split_name
from nl2sql.spelling import stem as stem

_WORD = re.compile(r"[^\W_]+(?:['’](?=s\b)|)|[^\w\s]", re.UNICODE)

STOPWORDS = frozenset(
    """a an and are as at be been by did do does for from had has have how i in is it its me my of on or our show that
    the their them there these they this those to was we were what when where which who whose with you your all any
    each every list give find tell many much number total average name names id ids per between than more less most
    least only not no than same other another both different after before over under about into s t""".split()
)
_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen twenty""".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "dozen": 12, "once": 1, "twice": 2}
_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_NUMBER = re.compile(
    r"(?<![\w.])[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.,])[-−]?\d+(?:\.\d+)?|(?<![\w.,])\.\d+", re.UNICODE
)
_SCALE_AFTER = re.compile(r"\s?(k|mn|m|bn|b|thousand|million|billion)\b", re.I)
_SHORT_FORMS = {"female": "f", "male": "m", "women": "f", "men": "m", "yes": "y", "no": "n"}
"""Words that a one-letter code commonly stands for."""


@dataclass(frozen=True)
class Word:
    """One word or mark of a question, with its character offsets."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class NumberMention:
    """A number in a question. `start` and `end` are word positions, end exclusive."""

    start: int
    end: int
    value: float


@dataclass(frozen=True)
class ValueMatch:
    """A stored value that words `start` to `end` (exclusive) of a question may mean."""

    start: int
    end: int
    table: str
    column: str
    value: str
    kind: Literal["exact", "normal", "fuzzy", "initials"]


def split_words(question: str) -> tuple[Word, ...]:
    """The words and marks of `question`.

    >>> [word.text for word in split_words("What's Ann's salary?")]
    ['What', "'", 's', 'Ann', "'", 's', 'salary', '?']
    """
    found = []
    for match in _WORD.finditer(question):
        text = match.group()
        if len(text) > 1 and text[-1] in "'’":
            found.append(Word(text[:-1], match.start(), match.end() - 1))
            found.append(Word(text[-1], match.end() - 1, match.end()))
        else:
            found.append(Word(text, match.start(), match.end()))
    return tuple(found)


def find_numbers(question: str, words: Sequence[Word]) -> tuple[NumberMention, ...]:
    """Numbers in digits or words, with scales ("2.5 million", "10k", "1,200", "two hundred")."""
    starts = {word.start: position for position, word in enumerate(words)}
    found: list[NumberMention] = []
    taken: set[int] = set()
    for match in _NUMBER.finditer(question):
        begin, end = match.start(), match.end()
        value = float(match.group().replace(",", "").replace("−", "-"))
        scale = _SCALE_AFTER.match(question, end)
        if scale:
            value *= _SCALES[scale.group(1).lower()]
            end = scale.end()
        covered = [position for start, position in starts.items() if begin <= start < end]
        if not covered:
            continue
        found.append(NumberMention(min(covered), max(covered) + 1, value))
        taken.update(covered)
    position = 0
    while position < len(words):
        value, end = _number_in_words(words, position, taken)
        if end > position:
            found.append(NumberMention(position, end, value))
        position = max(end, position + 1)
    return tuple(sorted(found, key=lambda mention: mention.start))


def _number_in_words(words: Sequence[Word], position: int, taken: set[int]) -> tuple[float, int]:
    """The number spelled from `position` on and where it ends; `(0, position)` when there is none."""
    total, end = 0.0, position
    while end < len(words) and end not in taken:
        text = words[end].text.lower()
        if text in _NUMBER_WORDS:
            part = _NUMBER_WORDS[text]
            total = total * part if part == 100 and total else total + part
        elif end > position and text in ("thousand", "million", "billion"):
            total *= _SCALES[text]
        else:
            break
        end += 1
    return total, end


Fetch = Callable[[str], ResultSet]
"""Runs one SELECT of the workbench's own and returns its rows."""


@dataclass(frozen=True)
class _Entry:
    table: str
    column: str
    value: str


@dataclass(frozen=True)
class ColumnValues:
    """Stored values of one column, the most frequent first, each with its normal form (empty: not known yet)."""

    table: str
    column: str
    values: Sequence[tuple[str, str]]
    complete: bool
    """Those are all distinct values."""


class ValueIndex:
    """Distinct stored text values of the columns that parsers may see, found by spelling. Built once per version."""

    PER_COLUMN: ClassVar[int] = 2_000
    """Distinct values kept per column; a column with more is indexed in part."""
    TOTAL: ClassVar[int] = 200_000

    def __init__(self, entries: Iterable[tuple[str, str, str]], partial: Iterable[tuple[str, str]] = ()) -> None:
        """`entries` are (table, column, stored value); `partial` names columns with more values than were kept."""
        self._by_form: dict[str, list[_Entry]] = defaultdict(list)
        self._by_initials: dict[str, list[_Entry]] = defaultdict(list)
        self._by_head: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._by_column: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self.partial = frozenset(partial)
        self.size = 0
        for table, column, value in entries:
            self._add(_Entry(table, column, value))

    def _add(self, entry: _Entry, form: str = "") -> None:
        form = form or normal_form(entry.value)
        if not form or len(form) > 80:
            return
        self.size += 1
        if form not in self._by_form:
            self._by_head[(form[0], len(form))].append(form)
        self._by_form[form].append(entry)
        self._by_column[(entry.table, entry.column)].setdefault(form, entry.value)
        parts = form.split()
        if len(parts) > 1:
            self._by_initials["".join(part[0] for part in parts)].append(entry)

    @classmethod
    def of(cls, columns: Iterable[ColumnValues]) -> ValueIndex:
        """An index over values that were read before."""
        index = cls(())
        partial = []
        for column in columns:
            for value, form in column.values:
                index._add(_Entry(column.table, column.column, value), form)
            if not column.complete:
                partial.append((column.table, column.column))
        index.partial = frozenset(partial)
        return index

    @classmethod
    def build(cls, schema: Schema, fetch: Fetch) -> ValueIndex:
        """Read the distinct values of every text column of `schema` that is neither hidden nor private."""
        entries: list[tuple[str, str, str]] = []
        partial: list[tuple[str, str]] = []
        for table in schema.tables:
            for column in table.columns:
                if column.family != "text" or column.private or column.hidden:
                    continue
                if len(entries) >= cls.TOTAL:
                    partial.append((table.name, column.name))
                    continue
                values, whole = distinct_values(table, column, fetch, cls.PER_COLUMN)
                entries += [(table.name, column.name, value) for value in values]
                if not whole:
                    partial.append((table.name, column.name))
        return cls(entries, partial)

    def stored(self, table: str, column: str, text: str) -> str | None:
        """The stored spelling of `text` in one column (any case, accents, plural, small typos); None if not there."""
        forms = self._by_column.get((table, column))
        if not forms:
            return None
        form = normal_form(text)
        for spelling in (form, _singular(form)):
            if spelling in forms:
                return forms[spelling]
        if len(form) >= 5:
            best = process.extractOne(form, forms.keys(), scorer=fuzz.ratio, score_cutoff=88)
            if best:
                return forms[best[0]]
        return None

    def of_column(self, table: str, column: str) -> tuple[str, ...]:
        """The stored values of one column that are indexed, the most frequent first."""
        return tuple(self._by_column.get((table, column), {}).values())

    def is_whole(self, table: str, column: str) -> bool:
        """True when every distinct value of the column is indexed."""
        return (table, column) in self._by_column and (table, column) not in self.partial

    def find(
        self, words: Sequence[Word], limit: int = 24, within: Container[tuple[str, str]] | None = None
    ) -> tuple[ValueMatch, ...]:
        """Stored values that words of a question may mean: longest and closest spellings first.

        Only those of the columns (table, column) in `within`, where it is given.
        """
        texts = [normal_form(word.text) for word in words]
        found: list[ValueMatch] = []
        for length in range(min(7, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                if not texts[start] or not texts[start + length - 1]:
                    continue
                here = self._find_at(words, texts, start, start + length)
                found += [one for one in here if within is None or (one.table, one.column) in within]
        return tuple(_without_covered(found))[:limit]

    def _find_at(self, words: Sequence[Word], texts: list[str], start: int, end: int) -> list[ValueMatch]:
        form = " ".join(text for text in texts[start:end] if text)
        if all(text in STOPWORDS or not text for text in texts[start:end]):
            return []

        def matches(
            entries: Iterable[_Entry], kind: Literal["exact", "normal", "fuzzy", "initials"]
        ) -> list[ValueMatch]:
            return [ValueMatch(start, end, one.table, one.column, one.value, kind) for one in entries]

        single = end - start == 1
        if form in self._by_form and (len(form) > 1 or (words[start].text.isupper() or form.isdigit())):
            return matches(self._by_form[form], "exact")
        bare = _singular(form)
        if bare in self._by_form and len(bare) > 2:
            return matches(self._by_form[bare], "normal")
        if single:
            if words[start].text.isupper() and len(form) > 1 and form in self._by_initials:
                return matches(self._by_initials[form], "initials")
            code = _SHORT_FORMS.get(form)
            if code and code in self._by_form:
                return matches(self._by_form[code], "initials")
        elif len(texts[start:end]) >= 2:
            initials = "".join(text[0] for text in texts[start:end] if text)
            if len(initials) > 1 and initials in self._by_form:
                entries = [one for one in self._by_form[initials] if one.value.isupper()]
                if entries and not any(text in STOPWORDS for text in texts[start:end]):
                    return matches(entries, "initials")
        if len(form) >= 5 and end - start <= 4 and texts[start] not in STOPWORDS:
            near = self._nearest(form)
            if near:
                return matches(self._by_form[near], "fuzzy")
        return []

    def _nearest(self, form: str) -> str | None:
        """The indexed form within one or two edits of `form`, same first letter; None when there is none."""
        cutoff = 100 * (1 - (1.0 if len(form) < 9 else 2.0) / len(form)) - 1
        pool: list[str] = []
        for length in range(len(form) - 2, len(form) + 3):
            pool += self._by_head.get((form[0], length), ())
        best = process.extractOne(form, pool, scorer=fuzz.ratio, score_cutoff=cutoff)
        return best[0] if best else None


def distinct_values(table: Table, column: Column, fetch: Fetch, limit: int) -> tuple[list[str], bool]:
    """Up to `limit` distinct values of a text column, the most frequent first, and whether those are all."""
    name = quote(column.name)
    sql = (
        f"SELECT CAST({name} AS VARCHAR) FROM {table.sql_name} WHERE {name} IS NOT NULL "
        f"AND length(CAST({name} AS VARCHAR)) <= 80 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {limit + 1}"
    )
    try:
        rows = fetch(sql).table.column(0).to_pylist()
    except WorkbenchError:
        return [], False
    return rows[:limit], len(rows) <= limit


def _singular(form: str) -> str:
    head, _, last = form.rpartition(" ")
    if len(last) > 4 and last.endswith("ies"):
        last = last[:-3] + "y"
    elif len(last) > 3 and last.endswith("s") and not last.endswith(("ss", "us", "is")):
        last = last[:-1]
    return f"{head} {last}".strip()


def _without_covered(matches: list[ValueMatch]) -> list[ValueMatch]:
    """Drop a match whose words lie within a longer match that was found more exactly."""
    kept: list[ValueMatch] = []
    for match in sorted(matches, key=lambda one: (one.start - one.end, one.kind == "fuzzy")):
        covered = any(
            one.start <= match.start
            and match.end <= one.end
            and one.end - one.start > match.end - match.start
            and (one.kind != "fuzzy" or match.kind == "fuzzy")
            for one in kept
        )
        if not covered:
            kept.append(match)
    return kept


NameMatch = Literal["none", "partial", "exact"]


def match_names(words: Sequence[Word], name: str, extra: Iterable[str] = ()) -> tuple[NameMatch, frozenset[int]]:
    """How the words of a question match a name (or one of its other names), and which word positions do.

    `exact`: all words of the name stand there side by side; `partial`: some content word does.

    >>> match_names(split_words("average unit prices"), "unit_price")
    ('exact', frozenset({1, 2}))
    """
    stems = [stem(word.text) for word in words]
    best: tuple[NameMatch, frozenset[int]] = ("none", frozenset())
    for text in (name, *extra):
        wanted = [stem(part) for part in split_name(text)]
        if not wanted:
            continue
        for start in range(len(stems) - len(wanted) + 1):
            if stems[start : start + len(wanted)] == wanted:
                return "exact", frozenset(range(start, start + len(wanted)))
        content = {part for part in wanted if part not in STOPWORDS and len(part) > 1} or set(wanted)
        positions = frozenset(
            at for at, one in enumerate(stems) if one in content and words[at].text.lower() not in STOPWORDS
        )
        if positions and best[0] == "none":
            best = ("partial", positions)
    return best
