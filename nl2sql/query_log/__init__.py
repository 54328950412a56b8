"""The query log: every question with its SQL, outcome and feedback; survives a kill and serves several processes."""

from __future__ import annotations

from nl2sql.query_log.clock import new_id
from nl2sql.query_log.log import QueryLog
from nl2sql.query_log.records import (
    Feedback,
    LogFilter,
    LoggedCandidate,
    LogPage,
    LogStatistics,
    Record,
    Status,
    Verdict,
)

__all__ = [
    "Feedback",
    "LogFilter",
    "LogPage",
    "LogStatistics",
    "LoggedCandidate",
    "QueryLog",
    "Record",
    "Status",
    "Verdict",
    "new_id",
]
