"""The Store protocol: what the read side may ask of an archive, whatever engine holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Passage, Sentence

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which articles a search may see; applied before the best are taken, never after.

    `first` and `last` are inclusive days of publication. Undated articles pass only where neither is set:
    an article that may be later than the as-of day must not be seen. `sources` empty means all.
    """

    first: date | None = None
    last: date | None = None
    sources: frozenset[str] = frozenset()

    def admits(self, article: Article) -> bool:
        """Whether an article may be seen."""
        return self.admits_day(article.source, article.published)

    def admits_day(self, source: str, day: date | None) -> bool:
        """Whether an article of this source and day of publication may be seen."""
        if self.sources and source not in self.sources:
            return False
        if self.first is None and self.last is None:
            return True
        if day is None:
            return False
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage number and its score: cosine for dense search, BM25 (higher is better) for lexical.

    `published` is the day of its article, so that hits can be weighed before any is read.
    """

    passage: int
    score: float
    published: date | None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its article, its sentences, and the syndication cluster its article belongs to."""

    number: int
    passage: Passage
    article: Article
    article_id: str
    cluster: int
    sentences: tuple[Sentence, ...]  # those of the passage, in order


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an archive holds: how many articles, from which day to which, and from which sources (most first)."""

    articles: int
    first: date | None
    last: date | None
    undated: int
    sources: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        if not self.articles:
            return "The archive is empty."
        names = ", ".join(name for name, _ in self.sources[:5])
        more = f" and {len(self.sources) - 5} more" if len(self.sources) > 5 else ""
        days = f" published from {self.first} to {self.last}" if self.first else ""
        noun = "article" if self.articles == 1 else "articles"
        return f"The archive holds {self.articles:,} {noun}{days}, from {names}{more}."


class Store(Protocol):
    """A whole archive, opened for reading: it never changes under its reader."""

    @property
    def generation(self) -> str:
        """The name of the generation that is being read."""

    def dense(self, vector: Vector, k: int, where: Filter) -> list[Hit]:
        """The `k` passages nearest to a unit vector of shape (dimension,), best first; fewer if fewer pass."""

    def lexical(self, terms: Sequence[str], k: int, where: Filter) -> list[Hit]:
        """The `k` passages that score best by BM25 on any of the terms, best first."""

    def passages(self, numbers: Sequence[int]) -> list[StoredPassage]:
        """The passages of these numbers, in the order asked."""

    def article(self, article_id: str) -> Article | None:
        """The article of this id, or None."""

    def sentences(self, article_id: str) -> tuple[Sentence, ...]:
        """All sentences of an article, in order; empty where there is no such article."""

    def outlets(self, cluster: int, where: Filter) -> tuple[str, ...]:
        """The sources, in order of name, whose articles in this syndication cluster may be seen."""

    def coverage(self) -> Coverage:
        """What the archive holds."""

    def days(self, where: Filter) -> list[tuple[date, int]]:
        """How many articles of each day may be seen, by day; days without any, and undated articles, are left out."""

    def close(self) -> None:
        """Lets go of the files; the store must not be used afterwards."""
