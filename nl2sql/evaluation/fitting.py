"""Fits the confidence of the built-in parser by databases that it was not trained on.

Nothing is judged by what it was fitted on: folds are whole databases (Stone 1974). Small models, so plain gradient
descent with numpy.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nl2sql.parsers.builtin.evidence import Evidence, ranked

Floats = npt.NDArray[np.float64]
FOLDS = 5


@dataclass(frozen=True)
class Judged:
    """One reading of a beam: the model's log-probability, its evidence, whether its rows are right (None: no rows)."""

    score: float
    evidence: Evidence
    correct: bool | None
    sql: str = ""


@dataclass(frozen=True)
class Outcome:
    """One held-out question with its readings in the model's order; none where the parser declined."""

    db_id: str
    question: str
    gold_sql: str
    readings: tuple[Judged, ...]
    declining: float = 0.0
    weight: float = 1.0
    """How much it counts where a confidence is fitted."""

    @property
    def fold(self) -> int:
        """The fold of its database."""
        return zlib.crc32(self.db_id.encode()) % FOLDS


@dataclass(frozen=True)
class Taken:
    """What was taken of a beam: whether it is right, and what the confidence is computed from."""

    correct: bool
    total: float
    margin: float
    weight: float = 1.0


def take(outcome: Outcome) -> Taken | None:
    """The best reading that runs, by score and evidence; None where there is none."""
    order = sorted(((ranked(one.score, one.evidence), one) for one in outcome.readings), key=lambda pair: -pair[0])
    chosen = next((place for place, (_, one) in enumerate(order) if one.correct is not None), None)
    if chosen is None:
        return None
    total, one = order[chosen]
    after = [other for other, _ in order[chosen + 1 :]]
    return Taken(bool(one.correct), total, min(total - after[0], 10.0) if after else 10.0, outcome.weight)


def fit_confidence(taken: Sequence[Taken], rounds: int = 4000, rate: float = 0.05) -> dict[str, float]:
    """Logistic regression of being right on total and margin (Platt 1999)."""
    rows = np.array([[1.0, one.total, one.margin] for one in taken])
    right = np.array([float(one.correct) for one in taken])
    counts = np.array([one.weight for one in taken])
    weights = np.array([0.0, 1.0, 0.0])
    for _ in range(rounds):
        error = 1 / (1 + np.exp(-(rows @ weights))) - right
        weights -= rate * (rows * (counts * error)[:, None]).sum(0) / counts.sum()
    return dict(zip(("bias", "score", "margin"), (round(float(one), 4) for one in weights), strict=True))


def probability(fitted: Mapping[str, float], one: Taken) -> float:
    """How likely what was taken is right, by what was fitted."""
    return float(1 / (1 + np.exp(-(fitted["bias"] + fitted["score"] * one.total + fitted["margin"] * one.margin))))


def across_folds(outcomes: Sequence[Outcome]) -> list[float]:
    """The confidence in what is taken of each outcome, fitted on the other folds' databases; 0 where nothing is."""
    sure = [0.0] * len(outcomes)
    taken = [take(one) for one in outcomes]
    for fold in range(FOLDS):
        fitted = fit_confidence(
            [one for one, of in zip(taken, outcomes, strict=True) if one is not None and of.fold != fold]
        )
        for place, (one, outcome) in enumerate(zip(taken, outcomes, strict=True)):
            if outcome.fold == fold and one is not None:
                sure[place] = probability(fitted, one) * (1 - outcome.declining)
    return sure
