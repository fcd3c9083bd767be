"""Adding and deleting: what is new stands in a small segment beside the old ones, and all are asked as one archive."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import BuildReport, Input, Silent
from index.errors import ArchiveDamaged, InputError
from index.faiss_store import FaissStore, open_archive
from index.generation import ArchivePaths
from index.manifest import ARTICLES, COUNTED, MANIFEST, VECTORS, WHOLE, FileSeal, Manifest, SegmentFiles
from index.merging import merge, merged_from
from index.rebuild import add, delete, rebuild
from index.schema import GROWTH_SCHEMA
from index.segment import Segment
from index.store import Filter, Vector
from index.unchanged import BUILD
from index.vectors import read_vectors
from index.verify import verify_archive
from rag import Assistant
from tests.test_archive import flip, story
from tests.test_duplicates import DAY, EDITED, OTHER, WIRE
from tests.word_embedder import WordEmbedder

WORDS = WordEmbedder()
BASE = 40  # articles of the archive that is added to: small ones stand beside it, up to ten


def told(number: int) -> dict[str, Any]:
    """Articles of their own, and after them wire stories and a story without a day."""
    wires = {
        100: {"text": WIRE, "source": "wire.example", "published": DAY.isoformat()},
        101: {"text": EDITED, "source": "sea.example", "published": DAY.isoformat()},
        102: {"text": WIRE + " " + OTHER, "source": "hill.example", "published": "2025-07-10"},
        103: {"text": OTHER, "source": "hill.example", "published": ""},
        104: {"text": WIRE, "source": "late.example", "published": "2025-09-01"},
        105: {"text": OTHER + " " + EDITED, "source": "plain.example", "published": "2025-07-07"},
    }
    if number not in wires:
        return {**story(number), "language": "en"}
    return {"title": f"Report {number}", "url": f"https://x.example/{number}", "language": "en", **wires[number]}


def written(folder: Path, numbers: Sequence[int]) -> list[Path]:
    """A file for each article, of a name that it always has."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.json" for number in numbers]
    for path, number in zip(paths, numbers, strict=True):
        path.write_text(json.dumps(told(number)), encoding="utf-8")
    return paths


def put(
    archive: Path, *numbers: int, held: FaissStore | None = None, pages: Path | None = None, keep: int = 3
) -> BuildReport:
    paths = written(pages or archive.parent / "pages", numbers)
    return add(archive, Input.of(*paths), WORDS, held=held, keep=keep)


def url(number: int) -> str:
    return str(told(number)["url"])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("base") / "archive"
    rebuild(archive, Input.of(*written(archive.parent / "pages", range(BASE))), WORDS)
    return archive


@pytest.fixture
def archive(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "archive"))


def files(archive: Path, name: str) -> dict[str, Path]:
    return {path.name: path for path in ArchivePaths(archive).folder(name).iterdir()}


def titles(store: FaissStore, terms: list[str], where: Filter | None = None) -> list[str]:
    hits = store.lexical(terms, 50, where or Filter())
    return [stored.article.title for stored in store.passages([hit.passage for hit in hits])]


def test_what_is_added_is_written_and_what_was_there_is_linked(archive: Path) -> None:
    put(archive, 40)
    before, after = files(archive, "000001"), files(archive, "000002")
    assert after[ARTICLES].samefile(before[ARTICLES])
    assert after[VECTORS].samefile(before[VECTORS])
    new = after.keys() - before.keys()
    assert sorted(new) == ["articles-000001.sqlite", "vectors-000001.faiss"]
    assert all(after[name].stat().st_size < before[ARTICLES].stat().st_size for name in new)
    assert all(checked.problem is None for checked in verify_archive(archive))


def test_an_added_article_is_first_for_its_own_words(archive: Path) -> None:
    put(archive, *range(41, 46))
    put(archive, 40)
    store = open_archive(archive, WORDS.card)
    assert len(store.segments) == 3
    for number in (3, 40, 41):
        words = told(number)["title"].split()
        assert titles(store, words)[0] == told(number)["title"]
        [hit] = store.dense(WORDS.embed_question(told(number)["title"]), 1, Filter())
        assert store.passages([hit.passage])[0].article.title == told(number)["title"]


@pytest.mark.parametrize("terms", [["harbour"], ["Bergen", "mayor", "hired"], ["votes on", "lev", "euro", "Cusco"]])
def test_an_added_article_scores_as_in_an_archive_built_whole(archive: Path, terms: list[str]) -> None:
    added = [40, 41, 100, 101, 13 + BASE]
    put(archive, *added)
    rebuild(archive.parent / "whole", Input.of(*written(archive.parent / "pages", [*range(BASE), *added])), WORDS)
    parts, whole = open_archive(archive), open_archive(archive.parent / "whole")
    assert len(parts.segments) == 2
    ours, theirs = (
        {
            stored.article_id: (hit.score, hit.passage >= parts.segments[1].ranges[2])
            for hit, stored in zip(hits, store.passages([hit.passage for hit in hits]), strict=True)
        }
        for store in (parts, whole)
        for hits in [store.lexical(terms, 100, Filter())]
    )
    assert ours.keys() == theirs.keys()
    assert any(is_added for _, is_added in ours.values())
    for article_id, (score, _) in ours.items():
        assert score == pytest.approx(theirs[article_id][0], rel=1e-6)


def test_filters_hold_in_every_segment(archive: Path) -> None:
    put(archive, 40)
    store = open_archive(archive)
    day = date.fromisoformat(told(40)["published"])
    question = WORDS.embed_question("harbour")
    for where, count in (
        (Filter(first=day), 1),
        (Filter(last=day), 41),
        (Filter(last=date.fromordinal(day.toordinal() - 1)), 40),
        (Filter(sources=frozenset({"outlet1.example"})), 14),
    ):
        assert len(titles(store, ["harbour"], where)) == len(store.dense(question, 100, where)) == count


def test_an_article_of_any_segment_is_deleted_and_may_come_back(archive: Path) -> None:
    put(archive, 40, 41)
    first = open_archive(archive)
    report = delete(archive, [url(3), url(40)])
    assert (report.deleted, report.articles, report.passages) == (2, 40, 40)
    store = open_archive(archive, held=first)
    assert store.segments[0] is first.segments[0]
    for number in (3, 40):
        assert told(number)["title"] in titles(first, [str(number)])
        assert told(number)["title"] not in titles(store, [str(number)])
        old = first.lexical(told(number)["title"].split(), 1, Filter())[0].passage
        with pytest.raises(KeyError):
            store.passages([old])
        assert store.article(first.passages([old])[0].article_id) is None
    assert len(store.dense(WORDS.embed_question("harbour"), 100, Filter())) == 40
    with pytest.raises(InputError, match="no article of this id or url"):
        delete(archive, [url(3)])
    assert put(archive, 3).added == 1
    assert put(archive, 3).copies == 1
    store = open_archive(archive)
    assert store.coverage().articles == 41
    assert titles(store, told(3)["title"].split())[0] == told(3)["title"]
    assert all(checked.problem is None for checked in verify_archive(archive))


def outlets(store: FaissStore, words: str) -> set[tuple[str, ...]]:
    hits = store.lexical([words], 100, Filter())
    return {store.outlets(stored.cluster, Filter()) for stored in store.passages([hit.passage for hit in hits])}


def test_copies_are_found_in_older_segments(archive: Path) -> None:
    assert put(archive, 100).syndicated == 0
    assert put(archive, 101).syndicated == 1
    again = {**told(100), "title": "The same again"}
    (archive.parent / "again.json").write_text(json.dumps(again), encoding="utf-8")
    report = add(archive, Input.of(archive.parent / "again.json"), WORDS)
    assert (report.copies, report.added) == (1, 0)
    assert put(archive, 104).syndicated == 1
    together = ("late.example", "sea.example", "wire.example")
    assert outlets(open_archive(archive), "1.95583") == {together}
    # What held two of them together goes: nothing says any more that they tell one story.
    delete(archive, [url(100)])
    assert outlets(open_archive(archive), "1.95583") == {("late.example",), ("sea.example",)}


def test_lines_learned_before_are_dropped_from_what_is_added(tmp_path: Path) -> None:
    def page(number: int) -> dict[str, Any]:
        line = "Sign up to the Harbour Letter, our weekly look at the port"
        return {**told(number), "source": "one.example", "text": f"{told(number)['text']}\n\n{line}"}

    lines = [json.dumps(page(number)) + "\n" for number in range(31)]
    (tmp_path / "a.jsonl").write_text("".join(lines[:30]), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(lines[30], encoding="utf-8")
    rebuild(tmp_path / "archive", Input.of(tmp_path / "a.jsonl"), WORDS)
    add(tmp_path / "archive", Input.of(tmp_path / "b.jsonl"), WORDS)
    store = open_archive(tmp_path / "archive")
    assert len(store.segments) == 2
    assert titles(store, ["letter"]) == []
    assert len(titles(store, ["harbour"])) == 31


def test_small_segments_are_merged_as_they_gather(archive: Path) -> None:
    most = 0
    for number in range(40, 70):
        report = put(archive, number)
        store = open_archive(archive, WORDS.card)
        assert report.articles == store.coverage().articles == number + 1
        most = max(most, len(store.segments))
    assert most == 3
    assert all(checked.problem is None for checked in verify_archive(archive))
    assert rebuild(archive, Input.of(archive.parent / "pages"), WORDS).generation == "000032"
    assert sorted(files(archive, "000032")) == [ARTICLES, BUILD, MANIFEST, VECTORS]


def test_what_is_added_is_served_before_a_long_merge_begins(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.faiss_writer.SOON", 5)
    seen: list[tuple[str, int, list[str]]] = []

    class Asking(Silent):
        def stage(self, name: str, total: int | None) -> None:
            if name == "Merging":
                store = open_archive(archive, WORDS.card)
                seen.append((store.generation, len(store.segments), titles(store, told(59)["title"].split())[:1]))

    pages = Input.of(*written(archive.parent / "pages", range(40, 60)))
    report = add(archive, pages, WORDS, progress=Asking())
    assert seen == [("000002", 2, [told(59)["title"]])]
    store = open_archive(archive, WORDS.card)
    assert (store.generation, len(store.segments), len(list(store.records()))) == (report.generation, 1, 60)
    assert all(checked.problem is None for checked in verify_archive(archive))


@given(adds=st.lists(st.integers(1, 1000), min_size=1, max_size=400))
def test_the_ladder_of_segments_stays_short(adds: list[int]) -> None:
    weights: list[int] = []
    for size in adds:
        weights.append(size)
        at = merged_from(weights)
        weights[at:] = [sum(weights[at:])]
        assert all(weights[i] >= 4 * sum(weights[i + 1 :]) for i in range(len(weights)))
    assert len(weights) <= 1 + np.log(sum(adds)) / np.log(5)


def test_a_reader_goes_on_with_what_it_has_checked(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed: list[str] = []
    of = FileSeal.of

    def watched(path: Path) -> FileSeal:
        sealed.append(path.name)
        return of(path)

    with Assistant(archive, embedder=WORDS, reader=None) as assistant:
        monkeypatch.setattr(FileSeal, "of", watched)
        put(archive, 40, held=assistant.store if isinstance(assistant.store, FaissStore) else None)
        assert assistant.refresh()
        assert set(sealed) == {"articles-000001.sqlite", "vectors-000001.faiss", BUILD}
        assert assistant.coverage().articles == 41
        sealed.clear()
        open_archive(archive)  # another process checks all of them
        assert len(sealed) == 4


def test_a_file_that_changed_under_a_reader_is_checked_again(archive: Path) -> None:
    held = open_archive(archive)
    put(archive, 40)
    path = files(archive, "000002")[ARTICLES]
    path.write_bytes(flip(path.read_bytes()))
    # The generations share the file, so none of them is whole; what was read before serves on.
    for store in (None, held):
        with pytest.raises(ArchiveDamaged, match=r"articles\.sqlite differs from its checksum"):
            open_archive(archive, held=store)
    assert [checked.problem is None for checked in verify_archive(archive)] == [False, False]
    rebuild(archive, Input.of(archive.parent / "pages"), WORDS)
    assert open_archive(archive, held=held).generation == "000003"


def test_a_damaged_small_segment_is_put_aside_with_its_generation(archive: Path) -> None:
    put(archive, 40)
    files(archive, "000002")["vectors-000001.faiss"].write_bytes(b"")
    assert open_archive(archive).generation == "000001"
    assert open_archive(archive).coverage().articles == BASE


def test_a_generation_that_shares_no_file_is_kept_to_stand_in(archive: Path) -> None:
    rebuild(archive, Input.of(*written(archive.parent / "pages", range(BASE + 1))), WORDS)
    for number in range(60, 64):
        put(archive, number)
    assert ArchivePaths(archive).names() == ["000001", "000004", "000005", "000006"]
    file = files(archive, "000006")[VECTORS]
    file.write_bytes(flip(file.read_bytes()))

    assert open_archive(archive).generation == "000001"
    assert open_archive(archive).coverage().articles == BASE


def test_where_there_are_no_links_files_are_copied(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    put(archive, 40)
    assert not files(archive, "000002")[ARTICLES].samefile(files(archive, "000001")[ARTICLES])
    assert open_archive(archive).coverage().articles == BASE + 1
    assert all(checked.problem is None for checked in verify_archive(archive))


def test_a_generation_is_whole_without_those_before_it(archive: Path, tmp_path: Path) -> None:
    for number in range(40, 45):
        put(archive, number, keep=1)
    assert len(ArchivePaths(archive).names()) == 1
    copy = shutil.copytree(archive, tmp_path / "elsewhere")
    shutil.rmtree(archive)
    assert open_archive(copy).coverage().articles == 45


def as_before(archive: Path) -> None:
    """Makes the archive one of the first format: no tables to find copies by, vectors under numbers."""
    folder = ArchivePaths(archive).folder("000001")
    (folder / ARTICLES).rename(folder / "kept")  # for the store that has it open
    shutil.copyfile(folder / "kept", folder / ARTICLES)
    (folder / "kept").unlink()
    with closing(sqlite3.connect(folder / ARTICLES)) as database:
        for line in GROWTH_SCHEMA.splitlines():
            kind, _, rest = line.removeprefix("CREATE ").partition(" ")
            if kind in {"TABLE", "INDEX"}:
                database.execute(f"DROP {kind} {rest.split()[0]}")
        database.execute("VACUUM")
    flat = read_vectors(folder / VECTORS)
    numbered = faiss.IndexIDMap2(faiss.IndexScalarQuantizer(flat.d, faiss.ScalarQuantizer.QT_fp16, flat.metric_type))
    numbered.add_with_ids(flat.reconstruct_n(0, flat.ntotal), np.arange(flat.ntotal, dtype=np.int64))
    faiss.write_index(numbered, str(folder / VECTORS))
    seals = {name: FileSeal.of(folder / name) for name in (ARTICLES, VECTORS)}
    manifest = replace(Manifest.read(folder), files=seals, format=WHOLE)
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")


def without_postings(archive: Path) -> None:
    """Makes the archive one of the format in which FTS5 alone knew in which passages a token stands."""
    folder = ArchivePaths(archive).folder("000001")
    with closing(sqlite3.connect(folder / ARTICLES)) as database:
        database.executescript("DROP TABLE postings; DROP TABLE lengths; VACUUM")
    seals = {name: FileSeal.of(folder / name) for name in (ARTICLES, VECTORS)}
    (folder / MANIFEST).write_text(replace(Manifest.read(folder), files=seals, format=COUNTED).to_json())


def test_an_archive_without_postings_scores_alike_and_goes_on(tmp_path: Path) -> None:
    archive, pages = tmp_path / "archive", tmp_path / "pages"
    rebuild(archive, Input.of(*written(pages, [*range(BASE), 100, 101])), WORDS)
    shutil.copytree(archive, tmp_path / "before")
    without_postings(tmp_path / "before")
    for numbers in ((), (44, 103), range(45, 60)):  # as it was, beside a new segment, and merged with one
        for each in (archive, tmp_path / "before"):
            if numbers:
                put(each, *numbers, pages=pages)
            assert all(checked.problem is None for checked in verify_archive(each))
        now, before = open_archive(archive), open_archive(tmp_path / "before")
        for terms in (["harbour", "Lima"], ["1.95583", "quay", "votes on"], ["spring"]):
            for where in WHERE:
                assert before.lexical(terms, 30, where) == now.lexical(terms, 30, where)
    assert len(before.segments) == 1


def test_segments_are_merged_into_lists_and_out_of_them(archive: Path, tmp_path: Path) -> None:
    put(archive, *range(40, 44))
    delete(archive, [url(number) for number in (3, 41)])
    store = open_archive(archive)
    assert len(store.segments) > 1
    first, second = SegmentFiles(98), SegmentFiles(99)
    merge(store, 0, tmp_path, first, listed=1)
    listed = FaissStore(tmp_path, store.manifest, [Segment(tmp_path, first)])
    merge(listed, 0, tmp_path, second)
    flat = FaissStore(tmp_path, store.manifest, [Segment(tmp_path, second)])
    assert isinstance(listed.segments[0].vectors, faiss.IndexIVF)
    assert not isinstance(flat.segments[0].vectors, faiss.IndexIVF)
    for merged in (listed, flat):
        merged.check()
        assert {record.digest for record in merged.records()} == {record.digest for record in store.records()}
        same(merged, store)


@pytest.mark.parametrize("change", ["add", "delete", "rebuild"])
def test_an_archive_of_the_first_format_is_read_and_goes_on(tmp_path: Path, change: str) -> None:
    archive, pages = tmp_path / "archive", tmp_path / "pages"
    rebuild(archive, Input.of(*written(pages, [*range(BASE), 100, 101])), WORDS)
    truth = open_archive(archive)
    as_before(archive)
    before = open_archive(archive, WORDS.card)
    assert all(checked.problem is None for checked in verify_archive(archive))
    assert {record.digest for record in before.records()} == {record.digest for record in truth.records()}
    question = WORDS.embed_question(told(7)["title"])
    where = Filter(last=date(2025, 3, 20))
    assert before.dense(question, 9, where) == truth.dense(question, 9, where)
    if change == "add":
        assert put(archive, 104).syndicated == 1
    elif change == "delete":
        assert delete(archive, [url(100)]).deleted == 1
    else:
        rebuild(archive, Input.of(*written(pages, [*range(BASE), 101])), WORDS)
    after = open_archive(archive, WORDS.card)
    together = ("late.example", "sea.example", "wire.example")
    assert outlets(after, "1.95583") == ({together} if change == "add" else {("sea.example",)})
    assert after.dense(question, 9, where) == truth.dense(question, 9, where)
    assert all(checked.problem is None for checked in verify_archive(archive))


POOL = [*range(36, 46), *range(100, 106)]
changes = st.lists(
    st.tuples(st.booleans(), st.lists(st.sampled_from(POOL), min_size=1, max_size=3, unique=True)),
    min_size=1,
    max_size=6,
)


WHERE = (
    Filter(),
    Filter(last=date(2025, 4, 8)),
    Filter(first=date(2025, 4, 1), last=DAY),
    Filter(sources=frozenset({"outlet1.example", "hill.example", "nobody.example"})),
)


@given(steps=changes)
@settings(max_examples=12, deadline=None)
def test_whatever_was_done_it_is_the_archive_of_what_remains(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, list[int]]]
) -> None:
    root = tmp_path_factory.mktemp("steps")
    archive, pages = Path(shutil.copytree(prepared, root / "archive")), prepared.parent / "pages"
    held, remain = open_archive(archive), set(range(BASE))
    for is_added, numbers in steps:
        if is_added:
            put(archive, *numbers, held=held, pages=pages)
            remain |= set(numbers)
        elif gone := remain & set(numbers):
            delete(archive, [url(number) for number in gone], held=held)
            remain -= gone
        held = open_archive(archive, held=held)
    rebuild(root / "whole", Input.of(*written(pages, sorted(remain))), WORDS)
    whole = open_archive(root / "whole")
    assert {record.digest for record in held.records()} == {record.digest for record in whole.records()}
    same(held, whole)
    assert all(checked.problem is None for checked in verify_archive(archive))
    shutil.rmtree(root)


def same(one: FaissStore, other: FaissStore) -> None:
    """Both answer alike, but for the order of BM25, where what is gone counts until it is merged away."""
    assert one.coverage() == other.coverage()
    for where in WHERE:
        assert one.days(where) == other.days(where)
        for words in ("harbour plan of Lima", WIRE):
            question = WORDS.embed_question(words)
            assert near(one, question, 500, where) == near(other, question, 500, where)
            best = [[score for score, _ in near(store, question, 7, where)] for store in (one, other)]
            assert best[0] == best[1]
            assert with_words(one, words, where) == with_words(other, words, where)
    for record in other.records():
        assert one.article(record.article_id) == record.article
        assert one.sentences(record.article_id) == record.sentences
        title = record.article.title.split()
        for where in WHERE[:2]:
            ours, theirs = (s.passages([hit.passage for hit in s.lexical(title, 3, where)]) for s in (one, other))
            assert not theirs or theirs[0].article_id in [stored.article_id for stored in ours]
        clusters = [s.cluster_of(s.number_of(record.article_id) or 0) for s in (one, other)]
        for where in WHERE:
            assert one.outlets(clusters[0], where) == other.outlets(clusters[1], where)


def near(store: FaissStore, question: Vector, k: int, where: Filter) -> list[tuple[float, str]]:
    """Cosines and articles, those of one cosine in order of id."""
    hits = store.dense(question, k, where)
    ids = [stored.article_id for stored in store.passages([hit.passage for hit in hits])]
    return sorted((round(hit.score, 5), article_id) for hit, article_id in zip(hits, ids, strict=True))


def with_words(store: FaissStore, words: str, where: Filter) -> set[str]:
    hits = store.lexical(words.split(), 500, where)
    return {stored.article_id for stored in store.passages([hit.passage for hit in hits])}
