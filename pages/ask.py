"""The Ask page: a question (or one's own SQL) goes in, the answer comes out, and its link brings it back."""

from __future__ import annotations

import streamlit as st

from nl2sql.answers import Answer, Job
from nl2sql.errors import WorkbenchError
from nl2sql.examples import example_questions
from nl2sql.pipeline import Workbench
from pages import answer, drafts, follow_up, parser_picker, resources, tables_panel
from pages.drawing import plain, show_error

QUESTION, SQL = "Question", "SQL"
QUICK_SECONDS = 0.4  # an answer that takes no longer is shown without a word about the waiting


def ask() -> None:
    """Start on the question in the box."""
    question = st.session_state.question.strip()
    if question:
        close_editor()
        follow(bench.start(question, parser=st.session_state.answering, scope=st.session_state.asked_about))


def ask_follow_up(id: str) -> None:
    """Start on the follow-up in the box under an answer; it follows the answer called `id`."""
    question = st.session_state.follow_up.strip()
    if question:
        drafts.sent("follow_up")
        st.session_state.follow_up = ""
        close_editor()
        chosen, scope = st.session_state.answering, st.session_state.asked_about
        follow(bench.start(question, parser=chosen, scope=scope, follows=id))


def ask_example(question: str) -> None:
    """Put an example into the box and start on it."""
    st.session_state.question = question
    ask()


def run_editor(instead_of: Answer | None) -> None:
    """Run what is in the editor: in the place of an answer's SQL, or as SQL of one's own."""
    if st.session_state.sql.strip():
        follow(bench.start_sql(st.session_state.sql, instead_of=instead_of))


def run_reading(sql: str, instead_of: Answer) -> None:
    """Take another reading of an answer's question."""
    job = bench.start_sql(sql, instead_of=instead_of)
    follow(job)
    st.session_state.setdefault("came_from", {})[job.id] = instead_of.id


def edit(sql: str) -> None:
    """Open the editor with an answer's SQL: under the answer, or at the top when no question led to it."""
    shown = bench.job(st.session_state.get("answer_id", ""))
    st.session_state.sql = sql
    st.session_state.editing = shown is not None and bool(shown.question)
    if not st.session_state.editing:
        st.session_state.mode = SQL


def close_editor() -> None:
    """Put the editor under the answer away."""
    st.session_state.sql = ""
    st.session_state.editing = False


def follow(job: Job) -> None:
    """Show `job` from now on; what this session was waiting for before is stopped."""
    before = bench.job(st.session_state.get("answer_id", ""))
    if before is not None and before.answer is None:
        before.cancel()
    show(job.id)


def show(id: str) -> None:
    """Show the answer called `id`, and put it into the address."""
    st.session_state.answer_id = id
    st.query_params["answer"] = id


def wanted_job() -> Job | None:
    """The job that the address names, else the one this session showed last."""
    linked = st.query_params.get("answer")
    id = linked or st.session_state.get("answer_id")
    if not id:
        return None
    try:
        job = bench.reopen(id)
    except WorkbenchError as error:
        show_error(error)
        return None
    if job is None:
        st.info("The query log has no answer with this link.", icon=":material/link_off:")
        return None
    if st.session_state.get("answer_id") not in (None, id):
        close_editor()
    if st.session_state.get("answer_id") != id and not st.session_state.get("question"):
        led = follow_up.led_to(bench, job)
        st.session_state.question = led[0].question if led else job.question
    show(id)
    return job


def draw_question_box() -> None:
    """The question box: Enter asks, and what is typed is kept in the address."""
    with st.form("ask", border=False):
        st.text_input(
            "Question",
            key="question",
            bind="query-params",
            label_visibility="collapsed",
            placeholder="Type a question about your tables",
            icon=":material/search:",
        )
        st.form_submit_button("Ask", type="primary", icon=":material/send:", on_click=ask)


def draw_editor(instead_of: Answer | None = None) -> None:
    """The editor for SQL: Ctrl+Enter runs, and what is typed is kept in the address."""
    with st.form("run", border=False):
        st.text_area(
            "SQL",
            key="sql",
            bind="query-params",
            height=180,
            label_visibility="collapsed",
            placeholder="One SELECT over the tables; it can only read",
        )
        with st.container(horizontal=True):
            label = "Run again" if instead_of else "Run"
            st.form_submit_button(
                label, type="primary", icon=":material/play_arrow:", on_click=run_editor, args=(instead_of,)
            )
            if instead_of:
                st.form_submit_button("Close", type="tertiary", icon=":material/close:", on_click=close_editor)


def draw_examples(bench: Workbench) -> None:
    """Questions to click, made from the tables in scope."""
    questions = example_questions(schema if scope is None else schema.narrowed(scope))
    if not questions:
        return
    st.caption("For example")
    with st.container(horizontal=True, gap="small"):
        for position, question in enumerate(questions):
            st.button(plain(question, 120), key=f"example-{position}", on_click=ask_example, args=(question,))


st.title("Ask your tables", anchor=False)
try:
    with st.spinner("Preparing the tables"):
        bench = resources.workbench()
    schema = bench.snapshot().schema
except WorkbenchError as error:
    show_error(error)
    st.stop()

scope = tables_panel.draw(bench, schema)
st.session_state.asked_about = scope
if not schema.tables:
    st.info(
        "Add a file of yours on the Data page, or show the sample company's tables there.",
        title="There is no table to ask about",
        icon=":material/table_view:",
    )
    st.page_link("pages/data.py", label="Add files", icon=":material/database:")
    st.stop()

drafts.recall("question", "sql", "follow_up")
asked_mode = st.query_params.get("mode")
st.session_state.setdefault("mode", asked_mode if asked_mode in (QUESTION, SQL) else QUESTION)
st.session_state.setdefault("editing", bool(st.query_params.get("sql")))
bar, box = st.container(horizontal=True, horizontal_alignment="distribute"), st.container()
job = wanted_job()
with bar:
    mode = st.segmented_control(
        "What to type", (QUESTION, SQL), key="mode", bind="query-params",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    if mode != SQL:
        chosen = parser_picker.choose(bench.settings)
with box:
    if mode != SQL:
        draw_question_box()
        st.session_state.answering = parser_picker.resolve(chosen, bench.settings)
    else:
        draw_editor()

led = follow_up.led_to(bench, job) if job is not None else ()
follow_up.draw_path(led, show)
if job is None:
    if mode != SQL:
        draw_examples(bench)
elif (finished := job.wait(QUICK_SECONDS)) is None:
    answer.draw_busy(job)
else:
    earlier = st.session_state.get("came_from", {}).get(job.id)
    if earlier:
        st.button("Back to all readings", icon=":material/arrow_back:", on_click=show, args=(earlier,))
    editing = st.session_state.editing and mode != SQL and bool(finished.question)
    answer.draw(bench, finished, run_reading, edit if mode != SQL else None, draw_editor if editing else None)
    if mode != SQL:
        follow_up.draw_box(finished, led, ask_follow_up)
drafts.keep("question", "sql", "follow_up")
