"""`python -m benchmarks`: runs the benchmarks by name and writes their results down."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    accuracy,
    cancel,
    columns,
    constrained,
    decoding,
    download,
    load,
    log,
    overhead,
    people,
    results,
    seven_billion,
    start,
    tables,
)
from benchmarks.results import Figure, Result
from nl2sql.errors import WorkbenchError

_SMALL_SHAPE = seven_billion.SHAPE | {
    "vocab_size": 1_000, "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 4,
}  # fmt: skip
_ON_REQUEST = {"seven_billion"}
"""Run only where they are named: gigabytes on disk and in memory."""
_LOG_GOALS = {"record_median_ms": 1.0, "first_page_ms": 300.0}


def log_result(records: int = 1_000_000, repeats: int = 7) -> Result:
    """The figures of the query log over so many records, as a result."""
    measured = log.measure(records, repeats)
    found = []
    for field in dataclasses.fields(measured):
        stem, _, unit = field.name.rpartition("_")
        name, unit = (stem, unit) if unit in ("ms", "bytes") else (field.name, "")
        found.append(Figure(name.replace("_", " "), getattr(measured, field.name), unit, _LOG_GOALS.get(field.name)))
    return Result("log", tuple(found), ("Times are medians. A record is kept when its line is synced to disk.",))


BENCHMARKS: dict[str, Callable[[], Result]] = {
    "overhead": overhead.measure,
    "start": start.measure,
    "log": log_result,
    "cancel": cancel.measure,
    "load": load.measure,
    "tables": tables.measure,
    "columns": columns.measure,
    "people": people.measure,
    "constrained": constrained.measure,
    "questions": accuracy.measure,
    "decoding": decoding.measure,
    "seven_billion": seven_billion.measure,
    "download": download.measure,
}
QUICK: dict[str, Callable[[], Result]] = {
    "overhead": lambda: overhead.measure(rounds=5),
    "start": lambda: start.measure(rounds=1),
    "log": lambda: log_result(10_000, 3),
    "cancel": lambda: cancel.measure(rounds=2),
    "load": lambda: load.measure(5, 1),
    "tables": lambda: tables.measure(10, 200, 1),
    "columns": lambda: columns.measure((25, 1_000), 3),
    "people": lambda: people.measure((1, 5), 20, 1),
    "constrained": lambda: constrained.measure(30, 3),
    "questions": lambda: accuracy.measure(limit=6),
    "decoding": lambda: decoding.measure(3, 6, 2, 64, 60),
    "seven_billion": lambda: seven_billion.measure(_SMALL_SHAPE, threads=1, new_tokens=4),
    "download": download.measure,
}
"""The same at a size that only shows that they work."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks (default all) and print the report; returns the exit code.

    1: some benchmark could not run; the others are reported. 2: wrong arguments.
    """
    options = _arguments().parse_args(arguments)
    given = list(sys.argv[1:] if arguments is None else arguments)
    machine = results.this_machine()
    done, failed = [], False
    for name in options.names or [name for name in BENCHMARKS if name not in _ON_REQUEST]:
        print(f"{name} …", file=sys.stderr)
        try:
            done.append((QUICK if options.quick else BENCHMARKS)[name]())
        except (WorkbenchError, start.StartError) as error:
            failed = True
            done.append(Result(name, (), (f"Not measured: {error}",)))
    report = results.report(" ".join(["python -m benchmarks", *given]), tuple(done), machine)
    if options.out is not None:
        text = report.to_json() if options.out.suffix == ".json" else report.to_markdown()
        try:
            options.out.write_text(text, encoding="utf-8")
        except OSError as error:
            print(f"{options.out} cannot be written: {error.strerror}.", file=sys.stderr)
            failed = True
    print(report.to_markdown())
    return 1 if failed else 0


def _known(name: str) -> str:
    if name not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    return name


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the workbench.")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        type=_known,
        help=f"{', '.join(BENCHMARKS)} (default: all but seven_billion)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the report there too; JSON for *.json")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything runs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
