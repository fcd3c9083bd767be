"""What happened when: event dates, corrections, and sources that differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rag.answer import Citation
from rag.event import event_date, event_dates
from rag.quantity import OF_PEOPLE, Quantity, first_of, joint, quantities
from rag.words import names, terms

__all__ = [
    "Correction",
    "CorrectionKind",
    "Difference",
    "Entry",
    "Timeline",
    "correction",
    "event_date",
    "event_dates",
    "of_another_year",
    "timeline",
]

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


class CorrectionKind(StrEnum):
    """What a newsroom says that it did to an article."""

    CORRECTION = "correction"
    CLARIFICATION = "clarification"


@dataclass(frozen=True, slots=True)
class Correction:
    """A newsroom's note that an article was wrong, as it stands at `start:end` of the article's text."""

    start: int
    end: int
    text: str
    kind: CorrectionKind


_PIECE = r"(?:articles?|stor(?:y|ies)|reports?|headlines?|versions?|columns?|posts?|captions?|pieces?|items?|graphics?)"
_BEFORE_IT = r"(?:editor[’']?s[’']? note:\s|\w+:\s)?"
_NOTE = re.compile(
    r"(?:^|(?<=\n)|(?<=[.!?”\"] ))[^\S\n]*(?:"
    r"(?:\w+:\s)?(?:corrections?|clarifications?|corrections? (?:and|&) clarifications?)\s?[:—–-]\s?\S"
    rf"|{_BEFORE_IT}(?:an?|the) (?:earlier|previous|prior|original) (?:version|headline|caption)s? (?:of|on|to|for|in) "
    rf"(?:this|the) {_PIECE}\b"
    rf"|{_BEFORE_IT}this {_PIECE} (?:has been|was|have been) (?:\w+ )?"
    r"(?:(?:corrected|amended)\b|(?:updated|edited|revised|changed) to (?:correct|clarify|remove|reflect that)\b)"
    r")[^\n]*",
    re.I,
)
# One of these is in every note, and in few articles: to look for them takes a hundredth of the pattern's time.
_HINTS = (
    *("correct", "clarif", "amended", "to remove", "reflect that"),
    *(
        f"{which} {what}"
        for which in ("earlier", "previous", "prior", "original")
        for what in ("version", "headline", "caption")
    ),
)


def correction(text: str) -> Correction | None:
    """The first note in a text that says it was corrected or clarified; None where there is none.

    "This story has been updated with further details" is none: nothing was wrong.
    """
    folded = text.casefold()
    match = _NOTE.search(text) if any(hint in folded for hint in _HINTS) else None
    if match is None:
        return None
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    end = match.end() - (len(match.group()) - len(match.group().rstrip()))
    clarifies = re.search(r"clarif", match.group(), re.I) and not re.search(r"correct", match.group(), re.I)
    kind = CorrectionKind.CLARIFICATION if clarifies else CorrectionKind.CORRECTION
    return Correction(start, end, text[start:end], kind)


@dataclass(frozen=True, slots=True)
class Entry:
    """One cited sentence in its place in time. `quantity` is the number it gives; `correction` its newsroom's note.

    `superseded` is true where a later article corrects the number that this one gave: it stays to be seen.
    """

    citation: Citation
    quantity: Quantity | None = None
    correction: Correction | None = None
    superseded: bool = False

    @property
    def day(self) -> date | None:
        """The day it speaks of where known, else the day it was published."""
        return self.citation.event.last if self.citation.event else self.citation.published


@dataclass(frozen=True, slots=True)
class Difference:
    """Independent sources that give different numbers of one measure, newest first."""

    measure: str
    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        said = [
            f"{entry.quantity.text[0].lower()}{entry.quantity.text[1:]} "
            f"({entry.citation.source}, {entry.citation.published or 'undated'})"
            for entry in self.entries
            if entry.quantity
        ]
        # Of other things counted only the stem is known: no "number of monkeypox".
        what = "the number asked for"
        if self.measure in OF_PEOPLE:
            what = f"the number of {self.measure}"
        elif not self.measure.isalpha():
            what = f"the figure in {self.measure}"
        return f"Sources differ on {what}: {'; '.join(said)}."


@dataclass(frozen=True, slots=True)
class Timeline:
    """Cited sentences by the day they were published, newest first, undated last; and where their sources differ."""

    entries: tuple[Entry, ...]
    differences: tuple[Difference, ...] = ()


def timeline(
    citations: Sequence[Citation], *, clusters: Mapping[str, int] | None = None, measure: str = ""
) -> Timeline:
    """Puts the citations of one question in the order of time and says where independent sources differ.

    `clusters` gives the syndication cluster of an article id; without it every article counts as a source of its
    own. Numbers of `measure` are compared, or, where it is empty, of the one that the answer spans or else most of
    the sentences give; and only where two sentences share a name or two words, and neither names a year of its own.
    """
    ordered = sorted(citations, key=lambda c: (c.published or date.min, c.score), reverse=True)
    measure = measure or _measure_asked(ordered)
    entries = [
        Entry(citation, _quantity(citation, measure), correction(citation.correction) or correction(citation.passage))
        for citation in ordered
    ]
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.quantity:
            groups.setdefault(entry.quantity.measure, []).append(entry)
    differences = []
    superseded: set[int] = set()
    for name, group in groups.items():
        differing = _differing(group, clusters or {})
        if differing:
            corrected = next((i for i, entry in enumerate(differing) if entry.correction), None)
            if corrected is not None:
                superseded |= {id(entry.citation) for entry in differing[corrected + 1 :]}
            differences.append((name, differing))
    marked = {
        id(e.citation): Entry(e.citation, e.quantity, e.correction, id(e.citation) in superseded) for e in entries
    }
    return Timeline(
        tuple(marked[id(entry.citation)] for entry in entries),
        tuple(Difference(name, tuple(marked[id(entry.citation)] for entry in group)) for name, group in differences),
    )


def _measure_asked(citations: Sequence[Citation]) -> str:
    """The measure of the answer spans, else the one that most sentences give."""
    counts: dict[str, int] = {}
    for citation in citations:
        for quantity in quantities(citation.sentence):
            spanned = citation.span and quantity.start < citation.span[1] and citation.span[0] < quantity.end
            counts[quantity.measure] = counts.get(quantity.measure, 0) + (len(citations) + 1 if spanned else 1)
    return max(counts, key=lambda name: counts[name], default="")


def _quantity(citation: Citation, measure: str) -> Quantity | None:
    """The first number of a measure, unless it is only a part of one: "19 children and two teachers" are not 19."""
    found = first_of(measure, citation.sentence)
    parts = joint(citation.sentence) if found else ()
    return None if found and any(start <= found.start < end for start, end in parts) else found


def _differing(group: Sequence[Entry], clusters: Mapping[str, int]) -> list[Entry]:
    return [entry for entry in group if any(_differ(entry, other, clusters) for other in group)]


def of_another_year(citation: Citation, other: Citation) -> bool:
    """Whether a sentence names a year, and none that the other names or was published in: it tells of other times."""
    named = _years(citation)
    theirs = _years(other) | ({other.published.year} if other.published else set())
    return bool(named) and not named & theirs


def _years(citation: Citation) -> set[int]:
    return set(map(int, _YEAR.findall(citation.sentence)))


def _differ(one: Entry, other: Entry, clusters: Mapping[str, int]) -> bool:
    a, b = one.citation, other.citation
    same_source = a.article_id == b.article_id or clusters.get(a.article_id, a.article_id) == clusters.get(
        b.article_id, b.article_id
    )
    if same_source or one.quantity is None or other.quantity is None or not one.quantity.differs(other.quantity):
        return False
    if of_another_year(a, b) or of_another_year(b, a):
        return False
    shared = set(terms(a.sentence)) & set(terms(b.sentence))
    return bool(set(names(a.sentence)) & set(names(b.sentence))) or len(shared) >= 2
