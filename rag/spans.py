"""The words of a sentence that could be what a question asks for: names, figures, days, and short runs of words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from rag.phrases import find
from rag.quantity import quantities
from rag.stems import stems
from rag.tagging import AUXILIARY, DETERMINER, PREPOSITION
from rag.words import STOP_WORDS, name_spans


class Kind(StrEnum):
    """What the words look like."""

    NAME = "name"
    NUMBER = "number"
    DAY = "day"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Span:
    """Words at `start:end` of a sentence, and what they tell, as `told` has it."""

    start: int
    end: int
    kind: Kind
    told: frozenset[str]


_LONGEST_RUN = 6  # words
_ENDS_OF_RUN = 2  # so many of its first and last words are taken by themselves too
_NUMBER = re.compile(r"(?<![\w.,])[$€£]?\d(?:[\d,.]*\d)?%?")
_TOKEN = re.compile(r"[\w$%€£](?:(?:[\w’'.-]|,(?=\d{3}))*[\w%])?")
_BREAK = re.compile(r"[,;:()“”\"—–.!?]|\s-\s")
_BETWEEN = STOP_WORDS | PREPOSITION | DETERMINER | AUXILIARY


def told(text: str) -> frozenset[str]:
    """The stems of the words that tell something: what two spans have in common if they mean one thing."""
    return frozenset(stems(text)) - STOP_WORDS


def spans(sentence: str, asked: Collection[str]) -> list[Span]:
    """Every span that tells something that is not `asked` (stems); they may overlap, and no two are the same."""
    known = frozenset(asked)
    found: dict[tuple[int, int], Span] = {}
    for start, end, kind in _all(sentence):
        if (start, end) not in found and not (words := told(sentence[start:end])) <= known:
            found[start, end] = Span(start, end, kind, words)
    return list(found.values())


def _all(sentence: str) -> Iterator[tuple[int, int, Kind]]:
    for phrase in find(sentence):
        yield phrase.start, phrase.end, Kind.DAY
    for start, end in name_spans(sentence):
        yield start, end, Kind.NAME
    for quantity in quantities(sentence):
        yield quantity.start, quantity.end, Kind.NUMBER
    for match in _NUMBER.finditer(sentence):
        yield *match.span(), Kind.NUMBER
    for run in _runs(sentence):
        if len(run) <= _LONGEST_RUN:
            yield run[0][0], run[-1][1], Kind.WORDS
        for count in range(1, min(_ENDS_OF_RUN + 1, len(run))):
            yield run[-count][0], run[-1][1], Kind.WORDS
            yield run[0][0], run[count - 1][1], Kind.WORDS


def _runs(sentence: str) -> Iterator[list[tuple[int, int]]]:
    """The places of words that stand side by side, with no mark and no small word between them."""
    run: list[tuple[int, int]] = []
    words = [match.span() for match in _TOKEN.finditer(sentence)]
    for before, (start, end) in pairwise([(0, 0), *words]):
        is_small = sentence[start:end].lower() in _BETWEEN
        if run and (is_small or _BREAK.search(sentence, before[1], start)):
            yield run
            run = []
        if not is_small:
            run.append((start, end))
    if run:
        yield run
