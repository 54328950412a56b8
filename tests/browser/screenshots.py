"""Takes the pictures in docs/screenshots: every page and state, wide and narrow, light and dark.

    python -m tests.browser.screenshots [--scripted] [--only data]

The trained parser answers; with `--scripted` the scripted one does, for the states that it can bring about at will.
The states busy, doubtful, refused and failed always come from the scripted one, and so does the Data page.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, browser_path, serve

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "screenshots"
SIZES = {"wide": (1400, 900), "narrow": (400, 860)}
BUSY = "Running the SQL"
REGIONS = ("North", "South", "East", "West")
FINANCE = (
    "Sales report Q3 2025;;;\nRegion;Customer;Total Sales ($);Date\n"
    + "".join(
        f"{REGIONS[number % 4]};Käufer {number};{number % 9 + 1}.{number * 7 % 1000:03d},{number % 100:02d};"
        f"{number % 28 + 1:02d}.{number % 12 + 1:02d}.2024\n"
        for number in range(48)
    )
).encode("cp1252")
CUSTOMERS = (
    "id,name,country\n"
    + "".join(f"{number},Customer {number},{('NO', 'SE', 'DK')[number % 3]}\n" for number in range(1, 41))
).encode()
ORDERS = (
    "order_id,customer_id,amount,ordered_on\n"
    + "".join(f"{n},{n % 40 + 1},{n * 3.5:.2f},2024-{n % 12 + 1:02d}-{n % 28 + 1:02d}\n" for n in range(1, 400))
).encode()
MISFITS = (
    "booking,amount,booked_on\n"
    + "".join(f"{number},{number}.50,2024-{number % 12 + 1:02d}-05\n" for number in range(1, 80))
    + "80,12.00,2024-03-01,=HYPERLINK(1)\n81,13.00\n82,14.00,2024-03-02,extra,more\n"
).encode()
AVERAGE = "Show me average salary by department"


def main() -> None:
    """Start the app with its own and with the scripted parser, and take all pictures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scripted", action="store_true", help="use the scripted parser for all pictures")
    arguments.add_argument("--only", choices=("usual", "states", "data"), help="take only these pictures")
    options = arguments.parse_args()
    scripted = ROOT / "tests" / "browser" / "scripted_app.py"
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        usual_app = scripted if options.scripted else ROOT / "streamlit_app.py"
        for script, take in ((usual_app, usual), (scripted, states), (scripted, data)):
            if options.only not in (None, take.__name__):
                continue
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
        if (scheme, size) == ("light", "wide"):
            follow_up(page, "only those who joined in 2023", "the top 3 instead")
            save(page, "follow-up")
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


def data(browser: Browser, address: str) -> None:
    """Everything that the Data page can show."""
    page = opened_data(browser, address, "light", "wide")
    save(page, "data-sample")
    upload(page, "finance.csv", FINANCE)
    page.get_by_text("decimal comma").wait_for()
    save(page, "data-card-wide-light")
    page.get_by_role("tab", name="Columns").click()
    save(page, "data-card-columns")
    page.get_by_role("tab", name="How it is read").click()
    save(page, "data-card-reading")
    keep(page, "finance")
    save(page, "data-kept")
    for name, content in (("customers.csv", CUSTOMERS), ("orders.csv", ORDERS)):
        upload(page, name, content)
        keep(page, name.partition(".")[0])
    closing = page.get_by_role("button", name="Close")
    while closing.count():
        before = closing.count()
        closing.first.click()
        expect(closing).to_have_count(before - 1)
    save(page, "data-list-wide-light")
    refused(page)
    misfits(page)
    changes(page)
    details(page, address)
    for scheme, size in (("dark", "wide"), ("light", "narrow"), ("dark", "narrow")):
        looks(browser, address, scheme, size)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("Deleted:").wait_for()
    page.get_by_text("Deleted tables").click()
    page.get_by_role("button", name="Delete for good").wait_for()
    page.mouse.move(0, 0)
    save(page, "data-deleted")
    busy(page)
    page.context.close()


def refused(page: Page) -> None:
    """A file that is no table."""
    upload(page, "report.csv", b"<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>")
    page.get_by_role("button", name="Discard").wait_for()
    page.get_by_role("button", name="Discard").scroll_into_view_if_needed()
    save(page, "data-no-table")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").wait_for()
    save(page, "data-discard")
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    page.get_by_text("report.csv").first.wait_for(state="detached")


def misfits(page: Page) -> None:
    """Rows that do not fit."""
    upload(page, "bookings.csv", MISFITS)
    page.get_by_role("button", name="Keep as table").click()
    page.get_by_role("button", name="Leave those rows out").wait_for()
    page.get_by_text("Nothing is kept yet").scroll_into_view_if_needed()
    save(page, "data-misfits")
    page.get_by_role("button", name="Leave those rows out").click()
    page.get_by_text("were left out").wait_for()
    page.get_by_text("were left out").scroll_into_view_if_needed()
    save(page, "data-left-out")
    page.get_by_role("button", name="Close").click()


def changes(page: Page) -> None:
    """A file for a table that is there already."""
    upload(page, "orders.csv", ORDERS.replace(b"amount", b"value"))
    page.get_by_role("button", name="Replace orders").click()
    page.get_by_text("What changes").wait_for()
    page.get_by_text("What changes").scroll_into_view_if_needed()
    save(page, "data-replace")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    page.get_by_text("What changes").wait_for(state="detached")


def details(page: Page, address: str) -> None:
    """One table."""
    page.goto(f"{address}/data?table=orders")
    page.get_by_role("tab", name="Columns").wait_for()
    save(page, "data-columns-wide-light")
    for tab, name in (("First rows", "rows"), ("Names and notes", "notes"), ("Keys", "keys"), ("New rows", "new-rows")):
        page.get_by_role("tab", name=tab).click()
        settled(page)
        page.mouse.move(0, 0)
        save(page, f"data-{name}")


def looks(browser: Browser, address: str, scheme: str, size: str) -> None:
    """The Data page in other colours and sizes."""
    page = opened_data(browser, address, scheme, size)
    save(page, f"data-list-{size}-{scheme}")
    upload(page, "finance.csv", FINANCE)
    page.get_by_text("decimal comma").wait_for()
    page.get_by_text("decimal comma").scroll_into_view_if_needed()
    save(page, f"data-card-{size}-{scheme}")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    page.get_by_text("decimal comma").wait_for(state="detached")
    page.goto(f"{address}/data?table=orders")
    page.get_by_role("tab", name="Columns").wait_for()
    save(page, f"data-columns-{size}-{scheme}")
    page.context.close()


def busy(page: Page) -> None:
    """A load on its way, and stopped."""
    upload(page, "slow.csv", b"x,y\n1,2\n")
    page.get_by_role("button", name="Keep as table").click()
    page.get_by_text("Reading the whole file").wait_for()
    page.get_by_text("Reading the whole file").scroll_into_view_if_needed()
    save(page, "data-busy", settle=False)
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Nothing of it was kept").wait_for()


def opened_data(browser: Browser, address: str, scheme: str, size: str) -> Page:
    """The Data page in a window of that size and colour scheme."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{address}/data")
    page.get_by_role("heading", name="Tables", exact=True).wait_for()
    return page


def upload(page: Page, name: str, content: bytes) -> None:
    """Drop a file; its card is there and drawn when this returns."""
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator("input[type=file]").first.set_input_files(files=[file])
    page.get_by_test_id("stExpander").filter(has_text=name).first.wait_for()
    settled(page)


def keep(page: Page, table: str) -> None:
    """Keep the file of the open card."""
    page.get_by_role("button", name="Keep as table").click()
    page.get_by_text(f"{table} is a table now").wait_for()
    page.get_by_text(f"{table} is a table now").scroll_into_view_if_needed()
    page.mouse.move(0, 0)


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


def follow_up(page: Page, *questions: str) -> None:
    """Ask follow-ups, one after the other, and wait for the last one's answer."""
    box = page.get_by_placeholder("Only for 2023")
    for question in questions:
        box.fill(question)
        box.press("Enter")
        page.get_by_role("heading", name=question).wait_for()
        box.wait_for()
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
