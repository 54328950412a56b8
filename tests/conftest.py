"""What all tests share: patience with slow machines; with CI=true, a skipped browser or crash test is a failure."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

MUST_RUN = ("browser", "crash")
collect_ignore = ["browser/scripted_app.py"]  # an app, which puts a scripted parser into the registry when imported

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """One thread for torch and numpy: two that share a core with other processes mostly wait for each other."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    must_run = os.environ.get("CI") == "true" and any(item.get_closest_marker(name) for name in MUST_RUN)
    if must_run and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which counts as failed where CI=true: {report.longrepr}"
    return report
