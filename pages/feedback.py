"""The question «Was this SQL correct?», and what would have been right."""

from __future__ import annotations

import streamlit as st

from nl2sql.errors import WorkbenchError
from nl2sql.pipeline import Workbench
from nl2sql.query_log import Feedback
from pages.drawing import one_line, show_error, show_error_sentence


def draw(bench: Workbench, id: str, sql: str) -> None:
    """Ask about the record called `id`, whose SQL is `sql`; nothing is drawn when the query log has no such record."""
    given = _given(bench, id)
    if given is None:
        return
    key = f"thumbs-{id}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Was this SQL correct?", width="content")
        default = None if given.verdict is None else int(given.verdict == "up")
        st.feedback("thumbs", key=key, default=default, on_change=_rate, args=(bench, id, key))
    unsaved = st.session_state.get(f"unsaved-{id}")
    if unsaved:
        show_error_sentence(unsaved)
    elif given.verdict is not None:
        st.caption("Noted in the query log.")
    if given.verdict == "down" or st.session_state.get(key) == 0:
        _correction(bench, id, sql, given)


def _given(bench: Workbench, id: str) -> Feedback | None:
    """What was said about a record before, read once a session; None when the query log has no such record."""
    key = f"given-{id}"
    if key not in st.session_state:
        try:
            record = bench.log.get(id)
        except WorkbenchError as error:
            show_error(error)
            return None
        if record is None:
            return None
        st.session_state[key] = record.feedback
    given: Feedback = st.session_state[key]
    return given


def _rate(bench: Workbench, id: str, key: str) -> None:
    given: Feedback = st.session_state[f"given-{id}"]
    match st.session_state.get(key):
        case 1:
            _save(bench, id, Feedback("up"))
        case 0:
            _save(bench, id, Feedback("down", given.corrected_sql, given.comment))
        case _:
            _save(bench, id, Feedback())


def _save(bench: Workbench, id: str, feedback: Feedback) -> None:
    try:
        bench.log.rate(id, feedback.verdict, feedback.corrected_sql, feedback.comment)
    except WorkbenchError as error:
        st.session_state[f"unsaved-{id}"] = error.sentence
        return
    st.session_state.pop(f"unsaved-{id}", None)
    st.session_state[f"given-{id}"] = feedback


def _correction(bench: Workbench, id: str, sql: str, given: Feedback) -> None:
    sql_key, comment_key = f"corrected-{id}", f"comment-{id}"
    st.session_state.setdefault(sql_key, given.corrected_sql or "")
    st.session_state.setdefault(comment_key, given.comment or "")

    def save() -> None:
        corrected, comment = st.session_state[sql_key].strip(), st.session_state[comment_key].strip()
        _save(bench, id, Feedback("down", corrected or None, comment or None))
        if f"unsaved-{id}" not in st.session_state:
            st.toast("Saved in the query log.", icon=":material/check:")

    with st.form(f"correction-{id}"):
        st.caption("If you like, say what would have been right.")
        st.text_area("Correct SQL", key=sql_key, persist_state="session", placeholder=one_line(sql), max_chars=50_000)
        st.text_input("Comment", key=comment_key, persist_state="session", max_chars=2_000)
        st.form_submit_button("Save", icon=":material/save:", on_click=save)
