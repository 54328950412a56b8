"""The built-in parser as the pipeline sees it: question and schema in, ranked candidates out."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from threadpoolctl import ThreadpoolController

from nl2sql import dates
from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserError
from nl2sql.linking import ValueIndex, normal_form, singular
from nl2sql.parsers.base import Candidate, ParseRequest, ParserInfo, Prediction, Turn
from nl2sql.parsers.builtin import grammar, weights
from nl2sql.parsers.builtin.arrays import arrays_of
from nl2sql.parsers.builtin.decode import Found, search
from nl2sql.parsers.builtin.earlier import TURNS_READ, Earlier
from nl2sql.parsers.builtin.evidence import Evidence, evidence, is_doubtful, ranked
from nl2sql.parsers.builtin.features import Inputs, encode
from nl2sql.parsers.builtin.grammar import Leaf, Reading
from nl2sql.parsers.builtin.parts import with_parts
from nl2sql.parsers.builtin.persons import with_whole_names
from nl2sql.parsers.builtin.pruning import readable
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.roles import Role, values_with_roles, with_roles
from nl2sql.parsers.turns import Turns
from nl2sql.schema import Schema

DECLINE_ABOVE = 0.5
"""A question that is likelier to have no answer here than one is declined; any other answer is only the less sure."""
_NUMERAL = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*")
"""What TRY_CAST(… AS DOUBLE) makes a number of."""
_VALUES_LOOKED_AT = 20
_DEEPER = 3
"""How many times as many readings are looked for where the likeliest one is doubtful."""


@dataclass(frozen=True)
class Calibration:
    """Turns a beam's scores into the probability that its first reading is right: a logistic regression.

    Fitted on held-out databases (see the model card); Platt 1999.
    """

    bias: float = 0.0
    score: float = 1.0
    margin: float = 0.0

    def confidence(self, scores: list[float]) -> float:
        """Probability for the best of `scores` (log-probabilities, best first)."""
        margin = min(scores[0] - scores[1], 10.0) if len(scores) > 1 else 10.0
        return 1 / (1 + math.exp(-(self.bias + self.score * scores[0] + self.margin * margin)))


@dataclass(frozen=True)
class Said:
    """A reading as SQL: `score` is the model's log-probability, `evidence` what else speaks for or against it."""

    sql: str
    reading: Reading
    score: float
    evidence: Evidence


class BuiltinParser:
    """The parser that ships with the workbench. Safe to use from many threads, one question at a time."""

    def __init__(self, folder: Path = weights.RELEASED, threads: int = 0) -> None:
        """Load the weights in `folder`; 0 `threads` means one. Raises ParserUnavailableError."""
        # Beside other busy processes two threads take many times as long as one; alone they save a twentieth.
        self._threads = threads or 1
        self._network, confidence, revision = weights.load(folder)
        self._pieces, self._special = weights.load_pieces(folder)
        self._calibration = Calibration(**confidence)
        self._info = ParserInfo("builtin", revision)
        self._turns = Turns()
        self._pools = ThreadpoolController()

    @property
    def info(self) -> ParserInfo:
        """Name and revision."""
        return self._info

    def predict(self, request: ParseRequest) -> Prediction:
        """Ranked readings of the question. Raises QueryCancelledError."""
        if not any(char.isalnum() for char in request.question):
            return Prediction((), 0.0, "There are no words in this question.")
        request = _in_roles(request)
        inputs = self._read(request)
        alone = bool(request.history) and not inputs.earlier
        if not any(item.kind == "column" for item in inputs.items):
            return Prediction((), 0.0, "The question is too long to be read together with the tables.")
        said, declining = self._said(request, inputs)
        prompt = " ".join(self._shown(inputs))
        if declining > DECLINE_ABOVE or not said:
            return Prediction((), declining, _reason(inputs, request.schema), prompt, alone)
        mended = [f"«{typed}» was read as «{name}»." for typed, name in inputs.mended]
        candidates = [self._candidate(one, request, mended) for one in said]
        candidates.sort(key=lambda candidate: -candidate.score)
        confidence = self._calibration.confidence([one.score for one in candidates]) * (1 - declining)
        return Prediction(tuple(candidates), confidence, None, prompt, alone)

    def readings(self, request: ParseRequest, typed: bool = True) -> tuple[list[Said], float]:
        """The readings of a question in the model's own order with their evidence, and the probability of declining.

        `typed` False is an ablation: nothing keeps a reading from comparing a name with a number.
        """
        request = _in_roles(request)
        return self._said(request, self._read(request), typed)

    def _said(self, request: ParseRequest, inputs: Inputs, typed: bool = True) -> tuple[list[Said], float]:
        """Readings that can be said over this schema, and the probability of declining.

        Where the likeliest is doubtful, more are looked for, and those that are not come first.
        """
        spelled = numerals(inputs, request.values) if typed else ()
        beams = max(request.candidates, 2)
        with self._turn(request.cancel):
            memory = self._network.encode(arrays_of(inputs))
            found, declining = search(self._network, inputs, beams, request.cancel, typed, spelled, memory)
        said = self._sayable(found, request, inputs)
        if said and is_doubtful(said[0].evidence):
            with self._turn(request.cancel):
                found, _ = search(self._network, inputs, _DEEPER * beams, request.cancel, typed, spelled, memory)
            said = sorted(self._sayable(found, request, inputs), key=lambda one: is_doubtful(one.evidence))[:beams]
        return said, declining

    @contextmanager
    def _turn(self, cancel: Cancel | None) -> Iterator[None]:
        """Computing, when it is this question's turn. Raises QueryCancelledError."""
        with self._turns.turn(cancel), self._pools.limit(limits=self._threads, user_api="blas"):
            yield

    def _sayable(self, found: Sequence[Found], request: ParseRequest, inputs: Inputs) -> list[Said]:
        """The readings that can be said over the schema, each SQL once, with their evidence."""
        said: dict[str, Said] = {}
        for one in found:
            reading = with_whole_names(one.reading, request.question, request.schema)
            reading = with_stored_values(reading, request.values)
            meant = with_parts(reading, inputs, request.values)
            try:
                sql = render(meant, request.schema, request.as_of)
            except ParserError:
                continue
            if sql not in said:
                said[sql] = Said(sql, meant, one.score, evidence(reading, inputs, request.schema, request.values))
        return list(said.values())

    def _candidate(self, said: Said, request: ParseRequest, mended: Sequence[str]) -> Candidate:
        score = ranked(said.score, said.evidence)
        notes = dict.fromkeys((*mended, *_notes(said.reading, request)))
        return Candidate(said.sql, score, grammar.to_text(said.reading), tuple(notes))

    def _read(self, request: ParseRequest) -> Inputs:
        """What the model reads: the question, after those it follows up, and the schema."""
        earlier = _earlier(request.history)
        text = earlier.before(request.question) if earlier else request.question
        schema, links = readable(text, request.schema, request.values, self._pieces)
        return encode(text, schema, links, self._pieces, self._special, earlier=earlier)

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        """SQL of a reading kept in the log. Raises ParserError."""
        return render(grammar.from_text(tree), with_roles(schema), as_of)

    def _shown(self, inputs: Inputs) -> list[str]:
        """What the model read, in words."""
        shown = [inputs.question]
        for item in inputs.items:
            leaf = item.leaf
            if item.kind == "table" and leaf is not None:
                shown.append(f"| {leaf.table} :")
            elif item.kind == "column" and leaf is not None:
                shown.append(f"{leaf.table}.{leaf.column}")
            elif item.kind == "anchor" and leaf is not None:
                shown.append(f"{leaf.column} = {leaf.value}")
        return shown


def numerals(inputs: Inputs, values: ValueIndex | None) -> list[int]:
    """The items that are columns of text all of whose commonest stored values spell numbers: they can be added up."""
    if values is None:
        return []
    found = []
    for place, item in enumerate(inputs.items):
        if item.kind == "column" and item.family == "text" and item.leaf is not None:
            stored = values.commonest(item.leaf.table, item.leaf.column, _VALUES_LOOKED_AT)
            if stored and all(_NUMERAL.fullmatch(one) for one in stored):
                found.append(place)
    return found


def _in_roles(request: ParseRequest) -> ParseRequest:
    """The request over the schema with its roles."""
    schema = with_roles(request.schema)
    if schema is request.schema:
        return request
    return replace(request, schema=schema, values=values_with_roles(request.values, schema))


def _earlier(history: Sequence[Turn]) -> Earlier | None:
    """What a follow-up has to know of the turns before it; None where the last one has no reading of this parser.

    The words of those before a turn without a reading are left out: that turn was not read with them.
    """
    if not history or not history[-1].tree:
        return None
    try:
        reading = grammar.from_text(history[-1].tree)
    except ParserError:
        return None
    read = list(takewhile(lambda turn: turn.tree, reversed(history[-TURNS_READ:])))
    return Earlier.of(", ".join(turn.question for turn in reversed(read)), reading)


def with_stored_values(reading: Reading, values: ValueIndex | None) -> Reading:
    """Words compared with a column take the stored spelling where there is one."""
    if values is None:
        return reading
    column: Leaf | None = None
    operator = ""
    fitted: list[grammar.Action] = []
    for action in reading:
        if isinstance(action, str):
            operator = action
        elif action.kind == "column":
            column = action
        elif action.kind == "text" and column is not None and operator in grammar.PATTERNS:
            action = _part_of_stored(action, column, values)
        elif action.kind in ("text", "anchor") and column is not None:
            action = _stored(action, column, values)
        fitted.append(action)
    return tuple(fitted)


def _part_of_stored(said: Leaf, column: Leaf, values: ValueIndex) -> Leaf:
    """Words looked for within stored values, in the singular where only that is there: «pizzas» in «Pizza Napoli»."""
    stored = [value.casefold() for value in values.of_column(column.table, column.column)]
    whole, one = said.text.casefold(), singular(said.text)
    if one.casefold() == whole or any(whole in value for value in stored):
        return said
    return replace(said, text=one) if any(one.casefold() in value for value in stored) else said


def _stored(said: Leaf, column: Leaf, values: ValueIndex) -> Leaf:
    """A value in its stored spelling; one that is stored in several cases is compared without regard to case."""
    stored = said.value
    if said.kind == "text":
        stored = values.stored(column.table, column.column, said.text) or ""
    if stored and values.in_several_cases(column.table, column.column, stored):
        return Leaf("text", text=stored)
    return replace(said, value=stored)


def _notes(reading: Reading, request: ParseRequest) -> list[str]:
    """What was understood that the words do not show: stored spellings and what a relative date came to."""
    notes: list[str] = []
    asked = normal_form(request.question)
    for action in reading:
        if not isinstance(action, Leaf):
            continue
        if action.kind in ("anchor", "text") and action.value and normal_form(action.value) not in asked:
            notes.append(f"Compared with the stored value «{action.value}».")
        if action.kind == "date":
            notes.append(f"«{action.text}» was read as {dates.describe(dates.from_text(action.value), request.as_of)}.")
    return notes


def _reason(inputs: Inputs, schema: Schema) -> str:
    """Why there is no answer, and what is nearest: columns that the question names or holds a value of."""
    near = [
        f"{item.leaf.table}.{item.leaf.column}"
        for item in inputs.items
        if item.leaf is not None
        and not isinstance(schema.table(item.leaf.table), Role)
        and (item.kind == "anchor" or (item.kind == "column" and inputs.is_named(item)))
    ]
    words = list(dict.fromkeys(near))[:4]
    nearest = f" The nearest columns are {', '.join(words)}." if words else ""
    return f"No table here seems to hold what this question asks about.{nearest}"
