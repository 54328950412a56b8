"""Fits what the built-in parser weighs readings and its confidence with, by databases that it was not trained on.

Nothing is judged by what it was fitted on: folds are whole databases (Stone 1974). Small models, so plain gradient
descent with numpy.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nl2sql.parsers.builtin.evidence import PRIOR, Ranking

Floats = npt.NDArray[np.float64]
FOLDS = 5


@dataclass(frozen=True)
class Judged:
    """One reading of a beam: the model's log-probability, its evidence, whether its rows are right (None: no rows)."""

    score: float
    evidence: Mapping[str, float]
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


def take(outcome: Outcome, ranking: Ranking) -> Taken | None:
    """The best reading that runs; None where there is none."""
    ranked = sorted(((ranking.total(one.score, one.evidence), one) for one in outcome.readings), key=lambda p: -p[0])
    chosen = next((place for place, (_, one) in enumerate(ranked) if one.correct is not None), None)
    if chosen is None:
        return None
    total, one = ranked[chosen]
    after = [other for other, _ in ranked[chosen + 1 :]]
    return Taken(bool(one.correct), total, min(total - after[0], 10.0) if after else 10.0, outcome.weight)


def fit_ranking(outcomes: Sequence[Outcome], penalty: float = 0.02, rounds: int = 400, rate: float = 0.1) -> Ranking:
    """Weights that make right readings likely within their beams (softmax over a beam), near the prior otherwise."""
    usable = [
        one for one in outcomes if any(r.correct for r in one.readings) and not all(r.correct for r in one.readings)
    ]
    names = sorted({name for one in usable for r in one.readings for name in r.evidence} | set(PRIOR))
    places = {name: place for place, name in enumerate(names)}
    width = max((len(one.readings) for one in usable), default=1)
    scores = np.full((len(usable), width), -1e9)
    right = np.zeros((len(usable), width))
    found = np.zeros((len(usable), width, len(names)))
    for row, one in enumerate(usable):
        for column, reading in enumerate(one.readings):
            scores[row, column] = reading.score
            right[row, column] = float(bool(reading.correct))
            for name, amount in reading.evidence.items():
                found[row, column, places[name]] = amount
    prior = np.array([PRIOR.get(name, 0.0) for name in names])
    weights = prior.copy()
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, rounds + 1):
        totals = scores + found @ weights
        all_shares = _softmax(totals)
        right_shares = _softmax(np.where(right > 0, totals, -1e9))
        gradient = ((all_shares - right_shares)[..., None] * found).sum((0, 1)) / max(len(usable), 1)
        gradient += 2 * penalty * (weights - prior)
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return Ranking(
        {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True) if abs(weight) > 0.01}
    )


def _softmax(totals: Floats) -> Floats:
    shifted = np.exp(totals - totals.max(-1, keepdims=True))
    found: Floats = shifted / shifted.sum(-1, keepdims=True)
    return found


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


def across_folds(outcomes: Sequence[Outcome]) -> tuple[list[Taken | None], list[float]]:
    """What is taken of each outcome, and its confidence, both by weights fitted on the other folds' databases."""
    found: list[Taken | None] = [None] * len(outcomes)
    sure = [0.0] * len(outcomes)
    for fold in range(FOLDS):
        others = [one for one in outcomes if one.fold != fold]
        ranking = fit_ranking(others)
        fitted = fit_confidence([one for one in _out_of_fold(others, fold) if one is not None])
        for place, outcome in enumerate(outcomes):
            if outcome.fold == fold:
                found[place] = one = take(outcome, ranking)
                sure[place] = probability(fitted, one) * (1 - outcome.declining) if one is not None else 0.0
    return found, sure


def _out_of_fold(outcomes: Sequence[Outcome], but: int) -> list[Taken | None]:
    """What is taken of each outcome by a ranking fitted on the other folds, so that a confidence sees no flattery."""
    found: list[Taken | None] = []
    for fold in range(FOLDS):
        inside = [one for one in outcomes if one.fold == fold]
        if fold != but and inside:
            ranking = fit_ranking([one for one in outcomes if one.fold != fold], rounds=150)
            found += [take(one, ranking) for one in inside]
    return found
