"""Feeds into the archive: what is asked for, what is refused, and what a round does when something fails."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from index.build import Input
from index.embedding import SentenceTransformerEmbedder
from index.errors import ArchiveDamaged, ArchiveLocked, FetchError
from index.faiss_store import open_archive
from index.fetch import Fetched, Fetcher, Limits
from index.guard import anywhere, is_public
from index.rebuild import rebuild
from index.watch import Manner, Round, watch
from index.watch_state import WatchState
from rag import Assistant
from tests.word_embedder import WordEmbedder
from ui.cli import main
from ui.cli_watch import seconds

QUICK = Limits(gap=0.0, seconds=5.0)
HERE = Manner(allow_private=True, limits=QUICK)
BRIDGE = (
    "The Øresund Bridge between Copenhagen and Malmö opened to traffic on 1 July 2000. Queen Margrethe II and King "
    "Carl XVI Gustaf cut the ribbon together. The crossing is 16 kilometres long and carries a road and a railway."
)
TUNNEL = (
    "The Gotthard Base Tunnel, 57 kilometres long, was opened in Switzerland on 1 June 2016. Its construction took "
    "seventeen years. It is the longest railway tunnel in the world, and runs up to 2,300 metres under the Alps."
)


class Site:
    """A web site on a loopback address: `pages` gives the status, headers and body of each path; `asked` is its log."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                status, headers, body = site.pages.get(self.path, (404, {}, b""))
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self.root = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def put(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> str:
        content = body if isinstance(body, bytes) else body.encode()
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, content)
        return self.root + path

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked if path != "/robots.txt"]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def rss(*entries: tuple[str, str, str]) -> str:
    """A feed of (title, address, text) entries."""
    items = "".join(
        f"<item><title>{title}</title><link>{link}</link><pubDate>Tue, 02 Jul 2024 08:00:00 GMT</pubDate>"
        f"<description>{text}</description></item>"
        for title, link, text in entries
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Sound Post</title>{items}</channel></rss>'


def page(title: str, text: str) -> str:
    paragraphs = "".join(f"<p>{sentence}.</p>" for sentence in text.removesuffix(".").split(". "))
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>{title}</h1>{paragraphs}</article><footer>All rights reserved</footer></body></html>"
    )


def once(archive: Path, *feeds: str, manner: Manner = HERE) -> Round:
    return watch(archive, feeds, WordEmbedder(), manner=manner)


def texts(archive: Path) -> list[str]:
    """The text of every article in the archive, in order."""
    store = open_archive(archive, WordEmbedder().card)
    (file,) = (archive / "generations" / store.generation).glob("articles.sqlite")
    store.close()
    with sqlite3.connect(file) as database:
        found = [text for (text,) in database.execute("SELECT text FROM articles ORDER BY number")]
    database.close()
    return found


def fetch(url: str, allow: Callable[[str], bool] = anywhere, limits: Limits = QUICK) -> Fetched:
    async def get() -> Fetched:
        async with Fetcher(allow=allow, limits=limits) as fetcher:
            return await fetcher.get(url)

    return asyncio.run(get())


# What a round does


def test_a_new_entry_is_answered_from_its_page_by_an_assistant_that_is_open_meanwhile(
    site: Site, tmp_path: Path, embedder: SentenceTransformerEmbedder
):
    (tmp_path / "bridge.txt").write_text(f"date 2000-07-01 The bridge is open\n\n{BRIDGE}\n", encoding="utf-8")
    rebuild(tmp_path / "archive", Input.of(tmp_path / "bridge.txt"), embedder)
    feed = site.put("/rss", rss(("The tunnel is open", site.root + "/tunnel", "Trains run under the Alps.")))
    site.put("/tunnel", page("The tunnel is open", TUNNEL))
    with Assistant(tmp_path / "archive", embedder=embedder) as assistant:
        question = "When was the Gotthard Base Tunnel opened?"
        assert all("Gotthard" not in found.passage for found in assistant.retrieve(question))
        done = watch(tmp_path / "archive", [feed], embedder, manner=HERE)
        assert (done.new, done.added, done.problems, done.waiting) == (1, 1, (), 0)
        assert assistant.refresh()
        answer = assistant.ask(question)
    assert "opened in Switzerland on 1 June 2016" in answer.citations[0].sentence
    assert answer.citations[0].url == site.root + "/tunnel"
    assert str(answer.citations[0].published) == "2024-07-02"


def test_a_feed_is_asked_only_for_what_changed_and_a_page_only_once(site: Site, tmp_path: Path):
    feed = site.put("/rss", rss(("One", site.root + "/one", "Short.")), ETag='"v1"', Last_Modified="Tue, 02 Jul 2024")
    site.put("/one", page("One", BRIDGE))
    assert once(tmp_path, feed).added == 1
    again = once(tmp_path, feed)
    assert (again.read, again.unchanged, again.new, again.build) == (1, 1, 0, None)
    assert site.asked[-1][1]["if-none-match"] == '"v1"'
    assert site.asked[-1][1]["if-modified-since"] == "Tue, 02 Jul 2024"
    site.put("/rss", rss(("Two", site.root + "/two", "Short."), ("One", site.root + "/one", "Short.")), ETag='"v2"')
    site.put("/two", page("Two", TUNNEL))
    later = once(tmp_path, feed)
    assert later.build is not None
    assert (later.added, later.build.embedded, later.build.passages) == (1, 1, 2)
    assert site.paths() == ["/rss", "/one", "/rss", "/rss", "/two"]


def test_a_broken_feed_is_reported_and_the_rest_go_on(site: Site, tmp_path: Path):
    broken = site.put("/broken", "<rss>")
    html = site.put("/page", page("No feed", BRIDGE))
    gone = site.root + "/gone"
    good = site.put("/rss", rss(("One", site.root + "/one", BRIDGE)))
    done = once(tmp_path, broken, html, gone, good, manner=Manner(summaries=True, allow_private=True, limits=QUICK))
    assert (done.read, done.added) == (1, 1)
    reasons = {problem.origin: problem.reason for problem in done.problems}
    assert "HTML is neither a feed nor a news sitemap" in reasons[html]
    assert "404" in reasons[gone]
    assert set(reasons) == {broken, html, gone}
    # Each is put off, and the good one is asked again.
    later = once(tmp_path, broken, html, gone, good)
    assert (later.read, later.put_off) == (1, 3)
    assert {problem.origin for problem in later.problems} == {broken, html, gone}
    assert all(problem.reason.startswith("failed lately; asked again after 20") for problem in later.problems)


def test_a_news_sitemap_names_pages_with_their_day_and_paper(site: Site, tmp_path: Path):
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    feed = site.put(
        "/news.xml.gz",
        gzip.compress(
            f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="{news}">'
            f"<url><loc>{site.root}/one</loc><n:news><n:publication><n:name>Sound Post</n:name><n:language>en"
            "</n:language></n:publication><n:publication_date>2024-07-02</n:publication_date><n:title>One</n:title>"
            f"</n:news></url><url><loc>{site.root}/about</loc></url></urlset>".encode()
        ),
    )
    site.put("/one", page("One", BRIDGE))
    done = once(tmp_path, feed)
    assert done.added == 1
    (problem,) = done.problems
    assert problem.reason == "1 entries are no news (they have no news:news with an address)"
    store = open_archive(tmp_path, WordEmbedder().card)
    coverage = store.coverage()
    store.close()
    assert str(coverage.first) == "2024-07-02"
    assert coverage.sources == (("Sound Post", 1),)


def test_summaries_keeps_what_the_feed_says_and_fetches_no_page(site: Site, tmp_path: Path):
    feed = site.put("/rss", rss(("One", site.root + "/one", BRIDGE)))
    assert once(tmp_path, feed, manner=Manner(summaries=True, allow_private=True, limits=QUICK)).added == 1
    assert texts(tmp_path) == [BRIDGE]
    assert site.paths() == ["/rss"]


def test_a_page_that_robots_forbids_is_not_fetched_and_the_feeds_text_stands(site: Site, tmp_path: Path):
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/*.html$\n")
    feed = site.put("/rss", rss(("One", site.root + "/private/one.html", BRIDGE)))
    site.put("/private/one.html", page("One", TUNNEL))
    done = once(tmp_path, feed)
    assert texts(tmp_path) == [BRIDGE]
    assert "robots.txt asks not to fetch it; the feed's own text was taken" in done.problems[0].reason
    assert site.paths() == ["/rss"]


def test_a_server_that_asks_to_wait_is_left_alone(site: Site, tmp_path: Path):
    feed = site.put("/rss", rss(("One", site.root + "/one", "Short."), ("Two", site.root + "/two", "Brief.")))
    site.put("/one", "busy", 429, Retry_After="7200")
    done = once(tmp_path, feed)
    assert (done.added, done.waiting) == (0, 2)
    assert {problem.origin: problem.reason for problem in done.problems} == {
        site.root + "/one": "the server answers 429 Too Many Requests",
        site.root + "/two": "the server asked to be left alone for 7200 s more",
    }
    assert "/two" not in site.paths()
    with WatchState(tmp_path) as state:
        assert state.listed(10) == []  # neither is due
    site.put("/rss2", "", 503, Retry_After="3600")
    once(tmp_path, site.root + "/rss2")
    with WatchState(tmp_path) as state:
        assert 3500 < state.feed(site.root + "/rss2").later - time.time() <= 3600


def test_what_keeps_failing_is_asked_less_and_less(site: Site, tmp_path: Path):
    feed = site.put("/rss", "", 500)
    waits = []
    for _ in range(3):
        once(tmp_path, feed)
        with WatchState(tmp_path) as state:
            known = state.feed(feed)
            waits.append(round((known.later - time.time()) / 300))
        with sqlite3.connect(tmp_path / "watch.sqlite") as database:
            database.execute("UPDATE feeds SET later = 0")
        database.close()
    assert waits == [1, 2, 4]
    site.put("/rss", rss(("One", "", BRIDGE)))
    assert once(tmp_path, feed).added == 1
    with WatchState(tmp_path) as state:
        assert state.feed(feed).failures == 0


def test_what_was_fetched_is_kept_while_another_build_holds_the_archive(site: Site, tmp_path: Path):
    from index.generation import ArchivePaths, writer_lock

    feed = site.put("/rss", rss(("One", site.root + "/one", "Short.")), ETag='"v1"')
    site.put("/one", page("One", BRIDGE))
    with writer_lock(ArchivePaths(tmp_path)):
        busy = once(tmp_path, feed)
    assert (busy.added, busy.waiting) == (0, 1)
    assert "locked" in busy.problems[0].reason
    assert once(tmp_path, feed).added == 1
    assert site.paths() == ["/rss", "/one", "/rss"]


def test_one_watch_at_a_time_and_a_damaged_memory_is_named(tmp_path: Path):
    with WatchState(tmp_path), pytest.raises(ArchiveLocked, match="another watch"):
        once(tmp_path, "http://127.0.0.1:9/rss")
    (tmp_path / "watch.sqlite").write_bytes(b"no database at all, " * 100)
    with pytest.raises(ArchiveDamaged, match="Remove it"):
        once(tmp_path, "http://127.0.0.1:9/rss")


def test_it_goes_on_in_rounds_until_it_is_stopped(site: Site, tmp_path: Path):
    class EnoughError(Exception):
        pass

    rounds: list[Round] = []

    def told(done: Round) -> None:
        rounds.append(done)
        site.put("/rss", rss(("One", "", BRIDGE), ("Two", "", TUNNEL)))
        if len(rounds) == 2:
            raise EnoughError

    feed = site.put("/rss", rss(("One", "", BRIDGE)))
    with pytest.raises(EnoughError):
        watch(tmp_path, [feed], WordEmbedder(), manner=HERE, every=0.01, told=told)
    assert [done.added for done in rounds] == [1, 1]
    assert [path for path, _ in site.asked].count("/robots.txt") == 1


# The command


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dateline", "watch", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return run


def test_the_command_says_what_a_round_did(site: Site, tmp_path: Path, command):
    feed = site.put("/rss", rss(("One", "", BRIDGE)))
    code, out, err = command(feed, "--once", "--allow-private", "--archive", tmp_path, "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert (said["read"], said["added"], said["generation"]) == (1, 1, "000001")
    code, out, _ = command(feed, "--once", "--allow-private", "--archive", tmp_path)
    assert code == 0
    assert "1 read (1 unchanged, 0 put off), 0 new entries, 0 articles added" in out


def test_the_command_ends_with_1_where_a_feed_could_not_be_read(tmp_path: Path, command):
    code, out, err = command("http://127.0.0.1:9/rss", "--once", "--archive", tmp_path)
    assert code == 1
    assert "0 read" in out
    assert "give --allow-private" in err


def test_a_feed_of_ones_own_network_is_read_as_soon_as_that_is_allowed(site: Site, tmp_path: Path, command):
    feed = site.put("/rss", rss(("One", "", BRIDGE)))
    assert command(feed, "--once", "--archive", tmp_path)[0] == 1
    assert site.asked == []
    code, out, err = command(feed, "--once", "--allow-private", "--archive", tmp_path)
    assert (code, err) == (0, "")
    assert "1 articles added" in out


@pytest.mark.parametrize(("text", "length"), [("90s", 90), ("10m", 600), ("10", 600), ("2h", 7200), ("1d", 86_400)])
def test_a_length_of_time_is_read(text: str, length: float):
    assert seconds(text) == length


def test_no_length_of_time_is_a_usage_error(tmp_path: Path, command):
    code, _, err = command("http://127.0.0.1:9/rss", "--every", "soon", "--archive", tmp_path)
    assert code == 2
    assert "write 90s, 10m, 2h or 1d" in " ".join(err.replace("│", " ").split())


# What a fetch refuses


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool):
    assert is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_fetched_from_by_whatever_name(host: str):
    with pytest.raises(FetchError, match="not on the open internet: give --allow-private"):
        fetch(f"http://{host}:9/rss", is_public)


def test_a_redirect_to_this_machine_is_refused(site: Site):
    outside = Site("127.0.0.2")  # stands for a public host
    try:
        secret = site.put("/secret", "the keys")
        url = outside.put("/go", "", 302, Location=secret)
        with pytest.raises(FetchError, match=r"127\.0\.0\.1, which is not on the open internet"):
            fetch(url, lambda address: address == "127.0.0.2")
        assert site.asked == []
        assert fetch(url).content == b"the keys"
    finally:
        outside.close()


def test_a_name_is_looked_up_once_and_the_checked_address_is_the_one_connected_to(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    url = site.put("/page", "here")
    port = int(url.split(":")[2].split("/")[0])
    answers = iter(["127.0.0.1", "127.0.0.1", "10.0.0.1"])  # robots.txt, the page; a third look-up would lead astray
    real = socket.getaddrinfo

    def look_up(host: str, *arguments: object, **named: object) -> object:
        return real(next(answers) if host == "news.example" else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    fetched = fetch(f"http://news.example:{port}/page", lambda address: address == "127.0.0.1")
    assert fetched.content == b"here"
    assert fetched.url == f"http://news.example:{port}/page"
    assert site.asked[-1][1]["host"] == f"news.example:{port}"
    assert next(answers) == "10.0.0.1"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://news.example/rss", "only http and https"),
        ("news.example/rss", "only http and https"),
        ("http://me:secret@news.example/rss", "a user's name"),
        ("http://[::1/rss", "not an address"),
    ],
)
def test_other_addresses_are_not_fetched(url: str, reason: str):
    with pytest.raises(FetchError, match=reason):
        fetch(url)


def test_a_redirect_to_a_file_is_refused(site: Site):
    with pytest.raises(FetchError, match=r"leads to file:.*/etc/passwd: only http"):
        fetch(site.put("/go", "", 302, Location="file:///etc/passwd"))


def test_redirects_end(site: Site):
    with pytest.raises(FetchError, match="more than 5 times"):
        fetch(site.put("/loop", "", 302, Location="/loop"))


@pytest.mark.parametrize("body", [b"x" * 3_000_000, gzip.compress(b"x" * 3_000_000)], ids=["plain", "packed"])
def test_a_huge_body_is_not_read_to_its_end(site: Site, body: bytes):
    with pytest.raises(FetchError, match=r"larger than 0\.5 MiB"):
        fetch(site.put("/huge", body), limits=Limits(size=2**19, gap=0.0))


def test_a_body_packed_on_its_way_is_unpacked_and_a_packing_not_asked_for_is_refused(site: Site):
    assert fetch(site.put("/gz", gzip.compress(b"text"), Content_Encoding="gzip")).content == b"text"
    with pytest.raises(FetchError, match="packed as br"):
        fetch(site.put("/br", b"?", Content_Encoding="br"))
    with pytest.raises(FetchError, match="end too early"):
        fetch(site.put("/cut", gzip.compress(b"text" * 999)[:-9]))


def test_an_answer_that_never_ends_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(FetchError, match=r"within 0\.2 s"):
        fetch(f"http://127.0.0.1:{server.getsockname()[1]}/", limits=Limits(seconds=0.2, gap=0.0))


def test_a_site_whose_robots_cannot_be_read_is_left_alone(site: Site):
    url = site.put("/page", "here")
    site.put("/robots.txt", "", 500)
    with pytest.raises(FetchError, match=r"robots\.txt cannot be read"):
        fetch(url)
    assert site.paths() == []
