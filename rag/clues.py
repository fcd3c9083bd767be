"""What speaks for words of a sentence being the answer: the numbers that the ranker weighs for each span.

A span is likelier where it looks like what is asked for, stands beside the question's own words as the answer would,
and is told of the same matter by independent stories (redundancy, after Dumais et al. 2002) and by titles.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rag.quantity import quantities
from rag.query import AnswerType, Query
from rag.retriever import Found
from rag.signals import Shown, Signals
from rag.spans import Kind, Span
from rag.stems import TOKEN, stem
from rag.usage import Usage
from rag.wanted import wanted
from rag.words import STOP_WORDS

_LOOKS = tuple((asked, kind) for asked in AnswerType for kind in Kind)
SPAN_SIGNALS = (
    "most agreed word",
    "least agreed word",
    "agreement of words",
    "rarest word",
    "rarity of words",
    "share of words asked",
    "words to the nearest term",
    "terms near",
    "terms before",
    "share of terms in sentence",
    "place in sentence",
    "words",
    "is one word",
    "is two words",
    "is beside what is asked for",
    "holds what is asked for",
    "follows a preposition of place",
    "follows by",
    "follows said",
    "precedes said",
    "follows an article",
    "begins the sentence",
    "holds a digit",
    "is a share",
    "is a sum",
    "is of the measure asked",
    "is quoted",
    "is in capitals",
    "is a year",
    "support of terms, squared",
    "support of terms",
    "stories that tell it",
    "best support",
    "in its title",
    "share of terms in its title",
    "best title that tells it",
    "titles that tell it",
    "asked word next",
    "asked word before",
    "asked word next, of a subject",
    "asked word before, of an object",
    "asked word next, of a state",
    "asked word before, of a state",
    "asked words after",
    "asked words after, of a subject",
    "asked words after, of an object",
    "asked words after, of a state",
    "words to the nearest asked",
    "asks an object",
    "asks a state",
    "asks a subject",
    "asks inside",
    "name, of a body",
    "name, of a work",
    "quoted, of a work",
    "two names, of a person",
    "one name, of a person",
    "name, of a place",
    "ends in ly",
    "ends in ed",
    "ends in ing",
    "ends in s",
    "has no capital",
    "before a comma",
    "after a comma",
    "is what something is called",
    "is used as a person",
    "is used as a place",
    "is used as a person, of a person",
    "is used as a place, of a place",
    *(f"{kind}, asked {asked}" for asked, kind in _LOOKS),
    "sentence's score",
    "sentence's rank",
)
_FOREGROUND = 30  # passages whose sentences may support a span
_FAR = 20  # words
_NEAR = 6  # words
_OPENING = "“\"‘'"
_CALLED = re.compile(r"\b(?:called|named|titled|dubbed|known as|entitled)\s+(?:the\s+)?[“\"‘']?$")
_AFTER_COMMA = re.compile(r",\s*(?:the\s+)?$")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_LOOK_BACK = 24  # characters before a span that are looked at


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    raw: str
    stem: str


class Clues:
    """The signals of spans for one question over its pool of passages, best first."""

    def __init__(self, query: Query, pool: Sequence[Found], shown: Shown) -> None:
        self._query = query
        self._pool = pool[:_FOREGROUND]
        self._shown = shown
        self._terms = frozenset(stem(term) for term in query.terms)
        self._wanted = wanted(query)
        self._supports: dict[frozenset[str], tuple[float, ...]] = {}  # of what several sentences tell, made once
        self._told: dict[frozenset[str], tuple[float, ...]] = {}  # of what titles tell

    def of(self, sentence: str, spans: Sequence[Span], *, place: int, score: float, rank: int) -> Signals:
        """One row a span of the sentence, one column each of SPAN_SIGNALS.

        `place` is that of the sentence's passage in the pool; `score` is how far the sentence's own lies below the
        best, at most 0; `rank` is its place, from 0.
        """
        words = [_Word(match.start(), match.group(), stem(match.group())) for match in TOKEN.finditer(sentence)]
        terms = [place for place, word in enumerate(words) if word.stem in self._terms]
        asked = [place for place, word in enumerate(words) if word.stem in self._wanted.words]
        measured = [
            (quantity.start, quantity.end)
            for quantity in (quantities(sentence) if self._wanted.measure else ())
            if quantity.is_of(self._wanted.measure)
        ]
        share = len(terms) / max(1, len(self._terms))
        title = self._shown.title(place).words
        titled = self._shown.share(title)
        rows = []
        for span in spans:
            inside = [place for place, word in enumerate(words) if span.start <= word.start < span.end]
            first, last = (inside[0], inside[-1]) if inside else (0, 0)
            rows.append(
                (
                    *self._words(words[first : last + 1]),
                    *_around(terms, first, last),
                    share,
                    span.start / len(sentence),
                    *self._look(sentence, span, words, first, last, measured),
                    *self._support(span.told),
                    *((1.0, titled) if span.told <= title else (0.0, 0.0)),
                    *self._in_titles(span.told),
                    *self._beside(words, asked, first, last),
                    *self._kinds(sentence, span, words, first, last),
                    *self._used(span),
                    *self._looks_like(span.kind),
                    score,
                    1 / (1 + rank),
                )
            )
        return np.array(rows, dtype=np.float32).reshape(-1, len(SPAN_SIGNALS))

    def _looks_like(self, kind: Kind) -> list[float]:
        row = [0.0] * len(_LOOKS)
        row[_LOOKS.index((self._query.answer_type, kind))] = 1.0
        return row

    def _words(self, words: Sequence[_Word]) -> tuple[float, ...]:
        """How much is agreed on the words, how rare they are, and which share of them the question has itself."""
        held = [word.stem for word in words if word.stem not in STOP_WORDS] or [word.stem for word in words]
        new = [word for word in held if word not in self._shown.asked_words]
        agreed = [math.log1p(self._shown.agreement.get(word, 0.0)) for word in new] or [0.0]
        rare = [self._shown.rarity.get(word, 5.0) for word in held] or [5.0]
        return (
            max(agreed),
            min(agreed),
            sum(agreed) / len(agreed),
            max(rare),
            sum(rare) / len(rare),
            1 - len(new) / max(1, len(held)),
        )

    def _look(
        self,
        sentence: str,
        span: Span,
        words: Sequence[_Word],
        first: int,
        last: int,
        measured: Sequence[tuple[int, int]],
    ) -> tuple[float, ...]:
        raw = sentence[span.start : span.end]
        count = sum(word.stem not in STOP_WORDS for word in words[first : last + 1])
        before = words[first - 1].stem if first else ""
        after = words[last + 1].stem if last + 1 < len(words) else ""
        near = {before, after, words[first - 2].stem if first > 1 else ""}
        return (
            count / 4,
            float(count == 1),
            float(count == 2),
            float(bool(self._wanted.thing) and self._wanted.thing in near),
            float(bool(self._wanted.thing) and self._wanted.thing in {word.stem for word in words[first : last + 1]}),
            float(before in ("in", "at", "to", "from")),
            float(before == "by"),
            float(before in ("said", "say", "told")),
            float(after in ("said", "say", "told")),
            float(before in ("the", "a", "an")),
            float(span.start == 0),
            float(any(map(str.isdigit, raw))),
            float("%" in raw or "percent" in sentence[span.end : span.end + 9]),
            float(raw[:1] in "$€£"),
            float(any(start < span.end and span.start < end for start, end in measured)),
            float(span.start > 0 and sentence[span.start - 1] in _OPENING),
            float(raw.isupper()),
            float(_YEAR.fullmatch(raw) is not None),
        )

    def _support(self, words: frozenset[str]) -> tuple[float, ...]:
        """How well sentences of independent stories that hold all of the words fit the question."""
        if words not in self._supports:
            self._supports[words] = self._supported(words)
        return self._supports[words]

    def _supported(self, words: frozenset[str]) -> tuple[float, ...]:
        places = [self._sentences_with.get(word, frozenset()) for word in words]
        own: dict[int, float] = defaultdict(float)
        around: dict[int, float] = defaultdict(float)
        for place in frozenset.intersection(*places) if places else ():
            cluster, alone, with_context = self._sentences[place]
            own[cluster] = max(own[cluster], alone)
            around[cluster] = max(around[cluster], with_context)
        return (
            math.log1p(4 * sum(value**2 for value in own.values())),
            math.log1p(4 * sum(around.values())),
            math.log1p(len(own)),
            max(own.values(), default=0.0),
        )

    def _in_titles(self, words: frozenset[str]) -> tuple[float, ...]:
        """How well titles that hold all of the words fit the question: the best, and those of independent stories."""
        if words not in self._told:
            best: dict[int, float] = defaultdict(float)
            for cluster, share, title in self._titles:
                if words and words <= title:
                    best[cluster] = max(best[cluster], share)
            self._told[words] = (
                max(best.values(), default=0.0),
                math.log1p(sum(share**2 for share in best.values())),
            )
        return self._told[words]

    def _beside(self, words: Sequence[_Word], asked: Sequence[int], first: int, last: int) -> tuple[float, ...]:
        """Where the last question's words stand: an asked subject has them after it, an asked object before."""
        following, preceding = self._is_asked(words[last + 1 :]), self._is_asked(words[:first][::-1])
        outside = [place for place in asked if not first <= place <= last]
        after = sum(place > last for place in outside) / len(outside) if outside else 0.5
        form = self._wanted.form
        return (
            following,
            preceding,
            following * (form == "subject"),
            preceding * (form == "object"),
            following * (form == "state"),
            preceding * (form == "state"),
            after,
            after * (form == "subject"),
            after * (form == "object"),
            after * (form == "state"),
            _distance(outside, first, last),
            *(float(form == one) for one in ("object", "state", "subject", "inside")),
        )

    def _is_asked(self, words: Sequence[_Word]) -> float:
        """Whether the first of the next three words that tells something is one that was asked with."""
        telling = (word for word in words[:3] if word.raw.lower() not in STOP_WORDS)
        found = next(telling, None)
        return float(found is not None and found.stem in self._wanted.words)

    def _kinds(self, sentence: str, span: Span, words: Sequence[_Word], first: int, last: int) -> tuple[float, ...]:
        is_name = span.kind is Kind.NAME
        count = last + 1 - first
        end = words[last].raw if words else ""
        before = sentence[max(0, span.start - _LOOK_BACK) : span.start]
        is_quoted = span.start > 0 and sentence[span.start - 1] in _OPENING
        return (
            float(self._wanted.is_body and is_name),
            float(self._wanted.is_work and is_name),
            float(self._wanted.is_work and is_quoted),
            float(self._wanted.is_person and is_name and count == 2),
            float(self._wanted.is_person and is_name and count == 1),
            float(self._wanted.is_place and is_name),
            float(end.endswith("ly")),
            float(end.endswith("ed") and end.islower()),
            float(end.endswith("ing") and end.islower()),
            float(end.endswith("s") and end.islower()),
            float(span.kind is Kind.WORDS and not any(word.raw[0].isupper() for word in words[first : last + 1])),
            float(sentence[span.end :].lstrip()[:1] == ","),
            float(_AFTER_COMMA.search(before) is not None),
            float(_CALLED.search(before) is not None),
        )

    def _used(self, span: Span) -> tuple[float, ...]:
        """Whether a name is used as a person's or a place's is, and whether that is what is asked for."""
        is_name = span.kind is Kind.NAME
        person, place = (self._usage.person(span.told), self._usage.place(span.told)) if is_name else (0.0, 0.0)
        return person, place, person * self._wanted.is_person, place * self._wanted.is_place

    @cached_property
    def _usage(self) -> Usage:
        return Usage(part for place in range(len(self._pool)) for part in self._shown.parts(place))

    @cached_property
    def _titles(self) -> list[tuple[int, float, frozenset[str]]]:
        """Of each of the best passages: its story's cluster, and its title's share of terms and words."""
        titles = (self._shown.title(place).words for place in range(len(self._pool)))
        return [
            (hit.stored.cluster, self._shown.share(words), words) for hit, words in zip(self._pool, titles, strict=True)
        ]

    @cached_property
    def _sentences(self) -> list[tuple[int, float, float]]:
        """Each sentence of the best passages: its story's cluster, the share of terms in it, and in and around it."""
        return [row for row, _ in self._read]

    @cached_property
    def _sentences_with(self) -> dict[str, frozenset[int]]:
        found: defaultdict[str, set[int]] = defaultdict(set)
        for place, (_, words) in enumerate(self._read):
            for word in words:
                found[word].add(place)
        return {word: frozenset(places) for word, places in found.items()}

    @cached_property
    def _read(self) -> list[tuple[tuple[int, float, float], frozenset[str]]]:
        top = max((hit.score for hit in self._pool), default=0.0)
        rows = []
        for place, hit in enumerate(self._pool):
            title = self._shown.title(place).words
            before: frozenset[str] = frozenset()
            weight = math.exp(3 * (hit.score - top))
            for words in (part.words for part in self._shown.parts(place)):
                around = weight * self._shown.share(words | title | before)
                rows.append(((hit.stored.cluster, self._shown.share(words), around), words))
                before = words
        return rows


def _around(terms: Sequence[int], first: int, last: int) -> tuple[float, float, float]:
    """How far the nearest of the question's terms is, how many are near, and the share of them that stand before."""
    outside = [place for place in terms if not first <= place <= last]
    near = sum(first - _NEAR <= place <= last + _NEAR for place in outside)
    before = sum(place < first for place in outside) / max(1, len(outside))
    return _distance(outside, first, last), near / 3, before


def _distance(places: Collection[int], first: int, last: int) -> float:
    return math.log1p(min((min(abs(place - first), abs(place - last)) for place in places), default=_FAR))
