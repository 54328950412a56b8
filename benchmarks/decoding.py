"""The language model's code path against the plain one that this grew out of, on small models, in one run.

The plain one: transformers' text-generation pipeline, the whole prompt each time, 150 new tokens, no stop. Both read
the same prompts, tables first, over the same 4-bit weights.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.results import Figure, Result
from nl2sql.engine.base import Cancel
from nl2sql.errors import QueryCancelledError
from nl2sql.parsers import causal, sqlcoder
from nl2sql.parsers.base import ParseRequest
from nl2sql.parsers.sql_text import first_statement
from nl2sql.schema import Column, Schema, Table
from tests.tiny_llama import padded, tokenizer_of

NEW_TOKENS = 150
_DAY = dt.date(2024, 2, 1)
_FAMILY = sqlcoder.SCHEMA_FIRST_FAMILY
_NOUNS = ("ships", "ports", "crews", "cargo", "routes", "storms", "fuel", "repairs", "docks", "pilots")
_LONGEST = 4_096


def measure(questions: int = 20, tables: int = 29, layers: int = 8, width: int = 512, steps: int = 400) -> Result:
    """Time to the first token on an untrained model of `layers` and `width`, to whole SQL on a small trained one."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    schema = _schema(tables)
    asked = _questions(questions, schema)
    with tempfile.TemporaryDirectory() as folder:
        untrained, trained = Path(folder) / "untrained", Path(folder) / "trained"
        tokens = _save(untrained, schema, asked, layers=layers, width=width, steps=0)
        _save(trained, schema, asked, layers=2, width=64, steps=steps)
        first = _first_tokens(untrained, schema, list(asked))
        ours, theirs, alike, right = _whole_answers(trained, schema, asked)
    figures = (
        Figure("tokens of a prompt", tokens, ""),
        Figure("first token, plain, median", 1000 * statistics.median(first[1]), "ms"),
        Figure("first token, here, median", 1000 * statistics.median(first[0]), "ms"),
        Figure("first token: plain / here", statistics.median(first[1]) / statistics.median(first[0]), "", 10.0, True),
        Figure("whole SQL, plain, median", 1000 * statistics.median(theirs), "ms"),
        Figure("whole SQL, here, median", 1000 * statistics.median(ours), "ms"),
        Figure("whole SQL: plain / here", statistics.median(theirs) / statistics.median(ours), "", 3.0, True),
        Figure("the same SQL on both sides", alike / len(asked), "", 1.0, True),
        Figure("SQL as it was taught", right / len(asked), ""),
    )
    return Result(
        "decoding",
        figures,
        (
            f"{questions} questions one after the other; the first question here reads the tables too and is counted. "
            f"The untrained Llama has {layers} layers of width {width}; the trained one, two of width 64, was taught "
            "the answers. Both sides in NF4, greedy, on one thread.",
        ),
    )


def _schema(tables: int) -> Schema:
    columns = ("id", "name", "opened", "amount", "status", "captain", "weight", "city")
    types = ("INTEGER", "VARCHAR", "DATE", "DOUBLE", "VARCHAR", "VARCHAR", "DOUBLE", "VARCHAR")
    found = []
    for number in range(tables):
        noun = _NOUNS[number % len(_NOUNS)] + (f"_{number // len(_NOUNS)}" if number >= len(_NOUNS) else "")
        found.append(Table(noun, tuple(Column(f"{noun}_{one}", of) for one, of in zip(columns, types, strict=True))))
    return Schema(tuple(found), version="1")


def _questions(count: int, schema: Schema) -> dict[str, str]:
    """Questions and the SQL that the trained model is taught."""
    asked: dict[str, str] = {}
    for number in range(count):
        table = schema.tables[number % len(schema.tables)]
        key = table.columns[7].name
        asked[f"What is the total amount of {table.name} by city, the largest {number + 2} first?"] = (
            f"SELECT {key}, sum({table.columns[3].name}) AS total FROM {table.name} GROUP BY {key} "
            f"ORDER BY total DESC LIMIT {number + 2};"
        )
    return asked


def _save(path: Path, schema: Schema, asked: dict[str, str], *, layers: int, width: int, steps: int) -> int:
    """A Llama under `path`, trained so many steps; returns how many tokens a prompt has."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(7)
    torch.set_num_threads(1)
    prompts = [_FAMILY.asked(question, schema) for question in asked]
    tokenizer = tokenizer_of([*prompts[:1], *(f"{one}\n{sql}" for one, sql in asked.items())])
    heads = max(4, width // 64)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=width, intermediate_size=3 * width, num_hidden_layers=layers,
            num_attention_heads=heads, num_key_value_heads=heads, max_position_embeddings=_LONGEST,
            bos_token_id=1, eos_token_id=2,
        )
    )  # fmt: skip
    ids = [tokenizer(one)["input_ids"] for one in prompts]
    if steps:
        _train(model, ids, [tokenizer(sql)["input_ids"] + [2] for sql in asked.values()], steps)
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return len(ids[0])


def _train(model: Any, prompts: list[list[int]], answers: list[list[int]], steps: int) -> None:
    """Teach the answers. What all prompts begin with is read once a step, and no gradient goes through it."""
    import torch

    shared = min(next((at for at, pair in enumerate(zip(prompts[0], one, strict=False)) if pair[0] != pair[1]), 0)
                 for one in prompts[1:])  # fmt: skip
    ids, labels, _ = padded((prompt[shared:], answer) for prompt, answer in zip(prompts, answers, strict=True))
    start = torch.tensor([prompts[0][:shared]])
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(steps):
        with torch.no_grad():
            cache = model(start).past_key_values
        cache.batch_repeat_interleave(len(ids))
        loss = model(input_ids=ids, past_key_values=cache, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.003:
            break


def _plain(path: Path) -> Any:
    """The plain code path: a text-generation pipeline over the model in 4 bits."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, pipeline

    four_bits = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    model = AutoModelForCausalLM.from_pretrained(path, quantization_config=four_bits, dtype=torch.bfloat16)
    model.generation_config.eos_token_id = None  # no stop
    return pipeline("text-generation", model=model, tokenizer=AutoTokenizer.from_pretrained(path))


def _first_tokens(path: Path, schema: Schema, asked: list[str]) -> tuple[list[float], list[float]]:
    """Seconds to the first token of each answer: here, and with the plain pipeline."""
    from transformers import TextStreamer

    class First(TextStreamer):  # type: ignore[misc]
        def __init__(self, tokenizer: Any) -> None:
            super().__init__(tokenizer, skip_prompt=True)
            self.at = 0.0

        def put(self, value: Any) -> None:
            if not self.next_tokens_are_prompt and not self.at:
                self.at = time.perf_counter()
            self.next_tokens_are_prompt = False

        def end(self) -> None:
            self.next_tokens_are_prompt = True

    parser = causal.load(str(path), threads=1, schema_first=True)
    here, plain = [], []
    for question in asked:
        cancel, seen = Cancel(), list[float]()

        def stop(_: str, cancel: Cancel = cancel, seen: list[float] = seen) -> None:
            seen.append(time.perf_counter())
            cancel.set()

        began = time.perf_counter()
        with contextlib.suppress(QueryCancelledError):
            parser.predict(ParseRequest(question, schema, _DAY, cancel=cancel, on_text=stop))
        here.append(seen[0] - began)
    parser.close()
    pipe = _plain(path)
    for question in asked:
        first = First(pipe.tokenizer)
        began = time.perf_counter()
        pipe(_FAMILY.asked(question, schema), max_new_tokens=2, do_sample=False, streamer=first)
        plain.append(first.at - began)
    return here, plain


def _whole_answers(path: Path, schema: Schema, asked: dict[str, str]) -> tuple[list[float], list[float], int, int]:
    """Seconds to whole SQL here and with the plain pipeline, how often both say the same, and say what was taught."""
    parser = causal.load(str(path), threads=1, schema_first=True)
    pipe = _plain(path)
    here, plain, alike, right = [], [], 0, 0
    for question, taught in asked.items():
        began = time.perf_counter()
        prediction = parser.predict(ParseRequest(question, schema, _DAY))
        here.append(time.perf_counter() - began)
        began = time.perf_counter()
        (found,) = pipe(
            _FAMILY.asked(question, schema), max_new_tokens=NEW_TOKENS, do_sample=False, return_full_text=False
        )
        plain.append(time.perf_counter() - began)
        sql = prediction.candidates[0].sql
        alike += sql == first_statement(found["generated_text"])
        right += sql == taught.rstrip(";")
    parser.close()
    return here, plain, alike, right
