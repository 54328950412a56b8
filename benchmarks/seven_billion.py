"""A model of sqlcoder-7b-2's shape with random weights: how long it loads, what it takes, how fast it reads and writes.

The weights are made for the run and deleted after it: 13.5 GB on disk. Each way to keep them is loaded by the app's own
loader; one that does not fit into free memory is left out, and the notes say so.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.results import Figure, Result
from nl2sql.errors import WorkbenchError
from nl2sql.parsers import quantization, sqlcoder, tuning
from tests.tiny_llama import tokenizer_of

SHAPE = {
    "vocab_size": 32_016, "hidden_size": 4_096, "intermediate_size": 11_008, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32, "max_position_embeddings": 16_384,
}  # fmt: skip
"""CodeLlama-7b's, which sqlcoder-7b-2 is."""


def measure(
    shape: dict[str, int] = SHAPE, kinds: Sequence[str] = ("nf4", "bf16"), threads: int = 0, new_tokens: int = 16
) -> Result:
    """Load, read 600 tokens and write `new_tokens`, once for each kind. Raises WorkbenchError without disk space."""
    folder = Path(tempfile.mkdtemp(prefix="seven-billion-"))
    left_out = []
    figures: list[Figure] = []
    try:
        size = _write(folder, shape)
        fitting = []
        for kind in kinds:
            needed, free = quantization.needed_bytes(folder, kind), psutil.virtual_memory().available
            if needed > free:
                left_out.append(f"{kind} needs {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB were free.")
            else:
                fitting.append(kind)
        for one in tuning.measure(str(folder), fitting, threads=threads, new_tokens=new_tokens):
            if one.problem:
                left_out.append(f"{one.kind}: {one.problem}")
                continue
            figures += [
                Figure(f"{one.kind}: loading", one.load_seconds, "s"),
                Figure(f"{one.kind}: memory of the model", one.model_bytes / 1e9, "GB"),
                Figure(f"{one.kind}: tokens read a second", one.read_per_second, ""),
                Figure(f"{one.kind}: tokens written a second", one.written_per_second, ""),
                Figure(f"{one.kind}: 100 tokens after a prompt of 600", one.answer_seconds, "s"),
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    layers, width = shape["num_hidden_layers"], shape["hidden_size"]
    note = (
        f"{layers} layers of width {width:,}, {size / 1e9:.1f} GB in bfloat16, random; greedy, one question at a time."
    )
    return Result("seven_billion", tuple(figures), (note, *left_out))


def _write(folder: Path, shape: dict[str, int]) -> int:
    """Config, tokenizer and weights of a Llama, one file a layer; returns the bytes of the weights."""
    import torch
    from safetensors.torch import save_file

    width, inner, words = shape["hidden_size"], shape["intermediate_size"], shape["vocab_size"]
    layers = shape["num_hidden_layers"]
    size = 2 * (layers * (4 * width * width + 3 * width * inner) + 2 * words * width)
    if shutil.disk_usage(folder).free < 1.1 * size:
        raise WorkbenchError(f"The random weights take {size / 1e9:.1f} GB on disk; there is less.")
    generator = torch.Generator().manual_seed(7)

    def random(*sizes: int) -> Any:
        return (0.02 * torch.randn(*sizes, generator=generator)).to(torch.bfloat16)

    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16", "bos_token_id": 1,
        "eos_token_id": 2, "tie_word_embeddings": False, "rms_norm_eps": 1e-5, **shape,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tokenizer_of([sqlcoder.TEMPLATE]).save_pretrained(folder)
    square, up, down = random(width, width), random(inner, width), random(width, inner)
    ones = torch.ones(width, dtype=torch.bfloat16)
    index: dict[str, str] = {}
    for layer in range(layers + 1):
        name = f"model-{layer:05}.safetensors"
        prefix = f"model.layers.{layer}."
        tensors = {
            **{f"{prefix}self_attn.{part}_proj.weight": square.clone() for part in "qkvo"},
            **{f"{prefix}mlp.{part}_proj.weight": up.clone() for part in ("gate", "up")},
            f"{prefix}mlp.down_proj.weight": down,
            f"{prefix}input_layernorm.weight": ones.clone(),
            f"{prefix}post_attention_layernorm.weight": ones.clone(),
        }
        if layer == layers:
            tensors = {
                "model.embed_tokens.weight": random(words, width), "lm_head.weight": random(words, width),
                "model.norm.weight": ones,
            }  # fmt: skip
        save_file(tensors, folder / name, metadata={"format": "pt"})
        index.update(dict.fromkeys(tensors, name))
    described = {"metadata": {"total_size": size}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(described), encoding="utf-8")
    return size
