"""The query log under kills: what was acknowledged is there once, and nothing is half there."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from nl2sql.query_log import LogFilter, QueryLog

_HERE = Path(__file__).parent
_ROOT = _HERE.parent
_CHILD = _HERE / "query_log_child.py"
_spec = importlib.util.spec_from_file_location("query_log_child", _CHILD)
assert _spec is not None and _spec.loader is not None
child = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(child)


def _command(*words: object) -> list[str]:
    return [sys.executable, str(_CHILD), *map(str, words)]


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_ROOT), **more}


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        reason = "kills at every step need Linux and a C compiler (apt-get install gcc libc6-dev)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    library = tmp_path_factory.mktemp("killer") / "kill_at_step.so"
    source = _HERE / "kill_at_step.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def _kill_at_each_step(work: Path, killer: Path, scenario: str, tear: str) -> int:
    command = _command("kill", work, killer, scenario, tear)
    environment = _environment(LD_PRELOAD=str(killer))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def _left_over(folder: Path) -> list[str]:
    names = {path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".torn"}
    return sorted(names - {"query_log.duckdb", "query_log.lock"})


@pytest.mark.crash
@pytest.mark.parametrize("tear", ["whole", "tear"])
def test_a_record_outlives_a_kill_at_every_step(tmp_path: Path, killer: Path, tear: str) -> None:
    (tmp_path / "start").mkdir()
    steps = _kill_at_each_step(tmp_path, killer, "record", tear)
    assert steps >= 3 * 2, "each record is written and synced: fewer kills means that they came too late"
    for step in range(1, steps + 2):
        log = QueryLog(tmp_path / f"{step:04}")
        acknowledged = tmp_path / f"{step:04}.acknowledged"
        ids = acknowledged.read_text().split() if acknowledged.exists() else []
        found = {record.id: record for record in log.list().records}
        assert log.list().total == len(found)
        assert set(ids) <= set(found), f"killed at step {step}"
        assert len(found) <= len(ids) + 1, "only the record that was being written may be there without having said so"
        assert all(record == child.numbered(*_split(id)) for id, record in found.items())


@pytest.mark.crash
@pytest.mark.parametrize("tear", ["whole", "tear"])
@pytest.mark.parametrize("with_file", [True, False])
def test_a_fold_outlives_a_kill_at_every_step(tmp_path: Path, killer: Path, tear: str, with_file: bool) -> None:
    child.prepare(tmp_path / "start", with_file)
    shutil.copytree(tmp_path / "start", tmp_path / "expected")
    expected = QueryLog(tmp_path / "expected").list()
    ids = {"old-1", "old-3", "first-1", "first-3", "second-1", "second-2", "second-3"}
    assert {record.id for record in expected.records} == ids
    assert all(record == child.numbered(*_split(record.id)) for record in expected.records)
    steps = _kill_at_each_step(tmp_path, killer, "fold", tear)
    assert steps >= 15, "renames, the torn line, the engine's writes and syncs, removals: fewer came too late"
    for step in range(1, steps + 2):
        folder = tmp_path / f"{step:04}"
        log = QueryLog(folder)
        assert log.list() == expected, f"killed at step {step}"
        assert len(expected.problems) == 1
        assert log.statistics().total == len(ids)
        log.record(child.numbered("later", 1))
        assert log.get("later-1") == child.numbered("later", 1)
        assert _left_over(folder) == []


@pytest.mark.crash
def test_what_was_acknowledged_outlives_kills_at_random_times(tmp_path: Path) -> None:
    times = random.Random(20260301)
    log = QueryLog(tmp_path / "log")
    acknowledged: list[str] = []
    for round_number in range(10):
        writers = [
            subprocess.Popen(
                _command("record", tmp_path / "log", f"writer{round_number}{letter}", 0),
                env=_environment(),
                stdout=subprocess.PIPE,
                text=True,
            )
            for letter in "ab"
        ]
        wanted = times.randrange(6, 40)
        firsts = ["".join(writer.stdout.readline() for _ in range(wanted)) for writer in writers if writer.stdout]
        time.sleep(times.random() * 0.05)
        for writer in writers:
            writer.kill()
            assert writer.wait() == -9, "the writer writes until it is killed"
        rests = [writer.stdout.read() for writer in writers if writer.stdout]
        lines = "".join(first + rest for first, rest in zip(firsts, rests, strict=True))
        acknowledged += [line for line in lines.splitlines(keepends=False) if line]
    page = log.list(limit=100_000)
    found = Counter(record.id for record in page.records)
    assert len(acknowledged) > 100
    assert [id for id in acknowledged if found[id] != 1] == []
    assert max(found.values()) == 1
    assert len(found) <= len(acknowledged) + 2 * 10
    assert all(record == child.numbered(*_split(record.id)) for record in page.records)


def test_three_processes_record_while_another_lists(tmp_path: Path) -> None:
    log = QueryLog(tmp_path / "log", patience=300.0)
    writers = [
        subprocess.Popen(_command("record", tmp_path / "log", name, 25), env=_environment(), stdout=subprocess.PIPE)
        for name in ("one", "two", "three")
    ]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        page = log.list(LogFilter(text="QUESTION"), limit=1000)
        assert page.total == len({record.id for record in page.records}) >= seen
        seen = page.total
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    expected = {f"{name}-{number}" for name in ("one", "two", "three") for number in range(1, 26)}
    page = log.list(limit=1000)
    assert {record.id for record in page.records} == expected
    assert page.total == 75
    assert page.problems == ()


def _split(id: str) -> tuple[str, int]:
    name, number = id.rsplit("-", 1)
    return name, int(number)
