"""What can happen to the query log, and its form as one line of JSON."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from nl2sql.query_log.records import Feedback, LoggedCandidate, Record

LINE_VERSION = 1
"""Rises when a line of today could not be read by the code of yesterday."""


class NewerLineError(Exception):
    """A line was written by a newer version of the workbench."""


@dataclass(frozen=True)
class Recorded:
    """A record was made, or replaced as a whole."""

    stamp: int
    record: Record


@dataclass(frozen=True)
class Rated:
    """A person judged a record; the latest judgement counts."""

    stamp: int
    id: str
    feedback: Feedback


@dataclass(frozen=True)
class Deleted:
    """A record was deleted; its id never comes back."""

    stamp: int
    id: str


Event = Recorded | Rated | Deleted


def repair(text: str) -> str:
    r"""`text` as it can be kept: surrogate pairs joined, each lone surrogate replaced by U+FFFD; else unchanged.

    >>> repair("a\ud83d\ude00b\ud800c") == "a\U0001f600b\ufffdc"
    True
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def utc(moment: dt.datetime) -> dt.datetime:
    """`moment` in UTC; a naive time counts as UTC."""
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def encode(event: Event) -> bytes:
    """One line of UTF-8 JSON with its line end; whatever the texts hold, there is no other line end in it."""
    body: dict[str, object] = {"v": LINE_VERSION, "stamp": event.stamp}
    match event:
        case Recorded():
            body |= {"kind": "record", "record": _record_to_json(event.record)}
        case Rated():
            body |= {"kind": "rate", "id": event.id, "feedback": _feedback_to_json(event.feedback)}
        case Deleted():
            body |= {"kind": "delete", "id": event.id}
    return repair(json.dumps(body, ensure_ascii=False, separators=(",", ":"))).encode() + b"\n"


def decode(line: bytes) -> Event:
    """The event of one line. Raises ValueError for a damaged line, NewerLineError for one of a newer version."""
    try:
        body = json.loads(line)
        if body["v"] > LINE_VERSION:
            raise NewerLineError
        stamp = _integer(body["stamp"])
        match body["kind"]:
            case "record":
                return Recorded(stamp, _record_from_json(body["record"]))
            case "rate":
                return Rated(stamp, _text(body["id"]), _feedback_from_json(body["feedback"]))
            case "delete":
                return Deleted(stamp, _text(body["id"]))
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError("no entry of the query log") from error
    raise ValueError("no entry of the query log")


def _record_to_json(record: Record) -> dict[str, object]:
    body = dict(vars(record))
    body["asked_at"] = utc(record.asked_at).isoformat()
    body["as_of"] = None if record.as_of is None else record.as_of.isoformat()
    body["candidates"] = [[c.sql, float(c.score), c.tree] for c in record.candidates]
    body["timings"] = [[step, float(seconds)] for step, seconds in record.timings]
    body["confidence"] = None if record.confidence is None else float(record.confidence)
    body["feedback"] = _feedback_to_json(record.feedback)
    return body


def _record_from_json(body: dict[str, Any]) -> Record:
    texts = ("id", "question", "status", "sql", "origin", "schema_version", "parser", "parser_revision")
    fields: dict[str, Any] = {name: _text(body[name]) for name in texts}
    for name in ("parser_quantization", "prompt_hash", "guard"):
        fields[name] = _text(body[name])
    for name in ("tree", "error"):
        fields[name] = _optional_text(body[name])
    return Record(
        **fields,
        asked_at=utc(dt.datetime.fromisoformat(body["asked_at"])),
        scope=tuple(_text(name) for name in body["scope"]),
        candidates=tuple(LoggedCandidate(_text(s), float(n), _optional_text(t)) for s, n, t in body["candidates"]),
        as_of=None if body["as_of"] is None else dt.date.fromisoformat(body["as_of"]),
        row_count=None if body["row_count"] is None else _integer(body["row_count"]),
        truncated=bool(body["truncated"]),
        timings=tuple((_text(step), float(seconds)) for step, seconds in body["timings"]),
        confidence=None if body["confidence"] is None else float(body["confidence"]),
        follows=_optional_text(body.get("follows")),  # lines of older versions have none, nor tokens
        tokens_read=_optional_integer(body.get("tokens_read")),
        tokens_known=_optional_integer(body.get("tokens_known")),
        tokens_written=_optional_integer(body.get("tokens_written")),
        feedback=_feedback_from_json(body["feedback"]),
    )


def _feedback_to_json(feedback: Feedback) -> dict[str, object]:
    given_at = None if feedback.given_at is None else utc(feedback.given_at).isoformat()
    return dict(vars(feedback)) | {"given_at": given_at}


def _feedback_from_json(body: dict[str, Any]) -> Feedback:
    if body["verdict"] not in ("up", "down", None):
        raise ValueError("no verdict")
    return Feedback(
        verdict=body["verdict"],
        corrected_sql=_optional_text(body["corrected_sql"]),
        comment=_optional_text(body["comment"]),
        given_at=None if body["given_at"] is None else utc(dt.datetime.fromisoformat(body["given_at"])),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return repair(value)


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _optional_integer(value: object) -> int | None:
    return None if value is None else _integer(value)


def _integer(value: object) -> int:
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise TypeError("no 64-bit integer")
    return value
