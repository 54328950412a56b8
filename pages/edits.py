"""Changes that a person makes on a page: what goes wrong becomes a sentence, and each edit of a grid counts once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import streamlit as st

from nl2sql.errors import WorkbenchError
from pages.drawing import show_error_sentence

_NOTHING = object()


def tried(place: str, change: Callable[[], object]) -> bool:
    """Make a change; True when it was made. What went wrong is shown by `show_problem` of the same place."""
    try:
        change()
    except WorkbenchError as error:
        st.session_state[f"problem-{place}"] = error.sentence
        return False
    st.session_state.pop(f"problem-{place}", None)
    return True


def show_problem(place: str) -> None:
    """Why the last change in that place was not made, if it was not."""
    sentence = st.session_state.get(f"problem-{place}")
    if sentence:
        show_error_sentence(sentence)


def grid_key(name: str) -> str:
    """Key of the editable grid called `name`; call it where the grid is drawn."""
    key = f"{name}-{st.session_state.get(f'turn-{name}', 0)}"
    if key not in st.session_state:
        st.session_state.pop(f"seen-{key}", None)
    return key


def forget_edits(name: str) -> None:
    """Draw the grid called `name` as its rows say, without what was typed into it."""
    st.session_state[f"turn-{name}"] = st.session_state.get(f"turn-{name}", 0) + 1


def new_edits(key: str) -> list[tuple[int, dict[str, Any]]]:
    """What was typed into the grid with that key since the last call: row number and new values by column name."""
    edited: dict[int, dict[str, Any]] = st.session_state[key]["edited_rows"]
    seen = st.session_state.get(f"seen-{key}", {})
    st.session_state[f"seen-{key}"] = copy.deepcopy(dict(edited))
    fresh = []
    for row, values in edited.items():
        before = seen.get(row, {})
        changed = {name: value for name, value in values.items() if before.get(name, _NOTHING) != value}
        if changed:
            fresh.append((int(row), changed))
    return fresh
