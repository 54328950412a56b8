"""What the sandbox and its worker processes say to each other: one frame is a letter, a length and that many bytes."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import BinaryIO

READY = b"R"
TASK = b"T"
CANCEL = b"C"
"""Payload: the task's number."""
PROGRESS = b"P"
"""Payload: the task's number, a space, the share of its work done, 0 to 100, as text."""
BATCH = b"B"
"""Payload: a piece of one Arrow IPC stream."""
DONE = b"D"
FAILED = b"F"

_HEADER = struct.Struct(">cQ")


@dataclass(frozen=True)
class Task:
    """One statement for a worker. `memory` and `max_bytes` in bytes, `deadline` in seconds."""

    number: int
    path: str
    attachments: tuple[tuple[str, str], ...]
    version: str
    sql: str
    deadline: float
    rows: int
    memory: int
    max_bytes: int
    time_zone: str


@dataclass(frozen=True)
class Done:
    """The end of a result: its columns' names and types as the engine gave them."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    truncated: bool


@dataclass(frozen=True)
class Failed:
    """What went wrong. `stage` is `open` (the files) or `run` (the statement); `kind` the name of the exception."""

    stage: str
    kind: str
    message: str


def pack(value: Task | Done | Failed) -> bytes:
    """A payload of `value`."""
    return json.dumps(asdict(value)).encode()


def unpack_task(payload: bytes) -> Task:
    """The task of a payload."""
    fields = json.loads(payload)
    fields["attachments"] = tuple((alias, path) for alias, path in fields["attachments"])
    return Task(**fields)


def unpack_done(payload: bytes) -> Done:
    """The end of a result of a payload."""
    fields = json.loads(payload)
    return Done(tuple(fields["names"]), tuple(fields["types"]), fields["truncated"])


def unpack_failed(payload: bytes) -> Failed:
    """The failure of a payload."""
    return Failed(**json.loads(payload))


def write_frame(stream: BinaryIO, letter: bytes, payload: bytes = b"") -> None:
    """Write one frame and flush it. Raises OSError or ValueError when the other side is gone."""
    stream.write(_HEADER.pack(letter, len(payload)) + payload)
    stream.flush()


def read_frame(stream: BinaryIO, max_bytes: int) -> tuple[bytes, bytes] | None:
    """The next frame; None at the end of the stream, or when a frame is longer than `max_bytes`."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    letter, length = _HEADER.unpack(header)
    if length > max_bytes:
        return None
    payload = stream.read(length)
    return (letter, payload) if len(payload) == length else None
