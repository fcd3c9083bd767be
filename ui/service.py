"""What every door but the page asks: the desk's assistant, on a bounded number of threads, counted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from index.article import Article
from index.store import Coverage, Filter
from rag.answer import Answer, Evidence, Turn
from ui.desk import Desk
from ui.meters import Meters
from ui.workers import Workers


@dataclass(frozen=True, slots=True)
class Holding:
    """What the served generation holds, and whether the models are loaded."""

    generation: str
    coverage: Coverage
    ready: bool


@dataclass(frozen=True, slots=True)
class Service:
    """Answers for the HTTP and MCP doors. Every method raises DatelineError, Busy and OutOfTime among them."""

    desk: Desk
    workers: Workers
    meters: Meters

    async def ask(self, question: str, *, as_of: date | None, where: Filter, history: Sequence[Turn] = ()) -> Answer:
        """The answer to a question, or an abstention."""
        answer = await self.workers.run(
            lambda: self.desk.assistant().ask(question, as_of=as_of, history=history, where=where)
        )
        self.meters.answered(answer.abstained)
        return answer

    async def stream(
        self, question: str, *, as_of: date | None, where: Filter, history: Sequence[Turn] = ()
    ) -> AsyncIterator[Answer]:
        """The answer as it grows: the text of each is a prefix of the next one's, and the last is whole."""
        stopped = threading.Event()
        growing = await self.workers.run(
            lambda: self.desk.assistant().stream(question, as_of=as_of, history=history, where=where, stopped=stopped)
        )
        last = None
        try:
            while (answer := await self.workers.run(lambda: next(growing, None))) is not None:
                yield answer
                last = answer
        finally:
            stopped.set()  # where the caller has gone, no LLM goes on writing
        if last is not None:
            self.meters.answered(last.abstained)

    async def retrieve(self, question: str, *, k: int, as_of: date | None, where: Filter) -> list[Evidence]:
        """The `k` passages that fit a question best, best first."""
        return await self.workers.run(lambda: self.desk.assistant().retrieve(question, k=k, as_of=as_of, where=where))

    async def article(self, article_id: str, *, as_of: date | None = None) -> Article | None:
        """The stored article; None where there is none, or none that may be seen as of the day."""
        found = await asyncio.to_thread(lambda: self.desk.assistant().article(article_id))
        return found if found is not None and Filter(last=as_of).admits(found) else None

    async def holding(self) -> Holding:
        """What the archive holds; answered however busy the workers are."""

        def look() -> Holding:
            assistant = self.desk.assistant()
            return Holding(assistant.generation, assistant.coverage(), self.desk.is_warm)

        return await asyncio.to_thread(look)
