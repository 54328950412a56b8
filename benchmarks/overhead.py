"""Measures what the workbench adds to bare DuckDB: the same SELECT both ways, in turn, in one run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
from streamlit import dataframe_util

from benchmarks.results import Figure, Result
from nl2sql.engine.base import Limits, ResultSet
from nl2sql.errors import WorkbenchError
from nl2sql.guard import check_select
from nl2sql.parsers.base import SemanticParser
from nl2sql.pipeline import Workbench
from nl2sql.query_log import LogFilter, new_id
from nl2sql.settings import Settings
from pages.drawing import displayable

ROWS = 10_000
GOAL_MS = 15.0


def measure(rows: int = ROWS, rounds: int = 60) -> Result:
    """Compare both ways over a table of ten times `rows` rows, `rounds` times each. Times are medians."""
    with tempfile.TemporaryDirectory(prefix="nl2sql-bench-") as folder:
        file = Path(folder) / "table.duckdb"
        _fill(file, rows * 10)
        settings = replace(Settings(), home=Path(folder) / "home", database=file, sample=False, row_limit=rows)
        workbench = Workbench(settings, _no_parser, with_sample=False)
        try:
            figures = (
                *_compared(workbench, file, f"SELECT * FROM entries LIMIT {rows}", f"{rows:,} rows", rounds, GOAL_MS),
                *_compared(workbench, file, "SELECT kind, avg(amount) FROM entries GROUP BY kind", "10 rows", rounds),
                *_parts(workbench, f"SELECT * FROM entries LIMIT {rows}", rows, rounds),
            )
        finally:
            workbench.close()
    notes = (
        f"The table has {rows * 10:,} rows of 6 columns: integer, text, decimal, double, date, timestamp.",
        "Workbench: Workbench.run_sql with guard, sandbox process and query log (one synced line). Bare: the same "
        "text on a connection that is open already, fetched as an Arrow table. Both in turn; the overhead is the "
        "median of the differences of neighbours; on a busy machine the fastest of each "
        "tell more. A question's own SQL goes the same way; its parser comes on top.",
    )
    return Result("overhead", figures, notes)


def _fill(file: Path, rows: int) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "CREATE TABLE entries AS SELECT i AS id, 'kind ' || i % 10 AS kind,"
            " (i % 9973 / 7)::DECIMAL(12, 2) AS amount, sqrt(i) AS share,"
            " DATE '2020-01-01' + (i % 2000)::INTEGER AS day, TIMESTAMP '2020-01-01' + to_seconds(i) AS entered"
            " FROM range(?) AS numbers(i)",
            [rows],
        )


def _compared(
    workbench: Workbench, file: Path, sql: str, label: str, rounds: int, goal: float | None = None
) -> tuple[Figure, ...]:
    through, bare, fresh = [], [], []
    workbench.snapshot()  # reads the tables' columns before this process holds the file open in its own way
    with duckdb.connect(str(file), read_only=True) as connection:

        def plain() -> None:
            connection.sql(sql).to_arrow_table()

        def asked() -> None:
            answer = workbench.run_sql(sql)
            if answer.result is None:
                raise WorkbenchError(answer.error or "The statement gave no rows.")

        for _ in range(3):
            asked()
            plain()
        for _ in range(rounds):
            bare.append(_milliseconds(plain))
            through.append(_milliseconds(asked))
    for _ in range(max(rounds // 4, 1)):
        fresh.append(_milliseconds(lambda: _connected(file, sql)))
    overhead = [mine - theirs for mine, theirs in zip(through, bare, strict=True)]
    return (
        Figure(f"{label}: bare DuckDB, connection open", statistics.median(bare), "ms"),
        Figure(f"{label}: bare DuckDB, connecting each time", statistics.median(fresh), "ms"),
        Figure(f"{label}: through the workbench", statistics.median(through), "ms"),
        Figure(f"{label}: overhead over the open connection", statistics.median(overhead), "ms", goal),
        Figure(f"{label}: overhead, the fastest of each against each other", min(through) - min(bare), "ms"),
    )


def _connected(file: Path, sql: str) -> None:
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.sql(sql).to_arrow_table()


def _parts(workbench: Workbench, sql: str, rows: int, rounds: int) -> tuple[Figure, ...]:
    """Where the time of the first statement goes, each part alone."""
    snapshot = workbench.snapshot()
    limits = Limits(rows=rows)
    result = workbench.engine.run(snapshot.database, sql, limits)
    record = workbench.log.list(LogFilter(), 1).records[0]

    def shown(result: ResultSet) -> None:
        dataframe_util.convert_arrow_table_to_arrow_bytes(displayable(result.table))

    calls: tuple[tuple[str, Callable[[], object]], ...] = (
        ("looking for changed tables", workbench.snapshot),
        ("guard", lambda: check_select(sql, snapshot.schema)),
        ("engine with its process, rows as Arrow", lambda: workbench.engine.run(snapshot.database, sql, limits)),
        ("query log, one record", lambda: workbench.log.record(replace(record, id=new_id()))),
        ("on top, for the page: rows made ready for the grid", lambda: shown(result)),
    )
    return tuple(
        Figure(f"part: {name}", statistics.median(_milliseconds(call) for _ in range(rounds)), "ms")
        for name, call in calls
    )


def _milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def _no_parser(name: str) -> SemanticParser:
    raise WorkbenchError(f"This benchmark asks no parser, not even {name}.")
