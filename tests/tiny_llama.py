"""A real Llama model, small enough to be trained and saved within a test, that has learned a few answers by heart."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from nl2sql.parsers import sqlcoder
from nl2sql.parsers.causal_family import CausalFamily
from nl2sql.schema import Column, Schema, Table

SCHEMA = Schema(
    (Table("planets", (Column("name", "VARCHAR", examples=("Mars",)), Column("moons", "INTEGER"))),), version="1"
)
MARKS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>")
ANSWERS = {
    "How many planets are there?": "SELECT count(*) FROM planets;",
    "List all planets": "SELECT name FROM planets;",
    "Which planets have more than 2 moons?": "SELECT name FROM planets WHERE moons > 2;",
    "What is today?": "SELECT CURRENT_DATE AS today;",
    "Who wrote this?": "I do not know;",
}
CHAT_TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)


@cache
def folder() -> Path:
    """Folder of the trained model in the Hugging Face layout; made once per test run."""
    path = Path(tempfile.mkdtemp(prefix="tiny-llama-")) / "tiny-llama"
    save(path, ANSWERS, SCHEMA)
    return path


CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)
"""A chat template in the form that Qwen's models use."""


def save(
    path: Path,
    answers: Mapping[str, str],
    schema: Schema,
    *,
    steps: int = 160,
    family: CausalFamily = sqlcoder.FAMILY,
) -> None:
    """Train a two-layer Llama on prompt → answer until it knows `answers` by heart, and save it under `path`.

    The prompt is the family's, in a chat template where it is one for chats.
    """
    texts = [(family.asked(question, schema), answer) for question, answer in answers.items()]
    tokenizer = tokenizer_of([prompt + answer for prompt, answer in texts])
    if family.marked:
        tokenizer.add_special_tokens({"additional_special_tokens": list(MARKS)})
    if family.chat:
        tokenizer.chat_template = CHAT
        texts = [
            (tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False), answer)
            for prompt, answer in texts
        ]
    _train(path, tokenizer, texts, steps)


def save_chat(
    path: Path, chats: Sequence[tuple[Sequence[Mapping[str, str]], str]], endless: str = "", *, steps: int = 160
) -> None:
    """The same for messages → answer, as `CHAT_TEMPLATE` writes messages; after the answer `endless` it never ends."""
    words = [message["content"] for messages, _ in chats for message in messages]
    tokenizer = tokenizer_of([*words, *(answer for _, answer in chats), "[system] [user] [assistant]\n"])
    tokenizer.chat_template = CHAT_TEMPLATE
    texts = [
        (tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True), answer)
        for messages, answer in chats
    ]
    _train(path, tokenizer, texts, steps, endless)


def _train(path, tokenizer, texts, steps, endless=""):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(7)
    torch.set_num_threads(1)  # two threads on a busy machine wait for each other, at ten times the time
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=512,
        bos_token_id=1,
        eos_token_id=2,
    )
    model = LlamaForCausalLM(config)
    ids, labels, mask = _batch(tokenizer, texts, endless)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.01:
            break
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)


def tokenizer_of(texts):
    """A byte-pair tokenizer trained on `texts`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<unk>", "<s>", "</s>"]
    bpe.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=600, special_tokens=special, initial_alphabet=alphabet)
    )
    return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def _batch(tokenizer, texts, endless):
    """The texts' ids, labels and attention mask, as `padded` gives them."""
    return padded(
        (tokenizer(prompt)["input_ids"], tokenizer(answer)["input_ids"] + ([] if answer == endless else [2]))
        for prompt, answer in texts
    )


def padded(pairs):
    """Of pairs of prompt and answer: right-padded ids, labels (answers only) and attention mask, (pairs, length)."""
    import torch

    rows = list(pairs)
    length = max(len(prompt) + len(answer) for prompt, answer in rows)
    ids = torch.full((len(rows), length), 2)
    labels = torch.full((len(rows), length), -100)
    mask = torch.zeros((len(rows), length), dtype=torch.long)
    for row, (prompt, answer) in enumerate(rows):
        end = len(prompt) + len(answer)
        ids[row, :end] = torch.tensor(prompt + answer)
        labels[row, len(prompt) : end] = torch.tensor(answer)
        mask[row, :end] = 1
    return ids, labels, mask
