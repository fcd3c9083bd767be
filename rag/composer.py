"""The answer put together: which of the best sentences are cited, and when they make a dated timeline instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from rag.answer import Citation, Moment
from rag.numbers import CARDINAL
from rag.quantity import first_of, measure_asked, quantities
from rag.query import AnswerType, Query
from rag.stems import holds_name, name_stems, stem, stems
from rag.telling import Answer
from rag.timeline import Entry, of_another_year, timeline

_LONGEST_TIMELINE = 6  # entries, where one was asked for
_DIFFERING = 4  # entries, where sources differ
_LONGEST_SPAN = 60  # characters that are marked where a sentence answers two parts of a question
_ABOUT_IT = 0.5  # of the question's words that are held before a number is compared, or a story put in a timeline
_SAME_EVENT = 365  # days between two reports whose numbers are compared: later ones are mostly of another event
_AS_LIKELY = 0.1  # of the chance that the first number is the answer: one with less is most often of something else
_NUMBER_WORDS = frozenset(map(stem, CARDINAL))
_OF_TIMELINES = frozenset(map(stem, ("timeline", "chronology", "sequence", "events", "changed", "evolved", "unfolded")))
FIGURES = (AnswerType.HOW_MANY, AnswerType.HOW_MUCH)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be cited, the cluster of its story, and how likely each answer in it is.

    `citation.score` orders the candidates. A reader that weighs no answers gives none.
    """

    citation: Citation
    cluster: int
    answers: tuple[tuple[Answer, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """What an answer says: its citations, the text that numbers them, and, where there is one, the timeline."""

    citations: tuple[Citation, ...]
    text: str
    notes: tuple[str, ...] = ()
    timeline: tuple[Moment, ...] = ()


def compose(query: Query, candidates: Sequence[Iterable[Candidate]], *, count: int, margin: float) -> Composition:
    """An answer from the candidates of the question, or of each of its parts, best first.

    A question that asks for a timeline gets one, of the stories about what it asks; so does one whose best sentence
    gives a number that an independent source puts otherwise. Else the best `count` sentences are cited, of which those
    after the first must be within `margin` of its score, in a passage that holds a name of the question, and, where a
    number is asked for, tell of no other year.
    """
    if len(candidates) > 1:
        return _plain(_each_once([one.citation for some in candidates for one in islice(some, 1)]))
    [found] = candidates
    if query.answer_type is AnswerType.TIMELINE:
        found = list(found)
        about = (c for c in found if _is_about(query, c.citation, c.citation.passage))
        told = [c.citation for c in _one_a_story(about, _LONGEST_TIMELINE)]
        if told:
            return _dated(timeline(told).entries)
    if query.answer_type in FIGURES:
        found = list(found)
        differing = _difference(query, found)
        if differing is not None:
            return differing
    return _plain(list(islice(_worth_citing(query, found, margin), count)))


def _worth_citing(query: Query, found: Iterable[Candidate], margin: float) -> Iterator[Citation]:
    citations = (candidate.citation for candidate in found)
    for first in islice(citations, 1):
        yield first
        for other in citations:
            is_apart = query.answer_type in FIGURES and of_another_year(other, first)
            if other.score >= first.score - margin and _is_named(query, other) and not is_apart:
                yield other


def _each_once(citations: Sequence[Citation]) -> list[Citation]:
    """Citations of which none says what one before said: a sentence that answers two parts is cited for both."""
    said: dict[str, Citation] = {}
    for citation in citations:
        one = said.setdefault(citation.sentence, citation)
        if one.span and citation.span:
            start, end = min(one.span[0], citation.span[0]), max(one.span[1], citation.span[1])
            if end - start <= _LONGEST_SPAN:
                said[citation.sentence] = replace(one, span=(start, end))
        elif citation.span:
            said[citation.sentence] = replace(one, span=citation.span)
    return list(said.values())


def plain_text(citations: Sequence[Citation]) -> str:
    """The cited sentences, word for word, each with the number of its citation."""
    return "\n\n".join(f"{citation.sentence} [{number}]" for number, citation in enumerate(citations, start=1))


def _plain(citations: Sequence[Citation]) -> Composition:
    return Composition(tuple(citations), plain_text(citations))


def _difference(query: Query, found: Sequence[Candidate]) -> Composition | None:
    """The timeline of a number on which the best sentence's source and others differ, or None."""
    if not found:
        return None
    first = found[0]
    named = _names_held(query, first.citation)
    measure = measure_asked(query.standalone) or next((q.measure for q in quantities(first.citation.sentence)), "")
    least = _AS_LIKELY * _likely(first, measure)
    about = (
        c
        for c in found
        if _is_about(query, c.citation, c.citation.sentence)
        and _names_held(query, c.citation) >= named
        and _days_between(c.citation, first.citation) <= _SAME_EVENT
        and _likely(c, measure) >= least
    )
    told = list(_one_a_story(about, _DIFFERING))
    clusters: Mapping[str, int] = {c.citation.article_id: c.cluster for c in told}
    for difference in timeline([c.citation for c in told], clusters=clusters, measure=measure).differences:
        if any(entry.citation == found[0].citation for entry in difference.entries):
            return _dated(difference.entries, str(difference))
    return None


def _is_about(query: Query, citation: Citation, told: str) -> bool:
    """Whether what is told, with its title, holds a name of the question and enough of its other words."""
    wanted = query.matter - _OF_TIMELINES
    held = set(stems(f"{citation.title} {told}"))
    return holds_name(name_stems(query.names), held) and len(wanted & held) >= _ABOUT_IT * len(wanted)


def _names_held(query: Query, citation: Citation) -> frozenset[str]:
    held = set(stems(f"{citation.title} {citation.sentence}"))
    return frozenset(name for name in name_stems(query.names) if holds_name((name,), held))


def _days_between(one: Citation, other: Citation) -> int:
    return abs((one.published - other.published).days) if one.published and other.published else 0


def _likely(candidate: Candidate, measure: str) -> float:
    """How likely the first number of a measure in the sentence is the answer; below 0 where it gives none."""
    found = first_of(measure, candidate.citation.sentence)
    if found is None:
        return -1.0
    digits = {word for word in stems(found.text) if word[0].isdigit() or word in _NUMBER_WORDS}
    return max((chance for answer, chance in candidate.answers if answer & digits), default=0.0)


def _is_named(query: Query, citation: Citation) -> bool:
    return holds_name(name_stems(query.names), set(stems(f"{citation.title} {citation.passage}")))


def _one_a_story(candidates: Iterable[Candidate], count: int) -> Iterator[Candidate]:
    seen: set[int] = set()

    def first(candidate: Candidate) -> bool:
        new = candidate.cluster not in seen
        seen.add(candidate.cluster)
        return new

    return islice(filter(first, candidates), count)


def _dated(entries: Sequence[Entry], *notes: str) -> Composition:
    """The entries one a line, each with its day and source before the sentence."""
    moments = tuple(
        Moment(number, entry.day, entry.quantity.text if entry.quantity else "", entry.superseded)
        for number, entry in enumerate(entries, start=1)
    )
    lines = [_line(entry, number) for number, entry in enumerate(entries, start=1)]
    return Composition(tuple(entry.citation for entry in entries), "\n\n".join([*notes, *lines]), notes, moments)


def _line(entry: Entry, number: int) -> str:
    citation = entry.citation
    corrected = ", corrected since" if entry.superseded else ""
    where = f"{citation.published or 'Undated'}, {citation.source}{corrected}"
    return f"{where}: {citation.sentence} [{number}]"
