"""Every page through the entry point, without a browser: states, feedback, readings, the log, hostile text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from nl2sql.errors import ParserError
from nl2sql.parsers import registry
from nl2sql.parsers.base import Candidate, Prediction
from pages import resources
from pages.drawing import _moment_format, plain
from tests.fakes import ScriptedParser

ENTRY = Path(__file__).resolve().parents[1] / "streamlit_app.py"
HOSTILE = "<b>x</b> **y** $z$ :material/home: :red[w] [a](http://b.c)"
ANSWERS = {
    "Who earns most?": Prediction(
        (
            Candidate("SELECT name, pay FROM staff ORDER BY pay DESC LIMIT 1", -0.1),
            Candidate("SELECT name, pay FROM staff ORDER BY pay LIMIT 1", -2.5),
        ),
        confidence=0.9,
        prompt="the prompt",
    ),
    "Who is best?": Prediction(
        (
            Candidate("SELECT name FROM staff ORDER BY pay DESC", -0.7, notes=(HOSTILE,)),
            Candidate("SELECT name FROM staff ORDER BY name", -0.8, "by name"),
        ),
        confidence=0.3,
    ),
    "Drop it": "DROP TABLE staff",
    "Nobody": "SELECT * FROM staff WHERE pay < 0",
    "Wrong column": "SELECT payy FROM staff",
    "Broken": ParserError(HOSTILE),
    "only in t1": "SELECT name, pay FROM staff WHERE team = 't1' ORDER BY pay DESC LIMIT 1",
    "how many": "SELECT count(*) AS people FROM staff WHERE team = 't1'",
    HOSTILE: f"SELECT '{HOSTILE}' AS \"{HOSTILE}\"",
}


@pytest.fixture(scope="module", autouse=True)
def scripted_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A workbench over a small database, with a scripted parser."""
    folder = tmp_path_factory.mktemp("pages")
    with duckdb.connect(str(folder / "own.duckdb")) as con:
        con.execute("CREATE TABLE staff (id INTEGER PRIMARY KEY, name VARCHAR, team VARCHAR, pay DOUBLE, hired DATE)")
        con.execute(
            "INSERT INTO staff SELECT i, 'n' || i, 't' || i % 3, i * 10.5, DATE '2024-01-01' FROM range(20) r(i)"
        )
        con.execute(f'CREATE TABLE "{HOSTILE}" AS SELECT \'{HOSTILE}\' AS "{HOSTILE}" FROM range(3)')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NL2SQL_HOME", str(folder / "home"))
        patch.setenv("NL2SQL_DATABASE", str(folder / "own.duckdb"))
        patch.setenv("NL2SQL_SAMPLE", "0")
        patch.setattr(registry, "load", lambda name, settings: ScriptedParser(ANSWERS, name="builtin"))
        st.cache_resource.clear()
        yield
        resources.workbench().close()
        st.cache_resource.clear()


@pytest.fixture
def page() -> AppTest:
    app = AppTest.from_file(str(ENTRY), default_timeout=300).run()
    assert not app.exception
    return app


def ask(app: AppTest, question: str) -> AppTest:
    app.text_input("question").set_value(question)
    return press(app, "Ask")


def press(app: AppTest, label: str) -> AppTest:
    """Press a button and wait for the answer that it may have started."""
    button(app, label).click().run()
    return settled(app)


def settled(app: AppTest) -> AppTest:
    job = resources.workbench().job(answer_id(app)) if "answer" in app.query_params else None
    if job is not None and any(one.label == "Stop" for one in app.button):
        assert job.wait(300) is not None
        app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def parser() -> ScriptedParser:
    return resources.parser("builtin")


def answer_id(app: AppTest) -> str:
    value = app.query_params["answer"]
    return value if isinstance(value, str) else value[0]


def captions(app: AppTest) -> str:
    return "\n".join(one.value for one in app.caption)


def test_the_first_page_offers_examples_of_this_schema(page: AppTest):
    assert page.title[0].value == "Ask your tables"
    labels = [one.label.replace("\\", "") for one in page.button]
    assert "What is the average pay by team?" in labels
    assert page.multiselect("scope").placeholder == "All 2 tables"


def test_an_example_is_asked_by_one_click(page: AppTest):
    example = next(one for one in page.button if "average pay" in one.label)
    example.click().run()
    settled(page)
    assert page.text_input("question").value == "What is the average pay by team?"
    assert page.info[0].value == plain("No table here answers this question.")


def test_rows_sql_and_confidence(page: AppTest):
    ask(page, "Who earns most?")
    assert page.dataframe[0].value.to_dict("records") == [{"name": "n19", "pay": 199.5}]
    assert "ORDER BY pay DESC" in page.code[0].value
    assert "1 row · " in captions(page)
    assert any("Very sure, 90%" in one.value for one in page.markdown)


@pytest.mark.parametrize(
    ("question", "kind", "sentence"),
    [
        ("Drop it", "warning", "DROP"),
        ("Nobody", "info", "found nothing"),
        ("Wrong column", "error", "payy"),
        ("What is love?", "info", "No table here"),
        ("Broken", "error", plain(HOSTILE)),
    ],
)
def test_states_have_their_sentence(page: AppTest, question: str, kind: str, sentence: str):
    ask(page, question)
    assert sentence in getattr(page, kind)[0].value
    assert not page.dataframe
    assert page.text_input("question").value == question


def test_an_empty_question_starts_nothing(page: AppTest):
    ask(page, "   ")
    assert "answer" not in page.query_params


def test_the_link_brings_the_answer_back(page: AppTest):
    ask(page, "Who earns most?")
    link = answer_id(page)
    resources.workbench()._jobs.clear()  # as after a restart of the server
    again = AppTest.from_file(str(ENTRY), default_timeout=300)
    again.query_params["answer"] = link
    settled(again.run())
    assert again.dataframe[0].value["name"].tolist() == ["n19"]
    assert again.text_input("question").value == "Who earns most?"


def test_an_unknown_link_says_so():
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
    app.query_params["answer"] = HOSTILE
    app.run()
    assert not app.exception
    assert "no answer with this link" in app.info[0].value


def test_a_doubtful_answer_offers_its_readings(page: AppTest):
    ask(page, "Who is best?")
    assert any("several ways" in one.value for one in page.markdown)
    press(page, "Use this reading")
    assert page.dataframe[0].value["name"].tolist()[:2] == ["n0", "n1"]
    press(page, "Back to all readings")
    assert page.dataframe[0].value["name"].tolist()[0] == "n19"


def test_a_sure_answer_keeps_its_readings_apart(page: AppTest):
    ask(page, "Who earns most?")
    assert not any("several ways" in one.value for one in page.markdown)
    assert any("Other readings" in one.label for one in page.expander)


def test_edit_and_run_again(page: AppTest):
    ask(page, "Who earns most?")
    press(page, "Edit the SQL")
    editor = page.text_area("sql")
    assert "ORDER BY pay DESC" in editor.value
    editor.set_value("SELECT count(*) AS people FROM staff")
    press(page, "Run again")
    assert page.dataframe[0].value["people"].tolist() == [20]
    assert page.main.subheader[0].value == plain("Who earns most?")


def follow_up(app: AppTest, question: str) -> AppTest:
    app.text_input("follow_up").set_value(question)
    return press(app, "Follow up")


def path(app: AppTest) -> list[str]:
    """The questions above an answer."""
    return [one.label.removeprefix(":small[").removesuffix("]") for one in app.button if one.key.startswith("led-")]


def test_follow_ups_lead_on_and_back(page: AppTest):
    ask(page, "Who earns most?")
    assert path(page) == []
    first = answer_id(page)
    follow_up(page, "only in t1")
    assert page.main.subheader[0].value == "only in t1"
    assert page.dataframe[0].value["name"].tolist() == ["n19"]
    follow_up(page, "how many")
    assert page.dataframe[0].value["people"].tolist() == [7]
    assert path(page) == [plain("Who earns most?"), "only in t1"]
    assert page.text_input("question").value == "Who earns most?"
    assert page.text_input("follow_up").value == ""
    assert [one.question for one in parser().requests[-1].history] == ["Who earns most?", "only in t1"]
    page.button("led-0").click().run()
    settled(page)
    assert (answer_id(page), path(page)) == (first, [])
    ask(page, "Nobody")
    assert (path(page), parser().requests[-1].history) == ([], ())


def test_a_follow_up_is_found_again_by_its_link(page: AppTest):
    ask(page, "Who earns most?")
    follow_up(page, "only in t1")
    link = answer_id(page)
    resources.workbench()._jobs.clear()  # as after a restart of the server
    again = AppTest.from_file(str(ENTRY), default_timeout=300)
    again.query_params["answer"] = link
    settled(again.run())
    assert again.main.subheader[0].value == "only in t1"
    assert path(again) == [plain("Who earns most?")]
    assert again.text_input("question").value == "Who earns most?"
    follow_up(again, "how many")
    assert [one.question for one in parser().requests[-1].history] == ["Who earns most?", "only in t1"]


def test_a_follow_up_follows_the_answer_on_the_page(page: AppTest):
    ask(page, "Who is best?")
    press(page, "Use this reading")
    follow_up(page, "only in t1")
    assert [one.tree for one in parser().requests[-1].history] == ["by name"]
    assert path(page) == [plain("Who is best?")]
    press(page, "Edit the SQL")
    page.text_area("sql").set_value("SELECT 1 AS one")
    press(page, "Run again")
    assert path(page) == [plain("Who is best?")]
    follow_up(page, "how many")
    assert [one.sql for one in parser().requests[-1].history][1:] == ["SELECT 1 AS one"]


def test_a_follow_up_that_found_nothing_can_be_put_in_other_words(page: AppTest):
    ask(page, "Who earns most?")
    follow_up(page, "   ")
    assert path(page) == []
    follow_up(page, "onyl in t1")
    assert plain("a follow-up to «Who earns most?»") in page.info[0].value
    assert page.text_input("follow_up").value == "onyl in t1"
    follow_up(page, "only in t1")
    assert path(page) == [plain("Who earns most?")]
    assert [one.question for one in parser().requests[-1].history] == ["Who earns most?"]


def test_nothing_can_be_followed_where_there_is_no_sql_or_no_question(page: AppTest):
    ask(page, "What is love?")
    assert not [one for one in page.text_input if one.key == "follow_up"]
    page.segmented_control("mode").set_value("SQL").run()
    page.text_area("sql").set_value("FROM staff")
    press(page, "Run")
    assert not [one for one in page.text_input if one.key == "follow_up"]


def test_hostile_questions_stay_text_when_they_are_followed(page: AppTest):
    ask(page, HOSTILE)
    follow_up(page, "only in t1")
    assert path(page) == [plain(HOSTILE, 60)]


def test_the_query_log_says_what_was_followed(page: AppTest):
    ask(page, "Who earns most?")
    first = answer_id(page)
    follow_up(page, "only in t1")
    id = answer_id(page)
    page.switch_page("pages/query_log.py").run()
    page.session_state[f"record-{id}"] = True
    page.run()
    assert not page.exception
    links = {one.proto.label: one.proto.query_string for one in page.get("page_link")}
    assert links[f"Follow-up to «{plain('Who earns most?')}»"] == f"answer={first}"
    resources.workbench().log.delete(first)
    page.run()
    assert "not in the query log any more" in captions(page)


def test_sql_of_ones_own(page: AppTest):
    page.segmented_control("mode").set_value("SQL").run()
    page.text_area("sql").set_value("SELECT 1 AS one; SELECT 2")
    press(page, "Run")
    assert page.warning
    assert page.text_area("sql").value == "SELECT 1 AS one; SELECT 2"
    page.text_area("sql").set_value("FROM staff")
    press(page, "Run")
    assert len(page.dataframe[0].value) == 20


def test_a_nonsensical_address_does_no_harm():
    app = AppTest.from_file(str(ENTRY), default_timeout=300)
    app.query_params["mode"] = HOSTILE
    app.run()
    assert not app.exception
    assert button(app, "Ask")


def test_thumbs_and_correction_reach_the_log(page: AppTest):
    ask(page, "Who earns most?")
    id = answer_id(page)
    page.feedback(f"thumbs-{id}").set_value(0).run()
    log = resources.workbench().log
    assert log.get(id).feedback.verdict == "down"
    page.text_area(f"corrected-{id}").set_value("SELECT 1")
    page.text_input(f"comment-{id}").set_value(HOSTILE)
    press(page, "Save")
    assert (log.get(id).feedback.corrected_sql, log.get(id).feedback.comment) == ("SELECT 1", HOSTILE)
    page.feedback(f"thumbs-{id}").set_value(1).run()
    assert log.get(id).feedback.verdict == "up"


def test_scope_narrows_what_is_asked_about(page: AppTest):
    page.multiselect("scope").set_value(["staff"]).run()
    ask(page, "Who earns most?")
    record = resources.workbench().log.get(answer_id(page))
    assert record.scope == ("staff",)


def test_hostile_names_values_and_questions_stay_text(page: AppTest):
    ask(page, HOSTILE)
    assert page.main.subheader[0].value == plain(HOSTILE)
    ask(page, "Who is best?")
    drawn = [*page.markdown, *page.caption, *page.info, *page.warning, *page.error, *page.subheader]
    labels = [one.label for one in [*page.expander, *page.button]]
    for text in [*(one.value for one in drawn), *labels]:
        assert HOSTILE not in text
        assert "**y**" not in text
        assert ":material/home:" not in text


def test_the_query_log_lists_filters_and_deletes(page: AppTest):
    ask(page, "Who earns most?")
    ask(page, "Drop it")
    page.switch_page("pages/query_log.py").run()
    assert not page.exception
    lines = [one.label for one in page.expander]
    assert lines[0].startswith("Drop it")
    page.text_input("log_text").set_value("earns most").run()
    assert all("Who earns most" in one.label for one in page.expander)
    page.selectbox("log_status").set_value("refused").run()
    assert "No entry fits" in page.info[0].value


def test_deleting_asks_first(page: AppTest):
    ask(page, "Nobody")
    id = answer_id(page)
    page.switch_page("pages/query_log.py").run()
    page.session_state[f"record-{id}"] = True
    page.run()
    page.button(f"delete-{id}").click().run()
    assert "for good" in captions(page)
    assert page.button("delete-now").label == "Delete"
    assert resources.workbench().log.get(id) is not None


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_moments_that_are_all_midnight_show_as_dates(unit):
    months = [dt.datetime(2024, 1, 1), None, dt.datetime(1961, 2, 1)]
    later = [*months, dt.datetime(2024, 1, 1, 5)]
    shown = [
        _moment_format(pa.chunked_array([pa.array(one, pa.timestamp(unit, zone))]))
        for one, zone in ((months, None), (later, None), (months, "UTC"), ([None], None))
    ]
    moment = "YYYY-MM-DD HH:mm:ss"
    assert shown == ["YYYY-MM-DD", moment, moment, "YYYY-MM-DD"]


def test_plain_is_plain():
    assert plain("a\n\n# b\tc") == "a \\# b c"
    assert plain("x" * 50, 10) == "x" * 9 + "…"
    assert ":material/" not in plain(":material/home:").replace("\\", "")
    assert "https://" not in plain("https://example.com").replace("\\", "")
    assert "www." not in plain("www.example.com").replace("\\", "")
