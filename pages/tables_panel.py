"""The panel beside the question: which tables are asked about, their columns, and a look at their first rows."""

from __future__ import annotations

import streamlit as st

from nl2sql.pipeline import Workbench
from nl2sql.schema import Column, Schema, Table, quote
from pages.drawing import plain, show_error_sentence, show_rows

PREVIEW_ROWS = 100
COLUMNS_SHOWN = 60


def draw(bench: Workbench, schema: Schema) -> tuple[str, ...] | None:
    """Draw the panel in the sidebar; the names of the tables in scope, None for all of them."""
    names = [table.name for table in schema.tables]
    with st.sidebar:
        st.subheader("Tables", anchor=False)
        if not names:
            st.caption("There are none yet.")
            st.page_link("pages/data.py", label="Add files", icon=":material/database:")
            return None
        labels = {table.name: table.label for table in schema.tables}
        chosen = st.multiselect(
            "Ask about",
            names,
            format_func=lambda name: _both(labels.get(name, name), name),
            key="scope",
            persist_state="session",
            placeholder="All tables" if len(names) == 1 else f"All {len(names)} tables",
            help="Leave it empty to ask about all tables.",
        )
        chosen = [name for name in chosen if name in names]
        for table in schema.narrowed(chosen).tables if chosen else schema.tables:
            _table(bench, schema, table)
        st.page_link("pages/data.py", label="Add or describe tables", icon=":material/database:")
    return tuple(chosen) or None


def _both(label: str, name: str) -> str:
    """What people call a table, with its name in SQL where that is another one.

    >>> _both("Total Sales", "sales"), _both("Sales", "sales")
    ('Total Sales (sales)', 'Sales')
    """
    return label if label.casefold() == name.casefold() else f"{label} ({name})"


def _table(bench: Workbench, schema: Schema, table: Table) -> None:
    count = "" if table.row_count is None else f" :gray[{table.row_count:,} rows]"
    panel = st.expander(
        f"{plain(table.label, 60)}{count}", key=f"table-{table.name}", on_change="rerun", type="compact"
    )
    if not panel.open:
        return
    with panel:
        if table.label != table.name:
            st.caption(f"In SQL: {plain(table.name, 120)}")
        if table.description:
            st.caption(plain(table.description))
        keys = {key.columns[0]: key.to_table for key in schema.foreign_keys if key.table == table.name}
        visible = [column for column in table.columns if not column.hidden]
        with st.container(gap="xsmall"):
            for column in visible[:COLUMNS_SHOWN]:
                st.markdown(_column(table, column, keys.get(column.name)))
        if len(visible) > COLUMNS_SHOWN:
            st.caption(f"and {len(visible) - COLUMNS_SHOWN:,} more columns")
        if st.button(f"First {PREVIEW_ROWS} rows", key=f"preview-{table.name}", icon=":material/table_view:"):
            _preview(bench, table)


def _column(table: Table, column: Column, refers_to: str | None) -> str:
    marks = " :material/key:" if column.name in table.primary_key else ""
    if refers_to:
        marks += f" :material/arrow_right_alt: {plain(refers_to, 60)}"
    name = f"{plain(column.name, 60)} " if column.label != column.name else ""
    line = f"{plain(column.label, 60)} :small[:gray[{name}{plain(column.type, 60)}{marks}]]"
    if column.description:
        line += f"  \n:small[{plain(column.description, 200)}]"
    shown = " · ".join(plain(value, 40) for value in column.examples[:3])
    return f"{line}  \n:small[:gray[{shown}]]" if shown and not column.private else line


def _preview(bench: Workbench, table: Table) -> None:
    @st.dialog(plain(table.label, 80), width="large", icon=":material/table_view:")
    def dialog() -> None:
        with st.skeleton(height=300):
            shown = ", ".join(quote(column.name) for column in table.columns[:COLUMNS_SHOWN])
            answer = bench.run_sql(f"SELECT {shown} FROM {table.sql_name} LIMIT {PREVIEW_ROWS}", log=False)
        if answer.result is None:
            show_error_sentence(answer.error or "These rows cannot be shown.")
            return
        show_rows(answer.result, f"rows-{table.name}", f"The first rows of {table.label}")
        total = answer.result.row_count if table.row_count is None else table.row_count
        wide = len(table.columns) > COLUMNS_SHOWN
        of = f" · the first {COLUMNS_SHOWN} of {len(table.columns):,} columns" if wide else ""
        st.caption(f"{answer.result.row_count:,} of {max(total, answer.result.row_count):,} rows{of}")

    dialog()
