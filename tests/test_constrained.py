"""Constrained decoding: whole statements of known names by untrained models, and trained ones write what they would."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import constrained as bench
from nl2sql.errors import ParserError
from nl2sql.parsers import constrained, sqlcoder
from nl2sql.parsers.selects.names import Names
from nl2sql.parsers.selects.prefix import Select
from nl2sql.parsers.selects.scope import MAX_TABLES
from nl2sql.schema import Column, Schema, Table, quote
from tests import builtin_world, tiny_llama

SHOP = Schema(
    (
        Table("customers", (Column("id", "INTEGER"), Column("name", "VARCHAR"), Column("City", "VARCHAR"))),
        Table("orders", (Column("id", "INTEGER"), Column("customer_id", "INTEGER"), Column("order", "DATE"))),
        Table("total sales", (Column("amount", "DOUBLE"),), namespace="old"),
    )
)


@cache
def tools():
    tokenizer = bench.tokenizer_of_sources()
    return tokenizer, constrained.Vocabulary(tokenizer)


def generate(schemas, numbers, seed):
    """Statements of untrained models over `schemas` in turn: text, how it closed, schema."""
    tokenizer, vocabulary = tools()
    rng = random.Random(seed)
    for number in range(numbers):
        schema = schemas[number % len(schemas)]
        model = bench.untrained(len(tokenizer), seed + number)
        way, budget = ("greedy", "beams", "lookup")[number % 3], rng.choice((40, 80, 120))
        ending = 12.0 if number % 2 and way != "lookup" else 0.0
        for text, closing in bench.written(model, tokenizer, vocabulary, schema, "List", budget, way, ending=ending):
            yield text, closing, schema


def check(text, closing, schema):
    assert closing in ("by itself", "hurried"), text
    assert bench.unknown_names(text, schema) == [], text


def test_untrained_models_know_all_names_and_close():
    rng = random.Random(3)
    found = list(generate([builtin_world.awkward_schema(rng) for _ in range(12)], 30, 100))
    for text, closing, schema in found:
        check(text, closing, schema)
    assert {closing for _, closing, _ in found} == {"by itself", "hurried"}


@pytest.mark.soak
def test_a_thousand_generations():
    rng = random.Random(4)
    for text, closing, schema in generate([builtin_world.awkward_schema(rng) for _ in range(250)], 1_000, 10_000):
        check(text, closing, schema)


@pytest.mark.parametrize("beams", [1, 4])
def test_a_trained_model_writes_what_it_would_have_written(beams):
    from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessorList

    folder = tiny_llama.folder()
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    vocabulary = constrained.Vocabulary(tokenizer)
    model.generation_config.pad_token_id = 2
    for question, answer in tiny_llama.ANSWERS.items():
        encoded = tokenizer(
            sqlcoder.FAMILY.asked(question, tiny_llama.SCHEMA), return_tensors="pt", return_token_type_ids=False
        )
        start = encoded["input_ids"].shape[1]
        constraint = constrained.Constraint(
            tiny_llama.SCHEMA, vocabulary, start, 64, beams=beams, also=["I do not know"]
        )
        ids = model.generate(
            **encoded, max_new_tokens=64, do_sample=False, num_beams=beams,
            prompt_lookup_num_tokens=8 if beams == 1 else None, logits_processor=LogitsProcessorList([constraint]),
        )[0, start:].tolist()  # fmt: skip
        assert tokenizer.decode(ids, skip_special_tokens=True) == answer
        assert constraint.closing(ids) == "by itself"


def test_a_model_that_would_invent_a_column_is_kept_from_it():
    import torch

    tokenizer, vocabulary = tools()
    constraint = constrained.Constraint(SHOP, vocabulary, 0, 64)
    wish = iter(tokenizer("SELECT surname FROM clients;")["input_ids"])
    ids: list[int] = []
    while not ids or ids[-1] != vocabulary.end:
        scores = torch.rand(1, len(tokenizer), generator=torch.Generator().manual_seed(len(ids)))
        scores[0, next(wish, vocabulary.end)] = 9
        kept = constraint(torch.tensor([ids], dtype=torch.long).reshape(1, len(ids)), scores)
        assert int((kept > float("-inf")).sum()) == 1
        ids.append(int(kept.argmax()))
    text = tokenizer.decode(ids, skip_special_tokens=True)
    assert "surname FROM" not in text
    assert "clients" not in text
    assert bench.unknown_names(text, SHOP) == []


def test_prompt_lookup_writes_what_greedy_decoding_does_and_drafts():
    tokenizer, vocabulary = tools()
    model = bench.untrained(len(tokenizer), 5)
    prompt = "SELECT c.name FROM customers c JOIN orders o ON c.id = o.customer_id"
    greedy, lookup = (
        bench.written(model, tokenizer, vocabulary, SHOP, prompt, 60, way) for way in ("greedy", "lookup")
    )
    assert greedy == lookup


@cache
def shop():
    return Select(Names(SHOP))


def reads(text, select=None):
    prefix = (select or shop()).start.read(text.encode())
    return prefix is not None and prefix.whole


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM customers",
        "SELECT CURRENT_DATE AS today",
        "SELECT city IS NULL, QUARTER(CURRENT_DATE) FROM customers",
        "SELECT name FROM customers QUALIFY RANK() OVER (PARTITION BY city ORDER BY id DESC) <= 3",
        " select count(*) from Customers;",
        "SELECT DISTINCT city FROM customers WHERE name ILIKE '%O''Brien%' AND NOT id IN (1, -2, 3.5)",
        "SELECT c.name, COUNT(DISTINCT o.id) AS total\nFROM customers c\nJOIN orders AS o ON c.id = o.customer_id\n"
        "GROUP BY c.name HAVING COUNT(*) > 2 ORDER BY total DESC NULLS LAST LIMIT 5 OFFSET 2",
        'SELECT customers."City", orders."order" FROM customers LEFT JOIN orders ON customers.id = orders.customer_id',
        'SELECT sum(amount) / 2 FROM old."total sales"',
        "SELECT DATE_TRUNC('month', \"order\") AS m, ROW_NUMBER() OVER (PARTITION BY id ORDER BY id) FROM orders",
        "SELECT CASE WHEN id > 3 THEN 'a;b' ELSE NULL END, CAST(id AS VARCHAR), id::DOUBLE FROM customers",
        "SELECT name FROM customers c WHERE EXISTS (SELECT o.id FROM orders o WHERE o.customer_id = c.id)",
        "SELECT name AS who FROM customers UNION ALL SELECT city FROM customers ORDER BY who",
        "SELECT id FROM orders WHERE \"order\" BETWEEN DATE '2024-01-01' AND CURRENT_DATE - INTERVAL '1 month'",
        "SELECT COUNT(*) FILTER (WHERE id > 1) FROM orders WHERE id = (SELECT MAX(id) FROM customers)",
    ],
)
def test_what_can_be_said(text):
    assert reads(text)
    assert bench.unknown_names(text, SHOP) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT surname FROM customers",
        "SELECT name FROM clients",
        "SELECT name",
        "SELECT 1 ORDER BY name",
        "SELECT 1 ORDER BY c.name",
        "SELECT *",
        "SELECT amount FROM customers",  # of another table
        "SELECT c.amount FROM customers c",
        "SELECT x.name FROM customers c",  # not declared
        "SELECT c.name FROM orders c",
        "SELECT o.name, c.name FROM customers c",
        "SELECT customers.name FROM customers c",
        "SELECT name FROM customers ORDER BY total",
        "SELECT name FROM customers WHERE o.id = 3",
        "SELECT id FROM customers, orders WHERE id = 3",  # whose?
        "SELECT name FROM customers UNION SELECT city FROM customers ORDER BY city",
        "SELECT name FROM customers; DROP TABLE customers",
        "SELECT name FROM customers -- x",
        "SELECT order FROM orders",
        "SELECT amount FROM \"total sales\"",
        "SELECT SUM(COUNT(*)) FROM orders",
        "SELECT id FROM orders WHERE COUNT(*) > 1",
        "SELECT name FROM customers WHERE name = 'x",
        "INSERT INTO customers",
        "SELECT read_csv('x') FROM customers",
        f"SELECT name FROM customers WHERE name = '{'x' * 41}'",
        "SELECT name FROM customers LIMIT 1234567890123",
        "SELECT " + "(" * 5 + "1" + ")" * 5 + " FROM customers",
        "SELECT " + ", ".join(f"t{n}.id" for n in range(MAX_TABLES + 1)) + " FROM customers",
    ],
)  # fmt: skip
def test_what_cannot_be_said(text):
    assert not reads(text)


def test_a_select_list_is_owed_its_tables():
    said = shop().start.read(b"SELECT o.customer_id, c.city, amount FROM customers")
    assert said is not None
    assert not said.whole
    ending = said.ending().decode()
    assert reads("SELECT o.customer_id, c.city, amount FROM customers" + ending)
    assert "orders o" in ending and "total sales" in ending


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_whatever_is_accepted_can_be_ended(data):
    """Random bytes that may follow, and at every place an ending after which the statement is whole."""
    name = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
    tables = data.draw(st.lists(st.tuples(name, st.lists(name, min_size=1, max_size=3)), min_size=1, max_size=3))
    schema = Schema(tuple(Table(table, tuple(Column(c, "INTEGER") for c in columns)) for table, columns in tables))
    if not Names(schema).tables:
        return
    prefix = Select(Names(schema)).start
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    for _ in range(60):
        ending = prefix.ending()
        ended = prefix.read(ending)
        assert ended is not None and ended.whole
        assert len(ending) <= prefix.at_most()
        following = (longer for byte in rng.sample(range(256), 256) if (longer := prefix.step(byte)) is not None)
        longer = next(following, None)
        if longer is None:
            assert prefix.whole
            break
        prefix = longer


def test_random_words_that_are_accepted_make_statements_that_parse():
    """Words of the grammar and names of the schema, drawn until one may follow; then an ending."""
    rng = random.Random(11)
    fixed = (
        "SELECT | FROM | WHERE |, |(|)| ORDER BY | GROUP BY |COUNT(*)| AS | JOIN | ON | UNION SELECT | AND |(SELECT |"
        "IN (|EXISTS (SELECT | = | HAVING |T1.|t2.|a|1|'x'|MAX(| QUALIFY | LIMIT 3|DATE|YEAR(| OVER (|.|-|*| IS NULL"
    ).split("|")
    for _ in range(10):
        schema = bench.random_schema(rng)
        names = [quote(name) for table in schema.tables for name in (table.name, *(c.name for c in table.columns))]
        pool = [word.encode() for word in (*fixed, *names, *(f"{name}." for name in names))]
        select, connection = Select(Names(schema)), bench.built(schema)
        for _ in range(15):
            prefix, text = select.start, b""
            for word in rng.choices(pool, k=300):
                longer = prefix.read(word)
                if longer is not None and len(text) < 160:
                    prefix, text = longer, text + word
            sql = (text + prefix.ending()).decode()
            assert bench.unknown_names(sql, schema) == [], sql
            bench.binds(sql, connection)  # or not, but it parses


def test_pieces_of_both_kinds_of_tokenizers():
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    pieces = ["<unk>", "<s>", "</s>", "<0x0A>", "▁SELECT", "é", "▁"]
    words = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, [], byte_fallback=True))
    words.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    llama = PreTrainedTokenizerFast(tokenizer_object=words, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    assert constrained.Vocabulary(llama).texts == [None, None, None, b"\n", b" SELECT", "é".encode(), b" "]
    tokenizer, vocabulary = tools()
    text = "SELECT 'é価🙂'\n FROM t"
    assert b"".join(vocabulary.texts[number] for number in tokenizer(text)["input_ids"]) == text.encode()
    assert b"".join(vocabulary.texts[number] for number in vocabulary.spelled(text.encode())) == text.encode()


def test_names_that_no_token_writes_are_not_there():
    names = Names(Schema((*SHOP.tables, Table("価格", (Column("id", "INTEGER"),)))), range(128))
    assert [table.key for table in names.tables] == ["customers", "orders", "total sales"]


def test_a_budget_too_small_and_no_tables_are_said():
    with pytest.raises(ParserError, match="more than 2 tokens"):
        constrained.Constraint(SHOP, tools()[1], 0, 2)
    with pytest.raises(ParserError, match="no table"):
        constrained.Constraint(Schema(()), tools()[1], 0, 64)


def test_a_text_that_was_broken_off_is_told():
    tokenizer, vocabulary = tools()
    constraint = constrained.Constraint(SHOP, vocabulary, 0, 64)
    ids = tokenizer("SELECT name FROM customers WHERE id >")["input_ids"]
    assert constraint.closing(ids) == "cut"


def test_importing_loads_no_model_library():
    code = "import sys, nl2sql.parsers.constrained; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
