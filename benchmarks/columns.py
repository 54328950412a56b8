"""The built-in parser over schemas of 25 to 20,000 columns: time a question, memory, and what loading takes."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from dataclasses import replace

import psutil

from benchmarks.results import Figure, Result
from nl2sql.linking import ValueIndex
from nl2sql.parsers.base import ParseRequest
from nl2sql.parsers.builtin.parser import BuiltinParser
from nl2sql.parsers.builtin.roles import Role
from nl2sql.parsers.builtin.synthesis import Synthesis
from nl2sql.schema import Schema, Table

SIZES = (25, 100, 1_000, 5_000, 20_000)
_DAY = dt.date(2024, 6, 15)
_SEED = 5_000_011
_VALUES = 20
"""Stored values of each text column."""
_MEDIAN_GOAL, _SLOWEST_GOAL = 150.0, 400.0


def measure(sizes: tuple[int, ...] = SIZES, questions: int = 40) -> Result:
    """Ask so many questions of a schema of each size; the first question of each makes its indexes."""
    before = _megabytes()
    began = time.perf_counter()
    parser = BuiltinParser()
    figures = [
        Figure("loading", time.perf_counter() - began, "s"),
        Figure("memory of a loaded parser", _megabytes() - before, "MB"),
    ]
    for size in sizes:
        schema, asked = _schema(size, questions)
        values = ValueIndex(
            (table.name, column.name, f"{column.name} {number}")
            for table, column in schema.columns()
            if column.family == "text"
            for number in range(_VALUES)
        )
        times = []
        for question in [asked[0], *asked]:
            began = time.perf_counter()
            parser.predict(ParseRequest(question, schema, _DAY, values))
            times.append(1000 * (time.perf_counter() - began))
        name = f"{size:,} columns"
        goals = (_MEDIAN_GOAL, _SLOWEST_GOAL) if size == min(sizes) else (None, None)
        figures += [
            Figure(f"{name}: first question", times[0], "ms"),
            Figure(f"{name}: a question, median", statistics.median(times[1:]), "ms", goals[0]),
            Figure(f"{name}: a question, 95 of 100", sorted(times[1:])[int(0.95 * (len(times) - 2))], "ms", goals[1]),
            Figure(f"{name}: memory of the process", _megabytes(), "MB"),
        ]
    return Result(
        "columns",
        tuple(figures),
        (
            f"Question to candidates, {questions} questions a size, drawn as for training from a seed that training "
            f"never used; {_VALUES} stored values a text column. Memory is the resident set, with all sizes before.",
        ),
    )


def _megabytes() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


def _schema(columns: int, questions: int) -> tuple[Schema, list[str]]:
    """At least `columns` columns in the tables of many drawn schemas, cut at as many, and questions about them."""
    rng = random.Random(_SEED)
    synthesis = Synthesis(rng, ())
    tables: dict[str, Table] = {}
    keys = []
    asked: list[str] = []
    left = columns
    while left > 0 or len(asked) < questions:
        world = synthesis.world()
        example = synthesis.first(world)
        if example is not None:
            asked.append(example.questions[0])
        if left <= 0:
            continue
        names = {}
        for table in world.schema.tables:
            if isinstance(table, Role) or left <= 0:
                continue
            kept = table.columns[:left]
            name = table.name if table.name not in tables else f"{table.name}_{len(tables)}"
            names[table.name] = name
            tables[name] = replace(table, name=name, columns=kept)
            left -= len(kept)
        for key in world.schema.foreign_keys:
            if key.table in names and key.to_table in names:
                keys.append(replace(key, table=names[key.table], to_table=names[key.to_table]))
    whole = tuple(key for key in keys if all(map(tables[key.table].column, key.columns)))
    return Schema(tuple(tables.values()), whole), asked[:questions]
