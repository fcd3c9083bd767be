"""What the best sentences tell: which answers stand in them, and how likely each is the one that was asked for.

An answer that several sentences give is likelier than each of them alone makes it, so chances are added up by what
the words say, wherever they stand. Who tells a whole answer tells its parts: "Jalen Hurts" is as likely as that and
"Hurts" together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.clues import SPAN_SIGNALS, Clues
from rag.query import Query
from rag.retriever import Found
from rag.signals import Shown, Signals
from rag.spans import Span, spans

TELLING_SIGNALS = ("best span", "chance of its spans, log", "chance of its best answer", "chance of its spans")
SENTENCES = 24  # the best of them, whose spans are weighed
_LOWEST = -6.0  # for a sentence whose spans were not weighed

_LIKELY = 0.005  # the chance from which an answer is one that a sentence is said to give
_NONE = 0.01  # the chance that is taken of a sentence that gives none

Answer = frozenset[str]  # the stems that an answer tells


@dataclass(frozen=True, slots=True)
class Spans:
    """The spans of the best sentences: of each its sentence's place, and its signals (a row each)."""

    sentences: tuple[int, ...]
    spans: tuple[Span, ...]
    signals: Signals


@dataclass(frozen=True, slots=True)
class Told:
    """What one sentence tells: its TELLING_SIGNALS, the chance of each likely answer in it, and its likeliest span.

    An answer's chance is that of all sentences that give it or a part of it; `chance` is that of what the likeliest
    span says, and `sureness` that of the span among its sentence's.
    """

    signals: tuple[float, ...] = (_LOWEST, _LOWEST, 0.0, 0.0)
    answers: tuple[tuple[Answer, float], ...] = ()
    span: Span | None = None
    chance: float = 0.0
    sureness: float = 0.0


def gather(
    query: Query, pool: Sequence[Found], shown: Shown, texts: Sequence[tuple[int, str]], scores: NDArray[np.float32]
) -> Spans:
    """The spans of the best of some sentences.

    Given are of each sentence its passage's place in the pool, its text, and how well it was found to answer.
    """
    clues = Clues(query, pool, shown)
    sentences: list[int] = []
    found: list[Span] = []
    rows = [np.zeros((0, len(SPAN_SIGNALS)), dtype=np.float32)]
    order = np.argsort(-scores, kind="stable")[:SENTENCES].tolist()
    for rank, place in enumerate(order):
        passage, text = texts[place]
        some = spans(text, shown.asked_words)
        if some:
            below = float(scores[place] - scores[order[0]])
            rows.append(clues.of(text, some, place=passage, score=below, rank=rank))
            sentences += [place] * len(some)
            found += some
    return Spans(tuple(sentences), tuple(found), np.concatenate(rows))


def weigh(found: Spans, scores: NDArray[np.float32], count: int) -> list[Told]:
    """What each of `count` sentences tells, from a score for each span."""
    if not found.spans:
        return [Told()] * count
    below = scores - scores.max()
    chances = np.exp(below) / np.exp(below).sum()
    total: defaultdict[Answer, float] = defaultdict(float)
    of_sentence: defaultdict[int, list[int]] = defaultdict(list)
    for row, (place, span) in enumerate(zip(found.sentences, found.spans, strict=True)):
        total[span.told] += float(chances[row])
        of_sentence[place].append(row)
    parts = [(answer, chance) for answer, chance in total.items() if chance >= _LIKELY]
    whole = {answer: chance + sum(share for part, share in parts if part < answer) for answer, chance in total.items()}
    return [_told(found, below, chances, whole, of_sentence.get(place, ())) for place in range(count)]


def _told(
    found: Spans,
    below: NDArray[np.float32],
    chances: NDArray[np.float32],
    total: Mapping[Answer, float],
    rows: Sequence[int],
) -> Told:
    if not rows:
        return Told()
    own = float(sum(chances[row] for row in rows))
    best = max(rows, key=lambda row: chances[row])
    answers = {found.spans[row].told: total[found.spans[row].told] for row in rows}
    signals = (
        max(_LOWEST, float(below[best])),
        max(_LOWEST, float(np.log(own + 1e-9))),
        max(answers.values()),
        own,
    )
    likely = tuple((answer, chance) for answer, chance in answers.items() if chance >= _LIKELY)
    return Told(signals, likely, found.spans[best], answers[found.spans[best].told], float(chances[best]) / own)


def worth(score: float, answers: Sequence[tuple[Answer, float]], said: Collection[Answer]) -> float:
    """How good a sentence is to be told next: its score, and how likely it gives an answer that was not said yet."""
    return score + math.log(untold(answers, said) + _NONE)


def untold(answers: Sequence[tuple[Answer, float]], said: Collection[Answer]) -> float:
    """How likely the answer is one of these and was not said yet; one that holds another's words says it."""
    return sum(chance for answer, chance in answers if not any(answer <= other or other <= answer for other in said))
