"""Takes the pictures in docs/screenshots: every page and state, wide and narrow, light and dark.

    python -m tests.browser.screenshots [--scripted]

The trained parser answers; with `--scripted` the scripted one does, for the states that it can bring about at will.
The states busy, doubtful, refused and failed always come from the scripted one.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, browser_path, serve

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "screenshots"
SIZES = {"wide": (1400, 900), "narrow": (400, 860)}
BUSY = "Running the SQL"
AVERAGE = "Show me average salary by department"


def main() -> None:
    """Start the app twice, with its own and with the scripted parser, and take all pictures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scripted", action="store_true", help="use the scripted parser for all pictures")
    scripted_only = arguments.parse_args().scripted
    scripted = ROOT / "tests" / "browser" / "scripted_app.py"
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        for script, take in ((scripted if scripted_only else ROOT / "streamlit_app.py", usual), (scripted, states)):
            server, address = serve(script, Path(folder) / take.__name__, Path(folder) / "log.txt")
            try:
                take(browser, address)
            finally:
                server.terminate()
                server.wait(timeout=20)
        browser.close()


def usual(browser: Browser, address: str) -> None:
    """What people see every day."""
    for scheme, size in (("light", "wide"), ("dark", "wide"), ("light", "narrow"), ("dark", "narrow")):
        page = opened(browser, address, scheme, size)
        save(page, f"ask-empty-{size}-{scheme}")
        ask(page, AVERAGE, "Was this SQL correct?")
        page.get_by_test_id("stFeedbackButton").first.wait_for()
        if size == "wide":
            page.get_by_text("employees").first.click()
            page.get_by_role("button", name="First 100 rows").wait_for()
        save(page, f"answer-{size}-{scheme}")
        if (scheme, size) == ("light", "wide"):
            page.get_by_role("button", name="First 100 rows").click()
            page.get_by_text("100 of").wait_for()
            save(page, "first-rows")
            page.keyboard.press("Escape")
        ask(page, "List all employees who joined last year", "Was this SQL correct?")
        page.get_by_label("Thumbs down").click()
        page.get_by_label("Correct SQL").wait_for()
        if (scheme, size) == ("light", "wide"):
            page.get_by_label("Comment").scroll_into_view_if_needed()
            save(page, "feedback")
        page.goto(f"{address}/query_log")
        page.get_by_role("heading", name="Query log").wait_for()
        settled(page)
        page.get_by_test_id("stExpander").filter(has_text=AVERAGE).first.click()
        page.get_by_role("link", name="Open on the Ask page").wait_for()
        save(page, f"query-log-{size}-{scheme}")
        page.context.close()


def states(browser: Browser, address: str) -> None:
    """What people see now and then."""
    page = opened(browser, address, "light", "wide")
    page.goto(f"{address}/query_log")
    page.get_by_text("Nothing has been asked yet").wait_for()
    save(page, "query-log-empty")
    page.goto(address)
    for name, question, sign in (
        ("refused", "Delete everything", "Refused"),
        ("failed", "Ask for a column that is not there", "That did not work"),
        ("declined", "What is love?", "No answer"),
        ("no-rows", "Who earns nothing?", "No rows"),
        ("truncated", "Show every order", "of more"),
        ("doubtful", "Which are our best customers?", "Which one did you mean?"),
    ):
        ask(page, question, sign)
        save(page, name)
    page.get_by_role("button", name="Edit the SQL").click()
    page.get_by_placeholder("One SELECT").scroll_into_view_if_needed()
    save(page, "edit-sql")
    page.get_by_text("sqlcoder-7b-2").first.click()
    page.get_by_text("cannot answer yet").or_(page.get_by_text("an answer takes")).first.wait_for()
    save(page, "language-model")
    page.get_by_text("Built-in parser", exact=True).first.click()
    ask(page, "Take your time", BUSY)
    page.wait_for_timeout(1_500)
    save(page, "busy", settle=False)
    page.keyboard.press("Escape")
    page.get_by_text("You stopped this one.").wait_for()
    save(page, "stopped")
    page.context.close()


def opened(browser: Browser, address: str, scheme: str, size: str) -> Page:
    """The Ask page in a window of that size and colour scheme."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.get_by_placeholder("Type a question").wait_for()
    return page


def ask(page: Page, question: str, sign: str) -> None:
    """Ask, and wait for the text that shows the outcome."""
    box = page.get_by_placeholder("Type a question")
    box.fill(question)
    box.press("Enter")
    if sign != BUSY:
        page.get_by_role("heading", name=question).wait_for()
    page.get_by_text(sign).first.wait_for()
    if sign != BUSY:
        settled(page)
    page.mouse.move(0, 0)


def settled(page: Page) -> None:
    """Wait until the page is drawn."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def save(page: Page, name: str, settle: bool = True) -> None:
    """Save what is in the window as a small PNG."""
    if settle:
        settled(page)
    page.wait_for_timeout(700)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(192, dither=Image.Dither.NONE).save(TARGET / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
