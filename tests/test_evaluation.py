"""What `dateline eval` measures, worked out by hand."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import pytest

from benchmarks.misnamed import named_otherwise
from index.embedding import SentenceTransformerEmbedder
from index.errors import InputError
from rag import Assistant
from rag.evaluation import Outcome, Question, Report, evaluate, first_rank, normalise, read_questions
from tests.conftest import ROOT


def outcome(
    *,
    answerable: bool = True,
    abstained: bool = False,
    confidence: float = 0.9,
    passage: int | None = 1,
    sentence: int | None = 1,
) -> Outcome:
    return Outcome("?", answerable, abstained, confidence, passage, sentence, 0.1)


def test_answers_are_compared_without_case_accents_punctuation_and_articles() -> None:
    assert normalise("The “Élysée”,  Palace!") == "elysee palace"
    assert first_rank("13 documents", ["They met.", "A package of 13 documents."]) == 2
    assert first_rank("3 documents", ["A package of 13 documents."]) is None
    assert first_rank("the", ["the"]) is None


def test_the_figures_of_a_report() -> None:
    report = Report(
        (
            outcome(),
            outcome(passage=4, sentence=3),
            outcome(passage=None, sentence=None, abstained=True, confidence=0.2),
            outcome(answerable=False, passage=None, sentence=None, abstained=True, confidence=0.1),
            outcome(answerable=False, passage=None, sentence=None, confidence=0.5),
        )
    )
    assert report.passage_hit(1) == pytest.approx(1 / 3)
    assert report.passage_hit(5) == pytest.approx(2 / 3)
    assert (report.sentence_hit(1), report.sentence_hit(3)) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert (report.abstention_precision, report.abstention_recall) == (0.5, 0.5)
    assert report.answered == pytest.approx(2 / 3)
    # Of six pairs of an answerable and an unanswerable question, five have the higher confidence on the right side.
    assert report.auroc == pytest.approx(5 / 6)
    assert report.latency(50) == pytest.approx(0.1)


def test_an_abstention_is_a_miss_where_it_is_shown() -> None:
    report = Report((outcome(abstained=True), outcome()))
    assert (report.sentence_hit(1), report.sentence_hit_shown(1)) == (1.0, 0.5)


def test_a_figure_that_cannot_be_had_is_null() -> None:
    report = Report((outcome(), outcome()))
    assert math.isnan(report.auroc)
    assert report.to_dict()["answerability AUROC"] is None
    assert ("answerability AUROC", "-") in report.table()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{oops}", "not a question"),
        ('{"asked": "2025-01-01"}', "not a question"),
        ('{"question": "q", "asked": "May"}', "not a question"),
        ('{"question": "q", "answerable": true}', "has no answer"),
        ("[1]", "not a question"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "q", "answer": "x"}\n' + line + "\n")
    with pytest.raises(InputError, match=rf"q\.jsonl#2: .*{reason}"):
        read_questions(path)


def test_the_example_archive_is_measured_as_of_each_day(
    example_archive: Path, embedder: SentenceTransformerEmbedder
) -> None:
    questions = read_questions(ROOT / "examples" / "questions.jsonl")
    assert questions[0].asked is not None
    assert questions[0].asked > date(2024, 1, 1)
    with Assistant(example_archive, embedder=embedder) as assistant:
        report = evaluate(assistant, questions)
    assert len(report.outcomes) == len(questions)
    # A floor far below what is measured, which a broken search or reader does not reach.
    assert report.passage_hit(5) > 0.8
    assert report.sentence_hit(3) > 0.5
    assert json.loads(json.dumps(report.to_dict()))["answerable"] == 24


def test_a_question_is_named_otherwise_by_the_name_that_stands_in_the_same_place_of_another() -> None:
    questions = [
        Question("Which fish comes from Japan?", None, "tuna", answerable=True),
        Question("Who sailed home from Iceland?", None, "Okello", answerable=True),
        Question("Which river rose?", None, "the Elbe", answerable=True),
    ]
    assert named_otherwise(questions) == {
        questions[0]: Question("Which fish comes from Iceland?", None, "tuna", answerable=False),
        questions[1]: Question("Who sailed home from Japan?", None, "Okello", answerable=False),
    }


def test_no_question_is_both_trained_on_and_measured_on() -> None:
    trained, measured = (
        {normalise(question.question) for question in read_questions(ROOT / "benchmarks" / name)}
        for name in ("training_questions.jsonl", "short_questions.jsonl")
    )
    assert trained
    assert measured
    assert not trained & measured
