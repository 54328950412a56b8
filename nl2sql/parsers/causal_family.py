"""What sets one family of causal language models apart: its prompt, its dialect, and where its SQL stands.

Knows no tokens and no model. A new family is one file that makes a `CausalFamily`, and a line in causal.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from nl2sql.parsers.sql_text import first_statement, is_finished
from nl2sql.schema import Schema

_MARK = re.compile(r"<(?=\|)|(?<=\|)>")


@dataclass(frozen=True)
class CausalFamily:
    """How models of one training are asked and read."""

    model: str
    """Its name on the Hub."""
    prompt: Callable[[str, str], str]
    """The prompt for a question and the tables' text."""
    schema_text: Callable[[Schema], str]
    dialect: str = "postgres"
    """What its SQL was trained on, as sqlglot calls it; empty where that is DuckDB's."""
    chat: bool = False
    """The prompt is a person's turn in the tokenizer's chat template."""
    has_marks: bool = False
    """The prompt is written with the tokenizer's own special tokens."""
    beams: int = 1
    """Beams that it was released with."""
    new_tokens: int = 512
    """Longest answer in tokens; a statement with thirty columns takes about 300."""
    statement: Callable[[str], str | None] = first_statement
    """The statement in what the model wrote; None where there is none."""
    thinks: bool = False
    """It thinks in words before it writes its statement, which nothing ends but its own end."""

    def finished(self, text: str) -> bool:
        """Whether nothing that could be written after this text counts."""
        return not self.thinks and is_finished(text)

    @property
    def marked(self) -> bool:
        """Whether special tokens are read in the prompt's text."""
        return self.chat or self.has_marks

    def asked(self, question: str, schema: Schema) -> str:
        """The prompt; where it is `marked`, what looks like a mark in question and tables is broken up."""
        return self.prompt(self._told(question), self._told(self.schema_text(schema)))

    def _told(self, text: str) -> str:
        return _MARK.sub(" ", text) if self.marked else text
