"""The Query log page: every question with its outcome, to find again, judge, open or delete."""

from __future__ import annotations

import math

import streamlit as st

from nl2sql.errors import WorkbenchError
from nl2sql.guard import format_sql
from nl2sql.parsers import registry
from nl2sql.query_log import LogFilter, LogStatistics, Record
from pages import feedback, resources
from pages.drawing import (
    confidence_words,
    local_time,
    one_line,
    parser_words,
    plain,
    seconds_words,
    show_error,
    show_error_sentence,
    tokens_words,
)

PER_PAGE = 20
STATUSES = {
    "ok": (":material/check_circle:", "Answered"),
    "refused": (":material/shield:", "Refused"),
    "failed": (":material/error:", "Failed"),
    "timeout": (":material/timer_off:", "Stopped at its deadline"),
    "declined": (":material/search_off:", "No answer"),
    "cancelled": (":material/stop_circle:", "Stopped"),
}
VERDICTS = {"up": "Correct", "down": "Not correct", "none": "Not judged"}
ORIGINS = {"ask": "a question", "sql": "own SQL", "api": "over HTTP", "cli": "from the command line"}
THUMBS = {"up": " :material/thumb_up:", "down": " :material/thumb_down:", None: ""}


def draw_filters() -> LogFilter:
    """The filters above the list."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Find", key="log_text", type="search", persist_state="session", live=True, on_change=first_page,
            placeholder="Words of a question or of its SQL", icon=":material/search:", width=360,
        )  # fmt: skip
        status = st.selectbox(
            "Outcome", list(STATUSES), index=None, key="log_status", persist_state="session", placeholder="Any",
            format_func=lambda status: STATUSES[status][1], on_change=first_page, width=190,
        )  # fmt: skip
        verdict = st.selectbox(
            "Verdict", list(VERDICTS), index=None, key="log_verdict", persist_state="session", placeholder="Any",
            format_func=VERDICTS.__getitem__, on_change=first_page, width=160,
        )  # fmt: skip
        parser = st.selectbox(
            "Parser", [spec.name for spec in registry.PARSERS], index=None, key="log_parser",
            persist_state="session", placeholder="Any", format_func=parser_words, on_change=first_page, width=190,
        )  # fmt: skip
    return LogFilter(text=(text or "").strip(), status=status, verdict=verdict, parser=parser)


def first_page() -> None:
    """Another filter starts at its newest records."""
    st.session_state.log_page = 1


def counts(statistics: LogStatistics) -> str:
    """What there is, in one line."""
    parts = ["1 entry" if statistics.total == 1 else f"{statistics.total:,} entries"]
    parts += [f"{count:,} {STATUSES[status][1].lower()}" for status, count in statistics.by_status]
    parts += [f"{count:,} {VERDICTS[verdict].lower()}" for verdict, count in statistics.by_verdict if verdict != "none"]
    return " · ".join(parts)


def draw_record(record: Record) -> None:
    """One line of the list, and inside it the record."""
    icon, outcome = STATUSES[record.status]
    title = plain(record.question or one_line(record.sql), 140) or "(empty)"
    label = f"{title} :small[:gray[{local_time(record.asked_at)}{THUMBS[record.feedback.verdict]}]]"
    line = st.expander(label, icon=icon, key=f"record-{record.id}", on_change="rerun")
    if not line.open:
        return
    with line:
        if len(record.question) > 140:
            st.text(record.question)
        st.caption(plain(" · ".join(facts(record, outcome)), 4_000))
        if record.follows is not None:
            draw_followed(record.follows)
        if record.error:
            st.text(record.error)
        if record.sql:
            st.code(format_sql(record.sql), language="sql", wrap_lines=True)
            feedback.draw(bench, record.id, record.sql)
        draw_candidates(record)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "pages/ask.py", label="Open on the Ask page", icon=":material/open_in_new:",
                query_params={"answer": record.id},
            )  # fmt: skip
            if st.button("Delete", key=f"delete-{record.id}", icon=":material/delete:", type="tertiary"):
                confirm_deletion(record)


def draw_followed(id: str) -> None:
    """What a follow-up follows, as a way there."""
    followed = bench.log.get(id)
    if followed is None:
        st.caption("Follow-up to an answer that is not in the query log any more")
        return
    st.page_link(
        "pages/ask.py", label=f"Follow-up to «{plain(followed.question or one_line(followed.sql), 100)}»",
        icon=":material/subdirectory_arrow_right:", query_params={"answer": id},
    )  # fmt: skip


def facts(record: Record, outcome: str) -> list[str]:
    """What is known about a record, beside its question and SQL."""
    found = [outcome]
    if record.row_count is not None:
        found.append(f"{'first ' if record.truncated else ''}{record.row_count:,} rows")
    found.append(seconds_words(sum(seconds for _, seconds in record.timings)))
    if record.parser:
        found.append(parser_words(record.parser))
    if record.tokens_read is not None:
        tokens = tokens_words(record.tokens_read, record.tokens_known or 0, record.tokens_written or 0)
        found.append(f"tokens: {tokens}")
    if record.confidence is not None:
        found.append(confidence_words(record.confidence).lower())
    if record.as_of is not None:
        found.append(f"today counted as {record.as_of.isoformat()}")
    found += [f"{step} {seconds_words(seconds)}" for step, seconds in record.timings]
    return [*found, ORIGINS.get(record.origin, record.origin), f"scope: {', '.join(record.scope)}"]


def draw_candidates(record: Record) -> None:
    """The readings that were not taken."""
    others = [one for one in record.candidates if one_line(one.sql) != one_line(record.sql)]
    if others:
        st.caption("Other readings")
        st.code("\n".join(f"{one_line(one.sql)};" for one in others), language="sql", wrap_lines=True)


@st.dialog("Delete this entry?", icon=":material/delete:")
def confirm_deletion(record: Record) -> None:
    """Deleting is for good, so ask once."""
    st.text(record.question or one_line(record.sql))
    st.caption("It goes for good, its feedback too.")
    with st.container(horizontal=True):
        deleted = st.button("Delete", type="primary", key="delete-now", on_click=delete, args=(record.id,))
        if st.button("Keep", key="delete-not") or deleted:
            st.rerun()


def delete(id: str) -> None:
    """Delete a record; what goes wrong is said above the list."""
    try:
        bench.log.delete(id)
        st.session_state.pop("not_deleted", None)
    except WorkbenchError as error:
        st.session_state.not_deleted = error.sentence


st.title("Query log", anchor=False)
try:
    with st.spinner("Preparing the tables"):
        bench = resources.workbench()
    statistics = bench.log.statistics()
    if statistics.total == 0:
        st.info(
            "Every question is kept here with its SQL and what you said about it.",
            title="Nothing has been asked yet",
            icon=":material/history:",
        )
        st.page_link("pages/ask.py", label="Ask a question", icon=":material/forum:")
        st.stop()
    st.caption(counts(statistics))
    wanted = draw_filters()
    page_number = st.session_state.get("log_page", 1)
    found = bench.log.list(wanted, limit=PER_PAGE, offset=(page_number - 1) * PER_PAGE)
except WorkbenchError as error:
    show_error(error)
    st.stop()

if "not_deleted" in st.session_state:
    show_error_sentence(st.session_state.not_deleted)
for problem in found.problems:
    st.warning(plain(problem), icon=":material/warning:")
if not found.records:
    st.info("No entry fits these filters.", icon=":material/filter_alt_off:")
with st.container(gap="xsmall"):
    for record in found.records:
        draw_record(record)
if found.total > PER_PAGE:
    st.pagination(math.ceil(found.total / PER_PAGE), key="log_page")
