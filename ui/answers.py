"""An answer's own text as HTML: quotations set off, `[n]` as chips that lead to card n of the source panel."""

from __future__ import annotations

import re

from rag.answer import Answer, Citation
from rag.courtesy import courtesy
from ui.markup import escape
from ui.wording import STOPPED, asides, day_name, spelled

NEAREST_NOTE = "The nearest articles are listed too. They are not an answer."
_DATED = re.compile(r"(?:\d{4}-\d\d-\d\d|Undated), .+: $", re.S)  # what stands before a timeline's sentence


def answer_html(answer: Answer, turn: int) -> str:
    """The answer as a message shows it; `turn` is its place in the conversation, from 1, and names its cards."""
    paragraphs = [part for part in re.split(r"\n\s*\n", answer.text) if part.strip()]
    body = "".join(_paragraph(part, answer, turn) for part in paragraphs)
    if courtesy(answer.question):
        return f'<div class="dl-answer">{body}</div>'
    if answer.abstained:
        label = '<p class="dl-label">No answer in this archive</p>'
        nearest = f'<p class="dl-note">{NEAREST_NOTE}</p>' if answer.evidence else ""
        return f'<div class="dl-answer dl-abstained">{label}{body}{nearest}</div>'
    return f'<div class="dl-answer">{body}{"".join(map(_aside, asides(answer)))}</div>'


def with_span(citation: Citation) -> str:
    """The cited sentence, the words that answer in bold."""
    if citation.span is None:
        return escape(citation.sentence)
    start, end = citation.span
    sentence = citation.sentence
    return f"{escape(sentence[:start])}<b>{escape(sentence[start:end])}</b>{escape(sentence[end:])}"


def superseded(answer: Answer) -> frozenset[int]:
    """The numbers of the citations that a later article corrects."""
    return frozenset(moment.citation for moment in answer.timeline if moment.superseded)


def _paragraph(text: str, answer: Answer, turn: int) -> str:
    if text in answer.notes:
        return f'<p class="dl-differ" dir="auto">{escape(spelled(text))}</p>'
    return f'<p dir="auto">{_marked_up(text, answer, turn)}</p>'


def _aside(text: str) -> str:
    role = ' role="status"' if text == STOPPED else ""
    return f'<p class="dl-note"{role} dir="auto">{escape(text)}</p>'


def _marked_up(text: str, answer: Answer, turn: int) -> str:
    """A `[n]` inside a quoted sentence is the article's own and stays as it is: only ours become chips."""
    old = superseded(answer)
    quoted = {
        citation.sentence: _quotation(citation, struck=number in old)
        for number, citation in enumerate(answer.citations, 1)
        if citation.sentence
    }
    alternatives = [re.escape(sentence) for sentence in sorted(quoted, key=len, reverse=True)]
    pieces = re.split("|".join([*(f"({one})" for one in ["|".join(alternatives)] if one), r"(\[\d+\])"]), text)
    shown = (quoted.get(piece) or _chip_or_text(piece, answer, turn) for piece in pieces if piece)
    # A chip at the beginning of a line would seem to belong to what follows.
    return re.sub(r" (?=<a )", "&nbsp;", "".join(shown))


def _quotation(citation: Citation, *, struck: bool) -> str:
    words = with_span(citation)
    return f'<span class="dl-quote">{f"<s>{words}</s>" if struck else words}</span>'


def _chip_or_text(piece: str, answer: Answer, turn: int) -> str:
    number = int(piece[1:-1]) if re.fullmatch(r"\[\d{1,4}\]", piece) else 0
    if not 1 <= number <= len(answer.citations):
        return _own(piece, answer)
    citation = answer.citations[number - 1]
    when = day_name(citation.published) if citation.published else "undated"
    name = escape(f"Source {number}: {citation.source}, {when}")
    return f'<a class="dl-chip" href="#dl-{turn}-{number}" title="{name}" aria-label="{name}">{number}</a>'


def _own(piece: str, answer: Answer) -> str:
    """Words that are no quotation: our own, with their days written out, or an LLM's, as they are."""
    if answer.written_by:
        return escape(piece)
    shown = escape(spelled(piece))
    return f'<span class="dl-when">{shown}</span>' if answer.timeline and _DATED.fullmatch(piece) else shown
