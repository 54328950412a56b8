"""What all bytes of a large file say before it is read: whether all of it is the clean text that its parts looked like.

A look at parts cannot know it, and the engine stops at, or passes over, what it does not expect.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

_PIECE = 8 << 20


def unclean(path: Path, report: Callable[[float], None] | None = None) -> tuple[str, ...]:
    """What is not clean in the UTF-8 file at `path`: `bytes` (no UTF-8), `marks` (NUL, byte-order or end-of-file marks
    within), `ends` (more than one kind of line end). `report` gets the share done.

    Reads about a gigabyte a second in flat memory.
    """
    size = max(1, path.stat().st_size)
    decoder = codecs.getincrementaldecoder("utf-8")()
    found: set[str] = set()
    returns = pairs = feeds = done = 0
    carried = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            plain = piece.isascii() and not decoder.getstate()[0]
            if not plain and "bytes" not in found:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    found.add("bytes")
            joined = piece if plain else carried + piece
            mark = -1 if plain else joined.find(codecs.BOM_UTF8, 0 if done > len(carried) else 1)
            if mark >= 0 or b"\0" in piece or b"\x1a" in piece:
                found.add("marks")
            if b"\r" in piece or carried.endswith(b"\r"):
                returns += piece.count(b"\r")
                pairs += piece.count(b"\r\n") + (carried.endswith(b"\r") and piece.startswith(b"\n"))
            feeds += piece.count(b"\n")
            carried = (carried + piece[-2:])[-2:]
            done += len(piece)
            if report is not None:
                report(done / size)
    if "bytes" not in found and decoder.getstate()[0]:
        found.add("bytes")
    if returns and not (returns == pairs == feeds):
        found.add("ends")
    return tuple(sorted(found))
