"""Questions to click, each drawn from articles that the archive holds, so that none leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from index.store import Filter
from rag.answer import Answer
from rag.words import terms
from ui.wording import nearest

if TYPE_CHECKING:
    from rag import Assistant

_EXAMPLES = 4
_FOLLOW_UPS = 3
_SAME = 2  # words that two headlines share where they are of one matter
_NEWEST = timedelta(days=30)
_LONGEST = 110  # characters of a headline


class Suggestion(NamedTuple):
    """A question, and the label of the button that asks it."""

    question: str
    label: str


def follow_ups(answer: Answer) -> list[Suggestion]:
    """The rest of the article that an answer cites first, and the nearest of the same matter that it does not cite.

    None for an abstention. An article that was asked about is not offered again.
    """
    if answer.abstained or not answer.citations:
        return []
    first = _suggestions([answer.citations[0].title], 1)
    more = [Suggestion(one.question, f"More from “{one.label}”") for one in first if one.question != answer.question]
    cited = {citation.article_id for citation in answer.citations}
    matter = {word for one in answer.citations for word in terms(f"{one.title} {one.sentence}")}
    others = nearest(answer.evidence, len(answer.evidence))
    near = (one.title for one in others if one.article_id not in cited and len(matter & set(terms(one.title))) >= _SAME)
    return [*more, *_suggestions(near, _FOLLOW_UPS - len(more))]


def examples(assistant: Assistant) -> list[Suggestion]:
    """The archive's newest stories, each of another matter. Asks the archive, so the models must be loaded."""
    last = assistant.coverage().last
    newest = Filter(first=last - _NEWEST) if last else None
    titles = (
        found.title for where in (newest, None) for found in assistant.retrieve("What is the news?", k=12, where=where)
    )
    return _suggestions(_apart(titles), _EXAMPLES)


def _apart(titles: Iterable[str]) -> Iterator[str]:
    told: list[set[str]] = []
    for title in titles:
        words = set(terms(title))
        if all(len(words & other) < _SAME for other in told):
            told.append(words)
            yield title


def _suggestions(titles: Iterable[str], at_most: int) -> list[Suggestion]:
    fit = dict.fromkeys(title for title in (" ".join(one.split()) for one in titles) if 0 < len(title) <= _LONGEST)
    return [Suggestion(f"What is reported in “{title}”?", title) for title in fit][:at_most]
