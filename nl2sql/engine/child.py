"""What a child process of the workbench does to itself as it starts. Knows nothing of its work."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from functools import cache
from pathlib import Path
from typing import BinaryIO

_ADDRESS_RESERVE = 512 << 20  # the engine and its threads reserve more address space than they touch
_PR_SET_PDEATHSIG = 1


def bound_memory(memory: int) -> None:
    """Bound this process to `memory` bytes beyond what it has when this is first called, and let it leave no core
    behind; both where the system can."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = _start_size() + _ADDRESS_RESERVE + memory
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))


@cache
def _start_size() -> int:
    """Bytes of address space in use; a guess where the system does not say."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 1 << 30


def end_with_parent(stream: BinaryIO) -> None:
    """Have this process end when `stream`, the pipe from its parent, does; on Linux also the moment the parent dies.

    Call it once all that is wanted of the stream was read. The parent's thread that started this process must outlive
    it: for Linux the end of that thread counts. See prctl(2), PR_SET_PDEATHSIG.
    """
    threading.Thread(target=_end_with, args=(stream,), daemon=True).start()
    _die_with_parent()


def _end_with(stream: BinaryIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        while stream.read(1 << 16):
            pass
    os._exit(1)


def _die_with_parent() -> None:
    """Whatever this process is doing then, even when it can run no Python."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
