"""What the page says for itself, as HTML: its head, its welcome, its waits and its troubles."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import date

from index.errors import ArchiveMissing, DatelineError
from index.store import Coverage
from ui.archives import Neighbour
from ui.histogram import histogram_html
from ui.markup import escape, shortened

REBUILDING = "A new version of the archive is being built. Until it is whole, answers come from this one."
BUILDING = "The archive is being built just now. Reload this page when that is done."
NOT_HERE = "The link is for an archive named {!r}, which is not here. Its question stands below and was not asked."
_SOURCES = 8  # of an archive's sources that are named


def face_html(label: str, message: str, kind: str = "error") -> str:
    """A message of our own in the conversation: an error, or that the search is on."""
    role = "alert" if kind == "error" else "status"
    body = f'<p class="dl-label">{escape(label)}</p><p>{_with_commands(message)}</p>'
    return f'<div class="dl-answer dl-{kind}" role="{role}">{body}</div>'


def head_html(
    coverage: Coverage | DatelineError | None,
    *,
    building: bool = False,
    archive: str = "",
    beside: Sequence[Neighbour] = (),
    linked: str = "",
) -> str:
    """The head of the page: what the archive of that name holds; None while it is being opened.

    `beside` are the server's other archives, and `linked` the name of the archive that a link asked for.
    """
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
    said = REBUILDING if isinstance(coverage, Coverage) else BUILDING
    note = f'<p class="dl-building" role="status">{said}</p>' if building else ""
    if linked and linked not in {archive, *(other.name for other in beside)}:
        note += f'<p class="dl-building" role="status">{escape(NOT_HERE.format(shortened(linked, 60)))}</p>'
    return (
        f'<header class="dl-head{state}" data-archive="{html.escape(archive)}"><h1>Dateline</h1>'
        f"<p>{escape(about)}</p>{_archives(archive, beside)}{note}</header>"
    )


def _archives(archive: str, beside: Sequence[Neighbour]) -> str:
    if not beside:
        return ""
    others = "".join(
        f'<a href="{html.escape(one.href)}" data-archive="{html.escape(one.name)}">{escape(one.name)}</a>'
        for one in beside
    )
    return f'<nav aria-label="Archives"><span aria-current="page">{escape(archive)}</span>{others}</nav>'


def about_html(coverage: Coverage | DatelineError | None, days: Sequence[tuple[date, int]]) -> str:
    """What the archive holds: its articles over time and its largest sources; empty where there is nothing to show."""
    if not isinstance(coverage, Coverage) or not coverage.articles:
        return ""
    named = len(coverage.sources) if len(coverage.sources) == _SOURCES + 1 else _SOURCES  # no line for one more
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{count:,}</td></tr>" for name, count in coverage.sources[:named])
    others = len(coverage.sources) - named
    more = f"<tr><td>{others:,} more</td><td></td></tr>" if others > 0 else ""
    head = '<thead><tr><th scope="col">Source</th><th scope="col">Articles</th></tr></thead>'
    body = f'{histogram_html(days)}<table class="dl-outlets">{head}<tbody>{rows}{more}</tbody></table>'
    return f'<section class="dl-about" aria-label="The archive"><h2>The archive</h2>{body}</section>'


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
    body = _with_commands(message)
    return f'<div class="dl-welcome dl-trouble" role="alert"><h2>{escape(title)}</h2><p>{body}</p></div>'


def _with_commands(message: str) -> str:
    """The message, in which what stands in backquotes is a command to type."""
    parts = re.split(r"`([^`]+)`", message)
    return "".join(f"<code>{escape(part)}</code>" if at % 2 else escape(part) for at, part in enumerate(parts))


def _span(coverage: Coverage) -> str:
    first, last = coverage.first, coverage.last
    assert first is not None and last is not None
    opening = f"{first.day} {first:%b}" + ("" if first.year == last.year else f" {first.year}")
    return f"{opening} – {last.day} {last:%b} {last.year}"
