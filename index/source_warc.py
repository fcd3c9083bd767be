"""Pages of HTML from web archives (WARC)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeadersParserException

from index.article import PageKind, RawPage
from index.source_pages import html_source
from index.source_records import host_of, web_address
from index.source_stream import declared_charset, decode
from index.source_values import MAX_PAGE, OpenFile, Skip

_LINE = 64 * 1024  # bytes of a header line: many times what servers send
_CHUNK = 64 * 1024
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_BROKEN = "the record is broken: what follows is searched for the next one"


def read_warc(file: OpenFile) -> Iterator[RawPage | Skip]:
    """The HTML pages that servers answered with. Other records are passed over; broken ones are skipped alone."""
    stream = _Bounded(file.stream)
    loader = ArcWarcRecordLoader(verify_http=False, arc2warc=False)
    number, lost, pages = 0, False, 0
    while line := stream.readline():
        if not line.startswith(b"WARC/"):
            if line.strip() and not lost:
                lost = True
                yield Skip(file.record(max(number, 1)), _BROKEN)  # what follows a record that misstates its length
            continue
        number, lost = number + 1, False
        for item in _read_record(loader, stream, line, file.record(number), file):
            pages += 1
            lost = isinstance(item, Skip) and item.reason == _BROKEN  # what is left of it is no second broken record
            yield item
    if not pages and not lost:
        yield Skip(file.origin, "the web archive holds no page of HTML")


def _read_record(loader: Any, stream: _Bounded, line: bytes, origin: str, file: OpenFile) -> Iterator[RawPage | Skip]:
    try:
        record = loader.parse_record_stream(stream, line.decode("latin-1").rstrip(), "warc")
        if record.length is None or record.length < 0:
            yield Skip(origin, _BROKEN)
            return
        if _is_page(record):
            yield _from_record(record, origin, file)
        while record.raw_stream.read(_CHUNK):
            pass
    except (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, ValueError, AttributeError, zlib.error):
        yield Skip(origin, _BROKEN)


def _is_page(record: Any) -> bool:
    content_type = record.http_headers.get_header("Content-Type") if record.http_headers else record.content_type
    return record.rec_type in {"response", "resource"} and "html" in (content_type or "").lower()


def _from_record(record: Any, origin: str, file: OpenFile) -> RawPage | Skip:
    status = record.http_headers.get_statuscode() if record.rec_type == "response" else "200"
    if status != "200":
        return Skip(origin, f"the server answered with status {status}, not with a page")
    content = _content(record)
    if len(content) > MAX_PAGE:
        return Skip(origin, f"the page is larger than {MAX_PAGE // 2**20} MiB")
    if getattr(record.raw_stream, "limit", 0) > 0:
        return Skip(origin, "the record is shorter than it says: the file was cut; copy or download it again")
    url = web_address((record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>"))
    given = _CHARSET.search((record.http_headers and record.http_headers.get_header("Content-Type")) or "")
    text = decode(content, given[1] if given else declared_charset(content))
    if not text.strip():
        return Skip(origin, "the page is empty")
    source = host_of(url) or html_source(text, file)
    return RawPage(origin=origin, content=text, kind=PageKind.HTML, url=url, source=source)


def _content(record: Any) -> bytes:
    """The page, unpacked, up to one byte past the limit."""
    stream, pieces, size = record.content_stream(), [], 0
    while size <= MAX_PAGE and (piece := stream.read(_CHUNK)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


class _Bounded:
    """The stream as warcio wants it, with lines that cannot grow without end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._place = 0

    def read(self, size: int = _CHUNK) -> bytes:
        return self._count(self._stream.read(size))

    def readline(self, size: int | None = None) -> bytes:
        return self._count(self._stream.readline(min(size or _LINE, _LINE)))

    def tell(self) -> int:
        return self._place

    def _count(self, piece: bytes) -> bytes:
        self._place += len(piece)
        return piece
