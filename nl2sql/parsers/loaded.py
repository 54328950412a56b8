"""A language model in memory: read from its folder, in 4 bits where wanted; one prediction at a time, soon stopped.

Importing this module imports neither torch nor transformers; `load` does. Which prompt it reads is its parser's.
"""

from __future__ import annotations

import gc
import logging
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserError, ParserUnavailableError, QueryCancelledError
from nl2sql.parsers import quantization as quantizing
from nl2sql.parsers.base import ParserInfo
from nl2sql.parsers.turns import Turns
from nl2sql.parsers.weights import free_bytes, missing_sentence, revision, weights_status

logger = logging.getLogger(__name__)
_FIRST_FORWARD = threading.Lock()  # on a CPU the first forward repacks the weights in place


class Loaded:
    """A model with its tokenizer. One prediction at a time; others wait their turn, first come, first served."""

    def __init__(self, model: Any, tokenizer: Any, info: ParserInfo, threads: int = 0) -> None:
        import torch

        self.info = info
        self.model, self.tokenizer = model, tokenizer
        self._threads = threads
        self._turns = Turns()
        self._cancel: Cancel | None = None
        # One matrix product is the longest that a cancel has to wait, also while the prompt is read.
        self._hooks = [
            module.register_forward_pre_hook(lambda *_: self.stop_if_cancelled())
            for module in model.modules()
            if isinstance(module, torch.nn.Linear)
        ]

    @contextmanager
    def turn(self, cancel: Cancel | None) -> Iterator[None]:
        """Hold the model for one prediction that `cancel` can end.

        Raises QueryCancelledError, ParserUnavailableError after `close`, ParserError for what torch fails at.
        """
        with self._turns.turn(cancel):
            if self.model is None:
                raise ParserUnavailableError(f"{self.info.name} was released; choose it again to load it.")
            self._cancel = cancel
            try:
                self.stop_if_cancelled()
                if self._threads:
                    import torch

                    torch.set_num_threads(self._threads)
                with memory_errors(self.info.name):
                    yield
            finally:
                self._cancel = None

    def stop_if_cancelled(self) -> None:
        """Raise QueryCancelledError once the prediction under way is cancelled."""
        if self._cancel is not None and self._cancel.is_set():
            raise QueryCancelledError("Stopped.")

    def close(self) -> None:
        """Let go of the model and its memory; waits for a prediction that is under way."""
        with self._turns.turn():
            for hook in self._hooks:
                hook.remove()
            self.model = self.tokenizer = None
            self._hooks = []
        gc.collect()
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def is_encoder_decoder(folder: Path) -> bool:
    """Whether the model in `folder` reads with an encoder (T5), by its config.json. Imports transformers.

    Raises ParserUnavailableError.
    """
    with _load_errors(folder.name):
        from transformers import AutoConfig

        return bool(AutoConfig.from_pretrained(folder, local_files_only=True).is_encoder_decoder)


@dataclass(frozen=True)
class Folder:
    """Where a model's weights are at hand, and what it is called."""

    path: Path
    name: str


def folder_of(model: str) -> Folder:
    """The folder of `model`, a Hub name or a folder. Raises ParserUnavailableError when its weights are not at hand."""
    status = weights_status(model)
    if status.folder is None:
        raise ParserUnavailableError(missing_sentence(status))
    return Folder(status.folder, status.folder.name if status.local else model.split("/")[-1])


def load(
    folder: Folder,
    auto_class: str,
    *,
    quantization: str = "nf4",
    threads: int = 0,
    copies: Path | None = None,
) -> Loaded:
    """Read the model in `folder` with transformers' `auto_class` and warm it up. Never downloads.

    `quantization` is one of `quantization.KINDS`, or `auto`; a folder saved in fewer bits stays as it is and loads
    several times faster. What was quantized is kept in the folder `copies`, where that is given and the disk has room,
    and read from there the next time. `threads` 0 leaves torch's own choice. Raises ParserUnavailableError.
    """
    named = revision(folder.path)
    kind = quantization
    if kind == quantizing.AUTO:
        kind = quantizing.chosen(folder.path, _free_memory(), measured_file(copies, folder.name))
    copy = copies / f"{folder.name}-{named[:12]}-{kind}" if kind != quantizing.FULL and copies is not None else None
    if copy is not None and copy.is_dir():
        try:
            return _load(replace(folder, path=copy), auto_class, named, kind, threads, None)
        except ParserUnavailableError as error:
            logger.warning("A quantized copy could not be read and is made anew: %s", error.sentence)
            shutil.rmtree(copy, ignore_errors=True)
    return _load(folder, auto_class, named, kind, threads, copy)


def measured_file(copies: Path | None, name: str) -> Path | None:
    """Where a test of the ways to keep a model's weights leaves what it found."""
    return copies / f"{name}.measured.json" if copies is not None else None


def _free_memory() -> int:
    """Free bytes where the model will lie: on the GPU where there is one."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    return psutil.virtual_memory().available


def _load(folder: Folder, auto_class: str, named: str, kind: str, threads: int, copy: Path | None) -> Loaded:
    with _load_errors(folder.name):
        import torch
        from transformers import AutoTokenizer

        if threads:
            torch.set_num_threads(threads)
        with memory_errors(folder.name, ParserUnavailableError):
            tokenizer = AutoTokenizer.from_pretrained(folder.path, local_files_only=True)
            model, quantization = _read(folder.path, auto_class, kind)
            if copy is not None and quantization == kind:
                _keep(model, tokenizer, copy)  # before the first forward, which repacks the weights in place
            _settle(model, tokenizer)
    return Loaded(model, tokenizer, ParserInfo(folder.name, named, quantization), threads)


def _keep(model: Any, tokenizer: Any, copy: Path) -> None:
    """Write a quantized model to the folder `copy`, whole or not at all; a full disk costs only the next start."""
    if getattr(model.config, "quantization_config", None) is None:
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    if free_bytes(copy.parent) < 2 * model.get_memory_footprint():
        return
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=copy.parent))
    try:
        model.save_pretrained(made)
        tokenizer.save_pretrained(made)
        made.rename(copy)
    except OSError as error:
        logger.warning("The quantized model could not be kept: %s", first_line(error))
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _load_errors(name: str) -> Iterator[None]:
    """What goes wrong while a model is read, as sentences."""
    try:
        from safetensors import SafetensorError
    except ImportError as error:
        raise ParserUnavailableError(f"{name} cannot be loaded, a package is missing: {first_line(error)}") from error
    try:
        yield
    except ImportError as error:
        raise ParserUnavailableError(f"{name} cannot be loaded, a package is missing: {first_line(error)}") from error
    except (OSError, KeyError, SafetensorError) as error:
        raise ParserUnavailableError(f"{name} cannot be loaded: {first_line(error)}") from error


def _read(folder: Path, auto_class: str, kind: str) -> tuple[Any, str]:
    """The model in `folder` on whatever this machine has, and how its weights are quantized; empty for 16 bits."""
    import torch
    import transformers
    from transformers import AutoConfig

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    stored = getattr(config, "quantization_config", None)
    on_gpu = torch.cuda.is_available()
    dtype = torch.float16 if on_gpu and not torch.cuda.is_bf16_supported() else torch.bfloat16
    read = partial(
        getattr(transformers, auto_class).from_pretrained,
        folder,
        dtype=dtype,
        device_map="auto",
        local_files_only=True,
        use_safetensors=True,
    )
    if stored is not None:
        # Weights stored in fewer bits bring their own configuration, which even an explicit None would hide.
        return read().eval(), quantizing.kind_of(stored) if isinstance(stored, dict) else "quantized"
    wanted = quantizing.config_of(kind, dtype)
    if wanted is None:
        return read().eval(), ""
    return read(quantization_config=wanted).eval(), kind


def _settle(model: Any, tokenizer: Any) -> None:
    """Generation defaults of our own, and the first forward, alone: on a CPU it is not thread-safe."""
    import torch
    from transformers import GenerationConfig

    end = tokenizer.eos_token_id
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else end
    own = {"decoder_start_token_id": model.config.decoder_start_token_id} if model.config.is_encoder_decoder else {}
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id, eos_token_id=end, pad_token_id=pad if pad is not None else 0, **own
    )
    one = torch.zeros((1, 1), dtype=torch.long, device=model.device)
    with _FIRST_FORWARD, torch.inference_mode():
        model(input_ids=one, **({"decoder_input_ids": one} if own else {}))


@contextmanager
def memory_errors(name: str, kind: type[ParserError] = ParserError) -> Iterator[None]:
    """Turn torch's errors into sentences of `kind`; only running out of memory is expected."""
    try:
        yield
    except MemoryError as error:
        raise kind(_memory_sentence(name)) from error
    except (RuntimeError, ValueError) as error:
        text = str(error).casefold()
        signs = ("out of memory", "not enough memory", "can't allocate memory", "dispatched on the cpu or the disk")
        if any(sign in text for sign in signs):
            raise kind(_memory_sentence(name)) from error
        raise kind(f"{name} failed: {first_line(error)}") from error


def _memory_sentence(name: str) -> str:
    return f"{name} ran out of memory; narrow the scope to fewer tables, close other programs, or use another parser."


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its kind."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
