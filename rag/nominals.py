"""The noun phrases of a tagged sentence: which places belong to the one that ends, begins or is meant at a place.

A phrase is two sets of places: its own words, without what a preposition other than "of" adds, and all that it may
reach, which is more than can be told apart.
"""

from __future__ import annotations

from rag.lexicon import vocabulary
from rag.tagging import AUXILIARY, DETERMINER, NUMBER, PREPOSITION, STOP, Tagged

_CLAUSE = vocabulary(
    "while because when although whereas unless if where though since until after before as that than whether but so"
)
RELATIVE = vocabulary("who which that")
_LEFT_END = STOP | _CLAUSE | RELATIVE | {"whom"}
_RIGHT_END = STOP | RELATIVE | AUXILIARY | (_CLAUSE - PREPOSITION)


def after(text: Tagged, place: int) -> tuple[frozenset[int], frozenset[int]]:
    """The noun phrase that begins at a place, without and with what other prepositions than "of" add."""
    found: set[int] = set()
    wide: set[int] = set()
    is_direct = True
    for at in range(place, len(text.low)):
        low = text.low[at]
        if low == ",":
            is_direct = is_direct and _is_apposition(text, at)
            continue
        if low in _RIGHT_END and not _is_bound(text, at):
            break
        if at in text.verbs:
            if text.low[at - 1] != "to":
                break
            is_direct = False
        if low in PREPOSITION or (low in DETERMINER and found and text.low[at - 1] not in ("of", "and", "or")):
            is_direct = False
        if at in text.things:
            wide.add(at)
            if is_direct:
                found.add(at)
    return frozenset(found), frozenset(wide)


def ending(text: Tagged, place: int) -> tuple[frozenset[int], frozenset[int]]:
    """The noun phrase that ends at a place: its words without what other prepositions than "of" add, and all."""
    found: set[int] = set()
    wide: set[int] = set()
    at = place
    while at >= 0 and text.low[at] not in _LEFT_END:
        if at in text.verbs:
            relative = text.start(at) - 1
            if relative < 1 or text.low[relative] not in RELATIVE or text.low[relative - 1] in STOP:
                break
            found.clear()  # "the fire that swept through Lahaina" is the fire
            at = relative - 1
            continue
        if text.low[at] in AUXILIARY:
            break
        if text.low[at] in PREPOSITION:
            found.clear()
        elif at in text.things:
            found.add(at)
            wide.add(at)
        at -= 1
    return frozenset(found or wide), frozenset(wide)


def _is_bound(text: Tagged, place: int) -> bool:
    """Whether "than" only bounds a number: "cancelled more than 5,000 flights"."""
    after = text.words[place + 1 : place + 2]
    return text.low[place] == "than" and bool(after) and (after[0][0].isdigit() or after[0] in NUMBER | {"a"})


def _is_apposition(text: Tagged, comma: int) -> bool:
    """Whether a name that stands alone follows: "her mentor, López Obrador, on Oct. 1"."""
    at = comma + 1
    while at < len(text.words) and text.words[at][0].isupper():
        at += 1
    return at > comma + 1 and (at == len(text.words) or text.low[at] in STOP)


def governed(text: Tagged, preposition: str, place: int, right: frozenset[int]) -> frozenset[int]:
    """The noun phrase after a preposition within the reach of a verb."""
    stop = max(right, default=place)
    at = next(
        (
            at
            for at in range(place + 1, stop)
            if text.low[at] == preposition and (preposition != "by" or text.is_agent(at))
        ),
        None,
    )
    return frozenset() if at is None else after(text, at + 1)[0]


def antecedent(text: Tagged, place: int) -> tuple[frozenset[int], frozenset[int]]:
    """What a relative clause leans on: the noun phrase next before it, and all that it may be."""
    end = skip_comma(text, place)
    _, wide = ending(text, end)
    near = set()
    for at in sorted(wide, reverse=True):
        if any(low in PREPOSITION for low in text.low[at:end]):
            break
        near.add(at)
    return frozenset(near or wide), wide


def skip_comma(text: Tagged, place: int) -> int:
    """The place, or the one before it where a comma or another stop stands there."""
    return place - 1 if place > 0 and text.low[place] in STOP else place


def added_name(text: Tagged, place: int) -> frozenset[int]:
    """A second name with its own infinitive: "Lagarde to succeed Draghi and von der Leyen to follow Juncker"."""
    at = place
    while at > 0 and (
        text.words[at][0].isupper()
        or (text.words[at - 1][0].isupper() and at < place and len(text.low[at]) < 4 and text.low[at] != "and")
        or text.low[at] in ("der", "de", "la")
    ):
        at -= 1
    return frozenset(range(at + 1, place + 1)) if at < place and text.low[at] == "and" else frozenset()


def aside_name(text: Tagged, place: int) -> frozenset[int]:
    """The name that an aside tells of: "Turkey, the last ally to ratify it,"."""
    found, _ = ending(text, place)
    at = min(found, default=0) - 1
    while at > 0 and text.low[at] in DETERMINER | {"last", "first", "only"}:
        at -= 1
    if not found or at < 1 or text.low[at] != "," or not text.words[at - 1][0].isupper():
        return frozenset()
    return found | ending(text, at - 1)[0]


def name_before(text: Tagged, place: int) -> frozenset[int]:
    """The phrase of the nearest name within a few words before a place."""
    at = next((at for at in range(place - 1, max(-1, place - 8), -1) if text.words[at][0].isupper()), None)
    return frozenset() if at is None else ending(text, at)[0]
