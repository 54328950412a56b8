"""Which type holds the values of two columns without losing any. Knows types only; values are looked at elsewhere."""

from __future__ import annotations

import re

from nl2sql.schema import Column

_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_DIGITS = dict(zip(_SIGNED, (3, 5, 10, 19, 39), strict=True))
_UNSIGNED_IN = {
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "HUGEINT",
}
_UNSIGNED = tuple(_UNSIGNED_IN)
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_MOST_DIGITS = 38
_FLOATS = ("FLOAT", "DOUBLE")
_NAIVE_TIMES = ("DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS")


def widened(old: str, new: str) -> str | None:
    """The type for a column of type `old` to which values of type `new` are added; None when there is none.

    Where it is another type than either, whoever uses it must still look that each value comes back as it was:
    a DOUBLE has no room for every number. Text is only added to text.

    >>> widened("INTEGER", "BIGINT"), widened("DECIMAL(18,2)", "DECIMAL(9,4)"), widened("VARCHAR", "DATE")
    ('BIGINT', 'DECIMAL(20,4)', 'VARCHAR')
    >>> widened("BIGINT", "VARCHAR") is None
    True
    """
    if old == new:
        return old
    if old == "VARCHAR":
        return None if Column("", new).family == "other" else old
    if old in _NAIVE_TIMES and new in _NAIVE_TIMES:
        later = max(old, new, key=_NAIVE_TIMES.index)
        return "TIMESTAMP" if later in ("TIMESTAMP_S", "TIMESTAMP_MS") else later
    return _wider_number(old, new)


def _wider_number(old: str, new: str) -> str | None:
    if old in _UNSIGNED and new in _UNSIGNED:
        return max(old, new, key=_UNSIGNED.index)
    signed = tuple(_UNSIGNED_IN.get(kind, kind) for kind in (old, new))
    if all(kind in _SIGNED for kind in signed):
        return max(signed, key=_SIGNED.index)
    if any(kind in _FLOATS for kind in signed):
        return "DOUBLE" if all(kind in _FLOATS or _room(kind) for kind in signed) else None
    rooms = [_room(kind) for kind in signed]
    before = max((room[0] for room in rooms if room), default=0)
    after = max((room[1] for room in rooms if room), default=0)
    if None in rooms or after > _MOST_DIGITS:
        return None
    return f"DECIMAL({min(before + after, _MOST_DIGITS)},{after})"


def _room(kind: str) -> tuple[int, int] | None:
    """Digits before and after the decimal point of an exact number type."""
    if kind in _DIGITS:
        return _DIGITS[kind], 0
    found = _DECIMAL.fullmatch(kind)
    return (int(found[1]) - int(found[2]), int(found[2])) if found else None
