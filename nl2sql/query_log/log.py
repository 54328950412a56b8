"""The query log itself: a journal that this process writes, folded with all others' into one file before each read."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import filelock
import pyarrow as pa

from nl2sql.errors import QueryLogError
from nl2sql.query_log import store
from nl2sql.query_log.clock import event_clock
from nl2sql.query_log.events import Deleted, Event, NewerLineError, Rated, Recorded, decode, encode
from nl2sql.query_log.journal import Journal, has_journals, make_folder, seal_all, set_aside, torn_files
from nl2sql.query_log.merge import merge
from nl2sql.query_log.records import Feedback, LogFilter, LogPage, LogStatistics, Record, Verdict

_BATCH_BYTES = 16 * 2**20
_BUSY = "The query log is busy: another process is writing to it. Try again in a moment."


class QueryLog:
    """The query log of one folder; safe among threads and processes, and against a kill at any moment.

    What a call has returned from is kept. Every method raises QueryLogError with a sentence fit to be shown.
    """

    def __init__(self, folder: Path, patience: float = 10.0) -> None:
        """`patience`: seconds to wait for other processes. Nothing is written before the first call."""
        self._folder = folder
        self._journals = folder / "journals"
        self._file = folder / "query_log.duckdb"
        self._patience = patience
        self._journal = Journal(self._journals)

    def record(self, record: Record) -> None:
        """Keep a record; one with the same id is replaced as a whole, one deleted stays deleted."""
        self._append(Recorded(event_clock.next(), record))

    def rate(
        self, id: str, verdict: Verdict | None, corrected_sql: str | None = None, comment: str | None = None
    ) -> None:
        """Keep a person's judgement of a record in place of the former one; verdict None takes it back."""
        if verdict not in ("up", "down", None):
            raise QueryLogError("A verdict is up, down or none.")
        if self.get(id) is None:
            raise QueryLogError("The query log holds no such record.")
        given_at = dt.datetime.now(dt.UTC)
        self._append(Rated(event_clock.next(), id, Feedback(verdict, corrected_sql, comment, given_at)))

    def delete(self, id: str) -> None:
        """Delete a record for good; an id that is not there is no error."""
        self._append(Deleted(event_clock.next(), id))

    def get(self, id: str) -> Record | None:
        """The record of that id, None when there is none."""
        with self._reading() as con:
            return store.find(con, id)

    def list(self, filter: LogFilter | None = None, limit: int = 50, offset: int = 0) -> LogPage:
        """Up to `limit` records that the filter finds, the newest question first, after leaving out `offset`."""
        with self._reading() as con:
            records, total = store.page(con, filter or LogFilter(), limit, offset)
            return LogPage(records, total, self._problems())

    def to_rows(self, filter: LogFilter | None = None, limit: int = 10_000) -> pa.Table:
        """As `list`, as an Arrow table with a column per field: texts as people typed them, times in UTC."""
        with self._reading() as con:
            return store.table(con, filter or LogFilter(), limit)

    def statistics(self) -> LogStatistics:
        """How many records there are, by status and by verdict."""
        with self._reading() as con:
            return store.statistics(con, self._problems())

    def fold(self) -> None:
        """Bring all journals into the log's file. Reading does so by itself; again is the same as once."""
        with self._reading():
            pass

    def _append(self, event: Event) -> None:
        if self._journal.append(encode(event)):
            with contextlib.suppress(QueryLogError):  # the event is kept already, and the next reader folds
                self.fold()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The log's file with everything folded in, under the lock; nothing stays open after the block."""
        try:
            make_folder(self._folder)
            with filelock.FileLock(self._folder / "query_log.lock", timeout=self._patience, poll_interval=0.005):
                writing = has_journals(self._journals)
                with store.opened(self._file, writing) as con:
                    if writing:
                        self._fold_into(con)
                    event_clock.observe(store.newest_stamp(con))
                    yield con
        except (filelock.Timeout, TimeoutError) as error:
            raise QueryLogError(_BUSY) from error
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise QueryLogError(f"The query log cannot be read or written: {reason}.") from error

    def _fold_into(self, con: duckdb.DuckDBPyConnection) -> None:
        for sealed in _grouped(seal_all(self._journals, self._patience)):
            events: list[Event] = []
            for path in sealed:
                found, damaged = _read(path)
                events += found
                if damaged:
                    set_aside(path, damaged)
            if events:
                store.apply(con, merge(events))
            for path in sealed:
                path.unlink()

    def _problems(self) -> tuple[str, ...]:
        torn = torn_files(self._journals)
        if not torn:
            return ()
        return (
            "Writing was cut off, or a journal was damaged: what could not be read was set aside in "
            f"{torn} {'file' if torn == 1 else 'files'} ending in .torn in the log's folder.",
        )


def _grouped(paths: Iterable[Path]) -> Iterator[tuple[Path, ...]]:
    """The paths in groups of about `_BATCH_BYTES`, so that folding needs little memory however much there is."""
    group: tuple[Path, ...] = ()
    size = 0
    for path in paths:
        group, size = (*group, path), size + path.stat().st_size
        if size > _BATCH_BYTES:
            yield group
            group, size = (), 0
    if group:
        yield group


def _read(path: Path) -> tuple[tuple[Event, ...], bytes]:
    """The events of a sealed journal, and the bytes that are none: a last line without its end, damaged lines."""
    *lines, rest = path.read_bytes().split(b"\n")
    events: list[Event] = []
    damaged: list[bytes] = []
    for line in lines:
        try:
            events.append(decode(line))
        except NewerLineError as error:
            raise QueryLogError(
                "The query log is being written by a newer version of the workbench. Use that version, or another "
                "folder."
            ) from error
        except ValueError:
            damaged.append(line)
    return tuple(events), b"\n".join([*damaged, rest])
