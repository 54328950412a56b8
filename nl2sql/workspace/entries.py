"""Catalog entries made of table files: what a staged or published file holds, and where it came from."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import secrets
from dataclasses import replace
from pathlib import Path

import duckdb

from nl2sql.errors import WorkspaceError
from nl2sql.schema import Table
from nl2sql.workspace import diff, notes
from nl2sql.workspace.contents import CatalogTable
from nl2sql.workspace.diff import NewTable, SchemaDiff
from nl2sql.workspace.introspect import introspect
from nl2sql.workspace.store import TableFile

_STEM_LENGTH = 40


def stem(name: str) -> str:
    """What the files of a new table are called: never the same twice, so that a path always means the same rows."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_STEM_LENGTH] or "table"
    return f"{plain}_{secrets.token_hex(4)}"


def stem_of(entry: CatalogTable) -> str:
    """What the files of a table that is there are called, whatever it is called by now."""
    return entry.file.rpartition(".v")[0] or stem(entry.name)


def read_staged(new: NewTable) -> Table:
    """What the staged file holds. Raises WorkspaceError when it cannot be read."""
    try:
        schema = introspect(new.staged).schema
    except (duckdb.Error, OSError) as error:
        raise WorkspaceError("The new table file cannot be read.") from error
    return diff.staged_table(new, schema)


def entry_of(table: Table, file: TableFile, new: NewTable) -> CatalogTable:
    """The entry of the published `file`, whose rows people see as `table`."""
    found = next(one for one in file.schema.tables if one.namespace == "main")
    return CatalogTable(
        table,
        file.name,
        found.name,
        "upload",
        tuple(column.name for column in found.columns),
        notes.clean_text(new.source_file, notes.LABEL_LENGTH) or "",
        dt.datetime.now(dt.UTC),
        file.bytes,
        new.rejected,
        tuple(filter(None, map(notes.clean_text, new.findings))),
    )


def combined_entry(old: CatalogTable, new: Table, file: TableFile, loaded: NewTable) -> tuple[CatalogTable, SchemaDiff]:
    """The entry of the published `file` with the rows of `old` and of `new`, and what changed."""
    both = diff.staged_table(NewTable(old.name, loaded.staged), file.schema)
    table, changed = diff.combined(old, new, both)
    entry = entry_of(table, file, loaded)
    names = ", ".join(dict.fromkeys(filter(None, (old.source_file, entry.source_file))))
    if len(names) > notes.LABEL_LENGTH:
        names = f"{entry.source_file[:100]} and earlier files"
    findings = tuple(dict.fromkeys((*old.findings, *entry.findings)))
    return replace(entry, source_file=names, rejected=old.rejected + entry.rejected, findings=findings), changed


def read_examples(path: Path, entry: CatalogTable, column: str) -> tuple[str, ...]:
    """Example values of a column, read from its table file; none when that cannot be read."""
    wanted = notes.column_of(entry.table, column)
    source = entry.source_columns[entry.table.columns.index(wanted)]
    with contextlib.suppress(duckdb.Error, OSError):
        for table in introspect(path).schema.tables:
            if table.namespace == "main" and table.name == entry.source_table:
                return next((one.examples for one in table.columns if one.name == source), ())
    return ()
