"""Questions with one name put in another's place: what they ask stands in no article, and all their other words do.

    python -m benchmarks.misnamed ../shared/newsqa --archive .archives/newsqa

"Which country bans seafood from Japan?" becomes "... from Iceland?". An assistant that looks for nearness alone answers
these as surely as the real ones. The peer is the best cosine of the archive's own passages, at the threshold where it
answers as many of the real questions. A few of the questions so made can be answered all the same; all count as if not.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from index.embedding import SentenceTransformerEmbedder
from index.faiss_store import open_archive
from index.store import Filter
from rag.assistant import Assistant
from rag.evaluation import Question, Report, evaluate, read_questions
from rag.words import name_spans


def named_otherwise(questions: Sequence[Question], *, seed: int = 7) -> dict[Question, Question]:
    """Of each question that has a name, one with the name of another question in its place.

    The other name has as many words and follows the same word; questions for which there is none are left out.
    """
    chooser = random.Random(seed)
    names: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for question in questions:
        for start, end in name_spans(question.question):
            names[_place(question.question, start, end)].append(question.question[start:end])
    made: dict[Question, Question] = {}
    for question in questions:
        text = question.question
        spans = list(name_spans(text))
        if not spans:
            continue
        start, end = chooser.choice(spans)
        said = f"{text} {question.answer}".casefold()
        fits = [
            name
            for name in names[_place(text, start, end)]
            if name.casefold() not in said and name[:4] != text[start : start + 4]
        ]
        if fits:
            changed = f"{text[:start]}{chooser.choice(fits)}{text[end:]}"
            made[question] = replace(question, question=changed, answerable=False)
    return made


def _place(text: str, start: int, end: int) -> tuple[str, int]:
    before = text[:start].split()
    return before[-1].lower() if before else "", len(text[start:end].split())


def cosines(archive: Path, questions: Sequence[Question]) -> list[float]:
    """The best cosine of each question among what was published by its day."""
    embedder = SentenceTransformerEmbedder()
    store = open_archive(archive, embedder.card)
    best = []
    for question in questions:
        hits = store.dense(embedder.embed_question(question.question), 1, Filter(last=question.asked))
        best.append(hits[0].score if hits else -1.0)
    store.close()
    return best


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with questions.jsonl")
    parser.add_argument("--archive", type=Path, required=True, help="an archive of its articles")
    options = parser.parse_args()
    made = named_otherwise([one for one in read_questions(options.data / "questions.jsonl") if one.answerable])
    questions = [*made, *made.values()]
    with Assistant(options.archive) as assistant:
        ours = evaluate(assistant, questions)
    nearest = cosines(options.archive, questions)
    threshold = np.quantile(nearest[: len(made)], 1 - ours.answered)
    outcomes = zip(ours.outcomes, nearest, strict=True)
    peer = Report(tuple(replace(one, confidence=best, abstained=best < threshold) for one, best in outcomes))
    print(f"{len(made)} questions, and each with another name")
    print(f"{'':44}{'dateline':>10}{'top cosine':>12}")
    for name, figure in (
        ("answered as they were asked", "answered"),
        ("abstained on with another name", "abstention_recall"),
        ("AUROC", "auroc"),
    ):
        print(f"{name:44}{getattr(ours, figure):>10.3f}{getattr(peer, figure):>12.3f}")


if __name__ == "__main__":
    main()
