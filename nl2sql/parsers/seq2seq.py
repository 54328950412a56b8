"""Runs an encoder-decoder model (T5), in 4 bits where wanted, and makes SQL of what it writes.

Importing this module imports neither torch nor transformers; `load` does. Prompts and what becomes of the words are the
family's: t5_wikisql.py, t5_spider.py. How a model comes into memory is loaded.py's.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from nl2sql.parsers import loaded, t5_spider, t5_wikisql
from nl2sql.parsers.base import Candidate, ParseRequest, ParserInfo, Prediction, Usage
from nl2sql.parsers.budget import Told, within
from nl2sql.parsers.loaded import Loaded
from nl2sql.parsers.sql_text import candidate_of, pinned_again
from nl2sql.schema import Schema

NEW_TOKENS = 256
BEAMS = 4
TABLE_TOKENS = 1_024
"""Room for tables in a prompt: T5's positions are relative, and it was trained on texts half as long."""


@dataclass(frozen=True)
class Family:
    """How models of one training are asked, and what their words become: None where they are no SQL over the tables."""

    prompt: Callable[[ParseRequest], str]
    statement: Callable[[str, ParseRequest], str | None]
    sees_tables: bool


FAMILIES = {
    t5_wikisql.MODEL: Family(t5_wikisql.prompt, t5_wikisql.statement, sees_tables=False),
    t5_spider.MODEL: Family(t5_spider.prompt, t5_spider.statement, sees_tables=True),
}
"""By the model's name on the Hub; a folder of one's own is asked like the one whose name its name ends in."""


def family_of(model: str) -> Family:
    """The family of a Hub name or folder; WikiSQL's where the name tells none."""
    name = model.rstrip("/").rsplit("/", 1)[-1].casefold()
    for known, family in FAMILIES.items():
        if name == known.rsplit("/", 1)[-1].casefold() or ("spider" in name and family.sees_tables):
            return family
    return FAMILIES[t5_wikisql.MODEL]


class Seq2SeqParser:
    """A SemanticParser over a loaded model. One prediction at a time; others wait their turn.

    Four beams, no sampling, each a candidate. A candidate's score is the sum of its tokens' log-probabilities, the
    confidence the geometric mean of the best one's, exp(score / tokens): not calibrated. `history` is not read.
    """

    dialect = "sqlite"

    def __init__(self, model: Loaded, family: Family) -> None:
        self._loaded = model
        self._family = family

    @property
    def info(self) -> ParserInfo:
        """Name, revision and quantization."""
        return self._loaded.info

    def predict(self, request: ParseRequest) -> Prediction:
        """Candidates for a question, best first. Raises ParserError, QueryCancelledError, ParserUnavailableError."""
        if not request.schema.tables:
            return Prediction((), declined="There are no tables to ask about.")
        told = within(request, self._tokens, TABLE_TOKENS) if self._family.sees_tables else Told(request.schema)
        prompt = self._family.prompt(replace(request, schema=told.schema))
        with self._loaded.turn(request.cancel):
            written, usage = self._write(prompt)
        found: dict[str, tuple[Candidate, float]] = {}
        for text, score, length in written:
            statement = self._family.statement(text, request)
            if statement is not None and statement not in found:
                candidate = told.noted(candidate_of(statement, score, request.as_of))
                found[statement] = candidate, math.exp(score / max(1, length))
        alone = bool(request.history)
        if not found:
            said = " ".join(written[0][0].replace("</s>", "").split())[:200]
            declined = f"{self.info.name} wrote «{said}», which names no columns of these tables."
            return Prediction((), declined=declined, prompt=prompt, alone=alone, usage=usage)
        candidates = tuple(candidate for candidate, _ in found.values())
        return Prediction(candidates, next(iter(found.values()))[1], prompt=prompt, alone=alone, usage=usage)

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        """SQL of `tree`, which is SQL that reads the clock, with `as_of` put in. Raises ParserError for other text."""
        return pinned_again(tree, as_of)

    def close(self) -> None:
        """Let go of the model and its memory; waits for a prediction that is under way."""
        self._loaded.close()

    def _tokens(self, schema: Schema) -> int:
        """Tokens that the tables of a schema take in the prompt."""
        tokenizer = self._loaded.tokenizer
        return len(tokenizer(t5_spider.schema_text(schema))["input_ids"]) if tokenizer is not None else 0

    def _write(self, prompt: str) -> tuple[list[tuple[str, float, int]], Usage]:
        """What the model writes: text, log-probability and length in tokens of each beam, best first."""
        import torch

        model, tokenizer = self._loaded.model, self._loaded.tokenizer
        encoded = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False, split_special_tokens=True).to(
            model.device
        )
        with torch.inference_mode():
            output = model.generate(
                **encoded,
                max_new_tokens=NEW_TOKENS,
                do_sample=False,
                num_beams=BEAMS,
                num_return_sequences=BEAMS,
                return_dict_in_generate=True,
                output_scores=True,
            )
            steps = model.compute_transition_scores(output.sequences, output.scores, output.beam_indices)  # (beams, T)
        texts = tokenizer.batch_decode(output.sequences, skip_special_tokens=True)
        taken = (output.beam_indices >= 0).sum(1).tolist()
        written = [
            (text, min(0.0, float(row[:length].float().sum())), length)
            for text, row, length in zip(texts, steps, taken, strict=True)
        ]
        return written, Usage(encoded["input_ids"].shape[1], 0, written[0][2])


def load(model: str, *, quantization: str = "nf4", threads: int = 0, copies: Path | None = None) -> Seq2SeqParser:
    """Load `model` (a Hub name whose weights are at hand, or a folder) and warm it up. Never downloads.

    What was quantized is kept under `copies`. Raises ParserUnavailableError with a sentence.
    """
    found = loaded.load(
        loaded.folder_of(model), "AutoModelForSeq2SeqLM", quantization=quantization, threads=threads, copies=copies
    )
    return Seq2SeqParser(found, family_of(model))
