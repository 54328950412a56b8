"""A load as a person sees it: how far it is, what does not fit and what to do then, the table that came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa
import streamlit as st

from nl2sql.examples import example_questions
from nl2sql.export import rejects_to_csv
from nl2sql.ingest import Loaded, Misfits
from nl2sql.loading import Append, Kept, LoadJob, Misfit, New, Upload
from nl2sql.pipeline import Workbench
from pages.drawing import counted, plain

_REJECTS_SHOWN = 1_000
_QUESTIONS = 4
_CHANGES_SHOWN = 12


@st.fragment(run_every=0.5)
def draw_busy(jobs: Sequence[LoadJob]) -> None:
    """How far the loads of a file are, and the button that stops them; the page is drawn anew when all are done."""
    running = [job for job in jobs if job.running]
    if not running:
        st.rerun()
    job, left = running[0], len(running) - 1
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        what = f"Reading sheet {plain(job.options.sheet, 60)}" if job.options.sheet else "Reading the whole file"
        rows = f"{counted(job.rows, 'row')} · " if job.rows else ""
        then = f" · then {counted(left, 'more sheet')}" if left else ""
        st.progress(min(max(job.share, 0.0), 1.0), f"{what} · {rows}{job.running_for:.0f} s{then}")
        st.button("Stop", icon=":material/stop_circle:", key=f"stop-{job.id}", on_click=_stop, args=(running,))


def _stop(jobs: Sequence[LoadJob]) -> None:
    for job in jobs:
        job.cancel()


def draw_misfits(bench: Workbench, upload: Upload, job: LoadJob, outcome: Misfit) -> None:
    """What did not fit, and the three ways on."""
    loaded = outcome.loaded
    with st.container(border=True):
        rows = counted(loaded.rejected, "row does", "rows do")
        st.markdown(
            f":orange[:material/rule:] **{plain(f'{of_sheet(job)}{rows} not fit.')}"
            f" Nothing is kept yet.** What should become of {'it' if loaded.rejected == 1 else 'them'}?"
        )
        _draw_rejects(loaded, job.id)
        with st.container(horizontal=True, vertical_alignment="center"):
            _way(bench, upload, job, "text", "Keep as text", ":material/abc:",
                 "The columns concerned become text, so that no value is lost")  # fmt: skip
            _way(bench, upload, job, "drop", "Leave those rows out", ":material/playlist_remove:",
                 "All other rows are kept; the rows left out can be downloaded afterwards too")  # fmt: skip
            st.button(
                "Stop here", key=f"misfits-stop-{job.id}", icon=":material/stop_circle:",
                help="Keep nothing; change how the file is read, or the file",
                on_click=bench.loader.forget, args=(job.id,),
            )  # fmt: skip
            _download(loaded, job.id)


def _way(bench: Workbench, upload: Upload, job: LoadJob, misfits: Misfits, label: str, icon: str, help: str) -> None:
    options = replace(job.options, misfits=misfits)
    st.button(
        label, key=f"misfits-{misfits}-{job.id}", icon=icon, help=help,
        on_click=bench.loader.start, args=(upload, options, job.target),
    )  # fmt: skip


def _draw_rejects(loaded: Loaded, key: str) -> None:
    rejects = loaded.rejects[:_REJECTS_SHOWN]
    config = st.column_config
    st.dataframe(
        _rejects_table(replace(loaded, rejects=rejects)), hide_index=True, key=f"rejects-{key}", placeholder="",
        height="content" if len(rejects) <= 6 else 260, alt="What does not fit",
        column_config={
            "line": config.NumberColumn("Line", format="localized", width="small"),
            "column": config.TextColumn("Column"),
            "reason": config.TextColumn("Why", width="large"),
            "text": config.TextColumn("As it stands", width="large"),
        },
    )  # fmt: skip
    if loaded.rejected > len(rejects):
        st.caption(f"The first {len(rejects):,} are shown.")


def _rejects_table(loaded: Loaded) -> pa.Table:
    rejects = loaded.rejects
    return pa.table(
        {
            "line": pa.array([one.line for one in rejects], pa.int64()),
            "column": pa.array([one.column for one in rejects], pa.string()),
            "reason": pa.array([one.reason for one in rejects], pa.string()),
            "text": pa.array([one.text for one in rejects], pa.string()),
        }
    )


def _download(loaded: Loaded, key: str) -> None:
    st.download_button(
        "CSV", data=lambda: rejects_to_csv(loaded.rejects), file_name="rows-that-do-not-fit.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore", key=f"rejects-csv-{key}", type="tertiary",
        help="Download what does not fit: line, column, reason and text",
    )  # fmt: skip


def draw_kept(bench: Workbench, done: Sequence[tuple[LoadJob, Kept]], close: Callable[[], None], latest: bool) -> None:
    """The tables that came of one file: what each holds and what was left out; if `latest`, questions to ask about
    the last of them."""
    with st.container(border=True):
        for place, (job, kept) in enumerate(done):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f":green[:material/check_circle:] {_said(job, kept)}", width="stretch")
                if place == 0:
                    st.button("Close", key=f"close-{job.id}", icon=":material/close:", type="tertiary", on_click=close)
            _draw_changes(job, kept)
        if latest:
            _draw_ways_on(bench, *done[-1])


def _draw_changes(job: LoadJob, kept: Kept) -> None:
    for sentence in kept.diff.sentences(isinstance(job.target, Append)) if kept.diff else ():
        st.caption(plain(sentence))
    if kept.unanswerable:
        broken = "; ".join(kept.unanswerable[:_CHANGES_SHOWN])
        st.caption(f":orange[:material/warning:] Confirmed SQL that does not fit any more: {plain(broken)}")
    if kept.loaded.rejected:
        with st.container(horizontal=True, vertical_alignment="center"):
            left_out = counted(kept.loaded.rejected, "row was", "rows were")
            st.caption(f":orange[:material/warning:] {left_out} left out.", width="content")
            _download(kept.loaded, job.id)


def of_sheet(job: LoadJob) -> str:
    """How a sentence about a load begins: with the sheet, where the file has several."""
    return f"Sheet “{job.options.sheet[:60]}”: " if job.options.sheet else ""


def _said(job: LoadJob, kept: Kept) -> str:
    name, rows = plain(kept.table, 80), counted(kept.loaded.rows, "row")
    if isinstance(job.target, New):
        return f"**{name}** is a table now: {rows}."
    if isinstance(job.target, Append):
        total = kept.diff.rows_after if kept.diff else None
        return f"**{name}** has {rows} more" + (f", {total:,} in all." if total is not None else ".")
    return f"**{name}** has its new content: {rows}."


def _draw_ways_on(bench: Workbench, job: LoadJob, kept: Kept) -> None:
    schema = bench.snapshot().schema.for_parsers()
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.page_link("pages/ask.py", label="Ask about it", icon=":material/forum:")
        for position, question in enumerate(example_questions(schema.narrowed([kept.table]), _QUESTIONS)):
            if st.button(plain(question, 120), key=f"try-{job.id}-{position}"):
                ask(bench, question)


def ask(bench: Workbench, question: str) -> None:
    """Ask `question` on the Ask page."""
    started = bench.start(question)
    st.session_state.question = question
    st.switch_page("pages/ask.py", query_params={"answer": started.id})
