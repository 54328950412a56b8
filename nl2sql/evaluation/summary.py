"""What a run of many scores comes to: execution accuracy, the share that ran, seconds, by category."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nl2sql.evaluation.reliability import calibration_error, coverage_at
from nl2sql.evaluation.run import Score


@dataclass(frozen=True)
class Summary:
    """Counts of one group of scores; `p50` and `p95` in seconds over the scored ones."""

    name: str
    total: int
    unscored: int
    correct: int
    ran: int
    p50: float
    p95: float
    declined: int = 0

    @property
    def scored(self) -> int:
        """Examples that could be scored."""
        return self.total - self.unscored


def summarize(name: str, scores: Sequence[Score]) -> Summary:
    """The summary of `scores`."""
    scored = [score for score in scores if score.correct is not None]
    seconds = sorted(score.seconds for score in scored)
    return Summary(
        name,
        len(scores),
        len(scores) - len(scored),
        sum(score.correct is True for score in scored),
        sum(score.ran for score in scored),
        percentile(seconds, 0.50),
        percentile(seconds, 0.95),
        sum(score.declined for score in scored),
    )


def by_category(scores: Sequence[Score]) -> tuple[Summary, ...]:
    """One summary for each category, in order of name; none when the examples have no categories."""
    names = sorted({score.example.category for score in scores})
    if names in ([], [""]):
        return ()
    return tuple(
        summarize(name or "(none)", [score for score in scores if score.example.category == name]) for name in names
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the `ordered` values that at least `share` of them do not exceed; NaN of nothing.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5), percentile([1.0, 2.0, 3.0, 4.0], 0.95)
    (2.0, 4.0)
    """
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else math.nan


def as_text(scores: Sequence[Score]) -> str:
    """The report that a run prints."""
    whole = summarize("all", scores)
    unanswerable = [score for score in scores if not score.example.answerable]
    asked = summarize("answerable", [score for score in scores if score.example.answerable])
    lines = []
    if asked.total or not unanswerable:
        lines += [
            f"execution accuracy  {_share(asked.correct, asked.scored)}",
            f"ran                 {_share(asked.ran, asked.scored)}",
            f"declined            {_share(asked.declined, asked.scored)}",
        ]
    if unanswerable:
        hopeless = summarize("unanswerable", unanswerable)
        lines.append(f"no table answers    declined {_share(hopeless.declined, hopeless.scored)}")
    lines += _trust(scores)
    lines.append(f"seconds             p50 {whole.p50:.3f}, p95 {whole.p95:.3f}")
    if whole.unscored:
        lines.append(f"not scored          {whole.unscored} of {whole.total}")
    groups = by_category(scores)
    if groups:
        width = max(len(group.name) for group in groups)
        lines += ["", "by category"]
        lines += [
            f"  {group.name:<{width}}  {_share(group.correct, group.scored)}, ran {group.ran}"
            + (f", not scored {group.unscored}" if group.unscored else "")
            for group in groups
        ]
    return "\n".join(lines)


def _trust(scores: Sequence[Score]) -> list[str]:
    """How far the confidence in answers can be trusted; nothing for a parser that states none.

    Answers to what no table answers are wrong. Coverage is of the questions that tables answer, declined ones last.
    """
    answered = [score for score in scores if score.correct is not None and not score.declined]
    if not any(score.confidence for score in answered):
        return []
    error = calibration_error([bool(score.correct) for score in answered], [score.confidence for score in answered])
    lines = [f"confidence          expected calibration error {error:.3f} over {len(answered)} answers"]
    asked = [score for score in scores if score.correct is not None and score.example.answerable]
    if asked:
        sure = [-1.0 if score.declined else score.confidence for score in asked]
        right = [bool(score.correct) for score in asked]
        shares = [f"{wanted:.0%} right on the surest {coverage_at(right, sure, wanted):.1%}" for wanted in (0.95, 0.9)]
        lines.append(f"                    {', '.join(shares)}")
    return lines


def _share(part: int, whole: int) -> str:
    """A share with its counts.

    >>> _share(3, 4)
    '75.0% (3 of 4)'
    """
    return f"{part / whole:.1%} ({part} of {whole})" if whole else "none scored"
