"""What all tests share: with CI=true, a browser or crash test that is skipped is a failure."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

MUST_RUN = ("browser", "crash")
collect_ignore = ["browser/scripted_app.py"]  # an app, which puts a scripted parser into the registry when imported


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    must_run = os.environ.get("CI") == "true" and any(item.get_closest_marker(name) for name in MUST_RUN)
    if must_run and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which counts as failed where CI=true: {report.longrepr}"
    return report
