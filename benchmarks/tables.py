"""A workspace of many tables: opening it, indexing its values, proposing keys, the first answer and the next."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

import duckdb
import psutil

from benchmarks.results import Figure, Result
from nl2sql.engine.sandbox import SandboxEngine
from nl2sql.errors import WorkbenchError
from nl2sql.ingest.profile import write_profile
from nl2sql.parsers import registry
from nl2sql.parsers.base import SemanticParser
from nl2sql.pipeline import Workbench
from nl2sql.settings import Settings
from nl2sql.workspace import NewTable, Workspace

_THINGS = """customer supplier invoice shipment employee vehicle warehouse contract payment ticket visit machine
    permit lesson patient parcel booking complaint project sensor""".split()
QUESTION = "How many customers are in Springfield 7?"
FIRST_ANSWER_GOAL, NEXT_ANSWER_GOAL = 3.0, 600.0
"""Seconds; milliseconds."""
ONE_BY_ONE = 10
ParserFor = Callable[[str], SemanticParser]


def measure(tables: int = 200, rows: int = 500, rounds: int = 5, parser_for: ParserFor | None = None) -> Result:
    """Time a workspace of so many tables, each with `rows` rows. The parser is loaded before any time is taken."""
    with tempfile.TemporaryDirectory(prefix="nl2sql-bench-") as folder:
        settings = Settings(home=Path(folder) / "home", parser="builtin", sample=False)
        added = _fill(settings, tables, rows)
        parsers = parser_for or cache(lambda name: registry.load(name, settings))
        parsers(settings.parser)
        made_ms, workbench = _timed(lambda: Workbench(settings, parsers, with_sample=False))
        try:
            figures = _figures(workbench, made_ms, added, rounds)
        finally:
            workbench.close()
    notes = (
        f"{tables:,} tables of {rows:,} rows and 7 columns, 3 of them text, each in a file of its own. Snapshot, value"
        " index, first answer and keys are taken in this order on a workbench that was just made, with the parser"
        f" loaded. The question: «{QUESTION}»",
        "One more table: `Workspace.add`, from a finished table file to the new catalog, when nearly all are there.",
    )
    return Result("tables", figures, notes)


def _figures(workbench: Workbench, made_ms: float, added: list[float], rounds: int) -> tuple[Figure, ...]:
    before = _computed(None)
    snapshot_ms, snapshot = _timed(workbench.snapshot)
    values_ms, values = _timed(lambda: workbench.values(snapshot))
    first_ms, first = _timed(lambda: workbench.answer(QUESTION))
    if first.status != "ok":
        raise WorkbenchError(first.error or "The question was not answered.")
    computed = _computed(workbench) - before
    next_ms = [_timed(lambda: workbench.answer(QUESTION))[0] for _ in range(rounds)]
    keys_ms, keys = _timed(workbench.keys)
    workbench.workspace.describe_table(snapshot.schema.tables[0].name, description="A note.")
    again_ms, _ = _timed(lambda: workbench.values(workbench.snapshot()))
    whole = (made_ms + snapshot_ms + values_ms + first_ms) / 1000
    return (
        Figure("one more table (median of the last ten)", statistics.median(added), "ms"),
        Figure("workbench made", made_ms, "ms"),
        Figure("snapshot", snapshot_ms, "ms"),
        Figure("value index", values_ms, "ms"),
        Figure("values indexed", values.size, ""),
        Figure("first answer after that", first_ms, "ms"),
        Figure("opening to the first answer's rows, all of this", whole, "s", FIRST_ANSWER_GOAL),
        Figure("the same in processor time, workers included", computed, "s"),
        Figure("next answer, median", statistics.median(next_ms), "ms", NEXT_ANSWER_GOAL),
        Figure("key proposals", keys_ms, "ms"),
        Figure("keys proposed", len(keys.primary_keys) + len(keys.relationships), ""),
        Figure("snapshot and value index after a note was changed", again_ms, "ms"),
    )


def _fill(settings: Settings, tables: int, rows: int) -> list[float]:
    """Add the tables, the last ten of them one by one; milliseconds that each of those additions took."""
    workspace = Workspace(settings, with_sample=False)
    at_once = max(tables - ONE_BY_ONE, 0)
    took = []
    with workspace.staging() as folder:
        news = [_staged(folder / f"{number}.duckdb", number, rows) for number in range(tables)]
        workspace.add_all(news[:at_once])
        for new in news[at_once:]:
            took.append(_timed(lambda new=new: workspace.add(new))[0])
    workspace.close()
    return took


def _staged(path: Path, number: int, rows: int) -> NewTable:
    """The finished file of one table."""
    thing, other = _THINGS[number % len(_THINGS)], _THINGS[(number + 1) % len(_THINGS)]
    name = f"{thing}s" if number < len(_THINGS) else f"{thing}s_{number // len(_THINGS)}"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"CREATE TABLE {name} AS SELECT i AS {thing}_id, 'Name ' || i AS name, i % 90 AS {other}_id,"
            " 'Springfield ' || i % 40 AS city, 'status ' || i % 5 AS status,"
            " DATE '2024-01-01' + (i % 700)::INTEGER AS day, (i % 997 / 7)::DECIMAL(12, 2) AS amount"
            " FROM range(?) AS numbers(i)",
            [rows],
        )
        write_profile(connection, name)
    return NewTable(name, path, source_file=f"{name}.csv")


def _computed(workbench: Workbench | None) -> float:
    """Seconds that processors have spent on this process, and on the workers of `workbench`, since they started."""
    pids = workbench.engine.worker_pids() if workbench and isinstance(workbench.engine, SandboxEngine) else ()
    times = [psutil.Process(pid).cpu_times() for pid in (None, *pids)]
    return sum(one.user + one.system for one in times)


Found = TypeVar("Found")


def _timed(call: Callable[[], Found]) -> tuple[float, Found]:
    start = time.perf_counter()
    found = call()
    return (time.perf_counter() - start) * 1000, found
