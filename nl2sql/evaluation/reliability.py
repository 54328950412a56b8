"""How far a stated confidence can be trusted: calibration error, reliability, risk and coverage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def calibration_error(correct: Sequence[bool], sure: Sequence[float], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width (Naeini et al. 2015)."""
    return sum(abs(said - was) * count for said, was, count in reliability(correct, sure, bins)) / max(len(sure), 1)


def reliability(correct: Sequence[bool], sure: Sequence[float], bins: int = 10) -> list[tuple[float, float, int]]:
    """Per bin of confidence that is not empty: mean confidence, share right, number of answers."""
    places = np.minimum((np.array(sure) * bins).astype(int), bins - 1)
    right, said = np.array(correct, float), np.array(sure)
    return [
        (float(said[places == one].mean()), float(right[places == one].mean()), int((places == one).sum()))
        for one in range(bins)
        if (places == one).any()
    ]


def coverage_at(correct: Sequence[bool], sure: Sequence[float], wanted: float) -> float:
    """The largest share of questions, the surest first, of which at least `wanted` are right (risk-coverage)."""
    order = np.argsort(-np.array(sure), kind="stable")
    right = np.cumsum(np.array(correct, float)[order]) / np.arange(1, len(order) + 1)
    passing = np.nonzero(right >= wanted)[0]
    return float((passing[-1] + 1) / len(order)) if len(passing) else 0.0
