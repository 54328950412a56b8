"""The tables there are: rows, size, when, from which file; the sample's switch; what was deleted and can come back."""

from __future__ import annotations

import math
from functools import partial

import streamlit as st

from nl2sql.errors import NameTakenError
from nl2sql.pipeline import Workbench
from nl2sql.workspace import Deleted, TableInfo, Workspace
from pages import edits, keys
from pages.drawing import counted, local_time, plain, size_words

PER_PAGE = 20
_DELETED_SHOWN = 50


def draw_own_file(bench: Workbench) -> None:
    """What to know about a person's own DuckDB file."""
    database = bench.settings.database
    name = database.name if database else "your file"
    st.caption(
        f"These are the tables of your own DuckDB file {plain(name, 120)}, which is only read: no file can be added"
        " to it here. What you say about its tables (names, descriptions, keys) is kept beside it."
        " Unset NL2SQL\\_DATABASE to make tables of files."
    )


def draw(bench: Workbench) -> None:
    """The list, and what belongs below it."""
    infos = bench.workspace.tables()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader("Tables", anchor=False)
        if bench.snapshot().source != "own":
            _draw_sample_switch(bench, infos)
    edits.show_problem("tables")
    _draw_undo(bench)
    found = _found(infos)
    page = st.session_state.get("tables_page", 1)
    with st.container(gap="xsmall"):
        for info in found[(page - 1) * PER_PAGE : page * PER_PAGE]:
            _draw_line(bench, info)
    if not infos:
        st.caption("There are none yet. Add a file above, or show the sample company's tables.")
    if len(found) > PER_PAGE:
        st.pagination(math.ceil(len(found) / PER_PAGE), key="tables_page")
    if infos:
        keys.draw_all(bench)
    _draw_deleted(bench)


def _found(infos: tuple[TableInfo, ...]) -> list[TableInfo]:
    if len(infos) <= PER_PAGE:
        return list(infos)
    text = st.text_input(
        "Find", key="tables_text", type="search", persist_state="session", live=True, width=360,
        placeholder="Part of a name", icon=":material/search:", on_change=_first_page,
    )  # fmt: skip
    wanted = (text or "").strip().casefold()
    return [one for one in infos if wanted in f"{one.name} {one.table.label} {one.source_file}".casefold()]


def _first_page() -> None:
    st.session_state.tables_page = 1


def _draw_line(bench: Workbench, info: TableInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"line-{info.name}"[:80]):
        label = plain(info.table.label, 80)
        name = f" :gray[{plain(info.name, 60)}]" if info.table.label != info.name else ""
        badge = " :gray-badge[Sample]" if info.origin == "sample" else ""
        lost = " :red-badge[File lost]" if info.lost else ""
        st.markdown(f"**{label}**{name}{badge}{lost}  \n:small[:gray[{plain(facts(info), 300)}]]", width="stretch")
        if info.lost:
            st.button("Delete", key=f"delete-{info.name}", icon=":material/delete:", on_click=delete,
                      args=(info.name,))  # fmt: skip
        else:
            st.button("Open", key=f"open-{info.name}", icon=":material/chevron_right:", icon_position="right",
                      on_click=open_table, args=(info.name,), help=f"Open {plain(info.name, 60)}")  # fmt: skip


def facts(info: TableInfo) -> str:
    """What is known of a table, in one line."""
    found = [counted(info.rows, "row") if info.rows is not None else "", counted(len(info.table.columns), "column")]
    if info.origin == "upload":
        found.append(size_words(info.bytes))
        if info.source_file:
            found.append(f"from {info.source_file}")
        if info.loaded_at is not None:
            found.append(local_time(info.loaded_at))
    if info.rejected:
        found.append(f"{counted(info.rejected, 'row')} left out")
    return " · ".join(filter(None, found))


def open_table(name: str | None) -> None:
    """Show one table, or (with None) the list again."""
    if name is None:
        st.query_params.pop("table", None)
    else:
        st.query_params["table"] = name


def delete(workspace: Workspace, name: str) -> None:
    """Delete a table and go back to the list, where it can be brought back."""
    if edits.tried("tables", lambda: st.session_state.update(deleted_id=workspace.delete(name).id)):
        open_table(None)


def _draw_undo(bench: Workbench) -> None:
    """The line about the table that was just deleted."""
    id = st.session_state.get("deleted_id")
    gone = next((one for one in bench.workspace.deleted() if one.id == id), None)
    if gone is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: Deleted: **{plain(gone.name, 80)}**", width="stretch")
        st.button("Undo", key="undo-delete", icon=":material/undo:", on_click=_undelete, args=(bench, gone))


def _undelete(bench: Workbench, gone: Deleted) -> None:
    """Bring a table back; under another name where its own is taken by now."""

    def bring_back() -> None:
        try:
            name = bench.workspace.undelete(gone.id)
        except NameTakenError as error:
            name = bench.workspace.undelete(gone.id, error.suggestion)
        st.toast(f"{plain(name, 80)} is back.", icon=":material/undo:")

    edits.tried("tables", bring_back)


def _draw_deleted(bench: Workbench) -> None:
    gone = bench.workspace.deleted()
    if not gone:
        return
    with st.expander(f"Deleted tables :gray[{len(gone):,}]", icon=":material/delete:", key="deleted"):
        st.caption("They go for good after 30 days.")
        for one in gone[:_DELETED_SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center"):
                rows = one.entry.table.row_count
                about = f"{counted(rows, 'row')} · " if rows is not None else ""
                when = plain(f"{about}deleted {local_time(one.deleted_at)}")
                st.markdown(f"{plain(one.name, 80)}  \n:small[:gray[{when}]]", width="stretch")
                st.button("Bring back", key=f"back-{one.id}", icon=":material/undo:",
                          on_click=_undelete, args=(bench, one))  # fmt: skip
                if st.button("Delete for good", key=f"purge-{one.id}", icon=":material/delete_forever:",
                             type="tertiary"):  # fmt: skip
                    _confirm_purge(bench, one)


@st.dialog("Delete this table for good?", icon=":material/delete_forever:")
def _confirm_purge(bench: Workbench, gone: Deleted) -> None:
    st.text(gone.name)
    st.caption("Its rows cannot be brought back after that.")
    purge = partial(edits.tried, "tables", lambda: bench.workspace.purge(gone.id))
    with st.container(horizontal=True):
        purged = st.button("Delete for good", type="primary", key="purge-now", on_click=purge)
        if st.button("Keep", key="purge-not") or purged:
            st.rerun()


def _draw_sample_switch(bench: Workbench, infos: tuple[TableInfo, ...]) -> None:
    shown = any(info.origin == "sample" for info in infos)
    st.session_state.sample_shown = shown

    def switch() -> None:
        wanted: bool = st.session_state.sample_shown
        edits.tried("tables", lambda: bench.workspace.show_sample(wanted))

    st.toggle(
        "Sample company", key="sample_shown", on_change=switch,
        help="Ask about the sample company's tables too. They can be hidden and brought back at any time.",
    )  # fmt: skip
