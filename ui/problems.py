"""Errors as HTTP callers get them: one JSON shape, which OpenAI's clients read too, and no path or traceback in it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from index.errors import ArchiveError, ArchiveMissing, Busy, DatelineError, OutOfTime, QuestionError

log = logging.getLogger(__name__)

WAIT = {"Retry-After": "5"}  # seconds


class Trouble(BaseModel):
    """What went wrong: `type` for a program, `message` for a person, `param` the field where it is one's."""

    type: str
    message: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """The body of every response that is not a success."""

    error: Trouble


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal or a failure as a status, its type and its message."""

    status: int
    type: str
    message: str
    param: str | None = None
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> JSONResponse:
        """The response that says so."""
        body = ErrorBody(error=Trouble(type=self.type, message=self.message, param=self.param, code=self.code))
        return JSONResponse(body.model_dump(), self.status, self.headers)


UNFORESEEN = Problem(500, "server_error", "Something went wrong in Dateline itself; its log says what.")
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found", 405: "method_not_allowed"}


def problem_of(error: DatelineError) -> Problem:
    """An error as callers get it. What may name a file of the server is put in other words, and logged."""
    if isinstance(error, QuestionError):
        return Problem(422, "invalid_request_error", str(error), "question")
    if isinstance(error, Busy):
        return Problem(503, "overloaded_error", str(error), headers=WAIT)
    if isinstance(error, OutOfTime):
        return Problem(504, "timeout_error", str(error), headers=WAIT)
    log.warning("A request failed: %s", error)
    if isinstance(error, ArchiveMissing):
        return Problem(503, "archive_missing", "There is no archive to ask here yet.", headers=WAIT)
    if isinstance(error, ArchiveError):
        return Problem(503, "archive_error", "The archive cannot be read just now.", headers=WAIT)
    return UNFORESEEN


def explain_errors(app: FastAPI) -> None:
    """Makes an app answer every error in the one shape."""

    async def deliberate(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DatelineError)
        return problem_of(error).response()

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = [str(part) for part in first["loc"][1:]]
        message = f"{'.'.join(where)}: {first['msg']}" if where else str(first["msg"])
        return Problem(422, "invalid_request_error", message, ".".join(where) or None).response()

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        kind = TYPES.get(error.status_code, "invalid_request_error")
        return Problem(error.status_code, kind, str(error.detail), headers=dict(error.headers or {})).response()

    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        return UNFORESEEN.response()  # the server logs the traceback

    app.add_exception_handler(DatelineError, deliberate)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, unforeseen)
