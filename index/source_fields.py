"""A record's fields, under whatever names a data set gives them, become a raw page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from index.article import PageKind, RawPage
from index.errors import InputError
from index.source_stream import mend
from index.source_values import MAX_RECORD, OpenFile, Skip

FIELDS: dict[str, tuple[str, ...]] = {
    "title": ("title", "headline", "hed", "name"),
    "text": ("text", "body", "content", "maintext", "articlebody", "article", "story", "full_text", "fulltext"),
    "published": (
        "published", "date", "published_at", "publishedat", "date_publish", "date_published", "datepublished",
        "published_date", "publication_date", "pubdate", "timestamp", "created_at", "datetime",
    ),
    "url": ("url", "link", "canonical", "canonical_url", "web_url", "weburl", "permalink"),
    "source": ("source", "publisher", "site", "source_domain", "outlet", "publication", "source_name", "domain"),
    "authors": ("authors", "author", "byline", "creator"),
    "language": ("language", "lang"),
    "caption": ("caption", "image_caption"),
}  # fmt: skip

_PAGE = re.compile(r"<(?:!doctype|html|body|head)\b", re.IGNORECASE)
_MARKUP = re.compile(r"</?(?:p|div|br|span|a|ul|ol|li|h[1-6]|em|strong|b|i|img|blockquote|figure|table)\b[^>]*>", re.I)
_BLOCKS = "p|div|br|ul|ol|li|h[1-6]|blockquote|figure|table|tr"
_BREAK = re.compile(rf"</?(?:{_BLOCKS})\b[^>]*>", re.IGNORECASE)
_AND = re.compile(r",\s*|;\s*|\s+and\s+|\s*&\s*")


def parse_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """`["title=hed"]` as {"title": "hed"}: our name, and the name their records use.

    Raises InputError where a pair is not one, or its first half is no field of ours.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not equals or not theirs:
            raise InputError(f"--map {pair}", "wanted OURS=THEIRS, as in title=hed")
        if ours not in FIELDS:
            raise InputError(f"--map {pair}", f"{ours!r} is no field of an article; those are {', '.join(FIELDS)}")
        mapping[ours] = theirs
    return mapping


def page_of(record: Any, file: OpenFile, origin: str) -> RawPage | Skip:
    """The raw page of one record, or why there is none."""
    if not isinstance(record, Mapping):
        return Skip(origin, f"not a record with fields but {type(record).__name__}")
    lowered = {str(name).strip().lower(): value for name, value in record.items()}
    values = {ours: _value(lowered, ours, file.mapping) for ours in FIELDS}
    text = _string(values["text"])
    if not text or not text.strip():
        wanted = file.mapping.get("text") or "/".join(FIELDS["text"][:4])
        return Skip(origin, f"has no text: no field {wanted} with something in it; name yours with --map text=FIELD")
    if len(text) > MAX_RECORD:
        return Skip(origin, f"its text is longer than {MAX_RECORD // 2**20} million characters")
    url = _string(values["url"])
    kind = PageKind.HTML if _PAGE.search(text[:2000]) else PageKind.STORY
    return RawPage(
        origin=origin,
        content=mend(text if kind is PageKind.HTML else plain_text(text)),
        kind=kind,
        url=url,
        title=_clean(values["title"]),
        published=_string(values["published"]),
        source=_clean(values["source"]) or host_of(url) or file.folder,
        authors=tuple(_names(values["authors"])),
        language=_clean(values["language"]),
        caption=_clean(values["caption"]),
    )


def plain_text(text: str) -> str:
    """A fragment of HTML as text, its blocks as paragraphs; what is no markup comes back as it is."""
    if not _MARKUP.search(text):
        return text
    from lxml import etree, html

    try:
        root = html.fragment_fromstring(_BREAK.sub(lambda m: "\n\n" + m[0], text), create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return text
    for node in root.xpath(".//script|.//style|.//template|.//comment()"):
        node.drop_tree() if hasattr(node, "drop_tree") else None
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", root.text_content()))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def host_of(url: str | None) -> str | None:
    """The host of an address, without `www.`, or None."""
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _value(record: Mapping[str, Any], ours: str, mapping: Mapping[str, str]) -> Any:
    if ours in mapping:
        return record.get(mapping[ours].lower())
    return next((record[name] for name in FIELDS[ours] if record.get(name) not in (None, "", [], {})), None)


def _string(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = next((value[name] for name in ("name", "title", "href", "url", "id") if value.get(name)), None)
    if isinstance(value, list):
        parts = [part for part in map(_string, value) if part]
        return "\n\n".join(parts) or None
    if value is None or isinstance(value, bool):
        return None
    return mend(str(value)) or None


def _clean(value: Any) -> str | None:
    text = _string(value)
    return " ".join(plain_text(text).split()) or None if text else None


def _names(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value for name in _names(item)]
    text = _clean(value)
    if not text:
        return []
    return [name for name in _AND.split(re.sub(r"^by\s+", "", text, flags=re.IGNORECASE)) if name]
