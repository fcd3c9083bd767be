"""Who did it to whom: whether a claim has the two sides of a deed the wrong way round.

There is no parser here. Two names (or nouns) and a verb between them are enough: the same three in the other order, in
the same voice, are another story.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from rag.lexicon import BASES, HARMLESS, same, senses, stem, vocabulary
from rag.words import STOP_WORDS

_WORD = re.compile(r"[\w%$]+(?:'\w+)?|[,;:.()\"]")
_BE = vocabulary("am is are was were be been being get gets got gotten")
_BEFORE_VERB = _BE | vocabulary(
    "to will would can could may might must shall should did does do had has have not never then also"
)
# Deeds that both sides do alike, so that their order says nothing.
_MUTUAL = frozenset(
    map(
        stem,
        vocabulary(
            "meet agree sign talk marry share border link join differ cooperate play draw shake fight sit seal "
            "negotiate discuss reach"
        ),
    )
)
_FLIPPED = {"lose": "beat"}  # "A lost to B" is "B beat A"
_SAYING = frozenset(map(stem, vocabulary("say tell warn add announce report write explain note claim argue declare")))
_LONGEST = 120  # words that are read
_PRONOUNS = vocabulary("he she it they him her them")
_NO_DEEDS = vocabulary("man woman child person life wife foot good bad dead")
_CLAUSE = vocabulary(": ; when while because although whereas unless if where")
_LEFT_BREAK = _CLAUSE | {"that", "before", "after"}
_RIGHT_BREAK = _CLAUSE | vocabulary("in on at from during by since until near into after before as who which")


@dataclass(frozen=True, slots=True)
class Deed:
    """A verb, and the places of those who may have done it and of those it may have been done to."""

    place: int
    verb: str
    doers: frozenset[int]
    done_to: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a sentence, and its deeds."""

    words: tuple[str, ...]
    deeds: tuple[Deed, ...]

    def place(self, thing: str, among: frozenset[int]) -> bool:
        """Whether the thing is among those at the places."""
        return any(same(self.words[place], thing) for place in among)


def swapped(claim: str, sources: Sequence[str]) -> list[str]:
    """Pairs that the claim has the wrong way round, in plain words; the texts canonical."""
    own = _read(claim)
    readings = [_read(source) for source in sources]
    known = {key for reading in readings for word in reading.words for key in senses(word)}
    for deed in own.deeds:
        if deed.verb in _MUTUAL:
            continue
        others = [(reading, other) for reading in readings for other in reading.deeds if same(other.verb, deed.verb)]
        for a, b in product(sorted(deed.doers), sorted(deed.done_to)):
            doer, sufferer = own.words[a], own.words[b]
            if same(doer, sufferer):
                continue
            if any(_is_so(reading, other, doer, sufferer, known) for reading, other in others):
                continue
            if any(_is_so(reading, other, sufferer, doer, known) for reading, other in others):
                return [f"“{doer}” and “{sufferer}” have changed places about “{own.words[deed.place]}”"]
    return []


def _is_so(reading: Reading, deed: Deed, doer: str, sufferer: str, known: set[str]) -> bool:
    """Whether the source's deed has the two in these places; a name that it lacks may be any of its pronouns."""
    return all(
        reading.place(thing, among)
        or (
            thing[0].isupper()
            and not senses(thing) & known
            and any(reading.words[p].lower() in _PRONOUNS for p in among)
        )
        for thing, among in ((doer, deed.doers), (sufferer, deed.done_to))
    )


def _read(text: str) -> Reading:
    words = tuple(match.group() for match in _WORD.finditer(text))[:_LONGEST]
    verbs = [place for place in range(len(words)) if _is_verb(words, place)]
    things = [place for place in range(len(words)) if place not in verbs and _is_thing(words[place])]
    return Reading(words, tuple(_deed(words, place, things) for place in verbs))


def _is_thing(word: str) -> bool:
    low = word.lower()
    return low in _PRONOUNS or (word[0].isalpha() and stem(word) not in HARMLESS and len(word) > 1)


def _deed(words: Sequence[str], place: int, things: Sequence[int]) -> Deed:
    start = next((at + 1 for at in range(place - 1, -1, -1) if words[at].lower() in _LEFT_BREAK), 0)
    base = stem(words[place])
    stop = next((at for at in range(place + 1, len(words)) if words[at].lower() in _RIGHT_BREAK), len(words))
    left = frozenset(at for at in things if start <= at < place)
    right = frozenset(at for at in things if place < at < stop)
    if base in _FLIPPED and "to" in words[place + 1 : place + 7]:
        return Deed(place, stem(_FLIPPED[base]), right, left)
    following = words[place + 1] if place + 1 < len(words) else ""
    if base in _SAYING and (following[:1].isupper() or following == "the") and words[place - 1] in (",", '"'):
        return Deed(place, base, right, frozenset())
    if _is_passive(words, place):
        by = next((at for at in range(place + 1, min(place + 8, len(words))) if words[at] == "by"), None)
        agents = _agents(words, by, things) if by else frozenset()
        return Deed(place, base, agents, left if agents else frozenset())
    return Deed(place, base, left, right)


def _agents(words: Sequence[str], by: int, things: Sequence[int]) -> frozenset[int]:
    stop = next((at for at in range(by + 1, len(words)) if words[at].lower() in _RIGHT_BREAK), len(words))
    return frozenset(at for at in things if by < at < stop)


def _is_passive(words: Sequence[str], place: int) -> bool:
    base, low = stem(words[place]), words[place].lower()
    if low.endswith("ing") or (low == base and low not in ("cut", "put", "hit", "set", "beat", "shut", "hurt")):
        return False
    lead = {word.lower() for word in words[max(0, place - 3) : place]}
    following = words[place + 1] if place + 1 < len(words) else ""
    # "Built by", "the update by": a participle without its auxiliary.
    return bool(lead & _BE) or (following == "by" and not lead & {"has", "had", "have"})


def _is_verb(words: Sequence[str], place: int) -> bool:
    word, low = words[place], words[place].lower()
    if word[0].isupper() or not word[0].isalpha() or low in _BEFORE_VERB or (low in STOP_WORDS and low not in BASES):
        return False
    before = words[place - 1].lower() if place else ""
    if before in ("the", "a", "an", "of", "his", "her", "its", "their"):
        return False
    if low.endswith("ed") and len(low) > 4 and low not in ("hundred", "indeed"):
        return True
    if low in BASES and BASES[low] not in _NO_DEEDS:
        return True
    return before in _BEFORE_VERB - _BE or (before in _BE and low.endswith("ing"))
