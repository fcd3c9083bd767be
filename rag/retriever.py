"""The passages that may answer a question: dense and lexical search, fused, nearer days first, each story once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from index.embedding import Embedder
from index.store import Filter, Hit, Store, StoredPassage
from rag.query import Query

POOL = 100  # passages taken from each search before they are fused
_COPY_SHARE = 0.6  # of its words that a passage shares with one of another outlet before it counts as its copy


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts in the fused score; set on the questions of newsqa-train."""

    dense: float = 1.0
    lexical: float = 0.35
    closeness: float = 0.25
    half_life: float = 14.0  # days from the day asked or named over which closeness halves


@dataclass(frozen=True, slots=True)
class Found:
    """A passage, how well it fits (`score`, higher is better), and the signals that the score was made of.

    `fit` is the score without nearness in time; `days_away` is how far its article is from the days asked or named,
    infinite where undated. `cosine` is from -1 to 1; `lexical` is BM25 over the best BM25 of the
    question, 0 to 1; `closeness` is 1 on the day asked or named and halves with each half-life away from it, 0 where
    undated.
    """

    stored: StoredPassage
    score: float
    fit: float
    cosine: float
    lexical: float
    closeness: float
    days_away: float = math.inf
    also_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage number with its signals, before it is read."""

    passage: int
    score: float
    fit: float
    cosine: float
    lexical: float
    closeness: float
    days_away: float

    def found(self, stored: StoredPassage) -> Found:
        """The same, read."""
        return Found(stored, self.score, self.fit, self.cosine, self.lexical, self.closeness, self.days_away)


class Retriever:
    """Searches one store. The filter is applied inside each search, before the best are taken."""

    def __init__(self, store: Store, embedder: Embedder, weights: Weights | None = None) -> None:
        self._store = store
        self._embedder = embedder
        self._weights = weights or Weights()

    def search(self, query: Query, *, k: int, where: Filter) -> list[Found]:
        """The `k` best passages for a question, best first, copies of one wire story taken once."""
        query = self._within(query, where)
        vector = self._embedder.embed_question(query.standalone)
        dense = self._store.dense(vector, POOL, where)
        lexical = self._store.lexical(query.terms, POOL, where)
        ranked = sorted(fuse(query, dense, lexical, self._weights), key=lambda hit: (-hit.score, hit.passage))
        return [
            replace(hit, also_in=self._other_outlets(hit.stored, where))
            for hit in _each_story_once(map(self._found, ranked), k)
        ]

    def _within(self, query: Query, where: Filter) -> Query:
        """The question as asked on the last day there is, where that is earlier: of what ended long ago all is far."""
        lasts = (query.anchor, where.last, self._store.coverage().last)
        return replace(query, anchor=min(day for day in lasts if day))

    def _found(self, hit: Ranked) -> Found:
        [stored] = self._store.passages([hit.passage])
        return hit.found(stored)

    def _other_outlets(self, stored: StoredPassage, where: Filter) -> tuple[str, ...]:
        outlets = self._store.outlets(stored.cluster, where)
        return tuple(name for name in outlets if name != stored.article.source)


def fuse(
    query: Query, dense: Sequence[Hit], lexical: Sequence[Hit], weights: Weights | None = None
) -> Iterator[Ranked]:
    """Each passage that either search found, with the score of both and of nearness in time."""
    w = weights or Weights()
    cosines = {hit.passage: hit.score for hit in dense}
    best = max((hit.score for hit in lexical), default=1.0) or 1.0
    words = {hit.passage: hit.score / best for hit in lexical}
    # A passage that only the words found is at most as near in meaning as the last that was found by it.
    floor = min(cosines.values(), default=0.0)
    days = {hit.passage: hit.published for hit in (*dense, *lexical)}
    for number, day in days.items():
        cosine, lexically = cosines.get(number, floor), words.get(number, 0.0)
        away = _days_away(query, day)
        close = math.exp2(-away / w.half_life)
        fit = w.dense * cosine + w.lexical * lexically
        yield Ranked(number, fit + w.closeness * close, fit, cosine, lexically, close, away)


def _days_away(query: Query, day: date | None) -> float:
    if day is None:
        return math.inf
    return query.window.distance(day) if query.window else abs((query.anchor - day).days)


def _each_story_once(found: Iterable[Found], k: int) -> Iterator[Found]:
    """The first `k`, without passages that repeat one already taken from a copy of the same story.

    What an outlet added to a wire story is its own, and stays.
    """
    taken: dict[int, list[StoredPassage]] = {}
    count = 0
    for hit in found:
        if count == k:
            return
        kin = taken.setdefault(hit.stored.cluster, [])
        copies = (other for other in kin if other.article_id != hit.stored.article_id)
        if any(_share(hit.stored, other) >= _COPY_SHARE for other in copies):
            continue
        kin.append(hit.stored)
        count += 1
        yield hit


def _share(stored: StoredPassage, other: StoredPassage) -> float:
    """The share of a passage's words that stand in the other."""
    words, theirs = (frozenset(re.findall(r"\w+", one.passage.text.casefold())) for one in (stored, other))
    return len(words & theirs) / len(words) if words else 1.0
