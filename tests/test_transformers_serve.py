"""A round trip against `transformers serve`: a real server whose tiny trained model the served parser asks."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
import psutil
import pytest

from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserError, QueryCancelledError
from nl2sql.parsers import registry, served
from nl2sql.parsers.base import ParseRequest
from nl2sql.parsers.served import ServedParser, Server
from nl2sql.pipeline import Workbench
from nl2sql.schema import Schema
from nl2sql.settings import Settings
from tests import tiny_llama

TODAY = dt.date(2024, 6, 15)
NO_END = "SELECT " + ", ".join("1" * 60)
ANSWERS = {
    "How many planets are there?": "SELECT count(*) FROM planets;",
    "List all planets": "SELECT name FROM planets;",
    "Which planets have more than 2 moons?": "SELECT name FROM planets WHERE moons > 2;",
    "What is the weather?": "NO TABLE holds the weather.",
    "Write ones for ever": NO_END,
}
START, END = 90.0, 10.0
"""Seconds that a slow machine may take to start the server and to end it."""


@dataclass(frozen=True)
class Running:
    """A server that answers: where, the name of its model, its process, and the schema that the model knows."""

    address: str
    model: str
    process: psutil.Process
    database: Path
    schema: Schema

    def parser(self, model: str = "") -> ServedParser:
        return ServedParser(Server(self.address, model or self.model))

    def request(self, question: str, **more) -> ParseRequest:
        return ParseRequest(question, self.schema, TODAY, **more)


@contextmanager
def transformers_serve(model: Path, log: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Address and process of `transformers serve` with a model in memory, on a port that the system chose."""
    command = [
        *(sys.executable, "-m", "transformers.cli.transformers", "serve", str(model)),
        *("--host", "127.0.0.1", "--port", "0", "--device", "cpu"),
    ]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "OMP_NUM_THREADS": "1"}
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
    try:
        until = time.monotonic() + START
        while not (found := re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield f"{found[1]}/v1", psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("serve")
    database, model = folder / "own.duckdb", folder / "tiny-chat"
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE planets (name VARCHAR, moons INTEGER)")
        connection.execute("INSERT INTO planets VALUES ('Mars', 2), ('Jupiter', 95), ('Venus', 0)")
    with bench_over(database, folder / "look") as bench:
        schema = bench.snapshot().schema.for_parsers()
    chats = [(served.messages(ParseRequest(asked, schema, TODAY))[0], answer) for asked, answer in ANSWERS.items()]
    tiny_llama.save_chat(model, chats, NO_END)
    with transformers_serve(model, folder / "log") as (address, process):
        yield Running(address, str(model), process, database, schema)
    assert not process.is_running()


@contextmanager
def bench_over(database: Path, home: Path, **more) -> Iterator[Workbench]:
    settings = Settings(home=home, database=database, sample=False, workers=1, today=TODAY, **more)
    bench = Workbench(settings, lambda name: registry.load(name, settings), with_sample=False)
    yield bench
    bench.close()


def test_a_question_becomes_sql_and_words_are_told_as_they_come(server):
    told: list[str] = []
    prediction = server.parser().predict(server.request("How many planets are there?", on_text=told.append))
    assert [one.sql for one in prediction.candidates] == ["SELECT count(*) FROM planets"]
    assert prediction.confidence == served.UNKNOWN  # this server takes the wish for probabilities and gives none
    assert len(set(told)) > 3
    assert all(later.startswith(earlier) for earlier, later in pairwise(told))
    assert told[-1] == "SELECT count(*) FROM planets;"


def test_a_model_that_finds_no_table_declines(server):
    prediction = server.parser().predict(server.request("What is the weather?"))
    assert prediction.declined == "The language model says: holds the weather."


def test_questions_at_once_get_their_own_answers(server):
    asked = list(ANSWERS)[:3] * 2
    parser = server.parser()
    with ThreadPoolExecutor(len(asked)) as people:
        found = list(people.map(lambda question: parser.predict(server.request(question)).candidates[0].sql, asked))
    assert [f"{sql};" for sql in found] == [ANSWERS[question] for question in asked]


def busy(process: psutil.Process) -> float:
    """Seconds that a process computes in the next half second."""
    before = process.cpu_times()
    time.sleep(0.5)
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system


def test_a_cancel_ends_the_writing_on_the_server_too(server):
    cancel, told = Cancel(), list[str]()

    def stop(text: str) -> None:
        told.append(text)
        if len(text) > 20:
            cancel.set()

    with pytest.raises(QueryCancelledError):
        server.parser().predict(server.request("Write ones for ever", cancel=cancel, on_text=stop))
    assert NO_END.startswith(told[-1][:40])
    until = time.monotonic() + 3  # of the 30 seconds or so that 4,096 tokens would take
    while busy(server.process) > 0.1:
        assert time.monotonic() < until
    assert server.parser().predict(server.request("List all planets")).candidates


def test_an_unknown_model_is_a_sentence(server):
    with pytest.raises(ParserError, match=r"pinned to '.*tiny-chat'; requested 'some-model'"):
        server.parser("some-model").predict(server.request("List all planets"))


def test_a_question_goes_through_the_whole_workbench(server, tmp_path):
    more = {"parser": "served", "server": server.address, "server_model": server.model}
    with bench_over(server.database, tmp_path / "home", **more) as bench:
        answer = bench.answer("Which planets have more than 2 moons?")
    assert (answer.status, answer.sql) == ("ok", "SELECT name FROM planets WHERE moons > 2"), answer.error
    assert answer.result is not None
    assert answer.result.table.to_pylist() == [{"name": "Jupiter"}]
    assert answer.parser is not None
    assert (answer.parser.name, answer.parser.revision) == ("served", server.model)
