"""Measures how long the app takes to start: until it is healthy, shows its first page, and gives its first answer.

Compared with a bare `import torch, streamlit` in the same run: what nothing in that stack can go below.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as BrowserError

from benchmarks.results import Figure, Result

ROOT = Path(__file__).resolve().parents[1]
BARE = "import torch, streamlit"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
GOAL_RATIO = 1.3
_PATIENCE = 120.0
_QUESTION = "Type a question about your tables"


class StartError(Exception):
    """The app did not start or did not answer; the message says what it printed."""


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process; None where it was not measured."""

    healthy: float
    page: float | None
    answer: float
    answered: bool
    """The answer had rows."""


def measure(rounds: int = 5, app: Path = ROOT / "streamlit_app.py", bare: str = BARE, browser: bool = True) -> Result:
    """Start a bare Python and the app in turn, `rounds` times each, over one workspace; medians, and their ratios.

    The first start of all, which makes the sample's tables, is reported apart. Without a browser there is no first
    page, and the first answer comes over HTTP.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None) if browser else None
    with tempfile.TemporaryDirectory(prefix="nl2sql-bench-") as home, _browser(path) as opened:
        _bare(bare)
        first = _start(app, Path(home), opened)
        bares, starts = [], []
        for _ in range(rounds):
            bares.append(_bare(bare))
            starts.append(_start(app, Path(home), opened))
    base = statistics.median(bares)
    figures = [Figure(f'bare: python -c "{bare}"', base, "s")]
    for name in ("healthy", "page", "answer"):
        seconds = [getattr(start, name) for start in starts]
        if None in seconds:
            continue
        middle, goal = statistics.median(seconds), None if name == "healthy" else GOAL_RATIO
        figures += [
            Figure(f"start to {_SAID[name]}", middle, "s"),
            Figure(f"{_SAID[name]}: ratio", middle / base, "×", goal),
        ]
    figures.append(Figure("very first start, which makes the sample: to the first answer", first.answer, "s"))
    without = sum(not start.answered for start in starts)
    return Result("start", tuple(figures), (*_notes(path is not None, rounds), *_unanswered(without, rounds)))


_SAID = {"healthy": "health check", "page": "first page", "answer": "first answer"}


def _notes(browser: bool, rounds: int) -> tuple[str, ...]:
    how = (
        "First page: the question box and the example questions are visible in headless Chromium, which runs on the "
        "same cores. First answer: the first example is clicked as soon as it is visible, until its rows are drawn."
        if browser
        else "There is no Chromium here: the first page is not measured, the first answer comes from POST /ask."
    )
    return (f"Medians of {rounds} starts each, in turn; each start is a new server process.", how)


def _unanswered(count: int, rounds: int) -> tuple[str, ...]:
    return (f"In {count} of {rounds} starts the first answer had no rows.",) if count else ()


def _bare(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


@contextlib.contextmanager
def _browser(path: str | None) -> Iterator[Browser | None]:
    if path is None:
        yield None
        return
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield launched
        finally:
            launched.close()


def _start(app: Path, home: Path, browser: Browser | None) -> Start:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NL2SQL_")}
    environment["NL2SQL_HOME"] = str(home)
    with tempfile.TemporaryFile() as printed:
        began = time.perf_counter()
        server = subprocess.Popen(
            [*command, "--server.headless", "true"], cwd=ROOT, env=environment, stdout=printed, stderr=printed
        )
        try:
            _wait_until_healthy(server, address)
            healthy = time.perf_counter() - began
            if browser is None:
                answered = _ask(address)
                return Start(healthy, None, time.perf_counter() - began, answered)
            return _look(browser, address, began, healthy)
        except (OSError, StartError, BrowserError) as error:
            printed.seek(0)
            raise StartError(f"{error}\n{printed.read().decode(errors='replace')[-2000:]}") from error
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_until_healthy(server: subprocess.Popen[bytes], address: str) -> None:
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
            return
        time.sleep(0.01)
    raise StartError("The app did not start:")


def _look(browser: Browser, address: str, began: float, healthy: float) -> Start:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(_PATIENCE * 1000)
    page.goto(address, wait_until="commit")
    page.get_by_placeholder(_QUESTION).wait_for()
    example = page.locator(".st-key-example-0 button")
    example.wait_for()
    shown = time.perf_counter() - began
    example.click()
    page.locator('[data-testid="stMain"] :is([data-testid="stDataFrame"], [data-testid="stAlert"])').first.wait_for()
    answer = time.perf_counter() - began
    answered = page.locator('[data-testid="stDataFrame"]').count() > 0
    context.close()
    return Start(healthy, shown, answer, answered)


def _ask(address: str) -> bool:
    """Ask over HTTP; whether rows came back."""
    body = json.dumps({"question": "how many rows are there?"}).encode()
    request = urllib.request.Request(f"{address}/ask", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
            return bool(json.load(response)["rows"])
    except urllib.error.HTTPError as error:
        if error.code == 422:
            return False
        raise
