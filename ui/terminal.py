"""An answer as lines for a terminal or a pipe."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rag.answer import Answer, Citation, Evidence
from ui.wording import asides, day_name, days_name, nearest

NEAREST_SHOWN = 3


def answer_lines(answer: Answer) -> Iterator[tuple[str, str]]:
    """The answer as (style, line) pairs; the style is a rich style, "" for plain.

    Characters that steer a terminal are dropped: an article cannot colour, move or rewrite what is shown.
    """
    for line in answer.text.split("\n"):
        yield ("yellow" if answer.abstained else "bold"), printable(line)
    for aside in asides(answer):
        yield "", ""
        yield "yellow", printable(aside)
    for number, citation in enumerate(answer.citations, 1):
        yield "", ""
        yield from _citation_lines(number, citation)
    if answer.abstained and answer.evidence:
        yield "", ""
        yield "yellow", "Nearest articles, not an answer:"
        for evidence in nearest(answer.evidence, NEAREST_SHOWN):
            yield "", f"  {_dateline(evidence)} · {printable(evidence.title)}"
            if evidence.url:
                yield "dim", f"    {printable(evidence.url)}"


def printable(text: str) -> str:
    """One line of text without control and direction-override characters."""
    kept = (" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or unicodedata.category(c) != "Cc")
    return "".join(c for c in kept if c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _citation_lines(number: int, citation: Citation) -> Iterator[tuple[str, str]]:
    yield "cyan", f"[{number}] {_dateline(citation)}"
    yield "", f"    {printable(citation.title)}"
    yield "italic", f"    “{printable(citation.sentence)}”"
    event = citation.event
    if event and (event.first, event.last) != (citation.published, citation.published):
        yield "", f"    speaks of {days_name(event.first, event.last)} (“{printable(event.phrase)}”)"
    if citation.also_in:
        yield "", f"    also in {printable(', '.join(citation.also_in))}"
    if citation.url:
        yield "dim", f"    {printable(citation.url)}"


def _dateline(item: Citation | Evidence) -> str:
    day = day_name(item.published) if item.published else "undated"
    doubt = " (date uncertain)" if item.date_is_doubtful and item.published else ""
    return f"{day}{doubt} · {printable(item.source)}"
