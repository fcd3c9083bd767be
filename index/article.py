"""The values that an archive is made of.

Offsets are counted in Unicode code points of `Article.text`, as Python counts them, and hold for ever:
`article.text[sentence.start:sentence.end] == sentence.text`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class PageKind(StrEnum):
    """What the content of a raw page is, and so which cleaner it needs."""

    HTML = "html"  # markup of a whole page
    DUMP = "dump"  # plain text of a whole page, rails and junk included
    STORY = "story"  # the body alone, as a feed or a data set gives it


class DateOrigin(StrEnum):
    """Where an article's publication date was found, surest first."""

    GIVEN = "given"  # a field of the record, or a feed's own date
    HEAD_LINE = "head-line"  # the `date YYYY-MM-DD title` line of a text dump
    METADATA = "metadata"  # the page's own metadata
    TEXT = "text"  # the visible text of the page
    URL = "url"  # the page's address
    NONE = "none"  # not found


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as it was read, before cleaning; what the record itself says is in the other fields.

    `origin` is the file it came from, with `#n` (counted from 1) where the file holds several.
    `published` is the date as it was written there: cleaning parses it.
    """

    origin: str
    content: str
    kind: PageKind
    url: str | None = None
    title: str | None = None
    published: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A cleaned article. `text` is the story alone: no title, no caption, no page furniture."""

    text: str
    title: str
    source: str
    published: date | None
    date_origin: DateOrigin = DateOrigin.NONE
    date_confidence: float = 0.0  # 0 (none) to 1 (as good as certain)
    url: str | None = None
    authors: tuple[str, ...] = ()
    language: str = "und"  # ISO 639-1, or "und"
    caption: str | None = None
    origin: str = ""

    @property
    def id(self) -> str:
        """16 hex digits from what the article says, where and when: the same article has the same id anywhere."""
        day = self.published.isoformat() if self.published else ""
        parts = (self.url or "", self.source, day, self.title, self.text)
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def date_is_doubtful(self) -> bool:
        """True where a reader should be told that the date may be wrong."""
        return self.date_confidence < 0.9

    def to_fields(self) -> dict[str, Any]:
        """Its fields as JSON values."""
        return {**asdict(self), "published": self.published.isoformat() if self.published else None}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Article:
        """An article from what `to_fields` gave."""
        day = fields["published"]
        return cls(
            **{
                **fields,
                "published": date.fromisoformat(day) if day else None,
                "date_origin": DateOrigin(fields["date_origin"]),
                "authors": tuple(fields["authors"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and where it stands in its article's text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: `first` and `last` (inclusive) count its sentences from 0."""

    first: int
    last: int
    start: int
    end: int
    text: str
