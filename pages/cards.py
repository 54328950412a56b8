"""The card of a file that waits: what was understood of it, how that is changed, what it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import streamlit as st

from nl2sql.errors import WorkbenchError
from nl2sql.ingest import ReadOptions, Understanding
from nl2sql.loading import Append, Cancelled, Failed, Kept, Misfit, New, Replace, Target, Upload
from nl2sql.pipeline import Workbench
from pages import edits, outcomes, reading
from pages.drawing import counted, local_time, plain, show_error, show_error_sentence, size_words

_WAYS = {"new": "A new table", "replace": "In place of a table", "append": "More rows of a table"}


@dataclass(frozen=True)
class Card:
    """A file that waits, how it is read, and the names of the tables that it could replace or add to."""

    bench: Workbench
    upload: Upload
    understood: Understanding
    own: tuple[str, ...]


def draw(bench: Workbench, upload: Upload, own: tuple[str, ...]) -> None:
    """Draw the card; `own` are the names of the tables that the file could replace or add to."""
    jobs = bench.loader.jobs_of(upload.id)
    misfits = [(job, job.outcome) for job in jobs if isinstance(job.outcome, Misfit)]
    facts = f"{size_words(upload.size)} · {local_time(upload.received_at)}"
    # Label and icon stay as they are while the card does: another label would be another expander, which is closed.
    label = f"**{plain(upload.name, 80)}** :small[:gray[{plain(facts)}]]"
    card = st.expander(label, icon=":material/draft:", key=f"card-{upload.id}", on_change="rerun")
    if any(job.running for job in jobs):
        with card if card.open else nullcontext():
            outcomes.draw_busy(jobs)
        return
    if not card.open and not misfits:
        return
    with card:
        # One container for all that may or may not be said: what is below it stays in its place, and so does its tab.
        with st.container(gap="small"):
            edits.show_problem(f"upload-{upload.id}")
            if upload.kept_as:
                st.caption(f":material/check_circle: Kept as {plain(', '.join(upload.kept_as), 300)}.")
            for job in jobs:
                if isinstance(job.outcome, Failed):
                    show_error_sentence(f"{outcomes.of_sheet(job)}{job.outcome.sentence}")
                elif isinstance(job.outcome, Cancelled):
                    stopped = f"{outcomes.of_sheet(job)}Stopped. Nothing of it was kept."
                    st.caption(f":material/stop_circle: {plain(stopped)}")
            understood = _understood(bench, upload)
            if understood is None:
                return
            for job, outcome in misfits:
                outcomes.draw_misfits(bench, upload, job, outcome)
            if misfits:
                return
            st.markdown(plain(reading.words(understood), 400))
            reading.draw_findings(understood.findings)
        _draw_understood(Card(bench, upload, understood, own))


def kept_sheets(bench: Workbench, upload: Upload) -> set[str | None]:
    """The sheets of a workbook that are tables, as far as this server made them."""
    return {job.options.sheet for job in bench.loader.jobs_of(upload.id) if isinstance(job.outcome, Kept)}


def _understood(bench: Workbench, upload: Upload) -> Understanding | None:
    """What the file is; None with the reason on the page when it cannot be read, or not in the way that was chosen."""
    try:
        with st.spinner("Looking at the file"):
            return bench.loader.understand(upload, as_read(upload.options), free=False)
    except WorkbenchError as error:
        show_error(error)
    with st.container(horizontal=True):
        if as_read(upload.options) != ReadOptions():
            st.button(
                "Undo the last change", key=f"take-back-{upload.id}", icon=":material/undo:",
                on_click=reading.take_back, args=(bench.loader, upload.id),
            )  # fmt: skip
            reading.draw_start_over(bench.loader, upload)
        _draw_discard(bench, upload)
    return None


def as_read(options: ReadOptions) -> ReadOptions:
    """`options` less what does not change how a file is read, so that a look at it is remembered."""
    return replace(options, table=None, misfits="ask")


def _draw_understood(card: Card) -> None:
    kept = sum(column.kept for column in card.understood.columns)
    preview, columns, controls = st.tabs(["First rows", f"Columns :gray[{kept:,}]", "How it is read"])
    with preview:
        reading.draw_preview(card.understood)
    with columns:
        reading.draw_columns(card.bench.loader, card.upload, card.understood)
    with controls:
        reading.draw_controls(card.bench.loader, card.upload, card.understood)
    _draw_target(card)


def _draw_target(card: Card) -> None:
    """What the file becomes, and the buttons."""
    id = card.upload.id
    way = "new"
    if card.own:
        st.session_state.setdefault(f"way-{id}", "new")
        way = st.segmented_control(
            "Keep it as", list(_WAYS), key=f"way-{id}", required=True, format_func=_WAYS.__getitem__,
            persist_state="session",
        ) or "new"  # fmt: skip
    if way == "new":
        _draw_new(card)
    else:
        _draw_change(card, append=way == "append")


def _draw_new(card: Card) -> None:
    upload, loader = card.upload, card.bench.loader
    found = card.understood.table
    key = f"name-{upload.id}"
    st.session_state[key] = name = upload.options.table or loader.free_name(found)
    st.text_input("Table name", key=key, width=360, max_chars=120, on_change=_name, args=(card.bench, upload.id, key))
    free = loader.free_name(name)
    taken = name if free != name else found if found in card.own and not upload.options.table else None
    if taken:
        st.caption(f":orange[:material/warning:] There is a table called {plain(taken, 80)} already.")
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Keep as table" if free == name else f"Keep as {plain(free, 80)}"
        _keep_button(card, New(free), label, ":material/table:")
        if taken in card.own:
            st.button(
                f"Replace {plain(taken, 60)}", key=f"instead-{upload.id}", icon=":material/swap_horiz:",
                on_click=aim, args=(upload.id, "replace", taken), help="See first what would change in it",
            )  # fmt: skip
            st.button(
                f"Add to {plain(taken, 60)}", key=f"more-{upload.id}", icon=":material/playlist_add:",
                on_click=aim, args=(upload.id, "append", taken), help="See first what would change in it",
            )  # fmt: skip
        _draw_discard(card.bench, upload)
    _draw_sheets(card)


def _draw_sheets(card: Card) -> None:
    """The sheets of a workbook that are no tables yet: several of them are kept at once."""
    upload = card.upload
    kept = kept_sheets(card.bench, upload)
    waiting = [sheet for sheet in card.understood.sheets if sheet not in kept]
    if len(waiting) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Sheets", waiting, key=f"sheets-{len(waiting)}-{upload.id}", placeholder=f"All {len(waiting):,}", width=360,
        ) or waiting  # fmt: skip
        st.button(
            f"Keep all {len(waiting):,} sheets" if chosen == waiting else f"Keep {counted(len(chosen), 'sheet')}",
            key=f"keep-sheets-{upload.id}", icon=":material/library_add:",
            on_click=_start_sheets, args=(card.bench, upload.id, card.understood.options.sheet, chosen),
            help="Each becomes a table of its own; this one is read as shown above, the others as found",
        )  # fmt: skip


def _start_sheets(bench: Workbench, id: str, shown: str | None, sheets: Sequence[str]) -> None:
    upload = bench.uploads.get(id)
    if upload is None:
        return
    options = replace(upload.options, misfits="ask")
    reads = [replace(options, sheet=one) if one == shown else options.with_sheet(one) for one in sheets]
    edits.tried(f"upload-{id}", lambda: bench.loader.start_sheets(upload, reads))


def _name(bench: Workbench, id: str, key: str) -> None:
    upload = bench.uploads.get(id)
    if upload is not None:
        named = replace(upload.options, table=st.session_state[key].strip() or None)
        edits.tried(f"upload-{id}", lambda: bench.uploads.set_options(id, named))


def aim(id: str, way: str, table: str) -> None:
    """Have a file replace a table, or add to it, once that is confirmed."""
    st.session_state[f"way-{id}"] = way
    st.session_state[f"into-{id}"] = table


def _draw_change(card: Card, append: bool) -> None:
    """Which table, and what changes in it, before anything is done."""
    upload = card.upload
    key = f"into-{upload.id}"
    if st.session_state.get(key) not in card.own:
        alike = card.understood.table
        st.session_state[key] = alike if alike in card.own else card.own[0]
    name = st.selectbox("Table", card.own, key=key, width=360, persist_state="session")
    target: Replace | Append = Append(name) if append else Replace(name)
    try:
        comparison = card.bench.loader.compare(upload, as_read(upload.options), target)
    except WorkbenchError as error:
        show_error(error)
        _draw_discard(card.bench, upload)
        return
    diff = comparison.diff
    sentences = diff.sentences(append)
    rows = [f"{diff.rows_before:,} rows now" if diff.rows_before is not None else ""]
    if card.understood.row_estimate is not None:
        about = "" if card.understood.complete else "about "
        rows.append(f"{about}{card.understood.row_estimate:,} in this file")
    with st.container(border=True, gap="xsmall"):
        st.markdown("**The same columns.**" if not sentences else "**What changes**")
        for sentence in sentences:
            st.caption(f":orange[:material/warning:] {plain(sentence)}")
        if not sentences:
            st.caption("Names, notes, keys and confirmed SQL stay as they are.")
        if comparison.unanswerable:
            broken = "; ".join(comparison.unanswerable[:10])
            st.caption(f":orange[:material/warning:] Confirmed SQL that will not fit any more: {plain(broken)}")
        st.caption(" · ".join(filter(None, rows)))
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Add to {plain(name, 80)}" if append else f"Replace {plain(name, 80)}"
        _keep_button(card, target, label, ":material/playlist_add:" if append else ":material/swap_horiz:")
        _draw_discard(card.bench, upload)


def _keep_button(card: Card, target: Target, label: str, icon: str) -> None:
    options = replace(card.upload.options, misfits="ask")
    if len(card.understood.sheets) > 1:
        options = replace(options, sheet=card.understood.options.sheet)
    st.button(
        label, type="primary", key=f"keep-{card.upload.id}", icon=icon,
        on_click=_start, args=(card.bench, card.upload.id, options, target),
    )  # fmt: skip


def _start(bench: Workbench, id: str, options: ReadOptions, target: Target) -> None:
    """Begin to load; a second click that comes late, when the table is there already, does nothing."""
    upload = bench.uploads.get(id)
    if upload is not None and not (isinstance(target, New) and target.name in upload.kept_as):
        bench.loader.start(upload, options, target)


def _draw_discard(bench: Workbench, upload: Upload) -> None:
    if upload.in_place:
        st.button(
            "Close", key=f"discard-{upload.id}", icon=":material/close:", type="tertiary",
            on_click=_close_file, args=(bench, upload.id),
        )  # fmt: skip
    elif st.button("Discard", key=f"discard-{upload.id}", icon=":material/delete:", type="tertiary"):
        _confirm_discard(bench, upload)


@st.dialog("Discard this file?", icon=":material/delete:")
def _confirm_discard(bench: Workbench, upload: Upload) -> None:
    st.text(upload.name)
    st.caption("The workbench's copy goes for good. Tables that were made of it stay.")
    with st.container(horizontal=True):
        discarded = st.button("Discard", type="primary", key="discard-now", on_click=_discard, args=(bench, upload.id))
        if st.button("Keep waiting", key="discard-not") or discarded:
            st.rerun()


def _discard(bench: Workbench, id: str) -> None:
    for job in bench.loader.jobs_of(id):
        job.cancel()
        bench.loader.forget(job.id)
    bench.uploads.discard(id)
    st.session_state.open_next = True


def _close_file(bench: Workbench, id: str) -> None:
    for job in bench.loader.jobs_of(id):
        bench.loader.forget(job.id)
    st.session_state.setdefault("opened_files", set()).discard(id)
