"""Looks at uploads and loads them into the workspace as tables, each in a job of its own."""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from nl2sql import ingest
from nl2sql.engine.base import Cancel
from nl2sql.errors import QueryCancelledError
from nl2sql.ingest.base import (
    IngestError,
    Loaded,
    Progress,
    ReadOptions,
    SourceColumn,
    Understanding,
    unmatched,
)
from nl2sql.loading.jobs import Append, Kept, LoadJob, Misfit, New, Outcome, Replace, Target
from nl2sql.loading.uploads import Upload, Uploads
from nl2sql.loading.verified import write_empty
from nl2sql.schema import Column, Schema, Table, fold
from nl2sql.workspace import NewTable, SchemaDiff, Workspace
from nl2sql.workspace.notes import free_name

_REMEMBERED = 100


class Reader(Protocol):
    """What reads files: `nl2sql.ingest`, or a script in tests."""

    def inspect(
        self,
        path: Path,
        options: ReadOptions = ...,
        *,
        file_name: str | None = None,
        taken: Collection[str] = (),
        cancel: Cancel | None = None,
        memory: int = ...,
        scratch: Path | None = None,
    ) -> Understanding:
        """What the file is, by looking at some of it."""
        ...

    def load(
        self,
        path: Path,
        options: ReadOptions,
        staged: Path,
        *,
        file_name: str | None = None,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
        memory: int = ...,
    ) -> Loaded:
        """All of the file as a table file at `staged`."""
        ...


@dataclass(frozen=True)
class Comparison:
    """What replacing a table would change. `unanswerable` are the questions of verified examples that it breaks."""

    diff: SchemaDiff
    unanswerable: tuple[str, ...] = ()


Endangered = Callable[[Schema], tuple[str, ...]]
"""Given the schema after a change, the questions of verified examples whose SQL does not fit it any more."""


class Loader:
    """Understands uploads and makes tables of them. One per workbench; safe to use from many threads."""

    def __init__(
        self,
        workspace: Workspace,
        uploads: Uploads,
        *,
        memory: int = 2 << 30,
        endangered: Endangered | None = None,
        reader: Reader | None = None,
    ) -> None:
        """`memory` (bytes) bounds the process that reads a file."""
        self.workspace = workspace
        self.uploads = uploads
        self._memory = memory
        self._endangered = endangered or (lambda schema: ())
        self._reader = reader or cast(Reader, ingest)
        self._lock = threading.Lock()
        self._understood: OrderedDict[object, Understanding] = OrderedDict()
        self._looking: dict[str, threading.Lock] = {}
        self._jobs: OrderedDict[str, LoadJob] = OrderedDict()

    def understand(self, upload: Upload, options: ReadOptions | None = None, free: bool = True) -> Understanding:
        """What the file is and how it would be read with `options` (default: those kept with the upload).

        Asked again for the same file and options it answers at once. With `free` the proposed name is one that no
        table has. Raises IngestError, WorkspaceError.
        """
        options = options or upload.options
        key = (upload.id, upload.stamp, options)
        with self._lock:
            looking = self._looking.setdefault(upload.id, threading.Lock())
        with looking:
            found = self._understood.get(key)
            if found is None:
                with self.workspace.staging() as folder:
                    found = self._reader.inspect(
                        upload.path, options, file_name=upload.name, memory=self._memory, scratch=folder
                    )
                with self._lock:
                    self._understood[key] = found
                    while len(self._understood) > _REMEMBERED:
                        self._understood.popitem(last=False)
        return replace(found, table=self.free_name(found.table)) if free and not options.table else found

    def free_name(self, name: str) -> str:
        """`name`, numbered where the workspace has a table of that name. Raises WorkspaceError."""
        snapshot = self.workspace.snapshot()
        offered = () if snapshot.source == "sample" else self.workspace.tables()
        taken = [info.name for info in offered]
        return free_name(name, taken) if fold(name) in map(fold, taken) else name

    def compare(self, upload: Upload, options: ReadOptions | None, target: Replace | Append) -> Comparison:
        """What would change if the file took the place of a table, or were added to it, as far as can be said before
        all of it is read. Raises WorkspaceError, IngestError."""
        understood = self.understand(upload, options)
        with self.workspace.staging() as folder:
            new = _new_table(
                target.name, understood.columns, options or upload.options, upload, folder / "empty.duckdb"
            )
            write_empty(new.staged, Schema((Table("new", new.columns),)))
            if isinstance(target, Append):
                return Comparison(self.workspace.compare(target.name, new, "append"))
            diff = self.workspace.compare(target.name, new)
        diff = replace(diff, rows_after=understood.row_estimate)
        return Comparison(diff, self._endangered(_changed(self.workspace.snapshot().schema, diff)))

    def start(self, upload: Upload, options: ReadOptions | None, target: Target) -> LoadJob:
        """Begin to load the whole file. A load of the same upload that still runs is given back instead."""
        return self._start(upload, [(options or upload.options, target)])[0]

    def start_sheets(self, upload: Upload, reads: Sequence[ReadOptions]) -> tuple[LoadJob, ...]:
        """Begin to load several sheets of a workbook, one after the other, each as a new table with an outcome of its
        own. Loads of the same upload that still run are given back instead. Raises IngestError, WorkspaceError."""
        self.check_private(upload, reads)
        return self._start(upload, [(read, New(self.free_name(read.table) if read.table else "")) for read in reads])

    def _start(self, upload: Upload, wanted: Sequence[tuple[ReadOptions, Target]]) -> tuple[LoadJob, ...]:
        with self._lock:
            running = tuple(job for job in self._jobs.values() if job.upload_id == upload.id and job.running)
            if running:
                return running
            jobs = tuple(LoadJob(secrets.token_hex(8), upload.id, target, options) for options, target in wanted)
            sheets = {job.options.sheet for job in jobs}
            for old in [
                one for one in self._jobs.values() if one.upload_id == upload.id and one.options.sheet in sheets
            ]:
                if not isinstance(old.outcome, Kept):
                    del self._jobs[old.id]
            self._jobs |= {job.id: job for job in jobs}
            for id in [id for id, one in self._jobs.items() if not one.running][: len(self._jobs) - _REMEMBERED]:
                del self._jobs[id]

        def work() -> None:
            for job in jobs:
                job.run(partial(self._load, job, upload))

        threading.Thread(target=work, name=f"load-{jobs[0].id}", daemon=True).start()
        return jobs

    def check_private(self, upload: Upload, reads: Sequence[ReadOptions]) -> None:
        """Raises IngestError where in none of the sheets to read a column is called what is to be private."""
        missing = reads[0].private
        for read in reads if missing else ():
            missing = unmatched(missing, self.understand(upload, read, free=False).columns)
        if missing:
            raise IngestError(f"{upload.name} has no column called {missing[0]}, which was to be private.")

    def job(self, id: str) -> LoadJob | None:
        """A load begun in this process, by its id."""
        return self._jobs.get(id)

    def job_of(self, upload_id: str) -> LoadJob | None:
        """The latest load of an upload in this process, running or done."""
        with self._lock:
            return next((job for job in reversed(self._jobs.values()) if job.upload_id == upload_id), None)

    def jobs_of(self, upload_id: str) -> tuple[LoadJob, ...]:
        """The loads of an upload that are remembered, the oldest first: of one sheet the latest, and those kept."""
        return tuple(job for job in self.jobs() if job.upload_id == upload_id)

    def jobs(self) -> tuple[LoadJob, ...]:
        """The loads of this process that are remembered, the oldest first."""
        with self._lock:
            return tuple(self._jobs.values())

    def forget(self, id: str) -> None:
        """Let go of a load that is done, once its outcome has been read."""
        with self._lock:
            job = self._jobs.get(id)
            if job is not None and not job.running:
                del self._jobs[id]

    def close(self) -> None:
        """Stop the loads that still run."""
        for job in self.jobs():
            job.cancel()

    def _load(self, job: LoadJob, upload: Upload) -> Outcome:
        name = job.target.name or self.understand(upload, job.options).table
        options = replace(job.options, table=name)
        with self.workspace.staging() as folder:
            loaded = self._reader.load(
                upload.path, options, folder / "table.duckdb", file_name=upload.name, progress=job.report,
                cancel=job.cancel_signal, memory=self._memory,
            )  # fmt: skip
            if loaded.staged is None:
                return Misfit(loaded)
            if job.cancel_signal.is_set():
                raise QueryCancelledError("Stopped.")
            new = _new_table(name, loaded.columns, options, upload, loaded.staged, loaded)
            kept = self._keep(job, new, loaded)
        if self.uploads.get(upload.id) is not None:
            self.uploads.mark_kept(upload.id, kept.table)
        return kept

    def _keep(self, job: LoadJob, new: NewTable, loaded: Loaded) -> Kept:
        name = job.target.name
        if isinstance(job.target, New):
            return Kept(self.workspace.add(new), loaded)
        if isinstance(job.target, Append):
            diff = self.workspace.append(name, new, cancel=job.cancel_signal)
            return Kept(diff.table, loaded, diff)
        before = self.workspace.snapshot().schema
        broken = self._endangered(_changed(before, self.workspace.compare(name, new)))
        diff = self.workspace.replace(name, new)
        return Kept(diff.table, loaded, diff, broken)


def _new_table(
    name: str,
    columns: tuple[SourceColumn, ...],
    options: ReadOptions,
    upload: Upload,
    staged: Path,
    loaded: Loaded | None = None,
) -> NewTable:
    chosen = dict(options.names)
    findings = tuple(dict.fromkeys(one.sentence for one in loaded.findings)) if loaded else ()
    return NewTable(
        name=name,
        staged=staged,
        columns=tuple(_column(column, column.position in chosen) for column in columns if column.kept),
        source_file=upload.name,
        rejected=loaded.rejected if loaded else 0,
        findings=findings,
    )


def _column(column: SourceColumn, chosen: bool) -> Column:
    """The column as the workspace keeps it: what the file calls it is how a person knows it, unless they chose."""
    header = " ".join(column.header.split())
    said = re.sub(r"[\s_]+", "_", header).casefold() != column.name.casefold() and bool(header)
    return Column(
        column.name,
        column.type,
        display_name=header if said and not chosen else None,
        synonyms=(header,) if said and chosen else (),
        examples=() if column.private else column.examples,
        private=column.private,
    )


def _changed(schema: Schema, diff: SchemaDiff) -> Schema:
    """`schema` after the change that `diff` says."""
    gone = {column.name for column in diff.removed}
    types = {one.name: one.after for one in diff.retyped}
    tables = []
    for table in schema.tables:
        if table.name == diff.table:
            kept = [replace(one, type=types.get(one.name, one.type)) for one in table.columns if one.name not in gone]
            table = replace(table, columns=(*kept, *diff.added))
        tables.append(table)
    return Schema(tuple(tables), schema.foreign_keys, schema.version)
