"""Turns examples into padded batches for training: shuffled and thinned schemas, questions in one of their wordings."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nl2sql.linking import STOPWORDS, ValueMatch, normal_form
from nl2sql.meanings import WAYS, ways_of
from nl2sql.parsers.builtin.arrays import arrays_of
from nl2sql.parsers.builtin.corpus import TrainingExample, spoken_values
from nl2sql.parsers.builtin.features import FEATURES, Inputs, Links, Pieces, SpecialPieces, encode, find_links
from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.ground import Targets, ground
from nl2sql.parsers.builtin.model import Batch
from nl2sql.schema import Schema, Table
from nl2sql.spelling import root


@dataclass(frozen=True)
class Sampler:
    """How an example is varied each time it is read."""

    pieces: Pieces
    special: SpecialPieces
    keyword_count: int

    def draw(
        self, example: TrainingExample, rng: random.Random, decoys: Sequence[Schema], longest: int = 0
    ) -> tuple[Inputs, Targets]:
        """One variation: a wording, shuffled tables and columns, other tables thinned out. Raises GroundingError.

        `decoys` are schemas of other databases: now and then the question is asked of one of them and must be declined.
        What does not fit in `longest` word pieces is left out; 0 draws how many.
        """
        question = rng.choice(example.questions)
        earlier = example.earlier
        if earlier is not None:
            question = earlier.before(question)
        elif decoys and rng.random() < 0.03:
            schema = shuffled(rng.choice(decoys), rng)
            links = find_links(question, None, schema)
            inputs = encode(question, schema, links, self.pieces, self.special, 200)
            return inputs, ground(("decline",), inputs, self.keyword_count)
        links = find_links(question, example.values, example.schema)
        if example.values is None:
            links = replace(links, values=_pretended(example, links, rng))
        schema = shuffled(_narrowed(_thinned(example, rng), example, rng), rng)
        known = {(table.name, column.name) for table, column in schema.columns()}
        links = replace(links, values=tuple(one for one in links.values if (one.table, one.column) in known))
        longest = longest or rng.choice((100, 130, 160, 280))
        inputs = encode(question, schema, links, self.pieces, self.special, longest, earlier)
        return inputs, ground(example.reading, inputs, self.keyword_count)


def shuffled(schema: Schema, rng: random.Random) -> Schema:
    """The same schema with tables and columns in another order."""
    tables = [replace(table, columns=tuple(rng.sample(table.columns, len(table.columns)))) for table in schema.tables]
    rng.shuffle(tables)
    return replace(schema, tables=tuple(tables))


def _thinned(example: TrainingExample, rng: random.Random) -> Schema:
    """The tables that the reading needs and some of the others."""
    needed = {one.table for one in example.reading if isinstance(one, Leaf) and one.table}
    others = [table.name for table in example.schema.tables if table.name not in needed]
    if len(others) <= 2:
        return example.schema
    most = 9 if rng.random() < 0.2 else 3
    kept = set(rng.sample(others, rng.randint(1, min(len(others), most)))) | needed
    tables: tuple[Table, ...] = tuple(table for table in example.schema.tables if table.name in kept)
    return Schema(tables, example.schema.foreign_keys)


def _narrowed(schema: Schema, example: TrainingExample, rng: random.Random) -> Schema:
    """In half of all draws, wide tables less some of the columns that neither the reading nor a key needs."""
    if rng.random() < 0.5:
        return schema
    needed = {(one.table, one.column) for one in example.reading if isinstance(one, Leaf) and one.column}
    needed |= {(key.table, name) for key in schema.foreign_keys for name in key.columns}
    needed |= {(key.to_table, name) for key in schema.foreign_keys for name in key.to_columns}
    tables = []
    for table in schema.tables:
        columns = table.columns
        if len(columns) > 5:
            columns = tuple(
                one
                for one in columns
                if (table.name, one.name) in needed or one.name in table.primary_key or rng.random() < 0.5
            )
        tables.append(replace(table, columns=columns or table.columns))
    return replace(schema, tables=tuple(tables))


def _pretended(example: TrainingExample, links: Links, rng: random.Random) -> tuple[ValueMatch, ...]:
    """Gold text values shown as stored ones for a schema without rows: mostly where they belong, at times elsewhere."""
    found: list[ValueMatch] = []
    forms = [normal_form(word.text) for word in links.words]
    for column, text in spoken_values(example.reading):
        place = _place(forms, normal_form(text))
        if place is None:
            found += _implied(column, text, forms)
            continue
        if rng.random() < 0.7:
            found.append(ValueMatch(*place, column.table, column.column, text, "exact"))
        others = [one for table in example.schema.tables for one in table.columns if one.family == "text"]
        if others and rng.random() < 0.15:
            other = rng.choice(others)
            if other.name != column.column:
                found.append(ValueMatch(*place, column.table, other.name, text, "exact"))
    if rng.random() < 0.3:
        found += _chance_matches(example.schema, links, rng)
    return tuple(found)


def _implied(column: Leaf, text: str, forms: Sequence[str]) -> list[ValueMatch]:
    """A value that words only imply: one of its family does, or those that say which way money or goods go."""

    def near(at: int, value: str) -> ValueMatch:
        return ValueMatch(at, at + 1, column.table, column.column, value, "fuzzy")

    parts = {text, *(part for part in normal_form(text).split() if part not in STOPWORDS)}
    roots = {root(part) for part in parts}
    at = next((at for at, form in enumerate(forms) if form.isalpha() and root(form) in roots), None)
    if at is not None:
        return [near(at, text)]
    pair = next((pair for pair in WAYS if normal_form(text) in pair), ())
    values = [text if one == normal_form(text) else _cased_like(one, text) for one in pair]
    return [near(at, values[way]) for at, form in enumerate(forms) for way in (ways_of(form) if pair else ())]


def _cased_like(word: str, other: str) -> str:
    return word.upper() if other.isupper() else word.capitalize() if other[:1].isupper() else word


def _chance_matches(schema: Schema, links: Links, rng: random.Random) -> list[ValueMatch]:
    """A word of the question that some column happens to hold, though the question does not mean it."""
    said = [at for at, word in enumerate(links.words) if len(word.text) > 3 and word.text.isalpha()]
    columns = [(table.name, column.name) for table, column in schema.columns() if column.family == "text"]
    if not said or not columns:
        return []
    at = rng.choice(said)
    word = links.words[at].text
    return [ValueMatch(at, at + 1, *rng.choice(columns), rng.choice((word.capitalize(), word)), "exact")]


def _place(forms: Sequence[str], wanted: str) -> tuple[int, int] | None:
    """Which words spell `wanted`."""
    for start in range(len(forms)):
        said = ""
        for end in range(start, min(start + 12, len(forms))):
            said = f"{said} {forms[end]}".strip()
            if said == wanted and wanted:
                return start, end + 1
    return None


def _padded(sizes: Iterable[int]) -> int:
    """The greatest of `sizes`, up to a multiple of eight: a kernel made for one shape serves more batches."""
    return -(-max(sizes) // 8) * 8


def collate(inputs: Sequence[Inputs]) -> Batch:
    """Pad B inputs to one batch."""
    size, length = len(inputs), _padded(len(one.pieces) for one in inputs)
    count = _padded(len(one.items) for one in inputs)
    pieces = torch.zeros(size, length, dtype=torch.long)
    features = torch.zeros(size, length, len(FEATURES))
    mask = torch.zeros(size, length, dtype=torch.bool)
    pooling = torch.zeros(size, count, length)
    kinds = torch.full((size, count), -1)
    parents = torch.arange(count).repeat(size, 1)
    relations = torch.zeros(size, length, length, dtype=torch.long)
    for row, one in enumerate(map(arrays_of, inputs)):
        items, used = one.pooling.shape
        pieces[row, :used] = torch.from_numpy(one.pieces)
        features[row, :used] = torch.from_numpy(one.features)
        mask[row, :used] = True
        pooling[row, :items, :used] = torch.from_numpy(one.pooling)
        kinds[row, :items] = torch.from_numpy(one.kinds)
        parents[row, :items] = torch.from_numpy(one.parents)
        relations[row, :used, :used] = torch.from_numpy(one.relations)
    return Batch(pieces, features, mask, pooling, kinds, parents, relations)


def collate_targets(targets: Sequence[Targets], batch: Batch, keyword_count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Actions read (B, T), actions to predict (B, T; -100 where none), and what the grammar allows (B, T, K + N)."""
    size, steps = len(targets), max(len(one.actions) for one in targets)
    count = batch.kinds.shape[1]
    read = torch.full((size, steps), -1)
    gold = torch.full((size, steps), -100)
    allowed = torch.zeros(size, steps, keyword_count + count, dtype=torch.bool)
    for row, one in enumerate(targets):
        used = len(one.actions)
        gold[row, :used] = torch.tensor(one.actions)
        read[row, 1:used] = torch.tensor(one.actions[:-1])
        of_kind = [batch.kinds[row] == number for number in range(5)]
        for step in range(used):
            allowed[row, step, list(one.keywords[step])] = True
            for kind in one.kinds[step]:
                allowed[row, step, keyword_count:] |= of_kind[kind]
        allowed[row, used:, 0] = True
    return read, gold, allowed
