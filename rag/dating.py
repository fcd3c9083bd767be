"""Every day that a claim names looked for among the days that its source names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from rag.answer import Citation
from rag.dates import Days, Kind, Lean, Phrase, find, resolve
from rag.event import event_dates

_MASKED = frozenset(Kind) - {Kind.SPAN}
_FROM = re.compile(r"\b(?:since|after|following)\s(?:the\s)?$", re.I)
_UP_TO = re.compile(r"\b(?:until|till|before|by|up to)\s(?:the\s)?$", re.I)
_PUBLISHING = re.compile(r"\b(?:reported|published|wrote|as of|according)\b", re.I)
_JUST_BEFORE = re.compile(r"\b(?:reported|published|wrote|as of)\s(?:(?:on|the)\s)*$", re.I)
_SOON_AFTER = re.compile(r"^,?(?:\s[\w']+){1,6}?\s(?:reported|published|wrote)\b", re.I)
_events = lru_cache(maxsize=64)(event_dates)  # each phrase of a sentence asks for all of them
_YEAR = re.compile(r"(?<![\d.,$€£-])(?:1[5-9]|20)\d\d(?![\d%]|[.,]\d)")


@lru_cache(maxsize=256)
def mask(text: str, *, kinds: frozenset[Kind] = _MASKED) -> str:
    """The text with its calendar phrases blanked, so that "Aug. 20" is not read as the number 20."""
    for phrase in find(text):
        if phrase.kind in kinds:
            text = text[: phrase.start] + " " * (phrase.end - phrase.start) + text[phrase.end :]
    return text


def phrases(text: str) -> list[Phrase]:
    """The calendar phrases of a text that are checked, in order."""
    return [phrase for phrase in find(text) if phrase.kind in _MASKED]


def mask_days(text: str) -> str:
    """The text with whole days blanked; its years stay, as numbers."""
    return mask(text, kinds=frozenset({Kind.DAY}))


def unbacked(claim: str, citations: Sequence[Citation], sources: Sequence[str]) -> list[str]:
    """What is wrong with the claim's days, in plain words. `sources` are the cited sentences, canonical."""
    told: list[tuple[Days, str, str]] = []  # days, wording, which side of them is meant
    wordings: set[str] = set()
    for citation, source in zip(citations, sources, strict=True):
        for phrase in find(source):
            side = _side(source, phrase)
            wordings.add(_wording(phrase))
            told += [(days, _wording(phrase), side) for days in _readings(source, phrase, citation.published)]
        if citation.event is not None:
            told.append(((citation.event.first, citation.event.last), "", ""))
        told += [(days, match, "") for match in _YEAR.findall(source) if (days := _year(match))]
    days_published = {citation.published for citation in citations}
    # Where a source tells itself when it was reported, that is the day.
    reported: list[tuple[Days, str, str]] = [
        ((citation.published, citation.published), "", "")
        for citation, source in zip(citations, sources, strict=True)
        if citation.published and not (_PUBLISHING.search(source) and phrases(source))
    ]
    wrong = []
    for phrase in phrases(claim):
        readings = {days for published in days_published for days in _readings(claim, phrase, published)}
        side = _side(claim, phrase)
        backing = [
            given
            for days, wording, given in (*told, *(reported if _is_of_the_report(claim, phrase) else ()))
            if wording == _wording(phrase)
            or any(mine == days if phrase.until else _holds(mine, days) for mine in readings)
        ]
        if not backing and _wording(phrase) not in wordings:
            wrong.append(f"the date “{phrase.text}” is not in the cited text")
        elif backing and side and all(given and given != side for given in backing):
            wrong.append(f"“{phrase.text}” is on the other side of what the cited text says")
    return wrong


def _is_of_the_report(claim: str, phrase: Phrase) -> bool:
    """Whether a day is that of the telling: "reported on Thursday", "on Thursday, the paper reported"."""
    opens = re.fullmatch(r"(?:On\s)?", claim[: phrase.start]) is not None
    after = _SOON_AFTER.search(claim[phrase.end :]) if opens else None
    return bool(after or _JUST_BEFORE.search(claim[: phrase.start]))


def _wording(phrase: Phrase) -> str:
    return phrase.text.lower().replace(".", "")


def _side(text: str, phrase: Phrase) -> str:
    before = text[max(0, phrase.start - 20) : phrase.start]
    return "from" if _FROM.search(before) else "to" if _UP_TO.search(before) else ""


def _year(digits: str) -> Days:
    return date(int(digits), 1, 1), date(int(digits), 12, 31)


def _readings(text: str, phrase: Phrase, published: date | None) -> set[Days]:
    """The days a phrase may name: one where the sentence settles it, else every reading by the day of publication."""
    if phrase.is_absolute:
        days = resolve(phrase, published or date(2000, 1, 1))
        return {days} if days else set()
    if published is None:
        return set()
    # What is so "since August" lasts up to publication: the day compared is the one it began.
    settled = (
        set()
        if _FROM.search(text[: phrase.start])
        else {(event.first, event.last) for event in _events(text, published) if event.phrase.endswith(phrase.text)}
    )
    if settled:
        return settled
    return {days for lean in Lean if (days := resolve(phrase, published, lean))}


def _holds(mine: Days, given: Days) -> bool:
    """Whether the claim's days are the source's, or a coarser naming of them: "in August" for "on Aug. 20"."""
    return mine[0] <= given[0] and given[1] <= mine[1]
