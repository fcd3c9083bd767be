"""The native HTTP door: questions, passages, articles, the archive's status, health and metrics."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import PlainTextResponse, Response

from ui.problems import ErrorBody
from ui.schemas import (
    NO_ARTICLE,
    ArticleId,
    ArticleResponse,
    AskRequest,
    AskResponse,
    AsOf,
    Health,
    RetrieveRequest,
    RetrieveResponse,
    StatusResponse,
    passages,
)
from ui.service import Service


def problems(meanings: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """The responses of a route that are not a success, by status; all have the one shape."""
    return {status: {"model": ErrorBody, "description": why} for status, why in meanings.items()}


ALWAYS = problems(
    {
        401: "The key is missing or wrong",
        403: "A page of another origin",
        413: "The request is too large",
        421: "The server does not answer to that name",
        429: "Too many requests; Retry-After says how long to wait",
        503: "Too busy, or there is no archive yet; Retry-After says how long to wait",
        504: "The answer took too long",
    }
)
ASKED = problems({400: "The body is not JSON", 422: "The request is not as it should be; the message says where"})
FETCHED = problems({404: "No such article", 422: "Not an article's id, or not a day"})


def router(service: Service) -> APIRouter:
    """The routes, answering from a service."""
    routes = APIRouter(responses=ALWAYS)

    @routes.post("/api/ask", tags=["questions"], responses=ASKED)
    async def ask(asked: AskRequest) -> AskResponse:
        """Answer a question from the archive, each sentence cited; or abstain."""
        answer = await service.ask(asked.question, as_of=asked.as_of, where=asked.where(), history=asked.turns())
        return AskResponse.of(answer)

    @routes.post("/api/retrieve", tags=["questions"], responses=ASKED)
    async def retrieve(asked: RetrieveRequest) -> RetrieveResponse:
        """Find the passages that fit a question best, best first."""
        found = await service.retrieve(asked.question, k=asked.k, as_of=asked.as_of, where=asked.where())
        return RetrieveResponse(passages=passages(found))

    @routes.get("/api/articles/{article_id}", tags=["archive"], responses=FETCHED)
    async def article(article_id: Annotated[ArticleId, Path()], as_of: AsOf = None) -> ArticleResponse:
        """Get the whole stored text behind a citation."""
        found = await service.article(article_id, as_of=as_of)
        if found is None:
            raise HTTPException(404, NO_ARTICLE)
        return ArticleResponse.of(found)

    @routes.get("/api/status", tags=["archive"])
    async def status() -> StatusResponse:
        """Say what the archive holds: articles, days, sources."""
        held = await service.holding()
        return StatusResponse.of(held.generation, held.coverage, ready=held.ready)

    @routes.get("/healthz", tags=["running"])
    async def health() -> Health:
        """Say whether questions can be asked: 200, or 503 with the reason. Needs no key."""
        return Health(status="ok", generation=(await service.holding()).generation)

    @routes.get("/metrics", tags=["running"], response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Give counts and times in Prometheus's text format."""
        return Response(service.meters.text(), media_type=CONTENT_TYPE_LATEST)

    return routes
