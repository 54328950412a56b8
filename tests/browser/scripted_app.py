"""The real app with a scripted parser in the place of the trained one; run by `streamlit run`, for tests only.

A file whose name begins with `slow` takes until somebody stops it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from nl2sql import ingest  # noqa: E402
from nl2sql.api import routes  # noqa: E402
from nl2sql.errors import QueryCancelledError  # noqa: E402
from nl2sql.parsers import registry  # noqa: E402
from pages import resources  # noqa: E402
from tests.browser.answers import ANSWERS  # noqa: E402
from tests.fakes import ScriptedParser  # noqa: E402

load = ingest.load


def load_or_wait(path, options, staged, *, file_name=None, progress=None, cancel=None, **limits):
    """Load a file; wait for a cancel instead where its name begins with `slow`."""
    if not (file_name or "").startswith("slow"):
        return load(path, options, staged, file_name=file_name, progress=progress, cancel=cancel, **limits)
    progress(0.42, 1_234_567)
    cancel.wait(600)
    raise QueryCancelledError("Stopped.")


ingest.load = load_or_wait
registry.load = lambda name, settings: ScriptedParser(ANSWERS, name=registry.resolve(name, settings))
resources.use_navigation_only()
app = st.App(ROOT / "streamlit_app.py", routes=routes(resources.workbench))
