"""Retrieval alone: what is found for a question, in which order, and what is never found."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import Input
from index.faiss_store import open_archive
from index.rebuild import rebuild
from index.store import Filter
from rag.query import understand
from rag.retriever import Found, Retriever
from tests.word_embedder import CARD, WordEmbedder

DAY = date(2024, 5, 20)
RIVER = (
    "The river Elbe rose to six metres at Dresden after three days of rain, the city said. Volunteers filled sandbags "
    "along the old town, and trams stopped. Schools will stay shut until the water falls, the mayor told reporters."
)
WIRE = (
    "A ferry with 112 people on board ran aground off the island of Tinos in high winds, the Greek coast guard said. "
    "All passengers were taken off by small boats, and nobody was hurt. It had left Piraeus for Mykonos at dawn. "
    "Divers will look at the hull before tugs try to pull the ship free, a port official said."
)
Record = dict[str, str]


def article(text: str, *, day: date | None = DAY, source: str = "Gazette", title: str = "") -> Record:
    published = {"published": day.isoformat()} if day else {}
    return {"text": text, "source": source, "title": title or text.split(",", maxsplit=1)[0][:60], **published}


def on_the_elbe(seed: int) -> str:
    """A report like no other: most of its words are drawn."""
    drawn = random.Random(f"{seed}")
    words = ["".join(drawn.choices("aeioulmnrst", k=7)) for _ in range(24)]
    return f"At Dresden the Elbe rose past {' '.join(words[:12])}. It was seen by {' '.join(words[12:])}."


def search(
    folder: Path,
    records: Sequence[Record],
    question: str,
    *,
    k: int = 10,
    where: Filter | None = None,
    today: date | None = None,
) -> list[Found]:
    """What is found as of DAY, or where `today` is given, on that day of all there is."""
    pages = folder / "pages.jsonl"
    pages.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    rebuild(folder / "archive", Input.of(pages), WordEmbedder())
    store = open_archive(folder / "archive", CARD)
    query = understand(question, as_of=None if today else DAY, today=today or DAY)
    try:
        return Retriever(store, WordEmbedder()).search(query, k=k, where=where or Filter(last=DAY))
    finally:
        store.close()


def test_what_shares_the_questions_words_comes_first(tmp_path: Path) -> None:
    found = search(tmp_path, [article(WIRE), article(RIVER)], "How high did the Elbe rise at Dresden?")
    assert "Elbe" in found[0].stored.passage.text
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_of_two_like_reports_the_nearer_day_comes_first_and_the_older_stays(tmp_path: Path) -> None:
    old = article(RIVER.replace("six", "nine"), day=DAY - timedelta(days=4000), source="Old Gazette")
    found = search(tmp_path, [old, article(RIVER)], "How high did the Elbe rise at Dresden?")
    assert [hit.stored.article.source for hit in found] == ["Gazette", "Old Gazette"]
    assert found[0].closeness == pytest.approx(1)
    assert found[0].fit == pytest.approx(found[1].fit, abs=0.1)


def test_of_an_archive_that_ended_long_ago_the_last_days_are_near(tmp_path: Path) -> None:
    old = article(RIVER.replace("six", "nine"), day=DAY - timedelta(days=60), source="Old Gazette")
    question, today = "How high does the Elbe rise at Dresden?", DAY + timedelta(days=2000)
    found = search(tmp_path, [old, article(RIVER)], question, where=Filter(), today=today)
    assert [(hit.stored.article.source, hit.days_away) for hit in found] == [("Gazette", 0), ("Old Gazette", 60)]
    until = Filter(last=DAY - timedelta(days=9))
    narrowed = search(tmp_path, [old, article(RIVER)], question, where=until, today=today)
    assert [(hit.stored.article.source, hit.days_away) for hit in narrowed] == [("Old Gazette", 51)]


def test_a_question_that_names_days_is_near_to_those_days(tmp_path: Path) -> None:
    march = article(RIVER.replace("six", "nine"), day=date(2024, 3, 10), source="In March")
    found = search(tmp_path, [article(RIVER), march], "How high did the Elbe rise at Dresden in March 2024?")
    assert found[0].stored.article.source == "In March"
    assert (found[0].days_away, found[1].days_away) == (0, 50)


def test_nothing_after_the_as_of_day_is_found_even_where_it_alone_answers(tmp_path: Path) -> None:
    later = article(RIVER, day=DAY + timedelta(days=1))
    assert search(tmp_path, [later], "How high did the Elbe rise at Dresden?") == []


def test_the_filter_holds_before_the_best_are_taken(tmp_path: Path) -> None:
    nearer = [article(on_the_elbe(n), source="Loud") for n in range(150)]
    quiet = article(
        "At Dresden the Elbe carried wood past the gauge, and a heron watched it from the wall.", source="Quiet"
    )
    found = search(
        tmp_path, [*nearer, quiet], "How high did the Elbe rise at Dresden?", where=Filter(sources=frozenset(["Quiet"]))
    )
    assert [hit.stored.article.source for hit in found] == ["Quiet"]


def test_a_wire_story_counts_once_and_names_its_other_outlets(tmp_path: Path) -> None:
    outlets = [article(WIRE, source=name, title=f"{name}: ferry aground") for name in ("Herald", "Post", "Tribune")]
    found = search(tmp_path, [*outlets, article(RIVER)], "Where did the ferry run aground?")
    ferry = [hit for hit in found if "ferry" in hit.stored.passage.text]
    assert len(ferry) == 1
    assert {ferry[0].stored.article.source, *ferry[0].also_in} == {"Herald", "Post", "Tribune"}


def test_an_undated_article_is_found_and_near_to_no_day(tmp_path: Path) -> None:
    [hit] = search(tmp_path, [article(RIVER, day=None)], "How high did the Elbe rise?", where=Filter())
    assert hit.closeness == 0
    assert hit.days_away == float("inf")


@settings(max_examples=15, deadline=None)
@given(
    days=st.lists(st.integers(-40, 40), min_size=1, max_size=6, unique=True),
    k=st.integers(1, 5),
    last=st.integers(-40, 40),
)
def test_no_more_than_asked_for_none_twice_and_none_past_the_filter(days: list[int], k: int, last: int) -> None:
    records = [article(on_the_elbe(n), day=DAY + timedelta(days=n)) for n in days]
    with tempfile.TemporaryDirectory() as folder:
        where = Filter(last=DAY + timedelta(days=last))
        found = search(Path(folder), records, "How high was the Elbe?", k=k, where=where)
    numbers = [hit.stored.number for hit in found]
    assert len(numbers) == len(set(numbers)) <= k
    assert len(numbers) == min(k, sum(n <= last for n in days))
