"""The write side of the embedded store: a generation's SQLite file and FAISS vectors, as they are built."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import faiss
import numpy as np

from index.article import Article, Passage, Sentence
from index.embedding import ModelCard
from index.errors import ArchiveDamaged
from index.faiss_store import SCHEMA, read_vectors, vectors_of
from index.generation import ARTICLES, VECTORS
from index.records import pack_spans
from index.store import Vector


@dataclass(frozen=True, slots=True)
class PassageText:
    """A stored passage as the embedder needs it."""

    number: int
    title: str
    published: date | None
    text: str


class FaissWriter:
    """Writes one generation into a folder; `finish` leaves it whole, for `generation.publish` to swap in."""

    def __init__(self, folder: Path, database: sqlite3.Connection, vectors: faiss.Index) -> None:
        """Use `fresh` or `continuing`."""
        self._folder = folder
        self._database = database
        self._vectors = vectors
        # A half-written file is never read, so nothing is synced before the whole is.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = OFF")
        self._article = _next(database, "articles")
        self.next_passage = _next(database, "passages")

    @classmethod
    def fresh(cls, folder: Path, model: ModelCard) -> FaissWriter:
        """An empty generation for vectors of `model`."""
        database = sqlite3.connect(folder / ARTICLES)
        database.executescript(SCHEMA)
        # The cache gives float16 values, so nothing is lost; half the memory is read, in less than half the time.
        kind = faiss.ScalarQuantizer.QT_fp16
        vectors = faiss.IndexScalarQuantizer(model.dimension, kind, faiss.METRIC_INNER_PRODUCT)
        return cls(folder, database, faiss.IndexIDMap2(vectors))

    @classmethod
    def continuing(cls, folder: Path, previous: Path) -> FaissWriter:
        """A copy of the generation in `previous`, to be added to or deleted from."""
        shutil.copyfile(previous / ARTICLES, folder / ARTICLES)
        return cls(folder, sqlite3.connect(folder / ARTICLES), read_vectors(previous / VECTORS))

    @property
    def articles(self) -> int:
        """How many articles the generation holds."""
        return int(self._database.execute("SELECT count(*) FROM articles").fetchone()[0])

    @property
    def passages(self) -> int:
        """How many passages the generation holds."""
        return int(self._database.execute("SELECT count(*) FROM passages").fetchone()[0])

    def has(self, article_id: str) -> bool:
        """Whether the generation holds this article."""
        return self._database.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone() is not None

    def ids_of(self, target: str) -> list[str]:
        """The ids of the articles that have this id or url."""
        rows = self._database.execute("SELECT id FROM articles WHERE id = ? OR url = ?", (target, target))
        return [row[0] for row in rows.fetchall()]

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
                article.published.toordinal() if article.published else None,
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
            row = (self.next_passage, number, passage.first, passage.last, passage.start, passage.end)
            self._database.execute("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)", row)
            text = (self.next_passage, article.title, passage.text)
            self._database.execute("INSERT INTO passages_text (rowid, title, body) VALUES (?, ?, ?)", text)
            self.next_passage += 1
        return number

    def add_vectors(self, numbers: Sequence[int], vectors: Vector) -> None:
        """Stores the vectors, shape (len(numbers), dimension), of passages already added."""
        self._vectors.add_with_ids(vectors, np.array(numbers, dtype=np.int64))

    def vectors_of(self, article: int) -> Vector:
        """The vectors of an article's passages, shape (passages, dimension)."""
        rows = self._database.execute("SELECT number FROM passages WHERE article = ?", (article,)).fetchall()
        return vectors_of(self._vectors, [number for (number,) in rows])

    def delete(self, article_id: str) -> bool:
        """Removes an article, its passages and their vectors; False where it is not there."""
        row = self._database.execute("SELECT number, title, text FROM articles WHERE id = ?", (article_id,)).fetchone()
        if row is None:
            return False
        number, title, text = row
        rows = self._database.execute(
            "SELECT number, start, stop FROM passages WHERE article = ?", (number,)
        ).fetchall()
        for passage, start, stop in rows:
            # A contentless index has to be told what it is to forget.
            self._database.execute(
                "INSERT INTO passages_text (passages_text, rowid, title, body) VALUES ('delete', ?, ?, ?)",
                (passage, title, text[start:stop]),
            )
        gone = np.array([passage for passage, _, _ in rows], dtype=np.int64)
        self._vectors.remove_ids(faiss.IDSelectorBatch(gone))
        self._database.execute("DELETE FROM passages WHERE article = ?", (number,))
        self._database.execute("DELETE FROM articles WHERE number = ?", (number,))
        return True

    def signatures(self) -> Iterator[tuple[int, date | None, str, bytes]]:
        """(number, day of publication, source, signature) of every article."""
        for number, day, source, signature in self._database.execute(
            "SELECT number, published, source, signature FROM articles ORDER BY number"
        ):
            yield number, None if day is None else date.fromordinal(day), source, signature

    def set_clusters(self, clusters: Mapping[int, int]) -> None:
        """Puts articles, by number, into syndication clusters."""
        rows = [(cluster, number) for number, cluster in clusters.items()]
        self._database.executemany("UPDATE articles SET cluster = ? WHERE number = ?", rows)

    def boilerplate(self) -> dict[str, frozenset[str]]:
        """The lines learned as boilerplate, by source."""
        lines: dict[str, set[str]] = {}
        for source, line in self._database.execute("SELECT source, line FROM boilerplate"):
            lines.setdefault(source, set()).add(line)
        return {source: frozenset(some) for source, some in lines.items()}

    def set_boilerplate(self, lines: Mapping[str, frozenset[str]]) -> None:
        """Keeps the lines learned as boilerplate, for articles added later."""
        rows = [(source, line) for source, some in sorted(lines.items()) for line in sorted(some)]
        self._database.executemany("INSERT OR REPLACE INTO boilerplate VALUES (?, ?)", rows)

    def passages_from(self, number: int) -> Iterator[PassageText]:
        """The passages numbered `number` and up, in order, one at a time."""
        rows = self._database.execute(
            "SELECT p.number, a.title, a.published, substr(a.text, p.start + 1, p.stop - p.start) "
            "FROM passages p JOIN articles a ON a.number = p.article WHERE p.number >= ? ORDER BY p.number",
            (number,),
        )
        for passage, title, day, text in rows:
            yield PassageText(passage, title, None if day is None else date.fromordinal(day), text)

    def finish(self) -> None:
        """Writes everything out and closes the files. Raises ArchiveDamaged where a passage has no vector."""
        passages = self.passages
        if passages != self._vectors.ntotal:
            raise ArchiveDamaged(f"{passages} passages were added, and {self._vectors.ntotal} vectors.")
        self._database.execute("INSERT INTO passages_text (passages_text) VALUES ('optimize')")
        self._database.commit()
        self._database.execute("PRAGMA optimize")
        self._database.close()
        # FAISS's own writer passes over what fails when it closes the file: on a full disk the end is missing.
        with (self._folder / VECTORS).open("wb") as stream:
            faiss.write_index(self._vectors, faiss.PyCallbackIOWriter(stream.write))  # type: ignore[attr-defined]

    def close(self) -> None:
        """Lets go of the files without finishing."""
        self._database.close()


def _next(database: sqlite3.Connection, table: str) -> int:
    return int(database.execute(f"SELECT coalesce(max(number), -1) + 1 FROM {table}").fetchone()[0])  # noqa: S608
