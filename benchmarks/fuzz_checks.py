"""What must hold of whatever comes out of a door. A check raises for a broken contract; a DatelineError or a counted
skip is an answer, all else is not."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import threading
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx

from benchmarks.fuzz_seeds import ARTICLES, sentences
from index.article import PageKind, RawPage
from index.build import Input
from index.cleaning import clean
from index.errors import DatelineError, InputError
from index.manifest import MANIFEST, Manifest
from index.passages import split_passages
from index.published import EARLIEST, read_day, url_day, visible_day
from index.rebuild import rebuild
from index.sentences import MAX_CHARACTERS, split_sentences
from index.source_feeds import read_news
from index.source_values import OpenFile, Skip, SkipReport
from index.sources import read_pages
from index.vector_cache import VectorCache
from index.watch_state import NAME as WATCH_FILE
from index.watch_state import FeedState, WatchState
from rag.answer import Citation, Turn
from rag.event import event_date, event_dates
from rag.generator import Writer
from rag.quantity import measure_asked, quantities
from rag.query import understand
from rag.timeline import correction
from rag.verifier import Verifier
from tests.word_embedder import CARD, WordEmbedder

TODAY = date(2025, 9, 20)

Check = Callable[[bytes], None]


def _text(data: bytes) -> str:
    """Any text, lone surrogates included: they stand for the bytes that are no UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def reading(name: str, wrap: Callable[[bytes], bytes] | None = None) -> Callable[[Path], Check]:
    """Reads the input as a file of this name, by the door of every ingest."""

    def begin(folder: Path) -> Check:
        path = folder / name

        def check(data: bytes) -> None:
            path.write_bytes(wrap(data) if wrap else data)
            report = SkipReport()
            count = 0
            for page in read_pages([path], report=report):
                count += 1
                is_sound(page)
            assert count + report.total, "neither a page nor a reason"
            assert all(skip.reason.isprintable() and skip.origin.isprintable() for skip in report.skipped)

        return check

    return begin


def is_sound(page: RawPage) -> None:
    """Whether every text of a page can be stored and shown."""
    texts = (
        page.content,
        page.title,
        page.url,
        page.published,
        page.source,
        page.language,
        page.caption,
        *page.authors,
    )
    for text in texts:
        assert text is None or "\x00" not in text, "a NUL"
        (text or "").encode("utf-8")


def news_map(folder: Path) -> Check:
    """Reads a news sitemap, as a watch does."""

    def check(data: bytes) -> None:
        try:
            for item in read_news(OpenFile("map.xml", io.BytesIO(data), data[:4096], "coast", {})):
                if isinstance(item, RawPage):
                    is_sound(item)
                else:
                    assert isinstance(item, Skip)
        except InputError:
            pass

    return check


def packed(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """By its first two bytes an input is damaged before it is packed, or after."""

    def wrap(data: bytes) -> bytes:
        if data[:1] < b"\x80":
            return data[1:]
        packed = pack(data[2:])
        at = int.from_bytes(data[1:2]) * len(packed) // 256
        return packed[:at] + data[2:3] + packed[at + 1 :] if data[:1] < b"\xc0" else packed * 2

    return wrap


def cleaning(kind: PageKind) -> Callable[[Path], Check]:
    """Cleans the input as a page of this kind."""

    def begin(folder: Path) -> Check:
        def check(data: bytes) -> None:
            text = data.decode("utf-8", "replace")
            try:
                article = clean(RawPage("page", text, kind, url="https://coast.example/2025/05/05/a", source="coast"))
            except InputError:
                return
            assert article.text == article.text.strip(), "a story that begins or ends with a blank"
            for part in (article.text, article.title, *article.authors, article.caption or ""):
                part.encode("utf-8")
                assert not any(unicodedata.category(char) == "Cc" and char != "\n" for char in part), "a control"
            assert article.published is None or article.published >= EARLIEST
            are_spans(article.text, article.language)

        return check

    return begin


def are_spans(text: str, language: str) -> None:
    """The contract of offsets, and that passages hold each sentence once."""
    sentences = split_sentences(text, language)
    at = 0
    for sentence in sentences:
        assert text[sentence.start : sentence.end] == sentence.text, "offsets"
        assert 0 < len(sentence.text) <= MAX_CHARACTERS, "length"
        assert sentence.text == sentence.text.strip(), "blanks at an end"
        assert not text[at : sentence.start].strip(), "text in no sentence"
        at = sentence.end
    assert not text[at:].strip(), "text in no sentence"
    passages = split_passages(text, sentences, WordEmbedder().count_tokens, max_tokens=60)
    assert [n for passage in passages for n in range(passage.first, passage.last + 1)] == list(range(len(sentences)))
    assert all(text[passage.start : passage.end] == passage.text for passage in passages), "offsets of a passage"


_LANGUAGES = ("en", "und", "ja", "ar", "de", "th", "xx", "")


def sentence_check(folder: Path) -> Check:
    """Splits text in the language that the first byte chooses."""

    def check(data: bytes) -> None:
        are_spans(_text(data[1:]), _LANGUAGES[data[0] % len(_LANGUAGES)] if data else "en")

    return check


def question_check(folder: Path) -> Check:
    """The last line is the question, those before it are past questions and answers in turn."""

    def check(data: bytes) -> None:
        *past, question = _text(data).split("\n")[-7:]
        turns = [Turn(asked, answer) for asked, answer in zip(past[::2], [*past[1::2], ""], strict=False)]
        as_of = None if len(data) % 2 else date(2025, 8, 31)
        sources = ("bbc.co.uk", "The Guardian", "apnews.com")
        try:
            query = understand(question, as_of=as_of, today=TODAY, history=turns, sources=sources)
        except DatelineError:
            return
        if query.window:
            assert query.window.first <= query.window.last <= (as_of or TODAY), "days after the day asked"
        assert set(query.sources) <= set(sources)
        assert all(query.parts) and all(query.terms) and all(query.names)
        "".join(query.notes())

    return check


def date_check(folder: Path) -> Check:
    """Reads each line as a date, as a line with one, and as an address."""

    def check(data: bytes) -> None:
        text = _text(data)
        for line in text.split("\n")[:20]:
            for found in (read_day(line), visible_day(line)):
                assert found is None or found.day >= EARLIEST
            url_day(line)

    return check


_DAYS = (date(2025, 8, 21), date(2024, 2, 29), date.min, date.max, None)


def event_check(folder: Path) -> Check:
    """The last line is a sentence, those before it its context; the first byte chooses the day of publication."""

    def check(data: bytes) -> None:
        context, _, sentence = _text(data[1:]).rpartition("\n")
        published = _DAYS[data[0] % len(_DAYS)] if data else None
        one = event_date(sentence, published, context=context)
        for found in (*event_dates(sentence, published), *([one] if one else [])):
            assert found.first <= found.last, "ends before it begins"
        for number in quantities(sentence):
            assert sentence[number.start : number.end].strip() and number.low <= number.high
        measure_asked(sentence)
        note = correction(context)
        assert note is None or context[note.start : note.end] == note.text

    return check


def cited(sentence: str, before: str = "") -> Citation:
    """A citation of a sentence."""
    passage = f"{before} {sentence}" if before else sentence
    start = len(passage) - len(sentence)
    return Citation(
        sentence, start, start + len(sentence), "0" * 16, "Ferry", "coast", None, date(2025, 8, 21), passage, 0
    )


def verifier_check(folder: Path) -> Check:
    """The first line is a claim, those after it are the sentences that it cites."""

    def check(data: bytes) -> None:
        claim, _, rest = _text(data).partition("\n")
        sentences = [cited(line, claim[:50]) for line in rest.split("\n")[:4] if line.strip()]
        found = Verifier().check(claim, sentences)
        assert 0 <= found.support <= 1 and found.supported != bool(found.reasons)
        for citation in sentences[:1]:
            assert Verifier().check(citation.sentence, [citation]).supported, "a sentence does not back itself"

    return check


class _Scripted:
    """An LLM that writes what it was given, in pieces of a size."""

    model = "scripted"

    def __init__(self, text: str, size: int) -> None:
        self._pieces = [text[at : at + size] for at in range(0, len(text), size)]

    def write(self, system: str, user: str, **how: object) -> Iterator[str]:
        """The pieces."""
        yield from self._pieces


def reply_check(folder: Path) -> Check:
    """An LLM writes the input, in pieces of a size that the first byte chooses."""
    sources = [cited(sentence) for sentence in sentences()[:6]]

    def check(data: bytes) -> None:
        text = _text(data[1:])
        writer = Writer(_Scripted(text, 1 + (data[0] if data else 0) * 4), Verifier())  # type: ignore[arg-type]
        said = ""
        for draft in writer.write("what?", sources):
            assert draft.text.startswith(said), "what was said was taken back"
            said = draft.text
            assert set(draft.citations) <= set(sources)
            assert bool(draft.text) == bool(draft.citations), "a sentence without its source"

    return check


def watch_check(folder: Path) -> Check:
    """The input is the memory of a watch."""

    def check(data: bytes) -> None:
        for left in folder.iterdir():
            left.unlink()
        (folder / WATCH_FILE).write_bytes(data)
        try:
            with WatchState(folder) as state:
                state.feed("https://coast.example/feed")
                for entry in state.listed(5):
                    state.put_ready(entry, entry.page)
                for page in state.ready():
                    page.content.encode("utf-8", "surrogatepass")
                state.keep("https://coast.example/feed", FeedState(), [RawPage("a", "b", PageKind.STORY)])
                state.finish()
        except DatelineError:
            pass

    return check


def manifest_check(folder: Path) -> Check:
    """The input is a manifest, sealed where it is JSON: whoever can write the file can seal it too."""

    def check(data: bytes) -> None:
        try:
            body = json.loads(data)
            body.pop("seal", None)
            body["seal"] = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
            data = json.dumps(body).encode()
        except (ValueError, RecursionError, AttributeError, TypeError):
            pass
        (folder / MANIFEST).write_bytes(data)
        try:
            manifest = Manifest.read(folder)
        except DatelineError:
            return
        replace(manifest, name=manifest.name).to_json()

    return check


def cache_check(folder: Path) -> Check:
    """The input is a cache of vectors: what it held is found or made anew, never another vector."""

    def check(data: bytes) -> None:
        for left in folder.iterdir():
            left.unlink()
        path = folder / "vectors.sqlite"
        path.write_bytes(data)
        with VectorCache(path, CARD) as cache:
            vectors, _ = cache.embed(WordEmbedder(), ["one", "two", "four"])
        assert vectors.shape == (3, CARD.dimension)
        assert abs(vectors[0] - WordEmbedder().embed_question("one")).max() < 0.01, "another vector"

    return check


_DOORS = ("/api/ask", "/api/retrieve", "/v1/chat/completions", "/mcp")


def http_check(folder: Path) -> Check:
    """The input is a request to the doors, served in this process on an archive of the example articles."""
    from rag import Assistant
    from rag.config import load_settings
    from ui.desk import Desk
    from ui.site import build_site

    rebuild(folder / "archive", Input.of(ARTICLES, strict=False), WordEmbedder())
    settings = load_settings(rate_limit=0, hosts=["site.example"])
    site = build_site(Desk(Assistant(folder / "archive", embedder=WordEmbedder()), settings), settings)
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def serve() -> None:
        async with site.router.lifespan_context(site):
            ready.set()
            await asyncio.Event().wait()

    threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True).start()
    ready.wait(60)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://site.example", timeout=None)

    async def ask(data: bytes) -> httpx.Response:
        if data[:1] < b"\x04":
            headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
            return await client.post(_DOORS[data[0] if data else 0], content=data[1:], headers=headers)
        path, _, header = data[1:].partition(b"\n")
        if b"mcp" in path:
            path = b"/"  # a stream of events, which does not end
        return await client.get(
            httpx.URL("http://site.example").copy_with(raw_path=b"/" + path.lstrip(b"/")),
            headers=[(b"x-any", header.replace(b"\n", b"")), (b"authorization", header.replace(b"\n", b""))],
        )

    def check(data: bytes) -> None:
        try:
            if data[:1] >= b"\x04":
                httpx.URL("http://site.example").copy_with(raw_path=b"/" + data[1:].partition(b"\n")[0].lstrip(b"/"))
        except (httpx.InvalidURL, UnicodeError):
            return  # no address, so nothing is sent
        try:
            response = asyncio.run_coroutine_threadsafe(ask(data), loop).result(60)
        except (httpx.InvalidURL, httpx.LocalProtocolError):
            return  # the client's own refusal
        assert response.status_code < 500, f"{response.status_code}: {response.text[:200]}"
        if response.content and "json" in response.headers.get("content-type", ""):
            response.json()
        assert "Traceback" not in response.text and "/site-packages/" not in response.text

    return check
