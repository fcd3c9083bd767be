"""Vectors in lists: the same answers as a flat search gives, within what is promised, whatever the filter."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import ArchiveDamaged
from index.store import Vector
from index.vectors import Mask, arranged, as_flat, flat, lists_of, nearest, read_vectors, vectors_of, write_vectors
from tests.word_embedder import WordEmbedder

SHARED = Path("../shared/newsqa/articles.jsonl.gz")
WORDS = WordEmbedder()


def drawn(count: int, dimension: int = 24, seed: int = 0) -> Vector:
    """Unit vectors about fifty centres, as float16 holds them."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(50, dimension))
    vectors = centres[chance.integers(50, size=count)] + 0.6 * chance.normal(size=(count, dimension))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(units.astype(np.float16).astype(np.float32))


def held(vectors: Vector) -> faiss.Index:
    index = flat(vectors.shape[1])
    index.add(vectors)
    return index


MANY = drawn(5_000)
QUESTIONS = drawn(40, seed=1)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> faiss.Index:
    path = tmp_path_factory.mktemp("listed") / "vectors.faiss"
    write_vectors(arranged(held(MANY), listed=1), path)
    return read_vectors(path)


def recall(index: faiss.Index, vectors: Vector, questions: Vector, mask: Mask | None, **how: int) -> float:
    """The share of the ten that are nearest by multiplying that are found."""
    passing = np.arange(len(vectors)) if mask is None else np.flatnonzero(mask)
    found = wanted = 0
    for question in questions:
        best = passing[np.argsort(-(vectors[passing] @ question), kind="stable")[:10]]
        places, _ = nearest(index, question[None], 10, mask, **how)
        found += len(set(places.tolist()) & set(best.tolist()))
        wanted += len(best)
    return found / wanted


def test_few_lie_flat_and_many_in_lists() -> None:
    some = held(drawn(500))
    assert arranged(some) is some
    assert arranged(some, listed=501) is some
    assert arranged(some, listed=500).nlist == lists_of(500) == 64
    assert (lists_of(1_000_000), lists_of(10_000_000)) == (4096, 16384)


def test_vectors_in_lists_are_those_that_were_given(listed: faiss.Index) -> None:
    assert np.array_equal(vectors_of(listed, range(len(MANY))), MANY)
    assert np.array_equal(vectors_of(as_flat(listed), [7, 4_999, 0]), MANY[[7, 4_999, 0]])
    assert vectors_of(listed, []).shape == (0, MANY.shape[1])


masks = st.none() | st.tuples(st.floats(0, 1), st.integers(0, 2**32 - 1)).map(
    lambda drawn: np.random.default_rng(drawn[1]).random(len(MANY)) < drawn[0]
)


@given(
    mask=masks, question=st.sampled_from(range(len(QUESTIONS))), k=st.integers(1, 300), few=st.sampled_from([0, 400])
)
@settings(max_examples=80, deadline=None)
def test_what_is_found_passes_the_filter_and_no_place_stays_empty(
    listed: faiss.Index, mask: Mask | None, question: int, k: int, few: int
) -> None:
    places, scores = nearest(listed, QUESTIONS[question][None], k, mask, probed=4, few=few)
    passing = len(MANY) if mask is None else int(mask.sum())
    assert len(set(places.tolist())) == len(places) == len(scores) == min(k, passing)
    assert mask is None or mask[places].all()
    assert np.allclose(scores, MANY[places] @ QUESTIONS[question], atol=1e-5)
    assert (np.diff(scores) <= 0).all()


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01, 0.002])
@pytest.mark.parametrize("few", [0, 200])
def test_the_nearest_are_found_whatever_share_passes(listed: faiss.Index, share: float, few: int) -> None:
    mask = np.random.default_rng(2).random(len(MANY)) < share
    assert recall(listed, MANY, QUESTIONS, mask, probed=24, few=few) >= 0.97


def test_a_filter_that_leaves_only_what_is_far_is_searched_to_its_end(listed: faiss.Index) -> None:
    for question in QUESTIONS:
        far = MANY @ question < 0
        far[np.argsort(MANY @ question)[500:]] = False
        assert recall(listed, MANY, question[None], far, probed=2, few=0) == 1


def test_vectors_of_real_sentences_are_found(tmp_path: Path) -> None:
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not there")
    with gzip.open(SHARED, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line, _ in zip(lines, range(400), strict=False)]
    sentences = [s for text in texts for s in re.split(r"(?<=[.!?])\s+", text) if len(s) > 40]
    vectors = as_flat(held(WORDS.embed_passages(sentences)))
    real, questions = vectors_of(vectors, range(vectors.ntotal)), WORDS.embed_passages(sentences[::150])
    index = arranged(vectors, listed=1)
    assert recall(index, real, questions, None) >= 0.97
    third = np.arange(len(real)) % 3 == 0
    assert recall(index, real, questions, third, few=0) >= 0.97


def cut(data: bytes) -> Sequence[bytes]:
    return [data[: len(data) * part // 8] for part in range(1, 8)]


def test_a_file_of_lists_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vectors.faiss"
    write_vectors(arranged(held(MANY), listed=1), path)
    for data in cut(path.read_bytes()):
        path.write_bytes(data)
        with pytest.raises(ArchiveDamaged, match="is no index that FAISS takes"):
            read_vectors(path)
