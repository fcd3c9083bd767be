"""What the readers of all formats share: the file they are given, and how they say that something was not read."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from index.article import RawPage

logger = logging.getLogger(__name__)

MAX_PAGE = 50 * 2**20  # bytes of a file that is read whole: no news page comes near, and a parser takes many times that
MAX_RECORD = 16 * 2**20  # characters of one record among many: five long novels
_KEPT = 1000  # skips kept one by one: more than anyone reads; all are counted
_MAX_REASONS = 1000  # different reasons counted, so that reasons made from the data cannot fill memory
_NUMBER = re.compile(r"(?<!\w)\d(?:[\d,.]*\d)?(?!\w)")
_OTHER = "other reasons"


@dataclass(frozen=True, slots=True)
class Skip:
    """An item that was not read: `origin` as in RawPage, `reason` what was wrong and, where there is one, the mend."""

    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file under its reader: its bytes are decompressed already.

    `folder` is the name that stands for the source of records that name none; `mapping` leads from our field names
    to theirs; `head` is the beginning of the stream, which has yet to be read from its start.
    """

    origin: str
    stream: BinaryIO
    head: bytes
    folder: str
    mapping: Mapping[str, str]

    def record(self, number: int) -> str:
        """The origin of the file's n-th record, counted from 1."""
        return f"{self.origin}#{number}"


class Reader(Protocol):
    """Reads one format: gives a page or a skip for each item, in the order of the file.

    Raises InputError, OSError or UnicodeError where the rest of the file cannot be read.
    """

    def __call__(self, file: OpenFile, /) -> Iterator[RawPage | Skip]:
        """The items of the file."""
        ...


@dataclass(slots=True)
class SkipReport:
    """What an ingest read and left out.

    `skipped` keeps the first 1,000 skips; `reasons` counts all of them by reason, with the numbers in a reason
    written as N so that like counts with like; `read` counts the pages that were given.
    """

    read: int = 0
    skipped: list[Skip] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many items were skipped."""
        return self.reasons.total()

    def add(self, origin: str, reason: str) -> None:
        """Counts a skipped item and logs it; past the first 1,000 it is only counted."""
        skip = Skip(printable(origin), printable(reason))
        key = _NUMBER.sub("N", skip.reason)
        self.reasons[key if key in self.reasons or len(self.reasons) < _MAX_REASONS else _OTHER] += 1
        if len(self.skipped) < _KEPT:
            self.skipped.append(skip)
            logger.warning("skipped %s: %s", skip.origin, skip.reason)
            if len(self.skipped) == _KEPT:
                logger.warning("%d items were skipped: those after are counted, not listed", _KEPT)

    def summary(self) -> str:
        """One line for people, the commonest reasons first."""
        if not self.total:
            return f"{self.read:,} read, none skipped"
        listed = "; ".join(f"{count:,} x {reason}" for reason, count in self.reasons.most_common(3))
        more = "; …" if len(self.reasons) > 3 else ""
        return f"{self.read:,} read, {self.total:,} skipped: {listed}{more}"


def printable(text: str, limit: int = 400) -> str:
    """The text on one line without what a terminal might obey, cut to a length fit for a log."""
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
