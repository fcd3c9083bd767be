"""Which articles, and which questions about them: drawn from the data alone, whatever any system finds."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag.evaluation import Question, first_rank


@dataclass(frozen=True, slots=True)
class Subset:
    """The articles, as records of the data, and the questions that one of them answers."""

    articles: tuple[dict[str, Any], ...]
    questions: tuple[Question, ...]

    def write(self, folder: Path) -> None:
        """Puts in a folder what a system is given: the articles, and of the questions their words and day alone."""
        with gzip.open(folder / "articles.jsonl.gz", "wt", encoding="utf-8") as stream:
            stream.writelines(json.dumps(article) + "\n" for article in self.articles)
        asked = [{"question": q.question, "asked": q.asked and q.asked.isoformat()} for q in self.questions]
        (folder / "questions.json").write_text(json.dumps(asked), encoding="utf-8")


def choose(data: Path, articles: int, seed: int) -> Subset:
    """As many articles as asked for: first those that people named as a question's evidence, then any others.

    A question is taken where its answer stands in an article that was named and was out by the day asked. Both the
    questions, where there is room for not all of them, and the other articles are drawn at random.
    """
    with gzip.open(data / "articles.jsonl.gz", "rt", encoding="utf-8") as stream:
        records = [json.loads(line) for line in stream]
    by_url = {record["url"]: number for number, record in enumerate(records)}
    drawn = random.Random(seed)
    answered = [
        (question, holding)
        for question, urls in _named(data / "questions.jsonl")
        if (holding := {by_url[url] for url in urls if url in by_url and _answers(records[by_url[url]], question)})
    ]
    drawn.shuffle(answered)
    chosen: set[int] = set()
    questions = []
    for question, holding in answered:
        if len(chosen | holding) <= articles:
            chosen |= holding
            questions.append(question)
    others = [number for number in range(len(records)) if number not in chosen]
    chosen |= set(drawn.sample(others, min(articles - len(chosen), len(others))))
    return Subset(tuple(records[number] for number in sorted(chosen)), tuple(questions))


def _named(path: Path) -> list[tuple[Question, list[str]]]:
    """The answerable questions, each with the urls that were named as its evidence."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        (Question(row["question"], date.fromisoformat(row["asked"]), row["answer"], True), row["evidence_urls"])
        for row in rows
        if row["answerable"]
    ]


def _answers(record: dict[str, Any], question: Question) -> bool:
    published = record["published"]
    if not published or (question.asked and date.fromisoformat(published) > question.asked):
        return False
    return first_rank(question.answer, [record["text"]]) is not None
