"""A server with the scripted app and a real browser, for the tests in this folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
FOCUSED = """(() => {
  const element = document.activeElement
  return element.matches("main, section, div:not([role])") ? "" : element.placeholder || element.innerText || ""
})()"""
"""What the focus is on, as text; areas that scroll have the focus too, and all text of the page."""
PATIENCE = 120
"""Seconds that a slow, busy machine may take for what takes a moment elsewhere."""
expect.set_options(timeout=PATIENCE * 1000)


def browser_path() -> str | None:
    """The browser of this machine, None when there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def serve(script: Path, home: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the app in `script` with its workspace in `home`; the process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NL2SQL_")}
    environment |= {
        "NL2SQL_HOME": str(home),
        "NL2SQL_TODAY": "2026-06-15",
        "NL2SQL_DEADLINE": "1200",
        "HF_HOME": "/srv/huggingface",
    }
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--server.headless", "true"], cwd=HERE.parents[1], env=environment, stdout=output, stderr=output
        )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=10):
                return server, address
        except OSError:
            time.sleep(0.1)
    server.kill()
    raise AssertionError(f"The app did not start:\n{log.read_text()}")


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on `wanted`: the question box, or what shows that text."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if (wanted == "textbox" and "Type a question" in focused) or wanted in focused:
            return
    raise AssertionError(f"Tab never reached {wanted}.")


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the running app."""
    folder = tmp_path_factory.mktemp("app")
    server, address = serve(HERE / "scripted_app.py", folder / "home", folder / "log.txt")
    yield address
    server.terminate()
    server.wait(timeout=PATIENCE)
    assert "Traceback" not in (folder / "log.txt").read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = browser_path()
    if path is None:
        pytest.skip("There is no Chromium here.")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE * 1000)
    yield opened
    context.close()
