"""A load in the making and what can come of it. Runs outside any page's script, found again by its upload."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nl2sql.engine.base import Cancel
from nl2sql.errors import QueryCancelledError, WorkbenchError
from nl2sql.ingest.base import Loaded, ReadOptions

if TYPE_CHECKING:
    from nl2sql.workspace import SchemaDiff


@dataclass(frozen=True)
class New:
    """Keep the file as a new table called `name`; empty: as the file suggests, numbered where that is taken."""

    name: str = ""


@dataclass(frozen=True)
class Replace:
    """Let the file take the place of the rows of the table `name`."""

    name: str


@dataclass(frozen=True)
class Append:
    """Add the file's rows to the table `name`."""

    name: str


Target = New | Replace | Append


@dataclass(frozen=True)
class Kept:
    """The file is a table now. `diff` says what a replace or append changed; `unanswerable` are the questions of
    verified examples whose SQL does not fit the table any more."""

    table: str
    loaded: Loaded
    diff: SchemaDiff | None = None
    unanswerable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Misfit:
    """Nothing was kept: some values or rows do not fit, and it was to be asked what to do with them."""

    loaded: Loaded


@dataclass(frozen=True)
class Failed:
    """Nothing was kept. `sentence` says why."""

    sentence: str


@dataclass(frozen=True)
class Cancelled:
    """Nothing was kept: a person stopped the load."""


Outcome = Kept | Misfit | Failed | Cancelled


class LoadJob:
    """A load that runs, or waits for its turn. `share` (0 to 1) and `rows` say how far it is."""

    def __init__(self, id: str, upload_id: str, target: Target, options: ReadOptions = ReadOptions()) -> None:  # noqa: B008
        self.id = id
        self.upload_id = upload_id
        self.target = target
        self.options = options
        self.share = 0.0
        self.rows = 0
        self.started_at = time.monotonic()
        self.cancel_signal = Cancel()
        self._done = threading.Event()
        self._outcome: Outcome | None = None

    @property
    def outcome(self) -> Outcome | None:
        """What came of it, None while it runs."""
        return self._outcome

    @property
    def running(self) -> bool:
        """True until there is an outcome."""
        return not self._done.is_set()

    @property
    def running_for(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self.started_at

    def cancel(self) -> None:
        """Stop the load; nothing of it is kept."""
        self.cancel_signal.set()

    def wait(self, timeout: float | None = None) -> Outcome | None:
        """The outcome, or None when `timeout` seconds have passed."""
        self._done.wait(timeout)
        return self._outcome

    def report(self, share: float, rows: int) -> None:
        """Take note of how far the load is."""
        self.share, self.rows = max(self.share, min(share, 1.0)), max(self.rows, rows)

    def run(self, work: Callable[[], Outcome]) -> None:
        """Do `work`, unless it was stopped before its turn came; whatever goes wrong becomes the outcome."""
        outcome: Outcome = Failed("Something went wrong inside the workbench; the details are in its terminal.")
        self.started_at = time.monotonic()
        try:
            outcome = Cancelled() if self.cancel_signal.is_set() else work()
        except QueryCancelledError:
            outcome = Cancelled()
        except WorkbenchError as error:
            outcome = Failed(error.sentence)
        finally:
            self._outcome = outcome
            self._done.set()
