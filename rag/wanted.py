"""What a question wants, told by how it asks: whose doing, what kind of thing, a number of what."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.quantity import measure_asked
from rag.query import AnswerType, Query
from rag.stems import TOKEN, stem, stems
from rag.words import STOP_WORDS, last_asked

_BODY = re.compile(
    r"\b(?:which|what)\b[^?]{0,60}?\b(?:company|companies|team|club|university|party|retailer|automaker|carmaker|airline|"
    r"brand|firm|bank|chain|platform|network|group|organi[sz]ation|agency|manufacturer|giant|maker|store|restaurant)\b",
    re.I,
)
_WORK = re.compile(
    r"\b(?:which|what)\b[^?]{0,60}?\b(?:film|movie|series|show|book|novel|album|song|play|musical|game|drama|sitcom|"
    r"podcast|single|painting|sequel|magazine|newspaper|word|term|phrase)\b",
    re.I,
)
_WH = re.compile(r"\b(?:which|what|who|whom|whose|how|when|where)\b", re.I)
_THING = re.compile(
    r"\b(?:which|what|how many)\s+(.{1,80}?)(?:\s+(?:is|was|are|were|did|do|does|has|have|had|will|would|can|could|who|"
    r"that|in|on|of|to|from|for|by|at|with)\b|\?|,|$)",
    re.I,
)
_DO = frozenset(("did", "do", "does"))
_BE = frozenset(("is", "was", "are", "were", "has", "have", "had", "will", "would", "can", "could"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the last thing asked wants.

    `words` are the stems of its words, `thing` that of the noun after "which" or "what" (or empty), `measure` what a
    number is asked of. `form` is "subject" where what is asked for does what the question tells, "object" where it is
    done to it, "state" where it is or has something, "inside" where it is asked deep in the sentence, or empty.
    """

    words: frozenset[str]
    thing: str
    measure: str
    form: str
    is_person: bool
    is_place: bool
    is_body: bool
    is_work: bool


def wanted(query: Query) -> Wanted:
    """What a question wants."""
    last = last_asked(query.standalone)
    thing = _THING.search(query.standalone)
    return Wanted(
        words=frozenset(stem(word) for word in TOKEN.findall(last) if word.lower() not in STOP_WORDS),
        thing=next(reversed(stems(thing[1])), "") if thing else "",
        measure=measure_asked(query.standalone),
        form=_form(last),
        is_person=query.answer_type is AnswerType.WHO,
        is_place=query.answer_type in (AnswerType.WHERE, AnswerType.COUNTRY),
        is_body=_BODY.search(last) is not None,
        is_work=_WORK.search(last) is not None,
    )


def _form(question: str) -> str:
    match = _WH.search(question)
    if match is None:
        return ""
    for word in re.findall(r"[\w’'-]+", question[match.end() : match.end() + 120])[:7]:
        if word.lower() in _DO:
            return "object"
        if word.lower() in _BE:
            return "state"
    return "subject" if match.start() < 12 else "inside"
