"""Which tables, aliases and columns a statement has named so far, what its FROM still owes them, and what may be said.

A select list comes before the FROM that declares its tables. What it says is therefore owed: a qualifier needs a table
that has all the columns said with it, a bare column needs some table that has it. Nothing may be said that more than
MAX_TABLES tables could not give, and FROM cannot end while anything is owed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from nl2sql.parsers.selects.lexemes import ALIAS_LENGTH, NAME_LENGTH, Free, Lexeme, Listed, Number, Outcome, Quoted
from nl2sql.parsers.selects.names import ColumnName, Names, Qualifier, TableName
from nl2sql.schema import RESERVED, fold

MAX_TABLES = 6
MAX_DEPTH = 4
"""Brackets within brackets."""

Symbols = tuple[Any, ...]


class Scope(NamedTuple):
    """One SELECT. Columns and tables as bits of tables that could be meant."""

    needs: tuple[tuple[str, int], ...] = ()
    """Qualifiers said before FROM, and the tables that have all columns said with each."""
    groups: tuple[tuple[str, ...], ...] = ()
    """Bare columns said before FROM, grouped so that one table can have all of a group."""
    tables: tuple[tuple[str, int], ...] = ()
    """Declared: qualifier and table."""
    borrowed: frozenset[str] = frozenset()
    """Qualifiers of an outer SELECT that were said before FROM."""
    outputs: tuple[str, ...] = ()
    first_outputs: tuple[str, ...] | None = None
    """Outputs of the first SELECT of a UNION, which its ORDER BY may name."""
    plain: bool = False
    """Where no aggregate may stand."""
    aggregating: bool = False
    says_outputs: bool = False
    settled: bool = False
    """FROM is over, or there is none: nothing can be owed any more."""

    @property
    def owed(self) -> int:
        """Tables that FROM still needs at most."""
        return len(self.needs) + len(self.groups)

    @property
    def room(self) -> int:
        """Tables that FROM may still name."""
        return MAX_TABLES - len(self.tables)


class Scopes(NamedTuple):
    """The SELECTs that are open, innermost last; brackets that are open; the table that was named just now."""

    stack: tuple[Scope, ...] = ()
    depth: int = 0
    chosen: int = -1

    @property
    def own(self) -> Scope:
        """The innermost SELECT."""
        return self.stack[-1]

    def changed(self, **fields: Any) -> Scopes:
        """With other fields in the innermost SELECT."""
        return self._replace(stack=(*self.stack[:-1], self.stack[-1]._replace(**fields)))

    @property
    def outer(self) -> tuple[tuple[tuple[str, int], ...], ...]:
        """Declared tables of the SELECTs around the innermost, from inside."""
        return tuple(scope.tables for scope in reversed(self.stack[:-1]) if scope.tables)


def act(step: str, scopes: Scopes) -> Scopes | None:
    """The scopes after the step `@step` of the rules; None where it is refused."""
    if step == "@open":
        return scopes._replace(stack=(*scopes.stack, Scope()))
    if step == "@close":
        return scopes._replace(stack=scopes.stack[:-1])
    if step == "@in":
        return scopes._replace(depth=scopes.depth + 1) if scopes.depth < MAX_DEPTH else None
    if step == "@out":
        return scopes._replace(depth=scopes.depth - 1)
    own = scopes.own
    if step == "@again":
        first = own.outputs if own.first_outputs is None else own.first_outputs
        return scopes._replace(stack=(*scopes.stack[:-1], Scope(first_outputs=first)))
    if step == "@declared":
        return scopes.changed(settled=True) if not own.owed else None
    if step in ("@aggregate", "@window"):
        blocked = own.plain or own.aggregating
        return None if blocked else scopes.changed(aggregating=step == "@aggregate")
    changed = {
        "@plain": {"plain": True},
        "@free": {"plain": False},
        "@outputs": {"says_outputs": True},
        "@aggregated": {"aggregating": False},
        "@windowing": {"aggregating": True},
        "@windowed": {"aggregating": False},
    }
    return scopes.changed(**changed[step])


class Meaning:
    """What the symbols `<x>` of the rules may be, given what a statement has named so far."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def ways(self, symbol: str, scopes: Scopes) -> list[tuple[Symbols, Scopes]]:
        """All that `symbol` may be: symbols and lexemes in order, with the scopes before them."""
        if symbol == "<named>":
            return self._named(scopes)
        return [((lexeme,), scopes) for lexeme in self._lexemes(symbol, scopes)]

    def _lexemes(self, symbol: str, scopes: Scopes) -> list[Lexeme]:
        own = scopes.own
        if symbol == "<column>":
            if own.tables or own.settled:
                outputs = own.outputs if own.says_outputs else ()
                visible = self._names.visible((own.tables, *scopes.outer), outputs)
                return [Listed(visible, then=self._of_declared)] if visible.children else []
            return [*self._bare(own), *self._qualifiers(scopes, star=False), *self._borrowed(scopes)]
        if symbol == "<star>":
            return self._qualifiers(scopes, star=True)
        if symbol == "<table>":
            useful = self._of_groups(own)
            for _, need in own.needs:
                useful |= need
            allowed = self._names.all if own.owed < own.room else useful
            return [Listed(self._names.from_trie, allowed, _choose, useful)]
        if symbol == "<output>":
            return [
                Free(lambda text: text not in RESERVED, _give_output, NAME_LENGTH),
                Quoted(0x22, _give_output, NAME_LENGTH),
            ]
        if symbol == "<declared_output>":
            outputs = own.first_outputs or ()
            return [Listed(self._names.visible((), outputs))] if outputs else []
        if symbol == "<string>":
            return [Quoted(0x27)]
        return [Number(whole=symbol == "<ordinal>")]

    def _bare(self, own: Scope) -> list[Lexeme]:
        mask = self._names.all if own.owed < MAX_TABLES else self._of_groups(own)
        return [Listed(self._names.column_trie, mask, self._owe_column)] if mask else []

    def _of_groups(self, own: Scope) -> int:
        """Tables that have all columns of some group."""
        mask = 0
        for group in own.groups:
            mask |= self._mask_of(group)
        return mask

    def _mask_of(self, group: tuple[str, ...]) -> int:
        mask = self._names.all
        for key in group:
            mask &= self._names.columns[key]
        return mask

    def _owe_column(self, scopes: Scopes, column: ColumnName) -> Outcome:
        own = scopes.own
        if any(column.key in group for group in own.groups):
            return (), scopes
        for place, group in enumerate(own.groups):
            if self._mask_of(group) & column.mask:
                groups = (*own.groups[:place], (*group, column.key), *own.groups[place + 1 :])
                return (), scopes.changed(groups=groups)
        if own.owed >= MAX_TABLES:
            return None
        return (), scopes.changed(groups=(*own.groups, (column.key,)))

    def _qualifiers(self, scopes: Scopes, *, star: bool) -> list[Lexeme]:
        """Qualifiers before FROM: tables' own names, and aliases that FROM will have to declare."""
        own = scopes.own
        needs = dict(own.needs)

        def named(scopes: Scopes, table: TableName) -> Outcome:
            return owe(scopes, table.key, table.mask)

        def alias(scopes: Scopes, key: str) -> Outcome:
            return owe(scopes, key, self._names.all)

        def owe(scopes: Scopes, key: str, mask: int) -> Outcome:
            if key not in dict(scopes.own.needs):
                scopes = scopes.changed(needs=(*scopes.own.needs, (key, mask)))
            return (("*",) if star else (self._column_of_need(scopes, key),)), scopes

        if own.owed >= MAX_TABLES:
            return [Listed(self._names.keyed(tuple(needs), b"."), then=alias)] if needs else []
        tables = 0
        for table in self._names.tables:
            if table.alone and table.key not in own.borrowed:
                tables |= table.mask
        no_alias = self._names.no_alias
        free = Free(lambda text: text not in no_alias and text not in own.borrowed, alias, ALIAS_LENGTH, b".")
        return [free, Listed(self._names.qualifier_trie, tables, named)] if tables else [free]

    def _column_of_need(self, scopes: Scopes, key: str) -> Lexeme:
        mask = dict(scopes.own.needs)[key]

        def narrow(scopes: Scopes, column: ColumnName) -> Outcome:
            needs = tuple((q, m & column.mask if q == key else m) for q, m in scopes.own.needs)
            return (), scopes.changed(needs=needs)

        return Listed(self._names.column_trie, mask, narrow)

    def _borrowed(self, scopes: Scopes) -> list[Lexeme]:
        """Columns of SELECTs around one whose own tables are not declared yet."""
        if not scopes.outer:
            return []
        outer = self._names.borrowable(scopes.outer, frozenset(key for key, _ in scopes.own.needs))

        def borrow(scopes: Scopes, said: Qualifier) -> Outcome:
            return self._columns_of(said.place), scopes.changed(borrowed=scopes.own.borrowed | {said.key})

        return [Listed(outer, then=borrow)] if outer.children else []

    def _of_declared(self, scopes: Scopes, said: Qualifier | None) -> Outcome:
        return (() if said is None else self._columns_of(said.place)), scopes

    def _columns_of(self, place: int) -> Symbols:
        return (Listed(self._names.column_trie, 1 << place),)

    def _named(self, scopes: Scopes) -> list[tuple[Symbols, Scopes]]:
        """Ways to go on after a table in FROM: under its own name, or under an alias."""
        own, table = scopes.own, self._names.tables[scopes.chosen]
        groups = tuple(
            left for group in own.groups if (left := tuple(key for key in group if key not in table.columns))
        )
        after = scopes.changed(groups=groups)._replace(chosen=-1)
        declared = {key for key, _ in own.tables} | own.borrowed
        needs = dict(own.needs)
        room = own.room - 1

        def declare(scopes: Scopes, key: str) -> Outcome:
            left = tuple((q, mask) for q, mask in scopes.own.needs if q != key)
            return (), scopes.changed(needs=left, tables=(*scopes.own.tables, (key, table.place)))

        ways: list[tuple[Symbols, Scopes]] = []
        owed = len(needs) + len(groups)
        if table.alone and table.key not in declared and owed - (table.key in needs) <= room:
            ways.append(((), declare(after, table.key)[1]))  # type: ignore[index]
        asked = tuple(q for q, mask in own.needs if mask & table.mask and q not in self._names.table_keys)
        lexemes: list[Lexeme] = [Listed(self._names.keyed(asked, b""), then=declare)] if asked else []
        if owed <= room:
            no_alias = self._names.no_alias
            lexemes.append(
                Free(lambda key: not (key in no_alias or key in declared or key in needs), declare, ALIAS_LENGTH)
            )
        aliased: list[tuple[Symbols, Scopes]] = [
            (symbols, after) for lexeme in lexemes for symbols in ((lexeme,), ("AS", lexeme))
        ]
        return [*aliased, *ways] if asked and table.key not in needs else [*ways, *aliased]


def _choose(scopes: Scopes, table: TableName) -> Outcome:
    return (), scopes._replace(chosen=table.place)


def _give_output(scopes: Scopes, name: str) -> Outcome:
    name = fold(name)
    return (), scopes if name in scopes.own.outputs else scopes.changed(outputs=(*scopes.own.outputs, name))
