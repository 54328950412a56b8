"""What the model reads: question and schema as word pieces with link features, and the items a reading may point at.

Stored values that the question may mean stand beside their column, as in BRIDGE (Lin et al. 2020). Knows no weights.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nl2sql import dates
from nl2sql.linking import (
    NameMatch,
    NameMatcher,
    ValueIndex,
    ValueMatch,
    Word,
    best_matches,
    respelled,
    split_name,
    split_words,
    stem,
)
from nl2sql.numerals import find_numbers
from nl2sql.parsers.builtin.earlier import TURN, Earlier
from nl2sql.parsers.builtin.grammar import KINDS, Leaf
from nl2sql.parsers.builtin.relations import Hit, Laid, Place, Related, related
from nl2sql.schema import Column, Schema, Table, fold

FEATURES = (
    "question", "table", "column", "value", "mark",
    "number", "text", "date", "boolean", "other",
    "primary_key", "foreign_key", "matched", "part_matched", "has_value", "table_matched",
    "names_column", "names_part", "names_table", "names_table_part", "names_value", "names_near_value",
    "is_number", "is_date", "earlier", "was_shown", "was_tested", "spare",
)  # fmt: skip
"""Features of a word piece, each on or off; weights depend on their order."""
_F = {name: number for number, name in enumerate(FEATURES)}
NAMED = frozenset(_F[name] for name in ("matched", "part_matched", "has_value"))
"""Features of what the question names, whole or in part, or holds a value of."""
LONGEST_INPUT = 480
"""Word pieces that the encoder reads at most."""
MOST_ANCHORS = 20
_QUOTES = "\"'“”«»‘’ "
TABLE_PRICE, COLUMN_PRICE, VALUE_PRICE = 2, 1, 8
"""Word pieces that a table, a column and a column's stored values are reckoned to take beyond the name's own."""
_FAMILIES = {"number": "number", "text": "text", "date": "date", "boolean": "boolean"}

Pieces = Callable[[str], Sequence[int]]
"""Word pieces of one lower-case word."""


@dataclass(frozen=True)
class SpecialPieces:
    """Numbers of the encoder's special word pieces."""

    start: int
    separator: int
    colon: int
    comma: int
    equals: int


@dataclass(frozen=True)
class Item:
    """Something a reading may point at: `leaf` once resolved, `span` its word pieces, `parent` another item's number.

    A column's parent is its table, an anchor's its column; tables, mentions and words have none (-1).
    """

    kind: str
    span: tuple[int, int]
    leaf: Leaf | None
    parent: int = -1
    family: str = ""
    words: tuple[int, int] = (0, 0)


@dataclass
class Inputs:
    """One question over one schema, ready for the model. `features[i]` are the numbers of piece i's features."""

    question: str
    words: tuple[Word, ...]
    pieces: list[int] = field(default_factory=list)
    features: list[tuple[int, ...]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    related: Related = field(default_factory=dict)
    """What an item is to another, by their numbers."""
    left_out: int = 0
    """Tables that did not fit."""
    earlier: int = 0
    """Words, the first ones, that belong to an earlier question."""
    mended: tuple[tuple[str, str], ...] = ()
    """Slips of the question, and the words of names that they were read as."""

    def kinds(self) -> list[int]:
        """The kind number of each item."""
        return [KINDS.index(item.kind) for item in self.items]

    def is_named(self, item: Item) -> bool:
        """Whether the question names a column or table, whole or in part, or holds a value of it."""
        return not NAMED.isdisjoint(self.features[item.span[0]])

    def name_words(self) -> frozenset[int]:
        """Positions of the words that name a table or a column whole."""
        naming = {_F["names_column"], _F["names_table"]}
        last = len(self.items) - len(self.words)
        return frozenset(at for at, item in enumerate(self.items[last:]) if naming & set(self.features[item.span[0]]))


@dataclass(frozen=True)
class Links:
    """What the words of a question were found to mean, before the model reads them."""

    words: tuple[Word, ...]
    values: tuple[ValueMatch, ...]
    numbers: tuple[tuple[int, int, Leaf], ...]
    periods: tuple[tuple[int, int, Leaf], ...]


def find_links(
    question: str, values: ValueIndex | None, schema: Schema, found: Iterable[ValueMatch] | None = None
) -> Links:
    """Stored values of `schema`, numbers and time expressions in `question`.

    `found` are the value index's matches for the question, where they are known already.
    """
    words = split_words(question)
    known = {(table.name, column.name) for table, column in schema.columns()}
    if found is None:
        found = values.matches(words) if values else ()
    matches = best_matches(found, within=known)
    periods = []
    found_dates = dates.find_dates(question)
    for mention in (*found_dates, *(end for one in found_dates for end in dates.ends_of(one))):
        covered = [at for at, word in enumerate(words) if mention.start <= word.start < mention.end]
        if covered:
            leaf = Leaf("date", value=dates.to_text(mention.period), text=mention.text)
            periods.append((covered[0], covered[-1] + 1, leaf))
    numbers = []
    for number in find_numbers(question, words):
        text = f"{number.value:g}" if abs(number.value) < 1e6 else f"{number.value:.10g}"
        if "e" in text:
            text = f"{number.value:.0f}"
        numbers.append(
            (
                number.start,
                number.end,
                Leaf("number", value=text, text=_said(question, words, number.start, number.end)),
            )
        )
    named = {
        stem(part)
        for table, column in schema.columns()
        for name in (table.label, column.label)
        for part in split_name(name)
    }
    kept = tuple(
        match
        for match in matches
        if (match.table, match.column) in known
        and not (
            match.kind in ("normal", "fuzzy")
            and match.end - match.start == 1
            and stem(words[match.start].text) in named
        )
    )[:MOST_ANCHORS]
    return Links(words, kept, tuple(numbers), tuple(periods))


def _said(question: str, words: Sequence[Word], start: int, end: int) -> str:
    return question[words[start].start : words[end - 1].end]


def span_text(inputs: Inputs, start: int, end: int) -> str:
    """The words `start` to `end` (exclusive) of the question as they were typed, without quotes around them."""
    return _said(inputs.question, inputs.words, start, end).strip(_QUOTES) or _said(
        inputs.question, inputs.words, start, end
    )


def encode(
    question: str,
    schema: Schema,
    links: Links,
    pieces: Pieces,
    special: SpecialPieces,
    longest: int = LONGEST_INPUT,
    earlier: Earlier | None = None,
) -> Inputs:
    """Lay out question and schema: `[start] words [separator] table : column , column = value [separator] table ...`.

    Tables that do not fit in `longest` word pieces are left out, those least alike to the question first. Where the
    question follows up `earlier`, it is `earlier.before(question)`, and `links` are of that text.
    """
    inputs = Inputs(question, links.words)
    if earlier is not None:
        inputs.earlier = sum(word.start < len(earlier.question) + 1 + len(TURN) for word in links.words)
    writer = _Writer(inputs, pieces, special)
    spelled = _respelled(links, schema, pieces)
    both = list(zip(links.words, spelled, strict=True))[inputs.earlier :]
    inputs.mended = tuple((one.text, other.text) for one, other in both if one is not other)
    match = NameMatcher(spelled).match
    table_hits = {table.name: match(table.label, (table.name, *table.synonyms)) for table in schema.tables}
    column_hits = {
        (table.name, column.name): match(column.label, (column.name, *column.synonyms))
        for table, column in schema.columns()
    }
    word_spans = _write_question(writer, links, spelled, table_hits.values(), column_hits.values(), inputs.earlier)
    matched = {(match.table, match.column) for match in links.values}
    keys = {(fold(key.table), fold(name)) for key in schema.foreign_keys for name in key.columns}
    budget = longest - len(inputs.pieces)
    ranked = sorted(schema.tables, key=lambda table: -_relevance(table, table_hits, column_hits, matched))
    fitting: list[str] = []
    kept_columns: dict[str, tuple[Column, ...]] = {}
    for table in ranked:
        columns, cost = _fit(table, budget, column_hits, matched, keys, writer)
        if columns:
            fitting.append(table.name)
            kept_columns[table.name] = columns
            budget -= cost
    inputs.left_out = len(schema.tables) - len(fitting)
    tables: list[Item] = []
    columns_found: list[Item] = []
    anchors: list[Item] = []
    for table in schema.tables:
        if table.name not in kept_columns:
            continue
        state = table_hits[table.name][0]
        tables.append(writer.table(table, state))
        number = len(tables) - 1
        for column in kept_columns[table.name]:
            place = (table.name, column.name)
            flags = _column_flags(table, column, keys, column_hits[place][0], place in matched, state)
            if earlier is not None:
                flags += (_F["was_shown"],) * (place in earlier.shown) + (_F["was_tested"],) * (place in earlier.tested)
            columns_found.append(writer.column(table, column, flags, number))
            for value in links.values:
                if (value.table, value.column) == place:
                    anchors.append(writer.anchor(value, len(columns_found) - 1))
    offset = len(tables)
    inputs.items = [
        *tables,
        *columns_found,
        *(Item(one.kind, one.span, one.leaf, one.parent + offset, one.family, one.words) for one in anchors),
    ]
    for start, end, leaf in (*links.periods, *links.numbers):
        span = (word_spans[start][0], word_spans[end - 1][1])
        inputs.items.append(Item("mention", span, leaf, words=(start, end)))
    inputs.related = related(_laid(inputs.items), schema, table_hits, column_hits)
    for at, span in enumerate(word_spans):
        inputs.items.append(Item("word", span, None, words=(at, at + 1)))
    return inputs


def _laid(items: Sequence[Item]) -> Laid:
    """Where tables, columns and stored values are among `items`, after which the words come."""
    tables: dict[str, int] = {}
    columns: dict[Place, int] = {}
    values: list[tuple[int, Place, range]] = []
    for number, item in enumerate(items):
        assert item.leaf is not None
        place = (item.leaf.table, item.leaf.column)
        if item.kind == "table":
            tables[item.leaf.table] = number
        elif item.kind == "column":
            columns[place] = number
        elif item.kind == "anchor":
            values.append((number, place, range(*item.words)))
    return Laid(tables, columns, values, len(items))


def _relevance(
    table: Table,
    table_hits: Mapping[str, Hit],
    column_hits: Mapping[tuple[str, str], Hit],
    matched: set[tuple[str, str]],
) -> float:
    """How likely a table is meant: its name first, then its columns' names and stored values."""
    score = {"exact": 5.0, "partial": 2.0, "none": 0.0}[table_hits[table.name][0]]
    best: dict[int, float] = {}
    for column in table.columns:
        state, positions = column_hits[(table.name, column.name)]
        worth = {"exact": 2.0, "partial": 0.7, "none": 0.0}[state]
        for position in positions:
            best[position] = max(best.get(position, 0.0), worth)
    score += sum(best.values())
    return score + 2.0 * sum((table.name, column.name) in matched for column in table.columns)


def _fit(
    table: Table,
    budget: int,
    column_hits: Mapping[tuple[str, str], Hit],
    matched: set[tuple[str, str]],
    keys: set[tuple[str, str]],
    writer: _Writer,
) -> tuple[tuple[Column, ...], int]:
    """The columns of `table` that fit in `budget` word pieces, in their order, and what they cost."""
    cost = writer.cost(table.label) + TABLE_PRICE
    if cost + 4 > budget:
        return (), 0

    def worth(column: Column) -> float:
        place = (table.name, column.name)
        return column_worth(table, column, column_hits[place][0], place in matched, keys)

    kept: set[str] = set()
    share = budget if len(table.columns) <= 40 else max(budget // 2, min(budget, 160))
    for column in sorted(table.columns, key=worth, reverse=True):
        price = writer.cost(column.label) + COLUMN_PRICE
        price += VALUE_PRICE if (table.name, column.name) in matched else 0
        if cost + price > share:
            if worth(column) == 0.0:
                break
            continue
        cost += price
        kept.add(column.name)
    return tuple(column for column in table.columns if column.name in kept), cost


def column_worth(table: Table, column: Column, state: NameMatch, has_value: bool, keys: Container[Place]) -> float:
    """How much a question needs a column read, 0 where nothing speaks for it; `keys` are (table, column), folded."""
    score = {"exact": 4.0, "partial": 2.0, "none": 0.0}[state]
    score += 3.0 * has_value
    score += 1.0 * (column.name in table.primary_key)
    return score + 0.5 * ((fold(table.name), fold(column.name)) in keys)


def _column_flags(
    table: Table, column: Column, keys: set[tuple[str, str]], state: str, has_value: bool, table_state: str
) -> tuple[int, ...]:
    names = ["column", _FAMILIES.get(column.family, "other")]
    if column.name in table.primary_key:
        names.append("primary_key")
    if (fold(table.name), fold(column.name)) in keys:
        names.append("foreign_key")
    names += {"exact": ["matched"], "partial": ["part_matched"], "none": []}[state]
    if has_value:
        names.append("has_value")
    if table_state != "none":
        names.append("table_matched")
    return tuple(_F[name] for name in names)


def _respelled(links: Links, schema: Schema, pieces: Pieces) -> tuple[Word, ...]:
    """The question's words, those mended that are slips of a word of a table's or a column's name.

    Of a word that the encoder was trained with there is one piece: it is none.
    """
    taken = {at for match in links.values for at in range(match.start, match.end)}
    taken |= {at for start, end, _ in (*links.numbers, *links.periods) for at in range(start, end)}
    names = [name for table in schema.tables for name in (table.label, *(column.label for column in table.columns))]
    free = [at for at in range(len(links.words)) if at not in taken]
    return respelled(links.words, free, names, lambda word: len(pieces(word)) == 1)


def _write_question(
    writer: _Writer,
    links: Links,
    spelled: Sequence[Word],
    table_hits: Iterable[Hit],
    column_hits: Iterable[Hit],
    earlier: int,
) -> list[tuple[int, int]]:
    """Write the question's words, the first `earlier` ones as said before; returns the word pieces of each."""
    flags: list[set[str]] = [
        {"question", "earlier"} if at < earlier else {"question"} for at in range(len(links.words))
    ]
    for hits, whole, part in (
        (column_hits, "names_column", "names_part"),
        (table_hits, "names_table", "names_table_part"),
    ):
        for state, positions in hits:
            for at in positions:
                flags[at].add(whole if state == "exact" else part)
    for match in links.values:
        for at in range(match.start, match.end):
            flags[at].add("names_near_value" if match.kind == "fuzzy" else "names_value")
    for mentions, name in ((links.numbers, "is_number"), (links.periods, "is_date")):
        for start, end, _ in mentions:
            for at in range(start, end):
                flags[at].add(name)
    writer.put([writer.special.start], ("mark",))
    spans = [writer.put(writer.pieces(word.text.lower()), sorted(flags[at])) for at, word in enumerate(spelled)]
    writer.put([writer.special.separator], ("mark",))
    return spans


def name_pieces(text: str, pieces: Pieces) -> list[int]:
    """Word pieces of a name, at most twelve; none where it has neither letter nor digit nor mark that is known."""
    found: list[int] = []
    for word in split_name(text)[:12] or (text.lower()[:12],):
        found.extend(pieces(word))
    return found[:12]


class _Writer:
    """Appends word pieces with their features."""

    def __init__(self, inputs: Inputs, pieces: Pieces, special: SpecialPieces) -> None:
        self.inputs = inputs
        self.pieces = pieces
        self.special = special

    def put(self, pieces: Sequence[int], flags: Sequence[str] | tuple[int, ...]) -> tuple[int, int]:
        """Append pieces that share features; returns their span."""
        start = len(self.inputs.pieces)
        numbers = tuple(_F[flag] if isinstance(flag, str) else flag for flag in flags)
        self.inputs.pieces.extend(pieces)
        self.inputs.features.extend([numbers] * len(pieces))
        return start, len(self.inputs.pieces)

    def name(self, text: str) -> list[int]:
        """Word pieces of a name, at most twelve."""
        return name_pieces(text, self.pieces) or [self.special.comma]

    def cost(self, text: str) -> int:
        """Word pieces that a name takes."""
        return len(self.name(text))

    def table(self, table: Table, state: str) -> Item:
        """Write a table's name."""
        if self.inputs.items or self.inputs.pieces[-1] != self.special.separator:
            self.put([self.special.separator], ("mark",))
        flags = ["table", *{"exact": ["matched"], "partial": ["part_matched"], "none": []}[state]]
        span = self.put(self.name(table.label), flags)
        self.put([self.special.colon], ("mark",))
        return Item("table", span, Leaf("table", table.name))

    def column(self, table: Table, column: Column, flags: tuple[int, ...], parent: int) -> Item:
        """Write a column's name."""
        if self.inputs.pieces[-1] != self.special.colon:
            self.put([self.special.comma], ("mark",))
        span = self.put(self.name(column.label), flags)
        return Item("column", span, Leaf("column", table.name, column.name), parent, column.family)

    def anchor(self, match: ValueMatch, parent: int) -> Item:
        """Write a stored value beside its column."""
        self.put([self.special.equals], ("mark",))
        flags = ["value", "names_near_value" if match.kind == "fuzzy" else "names_value"]
        span = self.put(self.name(match.value)[:8], flags)
        leaf = Leaf("anchor", match.table, match.column, match.value)
        return Item("anchor", span, leaf, parent, words=(match.start, match.end))
