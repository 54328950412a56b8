"""Reads text with delimiters (CSV, TSV, ...) as a table: understood from parts of the file, then proven on all of it.

DuckDB reads every field as text and one projection makes values of them, with a hidden column for the rows in which
something is no value of its column: nothing is rounded or dropped without being seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import duckdb

from nl2sql.ingest import conversion, dialect, encoding, names, ragged, records, survey, values
from nl2sql.ingest.base import (
    REJECTS_KEPT,
    Finding,
    IngestError,
    Loaded,
    Progress,
    ReadOptions,
    Reject,
    SourceColumn,
    Understanding,
)
from nl2sql.ingest.conversion import MISFIT
from nl2sql.ingest.encoding import Encoded
from nl2sql.ingest.reading import Source, kept_columns
from nl2sql.ingest.sample import Sample, sampled
from nl2sql.ingest.values import Context, Decided, Form
from nl2sql.schema import literal, quote

PREVIEW_ROWS = 100
MOST_COLUMNS = 2_000
"""Columns of a text file: with more the engine's memory does not suffice."""
_MANY_COLUMNS = 300
_LONGEST_LINE = 256 << 20
_PASSES = 4
_SHOWN = 2_000
_TOTAL = re.compile(r"(?i)\s*(grand |sub)?-?(totals?|sum|summe|gesamt|gesamtsumme|somme)\b:?")
_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True)
class Plan:
    """How a file is read: what was understood of it, settled for every column."""

    encoded: Encoded
    dialect: dialect.Dialect
    context: Context
    columns: tuple[SourceColumn, ...]
    decided: tuple[Decided, ...]
    forms: tuple[Form, ...]
    options: ReadOptions
    """With nothing left open."""
    findings: tuple[Finding, ...]
    sample: Sample

    @cached_property
    def kept(self) -> tuple[SourceColumn, ...]:
        """The columns that become columns of the table."""
        return tuple(column for column in self.columns if column.kept)


class TextReader:
    """Reads text files. See nl2sql.ingest.reading.Reader."""

    def understand(self, source: Source, connection: duckdb.DuckDBPyConnection) -> Understanding:
        """What the file is, from its head, middle and end; the preview comes from the same SQL that loads it."""
        plan = planned(source)
        _prepare(connection, plan)
        preview = source.scratch / "preview.csv"
        preview.write_text(plan.sample.head, encoding="utf-8", newline="")
        rows = _preview(connection, plan, str(preview))
        return Understanding(
            path=source.path,
            file_name=source.file_name,
            kind="text",
            table=source.table,
            options=replace(plan.options, table=source.options.table, misfits=source.options.misfits),
            columns=plan.columns,
            rows=rows,
            row_estimate=plan.sample.rows,
            complete=plan.sample.complete,
            findings=(*source.findings, *plan.findings),
        )

    def load(self, source: Source, connection: duckdb.DuckDBPyConnection, report: Progress) -> Loaded:
        """All of the file in one pass; a second one where the rest of the file teaches something new."""
        plan = planned(source)
        _prepare(connection, plan)
        path = str(source.path)
        said = list(plan.findings)
        codec = plan.encoded.codec
        unclean = survey.unclean(source.path, lambda share: report(share * 0.1, 0)) if plan.encoded.clean else ()
        if "bytes" in unclean:
            codec = encoding.MIXED
            said.append(Finding("Some lines are not UTF-8: they were read as Windows-1252.", "warning"))
        if unclean or not plan.encoded.clean:
            path, odd = _rewritten(source, codec, report)
            said += odd
        loading = _Loading(source, connection, report, plan, path, said)
        return loading.run()


def _prepare(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Have the engine leave out a step whose time grows with the square of the columns."""
    if plan.dialect.width > _MANY_COLUMNS:
        connection.execute("SET disabled_optimizers='common_subexpressions'")


def planned(source: Source) -> Plan:
    """What is understood of the file. Raises IngestError."""
    options = source.options
    encoded = encoding.look(source.path, options.encoding)
    sample = sampled(source.path, encoded)
    if not sample.head.strip():
        raise IngestError("There is nothing in the file but blank space.")
    found = dialect.find(sample.head, options.delimiter, options.quote, options.skip_lines, options.header)
    if not found.width:
        raise IngestError("There is no table in this file: no lines are left below the ones that are skipped.")
    if found.width > MOST_COLUMNS:
        raise IngestError(f"There are {found.width:,} columns; a table from a text file can have {MOST_COLUMNS:,}.")
    sample = sample.counted(found)
    texts = sample.columns(found)
    if sample.complete and not any(one.strip() for column in (found.names, *texts) for one in column):
        raise IngestError("There is nothing in the file but delimiters.")
    context = values.context_of(
        texts, found.delimiter, options.decimal_mark, options.date_order, options.null_words
    )  # fmt: skip
    shown = [names.shown_header(name) for name in found.names]
    labels = [name or f"column {number}" for number, name in enumerate(shown, 1)]
    decided = tuple(values.decide(column, context, labels[place], place) for place, column in enumerate(texts))
    chosen = dict(options.types)
    forms = tuple(
        values.chosen(chosen[place], one, context) if place in chosen else one.form for place, one in enumerate(decided)
    )
    columns = _columns(shown, forms, texts, options, found)
    findings = [*encoded.findings, *found.findings]
    findings += [one for place, each in enumerate(decided) if place not in chosen for one in each.findings]
    findings += _said_of_rows(found, sample, columns)
    settled = replace(
        options,
        encoding=encoded.codec,
        delimiter=found.delimiter if found.delimiter not in "\x1f\x1e" else "",
        quote=found.quote,
        skip_lines=found.skip_lines,
        header=found.header,
        decimal_mark=options.decimal_mark or context.mark or ".",
        date_order=options.date_order or context.order,
        null_words=options.null_words,
    )
    left_out = tuple(column.position for column in columns if not column.kept)
    settled = replace(settled, left_out=left_out)
    return Plan(encoded, found, context, columns, decided, forms, settled, tuple(findings), sample)


def _columns(
    shown: Sequence[str], forms: Sequence[Form], texts: Sequence[Sequence[str]], options: ReadOptions,
    found: dialect.Dialect,
) -> tuple[SourceColumn, ...]:  # fmt: skip
    chosen = dict(options.names)
    proposed = names.column_names(shown)
    _check_names(chosen, proposed, options)
    columns = []
    for place, form in enumerate(forms):
        empty = not any(one.strip() for one in texts[place]) and not shown[place] and bool(found.records)
        examples = tuple(dict.fromkeys(one[:80] for one in texts[place][:300] if one.strip()))[:5]
        kept = place not in options.left_out and not (empty and found.header and place not in chosen)
        columns.append(
            SourceColumn(place, shown[place], chosen.get(place) or proposed[place], form.type, examples, kept)
        )
    if not any(column.kept for column in columns):
        raise IngestError("Every column is left out, so there is no table to keep.")
    return tuple(columns)


def _check_names(chosen: dict[int, str], proposed: Sequence[str], options: ReadOptions) -> None:
    taken: dict[str, int] = {}
    for place, name in enumerate(proposed):
        if place in options.left_out:
            continue
        wanted = (chosen.get(place) or name).casefold()
        if wanted in taken and (place in chosen or taken[wanted] in chosen):
            raise IngestError(f"Two columns are called “{chosen.get(place) or name}”: give one of them another name.")
        taken[wanted] = place


def _said_of_rows(found: dialect.Dialect, sample: Sample, columns: Sequence[SourceColumn]) -> list[Finding]:
    """What the first and the last rows show: ragged ones, totals, footers, a header that comes again."""
    said = []
    records = found.records
    ragged_rows = [record for record in records if len(record) != found.width]
    if ragged_rows:
        count = (
            f"{len(ragged_rows):,} of the first {len(records):,} lines"
            if not sample.complete
            else (f"{len(ragged_rows):,} line{'' if len(ragged_rows) == 1 else 's'}")
        )
        few = any(len(record) < found.width for record in ragged_rows)
        many = any(len(record) > found.width for record in ragged_rows)
        what = "too few or too many" if few and many else "too few" if few else "too many"
        shown = found.delimiter.join(ragged_rows[0])[:60]
        said.append(Finding(f"{count} with {what} fields (the table has {found.width}), such as “{shown}”.", "warning"))
    totals = [one for one in (*records[-200:], *sample.last(found)) if _is_total(one)]
    if sample.complete and not totals and len(records) < 1000 and _adds_up(records):
        totals = [records[-1]]
    if totals and len(totals) < len(records):
        shown = " ".join(" ".join(totals[-1]).split())[:60]
        said.append(
            Finding(
                f"There is a line of totals among the rows: “{shown}”. It counts as a row; leave it out of sums.",
                "warning",
            )
        )
    if found.header and any(record and list(record) == list(found.names[: len(record)]) for record in records):
        said.append(Finding("The header stands again among the rows.", "warning"))
    unnamed = [str(column.position + 1) for column in columns if not column.kept and not column.header]
    if unnamed:
        said.append(Finding(f"Left out, because nothing is in it: column {', '.join(unnamed[:5])}."))
    return said


def _is_total(record: Sequence[str]) -> bool:
    """Whether a record says that it is one of totals: by a word that stands alone, or with fields left blank."""
    found = [cell for cell in record[:2] if _TOTAL.match(cell)]
    return any(_TOTAL.fullmatch(cell.strip()) for cell in found) or (bool(found) and not all(map(str.strip, record)))


def _adds_up(records: Sequence[Sequence[str]]) -> bool:
    """Whether the last record has no label and every number in it is the sum of those above."""
    last = records[-1] if len(records) > 2 else ()
    if not last or last[0].strip() or len({len(one) for one in records}) > 1:
        return False
    sums = []
    for place, cell in enumerate(last):
        above = [one[place].strip() for one in records[:-1]]
        if cell.strip() and all(_PLAIN_NUMBER.fullmatch(one) for one in (cell.strip(), *above)):
            sums.append(sum(map(Decimal, above)) == Decimal(cell.strip()))
    return bool(sums) and all(sums)


def _rewritten(source: Source, codec: str, report: Progress) -> tuple[str, tuple[Finding, ...]]:
    """The file as clean UTF-8 in the scratch folder, and what was odd about it."""
    target = source.scratch / "text.csv"
    said = encoding.rewrite(source.path, codec, target, lambda share: report(share * 0.3, 0))
    return str(target), said


def reading(plan: Plan, path: str, rejects: bool) -> str:
    """SQL that reads every field of the file as text, in columns c0, c1, ..."""
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(plan.dialect.width))
    quoting = literal(plan.dialect.quote)
    parts = [
        literal(path),
        "auto_detect=false",
        f"delim={literal(plan.dialect.delimiter)}",
        f"quote={quoting}",
        f"escape={literal(plan.dialect.escape or plan.dialect.quote)}",
        f"header={'true' if plan.dialect.header else 'false'}",
        f"skip={plan.dialect.skip_lines}",
        f"columns={{{columns}}}",
        "nullstr=''",
        f"max_line_size={_LONGEST_LINE}",
        "strict_mode=true",
    ]
    if _LONGEST_LINE > 0:
        parts.append(f"buffer_size={2 * _LONGEST_LINE}" if plan.sample.long_lines else "comment=''")
    if rejects:
        parts.append(f"store_rejects=true, rejects_limit={REJECTS_KEPT}")
    else:
        parts.append("ignore_errors=true")
    return f"read_csv({', '.join(parts)})"


def _preview(connection: duckdb.DuckDBPyConnection, plan: Plan, path: str) -> tuple[tuple[str | None, ...], ...]:
    kept = [(column.position, column.name) for column in plan.kept]
    again = header_again(plan, "c{}")
    where = f" WHERE NOT coalesce({again}, false)" if again else ""
    connection.execute(
        f"CREATE TEMP TABLE preview AS SELECT * FROM {reading(plan, path, False)}{where} LIMIT {PREVIEW_ROWS}"
    )
    found = [connection.execute(one).fetchall() for one in conversion.preview(kept, plan.forms, "preview", _SHOWN)]
    return tuple(sum(parts, ()) for parts in zip(*found, strict=True))


def header_again(plan: Plan, field: str, places: Sequence[int] | None = None) -> str:
    """SQL that is true for a row that is the header once more, empty where no row can be.

    `field` makes SQL of a field of its position, or of its place (from 1) among `places`.
    """
    kept = [column.position for column in plan.kept]
    headers = plan.dialect.names
    if not plan.dialect.header or len(kept) < 2 or not all(headers[place].strip() for place in kept):
        return ""
    order = {place: index for index, place in enumerate(places, 1)} if places else {place: place for place in kept}
    return " AND ".join(f"{field.format(order[place])} = {literal(headers[place])}" for place in kept[:50])


class _Loading:
    """One file on its way into its table."""

    def __init__(
        self, source: Source, connection: duckdb.DuckDBPyConnection, report: Progress, plan: Plan, path: str,
        said: list[Finding],
    ) -> None:  # fmt: skip
        self.source = source
        self.connection = connection
        self.report = report
        self.plan = plan
        self.path = path
        self.said = said
        self.width = plan.dialect.width
        self.padded: ragged.Padded | None = None
        self.repaired = False

    @property
    def table(self) -> str:
        """The table as SQL names it."""
        return f"main.{quote(self.source.table)}"

    def run(self) -> Loaded:
        """Read, widen what the rest of the file does not fit, and settle what is left as the options say."""
        forms = list(self.plan.forms)
        chosen = {place for place, _ in self.source.options.types}
        as_text: set[int] = set()
        for _ in range(_PASSES):
            shape = self._read(forms)
            misfits = self._misfits(forms)
            if not self._widen(forms, misfits, chosen):
                break
        misfits_mode = self.source.options.misfits
        rejects = [*shape, *self._rejects(forms, misfits)] if (shape or misfits) else []
        rejects.sort(key=lambda one: one.line or 0)
        if not rejects and not misfits:
            return self._done(forms, 0, ())
        if misfits_mode == "stop":
            raise IngestError(_refusal(rejects))
        if misfits_mode == "ask":
            rejected = self._bad_rows() + self._shape_count
            self.connection.execute(f"DROP TABLE {self.table}")
            return Loaded(None, self.source.table, self.plan.columns, 0, rejected, tuple(rejects), tuple(self.said))
        if misfits_mode == "drop":
            rejected = self._bad_rows() + self._shape_count
            self.connection.execute(f"DELETE FROM {self.table} WHERE {MISFIT} IS NOT NULL")
            return self._done(forms, rejected, tuple(rejects))
        as_text |= set(misfits)
        if shape:
            self._pad()
            forms += [values.PLAIN] * (self.width - len(forms))
        for place in as_text:
            forms[place] = replace(values.PLAIN, words=())
            self.said.append(self._kept_as_text(place))
        self._read(forms)
        left = self._misfits(forms)
        for place in left:
            forms[place] = values.PLAIN
            self.said.append(self._kept_as_text(place))
        if left:
            self._read(forms)
        return self._done(forms, 0, tuple(rejects))

    def _kept_as_text(self, place: int) -> Finding:
        return Finding(f"“{self._label(place)}” holds values that do not fit: it is kept as text.", "warning", place)

    def _label(self, place: int) -> str:
        columns = self.plan.columns
        return (columns[place].header or columns[place].name) if place < len(columns) else "beyond"

    _shape_count = 0

    def _read(self, forms: Sequence[Form]) -> list[Reject]:
        """Read the file into the table; the lines that have too few or too many fields (or are no text)."""
        kept = self._kept(forms)
        self.connection.execute(f"DROP TABLE IF EXISTS {self.table}")
        self._clear_rejects()
        plan = replace(
            self.plan, dialect=replace(self.plan.dialect, width=self.width, skip_lines=self._skip, header=self._header)
        )
        source, marked = reading(plan, self.path, True), header_again(self.plan, "c{}")
        try:
            for sql in conversion.statements(self.table, kept, forms, source, marked):
                self._watched(sql)
            self._leave_out_headers(kept)
            if not self._not_utf8():
                rejects = self._shape_rejects()
                stray = any(one.reason in _STRAY for one in rejects) and self._repair()
                return self._read(forms) if stray else rejects
            reason = "invalid UTF-8"
        except duckdb.Error as error:
            if "quote" in str(error).partition("Possible")[0].casefold() and self._repair():
                return self._read(forms)
            if self.path != str(self.source.path) or not _NOT_UTF8.search(str(error)):
                raise _sentence(error) from error
            reason = str(error)
        return self._again_as_text(forms, reason)

    def _leave_out_headers(self, kept: Sequence[tuple[int, str]]) -> None:
        condition = header_again(self.plan, f"{MISFIT}[{{}}]", [place for place, _ in kept])
        if condition and self._bad_rows():
            row = self.connection.execute(f"DELETE FROM {self.table} WHERE {condition}").fetchone()
            if row and row[0]:
                lines = "one line" if row[0] == 1 else f"{row[0]:,} lines"
                self.said.append(
                    Finding(f"The header stands again in {lines} below it, which were left out.", "warning")
                )

    def _repair(self) -> bool:
        """Write the file anew with quotation marks in order, once; whether there were any out of order."""
        if self.repaired or self.padded or not self.plan.dialect.quote:
            return False
        self.repaired = True
        target = self.source.scratch / "repaired.csv"
        stray = records.repaired(self.path, target, self.plan.dialect)
        if not stray:
            return False
        self.path = str(target)
        self.plan = replace(self.plan, dialect=replace(self.plan.dialect, escape="", spaced=False))
        self.said.append(Finding(_said_of_stray(stray), "warning"))
        return True

    @property
    def _skip(self) -> int:
        return 0 if self.padded else self.plan.dialect.skip_lines

    @property
    def _header(self) -> bool:
        return False if self.padded else self.plan.dialect.header

    def _kept(self, forms: Sequence[Form]) -> list[tuple[int, str]]:
        kept = [(column.position, column.name) for column in self.plan.kept]
        taken = {name.casefold() for _, name in kept}
        for place in range(self.plan.dialect.width, len(forms)):
            kept.append(
                (place, names.free_name("beyond" if place == self.plan.dialect.width else f"beyond_{place}", taken))
            )
        return kept

    def _watched(self, sql: str) -> None:
        """Run a statement and tell how far it is."""
        from threading import Event, Thread

        done = Event()

        def watch() -> None:
            while not done.wait(0.1):
                share = self.connection.query_progress()
                if share > 0:
                    self.report(min(1.0, 0.3 * bool(not self.plan.encoded.clean) + share / 100 * 0.7), 0)

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            self.connection.execute(sql)
        finally:
            done.set()
            watcher.join()

    def _not_utf8(self) -> bool:
        """Whether DuckDB passed over lines that are not UTF-8."""
        if self.path != str(self.source.path):
            return False
        try:
            row = self.connection.execute(
                "SELECT count(*) FROM temp.reject_errors WHERE CAST(error_type AS VARCHAR) LIKE 'INVALID %'"
            ).fetchone()
        except duckdb.CatalogException:
            return False
        return bool(row and row[0])

    def _again_as_text(self, forms: Sequence[Form], reason: str) -> list[Reject]:
        """The file is not what its parts looked like: read it again as clean text."""
        codec = encoding.MIXED if self.plan.encoded.codec == "utf-8" else self.plan.encoded.codec
        self.path, odd = _rewritten(self.source, codec, self.report)
        self.said += odd
        if re.search(r"(?i)utf|unicode|encod|invalid", reason):
            self.said.append(Finding("Some lines are not UTF-8: they were read as Windows-1252.", "warning"))
        return self._read(forms)

    def _clear_rejects(self) -> None:
        for name in ("reject_errors", "reject_scans"):
            self.connection.execute(f"DROP TABLE IF EXISTS temp.{name}")

    def _shape_rejects(self) -> list[Reject]:
        try:
            rows = self.connection.execute(
                "SELECT line, any_value(CAST(error_type AS VARCHAR)), any_value(csv_line), count(*)"
                " FROM temp.reject_errors"
                f" GROUP BY line ORDER BY line LIMIT {REJECTS_KEPT}"
            ).fetchall()
        except duckdb.CatalogException:
            rows = []
        rejects = []
        for line, kind, text, _ in rows:
            if "COLUMNS" not in kind and not text:
                text = ""
            rejects.append(Reject(int(line), "", _SHAPES.get(kind, "The line cannot be read."), (text or "")[:_SHOWN]))
        self._shape_count = len(rejects)
        return rejects

    def _misfits(self, forms: Sequence[Form]) -> dict[int, list[str]]:
        """Columns (by position) with values that do not fit, and some of those values."""
        row = self.connection.execute(f"SELECT count({MISFIT}) FROM {self.table}").fetchone()
        if not row or not row[0]:
            return {}
        found: dict[int, list[str]] = {}
        for index, (place, _) in enumerate(self._kept(forms), 1):
            cell = f"{MISFIT}[{index}]"
            test = forms[place].misfit(cell)
            if test == "false":
                continue
            texts = self.connection.execute(
                f"SELECT DISTINCT {cell} FROM {self.table} WHERE {MISFIT} IS NOT NULL AND {test} LIMIT 5000"
            ).fetchall()
            if texts:
                found[place] = [text for (text,) in texts]
        return found

    def _widen(self, forms: list[Form], misfits: dict[int, list[str]], chosen: set[int]) -> bool:
        """Give columns a wider type where everything that did not fit is a value of one; whether any got one."""
        changed = False
        texts = self.plan.sample.columns(self.plan.dialect)
        for place, odd in misfits.items():
            if place in chosen or place >= len(texts):
                continue
            label = self._label(place)
            decided = values.decide([*texts[place], *odd], self.plan.context, label, place)
            if decided.form.way == "text" and not decided.id_like:
                continue
            if decided.form == forms[place]:
                continue
            forms[place] = decided.form
            changed = True
            kind = "text" if decided.form.way == "text" else decided.form.type
            example = odd[0][:40]
            self.said.append(
                Finding(
                    f"“{label}” holds more than its first rows show, such as “{example}”: it is kept as {kind}.",
                    "info",
                    place,
                )
            )
            self.said += [one for one in decided.findings if one not in self.said]
        return changed

    def _bad_rows(self) -> int:
        row = self.connection.execute(f"SELECT count({MISFIT}) FROM {self.table}").fetchone()
        return int(row[0]) if row else 0

    def _rejects(self, forms: Sequence[Form], misfits: dict[int, list[str]]) -> list[Reject]:
        """The values that do not fit, with their lines."""
        kept = self._kept(forms)
        found: list[tuple[int, int, str]] = []
        for index, (place, _) in enumerate(kept, 1):
            if place not in misfits:
                continue
            cell = f"{MISFIT}[{index}]"
            rows = self.connection.execute(
                f"SELECT rowid, {cell} FROM {self.table} WHERE {MISFIT} IS NOT NULL AND {forms[place].misfit(cell)}"
                f" ORDER BY rowid LIMIT {REJECTS_KEPT}"
            ).fetchall()
            found += [(row, place, text) for row, text in rows]
        found.sort()
        found = found[:REJECTS_KEPT]
        lines = ragged.lines_of(self.path, self.plan.dialect, self.width, [row for row, _, _ in found])
        return [
            Reject(lines.get(row), self._label(place), _reason(text, forms[place].type), text[:_SHOWN])
            for row, place, text in found
        ]

    def _pad(self) -> None:
        """Write the file anew with every line as wide as the widest."""
        target = self.source.scratch / "padded.csv"
        self.padded = ragged.pad(self.path, target, self.plan.dialect)
        self.path, self.width = str(target), self.padded.width
        self.plan = replace(
            self.plan, dialect=replace(self.plan.dialect, delimiter=",", quote='"', escape="", spaced=False)
        )
        count = self.padded.short + self.padded.long
        beyond = " What was beyond the last column is kept in one more." if self.padded.long else ""
        said = "line has" if count == 1 else "lines have"
        self.said.append(
            Finding(f"{count:,} {said} too few or too many fields; missing ones are empty.{beyond}", "warning")
        )

    def _done(self, forms: Sequence[Form], rejected: int, rejects: tuple[Reject, ...]) -> Loaded:
        self.connection.execute(f"ALTER TABLE {self.table} DROP COLUMN {MISFIT}")
        row = self.connection.execute(f"SELECT count(*) FROM {self.table}").fetchone()
        columns = [
            replace(column, type=forms[column.position].type) if column.kept else column for column in self.plan.columns
        ]
        for place, name in self._kept(forms)[len(self.plan.kept) :]:
            columns.append(SourceColumn(place, "", name, "VARCHAR"))
        self.report(1.0, int(row[0]) if row else 0)
        return Loaded(
            self.source.path, self.source.table, tuple(columns), int(row[0]) if row else 0, rejected, rejects,
            tuple(dict.fromkeys(self.said)),
        )  # fmt: skip


def _said_of_stray(lines: Sequence[int]) -> str:
    shown = ", ".join(f"{line:,}" for line in lines[:3])
    more = f" and {len(lines) - 3:,} more" if len(lines) > 3 else ""
    where = f"line {shown}" if len(lines) == 1 else f"lines {shown}{more}"
    return f"A quotation mark in {where} is not closed, or stands within a value: it was read as text."


_NOT_UTF8 = re.compile(r"(?i)utf-?8|unicode|encoding|invalid.*byte|new ?line")
_SHAPES = {
    "MISSING COLUMNS": "The line has too few fields.",
    "TOO MANY COLUMNS": "The line has too many fields.",
    "UNQUOTED VALUE": "A quotation mark stands where none may, or is not closed.",
    "LINE SIZE OVER MAXIMUM": "The line is too long.",
    "INVALID UNICODE": "The line is not in the encoding of the file.",
    "INVALID ENCODING": "The line is not in the encoding of the file.",
    "INVALID STATE": "The line cannot be read: a quotation mark stands where none may.",
}


_STRAY = {_SHAPES[kind] for kind in ("UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM", "INVALID STATE")}


def _reason(text: str, type_name: str) -> str:
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    head = type_name.partition("(")[0]
    what = {
        "BIGINT": "a whole number", "HUGEINT": "a whole number", "DOUBLE": "a number",
        "DECIMAL": f"a number of {type_name}",
        "DATE": "a date of the form of this column", "BOOLEAN": "yes or no", "TIME": "a time of day",
        "TIMESTAMP": "a date with a time of the form of this column",
    }.get(head, f"of type {type_name}")  # fmt: skip
    return f"“{shown}” is not {what}."


def _refusal(rejects: Sequence[Reject]) -> str:
    first = rejects[0]
    where = f"line {first.line:,}" if first.line else "a line"
    column = f", column “{first.column}”" if first.column else ""
    others = f" {len(rejects) - 1:,} more do not fit either." if len(rejects) > 1 else ""
    return f"The file was refused: {where}{column}: {first.reason}{others}"


def _sentence(error: duckdb.Error) -> IngestError:
    """What to say of a file that DuckDB stopped reading. Raises the error again where memory ran out."""
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in text:
        raise error
    if re.search(r"(?i)maximum line size|line size", text):
        return IngestError(
            f"A line of the file is longer than {_LONGEST_LINE >> 20} MB, so it cannot be a row of a table."
        )
    if re.search(r"(?i)unterminated quote", text.partition("Possible")[0]):
        return IngestError("A quotation mark in the file is never closed. Choose no quotation mark to read it as text.")
    return IngestError("The file cannot be read as a table with this delimiter and these quotation marks.")


__all__ = ["PREVIEW_ROWS", "Plan", "TextReader", "kept_columns", "planned", "reading"]
