"""SQL that makes the typed columns of a table of the text fields c0, c1, ... of a file, and finds what does not fit.

Rows in which something is no value of its column carry their fields in a hidden column, so that nothing is rounded or
dropped unseen and clean files are read in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from nl2sql.ingest.forms import Form
from nl2sql.schema import quote

MISFIT = "nl2sql_misfit"
"""The hidden column: the fields of a row in which something does not fit, NULL in all other rows."""
_AT_ONCE = 200  # columns; every expression holds its own vectors, so that more would need gigabytes
_BATCH = 100
_FIELDS, _PART = "nl2sql_fields", "nl2sql_part"

Kept = Sequence[tuple[int, str]]
"""Position in the file and name of each column of the table."""


def statements(table: str, kept: Kept, forms: Sequence[Form], source: str, marked: str) -> list[str]:
    """What makes `table` of `source`, a table function or table with the fields; `marked` rows go into the hidden
    column as well (empty: none).

    One statement reads and converts; wide tables are converted in batches of columns that are put side by side.
    """
    if len(kept) <= _AT_ONCE:
        named = ", ".join(f"v{place} AS {quote(name)}" for place, name in kept)
        converted = _converted([place for place, _ in kept], forms, source)
        tests = [*([f"({marked})"] if marked else []), *_tests(kept, forms)]
        return [f"CREATE TABLE {table} AS SELECT {named}, {_hidden(kept, tests)} FROM {converted}"]
    fields = ", ".join(f"c{place}" for place, _ in kept)
    made = [f"CREATE OR REPLACE TEMP TABLE {_FIELDS} AS SELECT {fields}, {marked or 'false'} AS marked FROM {source}"]
    batches = [kept[start : start + _BATCH] for start in range(0, len(kept), _BATCH)]
    for number, batch in enumerate(batches):
        values = ", ".join(f"v{place}" for place, _ in batch)
        converted = _converted([place for place, _ in batch], forms, _FIELDS)
        test = any_of(_tests(batch, forms)) or "false"
        made.append(f"CREATE OR REPLACE TEMP TABLE {_PART}{number} AS SELECT {values}, {test} AS bad FROM {converted}")
    parts = [f"{_PART}{number}" for number in range(len(batches))]
    named = ", ".join(f"v{place} AS {quote(name)}" for place, name in kept)
    hidden = _hidden(kept, ["marked", *(f"{part}.bad" for part in parts)])
    joined = " POSITIONAL JOIN ".join([_FIELDS, *parts])
    made.append(f"CREATE TABLE {table} AS SELECT {named}, {hidden} FROM {joined}")
    return [*made, *(f"DROP TABLE temp.{name}" for name in (_FIELDS, *parts))]


def preview(kept: Kept, forms: Sequence[Form], source: str, width: int) -> list[str]:
    """Queries of some columns each that show the rows of `source` as they would be kept, as text of at most `width`
    characters; a value that does not fit stands there as it is in the file."""
    queries = []
    for start in range(0, len(kept), _BATCH):
        places = [place for place, _ in kept[start : start + _BATCH]]
        cells = [
            f"left(coalesce(CAST(v{place} AS VARCHAR), CASE WHEN {forms[place].misfit(f'c{place}')} THEN c{place} END),"
            f" {width})"
            for place in places
        ]
        queries.append(f"SELECT {', '.join(cells)} FROM {_converted(places, forms, source)}")
    return queries


def any_of(tests: Sequence[str]) -> str:
    """One condition of many, not nested deeper than an engine takes."""
    if len(tests) <= _BATCH:
        return " OR ".join(tests)
    return " OR ".join(f"({any_of(tests[start : start + _BATCH])})" for start in range(0, len(tests), _BATCH))


def _converted(places: Sequence[int], forms: Sequence[Form], source: str) -> str:
    """The fields and the values v0, v1, ... made of them; plain casts are computed once, below those."""
    casts = [f"{cast} AS x{place}" for place in places if (cast := forms[place].cast(f"c{place}"))]
    values = [f"{forms[place].checked(f'c{place}', f'x{place}')} AS v{place}" for place in places]
    # All other columns of the source stay in reach of a condition over them.
    return f"(SELECT *, {', '.join(values)} FROM (SELECT *{''.join(f', {cast}' for cast in casts)} FROM {source}))"


def _tests(kept: Kept, forms: Sequence[Form]) -> list[str]:
    return [test for place, _ in kept if (test := forms[place].unfit(f"c{place}", f"v{place}")) != "false"]


def _hidden(kept: Kept, tests: Sequence[str]) -> str:
    fields = ", ".join(f"c{place}" for place, _ in kept)
    value = f"CASE WHEN {any_of(tests)} THEN [{fields}] END" if tests else "CAST(NULL AS VARCHAR[])"
    return f"{value} AS {MISFIT}"
