"""One word of a stored value that others have too: all that have it are meant, whole values stay as they are."""

from __future__ import annotations

import pytest

from nl2sql.linking import ValueIndex
from nl2sql.parsers.builtin.features import encode, find_links
from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.parts import with_parts
from nl2sql.parsers.builtin.weights import RELEASED, load_pieces
from nl2sql.schema import Column, Schema, Table

SCHEMA = Schema((Table("sales", (Column("dish", "VARCHAR"), Column("qty", "INTEGER"))),))
DISHES = (
    "Margherita Pizza",
    "Pizza Napoli",
    "Beef Burger",
    "Pancake",
    "Apple Cake",
    "Carrot Cake",
    "Soup",
    "Fish Soup",
)
VALUES = ValueIndex(("sales", "dish", one) for one in DISHES)
DISH, QTY = Leaf("column", "sales", "dish"), Leaf("column", "sales", "qty")


@pytest.mark.parametrize(
    ("question", "dish", "meant"),
    [
        ("how many pizzas did we sell", "Margherita Pizza", ("contains", "pizza")),
        ("how many burgers did we sell", "Beef Burger", ("=", "Beef Burger")),  # there is no other burger
        ("how many margherita pizzas did we sell", "Margherita Pizza", ("=", "Margherita Pizza")),
        ("cakes sold", "Apple Cake", ("contains", "cake")),
        ("soups sold", "Soup", ("=", "Soup")),  # that is what it is called
    ],
)
def test_what_one_word_of_a_value_means(question: str, dish: str, meant: tuple[str, str]) -> None:
    inputs = encode(question, SCHEMA, find_links(question, VALUES, SCHEMA), *load_pieces(RELEASED))
    (value,) = {item.leaf for item in inputs.items if item.leaf and item.leaf.value == dish}
    found = with_parts(("select", "sum", QTY, "where", "=", DISH, value, "end"), inputs, VALUES)
    assert (found[4], found[6].value or found[6].text) == meant
    other = with_parts(("select", "sum", QTY, "where", "!=", DISH, value, "end"), inputs, VALUES)
    assert (other[4] == "not_contains") == (meant[0] == "contains")


def test_two_values_of_the_same_word_are_both_meant() -> None:
    question = "how many pizzas did we sell"
    inputs = encode(question, SCHEMA, find_links(question, VALUES, SCHEMA), *load_pieces(RELEASED))
    both = [item.leaf for item in inputs.items if item.kind == "anchor"]
    assert len(both) == 2
    reading = ("select", "sum", QTY, "where", "or", "=", DISH, both[0], "=", DISH, both[1], "end")
    assert with_parts(reading, inputs, VALUES) == reading
    assert with_parts(reading, inputs, None) == reading
