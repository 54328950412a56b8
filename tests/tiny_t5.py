"""Real T5 models, small enough to be trained and saved within a test, that have learned a few answers by heart."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from nl2sql.parsers import seq2seq
from nl2sql.parsers.base import ParseRequest
from nl2sql.schema import Column, Schema, Table
from tests.tiny_llama import tokenizer_of

SCHEMA = Schema(
    (Table("planets", (Column("Planet Name", "VARCHAR"), Column("moons", "INTEGER")), ("Planet Name",)),), version="1"
)
WIKISQL = {
    "How many planets have more than 2 moons?": "SELECT COUNT Planet Name FROM table WHERE Moons > 2",
    "Which planet has 1 moon?": "SELECT Planet name FROM table WHERE Moons = 1",
    "Who is the king?": "SELECT King FROM table WHERE Country = france",
}
SPIDER = {
    "How many planets are there?": "SELECT count(*) FROM planets",
    "What is today?": "SELECT CURRENT_DATE",
}


def request(question: str, **more) -> ParseRequest:
    """The question over SCHEMA."""
    return ParseRequest(question, SCHEMA, dt.date(2024, 6, 15), **more)


@cache
def folder(name: str) -> Path:
    """Folder of the trained model `tiny-t5-wikisql` or `tiny-t5-spider`; made once per test run."""
    path = Path(tempfile.mkdtemp(prefix="tiny-t5-")) / name
    _save(path, SPIDER if "spider" in name else WIKISQL)
    return path


def _save(path: Path, answers: Mapping[str, str], steps: int = 300) -> None:
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(7)
    torch.set_num_threads(1)
    family = seq2seq.family_of(path.name)
    texts = [(family.prompt(request(question)), answer) for question, answer in answers.items()]
    tokenizer = tokenizer_of([prompt + answer for prompt, answer in texts])
    tokenizer.pad_token = "<unk>"
    config = T5Config(
        vocab_size=len(tokenizer), d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, dropout_rate=0.0,
        pad_token_id=0, eos_token_id=2, decoder_start_token_id=0,
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    read = tokenizer([prompt for prompt, _ in texts], return_tensors="pt", padding=True, return_token_type_ids=False)
    labels = tokenizer([f"{answer}</s>" for _, answer in texts], return_tensors="pt", padding=True).input_ids
    labels[labels == 0] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(steps):
        loss = model(**read, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.005:
            break
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
