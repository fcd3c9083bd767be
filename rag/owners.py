"""Whose a number or a thing is: "24 percent" of one candidate must not be told of the other, who had 73."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.figures import Figure, measured
from rag.lexicon import same, senses, stem, told

_NAME = re.compile(r"\b[A-Z][\w-]+")
_FOR = re.compile(r"(?:\s[a-z]+)?\s(?:for|from)\s(?:the\s)?((?:[A-Z][\w-]+\s?)+)")
_OWNER = re.compile(r"\b([A-Z][\w-]+)'s (?:[a-z]+ )??([a-z]+)\b")
_OF_OWNERS = re.compile(r"\b([a-z]+) (?:of|from) ((?:(?:the |and |, |,? and the )*[A-Z][\w-]+ ?)+)")


@dataclass(frozen=True, slots=True)
class _Owned:
    """A number, and what the names tell that stand nearest to it."""

    figure: Figure
    names: frozenset[str]


def misattributed(claim: str, sources: Sequence[str]) -> list[str]:
    """Numbers that the sources give another; the texts canonical, with calendar days masked."""
    given = [owned for source in sources for owned in _owned(source)]
    return [
        f"the number “{one.figure.text}” is another's in the cited text"
        for one in _owned(claim)
        if one.names and _is_anothers(one, given)
    ]


def misowned(claim: str, sources: Sequence[str]) -> list[str]:
    """Things that the sources say are another's than the claim does; the texts canonical."""
    given = [pair for source in sources for pair in _things(source)]
    named = {key for source in sources for word in _NAME.findall(source) for key in told(word)}
    wrong = []
    for owner, thing in _things(claim):
        owners = [other for other, owned in given if stem(owned) == stem(thing)]
        if owners and senses(owner) & named and not any(senses(owner) & told(other) for other in owners):
            wrong.append(f"“{thing}” is another's than “{owner}” in the cited text")
    return wrong


def _things(text: str) -> list[tuple[str, str]]:
    """Each owner with what is said to be theirs."""
    of_owners = [(owner, thing) for thing, owners in _OF_OWNERS.findall(text) for owner in _NAME.findall(owners)]
    return [*_OWNER.findall(text), *of_owners]


def _is_anothers(one: _Owned, given: Sequence[_Owned]) -> bool:
    own = [other for other in given if other.figure.value == one.figure.value and other.names]
    if not own or any(one.names & other.names for other in own):
        return False
    return any(
        one.names & other.names
        for mine in own
        for other in given
        if other.figure.value != one.figure.value and _count_alike(mine.figure, other.figure)
    )


def _count_alike(one: Figure, other: Figure) -> bool:
    if one.is_ordinal or other.is_ordinal or one.unit != other.unit:
        return False
    if one.unit or (one.head and not other.head):  # "735 aircraft", and another's "528"
        return True
    return bool(one.head and other.head and same(one.head, other.head))


def _owned(text: str) -> list[_Owned]:
    """Each number with the names between it and the number before, and with one that it is said to be for."""
    figured = sorted(measured(text), key=lambda figure: figure.start)
    found = []
    for figure in figured:
        start = max((other.end for other in figured if other.end <= figure.start), default=0)
        after = _FOR.match(text, figure.end)
        known = _NAME.findall(text[start : figure.start]) + (_NAME.findall(after[1]) if after else [])
        found.append(_Owned(figure, frozenset(key for word in known for key in senses(word))))
    return found
