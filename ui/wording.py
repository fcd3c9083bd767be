"""How days and articles are put into words, alike on the page and in the terminal."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from rag.answer import Answer, Evidence

STOPPED = "Stopped before the answer was whole."
SEARCHING = "Looking through the archive …"


def day_name(day: date) -> str:
    """A day as "21 August 2025"."""
    return f"{day.day} {day:%B %Y}"


def days_name(first: date, last: date) -> str:
    """The days from the first to the last: a day, a whole month or year by its name, or both ends."""
    if first == last:
        return day_name(first)
    if (first.month, first.day) == (1, 1) and last == date(first.year, 12, 31):
        return str(first.year)
    if first.day == 1 and last == first.replace(day=monthrange(first.year, first.month)[1]):
        return f"{first:%B %Y}"
    return f"{day_name(first)} to {day_name(last)}"


def spelled(text: str) -> str:
    """Words of our own, with each day that stands in them as 2025-08-21 written out."""

    def day(found: re.Match[str]) -> str:
        try:
            return day_name(date.fromisoformat(found[0]))
        except ValueError:
            return found[0]

    return re.sub(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])", day, text)


def asides(answer: Answer) -> tuple[str, ...]:
    """What is said beside an answer's text: the LLM that wrote it, and the notes that do not stand in the text."""
    writer = answer.written_by
    written = (f"Written by {writer}; each sentence was checked against its sources.",) if writer else ()
    return (*written, *(note for note in answer.notes if note not in answer.text))


def nearest(evidence: Iterable[Evidence], at_most: int) -> tuple[Evidence, ...]:
    """The best passage of each of the first few articles, in the order given."""
    by_article: dict[str, Evidence] = {}
    for passage in evidence:
        by_article.setdefault(passage.article_id, passage)
    return tuple(by_article.values())[:at_most]
