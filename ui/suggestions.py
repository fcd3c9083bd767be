"""Questions to click, each drawn from articles that the archive holds, so that none leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from index.store import Filter
from rag.answer import Answer
from rag.words import terms
from ui.wording import nearest

if TYPE_CHECKING:
    from rag import Assistant

_EXAMPLES = 4
_FOLLOW_UPS = 2
_NEWEST = timedelta(days=30)
_LONGEST = 110  # characters of a headline


class Suggestion(NamedTuple):
    """A question, and the headline it is about."""

    question: str
    headline: str


def follow_ups(answer: Answer) -> list[Suggestion]:
    """Of the articles nearest to an answer that it does not cite, those on the same matter; none for an abstention."""
    if answer.abstained:
        return []
    cited = {citation.article_id for citation in answer.citations}
    matter = {word for one in answer.citations for word in terms(f"{one.title} {one.sentence}")}
    others = nearest(answer.evidence, len(answer.evidence))
    near = (found.title for found in others if found.article_id not in cited and matter & set(terms(found.title)))
    return _suggestions(near, _FOLLOW_UPS)


def examples(assistant: Assistant) -> list[Suggestion]:
    """The archive's newest stories. Asks the archive, so the models must be loaded."""
    last = assistant.coverage().last
    newest = Filter(first=last - _NEWEST) if last else None
    titles = (
        found.title for where in (newest, None) for found in assistant.retrieve("What is the news?", k=12, where=where)
    )
    return _suggestions(titles, _EXAMPLES)


def _suggestions(titles: Iterable[str], at_most: int) -> list[Suggestion]:
    fit = dict.fromkeys(title for title in (" ".join(one.split()) for one in titles) if 0 < len(title) <= _LONGEST)
    return [Suggestion(f"What is reported in “{title}”?", title) for title in fit][:at_most]
