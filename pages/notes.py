"""What people say about a table and its columns: names, descriptions, synonyms, hidden and private columns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pyarrow as pa
import streamlit as st

from nl2sql.pipeline import Workbench
from nl2sql.schema import Table
from nl2sql.workspace import TableInfo, Workspace
from pages import edits
from pages.table_list import open_table

_COLUMNS_EDITED = 2_000


def draw(bench: Workbench, info: TableInfo) -> None:
    """The notes of one table, changeable."""
    edits.show_problem("notes")
    _draw_table(bench, info)
    _draw_columns(bench, info)


def _draw_table(bench: Workbench, info: TableInfo) -> None:
    table = info.table
    own = info.origin == "upload"
    with st.form(f"notes-{info.name}", border=False):
        with st.container(horizontal=True):
            st.text_input(
                "Name in SQL", table.name, key=f"note-name-{info.name}", max_chars=120, disabled=not own, width=300
            )
            st.text_input("Name that people use", table.display_name or "", key=f"note-label-{info.name}",
                          max_chars=200, placeholder=table.name, width=300)  # fmt: skip
            st.text_input("Other names, with commas between", ", ".join(table.synonyms),
                          key=f"note-words-{info.name}", width=420)  # fmt: skip
        st.text_area("Description", table.description or "", key=f"note-about-{info.name}", max_chars=2_000, height=80,
                     placeholder="What a row of this table is; all parsers read it")  # fmt: skip
        st.form_submit_button("Save", icon=":material/save:", on_click=_save, args=(bench.workspace, info, own))


def _save(workspace: Workspace, info: TableInfo, own: bool) -> None:
    state = st.session_state
    sql_name, wanted = info.table.sql_name, state[f"note-name-{info.name}"].strip()

    def change() -> None:
        workspace.describe_table(
            sql_name,
            display_name=state[f"note-label-{info.name}"].strip() or None,
            description=state[f"note-about-{info.name}"].strip() or None,
            synonyms=_listed(state[f"note-words-{info.name}"]),
        )
        if own and wanted and wanted != info.name:
            workspace.rename_table(info.name, wanted)
            open_table(wanted)
        st.toast("Saved.", icon=":material/check:")

    edits.tried("notes", change)


def _listed(text: str) -> list[str]:
    """Synonyms as typed: commas between.

    >>> _listed("revenue,  turnover , ")
    ['revenue', 'turnover']
    """
    return [word.strip() for word in text.split(",") if word.strip()]


def _draw_columns(bench: Workbench, info: TableInfo) -> None:
    columns = info.table.columns[:_COLUMNS_EDITED]
    config = st.column_config
    grid = pa.table(
        {
            "name": _texts(column.name for column in columns),
            "label": _texts(column.display_name or "" for column in columns),
            "about": _texts(column.description or "" for column in columns),
            "words": _texts(", ".join(column.synonyms) for column in columns),
            "hidden": pa.array([column.hidden for column in columns], pa.bool_()),
            "private": pa.array([column.private for column in columns], pa.bool_()),
        }
    )
    key = edits.grid_key(f"notes-columns-{info.name}")
    st.data_editor(
        grid, key=key, hide_index=True, placeholder="", alt="What is said about the columns",
        disabled=() if info.origin == "upload" else ("name",), height="content" if len(columns) <= 12 else 458,
        column_config={
            "name": config.TextColumn("Name in SQL", required=True, max_chars=120),
            "label": config.TextColumn("Name that people use", max_chars=200),
            "about": config.TextColumn("Description", max_chars=2_000, width="medium"),
            "words": config.TextColumn("Other names", help="With commas between"),
            "hidden": config.CheckboxColumn("Hidden", width="small"),
            "private": config.CheckboxColumn("Private", width="small"),
        },
    )  # fmt: skip
    _take_edits(bench.workspace, info, key)
    if len(info.table.columns) > len(columns):
        st.caption(f"The first {len(columns):,} of {len(info.table.columns):,} columns.")
    st.caption("**Hidden**: no question uses the column; your own SQL still can.")
    st.caption(
        "**Private**: questions can use the column, but its values are in no prompt, no example and no list of values"
        " that words of a question are looked up in. Answers still show them."
    )


def _texts(values: Iterable[str]) -> pa.Array:
    return pa.array(list(values), pa.string())


def _take_edits(workspace: Workspace, info: TableInfo, key: str) -> None:
    """Make the changes that were typed into the grid; what cannot be made goes from it too."""
    made = [
        edits.tried("notes", partial(_change, workspace, info.table, info.table.columns[row].name, changed))
        for row, changed in edits.new_edits(key)
    ]
    if not all(made):
        edits.forget_edits(f"notes-columns-{info.name}")
    if made:
        st.rerun()


def _change(workspace: Workspace, table: Table, name: str, changed: dict[str, object]) -> None:
    where = table.sql_name
    if "hidden" in changed:
        workspace.hide_column(where, name, bool(changed["hidden"]))
    if "private" in changed:
        workspace.make_private(where, name, bool(changed["private"]))
    if "label" in changed:
        workspace.describe_column(where, name, display_name=str(changed["label"] or "") or None)
    if "about" in changed:
        workspace.describe_column(where, name, description=str(changed["about"] or "") or None)
    if "words" in changed:
        workspace.describe_column(where, name, synonyms=_listed(str(changed["words"] or "")))
    if changed.get("name"):
        workspace.rename_column(where, name, str(changed["name"]))
