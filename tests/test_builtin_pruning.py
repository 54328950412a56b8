"""What is read of a schema: all of a small one, the likeliest part of a large one, whatever its size."""

from __future__ import annotations

import random

import pytest

from nl2sql.linking import ValueIndex
from nl2sql.parsers.builtin import weights
from nl2sql.parsers.builtin.features import LONGEST_INPUT, Inputs, encode, find_links
from nl2sql.parsers.builtin.pruning import MOST_TABLES, likely_tables, readable
from nl2sql.parsers.builtin.ranking import schema_index
from nl2sql.schema import Column, ForeignKey, Schema, Table

PIECES, SPECIAL = weights.load_pieces(weights.RELEASED)
_WORDS = """ledger shelf turbine basin orchard quarry ferry kiln loom beacon harbour granary mill forge dairy brewery
    cellar vault tannery foundry""".split()


def table(name: str, *columns: str, key: str | None = None) -> Table:
    made = (Column(one, "INTEGER" if one.endswith("id") else "VARCHAR") for one in columns)
    return Table(name, tuple(made), (key,) if key else ())


SHOP = (
    table("customers", "customer_id", "name", "city", key="customer_id"),
    table("baskets", "basket_id", "customer_id", "made_on", key="basket_id"),
    table("basket_lines", "line_id", "basket_id", "article_id", "amount", key="line_id"),
    table("articles", "article_id", "title", "colour", key="article_id"),
)
KEYS = (
    ForeignKey("baskets", ("customer_id",), "customers", ("customer_id",)),
    ForeignKey("basket_lines", ("basket_id",), "baskets", ("basket_id",)),
    ForeignKey("basket_lines", ("article_id",), "articles", ("article_id",)),
)


def large(tables: int = 1_000, columns: int = 20) -> Schema:
    """The shop among so many tables of so many columns."""
    rng = random.Random(5)
    others = []
    for number in range(tables - len(SHOP)):
        names = {f"{rng.choice(_WORDS)}_{rng.choice(_WORDS)}_{place}" for place in range(columns)}
        others.append(table(f"{rng.choice(_WORDS)}_{number}", *sorted(names)))
    both = [*SHOP, *others]
    rng.shuffle(both)
    return Schema(tuple(both), KEYS)


LARGE = large()
VALUES = ValueIndex([("customers", "city", "Porto"), ("articles", "colour", "crimson")])


def read(question: str, schema: Schema = LARGE, values: ValueIndex | None = VALUES) -> Inputs:
    pruned, links = readable(question, schema, values, PIECES)
    inputs = encode(question, pruned, links, PIECES, SPECIAL)
    assert inputs.left_out == 0
    assert len([item for item in inputs.items if item.kind == "column"]) == sum(
        len(one.columns) for one in pruned.tables
    )
    assert len(inputs.pieces) <= LONGEST_INPUT
    return inputs


def names(inputs: Inputs) -> set[str]:
    return {item.leaf.table for item in inputs.items if item.kind == "table" and item.leaf is not None}


@pytest.mark.parametrize("question", ["which customers live in Porto?", "count the crimson articles", "?", "how many"])
def test_a_schema_that_fits_is_read_as_it_is(question):
    small = Schema(SHOP, KEYS)
    pruned, links = readable(question, small, VALUES, PIECES)
    assert pruned is small
    assert links == find_links(question, VALUES, small)


def test_one_table_is_never_cut_here():
    wide = Schema((table("wide", *(f"{word}_{at}" for word in _WORDS for at in range(40))),))
    assert readable("kiln 3", wide, None, PIECES)[0] is wide


@pytest.mark.parametrize(
    ("question", "needed"),
    [
        ("how many customers are there?", {"customers"}),
        ("how many custmers are there?", {"customers"}),
        ("list the basketlines", {"basket_lines"}),
        ("who lives in Porto?", {"customers"}),
        ("which customers bought crimson things?", {"customers", "baskets", "basket_lines", "articles"}),
        ("titles of what customers bought", {"customers", "baskets", "basket_lines", "articles"}),
    ],
)
def test_the_right_tables_are_read_of_a_thousand(question, needed):
    assert needed <= names(read(question))
    assert needed <= set(likely_tables(question, LARGE, VALUES)[:12])


def test_other_names_count():
    called = Table("t_0815", (Column("c1", "VARCHAR", display_name="favourite dessert"),), synonyms=("patrons",))
    schema = Schema((*LARGE.tables, called), KEYS)
    assert likely_tables("desserts", schema, None)[0] == "t_0815"
    assert likely_tables("how many patrons?", schema, None)[0] == "t_0815"


def test_what_is_read_is_a_part_of_the_schema_in_its_order():
    pruned, links = readable("which customers in Porto bought crimson articles?", LARGE, VALUES, PIECES)
    assert len(pruned.tables) <= MOST_TABLES
    order = [one.name for one in LARGE.tables]
    assert [one.name for one in pruned.tables] == sorted((one.name for one in pruned.tables), key=order.index)
    for one in pruned.tables:
        whole = LARGE.table(one.name)
        assert whole is not None
        assert [column for column in whole.columns if column in one.columns] == list(one.columns)
    assert pruned.foreign_keys == KEYS
    assert {match.value for match in links.values} == {"Porto", "crimson"}


def test_values_that_many_tables_hold_leave_room_for_what_is_asked():
    everywhere = ValueIndex(
        (one.name, column.name, "active") for one in LARGE.tables for column in one.columns if column.type == "VARCHAR"
    )
    inputs = read("which customers are active?", LARGE, everywhere)
    assert "customers" in names(inputs)
    assert any(item.kind == "anchor" and item.leaf.table == "customers" for item in inputs.items if item.leaf)


@pytest.mark.parametrize("question", ["?", "how many", "zzz qqq", "x" * 2_000, "customers " * 100])
def test_any_question_is_laid_out(question):
    pruned, links = readable(question, LARGE, VALUES, PIECES)
    assert encode(question, pruned, links, PIECES, SPECIAL).left_out == 0


def test_names_without_words_and_twins_in_two_namespaces_do_no_harm():
    odd = [Table("x", (Column("é", "VARCHAR"),)), Table("x", (Column("a", "VARCHAR"),), namespace="other"),
           Table("$", (Column("%", "VARCHAR"), Column("\n", "VARCHAR")))]  # fmt: skip
    schema = Schema((*LARGE.tables, *odd), KEYS)
    assert "x" in likely_tables("what is x?", schema, None)
    read("what is x in $ %?", schema, None)


def test_the_index_is_made_once_for_each_schema():
    assert schema_index(LARGE) is schema_index(LARGE)
    assert schema_index(Schema(SHOP, KEYS)) is not schema_index(LARGE)
