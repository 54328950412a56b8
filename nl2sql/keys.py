"""Proposes primary keys and relationships from names and stored values, each with its evidence. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from nl2sql.engine.base import ResultSet
from nl2sql.errors import WorkbenchError
from nl2sql.kinship import alternate_names, is_owner, kinship, likely_keys
from nl2sql.schema import Column, ForeignKey, Schema, Table, fold, quote

ROWS_LOOKED_AT = 500_000
"""Rows of a table whose values are looked at."""
VALUES_LOOKED_AT = 5_000
"""Distinct values of a referring column that are looked for in the other table."""
SECONDS = 8.0
_BATCH = 10
_PARENTS_LOOKED_AT = 3
Fetch = Callable[[str], ResultSet]
"""Runs one SELECT of the workbench's own and returns its rows."""
Place = tuple[str, str]
"""Table and column."""


@dataclass(frozen=True)
class PrimaryKeyProposal:
    """Columns whose values tell the rows of `table` apart. `score` (0 to 1) orders proposals, the best first."""

    table: str
    columns: tuple[str, ...]
    evidence: str
    score: float


@dataclass(frozen=True)
class RelationshipProposal:
    """`key` as it would be declared. `share` (0 to 1) of the values looked at are found in the other table."""

    key: ForeignKey
    evidence: str
    share: float
    score: float


@dataclass(frozen=True)
class KeyProposals:
    """What names and values suggest beyond the keys that are declared. Not `complete` when time ran out."""

    primary_keys: tuple[PrimaryKeyProposal, ...] = ()
    relationships: tuple[RelationshipProposal, ...] = ()
    complete: bool = True


def propose_keys(schema: Schema, fetch: Fetch, seconds: float = SECONDS) -> KeyProposals:
    """Keys that are not declared in `schema`, within `seconds`.

    Values alone prove nothing, since numbers that count from 1 are found in each other everywhere: a relationship
    needs a name that speaks for it and values that do not speak against it. Never raises for a table that cannot be
    read; such a table has no proposals.
    """
    measured = _Measured(fetch, time.monotonic() + seconds)
    unique = _unique_columns(schema, measured)
    primary = list(_primary_keys(schema, unique, measured))
    chosen = {table.name: table.primary_key for table in schema.tables if table.primary_key}
    chosen.update({one.table: one.columns for one in primary})
    relationships = sorted(_relationships(schema, chosen, unique, measured), key=lambda one: -one.score)
    return KeyProposals(
        tuple(sorted(primary, key=lambda one: -one.score)), tuple(relationships), not measured.out_of_time
    )


class _Measured:
    """Counts over stored values, many to a statement; a table that cannot be read costs only its own counts."""

    def __init__(self, fetch: Fetch, ends: float) -> None:
        self._fetch = fetch
        self._ends = ends
        self.out_of_time = False

    def counts(self, selects: Mapping[int, str]) -> dict[int, list[int]]:
        """The list of counts that each SELECT gives, by its number; those that fail are left out."""
        found: dict[int, list[int]] = {}
        waiting = [list(selects.items())[start : start + _BATCH] for start in range(0, len(selects), _BATCH)]
        while waiting:
            batch = waiting.pop(0)
            if time.monotonic() > self._ends:
                self.out_of_time = True
                break
            try:
                found |= self._run(batch)
            except WorkbenchError:
                if len(batch) > 1:
                    waiting = [[one] for one in batch] + waiting
        return found

    def _run(self, batch: Sequence[tuple[int, str]]) -> dict[int, list[int]]:
        parts = (f"SELECT {number} AS number, counts FROM ({sql})" for number, sql in batch)
        table = self._fetch(" UNION ALL ".join(parts)).table
        return dict(zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True))


@dataclass(frozen=True)
class _Unique:
    """A column without repeated values. `partial`: only the first rows were looked at."""

    rows: int
    partial: bool
    complete: bool
    """No value is missing."""


def _unique_columns(schema: Schema, measured: _Measured) -> dict[Place, _Unique]:
    """Columns that might be keys and whose values are all different."""
    wanted = {
        at: list(dict.fromkeys([*likely_keys(table), *alternate_names(table)]))
        for at, table in enumerate(schema.tables)
        if len(table.primary_key) != 1 or alternate_names(table)
    }
    selects = {at: _uniqueness(schema.tables[at], columns) for at, columns in wanted.items() if columns}
    found: dict[Place, _Unique] = {}
    for at, counts in measured.counts(selects).items():
        rows = counts[0]
        for place, column in enumerate(wanted[at]):
            filled, distinct = counts[1 + 2 * place : 3 + 2 * place]
            if rows > 1 and filled == distinct > 1:
                unique = _Unique(rows, rows >= ROWS_LOOKED_AT, filled == rows)
                found[schema.tables[at].name, column.name] = unique
    return _unique_to_the_end(schema, found, measured)


def _unique_to_the_end(schema: Schema, found: dict[Place, _Unique], measured: _Measured) -> dict[Place, _Unique]:
    """Without the columns of large tables that repeat values further down."""
    large = [place for place, unique in found.items() if unique.partial]
    selects = {}
    for number, (table_name, name) in enumerate(large):
        table = schema.table(table_name)
        assert table is not None
        selects[number] = (
            f"SELECT [count({quote(name)}), approx_count_distinct({quote(name)})] AS counts FROM {table.sql_name}"
        )
    for number, (filled, distinct) in measured.counts(selects).items():
        if distinct < 0.8 * filled:
            del found[large[number]]
    return found


def _uniqueness(table: Table, columns: Sequence[Column]) -> str:
    names = [quote(column.name) for column in columns]
    counts = ", ".join(f"count({name}), count(DISTINCT {name})" for name in names)
    rows = f"SELECT {', '.join(names)} FROM {table.sql_name} LIMIT {ROWS_LOOKED_AT}"
    return f"SELECT [count(*), {counts}] AS counts FROM ({rows})"


def _primary_keys(schema: Schema, unique: Mapping[Place, _Unique], measured: _Measured) -> Iterator[PrimaryKeyProposal]:
    without: dict[int, tuple[Table, tuple[Column, ...]]] = {}
    for at, table in enumerate(schema.tables):
        if table.primary_key:
            continue
        candidates = likely_keys(table)
        for position, column in enumerate(candidates):
            found = unique.get((table.name, column.name))
            if found is not None and found.complete:
                which = f"first {found.rows:,}" if found.partial else f"{found.rows:,}"
                evidence = f"The {which} values of {table.name}.{column.name} are all different, and none is missing."
                yield PrimaryKeyProposal(table.name, (column.name,), evidence, 1.0 - 0.1 * min(position, 5))
                break
        else:
            if len(candidates) > 1:
                without[at] = (table, candidates[:3])
    yield from _pairs(without, measured)


def _pairs(
    without: Mapping[int, tuple[Table, tuple[Column, ...]]], measured: _Measured
) -> Iterator[PrimaryKeyProposal]:
    """Two columns that tell rows apart together, where no single one does: order and line, student and course."""
    tried: list[tuple[Table, Column, Column]] = []
    for table, columns in without.values():
        tried += [(table, left, right) for at, left in enumerate(columns) for right in columns[at + 1 :]]
    selects = {}
    for number, (table, left, right) in enumerate(tried):
        pair = f"{quote(left.name)}, {quote(right.name)}"
        looked_at = f"SELECT {pair} FROM {table.sql_name} LIMIT {ROWS_LOOKED_AT}"
        both = f"count(*) FILTER ({quote(left.name)} IS NOT NULL AND {quote(right.name)} IS NOT NULL)"
        selects[number] = f"SELECT [count(*), {both}, count(DISTINCT ({pair}))] AS counts FROM ({looked_at})"
    done: set[str] = set()
    for number, (all_rows, filled, distinct) in sorted(measured.counts(selects).items()):
        table, left, right = tried[number]
        if 1 < all_rows == filled == distinct and table.name not in done:
            done.add(table.name)
            which = f"first {all_rows:,}" if all_rows >= ROWS_LOOKED_AT else f"{all_rows:,}"
            evidence = f"No two of the {which} rows of {table.name} share both {left.name} and {right.name}."
            yield PrimaryKeyProposal(table.name, (left.name, right.name), evidence, 0.5)


@dataclass(frozen=True)
class _Pair:
    child: Table
    column: Column
    parent: Table
    key: Column
    kinship: float


def _relationships(
    schema: Schema,
    primary: Mapping[str, tuple[str, ...]],
    unique: Mapping[Place, _Unique],
    measured: _Measured,
) -> list[RelationshipProposal]:
    pairs = list(_pairs_by_name(schema, primary, unique))
    counts = measured.counts({number: _overlap(pair) for number, pair in enumerate(pairs)})
    best: dict[Place, RelationshipProposal] = {}
    for number, (values, found) in counts.items():
        pair = pairs[number]
        share = found / values if values else 0.0
        if share < _needed(pair, values):
            continue
        proposal = _proposal(pair, values, found)
        place = (pair.child.name, pair.column.name)
        if place not in best or proposal.score > best[place].score:
            best[place] = proposal
    return list(best.values())


def _needed(pair: _Pair, values: int) -> float:
    """The share of values that must be found: less where the name says more."""
    if values < 2 and pair.kinship < 0.9:
        return 2.0
    return 0.8 if pair.kinship >= 0.9 else 0.9 if pair.kinship >= 0.7 else 0.97


def _pairs_by_name(
    schema: Schema, primary: Mapping[str, tuple[str, ...]], unique: Mapping[Place, _Unique]
) -> Iterator[_Pair]:
    """Columns whose name speaks for a key of another table (or of their own), with what it speaks for it."""
    declared = {(fold(key.table), fold(name)) for key in schema.foreign_keys for name in key.columns}
    keys: list[_Kin] = []
    for table in schema.tables:
        chosen = primary.get(table.name, ())
        for column in table.columns:
            if chosen == (column.name,) or (table.name, column.name) in unique:
                keys.append(_Kin(table, column, chosen == (column.name,), len(keys)))
    owned = {table: list(found) for table, found in groupby(keys, lambda one: id(one.parent))}
    parents: dict[tuple[str, str], list[_Kin]] = {}
    """What a column's name and kind speak for in other tables: columns of one name are many."""
    for child, column in schema.columns():
        kind = _kind(column)
        if kind is None or (fold(child.name), fold(column.name)) in declared or is_owner(child, column):
            continue
        if (column.name, kind) not in parents:
            parents[column.name, kind] = _parents(column, kind, keys)
        others = [one for one in parents[column.name, kind] if one.parent is not child][:_PARENTS_LOOKED_AT]
        own = [one for one in owned.get(id(child), ()) if one.key is not column and _kind(one.key) == kind]
        kin = others + [one.of(kinship(child, column, child, one.key)) for one in own]
        for one in sorted(kin, key=_nearest_first)[:_PARENTS_LOOKED_AT]:
            if one.strength:
                yield _Pair(child, column, one.parent, one.key, one.strength)


@dataclass(frozen=True)
class _Kin:
    """A key that a column may refer to, `place` its place among all keys, `strength` what the name speaks for it."""

    parent: Table
    key: Column
    is_primary: bool
    place: int
    strength: float = 0.0

    def of(self, strength: float) -> _Kin:
        return replace(self, strength=strength if self.is_primary else strength * 0.9)


def _nearest_first(kin: _Kin) -> tuple[float, int]:
    return -kin.strength, kin.place


def _parents(column: Column, kind: str, keys: Sequence[_Kin]) -> list[_Kin]:
    """The keys of other tables that the column's name speaks for, the nearest first."""
    nobody = Table("", ())
    found = [one.of(kinship(nobody, column, one.parent, one.key)) for one in keys if _kind(one.key) == kind]
    return sorted((one for one in found if one.strength), key=_nearest_first)


def _kind(column: Column) -> str | None:
    """What a column's values can be compared as; None for what is no key: fractions, dates, booleans."""
    if column.family == "number":
        head = column.type.upper().replace(" ", "")
        whole = "INT" in head or (head.startswith(("DECIMAL", "NUMERIC")) and head.endswith(",0)"))
        return "number" if whole else None
    return "text" if column.family == "text" else None


def _overlap(pair: _Pair) -> str:
    name, key = quote(pair.column.name), quote(pair.key.name)
    rows = f"SELECT {name} AS value FROM {pair.child.sql_name} LIMIT {ROWS_LOOKED_AT}"
    values = f"SELECT DISTINCT value FROM ({rows}) WHERE value IS NOT NULL LIMIT {VALUES_LOOKED_AT}"
    inside = f"value IN (SELECT {key} FROM {pair.parent.sql_name})"
    if _kind(pair.column) == "text":
        inside = f"CAST(value AS VARCHAR) IN (SELECT CAST({key} AS VARCHAR) FROM {pair.parent.sql_name})"
    return f"SELECT [count(*), count(*) FILTER ({inside})] AS counts FROM ({values})"


def _proposal(pair: _Pair, values: int, found: int) -> RelationshipProposal:
    child, parent = f"{pair.child.name}.{pair.column.name}", f"{pair.parent.name}.{pair.key.name}"
    some = "first " if values >= VALUES_LOOKED_AT else ""
    if found == values:
        evidence = f"All {some}{values:,} values of {child} are found in {parent}."
    else:
        share = min(int(1000 * found / values) / 10, 99.9)
        evidence = f"{share:g}% of {child} ({found:,} of {some}{values:,} values) are found in {parent}."
    key = ForeignKey(pair.child.name, (pair.column.name,), pair.parent.name, (pair.key.name,))
    share = found / values
    return RelationshipProposal(key, evidence, share, round(pair.kinship * share, 4))
