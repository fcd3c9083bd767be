"""The readers of the formats: each gives a raw page, or a reason, for every item of a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from index.article import PageKind, RawPage
from index.errors import InputError
from index.source_fields import host_of, page_of, plain_text
from index.source_stream import declared_charset, decode, mend, open_text, read_whole
from index.source_values import MAX_PAGE, MAX_RECORD, OpenFile, Skip

Items = Iterator[RawPage | Skip]

_LISTS = ("articles", "items", "data", "results", "docs", "entries", "news")
_SPACE = re.compile(r"[\s,]*")


def read_dump(file: OpenFile) -> Items:
    """A plain-text dump of a page: one page a file."""
    text = decode(read_whole(file.stream, file.origin, MAX_PAGE))
    if not text.strip():
        yield Skip(file.origin, "is empty")
    else:
        yield RawPage(file.origin, text, PageKind.DUMP, source=file.folder)


def read_html(file: OpenFile) -> Items:
    """A page of HTML: one page a file. Its source is its own address, where it says it, else the folder."""
    content = read_whole(file.stream, file.origin, MAX_PAGE)
    text = decode(content, declared_charset(content))
    if not text.strip():
        yield Skip(file.origin, "is empty")
        return
    host = host_of(_own_address(text))
    yield RawPage(file.origin, text, PageKind.HTML, source=None if host else file.folder)


_CANONICAL = re.compile(r"<(?:link|meta)\b[^>]*(?:canonical|og:url)[^>]*>", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:href|content)\s*=\s*[\"']?(https?://[^\"'\s>]+)", re.IGNORECASE)


def _own_address(text: str) -> str | None:
    for tag in _CANONICAL.finditer(text, 0, 200_000):
        if match := _ADDRESS.search(tag[0]):
            return match[1]
    return None


def read_jsonl(file: OpenFile) -> Items:
    """One JSON record a line."""
    lines = open_text(file.stream, file.head)
    number = 0
    while line := lines.readline(MAX_RECORD):
        number += 1
        if len(line) == MAX_RECORD and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = lines.readline(MAX_RECORD)
            yield Skip(file.record(number), f"the line is longer than {MAX_RECORD // 2**20} million characters")
        elif line.strip():
            yield _json_page(line, file, file.record(number))


def _json_page(line: str, file: OpenFile, origin: str) -> RawPage | Skip:
    try:
        return page_of(json.loads(line), file, origin)
    except ValueError as error:
        return Skip(origin, f"not JSON ({error}); write one object a line")
    except RecursionError:
        return Skip(origin, "not a record: nested too deeply")


def read_json(file: OpenFile) -> Items:
    """One JSON object, a list of them, or an object that holds such a list; lists are read item by item."""
    start = file.head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    listed = re.match(r"\{\s*\"(" + "|".join(_LISTS) + r")\"\s*:\s*\[", start)
    if start.startswith("["):
        yield from _json_items(file, "[")
    elif listed:
        yield from _json_items(file, listed[0])
    else:
        yield from _json_whole(file)


def _json_whole(file: OpenFile) -> Items:
    text = decode(read_whole(file.stream, file.origin, MAX_PAGE))
    try:
        value: Any = json.loads(text)
    except ValueError as error:
        if text.count("\n{") or "}\n" in text.strip():
            yield from read_jsonl(OpenFile(file.origin, io.BytesIO(text.encode()), b"", file.folder, file.mapping))
            return
        raise InputError(file.origin, f"not JSON ({error})") from error
    except RecursionError:
        raise InputError(file.origin, "not JSON that can be read: nested too deeply") from None
    if isinstance(value, dict):
        listed = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        if listed is None:
            yield page_of(value, file, file.origin)
            return
        value = listed
    for number, item in enumerate(value if isinstance(value, list) else [value], start=1):
        yield page_of(item, file, file.record(number))


def _json_items(file: OpenFile, opening: str) -> Items:
    """The items of a list, decoded one at a time from a window that moves along the stream."""
    stream = open_text(file.stream, file.head)
    decoder = json.JSONDecoder()
    window = stream.read(1 << 16).lstrip("\ufeff \t\r\n")[len(opening) :]
    number = 0
    while True:
        window = window[_SPACE.match(window).end() :]  # type: ignore[union-attr]
        if window.startswith("]"):
            return
        try:
            item, end = decoder.raw_decode(window)
            # A number may go on in what was not read yet, so an item counts once something follows it.
            whole = end < len(window)
        except ValueError:
            whole = False
        except RecursionError:
            raise InputError(file.origin, f"record {number + 1} is nested too deeply") from None
        if whole:
            number += 1
            window = window[end:]
            yield page_of(item, file, file.record(number))
            continue
        more = stream.read(max(1 << 16, len(window)))
        if not more:
            raise InputError(file.record(number + 1), "the list breaks off or is not JSON; those before it were read")
        window += more
        if len(window) > 2 * MAX_RECORD:
            raise InputError(file.record(number + 1), "not JSON, or longer than a record may be")


def read_csv(file: OpenFile) -> Items:
    """A table with a header line: commas, semicolons or tabs."""
    csv.field_size_limit(MAX_RECORD)
    text = (mend(line) for line in open_text(file.stream, file.head, newline=""))
    first = file.head.decode("utf-8", "replace").splitlines()[:1]
    delimiter = max(",;\t|", key=(first or [""])[0].count)
    rows = csv.reader(text, delimiter=delimiter)
    header = next(rows, None)
    if header is None:
        yield Skip(file.origin, "is empty")
        return
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Skip(file.record(number), f"not a row of a table ({error})")
            continue
        if any(cell.strip() for cell in row):
            yield page_of(dict(zip(header, row, strict=False)), file, file.record(number))


def read_feed(file: OpenFile) -> Items:
    """RSS or Atom: an entry's content, else its description."""
    import feedparser

    feed = feedparser.parse(io.BytesIO(read_whole(file.stream, file.origin, MAX_PAGE)), sanitize_html=False)
    if not feed.entries:
        raise InputError(file.origin, f"not a feed with entries ({feed.get('bozo_exception', 'it has none')})")
    name = feed.feed.get("title")
    for number, entry in enumerate(feed.entries, start=1):
        bodies = [part.get("value", "") for part in entry.get("content", [])] + [entry.get("summary", "")]
        body = max((plain_text(body) for body in bodies), key=len, default="")
        origin = file.record(number)
        if not body.strip():
            yield Skip(origin, "the entry has no text: fetch the page it links to first")
            continue
        yield RawPage(
            origin=origin,
            content=mend(body),
            kind=PageKind.STORY,
            url=entry.get("link"),
            title=mend(plain_text(entry.get("title", ""))) or None,
            published=entry.get("published") or entry.get("updated"),
            source=(entry.get("source") or {}).get("title") or name or host_of(entry.get("link")) or file.folder,
            authors=tuple(author["name"] for author in entry.get("authors", []) if author.get("name")),
            language=entry.get("language") or feed.feed.get("language"),
        )


def read_sitemap(file: OpenFile) -> Items:
    """A news sitemap names pages and holds no text: every entry is reported, so that nothing is lost unseen."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root: Element = etree.fromstring(read_whole(file.stream, file.origin, MAX_PAGE), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(file.origin, f"not XML ({error})") from error
    places = [node.text or "" for node in root.iter() if str(node.tag).endswith("}loc") or node.tag == "loc"]
    for number, place in enumerate(places, start=1):
        yield Skip(file.record(number), f"a sitemap entry has no text: fetch the page first ({place.strip()})")
    if not places:
        yield Skip(file.origin, "the sitemap names no page")


def read_warc(file: OpenFile) -> Items:
    """The HTML responses of a web archive file."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    number = 0
    try:
        for record in ArchiveIterator(file.stream):
            number += 1
            if record.rec_type != "response":
                continue
            origin = file.record(number)
            kind = record.http_headers.get_header("Content-Type", "") if record.http_headers else ""
            if "html" not in kind.lower():
                continue
            content = record.content_stream().read(MAX_PAGE + 1)
            if len(content) > MAX_PAGE:
                yield Skip(origin, f"the page is larger than {MAX_PAGE // 2**20} MiB")
            elif not content.strip():
                yield Skip(origin, "the page is empty")
            else:
                url = record.rec_headers.get_header("WARC-Target-URI")
                label = re.search(r"charset=([\w-]+)", kind)
                text = decode(content, label[1] if label else declared_charset(content))
                yield RawPage(origin, text, PageKind.HTML, url=url, source=host_of(url) or file.folder)
    except (ArchiveLoadFailed, ValueError, OSError, EOFError, AttributeError) as error:
        raise InputError(file.record(number + 1), f"not a WARC record ({error}); those before it were read") from error
