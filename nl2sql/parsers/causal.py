"""Runs a causal language model, in 4 bits where wanted, and reads SQL out of what it writes.

Importing this module imports neither torch nor transformers; `load` does. Prompts are the families': sqlcoder.py,
llama3_sqlcoder.py, duckdb_nsql.py, omnisql.py. How a model comes into memory is loaded.py's, what is kept of a prompt
prompt_cache.py's, what counts as a statement sql_text.py's.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nl2sql.errors import ParserError, ParserUnavailableError
from nl2sql.parsers import duckdb_nsql, llama3_sqlcoder, loaded, omnisql, sqlcoder
from nl2sql.parsers.base import Candidate, ParseRequest, ParserInfo, Prediction, Usage
from nl2sql.parsers.budget import within
from nl2sql.parsers.causal_family import CausalFamily
from nl2sql.parsers.constrained import Constraint, Vocabulary
from nl2sql.parsers.loaded import Loaded
from nl2sql.parsers.prompt_cache import PromptCache, reads_on
from nl2sql.parsers.sql_text import candidate_of, first_statement, pinned_again
from nl2sql.schema import Schema

FAMILIES = (sqlcoder.FAMILY, llama3_sqlcoder.FAMILY, duckdb_nsql.FAMILY, omnisql.FAMILY)
"""A folder of one's own is asked like the one whose name its name holds, else like sqlcoder-7b-2."""
DRAFTED = 8
"""Tokens drafted at once; checking eight costs a forward about as much time as one."""
KEPT_BYTES = 10**9
"""Room for what was read of prompts: 2,000 tokens of a model of seven billion weights without grouped heads."""
_SLACK = 16
_DECLINES = ("I do not know", "I do not know;")
_SELECT = re.compile(r"[\s(]*(?:SELECT|WITH|FROM|VALUES)\b", re.IGNORECASE)


def family_of(model: str) -> CausalFamily:
    """The family of a Hub name or folder.

    >>> family_of("/models/OmniSQL-7B-nf4").model
    'seeklhy/OmniSQL-7B'
    """
    name = model.rstrip("/").rsplit("/", 1)[-1].casefold()
    known = [one for one in FAMILIES if one.model.rsplit("/", 1)[-1].casefold() in name]
    return known[0] if known else sqlcoder.FAMILY


class CausalParser:
    """A SemanticParser over a loaded model. One prediction at a time; others wait their turn.

    Sampling is off. On a GPU it searches with the beams that its family was released with, and offers each as a
    candidate; on a CPU, where every beam costs the time of a whole answer, it decodes greedily and offers one.

    A candidate's score is the sum of its tokens' log-probabilities. The confidence is the geometric mean of the best
    candidate's token probabilities, exp(score / tokens): the model's own certainty, not calibrated against
    right and wrong answers. Relative dates: the model writes CURRENT_DATE or now(); that SQL is kept as the
    candidate's tree, and `as_of` is put in for the clock. The released prompts have no place for earlier turns, so
    `history` is not read.
    """

    def __init__(
        self, model: Loaded, family: CausalFamily = sqlcoder.FAMILY, *, beams: int, constrained: str = "repair"
    ) -> None:
        self._loaded = model
        self._family = family
        self._beams = beams
        self._constrained = "never" if family.thinks else constrained
        self.mend_rounds = 1 if self._constrained == "repair" else 0
        self._prompts = PromptCache(KEPT_BYTES)
        self._vocabulary: Vocabulary | None = None
        reads_on(model.model)
        self.dialect = family.dialect

    @property
    def info(self) -> ParserInfo:
        """Name, revision and quantization."""
        return self._loaded.info

    def predict(self, request: ParseRequest) -> Prediction:
        """Candidates for a question, best first; declined when the model says that it does not know.

        Raises ParserError (too many tables for the model's context, no SQL, out of memory), QueryCancelledError,
        and ParserUnavailableError after `close`.
        """
        return self._predicted(request, self._constrained == "always")

    def mend(self, request: ParseRequest, tried: Sequence[tuple[str, str]]) -> Prediction:
        """Another try, kept to SELECTs over names that there are. Raises as `predict` does.

        The prompts have no place for what was wrong with those `tried`. What was no SELECT stays as it is, for the
        guard to refuse: nobody who asks to remove rows is shown them instead.
        """
        if not _SELECT.match(tried[-1][0]):
            return Prediction((Candidate(tried[-1][0], 0.0),))
        return self._predicted(request, True)

    def _predicted(self, request: ParseRequest, constrained: bool) -> Prediction:
        if not request.schema.tables:
            return Prediction((), declined="There are no tables to ask about.")
        told = within(request, self._tokens, self._room_for_tables(request.question))
        prompt = self._family.asked(request.question, told.schema)
        alone = bool(request.history)
        with self._loaded.turn(request.cancel):
            written, usage = self._write(prompt, request, told.schema if constrained else None)
        best_text, best_log_probability, best_length = written[0]
        if "i do not know" in best_text.casefold() and first_statement(best_text) is None:
            declined = f"{self.info.name} found no table that answers this."
            return Prediction((), declined=declined, prompt=prompt, alone=alone, usage=usage)
        candidates: dict[str, Candidate] = {}
        for text, log_probability, _ in written:
            statement = text.strip().rstrip(";") if constrained else self._family.statement(text)
            if statement is not None:
                candidate = told.noted(candidate_of(statement, log_probability, request.as_of))
                candidates.setdefault(" ".join(statement.split()), candidate)
        if not candidates:
            raise ParserError(f"{self.info.name} wrote no SQL for this question; try it in other words.")
        confidence = math.exp(best_log_probability / max(1, best_length))
        return Prediction(tuple(candidates.values()), confidence, prompt=prompt, alone=alone, usage=usage)

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        """SQL of `tree`, which is SQL that reads the clock, with `as_of` put in. Raises ParserError for other text."""
        return pinned_again(tree, as_of)

    def close(self) -> None:
        """Let go of the model and its memory; waits for a prediction that is under way."""
        self._loaded.close()
        self._prompts.clear()

    def _write(
        self, prompt: str, request: ParseRequest, names: Schema | None = None
    ) -> tuple[list[tuple[str, float, int]], Usage]:
        """What the model writes after `prompt`: text, log-probability and length in tokens of each, best first.

        With `names` it is kept to statements over the tables and columns there, and to its words for not knowing.
        Probabilities are the model's own, before anything was ruled out.
        """
        import torch
        from transformers import LogitsProcessorList

        model, tokenizer = self._loaded.model, self._loaded.tokenizer
        ids = self._ids(prompt)
        start = len(ids)
        room = self._room(start)
        beams = self._affordable_beams(start)
        constraint = self._constraint(names, start, room, beams) if names is not None else None
        cache, known = self._prompts.begin(ids, request.schema.version, model.config, beams)
        try:
            with torch.inference_mode():
                output = model.generate(
                    torch.tensor([ids], device=model.device),
                    attention_mask=torch.ones((1, start), dtype=torch.long, device=model.device),
                    past_key_values=cache,
                    max_new_tokens=room,
                    do_sample=False,
                    num_beams=beams,
                    # Names are drafted from the prompt and checked in one forward (prompt lookup, Saxena 2023).
                    prompt_lookup_num_tokens=DRAFTED if beams == 1 else None,
                    num_return_sequences=max(1, min(request.candidates, beams)),
                    stopping_criteria=[lambda ids, _scores, **_: self._finished(ids, start, request.on_text)],
                    logits_processor=LogitsProcessorList([constraint] if constraint is not None else []),
                    return_dict_in_generate=True,
                    output_logits=True,
                )
                steps = model.compute_transition_scores(
                    output.sequences, output.logits, output.get("beam_indices"), normalize_logits=True
                )  # (candidates, steps)
        finally:
            self._prompts.end(ids, cache)
        texts = tokenizer.batch_decode(output.sequences[:, start:], skip_special_tokens=True)
        # Beams of unequal length are padded; greedy output, a single row, is not.
        taken = (output.beam_indices >= 0).sum(1).tolist() if beams > 1 else [steps.shape[1]]
        written = [
            (text, min(0.0, float(row[:length].float().sum())), length)
            for text, row, length in zip(texts, steps, taken, strict=True)
        ]
        if constraint is not None:
            # Where few tokens may follow, beams are filled up with what may not.
            rows = output.sequences[:, start:].tolist()
            whole = [one for one, row in zip(written, rows, strict=True) if constraint.closing(row) != "cut"]
            written = whole or written
        return written, Usage(start, known, written[0][2])

    def _constraint(self, names: Schema, start: int, room: int, beams: int) -> Constraint:
        """What keeps the model to statements over `names`; made for one answer."""
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(self._loaded.tokenizer)
        return Constraint(names, self._vocabulary, start, room, beams=beams, also=_DECLINES)

    def _ids(self, prompt: str) -> list[int]:
        """The prompt's tokens. Special tokens are read only where the family's prompt is written with them."""
        tokenizer, family = self._loaded.tokenizer, self._family
        if family.chat:
            turns = [{"role": "user", "content": prompt}]
            prompt = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        found = tokenizer(prompt, split_special_tokens=not family.marked, add_special_tokens=not family.marked)
        ids: list[int] = found["input_ids"]
        return ids

    def _tokens(self, schema: Schema) -> int:
        """Tokens that the tables of a schema take in the prompt."""
        tokenizer = self._loaded.tokenizer
        if tokenizer is None:  # closed: `turn` says so
            return 0
        return len(tokenizer(self._family.schema_text(schema), split_special_tokens=True)["input_ids"])

    def _room_for_tables(self, question: str) -> int:
        """Tokens that are left for tables beside the question, the prompt's own words and the longest answer."""
        if self._loaded.tokenizer is None:
            return 0
        taken = len(self._ids(self._family.asked(question, Schema(()))))
        return self._context - taken - min(self._family.new_tokens, self._context // 4) - _SLACK

    @property
    def _context(self) -> int:
        """Tokens that the model reads and writes at most."""
        return int(self._loaded.model.config.max_position_embeddings)

    def _room(self, start: int) -> int:
        """Tokens left for the answer after a prompt of `start` tokens; raises ParserError when they are too few."""
        longest = self._family.new_tokens
        if self._context - start < min(longest, self._context // 4):
            raise ParserError(
                f"The tables in scope take {start:,} of the {self._context:,} tokens that {self.info.name} can read; "
                "narrow the scope to fewer tables."
            )
        return min(longest, self._context - start)

    def _finished(self, ids: Any, start: int, on_text: Callable[[str], None] | None) -> Any:
        """Which rows of `ids` (rows, length) hold a whole statement after position `start`; the first is told on."""
        import torch

        self._loaded.stop_if_cancelled()
        texts = self._loaded.tokenizer.batch_decode(ids[:, start:], skip_special_tokens=True)
        if on_text is not None and texts:
            on_text(texts[0])
        return torch.tensor([self._family.finished(text) for text in texts], device=ids.device)

    def _affordable_beams(self, start: int) -> int:
        """The beams asked for where their attention caches fit into the GPU's free memory, else one."""
        import torch

        if self._beams == 1 or self._loaded.model.device.type != "cuda":
            return self._beams
        config = self._loaded.model.config
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        per_token = 2 * config.num_hidden_layers * config.num_key_value_heads * head * 2  # keys and values, 2 bytes
        needed = per_token * (start + self._family.new_tokens) * self._beams * 2  # reordering beams copies the cache
        unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        return self._beams if needed < torch.cuda.mem_get_info()[0] + unused else 1


def load(
    model: str,
    *,
    quantization: str = "nf4",
    threads: int = 0,
    beams: int | None = None,
    copies: Path | None = None,
    schema_first: bool = False,
    constrained: str = "repair",
) -> CausalParser:
    """Load `model` (a Hub name whose weights are at hand, or a folder) and warm it up. Never downloads.

    `quantization` is `auto`, nf4, nf4-double, int8 or bf16; a folder saved in fewer bits stays as it is and loads
    several times faster.
    What was quantized is kept under `copies`. `threads` 0 leaves torch's own choice; `beams` None means the family's on
    a GPU and 1 on a CPU. `schema_first` asks sqlcoder-7b-2 with the tables before the question, in an order that it was
    not trained with. `constrained`: whether the model is kept to statements over names that there are, `always`,
    `never`, or to `repair` one that does not bind. Raises ParserUnavailableError with a sentence: no weights, too
    little memory, an unfit package.
    """
    family = family_of(model)
    if schema_first and family is sqlcoder.FAMILY:
        family = sqlcoder.SCHEMA_FIRST_FAMILY
    found = loaded.load(
        loaded.folder_of(model), "AutoModelForCausalLM", quantization=quantization, threads=threads, copies=copies
    )
    if family.chat and not found.tokenizer.chat_template:
        raise ParserUnavailableError(f"{found.info.name} has no chat template; fetch its tokenizer's files again.")
    default_beams = family.beams if found.model.device.type == "cuda" else 1
    return CausalParser(found, family, beams=beams or default_beams, constrained=constrained)
