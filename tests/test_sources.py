"""Ingest: every format, good and broken; what cannot be read is named and passed over, and the rest goes on."""

from __future__ import annotations

import gzip
import io
import json
import os
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from index.article import PageKind, RawPage
from index.errors import InputError
from index.sources import SkipReport, parse_mapping, read_pages

RECORD = {
    "headline": "Ferry line opens",
    "body": "A ferry line opened on Monday.",
    "date": "2025-05-05",
    "link": "https://www.coast.example/ferry",
    "byline": "By Ana Lund and Bo Ek",
}


def pages(path: Path, **options: dict[str, str]) -> list[RawPage]:
    return list(read_pages([path], strict=True, **options))  # type: ignore[arg-type]


def skips(path: Path) -> tuple[list[RawPage], SkipReport]:
    report = SkipReport()
    return list(read_pages([path], report=report)), report


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def assert_is_the_record(page: RawPage) -> None:
    assert (page.title, page.content, page.published) == ("Ferry line opens", RECORD["body"], "2025-05-05")
    assert (page.source, page.url) == ("coast.example", RECORD["link"])
    assert page.authors == ("Ana Lund", "Bo Ek")
    assert page.kind is PageKind.STORY


def test_a_text_dump_is_one_page_of_its_folder(tmp_path: Path) -> None:
    [page] = pages(write(tmp_path / "coast" / "a.txt", " date 2025-05-05 Ferry\n\nA ferry line opened."))
    assert (page.kind, page.source) == (PageKind.DUMP, "coast")
    assert page.content.startswith(" date 2025-05-05")


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a", "a.xml"])
def test_a_page_of_html_is_known_by_name_or_content(tmp_path: Path, name: str) -> None:
    [page] = pages(write(tmp_path / name, "<!doctype html><html><body><p>Zdravo.</p></body></html>"))
    assert page.kind is PageKind.HTML


def test_the_encoding_of_a_page_is_found(tmp_path: Path) -> None:
    markup = '<html><head><meta charset="windows-1254"></head><p>Türkiye ve İran görüştü; ağaç, şehir.</p></html>'
    [page] = pages(write(tmp_path / "a.html", markup.encode("windows-1254")))
    assert "Türkiye ve İran görüştü; ağaç, şehir." in page.content


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("El niño comió en España, ¿verdad?", "cp1252"),
        ("Президент заявил, что переговоры прошли успешно.", "cp1251"),
        ("首相は会見で述べた。日本の経済は回復している。", "cp932"),
        ("Zdravo š", "utf-16"),
        ("Zdravo š", "utf-8-sig"),
    ],
)
def test_text_without_a_label_is_read_in_its_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    [page] = pages(write(tmp_path / "a.txt", text.encode(encoding)))
    assert page.content == text


def test_a_few_broken_bytes_do_not_change_the_encoding(tmp_path: Path) -> None:
    [page] = pages(write(tmp_path / "a.txt", "Šibenik, Čakovec, Đakovo ".encode() * 4 + b"\xff\x00"))
    assert page.content == "Šibenik, Čakovec, Đakovo " * 4 + "\ufffd"


def test_json_in_its_shapes(tmp_path: Path) -> None:
    one = json.dumps(RECORD)
    for name, content in {
        "object.json": one,
        "list.json": f"[{one}, {one}]",
        "wrapped.json": f'{{"articles": [{one}]}}',
        "late.json": f'{{"count": 1, "articles": [{one}]}}',
        "lines.jsonl": f"{one}\n\n{one}\n",
        "lines.json": f"{one}\n{one}\n",
        "noname": one,
    }.items():
        found = pages(write(tmp_path / name, content))
        assert found, name
        for page in found:
            assert_is_the_record(page)


SHAPES = {
    "NewsAPI": {
        "articles": [
            {"source": {"id": None, "name": "Coast"}, "title": "Ferry", "content": "Opened.", "publishedAt": "d"}
        ]
    },
    "JSON Feed": {
        "title": "Coast",
        "items": [{"title": "Ferry", "content_html": "<p>Opened.</p>", "date_published": "d", "source": "Coast"}],
    },
    "WordPress": [
        {
            "title": {"rendered": "Ferry"},
            "content": {"rendered": "<p>Opened.</p>"},
            "date": "d",
            "site": "Coast",
            "author": 3,
        }
    ],
    "schema.org": {
        "@type": "NewsArticle",
        "headline": "Ferry",
        "articleBody": "Opened.",
        "datePublished": "d",
        "publisher": {"@type": "Organization", "name": "Coast"},
    },
    "nested": {"data": {"articles": [{"title": "Ferry", "text": ["Opened."], "date": "d", "outlet": "Coast"}]}},
}


@pytest.mark.parametrize("name", SHAPES)
def test_records_as_news_services_shape_them(tmp_path: Path, name: str) -> None:
    [page] = pages(write(tmp_path / "a.json", json.dumps(SHAPES[name])))
    assert (page.title, page.content, page.published, page.source) == ("Ferry", "Opened.", "d", "Coast")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("By Ana Lund and Bo Ek", ("Ana Lund", "Bo Ek")),
        ("Ana Lund, Bo Ek", ("Ana Lund", "Bo Ek")),
        ("Lund, Ana", ("Lund, Ana",)),
        ("['Ana Lund', 'Bo Ek']", ("Ana Lund", "Bo Ek")),
        ([{"name": "Ana Lund"}, {"name": "Bo Ek"}], ("Ana Lund", "Bo Ek")),
        (7, ()),
    ],
)
def test_authors_in_the_ways_they_are_written(tmp_path: Path, given: object, names: tuple[str, ...]) -> None:
    [page] = pages(write(tmp_path / "a.json", json.dumps({"text": "Opened.", "authors": given})))
    assert page.authors == names


def test_odd_values_in_json_are_read_as_absent_or_mended(tmp_path: Path) -> None:
    lines = (
        b'{"text": "One.", "title": NaN, "date": null, "url": "javascript:alert(1)"}\n'
        b'{"text": "First.", "text": "Last."}\n'
        b'{"text": "a\\ud800b\\u0000c \xc5\xa0\xc4\x8d\xc3\xa9\xc3\xa8 \xff"}\n'
        b'{"text": "d", "timestamp": 1655000000}\n'
    )
    found = pages(write(tmp_path / "a.jsonl", lines))
    assert [page.content for page in found] == ["One.", "Last.", "a\ufffdbc Ščéè \ufffd", "d"]
    assert (found[0].title, found[0].published, found[0].url) == (None, None, None)
    assert found[3].published == "1655000000"


def test_markup_in_a_field_becomes_text_and_a_whole_page_stays_html(tmp_path: Path) -> None:
    fragment = (
        "<!-- block --><p>A ferry&nbsp;line <b>opened</b>, at 5 &lt; 6.</p><ul><li>One</li><li>Two</li></ul>"
        "<figure><img><figcaption>The quay</figcaption></figure><script>alert(1)</script>Last<br>line"
    )
    whole = "<!doctype html><html><body><p>Opened.</p></body></html>"
    plain = "Where a < b and c > d"
    path = write(tmp_path / "a.json", json.dumps([{"text": text} for text in (fragment, whole, plain)]))
    first, second, third = pages(path)
    assert first.content == "A ferry\xa0line opened, at 5 < 6.\n\nOne\n\nTwo\n\nLast\nline"
    assert (first.kind, first.caption) == (PageKind.STORY, "The quay")
    assert (second.kind, second.content) == (PageKind.HTML, whole)
    assert (third.kind, third.content) == (PageKind.STORY, plain)


def test_many_comments_before_a_text_cost_no_time(tmp_path: Path) -> None:
    body = "<!-- block -->" * 5_000 + "Opened."
    [page] = pages(write(tmp_path / "a.json", json.dumps({"text": body})))  # hours, were the pattern to backtrack
    assert page.content == body


def test_news_please_json(tmp_path: Path) -> None:
    record = {
        "maintext": "A ferry line opened.",
        "title": "Ferry",
        "date_publish": "2025-05-05 08:00:00",
        "source_domain": "coast.example",
        "authors": ["Ana Lund"],
        "language": "en",
        "url": "https://coast.example/1",
        "description": "In short",
    }
    [page] = pages(write(tmp_path / "a.json", json.dumps(record)))
    assert (page.content, page.published, page.source) == (
        "A ferry line opened.",
        "2025-05-05 08:00:00",
        "coast.example",
    )
    assert (page.language, page.authors) == ("en", ("Ana Lund",))


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t")])
def test_tables(tmp_path: Path, name: str, mark: str) -> None:
    cells = [f'"{value}"' for value in RECORD.values()]
    [page] = pages(write(tmp_path / name, mark.join(RECORD) + "\r\n" + mark.join(cells) + "\r\n"))
    assert_is_the_record(page)


def test_a_table_with_a_long_cell_and_a_quoted_line_break(tmp_path: Path) -> None:
    text = "First line.\nSecond. " + "word " * 60_000
    [page] = pages(write(tmp_path / "a.csv", f'title,text\nLong,"{text}"\n'))
    assert page.content == text.strip()


def test_rows_that_are_not_as_the_header_says_are_skipped_alone(tmp_path: Path) -> None:
    rows = 'title,text\nA,one, two\nB,fine\nC,"never closed\nD,"lost"\nE,fine too,\nF\n'
    found, report = skips(write(tmp_path / "a.csv", rows))
    assert [(page.title, page.content) for page in found] == [("B", "fine"), ("E", "fine too")]
    assert [skip.origin.rsplit("#")[-1] for skip in report.skipped] == ["1", "3", "5"]
    for skip, told in zip(report.skipped, ("3 cells under 2", "quotation mark", "no text"), strict=True):
        assert told in skip.reason


def test_a_table_without_a_column_for_the_text_says_how_to_name_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "head,copy\nFerry,Opened.\n")
    found, report = skips(path)
    assert not found
    assert "(head, copy)" in report.skipped[0].reason
    assert "--map text=" in report.skipped[0].reason
    [page] = pages(path, mapping={"text": "copy", "title": "head"})
    assert (page.title, page.content) == ("Ferry", "Opened.")


def test_a_table_without_an_extension_is_known_by_its_header(tmp_path: Path) -> None:
    [page] = pages(write(tmp_path / "export", 'Headline;Body;Published At\n"A; b";Opened.;2025-05-05\n'))
    assert (page.title, page.content, page.published) == ("A; b", "Opened.", "2025-05-05")


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Coast News</title><item><title>Ferry &amp; quay</title><link>https://coast.example/1</link>
<pubDate>Mon, 05 May 2025 08:00:00 GMT</pubDate><description>Short.</description>
<content:encoded><![CDATA[<p>A ferry line opened.</p><p>It runs <b>daily</b>.</p>
<script>alert(1)</script>]]></content:encoded></item>
<item><title>Empty</title><link>https://coast.example/2</link></item></channel></rss>"""

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Coast</title><entry><title>Ferry</title>
<link href="https://coast.example/1"/><updated>2025-05-05T08:00:00Z</updated><author><name>Ana Lund</name></author>
<content type="html">&lt;p&gt;A ferry line opened.&lt;/p&gt;</content></entry></feed>"""


def test_feeds(tmp_path: Path) -> None:
    found, report = skips(write(tmp_path / "a.rss", RSS))
    assert [(p.title, p.source, p.content) for p in found] == [
        ("Ferry & quay", "coast.example", "A ferry line opened.\n\nIt runs daily.")
    ]
    assert report.skipped[0].origin.endswith("a.rss#2")
    [page] = pages(write(tmp_path / "b.xml", ATOM))
    assert (page.content, page.published, page.authors) == (
        "A ferry line opened.",
        "2025-05-05T08:00:00Z",
        ("Ana Lund",),
    )


def test_a_broken_feed_gives_what_stands_and_says_so(tmp_path: Path) -> None:
    found, report = skips(write(tmp_path / "a.rss", RSS[: RSS.index("<item><title>Empty")]))
    assert [page.content for page in found] == ["A ferry line opened.\n\nIt runs daily."]
    assert "the feed is broken" in report.skipped[0].reason


def test_a_sitemap_names_pages_that_have_to_be_fetched_first(tmp_path: Path) -> None:
    found, report = skips(
        write(
            tmp_path / "map.xml",
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://coast.example/1</loc></url>'
            "<url><loc>https://coast.example/2</loc></url></urlset>",
        )
    )
    assert not found
    assert [skip.origin.rsplit("#")[-1] for skip in report.skipped] == ["1", "2"]
    assert "fetch the page first" in report.skipped[0].reason


def warc(zipped: bool) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=zipped)
    for kind, body in (("text/html; charset=utf-8", "<html><p>Ferry — open</p></html>"), ("image/png", "x")):
        headers = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
        payload = io.BytesIO(body.encode())
        writer.write_record(
            writer.create_warc_record("https://coast.example/1", "response", payload, http_headers=headers)
        )
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")  # the writer's
@pytest.mark.parametrize(("name", "zipped"), [("a.warc", False), ("a.warc.gz", True)])
def test_warc_gives_its_html_responses(tmp_path: Path, name: str, zipped: bool) -> None:
    [page] = pages(write(tmp_path / name, warc(zipped)))
    assert (page.url, page.source, page.kind) == ("https://coast.example/1", "coast.example", PageKind.HTML)
    assert "Ferry — open" in page.content


@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")  # the writer's
def test_one_bad_record_does_not_stop_a_web_archive(tmp_path: Path) -> None:
    good = warc(zipped=False)
    bad = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: many\r\n\r\nHTTP/1.1 200 OK\r\n\r\nlost\r\n\r\n"
    found, report = skips(write(tmp_path / "a.warc", good + bad + good + good[:600]))
    assert len(found) >= 2
    assert report.skipped[0].origin.endswith(f"#{good.count(b'WARC/1.0') + 1}")
    assert "the record is broken" in report.skipped[0].reason


def test_a_little_file_that_unpacks_to_a_flood_is_stopped(tmp_path: Path) -> None:
    line = json.dumps({"text": "A ferry line opened."}).encode() + b"\n"
    packed = zstandard.ZstdCompressor().compressobj()
    path = tmp_path / "a.jsonl.zst"
    with path.open("wb") as stream:
        stream.write(packed.compress(line))
        for _ in range(80):
            stream.write(packed.compress(b" " * 2**20))
        stream.write(packed.flush())
    found, report = skips(path)
    assert len(found) == 1
    assert "grows more than" in report.skipped[-1].reason or "longer than" in report.skipped[-1].reason


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_packed_file_cut_short_gives_its_whole_lines(tmp_path: Path, name: str) -> None:
    text = b"".join(json.dumps({"text": f"Ferry {n} opened."}).encode() + b"\n" for n in range(60_000))
    packed = gzip.compress(text) if name.endswith("gz") else zstandard.compress(text)
    found, report = skips(write(tmp_path / name, packed[: len(packed) * 3 // 4]))
    assert found[-1].content == f"Ferry {len(found) - 1} opened."
    assert len(found) > 1000
    assert "end too early" in report.skipped[-1].reason


def test_packed_files_and_mixed_folders(tmp_path: Path) -> None:
    one = json.dumps(RECORD).encode()
    write(tmp_path / "in" / "a.json.gz", gzip.compress(one))
    write(tmp_path / "in" / "deep" / "b.jsonl.zst", zstandard.compress(one + b"\n" + one))
    write(tmp_path / "in" / "c.txt", "A ferry line opened.")
    write(tmp_path / "in" / ".hidden.txt", "Not read.")
    write(tmp_path / "in" / "photo.jpg", b"\xff\xd8\xff")
    found, report = skips(tmp_path / "in")
    assert [Path(page.origin).name for page in found] == ["a.json.gz", "c.txt", "b.jsonl.zst#1", "b.jsonl.zst#2"]
    assert [Path(skip.origin).name for skip in report.skipped] == ["photo.jpg"]


def test_links_that_lead_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.txt", "Secret.")
    write(tmp_path / "in" / "a.txt", "Open.")
    (tmp_path / "in" / "b.txt").symlink_to(secret)
    found, report = skips(tmp_path / "in")
    assert [page.content for page in found] == ["Open."]
    assert "leads out of the folder" in report.skipped[0].reason


def test_strange_file_names_are_shown_harmless(tmp_path: Path) -> None:
    write(tmp_path / "ünï 新聞.txt", "Zdravo.")
    with open(os.fsencode(tmp_path) + b"/bad\xff\x1b[31m.txt", "wb") as stream:  # noqa: PTH123
        stream.write(b"Zdravo.")
    assert sorted(page.origin.rsplit("/")[-1] for page in pages(tmp_path)) == [
        "bad\ufffd\ufffd[31m.txt",
        "ünï 新聞.txt",
    ]


BROKEN = {
    "cut.json.gz": (gzip.compress(json.dumps(RECORD).encode())[:-20], "cut.json.gz", "gz|end|cut|Compressed"),
    "bad.json": (b'{"title": ', "bad.json#1", "not valid JSON"),
    "list.json": (b'[{"title": "x", "text": "y"}, {"title', "list.json#2", "not valid JSON"),
    "no-text.jsonl": (b'{"title": "x"}\n', "no-text.jsonl#1", "no text: none of its fields.*--map text="),
    "number.jsonl": (b"17\n", "number.jsonl#1", "has to be an object with named fields"),
    "deep.jsonl": (b"[" * 100_000 + b"\n", "deep.jsonl#1", "deep|not valid JSON"),
    "empty.csv": (b"", "empty.csv", "is empty"),
    "not.rss": (b"hello", "not.rss", "the feed is broken"),
    "not.warc": (b"hello there\r\n", "not.warc#1", "the record is broken"),
    "odd.xml": (b"<catalogue/>", "odd.xml", "none of the formats read"),
    "photo.png": (b"\x89PNG", "photo.png", "unknown kind of file"),
    "blank.txt": (b" \n ", "blank.txt", "only blanks"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_named_with_its_reason(tmp_path: Path, name: str) -> None:
    content, origin, reason = BROKEN[name]
    write(tmp_path / "in" / name, content)
    write(tmp_path / "in" / "zz.txt", "A ferry line opened.")
    found, report = skips(tmp_path / "in")
    assert found[-1].content == "A ferry line opened."
    assert report.skipped[-1].origin.endswith(origin)
    with pytest.raises(InputError, match=reason):
        list(read_pages([tmp_path / "in"], strict=True))


def test_one_bad_line_does_not_stop_the_others(tmp_path: Path) -> None:
    one = json.dumps(RECORD)
    found, report = skips(write(tmp_path / "a.jsonl", f"{one}\n{{oops}}\n{one}\n"))
    assert [page.origin.rsplit("#")[-1] for page in found] == ["1", "3"]
    assert report.skipped[0].origin.endswith("a.jsonl#2")
    assert report.summary().startswith("2 read, 1 skipped")


def test_other_field_names_are_mapped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps({"hed": "Ferry", "copy": "A ferry line opened.", "title": "x"}))
    [page] = pages(path, mapping=parse_mapping(["title=hed", "text=copy"]))
    assert (page.title, page.content) == ("Ferry", "A ferry line opened.")
    with pytest.raises(InputError, match=r"nonsense.*title"):
        parse_mapping(["nonsense=title"])
    with pytest.raises(InputError, match="OURS=THEIRS"):
        parse_mapping(["title"])


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_pages([tmp_path / "nothing"]))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_memory_does_not_grow_with_the_input(tmp_path: Path, name: str) -> None:
    text = "A ferry line opened on Monday. " * 30
    with (tmp_path / name).open("w") as stream:
        if name == "a.csv":
            stream.write("title,text\n" + f"t,{text}\n" * 20_000)
        else:
            line = json.dumps({"title": "t", "text": text})
            opening, between, closing = ("[", ",\n", "]") if name == "a.json" else ("", "\n", "")
            stream.write(opening + between.join([line] * 20_000) + closing)
    assert (tmp_path / name).stat().st_size > 15 * 2**20
    tracemalloc.start()
    count = sum(1 for _ in read_pages([tmp_path / name]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 4 * 2**20


def test_the_report_keeps_some_skips_and_counts_all(tmp_path: Path) -> None:
    _, report = skips(write(tmp_path / "a.jsonl", "\n".join(["[1]"] * 3_000)))
    assert (report.total, len(report.skipped), report.read) == (3_000, 1_000, 0)
    assert list(report.reasons.values()) == [3_000]


@pytest.mark.parametrize(
    ("name", "count"), [("newsqa/articles.jsonl.gz", 4_712), ("cleaning/html", 91), ("articles", 1)]
)
def test_the_shared_data_are_read_whole(name: str, count: int) -> None:
    path = Path(__file__).parents[2] / "shared" / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    assert sum(1 for _ in read_pages([path], strict=True)) == count


SUFFIXES = (".txt", ".html", ".json", ".jsonl", ".csv", ".tsv", ".rss", ".warc", ".xml", "", ".gz", ".zst")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400), name=st.sampled_from(SUFFIXES))
def test_no_bytes_stop_an_ingest(tmp_path: Path, content: bytes, name: str) -> None:
    path = write(tmp_path / f"file{name}", content)
    for page in read_pages([path]):
        assert "\x00" not in page.content
        page.content.encode("utf-8")


SOUND = {
    "a.json": json.dumps({"articles": [RECORD, RECORD], "n": 1}).encode(),
    "a.jsonl": (json.dumps(RECORD) + "\n").encode() * 2,
    "a.csv": b'title,text,date\nA,"B ""q"" x",2025-01-01\nC,D,E\n',
    "a.rss": RSS.encode(),
    "a.atom": ATOM.encode(),
    "a.warc": b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://coast.example/1\r\nContent-Length: 62\r\n"
    b"Content-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><p>Ferry\r\n\r\n",
    "a.xml": b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://coast.example</loc></url></urlset>',
    "a.html": b'<!doctype html><html><head><meta charset="utf-8"></head><p>Ferry</p></html>',
    "a.jsonl.gz": gzip.compress(json.dumps(RECORD).encode() * 2),
    "a.jsonl.zst": zstandard.compress(json.dumps(RECORD).encode() * 2),
}
BITS = (
    b"",
    b"<",
    b"&",
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"\\ud800",
    b"{",
    b"[",
    b"NaN",
    b"\n",
    b"-1",
    b"9" * 9,
    b"<!DOCTYPE x [",
    b"}",
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(SOUND)),
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(BITS)), min_size=1, max_size=4),
)
def test_no_damage_to_a_sound_file_stops_an_ingest(
    tmp_path: Path, name: str, damage: list[tuple[float, int, bytes]]
) -> None:
    content = SOUND[name]
    for where, cut, bits in damage:
        place = int(where * len(content))
        content = content[:place] + bits + content[place + cut :]
    for page in read_pages([write(tmp_path / name, content)]):
        for text in (page.content, page.title or "", page.source or "", page.published or "", *page.authors):
            assert "\x00" not in text
            text.encode("utf-8")
