"""How a model's weights are kept in memory: in 16 bits, in 8, or in 4 by bitsandbytes; which of them fits.

Importing this module imports neither torch nor transformers. LLM.int8 is Dettmers et al. 2022, NF4 and its double
quantization are QLoRA's (Dettmers et al. 2023).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import BitsAndBytesConfig

AUTO = "auto"
FULL = "bf16"
BYTES = {FULL: 2.0, "int8": 1.0, "nf4": 0.5 + 4 / 64, "nf4-double": 0.5 + 1 / 64 + 4 / (64 * 256)}
"""Bytes of one weight of a linear layer, with its scale: one in 32 bits for 64 weights, or in 8 bits, twice so."""
KINDS = tuple(BYTES)
_BESIDE = 1.5 * 10**9
"""Bytes for the attention cache of a long prompt and for what is computed with."""


def config_of(kind: str, dtype: torch.dtype) -> BitsAndBytesConfig | None:
    """What transformers loads the weights with; None for 16 bits. Computes in `dtype`."""
    from transformers import BitsAndBytesConfig

    if kind == FULL:
        return None
    if kind == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=dtype,
        bnb_4bit_use_double_quant=kind == "nf4-double",
    )


def kind_of(stored: Mapping[str, Any]) -> str:
    """How weights are stored that bring a quantization configuration of their own."""
    if stored.get("load_in_8bit"):
        return "int8"
    if stored.get("load_in_4bit") and stored.get("bnb_4bit_quant_type") == "nf4":
        return "nf4-double" if stored.get("bnb_4bit_use_double_quant") else "nf4"
    return str(stored.get("bnb_4bit_quant_type") or stored.get("quant_method") or "quantized")


def needed_bytes(folder: Path, kind: str) -> int:
    """Memory that the model in `folder`, stored in 16 bits, takes: word tables and output layer stay in 16 bits.

    Raises OSError, ValueError, KeyError for files that cannot be read.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors")) / 2
    tables = 1 if config.get("tie_word_embeddings") else 2
    words = min(weights, tables * config["vocab_size"] * (config.get("hidden_size") or config["d_model"]))
    return int(2 * words + BYTES[kind] * (weights - words) + _BESIDE)


def chosen(folder: Path, free: int, measured: Path | None = None) -> str:
    """What `auto` is for the model in `folder`: what a test found fastest, else NF4, in `free` bytes doubly quantized.

    `measured` is the file that the test left, if any.
    """
    kind = remembered(measured)
    if kind:
        return kind
    try:
        return "nf4" if needed_bytes(folder, "nf4") <= free else "nf4-double"
    except (OSError, ValueError, KeyError):
        return "nf4"


def remembered(measured: Path | None) -> str:
    """The kind that a test found fastest; empty where there was none."""
    if measured is None:
        return ""
    try:
        kind = json.loads(measured.read_text(encoding="utf-8"))["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return kind if kind in KINDS else ""


def remember(measured: Path, kind: str, rows: list[dict[str, Any]]) -> None:
    """Keep what a test found: the fastest kind, and a row of figures for each."""
    measured.parent.mkdir(parents=True, exist_ok=True)
    measured.write_text(json.dumps({"kind": kind, "measured": rows}, indent=2) + "\n", encoding="utf-8")
