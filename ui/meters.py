"""What is counted for Prometheus, in a registry of the site's own."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Meters:
    """Requests and their time by route, answers by outcome, and how many questions are under way."""

    def __init__(self, under_way: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "dateline_requests", "HTTP requests answered.", ("route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "dateline_request_seconds",
            "Time from a request to the end of its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._answers = Counter("dateline_answers", "Questions by outcome.", ("outcome",), registry=self._registry)
        for outcome in ("answered", "abstained"):
            self._answers.labels(outcome)  # there from the start, at nought
        gauge = Gauge("dateline_under_way", "Questions being answered or in line.", registry=self._registry)
        gauge.set_function(under_way)

    def answered(self, abstained: bool) -> None:
        """Counts one answer."""
        self._answers.labels("abstained" if abstained else "answered").inc()

    def requested(self, route: str, status: int, seconds: float) -> None:
        """Counts one request; `route` is its template, so that there are few of them."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> str:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry).decode()


class Metered:
    """ASGI middleware that counts each request when its answer has been sent."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and counts it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        status = 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._meters.requested(route, status, time.monotonic() - began)
