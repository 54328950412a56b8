"""Schema linking and value linking: which tables, columns and stored values the words of a question mean."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Prefix

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
_MODALS = frozenset("will would can could may might should must".split())
_DOES = frozenset(
    """i we you it they there that this these those which who what where when how all each both other another not name
    names id ids""".split()
)
"""Stopwords that a verb may follow: «which will», «they may»."""
_NAMING = frozenset(("named", "called"))
_NEVER_NAMES = frozenset(("i", "id", "ids", "and", "or", "not"))
"""Stopwords that are written in capitals without being a name."""
_TIMES = frozenset(name.lower() for name in (*calendar.month_name, *calendar.day_name) if name)


@dataclass(frozen=True)
class Word:
    """One word or mark of a question, with its character offsets."""

    text: str
    start: int
    end: int


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


def _is_mixed(words: Sequence[Word]) -> bool:
    """Whether some word has small letters only, so that capital ones say something."""
    return any(len(word.text) > 1 and word.text.islower() for word in words)


def _is_modal(words: Sequence[Word], at: int) -> bool:
    """Whether «will», «may» and the like go with a verb: «orders that may be late», not «sales in May»."""
    text = words[at].text.lower()
    if text not in _MODALS or (at and words[at].text[0].isupper() and _is_mixed(words)):
        return False
    after = next((word.text.lower() for word in words[at + 1 :]), "?")
    if after in ("and", "or") or (not after.isalnum() and after not in '(["«“'):
        return False
    if at == 0:
        return text != "may" or after in ("i", "we")
    before = words[at - 1].text.lower()
    return before in _DOES or not (before in STOPWORDS or before in _NAMING or not before.isalnum())


def _is_name(words: Sequence[Word], at: int) -> bool:
    """Whether a word is said as a name: capitalised within a question, or possessive."""
    if [word.text for word in words[at + 1 : at + 3]] in (["'", "s"], ["’", "s"]):
        return True
    return at > 0 and words[at - 1].text not in ".?!:" and words[at].text[0].isupper() and _is_mixed(words)


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
_NEAR_TRIED = 8
"""So many of the nearest forms are looked at for one that may be meant."""
_LONG_WORD = 7
"""Words of so many letters are seldom another word by one letter."""
_MOST_PARTS, _SHORTEST_PART, _BEGINNING = 3, 3, 3
_LONGEST_NEAR, _LONGEST = 7, 16
"""Words and marks of a value that is found by near spelling or initials, and of one that is said as it is stored."""
_DIGITS = re.compile(r"\d")
_WAYS_APART = frozenset(
    f"{one}{end}" for one in "north south east west northeast northwest southeast southwest".split()
    for end in ("", "ern")
)  # fmt: skip
_TOP = frozenset(
    """highest lowest biggest smallest largest greatest best worst newest latest oldest earliest longest shortest
    cheapest top bottom""".split()
)
_FIGURES = frozenset(
    """revenue sale tax cost price profit income salary amount value spend spending date quantity count sum balance
    budget fee payment""".split()
)
"""What is counted: the initials of «product revenue» are no code."""
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
        self._many: set[int] = set()
        """Numbers of the columns with many values, all of them known."""
        self._by_name: dict[str, list[int]] | None = None
        """Values of more than one word of those columns by each word; None until one is asked for."""
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
                if few and form.isalpha() and (shared := meanings.family(form)):
                    self._by_root[shared].add(form)
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
                if _FEW_OF_WORDS < len(column.values) <= self.PER_COLUMN and column.complete:
                    self._many.add(len(self._places))
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
        if 2 * sum(len(parts) > _MOST_PARTS for parts in parted) > len(parted):
            return  # sentences, no names
        for at, parts in enumerate(parted, first):
            if len(parts) > _MOST_PARTS:
                continue
            said = {part for part in parts if part.isalpha() and len(part) >= _SHORTEST_PART} - STOPWORDS - _SAY_LITTLE
            for part in {stem(one) for one in said} if len(parts) > 1 else ():
                found[part].append(at)
        for part, places in found.items():
            if len(places) <= _FEW_WITH_WORD:
                self._by_part[part] += places

    def _named(self, words: Sequence[Word], at: int, form: str) -> list[int]:
        """Of columns with many values, those of more than one word that have this one, which is said as a name."""
        if not form.isalpha() or len(form) < _SHORTEST_PART or not self._many or not _is_name(words, at):
            return []
        if form in STOPWORDS or form in _SAY_LITTLE or form in _TIMES or meanings.meant(form):
            return []
        if self._by_name is None:
            named: dict[str, list[int]] = {}
            for one, places in self._by_form.items():
                if 1 <= one.count(" ") < _MOST_PARTS and any(self._entries[place][0] in self._many for place in places):
                    for part in one.split():
                        named.setdefault(part, []).extend(places)
            self._by_name = named
        by_column: dict[int, set[int]] = defaultdict(set)
        for place in self._by_name.get(form, ()):
            if self._entries[place][0] in self._many:
                by_column[self._entries[place][0]].add(place)
        return sorted(place for places in by_column.values() if len(places) <= _FEW_WITH_WORD for place in places)

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
        for length in range(min(_LONGEST, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                if texts[start] and texts[start + length - 1]:
                    found += self._find_at(words, texts, start, start + length)
        return found

    def _find_at(self, words: Sequence[Word], texts: list[str], start: int, end: int) -> list[ValueMatch]:
        form = " ".join(text for text in texts[start:end] if text)
        if all(not texts[at] or texts[at] in STOPWORDS or _is_modal(words, at) for at in range(start, end)):
            return self._as_stored(words, start, end, form)

        def numbered(found: Iterable[int], kind: MatchKind) -> list[ValueMatch]:
            entries = (self._entries[at] for at in found)
            return [ValueMatch(start, end, *self._places[number], value, kind) for number, value in entries]

        def matches(forms: Iterable[str], kind: MatchKind) -> list[ValueMatch]:
            return numbered(sorted(at for one in forms for at in self._by_form[one]), kind)

        single = end - start == 1
        spoken = end - start <= meanings.MOST_WORDS and (len(form) > 2 or words[start].text.isupper())
        known = [one for one in meanings.meant(form) if one in self._by_form] if spoken else []
        if form in self._by_form and (len(form) > 1 or (words[start].text.isupper() or form.isdigit())):
            return matches([form], "exact") + matches(known if meanings.is_people(form) else [], "initials")
        bare = singular(form)
        if bare in self._by_form and len(bare) > 2:
            return matches([bare], "normal")
        if not single and (other := self._with_other_and(words[start:end], texts[start:end])):
            return [ValueMatch(start, end, *self._places[number], value, kind) for number, value, kind in other]
        if end - start > _LONGEST_NEAR:
            return []
        if single:
            if words[start].text.isupper() and len(form) > 1 and form in self._by_initials:
                return matches(self._by_initials[form], "initials")
        elif initials := self._code_of(form):
            entries = [one for one in matches([initials], "initials") if one.value.isupper()]
            if entries:
                return entries
        if known:
            return matches(known, "initials")
        if single and (ways := meanings.ways_of(form)) and any(self._by_way[way] for way in ways):
            return numbered((at for way in ways for at in self._by_way[way]), "fuzzy")
        several = single and _is_one_of_several(texts, start)
        if len(form) >= 5 and end - start <= 4 and texts[start] not in STOPWORDS and not several:
            typed = words[start].text if start else words[start].text[1:]  # the first word is capitalised anyway
            near = self._nearest(form, single and form.isalpha() and len(form) < _LONG_WORD and typed.islower())
            if near:
                return matches([near], "fuzzy")
        if single and form.isalpha() and texts[start] not in STOPWORDS:
            kin = self._by_root.get(meanings.family(form), set()) - {form}
            if kin:
                return [one for one in matches(sorted(kin), "fuzzy") if self._is_small(one)]
        if not single and (short := self._abbreviated(texts[start:end])):
            return [one for one in matches(short, "fuzzy") if self._is_small(one)]
        if not single or form in STOPWORDS or several:
            return []
        if stem(form) in self._by_part:
            return numbered(self._by_part[stem(form)], "fuzzy")
        return numbered(self._named(words, start, form), "fuzzy")

    def _as_stored(self, words: Sequence[Word], start: int, end: int, form: str) -> list[ValueMatch]:
        """Stored values that words of no meaning of their own name by their capital letters: «people in IT»."""
        if form not in self._by_form or form in _NEVER_NAMES or not words[start].text[0].isupper():
            return []
        said = [word.text for word in words[start:end]]
        if len(form) > 1 and "".join(said).isupper():
            if not any(word.text.isalpha() and not word.text.isupper() for word in words):
                return []
        elif start == 0 or words[start - 1].text in ".?!:" or not _is_mixed(words):
            return []
        entries = (self._entries[at] for at in self._by_form[form])
        return [
            ValueMatch(start, end, *self._places[number], value, "exact")
            for number, value in entries
            if [word.text for word in split_words(value)] == said
        ]

    def _with_other_and(self, words: Sequence[Word], texts: Sequence[str]) -> list[tuple[int, str, MatchKind]]:
        """Stored values that have «&» where these words say «and», or the reverse, by the numbers of their columns.

        A near spelling where each of what is joined is a stored value of its own.
        """
        if "and" in (texts[0], texts[-1]):
            return []
        spelled = ["and" if word.text == "&" else "" if text == "and" else text
                   for word, text in zip(words, texts, strict=True)]  # fmt: skip
        form = " ".join(text for text in spelled if text)
        if spelled == list(texts) or form not in self._by_form:
            return []
        joined = ["&" if word.text == "&" or text == "and" else text for word, text in zip(words, texts, strict=True)]
        parts = " ".join(text for text in joined if text).split(" & ")
        kind: MatchKind = "fuzzy" if all(part in self._by_form for part in parts) else "normal"
        entries = (self._entries[at] for at in self._by_form[form])
        marks = ("&", "+") if "and" in texts else ("and", "And", "AND")
        return [(number, value, kind) for number, value in entries if any(mark in value for mark in marks)]

    def _code_of(self, form: str) -> str:
        """The stored form that the initials of a form's words spell; empty where they are likely to by chance."""
        said = form.split()
        code = "".join(text[0] for text in said)
        if len(code) < 2 or code not in self._by_form or any(text in STOPWORDS or text in _MODALS for text in said):
            return ""
        if meanings.is_short_for(code, form):
            return code
        spans = (" ".join(said[i:j]) for i in range(len(said)) for j in range(i + 1, len(said) + 1))
        if meanings.is_often_chance(code) or any(
            one in self._by_form or singular(one) in self._by_form for one in spans
        ):
            return ""
        return "" if len(said) == 2 and (said[0] in _TOP or stem(said[1]) in _FIGURES) else code

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

    def _nearest(self, form: str, plain: bool) -> str | None:
        """The indexed form within one or two edits of `form`, same first letter and digits; None when there is none.

        `plain`: it is a short word in small letters, as likely another word as a slip of the pen.
        """
        cutoff = 100 * (1 - (1.0 if len(form) < 9 else 2.0) / len(form)) - 1
        pool: list[str] = []
        for length in range(len(form) - 2, len(form) + 3):
            pool += self._by_head.get((form[0], length), ())
        if digits := _DIGITS.findall(form):  # INV-20417 is no slip of the pen for INV-201
            pool = [one for one in pool if _DIGITS.findall(one) == digits]
        known = bool(meanings.meant(form))
        for near, *_ in process.extract(form, pool, scorer=fuzz.ratio, score_cutoff=cutoff, limit=_NEAR_TRIED):
            # Austria is no slip of the pen for Australia.
            if known and not near.startswith(form) and not _ends_otherwise(form, near):
                continue
            if not _are_told_apart(form, near) and (not plain or _is_slip(form, near)):
                return near
        return None


def _are_told_apart(form: str, other: str) -> bool:
    """Whether forms differ in what tells values apart: a word of one letter («Plan A»), a quarter of the sky."""
    pairs = [(one, two) for one, two in zip(form.split(), other.split(), strict=False) if one != two]
    return any(len(one) == len(two) == 1 or (one in _WAYS_APART and two in _WAYS_APART) for one, two in pairs)


def _is_one_of_several(texts: Sequence[str], at: int) -> bool:
    """Whether the word beside one tells which of several is meant, so that one alone means none: «Plan C»."""
    after = texts[at + 1] if at + 1 < len(texts) else ""
    before = texts[at - 1] if at else ""
    lettered = len(after) == 1 and after.isalpha() and after not in STOPWORDS
    return lettered or (texts[at] in _WAYS_APART and (before in _WAYS_APART or after in _WAYS_APART))


def _is_slip(form: str, other: str) -> bool:
    """Whether a short word is another of its family, or one with letters swapped, dropped or doubled.

    >>> [_is_slip("pairs", "paris"), _is_slip("londn", "london"), _is_slip("romee", "rome")]
    [True, True, True]
    >>> [_is_slip("parts", "paris"), _is_slip("books", "brooks"), _is_slip("hours", "house")]
    [False, False, False]
    """
    if root(form) == root(other) or _ends_otherwise(form, other):
        return True
    at = Prefix.similarity(form, other)
    if len(form) == len(other):
        return form[at : at + 2] == other[at : at + 2][::-1] and form[at + 2 :] == other[at + 2 :]
    if len(form) < len(other):
        return at > 1 and form[at:] == other[at + 1 :]
    return form[at] == form[at - 1] and form[at + 1 :] == other[at:]


def _ends_otherwise(form: str, other: str) -> bool:
    """Whether two words differ in their last letter alone, as families do, or are one and many of the same people.

    >>> [_ends_otherwise("woman", "women"), _ends_otherwise("drawn", "draw"), _ends_otherwise("inked", "inker")]
    [True, True, True]
    >>> [_ends_otherwise("parts", "paris"), _ends_otherwise("march", "marsh"), _ends_otherwise("books", "boots")]
    [False, False, False]
    """
    same = Prefix.similarity(form, other)
    people = {form[-3:], other[-3:]} == {"man", "men"} and form[:-3] == other[:-3]
    return people or (same >= meanings.SHORTEST_KIN and same >= max(len(form), len(other)) - 1)


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


_SHORTEST_SLIP, _LONG_SLIP = 6, 8
"""Letters of a word from which on one letter may have slipped, and from which on two may have."""
_ENDINGS = frozenset(
    """s d r e n y l es ed er or al en an ee ly ers ors ees ing ies ied ier ion ive ity eer als able ance ment ings
    ions eries eld""".split()
)
"""What ends another word of the same family: «payer» is no slip of «pays»."""


def respelled(
    words: Sequence[Word], at: Iterable[int], names: Iterable[str], is_word: Callable[[str], bool]
) -> tuple[Word, ...]:
    """The words with slips in those at the places `at` mended, after words of `names` that are near.

    A word is a slip where `is_word` does not know it and just one word of the names begins with the same letter and is
    one letter away, or two where both are long (optimal string alignment, Damerau 1964).

    >>> [one.text for one in respelled(split_words("rent by neigborhood"), [2], ["Neighborhood"], str.isupper)]
    ['rent', 'by', 'neighborhood']
    """
    known = {part: stem(part) for name in names for part in split_name(name) if len(part) >= _SHORTEST_SLIP}
    mended = list(words)
    for place in at:
        word = words[place].text.lower()
        said = stem(word)
        if len(said) < _SHORTEST_SLIP or not said.isalpha() or said in known.values() or is_word(word):
            continue
        near: dict[str, tuple[int, int, str]] = {}
        for part, wanted in known.items():
            if part[0] == word[0] and abs(len(said) - len(wanted)) <= 2 and not _is_kin(word, part):
                most = 2 if min(len(said), len(wanted)) >= _LONG_SLIP else 1
                away = OSA.distance(said, wanted, score_cutoff=most)
                if away <= most:
                    one = (away, OSA.distance(word, part), part)
                    near[wanted] = min(near.get(wanted, one), one)
        best = sorted(near.values())
        if best and (len(best) == 1 or best[0][0] < best[1][0]):
            mended[place] = replace(words[place], text=best[0][-1])
    return tuple(mended)


def _is_kin(word: str, other: str) -> bool:
    """Whether two words that are near are of one family: they differ in an ending."""
    shared = Prefix.similarity(word, other)
    return not word[shared:] or not other[shared:] or word[shared:] in _ENDINGS


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
