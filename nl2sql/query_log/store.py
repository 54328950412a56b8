"""The query log's DuckDB file: opened for one call at a time, changed by batches, read by filters."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from nl2sql.errors import QueryLogError
from nl2sql.lockdown import SHUT
from nl2sql.query_log.events import Rated, Recorded, repair, utc
from nl2sql.query_log.journal import make_folder, sync_folder
from nl2sql.query_log.merge import Batch
from nl2sql.query_log.migrations import check_version, migrate, schema_version
from nl2sql.query_log.records import Feedback, LogFilter, LoggedCandidate, LogStatistics, Record

_CANDIDATE = pa.struct([("sql", pa.string()), ("score", pa.float64()), ("tree", pa.string())])
_TIMING = pa.struct([("step", pa.string()), ("seconds", pa.float64())])
_RECORD_COLUMNS = pa.schema(
    [(name, pa.string()) for name in ("id", "question", "status", "sql", "origin", "schema_version", "parser")]
    + [(name, pa.string()) for name in ("parser_revision", "parser_quantization", "prompt_hash", "tree", "guard")]
    + [("asked_at", pa.timestamp("us")), ("as_of", pa.date32()), ("scope", pa.list_(pa.string()))]
    + [("candidates", pa.list_(_CANDIDATE)), ("timings", pa.list_(_TIMING)), ("row_count", pa.int64())]
    + [("truncated", pa.bool_()), ("confidence", pa.float64()), ("error", pa.string()), ("follows", pa.string())]
    + [(name, pa.int64()) for name in ("tokens_read", "tokens_known", "tokens_written")]
)
_FEEDBACK_COLUMNS = pa.schema(
    [(name, pa.string()) for name in ("verdict", "corrected_sql", "comment")] + [("given_at", pa.timestamp("us"))]
)
_VISIBLE = (*_RECORD_COLUMNS.names, *_FEEDBACK_COLUMNS.names)
_INCOMING = pa.schema(
    [*_RECORD_COLUMNS, *_FEEDBACK_COLUMNS, ("stamp", pa.int64()), ("rated", pa.int64()), ("search", pa.string())]
)
_RATINGS = pa.schema([("id", pa.string()), *_FEEDBACK_COLUMNS, ("stamp", pa.int64())])
_NEWEST_FIRST = "asked_at DESC, stamp DESC, place DESC"
_SEPARATOR = "\x1f"
_FREQUENT = 20_000
"""Rows; a text found in as many is searched for in another way than a rarer one."""


@contextlib.contextmanager
def opened(path: Path, writing: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the file, made or migrated when need be, for as long as the block lasts.

    Only under the log's lock. Raises QueryLogError for whatever DuckDB raises in the block.
    """
    try:
        if not path.exists():
            _create(path)
        if not writing and not _wal(path).exists():
            with contextlib.closing(duckdb.connect(str(path), read_only=True, config=SHUT)) as con:
                if check_version(schema_version(con)):
                    yield con
                    return
        with contextlib.closing(duckdb.connect(str(path), config=SHUT)) as con:
            migrate(con)
            yield con
    except duckdb.Error as error:
        raise QueryLogError(_sentence(error)) from error


def apply(con: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Change the file as the batch says, wholly or not at all; again is the same as once. Raises duckdb.Error."""
    con.execute("BEGIN")
    try:
        ids = pa.table({"id": pa.array([*batch.records, *batch.ratings, *batch.deletions], pa.string())})
        with _registered(con, "touched", ids):
            stamps = dict(con.execute("SELECT id, stamp FROM records SEMI JOIN touched USING (id)").fetchall())
            gone = {id for (id,) in con.execute("SELECT id FROM deleted SEMI JOIN touched USING (id)").fetchall()}
        wanted = [event for id, event in batch.records.items() if id not in gone]
        fresh = [event for event in wanted if stamps.get(event.record.id, -1) < event.stamp]
        replaced = [event.record.id for event in fresh if event.record.id in stamps]
        _delete(con, [*replaced, *(id for id in batch.deletions if id in stamps)])
        _insert(con, fresh)
        _rate(con, [event for id, event in batch.ratings.items() if id not in gone])
        tombs = [(event.id, event.stamp) for id, event in batch.deletions.items() if id not in gone]
        if tombs:
            con.executemany("INSERT INTO deleted VALUES (?, ?)", tombs)
        con.execute("UPDATE log_state SET newest_stamp = greatest(newest_stamp, ?)", [batch.newest_stamp])
        con.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            con.execute("ROLLBACK")
        raise


def newest_stamp(con: duckdb.DuckDBPyConnection) -> int:
    """The latest stamp that was folded. Raises duckdb.Error."""
    return int(_only_row(con.execute("SELECT newest_stamp FROM log_state"))[0])


def find(con: duckdb.DuckDBPyConnection, id: str) -> Record | None:
    """The record of that id. Raises duckdb.Error."""
    row = con.execute(f"SELECT {', '.join(_VISIBLE)} FROM records WHERE id = ?", [repair(id)]).fetchone()
    return None if row is None else _record(row)


def page(con: duckdb.DuckDBPyConnection, wanted: LogFilter, limit: int, offset: int) -> tuple[tuple[Record, ...], int]:
    """Records that the filter finds, the newest first, and how many it finds in all. Raises duckdb.Error."""
    places, total = _places(con, wanted, limit, offset)
    rows = con.execute(_SELECT_PLACES, [places]).fetchall() if places else []
    return tuple(_record(row) for row in rows), total


def table(con: duckdb.DuckDBPyConnection, wanted: LogFilter, limit: int) -> pa.Table:
    """As `page`, as an Arrow table with a column per field of a record and of its feedback. Raises duckdb.Error."""
    places, _ = _places(con, wanted, limit, 0)
    return con.sql(_SELECT_PLACES, params=[places]).to_arrow_table()


def statistics(con: duckdb.DuckDBPyConnection, problems: tuple[str, ...]) -> LogStatistics:
    """How many records there are by status and by verdict. Raises duckdb.Error."""

    def counted(what: str) -> tuple[tuple[str, int], ...]:
        found = con.execute(f"SELECT {what} AS name, count(*) FROM records GROUP BY 1 ORDER BY 2 DESC, 1").fetchall()
        return tuple((str(name), int(count)) for name, count in found)

    total = int(_only_row(con.execute("SELECT count(*) FROM records"))[0])
    return LogStatistics(total, counted("status"), counted("coalesce(verdict, 'none')"), problems)


_SELECT_PLACES = f"""
    SELECT {", ".join(_VISIBLE)} FROM (
        SELECT *, rowid AS place FROM records WHERE rowid IN (SELECT unnest(?::BIGINT[]))
    ) ORDER BY {_NEWEST_FIRST}
"""


def _places(con: duckdb.DuckDBPyConnection, wanted: LogFilter, limit: int, offset: int) -> tuple[list[int], int]:
    """Row ids of a page, and the number of rows in all; no more columns are read than the filter needs.

    A text is searched for in one scan when it is rare. When it is frequent the page is found without a full scan, so
    that only the counting takes one.
    """
    where, values = _conditions(wanted)
    limit, offset = max(limit, 0), max(offset, 0)
    if wanted.text:
        scan = f"SELECT asked_at, stamp, rowid AS place FROM records WHERE {where} LIMIT {_FREQUENT}"
        hits = con.execute(scan, values).fetchall()
        if len(hits) < _FREQUENT:
            hits.sort(reverse=True)
            return [place for _, _, place in hits[offset : offset + limit]], len(hits)
    total = int(_only_row(con.execute(f"SELECT count(*) FROM records WHERE {where}", values))[0])
    page = f"SELECT rowid AS place FROM records WHERE {where} ORDER BY {_NEWEST_FIRST} LIMIT ? OFFSET ?"
    return [place for (place,) in con.execute(page, [*values, limit, offset]).fetchall()], total


def _conditions(wanted: LogFilter) -> tuple[str, list[object]]:
    conditions: list[str] = ["true"]
    values: list[object] = []
    for column, value in (("status", wanted.status), ("parser", wanted.parser), ("origin", wanted.origin)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(repair(value))
    if wanted.verdict is not None:
        conditions.append("coalesce(verdict, 'none') = ?")
        values.append(wanted.verdict)
    for comparison, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment is not None:
            conditions.append(f"asked_at {comparison} ?")
            values.append(_naive(moment))
    if wanted.text:
        conditions.append("contains(search, ?)")
        values.append(_folded(wanted.text))
    return " AND ".join(conditions), values


def _create(path: Path) -> None:
    """Make the file under another name first, so that a kill never leaves half a file."""
    new = path.with_suffix(".new")
    try:
        make_folder(path.parent)
        for leftover in (new, _wal(new)):
            leftover.unlink(missing_ok=True)
        with contextlib.closing(duckdb.connect(str(new), config=SHUT)) as con:
            migrate(con)
        new.chmod(0o600)
        new.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise QueryLogError(
            f"The query log cannot be made: {(error.strerror or 'no reason given').lower()}."
        ) from error


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _insert(con: duckdb.DuckDBPyConnection, events: Sequence[Recorded]) -> None:
    if events:
        with _registered(con, "incoming", pa.Table.from_pylist([_row(event) for event in events], schema=_INCOMING)):
            con.execute("INSERT INTO records BY NAME SELECT * FROM incoming")


def _rate(con: duckdb.DuckDBPyConnection, events: Sequence[Rated]) -> None:
    if events:
        rows = [{"id": event.id, "stamp": event.stamp, **_feedback_row(event.feedback)} for event in events]
        with _registered(con, "ratings", pa.Table.from_pylist(rows, schema=_RATINGS)):
            con.execute("""
                UPDATE records SET verdict = ratings.verdict, corrected_sql = ratings.corrected_sql,
                    comment = ratings.comment, given_at = ratings.given_at, rated = ratings.stamp
                FROM ratings WHERE records.id = ratings.id AND ratings.stamp > records.rated
            """)


def _delete(con: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> None:
    if ids:
        with _registered(con, "unwanted", pa.table({"id": pa.array(ids, pa.string())})):
            con.execute("DELETE FROM records USING unwanted WHERE records.id = unwanted.id")


@contextlib.contextmanager
def _registered(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> Iterator[None]:
    con.register(name, rows)
    try:
        yield
    finally:
        con.unregister(name)


def _row(event: Recorded) -> dict[str, object]:
    record = event.record
    row = {name: getattr(record, name) for name in _RECORD_COLUMNS.names}
    row["asked_at"] = _naive(record.asked_at)
    row["candidates"] = [vars(candidate) for candidate in record.candidates]
    row["timings"] = [{"step": step, "seconds": seconds} for step, seconds in record.timings]
    search = f"{_folded(record.question)}{_SEPARATOR}{_folded(record.sql)}"
    return row | _feedback_row(record.feedback) | {"stamp": event.stamp, "rated": event.stamp, "search": search}


def _feedback_row(feedback: Feedback) -> dict[str, object]:
    return dict(vars(feedback)) | {"given_at": None if feedback.given_at is None else _naive(feedback.given_at)}


def _record(row: tuple[Any, ...]) -> Record:
    fields = dict(zip(_VISIBLE, row, strict=True))
    verdict, corrected_sql, comment, given_at = (fields.pop(name) for name in _FEEDBACK_COLUMNS.names)
    fields["asked_at"] = fields["asked_at"].replace(tzinfo=dt.UTC)
    fields["scope"] = tuple(fields["scope"])
    fields["candidates"] = tuple(LoggedCandidate(**candidate) for candidate in fields["candidates"])
    fields["timings"] = tuple((timing["step"], timing["seconds"]) for timing in fields["timings"])
    given_at = None if given_at is None else given_at.replace(tzinfo=dt.UTC)
    return Record(**fields, feedback=Feedback(verdict, corrected_sql, comment, given_at))


def _naive(moment: dt.datetime) -> dt.datetime:
    return utc(moment).replace(tzinfo=None)


def _folded(text: str) -> str:
    return repair(text).casefold().replace(_SEPARATOR, " ")


def _only_row(found: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    row = found.fetchone()
    if row is None:
        raise duckdb.InvalidInputException("a row is missing")
    return tuple(row)


def _sentence(error: duckdb.Error) -> str:
    text = str(error).lower()
    if "lock on file" in text:
        return "The query log is open in another program. Close it there and try again; nothing is lost meanwhile."
    if "no space left" in text or "out of disk" in text:
        return "The query log cannot be written: no space left on the disk."
    if "not a valid duckdb" in text or "version" in text or "serializ" in text or "corrupt" in text:
        return "The query log's file is damaged, or of a DuckDB version that cannot be read here. Move it away."
    return "The query log's file cannot be read or written. New entries are kept beside it until it can."
