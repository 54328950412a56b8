"""An answer as a person sees it: what was understood, the rows, the SQL, the other readings, the verdict."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nl2sql.answers import Answer, Job
from nl2sql.comparing.clauses import difference
from nl2sql.export import to_csv
from nl2sql.guard import format_sql
from nl2sql.pipeline import Workbench
from pages import feedback
from pages.drawing import (
    confidence_words,
    one_line,
    parser_words,
    plain,
    row_count_words,
    seconds_words,
    show_rows,
    tokens_words,
)

STEPS = {
    "waiting": "Starting",
    "linking": "Reading the tables",
    "parsing": "Writing SQL",
    "running": "Running the SQL",
    "done": "Done",
}
_DRAFT_SHOWN = 2_000
"""Characters of what a language model has written so far that are shown, the last ones."""
Run = Callable[[str, Answer], None]
"""Runs SQL (first argument) in the place of an answer's own (second one)."""


@st.fragment(run_every=0.25)
def draw_busy(job: Job) -> None:
    """What a job is doing, and the button that stops it; the page is drawn anew when it is done."""
    if job.answer is not None:
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        text = f"{STEPS[job.step]} · {job.running_for:.0f} s"
        st.progress(min(max(job.progress, 0.0), 1.0) if job.step == "running" else 0.0, text)
        st.button("Stop", icon=":material/stop_circle:", key="stop", shortcut="Esc", on_click=job.cancel)
    if job.draft and job.step == "parsing":
        st.code(job.draft[-_DRAFT_SHOWN:], language="sql", wrap_lines=True)


def draw(
    bench: Workbench,
    answer: Answer,
    run: Run,
    edit: Callable[[str], None] | None,
    draw_editor: Callable[[Answer], None] | None,
) -> None:
    """Draw a finished answer.

    `edit` is called with the SQL when a person wants to change it, None where there is an editor on the page already;
    `draw_editor` draws the open editor in the place of the answer's SQL.
    """
    st.subheader(plain(answer.question, 300) or "Your own SQL", anchor=False)
    _origin(answer)
    if answer.doubtful:
        _readings_first(answer, run)
    for note in answer.notes:
        st.caption(plain(note))
    _outcome(answer)
    if answer.sql:
        if draw_editor is not None:
            draw_editor(answer)
        else:
            _sql(answer, edit)
        feedback.draw(bench, answer.id, answer.sql)
    if len(answer.candidates) > 1 and not answer.doubtful:
        with st.expander("Other readings", icon=":material/alt_route:", key="readings"):
            _readings(answer, run)
    _details(answer)


def _origin(answer: Answer) -> None:
    if answer.parser is None:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(plain(parser_words(answer.parser.name), 60), icon=":material/smart_toy:", color="gray")
        if answer.status == "ok":
            sure = answer.confidence >= 0.75
            st.badge(
                confidence_words(answer.confidence),
                icon=":material/help:" if answer.doubtful else ":material/check:",
                color="green" if sure else "orange",
            )


def _readings_first(answer: Answer, run: Run) -> None:
    with st.container(border=True):
        st.markdown("**This can be read in several ways. Which one did you mean?**")
        _readings(answer, run)
    st.caption("Below is the likeliest reading.")


def _readings(answer: Answer, run: Run) -> None:
    for position, candidate in enumerate(answer.candidates):
        if one_line(candidate.sql) == one_line(answer.sql):
            continue
        with st.container(gap="xsmall"):
            changed = difference(answer.sql, candidate.sql)
            if changed:
                st.caption(plain(changed[0].upper() + changed[1:]))
            st.code(one_line(candidate.sql), language="sql", wrap_lines=True)
            st.button(
                "Use this reading",
                key=f"reading-{position}",
                icon=":material/alt_route:",
                on_click=run,
                args=(candidate.sql, answer),
            )


def _outcome(answer: Answer) -> None:
    sentence = plain(answer.error or "")
    if answer.status == "refused":
        st.warning(sentence, title="Refused", icon=":material/shield:")
    elif answer.status == "declined":
        st.info(sentence, title="No answer", icon=":material/search_off:")
    elif answer.status == "timeout":
        st.warning(sentence, title="Stopped at its deadline", icon=":material/timer_off:")
    elif answer.status == "cancelled":
        st.info("You stopped this one. Nothing is running any more.", icon=":material/stop_circle:")
    elif answer.status == "failed" or answer.result is None:
        st.error(sentence, title="That did not work", icon=":material/error:")
    elif answer.result.row_count == 0:
        st.info("The SQL ran and found nothing.", title="No rows", icon=":material/table_rows:")
    else:
        show_rows(answer.result, f"rows-{answer.id}", plain(answer.question, 100) or "Rows of your SQL")
    _count(answer)


def _count(answer: Answer) -> None:
    if answer.result is None or answer.status != "ok":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        count = row_count_words(answer.result)
        if answer.result.truncated:
            count = f":orange[:material/content_cut: {count}]"
        words = f"{count} · {seconds_words(answer.seconds)}"
        st.caption(words, width="stretch")
        if answer.result.row_count:
            result = answer.result
            st.download_button(
                "CSV",
                data=lambda: to_csv(result),
                file_name=f"answer-{answer.id}.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
                key="csv",
                help="Download these rows as CSV",
            )


def _sql(answer: Answer, edit: Callable[[str], None] | None) -> None:
    formatted = format_sql(answer.sql)
    st.code(formatted, language="sql", wrap_lines=True)
    if edit is not None:
        st.button("Edit the SQL", key="edit", icon=":material/edit:", on_click=edit, args=(formatted,))


def _details(answer: Answer) -> None:
    details = st.expander("Details", icon=":material/info:", key="details", on_change="rerun")
    if not details.open:
        return
    with details:
        facts = [("Scope", ", ".join(answer.scope)), ("Tables as of version", answer.schema_version)]
        facts += [("Today counts as", answer.as_of.isoformat()), ("Guard", answer.guard)]
        if answer.parser is not None:
            name = " ".join(filter(None, (answer.parser.name, answer.parser.revision, answer.parser.quantization)))
            facts.append(("Parser", name))
        if answer.usage is not None:
            facts.append(("Tokens", tokens_words(answer.usage.read, answer.usage.known, answer.usage.written)))
        facts += [(f"Time for {step}", seconds_words(seconds)) for step, seconds in answer.timings]
        st.text("\n".join(f"{label}: {value}" for label, value in facts if value))
        if answer.prompt:
            st.caption("What the parser read")
            st.code(answer.prompt, language=None, wrap_lines=True, height=240)
