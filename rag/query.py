"""The question understood: when, from whom, about whom, and what kind of answer it wants."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from index.errors import QuestionError
from rag.answer import Turn
from rag.dates import Kind, find
from rag.followup import standalone
from rag.parts import split
from rag.sourced import named_authors, named_sources
from rag.stems import name_stems, stem
from rag.window import DateWindow, window
from rag.words import AnswerType, answer_type, is_negated, names, quoted, terms

__all__ = ["LONGEST", "AnswerType", "DateWindow", "Query", "understand"]

LONGEST = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Query:
    """A question and what is understood of it.

    `standalone` is what is searched: the question itself, or a follow-up with its history read in. `anchor` is the
    day near which articles are likelier: the last day of the window, else the day it is asked as of. `sources` are
    spelt as the archive spells them. `parts` are sub-questions that each need their own evidence; empty for one.
    """

    question: str
    standalone: str
    anchor: date
    answer_type: AnswerType
    window: DateWindow | None = None
    as_of: date | None = None
    sources: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    negated: bool = False
    parts: tuple[str, ...] = ()

    @property
    def matter(self) -> frozenset[str]:
        """The stems of its terms, names apart: what is asked of those that it names."""
        return frozenset(map(stem, self.terms)) - name_stems(self.names)

    def notes(self) -> tuple[str, ...]:
        """What was understood, in plain words for the one who asked."""
        notes: list[str] = []
        if self.standalone != " ".join(self.question.split()):
            notes.append(f"searched for: {self.standalone}")
        if self.window:
            only = "only dates" if self.window.hard else "dates"
            notes.append(f"{only}: {self.window}, from “{self.window.phrase}”")
        if self.as_of:
            notes.append(f"as of: {self.as_of.day} {self.as_of:%b} {self.as_of.year}")
        if self.sources:
            notes.append(f"sources: {', '.join(self.sources)}")
        if self.authors:
            notes.append(f"authors: {', '.join(self.authors)}")
        if self.parts:
            notes.append("asked in parts: " + " · ".join(self.parts))
        return tuple(notes)


def understand(
    question: str,
    *,
    as_of: date | None = None,
    today: date,
    history: Sequence[Turn] = (),
    sources: Collection[str] = (),
    rewrite: Callable[[str, Sequence[Turn]], str] = standalone,
) -> Query:
    """Understands a question asked as of a day (or today), after the turns of `history`, oldest first.

    `sources` are the archive's own, host names or names; `rewrite` makes a follow-up stand alone. Raises QuestionError
    where the question is empty or over 2,000 characters long, where `as_of` has not come yet, or where only days
    after it were asked for.
    """
    as_of, today = _day(as_of), _day(today) or today
    question = question.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is nothing that can be looked for
    plain = _checked(question, as_of, today)
    full = rewrite(plain, history)
    days = window(full, as_of=as_of, today=today)
    return Query(
        question=question,
        standalone=full,
        anchor=days.last if days else as_of or today,
        answer_type=answer_type(full),
        window=days,
        as_of=as_of,
        sources=named_sources(full, sources),
        authors=named_authors(full),
        phrases=quoted(full),
        names=names(full),
        terms=_terms(full),
        negated=is_negated(full),
        parts=split(full),
    )


def _checked(question: str, as_of: date | None, today: date) -> str:
    plain = " ".join(question.split())
    if not re.search(r"\w", plain):
        raise QuestionError("The question is empty.")
    if len(question) > LONGEST:
        raise QuestionError(f"The question is {len(question):,} characters long; {LONGEST:,} is the most.")
    # A day of grace: it is tomorrow already to the east of here.
    if as_of and (as_of - today) > timedelta(days=1):
        raise QuestionError(f"A question cannot be asked as of {as_of}: today is {today}.")
    return plain


def _day(day: date | None) -> date | None:
    return day.date() if isinstance(day, datetime) else day


def _terms(text: str) -> tuple[str, ...]:
    # "This week" and "two years ago" are in no article's words; "August" and "Wednesday" may be.
    for phrase in reversed(find(text)):
        if phrase.kind in (Kind.OFFSET, Kind.SPAN):
            text = f"{text[: phrase.start]} {text[phrase.end :]}"
    return terms(text)
