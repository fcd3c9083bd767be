"""A page of HTML taken apart with trafilatura and htmldate: its story, title, date, authors and caption."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import trafilatura
from lxml import etree

from index.published import SLACK, Dated, metadata_date, text_date
from index.unseen import drop_unseen

_META_DATES = (
    '//meta[@property="article:published_time" or @property="og:article:published_time"]/@content',
    '//meta[@itemprop="datePublished"]/@content',
    '//*[@itemprop="datePublished"]/@datetime',
    "//time[@pubdate]/@datetime",
)
_META_NAMES = frozenset(
    (
        "article:published_time",
        "datepublished",
        "parsely-pub-date",
        "sailthru.date",
        "pubdate",
        "publishdate",
        "publish-date",
        "dc.date.issued",
        "dcterms.created",
        "citation_publication_date",
    )
)
_JSON_DATE = re.compile(r'"datePublished"\s*:\s*("[^"\\]{6,60}")')
_NEW_YEAR = "-01-01"
_BLOCKS = (
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "br",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "tr",
    "table",
    "section",
)


class UnreadablePage(ValueError):
    """The markup could not be parsed at all."""


@dataclass(frozen=True, slots=True)
class Webpage:
    """What a page of HTML holds; `text` is empty where no story was found."""

    text: str = ""
    title: str | None = None
    dated: Dated | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    url: str | None = None
    caption: str | None = None


def read_webpage(markup: str, url: str | None = None) -> Webpage:
    """Takes a page of HTML apart; the address found in the page stands in for an unknown `url`.

    Raises UnreadablePage where the parsers fail on the markup.
    """
    try:
        return _read(markup, url)
    except Exception as error:  # whatever broken markup makes of four libraries, it is the page that is at fault
        raise UnreadablePage(f"the page could not be parsed ({type(error).__name__}: {error})") from error


def plain_text(markup: str) -> str:
    """The text of a fragment of HTML, its blocks parted by blank lines; the fragment itself where it is no HTML."""
    root = trafilatura.load_html(f"<html><body><div>{markup}</div></body></html>")
    if root is None:
        return markup
    drop_unseen(root)
    for element in list(root.iter("script", "style", "noscript", "iframe")):
        element.drop_tree()
    # Read, and nothing written into the tree: what a page may hold, a form feed, lxml does not let be put there.
    parts: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        parted = "\n\n" if element.tag in _BLOCKS else ""
        parts.append(parted + ((element.text if event == "start" else element.tail) or ""))
    return "".join(parts)


def _read(markup: str, url: str | None) -> Webpage:
    tree = trafilatura.load_html(markup)
    if tree is None:
        return Webpage()
    drop_unseen(tree)
    limits = {
        "original_date": True,
        "deferred_url_extractor": True,
        "max_date": (datetime.now(UTC) + SLACK).date().isoformat(),
    }
    options: dict[str, Any] = {"url": url, "include_comments": False, "date_extraction_params": limits}
    found: Any = trafilatura.bare_extraction(tree, with_metadata=True, favor_precision=True, **options)
    if found is None:
        found = trafilatura.bare_extraction(tree, with_metadata=True, favor_recall=True, **options)
    if found is None:
        return Webpage()
    address = url or found.url
    return Webpage(
        text=found.text or "",
        title=found.title,
        dated=_date(tree, found.date, address),
        source=found.sitename,
        authors=tuple(name.strip() for name in (found.author or "").split(";") if name.strip()),
        url=address,
        caption=_caption(tree),
    )


def _date(tree: Any, guess: str | None, url: str | None) -> Dated | None:
    for written in _written_dates(tree):
        if dated := metadata_date(written, url):
            return dated
    if guess and guess.endswith(_NEW_YEAR):
        guess = None  # htmldate makes a lone year of a copyright line into its first day
    return text_date(guess, url)


def _written_dates(tree: Any) -> Iterator[str]:
    for script in tree.xpath('//script[@type="application/ld+json"]/text()'):
        yield from (json.loads(value) for value in _JSON_DATE.findall(script))
    for path in _META_DATES:
        yield from map(str, tree.xpath(path))
    for meta in tree.xpath("//meta[@name and @content]"):
        if meta.get("name").lower() in _META_NAMES:
            yield meta.get("content")


def _caption(tree: Any) -> str | None:
    for element in tree.xpath("//figcaption"):
        text = " ".join(element.text_content().split())
        if len(text.split()) >= 4:
            return text
    return None
