"""Relations of words, tables, columns and stored values that attention is told of."""

from __future__ import annotations

import numpy as np

from nl2sql.linking import ValueIndex
from nl2sql.parsers.builtin.arrays import arrays_of
from nl2sql.parsers.builtin.features import encode, find_links
from nl2sql.parsers.builtin.relations import RELATIONS
from nl2sql.parsers.builtin.weights import load_pieces
from tests.readings import SCHEMAS

QUESTION = "titles of the books by authors from Norway"
VALUES = ValueIndex([("authors", "country", "Norway"), ("authors", "country", "Peru")])


def laid_out():
    schema = SCHEMAS["library"]
    return encode(QUESTION, schema, find_links(QUESTION, VALUES, schema), *load_pieces())


def called(inputs) -> dict[str, int]:
    """Numbers of the items by what they are: a word, a table, a column as table.column, a stored value."""
    found = {}
    words = len(inputs.items) - len(inputs.words)
    for number, item in enumerate(inputs.items):
        if item.kind == "word":
            found[f"«{inputs.words[number - words].text}»"] = number
        elif item.kind in ("table", "column"):
            found[".".join(part for part in (item.leaf.table, item.leaf.column) if part)] = number
        elif item.kind == "anchor":
            found[f"= {item.leaf.value}"] = number
    return found


def test_every_pair_is_related_both_ways():
    inputs = laid_out()
    at = called(inputs)
    for one, relation, other, back in (
        ("«titles»", "names_column", "books.title", "column_named"),
        ("«books»", "names_table", "books", "table_named"),
        ("«Norway»", "says_value", "= Norway", "value_said"),
        ("«Norway»", "value_of", "authors.country", "holds_value"),
        ("= Norway", "in_column", "authors.country", "has_value"),
        ("books.title", "of_table", "books", "has_column"),
        ("books.title", "beside", "books.price", "beside"),
        ("books.author_id", "refers", "authors.id", "referred"),
        ("books", "table_refers", "authors", "table_referred"),
    ):
        assert RELATIONS[inputs.related[at[one], at[other]]] == relation
        assert RELATIONS[inputs.related[at[other], at[one]]] == back
    assert (at["«of»"], at["books.title"]) not in inputs.related
    assert (at["books.title"], at["authors.name"]) not in inputs.related


def test_pieces_have_the_relations_of_their_items():
    inputs = laid_out()
    relations, at = arrays_of(inputs).relations, called(inputs)
    assert relations.shape == (len(inputs.pieces),) * 2
    assert relations.max() < len(RELATIONS)
    for one, other in (("«titles»", "books.title"), ("books.author_id", "authors.id")):
        block = relations[slice(*inputs.items[at[one]].span), slice(*inputs.items[at[other]].span)]
        assert np.all(block == inputs.related[at[one], at[other]])
    assert not relations[0].any()
    for item in inputs.items:
        if item.kind == "column":
            own = relations[slice(*item.span), slice(*item.span)]
            assert np.all(own == RELATIONS.index("itself"))
