"""DuckDB's own parse tree of a statement, from a locked connection that holds nothing. Knows nothing of rules."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

import duckdb

from nl2sql.lockdown import SHUT, lock_down

Node = dict[str, Any]


class SyntaxProblem(ValueError):
    """The engine's parser does not accept the text, or cannot show its tree. `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Outline:
    """What the parser makes of a text: how many statements, and the type of the first (SELECT, MULTI, ...)."""

    count: int
    type: str


_lock = threading.Lock()
_connection: duckdb.DuckDBPyConnection | None = None


def _cursor() -> duckdb.DuckDBPyConnection:
    global _connection
    with _lock:
        if _connection is None:
            _connection = duckdb.connect(":memory:", config={**SHUT, "threads": 1, "temp_directory": ""})
            lock_down(_connection)
        return _connection.cursor()


def outline(sql: str) -> Outline:
    """Count and type of the statements in `sql`. Raises SyntaxProblem."""
    cursor = _cursor()
    try:
        statements = cursor.extract_statements(sql)
        return Outline(len(statements), statements[0].type.name if statements else "")
    except duckdb.Error as error:
        raise _problem(str(error)) from error
    except (ValueError, UnicodeError) as error:  # a statement type that the Python module has no name for
        raise SyntaxProblem("not_select", "This kind of statement does not only read.") from error
    finally:
        cursor.close()


def statements(sql: str) -> list[Node]:
    """The serialized SELECT statements of `sql`, as dictionaries of the engine's making. Raises SyntaxProblem."""
    cursor = _cursor()
    try:
        row = cursor.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    except (duckdb.Error, UnicodeError) as error:
        raise _problem(str(error)) from error
    finally:
        cursor.close()
    assert row is not None
    try:
        tree: Node = json.loads(row[0])
    except RecursionError as error:
        raise SyntaxProblem("too_deep", "The statement is nested too deeply.") from error
    if tree.get("error"):
        if tree.get("error_type") == "not implemented":
            raise SyntaxProblem("not_select", "This kind of statement does not only read.")
        raise _problem(str(tree.get("error_message", "syntax error")))
    found: list[Node] = tree["statements"]
    return found


def same_tree(first: str, second: str) -> bool:
    """Whether the engine reads both texts alike, wherever in the text things stand; False when it reads neither."""
    try:
        return bool(_placeless(statements(first)) == _placeless(statements(second)))
    except (SyntaxProblem, RecursionError):
        return False


def _placeless(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _placeless(value) for key, value in tree.items() if not key.startswith("query_location")}
    if isinstance(tree, list):
        return [_placeless(value) for value in tree]
    return tree


def _problem(message: str) -> SyntaxProblem:
    text = message.strip().split("\n")[0]
    head, _, rest = text.partition(": ")
    text = rest if rest and head.endswith("Error") else text
    if text.startswith("Max expression depth"):
        return SyntaxProblem("too_deep", "The statement is nested too deeply.")
    return SyntaxProblem("syntax", text[:1].upper() + text[1:300].rstrip(".") + ".")
