"""What readers say of answers, kept beside the archive: one JSON object a line, only ever added to."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from index.errors import DatelineError
from rag.answer import Answer

LOG = "feedback.jsonl"
VERDICTS = ("up", "down")
LONGEST_REASON = 1_000  # characters
LARGEST_LOG = 10_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's verdict on one answer, and the answer by what it takes to ask it again and to find its sources.

    `at` is ISO 8601 in UTC; `cited` are [article id, start, end]. The answer's text and the reader are not kept.
    """

    at: str
    verdict: str
    reason: str
    question: str
    searched_for: str
    as_of: str | None
    generation: str
    abstained: bool
    confidence: float
    cited: tuple[tuple[str, int, int], ...]

    @classmethod
    def on(cls, answer: Answer, verdict: str, reason: str = "") -> Feedback:
        """A verdict on an answer, now; the reason is cut at 1,000 characters. Raises DatelineError for no verdict."""
        if verdict not in VERDICTS:
            raise DatelineError(f"A verdict is one of {', '.join(VERDICTS)}; got {verdict!r}.")
        return cls(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            verdict=verdict,
            reason=" ".join(reason.split())[:LONGEST_REASON],
            question=answer.question[:2_000],
            searched_for=answer.searched_for[:2_000],
            as_of=answer.as_of.isoformat() if answer.as_of else None,
            generation=answer.generation,
            abstained=answer.abstained,
            confidence=answer.confidence,
            cited=tuple((one.article_id, one.start, one.end) for one in answer.citations),
        )


class FeedbackLog:
    """The log of one archive. Thread-safe, and safe beside other processes that add to it."""

    def __init__(self, archive: Path, *, largest: int = LARGEST_LOG) -> None:
        self._path = archive / LOG
        self._largest = largest
        self._lock = threading.Lock()

    def add(self, feedback: Feedback) -> None:
        """Adds a line. Raises DatelineError where the log is full or cannot be written."""
        line = json.dumps(asdict(feedback)).encode() + b"\n"
        try:
            with self._lock, self._path.open("ab") as log:
                if log.tell() + len(line) > self._largest:
                    raise DatelineError(f"{self._path} is full ({self._largest:,} bytes). Move it away to go on.")
                log.write(line)
                log.flush()
                os.fsync(log.fileno())
        except OSError as error:
            raise DatelineError(f"Feedback cannot be saved in {self._path}: {error.strerror or error}.") from error
