"""The guard: says whether a text is exactly one statement that only reads known tables, and why not if it is not."""

from nl2sql.guard.check import MAX_LENGTH, GuardVerdict, check_select
from nl2sql.guard.pivot import DynamicPivot
from nl2sql.guard.text import format_sql

__all__ = ["MAX_LENGTH", "DynamicPivot", "GuardVerdict", "check_select", "format_sql"]
