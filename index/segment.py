"""One segment of a generation: an SQLite file of articles, spans and full text, and their vectors beside it.

It never changes, so stores of several generations share it. What a later segment says of an earlier one's articles
(that one is gone, that one belongs to another cluster) is applied by the store that reads them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache, partial
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.article import Article, Passage, Sentence
from index.database import Database
from index.errors import ArchiveDamaged
from index.fulltext import FullText
from index.manifest import FileSeal, Manifest, SegmentFiles, check_file, identity
from index.records import SPAN, unpack_spans
from index.schema import ARTICLE_COLUMNS, article_of, day_of
from index.store import Filter, Vector
from index.vectors import Mask, nearest, read_vectors, vectors_of

_RECORDS = 256  # articles that are kept read


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept in memory of each passage, in order of number, to filter before the best are taken."""

    numbers: NDArray[np.int64]
    owners: NDArray[np.int64]  # the numbers of their articles
    days: NDArray[np.int32]  # proleptic ordinals; 0 is undated
    sources: NDArray[np.int32]  # places in `names`
    names: tuple[str, ...]
    census: Counter[tuple[str, date | None]]  # articles by source and day

    @classmethod
    def read(cls, database: Database) -> Facts:
        """The facts of a segment."""
        articles = database.rows("SELECT number, source, coalesce(published, 0) FROM articles")
        places: dict[str, int] = {}
        table = np.array(
            [(number, places.setdefault(source, len(places)), day) for number, source, day in articles], dtype=np.int64
        ).reshape(-1, 3)
        table = table[np.argsort(table[:, 0])]
        # An article's passages are numbered one after the other.
        spans = np.array(
            database.rows("SELECT article, min(number), count(*) FROM passages GROUP BY article"), dtype=np.int64
        ).reshape(-1, 3)
        owners, firsts, counts = spans[np.argsort(spans[:, 1])].T
        at = np.repeat(np.searchsorted(table[:, 0], owners), counts)
        return cls(
            numbers=np.repeat(firsts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum()),
            owners=table[at, 0],
            days=table[at, 2].astype(np.int32),
            sources=table[at, 1].astype(np.int32),
            names=tuple(places),
            census=Counter((source, day_of(day)) for _, source, day in articles),
        )

    def admitted(self, where: Filter) -> Mask | None:
        """Which passages may be seen; None for all."""
        if where == Filter():
            return None
        mask = np.ones(len(self.numbers), dtype=np.bool_)
        if where.sources:
            mask = np.array([name in where.sources for name in self.names], dtype=np.bool_)[self.sources]
        if where.first is not None:
            mask &= self.days >= where.first.toordinal()
        if where.last is not None:
            mask &= (self.days <= where.last.toordinal()) & (self.days > 0)
        return mask


@dataclass(frozen=True, slots=True)
class Origin:
    """What a segment was read from: the seals of its files, and which files of the disk they were."""

    seals: tuple[FileSeal, ...]
    identities: tuple[tuple[int, int, int, int], ...]

    @classmethod
    def of(cls, folder: Path, files: SegmentFiles, manifest: Manifest) -> Origin:
        """The origin of a segment as it lies there now, unread."""
        return cls(
            tuple(manifest.files[name] for name in files.names), tuple(identity(folder / name) for name in files.names)
        )


class Segment:
    """One pair of files, opened for reading. Thread-safe; vectors and facts are read when they are first asked for."""

    def __init__(self, folder: Path, files: SegmentFiles, origin: Origin | None = None) -> None:
        """Opens files that were checked, or that this process wrote."""
        self.files = files
        self.origin = origin
        self.database = Database(folder / files.articles)
        self._path = folder / files.vectors
        self.record = lru_cache(_RECORDS)(partial(_read_record, self.database))

    @classmethod
    def checked(cls, folder: Path, files: SegmentFiles, manifest: Manifest, held: Collection[Segment]) -> Segment:
        """The segment of these files: one of those held, where it was read from the very same; else opened anew.

        Files that are opened anew are compared with their seals first. Raises ArchiveDamaged and ArchiveRefused.
        """
        origin = Origin.of(folder, files, manifest)
        for segment in held:
            if segment.origin == origin:
                return segment
        for name, seal in zip(files.names, origin.seals, strict=True):
            check_file(folder / name, seal)
        return cls(folder, files, origin)

    @cached_property
    def facts(self) -> Facts:
        """What is kept in memory of each passage."""
        return Facts.read(self.database)

    @cached_property
    def text(self) -> FullText:
        """The full text."""
        return FullText(self.database, self.facts.numbers)

    @cached_property
    def _stored_vectors(self) -> faiss.Index:
        return read_vectors(self._path)

    @cached_property
    def vectors(self) -> faiss.Index:
        """The vectors, in the order of `facts.numbers`. Raises ArchiveDamaged where they are not of these passages."""
        index, numbers = self._stored_vectors, self.facts.numbers
        if isinstance(index, faiss.IndexIDMap2):  # as the first format had them
            ordered = np.array_equal(faiss.vector_to_array(index.id_map), numbers)
            index = faiss.downcast_index(index.index)
        else:
            ordered = index.ntotal == len(numbers)
        if not ordered:
            raise ArchiveDamaged(
                f"{self._path} holds {index.ntotal} vectors, and they are not those of the {len(numbers)} passages "
                "beside it. Rebuild the archive."
            )
        return index

    @cached_property
    def ranges(self) -> tuple[int, int, int, int]:
        """The lowest and highest article number, and the lowest and highest passage number; 0 and -1 for none."""
        [row] = self.database.rows(
            "SELECT (SELECT coalesce(min(number), 0) FROM articles), (SELECT coalesce(max(number), -1) FROM articles), "
            "(SELECT coalesce(min(number), 0) FROM passages), (SELECT coalesce(max(number), -1) FROM passages)"
        )
        return (row[0], row[1], row[2], row[3])

    @cached_property
    def counts(self) -> tuple[int, int]:
        """How many articles and passages it holds, those that are gone from later generations among them."""
        [row] = self.database.rows("SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)")
        return (row[0], row[1])

    @cached_property
    def gone(self) -> dict[int, tuple[str, date | None, int]]:
        """The articles of older segments that are no more, by number: source, day, and how many passages."""
        rows = self.database.rows("SELECT article, source, published, passages FROM gone")
        return {number: (source, day_of(day), passages) for number, source, day, passages in rows}

    @cached_property
    def moved(self) -> dict[int, int]:
        """The clusters of the articles of older segments that are in another now, by number."""
        return dict(self.database.rows("SELECT article, cluster FROM moved"))

    def own(self, articles: Iterable[int]) -> list[int]:
        """Those of some articles, by number, that are its own."""
        lowest, highest, _, _ = self.ranges
        return [number for number in articles if lowest <= number <= highest]

    @property
    def weight(self) -> int:
        """How much there is to read of it: passages, its own and those that it says are gone; at least 1."""
        return max(self.counts[1] + sum(passages for _, _, passages in self.gone.values()), 1)

    def dense(self, query: Vector, k: int, mask: Mask | None) -> Iterator[tuple[int, float]]:
        """The numbers and cosines of the `k` passages nearest to a query of shape (1, dimension) that pass."""
        places, scores = nearest(self.vectors, query, k, mask)
        return zip(self.facts.numbers[places].tolist(), scores.tolist(), strict=True)

    def day(self, passage: int) -> date | None:
        """The day of publication of a passage's article."""
        return day_of(int(self.facts.days[np.searchsorted(self.facts.numbers, passage)]))

    def article_vectors(self, article: int) -> Vector:
        """The vectors of an article's passages, shape (passages, dimension)."""
        numbers = [number for number, *_ in self.passages(article)]
        return vectors_of(self.vectors, np.searchsorted(self.facts.numbers, numbers))

    def passages(self, article: int) -> list[tuple[int, int, int, int, int]]:
        """The passages of an article, in order: number, first and last sentence, start and stop."""
        return self.database.rows(
            "SELECT number, first, last, start, stop FROM passages WHERE article = ? ORDER BY number", (article,)
        )

    def check(self) -> None:
        """Compares the parts with each other: SQLite's own check, ids, spans, passages and full text.

        Raises ArchiveDamaged naming the first thing that is wrong.
        """
        verdict = self.database.rows("PRAGMA quick_check")[0][0]
        if verdict != "ok":
            raise ArchiveDamaged(f"SQLite says {verdict} of {self.files.articles}. Rebuild the archive.")
        passages = 0
        for (number,) in self.database.rows("SELECT number FROM articles ORDER BY number"):
            stored = _read_record(self.database, number)
            sentences = stored.sentences
            rows = self.passages(number)
            passages += len(rows)
            whole = stored.article.id == stored.id and all(s.text.strip() for s in sentences)
            whole &= [row[0] for row in rows] == list(range(rows[0][0], rows[-1][0] + 1)) if rows else True
            for _, first, last, start, stop in rows:
                whole &= sentences[first].start == start and sentences[last].end == stop
            if not whole:
                raise ArchiveDamaged(f"Article {stored.id} is not in {self.files.articles} as it was stored.")
        indexed = self.database.rows("SELECT count(*) FROM passages_text_docsize")[0][0]
        if not passages == indexed == self.vectors.ntotal == self.counts[1]:
            raise ArchiveDamaged(
                f"{self.files.articles}: {passages} passages of articles, {self.counts[1]} in all, {indexed} in the "
                f"full text, {self.vectors.ntotal} vectors. Rebuild the archive."
            )
        self.text.check()


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as a segment holds it; a later segment may say that its cluster is another."""

    id: str
    cluster: int
    article: Article
    spans: bytes

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All of its sentences, made anew."""
        return unpack_spans(self.article.text, self.spans)

    def some_sentences(self, first: int, last: int) -> tuple[Sentence, ...]:
        """Its sentences from one to another, both counted from 0 and both included."""
        return unpack_spans(self.article.text, self.spans[SPAN * first : SPAN * (last + 1)])

    def passage(self, first: int, last: int, start: int, stop: int) -> Passage:
        """One of its passages."""
        return Passage(first, last, start, stop, self.article.text[start:stop])


def _read_record(database: Database, number: int) -> StoredArticle:
    row = database.rows(f"SELECT {ARTICLE_COLUMNS} FROM articles WHERE number = ?", (number,))[0]  # noqa: S608
    return StoredArticle(row[1], row[2], article_of(row), row[14])
