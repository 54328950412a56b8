"""What a follow-up has to know of the question before it. Knows no model and no schema."""

from __future__ import annotations

from dataclasses import dataclass

from nl2sql.parsers.builtin.grammar import AGGREGATES, BUCKETS, CONDITIONAL, LIMITS, OVER_GROUPS, Leaf, Reading

_SKELETON = frozenset("distinct where group having asc desc each rank days".split()) | {
    *LIMITS,
    *AGGREGATES,
    *BUCKETS,
    *CONDITIONAL,
    *OVER_GROUPS,
}
"""Keywords of an earlier reading that a follow-up's model reads as words (skeletons as in RESDSQL, Li et al. 2023)."""
TURNS_READ = 4
"""Earlier questions of a conversation that are read with the one that follows them up."""
TURN = "|"
"""Parts an earlier question from the one that follows it up."""


@dataclass(frozen=True)
class Earlier:
    """What a follow-up follows: its question with the keywords of its reading, and the columns of that.

    Columns are (table, column): those that were shown, grouped or ordered by, and those that were tested.
    """

    question: str
    shown: frozenset[tuple[str, str]] = frozenset()
    tested: frozenset[tuple[str, str]] = frozenset()

    def before(self, question: str) -> str:
        """Both questions as one text, as the model reads them."""
        return f"{self.question} {TURN} {question}"

    @classmethod
    def of(cls, question: str, reading: Reading) -> Earlier:
        """What a follow-up to `question`, read as `reading`, has to know."""
        shown, tested = set[tuple[str, str]](), set[tuple[str, str]]()
        clause = shown
        for action in reading:
            if isinstance(action, Leaf) and action.column:
                clause.add((action.table, action.column))
            elif action in ("where", "having"):
                clause = tested
            elif action in ("select", "group", "asc", "desc"):
                clause = shown
        said = " ".join(action for action in reading if action in _SKELETON)
        return cls(f"{question} {TURN} {said}", frozenset(shown), frozenset(tested))
