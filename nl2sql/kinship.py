"""Which column names speak for a key: of their own table, or of another one that they refer to. Reads no values."""

from __future__ import annotations

import re
from functools import lru_cache

from nl2sql.schema import Column, Table
from nl2sql.spelling import split_name, stem

_ID_WORDS = frozenset("id key fk pk sk code no nr num number ref uuid guid ident identifier".split())
_GLUED_ENDINGS = ("id", "key", "code", "no", "nr", "num", "fk")
# Words that many tables have a column of: alone they say nothing about which table is meant.
_GENERIC = _ID_WORDS | frozenset(
    """name title label year month day date week quarter type status state rank position line seq sequence index count
    total amount value level version flag note comment description active size color colour gender sex age price
    quantity qty row sort time hour minute currency unit email phone address url""".split()
)
_NO_PART = frozenset("tbl table dim fact stg raw vw data list master lookup lkp ref all".split())
_OWN_ROLES = frozenset(
    "parent manager supervisor boss predecessor successor superior previous next reply report".split()
)
_PERSON_ROLES = frozenset(
    stem(word)
    for word in """manager owner author creator seller buyer agent rep approver reviewer assignee assigned created
    updated handler leader lead head teacher instructor doctor contact""".split()
)
_PEOPLE = frozenset("employee person people user staff member contact worker colleague".split())
_ROW_NUMBERS = frozenset("line position pos seq sequence number no nr item row".split())
_YEAR = re.compile(r"(19|20)\d\d")
Words = tuple[str, ...]
_KEPT = 50_000


def likely_keys(table: Table) -> tuple[Column, ...]:
    """Columns that may tell the table's rows apart by their names, the likeliest first; at most five.

    >>> columns = tuple(Column(name, "INTEGER") for name in ("year", "customer_id", "order_id", "paid"))
    >>> [column.name for column in likely_keys(Table("orders", columns))]
    ['order_id', 'customer_id', 'year']
    """
    ranked = []
    for at, column in enumerate(table.columns):
        rank = _rank(table, column, at == 0)
        if rank is not None and column.family in ("number", "text") and not _fraction(column):
            ranked.append((rank, at, column))
    return tuple(column for _, _, column in sorted(ranked, key=lambda one: one[:2])[:5])


def _rank(table: Table, column: Column, first: bool) -> int | None:
    words = stems(column.name)
    if words == ("id",):
        return 0
    if is_owner(table, column):
        return 1
    if words and (set(words) <= _ID_WORDS or words[0] in ("pk", "sk")):
        return 2
    if words and (words[-1] in _ID_WORDS or words[0] in ("id", "fk")):
        return 3
    if words and words[-1] in _ROW_NUMBERS:
        return 4
    if first and (column.family == "text" or set(words) <= {"year", "month", "day", "rank"}):
        return 5
    return None


def alternate_names(table: Table) -> tuple[Column, ...]:
    """Text columns by which others may name the table's rows: a name or code of its own; at most three."""
    own = _table_names(table)
    found = []
    for column in table.columns:
        words = stems(column.name)
        said = {words, *(words[len(name) :] for name in own if words[: len(name)] == name)}
        if column.family == "text" and said & {(), ("name",), ("code",), ("title",), ("abbreviation",), *own}:
            found.append(column)
    return tuple(found[:3])


def is_owner(table: Table, column: Column) -> bool:
    """True when the column's name says that it numbers this table's own rows, as `customers.customer_id` does."""
    words = stems(column.name)
    return words == ("id",) or (bool(set(_cores(words)) & _table_names(table)) and words not in _table_names(table))


def kinship(child: Table, column: Column, parent: Table, key: Column) -> float:
    """How much the name of `child.column` speaks for `parent.key`: 1 for `customer_id` of customers, 0 for nothing.

    >>> customers = Table("customers", (Column("id", "INTEGER"),))
    >>> orders = Table("orders", tuple(Column(name, "INTEGER") for name in ("customer_id", "ship_to_customer", "year")))
    >>> [kinship(orders, column, customers, customers.columns[0]) for column in orders.columns]
    [1.0, 0.8, 0.0]
    """
    words, key_words = stems(column.name), stems(key.name)
    cores, targets = _cores(words), _table_names(parent)
    if child is parent:
        return 0.6 if any(set(core) & _OWN_ROLES for core in cores) else 0.0
    best = 0.0
    for core in cores:
        best = max([best, *(_alike(core, target) for target in targets)])
        if set(core) & _PERSON_ROLES and any(set(target) & _PEOPLE for target in targets):
            best = max(best, 0.6)
        best = 1.0 if any(words == target + key_words for target in targets) else best
    if words == key_words and set(words) - _GENERIC:
        best = max(best, 0.9)
    return best


def _alike(core: Words, target: Words) -> float:
    """How much what a column is about is what a table is about."""
    if not core or not target:
        return 0.0
    if core == target or "".join(core) == "".join(target):
        return 1.0
    if core[-len(target) :] == target or (core[: len(target)] == target and set(core) - _GENERIC - set(target)):
        return 0.8
    if target[-len(core) :] == core and not set(core) <= _GENERIC:
        return 0.75
    if len(core) == len(target) == 1 and len(core[0]) >= 3 and _shortens(core[0], target[0]):
        return 0.65
    return 0.0


def _shortens(short: str, word: str) -> bool:
    """True for `cust` and `customer`, `dept` and `department`: same first letter, the others in order."""
    if len(short) >= len(word) or short[0] != word[0]:
        return False
    rest = iter(word)
    return word.startswith(short) or all(letter in rest for letter in short)


@lru_cache(_KEPT)
def _cores(words: Words) -> tuple[Words, ...]:
    """What a column is about: its words without those for «key»; also with an ending cut that is written together."""
    core = list(words)
    while core and core[-1] in _ID_WORDS:
        core.pop()
    while core and core[0] in ("id", "fk", "pk", "sk"):
        core.pop(0)
    found = [tuple(core)] if core else []
    if core and core == list(words):
        for ending in _GLUED_ENDINGS:
            if core[-1].endswith(ending) and len(core[-1]) >= len(ending) + 3:
                found.append((*core[:-1], stem(core[-1].removesuffix(ending))))
    return tuple(found)


def _table_names(table: Table) -> frozenset[Words]:
    return _names_of((table.name, table.label, *table.synonyms))


@lru_cache(_KEPT)
def _names_of(names: tuple[str, ...]) -> frozenset[Words]:
    found = (
        tuple(word for word in stems(name) if word not in _NO_PART and not _YEAR.fullmatch(word)) for name in names
    )
    return frozenset(filter(None, found))


@lru_cache(_KEPT)
def stems(name: str) -> Words:
    """The words of a name, each as its stem."""
    return tuple(stem(word) for word in split_name(name))


def _fraction(column: Column) -> bool:
    head = column.type.upper()
    return head.startswith(("DOUBLE", "FLOAT", "REAL")) or (head.startswith("DECIMAL") and not head.endswith(",0)"))
