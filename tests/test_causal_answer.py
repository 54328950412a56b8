"""A question through the whole workbench with a language model: loaded in 4 bits, guarded, run, and logged."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import pytest

from nl2sql.parsers import registry
from nl2sql.pipeline import Workbench
from nl2sql.settings import Settings
from tests import tiny_llama

TODAY = dt.date(2024, 2, 1)


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workbench")
    with duckdb.connect(str(folder / "own.duckdb")) as connection:
        connection.execute("CREATE TABLE planets (name VARCHAR, moons INTEGER)")
        connection.execute("INSERT INTO planets VALUES ('Mars', 2), ('Jupiter', 95), ('Venus', 0)")
    settings = Settings(
        home=folder / "home", database=folder / "own.duckdb", sample=False, today=TODAY, workers=1, torch_threads=1,
        parser=str(_model(folder / "own.duckdb", folder / "planet-llama")),
    )  # fmt: skip
    parser = registry.load(settings.parser, settings)
    bench = Workbench(settings, lambda _: parser, with_sample=False)
    yield bench
    bench.close()
    parser.close()


def _model(database, folder):
    """A Llama that knows the answers to questions about the schema as the workbench itself will show it."""
    settings = Settings(home=folder.parent / "look", database=database, sample=False, workers=1)
    bench = Workbench(settings, lambda name: registry.load(name, settings), with_sample=False)
    try:
        schema = bench.snapshot().schema.for_parsers()
    finally:
        bench.close()
    answers = {
        **tiny_llama.ANSWERS,
        "Remove all planets": "DELETE FROM planets;",
    }
    tiny_llama.save(folder, answers, schema)
    return folder


def test_parser_holds_4_bit_layers(workbench):
    import bitsandbytes

    parser = workbench._parser_for("any")
    assert any(isinstance(m, bitsandbytes.nn.Linear4bit) for m in parser._loaded.model.modules())


def test_question_to_rows(workbench):
    answer = workbench.answer("Which planets have more than 2 moons?")
    assert (answer.status, answer.sql) == ("ok", "SELECT name FROM planets WHERE moons > 2"), answer.error
    assert answer.result.table.to_pylist() == [{"name": "Jupiter"}]
    assert (answer.parser.name, answer.parser.quantization) == ("planet-llama", "nf4")
    record = workbench.log.get(answer.id)
    assert (record.parser, record.parser_quantization, record.sql) == ("planet-llama", "nf4", answer.sql)


def test_a_follow_up_says_that_it_was_read_alone(workbench):
    first = workbench.answer("List all planets")
    answer = workbench.answer("Which planets have more than 2 moons?", follows=first.id)
    assert answer.status == "ok"
    assert "could not go on from the answer before" in answer.notes[0]


def test_today_is_the_set_day(workbench):
    answer = workbench.answer("What is today?")
    assert answer.result.table.to_pylist() == [{"today": TODAY}], answer.error


def test_a_write_is_refused_by_the_guard(workbench):
    answer = workbench.answer("Remove all planets")
    assert answer.status == "refused"
    assert len(workbench.answer("List all planets").result.table) == 3


def test_what_the_model_does_not_know_is_declined(workbench):
    assert workbench.answer("Who wrote this?").status == "declined"


def test_unknown_model_folder_is_a_sentence(workbench):
    settings = replace(workbench.settings, parser="./no-such-model")
    bench = Workbench(settings, lambda name: registry.load(name, settings), engine=workbench.engine, with_sample=False)
    answer = bench.answer("List all planets")
    bench.close()
    assert (answer.status, answer.result) == ("failed", None)
    assert "There is no parser called «./no-such-model»" in answer.error


@pytest.fixture
def inventing(workbench, monkeypatch):
    """The workbench with a model that invents a column, unless it is kept to names that there are."""
    parser = workbench._parser_for("any")
    write = parser._write

    def written(prompt, request, names):
        found, usage = write(prompt, request, names)
        return ([("SELECT nam FROM planets;", -1.0, 6)] if names is None else found), usage

    monkeypatch.setattr(parser, "_write", written)
    return workbench


def test_invented_names_are_repaired_from_names_that_there_are(inventing):
    answer = inventing.answer("List all planets")
    assert (answer.status, answer.sql) == ("ok", "SELECT name FROM planets"), answer.error
    assert answer.notes[0].startswith("A try that did not run: SELECT nam FROM planets — ")
    assert answer.usage.known > 0.4 * answer.usage.read  # the second try knew its prompt


def test_repairing_can_be_left(inventing, monkeypatch):
    monkeypatch.setattr(inventing._parser_for("any"), "mend_rounds", 0)
    answer = inventing.answer("List all planets")
    assert (answer.status, answer.sql) == ("failed", "SELECT nam FROM planets")
    assert "nam" in answer.error
