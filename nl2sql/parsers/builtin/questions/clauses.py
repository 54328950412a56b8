"""The clauses of a reading, taken apart so that a follow-up can change one, and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nl2sql.parsers.builtin.grammar import AGGREGATES, LIMITS, PLACES, Action, Leaf

_CLAUSES = ("from", "where", "group", "having", "asc", "desc", "each", *LIMITS)


@dataclass(frozen=True)
class Parts:
    """The clauses of one SELECT, each as its actions without the keyword that begins it (`order` with its keywords)."""

    items: tuple[Action, ...] = ()
    where: tuple[Action, ...] = ()
    groups: tuple[Action, ...] = ()
    having: tuple[Action, ...] = ()
    order: tuple[Action, ...] = ()
    each: tuple[Action, ...] = ()
    limit: tuple[Action, ...] = ()
    tables: tuple[Action, ...] = field(default=())

    @classmethod
    def of(cls, reading: Sequence[Action]) -> Parts | None:
        """The clauses of a reading; None where it is no single SELECT."""
        found: dict[str, list[Action]] = {}
        name, depth = "items", 0
        for action in reading[1:-1]:
            if action in ("union", "intersect", "except", "decline") and depth == 0:
                return None
            depth += (action == "select") - (action == "end")
            if depth == 0 and action in _CLAUSES:
                named = {"from": "tables", "group": "groups", "asc": "order", "desc": "order"}
                name = (named | dict.fromkeys(PLACES, "limit")).get(str(action), str(action))
                found.setdefault(name, [])
                if action not in ("asc", "desc", *PLACES):
                    continue
            found.setdefault(name, []).append(action)
        return cls(**{key: tuple(actions) for key, actions in found.items()})

    def reading(self) -> list[Action]:
        """The reading that these clauses make."""
        named = (("from", self.tables), ("where", self.where), ("group", self.groups), ("having", self.having))
        actions: list[Action] = ["select", *self.items]
        for keyword, clause in named:
            actions += [keyword, *clause] if clause else []
        actions += self.order
        actions += ["each", *self.each] if self.each else []
        if self.limit:
            actions += self.limit if self.limit[0] in PLACES else ["limit", *self.limit]
        return [*actions, "end"]

    @property
    def total(self) -> tuple[Action, ...]:
        """The last item from its aggregate on, where it is a plain one; empty elsewhere."""
        starts = [at for at, action in enumerate(self.items) if action in AGGREGATES]
        if len(starts) != 1 or any(
            one in self.items for one in ("share", "running", "change", "growth", "when", "rate")
        ):
            return ()
        return self.items[starts[0] :]

    @property
    def lists_rows(self) -> bool:
        """True where rows are shown, not totals."""
        return not self.groups and all(isinstance(one, Leaf) for one in self.items)

    def narrowed(self, condition: Sequence[Action]) -> Parts:
        """With one more condition on rows."""
        return replace(self, where=("and", *self.where, *condition) if self.where else tuple(condition))
