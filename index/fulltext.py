"""The full text of segments, scored by BM25 by the counts of all of them together.

A segment's own counts would not do: in one of a single article every term counts next to nothing. BM25 is that of FTS5
(Robertson and Zaragoza 2009, doi 10.1561/1500000019, with the constants of FTS5's documentation).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from index.database import Database
from index.postings import Postings, PostingsReader, tokens_of

_K1, _B = 1.2, 0.75  # FTS5's own
_LEAST_WEIGHT = 1e-6  # FTS5's for a term that stands in half of the passages or more
_PHRASES = 64  # terms of several tokens whose passages are kept
_BLOCK = 512  # passages whose best score is looked at before any of them

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scale:
    """How many passages a full text has, and how many words: what BM25 measures by."""

    passages: int
    words: int

    def weight(self, frequency: int) -> float:
        """How much a term counts that stands in so many of the passages."""
        return max(math.log((self.passages - frequency + 0.5) / (frequency + 0.5)), _LEAST_WEIGHT)

    def shares(self, counts: NDArray[np.float32], words: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a term scores, over its weight, that stands `counts` times in passages of so many words."""
        slope = np.float32(_K1 * _B * self.passages / max(self.words, 1))
        length = np.float32(_K1 * (1 - _B)) + slope * words
        return np.asarray(counts * np.float32(_K1 + 1) / (counts + length), dtype=np.float32)

    def counts(self, scores: NDArray[np.float64], words: NDArray[np.float32]) -> NDArray[np.float32]:
        """How often a term stands in passages of so many words, from its scores: FTS5 gives those alone."""
        shares = scores / self.weight(len(scores))
        length = _K1 * (1 - _B + _B * words.astype(np.float64) * self.passages / self.words)
        return np.rint(shares * length / (_K1 + 1 - shares)).astype(np.float32)


class FullText:
    """The full text of one segment."""

    def __init__(self, database: Database, numbers: NDArray[np.int64]) -> None:
        """`numbers` are those of the segment's passages, ascending."""
        self._reader = PostingsReader(database, numbers)
        # Not a method's own cache, which would keep the segment alive after its last store.
        self._phrase = lru_cache(_PHRASES)(self._reader.phrase)

    @cached_property
    def _lengths(self) -> NDArray[np.float32]:
        return self._reader.lengths()

    @cached_property
    def scale(self) -> Scale:
        """The counts of the segment alone."""
        return Scale(len(self._lengths), int(self._lengths.sum(dtype=np.float64)))

    def postings(self, tokens: tuple[str, ...]) -> Postings:
        """Where tokens follow one another, and how often."""
        if len(tokens) == 1:
            return self._reader.token(tokens[0])
        places, scores = self._phrase(tokens)
        return Postings(places, self.scale.counts(scores, self._lengths[places]))

    def check(self) -> None:
        """Raises ArchiveDamaged where what is scored is not what is found."""
        self._reader.check()

    def best(
        self, found: Sequence[Postings], weights: Sequence[float], scale: Scale, k: int, mask: Mask | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The places and scores of the `k` passages that score best on terms of these weights, best first."""
        scores = np.zeros(len(self._lengths), dtype=np.float32)
        for postings, weight in zip(found, weights, strict=True):
            shares = scale.shares(postings.counts, self._lengths[postings.places])
            scores[postings.places] += np.float32(weight) * shares
        if mask is not None:
            scores *= mask
        return _top(scores, k)


def best_of(
    texts: Sequence[FullText], terms: Sequence[str], k: int, masks: Sequence[Mask | None]
) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """For each full text the places and scores of its `k` passages that score best on any of the terms, best first.

    `masks` say which passages of each may be seen; None is all.
    """
    asked = [tokens for tokens in tokens_of(terms) if tokens]
    found = [[text.postings(tokens) for tokens in asked] for text in texts]
    scales = [text.scale for text in texts]
    scale = Scale(sum(one.passages for one in scales), sum(one.words for one in scales))
    weights = [scale.weight(sum(len(one.places) for one in each)) for each in zip(*found, strict=True)]
    return [
        text.best(postings, weights, scale, k, mask) for text, postings, mask in zip(texts, found, masks, strict=True)
    ]


def _top(scores: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The places and values of the `k` greatest that are above 0, the greatest first, of equals the first."""
    least = np.float32(0)
    if len(scores) > k * _BLOCK:
        # Each of the best k blocks holds one that is as good as the k-th of them; what is less is not among the best.
        blocks = np.maximum.reduceat(scores, np.arange(0, len(scores), _BLOCK))
        least = np.partition(blocks, -k)[-k]
    places = np.flatnonzero(scores >= least) if least > 0 else np.flatnonzero(scores)
    best = places[np.lexsort((places, -scores[places]))[:k]]
    return best, scores[best]
