"""What pages and routes share: one workbench, its parsers, the downloads. Streamlit's resource cache holds them."""

from __future__ import annotations

import importlib
import logging
import threading

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from nl2sql.engine.base import Cancel
from nl2sql.errors import QueryCancelledError, WorkbenchError
from nl2sql.parsers import registry, weights
from nl2sql.parsers.base import SemanticParser
from nl2sql.parsers.registry import Availability
from nl2sql.pipeline import Workbench
from nl2sql.settings import Settings


def use_navigation_only() -> None:
    """Have a new server offer the pages of `st.navigation` from its first visitor on.

    Until `st.navigation` has run once, Streamlit takes every file in `pages/` for a page of its own, and a first visit
    to an address such as /data would run that file without its frame.
    """
    PagesManager.uses_pages_directory = False


@st.cache_resource(show_spinner=False)
def workbench() -> Workbench:
    """The workbench of this process. Raises WorkbenchError when settings or workspace cannot be used."""
    st.secrets.load_if_toml_exists()  # its plain entries become environment variables: a server's key may lie there
    return Workbench(Settings.from_environment(), parser)


def parser(name: str) -> SemanticParser:
    """The loaded parser that `name` stands for; a language model takes the place of the one before it."""
    settings = workbench().settings
    resolved = registry.resolve(name, settings)
    return _builtin(settings) if resolved == registry.BUILTIN else _language_model(resolved, settings)


def release_language_model() -> None:
    """Give back the memory of the language model, if one is loaded."""
    _language_model.clear()


@st.cache_resource(show_spinner=False, hash_funcs={Settings: repr})
def _builtin(settings: Settings) -> SemanticParser:
    return registry.load(registry.BUILTIN, settings)


@st.cache_resource(
    show_spinner=False, hash_funcs={Settings: repr}, max_entries=1, on_release=lambda model: model.close()
)
def _language_model(name: str, settings: Settings) -> SemanticParser:
    return registry.load(name, settings)


@st.cache_data(show_spinner=False, ttl=10, hash_funcs={Settings: repr})
def availability(name: str, settings: Settings) -> Availability:
    """Whether the parser `name` can answer on this machine; measured at most every ten seconds."""
    return registry.availability(name, settings)


def warm_up() -> None:
    """Make ready what first page and first question need, in the order they need it, in a thread of its own."""

    def load() -> None:
        try:
            bench = workbench()
            parser(bench.settings.parser)  # while the engine's first worker process starts
            bench.values(bench.snapshot())
            importlib.import_module("pandas")  # st.dataframe needs it
        except WorkbenchError as error:
            logging.getLogger(__name__).warning("%s", error.sentence)

    threading.Thread(target=load, name="warm-up", daemon=True).start()


class Download:
    """Weights on their way, in a thread of its own. `share` is what has arrived, 0 to 1."""

    def __init__(self, model: str) -> None:
        self.share = 0.0
        self.error: str | None = None
        self._cancel = Cancel()
        self._thread = threading.Thread(target=self._run, args=(model,), name=f"download-{model}", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """True until the weights are there, or something went wrong, or somebody stopped it."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop; what has arrived is kept."""
        self._cancel.set()

    def _run(self, model: str) -> None:
        try:
            weights.download(model, self._report, self._cancel)
        except QueryCancelledError:
            return
        except WorkbenchError as error:
            self.error = error.sentence

    def _report(self, share: float) -> None:
        self.share = share


@st.cache_resource(show_spinner=False)
def downloads() -> dict[str, Download]:
    """The latest download of each parser, by the parser's name; all sessions see the same."""
    return {}
