"""From a file that a person has to a table of the workspace: uploads that survive, load jobs, and what came of them."""

from __future__ import annotations

from nl2sql.loading.jobs import Append, Cancelled, Failed, Kept, LoadJob, Misfit, New, Outcome, Replace, Target
from nl2sql.loading.loader import Loader
from nl2sql.loading.uploads import Upload, Uploads

__all__ = [
    "Append", "Cancelled", "Failed", "Kept", "LoadJob", "Loader", "Misfit", "New", "Outcome", "Replace", "Target",
    "Upload", "Uploads",
]  # fmt: skip
