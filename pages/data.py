"""The Data page: files become tables here, and every table is listed, described and looked after."""

from __future__ import annotations

import streamlit as st

from nl2sql.errors import WorkbenchError
from pages import resources, table_detail, table_list, uploads
from pages.drawing import show_error

st.title("Data", anchor=False)
try:
    bench = resources.workbench()
    snapshot = bench.snapshot()
except WorkbenchError as error:
    show_error(error)
    st.stop()

wanted = st.query_params.get("table")
if wanted:
    table_detail.draw(bench, wanted)
    st.stop()

try:
    if snapshot.source == "own":
        table_list.draw_own_file(bench)
    else:
        uploads.draw_uploader(bench)
        uploads.draw_kept(bench)
        uploads.draw_cards(bench)
        uploads.draw_folder(bench)
    table_list.draw(bench)
except WorkbenchError as error:
    show_error(error)
