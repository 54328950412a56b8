"""Which tables of a schema of any size a question may mean: by names, near spellings, stored values and neighbours.

What the names say is worked out once for each schema; a question costs look-ups and a little arithmetic. Words that few
tables have count for more (inverse document frequency, Spärck Jones 1972). Knows no weights and no word pieces.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from nl2sql.linking import STOPWORDS, ValueMatch, Word, split_name, stem
from nl2sql.parsers.builtin.joins import key_graph
from nl2sql.schema import Schema, fold

Scores = npt.NDArray[np.float32]

_SCHEMAS_KEPT = 8
# Found by search over questions on databases that training sees; see docs/experiments.md.
_COLUMN = 0.7
"""Worth of a word in a column's name, beside 1 in the table's."""
_ANY_PART = 0.35
"""Worth of one word of a name of many, beside 1 for the whole name."""
_NEAR, _WITHIN = 0.7, 0.4
"""Worth of a near spelling; of a word that is part of a longer one, or has one as its part."""
_NEIGHBOUR, _AROUND = 0.9, 0.8
"""Worth of what a neighbour has; of all that a table and its neighbours have, beside what it has itself."""
_VALUE = {"exact": 0.8, "normal": 0.72, "fuzzy": 0.4, "initials": 0.32}
_MANY_INITIALS = 0.08
"""Worth of a stored value that is the initials of several words: most are by chance."""
_SHORTEST, _LONGEST = 4, 40
"""Letters of the shortest and longest word that is looked for in other spellings."""
_LIKE = 80
"""How alike (0 to 100) a near spelling is."""
_SPELLINGS = 3
_TIED, _FARTHEST = 8, 3
"""Of how many tables the ways from each to each are kept, and how many keys such a way has."""


@dataclass(frozen=True)
class _Named:
    """The tables that have one word in a name of theirs: numbers (n,) and what the word is worth there (n,)."""

    tables: npt.NDArray[np.int64]
    worth: Scores
    rarity: float


@dataclass(frozen=True)
class SchemaIndex:
    """What the names of a schema say, by the stems of their words, and which tables are neighbours."""

    size: int
    numbers: Mapping[str, int]
    """Of the tables, by their names (case-folded)."""
    named: Mapping[str, _Named]
    words: Sequence[str]
    text: str
    """All words, one to a line: looked through for parts of words at once."""
    edges: npt.NDArray[np.int64]
    """(2, E): neighbours by a key, both ways."""
    neighbours: Sequence[Sequence[int]]

    def rank(self, words: Sequence[Word], values: Iterable[ValueMatch]) -> Scores:
        """How likely each table is meant (T,); 0 where nothing speaks for it."""
        found = [*self._by_name(words), *self._by_value(words, values)]
        if not found:
            return np.zeros(self.size, np.float32)
        own = np.zeros((self.size, len(found)), np.float32)  # (T, clues)
        for number, (tables, worth) in enumerate(found):
            own[tables, number] = worth
        around = own.copy()
        np.maximum.at(around, self.edges[0], np.float32(_NEIGHBOUR) * own[self.edges[1]])
        scores: Scores = own.sum(1) + np.float32(_AROUND) * around.sum(1)
        return scores

    def likeliest(self, words: Sequence[Word], values: Iterable[ValueMatch], most: int) -> list[int]:
        """At most `most` numbers of tables, the likeliest first, then those that tie the first ones together.

        Where nothing speaks for a table, it comes in the schema's order.
        """
        ranked = [int(number) for number in np.argsort(-self.rank(words, values), kind="stable")[:most]]
        first = ranked[:_TIED]
        between = [number for number in self.between(first) if number not in first]
        rest = [number for number in ranked[_TIED:] if number not in between]
        return [*first, *between, *rest][:most]

    def between(self, tables: Sequence[int]) -> list[int]:
        """The tables on the shortest ways of at most three keys from each of `tables` to each other one."""
        found: dict[int, None] = {}
        for at, start in enumerate(tables):
            came: dict[int, int] = {start: start}
            goals, edge = set(tables[at + 1 :]), [start]
            for _ in range(_FARTHEST):
                reached: list[int] = []
                for one in edge:
                    for other in self.neighbours[one]:
                        if other not in came:
                            came[other] = one
                            reached.append(other)
                for goal in goals.intersection(reached):
                    step = came[goal]
                    while step != start:
                        found[step] = None
                        step = came[step]
                edge = reached
        return list(found)

    def _by_name(self, words: Sequence[Word]) -> Iterator[tuple[npt.NDArray[np.int64], Scores]]:
        stems = [stem(word.text) for word in words]
        wanted: dict[str, float] = {}
        for word, one in zip(words, stems, strict=True):
            if word.text.lower() not in STOPWORDS and one.isalnum():
                for spelled, worth in self._spellings(one):
                    wanted[spelled] = max(worth, wanted.get(spelled, 0.0))
        for left, word, right in zip(stems, words, stems[1:], strict=False):
            for joined in (left + right, word.text.lower() + right):
                if joined in self.named:
                    wanted[joined] = 1.0
        for spelled, worth in wanted.items():
            named = self.named[spelled]
            yield named.tables, named.worth * np.float32(worth * named.rarity)

    def _spellings(self, one: str) -> list[tuple[str, float]]:
        """The words of the schema that a word of the question may be, with what they are worth."""
        if one in self.named:
            return [(one, 1.0)]
        if not _SHORTEST <= len(one) <= _LONGEST or one.isdigit():
            return []
        near = process.extract(one, self.words, scorer=fuzz.ratio, score_cutoff=_LIKE, limit=_SPELLINGS)
        if near:
            return [(spelled, _NEAR) for spelled, _, _ in near]
        parts = {one[start:end] for start in range(len(one)) for end in range(start + _SHORTEST, len(one) + 1)}
        found = [part for part in parts if part in self.named]
        return [(spelled, _WITHIN) for spelled in (*found, *self._containing(one))]

    def _containing(self, part: str) -> Iterator[str]:
        """The words of the schema that `part` is a part of."""
        at = self.text.find(part)
        while at >= 0:
            start, end = self.text.rfind("\n", 0, at) + 1, self.text.find("\n", at)
            yield self.text[start:end]
            at = self.text.find(part, end)

    def _by_value(
        self, words: Sequence[Word], values: Iterable[ValueMatch]
    ) -> Iterator[tuple[npt.NDArray[np.int64], Scores]]:
        clues: dict[tuple[int, int, str], set[int]] = defaultdict(set)
        for match in values:
            number = self.numbers.get(fold(match.table))
            if number is not None:
                clues[match.start, match.end, match.kind].add(number)
        for (start, end, kind), tables in clues.items():
            worth = _VALUE[kind] if kind != "initials" or end - start == 1 else _MANY_INITIALS
            if end - start == 1 and stem(words[start].text) in self.named:
                worth /= 2  # the word may mean the name
            numbers = np.array(sorted(tables), np.int64)
            rarity = math.log(1 + self.size / len(tables))
            yield numbers, np.full(len(tables), worth * rarity, np.float32)


@lru_cache(_SCHEMAS_KEPT)
def schema_index(schema: Schema) -> SchemaIndex:
    """The index of `schema`, made once and kept while it is asked about."""
    numbers = {fold(table.name): number for number, table in reversed(list(enumerate(schema.tables)))}
    worth: dict[str, dict[int, float]] = defaultdict(dict)

    def note(names: Iterable[str], number: int, most: float) -> None:
        for name in names:
            stems = {stem(word) for word in split_name(name)}
            stems = {one for one in stems if not one.isdigit()} or stems
            for one in stems:
                share = most * (_ANY_PART + (1 - _ANY_PART) / len(stems))
                worth[one][number] = max(share, worth[one].get(number, 0.0))

    for number, table in enumerate(schema.tables):
        note({table.label, table.name, *table.synonyms}, number, 1.0)
        for column in table.columns:
            note({column.label, column.name, *column.synonyms}, number, _COLUMN)
    named = {
        one: _Named(
            np.fromiter(found, np.int64, len(found)),
            np.fromiter(found.values(), np.float32, len(found)),
            math.log(1 + len(schema.tables) / len(found)),
        )
        for one, found in worth.items()
    }
    neighbours = _neighbours(schema, numbers)
    pairs = [(left, right) for left, found in enumerate(neighbours) for right in found]
    edges = np.array(pairs, np.int64).reshape(-1, 2).T
    return SchemaIndex(len(schema.tables), numbers, named, tuple(named), "\n".join(("", *named, "")), edges, neighbours)


def _neighbours(schema: Schema, numbers: Mapping[str, int]) -> list[tuple[int, ...]]:
    """Neighbours of each table: by declared keys, and by names where one of the two has no declared key at all."""
    declared = {fold(name) for key in schema.foreign_keys for name in (key.table, key.to_table)}
    found: list[dict[int, None]] = [{} for _ in schema.tables]
    for name, ties in key_graph(schema).items():
        for other, key in ties:
            if key.declared or name not in declared or fold(other) not in declared:
                found[numbers[name]][numbers[fold(other)]] = None
    return [tuple(one) for one in found]
