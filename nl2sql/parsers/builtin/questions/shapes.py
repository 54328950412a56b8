"""Which shapes of question there are, and how often each is asked."""

from __future__ import annotations

import random
from collections.abc import Callable

from nl2sql.parsers.builtin.questions import groups, parents, rows, totals
from nl2sql.parsers.builtin.questions.draw import Asked, Draw
from nl2sql.parsers.builtin.synthetic_schema import Things

SHAPES: tuple[tuple[Callable[[Draw], Asked | None], float], ...] = (
    (rows.list_rows, 3), (rows.list_fields, 2.5), (totals.count, 2), (totals.aggregate, 2.5), (groups.grouped, 5),
    (groups.best_group, 1.5), (groups.having, 1), (rows.top_rows, 2.5), (groups.by_time, 2.5), (totals.distinct, 1),
    (rows.above_average, 0.7), (parents.per_parent, 2), (parents.most_children, 1.2),
    (parents.without_children, 1), (parents.parent_attribute, 2), (groups.product_of_two, 0.6),
    (groups.several, 0.5), (rows.two_columns, 0.3), (rows.who_has, 1.5), (totals.count_of_state, 1),
    (groups.each_on_average, 0.5), (totals.how_much, 1), (parents.with_parent, 2.2), (parents.without_parent, 0.7),
    (groups.two_at_once, 1),
)  # fmt: skip
"""Every shape and its weight."""
_WEIGHTS = [weight for _, weight in SHAPES]


def ask(world: Things, rng: random.Random) -> Asked | None:
    """A question over `world` with its reading; None when the drawn shape does not fit the drawn thing."""
    draw = Draw(world, rng)
    ((shape, _),) = rng.choices(SHAPES, _WEIGHTS)
    return shape(draw)
