"""One text file on its way into its table: read, widened, mended, and settled as a person chose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from threading import Event, Thread

import duckdb

from nl2sql.ingest import conversion, encoding, names, ragged, records, values
from nl2sql.ingest.base import REJECTS_KEPT, Finding, IngestError, Loaded, Progress, Reject, SourceColumn
from nl2sql.ingest.conversion import MISFIT
from nl2sql.ingest.forms import PLAIN, Form
from nl2sql.ingest.plan import Plan, header_again, reading
from nl2sql.ingest.reading import Source
from nl2sql.ingest.text_sentences import NOT_UTF8, SHAPES, STRAY, reason_of, refusal, said_of_stray, stopped
from nl2sql.schema import quote

SHOWN = 2_000
"""Characters of a value, or of a line, that are shown."""
_PASSES = 4


def rewritten(source: Source, codec: str, report: Progress) -> tuple[str, tuple[Finding, ...]]:
    """The file as clean UTF-8 in the scratch folder, and what was odd about it."""
    target = source.scratch / "text.csv"
    said = encoding.rewrite(source.path, codec, target, lambda share: report(share * 0.3, 0))
    return str(target), said


class Loading:
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
            raise IngestError(refusal(rejects, self._bad_rows() + self._shape_count))
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
            forms += [PLAIN] * (self.width - len(forms))
        for place in as_text:
            forms[place] = replace(PLAIN, words=())
            self.said.append(self._kept_as_text(place))
        self._read(forms)
        left = self._misfits(forms)
        for place in left:
            forms[place] = PLAIN
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
                stray = any(one.reason in STRAY for one in rejects) and self._repair()
                return self._read(forms) if stray else rejects
            reason = "invalid UTF-8"
        except duckdb.Error as error:
            if "quote" in str(error).partition("Possible")[0].casefold() and self._repair():
                return self._read(forms)
            if self.path != str(self.source.path) or not NOT_UTF8.search(str(error)):
                raise stopped(error) from error
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
        self.said.append(Finding(said_of_stray(stray), "warning"))
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
        self.path, odd = rewritten(self.source, codec, self.report)
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
                "SELECT line, any_value(CAST(error_type AS VARCHAR)), any_value(csv_line) FROM temp.reject_errors"
                f" GROUP BY line ORDER BY line LIMIT {REJECTS_KEPT}"
            ).fetchall()
            count = self.connection.execute("SELECT count(DISTINCT line) FROM temp.reject_errors").fetchone()
        except duckdb.CatalogException:
            rows, count = [], None
        self._shape_count = int(count[0]) if count else 0
        return [
            Reject(int(line), "", SHAPES.get(kind, "The line cannot be read."), (text or "")[:SHOWN])
            for line, kind, text in rows
        ]

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
            Reject(lines.get(row), self._label(place), reason_of(text, forms[place].type), text[:SHOWN])
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
