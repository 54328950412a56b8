"""Measures many people who ask one parser at once: throughput, waits, order, and whether all get their own answers."""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from benchmarks.results import Figure, Result
from nl2sql.errors import WorkbenchError
from nl2sql.parsers import causal
from nl2sql.parsers.base import ParseRequest, SemanticParser
from nl2sql.parsers.builtin import load as load_builtin
from nl2sql.schema import Column, Schema, Table

PEOPLE = (1, 2, 5, 10, 20)
_THROUGHPUT_GOAL, _LONGEST_GOAL = 0.8, 2.0
_DAY = dt.date(2024, 6, 15)
_NAMES = (
    "moons", "rings", "craters", "oceans", "storms", "rivers", "deserts", "forests", "islands", "glaciers", "valleys",
    "cities", "roads", "bridges", "harbors", "farms", "mines", "schools", "towers", "castles",
)  # fmt: skip
_ARRIVAL_SLACK = 0.01
"""Seconds within which two questions came at once: neither is before the other."""


@dataclass(frozen=True)
class Asked:
    """One question of one person. `came`, `served` (its first words, else its answer) and `ended` in seconds."""

    question: str
    came: float
    served: float
    ended: float
    sql: str | None
    """None after an error."""

    @property
    def wait(self) -> float:
        """Seconds until the answer."""
        return self.ended - self.came


@dataclass(frozen=True)
class Crowd:
    """What so many people saw who asked at once, over one round."""

    asked: tuple[Asked, ...]
    seconds: float

    @property
    def rate(self) -> float:
        """Questions a second."""
        return len(self.asked) / self.seconds

    @property
    def unfairness(self) -> float:
        """The longest wait over the median one."""
        waits = [one.wait for one in self.asked]
        return max(waits) / statistics.median(waits)

    def overtaken(self) -> int:
        """Questions that were served after one that came later."""
        behind = set()
        for one, other in combinations(self.asked, 2):
            first, second = sorted((one, other), key=lambda asked: asked.came)
            if second.came - first.came > _ARRIVAL_SLACK and second.served < first.served:
                behind.add(first)
        return len(behind)


def measure(people: Sequence[int] = PEOPLE, questions: int = 40, rounds: int = 3) -> Result:
    """Let crowds of these sizes, one person among them, ask a tiny trained Llama and then the built-in parser.

    A crowd asks so many `questions` a round, each person two at least.
    """
    schema = Schema(
        (Table("planets", tuple(Column(name, "INTEGER") for name in _NAMES[: max(people)])),), version="people"
    )
    model = _llama(schema)
    try:
        llama = _figures("tiny Llama", model, schema, people, questions, rounds)
    finally:
        model.close()
    builtin = _figures("built-in", load_builtin(), schema, people, questions, rounds)
    notes = (
        f"Each person asks a question of their own over and over, the next once the last is answered; a crowd asks "
        f"{questions} in all, {rounds} rounds, medians. Right is what the parser answers to the question alone.",
        "Against one person: questions a second over those of one person in the same round. A wait goes from question "
        "to answer. Overtaken: served after a question that came later. "
        "The Llama has two layers: its times say how people share a model, no more.",
    )
    return Result("people", (*llama, *builtin), notes)


def _figures(
    label: str,
    parser: SemanticParser,
    schema: Schema,
    people: Sequence[int],
    questions: int,
    rounds: int,
) -> list[Figure]:
    right = {name: _predicted(parser, _question(name), schema) for name in _NAMES[: max(people)]}
    if len(set(right.values())) < len(right):
        raise WorkbenchError(f"The parser ({label}) gives two questions one answer, so that no mix-up would show.")
    found = [{size: _crowd(parser, schema, size, questions) for size in people} for _ in range(rounds)]
    figures = [Figure(f"{label}, 1 person: questions a second", statistics.median(one[1].rate for one in found), "")]
    for size in people:
        if size == 1:
            continue
        rate = statistics.median(one[size].rate / one[1].rate for one in found)
        unfairness = statistics.median(one[size].unfairness for one in found)
        figures += [
            Figure(f"{label}, {size} people: throughput against one person", rate, "×", _THROUGHPUT_GOAL, True),
            Figure(f"{label}, {size} people: longest wait over median", unfairness, "×", _LONGEST_GOAL),
        ]
    waits = [asked.wait for one in found for asked in one[max(people)].asked]
    asked = [asked for one in found for crowd in one.values() for asked in crowd.asked]
    wrong = [one for one in asked if one.sql not in (None, right[one.question])]
    overtaken = sum(crowd.overtaken() for one in found for crowd in one.values())
    return [
        *figures,
        Figure(f"{label}, {max(people)} people: median wait", 1000 * statistics.median(waits), "ms"),
        Figure(f"{label}: questions", len(asked), ""),
        Figure(f"{label}: errors", sum(one.sql is None for one in asked), "", 0),
        Figure(f"{label}: wrong answers", len(wrong), "", 0),
        Figure(f"{label}: of these another's answer", sum(one.sql in right.values() for one in wrong), "", 0),
        Figure(f"{label}: overtaken", overtaken, "", 0),
    ]


def _crowd(parser: SemanticParser, schema: Schema, size: int, questions: int) -> Crowd:
    """So many people ask at once, each about a column of their own, the next question when the last is answered."""
    asked: list[Asked] = []
    together = threading.Barrier(size + 1)

    def person(name: str) -> None:
        together.wait()
        for _ in range(max(2, questions // size)):
            asked.append(_ask(parser, name, schema))

    threads = [threading.Thread(target=person, args=(name,)) for name in _NAMES[:size]]
    for thread in threads:
        thread.start()
    together.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return Crowd(tuple(asked), time.perf_counter() - began)


def _ask(parser: SemanticParser, name: str, schema: Schema) -> Asked:
    written: list[float] = []

    def on_text(text: str) -> None:
        if not written:
            written.append(time.perf_counter())

    came = time.perf_counter()
    try:
        sql: str | None = _predicted(parser, _question(name), schema, on_text)
    except WorkbenchError:
        sql = None
    ended = time.perf_counter()
    return Asked(name, came, written[0] if written else ended, ended, sql)


def _predicted(
    parser: SemanticParser, question: str, schema: Schema, on_text: Callable[[str], None] | None = None
) -> str:
    found = parser.predict(ParseRequest(question, schema, _DAY, on_text=on_text)).candidates
    return found[0].sql if found else ""


def _question(name: str) -> str:
    return f"{name} of planets?"


def _llama(schema: Schema) -> causal.CausalParser:
    """The tests' Llama, that has learned everybody's answer, loaded as the app loads a model."""
    from tests import tiny_llama

    names = [column.name for column in schema.tables[0].columns]
    answers = {_question(name): f"SELECT {name} FROM planets WHERE {name} > 10;" for name in names}
    with tempfile.TemporaryDirectory(prefix="nl2sql-bench-") as folder:
        path = Path(folder) / "tiny-llama"
        tiny_llama.save(path, answers, schema, steps=400)
        return causal.load(str(path), threads=1)
