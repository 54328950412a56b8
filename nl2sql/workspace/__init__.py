"""Which tables there are: the sample, a person's own DuckDB file, or the workspace's table files; versions and keys."""

from __future__ import annotations

from nl2sql.workspace.workspace import Snapshot, Source, Workspace

__all__ = ["Snapshot", "Source", "Workspace"]
