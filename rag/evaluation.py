"""An archive measured with a file of questions whose answers are known."""

from __future__ import annotations

import json
import re
import statistics
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import InputError
from rag.assistant import Assistant

PASSAGE_RANKS = (1, 3, 5, 10, 20)
SENTENCE_RANKS = (1, 3)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the day it was asked, and its answer, where the archive has one."""

    question: str
    asked: date | None
    answer: str
    answerable: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question: the rank (from 1) of the first passage and sentence with the answer, or None."""

    question: str
    answerable: bool
    abstained: bool
    confidence: float
    passage_rank: int | None
    sentence_rank: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes of all questions, and the figures drawn from them.

    Sentence hits are of the sentences found, whether or not the assistant then chose to abstain;
    `sentence_hit_shown` counts an abstention as a miss.
    """

    outcomes: tuple[Outcome, ...]

    @property
    def answerable(self) -> tuple[Outcome, ...]:
        """Those whose answer is in the archive."""
        return tuple(outcome for outcome in self.outcomes if outcome.answerable)

    @property
    def unanswerable(self) -> tuple[Outcome, ...]:
        """Those whose answer is not."""
        return tuple(outcome for outcome in self.outcomes if not outcome.answerable)

    def passage_hit(self, k: int) -> float:
        """Share of answerable questions whose answer stands in the first `k` passages."""
        return _share((o.passage_rank or k + 1) <= k for o in self.answerable)

    def sentence_hit(self, k: int) -> float:
        """Share of answerable questions whose answer stands in the first `k` cited sentences."""
        return _share((o.sentence_rank or k + 1) <= k for o in self.answerable)

    def sentence_hit_shown(self, k: int) -> float:
        """The same, where an abstention is a miss."""
        return _share((o.sentence_rank or k + 1) <= k and not o.abstained for o in self.answerable)

    @property
    def abstention_precision(self) -> float:
        """Share of abstentions that were right to be."""
        return _share(not o.answerable for o in self.outcomes if o.abstained)

    @property
    def abstention_recall(self) -> float:
        """Share of unanswerable questions that were abstained on."""
        return _share(o.abstained for o in self.unanswerable)

    @property
    def answered(self) -> float:
        """Share of answerable questions that were answered."""
        return _share(not o.abstained for o in self.answerable)

    @property
    def auroc(self) -> float:
        """The chance that an answerable question has a higher confidence than an unanswerable one."""
        yes = np.array([o.confidence for o in self.answerable])
        no = np.array([o.confidence for o in self.unanswerable])
        if not len(yes) or not len(no):
            return float("nan")
        above = (yes[:, None] > no[None, :]).mean() + 0.5 * (yes[:, None] == no[None, :]).mean()
        return float(above)

    def latency(self, percentile: int) -> float:
        """Seconds within which `percentile` per cent of the questions were answered."""
        if len(self.outcomes) < 2:
            return sum(o.seconds for o in self.outcomes)
        return statistics.quantiles([o.seconds for o in self.outcomes], n=100, method="inclusive")[percentile - 1]

    def figures(self) -> dict[str, float]:
        """All figures by name; shares are from 0 to 1, latencies in seconds."""
        return {
            **{f"passage hit@{k}": self.passage_hit(k) for k in PASSAGE_RANKS},
            **{f"sentence hit@{k}": self.sentence_hit(k) for k in SENTENCE_RANKS},
            **{f"sentence hit@{k}, abstentions missed": self.sentence_hit_shown(k) for k in SENTENCE_RANKS},
            "abstention precision": self.abstention_precision,
            "abstention recall": self.abstention_recall,
            "answerable answered": self.answered,
            "answerability AUROC": self.auroc,
            "latency p50": self.latency(50),
            "latency p95": self.latency(95),
        }

    def to_dict(self) -> dict[str, Any]:
        """The figures and each outcome as JSON values; a figure that cannot be had is null."""
        figures = {name: None if np.isnan(value) else round(value, 4) for name, value in self.figures().items()}
        return {
            "questions": len(self.outcomes),
            "answerable": len(self.answerable),
            **figures,
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
        }

    def table(self) -> list[tuple[str, str]]:
        """Rows of name and figure, for people."""
        rows = [("questions", f"{len(self.outcomes)} ({len(self.answerable)} answerable)")]
        for name, value in self.figures().items():
            shown = "-" if np.isnan(value) else f"{value * 1000:.0f} ms" if "latency" in name else f"{value:.3f}"
            rows.append((name, shown))
        return rows


def read_questions(path: Path) -> list[Question]:
    """Questions from a JSONL file of `question`, `asked`, `answer` and `answerable`; other fields are not looked at.

    `answerable` is true where it is left out. Raises InputError naming the line that is wrong.
    """
    questions = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            questions.append(_question(f"{path}#{number}", line))
    if not questions:
        raise InputError(str(path), "holds no question; write one JSON object a line")
    return questions


def _question(origin: str, line: str) -> Question:
    try:
        record = json.loads(line)
        asked = record.get("asked")
        question = Question(
            question=record["question"],
            asked=date.fromisoformat(asked) if asked else None,
            answer=record.get("answer") or "",
            answerable=bool(record.get("answerable", True)),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = (
            f'not a question ({type(error).__name__}: {error}); wanted {{"question": "...", "asked": "YYYY-MM-DD", '
        )
        raise InputError(origin, reason + '"answer": "...", "answerable": true}') from error
    if question.answerable and not normalise(question.answer):
        raise InputError(origin, "is said to be answerable and has no answer")
    return question


def evaluate(
    assistant: Assistant, questions: Sequence[Question], *, progress: Callable[[int], None] | None = None
) -> Report:
    """Asks every question as of the day it was asked; neither answer nor answerability is shown to the assistant."""
    outcomes = []
    for number, question in enumerate(questions, start=1):
        finding = assistant.find(question.question, as_of=question.asked, k=max(PASSAGE_RANKS))
        answer = finding.answer
        outcomes.append(
            Outcome(
                question=question.question,
                answerable=question.answerable,
                abstained=answer.abstained,
                confidence=answer.confidence,
                passage_rank=first_rank(question.answer, (e.passage for e in answer.evidence)),
                sentence_rank=first_rank(question.answer, (c.sentence for c in finding.sentences)),
                seconds=answer.seconds,
            )
        )
        if progress is not None:
            progress(number)
    return Report(tuple(outcomes))


def first_rank(answer: str, texts: Iterable[str]) -> int | None:
    """The rank, from 1, of the first text in which the normalised answer stands as whole words, or None."""
    wanted = f" {normalise(answer)} "
    if not wanted.strip():
        return None
    return next((rank for rank, text in enumerate(texts, start=1) if wanted in f" {normalise(text)} "), None)


def normalise(text: str) -> str:
    """Lower case, without accents, punctuation and articles, single-spaced: how answers are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = re.sub(r"[^\w\s]|_", " ", "".join(c for c in plain if not unicodedata.combining(c)))
    return " ".join(word for word in words.split() if word not in {"a", "an", "the"})


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else float("nan")
