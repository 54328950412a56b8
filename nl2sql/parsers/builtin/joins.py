"""Which keys tie the tables of a query together: paths over the schema's key graph. Knows no readings and no SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from heapq import heappop, heappush
from itertools import count

from nl2sql.errors import ParserError
from nl2sql.linking import split_name, stem
from nl2sql.parsers.builtin.roles import Role
from nl2sql.schema import ForeignKey, Schema, Table, fold

_JOINED = ("number", "text", "date")
"""Families of columns that may tie two tables without a declared key."""

Path = list[tuple[str, ForeignKey | None]]
"""Tables in join order, each with the key that ties it to an earlier one."""

KeyGraph = Mapping[str, Sequence[tuple[str, ForeignKey]]]
"""Neighbours of each table (case-folded), with the key between them."""

Neighbours = Callable[[str], Iterable[tuple[str, ForeignKey]]]
"""Neighbours of one table (case-folded), with the key between them."""

_SHARED = 1.2
"""What it costs more to go by way of what two tables both refer to: a chain of one key more is taken instead."""
_SCHEMAS_KEPT = 8
"""Schemas whose graphs are remembered: those asked about by turns, and no trail of those that training makes."""


def join_path(schema: Schema, tables: list[str]) -> Path:
    """Tables in join order, each with the key that ties it to an earlier one (None for the first).

    Where rows of two tables would be paired only because both refer to a third, another tree as small that pairs none
    is taken: transactions and customers of one branch are not the transactions of those customers. Of two such trees
    the one is taken in which one table refers to the others itself. Raises ParserError when no keys connect them.
    """
    if not tables:
        raise ParserError("This reading names no table.")
    names = list(dict.fromkeys(tables))
    found = _grown(schema, names)
    if len(names) > 2 and (pairings(found) or _chained(found)):
        others = [_grown(schema, [name, *(one for one in names if one != name)]) for name in names[1:]]
        found = min((found, *others), key=lambda path: (len(path), pairings(path), _chained(path)))
    return rooted(found, names[0])


def rooted(path: Path, first: str) -> Path:
    """The same tree from the table `first` on, which is one of its tables."""
    if fold(path[0][0]) == fold(first):
        return path
    spelled = {fold(name): name for name, _ in path}
    left = [key for _, key in path if key is not None]
    order: Path = [(spelled[fold(first)], None)]
    joined = {fold(first)}
    while left:
        key = next(one for one in left if (fold(one.table) in joined) != (fold(one.to_table) in joined))
        left.remove(key)
        new = fold(key.to_table if fold(key.table) in joined else key.table)
        joined.add(new)
        order.append((spelled[new], key))
    return order


def pairings(path: Path) -> int:
    """How many tables of `path` refer to what another one refers to: each row of one meets all of the other's."""
    children = Counter(fold(key.to_table) for _, key in path if key is not None)
    return sum(count - 1 for count in children.values())


def _chained(path: Path) -> int:
    """How many tables of `path` both refer to one and are referred to."""
    keys = [key for _, key in path if key is not None]
    return len({fold(key.table) for key in keys} & {fold(key.to_table) for key in keys})


def _grown(schema: Schema, tables: Sequence[str]) -> Path:
    """A tree from the first table, always to the nearest table still missing: a Steiner tree within a factor of two."""
    order: Path = [(tables[0], None)]
    joined = {fold(tables[0]): None}
    missing = [table for table in tables if fold(table) not in joined]
    while missing:
        goals = {fold(table) for table in missing}
        path = _nearest(partial(_of, key_graph(schema)), joined, goals, _SHARED)
        path = path or _nearest(_shared_columns(schema).neighbours(), joined, goals)
        if path is None:
            raise ParserError(f"No key connects the tables {tables[0]} and {missing[0]}.")
        for name, key in path:
            if fold(name) not in joined:
                joined[fold(name)] = None
                order.append((name, key))
        missing = [table for table in missing if fold(table) not in joined]
    return order


def _of(graph: KeyGraph, name: str) -> Sequence[tuple[str, ForeignKey]]:
    return graph.get(name, ())


@lru_cache(_SCHEMAS_KEPT)
def key_graph(schema: Schema) -> KeyGraph:
    """The graph of declared keys, and of columns of one name between tables that no declared key ties.

    Between two tables with several keys, the one whose columns name the other table comes first.
    """
    keys = [*schema.foreign_keys, *_implied_keys(schema)]
    keys.sort(key=lambda key: (not key.declared, not _names_target(key)))
    graph: dict[str, list[tuple[str, ForeignKey]]] = {fold(table.name): [] for table in schema.tables}
    for key in keys:
        left, right = fold(key.table), fold(key.to_table)
        if left in graph and right in graph and left != right:
            graph[left].append((key.to_table, key))
            graph[right].append((key.table, key))
    return graph


def _names_target(key: ForeignKey) -> bool:
    target = {stem(word) for word in split_name(key.to_table)}
    return any(target & {stem(word) for word in split_name(column)} for column in key.columns)


def _implied_keys(schema: Schema) -> Iterator[ForeignKey]:
    """Relationships that names suggest between tables that no declared key ties: same column name, key on one side."""
    tied = {frozenset((fold(key.table), fold(key.to_table))) for key in schema.foreign_keys}
    called = _columns_by_name(schema)
    for target in schema.tables:
        owned = target.column(target.primary_key[0]) if len(target.primary_key) == 1 else None
        if owned is None or owned.family not in _JOINED:
            continue
        (name,) = target.primary_key
        wanted = {fold(name)} - _TOLD_BY_NOBODY
        if words := split_name(target.name):
            wanted.add("_".join((*words[:-1], stem(words[-1]), "id")))
        places = {place for spelled in wanted for place in called.get(spelled, ())}
        for place in sorted(places):
            table, column = schema.tables[place[0]], schema.tables[place[0]].columns[place[1]]
            if _is_of(table, target) or frozenset((fold(table.name), fold(target.name))) in tied:
                continue
            if column.family == owned.family:
                yield ForeignKey(table.name, (column.name,), target.name, (name,), declared=False)


def _is_of(table: Table, target: Table) -> bool:
    """Whether `table` is `target`, or `target` in a role: what ties the two is the key that gives the role."""
    return table is target or (isinstance(table, Role) and fold(table.of) == fold(target.name))


def _columns_by_name(schema: Schema) -> dict[str, list[tuple[int, int]]]:
    """Where columns of a name stand (table, column), by the name in small letters and by its words."""
    called: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for table_number, table in enumerate(schema.tables):
        for column_number, column in enumerate(table.columns):
            for spelled in {fold(column.name), "_".join(split_name(column.name))}:
                called[spelled].append((table_number, column_number))
    return called


@dataclass(frozen=True)
class _SharedColumns:
    """Which tables have a column of one name and kind. Every two of them are tied, which is never written out."""

    holders: Sequence[Sequence[tuple[str, str]]]
    """For each name and kind, the tables that have it, each with its own spelling of the column."""
    of_table: Mapping[str, Sequence[tuple[int, str]]]
    """By table (case-folded), where it stands in `holders`, with its own spelling."""

    def neighbours(self) -> Neighbours:
        """For one search: those of each table that no table asked about before has."""
        told: set[int] = set()

        def of(name: str) -> Iterator[tuple[str, ForeignKey]]:
            for number, spelled in sorted(self.of_table.get(name, ()), key=_tells_apart):
                if number in told:
                    continue
                told.add(number)
                for other, theirs in self.holders[number]:
                    if fold(other) != name:
                        yield other, ForeignKey(name, (spelled,), other, (theirs,), declared=False)

        return of


_TELLING = frozenset(("id", "code", "key", "no", "nr", "number"))
_TOLD_BY_NOBODY = frozenset(("id", "name", "year", "month", "day", "date", "quarter", "week", "time"))
"""Names that many tables have in common without a row of one being about a row of the other."""


def _tells_apart(holder: tuple[int, str]) -> tuple[bool, int]:
    """Orders shared columns: those that are called like a key first."""
    number, spelled = holder
    return (_TELLING.isdisjoint(split_name(spelled.lower())[-1:]), number)


@lru_cache(_SCHEMAS_KEPT)
def _shared_columns(schema: Schema) -> _SharedColumns:
    """Columns of one name and kind, those apart that say nothing: the last resort where no key is known."""
    numbers: dict[tuple[str, str], int] = {}
    holders: list[list[tuple[str, str]]] = []
    of_table: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for table, column in schema.columns():
        if fold(column.name) not in _TOLD_BY_NOBODY and column.family in _JOINED and not isinstance(table, Role):
            number = numbers.setdefault((fold(column.name), column.family), len(numbers))
            if number == len(holders):
                holders.append([])
            holders[number].append((table.name, column.name))
            of_table[fold(table.name)].append((number, column.name))
    return _SharedColumns(holders, of_table)


def _nearest(
    neighbours: Neighbours, start: Collection[str], goals: set[str], shared: float = 0.0
) -> list[tuple[str, ForeignKey]] | None:
    """The cheapest chain of keys from any table in `start`, the first ones first, to any in `goals` (Dijkstra 1959).

    A key costs 1, and `shared` more where two tables are tied only by what both refer to: students and courses of one
    department are not the courses that students take.
    """
    ticket = count()
    queue = [(0.0, next(ticket), name, False, list[tuple[str, ForeignKey]]()) for name in start]
    seen: set[tuple[str, bool]] = set()
    while queue:
        cost, _, name, upwards, path = heappop(queue)
        if name in goals:
            return path
        if (name, upwards) in seen:
            continue
        seen.add((name, upwards))
        for neighbour, key in neighbours(name):
            folded = fold(neighbour)
            if folded in start:
                continue
            down = fold(key.table) == folded
            more = 1.0 + (shared if upwards and down else 0.0)
            heappush(queue, (cost + more, next(ticket), folded, not down, [*path, (neighbour, key)]))
    return None
