"""The benchmark beside other libraries: which articles and questions are taken, and what a library is given of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.curves import FURTHER, carried_on
from benchmarks.nearest import nearest_sentences
from benchmarks.peers.subset import choose
from benchmarks.vectors import Row
from tests.word_embedder import WordEmbedder


def article(name: str, published: str, text: str) -> dict[str, Any]:
    return {"id": name, "url": f"https://news.example/{name}", "source": "news.example", "title": name} | {
        "published": published,
        "authors": [],
        "text": text,
    }


def question(text: str, asked: str, answer: str, *evidence: str, answerable: bool = True) -> dict[str, Any]:
    return {"id": text, "question": text, "asked": asked, "answer": answer, "choices": [answer, "Mars"]} | {
        "evidence_urls": [f"https://news.example/{name}" for name in evidence],
        "answerable": answerable,
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    articles = [
        article("telescope", "2022-07-12", "The first pictures came from the Webb telescope."),
        article("queen", "2022-09-08", "Queen Elizabeth II died at Balmoral."),
        article("late", "2022-12-20", "Argentina won the World Cup."),
        *(article(f"other-{n}", "2022-08-01", f"Other news, number {n}.") for n in range(20)),
    ]
    questions = [
        question("Which telescope sent pictures?", "2022-07-15", "Webb", "telescope"),
        question("Where did the Queen die?", "2022-09-10", "Balmoral", "queen"),
        question("Who won the World Cup?", "2022-12-19", "Argentina", "late"),
        question("Who named no evidence?", "2022-08-02", "news"),
        question("Who cannot be answered?", "2023-08-02", "Balmoral", "queen", answerable=False),
        question("Whose evidence lacks the answer?", "2022-08-02", "Saturn", "telescope"),
    ]
    with gzip.open(tmp_path / "articles.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in articles)
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)), encoding="utf-8")
    return tmp_path


def test_questions_are_those_whose_answer_stands_in_named_evidence_that_was_out_by_then(data: Path) -> None:
    subset = choose(data, articles=10, seed=0)
    assert {q.answer for q in subset.questions} == {"Webb", "Balmoral"}
    names = {record["id"] for record in subset.articles}
    assert {"telescope", "queen"} < names
    assert len(names) == 10


def test_a_seed_draws_the_same_and_another_seed_others(data: Path) -> None:
    assert choose(data, articles=10, seed=3) == choose(data, articles=10, seed=3)
    assert choose(data, articles=10, seed=3).articles != choose(data, articles=10, seed=4).articles


def test_a_question_is_left_out_where_there_is_no_room_for_its_evidence(data: Path) -> None:
    subset = choose(data, articles=1, seed=0)
    assert len(subset.articles) == len(subset.questions) == 1


def test_a_library_is_given_the_articles_and_bare_questions_alone(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    choose(data, articles=10, seed=0).write(folder)
    asked = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    assert sorted(asked, key=lambda one: one["asked"]) == [
        {"question": "Which telescope sent pictures?", "asked": "2022-07-15"},
        {"question": "Where did the Queen die?", "asked": "2022-09-10"},
    ]
    assert {path.name for path in folder.iterdir()} == {"articles.jsonl.gz", "questions.json"}


def test_the_nearest_sentences_of_the_first_chunks_are_cited_best_first() -> None:
    embedder = WordEmbedder()
    chunks = ["The queen died at Balmoral. It rained that day.", "A cup was won."]
    cited = nearest_sentences(embedder.embed_question("queen died"), chunks, embedder.embed_passages)
    assert cited[0] == "The queen died at Balmoral."
    assert nearest_sentences(embedder.embed_question("queen"), [], embedder.embed_passages) == []


def test_a_figure_grows_once_more_as_it_grew_over_the_last_ten_times_as_many_vectors() -> None:
    def row(size: int, p50: float, recall: float, effort: int = 64) -> Row:
        return Row(size, "IVF, float16", effort, "none", 1.0, size / 1000, 1.0, 1.0, p50, p50, recall)

    (further,) = carried_on([row(10_000, 0.1, 1.0), row(100_000, 1.0, 0.9), row(1_000_000, 3.0, 0.81)])
    assert (further.size, further.effort) == (FURTHER, 64)
    assert further.p50 == pytest.approx(9.0)
    assert further.mib == pytest.approx(FURTHER / 1000)
    assert further.recall == pytest.approx(0.729)


def test_no_recall_is_carried_past_all() -> None:
    rows = [
        Row(size, "flat, 8 bits", 0, "none", 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, recall)
        for size, recall in ((100_000, 0.98), (1_000_000, 1.0))
    ]
    assert [further.recall for further in carried_on(rows)] == [1.0]
