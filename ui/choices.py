"""What a reader chose to ask with: the as-of day, the days, the sources and the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from index.errors import QuestionError
from index.store import Filter
from rag.answer import Answer
from rag.composer import plain_text
from ui.wording import day_name, days_name


@dataclass(frozen=True, slots=True)
class Choices:
    """The filters of one question; `first` and `last` are inclusive days of publication, no sources mean all."""

    as_of: date | None = None
    first: date | None = None
    last: date | None = None
    sources: tuple[str, ...] = ()
    newest: bool = False

    @classmethod
    def typed(
        cls, as_of: str | None, first: str | None, last: str | None, sources: Sequence[str] | None, newest: bool
    ) -> Choices:
        """The choices as the page's fields hold them. Raises QuestionError where a day is none, or a range is empty."""
        began, ended = _day(first), _day(last)
        if began and ended and began > ended:
            raise QuestionError(f"The range ends before it begins: it is from {began} to {ended}. Exchange the two.")
        return cls(_day(as_of), began, ended, tuple(sources or ()), bool(newest))

    @property
    def where(self) -> Filter:
        """The filter of the range and the sources; the as-of day is given to the assistant by itself."""
        return Filter(self.first, self.last, frozenset(self.sources))

    @property
    def seen(self) -> Filter:
        """The filter of all that may be seen, as of the day."""
        lasts = [day for day in (self.last, self.as_of) if day]
        return replace(self.where, last=min(lasts, default=None))

    def words(self) -> str:
        """The filters in words, empty where there are none."""
        parts = []
        if self.first and self.last:
            parts.append(f"published {days_name(self.first, self.last)}")
        elif self.first:
            parts.append(f"published from {day_name(self.first)}")
        elif self.last:
            parts.append(f"published to {day_name(self.last)}")
        if self.sources:
            parts.append(f"only {', '.join(self.sources)}")
        if self.newest:
            parts.append("newest first")
        return "; ".join(parts)

    def chosen(self) -> str:
        """The as-of day and the filters in words, empty where there are none."""
        as_of = f"as of {day_name(self.as_of)}" if self.as_of else ""
        return "; ".join(part for part in (as_of, self.words()) if part)

    def link(self, question: str, archive: str = "") -> list[tuple[str, str]]:
        """The parameters of a link that asks the archive of that name the question again with these choices."""
        days = [("as_of", self.as_of), ("from", self.first), ("to", self.last)]
        return [
            ("q", question),
            *((name, day.isoformat()) for name, day in days if day),
            *(("source", source) for source in self.sources),
            *([("newest", "1")] if self.newest else []),
            *([("archive", archive)] if archive else []),
        ]

    def arranged(self, answer: Answer) -> Answer:
        """The answer in the order chosen: as it is, or its sentences and passages by their day, newest first.

        An answer that is more than its sentences, such as a timeline, has an order of its own and keeps it.
        """
        if not self.newest:
            return answer
        evidence = tuple(sorted(answer.evidence, key=lambda found: found.published or date.min, reverse=True))
        if answer.text != plain_text(answer.citations):
            return replace(answer, evidence=evidence)
        cited = tuple(sorted(answer.citations, key=lambda one: one.published or date.min, reverse=True))
        return replace(answer, evidence=evidence, citations=cited, text=plain_text(cited))


def _day(typed: str | None) -> date | None:
    if not typed or not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise QuestionError(f"{typed.strip()!r} is not a day. Write it as 2025-08-31, or leave it empty.") from None
