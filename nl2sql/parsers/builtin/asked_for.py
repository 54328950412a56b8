"""What a question asks for in so many words: totals named in a row, the second or third by something.

Knows no readings.
"""

from __future__ import annotations

import re

_TOTALS = {
    "average": "avg", "mean": "avg", "avg": "avg", "minimum": "min", "min": "min", "maximum": "max", "max": "max",
    "total": "sum", "sum": "sum",
}  # fmt: skip
_TOTAL = rf"(?:{'|'.join(_TOTALS)})"
_ROW = re.compile(rf"\b{_TOTAL}(?:\s*(?:,|,\s*and|and|&)\s*(?:the\s+)?{_TOTAL})+\b")
_PLACES = {"second": "second|2nd|number two", "third": "third|3rd|number three"}
_PLACED = {
    place: re.compile(
        rf"\b(?:{words})[ -](?:most|least|best|worst|(?!quest|west|rest|guest|test|interest)\w{{2,}}est)\b"
        rf"|\b(?:comes?|came|placed|ranks?|ranked|finished|is|was) (?:in )?(?:{words})\b"
        r"(?! (?:party|hand|year|quarter))"
    )
    for place, words in _PLACES.items()
}
_RUNNER_UP = re.compile(r"\brunners?[ -]?up\b")


def totals_in_a_row(question: str) -> frozenset[str]:
    """The aggregates that a question names side by side, two or more.

    >>> sorted(totals_in_a_row("average, minimum and total price"))
    ['avg', 'min', 'sum']
    >>> totals_in_a_row("the total of the average price")
    frozenset()
    """
    rows = _ROW.findall(question.casefold())
    return frozenset(_TOTALS[word] for row in rows for word in re.findall(rf"\b{_TOTAL}\b", row))


def place_asked_for(question: str) -> str:
    """Whether a question asks for the "second" or the "third" by something; empty where it does not.

    >>> place_asked_for("the second cheapest"), place_asked_for("who ranks third?"), place_asked_for("second quarter")
    ('second', 'third', '')
    """
    said = question.casefold()
    if _RUNNER_UP.search(said):
        return "second"
    return next((place for place, form in _PLACED.items() if form.search(said)), "")
