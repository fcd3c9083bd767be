"""The write side of the embedded store: a segment, as it is built beside those that the archive has already."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from index.article import Article, Passage, Sentence
from index.duplicates import Known, Link
from index.embedding import ModelCard
from index.errors import ArchiveDamaged
from index.faiss_store import FaissStore
from index.kin import kin, linked
from index.manifest import FileSeal, SegmentFiles
from index.merging import due, settle, upgraded, write_keys
from index.postings import write_postings
from index.records import pack_spans
from index.schema import GROWTH_SCHEMA, SCHEMA, day_of, ordinal_of, put_links, put_passage, unsynced
from index.segment import Segment
from index.store import Vector
from index.vectors import LISTED, arranged, flat, vectors_of, write_vectors

SOON = 2000  # passages of segments that are merged before what is added can be asked for: some 0.3 s


@dataclass(frozen=True, slots=True)
class PassageText:
    """A stored passage as the embedder needs it."""

    number: int
    title: str
    published: date | None
    text: str


class FaissWriter:
    """Writes what is new of a generation into a folder; `finish` leaves it whole, for `generation.publish` to swap in.

    Articles of older segments that are deleted, or come into another cluster, are noted in the new one.
    """

    def __init__(
        self, folder: Path, files: SegmentFiles, model: ModelCard, older: FaissStore | None, listed: int
    ) -> None:
        """Use `fresh` or `beside`."""
        self._folder = folder
        self._files = files
        self._older = older
        self._database = unsynced(folder / files.articles)
        self._database.executescript(SCHEMA + GROWTH_SCHEMA)
        self._listed = listed
        self._vectors = flat(model.dimension)
        self.first_article, self._first_passage = older.following if older else (0, 0)
        self._article, self.next_passage = self.first_article, self._first_passage
        self._gone: dict[int, int] = {}  # articles of older segments, and how many passages each has

    @classmethod
    def fresh(cls, folder: Path, model: ModelCard, listed: int = LISTED) -> FaissWriter:
        """An empty generation for vectors of `model`; segments of `listed` or more have them in lists."""
        return cls(folder, SegmentFiles(), model, None, listed)

    @classmethod
    def beside(cls, folder: Path, older: FaissStore, listed: int = LISTED) -> FaissWriter:
        """The generation after `older`, to be added to or deleted from."""
        able = upgraded(folder, older)
        return cls(folder, SegmentFiles(able.segments[-1].files.number + 1), older.model, able, listed)

    @property
    def articles(self) -> int:
        """How many articles the generation holds."""
        before = self._older.manifest.articles if self._older else 0
        return before - len(self._gone) + self._article - self.first_article

    @property
    def passages(self) -> int:
        """How many passages the generation holds."""
        before = self._older.manifest.passages if self._older else 0
        return before - sum(self._gone.values()) + self.next_passage - self._first_passage

    def has(self, article_id: str) -> bool:
        """Whether the generation holds this article."""
        if self._database.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone():
            return True
        number = self._older.number_of(article_id) if self._older else None
        return number is not None and number not in self._gone

    def add(
        self, article: Article, sentences: Sequence[Sentence], passages: Sequence[Passage], signature: bytes
    ) -> int:
        """Stores an article with its spans; gives its number. Its passages still want vectors."""
        number = self._article
        self._article += 1
        self._database.execute(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                article.id,
                number,
                ordinal_of(article.published),
                article.source,
                article.url,
                article.title,
                json.dumps(article.authors, ensure_ascii=False),
                article.language,
                article.caption,
                article.origin,
                article.date_origin.value,
                article.date_confidence,
                article.text,
                pack_spans(sentences),
                signature,
            ),
        )
        for passage in passages:
            places = (passage.first, passage.last, passage.start, passage.end)
            put_passage(self._database, self.next_passage, number, places, article.title, passage.text)
            self.next_passage += 1
        return number

    def add_vectors(self, numbers: Sequence[int], vectors: Vector) -> None:
        """Stores the vectors, shape (len(numbers), dimension), of passages already added, in their order.

        Raises ValueError where they are not those that follow the last that were given.
        """
        following = self._first_passage + self._vectors.ntotal
        if list(numbers) != list(range(following, following + len(numbers))):
            raise ValueError(f"vectors of passage {following} and those after it are wanted, got those of {numbers}")
        self._vectors.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def vectors_of(self, article: int) -> Vector:
        """The vectors of an article's passages, shape (passages, dimension)."""
        if self._older and article < self.first_article:
            return self._older.holder(article).article_vectors(article)
        rows = self._database.execute("SELECT number FROM passages WHERE article = ?", (article,)).fetchall()
        return vectors_of(self._vectors, [number - self._first_passage for (number,) in rows])

    def delete(self, target: str) -> list[int]:
        """Removes the articles of older segments that have this id or url; gives their numbers."""
        if self._older is None:
            return []
        numbers = [number for number in self._older.numbers_of(target) if number not in self._gone]
        for number in numbers:
            segment = self._older.holder(number)
            article = segment.record(number).article
            self._gone[number] = len(segment.passages(number))
            row = (number, article.source, ordinal_of(article.published), self._gone[number])
            self._database.execute("INSERT INTO gone VALUES (?, ?, ?, ?)", row)
        return numbers

    def kin(self, known: Known) -> Iterator[Known]:
        """The articles of older segments that may be copies of a new one, and those that may be copies of theirs."""
        return kin(self._older, known) if self._older else iter(())

    def bereaved(self, number: int) -> Iterator[Known]:
        """The articles that may be copies of one that was deleted, and those that may be copies of theirs."""
        found = linked(self._older, number) if self._older else iter(())
        return (known for known in found if known.number not in self._gone)

    def set_clusters(self, clusters: Mapping[int, int]) -> None:
        """Puts articles, by number, into syndication clusters."""
        for number, cluster in clusters.items():
            if number >= self.first_article:
                self._database.execute("UPDATE articles SET cluster = ? WHERE number = ?", (cluster, number))
            elif self._older and self._older.cluster_of(number) != cluster:
                self._database.execute("INSERT INTO moved VALUES (?, ?)", (number, cluster))

    def set_links(self, links: Iterable[Link]) -> None:
        """Keeps which articles are likely copies, for articles added later."""
        put_links(self._database, ((link.one, link.other) for link in links if link.other >= self.first_article))

    def boilerplate(self) -> dict[str, frozenset[str]]:
        """The lines learned as boilerplate before, by source."""
        return self._older.boilerplate() if self._older else {}

    def set_boilerplate(self, lines: Mapping[str, frozenset[str]]) -> None:
        """Keeps the lines learned as boilerplate, for articles added later."""
        before = self.boilerplate()
        rows = [(source, line) for source, some in lines.items() for line in some - before.get(source, frozenset())]
        self._database.executemany("INSERT INTO boilerplate VALUES (?, ?)", sorted(rows))

    def passages_from(self, number: int) -> Iterator[PassageText]:
        """The new passages numbered `number` and up, in order, one at a time."""
        rows = self._database.execute(
            "SELECT p.number, a.title, a.published, substr(a.text, p.start + 1, p.stop - p.start) "
            "FROM passages p JOIN articles a ON a.number = p.article WHERE p.number >= ? ORDER BY p.number",
            (number,),
        )
        for passage, title, day, text in rows:
            yield PassageText(passage, title, day_of(day), text)

    def finish(self) -> dict[str, FileSeal]:
        """Writes everything out, and merges segments too small for those beside them, if that is soon done.

        Gives the seals of the files that were taken over from the generation before as they are. Raises
        ArchiveDamaged where a passage has no vector.
        """
        added = self.next_passage - self._first_passage
        if added != self._vectors.ntotal:
            raise ArchiveDamaged(f"{added} passages were added, and {self._vectors.ntotal} vectors.")
        write_keys(self._database)
        self._database.execute("INSERT INTO passages_text (passages_text) VALUES ('optimize')")
        write_postings(self._database)
        self._database.commit()
        self._database.execute("PRAGMA optimize")
        self._database.close()
        write_vectors(arranged(self._vectors, self._listed), self._folder / self._files.vectors)
        if self._older is None:
            return {}
        segments = (*self._older.segments, Segment(self._folder, self._files))
        following = FaissStore(self._older.folder, self._older.manifest, segments)
        return settle(following, due(following, SOON), self._folder, self._listed)

    def close(self) -> None:
        """Lets go of the files without finishing."""
        self._database.close()
