"""Bad input: bombs, endless lines, absurd dates, odd names. Each is told with its file and reason; the rest goes on.

What broken files of each format give is in test_sources, damaged archives are in test_damage; `benchmarks.fuzz` tries
inputs by the million. What once took the square of its length in time is here at lengths that would then take hours.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from itertools import product
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import PageKind, RawPage
from index.build import Input
from index.cleaning import clean
from index.errors import ArchiveDamaged, FetchError, InputError, QuestionError
from index.rebuild import rebuild
from index.sentences import split_sentences
from index.sources import SkipReport, read_pages
from index.vector_cache import VectorCache
from index.watch_state import NAME, FeedState, WatchState
from rag.answer import Citation, Turn
from rag.claims import ClaimReader
from rag.event import event_date, event_dates
from rag.query import understand
from rag.verifier import Verifier
from tests.test_watch import Site, fetch, once
from tests.word_embedder import CARD, WordEmbedder

MIB = 2**20
STORY = "The council of Bergen voted on Tuesday to widen the old harbour after a long debate, the mayor told reporters."


def read(folder: Path) -> tuple[list[RawPage], SkipReport]:
    """The pages of a folder into which one sound file is put last."""
    (folder / "zz.txt").write_text(STORY)
    report = SkipReport()
    found = list(read_pages([folder], report=report))
    assert found.pop().content == STORY, "the rest goes on"
    return found, report


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """No more memory than this, in bytes, is held at any moment of the block."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def packed(kind: str, size: int) -> bytes:
    """Blanks by the mebibyte, packed a thousand times smaller."""
    packer = zlib.compressobj(9, wbits=31) if kind == "gz" else zstandard.ZstdCompressor().compressobj()
    return b"".join([*(packer.compress(b" " * MIB) for _ in range(size)), packer.flush()])


LAUGHS = '<!DOCTYPE a [<!ENTITY b0 "ha">' + "".join(
    f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10)
) + "]>"  # fmt: skip
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n" + packed("gz", 60)
WARC = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nContent-Type: application/http\r\n"
BOMBS = {
    "a.txt.gz": (packed("gz", 80), "larger than 50 MiB"),
    "a.json.gz": (packed("gz", 80), "grows more than 200 times"),
    "a.json.zst": (packed("zst", 80), "grows more than 200 times"),
    "a.csv.zst": (packed("zst", 80), "longer than 16 million"),
    "a.warc": (WARC + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE, "larger than 50 MiB"),
    "a.rss": (f'{LAUGHS}<rss version="2.0"><channel><item><title>&b9;</title></item></channel></rss>'.encode(), ""),
    "a.xml": (f"{LAUGHS}<urlset><url><loc>&b9;</loc></url></urlset>".encode(), "no entries"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(tmp_path: Path, name: str) -> None:
    content, reason = BOMBS[name]
    (tmp_path / name).write_bytes(content)
    with at_most(200 * MIB):
        found, report = read(tmp_path)
    assert not found
    assert {skip.origin.split("#")[0] for skip in report.skipped} == {str(tmp_path / name)}
    assert reason in report.skipped[0].reason


@pytest.mark.parametrize(
    ("name", "opening", "closing"),
    [
        ("a.txt", "", ""),
        ("a.html", "<p>", "</p>"),
        ("a.jsonl", '{"text": "', f'"}}\n{{"text": "{STORY}"}}\n'),
        ("a.json", '[{"text": "', '"}]'),
        ("a.csv", "title,text\n", "\n"),
        ("a.rss", "<rss><channel>", "</channel></rss>"),
    ],
)
def test_a_line_of_a_hundred_megabytes_is_told_and_let_go_by(
    tmp_path: Path, name: str, opening: str, closing: str
) -> None:
    with (tmp_path / name).open("w") as file:
        file.write(opening)
        for _ in range(60):
            file.write("a" * 1_000_000)
        file.write(closing)
    with at_most(256 * MIB):
        found, report = read(tmp_path)
    assert [page.content for page in found] == ([STORY] if name == "a.jsonl" else [])
    assert "longer than" in report.skipped[0].reason or "larger than" in report.skipped[0].reason


def test_what_is_nested_without_end_is_read_or_told(tmp_path: Path) -> None:
    deep = 20_000
    (tmp_path / "a.json").write_text('{"data": ' * deep + "1" + "}" * deep)
    (tmp_path / "b.json").write_text('{"text": ' + "[" * deep + "]" * deep + "}")
    (tmp_path / "c.json").write_text(json.dumps({"text": "<div>" * deep + STORY + "</div>" * deep}))
    (tmp_path / "d.xml").write_text("<urlset>" + "<url>" * deep)
    (tmp_path / "e.rss").write_text("<rss><channel>" + "<item>" * 2_000)
    found, report = read(tmp_path)
    assert [page.content.strip() in {"", STORY} for page in found] == [True] * len(found)
    told = {skip.origin.split("#")[0].rsplit("/")[-1]: skip.reason for skip in report.skipped}
    assert told["a.json"].startswith("not valid JSON (nested too deeply")
    assert told["b.json"].startswith("not valid JSON (nested too deeply")
    assert {"d.xml", "e.rss"} <= told.keys()
    for page in ("<div>" * deep + f"<p>{STORY}</p>", "<p>" + "<b>" * deep + STORY, "<table><tr><td>" * 5_000 + STORY):
        try:
            assert clean(RawPage("a", f"<html><body>{page}", PageKind.HTML)).text
        except InputError as error:
            assert error.origin == "a"


ABSURD = (
    "0000-00-00", "0001-01-01", "9999-12-31", "99999-01-01", "2025-02-30", "2025-13-01", "-1", "1e999", "9" * 400,
    "Mon, 01 Jan 99999999999 00:00:00 GMT", "31 June 2025", "٢٠٢٥-٠٢-٣٠", "2025-08-21T99:99:99Z\x00", "yesterday",
    "NaN",
)  # fmt: skip


def test_an_absurd_date_leaves_an_article_undated(tmp_path: Path) -> None:
    records = [{"text": STORY, "date": day} for day in (*ABSURD, 10**400, -(10**11), True, [], {"a": 1})]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    found, report = read(tmp_path)
    assert report.total == 0
    dated = {page.published for page in found if clean(page).published}
    assert dated <= {"2025-08-21T99:99:99Z", str(-(10**11))}  # a day without its hours is a day still


@pytest.mark.parametrize("day", ABSURD)
def test_an_absurd_date_in_a_question_or_a_sentence_means_no_day(day: str) -> None:
    for published in (date.min, date(2024, 2, 29), date.max):
        for dated in event_dates(f"The bridge was closed on {day} and from {day} to {day}, 9999 weeks ago.", published):
            assert dated.first <= dated.last
    try:
        found = understand(f"What happened in the 9999 weeks since {day}?", today=date(2025, 8, 31)).window
    except QuestionError:
        return
    assert found is None or found.first <= found.last <= date(2025, 8, 31)


def test_articles_of_nothing_or_of_one_word_do_not_stop_a_build(tmp_path: Path) -> None:
    texts = ["", " ", ".", "…", "\u200b", "\ufeff", "Ferry", "٣", "👩‍👩‍👧", "a" * 5_000, STORY]
    lines = "".join(json.dumps({"text": text, "date": "2025-05-05"}) + "\n" for text in texts)
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "b.jsonl").write_text("\n \n")
    built = rebuild(
        tmp_path / "archive", Input.of(tmp_path / "a.jsonl", tmp_path / "b.jsonl", strict=False), WordEmbedder()
    )
    assert built.articles == 4  # the word, the digit, the long word and the story
    report = SkipReport()
    list(read_pages([tmp_path / "b.jsonl"], report=report))
    assert "no record" in report.skipped[0].reason


def test_a_namespace_that_is_none_does_not_stop_a_sitemap(tmp_path: Path) -> None:
    body = '<urlset xmlns="https://news.example/0}.9"><url><loc>https://news.example/1</loc></url></urlset>'
    (tmp_path / "map.xml").write_text(body)
    _, report = read(tmp_path)
    assert [skip.reason for skip in report.skipped] == ["a sitemap entry has no text: fetch the page first"]


@pytest.mark.parametrize("ahead", ["<?note?>", "<!-- made by hand -->"])
def test_what_stands_before_a_sitemap_does_not_stop_it(tmp_path: Path, ahead: str) -> None:
    page = "<url><loc>https://coast.example/1</loc></url>"
    (tmp_path / "sitemap.xml").write_text(f"{ahead}<urlset>{page}</urlset>", encoding="utf-8")
    report = SkipReport()
    assert list(read_pages([tmp_path / "sitemap.xml"], report=report)) == []
    assert [skip.reason for skip in report.skipped] == ["a sitemap entry has no text: fetch the page first"]


def test_sitemaps_that_name_each_other_lead_nowhere(tmp_path: Path) -> None:
    with closing(Site()) as site:
        site.pages["/robots.txt"] = (404, {}, b"")
        for here, there in (("/a.xml", "/b.xml"), ("/b.xml", "/a.xml")):
            body = f"<sitemapindex><sitemap><loc>{site.root}{there}</loc></sitemap></sitemapindex>"
            site.pages[here] = (200, {}, body.encode())
            (tmp_path / here.strip("/")).write_text(body)
        done = once(tmp_path / "archive", f"{site.root}/a.xml")
        assert "an index of sitemaps" in done.problems[0].reason
        assert [path for path, _ in site.asked] == ["/robots.txt", "/a.xml"]
    (tmp_path / "archive" / NAME).unlink()
    _, report = read(tmp_path)
    assert [skip.reason.startswith("an entry of a sitemap index") for skip in report.skipped] == [True, True]


def test_links_in_a_circle_or_out_of_a_folder_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.txt").write_text("Secret.")
    (folder / "self").symlink_to("self")
    (folder / "up").symlink_to("..")
    (folder / "deep" / "round").symlink_to(folder)
    (folder / "out").symlink_to("../secret")
    (folder / "passwd.txt").symlink_to("deep/../../../../../../../../../etc/passwd")
    (folder / "a.jsonl").write_text(
        json.dumps({"text": STORY, "source": "../../etc/passwd", "url": "file:///etc/passwd"})
    )
    [page], report = read(folder)
    assert (page.url, page.source) == (None, "../../etc/passwd")  # a name like any other: no file is opened by it
    reasons = {skip.origin.rsplit("/")[-1]: skip.reason for skip in report.skipped}
    assert reasons.keys() == {"self", "up", "round", "out", "passwd.txt"}
    assert reasons["self"] == "a link that leads nowhere"
    assert "leads out of the folder" in reasons["out"]


def test_file_names_cannot_forge_lines_of_a_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a\nskipped b.txt", "\x1b]0;title\x07.pdf", "c\r\u202e.json", "d\u2028e.zip"):
        (tmp_path / name).write_bytes(b"%PDF\x00")
    _, report = read(tmp_path)
    assert report.total == 4
    assert all(skip.origin.isprintable() for skip in report.skipped)
    assert len(caplog.text.splitlines()) == 4


PUMPS = (
    "\x85", "\n \x85", " ", "a", "a.", "x?.", "!", "{{", "{%", "<%", "function(", "ad never loaded!", "By A", "a://",
    ".”", "? a ", "Mr. ",
    "A headline of some other story\n\nThe ministers of the region 1 met in the port on Tuesday, it reports.\n\n",
    "The council of Bergen voted on Tuesday to widen the port walls\n", "style='opacity:", "&#", "1. ", "[1]", "‘",
    "\ufffd",
)  # fmt: skip


@pytest.mark.parametrize("pump", PUMPS)
def test_no_text_takes_the_square_of_its_length(pump: str) -> None:
    text = f"{STORY}\nBy Ana {pump * (100_000 // len(pump))}b\n{STORY}"
    lines = "\n".join(f"b{pump * (900 // len(pump))}b" for _ in range(60))
    for content, kind in product((text, lines), (PageKind.DUMP, PageKind.STORY)):
        with suppress(InputError):
            clean(RawPage("a", content, kind))
    split_sentences(text)


@pytest.mark.parametrize("field", ["authors", "text", "title"])
@pytest.mark.parametrize("pump", [" ", "a and ", "<?xml ", "<!--", "\n"])
def test_no_field_of_a_record_does_either(tmp_path: Path, field: str, pump: str) -> None:
    record = {"text": STORY, field: f"<p>a{pump * (100_000 // len(pump))}b</p>"}
    (tmp_path / "a.jsonl").write_text(json.dumps(record))
    read(tmp_path)


@pytest.mark.parametrize(
    "style", ["opacity:" + "0" * 100_000 + "1", "clip:rect(" + "0" * 100_000, "/*" * 50_000, ";" * 100_000 + "x"]
)
def test_no_style_does_either(style: str) -> None:
    page = f"<html><body><p>{STORY}</p><p style='{style}'>{STORY.upper()}</p></body></html>"
    assert STORY in clean(RawPage("a", page, PageKind.HTML)).text


def test_a_feed_of_very_many_entries_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "a.rss").write_text("<rss><channel>" + "<item>" * 10_001)
    _, report = read(tmp_path)
    assert report.skipped[0].reason == "has more than 10,000 entries: split it"


def test_a_server_that_asks_for_patience_beyond_the_calendar_is_not_obeyed() -> None:
    with closing(Site()) as site:
        site.pages["/a"] = (503, {"Retry-After": ABSURD[9]}, b"")
        with pytest.raises(FetchError, match="503") as told:
            fetch(f"{site.root}/a")
        assert told.value.wait is None


def test_a_cache_of_vectors_that_is_another_database_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE vectors (other TEXT)")
        database.commit()
    with VectorCache(path, CARD) as cache:
        vectors, made = cache.embed(WordEmbedder(), ["one"])
    assert (vectors.shape, made) == ((1, CARD.dimension), 1)
    assert path.with_suffix(".damaged").exists()


def test_a_cache_of_vectors_whose_header_forbids_to_write_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    with VectorCache(path, CARD) as cache:
        cache.embed(WordEmbedder(), ["one"])
    damaged = bytearray(path.read_bytes())
    damaged[18] = 3  # the version of the file format that a writer must know
    path.write_bytes(damaged)
    with VectorCache(path, CARD) as cache:
        assert cache.embed(WordEmbedder(), ["two"])[1] == 1
    assert path.with_suffix(".damaged").exists()


def test_a_cached_vector_that_is_none_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "vectors.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        database.commit()
    with VectorCache(path, CARD) as cache:
        cache.embed(WordEmbedder(), ["one"])
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE vectors SET vector = NULL")
        database.commit()
    with VectorCache(path, CARD) as cache:
        assert cache.embed(WordEmbedder(), ["one"])[1] == 1


def test_a_watch_whose_memory_was_changed_says_so(tmp_path: Path) -> None:
    with WatchState(tmp_path) as state:
        state.keep("feed", FeedState(), [RawPage("a", "b", PageKind.STORY)])
    with closing(sqlite3.connect(tmp_path / NAME)) as database:
        database.execute("UPDATE entries SET page = ?", ("[" * 100_000,))
        database.commit()
    with WatchState(tmp_path) as state, pytest.raises(ArchiveDamaged, match="Remove it"):
        state.listed(1)


# Any text, and what parsers stumble over more often than chance would have it.
MARKS = ["\x00", "\ud800", "\u202e", "\x85", "<p>", "&amp;", "[1]", "“", "U.S. ", "Aug. 20", "\n\n"]
TEXT = st.lists(
    st.text(max_size=12) | st.sampled_from(MARKS),
    max_size=12,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(text=TEXT, kind=st.sampled_from([PageKind.DUMP, PageKind.STORY]))
def test_what_is_kept_of_any_page_can_be_stored_shown_and_cited(text: str, kind: PageKind) -> None:
    try:
        article = clean(RawPage("a", f"{text}\n{STORY}\n{text}", kind))
    except InputError:
        return
    article.text.encode("utf-8")
    assert article.text.isprintable() or set(filter(lambda char: not char.isprintable(), article.text)).isdisjoint(
        "\x00\x1b\u202e"
    )
    for sentence in split_sentences(article.text):
        assert article.text[sentence.start : sentence.end] == sentence.text


@settings(max_examples=150, deadline=None)
@given(question=TEXT, past=st.lists(TEXT, max_size=3), published=st.dates())
def test_any_question_and_sentence_is_understood_or_refused(question: str, past: list[str], published: date) -> None:
    for dated in (*event_dates(question, published), event_date(question, published, context="".join(past))):
        assert dated is None or dated.first <= dated.last
    try:
        understand(question, today=date(2025, 8, 31), history=[Turn(text, text) for text in past])
    except QuestionError as error:
        assert str(error)


@settings(max_examples=150, deadline=None)
@given(claim=TEXT, sentence=TEXT)
def test_a_sentence_backs_itself_and_a_verdict_has_its_reasons(claim: str, sentence: str) -> None:
    citation = Citation(sentence, 0, len(sentence), "0" * 16, "", "", None, None, sentence, 0)
    found = Verifier().check(claim, [citation])
    assert found.supported == (not found.reasons)
    assert Verifier().check(sentence, [citation]).supported or not sentence.strip()


@settings(max_examples=150, deadline=None)
@given(text=TEXT, size=st.integers(1, 9))
def test_a_reply_is_the_same_in_whatever_pieces_it_comes(text: str, size: int) -> None:
    def claims(pieces: list[str]) -> list[str]:
        reader = ClaimReader()
        return [claim.text for piece in pieces for claim in reader.feed(piece)] + [
            claim.text for claim in reader.finish()
        ]

    assert claims([text[at : at + size] for at in range(0, len(text), size)]) == claims([text])


def test_a_packed_file_within_a_packed_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(gzip.compress(STORY.encode())))
    _, report = read(tmp_path)
    assert "not text" in report.skipped[0].reason
