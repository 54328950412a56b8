"""Tables read a second time in a role of their own: managers among employees, home and away teams among teams.

A key that refers to its own table, or one of several keys to the same table, says what the other row is to this one.
Such a role is laid out as a table beside the others, so that a reading can point at its columns like at any other, and
SQL joins the table once more under the role's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

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
    """The schema and its roles, with keys to them; the same schema where it has none."""
    pairs = Counter((fold(key.table), fold(key.to_table)) for key in schema.foreign_keys if len(key.columns) == 1)
    taken = {fold(table.name) for table in schema.tables}
    roles: list[Table] = []
    keys: list[ForeignKey] = []
    for key in schema.foreign_keys:
        itself = fold(key.table) == fold(key.to_table)
        target = schema.table(key.to_table)
        if len(key.columns) > 1 or target is None or isinstance(target, Role) or len(roles) == _MOST_ROLES:
            continue
        if not itself and pairs[fold(key.table), fold(key.to_table)] < 2:
            continue
        name = _named_after(key, target)
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
    tied = {(fold(key.table), fold(key.to_table)) for key in plain}
    others = [
        key
        for key in schema.foreign_keys
        if (fold(key.table), key.columns) in called and (fold(key.table), fold(key.to_table)) not in tied
    ]
    return replace(schema, tables=(*schema.tables, *roles), foreign_keys=(*plain, *others, *keys))


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
