"""Confinement of a worker by the system: the filter on both processors, what it refuses and lets through, fallbacks."""

from __future__ import annotations

import errno
import json
import platform
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from nl2sql.engine import confine
from nl2sql.engine.base import Database, Limits
from nl2sql.engine.sandbox import SandboxEngine
from nl2sql.parsers import machine

ROOT = Path(__file__).resolve().parents[1]
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NUMBERS = {
    "x86_64": {"read": 0, "open": 2, "openat": 257, "clone": 56, "tgkill": 234, "ioctl": 16, "prlimit64": 302},
    "aarch64": {"read": 63, "openat": 56, "clone": 220, "tgkill": 131, "ioctl": 29, "prlimit64": 261},
}
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
here = pytest.mark.skipif(not confine.available(), reason="this system confines no process")


def verdict(name: str, number: int, *arguments: int, audit: int | None = None) -> object:
    """What the filter says of a call: its steps carried out as the kernel would."""
    seen = {0: number, 4: AUDIT[name] if audit is None else audit}
    seen |= {16 + 8 * place: value & 0xFFFFFFFF for place, value in enumerate((*arguments, *[0] * 6)[:6])}
    steps, at, value = confine.program(name, 77), 0, 0
    while True:
        code, true, false, constant = steps[at]
        if code == 0x06:
            known = {0x7FFF0000: "allowed", 0x80000000: "killed"}
            return known.get(constant) or errno.errorcode[constant & 0xFFFF]
        if code == 0x20:
            value = seen[constant]
            at += 1
            continue
        holds = {0x15: value == constant, 0x35: value >= constant, 0x45: value & constant != 0}[code]
        at += 1 + (true if holds else false)


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_the_filter_on_either_processor(name):
    numbers = NUMBERS[name]
    for call, number in confine.call_numbers(name).items():
        assert verdict(name, number) == ("ENOSYS" if call in ("clone3", "openat2") else "EPERM"), call
        assert number not in numbers.values()
    assert verdict(name, numbers["read"], 0) == "allowed"
    opened = [verdict(name, numbers["openat"], -100, 0, flags) for flags in (0, 0o2000000, 1, 2, 0o100, 0o1000, 0o101)]
    assert opened == ["allowed", "allowed", *["EPERM"] * 5]
    assert [verdict(name, numbers["clone"], flags) for flags in (0x3D0F00, 17, 0x4111)] == ["allowed", "EPERM", "EPERM"]
    assert [verdict(name, numbers["tgkill"], pid, 1, 6) for pid in (77, 1)] == ["allowed", "EPERM"]
    assert [verdict(name, numbers["prlimit64"], pid) for pid in (0, 1)] == ["allowed", "EPERM"]
    typed = [verdict(name, numbers["ioctl"], 0, request) for request in (0x5401, 0x5412, 0x541C)]
    assert typed == ["allowed", "EPERM", "EPERM"]


def test_calls_of_another_architecture_do_not_pass():
    assert [verdict("x86_64", 2, 0, flags) for flags in (0, 1)] == ["allowed", "EPERM"]
    assert verdict("x86_64", 11, audit=0x40000003) == "killed"
    assert verdict("x86_64", 0x40000000 + 1) == "EPERM"
    assert verdict("aarch64", 63, audit=0x40000028) == "killed"


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_numbers_are_those_of_the_kernel(name):
    if not HEADERS[name].exists():
        pytest.skip("the kernel's headers are not installed")
    text = HEADERS[name].read_text()
    known = {call: int(number) for call, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    ours = {**confine.call_numbers(name), **NUMBERS[name]}
    assert len(ours) > 60
    assert {call: number for call, number in ours.items() if known.get(call, number) != number} == {}
    assert len(set(ours) - set(known)) < 6, "calls newer than the headers"


ATTEMPTS = """
import ctypes, errno, json, os, socket, subprocess, sys, threading
from nl2sql.engine import confine
folder = sys.argv[1]
ready, go_on, early = threading.Event(), threading.Event(), []
def attempt(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
def before():
    ready.set(); go_on.wait(); early.append(attempt(socket.socket))
older = threading.Thread(target=before); older.start(); ready.wait()
pipe = os.pipe()
assert confine.confine()
go_on.set(); older.join()
later = []
thread = threading.Thread(target=lambda: later.append(attempt(socket.socket))); thread.start(); thread.join()
path = folder + "/kept.txt"
library = ctypes.CDLL(None, use_errno=True)
def call(number):
    ctypes.set_errno(0)
    library.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
    return errno.errorcode.get(ctypes.get_errno(), "done")
numbers = {} if sys.platform != "linux" else confine.call_numbers(os.uname().machine)
print(json.dumps({
    "refused": {
        "socket": attempt(socket.socket), "socketpair": attempt(socket.socketpair),
        "older thread": early[0], "later thread": later[0],
        "program": attempt(lambda: subprocess.run(["true"])), "fork": attempt(os.fork),
        "spawn": attempt(lambda: os.posix_spawn("/bin/true", ["true"], {})), "system": os.system("true") and "EPERM",
        "exec": attempt(lambda: os.execv("/bin/true", ["true"])), "kill": attempt(lambda: os.kill(os.getppid(), 0)),
        "write": attempt(lambda: open(path, "r+")), "append": attempt(lambda: open(path, "a")),
        "make": attempt(lambda: open(folder + "/new.txt", "w")), "truncate": attempt(lambda: os.truncate(path, 0)),
        "unlink": attempt(lambda: os.unlink(path)), "rename": attempt(lambda: os.rename(path, path + "2")),
        "mkdir": attempt(lambda: os.mkdir(folder + "/new")), "chmod": attempt(lambda: os.chmod(path, 0)),
        "link": attempt(lambda: os.symlink(path, path + "3")), "times": attempt(lambda: os.utime(path)),
    },
    "calls": {name: call(number) for name, number in numbers.items()},
    "works": [open(path).read(), os.write(pipe[1], b"x"), os.read(pipe[0], 1).decode(), os.listdir(folder)],
}))
"""


@here
def test_what_a_confined_process_can_and_cannot(tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    done = subprocess.run([sys.executable, "-c", ATTEMPTS, str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["refused"].values()) == {"EPERM"}, found["refused"]
    missing = {name for name, said in found["calls"].items() if said == "ENOSYS"}
    assert missing == {"clone3", "openat2"}
    assert {said for name, said in found["calls"].items() if name not in missing} == {"EPERM"}, found["calls"]
    assert found["works"] == ["kept", 1, "x", ["kept.txt"]]
    assert (tmp_path / "kept.txt").read_text() == "kept"


def confined(pid: int) -> tuple[str, ...]:
    """What the system says of a process: its mode of seccomp (2: a filter), and whether it may gain no rights."""
    lines = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return lines["Seccomp"], lines["NoNewPrivs"]


@here
def test_workers_are_confined_and_work(tmp_path):
    path = tmp_path / "own.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS n, repeat('x', 100) AS s FROM range(300000)")
    engine = SandboxEngine(1)
    try:
        sql = "SELECT n % 7 AS k, count(DISTINCT s || n) AS c FROM t GROUP BY k ORDER BY k"
        assert engine.run(Database(path, version="1"), sql, Limits(120.0)).row_count == 7
        ends = time.monotonic() + 120  # one that is kept warm may only be starting
        while {confined(pid) for pid in engine.worker_pids()} != {("2", "1")}:
            assert time.monotonic() < ends
            time.sleep(0.05)
    finally:
        engine.close()


@here
def test_looking_whether_it_would_work_confines_nothing():
    assert confine.available()
    assert subprocess.run(["true"], check=True).returncode == 0


@pytest.mark.parametrize("where", [("platform", "machine", "riscv64"), ("sys", "platform", "darwin")])
def test_elsewhere_the_engine_alone_confines(monkeypatch, where):
    module, name, value = where
    monkeypatch.setattr({"platform": platform, "sys": sys}[module], name, value if module == "sys" else lambda: value)
    assert not confine.available()
    assert not confine.confine()


def test_a_system_that_refuses_the_filter_is_no_error(monkeypatch):
    class Refusing:
        def prctl(self, *_: object) -> int:
            return 0

        def syscall(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(confine.ctypes, "CDLL", lambda *_: Refusing())
    assert not confine.confine()


@pytest.mark.parametrize(("able", "said"), [(True, "confined by the system"), (False, "confined by the engine alone")])
def test_the_machine_report_says_which_holds(monkeypatch, able, said):
    monkeypatch.setattr(confine, "available", lambda: able)
    assert [fact.value for fact in machine.report() if fact.label == "Workers"] == [said]


def test_the_trial_thread_leaves_nothing_behind():
    before = threading.active_count()
    confine.available()
    assert threading.active_count() == before
