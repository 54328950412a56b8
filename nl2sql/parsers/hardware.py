"""Measures the machine without loading torch: memory, cores, processor features, GPUs, installed packages."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU. Memory in bytes."""

    name: str
    total: int
    free: int


@dataclass(frozen=True)
class Hardware:
    """What a language model could run on. Memory in bytes."""

    cores: int
    memory: int
    available: int
    avx512_bf16: bool
    """The processor has the instructions of bitsandbytes' fast 4-bit path."""
    gpus: tuple[Gpu, ...]
    cuda_packages: bool
    """The installed torch was built for CUDA, and the installed bitsandbytes brings the library for it."""


def measure() -> Hardware:
    """This machine now. Takes a few milliseconds, some 50 more where nvidia-smi exists; no network."""
    memory = psutil.virtual_memory()
    return Hardware(
        cores=_usable_cores(),
        memory=memory.total,
        available=memory.available,
        avx512_bf16=_has_avx512_bf16(),
        gpus=_gpus(),
        cuda_packages=_cuda_packages(),
    )


def version(package: str) -> str:
    """The installed version of `package`, «not installed» without one."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def parse_gpus(listing: str, visible: str | None) -> tuple[Gpu, ...]:
    """GPUs from nvidia-smi's lines «index, name, total MiB, free MiB», those that CUDA_VISIBLE_DEVICES leaves.

    >>> parse_gpus("0, A, 8192, 8000\\n1, B, 4096, 100", "1")
    (Gpu(name='B', total=4294967296, free=104857600),)
    """
    gpus: dict[str, Gpu] = {}
    for line in listing.splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) == 4 and fields[2].isdigit() and fields[3].isdigit():
            gpus[fields[0]] = Gpu(fields[1], int(fields[2]) << 20, int(fields[3]) << 20)
    if visible is None or not re.fullmatch(r"\s*(-?\d+\s*(,\s*-?\d+\s*)*)?", visible):  # unset, or given by UUID
        return tuple(gpus.values())
    return tuple(gpus[index.strip()] for index in visible.split(",") if index.strip() in gpus)


def _gpus() -> tuple[Gpu, ...]:
    query = ["nvidia-smi", "--query-gpu=index,name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        listing = subprocess.run(query, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return parse_gpus(listing, os.environ.get("CUDA_VISIBLE_DEVICES"))


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _has_avx512_bf16() -> bool:
    """Linux says so in /proc/cpuinfo; elsewhere the fast path is not counted on."""
    if platform.system() != "Linux":
        return False
    try:
        return " avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


@cache
def _cuda_packages() -> bool:
    torch_folder, bitsandbytes_folder = _folder_of("torch"), _folder_of("bitsandbytes")
    if torch_folder is None or bitsandbytes_folder is None:
        return False
    try:
        built_for = (torch_folder / "version.py").read_text(encoding="utf-8")
    except OSError:
        return False
    found = re.search(r"^cuda\b[^=]*=\s*'(\d+)\.(\d+)'", built_for, re.M)
    return found is not None and any(bitsandbytes_folder.glob(f"libbitsandbytes_cuda{found[1]}*"))


def _folder_of(package: str) -> Path | None:
    """Where a top-level package lies, found without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None
