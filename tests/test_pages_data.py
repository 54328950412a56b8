"""The Data page through the entry point, without a browser: from a file to a table to an answer, and all around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from nl2sql.parsers import registry
from pages import resources
from tests.fakes import ScriptedParser

ENTRY = Path(__file__).resolve().parents[1] / "streamlit_app.py"
FINANCE = (
    "Sales report Q3 2025;;;\nRegion;Customer;Total Sales ($);Date\n"
    "North;Müller GmbH;1.234,56;31.12.2024\nSouth;Café Noir;2.000,00;01.11.2024\n"
    'North;"Smith; Sons";99,50;15.10.2024\n'
).encode("cp1252")
ANSWERS = {"total sales by region": "SELECT region, sum(total_sales) AS total FROM finance GROUP BY region ORDER BY 1"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty workspace without the sample, and a scripted parser."""
    for name in ("NL2SQL_DATABASE", "NL2SQL_IMPORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NL2SQL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NL2SQL_SAMPLE", "0")
    monkeypatch.setattr(registry, "load", lambda name, settings: ScriptedParser(ANSWERS, name="builtin"))
    st.cache_resource.clear()
    yield tmp_path
    resources.workbench().close()
    st.cache_resource.clear()


def opened(**address: str) -> AppTest:
    """The Data page in a session of its own."""
    app = AppTest.from_file(str(ENTRY), default_timeout=120)
    app.switch_page("pages/data.py")
    for name, value in address.items():
        app.query_params[name] = value
    return fine(app.run())


def fine(app: AppTest) -> AppTest:
    assert not app.exception, [one.message for one in app.exception]
    return app


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, content, "application/octet-stream"))
    fine(app.run())
    return fine(app.run())


def press(app: AppTest, label: str) -> AppTest:
    """Press a button and wait for the load that it may have started."""
    next(one for one in app.button if one.label == label).click()
    fine(app.run())
    for job in resources.workbench().loader.jobs():
        if job.running:
            assert job.wait(120) is not None
    return fine(app.run())


def text(app: AppTest) -> str:
    """Everything that is said on the page."""
    drawn = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.subheader]
    return "\n".join(one.value for one in drawn).replace("\\", "").replace("\u2060", "")


def test_from_a_finance_file_to_an_answer():
    app = upload(opened(), "finance.csv", FINANCE)
    assert "Text with ; between fields, Windows-1252, 3 rows, decimal comma, dates day first" in text(app)
    assert app.dataframe[0].value["total_sales"].tolist() == ["1234.56", "2000.00", "99.50"]
    press(app, "Keep as table")
    assert "**finance** is a table now: 3 rows." in text(app)
    assert not resources.workbench().uploads.pending()
    app.switch_page("pages/ask.py").run()
    app.text_input("question").set_value("total sales by region")
    next(one for one in app.button if one.label == "Ask").click()
    fine(app.run())
    job = resources.workbench().job(app.query_params["answer"][0])
    assert job is not None
    assert job.wait(60) is not None
    fine(app.run())
    assert [float(one) for one in app.dataframe[0].value["total"]] == [1334.06, 2000.0]
