"""The HTTP routes: POST /generate, POST /ask, GET /health. They check who may ask, then go the pipeline's one way."""

from __future__ import annotations

import datetime as dt
import hmac
import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nl2sql.answers import Answer
from nl2sql.engine.base import Cancel
from nl2sql.errors import WorkbenchError
from nl2sql.pipeline import Workbench
from nl2sql.rendering import Json, answer_fields
from nl2sql.settings import Settings

BODY_LIMIT = 64 * 1024
"""Bytes of a request's body."""
QUESTION_LIMIT = 2_000
"""Characters of a question."""
AT_ONCE = 8
"""Requests that are worked on at the same time; further ones wait."""
HTTP_STATUS = {"ok": 200, "refused": 422, "declined": 422, "failed": 422, "timeout": 504, "cancelled": 499}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
logger = logging.getLogger(__name__)

GetWorkbench = Callable[[], Workbench]
Handler = Callable[[Request, Workbench], Awaitable[Response]]


class _RejectedError(Exception):
    """A request that is answered with `status` and the sentence `str(error)` before any work is done."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Asked:
    """The body of a request: a question and, if the client wishes, a parser, the tables in scope, a date, and the id
    of the answer that the question follows."""

    question: str
    parser: str | None = None
    scope: tuple[str, ...] | None = None
    today: dt.date | None = None
    follows: str | None = None


def routes(workbench: GetWorkbench) -> list[Route]:
    """The routes, to be mounted in any Starlette application; `workbench` is called for every request."""
    limiter = CapacityLimiter(AT_ONCE)
    return [
        Route("/generate", _endpoint(workbench, partial(_generate, limiter), "POST"), methods=_METHODS),
        Route("/ask", _endpoint(workbench, partial(_ask, limiter), "POST"), methods=_METHODS),
        Route("/health", _endpoint(workbench, _health, "GET"), methods=_METHODS),
    ]


def _endpoint(get_workbench: GetWorkbench, handler: Handler, method: str) -> Callable[[Request], Awaitable[Response]]:
    """`handler` behind the checks; every error becomes JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            if request.method != method and (method, request.method) != ("GET", "HEAD"):
                return _error(405, f"Use {method} here.", headers={"Allow": method})
            workbench = await to_thread.run_sync(get_workbench)
            check_sender(request, workbench.settings, with_token=method == "POST")
            return await handler(request, workbench)
        except _RejectedError as error:
            headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
            return _error(error.status, str(error), headers=headers)
        except WorkbenchError as error:
            return _error(503, error.sentence)
        except ClientDisconnect:
            return _error(499, "The client is gone.")
        except Exception:
            logger.exception("%s %s", request.method, request.url.path)
            return _error(500, "Something went wrong inside the workbench; its messages say what.")

    return endpoint


async def _health(request: Request, workbench: Workbench) -> Response:
    return JSONResponse({"status": "ok"})


async def _generate(limiter: CapacityLimiter, request: Request, workbench: Workbench) -> Response:
    answer = await _answered(limiter, request, workbench)
    # The SQL is what was asked for: that its rows took too long does not take it back.
    if answer.sql and answer.status in ("ok", "timeout"):
        return JSONResponse({"sql": answer.sql, "id": answer.id})
    return _error(HTTP_STATUS[answer.status], answer.error or "No SQL was found.", answer.status)


async def _ask(limiter: CapacityLimiter, request: Request, workbench: Workbench) -> Response:
    answer = await _answered(limiter, request, workbench)
    # A result of many rows takes its time to become text: not on the event loop.
    body = await to_thread.run_sync(lambda: json.dumps(answer_fields(answer), ensure_ascii=False).encode())
    return Response(body, HTTP_STATUS[answer.status], media_type="application/json")


async def _answered(limiter: CapacityLimiter, request: Request, workbench: Workbench) -> Answer:
    """Answer the request's question in a thread; when the client goes away the work is stopped."""
    asked = read_body(request.headers.get("content-type", ""), await _body(request))
    cancel = Cancel()
    work = partial(
        workbench.answer, asked.question, parser=asked.parser, scope=asked.scope, as_of=asked.today,
        follows=asked.follows, origin="api", cancel=cancel,
    )  # fmt: skip

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        cancel.set()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        try:
            answer = await to_thread.run_sync(work, limiter=limiter, abandon_on_cancel=True)
        finally:
            cancel.set()
            group.cancel_scope.cancel()
    return answer


async def _body(request: Request) -> bytes:
    """The body, read no further than BODY_LIMIT."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise _RejectedError(413, f"The body is longer than {BODY_LIMIT:,} bytes.")
    return bytes(body)


def read_body(content_type: str, body: bytes) -> Asked:
    """What a body asks for; anything else raises an error that becomes 400 or 415 with a sentence."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _RejectedError(415, "Send JSON with Content-Type: application/json.")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _RejectedError(400, "The body is not JSON.") from error
    if not isinstance(fields, dict):
        raise _RejectedError(400, 'The body must be a JSON object like {"question": "..."}.')
    unknown = sorted(set(fields) - {"question", "parser", "scope", "today", "follows"})
    if unknown:
        known = "question, parser, scope, today and follows"
        raise _RejectedError(400, f"Unknown field: {unknown[0][:60]!r}. Known are {known}.")
    return Asked(
        _question(fields.get("question")), _text(fields, "parser"), _scope(fields), _today(fields),
        _text(fields, "follows"),
    )  # fmt: skip


def _question(value: Json) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _RejectedError(400, 'The field "question" must be a text that is not empty.')
    if len(value) > QUESTION_LIMIT:
        raise _RejectedError(400, f"The question is longer than {QUESTION_LIMIT:,} characters.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _RejectedError(400, "The question holds half of a character (a lone surrogate).") from error
    return value


def _text(fields: dict[str, Json], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise _RejectedError(400, f'The field "{name}" must be a text.')
    return value


def _scope(fields: dict[str, Json]) -> tuple[str, ...] | None:
    value = fields.get("scope")
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise _RejectedError(400, 'The field "scope" must be a list of table names.')
    return tuple(str(name) for name in value)


def _today(fields: dict[str, Json]) -> dt.date | None:
    value = fields.get("today")
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise _RejectedError(400, 'The field "today" must be a date like 2026-01-31.') from error


def check_sender(request: Request, settings: Settings, *, with_token: bool) -> None:
    """Refuse a request that may not ask: unknown Host (DNS rebinding), another site's page, no token.

    A request is local when it comes from this machine's loopback address, names a loopback Host and was forwarded by
    nobody. Any other must name a Host of NL2SQL_ALLOWED_HOSTS. A set token is asked of everybody; where none is set
    only local requests are answered.
    """
    host = request.headers.get("host", "")
    name = host_name(host)
    loopback = is_loopback(name)
    allowed = {entry.strip().casefold() for entry in settings.allowed_hosts.split(",") if entry.strip()}
    if not loopback and name not in allowed:
        raise _RejectedError(403, "This Host is not allowed; see NL2SQL_ALLOWED_HOSTS.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.casefold() != host.casefold():
        raise _RejectedError(403, "Pages of other sites may not ask here.")
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise _RejectedError(403, "Pages of other sites may not ask here.")
    if not with_token:
        return
    forwarded = any(header in request.headers for header in ("forwarded", "x-forwarded-for", "x-real-ip"))
    local = loopback and not forwarded and request.client is not None and is_loopback(request.client.host)
    if settings.api_token:
        _check_token(request.headers.get("authorization", ""), settings.api_token)
    elif not local:
        raise _RejectedError(403, "Requests from elsewhere need a token; set NL2SQL_API_TOKEN.")


def _check_token(authorization: str, token: str) -> None:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise _RejectedError(401, "Send the token as Authorization: Bearer TOKEN.")


def host_name(host: str) -> str:
    """The name in a Host header, without its port.

    >>> host_name("LocalHost:8501"), host_name("[::1]:8501"), host_name("::1")
    ('localhost', '::1', '::1')
    """
    host = host.strip().casefold()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def is_loopback(name: str) -> bool:
    """Whether a host name or address is this machine's own.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost.evil.example")
    (True, True, True, False)
    """
    if name.rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _error(status: int, sentence: str, outcome: str | None = None, headers: dict[str, str] | None = None) -> Response:
    body = {"error": sentence} if outcome is None else {"error": sentence, "status": outcome}
    return JSONResponse(body, status, headers=headers)
