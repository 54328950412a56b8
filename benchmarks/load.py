"""Measures what it costs to make a table of a large file: against a bare `read_csv` into a table, and against pandas.

Every load runs in a process of its own, so that its peak memory is its own. Run it alone with
`python -m benchmarks.load --megabytes 1024`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv

from benchmarks.results import Figure, Result
from nl2sql import ingest
from nl2sql.ingest.profile import read_values, write_profile

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1.2
"""Times the bare load that ours may take."""
_SEED = 20_210
_CHUNK = 200_000
_CITIES = ("New York", "London", "Paris", "São Paulo", "Köln", "Oslo", "Lagos", "Lima", "Osaka", "Perth")
_STATES = ("new", "paid", "shipped", "returned")


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds, processor seconds and peak memory (bytes) of one way to read a file."""

    seconds: float
    cpu: float
    peak: int


def generate(path: Path, size: int) -> int:
    """Write orders as CSV of about `size` bytes, with flat memory, the same each time; how many rows there are."""
    rng = np.random.default_rng(_SEED)
    names = np.array([f"Customer {number:06d}" for number in range(300_000)])
    cities = np.array([f"{name} {number}" for number in range(10) for name in _CITIES])
    rows, chunk = 0, min(_CHUNK, max(100, size // 90))
    with path.open("wb") as file:
        while file.tell() < size:
            ids = np.arange(rows, rows + chunk)
            columns = {
                "Order ID": ids,
                "order_date": pa.array((18_000 + ids // 8_000 % 3_000).astype(np.int32)).cast(pa.date32()),
                "Customer Name": rng.choice(names, chunk),
                "city": rng.choice(cities, chunk),
                "status": rng.choice(np.array(_STATES), chunk),
                "quantity": rng.integers(1, 20, chunk),
                "Total Sales ($)": np.round(rng.gamma(2, 40, chunk), 2),
                "note": np.char.add("note ", rng.integers(0, 10**9, chunk).astype(str)),
            }
            options = pa.csv.WriteOptions(include_header=not rows)
            pa.csv.write_csv(pa.table(columns), file, options)
            rows += chunk
    return rows


def bare(source: Path, target: Path) -> float:
    """The engine alone, told nothing: seconds."""
    reader = "read_parquet" if source.suffix == ".parquet" else "read_csv"
    began = time.perf_counter()
    with duckdb.connect(str(target)) as con:
        con.execute(f"CREATE TABLE t AS SELECT * FROM {reader}('{source}')")
    return time.perf_counter() - began


def ours(source: Path, target: Path) -> float:
    """The whole load: understanding, reading, profile and values: seconds."""
    began = time.perf_counter()
    understood = ingest.inspect(source)
    ingest.load(source, understood.options, target)
    return time.perf_counter() - began


def generated(source: Path, target: Path) -> float:
    """The CSV file `source`; `target` says how many bytes. Its seconds."""
    began = time.perf_counter()
    generate(source, int(target.name))
    return time.perf_counter() - began


def packed(source: Path, target: Path) -> float:
    """The Parquet file beside the CSV file `source`: seconds."""
    began = time.perf_counter()
    with duckdb.connect() as con:
        con.execute(f"COPY (FROM read_csv('{source}')) TO '{source.with_suffix('.parquet')}' (FORMAT parquet)")
    return time.perf_counter() - began


def understanding(source: Path, target: Path) -> float:
    """Looking at the file before anything is kept: seconds."""
    began = time.perf_counter()
    ingest.inspect(source)
    return time.perf_counter() - began


def with_pandas(source: Path, target: Path) -> float:
    """`pandas.read_csv`, which keeps the table in memory only: seconds."""
    import pandas as pd

    began = time.perf_counter()
    pd.read_csv(source)
    return time.perf_counter() - began


def profile(source: Path, target: Path) -> float:
    """Profile and values of the table file `source`, written again: seconds."""
    with duckdb.connect(str(source)) as con:
        row = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchone()
        began = time.perf_counter()
        write_profile(con, row[0])
        con.execute("CHECKPOINT")
        return time.perf_counter() - began


WAYS: dict[str, Callable[[Path, Path], float]] = {
    "bare": bare, "ours": ours, "understanding": understanding, "pandas": with_pandas, "profile": profile,
    "generated": generated, "packed": packed,
}  # fmt: skip


def cost(way: str, source: Path, target: Path) -> Cost | None:
    """What one way costs, in a process of its own that leaves `target`; None where it came to no end.

    This process stays small: a process that it starts would take over its peak.
    """
    target.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", "--way", way, str(source), str(target)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if done.returncode:
        return None
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _cost(way: str, source: Path, target: Path) -> Cost:
    """Go one way in this process and those that it starts; the peak is that of the largest."""
    seconds = WAYS[way](source, target)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, sum(one.ru_utime + one.ru_stime for one in used), unit * max(one.ru_maxrss for one in used))


def measure(megabytes: float = 1024, rounds: int = 3) -> Result:
    """Load a generated file of so many megabytes, the ways in turn, and its Parquet."""
    with tempfile.TemporaryDirectory(prefix="nl2sql-load-") as name:
        folder = Path(name)
        source, table_file = folder / "orders.csv", folder / "ours.duckdb"
        missing: list[str] = []
        cost("generated", source, folder / str(int(megabytes * 2**20)))
        figures = [Figure("CSV: file", source.stat().st_size / 2**20, "MB")]
        figures += _against_bare("CSV", source, folder, rounds, missing)
        figures += _of_pandas(source, folder, figures, missing)
        looked = [found.seconds for _ in range(rounds) if (found := cost("understanding", source, folder / "none"))]
        if looked:
            figures.append(Figure("CSV: understanding", statistics.median(looked), "s", 1.0))
        figures += _of_values(table_file, missing)
        cost("packed", source, folder / "none")
        source.unlink()
        source = source.with_suffix(".parquet")
        figures.append(Figure("Parquet: file", source.stat().st_size / 2**20, "MB"))
        figures += _against_bare("Parquet", source, folder, rounds, missing)
    notes = (
        f"Times are medians of {rounds} rounds in which the ways take turns, each in a process of its own.",
        "Bare is CREATE TABLE AS SELECT * FROM read_csv (read_parquet) into a DuckDB file. Ours looks at the file"
        " first, checks every value, and writes profile and values as well; starting its child processes is counted.",
        "Processor time is of all threads and processes of one way, imports too; it tells more on a busy machine.",
        "pandas.read_csv reads into memory and keeps nothing.",
    )
    return Result("load", tuple(figures), (*notes, *missing))


def _against_bare(label: str, source: Path, folder: Path, rounds: int, missing: list[str]) -> list[Figure]:
    costs: dict[str, list[Cost]] = {"bare": [], "ours": []}
    for _ in range(rounds):
        for way, found in costs.items():
            one = cost(way, source, folder / f"{way}.duckdb")
            if one is None:
                missing.append(f"{label}: {way} came to no end.")
                return []
            found.append(one)
    seconds = {way: statistics.median(one.seconds for one in found) for way, found in costs.items()}
    figures = [Figure(f"{label}: {way}", seconds[way], "s") for way in costs]
    figures.append(Figure(f"{label}: ours against bare", seconds["ours"] / seconds["bare"], "times", GOAL))
    cpu = {way: statistics.median(one.cpu for one in found) for way, found in costs.items()}
    figures += [Figure(f"{label}: {way}, processor time", cpu[way], "s") for way in costs]
    figures.append(Figure(f"{label}: ours against bare, processor time", cpu["ours"] / cpu["bare"], "times"))
    figures += [
        Figure(f"{label}: {way}, peak memory", max(one.peak for one in found) / 2**20, "MB")
        for way, found in costs.items()
    ]
    return figures


def _of_pandas(source: Path, folder: Path, known: list[Figure], missing: list[str]) -> list[Figure]:
    found = cost("pandas", source, folder / "none")
    if found is None:
        missing.append("pandas.read_csv came to no end; it needs more memory than there is.")
        return []
    figures = [
        Figure("CSV: pandas.read_csv", found.seconds, "s"),
        Figure("CSV: pandas.read_csv, processor time", found.cpu, "s"),
        Figure("CSV: pandas.read_csv, peak memory", found.peak / 2**20, "MB"),
    ]
    ours_took = next((one.value for one in known if one.name == "CSV: ours"), None)
    if ours_took is not None:
        figures.append(Figure("CSV: ours against pandas.read_csv", ours_took / found.seconds, "times"))
    return figures


def _of_values(table_file: Path, missing: list[str]) -> list[Figure]:
    """Time and size of profile and values: read from the table file that has them, written into it again."""
    if not table_file.exists():
        return []
    with duckdb.connect(str(table_file), read_only=True) as con:
        columns = [name for (name,) in con.execute("SELECT column_name FROM nl2sql_notes.indexed").fetchall()]
        held = con.execute(
            "SELECT count(*), sum(strlen(value) + strlen(form) + 8) FROM nl2sql_notes.distinct_values"
        ).fetchone()
        rows = con.execute("SELECT max(row_count) FROM nl2sql_notes.profile").fetchone()
    began = time.perf_counter()
    read_values(table_file, columns)
    figures = [
        Figure("rows", rows[0], ""),
        Figure("values: kept", held[0], ""),
        Figure("values: their text", (held[1] or 0) / 1024, "KB"),
        Figure("values: read from the table file", (time.perf_counter() - began) * 1000, "ms"),
    ]
    found = cost("profile", table_file, table_file.with_name("none"))
    if found is None:
        missing.append("profile came to no end.")
    else:
        figures.append(Figure("values: profile and values written", found.seconds, "s"))
    return figures


def main() -> None:
    """Print the figures as JSON; with `--way`, do one load and print what it cost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=float, default=1024, help="size of the CSV file (default 1024)")
    options.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    options.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options.add_argument("files", nargs="*", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.way:
        print(json.dumps(dataclasses.asdict(_cost(given.way, *given.files))))
        return
    print(json.dumps(dataclasses.asdict(measure(given.megabytes, given.rounds)), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
