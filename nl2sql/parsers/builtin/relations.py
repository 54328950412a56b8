"""How words, tables, columns and stored values of one input are related: what attention is told about each pair.

After relation-aware self-attention (RAT-SQL, Wang et al. 2020), as one learned number for each relation and head that
is added to a pair's score, like the edges of Graphormer (Ying et al. 2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nl2sql.linking import NameMatch
from nl2sql.schema import Schema, fold

RELATIONS = (
    "none", "itself", "beside", "spare",
    "names_column", "column_named", "names_column_part", "column_part_named",
    "names_table", "table_named", "names_table_part", "table_part_named",
    "says_value", "value_said", "value_of", "holds_value", "in_column", "has_value",
    "of_table", "has_column", "refers", "referred", "table_refers", "table_referred",
)  # fmt: skip
"""Relations of one item to another, each followed by its reverse; weights depend on their order."""
_R = {name: number for number, name in enumerate(RELATIONS)}
ITSELF = _R["itself"]
_NAMES = {
    ("table", "exact"): "names_table", ("table", "partial"): "names_table_part",
    ("column", "exact"): "names_column", ("column", "partial"): "names_column_part",
}  # fmt: skip

Hit = tuple[NameMatch, frozenset[int]]
"""How a name is matched by the question, and by which words."""
Place = tuple[str, str]
"""Table and column."""
Related = dict[tuple[int, int], int]
"""The relation of the first item to the second, by their numbers; pairs that are not there have none."""


@dataclass(frozen=True)
class Laid:
    """Numbers of the items: tables by name, columns by place, stored values (place, words), and of the first word."""

    tables: Mapping[str, int]
    columns: Mapping[Place, int]
    values: Sequence[tuple[int, Place, range]]
    words: int


def related(laid: Laid, schema: Schema, table_hits: Mapping[str, Hit], column_hits: Mapping[Place, Hit]) -> Related:
    """Every pair of items that are related."""
    found: Related = {}
    named = [(number, "table", table_hits[name]) for name, number in laid.tables.items()]
    named += [(number, "column", column_hits[place]) for place, number in laid.columns.items()]
    for number, kind, (state, words) in named:
        for at in words:
            _tie(found, laid.words + at, _NAMES[kind, state], number)
    for number, place, said in laid.values:
        column = laid.columns[place]
        _tie(found, number, "in_column", column)
        for at in said:
            _tie(found, laid.words + at, "says_value", number)
            if (laid.words + at, column) not in found:
                _tie(found, laid.words + at, "value_of", column)
    _within(laid, found)
    _keys(laid, schema, found)
    return found


def _tie(found: Related, one: int, relation: str, other: int) -> None:
    """Note `relation` and its reverse, which stands after it in `RELATIONS`."""
    found[one, other] = _R[relation]
    found[other, one] = _R[relation] + 1


def _within(laid: Laid, found: Related) -> None:
    """Columns and their table, columns beside one another."""
    by_table: dict[str, list[int]] = {}
    for (table, _), number in laid.columns.items():
        by_table.setdefault(table, []).append(number)
    for table, columns in by_table.items():
        for column in columns:
            _tie(found, column, "of_table", laid.tables[table])
            found.update(((column, other), _R["beside"]) for other in columns if other != column)


def _keys(laid: Laid, schema: Schema, found: Related) -> None:
    """Columns that refer to columns, tables to tables."""
    tables = {fold(name): number for name, number in laid.tables.items()}
    columns = {(fold(table), fold(name)): number for (table, name), number in laid.columns.items()}
    for key in schema.foreign_keys:
        one, other = tables.get(fold(key.table)), tables.get(fold(key.to_table))
        if one is None or other is None:
            continue
        if one != other:
            _tie(found, one, "table_refers", other)
        for name, to_name in zip(key.columns, key.to_columns, strict=False):
            first, second = columns.get((fold(key.table), fold(name))), columns.get((fold(key.to_table), fold(to_name)))
            if first is not None and second is not None and first != second:
                _tie(found, first, "refers", second)


def tied_columns(found: Related) -> dict[int, set[int]]:
    """The columns that a key ties to each column, by their numbers."""
    tied: dict[int, set[int]] = {}
    for (one, other), relation in found.items():
        if relation in (_R["refers"], _R["referred"]):
            tied.setdefault(one, set()).add(other)
    return tied
