"""Nineteen more small databases as people upload them, for the questions of the second set.

    python -m benchmarks.questions.second_tables DIR

writes DIR/<db_id>.duckdb and DIR/<db_id>.headers.json for each. Every value is drawn from a seeded generator, so the
rows are always the same. The half that development looks at and the half that is only reported share no database.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.questions.second_company_tables import broker, factory, projects, supportdesk
from benchmarks.questions.second_public_tables import airline, hospital, library, university
from benchmarks.questions.second_small_tables import (
    charity,
    claims,
    courses,
    crm,
    fuel,
    gym,
    hotel,
    invoices,
    menu,
    solar,
    web,
)
from benchmarks.questions.sheets import Drawn, write, write_all

_BATCHES: dict[str, tuple[Callable[[random.Random], Drawn], ...]] = {
    "A": (broker, hospital, university, supportdesk, airline),
    "B": (crm, web, fuel, invoices, menu, gym, courses, charity),
    "C": (hotel, solar, claims, library, factory, projects),
}
"""By the name that a seed begins with: A and B are asked about in the half `dev`, C in the half `report`."""
DRAW = {draw.__name__: (f"q2 {batch}", draw) for batch, draws in _BATCHES.items() for draw in draws}
"""Every database by its `db_id`: what its seed begins with, and what draws it."""


def sheets(db_id: str) -> Drawn:
    """The files of one database, the same at every call."""
    batch, draw = DRAW[db_id]
    return draw(random.Random(f"{batch} {db_id}"))


def build(folder: Path) -> None:
    """Write every database into `folder`.

    Raises FileExistsError when one of them is there.
    """
    for db_id in DRAW:
        write(folder, db_id, sheets(db_id))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the databases into the folder named on the command line; returns the exit code."""
    return write_all("second_tables", __doc__, build, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
