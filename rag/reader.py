"""Which sentence answers: the sentences of the best passages, scored for the question."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.embedding import Embedder
from index.errors import ModelError
from index.store import StoredPassage
from rag.words import terms

if TYPE_CHECKING:
    from rag.cross_encoder import CrossEncoder, Marks, Sheet

PACKAGED = Path(__file__).parent / "weights"
_READ_TOGETHER = 8  # passages a batch: more only adds padding


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
    chance: float = 0.0  # that the question is answered by what was read; the same in all of its readings


class Reader(Protocol):
    """Scores passages and their sentences for a question."""

    @property
    def threshold(self) -> float:
        """The confidence below which the best sentence is not to be given as an answer."""

    @property
    def margin(self) -> float:
        """How far below the best sentence's score another may be and still be worth citing."""

    def read(
        self,
        question: str,
        passages: Sequence[StoredPassage],
        *,
        prior: Sequence[float] = (),
        fit: Sequence[float] = (),
    ) -> list[Reading]:
        """A reading of each passage, in the order given.

        `prior` is what retrieval thought of each, nearness in time included, and orders them; `fit` is the same
        without it, and tells how sure one may be: an old question's answer is no less true.
        """


class CosineReader:
    """Scores a sentence by its cosine to the question and the question's words that it, or its passage, holds."""

    threshold = 0.5
    margin = 0.25

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(
        self,
        question: str,
        passages: Sequence[StoredPassage],
        *,
        prior: Sequence[float] = (),
        fit: Sequence[float] = (),
    ) -> list[Reading]:
        """A reading of each passage, in the order given."""
        if not passages:
            return []
        wanted = {word.casefold() for word in terms(question)}
        texts = [sentence.text for stored in passages for sentence in stored.sentences]
        cosines = iter(self._embedder.embed_passages(texts) @ self._embedder.embed_question(question))
        priors, fits = (list(given) or [0.0] * len(passages) for given in (prior, fit))
        rows, best = [], -math.inf
        for stored, before, fitting in zip(passages, priors, fits, strict=True):
            around = 0.2 * _share(wanted, f"{stored.article.title} {stored.passage.text}")
            own = [float(next(cosines)) + 0.3 * _share(wanted, s.text) + around for s in stored.sentences]
            best = max(best, max(own) + fitting)
            scores = zip(stored.sentences, own, strict=True)
            rows.append((before + around, tuple(SentenceScore(s.start, s.end, score + before) for s, score in scores)))
        # A rule of thumb, where the trained reader is calibrated.
        chance = 1 / (1 + math.exp(-6 * (best - 1.6)))
        return [Reading(relevance, scores, chance) for relevance, scores in rows]


class TrainedReader:
    """The cross-encoder that ships with Dateline; `benchmarks/train_reader.py` makes it, MODEL_CARD.md describes it."""

    def __init__(self, folder: Path = PACKAGED, *, calibrated: bool = True) -> None:
        """Reads the calibration; the weights are loaded at first use. Raises ModelError where it cannot be read."""
        self._folder = folder
        self._calibration = _calibration(folder) if calibrated else Calibration()
        self._lock = threading.Lock()

    @property
    def threshold(self) -> float:
        """The confidence below which the best sentence is not to be given as an answer."""
        return self._calibration.threshold

    @property
    def margin(self) -> float:
        """How far below the best sentence's score another may be and still be worth citing."""
        return self._calibration.margin

    @cached_property
    def _model(self) -> CrossEncoder:
        import torch

        from index.embedding import cpu_has_bfloat16
        from rag.cross_encoder import CrossEncoder

        model = CrossEncoder.load(self._folder)
        return model.to(torch.bfloat16) if cpu_has_bfloat16() else model

    def marks(self, question: str, passages: Sequence[StoredPassage]) -> list[Marks]:
        """What the encoder makes of each passage; passages of like length are read together."""
        with self._lock:
            model = self._model
        sheets = [sheet_of(stored) for stored in passages]
        order = sorted(range(len(sheets)), key=lambda i: len(sheets[i].text))
        marks: dict[int, Marks] = {}
        for at in range(0, len(order), _READ_TOGETHER):
            some = order[at : at + _READ_TOGETHER]
            marks.update(zip(some, model.read(question, [sheets[i] for i in some]), strict=True))
        return [marks[i] for i in range(len(sheets))]

    def read(
        self,
        question: str,
        passages: Sequence[StoredPassage],
        *,
        prior: Sequence[float] = (),
        fit: Sequence[float] = (),
    ) -> list[Reading]:
        """A reading of each passage, in the order given."""
        if not passages:
            _ = self._model
            return []
        priors = list(prior) or [0.0] * len(passages)
        marks = self.marks(question, passages)
        chance = self._calibration.chance(signals(marks, fit or [0.0] * len(passages)))
        return [self._reading(*row, chance) for row in zip(passages, marks, priors, strict=True)]

    def _reading(self, stored: StoredPassage, mark: Marks, prior: float, chance: float) -> Reading:
        facts = self._calibration
        base = facts.share * mark.relevance + facts.mix * prior
        scores = tuple(
            SentenceScore(s.start, s.end, score + base)
            for s, score in zip(stored.sentences, mark.sentences, strict=True)
        )
        return Reading(mark.relevance + facts.mix * prior, scores, chance)


def confidence(readings: Sequence[Reading]) -> float:
    """From 0 to 1, how likely it is that the question is answered by what was read; 0 where nothing was."""
    return readings[0].chance if readings else 0.0


def sheet_of(stored: StoredPassage) -> Sheet:
    """A stored passage as the cross-encoder reads it: sentence offsets counted within the passage."""
    from rag.cross_encoder import Sheet

    start = stored.passage.start
    places = tuple((s.start - start, s.end - start) for s in stored.sentences)
    return Sheet(stored.article.title, stored.passage.text, places)


def signals(marks: Sequence[Marks], fits: Sequence[float]) -> list[float]:
    """What the answerability of a question is judged by: the best scores, and how far they stand out."""
    relevance = sorted((mark.relevance for mark in marks), reverse=True)
    sentences = sorted((s for mark in marks for s in mark.sentences if math.isfinite(s)), reverse=True)
    if not relevance or not sentences:
        return [-20.0, -20.0, 0.0, 0.0, 0.0]
    middle = sentences[len(sentences) // 2]
    return [
        relevance[0],
        sentences[0],
        relevance[0] - relevance[len(relevance) // 2],
        sentences[0] - middle,
        max(fits, default=0.0),
    ]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the encoder's scores mix with retrieval's and become a chance; set on held-out training questions."""

    mix: float = 0.0
    share: float = 0.0
    weights: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    bias: float = 0.0
    threshold: float = 0.5
    margin: float = 3.0

    def chance(self, found: Sequence[float]) -> float:
        """The chance that the question is answered."""
        total = self.bias + sum(weight * value for weight, value in zip(self.weights, found, strict=True))
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


def _calibration(folder: Path) -> Calibration:
    try:
        facts = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        return Calibration(**{**facts, "weights": tuple(facts["weights"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"The reader's weights in {folder} cannot be read ({type(error).__name__}: {error}). Install Dateline "
            f"anew, or set DATELINE_READER=cosine to do without them."
        ) from error


def load_reader(name: str, embedder: Embedder) -> Reader:
    """The reader of this name: "trained" or "cosine"."""
    return CosineReader(embedder) if name == "cosine" else TrainedReader()


def _share(wanted: set[str], text: str) -> float:
    if not wanted:
        return 0.0
    return len(wanted & set(re.findall(r"\w+", text.casefold()))) / len(wanted)
