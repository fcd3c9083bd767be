"""What the chat replies to a question, from its place in line to the whole answer."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import gradio as gr

from index.errors import DatelineError
from rag.background import on_thread
from ui.answers import answer_html
from ui.choices import Choices
from ui.conversation import History, message, pack, turn_of, turns, unpack
from ui.desk import Desk
from ui.faces import face_html
from ui.limits import Buckets
from ui.suggestions import follow_ups
from ui.waiting import Busy, WaitingLine
from ui.wording import SEARCHING, STOPPED

log = logging.getLogger(__name__)

ASKED_AT_ONCE = 4
IN_LINE_AT_MOST = 32
LOADING = "Loading the language model, then looking through the archive: the first answer takes a few seconds …"
STOPPED_EARLY = "This question was stopped before there was an answer. It can be asked again."
TOO_OFTEN = "You have asked many questions within a minute. Ask this one again in {} s; nothing was lost."
FAILED = "Something went wrong in Dateline itself; its log says what. Other questions may still be answered."


class Replies:
    """Answers the page's questions, a few at a time; whatever goes wrong, the reader is told and not left waiting."""

    def __init__(self, desk: Desk, line: WaitingLine | None = None, *, asked: Buckets | None = None) -> None:
        """`asked` bounds how often one reader may ask."""
        self._desk = desk
        self._asked = asked
        self._line = line or WaitingLine(at_once=ASKED_AT_ONCE, waiting=IN_LINE_AT_MOST)

    async def respond(
        self,
        question: str,
        history: History,
        as_of: str | None,
        first: str | None,
        last: str | None,
        sources: Sequence[str] | None,
        newest: bool,
        request: gr.Request | None = None,
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The messages that stand in the reply's place one after another; the last stays.

        One that is cancelled ends with what was said so far, marked as stopped.
        """
        typed = (as_of, first, last, sources, newest)
        reader = request.client.host if request is not None and request.client is not None else ""
        if self._asked is not None and (wait := self._asked.take(reader)):
            yield message(face_html("Busy just now", TOO_OFTEN.format(math.ceil(wait))))
            return
        said: dict[str, Any] = {}
        try:
            async with aclosing(on_thread(lambda left: self._spoken(question, history, typed, left))) as speaking:
                async for said in speaking:
                    yield said
        except asyncio.CancelledError:  # Gradio's Stop; the page still takes what comes before the end
            if task := asyncio.current_task():
                task.uncancel()
            yield _stopped(said, 1 + turn_of(history))

    def _spoken(
        self, question: str, history: History, typed: tuple[Any, ...], left: threading.Event
    ) -> Generator[dict[str, Any], None, None]:
        try:
            choices = Choices.typed(*typed)
            with self._line.place() as place:
                for ahead in place.waits():
                    yield message(face_html("In line", _ahead(ahead), "wait"))
                yield message(face_html("Searching", SEARCHING if self._desk.is_warm else LOADING, "wait"))
                self._desk.warm()
                yield from self._answers(question, history, choices, left)
        except Busy as error:
            yield message(face_html("Busy just now", str(error)))
        except DatelineError as error:
            yield message(face_html("This question could not be answered", str(error)))
        except Exception:  # the reader must not be left waiting, whatever went wrong
            log.exception("A question failed.")
            yield message(face_html("This question could not be answered", FAILED))

    def _answers(
        self, question: str, history: History, choices: Choices, left: threading.Event
    ) -> Iterator[dict[str, Any]]:
        turn = 1 + turn_of(history)
        answers = self._desk.assistant().stream(
            question, as_of=choices.as_of, history=turns(history), where=choices.where, stopped=left
        )
        answer = None
        for answer in answers:
            if not choices.newest:  # put in another order, what is there already would move
                yield message(answer_html(answer, turn), pack(answer, choices))
        if answer is not None:
            arranged = choices.arranged(answer)
            yield message(answer_html(arranged, turn), pack(arranged, choices), follow_ups(arranged))


def _stopped(said: dict[str, Any], turn: int) -> dict[str, Any]:
    kept = unpack(said.get("metadata", {}).get("id"))
    if kept is None:
        return message(face_html("Stopped", STOPPED_EARLY, "stopped"))
    answer, choices = kept
    answer = replace(answer, notes=(*answer.notes, STOPPED))
    return message(answer_html(answer, turn), pack(answer, choices))


def _ahead(count: int) -> str:
    return f"{count} {'question is' if count == 1 else 'questions are'} ahead of yours …"
