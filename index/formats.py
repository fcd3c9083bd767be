"""Which format a file has: from its name, and from its first bytes where they say it beyond doubt."""

from __future__ import annotations

import json
import re
from enum import StrEnum

from index.errors import InputError
from index.source_stream import encoding_of, mend
from index.source_tables import is_table


class Format(StrEnum):
    """The formats that are read."""

    DUMP = "text"
    HTML = "HTML"
    JSON = "JSON"
    JSON_LINES = "JSON Lines"
    CSV = "CSV"
    TSV = "TSV"
    FEED = "RSS or Atom"
    SITEMAP = "sitemap"
    WARC = "WARC"


EXTENSIONS = {
    ".txt": Format.DUMP,
    ".text": Format.DUMP,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".json": Format.JSON,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".rss": Format.FEED,
    ".atom": Format.FEED,
    ".rdf": Format.FEED,
    ".warc": Format.WARC,
}
_PACKED = (".gz", ".zst", ".zstd")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")  # "Mr. Smith goes" and "page.2025" have none

_BINARY_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x7fELF",
    b"BZh",
    b"\xfd7zXZ",
    b"SQLite format 3\x00",
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_XML_PRELUDE = re.compile(
    r"\s*(?>(?:<\?[^>]*>\s*|<!--.*?-->\s*)*)(?:<!doctype\s+([\w:.-]+)[^>\[]*(?:\[[^\]]*\]\s*)?>\s*)?", re.I | re.S
)
_ROOT = re.compile(r"(?>(?:<!--.*?-->\s*)*)<([A-Za-z][\w:.-]*)", re.S)
_ROOTS = {
    "html": Format.HTML,
    "rss": Format.FEED,
    "feed": Format.FEED,
    "rdf": Format.FEED,
    "urlset": Format.SITEMAP,
    "sitemapindex": Format.SITEMAP,
}
_JSON_START = re.compile(r"\s*(?:\[\s*)?\{\s*[\"}]|\s*\[\s*\]\s*$")


def detect(name: str, head: bytes) -> Format:
    """The format of the file called `name` that begins, unpacked, with `head`.

    What the first bytes say beyond doubt (WARC, HTML, feeds, sitemaps, JSON) beats the extension; without an
    extension, text is a table where its first line names fields, else a dump. Raises InputError, with `name` as
    the origin, for anything else.
    """
    if not head:
        raise InputError(name, "the file is empty")
    extension = _extension(name)
    by_name = EXTENSIONS.get(extension)
    if head.startswith(b"WARC/"):
        return Format.WARC
    if by_name is Format.WARC:
        return by_name
    raw = head.decode(encoding_of(head), "replace")
    if _is_binary(head, raw[:4096]):
        raise InputError(name, _unknown(extension, "not text"))
    text = mend(raw).lstrip("\ufeff")
    if found := _xml_format(text) or _json_format(text, by_name):
        return found
    if by_name:
        return by_name
    if extension:
        raise InputError(name, _unknown(extension, "none of the formats read"))
    return Format.CSV if is_table(text) else Format.DUMP


def _extension(name: str) -> str:
    name = name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    match = _EXTENSION.search(name)
    return match.group() if match else ""


def _unknown(extension: str, what: str) -> str:
    known = ", ".join(EXTENSIONS)
    mend_it = "" if what == "not text" else "; where it is plain text, rename it to .txt"
    kind = f" (its name ends in {extension})" if extension and extension not in EXTENSIONS else ""
    return f"unknown kind of file{kind}: the content is {what}; read are {known}, plain or as .gz or .zst{mend_it}"


def _is_binary(head: bytes, sample: str) -> bool:
    """Whether more than a tenth of the beginning is no text; NULs that strayed into text do not make it binary."""
    return head.startswith(_BINARY_MAGIC) or len(_CONTROLS.findall(sample)) * 10 > len(sample)


def _xml_format(text: str) -> Format | None:
    prelude = _XML_PRELUDE.match(text)
    if prelude is None:
        return None
    if (prelude[1] or "").lower() == "html":
        return Format.HTML
    root = _ROOT.match(text, prelude.end())
    return _ROOTS.get(root[1].rpartition(":")[0 if root[1].lower().startswith("rdf:") else 2].lower()) if root else None


def _json_format(text: str, by_name: Format | None) -> Format | None:
    """JSON or JSON Lines where the text begins as either does: tools give both names to both."""
    if not _JSON_START.match(text):
        return None
    first, _, rest = text.strip().partition("\n")
    if first.lstrip().startswith("["):
        return Format.JSON
    if by_name is Format.JSON_LINES:
        return Format.JSON if first.strip() == "{" else Format.JSON_LINES
    return Format.JSON_LINES if rest.lstrip().startswith("{") and _is_object(first) else Format.JSON


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line, strict=False), dict)
    except (ValueError, RecursionError):
        return False
