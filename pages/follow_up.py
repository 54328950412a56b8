"""Follow-ups: the questions that led to an answer, each a way back to its own, and the box for the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from nl2sql.answers import Answer, Job
from nl2sql.errors import WorkbenchError
from nl2sql.pipeline import Workbench
from pages.drawing import plain, show_error


@dataclass(frozen=True)
class Led:
    """An answer that led to a follow-up: its id and its question."""

    id: str
    question: str


def led_to(bench: Workbench, job: Job) -> tuple[Led, ...]:
    """The answers that led to that of `job`, the oldest first; looked up once a session."""
    key = f"led-to-{job.id}"
    if key not in st.session_state:
        try:
            found = bench.earlier(job.follows)
        except WorkbenchError as error:
            show_error(error)
            return ()
        st.session_state[key] = tuple(Led(one.id, one.question or "Your own SQL") for one in found)
    led: tuple[Led, ...] = st.session_state[key]
    return led


def draw_path(led: tuple[Led, ...], show: Callable[[str], None]) -> None:
    """The questions before a follow-up in a quiet line; a click on one shows its answer."""
    if not led:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="path"):
        st.caption("Follow-up to", width="content")
        for position, one in enumerate(led):
            if position:
                st.caption(":material/chevron_right:", width="content")
            label = f":small[{plain(one.question, 60)}]"
            st.button(label, key=f"led-{position}", type="tertiary", on_click=show, args=(one.id,))


def draw_box(answer: Answer, led: tuple[Led, ...], ask: Callable[[str], None]) -> None:
    """The box under an answer: Enter asks, and what is typed is kept in the address.

    `ask` is called with the id of the answer to follow. A follow-up that led to no SQL is there again, to be put in
    other words.
    """
    if not answer.question or not (answer.sql or led):
        return
    if not answer.sql and st.session_state.get("put_back") != answer.id:
        st.session_state.put_back = answer.id
        st.session_state.follow_up = st.session_state.get("follow_up") or answer.question
    target = answer.id if answer.sql else led[-1].id
    with (
        st.form("follow", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Ask a follow-up",
            key="follow_up",
            bind="query-params",
            placeholder="Only for 2023, by region, the top 10 instead …",
            icon=":material/subdirectory_arrow_right:",
        )
        st.form_submit_button("Follow up", icon=":material/send:", on_click=ask, args=(target,))
