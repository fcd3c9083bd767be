"""Files, folders, feeds and dumps become a stream of raw pages: one reader a format, found in a registry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from index.article import RawPage
from index.errors import InputError
from index.source_fields import parse_mapping
from index.source_readers import (
    read_csv,
    read_dump,
    read_feed,
    read_html,
    read_json,
    read_jsonl,
    read_sitemap,
    read_warc,
)
from index.source_stream import open_bytes, read_head
from index.source_values import OpenFile, Reader, Skip, SkipReport

__all__ = ["Skip", "SkipReport", "parse_mapping", "read_pages"]

READERS: dict[str, Reader] = {
    ".txt": read_dump,
    ".text": read_dump,
    ".md": read_dump,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".rss": read_feed,
    ".atom": read_feed,
    ".warc": read_warc,
}
_PACKED = (".gz", ".zst")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)\b", re.IGNORECASE)
_SITEMAP = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def read_pages(
    paths: Sequence[Path],
    *,
    mapping: Mapping[str, str] | None = None,
    strict: bool = False,
    report: SkipReport | None = None,
) -> Iterator[RawPage]:
    """The pages of files and folders (recursively, in order of name), one at a time.

    An item that cannot be read is put in `report` with its file, record and reason, and passed over; with `strict`
    the first one raises InputError. A path that does not exist always does. A record that names no source has that
    of its address, else the name of the folder its file lies in.
    """
    report = SkipReport() if report is None else report
    for path in paths:
        if not path.exists():
            raise InputError(str(path), "there is no such file or folder")
    for path in paths:
        for item in _items(path, mapping or {}):
            if isinstance(item, RawPage):
                report.read += 1
                yield item
            elif strict:
                raise InputError(item.origin, item.reason)
            else:
                report.add(item.origin, item.reason)


def _items(root: Path, mapping: Mapping[str, str]) -> Iterator[RawPage | Skip]:
    if not root.is_dir():
        yield from _file_items(root, mapping)
        return
    inside = root.resolve()
    for path in _files(root):
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            yield Skip(str(path), "a link that leads out of the folder; name what it leads to, to have it read")
        else:
            yield from _file_items(path, mapping)


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files(entry)
        else:
            yield entry


def _file_items(path: Path, mapping: Mapping[str, str]) -> Iterator[RawPage | Skip]:
    origin = str(path)
    try:
        if not path.is_file():
            raise InputError(origin, "is not a file or folder that can be read")
        head = read_head(path, origin)
        if not head.strip():
            raise InputError(origin, "is empty")
        reader = _reader(path, head)
        with open_bytes(path, origin) as stream:
            yield from reader(OpenFile(origin, stream, head, path.resolve().parent.name, mapping))
    except InputError as error:
        yield Skip(error.origin, error.reason)
    except (OSError, EOFError, UnicodeError, ValueError) as error:
        yield Skip(origin, f"cannot be read ({type(error).__name__}: {error}); what came before was read")


def _reader(path: Path, head: bytes) -> Reader:
    """The reader of a file, by the end of its name, and by what it holds where the name does not settle it."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in _PACKED]
    suffix = suffixes[-1] if suffixes else ""
    if suffix in READERS:
        return READERS[suffix]
    if suffix not in {"", ".xml", ".data", ".dump"}:
        raise InputError(str(path), f"files of the kind {suffix} are not read; those are {', '.join(READERS)}, .xml")
    start = head[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _SITEMAP.search(start):
        return read_sitemap
    if _FEED.search(start):
        return read_feed
    if _HTML.search(start):
        return read_html
    if start.startswith(b"WARC/"):
        return read_warc
    if start.startswith(b"["):
        return read_json
    if start.startswith(b"{"):
        return read_jsonl if b"}\n{" in head else read_json
    if suffix == ".xml":
        raise InputError(str(path), "this XML is neither a feed nor a sitemap nor a page")
    if b"\x00" in head:
        raise InputError(str(path), "holds no text")
    return read_dump
