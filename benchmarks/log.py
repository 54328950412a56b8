"""Measures the query log: how long a record takes to keep, and a page to find among a million.

Run it alone with `python -m benchmarks.log --records 1000000`.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nl2sql.query_log import LogFilter, LoggedCandidate, QueryLog, Record, new_id, store


@dataclass(frozen=True)
class LogFigures:
    """Times in milliseconds (median of several calls unless named otherwise), sizes in bytes."""

    records: int
    record_median_ms: float
    record_p95_ms: float
    bare_synced_line_median_ms: float
    """A line of the same length, written and synced without the query log: what the disk alone costs."""
    first_page_ms: float
    first_page_after_writing_ms: float
    """With one new record to fold in."""
    rare_text_page_ms: float
    common_text_page_ms: float
    verdict_page_ms: float
    deep_page_ms: float
    get_ms: float
    statistics_ms: float
    fold_1000_ms: float
    file_bytes: int
    line_bytes: int


def measure(records: int = 1_000_000, repeats: int = 7) -> LogFigures:
    """Build a log of so many records in a temporary folder, and time its calls."""
    with tempfile.TemporaryDirectory() as folder:
        log = QueryLog(Path(folder) / "log")
        log.fold()
        file = Path(folder) / "log" / "query_log.duckdb"
        _fill(file, records)
        bare, line_bytes = _bare_lines(Path(folder) / "bare.jsonl")
        written = [_milliseconds(lambda number=number: log.record(_example(number))) for number in range(1000)]
        folding = _milliseconds(log.fold)

        def page(wanted: LogFilter, offset: int = 0) -> float:
            return _median(lambda: log.list(wanted, 50, offset), repeats)

        def page_after_writing() -> float:
            log.record(_example(0))
            return _milliseconds(lambda: log.list())

        return LogFigures(
            records=records,
            record_median_ms=_rounded(statistics.median(written)),
            record_p95_ms=_rounded(statistics.quantiles(written, n=20)[-1]),
            bare_synced_line_median_ms=bare,
            first_page_ms=page(LogFilter()),
            first_page_after_writing_ms=_rounded(statistics.median(page_after_writing() for _ in range(repeats))),
            rare_text_page_ms=page(LogFilter(text="X > 77777")),
            common_text_page_ms=page(LogFilter(text="average")),
            verdict_page_ms=page(LogFilter(verdict="down")),
            deep_page_ms=page(LogFilter(), records // 2),
            get_ms=_median(lambda: log.get(new_id()), repeats),
            statistics_ms=_median(log.statistics, repeats),
            fold_1000_ms=_rounded(folding),
            file_bytes=file.stat().st_size,
            line_bytes=line_bytes,
        )


def _fill(file: Path, records: int) -> None:
    with store.opened(file, writing=True) as con:
        con.execute(
            """
            INSERT INTO records BY NAME SELECT
                '0' || lpad(to_base(1_700_000_000 + i * 30, 32), 12, '0') || left(md5(i::VARCHAR), 13) AS id,
                TIMESTAMP '2025-01-01' + to_seconds(i * 30) AS asked_at,
                'Show me the average ' || left(md5((i % 977)::VARCHAR), 12) || ' by department and '
                    || left(md5((i % 7919)::VARCHAR), 12) || ' in ' || i % 100 AS question,
                ['ok', 'ok', 'ok', 'refused', 'failed'][1 + i % 5] AS status,
                'SELECT department, avg(' || left(md5((i % 977)::VARCHAR), 12) || ') AS average FROM staff WHERE x > '
                    || i || ' GROUP BY department ORDER BY average DESC LIMIT 100' AS sql,
                'ask' AS origin, ['staff', 'orders'] AS scope, md5((i % 9)::VARCHAR) AS schema_version,
                'builtin' AS parser, 'r1' AS parser_revision, '' AS parser_quantization, md5(i::VARCHAR) AS prompt_hash,
                [{sql: 'SELECT avg(x) FROM staff WHERE x > ' || i, score: -random(), tree: '(select ' || i || ')'},
                 {sql: 'SELECT max(x) FROM staff WHERE x > ' || i, score: -random(), tree: '(select ' || i || ')'}]
                    AS candidates,
                '(select ' || i || ')' AS tree, DATE '2025-01-01' AS as_of, 'allowed' AS guard, i % 1000 AS row_count,
                false AS truncated, [{step: 'linking', seconds: random()}, {step: 'parser', seconds: random()},
                {step: 'engine', seconds: random()}] AS timings, random() AS confidence,
                CASE WHEN i % 7 = 0 THEN 'up' WHEN i % 11 = 0 THEN 'down' END AS verdict, i AS stamp, i AS rated,
                lower(question || chr(31) || sql) AS search
            FROM range(?) AS numbers(i)
            """,
            [records],
        )


def _example(number: int) -> Record:
    return Record(
        new_id(),
        dt.datetime.now(dt.UTC),
        f"Show me average salary by department in {number}",
        "ok",
        f"SELECT department, avg(salary) AS average FROM staff WHERE x > {number} GROUP BY department LIMIT 100",
        scope=("staff", "orders"),
        parser="builtin",
        candidates=tuple(LoggedCandidate(f"SELECT {name} FROM staff", -0.5, f"(select {name})") for name in "abc"),
        as_of=dt.date(2026, 1, 1),
        timings=(("linking", 0.001), ("parser", 0.02), ("engine", 0.01)),
        row_count=12,
        confidence=0.9,
    )


def _bare_lines(path: Path) -> tuple[float, int]:
    from nl2sql.query_log.events import Recorded, encode
    from nl2sql.query_log.journal import _sync_lines

    line = encode(Recorded(1, _example(1)))
    with path.open("ab", buffering=0) as file:

        def write() -> None:
            file.write(line)
            _sync_lines(file.fileno())

        return _median(write, 300), len(line)


def _milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def _median(call: Callable[[], object], repeats: int) -> float:
    return _rounded(statistics.median(_milliseconds(call) for _ in range(repeats)))


def _rounded(milliseconds: float) -> float:
    return round(milliseconds, 3)


def main() -> None:
    """Print the figures as JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=1_000_000, help="size of the log (default a million)")
    print(json.dumps(dataclasses.asdict(measure(options.parse_args().records)), indent=2))


if __name__ == "__main__":
    main()
