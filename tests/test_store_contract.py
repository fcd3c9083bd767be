"""What every store promises, on every engine: the same archive, asked the same, gives what is true of its articles.

The truth is worked out here in plain Python from the articles themselves.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import Input
from index.copying import copy
from index.embedding import ModelCard
from index.errors import ArchiveError, ModelMismatch
from index.faiss_store import FaissStore, open_archive
from index.faiss_writer import FaissWriter
from index.generation import ArchivePaths, building, publish, writer_lock
from index.rebuild import add, delete, rebuild
from index.records import Record, Source
from index.store import Filter
from index.stores import open_store, open_target, served_generation
from tests.servers import Postgres, fresh_database, milvus, postgres, postgres_folder
from tests.word_embedder import WordEmbedder

WORDS = WordEmbedder()
ENGINES = ("folder", "folder, in segments", "folder, in lists", "postgresql", "milvus")
COPIES = ENGINES[3:]  # those that an archive is copied to
FIRST = date(2024, 11, 20)  # the stories run over a change of month and year
SOURCES = ("north.example", "south.example", "Küste & Söhne", 'O\'Hara "Daily"')
CITIES = ("Oslo", "Quito", "Rabat", "Sofia", "Tunis", "Vaduz", "Warsaw", "Yerevan", "Zagreb")
WIRE = (
    "The strait was closed to ships on Friday after two tankers touched in fog near the northern light. "
    "Pilots brought both to the roads by noon, and divers found no leak. Traffic is to begin again at dawn, "
    "the port office said, and eleven ships wait."
)


def stories() -> Iterator[dict[str, str]]:
    for number in range(60):
        city = CITIES[number % len(CITIES)]
        yield {
            "title": f"{city} opens tram line {number}",
            "text": f"{city} opened tram line {number} after {number + 3} years of work. "
            f"The line has {number + 9} stops, and a ride costs {number + 1} crowns. "
            + f"Trams of {city} carried {number * 31 + 100} people on the first day. "
            * (number % 3),
            "published": (FIRST + timedelta(days=number)).isoformat() if number % 10 else "",
            "source": SOURCES[number % len(SOURCES)],
        }
    for source in SOURCES[:2]:  # one wire story in two outlets
        text = f"{source} has this from its own desk. {WIRE}" if source == SOURCES[1] else WIRE
        yield {"title": "Strait closed in fog", "text": text, "published": "2025-01-10", "source": source}
    yield {
        "title": "Łódź: 東京 meets 🦊 café",
        "text": "Ein Fuchs 🦊 war in Łódź. 東京の市長が来た。 The naïve café owner said “no”. A\u0301 la carte, ½ off.",
        "published": "2025-01-11",
        "source": SOURCES[2],
    }


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contract")
    lines = folder / "stories.jsonl"
    lines.write_text("".join(json.dumps(story) + "\n" for story in stories()), encoding="utf-8")
    rebuild(folder / "archive", Input.of(lines), WORDS)
    return folder / "archive"


@pytest.fixture(scope="session")
def grown(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same archive, built of a part, with something that is gone again, and added to."""
    folder = tmp_path_factory.mktemp("grown")
    lines = built.parent / "stories.jsonl"  # which an article keeps as its origin
    every = [json.dumps(story) + "\n" for story in stories()]
    stray = {
        **next(stories()),
        "title": "Nowhere opens a line",
        "text": "A tram of fog ran nowhere.",
        "url": "https://x.example/",
    }
    for some in ([*every[:54], json.dumps(stray)], every[:62], every):
        lines.write_text("".join(some), encoding="utf-8")
        add(folder / "archive", Input.of(lines), WORDS)
    delete(folder / "archive", [stray["url"]])
    return folder / "archive"


@pytest.fixture(scope="session")
def listed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same archive with its vectors in lists, as a large one has them."""
    source, paths = open_archive(built), ArchivePaths(tmp_path_factory.mktemp("listed") / "archive")
    with writer_lock(paths), building(paths) as folder:
        writer = FaissWriter.fresh(folder, source.model, listed=1)
        for record in source.records():
            first = writer.next_passage
            number = writer.add(record.article, record.sentences, record.passages, record.signature)
            writer.add_vectors(range(first, writer.next_passage), record.vectors)
            writer.set_clusters({number: source.cluster_of(source.number_of(record.article_id) or 0)})
        articles, passages = writer.articles, writer.passages
        writer.finish()
        publish(paths, folder, source.model, articles=articles, passages=passages)
    assert isinstance(open_archive(paths.root).segments[0].vectors, faiss.IndexIVF)
    return paths.root


class Truth(list[Record]):
    """Every record, shown short where a test fails."""

    def __repr__(self) -> str:
        return f"{len(self)} records"


@pytest.fixture(scope="session")
def truth(built: Path) -> list[Record]:
    source = open_archive(built)
    records = Truth(source.records())
    source.close()
    assert len(records) == 63
    return records


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with postgres_folder() as folder, postgres(folder, "fsync=off") as running:
        yield running


@pytest.fixture(scope="session")
def milvus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with milvus(tmp_path_factory.mktemp("milvus")) as url:
        yield url


def a_place(engine: str, request: pytest.FixtureRequest, name: str) -> str:
    """Somewhere empty that an archive can be copied to."""
    if engine == "postgresql":
        return fresh_database(request.getfixturevalue("server"), name)
    return f"{request.getfixturevalue('milvus_url')}/{name}"


@pytest.fixture(scope="session", params=ENGINES)
def location(request: pytest.FixtureRequest, built: Path) -> str | Path:
    if request.param == "folder":
        return built
    if request.param == "folder, in segments":
        return request.getfixturevalue("grown")
    if request.param == "folder, in lists":
        return request.getfixturevalue("listed")
    place = a_place(request.param, request, "contract")
    source = open_archive(built)
    copy(source, open_target(place))
    source.close()
    return place


@pytest.fixture(scope="session")
def store(location: str | Path) -> Iterator[Source]:
    opened = open_store(location, WORDS.card)
    yield opened
    opened.close()


def keys(store: Source, numbers: list[int]) -> list[tuple[str, int]]:
    return [(stored.article_id, stored.passage.start) for stored in store.passages(numbers)]


def admitted(truth: list[Record], where: Filter) -> list[Record]:
    return [record for record in truth if where.admits(record.article)]


days = st.dates(FIRST - timedelta(days=2), FIRST + timedelta(days=62))
filters = st.builds(
    Filter,
    first=st.none() | days,
    last=st.none() | days,
    sources=st.frozensets(st.sampled_from([*SOURCES, "unheard.example", "' OR 1=1 --"]), max_size=3),
)


@given(where=filters, city=st.sampled_from(CITIES), k=st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_dense_gives_the_nearest_of_what_the_filter_admits(
    store: Source, truth: list[Record], where: Filter, city: str, k: int
) -> None:
    question = WORDS.embed_question(f"tram line in {city}")
    cosines = {
        (record.article_id, passage.start): (float(vector @ question), record.article.published)
        for record in admitted(truth, where)
        for passage, vector in zip(record.passages, record.vectors, strict=True)
    }
    hits = store.dense(question, k, where)
    found = keys(store, [hit.passage for hit in hits])
    assert len(set(found)) == len(found) == min(k, len(cosines))
    for key, hit in zip(found, hits, strict=True):
        assert hit.score == pytest.approx(cosines[key][0], abs=1e-4)
        assert hit.published == cosines[key][1]
    best = sorted((cosine for cosine, _ in cosines.values()), reverse=True)[:k]
    assert [hit.score for hit in hits] == pytest.approx(best, abs=1e-4)


@given(where=filters, city=st.sampled_from(CITIES), k=st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_lexical_gives_what_has_a_term_and_the_filter_admits(
    store: Source, truth: list[Record], where: Filter, city: str, k: int
) -> None:
    those = {
        (record.article_id, passage.start)
        for record in admitted(truth, where)
        for passage in record.passages
        if city in passage.text or city in record.article.title
    }
    hits = store.lexical([city], k, where)
    found = keys(store, [hit.passage for hit in hits])
    assert len(set(found)) == len(found) == min(k, len(those))
    assert set(found) <= those
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.score > 0 for hit in hits)


def test_an_undated_article_passes_only_where_no_day_is_asked(store: Source) -> None:
    question = WORDS.embed_question("tram line 10")
    [hit] = store.dense(question, 1, Filter())
    assert hit.published is None
    assert all(hit.published for hit in store.dense(question, 200, Filter(last=date(2100, 1, 1))))
    assert all(hit.published for hit in store.lexical(["tram"], 200, Filter(first=date(1900, 1, 1))))


def test_a_passage_with_all_the_terms_ranks_above_those_with_one(store: Source) -> None:
    hits = store.lexical(["fog", "tankers", "strait", "Oslo"], 10, Filter())
    [best] = store.passages([hits[0].passage])
    assert best.article.title == "Strait closed in fog"


def test_a_word_is_found_by_its_letters_whatever_their_case_or_accent(store: Source) -> None:
    for term in ("CAFÉ", "cafe", "naive", "fuchs"):
        hits = store.lexical([term], 5, Filter())
        assert [stored.article.published for stored in store.passages([hit.passage for hit in hits])] == [
            date(2025, 1, 11)
        ], term


@pytest.mark.parametrize(
    "terms",
    [
        [], [""], ["  "], ['"'], ["'; DROP TABLE articles; --"], ["NEAR(fog ship)"], ["title:fog"], ["fog*"], ["a AND"],
        ["((("], ["\\"], ["fog & !ship"], ["<->"], ["{"], ["%s"], ["\x00"], ["🦊"], ["x" * 3000],
    ],
)  # fmt: skip
def test_no_term_is_read_as_syntax(store: Source, terms: list[str]) -> None:
    assert all(hit.score > 0 for hit in store.lexical(terms, 5, Filter()))
    assert store.lexical(["strait", *terms], 5, Filter())


def test_nothing_is_asked_and_nothing_found(store: Source) -> None:
    question = WORDS.embed_question("tram")
    assert store.dense(question, 0, Filter()) == []
    assert store.lexical(["tram"], 0, Filter()) == []
    assert store.dense(question, 5, Filter(sources=frozenset({"unheard.example"}))) == []
    assert store.lexical(["tram"], 5, Filter(first=date(2200, 1, 1))) == []
    assert store.dense(question, 5, Filter(first=date(2025, 1, 2), last=date(2025, 1, 1))) == []
    assert store.passages([]) == []


def test_passages_come_in_the_order_asked_and_whole(store: Source, truth: list[Record]) -> None:
    records = {record.article_id: record for record in truth}
    numbers = [hit.passage for hit in store.dense(WORDS.embed_question("tram"), 200, Filter())]
    for order in (numbers, numbers[::-1], numbers[:3] * 2):
        assert [stored.number for stored in store.passages(order)] == order
    for stored in store.passages(numbers):
        record = records[stored.article_id]
        assert stored.article == record.article
        assert stored.passage in record.passages
        assert stored.sentences == record.sentences[stored.passage.first : stored.passage.last + 1]
    with pytest.raises(KeyError):
        store.passages([max(numbers) + 1])


def test_an_article_and_its_sentences_are_as_they_were_stored(store: Source, truth: list[Record]) -> None:
    for record in truth:
        assert store.article(record.article_id) == record.article
        sentences = store.sentences(record.article_id)
        assert sentences == record.sentences
        assert all(record.article.text[s.start : s.end] == s.text for s in sentences)


@pytest.mark.parametrize("article_id", ["0" * 16, "", "' OR ''='", "\x00", "é"])
def test_an_unknown_article_is_none(store: Source, article_id: str) -> None:
    assert store.article(article_id) is None
    assert store.sentences(article_id) == ()


def test_the_outlets_of_a_story_are_those_that_may_be_seen(store: Source) -> None:
    [hit] = store.lexical(["tankers"], 1, Filter())
    [stored] = store.passages([hit.passage])
    assert store.outlets(stored.cluster, Filter()) == SOURCES[:2]
    assert store.outlets(stored.cluster, Filter(sources=frozenset({SOURCES[1]}))) == (SOURCES[1],)
    assert store.outlets(stored.cluster, Filter(last=date(2025, 1, 9))) == ()
    assert store.outlets(-7, Filter()) == ()


def test_coverage_counts_what_is_there(store: Source, truth: list[Record]) -> None:
    coverage = store.coverage()
    published = [record.article.published for record in truth]
    assert coverage.articles == len(truth)
    assert coverage.undated == published.count(None)
    assert coverage.first == min(day for day in published if day)
    assert coverage.last == max(day for day in published if day)
    counted = Counter(record.article.source for record in truth)
    assert coverage.sources == tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


@given(where=filters)
@settings(max_examples=20, deadline=None)
def test_days_counts_the_dated_articles_that_the_filter_admits(
    store: Source, truth: list[Record], where: Filter
) -> None:
    counted = Counter(record.article.published for record in admitted(truth, where) if record.article.published)
    assert store.days(where) == sorted(counted.items())


def test_a_store_gives_back_every_record_and_the_lines_it_learned(
    store: Source, truth: list[Record], built: Path
) -> None:
    assert {r.article_id: r.digest for r in store.records()} == {r.article_id: r.digest for r in truth}
    source = open_archive(built)
    assert store.boilerplate() == source.boilerplate()
    assert store.model == source.model
    source.close()


def test_the_generation_has_a_name_and_another_model_is_refused(store: Source, location: str | Path) -> None:
    assert store.generation == served_generation(location)
    assert store.generation.isdecimal()
    with pytest.raises(ModelMismatch, match="other-model"):
        open_store(location, ModelCard("other-model", "1", 64))


@pytest.mark.parametrize("engine", COPIES)
def test_a_copy_moves_only_what_differs_and_a_reader_keeps_its_generation(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = a_place(engine, request, "moves")
    target = open_target(place)
    with pytest.raises(ArchiveError):
        open_store(place)
    whole = rebuilt(tmp_path / "whole", slice(0, 63))
    part = rebuilt(tmp_path / "part", slice(0, 50))
    first = copy(part, target)
    assert (first.articles, first.moved, first.published) == (50, 50, True)
    again = copy(part, target)
    assert (again.published, again.generation) == (False, first.generation)
    assert again.moved == (0 if engine == "postgresql" else 50)  # Milvus copies no rows from the generation before
    reader = open_store(place)
    second = copy(whole, target)
    assert (second.articles, second.published) == (63, True)
    assert second.generation > first.generation
    after = open_store(place)
    assert reader.coverage().articles == 50
    assert len(reader.dense(WORDS.embed_question("tram"), 500, Filter())) == first.passages
    assert len(reader.lexical(["fog"], 9, Filter())) == 0
    assert after.coverage().articles == 63
    third = copy(part, target)
    assert (third.articles, third.moved if engine == "postgresql" else 0) == (50, 0)
    last = open_store(place)
    assert {r.article_id for r in last.records()} == {r.article_id for r in part.records()}
    for opened in (reader, after, last, whole, part):
        opened.close()


@pytest.mark.parametrize("engine", COPIES)
def test_an_archive_in_segments_is_copied_as_one_built_whole(
    engine: str, request: pytest.FixtureRequest, built: Path, grown: Path
) -> None:
    target = open_target(a_place(engine, request, "segments"))
    whole, parts = open_archive(built), open_archive(grown)
    assert len(parts.segments) == 3
    assert copy(whole, target).published
    again = copy(parts, target)
    assert (again.articles, again.published) == (63, False)
    whole.close()
    parts.close()


def rebuilt(folder: Path, which: slice) -> FaissStore:
    lines = folder.parent / "stories.jsonl"  # of one name, which an article keeps as its origin
    lines.write_text("".join(json.dumps(story) + "\n" for story in list(stories())[which]), encoding="utf-8")
    rebuild(folder, Input.of(lines), WORDS)
    return open_archive(folder)


class PowerCut(Exception):
    pass


class Failing:
    """A source that breaks off after some articles, as a process that is killed does."""

    def __init__(self, source: FaissStore, after: int) -> None:
        self._source = source
        self._after = after

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)

    def records(self) -> Iterator[Record]:
        for count, record in enumerate(self._source.records()):
            if count == self._after:
                raise PowerCut
            yield record


@pytest.mark.parametrize("engine", COPIES)
def test_a_copy_that_was_cut_short_serves_nothing_new_and_goes_on(
    engine: str, request: pytest.FixtureRequest, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.copying.BATCH", 10)
    place = a_place(engine, request, "cut")
    target, source = open_target(place), open_archive(built)
    with pytest.raises(PowerCut):
        copy(Failing(source, 35), target)
    with pytest.raises(ArchiveError):
        open_store(place)
    report = copy(source, target)
    assert (report.articles, report.unchanged, report.moved) == (63, 30, 33)
    store = open_store(place, WORDS.card)
    assert store.coverage() == source.coverage()
    store.close()
    source.close()


def test_an_empty_archive_says_so(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    lines = tmp_path / "one.jsonl"
    lines.write_text(json.dumps(next(stories())), encoding="utf-8")
    rebuild(tmp_path / "archive", Input.of(lines), WORDS)
    source = open_archive(tmp_path / "archive")
    [record] = source.records()
    source.close()
    delete(tmp_path / "archive", [record.article_id])
    empty = open_archive(tmp_path / "archive")
    places = [tmp_path / "archive", *(a_place(engine, request, "empty") for engine in COPIES)]
    for place in places:
        if place != tmp_path / "archive":
            copy(empty, open_target(str(place)))
        store = open_store(place)
        assert str(store.coverage()) == "The archive is empty."
        assert store.dense(WORDS.embed_question("tram"), 5, Filter()) == []
        assert store.lexical(["tram"], 5, Filter()) == []
        assert list(store.records()) == []
        store.close()
    empty.close()


def test_a_location_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ArchiveError, match="redis"):
        open_store("redis://localhost/1")
    with pytest.raises(ArchiveError, match="dateline rebuild"):
        open_target("a/folder")


def test_a_password_is_not_shown_where_a_server_cannot_be_reached() -> None:
    with pytest.raises(ArchiveError, match="127") as raised:
        open_store("postgresql://me:hunter2@127.0.0.1:9/news?connect_timeout=2")
    assert "hunter2" not in str(raised.value)


def test_vectors_come_back_bit_for_bit(store: Source, truth: list[Record]) -> None:
    kept = {record.article_id: record.vectors for record in truth}
    assert all(np.array_equal(record.vectors, kept[record.article_id]) for record in store.records())
