"""Who may call: the names that the site answers to, the pages that may call it, and the key of its HTTP doors."""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.problems import Problem

WRONG_KEY = Problem(
    401,
    "authentication_error",
    "This needs the header `Authorization: Bearer KEY`, with the key that the server was started with.",
    headers={"WWW-Authenticate": "Bearer"},
)


class KnownHosts:
    """ASGI middleware that turns away foreign names and foreign pages.

    A page of another site can make a browser send us requests, and can point its own name at our address (DNS
    rebinding). So the Host must be an address, this machine's name or one of `hosts`; and where a browser names
    the Origin, it must be the same host, one of `hosts`, or one of `origins`.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str]) -> None:
        self._app = app
        self._given = {host.casefold() for host in hosts}
        self._hosts = self._given | {"localhost", socket.gethostname().casefold()}
        self._origins = {origin.casefold().rstrip("/") for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._refused(headers.get("host", "").casefold(), headers.get("origin", "").casefold())
        await (self._app if problem is None else problem.response())(scope, receive, send)

    def _refused(self, host: str, origin: str) -> Problem | None:
        name = _name(f"//{host}")
        if not (name in self._hosts or _is_address(name)):
            return Problem(421, "host_error", "This server does not answer to that name; DATELINE_HOSTS lists those.")
        if not origin or origin in self._origins:
            return None
        if _place(origin) == host or _name(origin) in self._given:
            return None
        return Problem(403, "permission_error", "Pages of that origin may not call this; DATELINE_ORIGINS lists those.")


class BearerKey:
    """ASGI middleware that asks for the key on every path but the open ones."""

    def __init__(self, app: ASGIApp, key: SecretStr, open_paths: Collection[str]) -> None:
        self._app = app
        self._key = key.get_secret_value().encode()
        self._open = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it."""
        if scope["type"] != "http" or scope["path"] in self._open:
            await self._app(scope, receive, send)
            return
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        # Headers are read as Latin-1, so this gives back the bytes that were sent; compared in constant time.
        right = hmac.compare_digest(given.strip().encode("latin-1"), self._key)
        allowed = right and scheme.casefold() == "bearer"
        await (self._app if allowed else WRONG_KEY.response())(scope, receive, send)


def _name(url: str) -> str:
    """The host name in a url, without its port; empty where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _place(url: str) -> str:
    """The host and port in a url; empty where there are none."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
