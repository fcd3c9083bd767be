"""What a library that gives only chunks would cite: the sentences of its best chunks that are nearest by cosine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from index.sentences import split_sentences
from rag.evaluation import SENTENCE_RANKS

READ = 5  # chunks whose sentences are looked at


def nearest_sentences(vector: Any, chunks: Sequence[str], embed: Callable[[list[str]], Any]) -> list[str]:
    """The sentences nearest to a question's unit vector, best first; `embed` gives unit vectors, one a row."""
    sentences = list(dict.fromkeys(s.text for chunk in chunks[:READ] for s in split_sentences(chunk)))
    if not sentences:
        return []
    order = np.argsort(-(embed(sentences) @ vector))[: max(SENTENCE_RANKS)]
    return [sentences[i] for i in order]
