"""What there is to ask about: columns, tables, keys. Knows nothing of files, engines or parsers."""

from __future__ import annotations

import hashlib
import json
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

TypeFamily = Literal["number", "text", "date", "time", "boolean", "other"]

_NUMBER = re.compile(r"^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL|NUMERIC|DOUBLE|FLOAT|REAL|BIGNUM)\b", re.I)
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BARE_NAME = re.compile(r"[a-z_][a-z0-9_]*")
# Words that DuckDB refuses as bare table or column names (duckdb_keywords(), category reserved),
# with type_function ones added, since those fail as bare table names.
RESERVED = frozenset(
    """all analyse analyze and any array as asc_p asc asymmetric both case cast check collate column constraint
    create default deferrable desc describe distinct do else end except false fetch for foreign from group having
    in initially intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer
    pivot_wider placing primary qualify references returning select show some summarize symmetric table then to
    trailing true union unique unpivot using variadic when where window with
    anti asof at authorization binary by_name collation concurrently cross freeze full generated glob ilike inner is
    isnull join left like map natural notnull outer overlaps positional right semi similar struct tablesample try_cast
    unnest verbose by unpack""".split()
)


def fold(name: str) -> str:
    """`name` as DuckDB compares names: only the letters A to Z lose their case; "É" and "é" are two names.

    >>> fold("Orders"), fold("STRASSE") == fold("Straße"), fold("É") == fold("é")
    ('orders', False, False)
    """
    return name.translate(_ASCII_LOWER)


def quote(name: str) -> str:
    """`name` as an SQL identifier, quoted only where DuckDB needs it.

    >>> quote("salary"), quote("Total Sales ($)"), quote("order")
    ('salary', '"Total Sales ($)"', '"order"')
    """
    if _BARE_NAME.fullmatch(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string literal.

    >>> literal("O'Brien")
    "'O''Brien'"
    """
    return "'" + text.replace("'", "''") + "'"


@lru_cache(4_096)
def _family(type_: str) -> TypeFamily:
    head = type_.upper()
    if head.endswith("[]") or head.startswith(("STRUCT", "MAP", "LIST", "UNION", "BLOB", "BIT")):
        return "other"
    if _NUMBER.match(head):
        return "number"
    if head.startswith(("DATE", "TIMESTAMP")):
        return "date"
    if head.startswith(("TIME", "INTERVAL")):
        return "time"
    if head.startswith("BOOL"):
        return "boolean"
    if head.startswith(("VARCHAR", "TEXT", "CHAR", "ENUM", "STRING", "UUID")):
        return "text"
    return "other"


@dataclass(frozen=True)
class Column:
    """One column. `type` is DuckDB's own spelling; `examples` are stored values rendered as text."""

    name: str
    type: str
    nullable: bool = True
    display_name: str | None = None
    description: str | None = None
    synonyms: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    hidden: bool = False
    private: bool = False

    @property
    def family(self) -> TypeFamily:
        """The broad kind of value that the column holds."""
        return _family(self.type)

    @property
    def label(self) -> str:
        """The name a person knows the column by."""
        return self.display_name or self.name


@dataclass(frozen=True)
class Table:
    """One table or view. `namespace` is its DuckDB schema; plain names stand for `main`."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    row_count: int | None = None
    display_name: str | None = None
    description: str | None = None
    synonyms: tuple[str, ...] = ()
    namespace: str = "main"

    def column(self, name: str) -> Column | None:
        """The column called `name`, matched as DuckDB does (`fold`); None when there is none."""
        wanted = fold(name)
        return next((column for column in self.columns if fold(column.name) == wanted), None)

    @property
    def sql_name(self) -> str:
        """The name as SQL spells it, qualified only outside `main`."""
        return quote(self.name) if self.namespace == "main" else f"{quote(self.namespace)}.{quote(self.name)}"

    @property
    def label(self) -> str:
        """The name a person knows the table by."""
        return self.display_name or self.name


@dataclass(frozen=True)
class ForeignKey:
    """`table(columns)` refers to `to_table(to_columns)`; `declared` is False for a relationship that was inferred."""

    table: str
    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]
    declared: bool = True


@dataclass(frozen=True)
class Schema:
    """All tables in scope with their keys. `version` names the catalog version it was read from.

    What is worked out from thousands of columns is worked out once for each schema, when first asked for, and goes
    with it.
    """

    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    version: str = ""

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.tables, self.foreign_keys, self.version))

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that two schemas share when they say the same, whatever their versions."""
        body = json.dumps([asdict(table) for table in self.tables] + [asdict(key) for key in self.foreign_keys])
        return hashlib.sha256(body.encode()).hexdigest()[:16]

    @cached_property
    def _by_name(self) -> dict[str, Table]:
        return {fold(table.name): table for table in reversed(self.tables)}

    def table(self, name: str) -> Table | None:
        """The table called `name`, matched as DuckDB does (`fold`); None when there is none."""
        return self._by_name.get(fold(name))

    def columns(self) -> Iterator[tuple[Table, Column]]:
        """Every column with its table, in order."""
        for table in self.tables:
            for column in table.columns:
                yield table, column

    def narrowed(self, names: Iterable[str]) -> Schema:
        """Only the tables in `names` (any case), and the keys that stay within them."""
        wanted = {fold(name) for name in names}
        tables = tuple(table for table in self.tables if fold(table.name) in wanted)
        keys = tuple(key for key in self.foreign_keys if fold(key.table) in wanted and fold(key.to_table) in wanted)
        return Schema(tables=tables, foreign_keys=keys, version=self.version)

    def for_parsers(self) -> Schema:
        """The schema as parsers may see it: hidden columns gone with their keys, private columns without examples.

        A table all of whose columns are hidden is gone too.
        """
        return self._shown

    @cached_property
    def _shown(self) -> Schema:
        hidden = {(fold(table.name), fold(column.name)) for table, column in self.columns() if column.hidden}
        tables = tuple(_for_parsers(table) for table in self.tables if not all(one.hidden for one in table.columns))
        ends = ((key, (key.table, key.columns), (key.to_table, key.to_columns)) for key in self.foreign_keys)
        keys = tuple(
            key
            for key, *sides in ends
            if not any((fold(table), fold(name)) in hidden for table, names in sides for name in names)
        )
        return Schema(tables=tables, foreign_keys=keys, version=self.version)


def _for_parsers(table: Table) -> Table:
    shown = tuple(column for column in table.columns if not column.hidden)
    columns = tuple(replace(column, examples=()) if column.private else column for column in shown)
    key = table.primary_key if all(name in {column.name for column in shown} for name in table.primary_key) else ()
    return replace(table, columns=columns, primary_key=key)


def to_ddl(schema: Schema, *, examples: int = 0) -> str:
    """CREATE TABLE statements of what parsers may see of `schema`, keys included.

    As comments: display names, descriptions, synonyms, and `examples` stored values per column.

    >>> print(to_ddl(Schema((Table("t", (Column("id", "INTEGER"), Column("b c", "VARCHAR")), ("id",)),))))
    CREATE TABLE t (
      id INTEGER,
      "b c" VARCHAR,
      PRIMARY KEY (id)
    );
    """
    shown = schema.for_parsers()
    return "\n\n".join(_table_ddl(shown, table, examples) for table in shown.tables)


def _table_ddl(schema: Schema, table: Table, examples: int) -> str:
    lines: list[tuple[str, str]] = []
    for column in table.columns:
        shown = ", ".join(_one_line(value) for value in column.examples[:examples])
        notes = [*_said(column), f"e.g. {shown}" if shown else ""]
        lines.append((f"{quote(column.name)} {column.type}", _one_line("; ".join(filter(None, notes)), 200)))
    if table.primary_key:
        lines.append((f"PRIMARY KEY ({', '.join(map(quote, table.primary_key))})", ""))
    for key in schema.foreign_keys:
        if fold(key.table) == fold(table.name):
            target = schema.table(key.to_table)
            name = target.sql_name if target else quote(key.to_table)
            columns, to_columns = ", ".join(map(quote, key.columns)), ", ".join(map(quote, key.to_columns))
            lines.append((f"FOREIGN KEY ({columns}) REFERENCES {name} ({to_columns})", ""))
    body = []
    for position, (text, note) in enumerate(lines):
        comma = "," if position < len(lines) - 1 else ""
        body.append(f"  {text}{comma}" + (f" -- {note}" if note else ""))
    about = _one_line("; ".join(filter(None, _said(table))), 200)
    return (f"-- {about}\n" if about else "") + f"CREATE TABLE {table.sql_name} (\n" + "\n".join(body) + "\n);"


def _said(named: Table | Column) -> list[str]:
    """What people call a table or column, where that is not its name, and what they say about it."""
    said, name = (re.sub(r"[\s_]+", "_", text).casefold() for text in (named.label, named.name))
    label = _one_line(named.label) if said != name else ""
    others = ", ".join(map(_one_line, named.synonyms[:5]))
    return [label, named.description or "", f"also called {others}" if others else ""]


def _one_line(text: str, width: int = 60) -> str:
    """`text` without line breaks or control characters, cut at `width` characters: it goes into comments."""
    return "".join(char if char.isprintable() else " " for char in text)[:width]
