"""Which sentence answers: the sentences of the best passages, scored for the question."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.article import Sentence
from index.embedding import Embedder
from index.errors import ModelError
from rag.quantity import whole_count
from rag.query import AnswerType, Query
from rag.ranker import CHANCE_SIGNALS, Ranker
from rag.retriever import Found
from rag.telling import Answer, Told

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_UNNAMED = 0.5  # of the chance is left where what would be cited first names none of those asked about
_PLAIN = 0.36  # the chance of an answer from which its words are marked: 0.69 of such marks were right
_LONG = (AnswerType.YES_NO, AnswerType.WHY, AnswerType.SAY, AnswerType.HOW, AnswerType.TIMELINE)  # no few words answer
PACKAGED = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """A sentence of a passage, by its offsets in the article's text, and how well it answers (higher is better).

    `answers` are those that it gives, each with its chance of being the one; `span` are the words of it, (start, end)
    in the sentence, that answer, where that is plain.
    """

    start: int
    end: int
    score: float
    answers: tuple[tuple[Answer, float], ...] = ()
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage for a question: how relevant it is, and the scores of its sentences, in order; none where not read."""

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

    def warm(self) -> None:
        """Loads what it needs, so that the first question need not wait for it."""

    def read(self, query: Query, found: Sequence[Found], *, most: int, gap: int = 0) -> list[Reading]:
        """A reading of each passage found, in the order given; only the `most` best have their sentences scored.

        `gap` is how many days before the day asked as of the archive ends: what it cannot know of it cannot tell.
        """


class CosineReader:
    """Scores a sentence by its cosine to the question and the question's words that it, or its passage, holds."""

    threshold = 0.5
    margin = 0.25

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def warm(self) -> None:
        """Loads the embedder."""
        self._embedder.embed_question("?")

    def read(self, query: Query, found: Sequence[Found], *, most: int, gap: int = 0) -> list[Reading]:
        """A reading of each passage, in the order given."""
        if not found:
            return []
        wanted = {word.casefold() for word in query.terms}
        texts = [sentence.text for hit in found[:most] for sentence in hit.stored.sentences]
        cosines = iter(self._embedder.embed_passages(texts) @ self._embedder.embed_question(query.standalone))
        rows, best = [], -math.inf
        for hit in found[:most]:
            around = 0.2 * _share(wanted, f"{hit.stored.article.title} {hit.stored.passage.text}")
            own = [float(next(cosines)) + 0.3 * _share(wanted, s.text) + around for s in hit.stored.sentences]
            best = max(best, max(own) + hit.fit)
            scores = zip(hit.stored.sentences, own, strict=True)
            rows.append((around, tuple(SentenceScore(s.start, s.end, score + hit.score) for s, score in scores)))
        rows += [(0.0, ())] * (len(found) - len(rows))
        # A rule of thumb, where the trained reader is calibrated.
        chance = _chance(6 * (best - 1.6))
        return [Reading(hit.score + more, scores, chance) for hit, (more, scores) in zip(found, rows, strict=True)]


class TrainedReader:
    """Scores by the ranker's weights; `benchmarks/train_ranker.py` makes them, and MODEL_CARD.md describes them."""

    def __init__(self, folder: Path = PACKAGED) -> None:
        """Reads the weights and the calibration. Raises ModelError where one cannot be read."""
        self._calibration = _calibration(folder)
        self._ranker = Ranker.load(folder)

    @property
    def threshold(self) -> float:
        """The confidence below which the best sentence is not to be given as an answer."""
        return self._calibration.threshold

    @property
    def margin(self) -> float:
        """How far below the best sentence's score another may be and still be worth citing."""
        return self._calibration.margin

    def warm(self) -> None:
        """Does nothing: the weights are small, and read already."""

    def read(self, query: Query, found: Sequence[Found], *, most: int, gap: int = 0) -> list[Reading]:
        """A reading of each passage, in the order given."""
        if not found:
            return []
        read = self._ranker.read(query, found, most=most)
        sentences: dict[int, list[SentenceScore]] = {}
        for (place, sentence), score, telling in zip(read.sentences, read.scores, read.tellings, strict=True):
            sentences.setdefault(place, []).append(_scored(sentence, float(score), telling, asked=query.answer_type))
        chance = self._calibration.chance(read.answerable(gap))
        if not read.shown.is_named(read.first):
            chance *= _UNNAMED
        return [Reading(float(score), tuple(sentences.get(at, ())), chance) for at, score in enumerate(read.relevance)]


def _scored(sentence: Sentence, score: float, telling: Told, *, asked: AnswerType) -> SentenceScore:
    is_plain = telling.span is not None and telling.chance >= _PLAIN and asked not in _LONG
    span = whole_count(sentence.text, telling.span.start, telling.span.end) if telling.span and is_plain else None
    return SentenceScore(sentence.start, sentence.end, score, telling.answers, span)


class CrossEncoderReader:
    """Scores each sentence, with its article's title before it, by a cross-encoder of any name or folder.

    The model is loaded at first use, from safetensors alone, and no code of its own is run. Of one output it takes
    that; of several the last, which is the relevant one by custom. The chance is the sigmoid of the best score.
    """

    threshold = 0.5
    margin = 3.0

    def __init__(self, name: str, *, device: str = "cpu") -> None:
        self._name = name
        self._device = device

    @cached_property
    def _model(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        try:
            model: CrossEncoder = CrossEncoder(
                self._name,
                device=self._device,
                trust_remote_code=False,
                local_files_only=Path(self._name).is_dir(),
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise ModelError(
                f"The reader {self._name!r} could not be loaded ({type(error).__name__}: {error}). Set DATELINE_READER "
                f"to a folder that holds a cross-encoder, to one of the hub that can be reached, or leave it out."
            ) from error
        return model

    def warm(self) -> None:
        """Loads the model. Raises ModelError where it cannot be loaded."""
        self._scores([("?", "?")])

    def read(self, query: Query, found: Sequence[Found], *, most: int, gap: int = 0) -> list[Reading]:
        """A reading of each passage, in the order given; those not read rank behind those that are, in their order."""
        if not found:
            return []
        pairs = [
            (query.standalone, f"{hit.stored.article.title}. {sentence.text}")
            for hit in found[:most]
            for sentence in hit.stored.sentences
        ]
        scores = iter(self._scores(pairs))
        read = [
            tuple(SentenceScore(sentence.start, sentence.end, next(scores)) for sentence in hit.stored.sentences)
            for hit in found[:most]
        ]
        relevance = [max(score.score for score in one) for one in read]
        chance = _chance(max(relevance))
        readings = [Reading(best, one, chance) for best, one in zip(relevance, read, strict=True)]
        behind = min(relevance) - 1
        return readings + [Reading(behind - place, (), chance) for place in range(len(found) - len(read))]

    def _scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        import torch

        raw = self._model.predict(list(pairs), activation_fn=torch.nn.Identity(), show_progress_bar=False)
        return [float(score) for score in np.asarray(raw, dtype=np.float32).reshape(len(pairs), -1)[:, -1]]


def confidence(readings: Sequence[Reading]) -> float:
    """From 0 to 1, how likely it is that the question is answered by what was read; 0 where nothing was."""
    return readings[0].chance if readings else 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """How signals become a chance; set on training questions."""

    weights: tuple[float, ...] = (0.0,) * len(CHANCE_SIGNALS)
    bias: float = 0.0
    threshold: float = 0.5
    margin: float = 3.0

    def chance(self, found: Sequence[float]) -> float:
        """The chance that the question is answered."""
        total = self.bias + sum(weight * value for weight, value in zip(self.weights, found, strict=True))
        return _chance(total)


def _calibration(folder: Path) -> Calibration:
    try:
        facts = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        return Calibration(**{**facts, "weights": tuple(facts["weights"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"The reader's weights in {folder} cannot be read ({type(error).__name__}: {error}). Install Dateline "
            f"anew, or set DATELINE_READER=cosine to do without them."
        ) from error


def load_reader(name: str, embedder: Embedder, *, device: str = "cpu") -> Reader:
    """The reader of this name: "trained", "cosine", or a cross-encoder's name or folder, which runs on `device`."""
    if name == "trained":
        return TrainedReader()
    return CosineReader(embedder) if name == "cosine" else CrossEncoderReader(name, device=device)


def _chance(score: float) -> float:
    """From 0 to 1: the logistic of a score, which may be of any size."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))


def _share(wanted: set[str], text: str) -> float:
    if not wanted:
        return 0.0
    return len(wanted & set(re.findall(r"\w+", text.casefold()))) / len(wanted)
