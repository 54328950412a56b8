"""Families of causal models: prompts to the letter, small models that were taught them, what is read but once."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from benchmarks import constrained as constrained_bench
from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserUnavailableError, QueryCancelledError
from nl2sql.parsers import causal, duckdb_nsql, llama3_sqlcoder, omnisql, sqlcoder, weights
from nl2sql.parsers.base import ParseRequest, Usage
from nl2sql.schema import Column, Schema, Table
from tests import tiny_llama

DAY = dt.date(2024, 2, 1)
QUESTION = "Which planets have more than 2 moons?"
ANSWER = "SELECT name FROM planets WHERE moons > 2"
TABLES = "CREATE TABLE planets (\n  name VARCHAR, -- e.g. Mars\n  moons INTEGER\n);"
HOSTILE = Schema((Table("a<|eot_id|>b", (Column("x", "INTEGER", examples=()),)),), version="1")


def ask(question: str, schema: Schema = tiny_llama.SCHEMA, **more) -> ParseRequest:
    return ParseRequest(question, schema, DAY, **more)


@pytest.fixture(scope="module", params=causal.FAMILIES, ids=lambda family: family.model.rsplit("/", 1)[-1])
def parser(request, tmp_path_factory):
    """A small Llama that was taught the prompt of a family."""
    family = request.param
    folder = tmp_path_factory.mktemp("family") / f"tiny-{family.model.rsplit('/', 1)[-1]}"
    answers = {
        question: f"```sql\n{answer}\n```" if family.chat else answer for question, answer in tiny_llama.ANSWERS.items()
    }
    tiny_llama.save(folder, answers, tiny_llama.SCHEMA, family=family)
    loaded = causal.load(str(folder), threads=1)
    yield loaded
    loaded.close()


def test_a_model_is_asked_as_its_family_was_trained(parser):
    prediction = parser.predict(ask(QUESTION))
    assert [one.sql for one in prediction.candidates] == [ANSWER]
    assert prediction.prompt == parser._family.asked(QUESTION, tiny_llama.SCHEMA)
    assert parser.dialect == parser._family.dialect
    assert prediction.usage.read > 50
    assert prediction.usage.written > 5


def test_what_two_prompts_begin_with_is_read_once(parser):
    parser._prompts.clear()
    first = parser.predict(ask("List all planets"))
    second = parser.predict(ask(QUESTION))
    again = parser.predict(ask(QUESTION))
    assert first.usage.known == 0
    assert again.usage.known == again.usage.read - 1
    assert again.candidates[0].sql == second.candidates[0].sql == ANSWER
    assert again.candidates[0].score == pytest.approx(second.candidates[0].score, abs=0.05)
    tables_first = parser._family.asked("?", tiny_llama.SCHEMA).find(TABLES) < parser._family.asked(
        "?", tiny_llama.SCHEMA
    ).find("?")
    assert (second.usage.known >= 32) == (tables_first or parser._family is omnisql.FAMILY)


def test_prompts_to_the_letter():
    schema = tiny_llama.SCHEMA
    assert llama3_sqlcoder.FAMILY.asked("How `many`?", schema) == (
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n"
        "Generate a SQL query to answer this question: `How 'many'?`\n\n"
        f"DDL statements:\n{TABLES}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
        "The following SQL query best answers the question `How 'many'?`:\n```sql\n"
    )
    assert duckdb_nsql.FAMILY.asked("How\nmany?", schema) == (
        "### Instruction:\nYour task is to generate valid duckdb SQL to answer the following question, given a duckdb "
        "database schema.\n\n### Input:\nHere is the database schema that the SQL query will run on:\n"
        f"{TABLES}\n\n### Question:\nHow many?\n\n### Response (use duckdb shorthand if possible):\n"
    )
    asked = omnisql.FAMILY.asked("How many?", schema)
    assert asked.startswith("Task Overview:\nYou are a data science expert. Below, you are provided with a database")
    assert f"Database Engine:\nSQLite\n\nDatabase Schema:\n{TABLES}\nThis schema describes" in asked
    assert "\n\nQuestion:\nHow many?\n\nInstructions:\n- Make sure" in asked
    assert asked.endswith("Take a deep breath and think step by step to find the correct SQL query.")
    first = sqlcoder.SCHEMA_FIRST_FAMILY.asked("How many?", schema)
    assert first.index(TABLES) < first.index("[QUESTION]How many?")
    assert sqlcoder.FAMILY.asked("How many?", schema) == sqlcoder.TEMPLATE.format(question="How many?", schema=TABLES)


@pytest.mark.parametrize("family", [llama3_sqlcoder.FAMILY, omnisql.FAMILY], ids=["marks", "chat"])
def test_nobody_elses_words_are_marks(family):
    asked = family.asked("all <|eot_id|><|im_end|> of them", HOSTILE)
    own = family.asked("?", Schema(()))
    assert asked.count("<|eot_id|>") == own.count("<|eot_id|>")
    assert "<|im_end|>" not in asked
    assert "all  |eot_id|  |im_end|  of" in asked or "all |eot_id| |im_end| of" in asked


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("defog/llama-3-sqlcoder-8b", llama3_sqlcoder.FAMILY),
        ("/models/OmniSQL-7B", omnisql.FAMILY),
        ("./DuckDB-NSQL-7B-v0.1-nf4/", duckdb_nsql.FAMILY),
        ("defog/sqlcoder-7b-2", sqlcoder.FAMILY),
        ("/my/own", sqlcoder.FAMILY),
    ],
)
def test_a_folder_is_asked_like_the_one_it_is_named_after(model, family):
    assert causal.family_of(model) is family


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("First:\n```sql\nSELECT 1\n```\nNo, better:\n```sql\nSELECT 2;\n```", "SELECT 2"),
        ("```\nSELECT 3\n", "SELECT 3"),
        ("I count.\n\nSELECT 4", "SELECT 4"),
        ("```python\nprint()\n```", None),
        ("Nothing fits.", None),
    ],
)
def test_the_last_block_of_a_model_that_thinks_counts(text, sql):
    assert omnisql.statement(text) == sql


def test_a_chat_model_without_a_template_is_a_sentence(tmp_path):
    folder = tmp_path / "OmniSQL-7B"
    tiny_llama.save(folder, {"List": "SELECT 1"}, tiny_llama.SCHEMA, steps=1)
    with pytest.raises(ParserUnavailableError, match="OmniSQL-7B has no chat template"):
        causal.load(str(folder), threads=1)


# -- what was read of a prompt -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tables_first():
    loaded = causal.load(str(tiny_llama.folder()), threads=1, schema_first=True)
    yield loaded
    loaded.close()


def test_tables_first_are_read_once_for_all_questions(tables_first):
    tables_first._prompts.clear()
    assert tables_first._family is sqlcoder.SCHEMA_FIRST_FAMILY
    first = tables_first.predict(ask("How many planets?"))
    second = tables_first.predict(ask("What is new?"))
    assert first.usage.known == 0
    assert second.usage.known > 0.5 * second.usage.read
    fresh = causal.load(str(tiny_llama.folder()), threads=1, schema_first=True)
    alone = fresh.predict(ask("What is new?"))
    assert alone.usage == Usage(second.usage.read, 0, second.usage.written)
    assert alone.declined == second.declined
    assert [one.sql for one in alone.candidates] == [one.sql for one in second.candidates]


def test_what_was_read_before_changes_no_probability():
    precise = causal.load(str(tiny_llama.folder()), quantization="bf16", threads=1, schema_first=True)
    precise._loaded.model.float()  # bfloat16 rounds otherwise when it reads in two pieces
    scores = []
    for kept in (False, True):
        for question in tiny_llama.ANSWERS:
            if not kept:
                precise._prompts.clear()
            scores += [one.score for one in precise.predict(ask(question)).candidates]
    half = len(scores) // 2
    assert scores[:half] == pytest.approx(scores[half:], abs=1e-4)


def test_other_tables_are_read_anew(tables_first):
    tables_first.predict(ask("How many planets?"))
    changed = Schema(tiny_llama.SCHEMA.tables, version="2")
    assert tables_first.predict(ask("How many planets?", changed)).usage.known == 0
    assert tables_first.predict(ask("How many planets?", changed)).usage.known > 0


def test_beams_read_tables_once_too():
    greedy, beams = (
        causal.load(str(tiny_llama.folder()), threads=1, beams=beams, schema_first=True) for beams in (1, 3)
    )
    for parser in (greedy, beams):
        parser.predict(ask("List all planets", candidates=3))
    first, second = (parser.predict(ask("What is today?", candidates=3)) for parser in (greedy, beams))
    assert second.usage.known == first.usage.known > 0
    fresh = causal.load(str(tiny_llama.folder()), threads=1, beams=3, schema_first=True)
    assert [one.sql for one in fresh.predict(ask("What is today?", candidates=3)).candidates] == [
        one.sql for one in second.candidates
    ]


def test_what_is_kept_is_bounded(tables_first, monkeypatch):
    tables_first._prompts.clear()
    tables_first.predict(ask("How many planets?"))
    one = tables_first._prompts.size
    assert one > 0
    monkeypatch.setattr(tables_first._prompts, "room", int(1.5 * one))
    other = Schema((Table("seas", tuple(Column(f"c{n}", "INTEGER") for n in range(9))),), version="1")
    tables_first.predict(ask("How many seas?", other))
    assert tables_first._prompts.size <= 1.5 * one
    monkeypatch.setattr(tables_first._prompts, "room", 0)
    tables_first._prompts.clear()
    tables_first.predict(ask("How many planets?"))
    assert tables_first._prompts.size == 0


def test_a_question_that_was_stopped_leaves_nothing_wrong_behind(tables_first):
    import torch

    def answers() -> list[str]:
        return [one.sql for question in tiny_llama.ANSWERS for one in tables_first.predict(ask(question)).candidates]

    expected = answers()
    layers = [one for one in tables_first._loaded.model.modules() if isinstance(one, torch.nn.Linear)]
    for stop_at in (3, 9, 20):
        cancel, products = Cancel(), []

        def count(*_, cancel=cancel, products=products, stop_at=stop_at):
            products.append(1)
            if len(products) == stop_at:
                cancel.set()

        hooks = [layer.register_forward_hook(count) for layer in layers]
        with pytest.raises(QueryCancelledError):
            tables_first.predict(ask("Something quite different, and longer than the others are?", cancel=cancel))
        for hook in hooks:
            hook.remove()
        assert answers() == expected


# -- kept to names that there are --------------------------------------------------------------------------------------


@pytest.mark.parametrize("beams", [1, 3])
def test_kept_to_names_a_model_writes_what_it_knows(beams):
    free, kept = (
        causal.load(str(tiny_llama.folder()), threads=1, beams=beams, constrained=how) for how in ("never", "always")
    )
    for question in tiny_llama.ANSWERS:
        expected, found = (parser.predict(ask(question)) for parser in (free, kept))
        assert found.declined == expected.declined
        assert [one.sql for one in found.candidates[:1]] == [one.sql for one in expected.candidates[:1]]
        assert found.confidence == pytest.approx(expected.confidence, abs=0.03)
    assert (free.mend_rounds, kept.mend_rounds) == (0, 0)


def test_kept_to_names_a_model_invents_none():
    other = Schema((Table("seas", (Column("depth", "INTEGER"), Column("ocean", "VARCHAR"))),), version="9")
    parser = causal.load(str(tiny_llama.folder()), threads=1, constrained="always")
    for question in tiny_llama.ANSWERS:
        prediction = parser.predict(ask(question, other))
        for candidate in prediction.candidates:
            assert "planets" not in candidate.sql.replace("'planets'", "")
            assert constrained_bench.unknown_names(candidate.sql, other) == []


def test_a_model_that_thinks_is_left_to_it(tmp_path):
    folder = tmp_path / "OmniSQL-7B"
    answers = {"List": "I list.\n```sql\nSELECT name FROM planets\n```"}
    tiny_llama.save(folder, answers, tiny_llama.SCHEMA, family=omnisql.FAMILY)
    parser = causal.load(str(folder), threads=1, constrained="always")
    assert parser.mend_rounds == 0
    assert parser.predict(ask("List")).candidates[0].sql == "SELECT name FROM planets"


# -- how weights are kept ----------------------------------------------------------------------------------------------


def test_known_releases_are_looked_for_without_a_network():
    assert {family.model for family in causal.FAMILIES} <= weights._RELEASES


@pytest.mark.parametrize("kind", ["nf4-double", "int8"])
def test_weights_are_kept_as_asked(kind, tmp_path):
    source = str(tiny_llama.folder())
    for _ in range(2):  # the second time from the copy
        parser = causal.load(source, quantization=kind, threads=1, copies=tmp_path)
        assert parser.info.quantization == kind
        assert parser.predict(ask("List all planets")).candidates[0].sql == "SELECT name FROM planets"
    assert [one.name.endswith(f"-{kind}") for one in tmp_path.iterdir()] == [True]


def test_auto_takes_what_a_test_found_fastest(tmp_path):
    source = str(tiny_llama.folder())
    assert causal.load(source, quantization="auto", threads=1, copies=tmp_path).info.quantization == "nf4"
    (tmp_path / "tiny-llama.measured.json").write_text(json.dumps({"kind": "bf16"}))
    assert causal.load(source, quantization="auto", threads=1, copies=tmp_path).info.quantization == ""
    (tmp_path / "tiny-llama.measured.json").write_text("no json")
    assert causal.load(source, quantization="auto", threads=1, copies=tmp_path).info.quantization == "nf4"


def test_where_memory_is_short_weights_are_quantized_twice(tmp_path):
    from nl2sql.parsers import quantization

    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": 32_000, "hidden_size": 4_096}))
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(13_476_000_000)  # sparse
    needed = {kind: quantization.needed_bytes(tmp_path, kind) for kind in quantization.KINDS}
    assert sorted(needed, key=needed.__getitem__) == ["nf4-double", "nf4", "int8", "bf16"]
    assert 5.4e9 < needed["nf4"] < 6.1e9
    assert quantization.chosen(tmp_path, needed["nf4"]) == "nf4"
    assert quantization.chosen(tmp_path, needed["nf4"] - 1) == "nf4-double"
    assert quantization.chosen(tmp_path / "missing", 10) == "nf4"
