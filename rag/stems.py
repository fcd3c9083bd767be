"""Words by their stems, and names by their kin: "Afghan" stands for "Afghanistan" and the reverse."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

import Stemmer

from rag.words import STOP_WORDS

TOKEN = re.compile(r"\d+(?:[.,]\d+)*%?|[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_SHORTEST_KIN = 4  # letters


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """The English stem of a word, lower-cased; numbers as they are."""
    return porter(word.casefold().replace("’", "'").removesuffix("'s").replace(",", ""))


def porter(word: str) -> str:
    """The stem of a lower-cased English word by Porter's second algorithm, and nothing more."""
    # A stemmer holds the word it is at work on, so threads cannot share one; to make one costs next to nothing.
    return str(Stemmer.Stemmer("english", 0).stemWord(word))


def stems(text: str) -> list[str]:
    """The stems of a text's words and numbers, in order."""
    return [stem(token) for token in TOKEN.findall(text)]


def name_stems(names: Collection[str]) -> frozenset[str]:
    """The stems of the words of some names that tell one from another."""
    return frozenset(one for name in names for one in stems(name) if one not in STOP_WORDS)


def holds_name(names: Collection[str], words: Collection[str]) -> bool:
    """Whether one of the stems of names, or its kin, is among the stems of words; true where there are no names."""
    return not names or any(name in words or any(_kin(name, word) for word in words) for name in names)


def _kin(name: str, word: str) -> bool:
    short, long = sorted((name, word), key=len)
    return len(short) >= _SHORTEST_KIN and long.startswith(short)
