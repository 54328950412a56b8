"""Keeps what a model computed while it read a prompt, for the next prompt that begins alike: attention keys and values.

Where a prompt lays out the tables before the question, only the question is read anew (prefix caching, as in vLLM's
PagedAttention, Kwon et al. 2023). Bounded by bytes, and emptied when the tables change. One user at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

LEAST_SHARED = 32
"""Tokens that two prompts must begin with alike for the first one's reading to be worth taking up."""


@dataclass
class _Read:
    """Keys and values of the tokens `ids`, one row."""

    ids: list[int]
    cache: Any


class PromptCache:
    """The last prompts that a model read, the one used last at the end."""

    def __init__(self, room: int) -> None:
        """`room` is the number of bytes that keys and values may take; 0 keeps nothing."""
        self.room = room
        self._version = ""
        self._read: list[_Read] = []

    def begin(self, ids: Sequence[int], version: str, config: Any, beams: int = 1) -> tuple[Any, int]:
        """A transformers cache to read `ids` with, and how many of them it holds already.

        It is taken out of here, for `end` to give back; what was read of tables of another `version` is let go.
        `config` is the model's. With several `beams` it has as many rows.
        """
        from transformers import DynamicCache

        if version != self._version:
            self.clear()
            self._version = version
        best = max(self._read, key=lambda one: _shared(one.ids, ids), default=None)
        # The last token is always read anew: what follows it is what is asked for.
        shared = min(_shared(best.ids, ids), len(ids) - 1) if best is not None else 0
        if best is None or shared < LEAST_SHARED:
            return DynamicCache(config=config), 0
        self._read.remove(best)
        _cut(best.cache, shared)
        if beams > 1:
            best.cache.batch_repeat_interleave(beams)
        return best.cache, shared

    def end(self, ids: Sequence[int], cache: Any) -> None:
        """Keep what was read of the prompt `ids`; what was written after it is cut off."""
        import torch

        layers = [layer for layer in cache.layers if layer.is_initialized]
        held = min((layer.get_seq_length() for layer in layers), default=0)
        if not self.room or len(layers) < len(cache.layers) or any(layer.is_sliding for layer in layers):
            return
        kept = min(held, len(ids))  # after a cancel some layers have read less than others
        _cut(cache, kept)
        if layers[0].keys.shape[0] > 1:
            cache.batch_select_indices(torch.tensor([0], device=layers[0].keys.device))
        # One prompt's text may be another's beginning: the longer one serves both.
        self._read = [one for one in self._read if _shared(one.ids, ids) < min(len(one.ids), kept)]
        self._read.append(_Read(list(ids[:kept]), cache))
        while self._read and self.size > self.room:
            del self._read[0]

    @property
    def size(self) -> int:
        """Bytes of keys and values that are kept."""
        return sum(
            tensor.numel() * tensor.element_size()
            for one in self._read
            for layer in one.cache.layers
            for tensor in (layer.keys, layer.values)
        )

    def clear(self) -> None:
        """Let go of everything."""
        self._read = []


def reads_on(model: Any) -> None:
    """Have `model` read on where a cache ends, also while it checks drafted tokens.

    transformers 5.23 feeds the whole prompt at the first step of assisted decoding, on top of what a cache holds.
    """
    prepare = model.prepare_inputs_for_generation

    @wraps(prepare)
    def prepared(input_ids: Any, next_sequence_length: int | None = None, **more: Any) -> Any:
        cache = more.get("past_key_values")
        if next_sequence_length is None and cache is not None and cache.get_seq_length():
            next_sequence_length = input_ids.shape[1] - cache.get_seq_length()
        return prepare(input_ids, next_sequence_length=next_sequence_length, **more)

    model.prepare_inputs_for_generation = prepared


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two prompts begin with alike."""
    length = min(len(one), len(other))
    return next((at for at in range(length) if one[at] != other[at]), length)


def _cut(cache: Any, length: int) -> None:
    """Shorten every layer to its first `length` tokens."""
    for layer in cache.layers:
        layer.crop(min(0, length - layer.get_seq_length()))
