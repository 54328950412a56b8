"""The real app with a scripted parser in the place of the trained one; run by `streamlit run`, for tests only."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from nl2sql.api import routes  # noqa: E402
from nl2sql.parsers import registry  # noqa: E402
from pages import resources  # noqa: E402
from tests.browser.answers import ANSWERS  # noqa: E402
from tests.fakes import ScriptedParser  # noqa: E402

registry.load = lambda name, settings: ScriptedParser(ANSWERS, name=registry.resolve(name, settings))
resources.use_navigation_only()
app = st.App(ROOT / "streamlit_app.py", routes=routes(resources.workbench))
