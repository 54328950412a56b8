"""What the form of a column is decided from, and what is decided: shared by numbers, dates and all other values."""

from __future__ import annotations

from dataclasses import dataclass

from nl2sql.ingest.base import DateOrder, DecimalMark, Finding
from nl2sql.ingest.forms import Form


@dataclass(frozen=True)
class Context:
    """What is known of the whole file: it decides where a column alone could be read in two ways."""

    mark: DecimalMark | None = None
    order: DateOrder | None = None
    european: bool = False
    """Semicolons or decimal commas: days come before months, more likely than not."""
    mark_chosen: bool = False
    order_chosen: bool = False
    null_words: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Decided:
    """The form of a column and what a person should know of it."""

    form: Form
    findings: tuple[Finding, ...] = ()
    id_like: bool = False
    """It is kept as text because its digits name something (leading zeros, too many digits)."""
