"""Real input for every door that is fuzzed: the example articles in each format, questions, sentences, stored files."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.cleaning import clean
from index.manifest import FileSeal, Manifest
from index.sentences import split_sentences
from index.sources import read_pages
from index.vector_cache import VectorCache
from index.watch_state import NAME as WATCH_FILE
from index.watch_state import FeedState, WatchState
from tests.word_embedder import CARD, WordEmbedder

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = ROOT / "examples" / "articles"


def files(pattern: str) -> list[bytes]:
    """The example articles whose names fit."""
    return [path.read_bytes() for path in sorted(ARTICLES.rglob(pattern))]


def stories() -> list[str]:
    """The cleaned text of every example article."""
    return [clean(page).text for page in read_pages([ARTICLES])]


def records() -> list[dict[str, Any]]:
    """The example articles that are records."""
    return [json.loads(line) for data in files("*.jsonl") for line in data.splitlines()]


def questions() -> list[str]:
    """The example questions."""
    lines = (ROOT / "examples" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def sentences() -> list[str]:
    """Every sentence of the example articles."""
    return [sentence.text for story in stories() for sentence in split_sentences(story)]


def json_files() -> list[bytes]:
    """JSON in the shapes that the reader knows."""
    some = records()
    return [
        *files("*.json"),
        json.dumps(some[:3]).encode(),
        json.dumps({"articles": some[:2], "count": 2}).encode(),
        json.dumps(
            {"data": {"items": [{"headline": "A", "body": ["One.", "<p>Two.</p>"], "author": {"name": "B"}}]}}
        ).encode(),
    ]


def tables() -> list[bytes]:
    """Tables with each kind of delimiter."""
    return [data[:4000] for data in files("*.csv")] + [
        b'title;text\n"A; b";"One ""two""."\n',
        b"text\turl\nOne.\thttp://a.example\n",
    ]


ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Coast</title><entry><title>Ferry</title>
<link href="https://coast.example/1"/><updated>2025-05-05T08:00:00Z</updated><author><name>Ana Lund</name></author>
<content type="html">&lt;p&gt;A ferry line opened.&lt;/p&gt;</content></entry></feed>"""
SITEMAP = b"""<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://coast.example/1</loc><news:news>
<news:publication><news:name>Coast</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2025-05-05</news:publication_date><news:title>Ferry</news:title></news:news></url></urlset>"""
SITEMAP_INDEX = (
    b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://coast.example/s.xml</loc>'
    b"</sitemap></sitemapindex>"
)
WARC = (
    b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://coast.example/1\r\nContent-Length: 121\r\n"
    b"Content-Type: application/http; msgtype=response\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n1a\r\n<html><p>Ferry.</p></html>\r\n0\r\n\r\n\r\n\r\n"
)


def warcs() -> list[bytes]:
    """Web archives of one or two records."""
    plain = WARC.replace(b"Transfer-Encoding: chunked", b"Content-Encoding: gzip")
    return [WARC, WARC * 2, plain, WARC.replace(b"response", b"resource")]


def watch_seeds() -> list[bytes]:
    """The memory of a watch that has entries."""
    with tempfile.TemporaryDirectory() as name:
        with WatchState(Path(name)) as state:
            state.keep(
                "https://coast.example/feed",
                FeedState("tag", None, 1, 0.0),
                list(read_pages([ARTICLES / "harbour-wire"]))[:2],
            )
        return [(Path(name) / WATCH_FILE).read_bytes()]


def manifest() -> Manifest:
    """The manifest of a generation."""
    return Manifest("000001", "2025-01-01T00:00:00+00:00", CARD, 3, 9, {"vectors.faiss": FileSeal(7, "0" * 64)})


def cache_seeds() -> list[bytes]:
    """A cache of three vectors."""
    with tempfile.TemporaryDirectory() as name:
        with VectorCache(Path(name) / "vectors.sqlite", CARD) as cache:
            cache.embed(WordEmbedder(), ["one", "two", "three"])
        return [(Path(name) / "vectors.sqlite").read_bytes()]


def http_seeds() -> list[bytes]:
    """Requests: a byte that chooses the door, then the body; or the path and a header."""
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search_news", "arguments": {"question": "who?"}},
    }
    turn = {"question": "Who signed?", "answer": "They did."}
    bodies: Sequence[Any] = (
        {"question": "what did Belarus and Iran sign?", "as_of": "2025-08-31", "history": [turn]},
        {"question": "when was it?", "k": 3, "first": "2025-01-01", "last": "2025-12-31", "sources": ["harbour-wire"]},
        {
            "model": "dateline",
            "stream": True,
            "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "who?"}],
        },
        call,
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "a", "version": "1"},
            },
        },
    )
    return [bytes([door]) + json.dumps(body).encode() for door, body in zip((0, 1, 2, 3, 3), bodies, strict=True)] + [
        b"\x04/api/articles/0123456789abcdef",
        b"\x04/api/status?x=1",
        b"\x04/v1/models",
    ]


def lines(texts: Sequence[str]) -> list[bytes]:
    """Texts as inputs."""
    return [text.encode() for text in texts]


def dates() -> list[bytes]:
    """Dates as pages write them."""
    return [
        b"2025-08-21",
        b"Thu, 21 Aug 2025 08:00:00 +0200",
        b"1755763200000",
        b"21.08.2025",
        b"Aug. 21, 2025 at 5 p.m.",
        b"21 ao\xc3\xbbt 2025",
        "2025年8月21日".encode(),
        b"https://a.example/2025/08/21/x",
        b"Published on 3/4/2025",
    ]


def replies() -> list[bytes]:
    """What an LLM may write: a byte that chooses the size of its pieces, then the text."""
    said = sentences()[:6]
    whole = "\n".join(f"{sentence} [{number}]" for number, sentence in enumerate(said, 1))
    return [
        b"\x03" + whole.encode(),
        b'\x00- **He** said "yes" [1][2].\n\n1. Then [3]',
        b"\x10I cannot answer. \xe3\x80\x901\xe3\x80\x91 Two [4, 5].",
    ]


def claims() -> list[bytes]:
    """A claim, and on the next line the sentence that it cites."""
    said = sentences()
    return [f"{claim}\n{sentence}".encode() for claim, sentence in zip(said[1:80], said[:80], strict=False)]


def csv_of(records: Sequence[dict[str, Any]]) -> bytes:
    """Records as a table."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=["title", "text", "date", "url"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()
