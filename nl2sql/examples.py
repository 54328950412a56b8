"""Questions worth clicking, made from whatever schema there is. Knows types, keys and stored values, no names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from nl2sql.schema import Column, Schema, Table

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Words of column names whose text is free or unique, so that grouping by it says nothing.
_FREE_TEXT = frozenset(
    """name email mail phone address street url link title subject description comment note notes text body code
    number key hash uuid id message""".split()
)
_MEASURED = frozenset("year month day week hour lat lon latitude longitude zip postcode code number".split())

Maker = Callable[[Schema, Table], str | None]


def example_questions(schema: Schema, limit: int = 6) -> tuple[str, ...]:
    """Up to `limit` questions that `schema` can answer, of different kinds and over different tables.

    >>> from nl2sql.schema import Column, Schema, Table
    >>> example_questions(Schema((Table("pets", (Column("id", "INTEGER"), Column("weight", "DOUBLE"))),)), 2)
    ('Show the 5 pets with the highest weight', 'How many pets are there?')
    """
    tables = sorted(schema.tables, key=lambda table: -_richness(schema, table))
    asked: list[str] = []
    used: dict[str, int] = {}
    while len(asked) < limit:
        before = len(asked)
        for make in _MAKERS:
            found = _first(make, schema, sorted(tables, key=lambda table: used.get(table.name, 0)), asked)
            if found is not None and len(asked) < limit:
                table, question = found
                asked.append(question)
                used[table.name] = used.get(table.name, 0) + 1
        if len(asked) == before:
            break
    return tuple(asked)


def _first(make: Maker, schema: Schema, tables: list[Table], asked: list[str]) -> tuple[Table, str] | None:
    for table in tables:
        question = make(schema, table)
        if question is not None and question not in asked:
            return table, question
    return None


def _average(schema: Schema, table: Table) -> str | None:
    number, group = _number(schema, table), _group(schema, table)
    return f"What is the average {_words(number)} by {_words(group)}?" if number and group else None


def _recent(schema: Schema, table: Table) -> str | None:
    day = next((column for column in table.columns if column.family == "date" and not column.hidden), None)
    if day is None:
        return None
    words = _split(day.label)
    event = [word for word in words if word not in ("date", "day", "time", "on", "at")]
    if event and event[0].endswith("ed"):
        return f"List all {_plural(table)} that {' '.join(event)} last year"
    return f"List all {_plural(table)} with {_a(_words(day))} last year"


def _most(schema: Schema, table: Table) -> str | None:
    """Counting along a key, asked from the table that is counted."""
    for key in schema.foreign_keys:
        target = schema.table(key.to_table)
        named = target and target.name != table.name and any(column.family == "text" for column in target.columns)
        if key.table == table.name and target and named:
            return f"Which 5 {_plural(target)} have the most {_plural(table)}?"
    return None


def _top(schema: Schema, table: Table) -> str | None:
    number = _number(schema, table)
    return f"Show the 5 {_plural(table)} with the highest {_words(number)}" if number else None


def _where(schema: Schema, table: Table) -> str | None:
    group = _group(schema, table)
    if group is None:
        return None
    value = next((text for text in group.examples if text.isprintable() and 0 < len(text) <= 30), None)
    return f"Show the {_plural(table)} whose {_words(group)} is {value}" if value else None


def _per_group(schema: Schema, table: Table) -> str | None:
    group = _group(schema, table)
    return f"How many {_plural(table)} are there per {_words(group)}?" if group else None


def _count(schema: Schema, table: Table) -> str | None:
    return f"How many {_plural(table)} are there?"


_MAKERS: tuple[Maker, ...] = (_average, _recent, _most, _top, _where, _per_group, _count)


def _number(schema: Schema, table: Table) -> Column | None:
    """A number that measures something: no key, no year, no code."""
    keys = _key_columns(schema, table)
    for column in _visible(table):
        words = set(_split(column.label))
        if column.family == "number" and column.name not in keys and not words & (_MEASURED | {"id"}):
            return column
    return None


def _group(schema: Schema, table: Table) -> Column | None:
    """A text column whose values repeat, as far as its name and its stored examples tell."""
    keys = _key_columns(schema, table)
    for column in _visible(table):
        short = all(len(value) <= 30 and "@" not in value for value in column.examples)
        named = column.name not in keys and not set(_split(column.label)) & _FREE_TEXT
        if column.family == "text" and named and short and column.examples and not column.private:
            return column
    return None


def _key_columns(schema: Schema, table: Table) -> set[str]:
    names = set(table.primary_key)
    for key in schema.foreign_keys:
        if key.table == table.name:
            names.update(key.columns)
    return names


def _richness(schema: Schema, table: Table) -> int:
    """How many kinds of question a table is good for: tables that say more come first, others keep their order."""
    return sum(make(schema, table) is not None for make in _MAKERS)


def _visible(table: Table) -> Iterator[Column]:
    return (column for column in table.columns if not column.hidden)


def _plural(table: Table) -> str:
    """The table's name as words, in the plural.

    >>> from nl2sql.schema import Table
    >>> _plural(Table("order_items", ())), _plural(Table("Category", ())), _plural(Table("staff_2024", ()))
    ('order items', 'categories', 'staff 2024')
    """
    words = _split(table.label)
    if not words:
        return f"rows of {table.label}"
    last = words[-1]
    if last.isdigit() or last.endswith("s") or last in ("people", "staff", "data", "children", "sales", "series"):
        return " ".join(words)
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "es" if last.endswith(("x", "ch", "sh", "z")) else "s"
    return " ".join((*words[:-1], last))


def _a(words: str) -> str:
    return ("an " if words[:1] in "aeiou" else "a ") + words


def _words(column: Column) -> str:
    return " ".join(_split(column.label)) or column.label


def _split(label: str) -> list[str]:
    """Words of a snake_case or CamelCase name, in lower case; names in other alphabets stay whole.

    >>> _split("dateJoined"), _split("unit_price"), _split("Umsatz (€)")
    (['date', 'joined'], ['unit', 'price'], ['umsatz'])
    """
    words = [word.casefold() for word in _WORD.findall(label)]
    return words if label.isascii() or words else [label.strip()]
