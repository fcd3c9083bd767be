"""A record with named fields becomes a page: the field names that news data use, and what stands in them."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from index.article import RawPage
from index.errors import InputError
from index.source_markup import read_body
from index.source_stream import mend
from index.source_values import OpenFile, Skip, printable

NO_MAPPING: Mapping[str, str] = MappingProxyType({})

# Our names, and theirs as `_key` writes them, the likeliest first. news-please, NewsAPI, JSON Feed, WordPress,
# schema.org and the usual data sets of news are all covered.
FIELDS: dict[str, tuple[str, ...]] = {
    "text": (
        *("maintext", "text", "articletext", "fulltext", "articlebody", "body", "bodytext", "contenttext", "content"),
        *("story", "storytext", "article", "plaintext", "contenthtml", "html", "rawhtml"),
    ),
    "title": ("title", "headline", "hed", "articletitle", "storytitle", "heading"),
    "published": (
        *(
            "published",
            "publishedat",
            "datepublished",
            "datepublish",
            "publishdate",
            "publisheddate",
            "publicationdate",
        ),
        *("pubdate", "publishedon", "publishedtime", "publishtime", "date", "datetime", "timestamp"),
    ),
    "url": (
        "url",
        "link",
        "canonical",
        "canonicalurl",
        "canonicallink",
        "permalink",
        "articleurl",
        "weburl",
        "mainentityofpage",
        "uri",
    ),
    "source": (
        "source",
        "sourcename",
        "publisher",
        "site",
        "sitename",
        "sourcedomain",
        "outlet",
        "publication",
        "newspaper",
        "domain",
    ),
    "authors": ("authors", "author", "byline", "creator", "writer"),
    "language": ("language", "lang", "inlanguage", "languagecode"),
    "caption": ("caption", "imagecaption", "photocaption"),
}
_OURS = {alias: ours for ours, aliases in FIELDS.items() for alias in aliases}
_INSIDE = (
    "name",
    "rendered",
    "value",
    "text",
    "main",
    "@value",
    "#text",
    "title",
    "@id",
    "url",
)  # where a nested value is
_DEEPEST = 5
_NOTHING = frozenset(("nan", "none", "null", "n/a"))  # as tables write what they do not have
_BY = re.compile(r"^\s*by\s*:?\s+", re.I)
_BETWEEN_NAMES = re.compile(r"[;|\n]\s*|\s(?:and|&)\s+", re.I)
_LISTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


def parse_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """The mapping in arguments such as `title=hed`: our field name, then theirs (`headline.main` reaches inside).

    Raises InputError for an argument without both names, a field we do not have, or one named twice.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not (ours and equals and theirs):
            raise InputError(printable(pair), "a mapping is written OURS=THEIRS, such as title=hed")
        name = _our_name(ours)
        if name in mapping:
            raise InputError(printable(pair), f"{name} is mapped twice (also to {printable(mapping[name])})")
        mapping[name] = theirs
    return mapping


def check_mapping(mapping: Mapping[str, str]) -> dict[str, str]:
    """The same mapping under our own names. Raises InputError for a field we do not have."""
    return {_our_name(ours): theirs for ours, theirs in mapping.items()}


def _our_name(name: str) -> str:
    ours = name if name in FIELDS else _OURS.get(_key(name))
    if ours is None:
        raise InputError(printable(name), f"no such field: the fields are {', '.join(FIELDS)}")
    return ours


def has_field(names: Iterable[str], ours: str, mapping: Mapping[str, str]) -> bool:
    """Whether one of a record's field names stands for our field."""
    theirs = mapping.get(ours, "")
    return any(_OURS.get(_key(name)) == ours or name in {theirs, theirs.partition(".")[0]} for name in names)


def recognised(names: Iterable[str], mapping: Mapping[str, str]) -> int:
    """How many of a record's field names mean something to us."""
    return sum(1 for name in names if _key(name) in _OURS or name in mapping.values())


def to_page(record: Mapping[Any, Any], origin: str, file: OpenFile) -> RawPage | Skip:
    """The page that a record holds, or why it holds none.

    The source is the record's own; else the host of its url; else the folder the file lies in.
    """
    keyed = {_key(str(name)): value for name, value in record.items()}

    def found(ours: str) -> Iterable[Any]:
        if theirs := file.mapping.get(ours):
            yield _reach(record, theirs)
        for alias in FIELDS[ours]:
            yield keyed.get(alias)

    def first(ours: str) -> str | None:
        return next((text for value in found(ours) if (text := " ".join(_flat(value).split()))), None)

    written = next((text for value in found("text") if (text := _flat(value, between="\n\n").strip())), "")
    body = read_body(written)
    if not body.content:
        return Skip(origin, missing_text(map(str, record), "field"))
    url = next((address for value in found("url") if (address := web_address(_flat(value)))), None)
    return RawPage(
        origin=origin,
        content=body.content,
        kind=body.kind,
        url=url,
        title=_plain(first("title")),
        published=first("published"),
        source=_outlet(first("source")) or host_of(url) or file.folder,
        authors=next((names for value in found("authors") if (names := read_authors(value))), ()),
        language=first("language"),
        caption=_plain(first("caption")) or body.caption,
    )


def missing_text(names: Iterable[str], what: str) -> str:
    """The reason for skipping what has no text, with the mend."""
    listed = [printable(name, 30) for name, _ in zip(names, range(10), strict=False)]
    return f"no text: none of its {what}s ({', '.join(listed)}) is known to hold any; name it with --map text=NAME"


def web_address(text: str | None) -> str | None:
    """The text where it is the address of a web page, else None."""
    address = mend(text or "").strip()
    return address if host_of(address) and re.fullmatch(r"https?://\S+", address, re.I) else None


def host_of(url: str | None) -> str | None:
    """The host of an address without "www.", or None."""
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") or None if host else None


def read_authors(value: Any) -> tuple[str, ...]:
    """Names out of a byline, a list of names, a list as a table writes it, or the objects of a nested record."""
    if isinstance(value, str):
        return _names(value)
    if isinstance(value, Mapping):
        return _names(_flat(value))
    if isinstance(value, Sequence):
        names = (" ".join(_flat(item).split()) for item in value)
        return tuple(dict.fromkeys(name for name in names if name))
    return ()


def _names(byline: str) -> tuple[str, ...]:
    byline = _BY.sub("", mend(byline)).strip()
    if byline.startswith("[") and byline.endswith("]"):
        parts = [single or double for single, double in _LISTED.findall(byline)] or byline[1:-1].split(",")
    else:
        parts = _BETWEEN_NAMES.split(byline)
        parts = [name for part in parts for name in _at_commas(part)]
    names = (" ".join(part.split()) for part in parts)
    return tuple(dict.fromkeys(name for name in names if name and name.lower() not in _NOTHING))


def _at_commas(byline: str) -> list[str]:
    """ "Jane Doe, John Roe" are two names; "Doe, Jane" is one."""
    parts = byline.split(",")
    return parts if all(" " in part.strip() for part in parts) else [byline]


def _outlet(text: str | None) -> str | None:
    return host_of(web_address(text)) or _plain(text)


def _plain(text: str | None) -> str | None:
    return " ".join(html.unescape(read_body(text).content).split()) or None if text else None


def _key(name: str) -> str:
    """A field's name without case, marks and name space: publishedAt, published_at and dc:published-at are one."""
    return re.sub(r"[\W_]+", "", name.rpartition(":")[2]).casefold()


def _reach(record: Mapping[Any, Any], name: str) -> Any:
    if name in record:
        return record[name]
    value: Any = record
    for step in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _flat(value: Any, *, between: str | None = None, depth: int = 0) -> str:
    """The text of a value: of a list the first, or all with `between` them; of an object the part that names it."""
    if isinstance(value, str):
        return "" if value.strip().lower() in _NOTHING else mend(value)
    if isinstance(value, bool) or value is None or depth == _DEEPEST:
        return ""
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        inside = (_flat(value.get(name), between=between, depth=depth + 1) for name in _INSIDE)
        return next((text for text in inside if text), "")
    if isinstance(value, list):
        parts = [text for item in value if (text := _flat(item, between=between, depth=depth + 1))]
        return between.join(parts) if between else next(iter(parts), "")
    return ""


def _number(value: float) -> str:
    """A number as text; none where it cannot be a date or a name. Only numbers of the epoch's size matter."""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return str(int(value)) if abs(value) < 1e15 else ""
