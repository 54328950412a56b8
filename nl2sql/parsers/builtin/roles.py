"""Tables read a second time in a role of their own: managers among employees, home and away teams among teams.

A key that refers to its own table, or one of several keys to the same table, says what the other row is to this one.
Such a role is laid out as a table beside the others, so that a reading can point at its columns like at any other, and
SQL joins the table once more under the role's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import permutations

from nl2sql.kinship import stems
from nl2sql.linking import ValueIndex, ValueMatch, Word, split_name, stem
from nl2sql.schema import Column, ForeignKey, Schema, Table, fold, quote

_MOST_ROLES = 40
"""Roles of one schema: where every table says who created and who changed a row, the first ones."""
_MOST_COLUMNS = 12
_ENDING = re.compile(r"(?<=\w)(?:[_ ](?:id|key|code|no|nr|number|fk|ref|pk)|I[dD]|Key|Code|No|Fk|Ref)$", re.IGNORECASE)
_SCHEMAS_KEPT = 8


@dataclass(frozen=True)
class Role(Table):
    """A table under the name that a key gives it; `of` is its own name."""

    of: str = ""

    @property
    def sql_name(self) -> str:
        """What FROM says: the table itself, called as the role."""
        return f"{replace(self, name=self.of).quoted} AS {quote(self.name)}"

    @property
    def quoted(self) -> str:
        """The name as SQL spells it, without the role."""
        return super().sql_name


@lru_cache(_SCHEMAS_KEPT)
def with_roles(schema: Schema) -> Schema:
    """The schema and its roles, with keys to them; the same schema where it has none.

    Keys that only names tell of count too: `start_station_id` beside a table of stations. Where two tables refer to one
    another, as departments with their manager and employees with their department, one key says the role of a few.
    """
    implied = tuple(_implied(schema))
    if implied:
        schema = replace(schema, foreign_keys=(*schema.foreign_keys, *implied))
    pairs = Counter((fold(key.table), fold(key.to_table)) for key in schema.foreign_keys if len(key.columns) == 1)
    taken = {fold(table.name) for table in schema.tables}
    given = {
        (fold(key.table), key.columns) for key in schema.foreign_keys if isinstance(schema.table(key.to_table), Role)
    }
    roles: list[Table] = []
    keys: list[ForeignKey] = []
    for key in schema.foreign_keys:
        itself = fold(key.table) == fold(key.to_table)
        target = schema.table(key.to_table)
        if len(key.columns) > 1 or target is None or isinstance(target, Role) or len(roles) == _MOST_ROLES:
            continue
        back = pairs[fold(key.to_table), fold(key.table)] and not _stands_for(key, target)
        if not itself and not back and pairs[fold(key.table), fold(key.to_table)] < 2:
            continue
        name = _named_after(key, target)
        if name and fold(name) in taken and (fold(key.table), key.columns) not in given:
            name = f"{name}_{target.name}"  # `prereq_id` in a table `prereq`
        if not name or fold(name) in taken:
            continue
        taken.add(fold(name))
        columns = _columns_of(target, key, schema)
        roles.append(Role(name, columns, namespace=target.namespace, of=target.name))
        keys.append(replace(key, to_table=name))
    if not roles:
        return schema
    called = {(fold(key.table), key.columns) for key in keys}
    plain = [key for key in schema.foreign_keys if (fold(key.table), key.columns) not in called]
    tied = {(fold(key.table), fold(key.to_table)) for key in plain} | _bridged(plain)
    others = [
        key
        for key in schema.foreign_keys
        if (fold(key.table), key.columns) in called
        and tied.isdisjoint(((fold(key.table), fold(key.to_table)), (fold(key.to_table), fold(key.table))))
    ]
    return replace(schema, tables=(*schema.tables, *roles), foreign_keys=(*plain, *others, *keys))


def _bridged(keys: Sequence[ForeignKey]) -> set[tuple[str, str]]:
    """Tables (case-folded) that one between them refers to: a crew ties paddlers to expeditions, beside the leader."""
    targets: dict[str, set[str]] = {}
    for key in keys:
        targets.setdefault(fold(key.table), set()).add(fold(key.to_table))
    return {pair for found in targets.values() for pair in permutations(found, 2)}


_SUPERIORS = frozenset(("manager", "mgr", "supervisor", "boss"))
_PEOPLE = frozenset(map(stem, ("employee", "staff", "person", "people", "worker", "colleague", "user", "member")))


def _implied(schema: Schema) -> Iterator[ForeignKey]:
    """Keys that nobody declared, from columns that are called like another table's key with a role before it.

    Where there is such a column, one that is called like the key alone counts too: `customer_id` beside
    `referring_customer_id`.
    """
    taken = {(fold(key.table), fold(name)) for key in schema.foreign_keys for name in key.columns}
    targets = dict(_called(schema))
    for table in schema.tables:
        found: dict[str, list[tuple[bool, ForeignKey]]] = {}
        for column in table.columns:
            words = stems(column.name)
            if (fold(table.name), fold(column.name)) in taken or column.name in table.primary_key:
                continue
            for target, said in _referred(words, table, targets):
                if column.family == _family_of_key(target):
                    key = ForeignKey(table.name, (column.name,), target.name, target.primary_key, declared=False)
                    found.setdefault(target.name, []).append((said, key))
                    break
        for keys in found.values():
            if any(in_role for in_role, _ in keys):
                yield from (key for _, key in keys)


def _called(schema: Schema) -> Iterator[tuple[tuple[str, ...], Table]]:
    """What a column that refers to a table is called: by its key, and by its name where the key is a bare id."""
    for table in schema.tables:
        if len(table.primary_key) != 1 or isinstance(table, Role):
            continue
        key = stems(table.primary_key[0])
        if len(key) > 1:
            yield key, table
        if key[-1:] == ("id",) and (words := stems(table.name)):
            yield (*words, "id"), table


def _referred(
    words: tuple[str, ...], table: Table, targets: Mapping[tuple[str, ...], Table]
) -> Iterator[tuple[Table, bool]]:
    """The tables that a column may refer to, the longest name first, and whether it says in what role."""
    for start in range(len(words) - 1):
        target = targets.get(words[start:])
        if target is not None and target.name != table.name:
            yield target, start > 0
    if len(words) == 2 and words not in targets and words[1] == "id" and len(table.primary_key) == 1:
        people = not _PEOPLE.isdisjoint(stems(table.name))
        if words[0] == "parent" or (people and words[0] in _SUPERIORS):
            yield table, True


def _family_of_key(table: Table) -> str:
    column = table.column(table.primary_key[0])
    return column.family if column is not None else ""


def _named_after(key: ForeignKey, target: Table) -> str:
    """What a key calls the row that it refers to; empty where that is no more than the table's own name.

    >>> key = ForeignKey("staff", ("manager_id",), "staff", ("id",))
    >>> _named_after(key, Table("staff", ())), _named_after(replace(key, columns=("StaffId",)), Table("staff", ()))
    ('manager', '')
    """
    name = _ENDING.sub("", key.columns[0])
    words = {stem(word) for word in split_name(name)}
    own = {stem(word) for word in split_name(target.name)}
    same = fold(key.columns[0]) == fold(key.to_columns[0])
    return "" if same or words <= own | {"id"} else name


def _stands_for(key: ForeignKey, target: Table) -> bool:
    """Whether a key is called by letters of the table that it refers to, in their order: `dept_id` of departments."""
    short, letters = "".join(split_name(_ENDING.sub("", key.columns[0]))).lower(), iter(target.name.lower())
    return fold(target.name)[:1] == short[:1] and all(letter in letters for letter in short)


def _columns_of(target: Table, key: ForeignKey, schema: Schema) -> tuple[Column, ...]:
    """What is known of a role: the column that the key refers to, and those that refer to nothing themselves."""
    away = {fold(name) for one in schema.foreign_keys if fold(one.table) == fold(target.name) for name in one.columns}
    referred = {fold(name) for name in key.to_columns}
    kept = [one for one in target.columns if fold(one.name) in referred or fold(one.name) not in away]
    return tuple(kept[:_MOST_COLUMNS])


class RoleValues(ValueIndex):
    """Stored values, those of a role being its table's."""

    def __init__(self, values: ValueIndex, roles: Sequence[Role]) -> None:
        super().__init__(())
        self._known = values
        self._of = {role.name: role.of for role in roles}
        self._roles: Mapping[str, Sequence[Role]] = {
            name: [role for role in roles if role.of == name] for name in self._of.values()
        }

    @property
    def size(self) -> int:
        """How many values are indexed."""
        return self._known.size

    def matches(self, words: Sequence[Word]) -> list[ValueMatch]:
        """All stored values that the words may mean, in tables and in their roles."""
        found: list[ValueMatch] = []
        for match in self._known.matches(words):
            found.append(match)
            for role in self._roles.get(match.table, ()):
                if role.column(match.column) is not None:
                    found.append(replace(match, table=role.name))
        return found

    def stored(self, table: str, column: str, text: str) -> str | None:
        """The stored spelling of `text` in one column; None if not there."""
        return self._known.stored(self._of.get(table, table), column, text)

    def in_several_cases(self, table: str, column: str, value: str) -> bool:
        """Whether a column holds `value` in other small and capital letters too."""
        return self._known.in_several_cases(self._of.get(table, table), column, value)

    def of_column(self, table: str, column: str) -> tuple[str, ...]:
        """The stored values of one column that are indexed."""
        return self._known.of_column(self._of.get(table, table), column)

    def commonest(self, table: str, column: str, count: int) -> tuple[str, ...]:
        """The most frequent stored values of one column, at most `count`."""
        return self._known.commonest(self._of.get(table, table), column, count)

    def is_whole(self, table: str, column: str) -> bool:
        """True when every distinct value of the column is indexed."""
        return self._known.is_whole(self._of.get(table, table), column)


def values_with_roles(values: ValueIndex | None, schema: Schema) -> ValueIndex | None:
    """`values` for a schema with roles; the same where it has none."""
    roles = [table for table in schema.tables if isinstance(table, Role)]
    return RoleValues(values, roles) if values is not None and roles else values
