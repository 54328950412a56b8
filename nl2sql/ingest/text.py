"""Reads text with delimiters (CSV, TSV, ...) as a table: understood from parts of the file, then proven on all of it.

DuckDB reads every field as text and one projection makes values of them, with a hidden column for the rows in which
something is no value of its column: nothing is rounded or dropped without being seen.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from nl2sql.ingest import conversion, encoding, survey
from nl2sql.ingest.base import Finding, Loaded, Progress, Understanding
from nl2sql.ingest.plan import Plan, header_again, planned, reading
from nl2sql.ingest.reading import Source
from nl2sql.ingest.text_loading import SHOWN, Loading, rewritten

PREVIEW_ROWS = 100
_MANY_COLUMNS = 300


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
            path, odd = rewritten(source, codec, report)
            said += odd
        loading = Loading(source, connection, report, plan, path, said)
        return loading.run()


def _prepare(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Have the engine leave out a step whose time grows with the square of the columns."""
    if plan.dialect.width > _MANY_COLUMNS:
        connection.execute("SET disabled_optimizers='common_subexpressions'")


def _preview(connection: duckdb.DuckDBPyConnection, plan: Plan, path: str) -> tuple[tuple[str | None, ...], ...]:
    kept = [(column.position, column.name) for column in plan.kept]
    again = header_again(plan, "c{}")
    where = f" WHERE NOT coalesce({again}, false)" if again else ""
    connection.execute(
        f"CREATE TEMP TABLE preview AS SELECT * FROM {reading(plan, path, False)}{where} LIMIT {PREVIEW_ROWS}"
    )
    found = [connection.execute(one).fetchall() for one in conversion.preview(kept, plan.forms, "preview", SHOWN)]
    return tuple(sum(parts, ()) for parts in zip(*found, strict=True))
