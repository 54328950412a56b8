"""Every setting of the workbench, its default and its environment variable, in one place."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nl2sql.errors import SettingsError

_CHOICES = {
    "quantization": ("auto", "bf16", "int8", "nf4", "nf4-double"),
    "prompt_order": ("released", "schema-first"),
    "constrained": ("repair", "always", "never"),
}


def _setting(default: Any, variable: str, help: str) -> Any:
    return field(default=default, metadata={"variable": variable, "help": help})


@dataclass(frozen=True)
class Settings:
    """What a person may set. Build it with `Settings.from_environment()`; see docs/settings.md."""

    home: Path = _setting(
        Path.home() / ".nl2sql", "NL2SQL_HOME", "Folder of the workspace: table files, catalog, query log."
    )
    database: Path | None = _setting(
        None, "NL2SQL_DATABASE", "A DuckDB file of your own to ask about; it is opened read-only."
    )
    sample: bool = _setting(True, "NL2SQL_SAMPLE", "Offer the sample company's tables (1) or not (0).")
    import_folder: Path | None = _setting(
        None,
        "NL2SQL_IMPORT",
        "Folder whose files are offered as tables and read in place; unset means `import` in the workspace folder.",
    )
    upload_mb: int = _setting(
        200, "NL2SQL_UPLOAD_MB", "Megabytes that one upload may have; larger files go into the import folder."
    )
    parser: str = _setting(
        "auto",
        "NL2SQL_PARSER",
        "Semantic parser to start with: auto, builtin, sqlcoder-7b-2, llama-3-sqlcoder-8b, duckdb-nsql-7b, omnisql-7b, "
        "t5-wikisql, t5-spider, served.",
    )
    quantization: str = _setting(
        "auto",
        "NL2SQL_QUANTIZATION",
        "How a language model's weights are kept: bf16, int8, nf4, nf4-double; auto: what `nl2sql tune` found fastest, "
        "else nf4, or nf4-double where memory is short.",
    )
    constrained: str = _setting(
        "repair",
        "NL2SQL_CONSTRAINED",
        "Whether a language model run here is kept to SELECTs over names that there are: always, never, or to repair a "
        "statement that does not bind.",
    )
    prompt_order: str = _setting(
        "released",
        "NL2SQL_PROMPT_ORDER",
        "How sqlcoder-7b-2 is asked: released (question first, as trained) or schema-first (tables read once for "
        "all questions; accuracy not measured).",
    )
    server: str = _setting(
        "", "NL2SQL_SERVER", "Address of a server with a language model, as http://localhost:11434/v1; empty: none."
    )
    server_model: str = _setting("", "NL2SQL_SERVER_MODEL", "Name of the model to ask there.")
    server_key: str = _setting("", "NL2SQL_SERVER_KEY", "Key that the server asks for.")
    second_reading: bool = _setting(
        True, "NL2SQL_SECOND_READING", "Have the built-in parser read what a language model answers too (1) or not (0)."
    )
    deadline: float = _setting(30.0, "NL2SQL_DEADLINE", "Seconds that one statement may run.")
    row_limit: int = _setting(10_000, "NL2SQL_ROW_LIMIT", "Rows of a result that are kept and shown.")
    memory_share: float = _setting(
        0.25, "NL2SQL_MEMORY_SHARE", "Share of the machine's memory that one worker process may use, 0 to 1."
    )
    workers: int = _setting(2, "NL2SQL_WORKERS", "Worker processes that run statements.")
    torch_threads: int = _setting(
        0,
        "NL2SQL_TORCH_THREADS",
        "Threads that a semantic parser computes with; 0 means one for the built-in parser, the machine's for others.",
    )
    today: dt.date | None = _setting(
        None, "NL2SQL_TODAY", "Date that counts as today (YYYY-MM-DD); unset means the clock's."
    )
    time_zone: str = _setting("", "NL2SQL_TIME_ZONE", "IANA time zone of «today»; empty means the machine's own.")
    api_token: str = _setting(
        "", "NL2SQL_API_TOKEN", "Bearer token that the HTTP routes ask for; needed when bound beyond loopback."
    )
    allowed_hosts: str = _setting(
        "", "NL2SQL_ALLOWED_HOSTS", "Comma-separated host names, beside loopback, that requests may name."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Read settings from `environment` (default `os.environ`); `overrides` win when not None.

        Raises SettingsError with the variable's name when a value cannot be used.
        """
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for spec in dataclasses.fields(cls):
            variable = spec.metadata["variable"]
            text = source.get(variable, "").strip()
            if text:
                values[spec.name] = _read(spec.name, variable, text)
        values.update({name: value for name, value in overrides.items() if value is not None})
        return cls(**values)._checked()

    def _checked(self) -> Settings:
        bounds = {
            "deadline": (0.1, 3600.0),
            "row_limit": (1, 10_000_000),
            "memory_share": (0.01, 1.0),
            "workers": (1, 64),
            "torch_threads": (0, 256),
            "upload_mb": (1, 100_000),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise SettingsError(f"{variable_of(name)} must lie between {low:g} and {high:g}.")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise SettingsError(f"{variable_of(name)} must be one of {', '.join(choices)}.")
        if self.time_zone:
            try:
                ZoneInfo(self.time_zone)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise SettingsError(f"NL2SQL_TIME_ZONE: {self.time_zone!r} is no known time zone.") from error
        return self

    def as_of(self) -> dt.date:
        """The date that counts as today, in the set time zone."""
        if self.today is not None:
            return self.today
        zone = ZoneInfo(self.time_zone) if self.time_zone else None
        return dt.datetime.now(zone).date()


def variable_of(name: str) -> str:
    """The environment variable that sets the setting `name`.

    >>> variable_of("row_limit")
    'NL2SQL_ROW_LIMIT'
    """
    variable: str = Settings.__dataclass_fields__[name].metadata["variable"]
    return variable


def _read(name: str, variable: str, text: str) -> Any:
    kind = str(Settings.__dataclass_fields__[name].type)
    try:
        if kind.startswith("Path"):
            return Path(text).expanduser()
        if kind == "bool":
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
        if kind.startswith("dt.date"):
            return dt.date.fromisoformat(text)
    except (ValueError, KeyError) as error:
        raise SettingsError(f"{variable} cannot be read: {text!r}.") from error
    return text
