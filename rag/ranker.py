"""The ranker: two small networks that weigh signals, one for passages and one for sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from index.errors import ModelError
from rag.signals import PASSAGE_SIGNALS, SENTENCE_SIGNALS, Signals

FILE = "ranker.safetensors"
_CLIP = 5.0  # standard deviations: one odd signal must not decide alone
_WIDTHS = {
    "passage": len(PASSAGE_SIGNALS),
    "sentence": len(SENTENCE_SIGNALS) + len(PASSAGE_SIGNALS) + 1,
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


@dataclass(frozen=True, slots=True)
class Ranker:
    """What orders passages, and sentences within what was read."""

    passage: Scorer
    sentence: Scorer

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

    def save(self, folder: Path) -> None:
        """Writes the weights into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            f"{name}.{part}": np.ascontiguousarray(getattr(scorer, part), dtype=np.float32)
            for name, scorer in (("passage", self.passage), ("sentence", self.sentence))
            for part in Scorer.__slots__
        }
        save_file(tensors, folder / FILE)

    def sentences(self, own: Signals, passage: Signals, score: float) -> Array:
        """The scores of a passage's sentences, from their signals, the passage's signals and its score."""
        return self.sentence(sentence_rows(own, passage, score))


def sentence_rows(own: Signals, passage: Signals, score: float) -> Signals:
    """What the sentence network weighs: each sentence's own signals, its passage's and the passage's score."""
    around = np.tile(np.append(passage, np.float32(score)), (len(own), 1))
    return np.concatenate([own, around], axis=1)


def _scorer(name: str, tensors: Mapping[str, Array]) -> Scorer:
    scorer = Scorer(**{part: tensors[f"{name}.{part}"] for part in Scorer.__slots__})
    if scorer.linear.shape != (_WIDTHS[name],):
        raise ValueError(f"{name} weighs {scorer.linear.size} signals, and there are {_WIDTHS[name]}")
    return scorer
