"""The command `load`: files into tables of the workspace, one line out for each table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nl2sql.errors import WorkbenchError
from nl2sql.ingest.base import Finding, Loaded, ReadOptions
from nl2sql.loading import Append, Cancelled, Failed, Kept, Loader, LoadJob, New, Outcome, Replace, Target, Upload
from nl2sql.rendering import Json

_TICK = 0.2
_REJECTS_SHOWN = 3
Report = Callable[["Line"], None]
"""Called with each table's line as soon as it is known."""


@dataclass(frozen=True)
class Line:
    """What became of one file, or of one sheet of a workbook."""

    file: str
    status: str
    """ok, failed or cancelled."""
    sheet: str | None = None
    table: str | None = None
    rows: int = 0
    rejected: int = 0
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str | None = None

    def fields(self) -> dict[str, Json]:
        """As JSON."""
        return {
            "file": self.file, "status": self.status, "table": self.table, "rows": self.rows,
            "rejected": self.rejected, "warnings": list(self.warnings), "seconds": round(self.seconds, 3),
            "error": self.error, "sheet": self.sheet,
        }  # fmt: skip

    def text(self) -> str:
        """In words."""
        of = f"{self.file}, sheet {self.sheet}" if self.sheet else self.file
        if self.status != "ok":
            return f"{of}: {self.error or self.status}"
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        left = f", {self.rejected:,} left out" if self.rejected else ""
        return f"{of}: {rows} in table {self.table}{left} ({self.seconds:.1f} s)"


def add_options(command: argparse.ArgumentParser) -> None:
    """The arguments of `load`."""
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV, TSV, JSON, Parquet, Excel, ...")
    command.add_argument("--table", metavar="NAME", help="name of the table (default: made from the file's name)")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--replace", action="store_true", help="take the place of the table's rows, if it is there")
    how.add_argument("--append", action="store_true", help="add rows to the table, if it is there")
    command.add_argument(
        "--misfits", choices=("text", "drop", "stop"), default="text",
        help="values that do not fit their column: keep the column as text (default), leave the rows out, or stop",
    )  # fmt: skip
    command.add_argument("--sheet", metavar="S", help="only this sheet of a workbook (default: all of them)")
    command.add_argument(
        "--private", action="append", default=[], metavar="COLUMN",
        help="a column, called as in the file or by its SQL name, whose values stay out of prompts and of the lists"
        " of values from the start; may be said several times",
    )  # fmt: skip
    command.add_argument("--encoding", metavar="E", help="encoding of the text (default: found in the file)")
    command.add_argument("--delimiter", metavar="D", help=r"what stands between two fields; \t is a tab")


def load_files(loader: Loader, options: argparse.Namespace, report: Report) -> bool:
    """Load the files that `options` name, one after the other; whether all of them became tables."""
    fine = True
    for path in options.files:
        for line in _loaded(loader, path, options):
            report(line)
            fine = fine and line.status == "ok"
    return fine


def _loaded(loader: Loader, path: Path, options: argparse.Namespace) -> Iterator[Line]:
    delimiter = {"\\t": "\t", "tab": "\t"}.get(options.delimiter, options.delimiter)
    read = ReadOptions(
        sheet=options.sheet, encoding=options.encoding, delimiter=delimiter or None, misfits=options.misfits,
        private=tuple(options.private),
    )  # fmt: skip
    try:
        upload = loader.uploads.local(path)
        sheets = (options.sheet,) if options.sheet else loader.understand(upload, read).sheets or (None,)
        if len(sheets) > 1 and options.table:
            raise WorkbenchError(f"{upload.name} has {len(sheets)} sheets: --table needs --sheet, too.")
        loader.check_private(upload, [replace(read, sheet=sheet) for sheet in sheets])
    except WorkbenchError as error:
        yield Line(str(path), "failed", error=error.sentence)
        return
    for sheet in sheets:
        line = Line(str(path), "failed", sheet=sheet if len(sheets) > 1 or options.sheet else None)
        try:
            yield _one(loader, upload, replace(read, sheet=sheet), options, line)
        except WorkbenchError as error:
            yield replace(line, error=error.sentence)


def _one(loader: Loader, upload: Upload, read: ReadOptions, options: argparse.Namespace, line: Line) -> Line:
    name = options.table or loader.understand(upload, read, free=False).table
    job = loader.start(upload, read, _target(loader, name, options))
    try:
        outcome = _watched(job, line.file)
    except KeyboardInterrupt:
        job.cancel()
        job.wait(10)
        raise
    return _line(outcome, replace(line, seconds=job.running_for))


def _target(loader: Loader, name: str, options: argparse.Namespace) -> Target:
    if loader.free_name(name) == name:
        return New(name)
    if options.replace:
        return Replace(name)
    if options.append:
        return Append(name)
    raise WorkbenchError(f"There is a table {name} already: --replace it, --append to it, or give a --table name.")


def _watched(job: LoadJob, file: str) -> Outcome:
    """The outcome; until then how far it is, where somebody looks."""
    shown = sys.stderr is not None and sys.stderr.isatty()
    while (outcome := job.wait(_TICK)) is None:
        if shown:
            rows = f"  {job.rows:,} rows" if job.rows else ""
            print(f"\r\x1b[K{Path(file).name[:50]!r}  {job.share:4.0%}{rows}", end="", file=sys.stderr, flush=True)
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return outcome


def _line(outcome: Outcome, line: Line) -> Line:
    if isinstance(outcome, Kept):
        loaded = outcome.loaded
        return replace(
            line, status="ok", table=outcome.table, rows=loaded.rows, rejected=loaded.rejected,
            warnings=(*_warnings(loaded), *_changes(outcome)),
        )  # fmt: skip
    if isinstance(outcome, Cancelled):
        return replace(line, status="cancelled", error="Stopped.")
    if isinstance(outcome, Failed):
        return replace(line, error=outcome.sentence)
    return replace(line, rejected=outcome.loaded.rejected, error="Some values do not fit their column.")


def _warnings(loaded: Loaded) -> tuple[str, ...]:
    said = [one.sentence for one in loaded.findings if isinstance(one, Finding) and one.severity == "warning"]
    private = [one for one in loaded.columns if one.private]
    for reject in loaded.rejects[:_REJECTS_SHOWN] if loaded.rejected else ():
        line = f"line {reject.line:,}, " if reject.line is not None else ""
        secret = any(one.is_called(reject.column) for one in private)
        said.append(f"Left out: {line}column {reject.column}{'.' if secret else f': {reject.reason}'}")
    return tuple(dict.fromkeys(said))


def _changes(kept: Kept) -> Iterator[str]:
    if kept.diff is not None:
        yield from kept.diff.sentences()
    if kept.unanswerable:
        yield f"Confirmed SQL that does not fit the table any more: {'; '.join(kept.unanswerable[:10])}."
