"""Strictly increasing times, and the ids made of them."""

from __future__ import annotations

import secrets
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_HIGHEST = 2**62
"""Beyond any honest clock; a damaged file must not push the clock out of 64 bits."""


class StrictClock:
    """Nanoseconds since 1970 that never repeat and never go back, whatever the machine's clock does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        """A time later than every time this clock has given or seen."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return self._last

    def observe(self, stamp: int) -> None:
        """See a time given by another process: what comes next is later than it."""
        with self._lock:
            if stamp < _HIGHEST:
                self._last = max(self._last, stamp)


event_clock = StrictClock()
"""Orders what happens to the log; processes learn each other's latest time from the log (a Lamport clock)."""
_id_clock = StrictClock()


def new_id() -> str:
    """A unique id of 26 lower-case letters and digits; a later id of this process sorts after an earlier one.

    64 bits of time in nanoseconds, then 64 random bits, in base 32 without the letters i, l, o and u.

    >>> first, second = new_id(), new_id()
    >>> len(first), first < second
    (26, True)
    """
    number = _id_clock.next() << 64 | secrets.randbits(64)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
