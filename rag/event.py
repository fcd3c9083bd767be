"""The day that a news sentence speaks of, read from its own words and the day its article was published."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from rag.answer import EventDate
from rag.dates import WEEKDAYS, Days, Kind, Lean, Phrase, find, resolve, shift

_QUOTE = re.compile(r"“[^”]*”?|\"[^\"]*\"?")
_BREAK = re.compile(
    r"[,;:()\u2013\u2014]|\s-\s|\b(?:that|who|whom|whose|which|where|when|while|as|after|before|because|since|"
    r"although|though|if|and|but)\b",
    re.I,
)
_SUBORDINATE = re.compile(
    r"^(?:who|whom|whose|which|where|when|while|as|after|before|because|although|though|if)\b", re.I
)  # fmt: skip
_AHEAD = re.compile(
    r"\b(?:will|won[’']t|shall|going to|(?:is|are|remains?) (?:\w+ )?(?:to|expected|set|scheduled|due|slated|planned|"
    r"likely|poised)|expected to|scheduled (?:to|for|on)|(?:plans?|planning|aims?|hopes?|intends?|vowed|agreed) to|"
    r"upcoming|coming|ahead of|deadline|(?:would|could|should|might|may|must|can)(?! have)|begins?|starts?|opens|"
    r"takes? place|kicks? off|(?:is|are) \w+ing)\b|[’']ll\b",
    re.I,
)
_WAS_TO = re.compile(
    r"\b(?:was|were|been|had) (?:\w+ )?(?:scheduled|due|supposed|set|slated|expected|meant|planned|to)\b", re.I
)
_BACK = re.compile(
    r"\b(?!need\b|exceed|proceed|succeed|speed|feed|seed|indeed|hundred|red\b|united\b|so-called)\w{2,}ed\b|\b(?:said|told|was|"
    r"were|had|did|didn[’']t|went|came|took|made|gave|got|found|won|lost|held|met|left|began|saw|became|led|sent|brought|kept|"
    r"stood|ran|fell|rose|hit|cut|put|shot|broke|spoke|chose|flew|drew|grew|wrote|struck|swept|drove|threw|sought|bought|"
    r"sold|paid|laid|built|caught|taught|thought|felt|heard|knew|beat|swore|quit|shut|spent|died|tore|wore|has|have)\b",
    re.I,
)
# A bound is not the day of the event: "before Friday" may be any day.
_BOUND = re.compile(
    r"\b(?:before|after|until|till|by|through|prior to|ahead of|up to|than|compared (?:to|with)|"
    r"(?:up|down|rise|rose|fell|increase|decrease|drop|change)\b[^,;.]{0,30}\bfrom|from|over|versus|like|every|each|most)\s(?:the\s)?$",
    re.I,
)
_LEAD = re.compile(
    r"\b(?:in|on|during|of|since|from|between|for|around|about|back in|as of|dated|for)\s(?:the\s)?$", re.I
)
_SINCE = re.compile(r"\bsince\s(?:the\s)?$", re.I)
_DETERMINED = re.compile(r"(?:\b(?:the|an?|his|her|its|their|our|this|that)|[’']s|s[’'])\s$", re.I)
_NOUN_FOLLOWS = re.compile(
    r",?\s(?!(?:in|at|to|by|with|about|and|or|from|for|is|was|were|did|when|that|against|as|over|after|before|on|of|who|"
    r"which|but|while|has|had|have|will|during|near|into|following|killed|said|because|where|if|just)\b)[a-z]\w+"
)
_SAME = re.compile(
    r"\b(?:(?P<same>(?:on )?(?:that|the same) (?:day|evening|night|morning|afternoon))|"
    r"(?P<next>the (?:next|following) (?:day|morning))|(?P<before>the (?:day|night) before|the previous day))\b"
    r"(?!\s\w+ing)",
    re.I,
)


def event_dates(sentence: str, published: date | None) -> tuple[EventDate, ...]:
    """Every day that the sentence's own phrases give, in the order of the text; what could be two days gives none."""
    found = []
    for phrase in _phrases(sentence):
        dated = _dated(sentence, phrase, published)
        if dated:
            found.append((phrase.start, dated))
    return tuple(dated for _, dated in sorted(found, key=lambda pair: pair[0]))


def event_date(sentence: str, published: date | None, *, context: str = "") -> EventDate | None:
    """The day (or days) of what the sentence tells, by the day its article was published; None where that is unsure.

    Of several phrases the one of the main clause counts, and of those the first: "police said on Tuesday that ..."
    is Tuesday. A phrase in a subordinate clause, one that belongs to a noun ("Tuesday's arrest") and one within a
    quotation come after, in this order. "The next day" counts from the day of `context`, the sentences before.
    """
    best: tuple[int, EventDate] | None = None
    for phrase in _phrases(sentence):
        rank = _rank(sentence, phrase)
        if best is None or rank < best[0]:
            dated = _dated(sentence, phrase, published)
            # An unsure phrase in the best place is not replaced by a sure one elsewhere: that day is another thing's.
            if dated is None and rank == 0 and not _SINCE.search(sentence[: phrase.start]):
                return None
            best = (rank, dated) if dated else best
    if best:
        return best[1]
    return _beside(sentence, published, context) if context else None


def _phrases(sentence: str) -> list[Phrase]:
    phrases: list[Phrase] = []
    for phrase in find(sentence):
        before = phrases[-1] if phrases else None
        # "Monday, October 3" is one day said twice.
        gap = sentence[before.end : phrase.start] if before else "x"
        if before and before.kind is Kind.WEEKDAY and phrase.kind is Kind.DAY and gap.strip(" ,(") == "":
            start = before.start
            phrases[-1] = replace(phrase, start=start, text=sentence[start : phrase.end], number=before.number + 1)
        elif not _is_no_event(sentence, phrase):
            phrases.append(phrase)
    return [phrase for phrase in phrases if not _is_no_event(sentence, phrase)]


def _is_no_event(sentence: str, phrase: Phrase) -> bool:
    """Whether a phrase is a bound, a comparison, a habit or part of a name."""
    before, after = sentence[: phrase.start], sentence[phrase.end :]
    if phrase.vague or (
        _BOUND.search(before) and not (phrase.until or re.search(r"\b(?:as )?of\s(?:the\s)?$", before, re.I))
    ):
        return True
    if phrase.kind is Kind.YEAR:
        return not (_LEAD.search(before) or phrase.part) or bool(re.match(r"\s[A-Z]", after))
    if phrase.kind is Kind.DAY and phrase.number == 0:
        return bool(_DETERMINED.search(before) and _NOUN_FOLLOWS.match(after))
    return phrase.kind is Kind.SPAN and phrase.unit in ("year", "decade")


def _rank(sentence: str, phrase: Phrase) -> int:
    if any(m.start() < phrase.start < m.end() for m in _QUOTE.finditer(sentence)):
        return 3
    if re.match(r"[’']s?\b|[’'](?=\s)", sentence[phrase.end :]):
        return 2
    return 1 if _SUBORDINATE.match(_clause(sentence, phrase)[0].lstrip()) else 0


def _clause(sentence: str, phrase: Phrase) -> tuple[str, str]:
    """The words of the phrase's own clause, before it and after it."""
    starts = [
        m
        for m in _BREAK.finditer(sentence, 0, phrase.start)
        if m.group() not in "," or not _in_date(sentence, m.start())
    ]
    start = 0
    if starts:
        last = starts[-1]
        start = last.start() if last.group()[0].isalpha() else last.end()
    stop = _BREAK.search(sentence, phrase.end)
    end = stop.start() if stop else len(sentence)
    if not sentence[start : phrase.start].strip(" ,") or len(sentence[start : phrase.start].split()) <= 1:
        # "On Friday, the court will": the clause proper comes after the comma.
        further = _BREAK.search(sentence, end + 1) if stop and stop.group() == "," else None
        end = (further.start() if further else len(sentence)) if stop and stop.group() == "," else end
    return sentence[start : phrase.start], sentence[phrase.end : end]


def _in_date(sentence: str, comma: int) -> bool:
    return bool(re.match(r",\s\d{4}\b", sentence[comma:]))


def _lean(sentence: str, phrase: Phrase) -> Lean | None:
    """AHEAD or BACK by the verbs about the phrase, NEAREST where they tell nothing, None where they could be either."""
    before, after = _clause(sentence, phrase)
    for words in (before, after):
        if _WAS_TO.search(words):
            return None
        if _AHEAD.search(words):
            return Lean.AHEAD
        if _BACK.search(words):
            return Lean.BACK
    return Lean.NEAREST


def _dated(sentence: str, phrase: Phrase, published: date | None) -> EventDate | None:
    days: Days | None
    if (phrase.until or phrase).is_absolute:
        days, rule = resolve(phrase, published or date(2000, 1, 1)), "the date is written out"
    elif published is None:
        return None
    elif _rank(sentence, phrase) == 3 and phrase.unit in ("", "day", "night"):
        # "Today" within a quotation is the day it was said, which need not be the day of publication.
        return None
    else:
        days, rule = _read(sentence, phrase, published)
    if days is None:
        return None
    first, last = days
    if _SINCE.search(sentence[: phrase.start]):
        if published is None or first > published:
            return None
        last, rule = published, f"{rule}, up to the day of publication"
    text = phrase.text
    lead = re.search(r"\b(?:on|in|since|between|from|during)\s(?:the\s)?$", sentence[: phrase.start], re.I)
    if lead:
        text = sentence[lead.start() : phrase.end]
    return EventDate(first, last, text, rule)


def _read(sentence: str, phrase: Phrase, published: date) -> tuple[Days | None, str]:
    lean = _lean(sentence, phrase)
    on = f"{WEEKDAYS[published.weekday()].capitalize()} {published.isoformat()}"
    if phrase.kind is Kind.WEEKDAY:
        days = _weekday(phrase, published, lean)
        return days, _side(days, published, on)
    if phrase.kind is Kind.DAY:
        return _day(phrase, published, lean), f"in the year that brings it nearest to publication on {on}"
    if phrase.kind in (Kind.MONTH, Kind.QUARTER, Kind.SEASON):
        return _season(phrase, published, lean), f"the one nearest to publication on {published.isoformat()}"
    if phrase.unit == "weekend" and phrase.which == "this" and lean is Lean.BACK and published.weekday() < 5:
        phrase = replace(phrase, number=-1)  # "this weekend" in a Monday's paper is the one just gone
    return resolve(phrase, published), f"counted from publication on {on}"


def _side(days: Days | None, published: date, on: str) -> str:
    if days is None or days[0] <= published <= days[1]:
        return f"the day of publication, {on}"
    return (
        f"the {'last' if days[1] < published else 'next'} such day {'before' if days[1] < published else 'after'} {on}"
    )


def _weekday(phrase: Phrase, published: date, lean: Lean | None) -> Days | None:
    if phrase.until is not None:
        return resolve(phrase, published, Lean.AHEAD if lean is Lean.AHEAD else Lean.BACK)
    if phrase.which in ("", "this"):
        if published.weekday() == phrase.number:
            return published, published
        if lean is None:
            return None
        return resolve(replace(phrase, which=""), published, Lean.AHEAD if lean is Lean.AHEAD else Lean.BACK)
    if phrase.which == "next" and phrase.number > published.weekday():
        return None  # the coming one to some, the one of the next week to others
    return resolve(phrase, published)


_FAR = 183  # days: half a year, where the nearest year turns


def _day(phrase: Phrase, published: date, lean: Lean | None) -> Days | None:
    days = resolve(phrase, published, Lean.NEAREST)
    if phrase.number and phrase.until is None:  # a weekday was said too, and settles the year
        for years in range(9):
            for lean_to in (Lean.NEAREST, Lean.BACK, Lean.AHEAD):
                near = shift(published, 365 * years * (1 if lean_to is Lean.AHEAD else -1))
                same = resolve(phrase, near, Lean.NEAREST)
                if same and same[0].weekday() == phrase.number - 1:
                    return same
    if days is None or abs((days[0] - published).days) > _FAR:
        return None
    # "Was held on Oct. 12" in an article of August: last year's or a slip, no telling.
    return None if lean is Lean.BACK and days[0] > shift(published, 31) else days


def _season(phrase: Phrase, published: date, lean: Lean | None) -> Days | None:
    if phrase.kind is Kind.SEASON and phrase.number == 12 and phrase.which != "this":
        return None  # a winter lies in two years
    if phrase.which in ("last", "next", "past", "previous"):
        days = resolve(phrase, published)
        # "Last July" in August is last month to some and last year to others.
        return None if days and days[0].year == published.year else days
    return resolve(phrase, published, lean or Lean.NEAREST)


def _beside(sentence: str, published: date | None, context: str) -> EventDate | None:
    match = _SAME.search(sentence)
    if match is None:
        return None
    for before in reversed(re.split(r"(?<=[.!?])\s+", context.strip())):
        known = event_date(before, published)
        if known is not None:
            if known.first != known.last:
                return None
            day = shift(known.first, 1 if match["next"] else -1 if match["before"] else 0)
            return EventDate(day, day, match.group(), f"counted from “{known.phrase}” in the sentence before")
    return None
