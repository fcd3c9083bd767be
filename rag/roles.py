"""Who did it to whom: whether a claim has the two sides of a deed the wrong way round, or tells it of another.

A deed of the claim is set beside the deeds of its sources with the same verb. Its doer must not be the one who suffered
it there, nor one who is named there while somebody else is said to have done it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.clauses import NORMAL, SAYING, Deed, Reading, read
from rag.dating import mask
from rag.lexicon import HARMLESS, OF_A_PLACE, same, senses, stem, told, vocabulary
from rag.tagging import PRONOUNS

# Deeds that both sides do alike, so that their order says nothing.
_MUTUAL = frozenset(
    map(
        stem,
        vocabulary(
            "meet agree sign talk marry share border link join differ cooperate play draw shake fight sit seal "
            "negotiate discuss reach bind be begin start continue stop end finish"
        ),
    )
)
# Deeds that the thing itself does where nobody is said to do it to it: "the shop closed".
_OF_ITSELF = frozenset(
    map(stem, vocabulary("open close shut start begin end stop halt move break burn grow increase drop sink fly crash"))
)
_UNNAMED = PRONOUNS - {"his", "her", "its", "their"}  # "its commander, Jo March" is named
_OF_A_PLACE = re.compile(rf"^[A-Z]{OF_A_PLACE}$")
_TITLES = frozenset(
    map(
        stem,
        vocabulary(
            "president prime minister general king queen chancellor leader governor secretary state chief head "
            "director foreign deputy former justice judge senator mr mrs ms dr sir lord pope cardinal prince "
            "commander coach"
        ),
    )
)


def swapped(claim: str, sources: Sequence[str], titles: Sequence[str] = ()) -> list[str]:
    """What the claim has the wrong way round, in plain words; a title tells of deeds that no source does.

    The texts are canonical.
    """
    own = read(mask(claim))
    readings = [read(mask(source)) for source in sources]
    headings = [read(mask(title)) for title in titles]
    for deed in own.deeds:
        if deed.verb in _MUTUAL:
            continue
        verb = own.words[deed.place]
        given = _alike(own, deed, readings)
        is_told = bool(given)
        given = given or _alike(own, deed, headings)
        if not given:
            continue
        if deed.verb in SAYING:
            given = _nearest(own, deed, given)
        if doer := _misplaced(own, deed, readings, given, is_told):
            return [f"the cited text does not tell “{verb}” of “{doer}”"]
        if sufferer := _turned(own, deed, readings, given, is_told):
            return [f"“{sufferer}” is on the other side of “{verb}” in the cited text"]
        if is_told and _is_crossed(own, deed, given):
            return [f"the cited text tells “{verb}” of each, and not of both together"]
    return []


def _alike(own: Reading, deed: Deed, readings: Sequence[Reading]) -> list[tuple[Reading, Deed]]:
    return [(reading, other) for reading in readings for other in reading.deeds if _is_alike(own, deed, reading, other)]


def _is_alike(own: Reading, deed: Deed, reading: Reading, other: Deed) -> bool:
    """Whether two verbs are one or stated to be equivalent; all that tell what was said count as one."""
    if deed.verb == other.verb or (deed.verb in SAYING and other.verb in SAYING):
        return True
    one, another = (
        at.verb if at.verb in NORMAL else text.words[at.place] for text, at in ((own, deed), (reading, other))
    )
    return same(one, another)


def _nearest(own: Reading, deed: Deed, given: Sequence[tuple[Reading, Deed]]) -> list[tuple[Reading, Deed]]:
    """Of several who said something those who said what the claim tells."""
    said = _said(own, deed)
    shared = [sum(_among(word, _said(reading, other), reading) for word in said) for reading, other in given]
    return [pair for pair, count in zip(given, shared, strict=True) if count == max(shared)]


def _said(reading: Reading, deed: Deed) -> list[str]:
    """The content words from a verb of saying to the next one; before it where nothing follows."""
    stop = min(
        (other.place for other in reading.deeds if other.place > deed.place and other.verb in SAYING), default=None
    )
    after = [word for word in reading.words[deed.place + 1 : stop] if stem(word) not in HARMLESS]
    return after if len(after) > 1 else [word for word in reading.words[: deed.place] if stem(word) not in HARMLESS]


def _misplaced(
    own: Reading, deed: Deed, readings: Sequence[Reading], given: Sequence[tuple[Reading, Deed]], is_told: bool
) -> str | None:
    """A doer that the sources name, and not as one who may have done it.

    A heading names few of those, so that what only it tells, and no source (`is_told`), is another's less often.
    """
    doers = _entities(own.at(deed.doers))
    if deed.verb in SAYING and is_told and (speaker := _other_speaker(own, deed, doers, given)):
        return speaker
    known = [word for word in doers if any(_among(word, reading.words, reading) for reading in readings)]
    if not known or any(_among(word, reading.at(other.left), reading) for word in known for reading, other in given):
        return None
    if deed.done_to:  # "the door opened" and "he opened the door" are one
        for word in known:
            if any(_among(word, reading.at(other.done_to), reading) for reading, other in given):
                return word
    else:
        known = [word for word in known if not any(_among(word, r.at(other.done_to), r) for r, other in given)]
    if not is_told or not _is_exact(deed, given):
        return None
    if known and all(_is_exchanged(own, deed, reading, other) for reading, other in given):
        return known[0]
    names = [word for word in known if word[0].isupper()]
    if names and all(_is_named(reading.at(other.doers)) for reading, other in given):
        return names[0]
    return None


def _other_speaker(own: Reading, deed: Deed, doers: Sequence[str], given: Sequence[tuple[Reading, Deed]]) -> str | None:
    """One who is named as saying what others say by name, in each source, and to whom they are said to say it."""
    names = [word for word in doers if word[0].isupper()]
    spoken = [(reading, reading.at(other.doers)) for reading, other in given]
    if not names or not all(_is_named(speakers) for _, speakers in spoken):
        return None
    if any(_among(word, speakers, reading) for word in names for reading, speakers in spoken):
        return None
    if not all(_is_exchanged(own, deed, reading, other) for reading, other in given):
        return None
    return next((word for word in names if any(_among(word, r.at(other.right), r) for r, other in given)), None)


def _is_exchanged(own: Reading, deed: Deed, reading: Reading, other: Deed) -> bool:
    """Whether those who did it in the source stand on the far side of it in the claim."""
    far = own.at(deed.right - deed.left)
    return any(word in far for word in _entities(reading.at(other.doers)))


def _turned(
    own: Reading, deed: Deed, readings: Sequence[Reading], given: Sequence[tuple[Reading, Deed]], is_told: bool
) -> str | None:
    """A sufferer that the sources have for the doer alone, or name while the deed is done to another."""
    if deed.verb in SAYING:
        return None
    sufferers = _entities(own.at(deed.done_to or deed.right - deed.left))
    if any(_among(word, reading.at(other.right), reading) for word in sufferers for reading, other in given):
        return None
    for word in sufferers:
        if any(
            _among(word, reading.at(other.doers), reading)
            and (other.done_to or other.verb not in _OF_ITSELF or not deed.done_to)
            for reading, other in given
        ):
            return word
    names = [
        word
        for word in sufferers
        if word[0].isupper() and any(_among(word, reading.words, reading) for reading in readings)
    ]
    if (
        names
        and is_told
        and _is_exact(deed, given)
        and all(_is_named(reading.at(other.done_to)) for reading, other in given)
    ):
        return names[0]
    return None


def _is_crossed(own: Reading, deed: Deed, given: Sequence[tuple[Reading, Deed]]) -> bool:
    """Whether the sources have the doer, by name, in one such deed and the sufferer in another, and both in none."""
    doers, sufferers = (
        [word for word in _entities(own.at(side)) if word[0].isupper()] for side in (deed.doers, deed.done_to)
    )
    if deed.verb in SAYING or not doers or not sufferers:
        return False
    sides = [
        (
            any(_among(word, reading.at(other.left), reading) for word in doers),
            _is_named(reading.at(other.doers))
            and any(_among(word, reading.at(other.done_to), reading) for word in sufferers),
        )
        for reading, other in given
    ]
    return (True, True) not in sides and (True, False) in sides and (False, True) in sides


def _is_exact(deed: Deed, given: Sequence[tuple[Reading, Deed]]) -> bool:
    """Whether all have the same verb, and not only one that is stated to be equivalent."""
    return all(other.verb == deed.verb or deed.verb in SAYING for _, other in given)


def _entities(words: Sequence[str]) -> list[str]:
    """The words that tell who or what: no pronouns, no owners, and no titles where a name stands beside them."""
    kept = [
        word
        for word in words
        if word.lower() not in PRONOUNS and (stem(word) not in HARMLESS or word.lower() == "people")
    ]
    owned = [word for word in kept if not word.endswith("'s")] or kept
    names = [word for word in owned if stem(word) not in _TITLES]
    if len(names) == 1 < len(owned) and _OF_A_PLACE.search(names[0]):  # "the Indian prime minister"
        return [word for word in owned if word not in names]
    return names or owned


def _is_named(words: Sequence[str]) -> bool:
    return any(word[0].isupper() for word in words) and not any(word.lower() in _UNNAMED for word in words)


def _among(word: str, others: Sequence[str], reading: Reading) -> bool:
    """Whether a word is among others of a reading; one that stands there itself is not another that means the same."""
    root = stem(word)
    if word[0].islower() and any(stem(own) == root for own in reading.words):
        return any(stem(other) == root for other in others)
    keys = senses(word)
    return any(keys & told(other) for other in others)
