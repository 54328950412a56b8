"""Runs in processes of its own for the query log's tests: writes records, is killed, prints what was acknowledged."""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import shutil
import sys
from pathlib import Path

from nl2sql.query_log import QueryLog, Record, new_id

STARTED = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def numbered(name: str, number: int) -> Record:
    """A record that its name and number determine wholly."""
    asked_at = STARTED + dt.timedelta(seconds=number)
    question = f"question {number} of {name}\n«ü\0»"
    return Record(f"{name}-{number}", asked_at, question, "ok", f"SELECT {number}", scope=("t",), row_count=number)


def record_many(folder: Path, name: str, count: int) -> None:
    """Record and acknowledge; `count` 0 goes on until killed."""
    log = QueryLog(folder, patience=300.0)  # another process that reads over and over must not fail a slow machine
    number = 0
    while number < count or count == 0:
        number += 1
        log.record(numbered(name, number))
        print(f"{name}-{number}", flush=True)
        if number % 7 == 0:
            log.fold()


def killed_at_each_step(work: Path, library: str, scenario: str, tear: bool) -> None:
    """Do the scenario again and again on copies of `work/start`, killed at its 1st, 2nd, … step until it comes through.

    Leaves `work/<k>` with the acknowledged ids beside it; prints how many steps there were.
    """
    killer = ctypes.CDLL(library)
    step = 1
    while True:
        folder = work / f"{step:04}"
        shutil.copytree(work / "start", folder)
        child = os.fork()
        if child == 0:
            killer.arm(str(folder).encode() + b"/", ctypes.c_long(step), int(tear))
            act(folder, scenario, work / f"{step:04}.acknowledged")
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status == 0:
            break
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"step {step} ended with {status}")
        step += 1
    print(step - 1)


def act(folder: Path, scenario: str, acknowledged: Path) -> None:
    """One run of a scenario."""
    log = QueryLog(folder)
    if scenario == "fold":
        log.fold()
        return
    for number in (1, 2, 3):
        log.record(numbered("mine", number))
        with acknowledged.open("a") as file:
            file.write(f"mine-{number}\n")


def prepare(folder: Path, with_file: bool) -> None:
    """Two journals to fold, with a judgement, a deletion, a replaced record and a line that was cut off."""
    first, second = QueryLog(folder), QueryLog(folder)
    for number in range(1, 4):
        first.record(numbered("old", number))
    if with_file:
        first.fold()
    for number in range(1, 4):
        first.record(numbered("first", number))
        second.record(numbered("second", number))
    second.delete("old-2")
    second.delete("first-2")
    first.record(numbered("old", 3))
    (folder / "journals" / f"{new_id()}.jsonl").write_bytes(b'{"v":1,"stamp":1,"kind":"rec')


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", folder, name, count]:
            record_many(Path(folder), name, int(count))
        case ["kill", work, library, scenario, tear]:
            killed_at_each_step(Path(work), library, scenario, tear == "tear")
        case other:
            raise SystemExit(f"what is {other}?")
