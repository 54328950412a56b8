"""Adds up what a fresh `pip install -r requirements.txt` downloads, without downloading it.

The resolver `uv` names the files for one platform from the index's metadata; each file's size is the Content-Length
that its server states. Indexes and local folders that this machine's settings add are left aside.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks.results import Figure, Result

ROOT = Path(__file__).resolve().parents[1]
PLATFORM, PYTHON = "x86_64-manylinux_2_28", "3.11"
LARGEST = 5
_PLAIN = ("UV_NO_CONFIG", "1")
_SET_ASIDE = ("UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_TORCH_BACKEND", "UV_CONFIG_FILE")


class DownloadError(Exception):
    """The files or their sizes cannot be found out; the message says why."""


@dataclass(frozen=True)
class Distribution:
    """One file that would be downloaded. `size` in bytes."""

    name: str
    version: str
    url: str
    size: int = 0


def measure(requirements: Path = ROOT / "requirements.txt", extra: Sequence[str] = ()) -> Result:
    """The sizes in MB (millions of bytes) of what `requirements` need; `extra` goes to the resolver.

    Where it cannot be found out (no network, no uv) the result has no figures, and a note that says why.
    """
    method = (
        f"`uv pip compile` for CPython {PYTHON} on {PLATFORM} from the plain index, sizes from each file's "
        "Content-Length; nothing was downloaded. MB are millions of bytes."
    )
    try:
        with ThreadPoolExecutor(8) as pool:
            found = tuple(pool.map(sized, resolve(requirements, extra)))
    except (DownloadError, OSError) as error:
        return Result("download", (), (f"Not measured: {error}", method))
    return Result("download", figures(found), (method,))


def figures(found: Sequence[Distribution]) -> tuple[Figure, ...]:
    """The sum, the part of it that only GPUs need, and the largest files."""
    ordered = sorted(found, key=lambda one: one.size, reverse=True)
    for_gpus = [one for one in found if one.name.startswith(("nvidia-", "cuda-")) or one.name == "triton"]
    return (
        Figure("all files", _megabytes(found), "MB"),
        Figure("files", len(found), ""),
        Figure("of these for NVIDIA GPUs (nvidia-*, cuda-*, triton)", _megabytes(for_gpus), "MB"),
        *(Figure(f"{one.name} {one.version}", _megabytes([one]), "MB") for one in ordered[:LARGEST]),
    )


def resolve(requirements: Path, extra: Sequence[str] = ()) -> tuple[Distribution, ...]:
    """The files that an installer would fetch, without their sizes. Raises DownloadError."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        raise DownloadError("uv is not installed; it is in requirements-dev.txt.")
    environment = {name: value for name, value in os.environ.items() if name not in _SET_ASIDE}
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        command = [
            uv, "pip", "compile", str(requirements), "--python-platform", PLATFORM, "--python-version", PYTHON,
            "--format", "pylock.toml", "--output-file", str(lock), "--quiet", *extra,
        ]  # fmt: skip
        run = subprocess.run(command, env={**environment, _PLAIN[0]: _PLAIN[1]}, capture_output=True, text=True)
        if run.returncode:
            reason = (run.stderr.strip().splitlines() or ["no reason given"])[0].strip(" ×")
            raise DownloadError(f"uv could not resolve {requirements.name}: {reason}")
        return distributions(lock)


def distributions(lock: Path) -> tuple[Distribution, ...]:
    """The file of each package in a pylock.toml: its wheel, or its source where there is none. Raises DownloadError."""
    found = []
    for package in tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]:
        files = package.get("wheels") or [package[kind] for kind in ("sdist", "archive") if kind in package]
        if not files:
            raise DownloadError(f"{package['name']} has no file to download.")
        file = files[0]
        url = file.get("url") or (lock.parent / file["path"]).resolve().as_uri()
        found.append(Distribution(package["name"], package.get("version", ""), url, file.get("size", 0)))
    return tuple(found)


def sized(one: Distribution, head: Callable[[str], int] | None = None) -> Distribution:
    """`one` with its size, where the index did not state it. Raises OSError, DownloadError."""
    if one.size:
        return one
    parts = urlsplit(one.url)
    size = Path(unquote(parts.path)).stat().st_size if parts.scheme == "file" else (head or content_length)(one.url)
    return Distribution(one.name, one.version, one.url, size)


def content_length(url: str) -> int:
    """The size in bytes that the server states for `url`. Raises OSError, DownloadError."""
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=30) as response:
        length = response.headers.get("Content-Length", "")
    if not length.isdecimal():
        raise DownloadError(f"no size is stated for {url.rsplit('/', 1)[-1]}.")
    return int(length)


def _megabytes(found: Sequence[Distribution]) -> float:
    return sum(one.size for one in found) / 1e6
