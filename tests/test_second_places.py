"""The second and third by something: training questions made from those for the first, and follow-ups to them."""

from __future__ import annotations

import random

import pytest

from nl2sql.parsers.builtin.questions import dialogues
from nl2sql.parsers.builtin.questions.clauses import Parts
from nl2sql.parsers.builtin.questions.draw import Draw
from nl2sql.parsers.builtin.questions.runner_up import runner_up
from nl2sql.parsers.builtin.synthesis import Synthesis

FIRST = ("select", "name", "desc", "age", "limit1", "end")


@pytest.mark.parametrize("question", ["who is the oldest", "Best salesman?", "which city has the most shops"])
def test_a_question_for_the_first_becomes_one_for_the_second_or_third(question):
    made = [runner_up(question, FIRST, random.Random(seed)) for seed in range(40)]
    assert {one[1][4] for one in made if one} == {"second", "third"}
    for words, reading in filter(None, made):
        assert ("2nd" in words or "second" in words) == (reading[4] == "second")
        assert words.replace("-", " ").split()[-1] == question.split()[-1] or "salesman" in words


@pytest.mark.parametrize(
    ("question", "reading"),
    [
        ("who is the oldest", ("select", "max", "age", "end")),
        ("the oldest five", ("select", "name", "desc", "age", "limit", "5", "end")),
        ("name one with at least three", FIRST),
        ("the oldest and the youngest", FIRST),
        ("the first of the oldest", FIRST),
        ("most of the sales, who", FIRST),
        ("who sold last", FIRST),
        ("oldest not in", ("select", "name", "where", "in", "id", *FIRST[:-1], "end", "end")),
    ],
)
def test_other_questions_stay_as_they_are(question, reading):
    assert runner_up(question, reading, random.Random(1)) is None


def test_the_place_stays_when_clauses_are_taken_apart_and_put_together():
    for place in ("limit1", "second", "third"):
        reading = ["select", "name", "desc", "age", place, "end"]
        parts = Parts.of(reading)
        assert parts is not None
        assert parts.reading() == reading


def test_a_follow_up_asks_for_the_next_place():
    rng, seen = random.Random(3), set()
    world = Synthesis(rng, []).known_or_made()
    for _ in range(60):
        draw = Draw(world, rng)
        for place in ("limit1", "second", "third"):
            parts = Parts(items=("name",), order=("desc", "age"), limit=(place,))
            edited = dialogues._next_place(draw, parts)
            assert (edited is None) == (place == "third")
            if edited:
                seen.add((place, *edited[1].limit))
    assert seen == {("limit1", "second"), ("limit1", "third"), ("second", "third")}
