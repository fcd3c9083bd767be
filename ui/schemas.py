"""What the HTTP and MCP doors take and give, as pydantic models: their JSON schema is the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from index.article import Article
from index.store import Coverage, Filter
from rag.answer import Answer, Citation, Evidence, Turn
from rag.query import LONGEST
from ui.markup import safe_url

Question = Annotated[
    str, Field(min_length=1, max_length=LONGEST, description="The question, in plain words.", examples=["Who won?"])
]


def _written(value: Any) -> Any:
    """A day as it is written, so that no number is taken for a time."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("a day is written as 2025-08-31")
    if isinstance(value, int | float):
        raise ValueError("a day is written as 2025-08-31, in quotation marks")
    return value


Day = Annotated[date, BeforeValidator(_written)]
AsOf = Annotated[
    Day | None, Field(description="Answer as if it were this day: nothing published later is seen (YYYY-MM-DD).")
]
First = Annotated[Day | None, Field(description="Only articles published on this day or later.")]
Last = Annotated[Day | None, Field(description="Only articles published on this day or earlier.")]
Sources = Annotated[
    tuple[Annotated[str, Field(max_length=200)], ...],
    Field(max_length=50, description="Only these sources, spelt as the status has them; none means all."),
]
Count = Annotated[int, Field(strict=True, ge=1, le=50, description="How many passages.")]
ArticleId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="An article's id, as citations give it.")]


NO_ARTICLE = "There is no article of that id in this archive, or none yet on the day asked as of."


class Narrowed(BaseModel):
    """What every question may be narrowed by."""

    model_config = ConfigDict(extra="forbid")

    as_of: AsOf = None
    first: First = None
    last: Last = None
    sources: Sources = ()

    def where(self) -> Filter:
        """The filter that is meant."""
        return Filter(self.first, self.last, frozenset(self.sources))


class PastTurn(BaseModel):
    """A question asked before and its answer."""

    question: Annotated[str, Field(max_length=LONGEST)]
    answer: Annotated[str, Field(max_length=20_000)] = ""


class AskRequest(Narrowed):
    """A question, after the turns of a conversation."""

    question: Question
    history: Annotated[list[PastTurn], Field(max_length=50, description="The turns before it, oldest first.")] = []

    def turns(self) -> list[Turn]:
        """The turns as the assistant takes them."""
        return [Turn(past.question, past.answer) for past in self.history]


class RetrieveRequest(Narrowed):
    """A question of which only the passages that fit it are wanted."""

    question: Question
    k: Count = 10


class Event(BaseModel):
    """The days, first and last, that a sentence speaks of, and its words for them."""

    model_config = ConfigDict(from_attributes=True)

    first: date
    last: date
    phrase: str


class Place(BaseModel):
    """An article and what of it is meant: the stored text from `start` to `end`, counted in code points."""

    article_id: str
    start: int
    end: int
    title: str
    source: str
    url: Annotated[str | None, Field(description="Where it was published, if that is an http or https address.")]
    published: Annotated[date | None, Field(description="The day of publication; null where it is not known.")]
    date_is_doubtful: bool
    also_in: Annotated[list[str], Field(description="Other sources that carry the same story: it counts once.")]


class Passage(Place):
    """A passage of an article; its score orders the passages of one question only."""

    text: str
    score: float

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """The passage of a piece of evidence."""
        return cls(
            article_id=evidence.article_id,
            start=evidence.start,
            end=evidence.end,
            title=evidence.title,
            source=evidence.source,
            url=safe_url(evidence.url),
            published=evidence.published,
            date_is_doubtful=evidence.date_is_doubtful,
            also_in=list(evidence.also_in),
            text=evidence.passage,
            score=evidence.score,
        )


class Cited(Place):
    """A sentence that an answer rests on, word for word as it is stored."""

    number: Annotated[int, Field(description="The n of `[n]` in the answer's text.")]
    sentence: str
    text_hash: Annotated[str, Field(description="16 hex digits of the sentence's SHA-256, to check it by later.")]
    event: Annotated[Event | None, Field(description="The days it speaks of, where it names any.")]
    correction: Annotated[str, Field(description="The article's own note that it was corrected; else empty.")]

    @classmethod
    def of(cls, number: int, citation: Citation) -> Self:
        """The citation numbered so."""
        return cls(
            article_id=citation.article_id,
            start=citation.start,
            end=citation.end,
            title=citation.title,
            source=citation.source,
            url=safe_url(citation.url),
            published=citation.published,
            date_is_doubtful=citation.date_is_doubtful,
            also_in=list(citation.also_in),
            number=number,
            sentence=citation.sentence,
            text_hash=citation.text_hash,
            event=Event.model_validate(citation.event) if citation.event else None,
            correction=citation.correction,
        )


class Dated(BaseModel):
    """An entry of a timeline: the citation by its number, the day it speaks of, and the figure it gives."""

    citation: int
    day: date | None
    value: str
    superseded: Annotated[bool, Field(description="Whether a later article corrects it.")]


class AskResponse(BaseModel):
    """An answer, or, where `abstained`, what the archive covers and the passages nearest to the question."""

    question: str
    text: Annotated[str, Field(description="Plain text; `[n]` points to the citation of that number.")]
    abstained: bool
    citations: list[Cited]
    nearest: Annotated[list[Passage], Field(description="Passages near the question; not an answer.")]
    as_of: date | None
    searched_for: Annotated[str, Field(description="The question as searched, after the history was read in.")]
    understood: Annotated[list[str], Field(description="What was understood: dates, sources and the like.")]
    notes: Annotated[list[str], Field(description="Dateline's own words on the answer, such as that sources differ.")]
    timeline: Annotated[list[Dated], Field(description="Where one was asked for or sources differ; newest first.")]
    written_by: Annotated[str, Field(description="The LLM that wrote the text; empty where it is the citations' own.")]
    confidence: float
    generation: Annotated[str, Field(description="The state of the archive that it was answered from.")]
    seconds: float

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The answer as callers get it."""
        return cls(
            question=answer.question,
            text=answer.text,
            abstained=answer.abstained,
            citations=[Cited.of(number, citation) for number, citation in enumerate(answer.citations, 1)],
            nearest=passages(answer.evidence) if answer.abstained else [],
            as_of=answer.as_of,
            searched_for=answer.searched_for,
            understood=list(answer.understood),
            notes=list(answer.notes),
            timeline=[Dated(**asdict(moment)) for moment in answer.timeline],
            written_by=answer.written_by,
            confidence=answer.confidence,
            generation=answer.generation,
            seconds=answer.seconds,
        )


class RetrieveResponse(BaseModel):
    """The passages that fit a question best, best first."""

    passages: list[Passage]


class ArticleResponse(BaseModel):
    """An article as it is stored; offsets of citations count the code points of `text`."""

    id: str
    title: str
    source: str
    url: str | None
    published: date | None
    date_is_doubtful: bool
    authors: list[str]
    language: str
    text: str

    @classmethod
    def of(cls, article: Article) -> Self:
        """The article as callers get it."""
        return cls(
            id=article.id,
            title=article.title,
            source=article.source,
            url=safe_url(article.url),
            published=article.published,
            date_is_doubtful=article.date_is_doubtful,
            authors=list(article.authors),
            language=article.language,
            text=article.text,
        )


class SourceCount(BaseModel):
    """A source and how many of its articles there are."""

    name: str
    articles: int


class StatusResponse(BaseModel):
    """What the archive holds."""

    generation: str
    articles: int
    first: Annotated[date | None, Field(description="The first day of publication.")]
    last: Annotated[date | None, Field(description="The last day of publication.")]
    undated: int
    sources: Annotated[list[SourceCount], Field(description="Those with the most articles first.")]
    ready: Annotated[bool, Field(description="Whether the models are loaded, so that answers are quick.")]

    @classmethod
    def of(cls, generation: str, coverage: Coverage, *, ready: bool) -> Self:
        """The status as callers get it."""
        return cls(
            generation=generation,
            articles=coverage.articles,
            first=coverage.first,
            last=coverage.last,
            undated=coverage.undated,
            sources=[SourceCount(name=name, articles=count) for name, count in coverage.sources],
            ready=ready,
        )


class Health(BaseModel):
    """That questions can be asked, and of which generation."""

    status: str
    generation: str


def passages(evidence: Iterable[Evidence]) -> list[Passage]:
    """Evidence as callers get it, in its order."""
    return [Passage.of(piece) for piece in evidence]
