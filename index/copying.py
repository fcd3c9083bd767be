"""A finished archive copied to another store: only what differs moves, and nothing is served before it is verified."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Protocol

from index.build import Progress, Silent
from index.embedding import ModelCard
from index.errors import ArchiveDamaged
from index.records import Census, Record, Source

BATCH = 128  # articles written at once: a copy that is killed loses at most so many


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a set of records adds up to, in any order: how many there are, and their digests summed."""

    articles: int = 0
    passages: int = 0
    total: int = 0

    def plus(self, record: Record) -> Checksum:
        """The checksum with one record more."""
        total = (self.total + int(record.digest, 16)) % (1 << 256)
        return Checksum(self.articles + 1, self.passages + len(record.passages), total)

    def __str__(self) -> str:
        return f"{self.articles} articles, {self.passages} passages, {self.total:064x}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a generation says of itself when it is published."""

    model: ModelCard
    census: Census
    boilerplate: Mapping[str, frozenset[str]]
    checksum: Checksum


class Draft(Protocol):
    """The next generation of a store: no reader sees it before it is published, and a killed copy goes on with it."""

    def digests(self) -> dict[str, str]:
        """The digest of every article it holds, by id."""

    def put(self, records: Sequence[Record]) -> None:
        """Adds records in one durable step; one of the same id is replaced."""

    def drop(self, article_ids: Sequence[str]) -> None:
        """Takes articles out."""

    def records(self) -> Iterator[Record]:
        """Every record as it is stored, read back."""

    def publish(self, summary: Summary) -> str:
        """Makes it the generation that is served, in one step; gives its name."""


class Target(Protocol):
    """A store that can be copied to."""

    def served(self) -> tuple[str, str] | None:
        """The name of the generation served and the checksum it was published with; None where there is none."""

    def drafting(self, model: ModelCard) -> AbstractContextManager[Draft]:
        """Holds the store for one writer. Raises ArchiveLocked, and ModelMismatch for vectors of another model."""


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What a copy did; `published` is False where the target held it all and serves it already."""

    generation: str
    articles: int
    passages: int
    moved: int
    dropped: int
    unchanged: int
    published: bool
    seconds: float


def copy(source: Source, target: Target, *, progress: Progress | None = None) -> CopyReport:
    """Makes the target serve what the source holds, as a new generation.

    Articles that the target holds with the same digest stay; every record is then read back and its digest made
    anew. Stopped at any point, it leaves what was served as it was, and the next copy goes on from there. Holds one
    digest (some 200 bytes) per article in memory. Raises ArchiveDamaged where what was read back differs.
    """
    began = time.monotonic()
    told = progress or Silent()
    with target.drafting(source.model) as draft:
        held = draft.digests()
        checksum, moved, unchanged = Checksum(), 0, 0
        places: list[tuple[str, date | None]] = []
        told.stage("Copying", source.coverage().articles)
        for batch in _batches(source.records(), BATCH):
            changed = []
            for record in batch:
                checksum = checksum.plus(record)
                places.append((record.article.source, record.article.published))
                if held.pop(record.article_id, None) != record.digest:
                    changed.append(record)
            if changed:
                draft.put(changed)
            moved += len(changed)
            unchanged += len(batch) - len(changed)
            told.advance(len(batch))
        draft.drop(list(held))
        told.stage("Verifying", checksum.articles)
        _verify(draft.records(), checksum, told)
        served = target.served()
        published = served is None or served[1] != str(checksum)
        summary = Summary(source.model, Census.of(places), source.boilerplate(), checksum)
        name = draft.publish(summary) if published or served is None else served[0]
    seconds = time.monotonic() - began
    return CopyReport(name, checksum.articles, checksum.passages, moved, len(held), unchanged, published, seconds)


def _verify(stored: Iterable[Record], expected: Checksum, told: Progress) -> None:
    found = Checksum()
    for record in stored:
        found = found.plus(record)
        told.advance(1)
    if found != expected:
        raise ArchiveDamaged(
            f"What was copied reads back as {found}, and the source holds {expected}. Nothing was published; "
            "copy again, and if it stays so, check the source with `dateline verify`."
        )


def _batches(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    while batch := list(islice(records, size)):
        yield batch
