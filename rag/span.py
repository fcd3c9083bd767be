"""Which words of a cited sentence answer the question: "a package of 13 documents" of what was signed.

Figures, dates and the object of a verb are marked, and only where a single choice is left: a mark in the wrong place
would be worse than none. Names are not, since of several in a sentence no rule that was tried tells the one asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.phrases import find
from rag.quantity import Quantity, has_number, measure_asked, quantities, whole_count
from rag.query import Query
from rag.stems import stem, stems
from rag.words import AnswerType

Span = tuple[int, int]

_LONGEST_OBJECT = 10  # words
_ABOUT_IT = 0.5  # of the question's words, names apart, that a sentence holds before words of it are marked
_YEAR_ASKED = re.compile(r"\b(?:what|which) year\b", re.I)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_TIME_ASKED = re.compile(r"\bhow long\b", re.I)
_TIME = re.compile(r"\b(?:second|minute|hour|day|night|week|month|year|decade|centur)", re.I)
_COUNT_ASKED = re.compile(r"\bhow (?:many|much|old|tall|fast|far)\b", re.I)
_DONE = re.compile(
    r"\bwhat (?:did|do|does|has|have|had|will|would|could|can) .*?\b(?P<verb>[a-z]{3,})"
    r"(?:\s(?:in|on|at|to|with|for|from|by|about|this|last|during|after|before|when|while|as)\b[^?]*)?\?$",
    re.I,
)
_OBJECT_ENDS = re.compile(
    r"[,;:.!?()—–“”\"]|\s-\s|\s(?:on|in|at|during|after|before|as|when|while|that|which|who|to|for|by|from|with|because|"
    r"and|but|if|amid|over|since|until|against|despite|into)\b"
)


def answer_span(query: Query, sentence: str) -> Span | None:
    """The (start, end) within `sentence` of the words that answer, or None where no single choice is left."""
    if len(query.matter.intersection(stems(sentence))) < _ABOUT_IT * len(query.matter):
        return None
    kind = query.answer_type
    if kind in (AnswerType.HOW_MANY, AnswerType.HOW_MUCH):
        figure = _figure(query.standalone, sentence)
        return figure and whole_count(sentence, *figure)
    if kind is AnswerType.WHEN:
        return _only((phrase.start, phrase.end) for phrase in find(sentence))
    if kind is AnswerType.WHAT:
        return _object(query.standalone, sentence)
    return None


def may_answer(question: str, words: str) -> bool:
    """Whether words are of the form asked for, where that is plain: a year, a length of time, a number."""
    if _YEAR_ASKED.search(question):
        return _YEAR.search(words) is not None
    if _TIME_ASKED.search(question):
        return _TIME.search(words) is not None
    return has_number(words) or not _COUNT_ASKED.search(question)


def _only(spans: Iterable[Span]) -> Span | None:
    found = list(spans)
    return found[0] if len(found) == 1 else None


def _figure(question: str, sentence: str) -> Span | None:
    measure = measure_asked(question)
    told = {quantity.text.casefold() for quantity in quantities(question)}
    fitting = [
        quantity
        for quantity in quantities(sentence)
        if quantity.text.casefold() not in told and (not measure or quantity.is_of(measure))
    ]
    return _only(_with_noun(quantity, sentence) for quantity in fitting)


def _with_noun(quantity: Quantity, sentence: str) -> Span:
    noun = re.match(
        rf"[\s-](?:(?!(?:were|was|are|is)\b)[a-z-]+\s)?(?:people\b|{re.escape(quantity.measure)}[a-z]*)",
        sentence[quantity.end :],
    )
    return quantity.start, quantity.end + (noun.end() if noun else 0)


def _object(question: str, sentence: str) -> Span | None:
    done = _DONE.search(question)
    if done is None:
        return None
    verb = stem(done["verb"])
    spans = []
    for match in re.finditer(r"[a-z]{3,}", sentence):
        if stem(match.group()) != verb:
            continue
        start = match.end() + 1
        ends = _OBJECT_ENDS.search(sentence, start)
        stop = ends.start() if ends else len(sentence)
        if 0 < len(sentence[start:stop].split()) <= _LONGEST_OBJECT:
            spans.append((start, stop))
    return _only(spans)
