"""Which sentence answers: the sentences of the best passages, scored for the question."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from index.embedding import Embedder
from index.store import StoredPassage
from rag.words import terms


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """A sentence of a passage, by its offsets in the article's text, and how well it answers (higher is better).

    `span`, where known, is the (start, end) within the sentence of the words that answer.
    """

    start: int
    end: int
    score: float
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage read for a question: how relevant it is, and the scores of its sentences, in their order."""

    relevance: float
    sentences: tuple[SentenceScore, ...]


class Reader(Protocol):
    """Scores passages and their sentences for a question."""

    @property
    def threshold(self) -> float:
        """The confidence below which the best sentence is not to be given as an answer."""

    def read(self, question: str, passages: Sequence[StoredPassage], *, prior: Sequence[float] = ()) -> list[Reading]:
        """A reading of each passage, in the order given; `prior` is what retrieval thought of each."""

    def confidence(self, readings: Sequence[Reading]) -> float:
        """From 0 to 1, how likely it is that the best sentence answers."""


class CosineReader:
    """Scores a sentence by its cosine to the question and the question's words that it, or its passage, holds."""

    threshold = 0.5

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, question: str, passages: Sequence[StoredPassage], *, prior: Sequence[float] = ()) -> list[Reading]:
        """A reading of each passage, in the order given."""
        if not passages:
            return []
        wanted = {word.casefold() for word in terms(question)}
        texts = [sentence.text for stored in passages for sentence in stored.sentences]
        cosines = iter(self._embedder.embed_passages(texts) @ self._embedder.embed_question(question))
        readings = []
        for number, stored in enumerate(passages):
            before = prior[number] if prior else 0.0
            around = _share(wanted, f"{stored.article.title} {stored.passage.text}")
            scores = tuple(
                SentenceScore(
                    s.start, s.end, float(next(cosines)) + 0.3 * _share(wanted, s.text) + 0.2 * around + before
                )
                for s in stored.sentences
            )
            readings.append(Reading(before + 0.2 * around, scores))
        return readings

    def confidence(self, readings: Sequence[Reading]) -> float:
        """From 0 to 1, by the best sentence's score; a rule of thumb, where the trained reader is calibrated."""
        best = max((score.score for reading in readings for score in reading.sentences), default=-math.inf)
        return float(1 / (1 + np.exp(-6 * (best - 1.6)))) if math.isfinite(best) else 0.0


def load_reader(name: str, embedder: Embedder) -> Reader:
    """The reader of this name: "trained" or "cosine"."""
    return CosineReader(embedder)


def _share(wanted: set[str], text: str) -> float:
    if not wanted:
        return 0.0
    return len(wanted & set(re.findall(r"\w+", text.casefold()))) / len(wanted)
