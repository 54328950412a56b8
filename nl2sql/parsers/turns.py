"""Lets one thread at a time use a model, first come, first served, and lets those who wait go. Knows no model."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from nl2sql.engine.base import Cancel
from nl2sql.errors import QueryCancelledError


class Turns:
    """Lets one thread in at a time, in the order in which they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()

    @contextmanager
    def turn(self, cancel: Cancel | None = None) -> Iterator[None]:
        """Wait for one's turn and hold it. Raises QueryCancelledError, at most 20 ms after `cancel` was set."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket:
                    if cancel is not None and cancel.is_set():
                        raise QueryCancelledError("Stopped.")
                    self._changed.wait(0.02)
            except BaseException:
                self._leave(ticket)
                raise
        try:
            yield
        finally:
            with self._changed:
                self._leave(ticket)

    def _leave(self, ticket: object) -> None:
        self._waiting.remove(ticket)
        self._changed.notify_all()
