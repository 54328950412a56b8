"""What a benchmark hands back, and how a run is written down: machine, versions, command, date, figures."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil

PACKAGES = ("duckdb", "pyarrow", "streamlit", "torch", "transformers")
_CPU_NAME = ("model name", "Hardware", "Processor")


@dataclass(frozen=True)
class Figure:
    """One measured value. `goal` is the largest value that was aimed at (the smallest where `more_is_better`)."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    more_is_better: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.more_is_better else self.value <= self.goal


@dataclass(frozen=True)
class Result:
    """The figures of one benchmark, with sentences on how they were taken and what could not be measured."""

    name: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Machine:
    """Where it was measured. `memory` in bytes. No name of the machine: it says nothing about speed."""

    cores: int
    processor: str
    memory: int
    system: str
    load: float | None
    """Processes that wanted to run in the minute before, where the system tells."""


@dataclass(frozen=True)
class Report:
    """One run of some benchmarks."""

    command: str
    date: dt.date
    machine: Machine
    versions: tuple[tuple[str, str], ...]
    results: tuple[Result, ...]

    def to_json(self) -> str:
        """The report as one JSON object."""
        fields = dataclasses.asdict(self) | {"date": self.date.isoformat(), "versions": dict(self.versions)}
        return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"

    def to_markdown(self) -> str:
        """The report as a page with one table for each benchmark."""
        machine = self.machine
        load = "" if machine.load is None else f", load {machine.load:.1f} at the start"
        lines = [
            "# Benchmark results",
            "",
            f"- Date: {self.date.isoformat()}",
            f"- Command: `{self.command}`",
            f"- Machine: {machine.cores} cores ({machine.processor}), {machine.memory / 2**30:.1f} GiB of memory, "
            f"{machine.system}{load}",
            f"- Versions: {', '.join(f'{name} {version}' for name, version in self.versions)}",
        ]
        for result in self.results:
            lines += ["", f"## {result.name}", ""]
            if result.figures:
                lines += ["| | value | goal | |", "|---|---:|---:|---|", *map(_row, result.figures)]
            lines += [f"{'' if place else chr(10)}- {note}" for place, note in enumerate(result.notes)]
        return "\n".join(lines) + "\n"


def report(command: str, results: tuple[Result, ...], machine: Machine) -> Report:
    """The report of `results`, taken today by `command` on `machine`."""
    return Report(command, dt.datetime.now().date(), machine, versions(), results)


def this_machine() -> Machine:
    """The machine that this runs on."""
    load = psutil.getloadavg()[0] if hasattr(psutil, "getloadavg") else None
    return Machine(
        psutil.cpu_count() or 1, _processor(), psutil.virtual_memory().total,
        f"{platform.system()} {platform.machine()}", load,
    )  # fmt: skip


def versions() -> tuple[tuple[str, str], ...]:
    """Versions of Python and of the packages that the figures depend on."""
    found = [("Python", platform.python_version())]
    for package in PACKAGES:
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            found.append((package, "not installed"))
    return tuple(found)


def _processor() -> str:
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        for line in cpu.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in _CPU_NAME and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "unknown processor"


def _row(figure: Figure) -> str:
    goal = "" if figure.goal is None else f"{'≥' if figure.more_is_better else '≤'} {_number(figure.goal)}"
    verdict = {None: "", True: "reached", False: "missed"}[figure.reached]
    return f"| {figure.name} | {_number(figure.value)}{figure.unit and f' {figure.unit}'} | {goal} | {verdict} |"


def _number(value: float) -> str:
    """Three digits that matter, whole numbers as they are.

    >>> _number(1234567.0), _number(0.12345), _number(12.345), _number(15.0)
    ('1,234,567', '0.123', '12.3', '15')
    """
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
