"""Measures the ways to keep a language model's weights on this machine, and remembers the fastest for `auto`.

Each way is loaded by the app's own loader, reads the same prompt and writes the same number of tokens.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nl2sql.errors import ParserError
from nl2sql.parsers import loaded, quantization, sqlcoder
from nl2sql.schema import Column, Schema, Table

PROMPT_TOKENS, NEW_TOKENS = 600, 32
_TABLES = 60


@dataclass(frozen=True)
class Measured:
    """One way to keep the weights: seconds, bytes, tokens a second. `problem` is a sentence where it does not run."""

    kind: str
    load_seconds: float = 0.0
    model_bytes: int = 0
    read_per_second: float = 0.0
    written_per_second: float = 0.0
    problem: str = ""

    @property
    def answer_seconds(self) -> float:
        """Seconds until an answer of 100 tokens to a prompt of 600 is written."""
        return PROMPT_TOKENS / self.read_per_second + 100 / self.written_per_second


def measure(
    model: str, kinds: Sequence[str] = quantization.KINDS, *, threads: int = 0, new_tokens: int = NEW_TOKENS
) -> Iterator[Measured]:
    """One after the other. Raises ParserUnavailableError where the weights are not at hand."""
    folder = loaded.folder_of(model)
    for kind in kinds:
        try:
            yield _measured(folder, kind, threads, new_tokens)
        except ParserError as error:
            yield Measured(kind, problem=error.sentence)


def remember_fastest(found: Sequence[Measured], copies: Path, name: str) -> Measured | None:
    """Keep for `auto` the way whose answers come soonest; None where no way runs."""
    running = [one for one in found if not one.problem]
    if not running:
        return None
    best = min(running, key=lambda one: one.answer_seconds)
    path = loaded.measured_file(copies, name)
    assert path is not None
    quantization.remember(path, best.kind, [asdict(one) for one in found])
    return best


def _measured(folder: loaded.Folder, kind: str, threads: int, new_tokens: int) -> Measured:
    began = time.perf_counter()
    is_seq2seq = loaded.is_encoder_decoder(folder.path)
    auto_class = "AutoModelForSeq2SeqLM" if is_seq2seq else "AutoModelForCausalLM"
    model = loaded.load(folder, auto_class, quantization=kind, threads=threads)
    load_seconds = time.perf_counter() - began
    try:
        with model.turn(None):
            return _asked(model, kind, load_seconds, new_tokens)
    finally:
        model.close()


def _asked(model: loaded.Loaded, kind: str, load_seconds: float, new_tokens: int) -> Measured:
    import torch

    ids = model.tokenizer(sqlcoder.schema_text(_schema()), return_tensors="pt")["input_ids"]
    room = int(getattr(model.model.config, "max_position_embeddings", None) or 10**6) - new_tokens - 1
    ids = ids[:, : min(PROMPT_TOKENS, room)].to(model.model.device)
    ended: list[float] = []

    def note(*_: Any, **__: Any) -> Any:
        ended.append(time.perf_counter())
        return torch.zeros(1, dtype=torch.bool, device=ids.device)

    with torch.inference_mode():
        model.model.generate(ids[:, :8], max_new_tokens=1, do_sample=False)  # brings the weights into memory
        began = time.perf_counter()
        model.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=1 + new_tokens,
            min_new_tokens=1 + new_tokens,
            do_sample=False,
            stopping_criteria=[note],
        )
    reading, writing = ended[0] - began, ended[-1] - ended[0]
    size = int(model.model.get_memory_footprint())
    return Measured(kind, load_seconds, size, ids.shape[1] / reading, (len(ended) - 1) / max(writing, 1e-6))


def _schema() -> Schema:
    columns = tuple(Column(f"column_{number}", "VARCHAR") for number in range(6))
    return Schema(tuple(Table(f"table_{number}", columns) for number in range(_TABLES)))
