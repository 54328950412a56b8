"""A language model on a server: what it is sent, what is read out of its words, and every way that it can fail."""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserError, ParserUnavailableError, QueryCancelledError
from nl2sql.loading.verified import VerifiedExample, nearest
from nl2sql.parsers import registry, served
from nl2sql.parsers.base import ParseRequest, Turn, Usage
from nl2sql.parsers.builtin import load as load_builtin
from nl2sql.parsers.served import ServedParser, Server, messages
from nl2sql.pipeline import Workbench
from nl2sql.schema import Column, ForeignKey, Schema, Table
from nl2sql.settings import Settings
from tests.fake_server import FakeServer, serving

TODAY = dt.date(2024, 6, 15)
SHOP = Schema(
    (
        Table("customers", (Column("id", "INTEGER"), Column("city", "VARCHAR", examples=("Lyon", "Oslo"))), ("id",)),
        Table(
            "orders", (Column("id", "INTEGER"), Column("customer_id", "INTEGER"), Column("total", "DOUBLE")), ("id",)
        ),
    ),
    (ForeignKey("orders", ("customer_id",), "customers", ("id",)),),
)


def request(question: str = "how many orders are there?", schema: Schema = SHOP, **more) -> ParseRequest:
    return ParseRequest(question, schema, TODAY, **more)


def parser_of(server: FakeServer, **more) -> ServedParser:
    return ServedParser(Server(server.address, "some-model", **more))


@pytest.mark.parametrize(
    ("words", "sql"),
    [
        (("SELECT count(*)", " FROM orders", ";"), "SELECT count(*) FROM orders"),
        (("SELECT count(*) FROM orders",), "SELECT count(*) FROM orders"),
        (("```sql\n", "SELECT 1;", "\n```\nThat is one."), "SELECT 1"),
        (("<think>SELECT 2; or so?", "</think>", "\nSELECT 3"), "SELECT 3"),
        (("Sure! Here it is:\n\nSELECT total FROM orders\n\nIt lists totals.",), "SELECT total FROM orders"),
        (("WITH t AS (SELECT 1 AS a)\n", "SELECT a FROM t;"), "WITH t AS (SELECT 1 AS a)\nSELECT a FROM t"),
    ],
    ids=["in pieces", "without end", "fenced", "thought first", "with prose", "a CTE"],
)
def test_sql_is_read_out_of_what_the_model_writes(words, sql):
    with serving(FakeServer(words)) as server:
        (candidate,) = parser_of(server).predict(request()).candidates
    assert candidate.sql == sql


def test_confidence_comes_from_the_probabilities_of_tokens():
    with serving(FakeServer(("SELECT", " 1"))) as server:
        prediction = parser_of(server).predict(request())
    assert prediction.candidates[0].score == pytest.approx(-1.0)
    assert prediction.confidence == pytest.approx(math.exp(-0.5))


@pytest.mark.parametrize(
    ("server", "requests"),
    [
        (FakeServer(logprobs=False), 2),
        (FakeServer(refuses=("logprobs",)), 4),
        (FakeServer(refuses=("temperature",)), 5),
        (FakeServer(refuses=("max_tokens", "logprobs")), 5),
    ],
    ids=["gives none", "refuses them", "refuses a temperature", "refuses a limit"],
)
def test_what_a_server_refuses_is_not_asked_for_again(server, requests):
    with serving(server):
        parser = parser_of(server)
        assert [parser.predict(request()).confidence for _ in range(2)] == [served.UNKNOWN] * 2
    assert len(server.asked) == requests


def test_a_server_that_refuses_to_count_still_gives_probabilities():
    with serving(FakeServer(refuses=("stream_options",))) as server:
        prediction = parser_of(server).predict(request())
    assert prediction.confidence == pytest.approx(math.exp(-0.5))
    assert len(server.asked) == 2


def test_an_answer_that_breaks_off_is_a_sentence():
    with serving(FakeServer(("SELECT",), breaks_off=True)) as server, pytest.raises(ParserError, match="broke off"):
        parser_of(server).predict(request())


def test_a_cancel_before_the_first_word_ends_the_connection_too():
    with serving(FakeServer(("word ",) * 50, delay=0.4)) as server:
        cancel, parser = Cancel(), parser_of(server)
        threading.Timer(0.1, cancel.set).start()
        with pytest.raises(QueryCancelledError):
            parser.predict(request(cancel=cancel))
        time.sleep(1.5)
        sent = server.sent
        time.sleep(0.9)
        assert server.sent <= sent + 1


def test_what_is_sent_is_what_the_answer_shows():
    with serving(FakeServer()) as server:
        prediction = parser_of(server, key="secret").predict(request(history=(Turn("orders?", "SELECT 5"),)))
    (body,) = server.asked
    assert [one["role"] for one in body["messages"]] == ["system", "user", "assistant", "user"]
    assert all(one["content"] in prediction.prompt for one in body["messages"])
    assert body["temperature"] == 0
    assert body["stream"] is True
    assert server.keys == ["Bearer secret"]
    assert "secret" not in prediction.prompt


def test_the_prompt_holds_tables_keys_values_and_the_day():
    (system, _), told = messages(request())
    for part in ("CREATE TABLE customers", "orders.customer_id can be joined with customers.id", "Lyon", "2024-06-15"):
        assert part in system["content"]
    assert told.left_out == 0


def test_of_many_tables_the_likeliest_are_sent_and_the_answer_says_so():
    many = tuple(
        Table(f"log_{number}", tuple(Column(f"field_{number}_{n}", "VARCHAR") for n in range(40)), ())
        for number in range(300)
    )
    schema = Schema((*many[:150], *SHOP.tables, *many[150:]), SHOP.foreign_keys)
    asked, told = messages(request(schema=schema))
    assert "CREATE TABLE orders" in asked[0]["content"]
    assert len(asked[0]["content"]) < served.SCHEMA_CHARACTERS + 2_000
    assert 0 < told.left_out < 302
    with serving(FakeServer()) as server:
        (candidate,) = parser_of(server).predict(request(schema=schema)).candidates
    assert "tables were not shown to the model" in candidate.notes[-1]


def test_a_model_that_finds_no_table_declines():
    with serving(
        FakeServer(
            (
                "NO TABLE",
                " holds the weather.",
            )
        )
    ) as server:
        prediction = parser_of(server).predict(request("what is the weather?"))
    assert not prediction.candidates
    assert prediction.declined == "The language model says: holds the weather."


def test_today_is_pinned_and_can_be_moved():
    with serving(FakeServer(("SELECT CURRENT_DATE;",))) as server:
        parser = parser_of(server)
        (candidate,) = parser.predict(request()).candidates
        assert candidate.sql == "SELECT DATE '2024-06-15'"
        assert candidate.tree is not None
        assert parser.render(candidate.tree, SHOP, dt.date(2025, 1, 1)) == "SELECT DATE '2025-01-01'"
        with pytest.raises(ParserError, match="another date"):
            parser.render("not a statement", SHOP, TODAY)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "refused the key"), (404, "serves no model called «some-model»"), (400, "could not answer"),
        (403, "could not answer"), (422, "could not answer"),
    ],
)  # fmt: skip
def test_every_refusal_is_a_sentence(status, sentence):
    with serving(FakeServer(status=status)) as server, pytest.raises(ParserError, match=sentence):
        parser_of(server).predict(request())


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        (FakeServer(status=400, message="too long"), "Error code: 400 - too long"),
        (FakeServer(status=400, body='{"detail": "Only a here."}'), "Error code: 400 - Only a here"),
        (FakeServer(status=422, body='{"detail": [{"loc": ["body"]}]}'), "Error code: 422"),
        (FakeServer(status=403, body="Not here.\nSorry."), "Error code: 403 - Not here"),
        (FakeServer(status=403, body="<html><h1>Forbidden</h1>"), "Error code: 403"),
        (FakeServer(("SELECT",), fails="out of memory"), "An error occurred during streaming - out of memory"),
    ],
    ids=["OpenAI's way", "FastAPI's way", "a list", "plain text", "a page", "after some words"],
)
def test_what_a_server_says_about_a_refusal_is_told(server, sentence):
    with serving(server), pytest.raises(ParserError) as failed:
        parser_of(server).predict(request())
    assert str(failed.value).partition(" could not answer: ")[2] == f"{sentence}."


@pytest.mark.parametrize("status", [429, 500])
def test_a_server_that_stays_busy_is_a_sentence(status, monkeypatch):
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    with (
        serving(FakeServer(status=status)) as server,
        pytest.raises(ParserError, match=r"asked too much|could not answer"),
    ):
        parser_of(server).predict(request())
    assert len(server.asked) == 3


def test_a_server_that_fails_twice_is_asked_again():
    with serving(FakeServer(failures=2)) as server:
        assert parser_of(server).predict(request()).candidates
    assert len(server.asked) == 3


def test_no_server_is_a_sentence_that_names_it():
    parser = ServedParser(Server("http://127.0.0.1:9/v1", "some-model", timeout=0.5))
    with pytest.raises(ParserError, match=r"No server answers at 127\.0\.0\.1:9"):
        parser.predict(request())


def test_a_server_that_says_nothing_is_given_up():
    with (
        serving(FakeServer(delay=3.0)) as server,
        pytest.raises(ParserError, match=r"did not answer within 0\.2 seconds"),
    ):
        ServedParser(Server(server.address, "some-model", timeout=0.2)).predict(request())


def test_words_without_sql_are_a_sentence():
    with serving(FakeServer(("I like tables.",))) as server, pytest.raises(ParserError, match="wrote no SQL"):
        parser_of(server).predict(request())


def test_tokens_are_counted_where_the_server_counts_them():
    with serving(FakeServer(("SELECT 1", ";"), counts=(600, 12))) as server:
        parser = parser_of(server)
        prediction = parser.predict(request())
        assert prediction.usage == Usage(600, 300, 12)
        assert prediction.candidates[0].sql == "SELECT 1"
        server.counts, server.words, server.delay = None, ("SELECT 1", ";", *["--"] * 60), 0.05
        began = time.monotonic()
        assert parser.predict(request()).usage is None
        first = time.monotonic() - began
        began = time.monotonic()
        assert parser.predict(request()).usage is None
    assert first < 2  # a server that sends no counts is waited for once, and not long
    assert time.monotonic() - began < first + 1


def test_a_cancel_ends_a_question_at_once():
    with serving(FakeServer(("word ",) * 200, delay=0.1)) as server:
        cancel, parser = Cancel(), parser_of(server)
        threading.Timer(0.3, cancel.set).start()
        with pytest.raises(QueryCancelledError):
            parser.predict(request(cancel=cancel))
        time.sleep(0.5)
        sent = server.sent
        time.sleep(0.5)
        assert server.sent <= sent + 1 < 100  # and the server is told to stop


def test_reading_stops_at_the_end_of_the_statement():
    with serving(FakeServer(("SELECT 1;", *(" more",) * 100), delay=0.02)) as server:
        assert parser_of(server).predict(request()).candidates[0].sql == "SELECT 1"
    assert server.sent < 60


def test_what_is_written_is_told_as_it_is_written():
    told: list[str] = []
    with serving(FakeServer(("SELECT", " count(*)", " FROM orders;"))) as server:
        parser_of(server).predict(request(on_text=told.append))
    assert told == ["SELECT", "SELECT count(*)", "SELECT count(*) FROM orders;"]


def test_questions_at_once_get_their_own_answers():
    with serving(FakeServer(delay=0.05)) as server:
        parser = parser_of(server)
        with ThreadPoolExecutor(12) as people:
            found = list(people.map(lambda n: parser.predict(request(f"question {n}")).prompt, range(12)))
    assert [f"question {n}" in prompt for n, prompt in enumerate(found)] == [True] * 12
    assert len(server.asked) == 12


def test_no_tables_ask_nothing():
    with serving(FakeServer()) as server:
        assert parser_of(server).predict(request(schema=Schema(()))).declined
    assert server.asked == []


@pytest.mark.parametrize("address", ["localhost:11434", "file:///etc/passwd", "ftp://x/v1"])
def test_an_address_that_is_none_is_a_sentence(address):
    with pytest.raises(ParserUnavailableError, match="must be an address"):
        ServedParser(Server(address, "m"))


def test_the_key_is_in_no_sentence_and_no_host():
    assert Server("https://name:pass@models.example/v1", "m", "secret").host == "models.example"


# -- in the pipeline -------------------------------------------------------------------------------------------------


@pytest.fixture
def workbench(tmp_path):
    """A workbench over one small table whose parser is a server; a function of the server."""
    made = []

    def make(server: FakeServer, **more) -> Workbench:
        file = tmp_path / f"ships{len(made)}.duckdb"
        file.unlink(missing_ok=True)
        with duckdb.connect(str(file)) as connection:
            connection.execute("CREATE TABLE ships AS SELECT 1 AS id, 'Argo' AS name, 9.5 AS tons")
        settings = Settings(home=tmp_path / "home", database=file, sample=False, workers=1, today=TODAY, **more)
        asked = parser_of(server)
        builtin = load_builtin()
        made.append(Workbench(settings, lambda name: builtin if name == "builtin" else asked, with_sample=False))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_sql_that_does_not_bind_is_mended_and_every_try_is_told(workbench):
    with serving(
        FakeServer(("SELECT nam FROM ships;",), then=[("SELECT name FROM ship;",), ("SELECT name FROM ships;",)])
    ) as server:
        answer = workbench(server, parser="served").answer("names of ships")
    assert answer.status == "ok"
    assert answer.sql == "SELECT name FROM ships"
    assert [note.split(" — ")[0] for note in answer.notes[:2]] == [
        "A try that did not run: SELECT nam FROM ships", "A try that did not run: SELECT name FROM ship",
    ]  # fmt: skip
    last = [one["content"] for one in server.asked[-1]["messages"]]
    assert "SELECT nam FROM ships" in last
    assert "nam" in last[-3]
    assert last[-3].startswith("That does not run: ")
    assert len(server.asked) == 3


def test_tokens_of_all_tries_are_counted_and_kept(workbench):
    server = FakeServer(("SELECT nam FROM ships;",), then=[("SELECT name FROM ships;",)], counts=(100, 10))
    with serving(server):
        bench = workbench(server, parser="served")
        answer = bench.answer("names of ships")
    assert answer.usage == Usage(200, 100, 20)
    record = bench.log.get(answer.id)
    assert (record.tokens_read, record.tokens_known, record.tokens_written) == (200, 100, 20)
    assert bench.earlier(answer.id)[-1].usage == answer.usage


def test_after_two_tries_the_last_error_is_the_answer(workbench):
    with serving(FakeServer(("SELECT nam FROM ships;",))) as server:
        answer = workbench(server, parser="served").answer("names of ships")
    assert answer.status == "failed"
    assert "nam" in (answer.error or "")
    assert len(server.asked) == 3


def test_what_binds_is_not_asked_again(workbench):
    with serving(FakeServer(("SELECT CAST(name AS INTEGER) FROM ships;",))) as server:
        answer = workbench(server, parser="served").answer("numbers of ships")
    assert answer.status == "failed"  # a value that is no number: the message has it, so it is not sent anywhere
    assert len(server.asked) == 1
    assert "Argo" in (answer.error or "")


def test_what_writes_is_refused_and_never_run(workbench):
    with serving(FakeServer(("DROP TABLE ships;",))) as server:
        answer = workbench(server, parser="served").answer("drop it")
    assert answer.status == "refused"


def test_a_follow_up_is_sent_with_what_it_follows(workbench):
    with serving(
        FakeServer(("SELECT name FROM ships;",), then=[("SELECT name FROM ships WHERE tons > 5;",)])
    ) as server:
        bench = workbench(server, parser="served")
        first = bench.answer("names of ships")
        second = bench.answer("only the heavy ones", follows=first.id)
    assert second.status == "ok"
    assert not any("could not go on" in note for note in second.notes)
    assert [one["content"] for one in server.asked[1]["messages"][1:]] == [
        "names of ships", "SELECT name FROM ships", "only the heavy ones",
    ]  # fmt: skip


def test_a_job_shows_what_is_being_written(workbench):
    with serving(FakeServer(("SELECT", " name", " FROM", " ships;"), delay=0.2)) as server:
        job = workbench(server, parser="served").start("names of ships")
        seen = set()
        while job.wait(0.02) is None:
            seen.add(job.draft)
    assert "SELECT" in seen
    assert "SELECT name" in seen
    assert job.answer is not None
    assert job.answer.status == "ok"


def test_a_second_reading_with_the_same_rows_makes_an_answer_surer(workbench):
    with serving(FakeServer(("SELECT count(id) AS ships FROM ships;",))) as server:
        answer = workbench(server, parser="served").answer("how many ships are there?")
    assert answer.parser is not None
    assert answer.parser.name == "served"
    assert answer.confidence > math.exp(-0.5)
    assert answer.notes == ("The built-in parser's own reading gives the same rows.",)
    assert "second reading" in dict(answer.timings)


def test_a_second_reading_with_other_rows_is_offered(workbench):
    with serving(FakeServer(("SELECT name FROM ships;",))) as server:
        answer = workbench(server, parser="served").answer("how many ships are there?")
    assert answer.sql == "SELECT name FROM ships"
    assert "count(*)" in answer.candidates[-1].sql
    assert answer.confidence == pytest.approx(0.8 * math.exp(-0.5))
    assert "reads it otherwise" in answer.notes[-1]


def test_a_second_reading_can_be_turned_off_and_never_costs_the_answer(workbench):
    with serving(FakeServer(("SELECT count(id) AS ships FROM ships;",))) as server:
        bench = workbench(server, parser="served", second_reading=False)
        assert bench.answer("how many ships are there?").notes == ()
    with serving(FakeServer(("SELECT 7 AS n;",))) as server:
        answer = workbench(server, parser="served").answer("tell me a joke")
        assert answer.status == "ok"
        assert len(answer.candidates) == 1


def test_what_people_confirmed_stands_in_the_prompt(workbench):
    with serving(FakeServer(("SELECT max(tons) FROM ships;",))) as server:
        bench = workbench(server, parser="served")
        first = bench.answer("heaviest tons of all ships")
        bench.log.rate(first.id, "down", corrected_sql="SELECT name FROM ships ORDER BY tons DESC LIMIT 1")
        unlike = bench.answer("names")
        bench.log.rate(unlike.id, "up")
        prompt = bench.answer("heaviest of all ships?").prompt
    assert "heaviest tons of all ships\nSELECT name FROM ships ORDER BY tons DESC LIMIT 1;" in prompt
    assert "\nnames\n" not in prompt


def test_an_example_that_the_tables_cannot_say_is_left_out():
    examples = (VerifiedExample("orders of all customers", "SELECT * FROM gone"),
                VerifiedExample("orders of customers", "SELECT * FROM orders"))  # fmt: skip
    assert nearest("orders of all customers", examples, SHOP) == examples[1:]
    assert nearest("", examples, SHOP) == ()


# -- the registry ----------------------------------------------------------------------------------------------------


def test_a_server_is_offered_once_it_is_named():
    assert registry.SERVED not in registry.offered(Settings())
    assert registry.SERVED in registry.offered(Settings(server="http://x/v1"))


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        (Settings(), "Set NL2SQL_SERVER to"),
        (Settings(server="http://x/v1"), "Set NL2SQL_SERVER_MODEL to"),
    ],
)
def test_what_is_missing_for_a_server_is_said(settings, part):
    found = registry.availability(registry.SERVED, settings)
    assert not found.ready
    assert not found.can_download
    assert part in found.sentence
    with pytest.raises(ParserUnavailableError, match=part):
        registry.load(registry.SERVED, settings)


def test_what_leaves_the_machine_is_said_before_it_does():
    settings = Settings(server="http://models.example/v1", server_model="m", server_key="secret")
    found = registry.availability(registry.SERVED, settings)
    assert found.ready
    assert "models.example" in found.sentence
    assert "stored values" in found.sentence
    assert "secret" not in found.sentence


def test_a_served_parser_is_loaded_by_its_name():
    with serving(FakeServer()) as server:
        settings = Settings(server=server.address, server_model="some-model", server_key="k")
        parser = registry.load(registry.SERVED, settings)
        assert parser.info.name == "served"
        assert parser.info.revision == "some-model"
        assert parser.predict(request()).candidates[0].sql == "SELECT 1"
