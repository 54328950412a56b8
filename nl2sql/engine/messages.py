"""What the engine says, as one sentence for a person, with the engine's own suggestion where it has one."""

from __future__ import annotations

import re
from pathlib import Path

from nl2sql.errors import DatabaseError

_PREFIX = re.compile(r"^[A-Z][A-Za-z -]{0,40} Error: ?")
_NEAR = re.compile(r"(?:Did you mean|Candidate bindings:|Candidate tables:)\s*(.+)")
_LONGEST = 400

_RULES: tuple[tuple[str, str], ...] = (
    (r'Referenced column "(.+?)" (?:was )?not found.*', r"There is no column «\1» here."),
    (r'Referenced table "(.+?)" not found.*', r"There is no table «\1» in this statement."),
    (r'Table "(.+?)" does not have a column named "(.+?)".*', r"The table «\1» has no column «\2»."),
    (r"Table with name (.+?) does not exist.*", r"There is no table «\1»."),
    (r"(?:Scalar |Table |Aggregate )?Function with name (.+?) does not exist.*", r"There is no function «\1»."),
    (r"Ambiguous reference to column name (.+?) \(use: (.+)\)", r"The column \1 could be meant twice: write \2."),
    (
        r'column (".+?") must appear in the GROUP BY clause.*',
        r"The column \1 must stand in GROUP BY or inside an aggregate such as any_value.",
    ),
    (
        r"No function matches the given name and argument types '(.+?)'.*",
        r"No function fits \1: a value has the wrong type and needs a CAST.",
    ),
    (
        r"Could not choose a best candidate function for the function call \"(.+?)\"\..*",
        r"It is not clear which function \1 stands for: add a CAST.",
    ),
    (
        r"More than one row returned by a subquery.*",
        "A subquery that stands for one value returned several rows.",
    ),
    (r"(?:syntax error) at or near (.+)", r"Syntax error at or near \1."),
    (r"Could not (?:convert|cast) (.+)", r"Could not convert \1."),
    (r"Max expression depth limit.*", "The statement is nested too deeply."),
)

MEMORY = "The statement needed more memory than it may use. Select fewer rows or columns, or aggregate earlier."

_MEMORY_SIGNS = ("Out of Memory", "OutOfMemory", "bad_alloc", "bad allocation", "failed to allocate", "malloc of size",
                 "Cannot allocate memory", "could not allocate")  # fmt: skip


def is_memory(kind: str, message: str) -> bool:
    """Whether a failure (exception name and text) means that memory ran out."""
    return kind in ("MemoryError", "OutOfMemoryException", "ArrowMemoryError") or any(
        sign.lower() in message.lower() for sign in _MEMORY_SIGNS
    )


def engine_sentence(message: str, hidden: tuple[str, ...] = ()) -> str:
    """One sentence for the engine's `message`; each of the paths in `hidden` is shown as its file name only.

    >>> engine_sentence('Binder Error: Referenced column "nme" not found in FROM clause!\\nCandidate bindings: "name"')
    'There is no column «nme» here. Did you mean "name"?'
    """
    for path in sorted(hidden, key=len, reverse=True):
        message = message.replace(path, Path(path).name)
    body = _PREFIX.sub("", message.strip())
    body = re.split(r"\n+LINE \d+:", body)[0]
    near = _NEAR.search(body)
    first = body.split("\n")[0].strip()
    if not first:
        return "The engine could not run the statement."
    for pattern, sentence in _RULES:
        match = re.fullmatch(pattern, first, re.S)
        if match:
            first = match.expand(sentence) if "\\" in sentence else sentence
            break
    first = first[:_LONGEST].rstrip("! ")
    first = first if first.endswith((".", "?")) else first + "."
    suggestion = f" Did you mean {near[1].strip().rstrip('?')[:_LONGEST]}?" if near else ""
    return first[:1].upper() + first[1:] + suggestion


def database_error(error: BaseException | str, path: Path | str) -> DatabaseError:
    """The sentence for a DuckDB file that does not open: missing, locked, encrypted, other version, no DuckDB file.

    Names the file, never its folder.
    """
    text, name = str(error), Path(path).name
    for signs, sentence in _FILE_RULES:
        if any(sign in text for sign in signs):
            return DatabaseError(sentence.format(name=name))
    return DatabaseError(f"The database {name} cannot be opened: {engine_sentence(text, (str(path),))}")


_FILE_RULES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("Could not set lock", "Conflicting lock", "being used by another process", "is already open in"),
        "The database {name} is in use by another program that may write to it. Close it there, then try again.",
    ),
    (
        ("different configuration than existing connections",),
        "The database {name} is open for writing in this program. Close it there, then try again.",
    ),
    (
        ("encrypted database", "encryption", "without a key"),
        "The database {name} is encrypted; encrypted databases cannot be opened here.",
    ),
    (
        ("version number", "storage version", "newer version of DuckDB", "older version of DuckDB"),
        "The database {name} was written by a DuckDB version that this one cannot read. Export it there with "
        "EXPORT DATABASE, or copy its tables into a new file with a current DuckDB.",
    ),
    (
        ("database does not exist", "No such file", "Cannot open file", "cannot find the"),
        "There is no database file {name} at the place that was given.",
    ),
    (("sqlite_scanner",), "{name} is an SQLite file, not a DuckDB database."),
    (("Is a directory", "is a directory"), "{name} is a folder, not a DuckDB database."),
    (("not a valid DuckDB database",), "{name} is not a DuckDB database."),
    (
        ("Could not read enough bytes", "Corrupt database", "checksum", "corrupt"),
        "The database {name} is damaged or was not copied completely.",
    ),
    (("Permission denied", "Operation not permitted"), "The database {name} may not be read by this user."),
)
