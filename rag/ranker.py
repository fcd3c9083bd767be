"""The ranker: small networks that weigh signals: of passages, of sentences, of the spans in them, and of all that."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from index.article import Sentence
from index.errors import ModelError
from rag.clues import SPAN_SIGNALS
from rag.query import Query
from rag.retriever import Found
from rag.signals import ANSWERABLE_SIGNALS, NAMING_SIGNALS, PASSAGE_SIGNALS, SENTENCE_SIGNALS, Shown, Signals
from rag.telling import TELLING_SIGNALS, Told, gather, weigh, worth

FILE = "ranker.safetensors"
_CLIP = 5.0  # standard deviations: one odd signal must not decide alone
_SMALL = 0.01
_UNNAMED = 2.0  # of its score a sentence loses whose passage and title hold none of the names that are asked about
_PLAIN = (
    *ANSWERABLE_SIGNALS,
    "likeliest answer",
    "spans of the first",
    "sureness of the first",
    *NAMING_SIGNALS,
    "names of the best",
    "first before the next",
)
CHANCE_SIGNALS = (*_PLAIN, *(f"{name}, by length" for name in _PLAIN))
_USUAL_LENGTH = 2.0  # as "terms asked" has it: some six terms
_SENTENCE = len(SENTENCE_SIGNALS) + len(PASSAGE_SIGNALS) + 1
_BEST = 3  # passages
_WIDTHS = {
    "passage": len(PASSAGE_SIGNALS),
    "sentence": _SENTENCE,
    "span": len(SPAN_SIGNALS),
    "verdict": _SENTENCE + 1 + len(TELLING_SIGNALS),
}

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scorer:
    """A linear part and tanh units over standardised signals; higher is better, only differences mean something.

    For `d` signals and `h` units: `mean`, `scale` and `linear` are of shape (d,), `hidden` (d, h), `hidden_bias` and
    `out` (h,).
    """

    mean: Array
    scale: Array
    linear: Array
    hidden: Array
    hidden_bias: Array
    out: Array

    def __call__(self, rows: Signals) -> Array:
        """A score a row, from signals of shape (n, d)."""
        x = np.clip((rows - self.mean) / self.scale, -_CLIP, _CLIP)
        scores: Array = x @ self.linear + np.tanh(x @ self.hidden + self.hidden_bias) @ self.out
        return scores


@dataclass(frozen=True)
class Read:
    """What was weighed for one question.

    `relevance` is of shape (passages,); `best` are the places of those whose sentences were read, best first. Of each
    sentence there is its passage's place, its score (higher is better) and what it tells.
    """

    shown: Shown
    relevance: Array
    best: list[int]
    sentences: list[tuple[int, Sentence]]
    scores: Array
    tellings: list[Told]

    @property
    def first(self) -> int:
        """The place of the passage with the sentence that is told first."""
        return self.sentences[int(np.argmax(self._worths))][0]

    @cached_property
    def _worths(self) -> Array:
        return np.array(
            [worth(float(score), one.answers, ()) for score, one in zip(self.scores, self.tellings, strict=True)],
            dtype=np.float32,
        )

    def answerable(self, gap: int) -> list[float]:
        """One value each of CHANCE_SIGNALS; `gap` as `Reader.read` takes it.

        A few words are soon all found, so what it says of an answer to find them hangs on how many were asked with.
        """
        at = int(np.argmax(self._worths))
        first = self.tellings[at]
        likeliest = max((chance for telling in self.tellings for _, chance in telling.answers), default=0.0)
        told = math.log(first.signals[TELLING_SIGNALS.index("chance of its spans")] + _SMALL)
        behind = np.delete(self._worths, at).max(initial=self._worths[at] - _CLIP)
        named = [self.shown.naming(place)[0] for place in self.best[:_BEST]]
        plain = [
            *self.shown.answerable(self.best, gap),
            math.log(likeliest + _SMALL),
            told,
            first.sureness,
            *self.shown.naming(self.first),
            sum(named) / len(named),
            float(self._worths[at] - behind),
        ]
        longer = plain[_PLAIN.index("terms asked")] - _USUAL_LENGTH
        return plain + [longer * signal for signal in plain]


@dataclass(frozen=True, slots=True)
class Ranker:
    """Orders passages, then their sentences, then the spans of the best of these, and at last the sentences anew."""

    passage: Scorer
    sentence: Scorer
    span: Scorer
    verdict: Scorer

    @classmethod
    def load(cls, folder: Path) -> Ranker:
        """Reads the weights. Raises ModelError naming the file where they are not whole."""
        path = folder / FILE
        try:
            tensors = load_file(path)
            scorers = {name: _scorer(name, tensors) for name in _WIDTHS}
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ModelError(
                f"The ranker's weights in {path} cannot be read ({type(error).__name__}: {error}). Install Dateline "
                f"anew, or set DATELINE_READER=cosine to do without them."
            ) from error
        return cls(**scorers)

    def read(self, query: Query, found: Sequence[Found], *, most: int) -> Read:
        """The passages found, at least one, and the sentences of the `most` best of them, weighed."""
        shown = Shown(query, found)
        relevance = self.passage(shown.passages())
        best = np.argsort(-relevance, kind="stable")[:most].tolist()
        rows = reading_rows(shown, best, relevance)
        sentences = [(place, sentence) for place in best for sentence in found[place].stored.sentences]
        first_look = self.sentence(rows)
        spans = gather(query, found, shown, [(place, sentence.text) for place, sentence in sentences], first_look)
        tellings = weigh(spans, self.span(spans.signals), len(sentences))
        unnamed = np.array([not shown.is_named(place) for place, _ in sentences], dtype=np.float32)
        scores = self.verdict(verdict_rows(rows, first_look, tellings)) - _UNNAMED * unnamed
        return Read(shown, relevance, best, sentences, scores, tellings)

    def save(self, folder: Path) -> None:
        """Writes the weights into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            f"{name}.{part}": np.ascontiguousarray(getattr(scorer, part), dtype=np.float32)
            for name in _WIDTHS
            for scorer in (getattr(self, name),)
            for part in Scorer.__slots__
        }
        save_file(tensors, folder / FILE)


def reading_rows(shown: Shown, places: Sequence[int], relevance: Array) -> Signals:
    """What the sentence network weighs, a row each sentence of the passages at some places of the pool, in order.

    A sentence's own signals, its passage's, and its passage's score.
    """
    signals = shown.passages()
    rows = [np.zeros((0, _SENTENCE), dtype=np.float32)]
    for place, own in zip(places, shown.sentences(places), strict=True):
        around = np.tile(np.append(signals[place], relevance[place]), (len(own), 1))
        rows.append(np.concatenate([own, around], axis=1).astype(np.float32))
    return np.concatenate(rows)


def verdict_rows(rows: Signals, scores: Array, tellings: Sequence[Told]) -> Signals:
    """What the last network weighs: a sentence's rows and score, and what it tells."""
    tells = np.array([one.signals for one in tellings], dtype=np.float32).reshape(-1, len(TELLING_SIGNALS))
    return np.concatenate([rows, scores[:, None], tells], axis=1)


def _scorer(name: str, tensors: Mapping[str, Array]) -> Scorer:
    scorer = Scorer(**{part: tensors[f"{name}.{part}"] for part in Scorer.__slots__})
    if scorer.linear.shape != (_WIDTHS[name],):
        raise ValueError(f"{name} weighs {scorer.linear.size} signals, and there are {_WIDTHS[name]}")
    return scorer
