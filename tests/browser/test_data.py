"""The Data page in a real browser: a file from finance becomes a table and an answer; tabs, Stop, keyboard, narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import HERE, serve, tab_to

pytestmark = pytest.mark.browser
SLOW = 120_000
REGIONS = ("North", "South", "East", "West")
FINANCE = (
    "Sales report Q3 2025;;;\nRegion;Customer;Total Sales ($);Date\n"
    + "".join(
        f"{REGIONS[number % 4]};Käufer {number};{number % 9 + 1}.{number * 7 % 1000:03d},{number % 100:02d};"
        f"{number % 28 + 1:02d}.{number % 12 + 1:02d}.2024\n"
        for number in range(48)
    )
).encode("cp1252")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """Address of an app with a workspace of its own."""
    server, address = serve(HERE / "scripted_app.py", tmp_path / "home", tmp_path / "log.txt")
    yield address
    server.terminate()
    server.wait(timeout=20)
    assert "Traceback" not in (tmp_path / "log.txt").read_text()


def open_data(page: Page, app: str) -> None:
    page.goto(f"{app}/data")
    expect(page.get_by_role("heading", name="Tables", exact=True)).to_be_visible(timeout=SLOW)


def upload(page: Page, name: str, content: bytes, shown: str = "") -> None:
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator("input[type=file]").first.set_input_files(files=[file])
    expect(page.get_by_test_id("stExpander").filter(has_text=shown or name).first).to_be_visible(timeout=SLOW)


def understood(page: Page) -> Locator:
    return page.get_by_text("Text with ; between fields, Windows-1252, 48 rows, decimal comma, dates day first")


def keep(page: Page, table: str) -> None:
    page.get_by_role("button", name="Keep as table").click()
    expect(page.get_by_text(f"{table} is a table now")).to_be_visible(timeout=SLOW)


def test_a_file_from_finance_becomes_a_table_and_an_answer(app: str, page: Page) -> None:
    open_data(page, app)
    upload(page, "Finance Q3.csv", FINANCE)
    expect(understood(page)).to_be_visible(timeout=SLOW)
    page.reload()
    expect(understood(page)).to_be_visible(timeout=SLOW)
    other = page.context.new_page()
    open_data(other, app)
    expect(understood(other)).to_be_visible(timeout=SLOW)
    page.get_by_role("tab", name="How it is read").click()
    page.get_by_text("The first line names the columns").click()
    expect(page.get_by_text(re.compile("49 rows"))).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Read it as found").click()
    expect(understood(page)).to_be_visible(timeout=SLOW)
    keep(page, "finance_q3")
    other.reload()
    expect(other.get_by_text("48 rows · 4 columns")).to_be_visible(timeout=SLOW)
    page.get_by_role("link", name="Ask", exact=True).click()
    page.get_by_placeholder("Type a question").fill("total sales by region")
    page.get_by_placeholder("Type a question").press("Enter")
    expect(page.get_by_text(re.compile(r"^4 rows · [0-9.]+ s$"))).to_be_visible(timeout=SLOW)


def test_stop_a_load(app: str, page: Page) -> None:
    open_data(page, app)
    upload(page, "slow.csv", b"x,y\n1,2\n")
    page.get_by_role("button", name="Keep as table").click(timeout=SLOW)
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible(timeout=SLOW)
    page.reload()
    expect(stop).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("1,234,567 rows")).to_be_visible()
    stop.click()
    expect(page.get_by_text("Nothing of it was kept")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="Keep as table")).to_be_visible(timeout=SLOW)


def test_keyboard_alone(app: str, page: Page) -> None:
    open_data(page, app)
    upload(page, "people.csv", b"name,town\nAnn,Lima\nBob,Rome\n")
    expect(page.get_by_role("button", name="Keep as table")).to_be_visible(timeout=SLOW)
    tab_to(page, "Keep as table")
    page.keyboard.press("Enter")
    expect(page.get_by_text("people is a table now")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("2 rows · 2 columns")).to_be_visible(timeout=SLOW)
    tab_to(page, "Open")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="people")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("region", name="The columns and what they hold")).to_be_visible(timeout=SLOW)


def test_hostile_names_narrow_and_dark(app: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 800}, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(SLOW)
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(app) else None)
    open_data(page, app)
    columns = ['"<b>bold</b> **stars** :material/home: $x^2$"', *(f"column number {number}" for number in range(300))]
    content = f"{','.join(columns)}\n{','.join(['=1+1'] * 301)}\n".encode()
    upload(page, "[a](http:b.c) **stars** :smile:.csv", content, shown="stars")
    keep(page, "a_http_b_c_stars_smile")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.get_by_role("button", name=re.compile("^Open")).first.click()
    expect(page.get_by_role("tab", name="First rows")).to_be_visible()
    page.get_by_role("tab", name="First rows").click()
    expect(page.get_by_text("columns 1 to 60 of 301")).to_be_visible(timeout=SLOW)
    main = page.get_by_test_id("stMain")
    assert main.locator("b:has-text('bold'), strong:has-text('stars'), .katex").count() == 0
    assert main.locator("a[href*='b.c']").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert [url for url in elsewhere if url.startswith("http")] == []
    context.close()
