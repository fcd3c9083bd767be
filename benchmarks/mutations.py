"""Truthful rewrites of a cited sentence, and changes that make a true claim false."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from rag.answer import Citation
from rag.dates import Kind, find
from rag.words import names

Rewrite = Callable[[Citation, random.Random], str | None]
Change = Callable[[str, Sequence[Citation], Sequence[Citation], random.Random], str | None]

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DIGITS = re.compile(r"(?<![\w.,:/-])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w:/-]|[.,]\d)")
_AUXILIARY = re.compile(r"\b(is|are|was|were|has|have|had|will|would|can|could|should|may)\b(?! not|n't)")
_DIRECTED = [
    "accused",
    "beat",
    "defeated",
    "killed",
    "told",
    "urged",
    "attacked",
    "sued",
    "replaced",
    "praised",
    "criticized",
    "criticised",
    "invaded",
    "bought",
    "asked",
    "warned",
    "called",
    "blamed",
    "fired",
    "nominated",
    "endorsed",
    "arrested",
    "shot",
    "hired",
    "appointed",
    "backed",
    "rejected",
    "acquired",
    "thanked",
    "ordered",
    "supported",
    "condemned",
    "succeeded",
    "bombed",
    "struck",
    "targeted",
    "joined",
    "followed",
    "interviewed",
    "said",
    "invited",
]
_CLAUSES = (
    ", a move that drew sharp criticism from neighbouring states",
    ", which experts believe will hurt the tourism industry",
    ", and a parliamentary committee has opened an inquiry into it",
    " because of a long dispute over water rights",
    ", according to a confidential memo seen by investigators",
    ", despite repeated warnings from engineers",
    ", and the share price collapsed afterwards",
    ", forcing thousands of commuters to walk home",
)


def reported(citation: Citation, chance: random.Random) -> str | None:
    """The sentence as reported speech of its outlet."""
    first = citation.sentence.split()[0]
    if first in names(citation.sentence) or '"' in citation.sentence[:2] or "“" in citation.sentence[:2]:
        return None
    known = any(name.split()[0] == first for name in names(citation.sentence))
    body = citation.sentence if known or first.isupper() else citation.sentence[0].lower() + citation.sentence[1:]
    return f"It was reported that {body}"


def respelt(citation: Citation, chance: random.Random) -> str | None:
    """Small numbers in digits for words or words for digits, shares with a sign."""
    text = re.sub(r"\b(\d+(?:\.\d+)?) (?:percent|per cent)\b", r"\1%", citation.sentence)

    def other(match: re.Match[str]) -> str:
        return str(_SMALL.index(match.group()))

    text = re.sub(
        r"\b(?:" + "|".join(_SMALL[2:]) + r")\b(?![- ](?:hundred|thousand|million|billion|dozen|\w+teen))", other, text
    )
    return text if text != citation.sentence else None


def redated(citation: Citation, chance: random.Random) -> str | None:
    """The day of the event written out."""
    event = citation.event
    if event is None or event.first != event.last or event.phrase not in citation.sentence:
        return None
    if not re.fullmatch(r"(?:on )?(?:\w+day|[A-Z]\w+\.? \d{1,2})", event.phrase):
        return None
    if not event.phrase.startswith("on "):
        return None
    day = chance.choice(
        [event.first.isoformat(), f"{_MONTHS[event.first.month - 1]} {event.first.day}, {event.first.year}"]
    )
    return citation.sentence.replace(event.phrase, f"on {day}", 1)


def trimmed(citation: Citation, chance: random.Random) -> str | None:
    """The sentence without a relative clause or an opening phrase."""
    text = re.sub(r", (?:which|who|where)\b[^,;“”\"]*(?:,|(?=\.$))", "", citation.sentence, count=1)
    text = re.sub(r"^(?:On|In|At|During) [\w\s.]{3,30}, (\w)", lambda m: m[1].upper(), text)
    return text if text != citation.sentence and len(text.split()) >= 6 else None


def unnamed(citation: Citation, chance: random.Random) -> str | None:
    """The pronoun that opens a sentence replaced by the one name that opens the sentence before."""
    match = re.match(r"(?:He|She) ", citation.sentence)
    before = citation.passage[: max(0, citation.start - citation.passage_start)].strip()
    previous = re.split(r"(?<=[.!?])\s+", before)[-1] if before else ""
    if not match or not previous:
        return None
    found = names(previous)
    if len(found) != 1 or not previous.startswith(found[0]) or len(found[0].split()) > 3:
        return None
    return f"{found[0]} {citation.sentence[match.end() :]}"


REWRITES: tuple[Rewrite, ...] = (reported, respelt, redated, trimmed, unnamed)


def number(claim: str, cited: Sequence[Citation], elsewhere: Sequence[Citation], chance: random.Random) -> str | None:
    """Another number for one of the claim's."""
    found = [
        m for m in _DIGITS.finditer(claim) if not re.fullmatch(r"(?:19|20)\d\d", m.group()) and not _in_date(claim, m)
    ]
    spelt = list(re.finditer(r"\b(?:" + "|".join(_SMALL[2:]) + r")\b", claim))
    if not found and not spelt:
        return None
    match = chance.choice(found + spelt)
    if match.group() in _SMALL:
        new = chance.choice([word for word in _SMALL[2:] if word != match.group()])
    else:
        digits = list(match.group())
        places = [place for place, char in enumerate(digits) if char.isdigit()]
        place = chance.choice(places)
        digits[place] = chance.choice([d for d in "123456789" if d != digits[place]])
        new = "".join(digits)
    held = " ".join(c.sentence for c in cited)
    if re.search(rf"(?<![\w.,]){re.escape(new)}\b", held, re.I):
        return None
    return claim[: match.start()] + new + claim[match.end() :]


def _in_date(claim: str, match: re.Match[str]) -> bool:
    return any(phrase.start <= match.start() < phrase.end for phrase in find(claim))


def name(claim: str, cited: Sequence[Citation], elsewhere: Sequence[Citation], chance: random.Random) -> str | None:
    """Another name for one of the claim's: of the same article or of another one."""
    own = [n for n in names(claim) if claim.count(n) == 1 and len(n.split()) <= 3]
    pool = elsewhere if chance.random() < 0.5 else cited
    text = " ".join(c.sentence if pool is elsewhere else c.passage for c in pool)
    held = " ".join(c.sentence for c in cited).lower()
    if not own:
        return None
    old = chance.choice(own)
    others = [
        n
        for n in names(text)
        if len(n.split()) == len(old.split())
        and not any(word.lower() in held for word in n.split())
        and n.isupper() == old.isupper()
        and n[0].isupper()
    ]
    return claim.replace(old, chance.choice(others)) if others else None


def negation(claim: str, cited: Sequence[Citation], elsewhere: Sequence[Citation], chance: random.Random) -> str | None:
    """A denial put in, or one taken away."""
    without = re.sub(r"\b(not|never) |n[’']t\b", "", claim, count=1)
    if without != claim:
        return without
    found = list(_AUXILIARY.finditer(claim))
    if not found:
        return None
    match = chance.choice(found)
    return f"{claim[: match.end()]} {chance.choice(['not', 'never'])}{claim[match.end() :]}"


def day(claim: str, cited: Sequence[Citation], elsewhere: Sequence[Citation], chance: random.Random) -> str | None:
    """A day, month or year moved."""
    found = [phrase for phrase in find(claim) if phrase.kind in (Kind.DAY, Kind.MONTH, Kind.YEAR, Kind.WEEKDAY)]
    if not found:
        return None
    phrase = chance.choice(found)
    old = phrase.text
    shift = chance.choice([-3, -2, -1, 1, 2, 3])
    if re.fullmatch(r"\d{4}-\d\d-\d\d", old):
        from datetime import date

        new = (date.fromisoformat(old) + timedelta(days=shift)).isoformat()
    elif phrase.kind is Kind.WEEKDAY:
        given = next((day for day in _WEEKDAYS if day.lower() in old.lower()), None)
        new = old.replace(given, _WEEKDAYS[(_WEEKDAYS.index(given) + shift) % 7]) if given else old
    elif phrase.kind is Kind.YEAR and phrase.year:
        new = old.replace(str(phrase.year), str(phrase.year + shift))
    elif phrase.kind is Kind.DAY and phrase.day:
        new = re.sub(rf"\b{phrase.day}\b", str((phrase.day + shift - 1) % 28 + 1), old, count=1)
    else:
        given = next((month for month in _MONTHS if month in old), None)
        new = old.replace(given, _MONTHS[(_MONTHS.index(given) + shift) % 12]) if given else old
    held = " ".join(c.sentence for c in cited)
    return None if new == old or new in held else claim[: phrase.start] + new + claim[phrase.end :]


def roles(claim: str, cited: Sequence[Citation], elsewhere: Sequence[Citation], chance: random.Random) -> str | None:
    """The two sides of a deed exchanged."""
    found = [n for n in names(claim) if claim.count(n) == 1]
    for one in found:
        for other in found:
            between = (
                claim[claim.index(one) + len(one) : claim.index(other)] if claim.index(one) < claim.index(other) else ""
            )
            words = re.findall(r"\w+", between)
            if (
                1 <= len(words) <= 6
                and any(word in _DIRECTED for word in words)
                and "," not in between
                and "and" not in words
            ):
                return claim.replace(one, "\0").replace(other, one).replace("\0", other)
    return None


def clause(claim: str, cited: Sequence[Citation], elsewhere: Sequence[Citation], chance: random.Random) -> str | None:
    """A clause more than the source says: made up, or of another article."""
    body = claim.rstrip('.”" ')
    if "“" in claim or '"' in claim:
        return None
    if chance.random() < 0.5:
        return f"{body}{chance.choice(_CLAUSES)}."
    other = chance.choice(list(elsewhere)).sentence
    return f"{body}, and {other}"


KINDS: Mapping[str, Change] = {
    "number": number,
    "name": name,
    "negation": negation,
    "date": day,
    "roles": roles,
    "clause": clause,
}
