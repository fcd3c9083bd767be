"""What words mean, and which mean the same, from WordNet 3.1 (Fellbaum 1998; its licence stands beside the table).

`benchmarks.wordnet` makes the table. It is read at first use, so that only a gate that has a claim to check pays for
it. A word is known in any of its forms, and only by its common senses: rare ones would make most words alike.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).resolve().parent / "meanings" / "wordnet.txt.gz"
_ENDINGS = (
    ("ies", "y"), ("ves", "f"), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("es", "e"),
    ("s", ""), ("ied", "y"), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", ""), ("ier", "y"), ("iest", "y"),
    ("er", ""), ("est", ""), ("er", "e"), ("est", "e"),
)  # fmt: skip

_COMPARING = ("ier", "iest", "er", "est")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word means: its senses, those by which it may be named more widely, what those are kinds of, opposites."""

    senses: frozenset[str]
    named: frozenset[str]
    kinds: frozenset[str]
    opposites: frozenset[str]


@lru_cache(maxsize=1)
def _table() -> Mapping[str, str]:
    with gzip.open(TABLE, "rt", encoding="ascii") as file:
        return dict(line.rstrip("\n").split("\t", 1) for line in file)


@lru_cache(maxsize=1 << 16)
def meaning(word: str) -> Meaning:
    """What a word means in any regular form, or two words parted by a blank; one that WordNet lacks means nothing."""
    found: list[set[str]] = [set(), set(), set(), set()]
    for form in dict.fromkeys(_forms(word)):
        for known, part in zip(found, _table().get(form, "").split("\t")[1:], strict=False):
            known.update(part.split())
    return Meaning(*map(frozenset, found))


@lru_cache(maxsize=1 << 16)
def is_verb(word: str) -> bool:
    """Whether a word in a regular form is a verb and nothing else, or a verb more often than a noun."""
    parts = "".join(_table().get(form, "").partition("\t")[0] for form in _forms(word))
    return "v" in parts and parts.find("v") < (parts + "n").find("n")


def _forms(word: str) -> Iterator[str]:
    """The word, and what it may be a form of; for two words by the first where the second is short, like "off"."""
    yield word
    first, _, second = word.partition(" ")
    if second:
        yield from (f"{form} {second}" for form in _forms(first))
        yield from (f"{first} {form}" for form in _forms(second))
        return
    for ending, instead in _ENDINGS:
        if ending in _COMPARING and word in _table():  # a freighter is no more freight than another
            continue
        if word.endswith(ending) and len(word) > len(ending) + 2:
            form = word.removesuffix(ending) + instead
            yield form
            if not instead and len(form) > 3 and form[-1] == form[-2]:
                yield form[:-1]
