"""What a table file says of its own table: a profile of every column, and the distinct values of text columns.

Written beside the rows when a table is kept (schema `nl2sql_notes` of the file), read whenever the page or value
linking asks, so that nothing has to scan the rows again. Knows no workspace and no parser.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from nl2sql.errors import WorkspaceError
from nl2sql.schema import Column, quote
from nl2sql.spelling import normal_form

NOTES = "nl2sql_notes"
"""The DuckDB schema of these tables inside a table file."""
PER_COLUMN = 2_000
"""Distinct values kept of one text column, the most frequent first; a column with more is indexed in part."""
TOTAL = 100_000
"""Distinct values kept of one table."""
VALUE_WIDTH = 80
"""Characters of the longest value that is kept."""
EXAMPLES, SHOWN_WIDTH = 5, 60

_EXACT_ROWS = 200_000  # up to so many rows every distinct value is counted
_LOW = 50_000  # estimated distinct values up to which they are counted however many rows there are
_SAMPLE_ROWS = 100_000
_FEWEST_DRAWN = 20 * duckdb.__standard_vector_size__  # no vector at all is drawn in one table of 500 million
_MANY_COLUMNS = 100
_MANY_CELLS = 4_000_000  # cells of a table with many columns up to which every distinct value is counted
_BATCH = 200  # columns looked at by one statement
_FIRST_ROWS = 300

_TABLES = {
    "profile": "table_name VARCHAR, column_name VARCHAR, position INTEGER, row_count BIGINT, nulls BIGINT,"
    " distinct_count BIGINT, exact BOOLEAN, minimum VARCHAR, maximum VARCHAR, examples VARCHAR[]",
    "distinct_values": "table_name VARCHAR, column_name VARCHAR, value VARCHAR, form VARCHAR, frequency BIGINT",
    "indexed": "table_name VARCHAR, column_name VARCHAR, complete BOOLEAN",
}


@dataclass(frozen=True)
class ColumnProfile:
    """What one column holds. `minimum`, `maximum` and `examples` are text; what was cut ends in an ellipsis."""

    name: str
    row_count: int
    nulls: int
    distinct: int | None
    """Distinct values other than NULL; None for nested values and the like."""
    exact: bool
    """False where `distinct` is an estimate."""
    minimum: str | None
    maximum: str | None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredValue:
    """A distinct value of a text column. `form` is its spelling without case, accents and marks."""

    column: str
    value: str
    form: str
    frequency: int
    """Rows that hold it; counted in a part of the rows where the column is indexed in part."""


@dataclass(frozen=True)
class StoredValues:
    """The values of some columns, per column the most frequent first, and the columns of which all values are there."""

    values: tuple[StoredValue, ...]
    complete: frozenset[str]


def write_profile(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Collection[str] | None = None,
    private: Collection[str] = (),
) -> None:
    """Write the profile and the values of `columns` (default all) of `table` in `main`, replacing what is there.

    Columns in `private` have a profile, and none of their values is listed.
    Every number is exact up to 200,000 rows; beyond, distinct counts of columns with many values are estimates, and
    their values are taken from a part of the rows. Raises duckdb.Error.
    """
    source = f"main.{quote(table)}"
    described = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {source})").fetchall()
    wanted = [Column(name, kind) for name, kind in described if columns is None or name in columns]
    count = connection.execute(f"SELECT count(*) FROM {source}").fetchone()
    found = _Measured(connection, source, wanted, int(count[0]) if count else 0)
    found.measure()
    listed = [one for one in found.facts if one.is_text and one.column.name not in private]
    connection.execute("BEGIN")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {NOTES}")
    for name, rows in (
        ("profile", found.profile_rows()), ("distinct_values", _value_rows(listed)),
        ("indexed", ((one.column.name, one.complete) for one in listed)),
    ):  # fmt: skip
        connection.execute(f"CREATE TABLE IF NOT EXISTS {NOTES}.{name} ({_TABLES[name]})")
        connection.execute(f"DELETE FROM {NOTES}.{name} WHERE table_name = ?", [table])
        _insert(connection, name, table, rows)
    connection.execute("COMMIT")


def read_profile(path: Path, table: str | None = None) -> tuple[ColumnProfile, ...]:
    """The profile of `table` (default: of the file's only one) in the table file `path`; empty when it has none.

    Raises WorkspaceError when the file cannot be read.
    """
    rows = _read(
        path,
        "SELECT column_name, row_count, nulls, distinct_count, exact, minimum, maximum, examples"
        f" FROM {NOTES}.profile WHERE table_name = coalesce(?, table_name) ORDER BY table_name, position",
        [table],
    )
    return tuple(ColumnProfile(*(*row[:7], tuple(row[7] or ()))) for row in rows)


def read_values(path: Path, columns: Collection[str], table: str | None = None) -> StoredValues:
    """The stored values of those of `columns` that are indexed in the table file `path`; none when it has no notes.

    `table` says which table's columns, where the file has several. Raises WorkspaceError when it cannot be read.
    """
    which = "table_name = coalesce(?, table_name) AND list_contains(?, column_name)"
    values = _read(
        path,
        f"SELECT column_name, value, form, frequency FROM {NOTES}.distinct_values WHERE {which}"
        " ORDER BY column_name, frequency DESC, value",
        [table, list(columns)],
    )
    complete = _read(
        path, f"SELECT column_name FROM {NOTES}.indexed WHERE complete AND {which}", [table, list(columns)]
    )
    return StoredValues(tuple(StoredValue(*row) for row in values), frozenset(name for (name,) in complete))


def _read(path: Path, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    try:
        with duckdb.connect(str(path), read_only=True, config={"threads": "1"}) as con:
            rows: list[tuple[Any, ...]] = con.execute(sql, parameters).fetchall()
            return rows
    except duckdb.CatalogException:
        return []
    except duckdb.Error as error:
        raise WorkspaceError(f"The table file {path.name} cannot be read.") from error


def _insert(connection: duckdb.DuckDBPyConnection, name: str, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    columns = [list(part) for part in zip(*rows, strict=True)]
    if columns:
        cells = ", ".join("unnest(?)" for _ in columns)
        connection.execute(f"INSERT INTO {NOTES}.{name} SELECT ?, {cells}", [table, *columns])


@dataclass
class _Facts:
    """What is known of one column so far."""

    column: Column
    position: int
    nulls: int = 0
    distinct: int | None = None
    exact: bool = False
    minimum: str | None = None
    maximum: str | None = None
    examples: tuple[str, ...] = ()
    values: list[tuple[str, int]] = field(default_factory=list)
    complete: bool = False
    statistics: dict[str, Any] = field(default_factory=dict)
    """The engine's own statistics: estimates, and text bounds cut to a few characters."""

    @property
    def name(self) -> str:
        return quote(self.column.name)

    @cached_property
    def is_text(self) -> bool:
        return self.column.family == "text"

    @cached_property
    def is_nested(self) -> bool:
        return self.column.family == "other"

    @property
    def guess(self) -> int | None:
        """The engine's own estimate of the distinct values."""
        found = self.statistics.get("approx_unique")
        return found if isinstance(found, int) else None

    def take_rough_bounds(self) -> bool:
        """Take the bounds of a text column with very many values from the engine's statistics; whether that was so."""
        low, high = self.statistics.get("min"), self.statistics.get("max")
        if not self.is_text or (self.guess or 0) <= _LOW or not isinstance(low, str) or not isinstance(high, str):
            return False
        if "\\" in low or "\\" in high:  # bytes that the cut left without their character
            return False
        self.minimum, self.maximum = f"{low}…", f"{high}…"
        return True

    def take(self, counted: Sequence[tuple[Any, ...]], rows: int) -> None:
        """Take in the counted values of all `rows` rows, the most frequent first, with what is known of them."""
        different, known, low, high = counted[0][:4]
        self.distinct, self.exact, self.nulls = different, True, rows - known
        if self.is_text:
            self.minimum, self.maximum = _cut(low), _cut(high)
            self.complete = sum(n for _, n in self.values) == known


@dataclass
class _Measured:
    """Measures a table column by column, each statement over as many columns as make sense together."""

    connection: duckdb.DuckDBPyConnection
    source: str
    columns: list[Column]
    rows: int
    facts: list[_Facts] = field(default_factory=list)

    def measure(self) -> None:
        """Fill in every fact."""
        self.facts = [_Facts(column, position) for position, column in enumerate(self.columns)]
        if not self.rows:
            for one in self.facts:
                one.distinct, one.exact, one.complete = (None if one.is_nested else 0), True, one.is_text
            return
        for start in range(0, len(self.facts), _BATCH):
            batch = self.facts[start : start + _BATCH]
            self._examples(batch)
            if len(self.columns) > _MANY_COLUMNS:
                self._measure_many(batch)
            else:
                self._measure_each(batch)

    def _examples(self, batch: Sequence[_Facts]) -> None:
        """The first values of each column that differ, cut."""
        shown = [one for one in batch if one.column.type.upper() != "BLOB"]
        if not shown:
            return
        cells = ", ".join(f"left(CAST({one.name} AS VARCHAR), {SHOWN_WIDTH + 1})" for one in shown)
        rows = self.connection.execute(f"SELECT {cells} FROM {self.source} LIMIT {_FIRST_ROWS}").fetchall()
        for one, values in zip(shown, zip(*rows, strict=True), strict=True):
            one.examples = tuple(_cut(value) for value in dict.fromkeys(values) if value)[:EXAMPLES]

    def _measure_each(self, batch: Sequence[_Facts]) -> None:
        """A table with few columns, one statement for the distinct values of each."""
        self._statistics(batch)
        self._bounds(batch)
        unsure = []
        for one in batch:
            known, guess = self.rows - one.nulls, one.guess
            if one.is_nested:
                continue
            if self.rows <= _EXACT_ROWS or (guess is not None and guess <= (_LOW if one.is_text else _LOW // 10)):
                self._count(one)
            elif guess is not None and guess >= 0.9 * known:
                one.distinct = min(guess, known)
            else:
                unsure.append(one)
        self._estimate(unsure)
        for one in batch:
            if one.is_text and not one.exact:
                nearly_unique = 2 * (one.distinct or 0) > self.rows
                part = self._part(max(2 * self._per_column, _FEWEST_DRAWN) if nearly_unique else _SAMPLE_ROWS)
                one.values = self._top_values(one, part)[0]

    def _measure_many(self, batch: Sequence[_Facts]) -> None:
        """A part of a table with many columns: all of these columns in one statement."""
        text = [one for one in batch if one.is_text]
        other = [one for one in batch if not one.is_text]
        if self.rows * len(self.columns) <= _MANY_CELLS:
            self._bounds(other)
            self._unpivot([one for one in batch if not one.is_nested], self.source)
        else:
            self._bounds(batch)
            self._estimate([one for one in batch if not one.is_nested])
            self._unpivot(text, self._part(_MANY_CELLS // len(self.columns)))

    def _statistics(self, batch: Sequence[_Facts]) -> None:
        """The engine's own statistics, which cost no scan."""
        if self.rows <= _EXACT_ROWS:
            return
        listed = ", ".join(f"to_json(stats({one.name}))" for one in batch)
        try:
            row = self.connection.execute(f"SELECT {listed} FROM {self.source} LIMIT 1").fetchone()
        except duckdb.Error:
            return
        for one, text in zip(batch, row or (), strict=False):
            found = json.loads(text) if text else None
            one.statistics = found if isinstance(found, dict) else {}

    def _bounds(self, batch: Sequence[_Facts]) -> None:
        """NULLs, and the smallest and largest value; those of text columns with very many values only roughly."""
        if not batch:
            return
        parts = []
        for one in batch:
            parts.append(f"count({one.name})")
            if one.is_nested or one.take_rough_bounds():
                parts += ["NULL", "NULL"]
            else:
                parts += (f"left(CAST({end}({one.name}) AS VARCHAR), {SHOWN_WIDTH + 1})" for end in ("min", "max"))
        row = self.connection.execute(f"SELECT {', '.join(parts)} FROM {self.source}").fetchone() or ()
        for place, one in enumerate(batch):
            known, minimum, maximum = row[3 * place : 3 * place + 3]
            one.nulls = self.rows - known
            if minimum is not None:
                one.minimum, one.maximum = _cut(minimum), _cut(maximum)

    def _count(self, one: _Facts) -> None:
        """The distinct values of one column, exactly."""
        one.exact = True
        if not one.is_text:
            row = self.connection.execute(f"SELECT count(DISTINCT {one.name}) FROM {self.source}").fetchone()
            one.distinct = int(row[0]) if row else 0
            return
        one.values, one.distinct = self._top_values(one, self.source)
        one.complete = sum(n for _, n in one.values) == self.rows - one.nulls

    def _top_values(self, one: _Facts, source: str) -> tuple[list[tuple[str, int]], int]:
        """The most frequent values of one text column in `source`, and how many distinct ones there are."""
        value = f"CAST({one.name} AS VARCHAR)"
        rows = self.connection.execute(
            f"WITH counted AS MATERIALIZED (SELECT {value} AS value, count(*) AS n FROM {source}"
            f" WHERE {one.name} IS NOT NULL GROUP BY 1)"
            f" SELECT CASE WHEN length(value) <= {VALUE_WIDTH} THEN value END, n, (SELECT count(*) FROM counted)"
            f" FROM counted ORDER BY n DESC, value LIMIT {self._per_column}"
        ).fetchall()
        return [(text, n) for text, n, _ in rows if text is not None], rows[0][2] if rows else 0

    def _unpivot(self, batch: Sequence[_Facts], source: str) -> None:
        """Distinct values of many columns at once, counted in `source`; exact where that is the whole table."""
        if not batch:
            return
        cells = ", ".join(f"CAST({one.name} AS VARCHAR) AS c{one.position}" for one in batch)
        names = ", ".join(f"c{one.position}" for one in batch)
        text = ", ".join(f"'c{one.position}'" for one in batch if one.is_text) or "''"
        cut = f"left({{}}(value) OVER whole, {SHOWN_WIDTH + 1})"
        counted = self.connection.execute(
            f"WITH counted AS (SELECT place, value, count(*) AS n FROM (UNPIVOT (SELECT {cells} FROM {source})"
            f" ON {names} INTO NAME place VALUE value) GROUP BY ALL),"
            f" ranked AS (SELECT *, count(*) OVER whole AS different, sum(n) OVER whole AS known,"
            f" {cut.format('min')} AS low, {cut.format('max')} AS high,"
            " row_number() OVER (PARTITION BY place ORDER BY n DESC, value) AS rank FROM counted"
            " WINDOW whole AS (PARTITION BY place))"
            f" SELECT place, different, known, low, high, CASE WHEN length(value) <= {VALUE_WIDTH} THEN value END, n"
            f" FROM ranked WHERE rank = 1 OR (place IN ({text}) AND rank <= {self._per_column})"
            " ORDER BY place, rank"
        ).fetchall()
        by_place: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for place, *row in counted:
            by_place[place].append(tuple(row))
        for one in batch:
            found = by_place[f"c{one.position}"]
            if one.is_text:
                one.values = [(value, n) for *_, value, n in found if value is not None]
            if source == self.source and found:
                one.take(found, self.rows)
            elif source == self.source:  # nothing but NULL
                one.nulls, one.distinct, one.exact, one.complete = self.rows, 0, True, True

    def _estimate(self, batch: Sequence[_Facts]) -> None:
        if not batch:
            return
        parts = ", ".join(f"approx_count_distinct({one.name})" for one in batch)
        row = self.connection.execute(f"SELECT {parts} FROM {self.source}").fetchone() or ()
        for one, different in zip(batch, row, strict=True):
            one.distinct = min(int(different), self.rows - one.nulls)

    def _part(self, rows: int) -> str:
        """About `rows` rows from all over the table, or its first where they are so few that chance could give none.

        The engine takes or leaves whole vectors of rows.
        """
        if rows >= self.rows:
            return self.source
        if rows < _FEWEST_DRAWN:
            return f"(SELECT * FROM {self.source} LIMIT {max(rows, 1)})"
        share = 100.0 * rows / self.rows
        return f"(SELECT * FROM {self.source} USING SAMPLE {share:.6f} PERCENT (system, 7))"

    @cached_property
    def _per_column(self) -> int:
        """Values that are kept of each text column."""
        text = sum(column.family == "text" for column in self.columns)
        return max(1, min(PER_COLUMN, TOTAL // max(1, text)))

    def profile_rows(self) -> Iterator[tuple[object, ...]]:
        """Rows of the table `profile`."""
        for one in self.facts:
            yield (
                one.column.name, one.position, self.rows, one.nulls, one.distinct, one.exact, one.minimum,
                one.maximum, list(one.examples),
            )  # fmt: skip


def _value_rows(listed: Iterable[_Facts]) -> Iterator[tuple[object, ...]]:
    """Rows of the table `distinct_values`."""
    for one in listed:
        for value, frequency in one.values:
            yield one.column.name, value, normal_form(value), frequency


def _cut(text: str) -> str:
    """`text` at most SHOWN_WIDTH characters long."""
    return text if len(text) <= SHOWN_WIDTH else f"{text[: SHOWN_WIDTH - 1]}…"
