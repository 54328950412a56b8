"""The network for answering: what model.py trains, one question at a time, in float32 with numpy. Knows no SQL.

It computes what `ParserModel` computes from the same weights; a test holds the two together. Torch stays with training:
importing it takes several times as long as an answer.

Shapes: L word pieces, N items, W readings side by side (beams), S steps kept of all readings, K keywords, H heads,
D width, d = D / H.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from nl2sql.parsers.builtin.arrays import Arrays
from nl2sql.parsers.builtin.layers import Floats, LayerNorm, Linear, Stored, Tensors, attend, floats, gelu, split


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the network; kept with the weights."""

    vocabulary: int = 30522
    width: int = 384
    encoder_layers: int = 6
    heads: int = 12
    encoder_hidden: int = 1536
    positions: int = 512
    features: int = 28
    relations: int = 0
    keywords: int = 64
    kinds: int = 5
    decoder_layers: int = 3
    decoder_heads: int = 6
    decoder_hidden: int = 768
    longest: int = 80
    dropout: float = 0.1

    def as_json(self) -> dict[str, int | float]:
        """Plain values, to be written beside the weights."""
        return asdict(self)


def _scaled(linear: Linear, width: int, heads: int) -> Linear:
    """The first `width` outputs are queries; they are divided by the root of a head's size once and for all."""
    scale = np.float32(1 / math.sqrt(width / heads))
    linear.weight[:, :width] *= scale
    linear.bias[:width] *= scale
    return linear


def _pairs(table: Floats, relations: npt.NDArray[np.uint8], head: int) -> Floats:
    """What one head adds to the scores of pairs (L, L), from the relations' table (H, relations)."""
    found: Floats = table[head].take(relations)
    return found


class EncoderLayer:
    """One layer of BERT: attention and feed-forward, normalized after each."""

    def __init__(self, tensors: Tensors, name: str, config: ModelConfig) -> None:
        width, self.heads = config.width, config.heads
        parts = [f"{name}.attention.{part}" for part in ("query", "key", "value")]
        self.attention = _scaled(Linear(tensors, parts, width, width), width, self.heads)
        self.out = Linear(tensors, [f"{name}.attention.out"], width, width)
        shape = (self.heads, config.relations)
        self.relations = floats(tensors.take(f"{name}.relations", *shape)) if config.relations else None
        self.attention_norm = LayerNorm(tensors, f"{name}.attention_norm", width, 1e-12)
        self.up = Linear(tensors, [f"{name}.up"], width, config.encoder_hidden)
        self.down = Linear(tensors, [f"{name}.down"], config.encoder_hidden, width)
        self.norm = LayerNorm(tensors, f"{name}.norm", width, 1e-12)

    def __call__(self, x: Floats, relations: npt.NDArray[np.uint8]) -> Floats:
        """(L, D) with the relations (L, L) of its pieces -> (L, D)."""
        query, keys, values = (split(part, self.heads) for part in np.split(self.attention(x), 3, -1))
        pairs = None if self.relations is None else partial(_pairs, self.relations, relations)
        x = self.attention_norm(x + self.out(attend(query, keys, values, pairs=pairs)))
        return self.norm(x + self.down(gelu(self.up(x))))


class DecoderLayer:
    """Self-attention, attention to the encoder, feed-forward; normalized before each."""

    def __init__(self, tensors: Tensors, name: str, config: ModelConfig) -> None:
        width, self.heads = config.width, config.decoder_heads
        parts = [f"{name}.attend_self.{part}" for part in ("query", "key", "value")]
        self.norm_self = LayerNorm(tensors, f"{name}.norm_self", width)
        self.attention = _scaled(Linear(tensors, parts, width, width), width, self.heads)
        self.out = Linear(tensors, [f"{name}.attend_self.out"], width, width)
        cross = f"{name}.attend_cross"
        self.norm_cross = LayerNorm(tensors, f"{name}.norm_cross", width)
        self.cross_query = _scaled(Linear(tensors, [f"{cross}.query"], width, width), width, self.heads)
        self.cross = Linear(tensors, [f"{cross}.key", f"{cross}.value"], width, width)
        self.cross_out = Linear(tensors, [f"{cross}.out"], width, width)
        self.norm_up = LayerNorm(tensors, f"{name}.norm_up", width)
        self.up = Linear(tensors, [f"{name}.up"], width, config.decoder_hidden)
        self.down = Linear(tensors, [f"{name}.down"], config.decoder_hidden, width)

    def read(self, states: Floats) -> tuple[Floats, Floats]:
        """Keys and values (H, L, d) of the encoder's states (L, D); computed once a question."""
        keys, values = np.split(self.cross(states), 2, -1)
        return split(keys, self.heads), split(values, self.heads)

    def __call__(self, x: Floats, past: Past, number: int, read: tuple[Floats, Floats]) -> Floats:
        """One step of W readings: (W, D) -> (W, D). Their keys and values go into `past`, as this layer's."""
        query, keys, values = (split(part, self.heads) for part in np.split(self.attention(self.norm_self(x)), 3, -1))
        known = past.add(number, keys, values)
        x = x + self.out(attend(query, *known, past.mask))
        x = x + self.cross_out(attend(split(self.cross_query(self.norm_cross(x)), self.heads), *read))
        return x + self.down(gelu(self.up(self.norm_up(x))))


@dataclass(frozen=True)
class Memory:
    """What was found in one question, computed once.

    actions (1 + K + N, D) embeds the start, the keywords, the items; targets (D, K + N) with its bias (K + N,) scores
    what a state points at; read are the decoder layers' keys and values of the encoder's states.
    """

    actions: Floats
    targets: Floats
    bias: Floats
    read: tuple[tuple[Floats, Floats], ...]


class Past:
    """Keys and values of every step of every reading, those given up included, in one store for all readings.

    Each reading sees the steps that it is made of: mask (W, S) is 0 there, minus infinity elsewhere. So a reading that
    goes two ways copies nothing.
    """

    def __init__(self, config: ModelConfig, beams: int) -> None:
        room = config.longest * beams
        shape = (config.decoder_layers, config.decoder_heads, room, config.width // config.decoder_heads)
        self._keys: Floats = np.empty(shape, np.float32)
        self._values: Floats = np.empty(shape, np.float32)
        self.mask: Floats = np.zeros((1, 0), np.float32)
        self.steps = -1

    def grow(self, rows: Sequence[int]) -> None:
        """Begin a step: reading i goes on from the reading rows[i] of the step before."""
        own = np.full((len(rows), len(rows)), -np.inf, np.float32)
        np.fill_diagonal(own, 0)
        self.mask = np.concatenate([self.mask[list(rows)], own], 1)
        self.steps += 1

    def add(self, layer: int, keys: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Keep this step's keys and values (H, W, d); returns all that there are (H, S, d)."""
        end = self.mask.shape[1]
        start = end - keys.shape[1]
        self._keys[layer, :, start:end] = keys
        self._values[layer, :, start:end] = values
        return self._keys[layer, :, :end], self._values[layer, :, :end]


class Network:
    """Question and schema in, scores of keywords and items out, one action at a time."""

    def __init__(self, config: ModelConfig, stored: Mapping[str, Stored]) -> None:
        """Raises KeyError or ValueError when `stored` are not the weights of a network of these sizes."""
        tensors, width = Tensors(stored), config.width
        self.config = config
        self.pieces = tensors.take("encoder.pieces.weight", config.vocabulary, width)
        self.positions = floats(tensors.take("encoder.positions.weight", config.positions, width))
        self.features = floats(tensors.take("encoder.features.weight", width, config.features)).T
        self.input_norm = LayerNorm(tensors, "encoder.norm", width, 1e-12)
        self.encoder = [EncoderLayer(tensors, f"encoder.layers.{at}", config) for at in range(config.encoder_layers)]
        self.kind = floats(tensors.take("kind.weight", config.kinds, width))
        self.item = Linear(tensors, ["item"], 2 * width, width)
        self.item_norm = LayerNorm(tensors, "item_norm", width)
        self.keyword = floats(tensors.take("keyword.weight", config.keywords, width))
        self.start = floats(tensors.take("start", width))
        self.places = floats(tensors.take("places.weight", config.longest, width))
        self.decoder = [DecoderLayer(tensors, f"layers.{at}", config) for at in range(config.decoder_layers)]
        self.norm = LayerNorm(tensors, "norm", width)
        self.point, self.name = Linear(tensors, ["point"], width, width), Linear(tensors, ["name"], width, width)
        tensors.finish()

    def encode(self, arrays: Arrays) -> Memory:
        """Read the inputs once."""
        x = floats(self.pieces[arrays.pieces]) + self.positions[: len(arrays.pieces)]
        x = self.input_norm(x + arrays.features @ self.features)
        for layer in self.encoder:
            x = layer(x, arrays.relations)  # (L, D)
        pooled = arrays.pooling @ x  # (N, D)
        items = self.item(np.concatenate([pooled, pooled[arrays.parents]], 1)) + self.kind[arrays.kinds]
        items = self.item_norm(items)
        pointed = items / np.float32(math.sqrt(self.config.width))
        return Memory(
            np.concatenate([self.start[None], self.keyword, items]),
            np.concatenate([self.name.weight @ self.keyword.T, self.point.weight @ pointed.T], 1),
            np.concatenate([self.keyword @ self.name.bias, pointed @ self.point.bias]),
            tuple(layer.read(x) for layer in self.decoder),
        )

    def decode(self, actions: Sequence[int], rows: Sequence[int], memory: Memory, past: Past) -> Floats:
        """Scores (W, K + N) of what follows each of W actions: -1 the start, below K a keyword, else K + item.

        Action i goes on from the reading rows[i] of the step before. The grammar's mask is the caller's.
        """
        past.grow(rows)
        x = memory.actions[np.array(actions) + 1] + self.places[past.steps]
        for number, layer in enumerate(self.decoder):
            x = layer(x, past, number, memory.read[number])
        scores: Floats = self.norm(x) @ memory.targets + memory.bias
        return scores
