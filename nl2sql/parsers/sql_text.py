"""Finds the one statement in what a language model wrote, and pins its clock. Knows no model and runs nothing."""

from __future__ import annotations

import datetime as dt
import re

from nl2sql.errors import ParserError
from nl2sql.parsers.base import Candidate

# Quoted text and comments are opaque: a semicolon, a marker or a clock word inside them means nothing.
_OPAQUE = r"""[eE]'(?:\\.|''|[^'\\])*' | '(?:''|[^'])*' | "(?:""|[^"])*" | --[^\n]* | /\*.*?\*/ | \$\$.*?\$\$"""
_MARKS = r"; | ``` | \[/?SQL\] | </s> | ^\#\#\#"
_END = re.compile(rf"(?P<opaque>{_OPAQUE}) | (?P<end>{_MARKS})", re.X | re.S | re.M)
_OPEN = re.compile(rf"(?P<opaque>{_OPAQUE}) | (?P<open>['\"] | /\*) | (?P<end>{_MARKS})", re.X | re.S | re.M)
_PARAGRAPH = re.compile(rf"(?P<opaque>{_OPAQUE}) | (?P<paren>[()]) | (?P<gap>\n[ \t]*\n\s*)", re.X | re.S)
_CLOCK = re.compile(
    rf"""(?P<opaque>{_OPAQUE})
    | (?<![\w.]) (?:(?P<date>CURRENT_DATE\b(?:\s*\(\s*\))? | TODAY\s*\(\s*\))
    | (?P<time>(?:NOW|GET_CURRENT_TIMESTAMP)\s*\(\s*\)
        | (?:CURRENT_TIMESTAMP|LOCALTIMESTAMP|TRANSACTION_TIMESTAMP)\b(?:\s*\(\s*\d?\s*\))?))""",
    re.X | re.S | re.I,
)

_WITH = r"WITH\s+(?:RECURSIVE\s+)?[\w\"]+\s*(?:\([^)]*\)\s*)?AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\("
_WRITES = (
    r"INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|TRUNCATE\s|DROP\s+\w+|CREATE\s+(?:OR\s+REPLACE\s+)?\w+"
    r"|ALTER\s+\w+|COPY\s|ATTACH\s|GRANT\s"
)
_LINE_START = re.compile(rf"^[ \t(]*(?:SELECT\b|{_WITH}|{_WRITES})", re.I | re.M)
_ANYWHERE = re.compile(rf"\bSELECT\b|\b{_WITH}")
_CLAUSE = re.compile(
    r"(?:SELECT|FROM|WHERE|GROUP|ORDER|HAVING|LIMIT|OFFSET|QUALIFY|WINDOW|UNION|INTERSECT|EXCEPT|JOIN|INNER|LEFT"
    r"|RIGHT|FULL|CROSS|NATURAL|ON|USING|AND|OR|CASE|WHEN|THEN|ELSE|END|AS)\b|[(),]|--|/\*"
)


def first_statement(text: str) -> str | None:
    """The first SQL statement in `text`, without its semicolon, fences, markers and the prose around it.

    A statement that writes is returned too, so that the guard can say what is wrong with it. None without SQL.

    >>> first_statement("Sure! Here it is:\\n```sql\\nSELECT 1 AS one;\\n```\\nIt returns one.")
    'SELECT 1 AS one'
    """
    start = _start(text)
    if start is None:
        return None
    statement = text[start:]
    end = _terminator(statement)
    statement = _without_trailing_prose(statement if end is None else statement[:end]).strip()
    return statement or None


def is_finished(text: str) -> bool:
    """True when a statement in `text` has ended: nothing that a model writes after it counts.

    >>> is_finished("SELECT 'a;b' FROM t"), is_finished("SELECT 'a;b' FROM t;"), is_finished("SELECT 'a;")
    (False, True, False)
    """
    start = _start(text)
    if start is None:
        return False
    # A quote that is not closed yet hides what may come before it is.
    marks = (match for match in _OPEN.finditer(text, start) if not match.group("opaque"))
    found = next(marks, None)
    return found is not None and found.group("end") is not None


def reads_clock(sql: str) -> bool:
    """True when `sql` asks the engine what the date or time is, outside quotes and comments."""
    return any(not match.group("opaque") for match in _CLOCK.finditer(sql))


def pin_clock(sql: str, as_of: dt.date) -> str:
    """`sql` with CURRENT_DATE and the like replaced by `as_of`, and now() and the like by its midnight.

    >>> pin_clock("SELECT 'now()' WHERE d > CURRENT_DATE - 7", dt.date(2024, 5, 1))
    "SELECT 'now()' WHERE d > DATE '2024-05-01' - 7"
    """

    def pinned(match: re.Match[str]) -> str:
        if match.group("date"):
            return f"DATE '{as_of.isoformat()}'"
        if match.group("time"):
            return f"TIMESTAMP '{as_of.isoformat()} 00:00:00'"
        return match.group(0)

    return _CLOCK.sub(pinned, sql)


def candidate_of(statement: str, score: float, as_of: dt.date) -> Candidate:
    """A candidate of a statement that a model wrote; where it reads the clock, `as_of` is put in and the text kept."""
    if not reads_clock(statement):
        return Candidate(sql=statement, score=score)
    return Candidate(
        sql=pin_clock(statement, as_of),
        score=score,
        tree=statement,
        notes=(f"«Today» was taken to be {as_of.day} {as_of:%B %Y}.",),
    )


def pinned_again(tree: str, as_of: dt.date) -> str:
    """A candidate's tree, which is SQL that reads the clock, with another date put in. Raises ParserError."""
    statement = first_statement(tree)
    if statement is None:
        raise ParserError("This reading cannot be written again for another date; ask the question again.")
    return pin_clock(statement, as_of)


def _start(text: str) -> int | None:
    """Where the statement begins: at the start of a line if it can, else at the first SELECT in capitals."""
    match = _LINE_START.search(text) or _ANYWHERE.search(text)
    return match.start() if match else None


def _terminator(statement: str) -> int | None:
    return next((match.start() for match in _END.finditer(statement) if match.group("end")), None)


def _without_trailing_prose(statement: str) -> str:
    """Cut at the first blank line, outside brackets, that no SQL clause follows."""
    depth = 0
    for match in _PARAGRAPH.finditer(statement):
        if match.group("paren"):
            depth += 1 if match.group("paren") == "(" else -1
        elif match.group("gap") and depth <= 0 and not _CLAUSE.match(statement, match.end()):
            return statement[: match.start()]
    return statement
