"""Whose a number is: "24 percent" of one candidate must not be told of the other, who had 73."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.figures import Figure, measured
from rag.lexicon import same, senses

_NAME = re.compile(r"\b[A-Z][\w-]+")
_FOR = re.compile(r"(?:\s[a-z]+)?\s(?:for|from)\s(?:the\s)?((?:[A-Z][\w-]+\s?)+)")


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
    return bool(one.unit) or bool(one.head and other.head and same(one.head, other.head))


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
