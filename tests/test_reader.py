"""Reading passages for a question: scores, spans, and what is wrong with weights that cannot be read."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from index.article import Article, Passage
from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelError
from index.sentences import split_sentences
from index.store import StoredPassage
from rag.reader import PACKAGED, CosineReader, Reader, TrainedReader, confidence, load_reader

QUESTION = "How many documents did Belarus and Iran sign?"
SIGNED = (
    "Belarus and Iran drew closer this week. Their presidents signed a package of 13 documents in Minsk on Wednesday. "
    "Both countries are under sanctions."
)
RAIN = "Rain fell on the coast all week. The river rose by two metres. Schools stayed shut until Friday."


def stored(text: str, title: str = "A title", number: int = 0) -> StoredPassage:
    article = Article(text=text, title=title, source="s", published=date(2025, 8, 21))
    sentences = split_sentences(text)
    passage = Passage(0, len(sentences) - 1, 0, len(text), text)
    return StoredPassage(number, passage, article, article.id, number, sentences)


@pytest.fixture(scope="module", params=["trained", "cosine"])
def reader(request: pytest.FixtureRequest, embedder: SentenceTransformerEmbedder) -> Reader:
    return load_reader(request.param, embedder)


def test_the_sentence_that_answers_scores_best(reader: Reader) -> None:
    readings = reader.read(QUESTION, [stored(RAIN), stored(SIGNED, number=1)])
    assert readings[1].relevance > readings[0].relevance
    best = max((score for reading in readings for score in reading.sentences), key=lambda score: score.score)
    assert SIGNED[best.start : best.end].startswith("Their presidents signed")


def test_scores_are_of_the_articles_own_sentences_and_spans_lie_within_them(reader: Reader) -> None:
    passage = stored(SIGNED)
    [reading] = reader.read(QUESTION, [passage])
    assert [(s.start, s.end) for s in reading.sentences] == [(s.start, s.end) for s in passage.sentences]
    for score in reading.sentences:
        if score.span:
            assert 0 <= score.span[0] < score.span[1] <= score.end - score.start


def test_a_reading_is_the_same_again_and_in_any_order(reader: Reader) -> None:
    both = [stored(RAIN), stored(SIGNED, number=1)]
    first = reader.read(QUESTION, both)
    again = reader.read(QUESTION, both[::-1])
    for one, other in zip(first, again[::-1], strict=True):
        assert one.relevance == pytest.approx(other.relevance, abs=0.05)


def test_an_answered_question_is_surer_than_an_unanswered_one(reader: Reader) -> None:
    answered = confidence(reader.read(QUESTION, [stored(SIGNED)], fit=[0.8]))
    unanswered = confidence(reader.read(QUESTION, [stored(RAIN)], fit=[0.1]))
    assert 0 <= unanswered < answered <= 1


def test_nothing_to_read_is_nothing_read(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []
    assert confidence([]) == 0


def test_a_passage_longer_than_the_model_sees_is_read_as_far_as_it_goes() -> None:
    text = " ".join(f"Sentence number {n} says nothing of note." for n in range(200))
    [reading] = TrainedReader().read(QUESTION, [stored(text)])
    assert len(reading.sentences) == 200
    assert reading.sentences[-1].score == float("-inf")


@pytest.mark.parametrize("name", ["calibration.json", "config.json", "tokenizer.json", "reader.safetensors"])
@pytest.mark.parametrize("damage", ["gone", "cut", "other"])
def test_weights_that_cannot_be_read_are_named_with_the_mend(tmp_path: Path, name: str, damage: str) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(PACKAGED, folder)
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"{}")
    with pytest.raises(ModelError, match=r"weights.*DATELINE_READER=cosine"):
        TrainedReader(folder).read(QUESTION, [stored(SIGNED)])


def test_the_cosine_reader_needs_no_weights(embedder: SentenceTransformerEmbedder) -> None:
    assert isinstance(load_reader("cosine", embedder), CosineReader)
