"""Questions made from a schema read as English, differ in kind, and carry no name that the schema has not."""

from __future__ import annotations

from nl2sql.examples import example_questions
from nl2sql.schema import Column, ForeignKey, Schema, Table

BANDS = Table(
    "bands",
    (
        Column("id", "INTEGER"),
        Column("title", "VARCHAR", examples=("Abba", "Can")),
        Column("genre", "VARCHAR", examples=("pop", "krautrock")),
        Column("founded_on", "DATE"),
        Column("members", "INTEGER"),
    ),
    ("id",),
)
CONCERTS = Table(
    "concert",
    (
        Column("id", "INTEGER"),
        Column("band_id", "INTEGER"),
        Column("happened_at", "TIMESTAMP"),
        Column("order_date", "DATE"),
        Column("secret", "VARCHAR", examples=("x",), hidden=True),
    ),
    ("id",),
)
SCHEMA = Schema((BANDS, CONCERTS), (ForeignKey("concert", ("band_id",), "bands", ("id",)),))


def test_kinds_over_a_schema_with_a_key():
    assert example_questions(SCHEMA, 7) == (
        "What is the average members by genre?",
        "List all concerts that happened last year",
        "Which 5 bands have the most concerts?",
        "Show the 5 bands with the highest members",
        "Show the bands whose genre is pop",
        "How many bands are there per genre?",
        "How many concerts are there?",
    )


def test_limit_and_emptiness():
    assert len(example_questions(SCHEMA, 3)) == 3
    assert example_questions(SCHEMA, 0) == ()
    assert example_questions(Schema(())) == ()
    assert example_questions(Schema((Table("t", ()),))) == ("How many ts are there?",)


def test_hidden_and_private_values_are_not_given_away():
    private = Column("diagnosis", "VARCHAR", examples=("flu",), private=True)
    hidden = Column("ward", "VARCHAR", examples=("west",), hidden=True)
    questions = " ".join(example_questions(Schema((Table("patients", (private, hidden)),)), 20))
    assert "patients" in questions
    assert "flu" not in questions
    assert "ward" not in questions


def test_names_in_other_alphabets_stay_whole():
    table = Table("заказы", (Column("сумма", "DOUBLE"),))
    assert "How many заказы" in " ".join(example_questions(Schema((table,))))


def test_no_question_twice():
    questions = example_questions(SCHEMA, 50)
    assert len(set(questions)) == len(questions)
