"""Follow-ups and questions to decline: how synthesis makes them, and how the parser reads what came before."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

import pytest

from nl2sql.parsers.base import Turn
from nl2sql.parsers.builtin import parser, weights
from nl2sql.parsers.builtin.earlier import Earlier
from nl2sql.parsers.builtin.features import FEATURES, encode, find_links, span_text
from nl2sql.parsers.builtin.grammar import Leaf, to_text
from nl2sql.parsers.builtin.questions.clauses import Parts
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.synthesis import Synthesis
from nl2sql.schema import Column, Schema, Table

ORDERS = Schema(
    (Table("orders", (Column("id", "INTEGER"), Column("region", "VARCHAR"), Column("amount", "DOUBLE")), ("id",)),)
)
REGION, AMOUNT = Leaf("column", "orders", "region"), Leaf("column", "orders", "amount")
BY_REGION = ("select", REGION, "sum", AMOUNT, "where", ">", AMOUNT, Leaf("number", value="5", text="5"), "group",
             REGION, "desc", "sum", AMOUNT, "limit1", "end")  # fmt: skip


@pytest.fixture(scope="module")
def synthesis():
    return Synthesis(random.Random(5), [])


def many(make, count):
    found = []
    while len(found) < count:
        made = make()
        if made is not None:
            found.append(made)
    return found


def test_every_follow_up_can_be_said_and_differs_from_what_it_follows(synthesis):
    for example in many(lambda: synthesis.follow_up(synthesis.known_or_made()), 150):
        assert example.earlier.question and example.questions[0]
        assert render(example.reading, example.schema, dt.date(2024, 6, 15))
        known = {(table.name, column.name) for table, column in example.schema.columns()}
        assert example.earlier.shown | example.earlier.tested <= known


def test_what_must_be_declined_lacks_what_is_asked_for(synthesis):
    questions = many(lambda: synthesis.absent(synthesis.known_or_made()), 100)
    assert all(example.reading == ("decline",) for example in questions)
    assert len({example.questions[0] for example in questions}) > 40


def test_clauses_survive_the_way_to_parts_and_back():
    parts = Parts.of(BY_REGION)
    assert tuple(parts.reading()) == BY_REGION
    assert parts.total == ("sum", AMOUNT)
    assert not parts.lists_rows
    twice = parts.narrowed(["null", REGION])
    assert twice.where == ("and", *parts.where, "null", REGION)
    assert Parts.of(("select", REGION, "union", "select", REGION, "end")) is None


def test_the_words_before_and_the_columns_of_an_earlier_answer_are_marked():
    earlier = Earlier.of("total amount by region", BY_REGION)
    assert earlier.shown == {("orders", "region"), ("orders", "amount")}
    assert earlier.tested == {("orders", "amount")}
    pieces, special = weights.load_pieces()
    text = earlier.before("only North")
    inputs = encode(text, ORDERS, find_links(text, None, ORDERS), pieces, special, earlier=earlier)
    assert [word.text for word in inputs.words[inputs.earlier :]] == ["only", "North"]
    marks = {name: FEATURES.index(name) for name in ("earlier", "was_shown", "was_tested")}
    marked = {
        item.leaf.column: {name for name, number in marks.items() if number in inputs.features[item.span[0]]}
        for item in inputs.items
        if item.kind == "column"
    }
    assert marked == {"id": set(), "region": {"was_shown"}, "amount": {"was_shown", "was_tested"}}
    said = [marks["earlier"] in inputs.features[item.span[0]] for item in inputs.items if item.kind == "word"]
    assert said == [True] * inputs.earlier + [False] * 2


def test_quotes_around_words_are_no_part_of_them():
    pieces, special = weights.load_pieces()
    text = 'orders whose region contains the word "rth"?'
    inputs = encode(text, ORDERS, find_links(text, None, ORDERS), pieces, special)
    quoted = next(at for at, word in enumerate(inputs.words) if word.text == '"')
    assert span_text(inputs, quoted, quoted + 2) == "rth"
    assert span_text(inputs, quoted, quoted + 1) == '"'


def test_only_a_turn_with_a_reading_is_followed_up():
    turn = Turn("total amount by region", "SELECT 1", to_text(BY_REGION))
    assert parser._earlier(()) is None
    assert parser._earlier((replace(turn, tree=None),)) is None
    assert parser._earlier((replace(turn, tree="{nothing of ours"),)) is None
    chain = parser._earlier((turn, replace(turn, question="only 2023")))
    assert chain.question == "total amount by region, only 2023 | sum where group desc sum limit1"
