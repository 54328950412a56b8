"""Trains the built-in parser: `python -m nl2sql.parsers.builtin.train --data DIR --encoder DIR --out DIR`.

Resumable and seeded: it runs in pieces of bounded time, each going on from the last checkpoint in --out.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from nl2sql.parsers.builtin import corpus, synthesis, written
from nl2sql.parsers.builtin.batches import Sampler, collate, collate_targets
from nl2sql.parsers.builtin.corpus import TrainingExample
from nl2sql.parsers.builtin.features import FEATURES, Inputs
from nl2sql.parsers.builtin.grammar import KEYWORDS, ROOM_FOR_KEYWORDS
from nl2sql.parsers.builtin.ground import GroundingError, Targets
from nl2sql.parsers.builtin.model import ParserModel, from_minilm, save
from nl2sql.parsers.builtin.network import ModelConfig
from nl2sql.parsers.builtin.questions.absent import without_asked
from nl2sql.parsers.builtin.questions.runner_up import runner_up
from nl2sql.parsers.builtin.relations import RELATIONS
from nl2sql.parsers.builtin.transplant import Transplants, patterns
from nl2sql.parsers.builtin.weights import load_pieces
from nl2sql.schema import Schema

_RUNNER_UP = 0.1
"""Of the questions for the first by something, how many ask for the second or third instead."""


class Stream:
    """An endless, seeded stream of varied examples from each source in set shares.

    The sources are Spider, WikiSQL, synthesis, BIRD, transplants, and written questions.
    """

    def __init__(self, data: Path, tokenizer: Path, config: ModelConfig, seed: int, shares: Sequence[float]) -> None:
        self.rng = random.Random(seed)
        pieces, special = load_pieces(tokenizer)
        self.sampler = Sampler(pieces, special, config.keywords)
        self.shares = list(shares)
        spider = list(corpus.spider(data))
        schemas = {example.db_id: example for example in spider}
        self.decoys: list[Schema] = [example.schema for example in schemas.values()]
        bird = list(corpus.bird(data)) if shares[3] else []
        wordings = {example.db_id: example for example in bird}
        one_by_one = list(written.examples()) if shares[5] else []
        companies = {example.db_id: example for example in one_by_one}
        known = [*schemas.values(), *wordings.values(), *companies.values()]
        self.synthesis = synthesis.Synthesis(self.rng, known)
        wikisql = list(corpus.wikisql(data, 12_000)) if shares[1] else []
        self.pools = [spider, wikisql, [], bird, [], one_by_one]
        everywhere = {**schemas, **companies}
        worlds = {name: one for name, example in everywhere.items() if (one := synthesis.things_of_example(example))}
        self.companies = {name: worlds[name] for name in companies if name in worlds}
        alone = [one for one in one_by_one if one.earlier is None and one.reading != ("decline",)]
        self.transplants = Transplants(self.rng, patterns([*spider, *alone], worlds)) if shares[4] else None
        self.lost = 0

    def one(self) -> tuple[Inputs, Targets]:
        """The next example; those that cannot be grounded are passed over."""
        while True:
            (source,) = self.rng.choices(range(6), self.shares)
            if source == 4:
                assert self.transplants is not None
                found = self.transplants.draw(self.synthesis.known_or_made())
                if found is None:
                    continue
                example = found
            elif source == 2:
                example = self.synthesis.draw()
            else:
                example = self.rng.choice(self.pools[source])
                example = self.varied(example) if source == 5 else example
            if self.rng.random() < _RUNNER_UP:
                question = self.rng.choice(example.questions)
                other = runner_up(question, example.reading, self.rng)
                if other is not None:
                    example = replace(example, questions=other[:1], reading=other[1])
            try:
                return self.sampler.draw(example, self.rng, self.decoys)
            except GroundingError:
                self.lost += 1

    def varied(self, example: TrainingExample) -> TrainingExample:
        """A written example: at times its words as people type them, or a schema that lacks what it asks for."""
        question = self.rng.choice(example.questions)
        world = self.companies.get(example.db_id)
        if world and example.earlier is None and example.reading != ("decline",) and self.rng.random() < 0.08:
            schema = without_asked(world, example.reading, question, self.rng)
            if schema is not None:
                return replace(example, questions=(question,), schema=schema, reading=("decline",))
        if self.rng.random() < 0.3:
            question = synthesis.dressed(question, self.rng)
        return replace(example, questions=(question,))

    def batches(self, size: int) -> list[list[tuple[Inputs, Targets]]]:
        """Eight batches of inputs of like length."""
        drawn = sorted((self.one() for _ in range(8 * size)), key=lambda pair: len(pair[0].pieces))
        batches = [drawn[start : start + size] for start in range(0, len(drawn), size)]
        self.rng.shuffle(batches)
        return batches


def loss_of(
    model: ParserModel, pairs: Sequence[tuple[Inputs, Targets]], bfloat16: bool = False
) -> tuple[Tensor, float]:
    """Mean cross-entropy per action over what the grammar allows, and the share of examples predicted whole.

    With `bfloat16`, matrices are multiplied in it (mixed precision, Micikevicius et al. 2018).
    """
    device = model.start.device
    batch = collate([inputs for inputs, _ in pairs])
    targets = collate_targets([targets for _, targets in pairs], batch, model.config.keywords)
    read, gold, allowed = (one.to(device) for one in targets)
    with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        scores = model(batch.to(device), read).float()
    scores = scores.masked_fill(~allowed, -1e9)
    loss = F.cross_entropy(scores.flatten(0, 1), gold.flatten(), ignore_index=-100)
    right = (scores.argmax(-1) == gold) | (gold == -100)
    return loss, right.all(-1).float().mean().item()


def rate_at(step: int, peak: float, steps: int, warm: int = 200) -> float:
    """Learning rate: linear warm-up, then a cosine down to a twentieth at `steps`."""
    if step < warm:
        return peak * (step + 1) / warm
    share = min(1.0, (step - warm) / max(1, steps - warm))
    return peak * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * share)))


def _with_room(tensors: dict[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """Weights that were trained when there were fewer keywords, or no relations, with room for more.

    Keywords are small and random, relations 0: at first they change nothing.
    """
    known = tensors["keyword.weight"]
    more = ROOM_FOR_KEYWORDS - len(known)
    wide = {**tensors, "keyword.weight": torch.cat([known, 0.02 * torch.randn(more, known.shape[1])])}
    for at in range(config.encoder_layers):
        wide[f"encoder.layers.{at}.relations"] = _widened(
            tensors.get(f"encoder.layers.{at}.relations", torch.zeros(config.heads, 0)), config.relations
        )
    return wide


def _widened(known: Tensor, width: int) -> Tensor:
    """`known` (rows, columns) with columns of 0 up to `width`."""
    return torch.cat([known, known.new_zeros(len(known), width - known.shape[1])], 1)


def _groups(model: ParserModel, rate: float) -> list[dict[str, object]]:
    """Encoder, decoder and relations learn at different rates; the word pieces' table stays as it was."""
    model.encoder.pieces.weight.requires_grad_(False)
    relations = [one for name, one in model.named_parameters() if name.endswith(".relations")]
    own = {id(one) for one in (*relations, model.encoder.features.weight)}
    encoder = [one for one in model.encoder.parameters() if one.requires_grad and id(one) not in own]
    known = {id(one) for one in (*encoder, *relations)}
    rest = [one for one in model.parameters() if one.requires_grad and id(one) not in known]
    return [
        {"params": encoder, "peak": rate},
        {"params": rest, "peak": 6 * rate},
        {"params": relations, "peak": 40 * rate, "weight_decay": 0.0},
    ]


def train(arguments: argparse.Namespace) -> None:
    """Run for --minutes, until --steps are done or SIGTERM comes, then write checkpoint and weights."""
    torch.manual_seed(arguments.seed)
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")  # lengths vary: most kernels fell out of 1,024
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    config = ModelConfig(
        encoder_layers=arguments.encoder_layers,
        features=len(FEATURES),
        keywords=ROOM_FOR_KEYWORDS,
        relations=len(RELATIONS),
        dropout=arguments.dropout,
    )
    assert len(KEYWORDS) <= config.keywords
    model = ParserModel(config)
    if arguments.start:
        model.load_state_dict(
            _with_room({name: one.float() for name, one in load_file(arguments.start).items()}, config)
        )
    else:
        from_minilm(model, load_file(arguments.encoder / "model.safetensors"))
    model.to(arguments.device)
    groups = _groups(model, arguments.rate)
    optimizer = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    step = _resume(arguments.out, model, optimizer)
    stream = Stream(arguments.data, arguments.encoder, config, arguments.seed + step, arguments.shares)
    spider, wikisql, _, bird, _, one_by_one = map(len, stream.pools)
    print(f"{spider} Spider, {wikisql} WikiSQL, {bird} BIRD, {one_by_one} written examples; step {step}", flush=True)
    began, seen, total, whole = time.monotonic(), 0, 0.0, 0.0
    model.train()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    while step < arguments.steps and time.monotonic() - began < 60 * arguments.minutes and not stopping.is_set():
        for pairs in stream.batches(arguments.batch):
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, group["peak"], arguments.steps)
            loss, right = loss_of(model, pairs, arguments.bfloat16)
            loss.backward()
            torch.nn.utils.clip_grad_norm_([one for group in groups for one in group["params"]], 1.0)  # type: ignore[attr-defined]
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step, seen, total, whole = step + 1, seen + 1, total + loss.item(), whole + right
            if step % 50 == 0:
                pace = (time.monotonic() - began) / seen
                print(
                    f"step {step} loss {total / 50:.3f} whole {whole / 50:.3f} {pace:.2f} s/step lost {stream.lost}",
                    flush=True,
                )
                total, whole = 0.0, 0.0
            if step % 500 == 0:
                _checkpoint(arguments.out, model, optimizer, step, arguments.shard_size)
    _checkpoint(arguments.out, model, optimizer, step, arguments.shard_size)


def _checkpoint(
    folder: Path, model: ParserModel, optimizer: torch.optim.Optimizer, step: int, shard_size: str = "5GB"
) -> None:
    """Everything that resuming needs, as safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    names = [one for group in optimizer.param_groups for one in group["params"]]
    for number, one in enumerate(names):
        for key, tensor in optimizer.state.get(one, {}).items():
            tensors[f"optimizer.{number}.{key}"] = tensor.contiguous()
    tensors["step"] = torch.tensor(step)
    save_file(tensors, folder / "checkpoint.tmp")
    (folder / "checkpoint.tmp").replace(folder / "checkpoint.safetensors")
    save(model, folder / "weights", {}, shard_size)


def _resume(folder: Path, model: ParserModel, optimizer: torch.optim.Optimizer) -> int:
    """Go on from the checkpoint in `folder`; the step it was written at, 0 when there is none."""
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        return 0
    tensors = load_file(path)
    model.load_state_dict({name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")})
    names = [one for group in optimizer.param_groups for one in group["params"]]
    for number, one in enumerate(names):
        keys = {key.split(".")[2]: key for key in tensors if key.startswith(f"optimizer.{number}.")}
        if keys:
            optimizer.state[one] = {name: tensors[key].to(one.device) for name, key in keys.items()}
    return int(tensors["step"])


def main(argv: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m nl2sql.parsers.builtin.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with spider_train, wikisql")
    parser.add_argument(
        "--encoder", type=Path, required=True, help="folder of all-MiniLM-L6-v2: model.safetensors, tokenizer.json"
    )
    parser.add_argument("--out", type=Path, default=Path("checkpoints/builtin"))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--shard-size", default="5GB", help="write the weights in files of at most so much, as 16MB")
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"), help="cpu, or cuda")
    parser.add_argument(
        "--bfloat16", action="store_true", help="multiply in bfloat16: faster where the processor or GPU has it (AMX)"
    )
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--encoder-layers", type=int, default=6, help="an ablation: the encoder's first layers only")
    parser.add_argument(
        "--shares",
        type=float,
        nargs=6,
        default=(0.3, 0.01, 0.25, 0.05, 0.15, 0.24),
        help="Spider, WikiSQL, synthesis, BIRD, questions asked of other schemas, written questions",
    )
    parser.add_argument("--start", type=Path, help="model.safetensors of this parser to begin with, not the encoder's")
    parser.add_argument("--rate", type=float, default=1e-4, help="peak learning rate of the encoder; the rest: sixfold")
    train(parser.parse_args(argv))
    return 0


if __name__ == "__main__":
    sys.exit(main())
