"""Walks a parse tree with allow-lists: which nodes, tables and functions a statement may use."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from nl2sql.guard.functions import OPERATORS, SCALARS, TABLE_FUNCTIONS, refusal
from nl2sql.guard.tree import Node
from nl2sql.schema import Schema, Table, fold

_QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"})
_TABLE_NODES = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT", "SHOW_REF"}
)
_MODIFIERS = frozenset(
    {"ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER", "LIMIT_PERCENT_MODIFIER"}
    | {"ORDER_DEFAULT", "ASCENDING", "DESCENDING", "INVALID"}
)
_EXPRESSIONS = frozenset(
    "BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR "
    "POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW".split()
)
_CHANGES = {
    "DELETE_QUERY_NODE": "DELETE removes rows",
    "INSERT_QUERY_NODE": "INSERT adds rows",
    "UPDATE_QUERY_NODE": "UPDATE changes rows",
    "MERGE_QUERY_NODE": "MERGE changes rows",
}
_SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog", "system", "temp"})
_SYSTEM_NAMES = ("duckdb_", "pragma_", "sqlite_", "pg_")


class Refusal(ValueError):
    """What the walk does not allow: a code and a sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass
class Walk:
    """One walk over one statement; collects the tables it reads."""

    schema: Schema | None
    tables: dict[str, None] = field(default_factory=dict)

    def statement(self, statement: Node) -> None:
        """Walk a whole statement. Raises Refusal."""
        pending: list[tuple[Any, frozenset[str]]] = [(statement, frozenset())]
        while pending:
            node, scope = pending.pop()
            if isinstance(node, list):
                pending.extend((child, scope) for child in reversed(node))
            elif isinstance(node, dict):
                pending.extend(reversed(self._visit(node, scope)))

    def _visit(self, node: Node, scope: frozenset[str]) -> list[tuple[Any, frozenset[str]]]:
        """Check one node; its children with the CTE names that each may use."""
        kind = node.get("type")
        if "class" in node:
            self._expression(node)
        elif isinstance(kind, str):
            self._node(node, kind, scope)
        children: list[tuple[Any, frozenset[str]]] = []
        inner = scope
        for entry in (node.get("cte_map") or {}).get("map", ()):
            children.append((entry["value"], inner))
            inner |= {fold(entry["key"])}
        recursive = inner
        if kind == "RECURSIVE_CTE_NODE":
            name = fold(node["cte_name"])
            recursive |= {name, f"recurring.{name}"}
        for key, child in node.items():
            if key == "cte_map" or not isinstance(child, dict | list):
                continue
            if kind == "TABLE_FUNCTION" and key == "function" and isinstance(child, dict):
                children.extend((child[part], inner) for part in child if part not in ("class", "type"))
                continue
            children.append((child, recursive if key == "right" else inner))
        return children

    def _node(self, node: Node, kind: str, scope: frozenset[str]) -> None:
        if kind in _CHANGES:
            raise Refusal("not_select", f"Only statements that read are run: {_CHANGES[kind]}.")
        if kind == "TABLE_FUNCTION":
            self._table_function(node)
        elif kind == "BASE_TABLE":
            self._table(_path(node), scope)
        elif kind == "SHOW_REF":
            self._show(node)
        elif kind not in _QUERY_NODES | _TABLE_NODES | _MODIFIERS:
            raise Refusal("not_select", f"The statement holds a part that is not known to only read ({kind}).")

    def _expression(self, node: Node) -> None:
        kind = node["class"]
        if kind == "PARAMETER":
            raise Refusal("parameter", "The statement has a placeholder (? or $…): write the value itself.")
        if kind not in _EXPRESSIONS:
            raise Refusal("not_select", f"The statement holds an expression that is not known to only read ({kind}).")
        if kind in ("FUNCTION", "WINDOW"):
            for name in {fold(str(node.get("function_name", ""))), fold(_path(node)[-1])}:
                if name not in SCALARS and name not in OPERATORS:
                    raise _function_refusal(name, SCALARS)

    def _table_function(self, node: Node) -> None:
        function = node["function"]
        if function.get("class") != "FUNCTION":
            raise Refusal("function", "Only plain functions may stand in FROM.")
        for name in {fold(str(function.get("function_name", ""))), fold(_path(function)[-1])}:
            if name not in TABLE_FUNCTIONS:
                raise _function_refusal(name, TABLE_FUNCTIONS)

    def _show(self, node: Node) -> None:
        if node.get("show_type") in ("DESCRIBE", "SUMMARY") and node.get("query"):
            return
        if node.get("show_type") in ("DESCRIBE", "SUMMARY", "SHOW") and any(_path(node)):
            self._table(_path(node), frozenset())
            return
        raise Refusal("system", "Lists of the engine's tables, schemas and databases are not shown here.")

    def _table(self, path: tuple[str, ...], scope: frozenset[str]) -> None:
        name = path[-1]
        if len(path) == 1 and fold(name) in scope:
            return
        if len(path) == 2 and fold(path[0]) == "recurring" and f"recurring.{fold(name)}" in scope:
            return
        if self.schema is None:
            _plain_table(path)
            self.tables[".".join(path)] = None
            return
        found = _known(self.schema, path)
        if found is None:
            raise _unknown_table(self.schema, path)
        self.tables[found.name] = None


def _path(node: Node) -> tuple[str, ...]:
    path = (node.get("qualified_name") or {}).get("path")
    return tuple(str(part) for part in path) if path else ("",)


def _plain_table(path: tuple[str, ...]) -> None:
    """Without a schema only names that cannot be a file or one of the engine's own views are let through."""
    name = path[-1]
    if any(char in name for char in "./\\:*?[]\n") or not name:
        raise Refusal(
            "unknown_table", f"«{_short(name)}» is not the name of a table: files and addresses are not read."
        )
    if _is_system(path) or len(path) > 2:
        raise _system_table(path)


def _is_system(path: tuple[str, ...]) -> bool:
    return fold(path[-1]).startswith(_SYSTEM_NAMES) or any(fold(part) in _SYSTEM_SCHEMAS for part in path[:-1])


def _system_table(path: tuple[str, ...]) -> Refusal:
    return Refusal("system", f"«{_short('.'.join(path))}» is not one of the tables that may be asked about.")


def _known(schema: Schema, path: tuple[str, ...]) -> Table | None:
    if len(path) > 2:
        return None
    for table in schema.tables:
        namespace = path[0] if len(path) == 2 else "main"
        if fold(table.name) == fold(path[-1]) and fold(table.namespace) == fold(namespace):
            return table
    return None


def _unknown_table(schema: Schema, path: tuple[str, ...]) -> Refusal:
    shown = _short(".".join(path))
    bare = next((table for table in schema.tables if fold(table.name) == fold(path[-1])), None)
    if bare is not None:
        return Refusal("unknown_table", f"There is no table «{shown}». Write {bare.sql_name}.")
    if _is_system(path):
        return _system_table(path)
    by_name = {fold(table.name): table.label for table in schema.tables}
    near = difflib.get_close_matches(fold(path[-1])[:100], by_name, n=3, cutoff=0.5)
    if near:
        return Refusal(
            "unknown_table", f"There is no table «{shown}». Did you mean {_either([by_name[n] for n in near])}?"
        )
    known = [table.name for table in schema.tables]
    listed = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
    return Refusal("unknown_table", f"There is no table «{shown}». " + (f"Known are {listed}." if known else ""))


def _function_refusal(name: str, allowed: frozenset[str]) -> Refusal:
    why = refusal(name)
    if why:
        return Refusal("function", f"The function {_short(name)} is not allowed: {why}.")
    if name in SCALARS:
        return Refusal("function", f"The function {_short(name)} cannot stand in FROM.")
    near = difflib.get_close_matches(name[:60], sorted(allowed), n=2, cutoff=0.75)
    hint = f" Did you mean {_either(near)}?" if near else ""
    return Refusal("function", f"The function {_short(name)} is not among those that are known to only compute.{hint}")


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
