"""The full text scores as FTS5's own BM25 does, whatever is asked, and finds its best whatever passes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.build import Input
from index.errors import ArchiveDamaged
from index.faiss_store import FaissStore, open_archive
from index.manifest import ARTICLES
from index.postings import tokens_of
from index.rebuild import rebuild
from index.store import Filter
from tests.test_archive import write_stories
from tests.word_embedder import WordEmbedder

WORDS = WordEmbedder()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FaissStore:
    folder = tmp_path_factory.mktemp("text")
    rebuild(folder / "archive", Input.of(write_stories(folder / "stories.jsonl", range(600))), WORDS)
    return open_archive(folder / "archive")


def by_fts5(store: FaissStore, terms: list[str]) -> dict[int, float]:
    """What FTS5 itself scores each passage that has any of the terms."""
    matching = " OR ".join(f'"{term}"' for term in terms)
    with closing(sqlite3.connect(store.folder / ARTICLES)) as database:
        rows = database.execute(
            "SELECT rowid, -bm25(passages_text, 1.0, 1.0) FROM passages_text WHERE passages_text MATCH ?",
            (matching,),
        )
        return dict(rows)


WORDS_ASKED = """
    council harbour Lima Kobe votes engineers numbered 7 42 101 metres long hired absent HIRING harbours
    spring,and in-spring plan-7 the-mayor
"""
words = st.sampled_from([*WORDS_ASKED.split(), "harbour plan"])


@given(terms=st.lists(words, min_size=1, max_size=6, unique=True))
@settings(max_examples=60, deadline=None)
def test_a_passage_scores_as_by_fts5(store: FaissStore, terms: list[str]) -> None:
    truth = by_fts5(store, terms)
    hits = store.lexical(terms, 5_000, Filter())
    assert {hit.passage for hit in hits} == truth.keys()
    assert [hit.score for hit in hits] == pytest.approx([truth[hit.passage] for hit in hits], rel=1e-4, abs=1e-5)


@given(terms=st.lists(words, min_size=1, max_size=4, unique=True), k=st.integers(1, 9), outlet=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_the_best_of_what_passes_are_found(store: FaissStore, terms: list[str], k: int, outlet: int) -> None:
    where = Filter(sources=frozenset({f"outlet{outlet}.example"}))
    every = store.lexical(terms, 5_000, Filter())
    passing = [hit for hit in every if store.passages([hit.passage])[0].article.source in where.sources]
    assert store.lexical(terms, k, where) == passing[:k]
    assert store.lexical(terms, k, Filter()) == every[:k]


def test_a_term_is_made_the_tokens_that_the_full_text_has() -> None:
    terms = ["Vaccines", "COVID-19", "2.9", "...", "", "Gdańsk"]
    assert tokens_of(terms) == [("vaccin",), ("covid", "19"), ("2", "9"), (), (), ("gdansk",)]


def test_postings_of_other_passages_are_damage(store: FaissStore, tmp_path: Path) -> None:
    segment = store.segments[0]
    segment.check()
    with closing(sqlite3.connect(tmp_path / ARTICLES)) as database:
        segment.database.copy_to(database)
        database.execute("DELETE FROM postings WHERE token = 'lima'")
        database.commit()
    with pytest.raises(ArchiveDamaged, match="postings"):
        type(segment.text)(type(segment.database)(tmp_path / ARTICLES), segment.facts.numbers).check()


def test_the_order_of_equals_is_that_of_their_numbers(store: FaissStore) -> None:
    hits = store.lexical(["spring"], 5_000, Filter())
    scores = np.array([hit.score for hit in hits])
    for score in np.unique(scores):
        numbers = [hit.passage for hit in hits if hit.score == score]
        assert numbers == sorted(numbers)
