"""Reduces events to what a fold has to change: per id one record, one judgement, one deletion.

Every event bears a stamp, and the later one wins wherever it comes from; so journals may be merged in any order, in any
parts and again, with the same end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from nl2sql.query_log.events import Deleted, Event, Rated, Recorded

E = TypeVar("E", Recorded, Rated, Deleted)


@dataclass(frozen=True)
class Batch:
    """The changes of some journals, by record id. A deleted id has neither a record nor a judgement in it."""

    records: dict[str, Recorded] = field(default_factory=dict)
    ratings: dict[str, Rated] = field(default_factory=dict)
    deletions: dict[str, Deleted] = field(default_factory=dict)
    newest_stamp: int = 0
    """0 when nothing happened."""


def merge(events: Iterable[Event]) -> Batch:
    """One batch of many events, in whatever order they come."""
    records: dict[str, Recorded] = {}
    ratings: dict[str, Rated] = {}
    deletions: dict[str, Deleted] = {}
    newest_stamp = 0
    for event in events:
        newest_stamp = max(newest_stamp, event.stamp)
        match event:
            case Recorded():
                _keep_later(records, event.record.id, event)
            case Rated():
                _keep_later(ratings, event.id, event)
            case Deleted():
                _keep_later(deletions, event.id, event)
    return Batch(
        {id: event for id, event in records.items() if id not in deletions},
        {id: event for id, event in ratings.items() if id not in deletions},
        deletions,
        newest_stamp,
    )


def _keep_later(kept: dict[str, E], id: str, event: E) -> None:
    if id not in kept or kept[id].stamp < event.stamp:
        kept[id] = event
