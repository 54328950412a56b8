"""Asks a language model that a server offers over OpenAI's chat interface, as vLLM, Ollama and llama.cpp speak it too.

Importing this module does not import the client library; making a parser does. What leaves the machine is in `messages`
and nowhere else: questions, names and types of tables and columns, keys, and stored values that are not private.
"""

from __future__ import annotations

import datetime as dt
import math
import queue
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nl2sql.engine.base import Cancel
from nl2sql.errors import ParserError, ParserUnavailableError, QueryCancelledError
from nl2sql.parsers import sqlcoder
from nl2sql.parsers.base import ParseRequest, ParserInfo, Prediction, Usage
from nl2sql.parsers.budget import Told, within
from nl2sql.parsers.loaded import first_line
from nl2sql.parsers.sql_text import candidate_of, first_statement, is_finished, pinned_again
from nl2sql.schema import Schema

if TYPE_CHECKING:
    from openai import APIError, Stream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

NAME = "served"
NEW_TOKENS = 4_096
"""Longest answer, the thoughts of a reasoning model included."""
SCHEMA_CHARACTERS = 24_000
"""Room for tables in one request, some 6,000 tokens; the likeliest tables go first, the others are left out."""
MOST_AT_ONCE = 8
"""Questions that the server is asked at once; others wait their turn."""
UNKNOWN = 0.5
"""Confidence where the server gives no probabilities."""
_WAIT = 0.02
_NO_ANSWER = "NO TABLE"
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.S | re.I)
_COUNTS = {"stream_options": {"include_usage": True}}
_WISHES: tuple[dict[str, Any], ...] = (
    {"temperature": 0, "max_tokens": NEW_TOKENS, "logprobs": True, **_COUNTS},
    {"temperature": 0, "max_tokens": NEW_TOKENS, "logprobs": True},
    {"temperature": 0, "max_tokens": NEW_TOKENS},
    {},
)
"""What a request asks for beside the words; some servers refuse counts or probabilities, some models a temperature."""
_COUNTS_WAIT = 0.25
"""Seconds that are waited for the count of tokens once the statement is whole."""
_INSTRUCTIONS = """You turn questions about tables into SQL. Today is {today:%Y-%m-%d}.
Answer with exactly one SELECT statement in DuckDB's dialect and nothing else: no explanation, no comments.
Use only the tables and columns below, with their names as they stand there. Round nothing, and name no limit that the
question does not ask for. Where no table holds what the question asks about, answer with the words {no_answer} and one
sentence that says what is missing.

{schema}"""


@dataclass(frozen=True)
class Server:
    """Where a model is served: address up to and with `/v1`, the model's name there, the key (empty: none)."""

    address: str
    model: str
    key: str = ""
    timeout: float = 60.0
    """Seconds until the first words, and between words."""

    @property
    def host(self) -> str:
        """Host and port, as shown to people: no key, no path."""
        parts = urlsplit(self.address)
        return parts.netloc.rpartition("@")[2] or self.address


class ServedParser:
    """A SemanticParser that asks a server. Several questions may be asked at once.

    One candidate, decoded greedily. Its score is the sum of its tokens' log-probabilities where the server gives them,
    the confidence their geometric mean, exp(score / tokens); else the confidence is `UNKNOWN`. Neither is calibrated.
    """

    reads_examples = True
    mend_rounds = 2
    dialect = "postgres"
    """What models fall back to where they do not know DuckDB's."""

    def __init__(self, server: Server) -> None:
        """Raises ParserUnavailableError for an address that is none."""
        import httpx2  # the client library's own
        import openai

        if urlsplit(server.address).scheme not in ("http", "https"):
            raise ParserUnavailableError("NL2SQL_SERVER must be an address such as http://localhost:11434/v1.")
        self._openai = openai
        self._broken_off = httpx2.RemoteProtocolError, httpx2.ReadError
        self._server = server
        self._client = openai.OpenAI(
            base_url=server.address, api_key=server.key or "none", timeout=server.timeout, max_retries=2
        )
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "served-model")
        self.info = ParserInfo(NAME, revision=server.model)
        self._wishes = 0
        """Which of `_WISHES` the server is asked for: the first that it did not refuse."""
        self._counts = True
        """It may send how many tokens it read and wrote."""

    def predict(self, request: ParseRequest) -> Prediction:
        """One candidate for the question, or why there is none. Raises ParserError, QueryCancelledError."""
        return self.mend(request, ())

    def mend(self, request: ParseRequest, tried: Sequence[tuple[str, str]]) -> Prediction:
        """The same after statements that did not bind, each with what was wrong. Raises as `predict` does."""
        if not request.schema.tables:
            return Prediction((), declined="There are no tables to ask about.")
        asked, told = messages(request, tried)
        prompt = "\n\n".join(f"{one['role']}: {one['content']}" for one in asked)
        written = self._complete(asked, request)
        text, probabilities, usage = written.text, written.probabilities, written.usage
        answer = _THOUGHT.sub("", text).strip()
        if _NO_ANSWER in answer[:40].upper():
            reason = answer[answer.upper().index(_NO_ANSWER) + len(_NO_ANSWER) :].strip(" .:,—-\n")
            declined = reason or "no table holds what this question asks about"
            return Prediction((), declined=f"The language model says: {declined}.", prompt=prompt, usage=usage)
        statement = first_statement(answer)
        if statement is None:
            raise ParserError(f"{self._server.model} wrote no SQL for this question; try it in other words.")
        score = sum(probabilities)
        candidate = candidate_of(statement, min(0.0, score), request.as_of)
        candidate = told.noted(candidate)
        sure = math.exp(score / len(probabilities)) if probabilities else UNKNOWN
        return Prediction((candidate,), confidence=min(1.0, sure), prompt=prompt, usage=usage)

    def render(self, tree: str, schema: Schema, as_of: dt.date) -> str:
        """SQL of `tree`, which is SQL that reads the clock, with `as_of` put in. Raises ParserError for other text."""
        return pinned_again(tree, as_of)

    def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _complete(self, asked: list[ChatCompletionMessageParam], request: ParseRequest) -> _Written:
        """What the model writes."""
        openai, host = self._openai, self._server.host
        try:
            return self._read(asked, request)
        except openai.AuthenticationError as error:
            raise ParserError(f"{host} refused the key; set NL2SQL_SERVER_KEY.") from error
        except openai.NotFoundError as error:
            raise ParserError(f"{host} serves no model called «{self._server.model}».") from error
        except openai.RateLimitError as error:
            raise ParserError(f"{host} is asked too much, or its allowance is used up; try again later.") from error
        except openai.APITimeoutError as error:
            raise ParserError(f"{host} did not answer within {self._server.timeout:g} seconds.") from error
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, self._broken_off):
                raise ParserError(f"{host} broke off in the middle of its answer; ask again.") from error
            raise ParserError(f"No server answers at {host}; start it, or choose another parser.") from error
        except openai.APIError as error:
            raise ParserError(f"{host} could not answer: {_said(error).rstrip('.')}.") from error

    def _read(self, asked: list[ChatCompletionMessageParam], request: ParseRequest) -> _Written:
        """Ask with as many wishes as the server grants; what it refuses once it is not asked for again."""
        for wishes in range(self._wishes, len(_WISHES)):
            try:
                found = self._stream(asked, request, _WISHES[wishes])
            except (self._openai.BadRequestError, self._openai.UnprocessableEntityError):
                if wishes + 1 == len(_WISHES):
                    raise
            else:
                self._wishes = wishes
                return found
        raise AssertionError("there is no wish to ask with")

    def _stream(
        self, asked: list[ChatCompletionMessageParam], request: ParseRequest, wishes: Mapping[str, Any]
    ) -> _Written:
        """Read words as they come, in a thread, so that a cancel need not wait for the next."""
        words: queue.SimpleQueue[ChatCompletionChunk] = queue.SimpleQueue()
        opened: list[Stream[ChatCompletionChunk]] = []
        stopped = threading.Event()

        def run() -> None:
            stream = self._client.chat.completions.create(
                model=self._server.model, messages=asked, stream=True, **wishes
            )
            opened.append(stream)
            if stopped.is_set():  # while the server was thinking
                stream.close()
                return
            for chunk in stream:
                words.put(chunk)

        reading = self._threads.submit(run)
        written = _Written()
        whole_at = math.inf
        try:
            for chunk in _waited_for(words, reading, request.cancel):
                if time.monotonic() > whole_at + _COUNTS_WAIT:
                    self._counts = False  # this server sends none: nobody waits for them again
                    break
                if chunk is None:
                    continue
                written.count(chunk)
                if written.usage is not None:
                    break
                if whole_at < math.inf:
                    continue
                written.take(chunk)
                if request.on_text is not None:
                    request.on_text(written.text)
                if is_finished(_THOUGHT.sub("", written.text)):
                    if not self._counts or "stream_options" not in wishes:
                        break
                    whole_at = time.monotonic()
        finally:
            stopped.set()
            reading.cancel()
            for stream in opened:
                stream.close()  # what reads it in the other thread ends
        return written


@dataclass
class _Written:
    """What a server's model wrote: words, log-probabilities of their tokens and counts, where the server gives them."""

    text: str = ""
    probabilities: list[float] = field(default_factory=list)
    usage: Usage | None = None

    def take(self, chunk: ChatCompletionChunk) -> None:
        """Add the words that came."""
        for choice in chunk.choices[:1]:
            self.text += choice.delta.content or ""
            tokens = choice.logprobs.content if choice.logprobs else None
            self.probabilities += [token.logprob for token in tokens or ()]

    def count(self, chunk: ChatCompletionChunk) -> None:
        """Take note of the counts, where they came."""
        if chunk.usage is not None and not chunk.choices:
            details = chunk.usage.prompt_tokens_details
            known = (details.cached_tokens if details else None) or 0
            self.usage = Usage(chunk.usage.prompt_tokens, known, chunk.usage.completion_tokens)


def _said(error: APIError) -> str:
    """What a server said about a request that it could not answer, in whichever of three ways it says so."""
    body: Any = error.body
    said = first_line(error)
    reason = body.get("detail") if isinstance(body, Mapping) else body
    if isinstance(reason, str) and reason.strip() and not reason.lstrip().startswith("<"):  # a page of some proxy
        said += f" - {reason.strip().splitlines()[0][:200]}"
    return said


def _waited_for(
    words: queue.SimpleQueue[ChatCompletionChunk], reading: Future[None], cancel: Cancel | None
) -> Iterator[ChatCompletionChunk | None]:
    """What comes until `reading` has ended, None while nothing comes.

    Raises what `reading` raised, and QueryCancelledError once `cancel` is set.
    """
    while True:
        if cancel is not None and cancel.is_set():
            raise QueryCancelledError("Stopped.")
        ended = reading.done()
        try:
            yield words.get(timeout=0 if ended else _WAIT)
        except queue.Empty:
            if ended:
                reading.result()
                return
            yield None


def messages(
    request: ParseRequest, tried: Sequence[tuple[str, str]] = ()
) -> tuple[list[ChatCompletionMessageParam], Told]:
    """All that the server is sent for a question, and which tables are among it.

    `tried` are statements that did not bind, each with what was wrong.
    """
    told = within(request, lambda schema: len(sqlcoder.schema_text(schema)), SCHEMA_CHARACTERS)
    instructions = _INSTRUCTIONS.format(
        today=request.as_of, no_answer=_NO_ANSWER, schema=sqlcoder.schema_text(told.schema)
    )
    if request.examples:
        confirmed = "\n\n".join(f"{one.question}\n{one.sql.rstrip(';')};" for one in request.examples)
        instructions += f"\n\nSQL that people confirmed for questions like this:\n\n{confirmed}"
    asked: list[ChatCompletionMessageParam] = [{"role": "system", "content": instructions}]
    for turn in request.history:
        asked += [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.sql}]
    asked.append({"role": "user", "content": request.question})
    for sql, problem in tried:
        asked.append({"role": "assistant", "content": sql})
        asked.append({"role": "user", "content": f"That does not run: {problem} Write the whole statement again."})
    return asked, told
