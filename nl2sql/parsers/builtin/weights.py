"""Where the weights live and how they are read and written: safetensors only, nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from nl2sql.errors import ParserUnavailableError
from nl2sql.parsers.builtin.features import SpecialPieces
from nl2sql.parsers.builtin.model import ModelConfig, ParserModel

RELEASED = Path(__file__).parent / "released"
"""The set of weights that ships with the workbench."""
_DAMAGED = "The built-in parser's weights are missing or damaged; fetch the repository's files again."


def save(model: ParserModel, folder: Path, calibration: dict[str, float]) -> None:
    """Write `model` in bfloat16 with its sizes and calibration into `folder`; the tokenizer lies there already."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors")
    description = {"model": model.config.as_json(), "calibration": calibration}
    (folder / "config.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def load(folder: Path = RELEASED) -> tuple[ParserModel, dict[str, float], str]:
    """The model in `folder` ready to predict, its calibration and its revision (a digest of the weights).

    Raises ParserUnavailableError when the files are missing or damaged.
    """
    try:
        description = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        model = ParserModel(ModelConfig(**description["model"]))
        tensors = load_file(folder / "model.safetensors")
        model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
        calibration = dict(description["calibration"])
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        raise ParserUnavailableError(_DAMAGED) from error
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:12]
    return model.eval(), calibration, digest


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
