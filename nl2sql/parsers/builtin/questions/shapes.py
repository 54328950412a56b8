"""Which shapes of question there are, and how often each is asked."""

from __future__ import annotations

import random
from collections.abc import Callable

from nl2sql.parsers.builtin.questions import (
    courses,
    entities,
    flat,
    groups,
    hops,
    overdue,
    parents,
    places,
    proportions,
    rows,
    sold,
    totals,
    verbs,
    yes_no,
)
from nl2sql.parsers.builtin.questions.draw import Asked, Draw
from nl2sql.parsers.builtin.synthetic_schema import Things

SHAPES: tuple[tuple[Callable[[Draw], Asked | None], float], ...] = (
    (rows.list_rows, 3), (rows.list_fields, 2.5), (totals.count, 2), (totals.aggregate, 2.5), (groups.grouped, 5),
    (groups.best_group, 1.5), (groups.having, 1), (rows.top_rows, 2.5), (courses.by_time, 2.5), (totals.distinct, 1),
    (rows.above_average, 1), (parents.per_parent, 2), (parents.most_children, 1.2),
    (parents.without_children, 1), (parents.parent_attribute, 2), (groups.product_of_two, 0.8),
    (groups.several, 1), (rows.two_columns, 0.7), (rows.who_has, 1.5), (totals.count_of_state, 1),
    (groups.each_on_average, 0.5),
    (groups.ratio_by_group, 1), (totals.how_much, 1), (parents.with_parent, 2.2), (parents.without_parent, 0.7),
    (groups.two_at_once, 1), (courses.by_weekday, 0.7),
    (proportions.share, 2), (proportions.rate, 2), (proportions.two_states, 1.2),
    (proportions.two_groups, 1.8), (proportions.per_head, 1.8), (proportions.conditional_by_group, 0.6),
    (courses.course, 2.5), (places.first_of_each, 1.5), (places.best_of_each, 1), (places.rank, 0.9),
    (places.above_own_average, 0.7), (courses.time_between, 1.4), (places.groups_above_average, 0.5),
    (totals.missing_values, 0.7), (proportions.percent_of_one, 0.6), (flat.parties, 3), (flat.kinds, 1.2),
    (flat.flows, 6), (totals.each_own, 0.6), (courses.newcomers, 1.2), (rows.beside_each_other, 0.9),
    (parents.children_in_period, 0.9), (verbs.who_did_most, 3), (verbs.what_one_did, 2.5), (verbs.who_did_ever, 2),
    (yes_no.flagged, 5), (yes_no.flagged_share, 2), (yes_no.both_sides, 2), (yes_no.by_flag, 1.2),
    (entities.first_entities, 4), (entities.entities_over, 3), (entities.best_entity_of_each, 2),
    (entities.two_measures, 3), (entities.asked_total, 5), (entities.average_per_time, 0.7), (entities.both_ends, 1),
    (entities.different_entities, 1.2), (entities.largest_and_whose, 0.8), (verbs.looked_up, 1.8),
    (verbs.how_many_did, 1.6),
    (verbs.first_or_last_date, 1), (courses.best_time, 1.2), (overdue.overdue, 50),
    (sold.sold, 6), (rows.above_average_of_state, 1.2),
    (hops.across, 12), (hops.who_with_what, 22), (hops.who_has_such, 10), (hops.in_both_roles, 25),
)  # fmt: skip
"""Every shape and its weight."""
_WEIGHTS = [weight for _, weight in SHAPES]


def ask(world: Things, rng: random.Random) -> Asked | None:
    """A question over `world` with its reading; None when the drawn shape does not fit the drawn thing."""
    return ask_about(Draw(world, rng))


def ask_about(draw: Draw) -> Asked | None:
    """A question about the drawn thing; None when the drawn shape does not fit it."""
    ((shape, _),) = draw.rng.choices(SHAPES, _WEIGHTS)
    return shape(draw)
