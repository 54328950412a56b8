"""What a statement looks like as text: characters that do not belong there, its first word, pretty printing."""

from __future__ import annotations

import re
import unicodedata

import sqlparse
from sqlparse import lexer
from sqlparse import tokens as kinds

from nl2sql.guard.tree import same_tree

FORMAT_LENGTH = 20_000
"""Characters up to which a statement is pretty printed; longer ones stay as they are."""

_QUOTED = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(\w*)\$.*?\$\1\$ | --[^\n]* | /\*.*?\*/""",
    re.S | re.X,
)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_REFUSED_WORDS = {
    "alter": "ALTER changes tables",
    "analyze": "ANALYZE changes the database's statistics",
    "attach": "ATTACH opens another database",
    "begin": "transactions are not offered",
    "call": "CALL runs a procedure",
    "checkpoint": "CHECKPOINT writes the database file",
    "comment": "COMMENT changes the database",
    "commit": "transactions are not offered",
    "copy": "COPY reads or writes files",
    "create": "CREATE changes the database",
    "deallocate": "prepared statements are not offered",
    "delete": "DELETE removes rows",
    "detach": "DETACH closes a database",
    "drop": "DROP removes tables",
    "execute": "prepared statements are not offered",
    "export": "EXPORT writes files",
    "grant": "GRANT changes rights",
    "import": "IMPORT reads files into the database",
    "insert": "INSERT adds rows",
    "install": "INSTALL fetches an extension",
    "kill": "KILL stops other work",
    "listen": "LISTEN is not offered",
    "load": "LOAD runs an extension",
    "merge": "MERGE changes rows",
    "pragma": "PRAGMA reads or changes settings",
    "prepare": "prepared statements are not offered",
    "replace": "REPLACE changes rows",
    "reset": "RESET changes settings",
    "revoke": "REVOKE changes rights",
    "rollback": "transactions are not offered",
    "set": "SET changes settings",
    "start": "transactions are not offered",
    "truncate": "TRUNCATE removes rows",
    "update": "UPDATE changes rows",
    "upsert": "UPSERT changes rows",
    "use": "USE changes the database that names refer to",
    "vacuum": "VACUUM changes the database",
}


def bad_characters(sql: str) -> str | None:
    """A sentence about characters that no statement may hold, None when there are none."""
    if "\0" in sql:
        return "The statement holds a NUL character."
    try:
        sql.encode()
    except UnicodeEncodeError:
        return "The statement is not valid text: it holds half of a character (a surrogate)."
    if sql.isascii():
        return None
    if any(char in _BIDI for char in sql):
        return "The statement holds characters that reverse the direction of text: it would not read as it runs."
    outside = _QUOTED.sub(" ", sql)
    for char in outside:
        if unicodedata.category(char) in ("Cf", "Co", "Cn", "Cc") and char not in "\t\n\r\f\v":
            return f"The statement holds the invisible character U+{ord(char):04X} outside of quotes."
    return None


def first_word(sql: str) -> str:
    """The first word of a statement in lower case, comments and opening parentheses skipped; empty when none."""
    for kind, text in lexer.tokenize(sql[:2000]):
        if kind in kinds.Whitespace or kind in kinds.Comment or text.strip() in ("", "(", ";"):
            continue
        match = re.match(r"[A-Za-z_]+", text)
        return match[0].lower() if match else ""
    return ""


def refused_word(sql: str) -> str | None:
    """Why a statement that begins like `sql` is refused, as half a sentence; None when its first word may read.

    >>> refused_word("/* now */ DELETE FROM t")
    'DELETE removes rows'
    """
    return _REFUSED_WORDS.get(first_word(sql))


def format_sql(sql: str) -> str:
    """`sql` with keywords in upper case and one clause a line.

    The meaning never changes: where the engine would read the printed text otherwise, or it is too long, `sql`
    comes back as it is.

    >>> print(format_sql("select a, b from t where a > 1"))
    SELECT a,
           b
    FROM t
    WHERE a > 1
    """
    if len(sql) > FORMAT_LENGTH or bad_characters(sql):
        return sql
    try:
        printed = sqlparse.format(sql, reindent=True, keyword_case="upper").strip()
    except (sqlparse.exceptions.SQLParseError, RecursionError, ValueError, IndexError, AttributeError, TypeError):
        return sql
    return printed if same_tree(sql, printed) else sql
