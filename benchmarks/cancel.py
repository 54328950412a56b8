"""Measures how soon a running statement ends once it is told to stop: one that listens, and one that is deaf to it."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

import duckdb

from benchmarks.results import Figure, Result
from nl2sql.engine.base import Cancel, Database, Limits
from nl2sql.engine.sandbox import SandboxEngine
from nl2sql.errors import QueryCancelledError, WorkbenchError

GOAL_MS = 500.0
STATEMENTS = {
    "listens": "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 3",
    "deaf": "SELECT levenshtein(repeat('ab', 600000), repeat('ba', 600000))",
}
"""Both would run for minutes. The engine looks for a stop between pieces of work; the second is one long piece."""


def measure(rounds: int = 20, runs_for: float = 0.5) -> Result:
    """Stop each statement `rounds` times, after it has run for `runs_for` seconds."""
    with tempfile.TemporaryDirectory(prefix="nl2sql-bench-") as folder:
        file = Path(folder) / "empty.duckdb"
        duckdb.connect(str(file)).close()
        engine = SandboxEngine()
        try:
            found = {
                name: [_stopped(engine, Database(file), sql, runs_for) for _ in range(rounds)]
                for name, sql in STATEMENTS.items()
            }
        finally:
            engine.close()
    figures = [
        Figure(f"a statement that {'is deaf' if name == 'deaf' else name}: {what}", of(times), "ms", GOAL_MS)
        for name, times in found.items()
        for what, of in (("median", statistics.median), ("slowest", max))
    ]
    notes = (
        f"From the stop until the caller is free again; {rounds} stops of each, {runs_for} s after a worker had it.",
        "One that listens is interrupted and its worker goes on; the worker of a deaf one is killed and replaced.",
    )
    return Result("cancel", tuple(figures), notes)


def _stopped(engine: SandboxEngine, database: Database, sql: str, runs_for: float) -> float:
    """Milliseconds from the stop to the end."""
    engine.run(database, "SELECT 1", Limits())  # a worker is up
    cancel, stopped_at = Cancel(), [0.0]

    def stop() -> None:
        stopped_at[0] = time.perf_counter()
        cancel.set()

    timer = threading.Timer(runs_for, stop)
    timer.start()
    try:
        engine.run(database, sql, Limits(deadline=300.0), cancel)
    except QueryCancelledError:
        return (time.perf_counter() - stopped_at[0]) * 1000
    finally:
        timer.cancel()
    raise WorkbenchError("The statement came to its end before it was stopped.")
