"""The network for training: a transformer encoder over question and schema, a pointer decoder over actions.

Encoder: the six layers of all-MiniLM-L6-v2 (BERT, Devlin et al. 2019; MiniLM, Wang et al. 2020) with learned link
features added to its input. Decoder: a transformer whose every step points either at a keyword of the grammar or at an
item of the input (pointer network, Vinyals et al. 2015), in one softmax. network.py answers with what is trained here.

Shapes: B questions, L word pieces, N items, T actions, K keywords, D width.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

import torch
import torch.nn.functional as F
from huggingface_hub import save_torch_state_dict
from torch import Tensor, nn

from nl2sql.parsers.builtin.network import ModelConfig

_NEVER = -1e9
"""The score of a place that is not to be seen."""


@dataclass
class Batch:
    """Inputs of B questions, padded.

    pieces (B, L) long; features (B, L, features) float; mask (B, L) True where there is a piece; pooling (B, N, L)
    float, each row the weights that average an item's pieces; kinds (B, N) long, -1 where there is no item; parents
    (B, N) long, the item itself where there is no parent.
    """

    pieces: Tensor
    features: Tensor
    mask: Tensor
    pooling: Tensor
    kinds: Tensor
    parents: Tensor
    relations: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on `device`."""
        return Batch(**{one.name: getattr(self, one.name).to(device) for one in fields(self)})


@dataclass
class Memory:
    """What the encoder found: states (B, L, D) with their mask, and the items to point at (B, N, D)."""

    states: Tensor
    mask: Tensor
    items: Tensor
    kinds: Tensor


class Attention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017), without dropout of its own: on a CPU it costs a quarter of a step."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, heads, T, D / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(
        self,
        x: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None,
        causal: bool = False,
        pairs: Tensor | None = None,
    ) -> Tensor:
        """Attend from x (B, T, D) to split keys and values (B, heads, S, D / heads).

        mask is (B, 1, 1, S); pairs (B, heads, T, S) are added to the scores.
        """
        # Written out: for heads this small, torch's fused attention on a CPU takes twice the time in training.
        query = self.split(self.query(x)) / math.sqrt(x.shape[-1] // self.heads)
        scores = query @ key.transpose(-1, -2)
        if pairs is not None:
            scores = scores + pairs
        if mask is not None:
            scores = scores.masked_fill(~mask, _NEVER)
        if causal:
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(later, _NEVER)
        shares = scores.softmax(-1).to(value.dtype)
        return self.out((shares @ value).transpose(1, 2).flatten(2))


class EncoderLayer(nn.Module):
    """One layer of BERT: attention and feed-forward, normalized after each."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention = Attention(config.width, config.heads)
        if config.relations:
            self.relations = nn.Parameter(torch.zeros(config.heads, config.relations))
        self.attention_norm = nn.LayerNorm(config.width, eps=1e-12)
        self.up = nn.Linear(config.width, config.encoder_hidden)
        self.down = nn.Linear(config.encoder_hidden, config.width)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor, relations: Tensor | None) -> Tensor:
        """x (B, L, D), mask (B, 1, 1, L), relations (B, R, L * L), 1 where a pair has one -> (B, L, D)."""
        attention = self.attention
        key, value = attention.split(attention.key(x)), attention.split(attention.value(x))
        pairs = None
        if relations is not None:
            pairs = (self.relations @ relations).unflatten(-1, (x.shape[1], x.shape[1]))
        x = self.attention_norm(x + self.drop(attention(x, key, value, mask, pairs=pairs)))
        hidden: Tensor = self.norm(x + self.drop(self.down(F.gelu(self.up(x)))))
        return hidden


class Encoder(nn.Module):
    """Word pieces with link features -> states."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.pieces = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.features = nn.Linear(config.features, config.width, bias=False)
        nn.init.zeros_(self.features.weight)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.relations = config.relations
        self.drop = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))

    def forward(self, batch: Batch) -> Tensor:
        """The states (B, L, D) of B questions."""
        pieces, features = batch.pieces, batch.features
        places = torch.arange(pieces.shape[1], device=pieces.device)
        x = self.pieces(pieces) + self.positions(places) + self.features(features)
        x = self.drop(self.norm(x))
        related = None
        if self.relations:
            size, length = pieces.shape
            related = x.new_zeros(size, self.relations, length * length)
            related.scatter_(1, batch.relations.reshape(size, 1, -1), 1.0)
        for layer in self.layers:
            x = layer(x, batch.mask[:, None, None, :], related)
        return x


class DecoderLayer(nn.Module):
    """Causal self-attention, attention to the encoder, feed-forward; normalized before each."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm_self = nn.LayerNorm(config.width)
        self.attend_self = Attention(config.width, config.decoder_heads)
        self.norm_cross = nn.LayerNorm(config.width)
        self.attend_cross = Attention(config.width, config.decoder_heads)
        self.norm_up = nn.LayerNorm(config.width)
        self.up = nn.Linear(config.width, config.decoder_hidden)
        self.down = nn.Linear(config.decoder_hidden, config.width)
        self.drop = nn.Dropout(config.dropout)

    def forward(
        self, x: Tensor, cross: tuple[Tensor, Tensor], mask: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """x (B, T, D) -> (B, T, D) and the keys and values of all steps so far. With a past, T must be 1."""
        normal = self.norm_self(x)
        attention = self.attend_self
        key, value = attention.split(attention.key(normal)), attention.split(attention.value(normal))
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        x = x + self.drop(attention(normal, key, value, None, causal=past is None and x.shape[1] > 1))
        x = x + self.drop(self.attend_cross(self.norm_cross(x), *cross, mask))
        x = x + self.drop(self.down(F.gelu(self.up(self.norm_up(x)))))
        return x, (key, value)


Past = list[tuple[Tensor, Tensor]]
"""Per decoder layer: keys and values (B, heads, steps, D / heads)."""


class ParserModel(nn.Module):
    """Question and schema in, a distribution over keywords and items out, one action at a time."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.kind = nn.Embedding(config.kinds, config.width)
        self.item = nn.Linear(2 * config.width, config.width)
        self.item_norm = nn.LayerNorm(config.width)
        self.keyword = nn.Embedding(config.keywords, config.width)
        self.start = nn.Parameter(torch.zeros(config.width))
        self.places = nn.Embedding(config.longest, config.width)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.norm = nn.LayerNorm(config.width)
        self.point = nn.Linear(config.width, config.width)
        self.name = nn.Linear(config.width, config.width)
        for table in (self.kind, self.keyword, self.places):
            nn.init.normal_(table.weight, std=0.02)
        nn.init.normal_(self.start, std=0.02)

    def encode(self, batch: Batch) -> Memory:
        """Read the inputs once."""
        states = self.encoder(batch)  # (B, L, D)
        pooled = batch.pooling @ states  # (B, N, D)
        parents = pooled.gather(1, batch.parents[..., None].expand_as(pooled))
        items = self.item(torch.cat([pooled, parents], -1)) + self.kind(batch.kinds.clamp(min=0))
        return Memory(states, batch.mask, self.item_norm(items), batch.kinds)

    def cross(self, memory: Memory) -> list[tuple[Tensor, Tensor]]:
        """Keys and values of the encoder's states for each decoder layer; computed once a question."""
        found = []
        for layer in self.layers:
            attention = layer.attend_cross
            found.append(
                (attention.split(attention.key(memory.states)), attention.split(attention.value(memory.states)))
            )
        return found

    def embed(self, actions: Tensor, memory: Memory) -> Tensor:
        """Actions (B, T): -1 the start, below K a keyword, else K + item -> (B, T, D)."""
        size = self.config.keywords
        keywords = self.keyword(actions.clamp(0, size - 1))
        places = (actions - size).clamp(min=0)
        items = memory.items.gather(1, places[..., None].expand(-1, -1, memory.items.shape[-1]))
        found = torch.where((actions < size)[..., None], keywords, items)
        return torch.where((actions < 0)[..., None], self.start, found)

    def decode(
        self,
        actions: Tensor,
        memory: Memory,
        cross: list[tuple[Tensor, Tensor]],
        past: Past | None = None,
        step: int = 0,
    ) -> tuple[Tensor, Past]:
        """Scores (B, T, K + N) of what follows each of actions (B, T), and the past for the next step.

        Items that are not there score minus infinity; the grammar's mask is the caller's.
        """
        places = torch.arange(step, step + actions.shape[1], device=actions.device)
        x = self.embed(actions, memory) + self.places(places)
        mask = memory.mask[:, None, None, :]
        seen: Past = []
        for number, layer in enumerate(self.layers):
            x, kept = layer(x, cross[number], mask, past[number] if past else None)
            seen.append(kept)
        x = self.norm(x)
        scale = 1 / math.sqrt(self.config.width)
        keywords = self.name(x) @ self.keyword.weight.T  # (B, T, K)
        items = self.point(x) @ memory.items.transpose(1, 2) * scale  # (B, T, N)
        items = items.masked_fill((memory.kinds < 0)[:, None, :], float("-inf"))
        return torch.cat([keywords, items], -1), seen

    def forward(self, batch: Batch, actions: Tensor) -> Tensor:
        """Teacher forcing: scores (B, T, K + N) after each of actions (B, T), the start first."""
        memory = self.encode(batch)
        scores, _ = self.decode(actions, memory, self.cross(memory))
        return scores


def from_minilm(model: ParserModel, weights: dict[str, Tensor]) -> None:
    """Copy the encoder of all-MiniLM-L6-v2 (its safetensors' names) into `model`. Raises KeyError on other weights."""
    encoder = model.encoder
    prefix = "embeddings."
    with torch.no_grad():
        encoder.pieces.weight.copy_(weights[prefix + "word_embeddings.weight"])
        types = weights[prefix + "token_type_embeddings.weight"][0]
        encoder.positions.weight.copy_(weights[prefix + "position_embeddings.weight"] + types)
        _copy(encoder.norm, weights, prefix + "LayerNorm")
        for number, layer in enumerate(encoder.layers):
            base = f"encoder.layer.{number}."
            for name in ("query", "key", "value"):
                _copy(getattr(layer.attention, name), weights, f"{base}attention.self.{name}")
            _copy(layer.attention.out, weights, base + "attention.output.dense")
            _copy(layer.attention_norm, weights, base + "attention.output.LayerNorm")
            _copy(layer.up, weights, base + "intermediate.dense")
            _copy(layer.down, weights, base + "output.dense")
            _copy(layer.norm, weights, base + "output.LayerNorm")


def _copy(module: nn.Module, weights: dict[str, Tensor], name: str) -> None:
    module.weight.copy_(weights[name + ".weight"])
    module.bias.copy_(weights[name + ".bias"])


def save(model: ParserModel, folder: Path, calibration: dict[str, float], shard_size: str = "5GB") -> None:
    """Write `model` in bfloat16 with its sizes and calibration into `folder`; the tokenizer lies there already.

    Weights larger than `shard_size` («16MB») become several files with an index, which `weights.load` reads too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.to(torch.bfloat16).cpu().contiguous() for name, tensor in model.state_dict().items()}
    for left in folder.glob("model*.safetensors*"):
        left.unlink()
    save_torch_state_dict(tensors, folder, max_shard_size=shard_size)
    description = {"model": model.config.as_json(), "calibration": calibration}
    (folder / "config.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
