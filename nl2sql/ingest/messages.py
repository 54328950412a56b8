"""Tasks, progress and results as lines of JSON, between the process that asks and the child that reads a file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nl2sql.ingest.base import Finding, Loaded, ReadOptions, Reject, SourceColumn, Understanding


def pack(message: dict[str, Any]) -> bytes:
    """One message as one line."""
    return json.dumps(message, ensure_ascii=True, default=_plain).encode() + b"\n"


def _plain(value: object) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value))


def unpack(line: bytes) -> dict[str, Any]:
    """The message in one line. Raises ValueError when there is none."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("no message")
    return message


def fields(value: Understanding | Loaded | ReadOptions) -> dict[str, Any]:
    """A dataclass of the contract as plain values."""
    return asdict(value)


def options_of(found: dict[str, Any]) -> ReadOptions:
    """The options that `fields` made plain, also ones read back from a file. Raises TypeError, ValueError."""
    values = dict(found)
    for name in ("types", "names"):
        values[name] = tuple((int(position), str(text)) for position, text in values.get(name) or ())
    values["left_out"] = tuple(int(position) for position in values.get("left_out") or ())
    values["private"] = tuple(map(str, values.get("private") or ()))
    words = values.get("null_words")
    values["null_words"] = None if words is None else tuple(map(str, words))
    return ReadOptions(**values)


def understanding_of(found: dict[str, Any]) -> Understanding:
    """The understanding that `fields` made plain."""
    values = dict(found)
    values["path"] = Path(values["path"])
    values["options"] = options_of(values["options"])
    values["columns"] = _columns(values["columns"])
    values["rows"] = tuple(tuple(row) for row in values["rows"])
    values["findings"] = _findings(values["findings"])
    values["sheets"] = tuple(values["sheets"])
    return Understanding(**values)


def loaded_of(found: dict[str, Any]) -> Loaded:
    """The outcome of a load that `fields` made plain."""
    values = dict(found)
    values["staged"] = Path(values["staged"]) if values["staged"] else None
    values["columns"] = _columns(values["columns"])
    values["rejects"] = tuple(Reject(**one) for one in values["rejects"])
    values["findings"] = _findings(values["findings"])
    return Loaded(**values)


def _columns(found: list[dict[str, Any]]) -> tuple[SourceColumn, ...]:
    return tuple(SourceColumn(**{**one, "examples": tuple(one["examples"])}) for one in found)


def _findings(found: list[dict[str, Any]]) -> tuple[Finding, ...]:
    return tuple(Finding(**one) for one in found)
