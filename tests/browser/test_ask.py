"""The app in a real browser: ask, judge, find again, stop, reload, refuse, keyboard, hostile text."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.answers import HOSTILE
from tests.browser.conftest import tab_to

pytestmark = pytest.mark.browser
AVERAGE = "Show me average salary by department"


def box(page: Page) -> Locator:
    return page.get_by_placeholder("Type a question")


def settled(page: Page) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def escape(page: Page) -> None:
    """Press Escape until the answer has stopped: a page that was just loaded may not listen yet."""
    for _ in range(20):
        page.keyboard.press("Escape")
        if page.get_by_text("You stopped this one.").is_visible():
            break
        page.wait_for_timeout(500)
    expect(page.get_by_text("You stopped this one.")).to_be_visible()


def ask(page: Page, question: str) -> None:
    box(page).fill(question)
    box(page).press("Enter")


def open_log(page: Page) -> None:
    page.get_by_role("link", name="Query log").click()
    expect(page.get_by_role("heading", name="Query log")).to_be_visible()
    expect(box(page)).to_have_count(0)
    settled(page)


def open_app(page: Page, address: str) -> None:
    page.goto(address)
    expect(box(page)).to_be_visible()
    settled(page)


def test_ask_rows_thumbs_query_log(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, AVERAGE)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^8 rows · [0-9.]+ s$"))).to_be_visible()
    expect(page.get_by_text("Very sure, 93%")).to_be_visible()
    page.get_by_label("Thumbs down").click()
    page.get_by_label("Correct SQL").fill("SELECT 1")
    page.get_by_label("Comment").fill("wanted the median")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved in the query log.")).to_be_visible()
    open_log(page)
    page.get_by_test_id("stExpander").filter(has_text=AVERAGE).first.click()
    expect(page.get_by_label("Correct SQL")).to_have_value("SELECT 1")
    expect(page.get_by_label("Comment")).to_have_value("wanted the median")
    page.get_by_role("link", name="Open on the Ask page").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    assert "answer=" in page.url


def test_reload_keeps_the_answer(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, AVERAGE)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    link = page.url
    page.reload()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect(box(page)).to_have_value(AVERAGE)
    assert page.url == link


def test_stop_a_long_query(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, "Take your time")
    expect(page.get_by_text("Running the SQL")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("You stopped this one.")).to_be_visible()


def test_a_running_answer_is_found_again_after_a_reload(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, "Take your time")
    expect(page.get_by_text("Running the SQL")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Running the SQL")).to_be_visible()
    escape(page)


def test_typed_text_survives_reload_and_page_switch(app: str, page: Page) -> None:
    open_app(page, app)
    box(page).fill("half a ques")
    expect(page).to_have_url(re.compile("question=half"))
    page.reload()
    expect(box(page)).to_have_value("half a ques")
    settled(page)
    box(page).fill("half a question")
    expect(page).to_have_url(re.compile("question=half.a.question"))
    page.wait_for_function("Object.values(globalThis.keptDrafts ?? {}).includes('half a question')")
    open_log(page)
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(box(page)).to_have_value("half a question")


def test_typed_sql_survives_an_error_and_a_reload(app: str, page: Page) -> None:
    page.goto(f"{app}/?mode=SQL")
    editor = page.get_by_placeholder("One SELECT")
    editor.fill("SELECT nothing FROM employees")
    editor.press("Control+Enter")
    expect(page.get_by_text("That did not work")).to_be_visible()
    expect(editor).to_have_value("SELECT nothing FROM employees")
    page.reload()
    expect(page.get_by_text("That did not work")).to_be_visible()
    expect(editor).to_have_value("SELECT nothing FROM employees")


def test_edit_and_run_again(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, AVERAGE)
    page.get_by_role("button", name="Edit the SQL").click()
    editor = page.get_by_placeholder("One SELECT")
    expect(editor).to_have_count(1)
    expect(editor).to_have_value(re.compile("avg"))
    editor.fill("SELECT count(*) AS people FROM employees")
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text(re.compile("^1 row · "))).to_be_visible()
    expect(editor).to_have_count(1)  # the one before may linger while the page is drawn anew
    expect(editor).to_have_value("SELECT count(*) AS people FROM employees")
    expect(page.get_by_role("heading", name=AVERAGE)).to_be_visible()


def test_a_follow_up_by_keyboard_back_and_found_again(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, AVERAGE)
    follow_up = page.get_by_placeholder("Only for 2023")
    follow_up.fill("only eng")
    expect(page).to_have_url(re.compile("follow_up=only"))
    page.reload()
    expect(follow_up).to_have_value("only eng")
    settled(page)
    follow_up.fill("only engineering")
    follow_up.press("Enter")
    expect(page.get_by_role("heading", name="only engineering")).to_be_visible()
    expect(page.get_by_text(re.compile("^1 row · "))).to_be_visible()
    expect(follow_up).to_have_value("")
    expect(page).not_to_have_url(re.compile("follow_up="))
    settled(page)
    open_log(page)
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.get_by_text("Follow-up to")).to_be_visible()
    settled(page)
    expect(follow_up).to_have_value("")
    expect(box(page)).to_have_value(AVERAGE)
    page.get_by_role("button", name=AVERAGE, exact=True).press("Enter")
    expect(page.get_by_role("heading", name=AVERAGE)).to_be_visible()
    expect(page.get_by_text("Follow-up to")).to_have_count(0)


def test_refused_failed_declined_and_empty_say_so(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, "Delete everything")
    expect(page.get_by_text("Refused", exact=True)).to_be_visible()
    ask(page, "Ask for a column that is not there")
    expect(page.get_by_text("That did not work")).to_be_visible()
    expect(page.get_by_text("salery").first).to_be_visible()
    ask(page, "What is love?")
    expect(page.get_by_text("No answer", exact=True)).to_be_visible()
    ask(page, "Who earns nothing?")
    expect(page.get_by_text("No rows", exact=True)).to_be_visible()
    ask(page, "Show every order")
    expect(page.get_by_text("First 10,000 rows of more")).to_be_visible()


def test_a_doubtful_answer_shows_its_other_readings_first(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, "Which are our best customers?")
    choice, rows = page.get_by_role("button", name="Use this reading"), page.get_by_test_id("stDataFrame")
    expect(rows).to_be_visible()
    above, below = choice.bounding_box(), rows.bounding_box()
    assert above and below and above["y"] < below["y"]
    choice.click()
    page.get_by_role("button", name="Back to all readings").click()
    expect(choice).to_be_visible()


def test_two_tabs_do_not_disturb_each_other(app: str, page: Page) -> None:
    open_app(page, app)
    other = page.context.new_page()
    open_app(other, app)
    ask(page, "Take your time")
    expect(page.get_by_text("Running the SQL")).to_be_visible()
    ask(other, AVERAGE)
    expect(other.get_by_test_id("stDataFrame")).to_be_visible()
    expect(page.get_by_text("Running the SQL")).to_be_visible()
    escape(page)
    expect(other.get_by_test_id("stDataFrame")).to_be_visible()


def test_keyboard_alone(app: str, page: Page) -> None:
    open_app(page, app)
    tab_to(page, "textbox")
    page.keyboard.type(AVERAGE)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    settled(page)
    tab_to(page, "thumb_up")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Noted in the query log.")).to_be_visible()


def test_hostile_text_never_renders(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, HOSTILE)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_text("Details").click()
    expect(page.get_by_text("What the parser read")).to_be_visible()
    assert_plain(page)
    open_log(page)
    expect(page.get_by_test_id("stExpander").filter(has_text="bold").first).to_be_visible()
    assert_plain(page)


def assert_plain(page: Page) -> None:
    main = page.get_by_test_id("stMain")
    shown = main.inner_text().replace("\u2060", "")
    assert "<b>bold</b> **stars** :material/home: $x^2$ :red[red] `code` [a](http://example.com) -> :smile:" in shown
    assert main.locator("b:has-text('bold'), strong:has-text('stars'), .katex").count() == 0
    assert main.locator("a[href*='example.com']").count() == 0
    assert main.get_by_text("home", exact=True).count() == 0


def test_narrow_screens_need_no_sideways_scrolling(app: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 800}, color_scheme="dark")
    narrow = context.new_page()
    open_app(narrow, app)
    ask(narrow, AVERAGE)
    expect(narrow.get_by_test_id("stDataFrame")).to_be_visible()
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 400
    context.close()


def test_nothing_is_fetched_from_elsewhere(app: str, page: Page) -> None:
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(app) else None)
    open_app(page, app)
    ask(page, AVERAGE)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    assert [url for url in elsewhere if url.startswith("http")] == []


def test_delete_an_entry(app: str, page: Page) -> None:
    open_app(page, app)
    ask(page, "Which question is to be deleted?")
    expect(page.get_by_text("No answer", exact=True)).to_be_visible()
    open_log(page)
    entry = page.get_by_test_id("stExpander").filter(has_text="Which question is to be deleted?")
    entry.first.click()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Which question is to be deleted?")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_have_count(0)
    expect(entry).to_have_count(0)
