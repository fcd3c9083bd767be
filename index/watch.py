"""Feeds into the archive: `watch` reads them in rounds, fetches what is new, and adds it as a new generation.

A chat that is open meanwhile goes on answering, and finds the new generation at its next question.
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from index.article import PageKind, RawPage
from index.build import BuildReport, Input
from index.cleaning import clean
from index.embedding import Embedder
from index.errors import ArchiveError, ArchiveLocked, FetchError, InputError, NotAsked
from index.faiss_store import FaissStore
from index.fetch import Fetched, Fetcher, Limits
from index.formats import Format, detect
from index.generation import ArchivePaths
from index.guard import anywhere, is_public
from index.rebuild import add, current
from index.source_feeds import read_entries, read_news
from index.source_markup import read_body
from index.source_records import NO_MAPPING
from index.source_stream import HEAD_BYTES, declared_charset, decode
from index.source_values import OpenFile, Skip, printable
from index.watch_state import Entry, FeedState, WatchState

log = logging.getLogger(__name__)

_FULL_TEXT = 1200  # characters: an entry of this length is taken for the whole article
_MOST_ENTRIES = 1000  # of one feed: news feeds hold tens, news sitemaps up to a thousand
_TRIES = 4  # for a page; after them the feed's own text is taken
_FIRST_WAIT = 300.0  # seconds after the first failure; twice as long after each further one
_LONGEST_WAIT = 86_400.0
_AT_ONCE = 8  # fetches under way, each from another host


@dataclass(frozen=True, slots=True)
class Manner:
    """How to watch.

    `summaries` keeps what the feeds say and fetches no pages. `pages` is the most that are fetched in a round; the
    rest wait for the next. `allow_private` lets feeds and pages be fetched from this machine's own networks.
    """

    summaries: bool = False
    pages: int = 200
    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did.

    `read` counts the feeds that answered, `unchanged` those among them with nothing new to say, `put_off` those that
    were not asked because they failed lately. `problems` names each feed and page that was not read, and why.
    `waiting` entries are left for later rounds. `build` is None where nothing was added.
    """

    read: int
    unchanged: int
    put_off: int
    new: int
    waiting: int
    problems: tuple[Skip, ...]
    build: BuildReport | None = None

    @property
    def added(self) -> int:
        """How many articles were added to the archive."""
        return self.build.added if self.build else 0


def watch(
    archive: Path,
    feeds: Sequence[str],
    embedder: Embedder,
    *,
    manner: Manner = Manner(),
    every: float | None = None,
    told: Callable[[Round], None] = lambda _: None,
) -> Round:
    """Reads the feeds once, or again and again with `every` seconds between, and adds what is new to the archive.

    `told` is called after each round; the last is returned. A feed or page that fails is reported, put off for longer
    each time, and keeps nothing else from being read. An archive that does not exist yet is begun.

    Raises ArchiveLocked where another watch runs on the archive, and the errors of `rebuild.add`; an archive that is
    only busy with another build is tried again in the next round.
    """
    with WatchState(archive) as state:
        return asyncio.run(_rounds(_Watch(archive, tuple(dict.fromkeys(feeds)), embedder, manner, state), every, told))


async def _rounds(watching: _Watch, every: float | None, told: Callable[[Round], None]) -> Round:
    manner = watching.manner
    async with Fetcher(allow=anywhere if manner.allow_private else is_public, limits=manner.limits) as fetcher:
        while True:
            done = await watching.round(fetcher)
            told(done)
            if every is None:
                return done
            await asyncio.sleep(every)


@dataclass(slots=True)
class _Watch:
    archive: Path
    feeds: Sequence[str]
    embedder: Embedder
    manner: Manner
    state: WatchState
    held: FaissStore | None = None  # what was added to last, so that its files are checked once and not each round

    async def round(self, fetcher: Fetcher) -> Round:
        later = {url: moment for url in self.feeds if (moment := self.state.feed(url).later) > time.time()}
        due = [url for url in self.feeds if url not in later]
        room = asyncio.Semaphore(_AT_ONCE)
        asked = await asyncio.gather(*(self._read_feed(fetcher, url, room) for url in due))
        problems = [Skip(printable(url), _put_off(moment)) for url, moment in later.items()]
        problems += [problem for feed in asked for problem in feed.problems]
        waiting = self.state.listed(self.manner.pages)
        found = await asyncio.gather(*(self._read_page(fetcher, entry, room) for entry in waiting))
        problems += [problem for problem in found if problem]
        build: BuildReport | None = None
        try:
            build = await asyncio.to_thread(self._add, list(self.state.ready()))
            self.state.finish()
        except ArchiveLocked as error:
            problems.append(Skip(str(self.archive), f"{error} What was fetched is kept for the next round."))
        return Round(
            read=sum(feed.answered for feed in asked),
            unchanged=sum(feed.answered and not feed.new for feed in asked),
            put_off=len(later),
            new=sum(feed.new for feed in asked),
            waiting=self.state.waiting(),
            problems=tuple(problems),
            build=build,
        )

    async def _read_feed(self, fetcher: Fetcher, url: str, room: asyncio.Semaphore) -> _Asked:
        known = self.state.feed(url)
        try:
            async with room:
                fetched = await fetcher.get(url, etag=known.etag, modified=known.modified)
            items = [] if fetched.unchanged else await asyncio.to_thread(_items, url, fetched)
        except NotAsked as error:
            return _Asked(problems=[_problem(url, error)])  # nobody is spared by waiting: it may be let in meanwhile
        except InputError as error:
            asked_for = error.wait if isinstance(error, FetchError) else None
            later = time.time() + _wait(known.failures, asked_for)
            self.state.keep(url, replace(known, failures=known.failures + 1, later=later))
            return _Asked(problems=[_problem(url, error)])
        pages = [item for item in items if isinstance(item, RawPage)]
        marks = known if fetched.unchanged else FeedState(fetched.etag, fetched.modified)
        new = self.state.keep(url, replace(marks, failures=0, later=0.0), pages)
        return _Asked(True, new, [item for item in items if isinstance(item, Skip)])

    async def _read_page(self, fetcher: Fetcher, entry: Entry, room: asyncio.Semaphore) -> Skip | None:
        """Makes an entry ready, puts it off or leaves it; says why where its page could not be had."""
        page, url, problem = entry.page, entry.page.url, None
        if url and not self.manner.summaries and len(page.content) < _FULL_TEXT:
            try:
                async with room:
                    fetched = await fetcher.get(url)
                page = await asyncio.to_thread(_fuller, page, fetched)
            except InputError as error:
                problem = _problem(url, error)
                if isinstance(error, FetchError) and not error.lasting and entry.failures + 1 < _TRIES:
                    self.state.put_off(entry, time.time() + _wait(entry.failures, error.wait))
                    return problem
        try:
            await asyncio.to_thread(clean, page)
        except InputError as error:
            self.state.leave(entry)
            return problem or _problem(url or page.origin, error)
        self.state.put_ready(entry, page)
        return Skip(problem.origin, f"{problem.reason}; the feed's own text was taken") if problem else None

    def _add(self, pages: Sequence[RawPage]) -> BuildReport | None:
        if not pages:
            return None
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl", prefix="watch-") as file:
            for page in pages:
                file.write(json.dumps(_record(page)) + "\n")
            file.flush()
            report = add(self.archive, Input.of(file.name), self.embedder, held=self.held)
        with suppress(ArchiveError):  # as the next round will say, if it is still so
            self.held = current(ArchivePaths(self.archive), self.held)
        return report


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one feed gave."""

    answered: bool = False
    new: int = 0
    problems: Sequence[Skip] = ()


def _items(url: str, fetched: Fetched) -> list[RawPage | Skip]:
    """The entries of a feed or news sitemap. Raises InputError where it is neither, or nothing of it can be read."""
    head = fetched.content[:HEAD_BYTES]
    kind = detect(url, head)
    if kind not in {Format.FEED, Format.SITEMAP}:
        raise InputError(url, f"{kind} is neither a feed nor a news sitemap: give the feed's own address")
    file = OpenFile(url, BytesIO(fetched.content), head, urlsplit(url).hostname or "", NO_MAPPING)
    items = list(read_entries(file) if kind is Format.FEED else read_news(file))
    if items and all(isinstance(item, Skip) for item in items):
        raise InputError(url, "; ".join(item.reason for item in items if isinstance(item, Skip)))
    return items[:_MOST_ENTRIES]


def _fuller(page: RawPage, fetched: Fetched) -> RawPage:
    """The entry with its page's content, unless that holds less of a story than the feed gave.

    Raises InputError where neither the page nor the feed holds a story.
    """
    if (kind := detect("page.html", fetched.content[:HEAD_BYTES])) is not Format.HTML:
        raise InputError(page.url or page.origin, f"is {kind}, not a web page")
    markup = decode(fetched.content, fetched.charset or declared_charset(fetched.content))
    whole = replace(page, content=markup, kind=PageKind.HTML)
    try:
        story = clean(whole).text
    except InputError as error:
        raise InputError(page.url or page.origin, f"no story is on the page ({error.reason})") from error
    return whole if len(story) > len(page.content) else page


def _record(page: RawPage) -> dict[str, object]:
    """The page as the record of a JSON Lines file, from which it is read as it is."""
    text = page.content
    if page.kind is PageKind.HTML and read_body(text).kind is not PageKind.HTML:
        text = f"<!doctype html>\n{text}"
    return {
        "text": text,
        "title": page.title,
        "published": page.published,
        "url": page.url,
        "source": page.source,
        "authors": list(page.authors),
        "language": page.language,
        "caption": page.caption,
    }


def _wait(failures: int, asked: float | None) -> float:
    """Seconds until something that failed is tried again: twice as long each time, and as the server asked."""
    return max(asked or 0.0, min(_FIRST_WAIT * 2.0 ** min(failures, 20), _LONGEST_WAIT))


def _put_off(until: float) -> str:
    return f"failed lately; asked again after {time.strftime('%Y-%m-%d %H:%M', time.localtime(until))}"


def _problem(origin: str, error: InputError) -> Skip:
    return Skip(printable(origin), printable(error.reason))
