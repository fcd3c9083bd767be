"""The example archive is what its README says: checked on the raw files, by plain reading."""

from __future__ import annotations

import csv
import gzip
import html
import json
import re
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import feedparser
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
ARTICLES = EXAMPLES / "articles"
HEAD_LINE = re.compile(r" date (\d{4}-\d{2}-\d{2}) (.+)")
STORY_END = re.compile(r"^(?:\S+ToUpperInvariant\(\)|Share this article)", re.MULTILINE)


class Example(NamedTuple):
    kind: str
    published: date
    title: str
    story: str
    rest: str  # what stands on the page beside the story
    url: str = ""


def _untagged(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))


def _text_page(path: Path) -> Example:
    content = path.read_text(encoding="utf-8")
    head = HEAD_LINE.match(content)
    assert head, f"{path} has no head line"
    body = content[head.end() :]
    junk = STORY_END.search(body)
    cut = junk.start() if junk else len(body)
    return Example("dump" if junk else "clean", date.fromisoformat(head[1]), head[2], body[:cut], body[cut:])


def _html_page(path: Path) -> Example:
    raw = path.read_bytes()
    markup = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    headline = re.search(r"<h1[^>]*>(.*?)</h1>", markup)
    link = re.search(r'rel="canonical" href="([^"]+)"', markup)
    day = re.search(r"\d{4}-\d{2}-\d{2}", path.name)
    assert headline and link and day
    end = re.search(r"</article>|<p class=\"tags\">", markup)
    assert end
    story, rest = markup[headline.end() : end.start()], markup[end.start() :]
    title = html.unescape(headline[1])
    return Example("html", date.fromisoformat(day[0]), title, _untagged(story), _untagged(rest), link[1])


def _records(path: Path) -> Iterator[Example]:
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        for line in content.splitlines():
            row = json.loads(line)
            yield Example("jsonl", date.fromisoformat(row["published"]), row["title"], row["text"], "", row["url"])
    elif path.suffix == ".csv":
        for row in csv.DictReader(content.splitlines(keepends=True)):
            yield Example("csv", date.fromisoformat(row["date"]), row["headline"], row["body"], "", row["link"])
    elif path.suffix == ".json":
        row = json.loads(content)
        day = date.fromisoformat(row["date_publish"].split()[0])
        yield Example("news-please", day, row["title"], row["maintext"], "", row["url"])
    elif path.suffix == ".rss":
        for entry in feedparser.parse(content).entries:
            body = entry.content[0].value if "content" in entry else entry.description
            day = parsedate_to_datetime(entry.published).date()
            yield Example("rss", day, entry.title, _untagged(body), "", entry.link)


def _read(path: Path) -> list[Example]:
    if path.suffix == ".txt":
        return [_text_page(path)]
    if ".html" in path.suffixes:
        return [_html_page(path)]
    return list(_records(path))


def _read_all() -> dict[str, Example]:
    found: dict[str, Example] = {}
    for path in sorted(p for p in ARTICLES.rglob("*") if p.is_file()):
        name = path.relative_to(ARTICLES).as_posix()
        examples = _read(path)
        assert examples, f"{name} is no article file"
        many = path.suffix in {".jsonl", ".csv", ".rss"}
        found |= {f"{name}#{n}" if many else name: example for n, example in enumerate(examples, 1)}
    return found


ALL = _read_all()
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [q for q in QUESTIONS if q["answerable"]]
UNANSWERABLE = [q for q in QUESTIONS if not q["answerable"]]

# What a story would have to mention to answer the question; "71" or "Arsenal" alone could stand anywhere.
WANTED = {
    "ex-25": ("Eze", "Crystal Palace", "Arsenal"),
    "ex-26": ("Ryder Cup", "Bethpage"),
    "ex-27": ("Hulk Hogan",),
    "ex-28": ("Osbourne", "Black Sabbath"),
    "ex-29": ("Lecornu",),
    "ex-30": ("Machado",),
}


def _holds(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text) is not None


@pytest.mark.parametrize(
    ("kind", "count"),
    [("dump", 12), ("clean", 8), ("html", 10), ("jsonl", 7), ("csv", 3), ("rss", 3), ("news-please", 1)],
)
def test_every_format_is_there(kind: str, count: int) -> None:
    assert sum(example.kind == kind for example in ALL.values()) == count


def test_articles_spread_over_the_promised_months() -> None:
    days = sorted(example.published for example in ALL.values())
    assert days[0] == date(2024, 6, 4)
    assert days[-1] == date(2025, 9, 18)
    assert sum(day >= date(2025, 6, 1) for day in days) > len(days) / 2


@pytest.mark.parametrize("name", ALL)
def test_a_story_is_a_news_story(name: str) -> None:
    example = ALL[name]
    assert example.title.strip()
    assert 120 <= len(example.story.split()) <= 400
    assert not example.url or urlsplit(example.url).hostname.endswith(".example")  # type: ignore[union-attr]
    dated = re.search(r"\d{4}-\d{2}-\d{2}", name)
    assert dated is None or dated[0] == example.published.isoformat()


@pytest.mark.parametrize("name", ALL)
def test_a_story_holds_no_wrapping_of_its_page(name: str) -> None:
    story = ALL[name].story
    for furniture in ("ToUpperInvariant", "LATEST NEWS", "MOST READ", "cookies", "Recommended"):
        assert furniture not in story


@pytest.mark.parametrize("name", [name for name, example in ALL.items() if example.kind == "dump"])
def test_a_dump_carries_rails_of_other_stories(name: str) -> None:
    rest = ALL[name].rest
    lines = [line.strip() for line in rest.splitlines() if line.strip()]
    assert "ToUpperInvariant()" in rest
    assert ALL[name].title not in lines
    assert len([line for line in set(lines) if lines.count(line) > 1]) >= 4


def test_some_rails_tease_stories_of_the_archive_that_came_later() -> None:
    leaks = {
        (name, other)
        for name, example in ALL.items()
        for other, story in ALL.items()
        if story.title in example.rest and story.published > example.published
    }
    assert ("harbour-wire/belarus-iran-package-2025-08-21.txt", "harbour-wire/thai-court-2025-08-29.txt") in leaks
    assert len(leaks) >= 10


def test_pages_without_a_date_in_their_metadata() -> None:
    comet = (ARTICLES / "solent-courier/comet-3i-atlas-2025-07-03.html").read_text(encoding="utf-8")
    nato = (ARTICLES / "eastline-news/nato-five-percent-2025-06-26.html").read_text(encoding="utf-8")
    for page in (comet, nato):
        assert not re.search(r"datePublished|published_time|name=\"date\"|datetime=", page)
    assert "Published Thursday, 3 July 2025" in comet
    assert "/2025/06/26/" in nato
    assert "2025" not in _untagged(re.sub(r"(?s)<(head|script)\b.*?</\1>", "", nato))


def test_the_main_example_says_it_in_one_sentence() -> None:
    story = ALL["harbour-wire/belarus-iran-package-2025-08-21.txt"].story
    (line,) = [line for line in story.splitlines() if "13 documents" in line]
    assert line.startswith("Belarus and Iran signed a package of 13 documents on Aug. 20")


def test_wire_copies_differ_by_headline_and_two_paragraphs() -> None:
    first, second = ALL["solent-courier/bulgaria-euro-2025-07-09.html"], ALL["tidewater-daily.jsonl#1"]
    markup = (ARTICLES / "solent-courier/bulgaria-euro-2025-07-09.html").read_text(encoding="utf-8")
    body = markup[markup.index("articleBody") : markup.index('<p class="tags">')]
    one = {_untagged(p).strip() for p in re.findall(r"<p>(.*?)</p>", body)}
    two = set(second.story.split("\n\n"))
    assert first.title != second.title
    assert abs((first.published - second.published).days) <= 1
    assert len(one & two) >= 4
    assert one - two
    assert two - one


def test_the_correction_names_both_figures() -> None:
    original = ALL["harbour-wire/rubin-first-pictures-2025-06-23.txt"]
    corrected = ALL["harbour-wire/rubin-first-pictures-corrected-2025-06-24.txt"]
    assert "2,300 megapixels" in original.story
    assert "3,200" not in original.story
    assert "Correction: an earlier version of this article said" in corrected.story
    assert {"2,300", "3,200"} <= set(re.findall(r"\d,\d{3}", corrected.story))
    assert corrected.published > original.published


@pytest.mark.parametrize(
    "tolls",
    [
        {
            "harbour-wire/afghanistan-quake-2025-09-01.txt": "622 dead",
            "eastline-news/afghanistan-quake-toll-2025-09-02.html": "1,411 people were dead",
            "tidewater-daily.jsonl#7": "2,205 people were killed",
        },
        {
            "northgate-herald/lisbon-funicular-2025-09-04.txt": "toll stood at 17",
            "solent-courier/lisbon-toll-lowered-2025-09-05.html": "Sixteen people, not 17, died",
        },
    ],
)
def test_outlets_give_different_tolls_on_different_days(tolls: dict[str, str]) -> None:
    days = [ALL[name].published for name in tolls]
    assert days == sorted(set(days))
    for name, words in tolls.items():
        assert words in ALL[name].story


def test_questions_are_thirty_of_which_six_have_no_answer() -> None:
    assert len({q["id"] for q in QUESTIONS}) == len(QUESTIONS) == 30
    assert len(UNANSWERABLE) == 6
    assert {q["id"] for q in UNANSWERABLE} == set(WANTED)


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda q: q["id"])
def test_the_answer_stands_in_the_story(question: dict[str, Any]) -> None:
    example = ALL[question["file"]]
    assert _holds(example.story, question["answer"])
    assert example.published <= date.fromisoformat(question["asked"])
    assert len(question["answer"]) < 40


@pytest.mark.parametrize("question", UNANSWERABLE, ids=lambda q: q["id"])
def test_the_wanted_fact_stands_in_no_story(question: dict[str, Any]) -> None:
    for name, example in ALL.items():
        for word in WANTED[question["id"]]:
            assert not _holds(example.title + "\n" + example.story, word), name


@pytest.mark.parametrize("question", UNANSWERABLE, ids=lambda q: q["id"])
def test_poison_stands_in_the_rails_of_one_page_alone(question: dict[str, Any]) -> None:
    words = WANTED[question["id"]]
    places = {name for name, example in ALL.items() if any(_holds(example.rest, word) for word in words)}
    assert places == ({question["file"]} if question["file"] else set())
    if question["file"]:
        assert _holds(ALL[question["file"]].rest, question["answer"])


def test_the_readme_names_every_file() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in (p for p in ARTICLES.rglob("*") if p.is_file()):
        assert path.name in readme
    assert f"{len(ALL)} news articles" in readme
