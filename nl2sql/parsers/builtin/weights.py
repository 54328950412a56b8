"""Where the weights live and how they are read, without torch: safetensors only, nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize
from tokenizers import Tokenizer

from nl2sql.errors import ParserUnavailableError
from nl2sql.parsers.builtin.features import SpecialPieces
from nl2sql.parsers.builtin.layers import Stored
from nl2sql.parsers.builtin.network import ModelConfig, Network

RELEASED = Path(__file__).parent / "released"
"""The set of weights that ships with the workbench."""
_DAMAGED = "The built-in parser's weights are missing or damaged; fetch the repository's files again."


def load(folder: Path = RELEASED) -> tuple[Network, dict[str, float], str]:
    """The network in `folder` ready to predict, the confidence fitted to it and its revision (a digest of the weights).

    Raises ParserUnavailableError when the files are missing or damaged.
    """
    try:
        description = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        written = [path.read_bytes() for path in _files(folder)]
        tensors = [_stored(named) for part in written for named in deserialize(part)]  # type: ignore[no-untyped-call]
        network = Network(ModelConfig(**description["model"]), dict(tensors))
        confidence = {name: float(description["calibration"][name]) for name in ("bias", "score", "margin")}
    except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
        raise ParserUnavailableError(_DAMAGED) from error
    return network, confidence, hashlib.sha256(b"".join(written)).hexdigest()[:12]


def _files(folder: Path) -> list[Path]:
    """The files of the weights: one, or the shards that their index names."""
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return [folder / "model.safetensors"]
    names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    return [folder / Path(name).name for name in sorted(names)]


def _stored(named: tuple[str, dict[str, Any]]) -> tuple[str, Stored]:
    """A tensor's name and the bits of its bfloat16 numbers. Raises ValueError for numbers of another kind."""
    name, tensor = named
    if tensor["dtype"] != "BF16":
        raise ValueError(f"{name} is kept as {tensor['dtype']}.")
    return name, np.frombuffer(tensor["data"], "<u2").reshape(tensor["shape"])


def load_pieces(folder: Path = RELEASED) -> tuple[Callable[[str], Sequence[int]], SpecialPieces]:
    """The word pieces of one word at a time (cached), and the special ones. Raises ParserUnavailableError."""
    try:
        tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8"))
    except Exception as error:  # tokenizers raises nothing more specific
        raise ParserUnavailableError(_DAMAGED) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def number(piece: str) -> int:
        return tokenizer.token_to_id(piece) or 0

    @lru_cache(maxsize=100_000)
    def pieces(word: str) -> tuple[int, ...]:
        found = tokenizer.encode(word, add_special_tokens=False).ids
        return tuple(found[:16]) or (number("[UNK]"),)

    return pieces, SpecialPieces(number("[CLS]"), number("[SEP]"), number(":"), number(","), number("="))
