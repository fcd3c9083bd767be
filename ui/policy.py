"""What the page may load, and which of Gradio's doors stand open: those that the chat itself uses."""

from __future__ import annotations

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Gradio's own page needs inline scripts and styles. Nothing may be fetched from, or sent to, another host.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'none'; "
    "frame-ancestors 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
# Gradio also serves files by path, fetches addresses for the visitor and takes uploads. The chat needs none of it.
_INNER = re.compile(r"/gradio_api/(?P<door>.*)", re.S)
_OPEN = re.compile(
    r"(?:queue/(?:join|data)|run/predict|cancel|reset|heartbeat/\w+|startup-events|theme\.css|app_id|login_check|user)/?"
)
_SHUT = re.compile(r"/(?:file(?:=|/)|proxy=|upload|monitoring|pwa_icon|config/?$|manifest\.json)")


class ContentPolicy:
    """Middleware: the content security policy on every response, and 404 at the doors that are shut."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or has the app answer it."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        shut = scope["type"] == "http" and is_shut(scope["path"])
        await (PlainTextResponse("Not found", 404) if shut else self._app)(scope, receive, send_with_policy)


def is_shut(path: str) -> bool:
    """Whether a path is one of Gradio's doors that the chat does not use."""
    inner = _INNER.search(path)
    if inner:
        return _OPEN.fullmatch(inner["door"]) is None
    return _SHUT.search(path) is not None
