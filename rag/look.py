"""What was found and read for one question, and what of it may be cited or shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest

from rag.answer import Citation, Evidence
from rag.composer import Candidate
from rag.orders import in_turn, is_order
from rag.query import Query
from rag.reader import Reading, SentenceScore
from rag.retriever import Found
from rag.span import answer_span, may_answer
from rag.stems import stems
from rag.telling import Answer, worth
from rag.timeline import Correction, correction, event_date

_LOOK_AHEAD = 30  # sentences
_FEWEST = 3  # words of a sentence that tells something by itself
_SAME_WORDING = 0.8  # of two sentences' words in common: citing both would say one thing twice


@dataclass(frozen=True, slots=True)
class Look:
    """What was found for one question, or for one part of it, and how each passage reads."""

    query: Query
    found: Sequence[Found]
    readings: Sequence[Reading]


def candidates(look: Look, count: int, *, figures: bool) -> Iterator[Candidate]:
    """The `count` best sentences, best first; no orders or headings, and none that repeats one before it in words.

    One that gives a likely answer comes before one that gives none or the same again. Where `figures` are asked for,
    the same words with other figures say something else.
    """
    pairs = ((score, hit) for hit, one in zip(look.found, look.readings, strict=True) for score in one.sentences)
    left = sorted(pairs, key=lambda pair: -pair[0].score)
    corrected, commanding = cache(correction), cache(is_order)  # several of the best sentences are of one article
    said: list[frozenset[str]] = []
    given: set[Answer] = set()
    while left and len(said) < count:
        score, hit = left.pop(_next(left, given))
        text = hit.stored.article.text[score.start : score.end]
        words = frozenset(re.findall(r"\w+", text.casefold()))
        if _is_heading(text, words) or any(_is_repeated(words, other, figures=figures) for other in said):
            continue
        article = hit.stored.article
        if commanding(article.title) or is_order(text) or in_turn(article.text, score.start):
            continue
        said.append(words)
        given.update(answer for answer, _ in score.answers)
        citation = _citation(score, hit, look.query, corrected(hit.stored.article.text))
        yield Candidate(citation, hit.stored.cluster, score.answers)


def _next(left: Sequence[tuple[SentenceScore, Found]], given: Collection[Answer]) -> int:
    """The place of the sentence to be told next: a good one that gives an answer not given yet."""
    each = [worth(score.score, score.answers, given) for score, _ in left[:_LOOK_AHEAD]]
    return each.index(max(each))


def _is_heading(text: str, words: Collection[str]) -> bool:
    """Whether a sentence is a heading or an item of a list ("8. Space."); in scripts without blanks none is told."""
    return len(words) < _FEWEST and text.isascii()


def _is_repeated(words: frozenset[str], other: frozenset[str], *, figures: bool) -> bool:
    alike = len(words & other) >= _SAME_WORDING * max(1, min(len(words), len(other)))
    return alike and not (figures and any(map(str.isdecimal, words ^ other)))


def _citation(score: SentenceScore, hit: Found, query: Query, note: Correction | None) -> Citation:
    stored, article = hit.stored, hit.stored.article
    sentence = article.text[score.start : score.end]
    return Citation(
        sentence=sentence,
        start=score.start,
        end=score.end,
        article_id=stored.article_id,
        title=article.title,
        source=article.source,
        url=article.url,
        published=article.published,
        passage=stored.passage.text,
        passage_start=stored.passage.start,
        date_is_doubtful=article.date_is_doubtful,
        also_in=hit.also_in,
        event=event_date(sentence, article.published),
        span=answer_span(query, sentence) or _weighed_span(score, article.title, sentence, query),
        correction=note.text if note else "",
        score=score.score,
    )


def _weighed_span(score: SentenceScore, title: str, sentence: str, query: Query) -> tuple[int, int] | None:
    """The words that were weighed to be the answer, unless their form is plainly not the one asked for.

    Nor where the sentence and its title tell of nothing that is asked but names: "Liz Truss" is no wife of Rishi Sunak.
    """
    if score.span is None or not may_answer(query.standalone, sentence[slice(*score.span)]):
        return None
    return None if query.matter and query.matter.isdisjoint(stems(f"{title} {sentence}")) else score.span


def evidence_of(looks: Sequence[Look]) -> list[Evidence]:
    """The passages of each look in turn, best first, each once; two that stand side by side in a story are one."""
    ranked = [pair for pairs in zip_longest(*map(_ranked, looks)) for pair in pairs if pair is not None]
    alone: dict[int, int] = {}  # the number of a passage that has no neighbour yet, and its place
    taken: set[int] = set()
    evidence: list[Evidence] = []
    for hit, relevance in ranked:
        number, owner = hit.stored.number, hit.stored.article_id
        if number in taken:
            continue
        taken.add(number)
        beside = (near for near in (number - 1, number + 1) if near in alone)
        neighbour = next((near for near in beside if evidence[alone[near]].article_id == owner), None)
        if neighbour is None:
            alone[number] = len(evidence)
            evidence.append(_evidence(hit, relevance))
        else:
            place = alone.pop(neighbour)
            evidence[place] = _joined(evidence[place], hit)
    return evidence


def _joined(evidence: Evidence, hit: Found) -> Evidence:
    start = min(evidence.start, hit.stored.passage.start)
    end = max(evidence.end, hit.stored.passage.end)
    return replace(evidence, start=start, end=end, passage=hit.stored.article.text[start:end])


def _ranked(look: Look) -> Iterator[tuple[Found, float]]:
    """The passages by their relevance, best first."""
    pairs = zip(look.found, (reading.relevance for reading in look.readings), strict=True)
    return iter(sorted(pairs, key=lambda pair: -pair[1]))


def _evidence(hit: Found, relevance: float) -> Evidence:
    stored, article = hit.stored, hit.stored.article
    return Evidence(
        article_id=stored.article_id,
        title=article.title,
        source=article.source,
        url=article.url,
        published=article.published,
        date_is_doubtful=article.date_is_doubtful,
        passage=stored.passage.text,
        start=stored.passage.start,
        end=stored.passage.end,
        score=relevance,
        also_in=hit.also_in,
    )
