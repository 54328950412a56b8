"""Looks at uploads and loads them into the workspace as tables, each in a job of its own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

from nl2sql.engine.base import Cancel
from nl2sql.ingest.base import Loaded, Progress, ReadOptions, Understanding
from nl2sql.loading.jobs import LoadJob, Target
from nl2sql.loading.uploads import Upload, Uploads
from nl2sql.schema import Schema
from nl2sql.workspace import Workspace

_REMEMBERED = 50


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


class Loader:
    """Understands uploads and makes tables of them. One per workbench; safe to use from many threads."""

    def __init__(
        self,
        workspace: Workspace,
        uploads: Uploads,
        *,
        memory: int = 2 << 30,
        endangered: Callable[[Schema], tuple[str, ...]] | None = None,
        reader: Reader | None = None,
    ) -> None:
        """`memory` (bytes) bounds the process that reads. `endangered` names the questions of verified examples whose
        SQL does not pass over a schema."""
        self.workspace = workspace
        self.uploads = uploads
        self._memory = memory
        self._endangered = endangered
        self._reader = reader
        self._lock = threading.Lock()
        self._understood: OrderedDict[object, Understanding] = OrderedDict()
        self._jobs: OrderedDict[str, LoadJob] = OrderedDict()

    def understand(self, upload: Upload, options: ReadOptions | None = None) -> Understanding:
        """What the file is and how it would be read with `options` (default: those kept with the upload).

        Asked again for the same file and options it answers at once. Raises IngestError.
        """
        raise NotImplementedError

    def start(self, upload: Upload, options: ReadOptions | None, target: Target) -> LoadJob:
        """Begin to load the whole file. A load of the same upload that still runs is given back instead."""
        raise NotImplementedError

    def job(self, id: str) -> LoadJob | None:
        """A load begun in this process, by its id."""
        return self._jobs.get(id)

    def job_of(self, upload_id: str) -> LoadJob | None:
        """The latest load of an upload in this process, running or done."""
        with self._lock:
            return next((job for job in reversed(self._jobs.values()) if job.upload_id == upload_id), None)

    def forget(self, id: str) -> None:
        """Let go of a load that is done, once its outcome has been read."""
        with self._lock:
            job = self._jobs.get(id)
            if job is not None and not job.running:
                del self._jobs[id]
