"""A server that speaks OpenAI's chat interface from a script, over real HTTP on loopback, for tests only."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route


@dataclass
class FakeServer:
    """What it answers with, and what it was asked.

    `words` come one by one, each after `delay` seconds. `status` other than 200 is an error with `message`, and
    its body is `body` where that is set. `failures` requests fail with 503 first. A request that has any of what it
    `refuses` is a bad one. After the words comes the error `fails`, where it is set; with `breaks_off` the connection
    ends there, without an end of the answer.
    """

    words: tuple[str, ...] = ("SELECT 1", ";")
    then: list[tuple[str, ...]] = field(default_factory=list)
    """Words of the answers after the first, in turn."""
    delay: float = 0.0
    status: int = 200
    message: str = "no"
    body: str = ""
    failures: int = 0
    refuses: tuple[str, ...] = ()
    fails: str = ""
    breaks_off: bool = False
    logprobs: bool = True
    counts: tuple[int, int] | None = None
    """Tokens read and written, sent at the end where they are asked for."""
    address: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    sent: int = 0
    """Words that were sent before the client went away."""

    async def complete(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        self.keys.append(request.headers.get("authorization", ""))
        if self.failures:
            self.failures -= 1
            return JSONResponse({"error": {"message": "busy"}}, 503)
        if self.status != 200 and self.body:
            return Response(self.body, self.status)
        if self.status != 200:
            return JSONResponse({"error": {"message": self.message}}, self.status)
        for wish in self.refuses:
            if wish in body:
                return JSONResponse({"error": {"message": f"{wish} is not supported"}}, 400)
        words = self.words
        if self.then:
            self.words = self.then.pop(0)
        return StreamingResponse(self._chunks(body, words), media_type="text/event-stream")

    async def _chunks(self, body: dict[str, Any], words: tuple[str, ...]) -> AsyncIterator[str]:
        for word in words:
            await asyncio.sleep(self.delay)
            choice: dict[str, Any] = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            if self.logprobs and body.get("logprobs"):
                choice["logprobs"] = {"content": [{"token": word, "logprob": -0.5, "bytes": None, "top_logprobs": []}]}
            chunk = {
                "id": "1", "object": "chat.completion.chunk", "created": 0, "model": body["model"], "choices": [choice],
            }  # fmt: skip
            self.sent += 1
            yield f"data: {json.dumps(chunk)}\n\n"
        if self.fails:
            yield f"data: {json.dumps({'error': self.fails})}\n\n"
            return
        if self.breaks_off:
            raise ConnectionResetError
        if self.counts and body.get("stream_options", {}).get("include_usage"):
            read, written = self.counts
            usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
            usage["prompt_tokens_details"] = {"cached_tokens": read // 2}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": body["model"], "choices": []}
            yield f"data: {json.dumps(chunk | {'usage': usage})}\n\n"
        yield "data: [DONE]\n\n"


@contextmanager
def serving(server: FakeServer) -> Iterator[FakeServer]:
    """Run the server until the block ends; `server.address` says where."""
    app = Starlette(routes=[Route("/v1/chat/completions", server.complete, methods=["POST"])])
    runner = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    while not runner.started:
        time.sleep(0.01)
    port = runner.servers[0].sockets[0].getsockname()[1]
    server.address = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        runner.should_exit = True
        thread.join(5)
