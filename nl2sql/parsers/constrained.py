"""Keeps a language model to SELECTs over a schema's own names while it writes, and to an end within its tokens.

`Constraint` is a logits processor for transformers' `generate`, for greedy decoding, beams and prompt lookup. It looks
at a row's tokens since the prompt and at nothing else, so that beams may be reordered and drafted tokens taken back.
For each row it goes through the tokens from the likeliest down until enough may follow, and leaves the scores of those
only. A token may follow when the statement can still be brought to an end in the tokens that are left.

Importing this module imports neither torch nor transformers.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, Literal

from nl2sql.errors import ParserError
from nl2sql.parsers.selects.names import Names
from nl2sql.parsers.selects.prefix import Prefix, Select
from nl2sql.schema import Schema

Closing = Literal["by itself", "hurried", "cut"]
"""How a text came to its end: as the model wanted, led there because its tokens ran out, or not at all."""

_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_TRIED_FIRST = 32
_REFUSALS = 4
"""Tokens that are refused because too few are left after them, before the next of a short end is taken."""
_FAR = float("-inf")


class Vocabulary:
    """What each token of a tokenizer adds to a text, in bytes; None for special tokens. Made once for a model.

    Raises ParserError for a tokenizer without an end token.
    """

    def __init__(self, tokenizer: Any) -> None:
        end = tokenizer.eos_token_id
        if end is None:
            raise ParserError("A model whose tokenizer has no end token cannot be constrained.")
        self.end = int(end)
        pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        added = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
        special = added | set(tokenizer.all_special_ids)
        byte_level = _is_byte_level(tokenizer)
        self.texts: list[bytes | None] = [
            None if number in special or not piece else _from_byte_level(piece) if byte_level else _from_words(piece)
            for number, piece in enumerate(pieces)
        ]
        self._ids: dict[bytes, int] = {}
        for number, text in enumerate(self.texts):
            if text:
                self._ids.setdefault(text, number)
        self._longest = max(map(len, self._ids), default=0)

    @cached_property
    def writable(self) -> frozenset[int]:
        """Bytes that a token of their own can write: names with others are left out of the grammar."""
        return frozenset(text[0] for text in self._ids if len(text) == 1)

    @cached_property
    def starting(self) -> dict[int, list[int]]:
        """Tokens by their first byte."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, text in enumerate(self.texts):
            if text:
                found[text[0]].append(number)
        return dict(found)

    def spelled(self, text: bytes) -> list[int]:
        """Tokens that write `text`, the longest first; raises KeyError for a byte that no token writes."""
        found, place = [], 0
        while place < len(text):
            size = min(self._longest, len(text) - place)
            while size > 1 and text[place : place + size] not in self._ids:
                size -= 1
            found.append(self._ids[text[place : place + size]])
            place += size
        return found


class Written:
    """Tokens that a row may have written: what they read as, and how few more tokens bring them to an end."""

    __slots__ = ("_children", "_plan", "_vocabulary", "ended", "hurried", "prefix")

    def __init__(
        self, vocabulary: Vocabulary, prefix: Prefix | None, *, ended: bool = False, plan: list[int] | None = None
    ) -> None:
        self._vocabulary = vocabulary
        self.prefix = prefix
        """None where the tokens do not read as a statement: drafted and refused, or after an end."""
        self.ended = ended
        self.hurried = False
        """Whether the likeliest token was refused here because too few were left to end after it."""
        self._plan = plan
        self._children: dict[int, Written] = {}

    def then(self, token: int) -> Written:
        """With one more token."""
        if token not in self._children:
            self._children[token] = self._with(token)
        return self._children[token]

    @property
    def plan(self) -> list[int]:
        """The tokens of a short end, the end token last."""
        if self.ended or self.prefix is None:
            return []
        if self._plan is None:
            self._plan = [*self._vocabulary.spelled(self.prefix.ending()), self._vocabulary.end]
        return self._plan

    def fits(self, left: int) -> bool:
        """Whether the statement can be ended in `left` tokens, the end token among them."""
        if self.prefix is None or self.ended:
            return self.ended
        return self.prefix.at_most() < left or len(self.plan) <= left

    def _with(self, token: int) -> Written:
        if self.ended:
            return self
        if token == self._vocabulary.end:
            return Written(self._vocabulary, None, ended=self.prefix is not None and self.prefix.whole)
        texts = self._vocabulary.texts
        text = texts[token] if token < len(texts) else None
        prefix = self.prefix.read(text) if self.prefix is not None and text else None
        planned = self._plan is not None and len(self._plan) > 1 and self._plan[0] == token
        return Written(self._vocabulary, prefix, plan=self._plan[1:] if planned and self._plan else None)


class Constraint:
    """A logits processor that leaves only tokens after which a row can still become a whole statement.

    For one call of `generate`, whose prompt has `start` tokens and which may write `budget` more. `beams` is its number
    of beams: of each row the 2 * beams likeliest tokens that may follow keep their scores, one with greedy decoding;
    all others become minus infinity. `also` are texts that may be written instead of a statement, word for word.
    Raises ParserError without tables, and where even the shortest statement takes more than `budget`.
    """

    def __init__(
        self, schema: Schema, vocabulary: Vocabulary, start: int, budget: int, *, beams: int = 1,
        also: Iterable[str] = (),
    ) -> None:  # fmt: skip
        names = _names(schema, vocabulary.writable)
        if not names.tables:
            raise ParserError("There is no table whose name this model can write.")
        select = Select(names, also)
        self._vocabulary, self._start, self._budget = vocabulary, start, budget
        self._width = 1 if beams == 1 else 2 * beams
        self._root = Written(vocabulary, select.start)
        if not self._root.fits(budget):
            raise ParserError(f"A statement over these tables takes more than {budget} tokens.")

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The scores (rows, vocabulary) of the tokens that may follow `input_ids` (rows, length), others refused."""
        import torch

        kept = torch.full_like(scores, _FAR)
        likeliest = torch.topk(scores, min(_TRIED_FIRST, scores.shape[-1]), dim=-1)
        first, values = likeliest.indices.tolist(), likeliest.values.tolist()
        for row, ids in enumerate(input_ids.tolist()):
            written = self._written(ids[self._start :])
            if written.ended or written.prefix is None:  # padding, or drafted tokens that are refused before this
                kept[row] = scores[row]
                continue
            if values[row][0] == values[row][-1]:  # prompt lookup asks which of the prompt's tokens it may draft
                tokens: Iterator[int] = iter(dict.fromkeys([*ids, *first[row]]))
                allowed = self._allowed(written, len(ids) - self._start, tokens, len(self._vocabulary.texts))
            else:
                tokens = self._ordered(written, first[row], scores[row])
                allowed = self._allowed(written, len(ids) - self._start, tokens, self._width)
            kept[row, allowed] = scores[row, allowed]
        return kept

    def closing(self, ids: Sequence[int]) -> Closing:
        """How the tokens `ids`, written after the prompt, came to their end."""
        written, hurried = self._root, False
        for token in ids:
            hurried = hurried or written.hurried
            if written.ended:
                break
            written = written.then(token)
        whole = written.ended or (written.prefix is not None and written.prefix.whole)
        return "cut" if not whole else "hurried" if hurried else "by itself"

    def _written(self, ids: Sequence[int]) -> Written:
        written = self._root
        for token in ids:
            written = written.then(token)
        return written

    def _ordered(self, written: Written, first: list[int], scores: Any) -> Iterator[int]:
        """All tokens that may follow and some others, likeliest first."""
        yield from first
        prefix = written.prefix
        rest = [
            token
            for byte, tokens in self._vocabulary.starting.items()
            if prefix is not None and prefix.step(byte) is not None
            for token in tokens
        ]
        if prefix is not None and prefix.whole:
            rest.append(self._vocabulary.end)
        values = scores[rest].tolist()
        seen = set(first)
        yield from (token for _, token in sorted(zip((-v for v in values), rest, strict=True)) if token not in seen)

    def _allowed(self, written: Written, length: int, tokens: Iterator[int], width: int) -> list[int]:
        """The first `width` of `tokens` that may follow, where any may; else the next of a short end."""
        left = self._budget - length - 1
        allowed: list[int] = []
        if not written.fits(left):
            written.hurried = True
            return written.plan[:1]
        refusals = _REFUSALS
        for token in tokens:
            after = written.then(token)
            if after.prefix is None and not after.ended:
                continue
            if not after.fits(left):
                written.hurried = written.hurried or not allowed
                refusals -= 1
                if not refusals:
                    break
                continue
            allowed.append(token)
            if len(allowed) == width:
                break
        return allowed or written.plan[:1]


@lru_cache(4)
def _names(schema: Schema, writable: frozenset[int]) -> Names:
    """Names take a second for 20,000 columns, and do not change from one question to the next."""
    return Names(schema, writable)


def _is_byte_level(tokenizer: Any) -> bool:
    """Whether pieces spell bytes as GPT-2's do; else they are words with `▁` for a space and `<0x0A>` for a byte."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return False
    return '"ByteLevel"' in json.dumps(json.loads(backend.to_str()).get("decoder"))


def _byte_level_letters() -> dict[str, int]:
    """The byte that each letter of a byte-level piece stands for: printable ones for themselves, others moved up."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + place): byte for place, byte in enumerate(moved)}


_LETTERS = _byte_level_letters()


def _from_byte_level(piece: str) -> bytes | None:
    try:
        return bytes(_LETTERS[letter] for letter in piece)
    except KeyError:  # an added token, spelled as it reads
        return piece.encode()


def _from_words(piece: str) -> bytes:
    byte = _BYTE_PIECE.fullmatch(piece)
    return bytes((int(byte.group(1), 16),)) if byte else piece.replace("▁", " ").encode()
