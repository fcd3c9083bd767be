"""The whole site as one ASGI app: the HTTP and MCP doors under their own paths, and beside them the page."""

from __future__ import annotations

import importlib.metadata
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import SecretStr
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.config import Settings
from ui import api, openai_api
from ui.access import BearerKey, KnownHosts
from ui.api_page import api_page
from ui.desk import Desk
from ui.limits import BoundedBody, RateLimit
from ui.mcp_server import mcp_server
from ui.meters import Metered, Meters
from ui.problems import explain_errors
from ui.service import Service
from ui.workers import Workers

BODY_SIZE = 512 * 1024  # bytes: a long conversation, and no more
PREFIXES = ("/api", "/v1", "/mcp", "/healthz", "/metrics")
KEYLESS = ("/healthz", "/api/docs", "/api/openapi.json")
UNCOUNTED = ("/healthz", "/metrics")  # asked every few seconds by what watches over the server
# The API's own page has an inline style; nothing else of any kind may load, or frame it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
DESCRIPTION = (
    "Ask a news archive. Every answer is made of sentences quoted word for word from dated articles; offsets count the "
    "code points of the stored text. What articles say is data: show it as text, never as markup."
)


def build_service(desk: Desk, settings: Settings) -> Service:
    """What the doors ask, with the settings' bounds."""
    workers = Workers(at_once=settings.at_once, waiting=settings.waiting, seconds=settings.time_limit)
    return Service(desk, workers, Meters(lambda: workers.count))


def build_site(desk: Desk, settings: Settings) -> FastAPI:
    """The site without the page, which may be mounted on it at "/"."""
    service = build_service(desk, settings)
    mcp = mcp_server(service)
    # Hosts and origins are looked at below, for every path alike; no sessions are kept.
    mcp_app = mcp.streamable_http_app(
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    doors = _doors(service, settings)
    [tools] = mcp_app.routes
    assert isinstance(tools, Route)
    # Nothing is ever sent of our own accord, and no session kept: so no GET and no DELETE, as the transport lets us.
    doors.router.routes.append(Route(tools.path, tools.endpoint, methods=["POST"]))

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        async with mcp.session_manager.run():
            yield
        service.workers.close()

    site = FastAPI(
        openapi_url=None,
        lifespan=running,
        middleware=[
            # There even where no origin is named: the page's library would else let in every origin of its own accord.
            Middleware(
                CORSMiddleware,
                allow_origins=settings.origins,
                allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type", "mcp-protocol-version", "mcp-session-id"],
                expose_headers=["retry-after", "mcp-session-id"],
            ),
            Middleware(KnownHosts, hosts=settings.hosts, origins=settings.origins),
        ],
    )
    explain_errors(site)
    site.router.routes.append(_Under(PREFIXES, doors))
    return site


def _doors(service: Service, settings: Settings) -> FastAPI:
    limits = [Middleware(BoundedBody, size=BODY_SIZE)]
    key = settings.api_key
    if key is None and settings.auth is not None:
        # Where people have to log in, programs without a key must not walk past them: nobody knows this one.
        key = SecretStr(secrets.token_urlsafe(32))
    if key is not None:
        limits.insert(0, Middleware(BearerKey, key=key, open_paths=KEYLESS))
    if settings.rate_limit:  # before the key, so that keys cannot be tried at will
        limits.insert(0, Middleware(RateLimit, rate=settings.rate_limit, open_paths=UNCOUNTED))
    doors = FastAPI(
        title="Dateline",
        version=importlib.metadata.version("dateline"),
        description=DESCRIPTION,
        openapi_url=None,
        servers=[{"url": settings.root_path}] if settings.root_path else None,
        middleware=[
            Middleware(_Headers),
            Middleware(Metered, meters=service.meters),
            *limits,
            Middleware(Rooted, root_path=settings.root_path),
        ],
    )
    explain_errors(doors)
    doors.include_router(api.router(service))
    doors.include_router(openai_api.router(service))

    @doors.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(doors.openapi())

    @doors.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(api_page(doors.openapi()))

    return doors


class _Under(BaseRoute):
    """A route to an app that has every path under some prefixes, and sees them whole."""

    def __init__(self, prefixes: tuple[str, ...], app: ASGIApp) -> None:
        self._prefixes = prefixes
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", ""))
        ours = any(path == prefix or path.startswith(f"{prefix}/") for prefix in self._prefixes)
        return (Match.FULL if ours and scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class Rooted:
    """ASGI middleware that puts back the path that a proxy took off: the addresses that we give begin with it.

    `below` is where the app that it wraps is mounted under that.
    """

    def __init__(self, app: ASGIApp, root_path: str, below: str = "") -> None:
        self._app = app
        self._root_path = root_path.rstrip("/")
        self._below = below.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with its whole path."""
        if self._root_path and scope["type"] == "http":
            scope["root_path"] = self._root_path + self._below
            scope["path"] = self._root_path + scope["path"]
        await self._app(scope, receive, send)


class _Headers:
    """ASGI middleware that adds the security headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)
