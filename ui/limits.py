"""How much one caller may send: the size and time of a body, the requests a minute, and logins that fail."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.problems import Problem

BODY_SECONDS = 20.0
REST_SECONDS = 2.0
CLIENTS_KEPT = 10_000


class BoundedBody:
    """ASGI middleware that reads a whole body before it is passed on: `size` bytes within `seconds` at most."""

    def __init__(self, app: ASGIApp, size: int, seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._size = size
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > self._size:
            await self._refuse(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._read(receive), self._seconds)
        except TimeoutError:
            problem = Problem(408, "timeout_error", f"The request had not arrived after {self._seconds:g} seconds.")
            await problem.response()(scope, receive, send)
            return
        if body is None:
            await self._refuse(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """The body; None where it is too large; what had come of it, where the caller went away."""
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._size:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        # What is still coming is let go by for a little: a connection closed on a sender may lose the answer.
        with suppress(TimeoutError):
            await asyncio.wait_for(_let_go_by(receive), REST_SECONDS)
        problem = Problem(413, "invalid_request_error", f"The request is too large: {self._size:,} bytes is the most.")
        await problem.response()(scope, receive, send)


async def _let_go_by(receive: Receive) -> None:
    while (await receive()).get("more_body", False):
        pass


class Buckets:
    """A token bucket for each client: `rate` tokens in `per` seconds, and as many at once after so long a rest.

    A client is known by its address; of an IPv6 address by the /64, as one caller has a whole one. Remembers the
    10,000 clients seen last.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic, *, per: float = 60) -> None:
        self._rate = rate
        self._per = per
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client: tokens, and when it had them

    def take(self, address: str) -> float:
        """Takes a token and returns 0, or returns the seconds until there is one."""
        client = _client(address)
        level = self._level(client)
        wait = 0.0 if level >= 1 else (1 - level) * self._per / self._rate
        self._keep(client, level if wait else level - 1)
        return wait

    def give_back(self, address: str) -> None:
        """Puts back a token that was taken."""
        client = _client(address)
        self._keep(client, self._level(client) + 1)

    def _level(self, client: str) -> float:
        now = self._clock()
        level, then = self._levels.get(client, (float(self._rate), now))
        return min(self._rate, level + (now - then) * self._rate / self._per)

    def _keep(self, client: str, level: float) -> None:
        self._levels[client] = (level, self._clock())
        self._levels.move_to_end(client)
        if len(self._levels) > CLIENTS_KEPT:
            self._levels.popitem(last=False)


class RateLimit:
    """ASGI middleware that puts off a client that asks too often, on every path but the open ones."""

    def __init__(self, app: ASGIApp, rate: int, open_paths: Collection[str]) -> None:
        self._app = app
        self._rate = rate
        self._buckets = Buckets(rate)
        self._open = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it."""
        if scope["type"] == "http" and scope["path"] not in self._open:
            wait = self._buckets.take(address_of(scope))
            if wait:
                message = f"{self._rate} requests a minute is the most. Ask again in {math.ceil(wait)} s."
                problem = Problem(429, "rate_limit_error", message, headers={"Retry-After": str(math.ceil(wait))})
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)


class LoginLimit:
    """ASGI middleware that puts off a client whose logins fail: `failures` holds a token for each that may.

    It answers 400, the one refusal that Gradio's login page shows; what it says there stands in LOGINS.
    """

    def __init__(self, app: ASGIApp, failures: Buckets) -> None:
        self._app = app
        self._failures = failures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].rstrip("/").endswith("/login"):
            await self._app(scope, receive, send)
            return
        address = address_of(scope)
        wait = math.ceil(self._failures.take(address))
        if wait:
            message = f"Too many logins have failed. Try again in {wait} s."
            problem = Problem(400, "rate_limit_error", message, headers={"Retry-After": str(wait)})
            await problem.response()(scope, receive, send)
            return

        async def send_and_forgive(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                self._failures.give_back(address)
            await send(message)

        await self._app(scope, receive, send_and_forgive)


def login_failures() -> Buckets:
    """The logins that may fail: ten of one address at once, and then one a minute."""
    return Buckets(10, per=600)


LOGINS = "After ten wrong passwords, one more is looked at each minute."


def address_of(scope: Scope) -> str:
    """The caller's address, empty where there is none."""
    return str((scope.get("client") or ("",))[0])


def _client(name: str) -> str:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name
    return name if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
