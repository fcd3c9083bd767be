"""The OpenAI-compatible door: chat completions with url citations, so that existing chat clients can ask.

Offsets of an annotation count the code points of the message's content, as those of the sentence it points to count
the stored article's. Nothing that a client says in a system message or in earlier answers is obeyed or cited.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import JSONResponse, StreamingResponse

from index.errors import DatelineError, QuestionError
from index.store import Filter
from rag.answer import Answer, Turn
from ui.api import ALWAYS, ASKED, problems
from ui.problems import problem_of
from ui.schemas import AsOf, Cited, First, Last, Sources
from ui.service import Service

MODEL = "dateline"


class TextPart(BaseModel):
    """A part of a message; only text can be asked."""

    type: Literal["text"]
    text: Annotated[str, Field(max_length=20_000)]


class Message(BaseModel):
    """A message of the conversation; what other fields it has is passed over."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[str, Field(max_length=20_000)] | Annotated[list[TextPart], Field(max_length=20)] | None = None

    @property
    def text(self) -> str:
        """The words of it."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or ())


class StreamOptions(BaseModel):
    """How a stream ends."""

    include_usage: StrictBool = False


class ChatRequest(BaseModel):
    """A conversation whose last message of the user is the question.

    `as_of`, `first`, `last` and `sources` are Dateline's own (an OpenAI client's `extra_body`). Other settings of the
    OpenAI API, such as the temperature, are passed over: they have no meaning here.
    """

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, Field(max_length=200, examples=[MODEL])] = MODEL
    messages: Annotated[list[Message], Field(min_length=1, max_length=200)]
    stream: StrictBool | None = False
    stream_options: StreamOptions | None = None
    as_of: AsOf = None
    first: First = None
    last: Last = None
    sources: Sources = ()


class UrlCitation(BaseModel):
    """Where in the message the cited words stand, and what they cite."""

    start_index: int
    end_index: int
    url: str
    title: str


class Annotation(BaseModel):
    """A citation as OpenAI's clients know it, and the whole of it as Dateline gives it."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation
    dateline: Cited


class Reply(BaseModel):
    """The assistant's message; an abstention has no annotations."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The one choice there is."""

    index: int = 0
    message: Reply
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Usage(BaseModel):
    """Tokens used: none are counted here."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Completion(BaseModel):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    usage: Usage = Usage()


class Model(BaseModel):
    """The one model there is: the archive, asked."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = MODEL


class Models(BaseModel):
    """The models there are."""

    object: Literal["list"] = "list"
    data: list[Model]


def router(service: Service) -> APIRouter:
    """The routes, answering from a service."""
    routes = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], responses=ALWAYS)
    streamed = {"description": "The completion, or with `stream` its chunks", "content": {"text/event-stream": {}}}

    @routes.get("/models")
    async def models() -> Models:
        """List the models: there is one."""
        return Models(data=[Model()])

    @routes.post(
        "/chat/completions",
        response_model=Completion,
        responses=ASKED | problems({404: "No such model"}) | {200: streamed},
    )
    async def complete(asked: ChatRequest, request: Request) -> JSONResponse | StreamingResponse:
        """Answer the last question of a conversation, with citations in the message's annotations."""
        if asked.model != MODEL:
            raise HTTPException(404, f"There is no model of that name here: the model is {MODEL!r}.")
        question, turns = conversation(asked.messages)
        where = Filter(asked.first, asked.last, frozenset(asked.sources))
        base = str(request.base_url)
        if not asked.stream:
            answer = await service.ask(question, as_of=asked.as_of, where=where, history=turns)
            reply = Reply(content=answer.text, annotations=list(url_citations(answer, base)))
            whole = Completion(id=_new_id(), created=int(time.time()), choices=[Choice(message=reply)])
            return JSONResponse(whole.model_dump(mode="json"))
        growing = service.stream(question, as_of=asked.as_of, where=where, history=turns)
        began = await anext(growing)  # what is wrong with the question is known now, while there is a status to give
        usage = asked.stream_options is not None and asked.stream_options.include_usage
        return StreamingResponse(_events(began, growing, base, usage=usage), media_type="text/event-stream")

    return routes


def conversation(messages: list[Message]) -> tuple[str, list[Turn]]:
    """The question, and the turns before it. Raises QuestionError where no message is the user's."""
    asked = [place for place, message in enumerate(messages) if message.role == "user"]
    if not asked:
        raise QuestionError("No message is from the user, so there is no question.")
    turns = []
    for place, following in pairwise(asked):
        answers = [message.text for message in messages[place:following] if message.role == "assistant"]
        turns.append(Turn(messages[place].text, "\n".join(answers)))
    return messages[asked[-1]].text, turns


def url_citations(answer: Answer, base: str) -> Iterator[Annotation]:
    """A url citation for each place in the text that quotes a citation, or bears its number where none does.

    `base` is this server's own address, with its slash: an article without a url of its own is cited at it.
    """
    sentences = {citation.sentence for citation in answer.citations}
    longest_first = "|".join(map(re.escape, sorted(sentences, key=len, reverse=True)))
    quoted = list(re.finditer(longest_first, answer.text)) if sentences else []
    for number, citation in enumerate(answer.citations, 1):
        places = [match.span() for match in quoted if match[0] == citation.sentence]
        for start, end in places or [match.span() for match in re.finditer(rf"\[{number}\]", answer.text)]:
            cited = Cited.of(number, citation)
            url = cited.url or f"{base}api/articles/{cited.article_id}"
            where = UrlCitation(start_index=start, end_index=end, url=url, title=cited.title)
            yield Annotation(url_citation=where, dateline=cited)


async def _events(began: Answer, growing: AsyncIterator[Answer], base: str, *, usage: bool) -> AsyncIterator[str]:
    """The answer as server-sent events; its annotations come with the end, when the text they point into is whole."""
    head: dict[str, Any] = {"id": _new_id(), "object": "chat.completion.chunk", "created": int(time.time())}
    head["model"] = MODEL

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _event(head | {"choices": [choice]})

    yield chunk({"role": "assistant", "content": began.text})
    last = began
    try:
        async for answer in growing:
            if answer.text != last.text:
                yield chunk({"content": answer.text[len(last.text) :]})
            last = answer
    except DatelineError as error:
        problem = problem_of(error)
        yield _event({"error": {"message": problem.message, "type": problem.type, "param": None, "code": None}})
        return
    cited = [annotation.model_dump(mode="json") for annotation in url_citations(last, base)]
    yield chunk({"annotations": cited} if cited else {}, "stop")
    if usage:
        yield _event(head | {"choices": [], "usage": Usage().model_dump()})
    yield "data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"
