"""The source panel as HTML: a card for each citation of one turn, and what may be done with the answer.

No gradio here: strings in, strings out. Foreign text passes through `ui.markup.escape`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import urlencode

from rag.answer import Answer, Citation, Evidence
from rag.courtesy import courtesy
from ui.answers import superseded, with_span
from ui.conversation import NEAREST_SHOWN, Kept
from ui.exports import FindArticle, markdown
from ui.markup import escape, safe_url, shortened
from ui.moments import timeline_html
from ui.wording import day_name, days_name, nearest, spelled

EMPTY_NOTE = "The sentences behind an answer appear here, each with its date and its place in the article."
_AROUND = 220  # characters of a passage shown on each side of the cited sentence's paragraph
_NEAR = 280  # characters shown of a passage that is no answer
_KINDS = (("markdown", "Markdown"), ("json", "JSON"), ("csl", "Sources, CSL-JSON"), ("bibtex", "Sources, BibTeX"))


def panel_html(kept: Kept | None, find: FindArticle, about: str = "", archive: str = "") -> str:
    """The source panel for one turn: a card for each citation, or the nearest passages where there is no answer.

    Without a turn it shows `about`, HTML of our own, below a note of what it is for. `archive` is the name that a
    link to the question gives.
    """
    if kept is None:
        return _panel("Sources", f'<p class="dl-empty">{EMPTY_NOTE}</p>{about}', 0)
    answer, turn = kept.answer, kept.turn
    asked = f'<p class="dl-asked" dir="auto">{escape(answer.question)}</p>'
    if courtesy(answer.question):
        return _panel("Sources", f'{asked}<p class="dl-empty">{EMPTY_NOTE}</p>', turn)
    if answer.abstained:
        title = "Nearest articles, not an answer"
        cards = _list(_nearest_card(evidence, find) for evidence in nearest(answer.evidence, NEAREST_SHOWN))
        cards = cards or '<p class="dl-empty">Nothing near the question was found.</p>'
    else:
        title = "Sources"
        cards = timeline_html(answer, turn) + _list(_cards(answer, turn, find))
    return _panel(title, asked + cards + _searched(kept) + _actions(kept, archive), turn)


def _panel(title: str, body: str, turn: int) -> str:
    return f'<section class="dl-panel" aria-label="Sources" data-turn="{turn}"><h2>{title}</h2>{body}</section>'


def _list(cards: Iterable[str]) -> str:
    items = "".join(f"<li>{card}</li>" for card in cards)
    return f'<ol class="dl-cards">{items}</ol>' if items else ""


def _cards(answer: Answer, turn: int, find: FindArticle) -> Iterable[str]:
    """A second sentence of an article is shown with its own paragraph only: the rest stands above."""
    old = superseded(answer)
    first_of: dict[str, int] = {}
    for number, citation in enumerate(answer.citations, 1):
        first = first_of.setdefault(citation.article_id, number)
        yield _card(citation, number, turn, find, first=first, struck=number in old)


def _card(citation: Citation, number: int, turn: int, find: FindArticle, *, first: int, struck: bool) -> str:
    start = citation.start - citation.passage_start
    again = first != number
    quote = _highlighted(citation.passage, start, citation, around=0 if again else _AROUND)
    note = f'<p class="dl-again">From the article of source {first}, too.</p>' if again else _correction(citation)
    kind = "dl-card dl-old" if struck else "dl-card"
    mark = ' <span class="dl-doubt">corrected since</span>' if struck else ""
    return (
        f'<article class="{kind}" id="dl-{turn}-{number}" tabindex="-1" aria-label="Source {number}">'
        f'<header><span class="dl-number" aria-hidden="true">{number}</span>{_dateline(citation)}{mark}{_BACK}</header>'
        f"<h3>{_title(citation)}</h3>{_event(citation)}{note}"
        f'<blockquote dir="auto">{quote}</blockquote>{_copies(citation)}{_whole(citation, find)}</article>'
    )


def _event(citation: Citation) -> str:
    event = citation.event
    if event is None or (event.first, event.last) == (citation.published, citation.published):
        return ""
    why = [f"“{escape(event.phrase)}”"] if event.phrase else []
    why += [escape(spelled(event.rule))] if event.rule else []
    phrase = f' <span class="dl-phrase">({": ".join(why)})</span>' if why else ""
    return f'<p class="dl-event">Speaks of {days_name(event.first, event.last)}{phrase}</p>'


def _correction(citation: Citation) -> str:
    if not citation.correction or citation.correction == citation.sentence:
        return ""
    return f'<p class="dl-correction" dir="auto"><b>Corrected:</b> “{escape(citation.correction)}”</p>'


def _nearest_card(evidence: Evidence, find: FindArticle) -> str:
    passage = _paragraphs(shortened(evidence.passage, _NEAR))
    return (
        f'<article class="dl-card dl-near"><header>{_dateline(evidence)}</header><h3>{_title(evidence)}</h3>'
        f'<blockquote dir="auto">{passage}</blockquote>{_copies(evidence)}{_whole_near(evidence, find)}</article>'
    )


def _highlighted(text: str, start: int, citation: Citation, around: int | None = None) -> str:
    """The text with the cited sentence marked; unmarked where the sentence does not stand at `start`.

    `around` cuts it to the sentence's paragraph and so many characters on each side of that.
    """
    end = start + len(citation.sentence)
    if start < 0 or text[start:end] != citation.sentence:
        return _paragraphs(text.strip())
    before, after = text[:start].lstrip(), text[end:].rstrip()
    if around is not None:
        before, after = _last_of(before, around), _first_of(after, around)
    return f"{_paragraphs(before)}<mark>{with_span(citation)}</mark>{_paragraphs(after)}"


def _last_of(text: str, around: int) -> str:
    """The end of a text: its last paragraph, and before it no more than `around` characters."""
    at = text.rfind("\n") + 1 if "\n" in text else 0
    cut = max(0, min(at, len(text)) - around)
    if not cut:
        return text
    if not around:
        return text[at:]
    return "… " + text[cut:].split(None, 1)[-1]


def _first_of(text: str, around: int) -> str:
    at = text.find("\n")
    if at < 0 or len(text) <= at + around:
        return text
    return text[:at] if not around else shortened(text, at + around)


def _paragraphs(text: str) -> str:
    return re.sub(r"\s*\n\s*", '<span class="dl-par"></span>', escape(text))


def _whole(citation: Citation, find: FindArticle) -> str:
    article = find(citation.article_id)
    if article is None:
        return ""
    return _opened(_highlighted(article.text, citation.start, citation))


def _whole_near(evidence: Evidence, find: FindArticle) -> str:
    article = find(evidence.article_id)
    if article is None:
        return ""
    before, after = article.text[: evidence.start], article.text[evidence.start :]
    return _opened(f'{_paragraphs(before)}<span class="dl-here"></span>{_paragraphs(after)}')


def _opened(text: str) -> str:
    """A whole article to open: HTML of its text, which the page's script scrolls to the mark or the place in it."""
    body = f'<div class="dl-text" dir="auto" tabindex="0" role="region" aria-label="The whole article">{text}</div>'
    return f'<details class="dl-whole"><summary>{_OPENING}</summary>{body}</details>'


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


def _actions(kept: Kept, archive: str) -> str:
    """The answer to copy, a link that asks again, files to save, and a word on the answer.

    The link holds the question and its filters, and nothing of the conversation.
    """
    link = urlencode(kept.choices.link(kept.answer.question, archive))
    text = html.escape(markdown(kept.answer))
    copy = f'<button type="button" class="dl-action dl-copy" data-text="{text}">Copy with citations</button>'
    files = "".join(
        f'<button type="button" class="dl-action" data-export="{kind}">{name}</button>' for kind, name in _KINDS
    )
    return (
        f'<div class="dl-foot"><div class="dl-actions">{copy if kept.answer.citations else ""}'
        f'<a class="dl-action" href="?{html.escape(link)}">Link to this question</a>'
        f'<details class="dl-export"><summary>Save as …</summary><div>{files}</div></details></div>'
        f"{_FEEDBACK}</div>"
    )


_OPENING = '<span class="dl-to-open">Open the article</span><span class="dl-to-close">Close the article</span>'
# Where the sources stand below the conversation, on a phone.
_BACK = '<button type="button" class="dl-back" aria-label="Back to the answer">↑ Answer</button>'
_THUMB = (
    '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 9h3v8H3zM7.5 16V9l3-6.5c1.9.1 2.6 1.5 2.2 3.100'
    'l-.6 2.4H16c1.2 0 1.8.9 1.5 2l-1.300 5c-.2.7-.8 1-1.5 1z"/></svg>'
)
_FEEDBACK = (
    '<form class="dl-feedback" autocomplete="off"><span id="dl-asked-of">Is this answer right?</span>'
    f'<button type="button" data-verdict="up" aria-pressed="false" aria-label="Yes, it is right">{_THUMB}</button>'
    f'<button type="button" data-verdict="down" aria-pressed="false" aria-label="No, it is not">{_THUMB}</button>'
    '<span class="dl-reason" hidden><label>Why? <input name="reason" maxlength="1000" '
    'placeholder="If you like: what was right, or wrong"></label>'
    '<button type="submit" class="dl-action">Send</button></span><span class="dl-said" role="status"></span></form>'
)


def _searched(kept: Kept) -> str:
    answer = kept.answer
    understood = [note for note in answer.understood if not note.startswith("searched for:")]  # the row above
    rows = [
        ("Question as searched", answer.searched_for or answer.question),
        ("Understood", "; ".join(understood) or "no dates or sources named"),
        ("Filters", kept.choices.words() or "none"),
        ("As of", day_name(answer.as_of) if answer.as_of else "the newest article"),
        ("Generation", answer.generation),
        ("Time taken", f"{answer.seconds:.2f} s"),
    ]
    if answer.rejected:
        rows.append(("Left out, not backed by a source", "; ".join(answer.rejected)))
    body = "".join(f'<dt>{name}</dt><dd dir="auto">{escape(value)}</dd>' for name, value in rows)
    return f'<details class="dl-searched"><summary>What was searched</summary><dl>{body}</dl></details>'
