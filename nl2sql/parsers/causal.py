"""Runs a causal language model that was trained on sqlcoder's prompt, in 4 bits, and reads SQL out of what it writes.

Importing this module imports neither torch nor transformers; `load` does. The prompt is sqlcoder.py's, where weights
come from is weights.py's, what counts as a statement is sql_text.py's.
"""

from __future__ import annotations

import datetime as dt
import gc
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserError, ParserUnavailableError, QueryCancelledError
from nl2sql.parsers import sqlcoder
from nl2sql.parsers.base import Candidate, ParseRequest, ParserInfo, Prediction
from nl2sql.parsers.sql_text import candidate_of, first_statement, is_finished, pin_clock
from nl2sql.parsers.weights import missing_sentence, revision, weights_status
from nl2sql.schema import Schema

NEW_TOKENS = 512
"""Longest answer in tokens; a statement with thirty columns takes about 300."""
RELEASED_BEAMS = 4
_FIRST_FORWARD = threading.Lock()  # on a CPU the first forward repacks the weights in place


class CausalParser:
    """A SemanticParser over a loaded model. One prediction at a time; others wait their turn.

    Sampling is off. On a GPU it searches with 4 beams, as released, and offers each as a candidate; on a CPU, where
    every beam costs the time of a whole answer, it decodes greedily and offers one.

    A candidate's score is the sum of its tokens' log-probabilities. The confidence is the geometric mean of the best
    candidate's token probabilities, exp(score / tokens): the model's own certainty, not calibrated against
    right and wrong answers. Relative dates: the model writes CURRENT_DATE or now(); that SQL is kept as the
    candidate's tree, and `as_of` is put in for the clock. The released prompt has no place for earlier turns, so
    `history` is not read.
    """

    def __init__(self, model: Any, tokenizer: Any, info: ParserInfo, *, beams: int, threads: int = 0) -> None:
        import torch

        self.info = info
        self._model, self._tokenizer = model, tokenizer
        self._beams, self._threads = beams, threads
        self._lock = threading.Lock()
        self._cancel: Cancel | None = None
        # One matrix product is the longest that a cancel has to wait, also while the prompt is read.
        self._hooks = [
            module.register_forward_pre_hook(lambda *_: self._stop_if_cancelled())
            for module in model.modules()
            if isinstance(module, torch.nn.Linear)
        ]

    def predict(self, request: ParseRequest) -> Prediction:
        """Candidates for a question, best first; declined when the model says that it does not know.

        Raises ParserError (too many tables for the model's context, no SQL, out of memory), QueryCancelledError,
        and ParserUnavailableError after `close`.
        """
        if not request.schema.tables:
            return Prediction((), declined="There are no tables to ask about.")
        prompt = sqlcoder.prompt(request.question, request.schema)
        alone = bool(request.history)  # the released prompt has no place for earlier questions
        with self._turn(request.cancel):
            written = self._write(prompt, request.candidates)
        best_text, best_log_probability, best_length = written[0]
        if "i do not know" in best_text.casefold() and first_statement(best_text) is None:
            declined = f"{self.info.name} found no table that answers this."
            return Prediction((), declined=declined, prompt=prompt, alone=alone)
        candidates: dict[str, Candidate] = {}
        for text, log_probability, _ in written:
            statement = first_statement(text)
            if statement is not None:
                candidates.setdefault(
                    " ".join(statement.split()), candidate_of(statement, log_probability, request.as_of)
                )
        if not candidates:
            raise ParserError(f"{self.info.name} wrote no SQL for this question; try it in other words.")
        confidence = math.exp(best_log_probability / max(1, best_length))
        return Prediction(tuple(candidates.values()), confidence=confidence, prompt=prompt, alone=alone)

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        """SQL of `tree`, which is SQL that reads the clock, with `as_of` put in. Raises ParserError for other text."""
        statement = first_statement(tree)
        if statement is None:
            raise ParserError("This reading cannot be written again for another date; ask the question again.")
        return pin_clock(statement, as_of)

    def close(self) -> None:
        """Let go of the model and its memory; waits for a prediction that is under way."""
        with self._lock:
            for hook in self._hooks:
                hook.remove()
            self._model = self._tokenizer = None
            self._hooks = []
        gc.collect()
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    @contextmanager
    def _turn(self, cancel: Cancel | None) -> Iterator[None]:
        """Hold the model for one prediction that `cancel` can end."""
        while not self._lock.acquire(timeout=0.02):
            if cancel is not None and cancel.is_set():
                raise QueryCancelledError("Stopped.")
        try:
            if self._model is None:
                raise ParserUnavailableError(f"{self.info.name} was released; choose it again to load it.")
            self._cancel = cancel
            self._stop_if_cancelled()
            with _memory_errors(self.info.name):
                yield
        finally:
            self._cancel = None
            self._lock.release()

    def _stop_if_cancelled(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise QueryCancelledError("Stopped.")

    def _write(self, prompt: str, candidates: int) -> list[tuple[str, float, int]]:
        """What the model writes after `prompt`: text, log-probability and length in tokens of each, best first."""
        import torch

        if self._threads:
            torch.set_num_threads(self._threads)
        encoded = self._tokenizer(
            prompt, return_tensors="pt", return_token_type_ids=False, split_special_tokens=True
        ).to(self._model.device)
        start = encoded["input_ids"].shape[1]  # (1, start)
        beams = self._affordable_beams(start)
        with torch.inference_mode():
            output = self._model.generate(
                **encoded,
                max_new_tokens=self._room(start),
                do_sample=False,
                num_beams=beams,
                num_return_sequences=max(1, min(candidates, beams)),
                stopping_criteria=[lambda ids, _scores, **_: self._finished(ids, start)],
                return_dict_in_generate=True,
                output_scores=True,
            )
            steps = self._model.compute_transition_scores(
                output.sequences, output.scores, output.get("beam_indices"), normalize_logits=beams == 1
            )  # (candidates, steps)
        texts = self._tokenizer.batch_decode(output.sequences[:, start:], skip_special_tokens=True)
        # Beams of unequal length are padded; greedy output, a single row, is not.
        taken = (output.beam_indices >= 0).sum(1).tolist() if beams > 1 else [steps.shape[1]]
        return [
            (text, min(0.0, float(row[:length].float().sum())), length)
            for text, row, length in zip(texts, steps, taken, strict=True)
        ]

    def _room(self, start: int) -> int:
        """Tokens left for the answer after a prompt of `start` tokens; raises ParserError when they are too few."""
        context = int(self._model.config.max_position_embeddings)
        if context - start < min(NEW_TOKENS, context // 4):
            raise ParserError(
                f"The tables in scope take {start:,} of the {context:,} tokens that {self.info.name} can read; "
                "narrow the scope to fewer tables."
            )
        return min(NEW_TOKENS, context - start)

    def _finished(self, ids: Any, start: int) -> Any:
        """Which rows of `ids` (rows, length) hold a whole statement after position `start`."""
        import torch

        self._stop_if_cancelled()
        texts = self._tokenizer.batch_decode(ids[:, start:], skip_special_tokens=True)
        return torch.tensor([is_finished(text) for text in texts], device=ids.device)

    def _affordable_beams(self, start: int) -> int:
        """The beams asked for where their attention caches fit into the GPU's free memory, else one."""
        import torch

        if self._beams == 1 or self._model.device.type != "cuda":
            return self._beams
        config = self._model.config
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        per_token = 2 * config.num_hidden_layers * config.num_key_value_heads * head * 2  # keys and values, 2 bytes
        needed = per_token * (start + NEW_TOKENS) * self._beams * 2  # reordering beams copies the cache
        unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        return self._beams if needed < torch.cuda.mem_get_info()[0] + unused else 1


def load(model: str, *, quantize: bool = True, threads: int = 0, beams: int | None = None) -> CausalParser:
    """Load `model` (a Hub name whose weights are at hand, or a folder) and warm it up. Never downloads.

    `quantize` loads it in 4-bit NF4; a folder saved in 4 bits stays as it is and loads several times faster.
    `threads` 0 leaves torch's own choice; `beams` None means 4 on a GPU and 1 on a CPU. Raises
    ParserUnavailableError with a sentence: no weights, too little memory, a missing or unfit package.
    """
    status = weights_status(model)
    if status.folder is None:
        raise ParserUnavailableError(missing_sentence(status))
    name = status.folder.name if status.local else model.split("/")[-1]
    try:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ParserUnavailableError(f"{name} cannot be loaded, a package is missing: {_first_line(error)}") from error
    try:
        if threads:
            torch.set_num_threads(threads)
        with _memory_errors(name, ParserUnavailableError):
            tokenizer = AutoTokenizer.from_pretrained(status.folder, local_files_only=True)
            loaded, quantization = _load_model(status.folder, quantize)
            _settle(loaded, tokenizer)
    except ImportError as error:
        raise ParserUnavailableError(f"{name} cannot be loaded, a package is missing: {_first_line(error)}") from error
    except (OSError, KeyError, SafetensorError) as error:
        raise ParserUnavailableError(f"{name} cannot be loaded: {_first_line(error)}") from error
    default_beams = RELEASED_BEAMS if loaded.device.type == "cuda" else 1
    info = ParserInfo(name=name, revision=revision(status.folder), quantization=quantization)
    return CausalParser(loaded, tokenizer, info, beams=beams or default_beams, threads=threads)


def _load_model(folder: Path, quantize: bool) -> tuple[Any, str]:
    """The model in `folder` on whatever this machine has, and how its weights are quantized."""
    import torch
    import transformers
    from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    stored = getattr(config, "quantization_config", None)
    on_gpu = torch.cuda.is_available()
    dtype = torch.float16 if on_gpu and not torch.cuda.is_bf16_supported() else torch.bfloat16
    wanted = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype, bnb_4bit_use_double_quant=False
    )
    read = partial(
        AutoModelForCausalLM.from_pretrained,
        folder,
        dtype=dtype,
        device_map="auto",
        local_files_only=True,
        use_safetensors=True,
    )
    # Weights stored in 4 bits bring their own configuration, which even an explicit None would hide.
    model = read(quantization_config=wanted) if quantize and stored is None else read()
    if stored is None:
        return model.eval(), "nf4" if quantize else ""
    kind = stored.get("bnb_4bit_quant_type") or stored.get("quant_method") if isinstance(stored, dict) else None
    return model.eval(), str(kind or "quantized")


def _settle(model: Any, tokenizer: Any) -> None:
    """Generation defaults of our own, and the first forward, alone: on a CPU it is not thread-safe."""
    import torch
    from transformers import GenerationConfig

    end = tokenizer.eos_token_id
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else end
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id, eos_token_id=end, pad_token_id=pad if pad is not None else 0
    )
    with _FIRST_FORWARD, torch.inference_mode():
        model(input_ids=torch.zeros((1, 1), dtype=torch.long, device=model.device))


@contextmanager
def _memory_errors(name: str, kind: type[ParserError] = ParserError) -> Iterator[None]:
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
        raise kind(f"{name} failed: {_first_line(error)}") from error


def _memory_sentence(name: str) -> str:
    return f"{name} ran out of memory; narrow the scope to fewer tables, close other programs, or use another parser."


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
