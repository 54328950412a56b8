"""Rows of typed cells on their way into a table: kept as text until all are seen, then converted in one statement.

What a column's type cannot hold is found before anything is kept. Knows no file format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import duckdb
import pyarrow as pa

from nl2sql.ingest.base import REJECTS_KEPT, Finding, IngestError, Loaded, ReadOptions, Reject, SourceColumn
from nl2sql.ingest.cells import Cell, Decided, Observed, findings, widened
from nl2sql.schema import literal, quote

PREVIEW_ROWS = 100
COLUMNS_LIMIT = 20_000
_NAME = "nl2sql_staged"
_STAGED = f"temp.{_NAME}"
_TEXT_KEPT = 2_000
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_SAID = {
    "BOOLEAN": "neither true nor false", "DATE": "not a date", "TIME": "not a time of day",
    "TIMESTAMP": "not a date with a time", "DOUBLE": "not a number", "FLOAT": "not a number",
    "INTERVAL": "not a duration",
}  # fmt: skip

NameColumns = Callable[[Sequence[str]], Sequence[str]]
"""Makes SQL names of headers."""


@dataclass(frozen=True)
class Staged:
    """What became of the rows: how many there are in the table, and what did not fit."""

    rows: int
    columns: tuple[SourceColumn, ...]
    rejected: int
    rejects: tuple[Reject, ...]
    findings: tuple[Finding, ...]
    kept: bool
    """False where something did not fit and a person is to be asked first."""

    def loaded(self, table: str, findings: Sequence[Finding] = ()) -> Loaded:
        """The same as a reader gives it back, with what it has to say beside."""
        return Loaded(None, table, self.columns, self.rows, self.rejected, self.rejects, (*findings, *self.findings))


@dataclass
class Staging:
    """Takes rows in by batches of columns; columns may be added while rows come."""

    connection: duckdb.DuckDBPyConnection
    options: ReadOptions = field(default_factory=ReadOptions)
    headers: list[str] = field(default_factory=list)
    observed: list[Observed] = field(default_factory=list)
    rows: int = 0

    def __post_init__(self) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_NAME} (line BIGINT)")

    def add_columns(self, headers: Sequence[str]) -> None:
        """Further columns, NULL in all rows so far. Raises IngestError when there are more than a table can have."""
        first, self.headers = len(self.headers), [*self.headers, *headers]
        if len(self.headers) > COLUMNS_LIMIT:
            raise IngestError(f"There are more than {COLUMNS_LIMIT:,} columns, which is more than a table can have.")
        self.observed += [Observed(frozenset(self.options.null_words or ())) for _ in headers]
        names = [f"c{position} VARCHAR" for position in range(first, len(self.headers))]
        if not self.rows:
            listed = ", ".join(["line BIGINT", *(f"c{place} VARCHAR" for place in range(len(self.headers)))])
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_NAME} ({listed})")
            return
        for name in names:
            self.connection.execute(f"ALTER TABLE {_STAGED} ADD COLUMN {name}")

    def add(self, lines: Sequence[int], columns: Sequence[Sequence[Cell] | None]) -> None:
        """Rows at `lines` of the file, column by column, one for each column there is; None: nothing but NULL."""
        if not lines:
            return
        arrays = [pa.array(lines, pa.int64())]
        for seen, values in zip(self.observed, columns, strict=True):
            cells = [None] * len(lines) if values is None else seen.add(values, lines)
            arrays.append(pa.array(cells, pa.large_string()))
        names = ["line", *(f"c{position}" for position in range(len(columns)))]
        self.connection.from_arrow(pa.Table.from_arrays(arrays, names)).insert_into(_NAME)
        self.rows += len(lines)
        self.__dict__.pop("_decided", None)

    def understood(self, name: NameColumns) -> tuple[tuple[SourceColumn, ...], tuple[Finding, ...]]:
        """The columns as the rows so far suggest them, less what a person chose: type, name, what is left out."""
        decided = self._decided
        return self._columns(name, [one.type for one in decided]), self._findings(decided)

    def _columns(self, name: NameColumns, types: Sequence[str]) -> tuple[SourceColumn, ...]:
        chosen_types, chosen_names = dict(self.options.types), dict(self.options.names)
        return tuple(
            SourceColumn(
                position,
                header,
                chosen_names.get(position) or proposed,
                chosen_types.get(position) or kind,
                tuple(self.observed[position].examples),
                position not in self.options.left_out,
            )
            for position, (header, proposed, kind) in enumerate(
                zip(self.headers, name(self.headers), types, strict=True)
            )
        )

    def _findings(self, decided: Sequence[Decided]) -> tuple[Finding, ...]:
        chosen = {position for position, _ in self.options.types} | set(self.options.left_out)
        return tuple(
            finding
            for position, one in enumerate(decided)
            if position not in chosen
            for finding in findings(position, self.headers[position], one, self.observed[position].words)
        )

    def types(self) -> list[str]:
        """The types that the rows so far suggest, or a person chose."""
        chosen = dict(self.options.types)
        return [chosen.get(position) or one.type for position, one in enumerate(self._decided)]

    def misfit_findings(self, columns: Sequence[SourceColumn]) -> tuple[Finding, ...]:
        """What the types that a person chose do not hold, of the rows so far."""
        by_position = {one.position: one for one in columns}
        return tuple(
            Finding(
                f"“{by_position[position].header}”: {count:,} value{' is' if count == 1 else 's are'} not of type"
                f" {by_position[position].type}.",
                "warning",
                position,
            )
            for position, count in self.misfits(columns).items()
        )

    def preview(self, columns: Sequence[SourceColumn]) -> tuple[tuple[str | None, ...], ...]:
        """The first rows as they would be kept; a value that does not fit stands there as it is in the file."""
        kept = [column for column in columns if column.kept]
        if not kept:
            return ()
        parts: list[list[tuple[str | None, ...]]] = []
        for start in range(0, len(kept), 200):
            cells = ", ".join(
                f"left(coalesce(CAST({self._converted(one)} AS VARCHAR), {self._present(one)}), {_TEXT_KEPT})"
                for one in kept[start : start + 200]
            )
            parts.append(self.connection.execute(f"SELECT {cells} FROM {_STAGED} LIMIT {PREVIEW_ROWS}").fetchall())
        return tuple(tuple(chain.from_iterable(row)) for row in zip(*parts, strict=True))

    def misfits(self, columns: Sequence[SourceColumn]) -> dict[int, int]:
        """How many values of each column its type does not hold; columns without any are left out."""
        typed = [one for one in columns if one.kept and one.type != "VARCHAR" and not self._is_sure(one)]
        found: dict[int, int] = {}
        for start in range(0, len(typed), 200):
            batch = typed[start : start + 200]
            counts = ", ".join(f"count(*) FILTER (WHERE {self._misfit(one)})" for one in batch)
            row = self.connection.execute(f"SELECT {counts} FROM {_STAGED}").fetchone() or ()
            found |= {one.position: n for one, n in zip(batch, row, strict=True) if n}
        return found

    def write(
        self, table: str, name: NameColumns, types: Sequence[str] = (), rejects: Sequence[Reject] = (), unread: int = 0
    ) -> Staged:
        """Make `table` in `main` of all rows.

        `types` are those that a part of the file suggested and a person has seen: what they do not hold is a reject.
        `rejects` are `unread` places that a reader could make no row of. Raises IngestError when options say stop.
        """
        decided = self._decided
        said, final = self._final(decided, types)
        columns = self._columns(name, final)
        bad = self.misfits(columns)
        misfits = self.options.misfits
        listed = [*rejects, *self._listed([one for one in columns if one.position in bad], REJECTS_KEPT - len(rejects))]
        said = [*self._findings(decided), *said]
        if listed and misfits == "stop":
            raise IngestError(refusal(listed[0], sum(bad.values()) + unread))
        if listed and misfits == "ask":
            dropped = self._count_rows([one for one in columns if one.position in bad])
            return Staged(self.rows, columns, dropped + unread, tuple(listed), tuple(said), False)
        dropped = unread
        where = "true"
        if bad and misfits == "text":
            columns = tuple(
                SourceColumn(one.position, one.header, one.name, "VARCHAR", one.examples, one.kept)
                if one.position in bad
                else one
                for one in columns
            )
            listed = list(rejects)
        elif bad:
            dropping = [one for one in columns if one.position in bad]
            dropped += self._count_rows(dropping)
            where = " AND ".join(f"NOT ({self._misfit(one)})" for one in dropping)
        rows = self._create(table, columns, where)
        return Staged(rows, columns, dropped, tuple(listed), tuple(said), True)

    def _final(self, decided: Sequence[Decided], types: Sequence[str]) -> tuple[list[Finding], list[str]]:
        said: list[Finding] = []
        final = []
        for position, one in enumerate(decided):
            seen = types[position] if position < len(types) else one.type
            kind = widened(seen, one.type)
            header = self.headers[position]
            if position >= len(types) > 0:
                said.append(Finding(f"“{header}” is a column that begins later in the file.", "info", position))
            elif kind != seen:
                sentence = f"“{header}” holds more than its first rows show: it is kept as {kind}."
                said.append(Finding(sentence, "info", position))
            final.append(kind)
        return said, final

    def _create(self, table: str, columns: Sequence[SourceColumn], where: str) -> int:
        kept = [one for one in columns if one.kept]
        if not kept:
            raise IngestError("Every column is left out, so there is no table to keep.")
        cells = ", ".join(f"{self._converted(one)} AS {quote(one.name)}" for one in kept)
        self.connection.execute(f"CREATE TABLE main.{quote(table)} AS SELECT {cells} FROM {_STAGED} WHERE {where}")
        self.connection.execute(f"DROP TABLE {_STAGED}")
        row = self.connection.execute(f"SELECT count(*) FROM main.{quote(table)}").fetchone()
        return int(row[0]) if row else 0

    def _count_rows(self, columns: Sequence[SourceColumn]) -> int:
        if not columns:
            return 0
        anywhere = " OR ".join(f"({self._misfit(one)})" for one in columns)
        row = self.connection.execute(f"SELECT count(*) FROM {_STAGED} WHERE {anywhere}").fetchone()
        return int(row[0]) if row else 0

    def _listed(self, columns: Sequence[SourceColumn], limit: int) -> list[Reject]:
        found: list[Reject] = []
        for one in columns:
            rows = self.connection.execute(
                f"SELECT line, left(c{one.position}, {_TEXT_KEPT}) FROM {_STAGED} WHERE {self._misfit(one)}"
                f" LIMIT {max(0, limit - len(found))}"
            ).fetchall()
            found += [Reject(line, one.header, reason(text, one.type), text) for line, text in rows]
        return sorted(found, key=lambda one: one.line or 0)

    def _present(self, one: SourceColumn) -> str:
        """The value as text, NULL where it is a word for a missing one."""
        words = self.observed[one.position].words
        if one.type == "VARCHAR" or not words:
            return f"c{one.position}"
        listed = ", ".join(map(literal, sorted(words)))
        return f"CASE WHEN trim(c{one.position}) NOT IN ({listed}) THEN c{one.position} END"

    def _converted(self, one: SourceColumn) -> str:
        if one.type == "VARCHAR":
            return f"c{one.position}"
        if self._is_sure(one):
            return f"CAST({self._present(one)} AS {one.type})"
        return f"CASE WHEN NOT ({self._misfit(one)}) THEN TRY_CAST({self._present(one)} AS {one.type}) END"

    def _is_sure(self, one: SourceColumn) -> bool:
        """Whether the type is what all values that were seen are of."""
        return one.type == self._decided[one.position].type

    @cached_property
    def _decided(self) -> list[Decided]:
        return [one.decided() for one in self.observed]

    def _misfit(self, one: SourceColumn) -> str:
        return misfit(self._present(one), one.type)


def misfit(text: str, type_name: str) -> str:
    """A condition that is true where the SQL expression `text` is a text that `type_name` does not hold exactly."""
    fails = f"TRY_CAST({text} AS {type_name}) IS NULL"
    pattern = _exact_form(type_name)
    if pattern:
        fails = f"{fails} OR NOT regexp_full_match(trim({text}), {literal(pattern)})"
    return f"coalesce({text} IS NOT NULL AND ({fails}), false)"


def _exact_form(type_name: str) -> str | None:
    """What a value must look like for a type that rounds or cuts others to hold it exactly; None for other types."""
    if type_name in _WHOLE:
        return r"[+-]?[0-9]+(\.0*)?"
    scale = re.match(r"DECIMAL\(\d+,\s*(\d+)\)$", type_name)
    if scale:
        return rf"[+-]?[0-9]*(\.[0-9]{{0,{scale.group(1)}}}0*)?"
    if type_name == "DATE":
        return r"[^T ]*([T ]0?0:00(:00(\.0*)?)?)?"
    return None


def reason(text: str, type_name: str) -> str:
    """Why `text` is no value of `type_name`, as a sentence."""
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    head = type_name.partition("(")[0]
    if head in _WHOLE:
        return f"“{shown}” is not a whole number."
    if head == "DECIMAL":
        return f"“{shown}” is not a number of {type_name}."
    return f"“{shown}” is {_SAID.get(head, f'not of type {type_name}')}."


def refusal(first: Reject, count: int) -> str:
    """What is said of a file that is refused because `count` places do not fit, `first` the first of them."""
    where = f"line {first.line:,}" if first.line else "the file"
    column = f", column “{first.column}”" if first.column else ""
    others = f" {count - 1:,} more do not fit either." if count > 1 else ""
    return f"The file was refused: {where}{column}: {first.reason}{others}"
