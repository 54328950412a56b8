"""When two result sets say the same: the same rows as a bag, ordered only where the gold orders, columns by value.

The bag semantics are those of test-suite execution accuracy (Zhong et al. 2020), the alternatives those of sql-eval.
Nothing here is random: columns are matched by an exact search, so that a comparison gives the same verdict every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from nl2sql.comparing.cells import Cell, Number, cells_of, close
from nl2sql.comparing.ordering import Ordering
from nl2sql.engine.base import ResultSet

_SEARCH_LIMIT = 2_000
"""Column assignments that are looked at before two result sets count as different."""


@dataclass(frozen=True)
class Comparison:
    """Whether two result sets say the same; `reason` is a short sentence when they do not."""

    equal: bool
    reason: str = ""


@dataclass(frozen=True)
class _Coded:
    """A pair of columns whose cells were replaced by small numbers, equal exactly where the cells are."""

    gold: list[int]
    predicted: list[int]


def compare(gold: ResultSet, predicted: ResultSet, ordering: Ordering | None = None) -> Comparison:
    """Compare a predicted result set with the gold one, in the order of rows too where `ordering` is given.

    Column names do not count, their values do; a column too many or too few is a difference. Numbers are equal within
    one millionth when either is a floating point one, whatever their types; a DATE equals a TIMESTAMP at its midnight.
    """
    if len(gold.columns) != len(predicted.columns):
        return Comparison(False, f"{len(predicted.columns)} columns instead of {len(gold.columns)}.")
    if gold.row_count != predicted.row_count:
        return Comparison(False, f"{predicted.row_count} rows instead of {gold.row_count}.")
    gold_columns = [cells_of(gold.table.column(place)) for place in range(len(gold.columns))]
    predicted_columns = [cells_of(predicted.table.column(place)) for place in range(len(predicted.columns))]
    sorted_by = None if ordering is None else (ordering.columns(gold.columns) or tuple(range(len(gold.columns))))
    search = _Search(gold_columns, predicted_columns, sorted_by)
    unmatched = search.unmatched()
    if unmatched is not None:
        return Comparison(False, f"No column holds the values of «{gold.columns[unmatched]}».")
    if search.run():
        return Comparison(True)
    return Comparison(False, "The rows come in another order." if search.bag_found else "The rows differ.")


class _Search:
    """Looks for the assignment of predicted columns to gold columns under which the rows agree."""

    def __init__(self, gold: list[list[Cell]], predicted: list[list[Cell]], sorted_by: tuple[int, ...] | None) -> None:
        self.width = len(gold)
        self.height = len(gold[0]) if gold else 0
        self.sorted_by = sorted_by
        self.bag_found = False
        self._left = _SEARCH_LIMIT
        self._coded: list[dict[int, _Coded]] = [
            {other: coded for other in range(self.width) if (coded := _code(gold[place], predicted[other])) is not None}
            for place in range(self.width)
        ]
        first: dict[tuple[Cell, ...], int] = {}
        self._twin = [first.setdefault(tuple(column), place) for place, column in enumerate(predicted)]
        # The column at the same place is the likeliest, so it is tried first.
        self._tries = [sorted(self._coded[place], key=lambda other: other != place) for place in range(self.width)]
        self._turn = sorted(range(self.width), key=lambda place: len(self._tries[place]))

    def unmatched(self) -> int | None:
        """A gold column whose values no predicted column has; None when there is none."""
        return next((place for place in range(self.width) if not self._coded[place]), None)

    def run(self) -> bool:
        """Whether some assignment makes the rows agree."""
        start = [0] * self.height
        return self._extend(0, {}, start, start)

    def _extend(self, depth: int, taken: dict[int, int], gold: list[int], predicted: list[int]) -> bool:
        """Assign one more gold column; `gold` and `predicted` name each row's class over the columns so far."""
        if depth == self.width:
            self.bag_found = True
            return self._in_order(taken)
        place = self._turn[depth]
        seen: set[int] = set()
        for other in self._tries[place]:
            coded = self._coded[place][other]
            if other in taken.values() or self._twin[other] in seen or self._left <= 0:
                continue
            self._left -= 1
            seen.add(self._twin[other])
            classes: dict[tuple[int, int], int] = {}
            finer_gold = _refine(gold, coded.gold, classes)
            finer_predicted = _refine(predicted, coded.predicted, classes)
            if Counter(finer_gold) == Counter(finer_predicted) and self._extend(
                depth + 1, {**taken, place: other}, finer_gold, finer_predicted
            ):
                return True
        return False

    def _in_order(self, taken: dict[int, int]) -> bool:
        coded = (self._coded[place][taken[place]] for place in self.sorted_by or ())
        return all(pair.gold == pair.predicted for pair in coded)


def _refine(classes: list[int], codes: list[int], names: dict[tuple[int, int], int]) -> list[int]:
    return [names.setdefault(pair, len(names)) for pair in zip(classes, codes, strict=True)]


def _code(gold: list[Cell], predicted: list[Cell]) -> _Coded | None:
    """Both columns in one code; None when they do not hold the same bag of values."""
    if gold == predicted:
        names = {cell: code for code, cell in enumerate(dict.fromkeys(gold))}
        codes = [names[cell] for cell in gold]
        return _Coded(codes, codes)
    gold_numbers, predicted_numbers = _numbers(gold), _numbers(predicted)
    if len(gold_numbers) != len(predicted_numbers):
        return None
    if not all(map(close, gold_numbers, predicted_numbers)):
        return None
    others = Counter(cell for cell in gold if cell.kind != "number")
    if others != Counter(cell for cell in predicted if cell.kind != "number"):
        return None
    numbers = _number_codes(gold_numbers + predicted_numbers)
    names = {cell: -1 - code for code, cell in enumerate(others)}

    def code_of(cell: Cell) -> int:
        return numbers[cell.value] if cell.kind == "number" else names[cell]  # type: ignore[index]

    return _Coded([code_of(cell) for cell in gold], [code_of(cell) for cell in predicted])


def _numbers(column: Sequence[Cell]) -> list[Number]:
    return sorted(cell.value for cell in column if cell.kind == "number")  # type: ignore[misc]


def _number_codes(numbers: Sequence[Number]) -> dict[Number, int]:
    """One code for numbers that are close to their neighbour. Columns were already found close, value by value."""
    distinct = sorted(set(numbers))
    codes = {distinct[0]: 0} if distinct else {}
    for lower, upper in pairwise(distinct):
        codes[upper] = codes[lower] + (not close(lower, upper))
    return codes
