"""Runs a causal language model that was trained on sqlcoder's prompt, in 4 bits, and reads SQL out of what it writes.

Importing this module imports neither torch nor transformers; `load` does. The prompt is sqlcoder.py's, how a model
comes into memory is loaded.py's, what counts as a statement is sql_text.py's.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nl2sql.errors import ParserError
from nl2sql.parsers import loaded, sqlcoder
from nl2sql.parsers.base import Candidate, ParseRequest, ParserInfo, Prediction
from nl2sql.parsers.budget import within
from nl2sql.parsers.loaded import Loaded
from nl2sql.parsers.sql_text import candidate_of, first_statement, is_finished, pinned_again
from nl2sql.schema import Schema

NEW_TOKENS = 512
"""Longest answer in tokens; a statement with thirty columns takes about 300."""
RELEASED_BEAMS = 4
DRAFTED = 8
"""Tokens drafted at once; checking eight costs a forward about as much time as one."""
_SLACK = 16


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

    dialect = "postgres"

    def __init__(self, model: Loaded, *, beams: int) -> None:
        self._loaded = model
        self._beams = beams

    @property
    def info(self) -> ParserInfo:
        """Name, revision and quantization."""
        return self._loaded.info

    def predict(self, request: ParseRequest) -> Prediction:
        """Candidates for a question, best first; declined when the model says that it does not know.

        Raises ParserError (too many tables for the model's context, no SQL, out of memory), QueryCancelledError,
        and ParserUnavailableError after `close`.
        """
        if not request.schema.tables:
            return Prediction((), declined="There are no tables to ask about.")
        told = within(request, self._tokens, self._room_for_tables(request.question))
        prompt = sqlcoder.prompt(request.question, told.schema)
        alone = bool(request.history)  # the released prompt has no place for earlier questions
        with self._loaded.turn(request.cancel):
            written = self._write(prompt, request)
        best_text, best_log_probability, best_length = written[0]
        if "i do not know" in best_text.casefold() and first_statement(best_text) is None:
            declined = f"{self.info.name} found no table that answers this."
            return Prediction((), declined=declined, prompt=prompt, alone=alone)
        candidates: dict[str, Candidate] = {}
        for text, log_probability, _ in written:
            statement = first_statement(text)
            if statement is not None:
                candidate = told.noted(candidate_of(statement, log_probability, request.as_of))
                candidates.setdefault(" ".join(statement.split()), candidate)
        if not candidates:
            raise ParserError(f"{self.info.name} wrote no SQL for this question; try it in other words.")
        confidence = math.exp(best_log_probability / max(1, best_length))
        return Prediction(tuple(candidates.values()), confidence=confidence, prompt=prompt, alone=alone)

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        """SQL of `tree`, which is SQL that reads the clock, with `as_of` put in. Raises ParserError for other text."""
        return pinned_again(tree, as_of)

    def close(self) -> None:
        """Let go of the model and its memory; waits for a prediction that is under way."""
        self._loaded.close()

    def _write(self, prompt: str, request: ParseRequest) -> list[tuple[str, float, int]]:
        """What the model writes after `prompt`: text, log-probability and length in tokens of each, best first."""
        import torch

        model, tokenizer = self._loaded.model, self._loaded.tokenizer
        encoded = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False, split_special_tokens=True).to(
            model.device
        )
        start = encoded["input_ids"].shape[1]  # (1, start)
        beams = self._affordable_beams(start)
        with torch.inference_mode():
            output = model.generate(
                **encoded,
                max_new_tokens=self._room(start),
                do_sample=False,
                num_beams=beams,
                # Names are drafted from the prompt and checked in one forward (prompt lookup, Saxena 2023).
                prompt_lookup_num_tokens=DRAFTED if beams == 1 else None,
                num_return_sequences=max(1, min(request.candidates, beams)),
                stopping_criteria=[lambda ids, _scores, **_: self._finished(ids, start, request.on_text)],
                return_dict_in_generate=True,
                output_scores=True,
            )
            steps = model.compute_transition_scores(
                output.sequences, output.scores, output.get("beam_indices"), normalize_logits=beams == 1
            )  # (candidates, steps)
        texts = tokenizer.batch_decode(output.sequences[:, start:], skip_special_tokens=True)
        # Beams of unequal length are padded; greedy output, a single row, is not.
        taken = (output.beam_indices >= 0).sum(1).tolist() if beams > 1 else [steps.shape[1]]
        return [
            (text, min(0.0, float(row[:length].float().sum())), length)
            for text, row, length in zip(texts, steps, taken, strict=True)
        ]

    def _tokens(self, schema: Schema) -> int:
        """Tokens that the tables of a schema take in the prompt."""
        tokenizer = self._loaded.tokenizer
        if tokenizer is None:  # closed: `turn` says so
            return 0
        return len(tokenizer(sqlcoder.schema_text(schema), split_special_tokens=True)["input_ids"])

    def _room_for_tables(self, question: str) -> int:
        """Tokens that are left for tables beside the question, the prompt's own words and the longest answer."""
        tokenizer, model = self._loaded.tokenizer, self._loaded.model
        if tokenizer is None:
            return 0
        context = int(model.config.max_position_embeddings)
        taken = len(tokenizer(sqlcoder.prompt(question, Schema(())), split_special_tokens=True)["input_ids"])
        return context - taken - min(NEW_TOKENS, context // 4) - _SLACK

    def _room(self, start: int) -> int:
        """Tokens left for the answer after a prompt of `start` tokens; raises ParserError when they are too few."""
        context = int(self._loaded.model.config.max_position_embeddings)
        if context - start < min(NEW_TOKENS, context // 4):
            raise ParserError(
                f"The tables in scope take {start:,} of the {context:,} tokens that {self.info.name} can read; "
                "narrow the scope to fewer tables."
            )
        return min(NEW_TOKENS, context - start)

    def _finished(self, ids: Any, start: int, on_text: Callable[[str], None] | None) -> Any:
        """Which rows of `ids` (rows, length) hold a whole statement after position `start`; the first is told on."""
        import torch

        self._loaded.stop_if_cancelled()
        texts = self._loaded.tokenizer.batch_decode(ids[:, start:], skip_special_tokens=True)
        if on_text is not None and texts:
            on_text(texts[0])
        return torch.tensor([is_finished(text) for text in texts], device=ids.device)

    def _affordable_beams(self, start: int) -> int:
        """The beams asked for where their attention caches fit into the GPU's free memory, else one."""
        import torch

        if self._beams == 1 or self._loaded.model.device.type != "cuda":
            return self._beams
        config = self._loaded.model.config
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        per_token = 2 * config.num_hidden_layers * config.num_key_value_heads * head * 2  # keys and values, 2 bytes
        needed = per_token * (start + NEW_TOKENS) * self._beams * 2  # reordering beams copies the cache
        unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        return self._beams if needed < torch.cuda.mem_get_info()[0] + unused else 1


def load(
    model: str, *, quantize: bool = True, threads: int = 0, beams: int | None = None, copies: Path | None = None
) -> CausalParser:
    """Load `model` (a Hub name whose weights are at hand, or a folder) and warm it up. Never downloads.

    `quantize` loads it in 4-bit NF4; a folder saved in 4 bits stays as it is and loads several times faster.
    What was quantized is kept under `copies`. `threads` 0 leaves torch's own choice; `beams` None means 4 on a GPU and
    1 on a CPU. Raises ParserUnavailableError with a sentence: no weights, too little memory, an unfit package.
    """
    found = loaded.load(
        loaded.folder_of(model), "AutoModelForCausalLM", quantize=quantize, threads=threads, copies=copies
    )
    default_beams = RELEASED_BEAMS if found.model.device.type == "cuda" else 1
    return CausalParser(found, beams=beams or default_beams)
