"""Files on their way to become tables: the uploader, which files wait, the import folder, what was kept lately."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from nl2sql.errors import WorkbenchError
from nl2sql.loading import Kept, LoadJob, Upload
from nl2sql.pipeline import Workbench
from pages import cards, outcomes
from pages.drawing import local_time, plain, show_error_sentence, size_words

_KEPT_SHOWN = 3
_FOLDER_SHOWN = 100


def draw_uploader(bench: Workbench) -> None:
    """Where files are dropped. What arrives is on disk before the page is drawn anew, and the uploader is empty."""
    key = f"uploader-{st.session_state.get('uploader_turn', 0)}"
    st.file_uploader(
        "Add files", accept_multiple_files=True, key=key, max_upload_size=bench.settings.upload_mb,
        on_change=_receive, args=(bench, key),
    )  # fmt: skip
    st.caption(
        "CSV and other text, Excel, JSON, Parquet. Larger files: put them into the import folder, or run"
        " python -m nl2sql load FILE.",
        help=f"Import folder: {plain(str(bench.uploads.import_folder), 400)}",
    )
    _draw_refused()


def draw_uploader_for(bench: Workbench, table: str) -> None:
    """Where a file is dropped that is meant for a table there is; the list comes back with its card open."""
    key = f"uploader-for-{st.session_state.get('uploader_turn', 0)}"
    with st.container(horizontal=True):
        way = st.segmented_control(
            "What the file holds", ("append", "replace"), key="way-for", required=True, default="append",
            format_func={"append": "More rows", "replace": "All rows, anew"}.__getitem__,
        )  # fmt: skip
    st.file_uploader(
        "File", key=key, accept_multiple_files=True, max_upload_size=bench.settings.upload_mb,
        on_change=_receive, args=(bench, key, way, table),
    )  # fmt: skip
    _draw_refused()


def _draw_refused() -> None:
    for sentence in st.session_state.get("not_received", ()):
        show_error_sentence(sentence)


def _receive(bench: Workbench, key: str, way: str = "new", table: str | None = None) -> None:
    refused, received = [], []
    for file in st.session_state[key] or ():
        try:
            received.append(bench.uploads.receive(file.name, file))
        except WorkbenchError as error:
            refused.append(error.sentence)
    for position, upload in enumerate(received):
        st.session_state[f"card-{upload.id}"] = position == 0
        if table is not None:
            cards.aim(upload.id, way, table)
    if received:
        st.query_params.pop("table", None)
    st.session_state.not_received = refused
    st.session_state.uploader_turn = st.session_state.get("uploader_turn", 0) + 1


def draw_kept(bench: Workbench) -> None:
    """The latest tables that came of files, until somebody closes the line."""
    schema = bench.snapshot().schema
    done = [(job, job.outcome) for job in bench.loader.jobs() if isinstance(job.outcome, Kept)]
    by_file: dict[str, list[tuple[LoadJob, Kept]]] = {}
    for job, outcome in done:
        if schema.table(outcome.table) is not None:
            others = by_file.pop(job.upload_id, [])
            by_file[job.upload_id] = [*others, (job, outcome)]
    for place, (id, kept) in enumerate(list(by_file.items())[-_KEPT_SHOWN:][::-1]):
        if not any(outcome.loaded.rejected for _, outcome in kept):
            _let_go(bench, id)
        outcomes.draw_kept(bench, kept, partial(_close_kept, bench, id, [job for job, _ in kept]), latest=place == 0)


def _let_go(bench: Workbench, id: str) -> None:
    """Remove the received file once all of it is kept; a workbook with more sheets stays."""
    upload = bench.uploads.get(id)
    if upload is not None and upload.kept_as and not upload.in_place and _all_kept(bench, upload):
        bench.uploads.discard(id)


def _close_kept(bench: Workbench, id: str, jobs: Sequence[LoadJob]) -> None:
    _let_go(bench, id)
    for job in jobs:
        bench.loader.forget(job.id)


def _all_kept(bench: Workbench, upload: Upload) -> bool:
    """Whether every sheet of a file of which something is kept is a table; other files have only the one."""
    try:
        sheets = bench.loader.understand(upload, cards.as_read(upload.options)).sheets
    except WorkbenchError:
        return True
    return len(sheets) <= 1 or set(sheets) <= cards.kept_sheets(bench, upload)


def draw_cards(bench: Workbench) -> None:
    """A card for each file that waits."""
    waiting = _waiting(bench)
    if not waiting:
        return
    own = tuple(info.name for info in bench.workspace.tables() if info.origin == "upload" and not info.lost)
    st.subheader("Files that wait", anchor=False)
    if not any(st.session_state.get(f"card-{upload.id}") for upload in waiting) and st.session_state.get(
        "open_next", True
    ):
        st.session_state[f"card-{waiting[0].id}"] = True
    st.session_state.open_next = False
    for upload in waiting:
        cards.draw(bench, upload, own)


def _waiting(bench: Workbench) -> list[Upload]:
    """Files that wait: those received, and those of the import folder that somebody looks at or that load."""
    shown = {job.upload_id for job in bench.loader.jobs() if isinstance(job.outcome, Kept)}
    opened = st.session_state.get("opened_files", set())
    in_folder = [
        upload
        for upload in bench.uploads.in_folder()
        if upload.id in opened or ((job := bench.loader.job_of(upload.id)) and not isinstance(job.outcome, Kept))
    ]
    received = [one for one in bench.uploads.pending() if not (one.id in shown and _all_kept(bench, one))]
    return [*received, *in_folder]


def draw_folder(bench: Workbench) -> None:
    """The files of the import folder, which are read where they are."""
    files: Sequence[Upload] = bench.uploads.in_folder()
    if not files:
        return
    with st.expander(f"Import folder :gray[{len(files):,}]", icon=":material/folder_open:", key="import-folder"):
        st.caption(plain(str(bench.uploads.import_folder)))
        for upload in files[:_FOLDER_SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center"):
                kept = f" · kept as {', '.join(upload.kept_as)}" if upload.kept_as else ""
                facts = plain(f"{size_words(upload.size)} · {local_time(upload.received_at)}{kept}", 200)
                st.markdown(f"{plain(upload.name, 80)}  \n:small[:gray[{facts}]]", width="stretch")
                st.button(
                    "Read", key=f"open-{upload.id}", icon=":material/visibility:",
                    on_click=partial(_open_file, bench, upload.id),
                )  # fmt: skip
        if len(files) > _FOLDER_SHOWN:
            st.caption(f"The first {_FOLDER_SHOWN} of {len(files):,} files.")


def _open_file(bench: Workbench, id: str) -> None:
    job = bench.loader.job_of(id)
    if job is not None:
        bench.loader.forget(job.id)
    st.session_state.setdefault("opened_files", set()).add(id)
    st.session_state[f"card-{id}"] = True
