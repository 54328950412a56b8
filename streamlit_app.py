"""The page frame, and the app with its HTTP routes: `streamlit run streamlit_app.py` serves both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from pages import resources

if __name__ != "__main__":
    # Imported by the server, which looks for an app with routes of its own.
    from nl2sql.api import routes

    @asynccontextmanager
    async def warm(_: st.App) -> AsyncIterator[None]:
        """Get ready while the first browser opens its page."""
        resources.warm_up()
        yield

    resources.use_navigation_only()
    app = st.App(__file__, routes=routes(resources.workbench), lifespan=warm)
else:
    # Run for each page that somebody has open.
    st.set_page_config(
        page_title="nl2sql workbench", page_icon=Path(__file__).parent / "pages" / "icon.svg", layout="wide"
    )
    page = st.navigation(
        [
            st.Page("pages/ask.py", title="Ask", icon=":material/forum:", default=True),
            st.Page("pages/data.py", title="Data", icon=":material/database:"),
            st.Page("pages/query_log.py", title="Query log", icon=":material/history:"),
        ],
        position="top",
    )
    page.run()
