"""One table: what its columns hold, its first rows, what is said about it, its keys, new rows, and deleting it."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import streamlit as st

from nl2sql.engine.base import ResultSet
from nl2sql.errors import WorkbenchError
from nl2sql.ingest.profile import ColumnProfile, read_profile
from nl2sql.pipeline import Workbench
from nl2sql.schema import quote
from nl2sql.workspace import TableInfo
from pages import keys, notes, table_list, uploads
from pages.drawing import plain, show_error, show_error_sentence, show_rows, type_words

ROWS = 100
COLUMNS_SHOWN = 60
_AT_ONCE = 2_000_000
_TABS = ("Columns", "First rows", "Names and notes", "Keys", "New rows")
_PRIVATE = "private"


def draw(bench: Workbench, name: str) -> None:
    """The table called `name`, or a word that there is none."""
    st.button("All tables", icon=":material/arrow_back:", type="tertiary", key="back", on_click=table_list.open_table,
              args=(None,))  # fmt: skip
    info = next((one for one in bench.workspace.tables() if one.name == name), None)
    if info is None:
        st.info("It may have been renamed or deleted.", title="There is no such table", icon=":material/search_off:")
        return
    _draw_header(bench, info)
    shown = _TABS if info.origin == "upload" else _TABS[:-1]
    tabs = st.tabs(shown, key="table-tab", on_change="rerun")
    for tab, what in zip(tabs, shown, strict=True):
        if not tab.open:
            continue
        with tab:
            try:
                _draw_tab(bench, info, what)
            except WorkbenchError as error:
                show_error(error)


def _draw_header(bench: Workbench, info: TableInfo) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(plain(info.table.label, 120), anchor=False)
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            st.page_link("pages/ask.py", label="Ask about it", icon=":material/forum:")
            if info.origin == "upload":
                st.button("Delete", key="delete-table", icon=":material/delete:", type="tertiary",
                          on_click=table_list.delete, args=(bench.workspace, info.name))  # fmt: skip
    name = f"{info.name} · " if info.table.label != info.name else ""
    st.caption(plain(name + table_list.facts(info), 400))
    if info.table.description:
        st.markdown(plain(info.table.description))
    for sentence in info.findings[:6]:
        st.caption(f":material/info: {plain(sentence, 400)}")


def _draw_tab(bench: Workbench, info: TableInfo, what: str) -> None:
    if what == "Columns":
        _draw_profile(bench, info)
    elif what == "First rows":
        _draw_rows(bench, info)
    elif what == "Names and notes":
        notes.draw(bench, info)
    elif what == "Keys":
        keys.draw(bench, info)
    else:
        st.caption("Add a file; its card then shows what would change in this table before anything is done.")
        uploads.draw_uploader_for(bench, info.name)


def _draw_rows(bench: Workbench, info: TableInfo) -> None:
    names = [column.name for column in info.table.columns]
    first = 0
    if len(names) > COLUMNS_SHOWN:
        page = st.session_state.get("rows-page", 1)
        first = (min(page, math.ceil(len(names) / COLUMNS_SHOWN)) - 1) * COLUMNS_SHOWN
    shown = names[first : first + COLUMNS_SHOWN]
    with st.skeleton(height=300):
        columns = ", ".join(quote(name) for name in shown)
        answer = bench.run_sql(f"SELECT {columns} FROM {info.table.sql_name} LIMIT {ROWS}", log=False)
    if answer.result is None:
        show_error_sentence(answer.error or "These rows cannot be shown.")
        return
    show_rows(answer.result, f"rows-{info.name}-{first}", f"The first rows of {plain(info.table.label, 80)}")
    total = max(info.rows or 0, answer.result.row_count)
    of = f" · columns {first + 1} to {first + len(shown)} of {len(names):,}" if len(names) > len(shown) else ""
    st.caption(f"{answer.result.row_count:,} of {total:,} rows{of}")
    if len(names) > COLUMNS_SHOWN:
        st.pagination(math.ceil(len(names) / COLUMNS_SHOWN), key="rows-page")


def _draw_profile(bench: Workbench, info: TableInfo) -> None:
    if info.origin == "own":
        if (info.rows is None or info.rows > _AT_ONCE) and not st.button(
            "Look at all rows", icon=":material/query_stats:"
        ):
            st.caption("This table is large; its columns are looked at when you ask for it.")
            _draw_profiles(info, {})
            return
        with st.spinner("Looking at all rows"):
            found = _measured(bench, info)
    else:
        found = {one.name: one for one in _stored(str(info.path), info.source_table)}
    _draw_profiles(info, found)


@st.cache_data(show_spinner=False, max_entries=100)
def _stored(path: str, table: str) -> tuple[ColumnProfile, ...]:
    """The profile inside a table file, which never changes."""
    return read_profile(Path(path), table)


def _measured(bench: Workbench, info: TableInfo) -> dict[str, ColumnProfile]:
    """The profile of a table of a person's own file, measured once a session for each version of it."""
    key = f"profile-{info.name}-{bench.snapshot().version}"
    if key not in st.session_state:
        answer = bench.run_sql(f"SUMMARIZE {info.table.sql_name}", log=False)
        if answer.result is None:
            show_error_sentence(answer.error or "This table cannot be looked at.")
            return {}
        st.session_state[key] = _summarized(answer.result)
    found: dict[str, ColumnProfile] = st.session_state[key]
    return found


def _summarized(result: ResultSet) -> dict[str, ColumnProfile]:
    found = {}
    for row in result.table.to_pylist():
        count = int(row["count"] or 0)
        nulls = round(count * float(row["null_percentage"] or 0) / 100)
        found[row["column_name"]] = ColumnProfile(
            row["column_name"], count, nulls, row["approx_unique"], False, row["min"], row["max"]
        )
    return found


def _draw_profiles(info: TableInfo, found: dict[str, ColumnProfile]) -> None:
    columns = info.table.columns
    profiles = [found.get(name) for name in info.source_columns]
    told = [one if not column.private else None for one, column in zip(profiles, columns, strict=True)]
    hidden = [_PRIVATE if column.private else None for column in columns]
    config = st.column_config
    table = pa.table(
        {
            "name": _texts([column.name for column in columns]),
            "label": _texts([column.display_name for column in columns]),
            "type": _texts([type_words(column.type) for column in columns]),
            "missing": _texts([_missing(one) for one in profiles]),
            "distinct": _texts([_distinct(one) for one in profiles]),
            "minimum": _texts([one.minimum if one else secret for one, secret in zip(told, hidden, strict=True)]),
            "maximum": _texts([one.maximum if one else secret for one, secret in zip(told, hidden, strict=True)]),
            "examples": _texts(
                [
                    " · ".join(one.examples[:4] or column.examples[:4]) if one else secret
                    for one, secret, column in zip(told, hidden, columns, strict=True)
                ]
            ),
        }
    )
    st.dataframe(
        table, hide_index=True, key=f"profile-{info.name}", alt="The columns and what they hold", placeholder="",
        height="content" if len(columns) <= 14 else 528,
        column_order=[one for one in table.column_names if one != "label" or any(c.display_name for c in columns)],
        column_config={
            "name": config.TextColumn("Column", pinned=True),
            "label": config.TextColumn("Known as"),
            "type": config.TextColumn("Type"),
            "missing": config.TextColumn("Missing", alignment="right", width="small"),
            "distinct": config.TextColumn("Different values", alignment="right"),
            "minimum": config.TextColumn("Smallest"),
            "maximum": config.TextColumn("Largest"),
            "examples": config.TextColumn("For example", width="large"),
        },
    )  # fmt: skip
    kept_apart = [column for column in columns if column.hidden or column.private]
    if kept_apart:
        said = ", ".join(f"{plain(one.name, 60)} ({_how(one.hidden, one.private)})" for one in kept_apart[:20])
        st.caption(f":material/visibility_off: {said}")


def _how(hidden: bool, private: bool) -> str:
    return " and ".join(word for word, on in (("hidden", hidden), ("private", private)) if on)


def _texts(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


def _missing(profile: ColumnProfile | None) -> str | None:
    """NULLs as a count and a share.

    >>> _missing(ColumnProfile("a", 200, 3, 5, True, None, None))
    '3 (1.5%)'
    """
    if profile is None:
        return None
    share = f" ({profile.nulls / profile.row_count:.1%})" if profile.nulls and profile.row_count else ""
    return f"{profile.nulls:,}{share}"


def _distinct(profile: ColumnProfile | None) -> str | None:
    if profile is None or profile.distinct is None:
        return None
    return f"{'' if profile.exact else 'about '}{profile.distinct:,}"
