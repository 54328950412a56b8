"""Time expressions in English: found in a question, kept relative, turned into half-open bounds for a given day."""

from nl2sql.dates.bounds import bounds, describe, phrase
from nl2sql.dates.earlier_forms import period_before
from nl2sql.dates.find import DateMention, ends_of, find_dates
from nl2sql.dates.period import Period, from_text, to_text
from nl2sql.dates.relative_forms import IMPLIED, implied_side

__all__ = [
    "IMPLIED",
    "DateMention",
    "Period",
    "bounds",
    "describe",
    "ends_of",
    "find_dates",
    "from_text",
    "implied_side",
    "period_before",
    "phrase",
    "to_text",
]
