"""How a DuckDB instance is shut, so that whatever runs on it reaches no network and no file that it was not given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from nl2sql.schema import literal

SHUT: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
}
"""Settings that every instance starts with: nothing comes from elsewhere, neither code nor secrets nor variables."""


def lock_down(
    connection: duckdb.DuckDBPyConnection, reachable: Iterable[Path] = (), changeable: Iterable[str] = ()
) -> None:
    """From here on the instance reads what is attached and touches only the files and folders in `reachable`; of its
    settings only those in `changeable` can be changed. Raises duckdb.Error."""
    paths = tuple(reachable)
    _set(connection, "allowed_configs", changeable)
    _set(connection, "allowed_paths", (str(path) for path in paths if path.is_file()))
    _set(connection, "allowed_directories", (str(path) for path in paths if path.is_dir()))
    connection.execute("SET enable_external_access=false")
    if not paths:
        connection.execute("SET disabled_filesystems='LocalFileSystem'")
    connection.execute("SET lock_configuration=true")


def _set(connection: duckdb.DuckDBPyConnection, name: str, values: Iterable[str]) -> None:
    listed = ", ".join(map(literal, values))
    if listed:
        connection.execute(f"SET {name}=[{listed}]")
