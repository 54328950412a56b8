"""The built-in parser's grammar: what converts is accepted, what is walked completes, what is kept reads."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nl2sql.errors import ParserError
from nl2sql.parsers.builtin import grammar
from nl2sql.parsers.builtin.grammar import (
    KEYWORD_IDS,
    KEYWORDS,
    LONGEST,
    ROOM_FOR_KEYWORDS,
    START,
    Leaf,
    advance,
    allowed,
    closes_in,
)
from nl2sql.parsers.builtin.synthesis import Synthesis
from tests.readings import cases

KIND_OF = {"table": "table", "column": "column", "anchor": "anchor", "number": "mention", "date": "mention"}


def accepted(reading: grammar.Reading) -> bool:
    """Whether the grammar takes every action of `reading` and is then complete."""
    stack = START
    for action in reading:
        steps = [action] if isinstance(action, str) else steps_of(action)
        for step in steps:
            may = allowed(stack)
            if not (step[1:] in may.kinds if step.startswith("@") else step in may.keywords):
                return False
            stack = advance(stack, step)
    return not stack


def steps_of(leaf: Leaf) -> list[str]:
    """A leaf as the grammar counts it: words of the question are a first and a last word."""
    return ["@word", "@word"] if leaf.kind == "text" else [f"@{KIND_OF[leaf.kind]}"]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.sql)
def test_what_converts_is_accepted(case):
    assert accepted(case.reading())


def test_what_synthesis_asks_is_accepted():
    synthesis = Synthesis(random.Random(3), [])
    readings = [synthesis.draw().reading for _ in range(150)]
    assert all(accepted(reading) for reading in readings)
    assert len({len(reading) for reading in readings}) > 8


@settings(max_examples=80, derandomize=True)
@given(st.randoms(use_true_random=False), st.integers(3, LONGEST), st.floats(0, 1))
def test_a_walk_that_minds_closes_in_completes(rng, budget, leaves):
    stack = START
    for left in range(budget, 0, -1):
        may = allowed(stack)
        steps = [*sorted(may.keywords), *(f"@{kind}" for kind in sorted(may.kinds))]
        fitting = [step for step in steps if closes_in(advance(stack, step)) <= left - 1]
        assert fitting, stack
        pointed = [step for step in fitting if step.startswith("@")]
        stack = advance(stack, rng.choice(pointed if pointed and rng.random() < leaves else fitting))
        if not stack:
            return
    raise AssertionError(f"not complete after {budget} actions: {stack}")


def test_keywords_keep_their_order():
    """Released weights know keywords by number: a new one goes to the end."""
    assert KEYWORDS[:12] == (
        "select", "distinct", "from", "where", "group", "having", "asc", "desc", "limit1", "limit", "end", "decline",
    )  # fmt: skip
    assert KEYWORDS[51:54] == ("0", "1", "100")
    assert len(KEYWORDS) <= ROOM_FOR_KEYWORDS
    assert len(KEYWORD_IDS) == len(KEYWORDS) <= ROOM_FOR_KEYWORDS


def test_subqueries_end_at_a_depth():
    stack = START
    for _ in range(20):
        for step in ("select", "@column", "where", "in", "@column"):
            if step not in allowed(stack).keywords and step[1:] not in allowed(stack).kinds:
                return
            stack = advance(stack, step)
        if "select" not in allowed(stack).keywords:
            return
    assert closes_in(stack) < LONGEST


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.sql)
def test_text_of_a_reading_is_read_back(case):
    reading = case.reading()
    assert grammar.from_text(grammar.to_text(reading)) == reading


text_leaf = st.builds(Leaf, st.sampled_from(("anchor", "text")), st.text(), st.text(), st.text(), st.text())


@settings(max_examples=60)
@given(st.lists(st.sampled_from(KEYWORDS) | text_leaf))
def test_any_reading_survives_its_text(actions):
    line = grammar.to_text(tuple(actions))
    assert "\n" not in line
    assert grammar.from_text(line) == tuple(actions)


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "3", '"select"', "{}", '{"a": 1}', "[3]", "[null]", "[[]]", '["select", "drop"]', "[[1, 2]]",
        '[["table", "t", 1]]', '[["shell", "t"]]', '[["table", "a", "b", "c", "d", "e"]]', '[{"kind": "table"}]',
        "[" * 100_000, '[[["table"]]]', "SELECT 1", '["select"', '[["text", null]]',
    ],
)  # fmt: skip
def test_hostile_text_is_refused_with_a_sentence(text):
    with pytest.raises(ParserError, match=r"not written by the built-in parser\.$"):
        grammar.from_text(text)


@settings(max_examples=60)
@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(str))
def test_no_text_makes_anything_but_a_reading_or_a_sentence(text):
    try:
        reading = grammar.from_text(text)
    except ParserError:
        return
    assert all(isinstance(action, Leaf) or action in KEYWORD_IDS for action in reading)
