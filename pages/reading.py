"""How a file was understood, in words; the controls that change it; the preview; the columns as they will be kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa
import streamlit as st

from nl2sql.ingest import Finding, ReadOptions, SourceColumn, Understanding
from nl2sql.ingest.base import NULL_WORDS, unmatched
from nl2sql.loading import Kept, Loader, Upload
from nl2sql.schema import Column
from pages import edits
from pages.drawing import counted, plain, type_words, unique_names

COLUMNS_SHOWN = 60
_ROWS_SHOWN = 25
_COLUMNS_EDITED = 2_000
_FINDINGS_SHOWN = 6
_DELIMITERS = {",": "Comma ,", ";": "Semicolon ;", "\t": "Tab", "|": "Bar |", " ": "Space", "": "None"}
_ENCODINGS = {
    "utf-8": "UTF-8", "cp1252": "Windows-1252 (Western)", "iso8859-1": "Latin-1", "cp1250": "Windows-1250 (Central)",
    "cp1251": "Windows-1251 (Cyrillic)", "utf-16": "UTF-16", "mac-roman": "Mac Roman", "cp437": "DOS 437",
    "shift_jis": "Shift JIS", "gb18030": "GB 18030", "mixed": "Mixed",
}  # fmt: skip
_QUOTES = {'"': 'Double "', "'": "Single '", "": "None"}
_MARKS = {".": "Point", ",": "Comma"}
_ORDERS = {"dmy": "Day first", "mdy": "Month first", "ymd": "Year first"}
_KINDS = {"text": "Text", "json": "JSON", "parquet": "Parquet", "excel": "Excel workbook"}
_TYPES = ("VARCHAR", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "DATE", "TIMESTAMP", "TIME", "BOOLEAN")
_LAYOUT = ("delimiter", "quote", "skip_lines", "encoding")
"""Options that decide which columns there are: changing one makes what was said about columns void."""


def words(understood: Understanding) -> str:
    """What was understood, in one line.

    >>> words(Understanding("f", "f", "text", "t", ReadOptions(delimiter=";", encoding="cp1252"), (), (), 4, True))
    'Text with ; between fields, Windows-1252, 4 rows'
    """
    options = understood.options
    parts = [_KINDS[understood.kind]]
    if understood.kind == "text":
        parts = [f"Text with {_between(options.delimiter)}"]
        parts.append(_ENCODINGS.get(_codec(options.encoding), options.encoding or "").split(" (")[0])
    if options.sheet and len(understood.sheets) > 1:
        parts.append(f"sheet “{options.sheet}”")
    if understood.row_estimate is not None:
        parts.append(("" if understood.complete else "about ") + counted(understood.row_estimate, "row"))
    if options.header is False:
        parts.append("no line of column names")
    families = {Column(one.name, one.type).family for one in understood.columns if one.kept}
    fractions = any(one.kept and re.match("DEC|DOUB|FLO", one.type) for one in understood.columns)
    if understood.kind in ("text", "excel") and (options.decimal_mark == "," or fractions) and options.decimal_mark:
        parts.append(f"decimal {_MARKS[options.decimal_mark].lower()}")
    if options.date_order and "date" in families:
        parts.append(f"dates {_ORDERS[options.date_order].lower()}")
    return ", ".join(part for part in parts if part)


def _between(delimiter: str | None) -> str:
    known = {"\t": "tabs", " ": "spaces", "": "nothing"}
    return f"{known.get(delimiter or '', delimiter or '')} between fields" if delimiter else "one field a line"


def _codec(encoding: str | None) -> str:
    return {"latin-1": "iso8859-1", "utf_8": "utf-8", "utf-8-sig": "utf-8"}.get(encoding or "", encoding or "")


def draw_findings(findings: Sequence[Finding]) -> None:
    """What a person should know, warnings first; the rest behind a click when there is much of it."""
    ordered = sorted(findings, key=lambda finding: finding.severity != "warning")
    for finding in ordered[:_FINDINGS_SHOWN]:
        _finding(finding)
    rest = ordered[_FINDINGS_SHOWN:]
    if rest:
        with st.popover(f"{len(rest):,} more", icon=":material/more_horiz:", type="tertiary"):
            for finding in rest[:200]:
                _finding(finding)


def _finding(finding: Finding) -> None:
    text = plain(finding.sentence, 600)
    warning = finding.severity == "warning"
    st.caption(f":orange[:material/warning:] {text}" if warning else f":material/info: {text}")


def draw_preview(understood: Understanding) -> None:
    """The first rows as they would be kept."""
    kept = [column for column in understood.columns if column.kept]
    shown = kept[:COLUMNS_SHOWN]
    rows = understood.rows[:_ROWS_SHOWN]
    arrays = [pa.array([row[place] if place < len(row) else None for row in rows], pa.string())
              for place in range(len(shown))]  # fmt: skip
    config = {
        place: st.column_config.TextColumn(alignment="right")
        for place, column in enumerate(shown)
        if Column(column.name, column.type).family == "number"
    }
    st.dataframe(
        pa.Table.from_arrays(arrays, names=unique_names([column.name for column in shown])),
        hide_index=True, column_config=config, height="content" if len(rows) <= 8 else 318,
        key=f"preview-{understood.path.parent.name}", alt="The first rows as they would be kept", placeholder="",
    )  # fmt: skip
    if len(kept) > len(shown):
        st.caption(f"The first {len(shown)} of {len(kept):,} columns.")


def draw_controls(loader: Loader, upload: Upload, understood: Understanding) -> None:
    """Each option that applies to this kind of file, changeable; the file is read again at once."""
    control = partial(_control, loader, upload, understood.options)
    has_text = understood.kind in ("text", "excel")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(understood.sheets) > 1:
            control("sheet", "Sheet", {sheet: sheet for sheet in understood.sheets})
        if understood.kind == "text":
            control("delimiter", "Between fields", _DELIMITERS)
            control("encoding", "Encoding", _ENCODINGS)
            control("quote", "Quotation mark", _QUOTES)
        if understood.options.decimal_mark is not None:
            control("decimal_mark", "Decimal mark", _MARKS)
        if has_text or understood.options.date_order is not None:
            control("date_order", "Dates such as 01/02", _ORDERS)
        if understood.options.skip_lines is not None:
            key = _synced(upload, "skip_lines", understood.options.skip_lines)
            st.number_input(
                "Lines above the table", min_value=0, step=1, key=key, width=220,
                on_change=_chosen, args=(loader, upload.id, "skip_lines", key),
            )  # fmt: skip
        if has_text:
            key = _synced(upload, "null_words", list(understood.options.null_words or ()))
            st.multiselect(
                "Words for a missing value", sorted({*filter(None, NULL_WORDS), *st.session_state[key]}), key=key,
                accept_new_options=True, placeholder="As found in each column", width=300,
                on_change=_chosen, args=(loader, upload.id, "null_words", key),
            )  # fmt: skip
    if understood.options.header is not None:
        key = _synced(upload, "header", understood.options.header)
        st.toggle(
            "The first line names the columns", key=key, on_change=_chosen, args=(loader, upload.id, "header", key)
        )
    if replace(upload.options, table=None) != ReadOptions():
        draw_start_over(loader, upload)


def draw_start_over(loader: Loader, upload: Upload) -> None:
    """The button that takes back every choice."""
    st.button(
        "Read it as found", key=f"as-found-{upload.id}", icon=":material/restart_alt:", type="tertiary",
        help="Take back every change made here", on_click=lambda: _set(loader, upload.id, ReadOptions()),
    )  # fmt: skip


def _control(
    loader: Loader, upload: Upload, options: ReadOptions, name: str, label: str, offered: dict[str, str]
) -> None:
    value = getattr(options, name)
    value = _codec(value) if name == "encoding" else value
    key = _synced(upload, name, value)
    choices = list(offered) if value is None or value in offered else [value, *offered]
    if name == "delimiter" and value:
        choices = [one for one in choices if one]
    st.selectbox(
        label, choices, key=key, format_func=lambda one: offered.get(one, one), width=220,
        placeholder="None found", on_change=_chosen, args=(loader, upload.id, name, key),
    )  # fmt: skip


def _synced(upload: Upload, name: str, value: Any) -> str:
    """The key of a control, which shows what was understood whatever it showed before."""
    key = f"read-{name}-{upload.id}"
    st.session_state[key] = value
    return key


def _chosen(loader: Loader, id: str, name: str, key: str) -> None:
    value = st.session_state[key]
    if value is None:
        return
    if name == "null_words":
        value = tuple(value) or None
    upload = loader.uploads.get(id)
    if upload is None:
        return
    options = replace(upload.options, **{name: value})
    if name in _LAYOUT:
        options = replace(options, types=(), names=(), left_out=())
    if name == "sheet":
        options = options.with_sheet(value)
    _set(loader, id, options)


def _set(loader: Loader, id: str, options: ReadOptions) -> None:
    """Keep `options`, and what they were before so that the change can be taken back."""
    upload = loader.uploads.get(id)
    if upload is not None:
        st.session_state[f"before-{id}"] = upload.options
    edits.tried(f"upload-{id}", lambda: loader.uploads.set_options(id, options))
    edits.forget_edits(f"columns-{id}")
    for job in loader.jobs_of(id):
        if not isinstance(job.outcome, Kept):
            loader.forget(job.id)


def take_back(loader: Loader, id: str) -> None:
    """Undo the last change of options."""
    before = st.session_state.pop(f"before-{id}", ReadOptions())
    edits.tried(f"upload-{id}", lambda: loader.uploads.set_options(id, before))
    edits.forget_edits(f"columns-{id}")


def draw_columns(loader: Loader, upload: Upload, understood: Understanding) -> None:
    """The columns as they will be kept: which, called what, of which type."""
    columns = understood.columns[:_COLUMNS_EDITED]
    grid = pa.table(
        {
            "keep": pa.array([column.kept for column in columns], pa.bool_()),
            "private": pa.array([column.private for column in columns], pa.bool_()),
            "name": pa.array([column.name for column in columns], pa.string()),
            "type": pa.array([column.type for column in columns], pa.string()),
            "header": pa.array([" ".join(column.header.split()) for column in columns], pa.string()),
            "examples": pa.array([" · ".join(_shown(column)) for column in columns], pa.string()),
        }
    )
    config = st.column_config
    key = edits.grid_key(f"columns-{upload.id}")
    st.data_editor(
        grid, key=key, hide_index=True, disabled=("header", "examples"), placeholder="",
        height="content" if len(columns) <= 12 else 458, alt="The columns as they will be kept",
        column_config={
            "keep": config.CheckboxColumn("Keep", width="small"),
            "private": config.CheckboxColumn("Private", width="small"),
            "name": config.TextColumn("Name", required=True, max_chars=120),
            "type": config.SelectboxColumn(
                "Type", options=_types(columns), required=True, format_func=type_words
            ),
            "header": config.TextColumn("In the file"),
            "examples": config.TextColumn("For example", width="medium"),
        },
    )  # fmt: skip
    _take_edits(loader, upload.id, columns, key)
    if len(understood.columns) > len(columns):
        st.caption(f"The first {len(columns):,} of {len(understood.columns):,} columns; the others are kept as found.")
    st.caption(
        "**Private**: questions can use the column, but its values are never in a prompt, an example or a list of"
        " values that words of a question are looked up in. Answers still show them."
    )
    _draw_unmatched(loader, upload, understood)


def _draw_unmatched(loader: Loader, upload: Upload, understood: Understanding) -> None:
    """What was marked private and is no column as the file is read now: it stays marked until somebody says so."""
    for place, name in enumerate(unmatched(upload.options.private, understood.columns)):
        left = replace(upload.options, private=tuple(one for one in upload.options.private if one != name))
        st.button(
            f"Forget that {plain(name, 80)} is private", key=f"forget-{place}-{upload.id}", icon=":material/close:",
            type="tertiary", on_click=_set, args=(loader, upload.id, left),
        )  # fmt: skip


def _shown(column: SourceColumn) -> list[str]:
    return [" ".join(one.split())[:60] for one in column.examples[:3]]


def _types(columns: Sequence[SourceColumn]) -> list[str]:
    return list(dict.fromkeys([*_TYPES, *(column.type for column in columns)]))


def _take_edits(loader: Loader, id: str, columns: Sequence[SourceColumn], key: str) -> None:
    """Keep what was typed into the grid, and draw the page anew as the file is read then."""
    upload = loader.uploads.get(id)
    if upload is None:
        return
    before = options = upload.options
    left_out = {*options.left_out, *(column.position for column in columns if not column.kept)}
    for row, changed in edits.new_edits(key):
        column = columns[row]
        if changed.get("name"):
            options = options.with_name(column.position, str(changed["name"]).strip())
        if changed.get("type"):
            options = options.with_type(column.position, changed["type"])
        if "keep" in changed:
            (left_out.discard if changed["keep"] else left_out.add)(column.position)
            options = replace(options, left_out=tuple(sorted(left_out)))
            if changed["keep"] and column.position not in dict(options.names):
                options = options.with_name(column.position, column.name)
        if {"private", "name"} & set(changed):
            others = tuple(one for one in options.private if not column.is_called(one))
            known_as = replace(column, name=dict(options.names).get(column.position, column.name)).known_as
            private = changed.get("private", column.private)
            options = replace(options, private=(*others, known_as) if private else others)
    if options != before:
        st.session_state[f"before-{id}"] = before
        edits.tried(f"upload-{id}", lambda: loader.uploads.set_options(id, options))
        st.rerun()
