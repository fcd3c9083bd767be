"""Pages from RSS and Atom feeds; and sitemaps, which list pages but hold none.

`read_feed` and `read_sitemap` give what a file holds by itself. `read_entries` and `read_news` give every entry, the
content empty where the page that it leads to has yet to be fetched.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from xml.sax import SAXException

from lxml import etree

from index.article import PageKind, RawPage
from index.errors import InputError
from index.source_markup import Body, read_body
from index.source_records import host_of, read_authors, web_address
from index.source_stream import mend, read_whole
from index.source_values import MAX_RECORD, OpenFile, Skip

logger = logging.getLogger(__name__)


_ENTRY = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)\b", re.IGNORECASE)
_MOST_ENTRIES = 10_000  # of one feed: the library takes up to a tenth of a millisecond for each, even for an empty one
_NO_TEXT = "the entry has no text: fetch the page that it leads to first"
_NO_BODY = Body("", PageKind.STORY)


def read_feed(file: OpenFile) -> Iterator[RawPage | Skip]:
    """The entries of a feed; those that hold only a teaser give that. A broken feed gives the entries that stand."""
    for entry in read_entries(file):
        yield entry if isinstance(entry, Skip) or entry.content else Skip(entry.origin, _NO_TEXT)


def read_entries(file: OpenFile) -> Iterator[RawPage | Skip]:
    """The entries of a feed, those without text too; a feed that is broken or empty is told by a skip at the end."""
    content = read_whole(file.stream, file.origin, MAX_RECORD)
    if sum(1 for _ in islice(_ENTRY.finditer(content), _MOST_ENTRIES + 1)) > _MOST_ENTRIES:
        raise InputError(file.origin, f"has more than {_MOST_ENTRIES:,} entries: split it")
    feed = _parse(content, file.origin)
    for number, entry in enumerate(feed.entries, start=1):
        yield _from_entry(entry, feed.feed, file.record(number), file)
    broken = feed.get("bozo_exception")
    if isinstance(broken, SAXException):
        yield Skip(file.origin, f"the feed is broken ({broken.getMessage()}): entries after that place may be missing")
    elif not feed.entries:
        yield Skip(file.origin, "the feed has no entries")


def _parse(content: bytes, origin: str) -> Any:
    import feedparser

    try:
        # As a stream: feedparser takes plain bytes for an address or a file name first.
        return feedparser.parse(io.BytesIO(content))
    except Exception as error:  # its parser for broken feeds raises whatever it stumbles over
        logger.debug("feedparser failed on %s", origin, exc_info=True)
        raise InputError(origin, f"the feed cannot be read ({type(error).__name__}): download it again") from error


def _from_entry(entry: Any, feed: Any, origin: str, file: OpenFile) -> RawPage:
    body = _body(entry)
    url = web_address(entry.get("link"))
    source = entry.get("source") or {}
    names = (source.get("title"), host_of(url), feed.get("title"))
    written = entry.get("published") or (entry.get("updated") if "updated" in entry else None)
    return RawPage(
        origin=origin,
        content=body.content,
        kind=body.kind,
        url=url,
        title=_line(read_body(mend(entry.get("title") or "")).content),
        published=_line(written),
        source=next((name for name in map(_line, names) if name), file.folder),
        authors=_authors(entry),
        language=_line(feed.get("language")),
        caption=body.caption,
    )


def _body(entry: Any) -> Body:
    """The fullest text of an entry; empty where it has none."""
    parts = [*(entry.get("content") or ()), entry.get("summary_detail") or {}]
    bodies = (
        read_body(mend(part.get("value") or ""), is_html="plain" not in (part.get("type") or "")) for part in parts
    )
    return max((body for body in bodies if body.content), key=lambda body: len(body.content), default=_NO_BODY)


def _authors(entry: Any) -> tuple[str, ...]:
    named = [detail.get("name") for detail in entry.get("authors") or ()]
    return tuple(dict.fromkeys(name for byline in named if byline for name in read_authors(byline)))


def _line(text: str | None) -> str | None:
    return " ".join(mend(text or "").split()) or None


_ENTRIES = {
    "url": "a sitemap entry has no text: fetch the page first",
    "sitemap": "an entry of a sitemap index has no text: fetch the sitemap, then its pages",
}


def read_sitemap(file: OpenFile) -> Iterator[RawPage | Skip]:
    """Reports each entry of a sitemap, news or not, as one without text."""
    number = 0
    try:
        for _, element in etree.iterparse(  # every element, so that none is kept
            file.stream,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            recover=True,
        ):
            # Not lxml's QName: it raises at names that its own parser lets through.
            reason = _ENTRIES.get(str(element.tag).rpartition("}")[2])
            if reason is not None:
                number += 1
                yield Skip(file.record(number), reason)
            _forget(element)
    except etree.LxmlError as error:
        raise InputError(file.origin, f"the sitemap is broken ({error}): download it again") from error
    if not number:
        yield Skip(file.origin, "the sitemap has no entries")


def read_news(file: OpenFile) -> Iterator[RawPage | Skip]:
    """The articles that a news sitemap names, without content; entries that are no news are told by one skip."""
    content = read_whole(file.stream, file.origin, MAX_RECORD)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.LxmlError as error:
        raise InputError(file.origin, f"the sitemap is broken ({error}): download it again") from error
    others = 0
    for number, element in enumerate(() if root is None else root.iter("{*}url"), start=1):
        news, url = element.find("{*}news"), web_address(element.findtext("{*}loc"))
        if news is None or url is None:
            others += 1
            continue
        yield RawPage(
            origin=file.record(number),
            content="",
            kind=PageKind.STORY,
            url=url,
            title=_line(news.findtext("{*}title")),
            published=_line(news.findtext("{*}publication_date")),
            source=_line(news.findtext("{*}publication/{*}name")) or host_of(url),
            language=_line(news.findtext("{*}publication/{*}language")),
        )
    if root is not None and (first := root.findtext("{*}sitemap/{*}loc")):
        yield Skip(file.origin, f"an index of sitemaps: name the news sitemap that it lists, such as {first.strip()}")
    elif others:
        yield Skip(file.origin, f"{others} entries are no news (they have no news:news with an address)")


def _forget(element: Any) -> None:
    """Frees what was read, so that memory does not grow with the list."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:  # beside the root of all stand instructions
        del parent[0]
