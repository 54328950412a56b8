"""Which tables there are: the sample, a person's own DuckDB file, or the workspace's table files; versions and keys."""

from __future__ import annotations

from nl2sql.errors import NameTakenError
from nl2sql.workspace.contents import Deleted
from nl2sql.workspace.diff import NewTable, Retyped, SchemaDiff
from nl2sql.workspace.snapshots import Snapshot, Source, TableInfo
from nl2sql.workspace.workspace import Workspace

__all__ = [
    "Deleted",
    "NameTakenError",
    "NewTable",
    "Retyped",
    "SchemaDiff",
    "Snapshot",
    "Source",
    "TableInfo",
    "Workspace",
]
