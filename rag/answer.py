"""What callers get: an answer, its citations and the evidence behind them."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class EventDate:
    """The day (or the days, first and last) that a sentence speaks of, and the rule that gave it.

    `phrase` is the wording in the sentence ("on Aug. 20", "Wednesday").
    """

    first: date
    last: date
    phrase: str
    rule: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A retrieved passage: text cut from the stored article at `start:end`, with where and when it was published.

    `score` orders the evidence of one question and means nothing across questions. `also_in` names the
    other sources that carry the same wire story: it counts once.
    """

    article_id: str
    title: str
    source: str
    url: str | None
    published: date | None
    date_is_doubtful: bool
    passage: str
    start: int
    end: int
    score: float
    also_in: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The article's id and the passage's place in it: the same passage has the same id in every generation."""
        return f"{self.article_id}:{self.start}-{self.end}"

    def to_metadata(self) -> dict[str, Any]:
        """All but the passage itself, as JSON values: what other libraries carry along with a text."""
        return {key: _jsonable(value) for key, value in asdict(self).items() if key != "passage"}


@dataclass(frozen=True, slots=True)
class Citation:
    """A source sentence, word for word, with its place and date.

    `sentence` is the stored article's text at `start:end` and `passage` the text around it, at
    `passage_start`. `span`, where known, is the (start, end) within the sentence that answers. `correction` is
    the article's own note that it was corrected, word for word; empty where it has none.
    """

    sentence: str
    start: int
    end: int
    article_id: str
    title: str
    source: str
    url: str | None
    published: date | None
    passage: str
    passage_start: int
    date_is_doubtful: bool = False
    also_in: tuple[str, ...] = ()
    event: EventDate | None = None
    span: tuple[int, int] | None = None
    correction: str = ""
    score: float = 0.0

    @property
    def text_hash(self) -> str:
        """16 hex digits of the quoted sentence, by which a kept citation can be checked against the archive."""
        return hashlib.sha256(self.sentence.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of an answer's timeline: what `citations[citation - 1]` says of its day.

    `day` is the event's where known, else the day of publication; `value` the number given, as it stands in the
    sentence. `superseded` is true where a later article corrects it.
    """

    citation: int
    day: date | None
    value: str = ""
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One past question and what was answered: the history that a follow-up is understood from."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or the reason there is none.

    `text` is plain text, never markup; `[n]` in it points to `citations[n - 1]`. When `abstained` is true
    there are no citations, `text` says what the archive covers, and `evidence` holds the nearest passages,
    which are not an answer. `searched_for` is the question as it was searched, after the history was read in.
    `notes` are Dateline's own words about the answer, such as that sources differ. `timeline` is empty but where
    one was asked for or sources differ; the citations are then in its order, newest first. `written_by` names the
    LLM that wrote the text, each of whose sentences passed the gate; it is empty where the text is the cited
    sentences themselves. `rejected` is what the LLM wrote and may not say, each sentence with the reason.
    """

    question: str
    text: str
    abstained: bool
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    as_of: date | None
    generation: str
    searched_for: str = ""
    understood: tuple[str, ...] = ()
    confidence: float = 0.0
    notes: tuple[str, ...] = ()
    timeline: tuple[Moment, ...] = ()
    rejected: tuple[str, ...] = ()
    written_by: str = ""
    seconds: float = field(default=0.0, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON values: dates in ISO 8601, tuples as lists."""
        return {key: _jsonable(value) for key, value in asdict(self).items()}


def _jsonable(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    return value
