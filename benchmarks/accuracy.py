"""Scores a parser on the sixty questions: on the sample company as it is, and with every name replaced by a synonym."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from benchmarks.questions import renamed
from benchmarks.results import Figure, Result
from nl2sql.engine.sandbox import SandboxEngine, memory_limit
from nl2sql.evaluation.examples import read_examples
from nl2sql.evaluation.run import Evaluation
from nl2sql.evaluation.summary import Summary, summarize
from nl2sql.parsers import registry
from nl2sql.parsers.base import SemanticParser
from nl2sql.settings import Settings

GOAL_PERCENT = 75.0
GOAL_GAP = 5.0


def measure(
    parser: str = registry.BUILTIN,
    limit: int | None = None,
    parser_for: Callable[[str], SemanticParser] | None = None,
) -> Result:
    """Ask the first `limit` questions (default all) of both databases with `parser`.

    `parser_for` stands in for the registry. Raises ParserError, ParserUnavailableError.
    """
    settings = replace(Settings(), parser=parser, today=renamed.TODAY)
    loaded = parser_for or cache(partial(registry.load, settings=settings))
    loaded(parser)
    with tempfile.TemporaryDirectory(prefix="nl2sql-bench-") as name:
        folder = Path(name)
        renamed.main([name])
        summaries = tuple(
            _score(label, file, folder, settings, loaded, limit)
            for label, file in (("as it is", renamed.QUESTIONS), ("renamed", folder / "renamed.jsonl"))
        )
    plain, other = summaries
    figures = [figure for summary in summaries for figure in _figures(summary)]
    figures.append(Figure("gap", _percent(plain.correct, plain) - _percent(other.correct, other), "points", GOAL_GAP))
    notes = (
        f"Parser {parser}; {plain.total} questions asked on {renamed.TODAY.isoformat()}; {plain.unscored} of them not "
        f"scored as it is, {other.unscored} renamed. Seconds go from question to rows, after one warming question.",
    )
    return Result("questions", tuple(figures), notes)


def _score(
    label: str,
    examples: Path,
    folder: Path,
    settings: Settings,
    parser_for: Callable[[str], SemanticParser],
    limit: int | None,
) -> Summary:
    engine = SandboxEngine(workers=settings.workers, memory=memory_limit(settings.memory_share))
    wanted = list(read_examples(examples))[:limit]
    try:
        with Evaluation(folder, settings, parser_for, engine) as evaluation:
            list(evaluation.scores(wanted[:1]))
            return summarize(label, list(evaluation.scores(wanted)))
    finally:
        engine.close()


def _figures(summary: Summary) -> tuple[Figure, ...]:
    goal = GOAL_PERCENT if summary.name == "as it is" else None
    return (
        Figure(f"{summary.name}: execution accuracy", _percent(summary.correct, summary), "%", goal, True),
        Figure(f"{summary.name}: ran", _percent(summary.ran, summary), "%"),
        Figure(f"{summary.name}: p50", summary.p50 * 1000, "ms"),
        Figure(f"{summary.name}: p95", summary.p95 * 1000, "ms"),
    )


def _percent(part: int, summary: Summary) -> float:
    return 100 * part / summary.scored if summary.scored else 0.0
