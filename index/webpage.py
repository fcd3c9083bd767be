"""A page of HTML taken apart with trafilatura and htmldate: its story, title, date, authors and caption."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import lxml.html
import trafilatura
from lxml.etree import LxmlError

from index.published import EARLIEST, SLACK, Dated, metadata_date, text_date

_META_DATE = (
    '//meta[@property="article:published_time" or @name="article:published_time" or @property="og:article:published_time"'
    ' or @itemprop="datePublished" or @name="datePublished" or @name="parsely-pub-date" or @name="sailthru.date"'
    ' or @name="pubdate" or @name="publishdate" or @name="publish-date" or @name="DC.date.issued"'
    ' or @name="dcterms.created" or @name="citation_publication_date"]/@content'
    ' | //time[@itemprop="datePublished" or @pubdate]/@datetime'
)
_JSON_DATE = re.compile(r'"datePublished"\s*:\s*("(?:[^"\\]|\\.)*")')
_NEW_YEAR = "-01-01"


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
    """Takes a page of HTML apart; `url` is its address where that is known.

    The address found in the page itself stands in for an unknown one.
    """
    try:
        tree = trafilatura.load_html(markup)
    except (LxmlError, ValueError, TypeError):
        return Webpage()
    if tree is None:
        return Webpage()
    latest = (datetime.now(UTC) + SLACK).date().isoformat()
    limits = {
        "original_date": True,
        "deferred_url_extractor": True,
        "min_date": EARLIEST.isoformat(),
        "max_date": latest,
    }
    found = trafilatura.bare_extraction(
        tree, url=url, with_metadata=True, include_comments=False, favor_precision=True, date_extraction_params=limits
    )
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


def _date(tree: lxml.html.HtmlElement, guess: str | None, url: str | None) -> Dated | None:
    for written in _written_dates(tree):
        if dated := metadata_date(written, url):
            return dated
    if guess and guess.endswith(_NEW_YEAR):
        guess = None  # htmldate makes a lone year of a copyright line into its first day
    return text_date(guess, url)


def _written_dates(tree: lxml.html.HtmlElement) -> Iterator[str]:
    for script in tree.xpath('//script[@type="application/ld+json"]/text()'):
        for value in _JSON_DATE.findall(script):
            try:
                yield json.loads(value)
            except ValueError:
                continue
    yield from (str(value) for value in tree.xpath(_META_DATE))


def _caption(tree: lxml.html.HtmlElement) -> str | None:
    for element in tree.xpath("//figcaption"):
        text = " ".join(element.text_content().split())
        if len(text.split()) >= 4:
            return text
    return None
