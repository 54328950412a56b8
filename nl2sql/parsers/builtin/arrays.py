"""The inputs of one question as arrays: what the network reads, for answering as it is and for training in batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nl2sql.parsers.builtin.features import FEATURES, Inputs
from nl2sql.parsers.builtin.relations import ITSELF


@dataclass(frozen=True)
class Arrays:
    """L word pieces and N items.

    pieces (L,) whole numbers; features (L, features), 1 where a piece has one; pooling (N, L), each row the weights
    that average an item's pieces; kinds (N,) whole numbers; parents (N,) the item's own number where it has none;
    relations (L, L), what the item of one piece is to that of another, as its number in `RELATIONS`.
    """

    pieces: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]
    pooling: npt.NDArray[np.float32]
    kinds: npt.NDArray[np.int64]
    parents: npt.NDArray[np.int64]
    relations: npt.NDArray[np.uint8]


def arrays_of(inputs: Inputs) -> Arrays:
    """The arrays of `inputs`."""
    length, count = len(inputs.pieces), len(inputs.items)
    features = np.zeros((length, len(FEATURES)), np.float32)
    places = [(piece, flag) for piece, flags in enumerate(inputs.features) for flag in flags]
    features[tuple(np.array(places).T)] = 1.0
    pooling = np.zeros((count, length), np.float32)
    for number, item in enumerate(inputs.items):
        start, end = item.span
        pooling[number, start:end] = 1.0 / max(end - start, 1)
    parents = [item.parent if item.parent >= 0 else number for number, item in enumerate(inputs.items)]
    return Arrays(
        np.array(inputs.pieces, np.int64),
        features,
        pooling,
        np.array(inputs.kinds(), np.int64),
        np.array(parents, np.int64),
        _relations(inputs),
    )


def _relations(inputs: Inputs) -> npt.NDArray[np.uint8]:
    """(L, L) from the relations of items; pieces of no item have none."""
    count = len(inputs.items)
    table = np.zeros((count + 1, count + 1), np.uint8)
    np.fill_diagonal(table[:count, :count], ITSELF)
    pairs = np.array(list(inputs.related), np.int64).reshape(-1, 2)
    table[pairs[:, 0], pairs[:, 1]] = list(inputs.related.values())
    owner = np.full(len(inputs.pieces), count)
    for number, item in enumerate(inputs.items):
        if item.kind != "mention":
            owner[slice(*item.span)] = number
    found: npt.NDArray[np.uint8] = table[np.ix_(owner, owner)]
    return found
