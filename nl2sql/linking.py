"""Schema linking and value linking: which tables, columns and stored values the words of a question mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rapidfuzz import fuzz, process

from nl2sql import meanings
from nl2sql.engine.base import ResultSet
from nl2sql.errors import WorkbenchError
from nl2sql.schema import Column, Schema, Table, quote
from nl2sql.spelling import normal_form as normal_form
from nl2sql.spelling import root
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


MatchKind = Literal["exact", "normal", "fuzzy", "initials"]
"""How words spell a stored value."""


@dataclass(frozen=True)
class ValueMatch:
    """A stored value that words `start` to `end` (exclusive) of a question may mean."""

    start: int
    end: int
    table: str
    column: str
    value: str
    kind: MatchKind


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
class ColumnValues:
    """Stored values of one column, the most frequent first, each with its normal form (empty: not known yet)."""

    table: str
    column: str
    values: Sequence[tuple[str, str]]
    complete: bool
    """Those are all distinct values."""


_LONGEST_FORM = 80
_SHORTEST_KIN = 4
_MOST_PARTS, _SHORTEST_PART, _BEGINNING = 3, 3, 3
_DIGITS = re.compile(r"\d")
_SAY_LITTLE = frozenset("new old open first last high low good big small main other general".split())
"""Words that stand in many names and are said of many other things."""
_FEW_WAYS = 8
"""Of columns with at most so many values, those are found that say which way money or goods go: «spent» for `Debit`."""
_FEW_VALUES = 100
"""Of columns with at most so many values, words of the same family are found: «cancellation» for «Cancelled»."""
_FEW_OF_WORDS, _FEW_WITH_WORD = 30, 2
"""Of columns with at most so many values, those with a word that at most so many have: «won» for «Closed Won»."""


class ValueIndex:
    """Distinct stored text values of the columns that parsers may see, found by spelling. Built once per version."""

    PER_COLUMN: ClassVar[int] = 2_000
    """Distinct values kept per column; a column with more is indexed in part."""
    TOTAL: ClassVar[int] = 200_000

    def __init__(self, entries: Iterable[tuple[str, str, str]], partial: Iterable[tuple[str, str]] = ()) -> None:
        """`entries` are (table, column, stored value); `partial` names columns with more values than were kept."""
        columns: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for table, column, value in entries:
            columns[table, column].append((value, ""))
        self.partial = frozenset(partial)
        self._take(ColumnValues(*place, values, place not in self.partial) for place, values in columns.items())

    @classmethod
    def of(cls, columns: Iterable[ColumnValues]) -> ValueIndex:
        """An index over values that were read before."""
        index, taken = cls(()), list(columns)
        index.partial = frozenset((one.table, one.column) for one in taken if not one.complete)
        index._take(taken)
        return index

    def _take(self, columns: Iterable[ColumnValues]) -> None:
        """Number all values, and note where each form, and each form's initials, are found."""
        self._places: list[tuple[str, str]] = []
        self._entries: list[tuple[int, str]] = []
        """(number of the column, stored value)."""
        self._by_form: dict[str, list[int]] = {}
        self._listed: dict[tuple[str, str], Sequence[tuple[str, str]]] = {}
        self._by_column: dict[tuple[str, str], dict[str, str]] = {}
        """By form, of the columns that were asked about."""
        self._by_root: dict[str, set[str]] = defaultdict(set)
        self._by_part: dict[str, list[int]] = defaultdict(list)
        """Values of more than one word by the stem of each word."""
        self._by_beginning: dict[tuple[str, ...], set[str]] = defaultdict(set)
        """Forms by how each of their words begins, of values that may abbreviate others."""
        self._by_way: tuple[list[int], list[int]] = [], []
        """Values that say of their rows that money or goods come in, go out."""
        for column in columns:
            before = len(self._entries)
            few = len(column.values) <= _FEW_VALUES
            forms: list[str] = []
            for value, known in column.values:
                form = known or normal_form(value)
                if few and form.isalpha() and len(form) >= _SHORTEST_KIN:
                    self._by_root[root(form)].add(form)
                if form and len(form) <= _LONGEST_FORM:
                    if form in self._by_form:
                        self._by_form[form].append(len(self._entries))
                    else:
                        self._by_form[form] = [len(self._entries)]
                    self._entries.append((len(self._places), value))
                    forms.append(form)
            if few:
                self._note_beginnings(forms)
            if len(column.values) <= _FEW_WAYS:
                self._note_ways(before, forms)
            if len(column.values) <= _FEW_OF_WORDS:
                self._note_parts(before, forms)
            if len(self._entries) > before:
                self._places.append((column.table, column.column))
                self._listed[column.table, column.column] = column.values
        self._by_initials: dict[str, list[str]] = defaultdict(list)
        self._by_head: dict[tuple[str, int], list[str]] = defaultdict(list)
        for form in self._by_form:
            self._by_head[form[0], len(form)].append(form)
            if " " in form:
                self._by_initials["".join(part[0] for part in form.split())].append(form)

    def _note_beginnings(self, forms: Sequence[str]) -> None:
        """How the words begin of those forms that may abbreviate what is said, or be abbreviated by it."""
        for form in forms:
            parts = form.split()
            if 1 < len(parts) <= _MOST_PARTS and all(len(part) >= _BEGINNING and part.isalpha() for part in parts):
                self._by_beginning[tuple(part[:_BEGINNING] for part in parts)].add(form)

    def _note_ways(self, first: int, forms: Sequence[str]) -> None:
        """Of the entries from `first` on, the values of one column, those that say which way their rows go."""
        if meanings.has_both_ways(set(forms)):
            for at, form in enumerate(forms, first):
                way = meanings.way_of(form)
                if way is not None:
                    self._by_way[way].append(at)

    def _note_parts(self, first: int, forms: Sequence[str]) -> None:
        """Of the entries from `first` on, the values of one column, the words that are in few of them."""
        found: dict[str, list[int]] = defaultdict(list)
        parted = [form.split() for form in forms]
        if max(map(len, parted), default=0) > _MOST_PARTS:
            return  # sentences, no names
        for at, parts in enumerate(parted, first):
            said = {part for part in parts if part.isalpha() and len(part) >= _SHORTEST_PART} - STOPWORDS - _SAY_LITTLE
            for part in {stem(one) for one in said} if len(parts) > 1 else ():
                found[part].append(at)
        for part, places in found.items():
            if len(places) <= _FEW_WITH_WORD:
                self._by_part[part] += places

    @property
    def size(self) -> int:
        """How many values are indexed."""
        return len(self._entries)

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
        forms = self._forms(table, column)
        if not forms:
            return None
        form = normal_form(text)
        for spelling in (form, singular(form)):
            if spelling in forms:
                return forms[spelling]
        if len(form) >= 5:
            best = process.extractOne(form, forms.keys(), scorer=fuzz.ratio, score_cutoff=88)
            if best:
                return forms[best[0]]
        return None

    def in_several_cases(self, table: str, column: str, value: str) -> bool:
        """Whether a column holds `value` in other small and capital letters too: «Lyon» beside «LYON»."""
        found = (self._entries[at] for at in self._by_form.get(normal_form(value), ()))
        folded = {text for number, text in found if self._places[number] == (table, column)}
        return sum(one.casefold() == value.casefold() for one in folded) > 1

    def of_column(self, table: str, column: str) -> tuple[str, ...]:
        """The stored values of one column that are indexed, the most frequent first."""
        return tuple(self._forms(table, column).values())

    def commonest(self, table: str, column: str, count: int) -> tuple[str, ...]:
        """The most frequent stored values of one column, at most `count`; nothing is worked out for it."""
        return tuple(value for value, _ in self._listed.get((table, column), ())[:count])

    def is_whole(self, table: str, column: str) -> bool:
        """True when every distinct value of the column is indexed."""
        return (table, column) in self._listed and (table, column) not in self.partial

    def _forms(self, table: str, column: str) -> dict[str, str]:
        """The stored values of one column by their form, the most frequent of each."""
        place = table, column
        if place not in self._by_column:
            forms: dict[str, str] = {}
            for value, known in self._listed.get(place, ()):
                form = known or normal_form(value)
                if form and len(form) <= _LONGEST_FORM:
                    forms.setdefault(form, value)
            self._by_column[place] = forms
        return self._by_column[place]

    def find(
        self, words: Sequence[Word], limit: int = 24, within: Container[tuple[str, str]] | None = None
    ) -> tuple[ValueMatch, ...]:
        """Stored values that words of a question may mean: longest and closest spellings first.

        Only those of the columns (table, column) in `within`, where it is given.
        """
        return best_matches(self.matches(words), limit, within)

    def matches(self, words: Sequence[Word]) -> list[ValueMatch]:
        """All stored values that words of a question may mean, in every column, for `best_matches` to choose from.

        Words are looked up, so the time does not grow with the number of tables that hold no such value.
        """
        texts = [normal_form(word.text) for word in words]
        found: list[ValueMatch] = []
        for length in range(min(7, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                if texts[start] and texts[start + length - 1]:
                    found += self._find_at(words, texts, start, start + length)
        return found

    def _find_at(self, words: Sequence[Word], texts: list[str], start: int, end: int) -> list[ValueMatch]:
        form = " ".join(text for text in texts[start:end] if text)
        if all(text in STOPWORDS or not text for text in texts[start:end]):
            return []

        def numbered(found: Iterable[int], kind: MatchKind) -> list[ValueMatch]:
            entries = (self._entries[at] for at in found)
            return [ValueMatch(start, end, *self._places[number], value, kind) for number, value in entries]

        def matches(forms: Iterable[str], kind: MatchKind) -> list[ValueMatch]:
            return numbered(sorted(at for one in forms for at in self._by_form[one]), kind)

        single = end - start == 1
        if form in self._by_form and (len(form) > 1 or (words[start].text.isupper() or form.isdigit())):
            return matches([form], "exact")
        bare = singular(form)
        if bare in self._by_form and len(bare) > 2:
            return matches([bare], "normal")
        if single:
            if words[start].text.isupper() and len(form) > 1 and form in self._by_initials:
                return matches(self._by_initials[form], "initials")
        elif len(texts[start:end]) >= 2:
            initials = "".join(text[0] for text in texts[start:end] if text)
            if len(initials) > 1 and initials in self._by_form:
                entries = [one for one in matches([initials], "initials") if one.value.isupper()]
                if entries and not any(text in STOPWORDS for text in texts[start:end]):
                    return entries
        if end - start <= meanings.MOST_WORDS and (len(form) > 2 or words[start].text.isupper()):
            known = [one for one in meanings.meant(form) if one in self._by_form]
            if known:
                return matches(known, "initials")
        if single and (ways := meanings.ways_of(form)) and any(self._by_way[way] for way in ways):
            return numbered((at for way in ways for at in self._by_way[way]), "fuzzy")
        if len(form) >= 5 and end - start <= 4 and texts[start] not in STOPWORDS:
            near = self._nearest(form)
            if near:
                return matches([near], "fuzzy")
        if single and form.isalpha() and len(form) >= _SHORTEST_KIN and texts[start] not in STOPWORDS:
            kin = self._by_root.get(root(form), set()) - {form}
            if kin:
                return [one for one in matches(sorted(kin), "fuzzy") if self._is_small(one)]
        if not single and (short := self._abbreviated(texts[start:end])):
            return [one for one in matches(short, "fuzzy") if self._is_small(one)]
        if single and form not in STOPWORDS and stem(form) in self._by_part:
            return numbered(self._by_part[stem(form)], "fuzzy")
        return []

    def _abbreviated(self, said: Sequence[str]) -> list[str]:
        """Forms whose words begin as those that are said, or go on from them: «comp sci», «computer science»."""
        found = self._by_beginning.get(tuple(word[:_BEGINNING] for word in said), set())
        return sorted(
            one
            for one in found
            if all(part.startswith(word) or word.startswith(part) for part, word in zip(one.split(), said, strict=True))
        )

    def _is_small(self, match: ValueMatch) -> bool:
        return len(self._listed[match.table, match.column]) <= _FEW_VALUES

    def _nearest(self, form: str) -> str | None:
        """The indexed form within one or two edits of `form`, same first letter and digits; None when there is none."""
        cutoff = 100 * (1 - (1.0 if len(form) < 9 else 2.0) / len(form)) - 1
        pool: list[str] = []
        for length in range(len(form) - 2, len(form) + 3):
            pool += self._by_head.get((form[0], length), ())
        if digits := _DIGITS.findall(form):  # INV-20417 is no slip of the pen for INV-201
            pool = [one for one in pool if _DIGITS.findall(one) == digits]
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


def singular(form: str) -> str:
    """The last word without the ending of a plural.

    >>> singular("menu items"), singular("categories"), singular("bus")
    ('menu item', 'category', 'bus')
    """
    head, _, last = form.rpartition(" ")
    if len(last) > 4 and last.endswith("ies"):
        last = last[:-3] + "y"
    elif len(last) > 3 and last.endswith("s") and not last.endswith(("ss", "us", "is")):
        last = last[:-1]
    return f"{head} {last}".strip()


def best_matches(
    matches: Iterable[ValueMatch], limit: int = 24, within: Container[tuple[str, str]] | None = None
) -> tuple[ValueMatch, ...]:
    """At most `limit` of the matches in the columns `within` (default all): longest and closest spellings first.

    One whose words lie within a longer match that was found more exactly is dropped.
    """
    inside = [one for one in matches if within is None or (one.table, one.column) in within]
    kept: list[ValueMatch] = []
    spans: dict[tuple[int, int], bool] = {}
    """Words of those kept; True for those of which some spelling is no near one."""
    for match in sorted(inside, key=lambda one: (one.start - one.end, one.kind == "fuzzy")):
        start, end, near = match.start, match.end, match.kind == "fuzzy"
        covered = any(
            left <= start and end <= right and right - left > end - start and (near or sure)
            for (left, right), sure in spans.items()
        )
        if not covered:
            kept.append(match)
            spans[start, end] = spans.get((start, end), False) or not near
        if len(kept) == limit:
            break
    return tuple(kept)


NameMatch = Literal["none", "partial", "exact"]


class NameMatcher:
    """Matches names of tables and columns with the words of one question; see `match_names`."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._stems = [stem(word.text) for word in words]
        self._content = [word.text.lower() not in STOPWORDS for word in words]
        self._present = frozenset(self._stems)

    def match(self, name: str, extra: Iterable[str] = ()) -> tuple[NameMatch, frozenset[int]]:
        """How the words match a name (or one of its other names), and which word positions do."""
        stems = self._stems
        best: tuple[NameMatch, frozenset[int]] = ("none", frozenset())
        for text in (name, *extra):
            wanted = [stem(part) for part in split_name(text)]
            if self._present.isdisjoint(wanted):  # nearly all names of a large schema
                continue
            for start in range(len(stems) - len(wanted) + 1):
                if stems[start : start + len(wanted)] == wanted:
                    return "exact", frozenset(range(start, start + len(wanted)))
            content = {part for part in wanted if part not in STOPWORDS and len(part) > 1} or set(wanted)
            positions = frozenset(at for at, one in enumerate(stems) if one in content and self._content[at])
            if positions and best[0] == "none":
                best = ("partial", positions)
        return best


def match_names(words: Sequence[Word], name: str, extra: Iterable[str] = ()) -> tuple[NameMatch, frozenset[int]]:
    """How the words of a question match a name (or one of its other names), and which word positions do.

    `exact`: all words of the name stand there side by side; `partial`: some content word does.

    >>> match_names(split_words("average unit prices"), "unit_price")
    ('exact', frozenset({1, 2}))
    """
    return NameMatcher(words).match(name, extra)
