"""What the network for answering is made of: linear layers, normalization, gelu, attention; float32 with numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Stored = npt.NDArray[np.float32] | npt.NDArray[np.uint16]
"""Weights as float32, or as the bits of bfloat16."""
_BLOCK = 32
"""Rows of the widest layer that are worked on at once: they stay in the processor's cache."""


def floats(stored: Stored) -> Floats:
    """Weights as float32: a bfloat16 is the upper half of one."""
    if stored.dtype == np.uint16:
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32, copy=False)


class Tensors:
    """The tensors of a set of weights, each to be taken once, by its name and with the shape that it must have."""

    def __init__(self, stored: Mapping[str, Stored]) -> None:
        self._left = dict(stored)

    def take(self, name: str, *shape: int) -> Stored:
        """The tensor as it is stored. Raises KeyError, ValueError when it is missing or of another shape."""
        found = self._left.pop(name)
        if found.shape != shape:
            raise ValueError(f"{name} has the shape {found.shape}, not {shape}.")
        return found

    def finish(self) -> None:
        """Raises ValueError when a tensor was not taken: the weights are of another network."""
        if self._left:
            raise ValueError(f"Nobody takes {', '.join(sorted(self._left))}.")


class Linear:
    """Linear layers of equal size over one input, side by side: (rows, inner) -> (rows, outer of all)."""

    def __init__(self, tensors: Tensors, names: Sequence[str], inner: int, outer: int) -> None:
        self.weight: Floats = np.empty((inner, outer * len(names)), np.float32)
        for number, name in enumerate(names):
            own = self.weight[:, number * outer : (number + 1) * outer]
            own[:] = floats(tensors.take(f"{name}.weight", outer, inner)).T
        self.bias: Floats = np.concatenate([floats(tensors.take(f"{name}.bias", outer)) for name in names])

    def __call__(self, x: Floats) -> Floats:
        """The input times all weights, plus all biases."""
        found: Floats = x @ self.weight
        found += self.bias
        return found


class LayerNorm:
    """Each row to mean 0 and variance 1, then scaled and shifted (Ba et al. 2016)."""

    def __init__(self, tensors: Tensors, name: str, width: int, eps: float = 1e-5) -> None:
        self.weight = floats(tensors.take(f"{name}.weight", width))
        self.bias = floats(tensors.take(f"{name}.bias", width))
        self.eps = np.float32(eps)

    def __call__(self, x: Floats) -> Floats:
        """(rows, D) -> (rows, D)."""
        width = np.float32(x.shape[-1])
        mean: Floats = np.add.reduce(x, -1, keepdims=True)
        centred = x - mean / width
        squares: Floats = np.einsum("ij,ij->i", centred, centred)[:, None]
        centred /= np.sqrt(squares / width + self.eps)
        centred *= self.weight
        centred += self.bias
        return centred


def gelu(x: Floats) -> Floats:
    """Gaussian error linear units (Hendrycks and Gimpel 2016), exact but for the error function's 1.5e-7; in place.

    x * (1 + erf(x / sqrt 2)) / 2, which is max(x, 0) - |x| * erfc(|x| / sqrt 2) / 2, with erfc by formula 7.1.26 of
    Abramowitz and Stegun, Handbook of Mathematical Functions, 1964.
    """
    for start in range(0, len(x), _BLOCK):
        rows = x[start : start + _BLOCK]
        size = np.abs(rows)
        t = size * _ERFC_STEP
        t += _ONE
        np.reciprocal(t, out=t)
        sum_ = t * _ERFC_TERMS[0]
        for term in _ERFC_TERMS[1:]:
            sum_ += term
            sum_ *= t
        sum_ *= size
        size *= size
        size *= _MINUS_HALF
        np.exp(size, out=size)
        size *= sum_
        np.maximum(rows, _ZERO, out=rows)
        rows -= size
    return x


_ZERO, _ONE, _MINUS_HALF = np.float32(0), np.float32(1), np.float32(-0.5)
_ERFC_STEP = np.float32(0.3275911 / math.sqrt(2))
_ERFC_TERMS = tuple(
    np.float32(term / 2) for term in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
)


def split(x: Floats, heads: int) -> Floats:
    """(rows, D) -> (H, rows, d), a view."""
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)


def attend(
    query: Floats,
    keys: Floats,
    values: Floats,
    mask: Floats | None = None,
    pairs: Callable[[int], Floats] | None = None,
) -> Floats:
    """Attention (Vaswani et al. 2017): (H, W, d) over keys and values (H, S, d) -> (W, D).

    The query is scaled already; `mask` (W, S) is added to the scores of all heads, `pairs` to those of one.
    """
    heads, rows, size = query.shape
    found: Floats = np.empty((rows, heads, size), np.float32)
    for head in range(heads):
        scores = query[head] @ keys[head].T  # (W, S)
        if mask is not None:
            scores += mask
        if pairs is not None:
            scores += pairs(head)
        scores -= np.maximum.reduce(scores, -1, keepdims=True)
        np.exp(scores, out=scores)
        own = scores @ values[head]  # (W, d)
        own /= np.add.reduce(scores, -1, keepdims=True)
        found[:, head] = own
    return found.reshape(rows, heads * size)
