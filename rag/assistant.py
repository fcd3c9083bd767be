"""The one door: a question in, a cited answer out."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from itertools import islice, tee, zip_longest
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from index.article import Article
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.store import Coverage, Filter, Store
from index.stores import open_store, served_generation
from rag.answer import Answer, Citation, Evidence, Turn
from rag.background import on_thread
from rag.composer import FIGURES, Candidate, compose
from rag.config import Settings, load_settings
from rag.courtesy import courtesy
from rag.followup import asks_for_more, standalone
from rag.look import Look, candidates, evidence_of
from rag.query import Query, understand
from rag.reader import Reader, confidence, load_reader
from rag.retriever import Retriever

if TYPE_CHECKING:
    from rag.generator import Draft, Gate

_POOL = 60  # passages that are ranked for a question
_CONSIDERED = 24  # sentences that may be cited, of which a timeline is made
_OFFERED = 8  # sentences that an LLM is given to write from
_STANDS_IN = "the answer is the source sentences themselves."


@dataclass(frozen=True)
class Finding:
    """What was found for a question, before and after deciding whether it is an answer.

    `sentences` are those that it cites, or would cite if it did not abstain; `ranked` the best sentences for each part
    of the question, best first, which are read once.
    """

    answer: Answer
    sentences: tuple[Citation, ...]
    ranked: Sequence[Iterator[Candidate]]

    @cached_property
    def offered(self) -> tuple[Citation, ...]:
        """What an LLM may write from; none where the answer is an abstention or a timeline."""
        if self.answer.abstained or self.answer.timeline:
            return ()
        return _offered(self.sentences, self.ranked)


class Assistant:
    """Answers questions from one archive. Thread-safe; models are loaded at the first question, or by `warm`."""

    def __init__(
        self,
        archive: str | Path | None = None,
        *,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        reader: Reader | None = None,
        gate: Gate | None = None,
        loading: threading.Lock | None = None,
    ) -> None:
        """Opens the served generation of an archive: a folder, or the url of a store it was copied to.

        `gate` checks what an LLM writes, where the settings name one; the verifier, where it is not given. Assistants
        that share an embedder share `loading` too: one at a time loads models. Raises ArchiveMissing, ArchiveDamaged
        or ModelMismatch where the archive cannot be asked with these settings.
        """
        self._settings = settings or load_settings(archive=archive)
        self._location = archive if archive is not None else self._settings.location
        self._embedder = embedder or SentenceTransformerEmbedder(self._settings.model, device=self._settings.device)
        self._lock = threading.Lock()
        self._loading = loading or threading.Lock()
        self._warm = threading.Event()
        self._store: Store = open_store(self._location, self._embedder.card)
        self._reader = reader or load_reader(self._settings.reader, self._embedder, device=self._settings.device)
        self._writer = self._rewriter = None
        if self._settings.llm_url is not None:
            from rag.generator import Writer
            from rag.llm import LLM
            from rag.rewriter import Rewriter
            from rag.verifier import Verifier

            llm = LLM(self._settings)
            self._writer = Writer(llm, gate or Verifier())
            self._rewriter = Rewriter(llm)

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def generation(self) -> str:
        """The name of the generation that answers come from."""
        return self._store.generation

    @property
    def archive(self) -> Path:
        """The folder of the archive; that of the settings where a store is asked instead."""
        return self._settings.archive if "://" in str(self._location) else Path(self._location)

    @property
    def store(self) -> Store:
        """What is asked: the generation that is open now."""
        return self._store

    def coverage(self) -> Coverage:
        """What the archive holds."""
        return self._store.coverage()

    def days(self, where: Filter | None = None) -> list[tuple[date, int]]:
        """How many articles of each day the filter lets through, by day."""
        return self._store.days(where or Filter())

    def article(self, article_id: str) -> Article | None:
        """The whole article behind a citation, or None."""
        return self._store.article(article_id)

    @property
    def is_warm(self) -> bool:
        """Whether the models are loaded, so that a question is answered at once."""
        return self._warm.is_set()

    def warm(self) -> None:
        """Loads the models, or waits until they are, so that the first question need not. Raises ModelError."""
        with self._loading:  # one thread does: the library behind both cannot be imported by two at a time
            if not self.is_warm:
                self._reader.warm()
                self._embedder.embed_question("?")
                self._warm.set()

    def refresh(self) -> bool:
        """Opens the generation that is served now, if it is another than the one open; says whether it was."""
        if served_generation(self._location) == self.generation:
            return False
        # Questions under way keep the store they began with; it is let go of with the last of them.
        with self._lock:
            self._store = open_store(self._location, self._embedder.card, self._store)
        return True

    def close(self) -> None:
        """Lets go of the archive."""
        self._store.close()

    def ask(
        self, question: str, *, as_of: date | None = None, history: Sequence[Turn] = (), where: Filter | None = None
    ) -> Answer:
        """The answer to a question, with the source sentences it rests on, or an abstention.

        `as_of` is the day the question is asked as of: nothing published later is seen, and "last week" is the
        week before it. `where` narrows the search further. Raises QuestionError.
        """
        *_, answer = self.stream(question, as_of=as_of, history=history, where=where)
        return answer

    def stream(
        self,
        question: str,
        *,
        as_of: date | None = None,
        history: Sequence[Turn] = (),
        where: Filter | None = None,
        stopped: threading.Event | None = None,
    ) -> Generator[Answer, None, None]:
        """The answer as it grows, a sentence at a time: each is a prefix of the next, and the last is whole.

        Closing the iterator ends the LLM's writing, where one writes; so does `stopped`, set by another thread.
        """
        began = time.monotonic()
        finding = self.find(question, as_of=as_of, history=history, where=where, stopped=stopped)
        answer = finding.answer
        if self._writer is not None and finding.offered:
            with closing(self._writer.write(answer.searched_for, finding.offered, stopped)) as drafts:
                for draft in drafts:
                    answer = _as_written(finding.answer, draft, self._writer.model, time.monotonic() - began)
                    if answer.written_by:
                        yield answer
        if not answer.written_by:
            yield from _growing(answer)

    def retrieve(
        self, question: str, *, k: int = 10, as_of: date | None = None, where: Filter | None = None
    ) -> list[Evidence]:
        """The `k` passages that fit a question best, best first."""
        return list(self.find(question, as_of=as_of, where=where, k=k).answer.evidence)

    async def aask(
        self, question: str, *, as_of: date | None = None, history: Sequence[Turn] = (), where: Filter | None = None
    ) -> Answer:
        """`ask`, on a thread, so that an event loop goes on meanwhile."""
        return await asyncio.to_thread(self.ask, question, as_of=as_of, history=history, where=where)

    async def astream(
        self, question: str, *, as_of: date | None = None, history: Sequence[Turn] = (), where: Filter | None = None
    ) -> AsyncIterator[Answer]:
        """`stream`, on a thread; closing it, or cancelling what reads it, ends the LLM's writing."""

        def stream(stopped: threading.Event) -> Generator[Answer, None, None]:
            return self.stream(question, as_of=as_of, history=history, where=where, stopped=stopped)

        async with aclosing(on_thread(stream)) as growing:
            async for answer in growing:
                yield answer

    async def aretrieve(
        self, question: str, *, k: int = 10, as_of: date | None = None, where: Filter | None = None
    ) -> list[Evidence]:
        """`retrieve`, on a thread."""
        return await asyncio.to_thread(self.retrieve, question, k=k, as_of=as_of, where=where)

    def find(
        self,
        question: str,
        *,
        as_of: date | None = None,
        history: Sequence[Turn] = (),
        where: Filter | None = None,
        k: int = 10,
        stopped: threading.Event | None = None,
    ) -> Finding:
        """The answer in the words of its sources, and the sentences it was chosen from; no LLM has written in it.

        The answer's evidence is the best `k` passages. `stopped`, set by another thread, ends an LLM's writing of a
        follow-up.
        """
        began = time.monotonic()
        store = self._store
        if reply := courtesy(question):
            return Finding(_reply(question, reply, store, as_of), (), ())
        sources = [name for name, _ in store.coverage().sources]
        rewrite = partial(self._rewriter, stopped=stopped) if self._rewriter else standalone
        query = understand(question, as_of=as_of, today=date.today(), history=history, sources=sources, rewrite=rewrite)
        self.warm()
        given = where or Filter()
        looks = [self._look(store, query, given)]
        for part in query.parts:
            asked = understand(part, as_of=as_of, today=date.today(), sources=sources)
            looks.append(self._look(store, asked, given))
        figures = query.answer_type in FIGURES
        # No more is made of the sentences than is taken of them.
        ranked = (candidates(look, _CONSIDERED, figures=figures) for look in (looks[1:] or looks))
        best = [tee(_untold(one, history) if asks_for_more(question) else one) for one in ranked]
        composed = compose(query, [one for one, _ in best], count=self._settings.citations, margin=self._reader.margin)
        sureness = max(confidence(look.readings) for look in looks)
        threshold = self._reader.threshold if self._settings.threshold is None else self._settings.threshold
        abstained = not composed.citations or sureness < threshold
        answer = Answer(
            question=query.question,
            text=_abstention(store.coverage(), query) if abstained else composed.text,
            abstained=abstained,
            citations=() if abstained else composed.citations,
            evidence=tuple(evidence_of(looks)[:k]),
            as_of=as_of,
            generation=store.generation,
            searched_for=query.standalone,
            understood=query.notes(),
            confidence=sureness,
            notes=() if abstained else composed.notes,
            timeline=() if abstained else composed.timeline,
            seconds=time.monotonic() - began,
        )
        return Finding(answer, composed.citations, [rest for _, rest in best])

    def _look(self, store: Store, query: Query, where: Filter) -> Look:
        """What is found and read for one question, or for one part of it."""
        found = Retriever(store, self._embedder).search(query, k=_POOL, where=_narrowed(where, query))
        last = store.coverage().last
        gap = (query.as_of - last).days if query.as_of and last else 0
        return Look(query, found, self._reader.read(query, found, most=self._settings.candidates, gap=gap))


def ask(
    question: str,
    *,
    archive: str | Path | None = None,
    as_of: date | None = None,
    history: Sequence[Turn] = (),
    settings: Settings | None = None,
) -> Answer:
    """Asks an archive one question. For more than one, keep an Assistant: this loads the models each time."""
    with Assistant(archive, settings=settings) as assistant:
        return assistant.ask(question, as_of=as_of, history=history)


def _untold(ranked: Iterable[Candidate], history: Sequence[Turn]) -> Iterator[Candidate]:
    """The sentences that no answer before has cited."""
    return (one for one in ranked if not any(one.citation.sentence in turn.answer for turn in history))


def _growing(answer: Answer) -> Iterator[Answer]:
    """The answer a citation at a time."""
    paragraphs = answer.text.split("\n\n")
    for count in range(1, len(answer.citations)):
        said = "\n\n".join(paragraphs[: len(paragraphs) - len(answer.citations) + count])
        yield replace(answer, citations=answer.citations[:count], timeline=answer.timeline[:count], text=said)
    yield answer


def _as_written(answer: Answer, draft: Draft, model: str, seconds: float) -> Answer:
    """The answer in the LLM's words, where any passed; else as it is, with a note that says why."""
    said: tuple[str, ...] = ()
    if draft.trouble:
        said = (f"The LLM {model} {draft.trouble}; " + ("what had passed stands." if draft.text else _STANDS_IN),)
    elif not draft.text:
        said = (f"Nothing that the LLM {model} wrote is backed by its sources; {_STANDS_IN}",)
    noted = replace(answer, notes=answer.notes + said, rejected=draft.rejected, seconds=seconds)
    if not draft.text:
        return noted
    return replace(noted, text=draft.text, citations=draft.citations, written_by=model)


def _offered(cited: Sequence[Citation], found: Sequence[Iterator[Candidate]]) -> tuple[Citation, ...]:
    """What is cited, and the best of the rest, of each part in turn; no questions, as they claim nothing."""
    rest = (candidate.citation for rank in zip_longest(*found) for candidate in rank if candidate is not None)
    told = (one for one in dict.fromkeys([*cited, *rest]) if not re.search(r"\?\W*$", one.sentence))
    return tuple(islice(told, _OFFERED))


def _narrowed(where: Filter, query: Query) -> Filter:
    """The caller's filter, with the as-of day and what the question says outright; never wider than given."""
    firsts = [where.first]
    lasts = [where.last, query.as_of]
    if query.window is not None and query.window.hard:
        firsts.append(query.window.first)
        lasts.append(query.window.last)
    sources = frozenset(query.sources)
    if where.sources:
        sources = sources & where.sources or where.sources
    return Filter(
        first=max((day for day in firsts if day is not None), default=None),
        last=min((day for day in lasts if day is not None), default=None),
        sources=sources,
    )


def _reply(question: str, reply: str, store: Store, as_of: date | None) -> Answer:
    """What is said where nothing is asked of the news: no answer, and nothing is near it."""
    return Answer(
        question=question,
        text=f"{reply} {store.coverage()}",
        abstained=True,
        citations=(),
        evidence=(),
        as_of=as_of,
        generation=store.generation,
        searched_for=question,
    )


def _abstention(coverage: Coverage, query: Query) -> str:
    asked = f" as of {query.as_of}" if query.as_of else ""
    return f"The archive does not answer that{asked}. {coverage}"
