"""What the page says for itself, as HTML: its head, its welcome, its waits and its troubles."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.errors import ArchiveMissing, DatelineError
from index.store import Coverage
from ui.sources import escape


def face_html(label: str, message: str, kind: str = "error") -> str:
    """A message of our own in the conversation: an error, or that the search is on."""
    role = "alert" if kind == "error" else "status"
    body = f'<p class="dl-label">{escape(label)}</p><p>{escape(message)}</p>'
    return f'<div class="dl-answer dl-{kind}" role="{role}">{body}</div>'


def head_html(coverage: Coverage | DatelineError | None) -> str:
    """The head of the page: what the archive holds; None while it is being opened."""
    if isinstance(coverage, Coverage) and coverage.articles:
        noun = "article" if coverage.articles == 1 else "articles"
        outlets = f"{len(coverage.sources)} source{'s' if len(coverage.sources) != 1 else ''}"
        days = f" · {_span(coverage)}" if coverage.first and coverage.last else ""
        about = f"{coverage.articles:,} {noun} · {outlets}{days}"
    elif coverage is None:
        about = "Opening the archive …"
    else:
        broken = isinstance(coverage, DatelineError) and not isinstance(coverage, ArchiveMissing)
        about = "Not ready" if broken else "No articles yet"
    state = "" if coverage is None else " dl-open"
    return f'<header class="dl-head{state}"><h1>Dateline</h1><p>{escape(about)}</p></header>'


def example_questions(coverage: Coverage | DatelineError) -> Sequence[str]:
    """Questions about the newest days that the archive really holds."""
    if not isinstance(coverage, Coverage) or coverage.last is None:
        return ()
    last = coverage.last
    return (f"What happened on {last.day} {last:%B %Y}?", f"What was announced in {last:%B %Y}?")


def welcome_html(coverage: Coverage | DatelineError | None) -> str:
    """What an empty conversation shows: a welcome, or what is wrong with the archive and the mend."""
    if isinstance(coverage, ArchiveMissing):
        return _face("There is no archive yet", f"{coverage} Then reload this page.")
    if isinstance(coverage, DatelineError):
        return _face("Dateline is not ready to answer", str(coverage))
    if coverage is not None and not coverage.articles:
        return _face(
            "The archive is empty", "Add articles with `dateline add PATH --archive DIR`, then reload this page."
        )
    return (
        '<div class="dl-welcome"><h2>What do you want to know?</h2>'
        "<p>Answers are sentences from the articles, word for word, each with its source and date.</p></div>"
    )


def _face(title: str, message: str) -> str:
    # What stands in backquotes in a message is a command to type.
    parts = re.split(r"`([^`]+)`", message)
    body = "".join(f"<code>{escape(part)}</code>" if at % 2 else escape(part) for at, part in enumerate(parts))
    return f'<div class="dl-welcome dl-trouble" role="alert"><h2>{escape(title)}</h2><p>{body}</p></div>'


def _span(coverage: Coverage) -> str:
    first, last = coverage.first, coverage.last
    assert first is not None and last is not None
    opening = f"{first.day} {first:%b}" + ("" if first.year == last.year else f" {first.year}")
    return f"{opening} – {last.day} {last:%b} {last.year}"
