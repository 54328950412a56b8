"""The child that reads a file: it never outlives who asked, and leaves nothing behind when it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nl2sql import ingest
from nl2sql.engine.base import Cancel
from nl2sql.errors import QueryCancelledError
from nl2sql.ingest.base import ReadOptions

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60


def wait_until(condition: Callable[[], object], failure: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, failure
        time.sleep(0.01)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes a while to read."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    path.write_bytes(b"id,name,amount\n" + b"".join(b"%d,name %d,%d.5\n" % (n, n % 999, n) for n in range(500_000)))
    return path


@pytest.fixture
def parent(large: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that loads the large file again and again."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom nl2sql import ingest\n"
        "while True: ingest.load(Path(sys.argv[1]), ingest.ReadOptions(), Path(sys.argv[2]) / 'staged.duckdb')\n"
    )
    command = [sys.executable, "-c", script, str(large), str(tmp_path)]
    started = subprocess.Popen(command, cwd=ROOT, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)})
    yield started
    started.kill()
    started.wait()


def writer_of(parent: subprocess.Popen[bytes], folder: Path) -> psutil.Process:
    """The process that reads the file, once it writes the table."""
    wait_until((folder / "staged.duckdb").exists, "no table file is begun")
    (child,) = psutil.Process(parent.pid).children()
    return child


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.crash
def test_it_ends_when_its_parent_is_killed(parent: subprocess.Popen[bytes], tmp_path: Path):
    child = writer_of(parent, tmp_path)
    parent.kill()
    parent.wait()
    wait_until(lambda: gone(child), "the child outlives its parent")


@pytest.mark.crash
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process that does not run")
def test_it_ends_even_when_it_cannot_run(parent: subprocess.Popen[bytes], tmp_path: Path):
    child = writer_of(parent, tmp_path)
    child.suspend()
    parent.kill()
    parent.wait()
    try:
        wait_until(lambda: gone(child), "the child outlives its parent")
    finally:
        if not gone(child):
            child.send_signal(signal.SIGKILL)


def test_the_end_of_the_pipe_is_enough():
    script = (
        "import sys, time\nfrom nl2sql.engine import child\nchild._die_with_parent = lambda: None\n"
        "child.end_with_parent(sys.stdin.buffer)\nprint('ready', flush=True)\ntime.sleep(600)\n"
    )
    pipe = subprocess.PIPE
    started = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdin=pipe, stdout=pipe)
    assert started.stdout is not None
    assert started.stdout.readline().strip() == b"ready"
    assert started.poll() is None
    started.communicate(timeout=PATIENCE)
    assert started.returncode == 1


@pytest.mark.parametrize("after", [0.0, 0.1, 0.4, 0.8])
def test_a_stopped_load_leaves_no_file_and_no_process(large: Path, tmp_path: Path, after: float):
    cancel, began = Cancel(), time.monotonic()

    def stop(share: float, rows: int) -> None:
        if time.monotonic() - began >= after:
            cancel.set()

    with pytest.raises(QueryCancelledError):
        ingest.load(large, ReadOptions(), tmp_path / "staged.duckdb", progress=stop, cancel=cancel)
    assert list(tmp_path.iterdir()) == []
    assert psutil.Process().children() == []


def test_a_stopped_look_leaves_no_file_and_no_process(large: Path, tmp_path: Path):
    cancel = Cancel()
    cancel.set()
    with pytest.raises(QueryCancelledError):
        ingest.inspect(large, cancel=cancel, scratch=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert psutil.Process().children() == []
