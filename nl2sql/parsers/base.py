"""What every semantic parser is given and gives back. Parsers never execute SQL and never see gold SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from nl2sql.engine.base import Cancel
from nl2sql.linking import ValueIndex
from nl2sql.schema import Schema


@dataclass(frozen=True)
class Turn:
    """An earlier question of the same conversation and the candidate that was taken for it."""

    question: str
    sql: str
    tree: str | None = None


@dataclass(frozen=True)
class ParseRequest:
    """One question about one schema. `schema` is already narrowed to the scope and stripped of hidden columns."""

    question: str
    schema: Schema
    as_of: dt.date
    values: ValueIndex | None = None
    history: tuple[Turn, ...] = ()
    candidates: int = 5
    cancel: Cancel | None = None
    on_text: Callable[[str], None] | None = field(default=None, compare=False)
    """Told what a language model has written so far, as it writes."""
    examples: tuple[Turn, ...] = ()
    """Questions like this one whose SQL a person confirmed or wrote, the nearest first: for parsers that read them."""


@dataclass(frozen=True)
class Candidate:
    """One reading of the question.

    `score` is a log-probability (natural logarithm, at most 0). `tree` is the parser's own form of the reading, with
    relative dates still relative (None where a parser has none): `SemanticParser.render` makes SQL of it again for
    another date. `notes` are short sentences for a person ("«nyc» was read as the stored value «New York»").
    """

    sql: str
    score: float
    tree: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Usage:
    """Tokens that a language model read, how many of those it had read before, and tokens that it wrote."""

    read: int = 0
    known: int = 0
    written: int = 0

    def __add__(self, other: Usage) -> Usage:
        """What two requests took together."""
        return Usage(self.read + other.read, self.known + other.known, self.written + other.written)


@dataclass(frozen=True)
class Prediction:
    """Ranked candidates, best first. No candidates means that the parser declined, for the `declined` reason.

    `confidence` is the parser's probability (0 to 1) that the first candidate is right, before execution.
    """

    candidates: tuple[Candidate, ...]
    confidence: float = 0.0
    declined: str | None = None
    prompt: str = ""
    """Exactly what the model read: shown in an answer's details, hashed in the log."""
    alone: bool = False
    """The request had a history, and the parser read the question without it."""
    usage: Usage | None = None
    """What a language model read and wrote; None where the parser is none, or a server does not say."""


@dataclass(frozen=True)
class ParserInfo:
    """Which parser answered. `revision` names the weights; `quantization` is empty for full precision."""

    name: str
    revision: str = ""
    quantization: str = ""


class SemanticParser(Protocol):
    """Question and schema in, ranked candidates out."""

    @property
    def info(self) -> ParserInfo:
        """Name, revision and quantization, as kept in the query log."""
        ...

    def predict(self, request: ParseRequest) -> Prediction:
        """Ranked candidates for a question. Raises ParserError, QueryCancelledError."""
        ...

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        """SQL of a candidate's `tree` with relative dates counted from `as_of`. Raises ParserError without trees."""
        ...


def reads_examples(parser: SemanticParser) -> bool:
    """Whether a parser's prompt has a place for verified examples; it says so with an attribute of that name."""
    return bool(getattr(parser, "reads_examples", False))
