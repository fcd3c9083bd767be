"""What a passage, and each of its sentences, show for a question: the numbers that the ranker weighs.

Beside the words shared with the question stands *agreement*: an answer is a word that is not in the question and
recurs over independent stories about it (redundancy, after Dumais et al. 2002, "Web question answering: is more
always better?").
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.numbers import COUNTING
from rag.query import AnswerType, Query
from rag.retriever import Found
from rag.stems import TOKEN, holds_name, name_stems, stem, stems
from rag.words import STOP_WORDS

Signals = NDArray[np.float32]

PASSAGE_SIGNALS = (
    "cosine",
    "lexical",
    "closeness",
    "fused",
    "cosine over the best",
    "same week",
    "share of terms",
    "share of terms in title",
    "share of terms in story",
    "share of names",
    "share of pairs",
    "place in story",
    "story's best",
    "story's passages",
    "cluster's stories",
    "type",
    "agreement",
    "agreement of names",
    "agreement of numbers",
    "length",
    "rank",
)
SENTENCE_SIGNALS = (
    "share of terms",
    "share of terms with the sentence before",
    "share of terms in passage",
    "share of names",
    "share of pairs",
    "type",
    "agreement",
    "agreement of names",
    "agreement of numbers",
    "best agreement of passage",
    "place in story",
    "place in passage",
    "length",
    "is quotation",
    "is question",
)
ANSWERABLE_SIGNALS = (
    "best cosine",
    "best fit",
    "fit over the middle",
    "best share of terms",
    "share of terms of the best",
    "share of names of the best",
    "share of pairs of the best",
    "share of terms in the best's story",
    "type of the best",
    "agreement",
    "agreement of names",
    "agreement of numbers",
    "cosine of the best",
    "days outside the window",
    "days the archive ends before",
    "passages found",
    "terms asked",
)
NAMING_SIGNALS = ("names of the first", "rarest name that the first lacks")
_FEWEST = 4  # terms: hardly a question to learn from has fewer
NAME_MARK = "n"
_FOREGROUND = 25  # passages whose words may agree; the rest of the pool says what is common anyway
_SHARPNESS = 8.0  # how fast a passage's say in agreement falls with its score
_NUMBER_STEMS = frozenset(map(stem, COUNTING))
_CAUSE = re.compile(
    r"\b(?:because|due to|after|over|caused|since|citing|reason|led to|amid|to prevent|so that)\b", re.I
)
_SAID = re.compile(r"[“\"]|\b(?:said|says|told|wrote|tweeted|added|announced|statement)\b", re.I)
_WHEN = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|"
    r"\b(?:19|20)\d\d\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text taken apart once: where its words begin, their stems, and the stems that stood as names and as numbers."""

    starts: tuple[int, ...]
    stems: tuple[str, ...]
    marks: str  # of each word: n for a name, d for a number, - for others
    words: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, raw: str) -> Text:
        """A text's words and numbers."""
        matches = list(TOKEN.finditer(raw))
        stems = tuple(stem(match[0]) for match in matches)
        marks = "".join(_mark(match[0], plain) for match, plain in zip(matches, stems, strict=True))
        return cls._made(tuple(match.start() for match in matches), stems, marks)

    def between(self, start: int, end: int) -> Text:
        """The part of it whose words begin between two places."""
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        return self._made(self.starts[first:last], self.stems[first:last], self.marks[first:last])

    @classmethod
    def _made(cls, starts: tuple[int, ...], stems: tuple[str, ...], marks: str) -> Text:
        named, numbers = (
            frozenset(plain for plain, mark in zip(stems, marks, strict=True) if mark == wanted)
            if wanted in marks
            else frozenset()
            for wanted in "nd"
        )
        return cls(starts, stems, marks, frozenset(stems), named, numbers)


class Shown:
    """The signals of one question over its pool of passages, best first by the fused score.

    `asked_words` are the stems of the question's words, and of the pool's those that are kin to its names: "Brazil" is
    told to who asks of a "Brazilian". `rarity` tells of each stem of the pool how much it tells, and `agreement` of
    each that is not asked with how much the best stories agree on it.
    """

    def __init__(self, query: Query, pool: Sequence[Found]) -> None:
        self._query = query
        self._pool = pool
        self._asked = tuple(dict.fromkeys(stem(term) for term in query.terms))
        self.asked_words = frozenset(stems(query.standalone))
        self._named = name_stems(query.names)
        self._each_named = [words for words in (name_stems([name]) for name in query.names) if words]
        self._pairs = _pairs([s for s in stems(query.standalone) if s not in STOP_WORDS])
        self._texts = [Text.of(hit.stored.passage.text) for hit in pool]
        self._titles = [Text.of(hit.stored.article.title) for hit in pool]
        self._parts: dict[int, tuple[Text, ...]] = {}
        self.rarity = self._rarities()
        self.asked_words |= self._kin()
        self.agreement = self._agreements()

    def _kin(self) -> frozenset[str]:
        begin = frozenset(name[:4] for name in self._named)
        return frozenset(word for word in self.rarity if word[:4] in begin and holds_name(self._named, (word,)))

    @cached_property
    def _rows(self) -> Signals:
        if not self._pool:
            return np.zeros((0, len(PASSAGE_SIGNALS)), dtype=np.float32)
        stories: dict[str, set[str]] = {}
        best: dict[str, float] = {}
        counts: Counter[str] = Counter()
        for hit, text, title in zip(self._pool, self._texts, self._titles, strict=True):
            owner = hit.stored.article_id
            stories.setdefault(owner, set(title.stems)).update(text.stems)
            best[owner] = max(best.get(owner, -math.inf), hit.score)
            counts[owner] += 1
        top_cosine = max(hit.cosine for hit in self._pool)
        top = max(hit.score for hit in self._pool)
        clusters = {hit.stored.cluster for hit in self._pool if hit.score > top - 0.3}
        rows = []
        for rank, (hit, text, title) in enumerate(zip(self._pool, self._texts, self._titles, strict=True)):
            owner = hit.stored.article_id
            rows.append(
                (
                    hit.cosine,
                    hit.lexical,
                    hit.closeness,
                    hit.score,
                    hit.cosine - top_cosine,
                    float(hit.days_away <= 8),
                    self.share(text.words),
                    self.share(title.words),
                    self.share(stories[owner]),
                    _part(self._named, text.words | title.words),
                    _part(self._pairs, _pairs(text.stems)),
                    1 / (1 + hit.stored.passage.first),
                    best[owner] - top,
                    math.log(counts[owner]),
                    math.log1p(len(clusters)),
                    self._fits_type(hit.stored.passage.text, text),
                    *self._agree(text),
                    math.log1p(len(text.stems)) / 5,
                    1 / (1 + rank),
                )
            )
        return np.array(rows, dtype=np.float32)

    def passages(self) -> Signals:
        """One row a passage of the pool, one column each of PASSAGE_SIGNALS."""
        return self._rows

    def sentences(self, places: Sequence[int]) -> list[Signals]:
        """For each place in the pool, one row a sentence of that passage, one column each of SENTENCE_SIGNALS."""
        return [self._sentences(place) for place in places]

    def title(self, place: int) -> Text:
        """The title of a passage's article."""
        return self._titles[place]

    def parts(self, place: int) -> tuple[Text, ...]:
        """The sentences of a passage."""
        if place not in self._parts:
            stored, whole = self._pool[place].stored, self._texts[place]
            begins = stored.passage.start
            self._parts[place] = tuple(whole.between(one.start - begins, one.end - begins) for one in stored.sentences)
        return self._parts[place]

    def answerable(self, best: Sequence[int], gap: int) -> list[float]:
        """One value each of ANSWERABLE_SIGNALS, from the places of the best passages, best first.

        Nearness in time is no part of it, unless the question names days or asks as of a day that the archive does
        not reach: an old answer is no less true.
        """
        rows = self.passages()[list(best)]
        at = {name: PASSAGE_SIGNALS.index(name) for name in PASSAGE_SIGNALS}
        fits = sorted((hit.fit for hit in self._pool), reverse=True)
        near = min(self._pool[place].days_away for place in best) if self._query.window else 0.0
        few = rows[:3]
        return [
            float(rows[:, at["cosine"]].max()),
            fits[0],
            fits[0] - fits[len(fits) // 2],
            float(rows[:, at["share of terms"]].max()),
            float(few[:, at["share of terms"]].mean()),
            float(few[:, at["share of names"]].mean()),
            float(few[:, at["share of pairs"]].max()),
            float(few[:, at["share of terms in story"]].max()),
            float(few[:, at["type"]].mean()),
            float(few[:, at["agreement"]].max()),
            float(few[:, at["agreement of names"]].max()),
            float(few[:, at["agreement of numbers"]].max()),
            float(few[:, at["cosine"]].mean()),
            math.log1p(min(near, 3650.0)),
            math.log1p(min(max(gap, 0), 3650)),
            math.log1p(min(len(self._pool), 45)),
            math.log1p(max(_FEWEST, len(self._query.terms))),
        ]

    def is_named(self, place: int) -> bool:
        """Whether a passage or its title holds a name that the question names; true where the question has none."""
        return holds_name(self._named, self._words_at(place))

    def naming(self, place: int) -> tuple[float, float]:
        """One value each of NAMING_SIGNALS: what a passage and its title hold of the names that are asked about.

        Of the name that they hold least, the share of its words; and of all words of names that they lack, how much
        the rarest tells.
        """
        words = self._words_at(place)
        lacking = {name for name in self._named if not holds_name((name,), words)}
        least = min((len(name - lacking) / len(name) for name in self._each_named), default=1.0)
        return least, max((self.rarity.get(name, self._unheard) for name in lacking), default=0.0)

    def _words_at(self, place: int) -> frozenset[str]:
        return self._texts[place].words | self._titles[place].words

    def _sentences(self, place: int) -> Signals:
        stored, title, parts = self._pool[place].stored, self._titles[place], self.parts(place)
        whole = self.share(self._words_at(place))
        agreements = [self._agree(part) for part in parts]
        highest = max((agreement[0] for agreement in agreements), default=0.0)
        rows = []
        before: frozenset[str] = frozenset()
        for number, (sentence, part, agreement) in enumerate(zip(stored.sentences, parts, agreements, strict=True)):
            rows.append(
                (
                    self.share(part.words),
                    self.share(part.words | before | title.words),
                    whole,
                    _part(self._named, part.words),
                    _part(self._pairs, _pairs(part.stems)),
                    self._fits_type(sentence.text, part),
                    *agreement,
                    highest - agreement[0],
                    1 / (1 + stored.passage.first + number),
                    1 / (1 + number),
                    math.log1p(len(part.stems)) / 4,
                    float(sentence.text[:1] in "“\"'‘"),
                    float(sentence.text.rstrip('”"').endswith("?")),
                )
            )
            before = part.words
        return np.array(rows, dtype=np.float32).reshape(-1, len(SENTENCE_SIGNALS))

    def _rarities(self) -> dict[str, float]:
        """How much a stem tells, from how few passages of the pool hold it."""
        held = Counter(word for text in self._texts for word in text.words)
        size = len(self._texts)
        return {word: math.log((size + 1) / (count + 0.5)) + 0.2 for word, count in held.items()}

    def share(self, words: Iterable[str]) -> float:
        """The share of the question's terms, by how much they tell, that stand among the words."""
        held = words if isinstance(words, set | frozenset) else frozenset(words)
        total = sum(self.rarity.get(term, self._unheard) for term in self._asked)
        some = sum(self.rarity.get(term, self._unheard) for term in self._asked if term in held)
        return some / total if total else 0.0

    @cached_property
    def _unheard(self) -> float:
        """The rarity of a stem that no passage of the pool holds."""
        return math.log(len(self._texts) * 2 + 2) + 0.2

    def _agreements(self) -> dict[str, float]:
        """For each stem that is not asked with: how much the best stories agree on it, against the whole pool."""
        if not self._pool:
            return {}
        top = max(hit.score for hit in self._pool)
        said: dict[str, dict[int, float]] = {}
        for hit, text, title in zip(self._pool[:_FOREGROUND], self._texts, self._titles, strict=False):
            weight = math.exp(_SHARPNESS * (hit.score - top))
            for word in text.words | title.words:
                if word not in self.asked_words and word not in STOP_WORDS:
                    stories = said.setdefault(word, {})
                    stories[hit.stored.cluster] = max(weight, stories.get(hit.stored.cluster, 0.0))
        return {word: sum(stories.values()) * self.rarity.get(word, 1.0) for word, stories in said.items()}

    def _agree(self, text: Text) -> tuple[float, float, float]:
        """How much is agreed on the most agreed words of a text: on any, on names, on numbers."""
        return tuple(  # type: ignore[return-value]
            math.log1p(sum(sorted((self.agreement.get(word, 0.0) for word in words), reverse=True)[:2]))
            for words in (text.words, text.names, text.numbers)
        )

    def _fits_type(self, raw: str, text: Text) -> float:
        """Whether a text holds the kind of thing that is asked for, other than what the question says itself."""
        kind = self._query.answer_type
        if kind in (AnswerType.HOW_MANY, AnswerType.HOW_MUCH):
            return float(bool(text.numbers - self.asked_words))
        if kind in (AnswerType.WHO, AnswerType.WHERE, AnswerType.COUNTRY):
            return float(bool(text.names - self.asked_words))
        pattern = {AnswerType.WHEN: _WHEN, AnswerType.WHY: _CAUSE, AnswerType.SAY: _SAID}.get(kind)
        return float(pattern.search(raw) is not None) if pattern else 0.5


def _mark(token: str, plain: str) -> str:
    if token[0].isdigit() or plain in _NUMBER_STEMS:
        return "d"
    return NAME_MARK if token[0].isupper() and plain not in STOP_WORDS else "-"


def _pairs(stems: Sequence[str]) -> frozenset[tuple[str, str]]:
    return frozenset(pairwise(stems))


def _part(wanted: frozenset[object] | frozenset[str] | frozenset[tuple[str, str]], held: Iterable[object]) -> float:
    return len(wanted & frozenset(held)) / len(wanted) if wanted else 0.5
