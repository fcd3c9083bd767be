"""An answer as HTML: its text with citation chips, and the source panel beside it.

Everything that came from an article or a reader passes through `escape`, which leaves no character that HTML
or Markdown could read as markup; the tags are only ever ours. No gradio here: strings in, strings out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from pydantic import TypeAdapter, ValidationError

from index.article import Article
from rag.answer import Answer, Citation, Evidence
from ui.wording import day_name, days_name, nearest

NEAREST_SHOWN = 4  # passages offered beside an abstention
NEAREST_NOTE = "The nearest articles are listed under Sources. They are not an answer."
EMPTY_NOTE = "The sentences behind an answer appear here, each with its date and its place in the article."
_KEPT = TypeAdapter(Answer)

FindArticle = Callable[[str], Article | None]


class Kept(NamedTuple):
    """An answer as a message carries it, and the number of its turn in the conversation, from 1."""

    answer: Answer
    turn: int


def escape(text: str) -> str:
    """Text that shows as it is in HTML and in Markdown: every punctuation mark becomes a character reference.

    Markdown reads no markup in a character reference, and finds no bare link without colons and full stops.
    """
    return re.sub(r"[!-/:-@\[-`{-~]", lambda mark: f"&#{ord(mark[0])};", text)


def safe_url(url: str | None) -> str | None:
    """The address where a reader may be sent to it, so http or https and a host; else None."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def pack(answer: Answer) -> str:
    """The answer as the JSON that its message carries, so that the panel can be rebuilt from the message alone."""
    return _KEPT.dump_json(replace(answer, evidence=nearest(answer.evidence, NEAREST_SHOWN))).decode()


def unpack(packed: object) -> Answer | None:
    """The answer that a message carries; None where it carries none, or something else."""
    if not isinstance(packed, str):
        return None
    try:
        return _KEPT.validate_json(packed)
    except ValidationError:
        return None


def answer_html(answer: Answer, turn: int) -> str:
    """The answer's text: quotations set off with the answering words bold, `[n]` as chips that lead to card n."""
    paragraphs = "".join(
        f'<p dir="auto">{_marked_up(part, answer, turn)}</p>'
        for part in re.split(r"\n\s*\n", answer.text)
        if part.strip()
    )
    if answer.abstained:
        label = '<p class="dl-label">No answer in this archive</p>'
        nearest = f'<p class="dl-note">{NEAREST_NOTE}</p>' if answer.evidence else ""
        return f'<div class="dl-answer dl-abstained">{label}{paragraphs}{nearest}</div>'
    return f'<div class="dl-answer">{paragraphs}</div>'


def panel_html(kept: Kept | None, find: FindArticle) -> str:
    """The source panel for one turn: a card for each citation, or the nearest passages where there is no answer."""
    if kept is None:
        return _panel("Sources", f'<p class="dl-empty">{EMPTY_NOTE}</p>', 0)
    answer, turn = kept
    asked = f'<p class="dl-asked" dir="auto">{escape(answer.question)}</p>'
    if answer.abstained:
        title = "Nearest articles, not an answer"
        cards = _list(_nearest_card(evidence) for evidence in nearest(answer.evidence, NEAREST_SHOWN))
        cards = cards or '<p class="dl-empty">Nothing near the question was found.</p>'
    else:
        title = "Sources"
        cards = _list(_card(citation, number, turn, find) for number, citation in enumerate(answer.citations, 1))
    return _panel(title, asked + cards + _actions(answer) + _searched(answer), turn)


def _panel(title: str, body: str, turn: int) -> str:
    return f'<section class="dl-panel" aria-label="Sources" data-turn="{turn}"><h2>{title}</h2>{body}</section>'


def _list(cards: Iterable[str]) -> str:
    items = "".join(f"<li>{card}</li>" for card in cards)
    return f'<ol class="dl-cards">{items}</ol>' if items else ""


def _marked_up(text: str, answer: Answer, turn: int) -> str:
    """A `[n]` inside a quoted sentence is the article's own and stays as it is: only ours become chips."""
    quoted = {citation.sentence: citation for citation in answer.citations if citation.sentence}
    alternatives = [re.escape(sentence) for sentence in sorted(quoted, key=len, reverse=True)]
    pieces = re.split("|".join([*(f"({one})" for one in ["|".join(alternatives)] if one), r"(\[\d+\])"]), text)
    return "".join(_piece(piece, quoted, len(answer.citations), turn) for piece in pieces if piece)


def _piece(piece: str, quoted: dict[str, Citation], count: int, turn: int) -> str:
    if piece in quoted:
        return f'<span class="dl-quote">{_with_span(quoted[piece])}</span>'
    number = int(piece[1:-1]) if re.fullmatch(r"\[\d{1,4}\]", piece) else 0
    if 1 <= number <= count:
        return f'<a class="dl-chip" href="#dl-{turn}-{number}" title="Source {number}">{number}</a>'
    return escape(piece)


def _with_span(citation: Citation) -> str:
    if citation.span is None:
        return escape(citation.sentence)
    start, end = citation.span
    sentence = citation.sentence
    return f"{escape(sentence[:start])}<b>{escape(sentence[start:end])}</b>{escape(sentence[end:])}"


def _card(citation: Citation, number: int, turn: int, find: FindArticle) -> str:
    event = citation.event
    happened = ""
    if event and (event.first, event.last) != (citation.published, citation.published):
        days = days_name(event.first, event.last)
        phrase = f' <span class="dl-phrase">(“{escape(event.phrase)}”)</span>' if event.phrase else ""
        happened = f'<p class="dl-event">Speaks of {days}{phrase}</p>'
    start = citation.start - citation.passage_start
    quote = _highlighted(citation.passage, start, citation)
    return (
        f'<article class="dl-card" id="dl-{turn}-{number}" tabindex="-1" aria-label="Source {number}">'
        f'<header><span class="dl-number" aria-hidden="true">{number}</span>{_dateline(citation)}</header>'
        f"<h3>{_title(citation)}</h3>{happened}"
        f'<blockquote dir="auto">{quote}</blockquote>{_copies(citation)}{_whole(citation, find)}</article>'
    )


def _nearest_card(evidence: Evidence) -> str:
    return (
        f'<article class="dl-card dl-near"><header>{_dateline(evidence)}</header><h3>{_title(evidence)}</h3>'
        f'<blockquote dir="auto">{_paragraphs(_shortened(evidence.passage))}</blockquote>{_copies(evidence)}</article>'
    )


def _highlighted(text: str, start: int, citation: Citation) -> str:
    """The text with the cited sentence marked; unmarked where the sentence does not stand at `start`."""
    end = start + len(citation.sentence)
    if start < 0 or text[start:end] != citation.sentence:
        return _paragraphs(text.strip())
    before, after = text[:start].lstrip(), text[end:].rstrip()
    return f"{_paragraphs(before)}<mark>{_with_span(citation)}</mark>{_paragraphs(after)}"


def _paragraphs(text: str) -> str:
    return re.sub(r"\s*\n\s*", '<span class="dl-par"></span>', escape(text))


def _whole(citation: Citation, find: FindArticle) -> str:
    article = find(citation.article_id)
    if article is None:
        return ""
    text = _highlighted(article.text, citation.start, citation)
    body = f'<div class="dl-text" dir="auto" tabindex="0">{text}</div>'
    return f'<details class="dl-whole"><summary>Open the article</summary>{body}</details>'


def _dateline(item: Citation | Evidence) -> str:
    when = (
        f'<time datetime="{item.published.isoformat()}">{day_name(item.published)}</time>'
        if item.published
        else "Undated"
    )
    doubt = (
        ' <span class="dl-doubt" title="The date could not be read surely from the page">date uncertain</span>'
        if item.date_is_doubtful
        else ""
    )
    return f'<span class="dl-dateline">{when}{doubt} <span class="dl-source">{escape(item.source)}</span></span>'


def _title(item: Citation | Evidence) -> str:
    url, title = safe_url(item.url), escape(item.title or "Untitled")
    if url is None:
        return f'<span dir="auto">{title}</span>'
    return f'<a dir="auto" href="{html.escape(url)}" target="_blank" rel="noopener noreferrer">{title}</a>'


def _copies(item: Citation | Evidence) -> str:
    if not item.also_in:
        return ""
    noun = "outlet" if len(item.also_in) == 1 else "outlets"
    return f'<p class="dl-also">Also in {len(item.also_in)} {noun}: {escape(", ".join(item.also_in))}</p>'


def _actions(answer: Answer) -> str:
    """The answer with its sources as plain text to copy, and a link that asks the question again.

    The link holds the question and its as-of day, and nothing of the conversation.
    """
    notes = (f"[{number}] {_note(citation)}" for number, citation in enumerate(answer.citations, 1))
    text = html.escape("\n".join([answer.text, "", *notes]))
    query = {"q": answer.question} | ({"as_of": answer.as_of.isoformat()} if answer.as_of else {})
    copy = f'<button type="button" class="dl-action" data-text="{text}">Copy with citations</button>'
    link = f'<a class="dl-action" href="?{html.escape(urlencode(query))}">Link to this question</a>'
    return f'<p class="dl-actions">{copy if answer.citations else ""}{link}</p>'


def _note(citation: Citation) -> str:
    day = citation.published.isoformat() if citation.published else "undated"
    parts = (citation.source, f"“{citation.title}”", day, safe_url(citation.url) or "")
    return ", ".join(part for part in parts if part)


def _searched(answer: Answer) -> str:
    rows = [
        ("Question as searched", answer.searched_for or answer.question),
        ("Understood", "; ".join(answer.understood) or "no dates or sources named"),
        ("As of", day_name(answer.as_of) if answer.as_of else "the newest article"),
        ("Generation", answer.generation),
        ("Time taken", f"{answer.seconds:.2f} s"),
    ]
    if answer.rejected:
        rows.append(("Left out, not backed by a source", "; ".join(answer.rejected)))
    body = "".join(f'<dt>{name}</dt><dd dir="auto">{escape(value)}</dd>' for name, value in rows)
    return f'<details class="dl-searched"><summary>What was searched</summary><dl>{body}</dl></details>'


def _shortened(text: str, length: int = 320) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"
