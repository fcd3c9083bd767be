"""A language model behind any OpenAI-compatible endpoint: text in, text out as it is written, within bounds."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, Literal

import httpx2
from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    DefaultHttpx2Client,
    OpenAI,
    OpenAIError,
    Stream,
)
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_after_attempt,
    stop_before_delay,
    stop_when_event_set,
)
from tenacity.wait import wait_exponential_jitter

from index.errors import LLMError
from rag.config import Settings

_MOST_BYTES = 4 << 20  # of a reply on the wire: ten thousand tokens, each in an event of its own
_CONNECTING = 5.0  # seconds
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
_BACK_OFF = wait_exponential_jitter(multiplier=0.5, max=8)
_STOPPED = "was stopped"
_GLANCE = 0.1  # seconds between two looks at whether a reply is still wanted
_FAULTS = (OpenAIError, httpx2.HTTPError, httpx2.StreamError, ValueError, TypeError, RecursionError)


class LLM:
    """One model at one endpoint. Thread-safe; nothing is sent before the first `write`."""

    def __init__(self, settings: Settings) -> None:
        """Takes `llm_url`, `llm_model`, `llm_key` and the limits from the settings. Raises LLMError without a url."""
        if settings.llm_url is None:
            raise LLMError("No LLM is set. Set DATELINE_LLM_URL and DATELINE_LLM_MODEL.")
        self.model = settings.llm_model
        self._timeout = settings.llm_timeout
        self._deadline = settings.llm_deadline
        self._retries = settings.llm_retries
        self._options = dict(settings.llm_options)
        self._url = str(settings.llm_url)
        self._key = settings.llm_key.get_secret_value() or "none"  # a local server wants none, the client some
        self._tls = httpx2.create_ssl_context()  # read from files, so once for all replies

    def write(
        self,
        system: str,
        user: str,
        *,
        tokens: int,
        patient: bool = True,
        whole: bool = True,
        stopped: threading.Event | None = None,
    ) -> Generator[str, None, None]:
        """The model's reply, in pieces as they come; closing the iterator closes the connection.

        What may pass by itself (a full or restarting server) is tried again, with growing waits, unless `patient` is
        false; a reply that has begun is not. One cut off by `tokens` is an error, unless `whole` is false. `stopped`,
        set by another thread, closes the connection at once, even where the server is silent. Raises LLMError where
        there is no whole reply: the server is down, refuses, is silent for longer than `llm_timeout`, is not done in
        `llm_deadline`, breaks off, is stopped, or sends something else than a reply.
        """
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": system},
            {"role": "user", "content": user},
        ]
        ended = None
        retries = self._retries if patient else 0
        watched, stopped = stopped is not None, stopped or threading.Event()
        if stopped.is_set():
            raise LLMError(_STOPPED)
        try:
            with (
                self._line(stopped if watched else None) as client,
                closing(self._opened(client, messages, tokens, retries, stopped)) as stream,
            ):
                for chunk in stream:
                    text, reason = _read(chunk)
                    ended = reason or ended
                    if text and not stopped.is_set():
                        yield text
        except _FAULTS as error:
            raise LLMError(_STOPPED if stopped.is_set() else self._fault(error)) from error
        if stopped.is_set():
            raise LLMError(_STOPPED)
        if ended != "stop" and (whole or ended != "length"):
            raise LLMError("broke off before the end of its reply")

    def _fault(self, error: Exception) -> str:
        if isinstance(error, APITimeoutError):
            return f"was silent for {self._timeout:g} s, or not done in {self._deadline:g} s"
        if isinstance(error, APIStatusError):
            return f"answered with HTTP status {error.status_code}"
        if isinstance(error, APIConnectionError):
            return "cannot be reached, or the connection was lost"
        return "sent something that is not a reply"

    @contextmanager
    def _line(self, stopped: threading.Event | None) -> Iterator[OpenAI]:
        """A client with a connection of its own, which is cut when `stopped` is set; where nobody can, none watches."""
        wire, over = _Wire(), threading.Event()

        def cut_when(stopped: threading.Event) -> None:
            while not over.wait(_GLANCE):
                if stopped.is_set():
                    wire.cut()

        http = DefaultHttpx2Client(
            verify=self._tls,
            timeout=httpx2.Timeout(self._timeout, connect=min(_CONNECTING, self._timeout)),
            follow_redirects=False,  # what is sent goes where the settings say
            event_hooks={"request": [wire.tap], "response": [self._bound]},
        )
        with http:
            if stopped is not None:
                threading.Thread(target=cut_when, args=(stopped,), name="hang up", daemon=True).start()
            try:
                yield OpenAI(base_url=self._url, api_key=self._key, max_retries=0, http_client=http)
            finally:
                over.set()

    def _opened(
        self,
        client: OpenAI,
        messages: Sequence[ChatCompletionMessageParam],
        tokens: int,
        retries: int,
        stopped: threading.Event,
    ) -> Stream[ChatCompletionChunk]:
        attempts = Retrying(
            stop=stop_after_attempt(retries + 1) | stop_before_delay(self._deadline) | stop_when_event_set(stopped),
            sleep=sleep_using_event(stopped),
            wait=_wait,
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )
        streaming: Literal[True] = True
        return attempts(
            client.chat.completions.create,
            model=self.model,
            messages=list(messages),
            stream=streaming,
            max_completion_tokens=tokens,
            extra_body=self._options,
        )

    def _bound(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Bounded(response.stream, response.request, time.monotonic() + self._deadline)


class _Wire:
    """The socket of a client with one connection. A thread that waits for bytes on it wakes when another cuts it."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def tap(self, request: httpx2.Request) -> None:
        """Has the client tell us the connection that a request is sent over."""
        request.extensions["trace"] = self._note

    def cut(self) -> None:
        """Ends both directions; to close it would not wake who reads."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _note(self, event: str, told: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = told["return_value"].get_extra_info("socket")


class _Bounded(httpx2.SyncByteStream):
    """The body of a reply, cut short where it is too long or takes too long, whatever it is made of."""

    def __init__(self, body: httpx2.SyncByteStream, request: httpx2.Request, until: float) -> None:
        self._body = body
        self._request = request
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for piece in self._body:
            received += len(piece)
            if time.monotonic() > self._until:
                raise httpx2.ReadTimeout("the deadline has passed", request=self._request)
            if received > _MOST_BYTES:
                raise httpx2.ReadError("the reply is too long", request=self._request)
            yield piece

    def close(self) -> None:
        self._body.close()


def _read(chunk: Any) -> tuple[str, str | None]:
    """The text of a piece, and why the reply ended, if it did. Raises TypeError: the client does not check types."""
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, Iterable):
        raise TypeError("a piece of a reply without choices")
    for choice in choices:
        text, reason = getattr(getattr(choice, "delta", None), "content", None), getattr(choice, "finish_reason", None)
        if not isinstance(text, str | None) or not isinstance(reason, str | None):
            raise TypeError("a piece of a reply that is not text")
        return text or "", reason
    return "", None


def _may_pass(error: BaseException) -> bool:
    # A model too slow to answer in time is no faster when asked twice.
    if isinstance(error, APIStatusError):
        return error.status_code in _AGAIN
    return isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError)


def _wait(state: RetryCallState) -> float:
    """Seconds to the next try: what the server asks for, where that is longer than ours."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.response.headers.get("retry-after", "") if isinstance(error, APIStatusError) else ""
    return max(_BACK_OFF(state), float(asked) if asked.isdecimal() else 0.0)
