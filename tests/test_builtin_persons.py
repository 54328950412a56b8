"""Names that are kept in two columns: which halves belong together, and where the other half is shown."""

from __future__ import annotations

import pytest

from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.persons import with_whole_names
from nl2sql.schema import Column, Schema, Table


def people(*names: str) -> Table:
    return Table("people", tuple(Column(name, "VARCHAR") for name in names))


def leaf(name: str) -> Leaf:
    return Leaf("column", "people", name)


SCHEMA = Schema((people("first_nm", "last_nm", "city"),))
FIRST, LAST, CITY = leaf("first_nm"), leaf("last_nm"), leaf("city")


@pytest.mark.parametrize(
    ("reading", "whole"),
    [
        (("select", FIRST, "end"), ("select", FIRST, LAST, "end")),
        (("select", "distinct", LAST, CITY, "end"), ("select", "distinct", FIRST, LAST, CITY, "end")),
        (
            ("select", FIRST, "count", "distinct", CITY, "group", FIRST, "end"),
            ("select", FIRST, LAST, "count", "distinct", CITY, "group", FIRST, LAST, "end"),
        ),
        (
            ("select", FIRST, "intersect", "select", FIRST, "where", "=", CITY, Leaf("text", text="Oslo"), "end"),
            ("select", FIRST, LAST, "intersect", "select", FIRST, LAST, "where", "=", CITY, Leaf("text", text="Oslo"),
             "end"),
        ),
    ],
)  # fmt: skip
def test_the_other_half_is_shown(reading, whole):
    assert with_whole_names(reading, "who lives in Oslo?", SCHEMA) == whole
    assert with_whole_names(reading, "first names of those in Oslo", SCHEMA) == reading


@pytest.mark.parametrize("question", ["employees hired last year", "first 5 employees", "given a family, who pays?"])
def test_words_that_are_said_of_other_things_want_no_half(question):
    assert with_whole_names(("select", FIRST, "end"), question, SCHEMA) == ("select", FIRST, LAST, "end")


@pytest.mark.parametrize(
    "question", ["last name of all", "first and last names", "the family or given names", "surnames", "first_name"]
)
def test_words_that_are_said_of_names_want_that_half(question):
    assert with_whole_names(("select", FIRST, "end"), question, SCHEMA) == ("select", FIRST, "end")


@pytest.mark.parametrize(
    "reading",
    [
        ("select", CITY, "end"),
        ("select", FIRST, LAST, "end"),
        ("select", "count", "distinct", FIRST, "end"),
        ("select", CITY, "where", "=", FIRST, Leaf("text", text="Ann"), "end"),
        ("select", CITY, "where", "in", FIRST, "select", FIRST, "end", "end"),
        ("decline",),
    ],
)  # fmt: skip
def test_what_shows_no_half_of_a_name_stays_as_it_is(reading):
    assert with_whole_names(reading, "who lives in Oslo?", SCHEMA) == reading


@pytest.mark.parametrize(
    ("names", "first", "last"),
    [
        (("CustomerFirstName", "CustomerLastName"), "CustomerFirstName", "CustomerLastName"),
        (("surname", "forename"), "forename", "surname"),
        (("fname", "lname"), "fname", "lname"),
        (("Given Name", "Family Name"), "Given Name", "Family Name"),
        (("first_visit", "last_name"), "first_visit", None),
        (("boss_first_name", "last_name"), "boss_first_name", None),
    ],
)
def test_halves_of_one_name_are_told_by_their_words(names, first, last):
    schema = Schema((people(*names),))
    expected = ("select", leaf(first), *([leaf(last)] if last else []), "end")
    assert with_whole_names(("select", leaf(first), "end"), "who is here?", schema) == expected
