"""From a file to a table: what is in it, how it would be read, and the table file that comes of it."""

from __future__ import annotations

from nl2sql.ingest.base import (
    Finding,
    IngestError,
    Loaded,
    Misfits,
    Progress,
    ReadOptions,
    Reject,
    SourceColumn,
    Understanding,
)
from nl2sql.ingest.process import inspect, load

__all__ = [
    "Finding",
    "IngestError",
    "Loaded",
    "Misfits",
    "Progress",
    "ReadOptions",
    "Reject",
    "SourceColumn",
    "Understanding",
    "inspect",
    "load",
]
