"""Which semantic parser answers: one click to switch, and the way to a language model's weights."""

from __future__ import annotations

import streamlit as st

from nl2sql.errors import ParserError
from nl2sql.parsers import registry
from nl2sql.parsers.registry import Availability
from nl2sql.settings import Settings
from pages import resources
from pages.drawing import parser_words, plain, show_error_sentence


def choose(settings: Settings) -> str:
    """Draw the choice; the name that is chosen."""
    offered = registry.offered(settings)
    names = offered if settings.parser in offered else (*offered, settings.parser)
    st.session_state.setdefault("parser", settings.parser)
    chosen: str | None = st.segmented_control(
        "Semantic parser",
        names,
        key="parser",
        persist_state="session",
        required=True,
        format_func=lambda name: plain(parser_words(name), 60),
        on_change=_changed,
        label_visibility="collapsed",
    )
    return chosen or settings.parser


def resolve(chosen: str, settings: Settings) -> str:
    """The parser that will answer: the built-in one where the chosen one cannot; says why, and offers a download."""
    try:
        found = resources.availability(chosen, settings)
    except ParserError as error:
        show_error_sentence(f"{error.sentence} The built-in parser answers instead.")
        return registry.BUILTIN
    if not found.ready:
        _missing(found)
        return registry.BUILTIN
    if not found.well or chosen == registry.SERVED:
        st.caption(plain(found.sentence))
    return chosen


def _changed() -> None:
    """A language model takes gigabytes: give them back as soon as another parser is chosen."""
    resources.release_language_model()


def _missing(found: Availability) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(parser_words(found.name), 60)} cannot answer yet.** {plain(found.sentence)}")
        download = resources.downloads().get(found.name)
        if download is not None and download.running:
            _progress(found.name)
        elif found.can_download:
            _offer(found)
            if download is not None and download.error:
                show_error_sentence(download.error)
        st.caption("Until then the built-in parser answers.")


def _offer(found: Availability) -> None:
    size = f"{found.download_bytes / 1e9:.1f} GB" if found.download_bytes else "an unknown size"
    st.text(f"Download: {size}\nTo: {found.target}\nFree there: {found.free_bytes / 1e9:.1f} GB")
    st.button(
        "Download",
        icon=":material/download:",
        key="download",
        on_click=lambda: resources.downloads().update({found.name: resources.Download(_model(found.name))}),
    )


def _model(name: str) -> str:
    return registry.spec_of(name).model


@st.fragment(run_every=0.5)
def _progress(name: str) -> None:
    download = resources.downloads()[name]
    if not download.running:
        resources.availability.clear()
        st.rerun()
    st.progress(download.share, f"{download.share:.0%} of the weights are here")
    st.button("Stop the download", icon=":material/stop_circle:", key="stop-download", on_click=download.stop)
