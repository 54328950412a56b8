"""Beam search with untrained models over awkward schemas: whatever is found is SQL that binds, or a sentence."""

from __future__ import annotations

import random
from dataclasses import replace

import duckdb
import numpy as np
import pytest

from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserError, QueryCancelledError
from nl2sql.linking import ValueIndex
from nl2sql.parsers.base import ParseRequest
from nl2sql.parsers.builtin import decode, grammar, weights
from nl2sql.parsers.builtin.decode import search
from nl2sql.parsers.builtin.features import Inputs, Item, encode, find_links
from nl2sql.parsers.builtin.grammar import COMPARISONS, KEYWORD_IDS, LONGEST, START, Leaf
from nl2sql.parsers.builtin.model import ParserModel, save
from nl2sql.parsers.builtin.parser import BuiltinParser
from nl2sql.parsers.builtin.render import render
from nl2sql.schema import Column, Schema, Table
from tests.builtin_world import (
    TINY,
    awkward_question,
    awkward_schema,
    awkward_values,
    built,
    network_of,
    tiny_model,
    write_tokenizer,
)
from tests.readings import SCHEMAS, TODAY

pytestmark = pytest.mark.usefixtures("one_thread")
SET_OPERATIONS = {KEYWORD_IDS[name] for name in ("union", "intersect", "except", "decline")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write_tokenizer(folder)
    save(tiny_model(5), folder, {"bias": 0.0, "score": 1.0, "margin": 0.0})
    return folder


@pytest.fixture(scope="module")
def laid_out(folder):
    """Inputs of a question over a schema."""
    pieces, special = weights.load_pieces(folder)

    def lay_out(question: str, schema: Schema, values: ValueIndex | None = None) -> Inputs:
        return encode(question, schema, find_links(question, values, schema), pieces, special)

    return lay_out


def asked(seed: int, laid_out) -> tuple[Schema, Inputs] | None:
    """A random question over a random schema; None where it has no words."""
    rng = random.Random(seed)
    schema = awkward_schema(rng)
    question = awkward_question(rng, schema)
    values = awkward_values(rng, schema)
    if not find_links(question, values, schema).words:
        return None
    return schema, laid_out(question, schema, values)


def problems(reading: grammar.Reading, schema: Schema, connection: duckdb.DuckDBPyConnection) -> tuple[bool, str]:
    """Whether the reading became SQL, and what is wrong with that SQL."""
    known = {(table.name, column.name) for table, column in schema.columns()}
    for leaf in reading:
        if isinstance(leaf, Leaf) and leaf.kind in ("column", "anchor"):
            assert (leaf.table, leaf.column) in known
    try:
        sql = render(reading, schema, TODAY)
    except ParserError as error:
        return False, "" if str(error).endswith(".") else f"no sentence: {error}"
    try:
        connection.execute(f"EXPLAIN {sql}")
    except duckdb.Error as error:
        return True, f"{sql}\n{error}"
    return True, ""


def searched(seeds: range, laid_out, beams: int) -> int:
    """Search with another untrained model over each seed's schema; how many readings became SQL."""
    written = 0
    for seed in seeds:
        made = asked(seed, laid_out)
        if made is None:
            continue
        schema, inputs = made
        found, declining = search(network_of(tiny_model(seed)), inputs, beams)
        assert 0 <= declining <= 1
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        with built(schema) as connection:
            for one in found:
                is_sql, problem = problems(one.reading, schema, connection)
                assert not problem, f"seed {seed}: {problem}"
                written += is_sql
    return written


def walked(seeds: range, laid_out, walks: int) -> int:
    """Walk at random through what decoding allows; how many readings became SQL."""
    written = 0
    for seed in seeds:
        made = asked(seed, laid_out)
        if made is None:
            continue
        schema, inputs = made
        rng, places = random.Random(seed), decode._Places(inputs)
        with built(schema) as connection:
            for _ in range(walks):
                reading = walk(rng, inputs, places)
                is_sql, problem = problems(reading, schema, connection)
                assert not problem, f"seed {seed}: {problem}"
                written += is_sql
    return written


def walk(rng: random.Random, inputs: Inputs, places: decode._Places) -> grammar.Reading:
    """A reading that ends within LONGEST actions, every one of them allowed."""
    beam, size = decode._Beam(START, (), 0.0), TINY.keywords
    for step in range(LONGEST):
        may = np.flatnonzero(decode._allowed(beam, places, size, LONGEST - step)).tolist()
        assert may, f"nothing may follow {beam}"
        keywords = [one for one in may if one < size]
        keywords = [one for one in keywords if one not in SET_OPERATIONS or rng.random() < 0.1] or keywords
        items = [one for one in may if one >= size]
        action = rng.choice(items if items and (not keywords or rng.random() < 0.6) else keywords)
        beam = decode._extended(beam, action, 0.0, places, size)
        if not beam.stack:
            return decode._reading(beam.actions, inputs, size)
    raise AssertionError(f"not complete: {beam}")


def test_what_an_untrained_model_says_binds_or_is_a_sentence(laid_out, monkeypatch):
    monkeypatch.setattr(decode, "LONGEST", 30)
    assert searched(range(104), laid_out, beams=2) > 10


def test_random_walks_bind_or_are_a_sentence(laid_out):
    assert walked(range(1000, 1080), laid_out, walks=2) > 10


@pytest.mark.soak
def test_thousands_of_schemas(laid_out):
    assert searched(range(10_000, 15_000), laid_out, beams=4) > 500
    assert walked(range(20_000, 25_000), laid_out, walks=4) > 1000


# -- types ----------------------------------------------------------------------------------------------------------


def offered(laid_out, *actions: str | tuple[str, str], question: str = "books over 5 in 2024, top 3") -> set[str]:
    """What may follow some actions over the library: keywords, and what leaves point at, columns by their names."""
    keywords, items = followed(laid_out, *actions, question=question)
    return {*keywords, *(item.leaf.column or item.leaf.kind if item.leaf else item.kind for item in items)}


def values_offered(laid_out, *actions: str | tuple[str, str], question: str) -> set[str]:
    """Kinds of the values that may follow some actions over the library."""
    _, items = followed(laid_out, *actions, question=question)
    return {item.leaf.kind if item.kind == "mention" else item.kind for item in items} - {"column", "table"}


def followed(laid_out, *actions: str | tuple[str, str], question: str) -> tuple[list[str], list[Item]]:
    """Keywords and items that may follow some actions over the library."""
    inputs = laid_out(question, SCHEMAS["library"], ValueIndex([("authors", "country", "2024")]))
    places = decode._Places(inputs)
    beam, size = decode._Beam(START, (), 0.0), TINY.keywords
    for step, action in enumerate(actions):
        number = KEYWORD_IDS[action] if isinstance(action, str) else size + place_of(inputs, *action)
        assert decode._allowed(beam, places, size, LONGEST - step)[number], action
        beam = decode._extended(beam, number, 0.0, places, size)
    may = np.flatnonzero(decode._allowed(beam, places, size, LONGEST - len(actions))).tolist()
    return [grammar.KEYWORDS[one] for one in may if one < size], [
        inputs.items[one - size] for one in may if one >= size
    ]


def place_of(inputs: Inputs, table: str, column: str) -> int:
    leaf = Leaf("column", table, column)
    return next(number for number, item in enumerate(inputs.items) if item.leaf == leaf)


PRICE, TITLE, PUBLISHED, IN_PRINT = (("books", name) for name in ("price", "title", "published", "in_print"))


@pytest.mark.parametrize("name", ["sum", "avg", "median"])
def test_only_numbers_are_added_up(laid_out, name):
    may = offered(laid_out, "select", name)
    assert {"price", "pages", "cost", "floor"} <= may
    assert not may & {"title", "published", "in_print", "taken", "opened", "card", "month", "weekday"}
    assert offered(laid_out, "select", name, "distinct") & {"price", "title", "published"} == {"price"}


def test_both_sides_of_arithmetic_are_numbers(laid_out):
    for actions in (("multiply",), ("multiply", PRICE), ("sum", "subtract", "add", PRICE, PRICE)):
        may = offered(laid_out, "select", *actions)
        assert {"price", "number"} <= may
        assert not may & {"title", "published", "in_print", "date", "word"}


@pytest.mark.parametrize("name", ["year", "quarter", "month", "week", "day", "weekday"])
def test_only_dates_have_parts(laid_out, name):
    may = offered(laid_out, "select", name)
    assert {"published", "born", "taken", "returned"} <= may
    assert not may & {"price", "title", "in_print", "opened", "count", "sum", "month", "year"}


def test_values_fit_what_they_are_compared_with(laid_out):
    start = ("select", TITLE, "where")
    assert offered(laid_out, *start, "=", PRICE) & {"number", "date", "word", "title", "select"} == {"number", "select"}
    assert offered(laid_out, *start, ">", PUBLISHED) & {"number", "date", "word", "price", "born"} == {"date", "born"}
    assert {"word", "number", "name", "country"} <= offered(laid_out, *start, "=", TITLE)
    assert "price" not in offered(laid_out, *start, "=", TITLE)
    assert "in_print" not in offered(laid_out, *start, "=")
    assert offered(laid_out, *start, "true") == {"in_print"}
    contained = offered(laid_out, *start, "contains")
    assert {"title", "name", "country"} <= contained
    assert not contained & {"price", "published", "in_print", "count"}
    assert "number" in offered(laid_out, "select", TITLE, "group", TITLE, "having", ">", "count", PRICE)
    of_subquery = offered(laid_out, *start, "in", ("books", "pages"), "select")
    assert of_subquery & {"pages", "title", "published"} == {"pages"}


def test_totals_stand_where_rows_are_grouped_only(laid_out):
    totals = {"count", "sum", "avg", "max", "when", "rate", "share"}
    assert totals <= offered(laid_out, "select")
    assert not totals & offered(laid_out, "select", "avg")
    assert not totals & offered(laid_out, "select", "max", "subtract", PRICE)
    assert not totals & offered(laid_out, "select", TITLE, "where", ">")
    assert not totals & offered(laid_out, "select", TITLE, "where", ">", PRICE)
    assert not totals & offered(laid_out, "select", TITLE, "group")
    assert not totals & offered(laid_out, "select", TITLE, "group", TITLE)
    assert {"count", "sum"} <= offered(laid_out, "select", TITLE, "group", TITLE, "having", ">")
    assert {"count", "sum"} <= offered(laid_out, "select", TITLE, "group", TITLE, "desc")
    assert {"count", "sum"} <= offered(laid_out, "select", TITLE, "where", ">", PRICE, "select")
    assert {"count", "sum"} <= offered(laid_out, "select", "divide", "sum", PRICE)
    assert not totals & offered(laid_out, "select", "when", "count", PRICE, ">")


def test_a_single_total_is_not_looked_for_among_rows(laid_out):
    assert not {"intersect", "except"} & offered(laid_out, "select", "count", PRICE)
    assert {"union", "end"} <= offered(laid_out, "select", "count", PRICE)
    where = ("where", "true", IN_PRINT)
    assert not {"intersect", "except"} & offered(laid_out, "select", "count", PRICE, *where)
    inner = ("where", "in", ("books", "id"), "select", ("books", "id"), *where)
    assert "intersect" in offered(laid_out, "select", "count", PRICE, *inner)
    grouped = ("select", TITLE, "count", PRICE, "group", TITLE)
    assert {"intersect", "except"} <= offered(laid_out, *grouped)


def test_names_of_rows_are_not_added_up(laid_out):
    for name in ("sum", "avg", "median"):
        may = offered(laid_out, "select", name)
        assert not may & {"id", "author_id", "book_id"}
        assert not offered(laid_out, "select", name, "distinct") & {"id", "author_id", "book_id"}
        assert "price" in may
    assert {"id", "author_id"} <= offered(laid_out, "select", "max")
    tickets = Table("helpdesk_tickets", tuple(Column(name, "INTEGER") for name in ("ticket", "order_no", "minutes")))
    inputs = laid_out("how many tickets in total", Schema((tickets,)))
    places = decode._Places(inputs)
    named = [item.leaf.column for item, yes in zip(inputs.items, places.named_rows, strict=True) if yes and item.leaf]
    assert named == ["ticket", "order_no"]


def test_rows_are_counted_and_nothing_else(laid_out):
    assert "table" in values_offered_or_tables(laid_out, "select", "count")
    for name in ("sum", "avg", "max", "min", "median"):
        assert "table" not in values_offered_or_tables(laid_out, "select", name)


def values_offered_or_tables(laid_out, *actions: str | tuple[str, str]) -> set[str]:
    return {item.kind for item in followed(laid_out, *actions, question="books")[1]}


def test_text_is_more_or_less_than_what_has_digits(laid_out):
    start = ("select", TITLE, "where", ">")
    assert values_offered(laid_out, *start, TITLE, question="books after Ada") == set()
    assert values_offered(laid_out, *start, ("authors", "country"), question="of 2024") == {"anchor", "number", "date"}


@pytest.mark.parametrize(
    ("question", "operators"),
    [
        ("books over 5", ">"), ("books that cost 5 or less", "<"), ("at most 5 books", "<"),
        ("books with 5 pages", "<>"), ("books that cost at least 5", ">"), ("books of not more than 5 pages", "<>"),
        ("up to 5 pages", "<"), ("books with 5 or more pages", ">"), ("books with fewer than 5 pages", "<"),
        ("more pages than 5", "<>"),
    ],
)  # fmt: skip
def test_numbers_are_compared_the_way_the_question_says(laid_out, question, operators):
    start = ("select", TITLE, "where")
    for operator in (">", ">=", "<", "<="):
        found = values_offered(laid_out, *start, operator, PRICE, question=question)
        assert ("number" in found) == (operator[0] in operators)
    assert "number" in values_offered(laid_out, *start, "=", PRICE, question=question)


@pytest.mark.parametrize(
    ("question", "operators"), [("books since May 2024", ">"), ("before May 2024", "<"), ("in May 2024", "<>")]
)
def test_dates_are_compared_the_way_the_question_says(laid_out, question, operators):
    for operator in "<>":
        found = values_offered(laid_out, "select", TITLE, "where", operator, PUBLISHED, question=question)
        assert ("date" in found) == (operator in operators)


def test_what_is_looked_for_among_rows_is_tied_to_it(laid_out):
    among = ("select", TITLE, "where", "not_in")
    assert offered(laid_out, *among, ("authors", "id"), "select") & {"author_id", "price", "pages"} == {"author_id"}
    assert "price" not in offered(laid_out, *among, ("books", "author_id"), "select")


def test_nothing_is_selected_twice(laid_out):
    assert "title" not in offered(laid_out, "select", TITLE)
    assert "title" not in offered(laid_out, "select", TITLE, PRICE)
    assert "price" not in offered(laid_out, "select", "avg", PRICE, "avg")
    assert "price" in offered(laid_out, "select", "avg", PRICE, "max")
    assert "price" not in offered(laid_out, "select", TITLE, "where", ">", PRICE)


def test_queries_set_against_one_another_show_as_much(laid_out):
    both = ("select", TITLE, PRICE, "except", "select", TITLE)
    assert not offered(laid_out, *both) & {"end", "where"}
    assert not offered(laid_out, *both, PRICE) & {"title", "pages", "count"}
    assert {"end", "where"} <= offered(laid_out, *both, PRICE)
    assert offered(laid_out, "select", PRICE, "intersect", "select") & {"price", "pages", "title"} == {"price"}
    assert {"pages", "title"} <= offered(laid_out, "select", PRICE, "union", "select")


def test_text_that_spells_numbers_is_added_up_and_compared_by_size(laid_out):
    inputs = laid_out("books over 5", SCHEMAS["library"])
    title, size = place_of(inputs, *TITLE), TINY.keywords
    for spelled in ((), (title,)):
        places = decode._Places(inputs, numerals=spelled)
        beam = decode._Beam(START, (), 0.0)
        for keyword in ("select", "sum"):
            beam = decode._extended(beam, KEYWORD_IDS[keyword], 0.0, places, size)
        assert decode._allowed(beam, places, size, LONGEST - 2)[size + title] == bool(spelled)


def test_what_has_nothing_to_point_at_is_not_begun(laid_out):
    places = decode._Places(laid_out("how many", Schema((Table("t", (Column("a", "INTEGER"),)),))))
    assert {"limit", "month", "contains", "true"} <= places.impossible
    assert "limit" not in offered(laid_out, "select", TITLE, question="the books")
    assert "limit" in offered(laid_out, "select", TITLE, question="the top 3 books")
    assert "limit" not in offered(laid_out, "select", TITLE, question="books over 2.5")


def test_words_end_at_or_after_their_first(laid_out):
    inputs = laid_out("say a b c d e f g h i j", SCHEMAS["library"])
    places, beam, size = decode._Places(inputs), decode._Beam(START, (), 0.0), TINY.keywords
    title = size + place_of(inputs, *TITLE)
    second = size + next(at for at, item in enumerate(inputs.items) if item.kind == "word") + 1
    for action in (KEYWORD_IDS["select"], title, KEYWORD_IDS["where"], KEYWORD_IDS["="], title, second):
        beam = decode._extended(beam, action, 0.0, places, size)
    may = np.flatnonzero(decode._allowed(beam, places, size, 60)).tolist()
    assert may == list(range(second, second + 8))


# -- the parser -----------------------------------------------------------------------------------------------------


def test_search_is_the_same_again_and_better_with_more_beams(laid_out):
    inputs = laid_out("titles of books over 5", SCHEMAS["library"])
    first, again = (search(network_of(tiny_model(5)), inputs, 3) for _ in range(2))
    assert first == again
    assert len({grammar.to_text(one.reading) for one in first[0]}) == len(first[0])


def test_weights_that_know_fewer_keywords_never_say_the_others(laid_out):
    inputs = laid_out("hours between born and died of authors", SCHEMAS["library"])
    model = tiny_model(5)
    fewer = replace(TINY, keywords=KEYWORD_IDS["hours"])
    older = ParserModel(fewer).eval()
    kept = {**model.state_dict(), "keyword.weight": model.state_dict()["keyword.weight"][: fewer.keywords]}
    older.load_state_dict(kept)
    found, _ = search(network_of(older), inputs, 5)
    assert found
    assert all("hours" not in one.reading for one in found)


def test_without_types_more_may_follow(laid_out):
    inputs = laid_out("books over 5", SCHEMAS["library"])
    beam = decode._Beam(START, (), 0.0)
    for action in ("select", "sum"):
        beam = decode._extended(beam, KEYWORD_IDS[action], 0.0, decode._Places(inputs), TINY.keywords)
    typed, free = (
        decode._allowed(beam, decode._Places(inputs, TINY.keywords, typed), TINY.keywords, LONGEST)
        for typed in (True, False)
    )
    assert typed.sum() < free.sum()
    assert (typed <= free).all()


def test_what_types_keep_out_counts_against_a_reading(laid_out):
    """Scores are those of the model's choice among all that the grammar allows, not among what is left of it."""
    network, inputs = network_of(tiny_model(5)), laid_out("total price", SCHEMAS["library"])
    places = decode._Places(inputs, TINY.keywords)
    beam = decode._Beam(START, (), 0.0)
    for name in ("select", "sum"):
        beam = decode._extended(beam, KEYWORD_IDS[name], 0.0, places, TINY.keywords)
    allowed, grammar = (
        decode._allowed(beam, places, TINY.keywords, LONGEST),
        places.by_grammar(beam.stack, TINY.keywords),
    )
    assert (allowed <= grammar).all()
    assert allowed.sum() < grammar.sum()
    logs = decode._log_softmax(np.zeros((1, len(grammar)), np.float32), grammar[None])
    assert np.exp(logs[0, allowed]).sum() == pytest.approx(allowed.sum() / grammar.sum())
    typed, _ = search(network, inputs, 3)
    free, _ = search(network, inputs, 3, typed=False)
    assert typed[0].score <= free[0].score


@pytest.mark.parametrize(("words", "sides"), [("overdue", {"<", "<="}), ("still valid", {">", ">="}), ("today", None)])
def test_words_that_only_mean_today_are_compared_one_way(laid_out, words, sides):
    inputs = laid_out(f"loans {words}", SCHEMAS["library"])
    places = decode._Places(inputs, TINY.keywords)
    (at,) = [place for place, item in enumerate(inputs.items) if item.kind == "mention"]
    free = {operator for operator, closed in places.against.items() if not closed[at]}
    assert free == (sides or set(COMPARISONS))


@pytest.mark.parametrize(
    ("names", "question", "compared"),
    [
        (("sentOn", "payUntil", "paid_on"), "overdue bills", ["payUntil"]),
        (("sent", "Due Dt", "valid_to"), "past due bills", ["Due Dt", "valid_to"]),
        (("sent", "paid"), "overdue bills", ["paid", "sent"]),
        (("sent", "due"), "bills before today", ["due", "sent"]),
    ],
)
def test_what_is_overdue_is_so_by_the_date_that_it_was_due(laid_out, names, question, compared):
    bills = Table("bills", (Column("no", "INTEGER"), *(Column(name, "DATE") for name in names)))
    inputs = laid_out(question, Schema((bills,)))
    (mention,) = [place for place, item in enumerate(inputs.items) if item.kind == "mention"]
    for typed in (True, False):
        places = decode._Places(inputs, TINY.keywords, typed)
        found = [
            item.leaf.column
            for place, item in enumerate(inputs.items)
            if item.family == "date"
            and decode._fitting_values(decode._Beam(START, (), 0.0, "date", place, "<"), places, "rhs")[mention]
        ]
        assert sorted(found) == (compared if typed else sorted(names))


def test_search_stops_when_it_is_told_to(laid_out):
    cancel = Cancel()
    cancel.set()
    with pytest.raises(QueryCancelledError):
        search(network_of(tiny_model(5)), laid_out("books", SCHEMAS["library"]), 3, cancel)


def test_the_parser_gives_candidates_that_it_can_render_again():
    parser = BuiltinParser()
    schema = SCHEMAS["library"]
    predictions = [
        parser.predict(ParseRequest(question, schema, TODAY, ValueIndex([("authors", "country", "Peru")])))
        for question in ("books from last month", "authors in peru", "how many loans", "top 3 books by price")
    ]
    candidates = [one for prediction in predictions for one in prediction.candidates]
    assert candidates
    with built(schema) as connection:
        for one in candidates:
            connection.execute(f"EXPLAIN {one.sql}")
            assert np.isfinite(one.score)
            assert parser.render(one.tree, schema, TODAY) == one.sql
    for prediction in predictions:
        assert 0 <= prediction.confidence <= 1
        assert bool(prediction.candidates) != bool(prediction.declined)
        assert len({one.sql for one in prediction.candidates}) == len(prediction.candidates)


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "_", "\u200b", "?!", "🙂"])
def test_a_question_without_words_is_declined(folder, question):
    prediction = BuiltinParser(folder).predict(ParseRequest(question, SCHEMAS["library"], TODAY))
    assert prediction.candidates == ()
    assert prediction.declined == "There are no words in this question."


def test_a_question_that_leaves_no_room_for_tables_is_declined(folder):
    prediction = BuiltinParser(folder).predict(ParseRequest("word " * 399, SCHEMAS["library"], TODAY))
    assert prediction.candidates == ()
    assert prediction.declined.endswith(".")


def test_a_reading_of_another_schema_is_a_sentence(folder):
    tree = grammar.to_text(("select", Leaf("column", "films", "title"), "end"))
    with pytest.raises(ParserError, match="no table films"):
        BuiltinParser(folder).render(tree, SCHEMAS["library"], TODAY)
