"""Primary keys and relationships: those there are, those that names and values suggest, and adding one by hand."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from nl2sql.errors import WorkbenchError
from nl2sql.keys import KeyProposals, PrimaryKeyProposal, RelationshipProposal
from nl2sql.pipeline import Workbench
from nl2sql.schema import ForeignKey, Table
from nl2sql.workspace import TableInfo
from pages import edits
from pages.drawing import plain, show_error

_SHOWN = 20
_COLUMNS_OFFERED = 2_000


def draw_all(bench: Workbench) -> None:
    """What is suggested for all tables, looked for when somebody opens it."""
    panel = st.expander("Likely keys and relationships", icon=":material/key:", key="all-keys", on_change="rerun")
    if not panel.open:
        return
    with panel:
        edits.show_problem("keys")
        found = _proposals(bench)
        if found is not None:
            _draw_proposals(bench, found.primary_keys, found.relationships, found.complete)


def draw(bench: Workbench, info: TableInfo) -> None:
    """The keys of one table."""
    edits.show_problem("keys")
    table = info.table
    st.markdown("**Primary key**")
    key = f"primary-{info.name}"
    st.session_state[key] = list(table.primary_key)
    st.multiselect(
        "Columns that tell the rows apart", [column.name for column in table.columns[:_COLUMNS_OFFERED]], key=key,
        placeholder="None", width=480, on_change=_set_primary, args=(bench, table.sql_name, key),
    )  # fmt: skip
    st.markdown("**Relationships**")
    for position, one in enumerate(info.keys):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_arrow(one), width="stretch")
            st.button(
                "Remove", key=f"remove-key-{position}", icon=":material/link_off:", type="tertiary",
                on_click=edits.tried, args=("keys", _removal(bench, one)),
            )  # fmt: skip
    if not info.keys:
        st.caption("There are none yet.")
    _draw_by_hand(bench, table)
    st.markdown("**Suggested**")
    found = _proposals(bench)
    if found is not None:
        primary = [one for one in found.primary_keys if one.table == table.name]
        related = [one for one in found.relationships if table.name in (one.key.table, one.key.to_table)]
        _draw_proposals(bench, primary, related, found.complete)


def _proposals(bench: Workbench) -> KeyProposals | None:
    try:
        with st.spinner("Comparing names and values"):
            return bench.keys()
    except WorkbenchError as error:
        show_error(error)
        return None


def _draw_proposals(
    bench: Workbench, primary: Sequence[PrimaryKeyProposal], related: Sequence[RelationshipProposal], complete: bool
) -> None:
    for position, one in enumerate(related[:_SHOWN]):
        _draw_proposal(
            _arrow(one.key), one.evidence, f"confirm-{position}", lambda key=one.key: bench.workspace.add_key(key)
        )
    for position, found in enumerate(primary[:_SHOWN]):
        columns = ", ".join(plain(name, 60) for name in found.columns)
        _draw_proposal(
            f":material/key: {plain(found.table, 60)}.{columns}", found.evidence, f"confirm-primary-{position}",
            lambda one=found: bench.workspace.set_primary_key(_sql_name(bench, one.table), one.columns),
        )  # fmt: skip
    more = max(len(related) - _SHOWN, 0) + max(len(primary) - _SHOWN, 0)
    if more:
        st.caption(f"{more:,} more once these are decided.")
    if not primary and not related:
        st.caption("Names and values suggest nothing that is not there already.")
    if not complete:
        st.caption("There was not enough time to compare all tables.")


def _draw_proposal(what: str, evidence: str, key: str, confirm: object) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{what}  \n:small[:gray[{plain(evidence, 400)}]]", width="stretch")
        st.button("Confirm", key=key, icon=":material/check:", on_click=edits.tried, args=("keys", confirm))


def _sql_name(bench: Workbench, name: str) -> str:
    table = bench.snapshot().schema.table(name)
    return table.sql_name if table else name


def _arrow(key: ForeignKey) -> str:
    here = ", ".join(plain(name, 60) for name in key.columns)
    there = ", ".join(plain(name, 60) for name in key.to_columns)
    return f"{plain(key.table, 60)}.{here} :material/arrow_right_alt: {plain(key.to_table, 60)}.{there}"


def _removal(bench: Workbench, key: ForeignKey) -> object:
    return lambda: bench.workspace.remove_key(key)


def _set_primary(bench: Workbench, table: str, key: str) -> None:
    edits.tried("keys", lambda: bench.workspace.set_primary_key(table, st.session_state[key]))


def _draw_by_hand(bench: Workbench, table: Table) -> None:
    others = {other.name: other for other in bench.snapshot().schema.tables}
    with st.popover("Add a relationship", icon=":material/add_link:"):
        column = st.selectbox(
            "Column", [one.name for one in table.columns[:_COLUMNS_OFFERED]], key="key-column", index=None,
            placeholder="Column of this table",
        )  # fmt: skip
        to_table = st.selectbox(
            "Refers to", list(others), key="key-table", index=None, placeholder="Table that it refers to"
        )
        offered = others[to_table].columns[:_COLUMNS_OFFERED] if to_table in others else ()
        names = [one.name for one in offered]
        first = others[to_table].primary_key[:1] if to_table in others else ()
        to_column = st.selectbox(
            "Column there", names, key=f"key-to-{to_table}", placeholder="Column of that table",
            index=names.index(first[0]) if first and first[0] in names else None,
        )  # fmt: skip
        if column and to_table and to_column:
            key = ForeignKey(table.name, (column,), to_table, (to_column,))
            st.button("Add", type="primary", key="add-key", icon=":material/check:",
                      on_click=edits.tried, args=("keys", lambda: bench.workspace.add_key(key)))  # fmt: skip
