"""The one tree of errors. Every message is a sentence that a person may read; none carries a traceback or a path."""

from __future__ import annotations


class WorkbenchError(Exception):
    """Root of everything that the workbench raises on purpose. `str(error)` is fit to be shown."""

    @property
    def sentence(self) -> str:
        """The message as shown to a person."""
        return str(self)


class SettingsError(WorkbenchError):
    """A setting has a value that cannot be used."""


class WorkspaceError(WorkbenchError):
    """The workspace folder, its catalog or a table file cannot be used."""


class DatabaseError(WorkspaceError):
    """A person's own DuckDB file cannot be opened: missing, locked, encrypted, too old, or no DuckDB file."""


class NameTakenError(WorkspaceError):
    """A table or column of that name is there already. `suggestion` is a name that is free."""

    def __init__(self, sentence: str, suggestion: str) -> None:
        super().__init__(sentence)
        self.suggestion = suggestion


class RefusedError(WorkbenchError):
    """The guard refused a statement: it is not exactly one SELECT that only reads known tables."""


class EngineError(WorkbenchError):
    """The engine failed on an accepted statement (unknown column, division, type, out of memory, ...)."""


class QueryTimeoutError(EngineError):
    """The statement ran past its deadline and was stopped."""


class QueryCancelledError(EngineError):
    """A person stopped the statement."""


class ParserError(WorkbenchError):
    """A semantic parser could not do its work."""


class ParserUnavailableError(ParserError):
    """A semantic parser cannot run on this machine, or its weights are not at hand. Says why and what to do."""


class DeclinedError(ParserError):
    """No table answers the question. Says what is missing and what is nearest."""


class QueryLogError(WorkbenchError):
    """The query log cannot be read or written."""
