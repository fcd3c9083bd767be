"""An archive: what is built can be searched, a generation is whole or absent, and damage is found before it is read."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.build import BuildReport, Input
from index.embedding import ModelCard
from index.errors import ArchiveDamaged, ArchiveLocked, ArchiveMissing, InputError, ModelMismatch
from index.faiss_store import open_archive
from index.generation import ArchivePaths, prune, writer_lock
from index.rebuild import add, delete, rebuild
from index.store import Filter
from index.verify import verify_archive
from tests.word_embedder import WordEmbedder

WORDS = WordEmbedder()
TOWNS = ("Ankara", "Bergen", "Cusco", "Dakar", "Essen", "Fez", "Gdansk", "Hanoi", "Izmir", "Jena", "Kobe", "Lima")


def story(number: int) -> dict[str, str]:
    """A short article of its own town, day and figures."""
    town = TOWNS[number % len(TOWNS)]
    day = date(2025, 3, 1) + timedelta(days=number)
    text = (
        f"The council of {town} voted on plan {number} for its harbour after a debate of {number + 2} hours. "
        f"Engineers said the quay numbered {number} would be {number * 7 + 40} metres long.\n\n"
        f"Work in {town} is to begin in spring, and {number + 100} people will be hired for it, the mayor said."
    )
    return {
        "title": f"{town} votes on harbour plan {number}",
        "text": text,
        "published": day.isoformat(),
        "source": f"outlet{number % 3}.example",
        "url": f"https://outlet{number % 3}.example/{number}",
    }


def write_stories(path: Path, numbers: range) -> Path:
    path.write_text("".join(json.dumps(story(n)) + "\n" for n in numbers), encoding="utf-8")
    return path


def touched(path: Path) -> Path:
    """The same stories in a file that is not the same, so that a build of it is made anew."""
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    rebuild(tmp_path / "archive", Input.of(write_stories(tmp_path / "a.jsonl", range(12))), WORDS)
    return tmp_path / "archive"


def test_a_built_archive_is_searched_by_meaning_and_by_words(archive: Path) -> None:
    store = open_archive(archive, WORDS.card)
    nearest = store.dense(WORDS.embed_question("The council of Cusco voted on plan 2 for its harbour"), 3, Filter())
    assert store.passages([nearest[0].passage])[0].article.title == "Cusco votes on harbour plan 2"
    assert [hit.score for hit in nearest] == sorted((hit.score for hit in nearest), reverse=True)
    [only] = store.lexical(["gdansk"], 10, Filter())
    assert store.passages([only.passage])[0].article.published == date(2025, 3, 7)


def test_what_was_stored_comes_back_as_it_was(archive: Path) -> None:
    store = open_archive(archive)
    for number in range(12):
        [hit] = store.lexical([TOWNS[number]], 1, Filter())
        stored = store.passages([hit.passage])[0]
        article = stored.article
        assert (article.title, article.source, article.url) == (
            story(number)["title"],
            story(number)["source"],
            story(number)["url"],
        )
        assert stored.article_id == article.id
        assert store.article(article.id) == article
        for sentence in store.sentences(article.id):
            assert article.text[sentence.start : sentence.end] == sentence.text
        assert stored.passage.text == article.text[stored.passage.start : stored.passage.end]


@pytest.mark.parametrize("search", ["dense", "lexical"])
def test_filters_come_before_the_best_are_taken(archive: Path, search: str) -> None:
    store = open_archive(archive)

    def ask(k: int, where: Filter) -> list[int]:
        hits = (
            store.dense(WORDS.embed_question("council harbour"), k, where)
            if search == "dense"
            else store.lexical(["council", "harbour"], k, where)
        )
        days = [store.passages([hit.passage])[0].article.published for hit in hits]
        return [(day - date(2025, 3, 1)).days for day in days if day]

    assert set(ask(100, Filter(last=date(2025, 3, 4)))) == {0, 1, 2, 3}
    # One article in twelve passes, and it is found at k = 1 whatever ranks above it without the filter.
    for number in range(12):
        day = date(2025, 3, 1) + timedelta(days=number)
        assert ask(1, Filter(first=day, last=day)) == [number]
    assert set(ask(100, Filter(sources=frozenset({"outlet1.example"})))) == {1, 4, 7, 10}
    assert ask(100, Filter(sources=frozenset({"nobody.example"}))) == []
    assert ask(0, Filter()) == []


def test_an_undated_article_is_not_seen_as_of_any_day(tmp_path: Path) -> None:
    undated = {key: value for key, value in story(3).items() if key != "published"}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(undated) + "\n" + json.dumps(story(4)) + "\n", encoding="utf-8")
    rebuild(tmp_path / "archive", Input.of(path), WORDS)
    store = open_archive(tmp_path / "archive")
    assert store.coverage().undated == 1
    assert len(store.lexical(["dakar"], 5, Filter())) == 1
    assert store.lexical(["dakar"], 5, Filter(last=date(2030, 1, 1))) == []
    assert store.dense(WORDS.embed_question("Dakar"), 5, Filter(last=date(2030, 1, 1))) == store.dense(
        WORDS.embed_question("Dakar"), 5, Filter(sources=frozenset({story(4)["source"]}))
    )


def test_search_terms_are_words_and_never_syntax(archive: Path) -> None:
    store = open_archive(archive)
    for term in ('"', 'x" OR "y', "NEAR(", "title:", "*", "-", "\x00", "", "AND", "(", "council*"):
        store.lexical([term], 5, Filter())
    assert store.lexical(['council" OR "lima'], 50, Filter()) == []
    assert store.lexical([], 5, Filter()) == []


def test_a_rebuild_embeds_only_what_is_new(archive: Path, tmp_path: Path) -> None:
    again = rebuild(archive, Input.of(touched(tmp_path / "a.jsonl")), WORDS)
    assert (again.embedded, again.reused) == (0, again.passages)
    more = rebuild(archive, Input.of(write_stories(tmp_path / "a.jsonl", range(14))), WORDS)
    assert (more.articles, more.embedded) == (14, more.passages - again.passages)


def test_articles_are_added_and_deleted_by_id_or_url(archive: Path, tmp_path: Path) -> None:
    report = add(archive, Input.of(write_stories(tmp_path / "b.jsonl", range(10, 14))), WORDS)
    assert (report.added, report.copies, report.articles) == (2, 2, 14)
    store = open_archive(archive)
    [hit] = store.lexical(["bergen"], 1, Filter(first=date(2025, 3, 14)))
    added = store.passages([hit.passage])[0]
    assert added.article.title == "Bergen votes on harbour plan 13"

    report = delete(archive, [added.article_id, story(2)["url"]])
    assert (report.deleted, report.articles) == (2, 12)
    store = open_archive(archive)
    assert store.article(added.article_id) is None
    assert store.lexical(["cusco"], 5, Filter()) == []
    near = store.dense(WORDS.embed_question("Cusco votes on harbour plan 2"), 100, Filter())
    assert len(near) == store.manifest.passages
    assert all(checked.problem is None for checked in verify_archive(archive))

    before = ArchivePaths(archive).current_name()
    with pytest.raises(InputError, match="no article of this id or url"):
        delete(archive, [story(5)["url"], "https://nobody.example/"])
    assert ArchivePaths(archive).current_name() == before


def test_copies_of_one_story(tmp_path: Path) -> None:
    wire = {
        **story(1),
        "text": story(1)["text"] + " The vote was the closest in the city's history, with 21 for and 20 against.",
    }
    copy = {**wire, "source": "other.example", "url": "https://other.example/x", "title": "Harbour plan passes by one"}
    other = {
        **story(2),
        "text": "Rain fell on the coast all week, and the river rose by two metres. Schools stayed shut until Friday, "
        "when the water went down and the buses ran again. Nobody was hurt, though forty cellars were flooded.",
    }
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(item) for item in (wire, wire, copy, other)), encoding="utf-8")
    report = rebuild(tmp_path / "archive", Input.of(path), WORDS)
    assert (report.articles, report.copies, report.syndicated) == (3, 1, 2)
    store = open_archive(tmp_path / "archive")
    clusters = {s.cluster for hit in store.lexical(["bergen"], 9, Filter()) for s in store.passages([hit.passage])}
    [cluster] = clusters
    assert store.outlets(cluster, Filter()) == ("other.example", "outlet1.example")


def test_another_model_is_refused_with_the_mend(archive: Path, tmp_path: Path) -> None:
    other = WordEmbedder(ModelCard("words", "2", 64))
    with pytest.raises(ModelMismatch, match=r"built with .* words \(revision 1.*dateline rebuild"):
        open_archive(archive, other.card)
    with pytest.raises(ModelMismatch, match="rebuild the whole archive"):
        add(archive, Input.of(tmp_path / "a.jsonl"), other)


def test_no_archive_is_an_error_that_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(ArchiveMissing, match="dateline rebuild"):
        open_archive(tmp_path / "nothing")
    with pytest.raises(ArchiveMissing):
        verify_archive(tmp_path / "nothing")


def test_a_build_of_nothing_leaves_the_archive_as_it_was(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    before = ArchivePaths(archive).current_name()
    with pytest.raises(InputError, match="no article found"):
        rebuild(archive, Input.of(tmp_path / "empty.jsonl"), WORDS)
    assert ArchivePaths(archive).current_name() == before
    assert ArchivePaths(archive).names() == [before]


def test_a_reader_keeps_its_generation_while_others_come_and_go(archive: Path, tmp_path: Path) -> None:
    reader = open_archive(archive)
    for last in range(13, 18):
        rebuild(archive, Input.of(write_stories(tmp_path / "a.jsonl", range(10, last))), WORDS, keep=1)
    assert ArchivePaths(archive).names() == ["000006"]
    assert reader.generation == "000001"
    assert len(reader.lexical(["cusco"], 5, Filter())) == 1
    assert open_archive(archive).coverage().articles == 7


def test_a_rebuild_of_the_same_pages_makes_nothing_and_says_again_what_was_said(tmp_path: Path) -> None:
    pages = write_stories(tmp_path / "pages.jsonl", range(3))
    pages.write_text(pages.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    first = rebuild(tmp_path / "archive", Input.of(pages), WORDS)

    again = rebuild(tmp_path / "archive", Input.of(pages), WORDS)

    assert (again.generation, again.articles, again.skips) == (first.generation, 3, first.skips)
    assert (again.unchanged, again.added, again.embedded, again.reused) == (True, 0, 0, first.passages)
    assert ArchivePaths(tmp_path / "archive").names() == [first.generation]


def test_what_a_rebuild_depends_on_makes_one(tmp_path: Path) -> None:
    archive, folder = tmp_path / "archive", tmp_path / "pages"
    folder.mkdir()
    write_stories(folder / "a.jsonl", range(3))

    def made(**how: Any) -> bool:
        return not rebuild(archive, Input.of(folder, **how), WORDS).unchanged

    assert (made(), made()) == (True, False)
    write_stories(folder / "b.jsonl", range(3, 5))  # another file
    assert (made(), made()) == (True, False)
    (folder / "b.jsonl").rename(folder / "c.jsonl")  # another name
    assert (made(), made()) == (True, False)
    write_stories(folder / "c.jsonl", range(4, 6))  # as many bytes, and not the same
    assert (made(), made()) == (True, False)
    assert (made(mapping={"title": "hed"}), made(strict=True), made(), made()) == (True, True, True, False)
    delete(archive, [story(0)["url"]])  # what is served is not what was built
    assert (made(), made()) == (True, False)
    add(archive, Input.of(write_stories(tmp_path / "more.jsonl", range(8, 9))), WORDS)
    assert (made(), made()) == (True, False)
    served = ArchivePaths(archive).folder(ArchivePaths(archive).current_name())
    (served / "vectors.faiss").write_bytes(b"damaged")
    assert (made(), made()) == (True, False)


def test_old_generations_are_kept_to_a_count(archive: Path, tmp_path: Path) -> None:
    for _ in range(4):
        rebuild(archive, Input.of(touched(tmp_path / "a.jsonl")), WORDS, keep=2)
    assert ArchivePaths(archive).names() == ["000004", "000005"]
    assert prune(ArchivePaths(archive), keep=1) == ["000004"]


def test_two_writers_the_second_is_told_who_holds_the_lock(archive: Path, tmp_path: Path) -> None:
    with (
        writer_lock(ArchivePaths(archive)),
        pytest.raises(ArchiveLocked, match=rf"locked by pid {os.getpid()} since 20"),
    ):
        rebuild(archive, Input.of(tmp_path / "a.jsonl"), WORDS)
    rebuild(archive, Input.of(tmp_path / "a.jsonl"), WORDS)


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": flip,
    "a cut": lambda data: data[: len(data) // 2],
    "nothing left": lambda data: b"",
    "bytes added": lambda data: data + b"x",
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["articles.sqlite", "vectors.faiss", "manifest.json"])
def test_damage_is_found_before_a_file_is_used(archive: Path, name: str, damage: str) -> None:
    path = ArchivePaths(archive).folder("000001") / name
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(ArchiveDamaged, match=name):
        open_archive(archive)
    [checked] = verify_archive(archive)
    assert checked.problem is not None
    assert name in checked.problem


@pytest.mark.parametrize("name", ["articles.sqlite", "vectors.faiss", "manifest.json"])
def test_a_file_that_is_gone_is_named(archive: Path, name: str) -> None:
    (ArchivePaths(archive).folder("000001") / name).unlink()
    with pytest.raises(ArchiveDamaged, match=name):
        open_archive(archive)


def test_a_damaged_vector_cache_is_set_aside(archive: Path, tmp_path: Path) -> None:
    cache = ArchivePaths(archive).vector_cache
    for leftover in cache.parent.glob("*-wal"):
        leftover.unlink()
    cache.write_bytes(b"no database at all" * 100)
    report = rebuild(archive, Input.of(touched(tmp_path / "a.jsonl")), WORDS)
    assert report.embedded == report.passages
    assert cache.with_suffix(".damaged").exists()


def slow_rebuild(archive: Path, pages: Path) -> BuildReport:
    """A rebuild that takes its time in every stage, so that a kill may find it anywhere."""

    class Slow:
        def stage(self, name: str, total: int | None) -> None:
            time.sleep(0.02)

        def advance(self, steps: int) -> None:
            time.sleep(0.002)

    return rebuild(archive, Input.of(pages), WORDS, progress=Slow())


@pytest.fixture(scope="module")
def processes() -> Iterator[multiprocessing.context.ForkServerContext]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["index.rebuild", "tests.word_embedder", "langchain_text_splitters", "langchain_core.documents"]
    )
    yield context


def test_a_rebuild_killed_at_any_point_leaves_a_whole_archive(
    archive: Path, tmp_path: Path, processes: multiprocessing.context.ForkServerContext
) -> None:
    chance = random.Random(20250821)
    pages = write_stories(tmp_path / "a.jsonl", range(30))
    killed = 0
    for attempt in range(30):
        process = processes.Process(target=slow_rebuild, args=(archive, pages))
        process.start()
        process.join(chance.uniform(0.05, 0.9))
        if process.is_alive() and process.pid:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.join()
        store = open_archive(archive, WORDS.card)
        assert store.coverage().articles in {12, 30}, attempt
        assert store.lexical(["bergen"], 1, Filter())
        assert all(checked.problem is None for checked in verify_archive(archive))
        store.close()
    assert killed >= 10
    # Nothing stands in the way of the next one, and what was left half-built is swept away.
    assert rebuild(archive, Input.of(pages), WORDS).articles == 30
    assert not list(ArchivePaths(archive).generations.glob(".building-*"))


def test_ctrl_c_does_no_harm(archive: Path, tmp_path: Path) -> None:
    pages = write_stories(tmp_path / "many.jsonl", range(400))
    script = (
        "from pathlib import Path; from tests.test_archive import slow_rebuild; "
        f"slow_rebuild(Path({str(archive)!r}), Path({str(pages)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    while not list(ArchivePaths(archive).generations.glob(".building-*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert ArchivePaths(archive).names() == ["000001"]
    assert not list(ArchivePaths(archive).generations.glob(".building-*"))
    assert open_archive(archive).coverage().articles == 12


def test_vectors_of_cached_and_fresh_builds_are_the_same(archive: Path, tmp_path: Path) -> None:
    again = rebuild(tmp_path / "other", Input.of(tmp_path / "a.jsonl"), WORDS)
    cached = rebuild(archive, Input.of(tmp_path / "a.jsonl"), WORDS)
    assert (again.reused, cached.embedded) == (0, 0)
    question = WORDS.embed_question("harbour plan of Hanoi")
    fresh, kept = (open_archive(root).dense(question, 50, Filter()) for root in (tmp_path / "other", archive))
    assert [hit.passage for hit in fresh] == [hit.passage for hit in kept]
    assert np.allclose([hit.score for hit in fresh], [hit.score for hit in kept], atol=0)


WALL = "Register to read on. We will use what you tell us to manage your registration, as our policy says."


def registration(number: int) -> dict[str, str]:
    """A page whose story is behind a form: its title alone tells of it."""
    title = (
        "Ferries stop for a storm",
        "The harbour master of Bergen retires",
        "Two islands vote on their bridge",
        "A whale in the strait",
        "Herring prices fall by half",
    )[number]
    return {
        **story(number),
        "title": title,
        "text": WALL,
        "source": "wall.example",
        "url": f"https://wall.example/{number}",
    }


def test_a_form_in_place_of_stories_is_left_out_with_the_reason_then_and_when_added_later(tmp_path: Path) -> None:
    pages, later = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    pages.write_text("".join(json.dumps(one) + "\n" for one in (*map(story, range(3)), *map(registration, range(4)))))
    later.write_text("".join(json.dumps(one) + "\n" for one in (story(3), registration(4))))
    built = rebuild(tmp_path / "archive", Input.of(pages), WORDS)
    assert (built.articles, built.skipped) == (3, 4)
    assert built.skips[0].origin == f"{pages}#4" and "nothing but what stands on other pages" in built.skips[0].reason
    added = add(tmp_path / "archive", Input.of(later), WORDS)
    assert (added.articles, added.added, added.skipped) == (4, 1, 1)
