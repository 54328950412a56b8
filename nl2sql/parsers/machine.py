"""Reports what this machine can run and why, for `python -m nl2sql doctor`. Loads no model and needs no network."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from nl2sql.engine import confine
from nl2sql.parsers import hardware, registry, weights
from nl2sql.settings import Settings

PACKAGES = ("duckdb", "torch", "transformers", "bitsandbytes", "streamlit")


@dataclass(frozen=True)
class Fact:
    """One line of the report. `ok` is False where something that was asked for cannot be had."""

    label: str
    value: str
    ok: bool = True


def report(settings: Settings | None = None) -> tuple[Fact, ...]:
    """Everything that decides which parsers run here. Takes well under a second."""
    settings = settings or Settings.from_environment()
    machine = hardware.measure()
    return (
        Fact("System", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"),
        Fact("Processor", f"{machine.cores} cores, AVX512-BF16: {'yes' if machine.avx512_bf16 else 'no'}"),
        Fact("Memory", f"{_gigabytes(machine.available)} free of {_gigabytes(machine.memory)}"),
        *_gpus(machine),
        Fact("Disk", f"{_gigabytes(weights.free_bytes(settings.home))} free where the workspace is"),
        *(Fact(package, hardware.version(package)) for package in PACKAGES),
        Fact("Workers", f"confined by {'the system' if confine.available() else 'the engine alone'}"),
        *(_parser(spec, settings, machine) for spec in registry.PARSERS),
        Fact("Parser «auto»", f"means {registry.resolve(registry.AUTO, settings, machine)} here."),
    )


def _gpus(machine: hardware.Hardware) -> tuple[Fact, ...]:
    if not machine.gpus:
        return (Fact("GPU", "none (NVIDIA GPUs only)"),)
    unfit = "" if machine.cuda_packages else "; the installed torch or bitsandbytes cannot use it"
    return tuple(
        Fact("GPU", f"{gpu.name}, {_gigabytes(gpu.free)} free of {_gigabytes(gpu.total)}{unfit}", machine.cuda_packages)
        for gpu in machine.gpus
    )


def _parser(spec: registry.ParserSpec, settings: Settings, machine: hardware.Hardware) -> Fact:
    found = registry.availability(spec.name, settings, machine)
    size = ""
    if not found.weights_at_hand and found.download_bytes:
        size = f" Download: {_gigabytes(found.download_bytes)}; free there: {_gigabytes(found.free_bytes)}."
    state = "ready" if found.ready else "not ready"
    return Fact(f"Parser {spec.name}", f"{state}. {found.sentence}{size}", found.ready)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
