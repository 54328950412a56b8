"""The HTTP routes: what they answer, whom they answer, and that a waiting client blocks nobody."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from nl2sql.answers import Answer
from nl2sql.api import BODY_LIMIT, is_loopback, read_body, routes
from nl2sql.engine.base import Cancel, ResultSet
from nl2sql.errors import WorkspaceError
from nl2sql.parsers.base import ParserInfo, Turn
from nl2sql.pipeline import Workbench
from nl2sql.settings import Settings
from tests.fakes import ScriptedParser

LOCAL = ("127.0.0.1", 50_000)
JSON = {"content-type": "application/json"}
TODAY = dt.date(2026, 5, 4)


def answer(question: str, status: str = "ok", sql: str = "SELECT 1 AS n", **fields) -> Answer:
    table = pa.table({"n": [1, None], "price": pa.array([Decimal("1.50"), Decimal("2.25")])})
    result = ResultSet(table, ("INTEGER", "DECIMAL(3,2)"), False, 0.001) if status == "ok" else None
    return Answer(
        "id", question, status, sql, TODAY, result=result, confidence=0.9, parser=ParserInfo("scripted"),
        timings=(("parsing", 0.25), ("running", 0.5)), **fields,
    )  # fmt: skip


class ScriptedWorkbench:
    """Stands in for the pipeline: gives back what the test says, remembers what it was asked."""

    def __init__(self, **settings) -> None:
        self.settings = Settings(**settings)
        self.asked: list[tuple[str, SimpleNamespace]] = []
        self.reply = answer
        self.release = threading.Event()
        self.cancelled = threading.Event()

    def answer(self, question, *, parser, scope, as_of, follows, origin, cancel: Cancel) -> Answer:
        how = SimpleNamespace(parser=parser, scope=scope, as_of=as_of, follows=follows, origin=origin)
        self.asked.append((question, how))
        if question == "wait":
            if cancel.wait(300):
                self.cancelled.set()
            return answer(question, "cancelled", error="Stopped.")
        return self.reply(question)


@pytest.fixture
def workbench():
    return ScriptedWorkbench()


def client_of(workbench, host: str = "localhost:8501", address=LOCAL) -> TestClient:
    app = Starlette(routes=routes(lambda: workbench))
    return TestClient(app, base_url=f"http://{host}", client=address, raise_server_exceptions=False)


def test_generate_gives_the_sql(workbench):
    reply = client_of(workbench).post("/generate", json={"question": "how many?"})
    assert (reply.status_code, reply.json()) == (200, {"sql": "SELECT 1 AS n", "id": "id"})
    question, how = workbench.asked[0]
    assert (question, how.origin, how.parser, how.scope, how.follows) == ("how many?", "api", None, None, None)


def test_ask_gives_rows_too(workbench):
    reply = client_of(workbench).post("/ask", json={"question": "how many?"})
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {
        "id": "id", "status": "ok", "question": "how many?", "sql": "SELECT 1 AS n", "columns": ["n", "price"],
        "rows": [[1, 1.5], [None, 2.25]], "truncated": False, "confidence": 0.9, "seconds": 0.75, "error": None,
    }  # fmt: skip


def test_ask_passes_parser_scope_date_and_what_is_followed_on(workbench):
    body = {"question": "q", "parser": "builtin", "scope": ["a", "b"], "today": "2026-05-04", "follows": "id"}
    assert client_of(workbench).post("/ask", json=body).status_code == 200
    how = SimpleNamespace(parser="builtin", scope=("a", "b"), as_of=TODAY, follows="id", origin="api")
    assert workbench.asked[0][1] == how


def test_a_follow_up_of_a_real_answer_and_of_none(tmp_path):
    """The one test here with a real pipeline: an id of one answer leads to the next."""
    own = tmp_path / "own.duckdb"
    with duckdb.connect(str(own)) as con:
        con.execute("CREATE TABLE ships AS SELECT 1 AS n")
    parser = ScriptedParser({"how many?": "SELECT 2 AS n", "only large ones": "SELECT 1 AS n"})
    settings = Settings(home=tmp_path / "home", database=own, workers=1)
    bench = Workbench(settings, lambda name: parser)
    try:
        client = client_of(bench)
        first = client.post("/generate", json={"question": "how many?"}).json()
        body = {"question": "only large ones", "follows": first["id"]}
        assert client.post("/generate", json=body).json()["sql"] == "SELECT 1 AS n"
        assert parser.requests[-1].history == (Turn("how many?", "SELECT 2 AS n"),)
        for id in ("", "no such id", "\ud800"):
            reply = client.post("/ask", content=json.dumps(body | {"follows": id}).encode(), headers=JSON)
            assert (reply.status_code, reply.json()["status"]) == (422, "failed")
            assert "no answer with the id" in reply.json()["error"]
    finally:
        bench.close()


def test_health_needs_no_token():
    workbench = ScriptedWorkbench(api_token="secret", allowed_hosts="data.example.org")
    reply = client_of(workbench, "data.example.org", ("10.0.0.7", 1)).get("/health")
    assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("status", "code"), [("refused", 422), ("declined", 422), ("failed", 422), ("timeout", 504), ("cancelled", 499)]
)
def test_other_outcomes_have_their_own_code(workbench, status, code):
    workbench.reply = lambda question: answer(question, status, sql="", error="A sentence.")
    reply = client_of(workbench).post("/generate", json={"question": "q"})
    assert (reply.status_code, reply.json()) == (code, {"error": "A sentence.", "status": status})
    reply = client_of(workbench).post("/ask", json={"question": "q"})
    assert (reply.status_code, reply.json()["status"], reply.json()["error"]) == (code, status, "A sentence.")


def test_sql_whose_rows_took_too_long_is_still_generated(workbench):
    workbench.reply = lambda question: answer(question, "timeout", error="Took too long.")
    reply = client_of(workbench).post("/generate", json={"question": "q"})
    assert (reply.status_code, reply.json()) == (200, {"sql": "SELECT 1 AS n", "id": "id"})


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        (b"", 400, "JSON"),
        (b"{", 400, "JSON"),
        (b"\xff\xfe", 400, "JSON"),
        (b"[" * 40_000, 400, "JSON"),
        (b"[]", 400, "object"),
        (b"null", 400, "object"),
        (b"{}", 400, "question"),
        (b'{"question": null}', 400, "question"),
        (b'{"question": 7}', 400, "question"),
        (b'{"question": "  "}', 400, "question"),
        (b'{"question": "\\ud800"}', 400, "surrogate"),
        (b'{"question": "' + b"a" * 2_001 + b'"}', 400, "longer"),
        (b'{"question": "q", "sql": "DROP TABLE t"}', 400, "sql"),
        (b'{"question": "q", "scope": "t"}', 400, "scope"),
        (b'{"question": "q", "scope": [1]}', 400, "scope"),
        (b'{"question": "q", "scope": []}', 400, "scope"),
        (b'{"question": "q", "parser": 1}', 400, "parser"),
        (b'{"question": "q", "today": "tomorrow"}', 400, "today"),
        (b'{"question": "q", "follows": 7}', 400, "follows"),
        (b'{"question": "q", "follows": ["id"]}', 400, "follows"),
        (b'{"question": "' + b" " * BODY_LIMIT + b'q"}', 413, "longer"),
    ],
)
def test_bad_bodies(workbench, body, code, word):
    reply = client_of(workbench).post("/ask", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == code
    assert word in reply.json()["error"]
    assert workbench.asked == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_other_content_types_are_refused(workbench, kind):
    reply = client_of(workbench).post("/ask", content=b'{"question": "q"}', headers={"content-type": kind})
    assert (reply.status_code, workbench.asked) == (415, [])


def test_content_type_may_name_its_charset():
    assert read_body("Application/JSON; charset=utf-8", b'{"question": "q"}').question == "q"


@pytest.mark.parametrize(("method", "path"), [("GET", "/ask"), ("OPTIONS", "/generate"), ("POST", "/health")])
def test_other_methods(workbench, method, path):
    reply = client_of(workbench).request(method, path)
    assert reply.status_code == 405
    assert reply.headers["allow"] in reply.json()["error"]
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:9", "[::1]:8501", "LOCALHOST"])
def test_loopback_hosts_are_answered(workbench, host):
    reply = client_of(workbench).post("/ask", json={"question": "q"}, headers={"host": host})
    assert reply.status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.1.5:8501", "", "127.0.0.1.nip.io"])
@pytest.mark.parametrize("path", ["/ask", "/generate"])
def test_unknown_hosts_are_refused(workbench, host, path):
    reply = client_of(workbench).post(path, json={"question": "q"}, headers={"host": host})
    assert (reply.status_code, workbench.asked) == (403, [])


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_sites_are_refused(workbench, headers):
    reply = client_of(workbench).post("/ask", json={"question": "q"}, headers=headers)
    assert (reply.status_code, workbench.asked) == (403, [])


def test_own_pages_are_answered(workbench):
    headers = {"origin": "http://localhost:8501", "sec-fetch-site": "same-origin"}
    assert client_of(workbench).post("/ask", json={"question": "q"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (("10.0.0.7", 1), {}),
        (LOCAL, {"x-forwarded-for": "10.0.0.7"}),
        (LOCAL, {"forwarded": "for=10.0.0.7"}),
        (("10.0.0.7", 1), {"host": "localhost"}),
    ],
)
def test_requests_from_elsewhere_need_a_token_that_is_set(workbench, address, headers):
    reply = client_of(workbench, address=address).post("/ask", json={"question": "q"}, headers=headers)
    assert (reply.status_code, workbench.asked) == (403, [])
    assert "NL2SQL_API_TOKEN" in reply.json()["error"]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer secret", 200),
        ("bearer secret", 200),
        ("Bearer secret2", 401),
        ("Bearer sécret", 401),
        ("Bearer ", 401),
        ("Basic secret", 401),
        ("secret", 401),
        (None, 401),
    ],
)
def test_a_set_token_is_asked_of_everybody(authorization, code):
    workbench = ScriptedWorkbench(api_token="secret", allowed_hosts="other.example, Data.example.org")
    headers = {} if authorization is None else {"authorization": authorization.encode()}
    for host, address in (("data.example.org", ("10.0.0.7", 1)), ("localhost", LOCAL)):
        reply = client_of(workbench, host, address).post("/ask", json={"question": "q"}, headers=headers)
        assert reply.status_code == code
        assert code == 200 or "secret" not in reply.text


def test_an_allowed_host_alone_is_not_enough():
    workbench = ScriptedWorkbench(allowed_hosts="data.example.org")
    assert client_of(workbench, "data.example.org").post("/ask", json={"question": "q"}).status_code == 403


def test_errors_are_json_without_a_traceback(workbench, caplog):
    def fail(question):
        raise RuntimeError("/home/someone/secret.py")

    workbench.reply = fail
    reply = client_of(workbench).post("/ask", json={"question": "q"})
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert reply.json()["error"]
    assert "secret.py" in caplog.text


def test_a_workspace_that_cannot_be_used_is_a_sentence():
    def broken():
        raise WorkspaceError("The workspace is locked.")

    client = TestClient(Starlette(routes=routes(broken)), base_url="http://localhost", client=LOCAL)
    reply = client.post("/ask", json={"question": "q"})
    assert (reply.status_code, reply.json()) == (503, {"error": "The workspace is locked."})


def test_is_loopback():
    assert is_loopback("127.9.9.9")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("")


class Wire:
    """One request sent by hand to an ASGI application, so that a test decides when the client goes away."""

    def __init__(self, path: str, body: bytes = b"", method: str = "POST") -> None:
        self.scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")], "client": LOCAL,
            "server": ("localhost", 80), "scheme": "http", "http_version": "1.1", "root_path": "",
        }  # fmt: skip
        self.incoming: asyncio.Queue = asyncio.Queue()
        self.incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})
        self.sent: list[dict] = []

    async def run(self, app) -> None:
        async def send(message) -> None:
            self.sent.append(message)

        await app(self.scope, self.incoming.get, send)


def test_a_waiting_question_blocks_nobody_and_ends_with_its_client(workbench):
    async def scenario() -> None:
        app = Starlette(routes=routes(lambda: workbench))
        waiting = Wire("/ask", json.dumps({"question": "wait"}).encode())
        task = asyncio.create_task(waiting.run(app))
        while not workbench.asked:
            await asyncio.sleep(0.01)
        health = Wire("/health", method="GET")
        await asyncio.wait_for(health.run(app), 100)
        assert health.sent[0]["status"] == 200
        assert not task.done()
        waiting.incoming.put_nowait({"type": "http.disconnect"})
        await asyncio.wait_for(task, 100)

    asyncio.run(scenario())
    assert workbench.cancelled.is_set()
