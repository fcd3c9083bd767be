"""The embedded store: FAISS vectors beside one SQLite file of articles, spans and full text."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.article import Article, DateOrigin, Passage, Sentence
from index.embedding import ModelCard
from index.errors import ArchiveDamaged, ArchiveMissing, ModelMismatch
from index.generation import ARTICLES, VECTORS, ArchivePaths, Manifest, check_files, quarantine
from index.records import Record, cluster_of, unpack_spans
from index.store import Coverage, Filter, Hit, StoredPassage, Vector

log = logging.getLogger(__name__)

_LOOPS = 2**20  # parts that one FAISS file may have; ours have two
_reading = threading.Lock()  # FAISS keeps its limits for the whole process

SCHEMA = """
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    cluster INTEGER NOT NULL,
    published INTEGER,  -- proleptic ordinal day; NULL is undated
    source TEXT NOT NULL,
    url TEXT,
    title TEXT NOT NULL,
    authors TEXT NOT NULL,  -- JSON list
    language TEXT NOT NULL,
    caption TEXT,
    origin TEXT NOT NULL,
    date_origin TEXT NOT NULL,
    date_confidence REAL NOT NULL,
    text TEXT NOT NULL,
    spans BLOB NOT NULL,  -- sentence starts and ends, little-endian uint32 pairs
    signature BLOB NOT NULL  -- for finding copies
) STRICT;
CREATE INDEX articles_cluster ON articles (cluster);
CREATE INDEX articles_published ON articles (published);
CREATE INDEX articles_url ON articles (url);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY,  -- also the id of its vector and of its row in passages_text
    article INTEGER NOT NULL REFERENCES articles (number),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL
) STRICT;
CREATE INDEX passages_article ON passages (article);
CREATE VIRTUAL TABLE passages_text USING fts5 (
    title, body, content='', tokenize="porter unicode61 remove_diacritics 2"
);
CREATE TABLE boilerplate (source TEXT NOT NULL, line TEXT NOT NULL, PRIMARY KEY (source, line)) STRICT;
"""

ARTICLE_COLUMNS = (
    "number, id, cluster, published, source, url, title, authors, language, caption, origin, "
    "date_origin, date_confidence, text, spans"
)


def article_of(row: Sequence[Any]) -> Article:
    """An article from a row of ARTICLE_COLUMNS."""
    return Article(
        text=row[13],
        title=row[6],
        source=row[4],
        published=None if row[3] is None else date.fromordinal(row[3]),
        date_origin=DateOrigin(row[11]),
        date_confidence=row[12],
        url=row[5],
        authors=tuple(json.loads(row[7])),
        language=row[8],
        caption=row[9],
        origin=row[10],
    )


def match_any(terms: Sequence[str]) -> str:
    """An FTS5 query for passages with any of the terms; each is quoted, so that none is read as syntax."""
    words = dict.fromkeys(term.replace('"', " ").replace("\x00", " ").strip() for term in terms)
    return " OR ".join(f'"{word}"' for word in words if word)


def read_vectors(path: Path) -> faiss.Index:
    """The FAISS index in a file whose seal was checked.

    A second wall behind the seal: no list in it may claim more bytes than the file has, since FAISS sets the memory
    aside before it reads them. Raises ArchiveDamaged where FAISS does not take the file.
    """
    with _reading:
        bytes_before, loops_before = (
            faiss.get_deserialization_vector_byte_limit(),
            faiss.get_deserialization_loop_limit(),
        )
        faiss.set_deserialization_vector_byte_limit(path.stat().st_size)
        faiss.set_deserialization_loop_limit(_LOOPS)
        try:
            return faiss.read_index(str(path))
        except (RuntimeError, MemoryError) as error:
            reason = str(error).rpartition("Error: ")[2].splitlines()[0]
            raise ArchiveDamaged(f"{path} is no index that FAISS takes ({reason}). Rebuild the archive.") from error
        finally:
            faiss.set_deserialization_vector_byte_limit(bytes_before)
            faiss.set_deserialization_loop_limit(loops_before)


def vectors_of(index: faiss.Index, numbers: Sequence[int]) -> Vector:
    """The vectors of the passages of these numbers, shape (len(numbers), dimension)."""
    found = [index.reconstruct(number) for number in numbers]
    return np.stack(found) if found else np.zeros((0, index.d), dtype=np.float32)


class FaissStore:
    """One generation, opened for reading. Thread-safe; it never changes."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Opens the files of a generation; call `open_archive`, which checks them first."""
        self._manifest = manifest
        # The file never changes, so SQLite need take no locks; the connection is shared under our own.
        uri = f"{(folder / ARTICLES).resolve().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        self._database.execute("PRAGMA trusted_schema = OFF")
        self._vectors = read_vectors(folder / VECTORS)
        if self._vectors.d != manifest.model.dimension or self._vectors.ntotal != manifest.passages:
            raise ArchiveDamaged(
                f"{folder / VECTORS} holds {self._vectors.ntotal} vectors of {self._vectors.d} values, where the "
                f"manifest says {manifest.passages} of {manifest.model.dimension}. Rebuild the archive."
            )
        self._load_passage_facts()
        self._record = lru_cache(maxsize=256)(self._read_record)

    def _load_passage_facts(self) -> None:
        rows = self._rows(
            "SELECT p.number, coalesce(a.published, 0), a.source FROM passages p JOIN articles a "
            "ON a.number = p.article ORDER BY p.number"
        )
        size = rows[-1][0] + 1 if rows else 0
        self._days: NDArray[np.int32] = np.zeros(size, dtype=np.int32)
        self._source_codes: NDArray[np.int32] = np.full(size, -1, dtype=np.int32)
        self._codes: dict[str, int] = {}
        for number, day, source in rows:
            self._days[number] = day
            self._source_codes[number] = self._codes.setdefault(source, len(self._codes))

    @property
    def generation(self) -> str:
        """The name of the generation that is being read."""
        return self._manifest.name

    @property
    def manifest(self) -> Manifest:
        """What the generation says of itself."""
        return self._manifest

    def dense(self, vector: Vector, k: int, where: Filter) -> list[Hit]:
        """The `k` passages nearest to a unit vector, best first; fewer if fewer pass the filter."""
        mask = self._admitted(where)
        room = self._manifest.passages if mask is None else int(mask.sum())
        if min(k, room) < 1:
            return []
        parameters = None
        if mask is not None:
            bits = np.packbits(mask, bitorder="little")
            # FAISS's own stubs describe the C++ signatures, not the Python ones.
            selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg,arg-type]
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        scores, numbers = self._vectors.search(query, min(k, room), params=parameters)
        return [self._hit(int(n), float(s)) for n, s in zip(numbers[0], scores[0], strict=True) if n >= 0]

    def lexical(self, terms: Sequence[str], k: int, where: Filter) -> list[Hit]:
        """The `k` passages that score best by BM25 on any of the terms, best first."""
        query = match_any(terms)
        if not query or k < 1:
            return []
        conditions, values = _conditions(where)
        rows = self._rows(
            "SELECT f.rowid, -bm25(passages_text, 1.0, 1.0) AS score FROM passages_text f "  # noqa: S608
            "JOIN passages p ON p.number = f.rowid JOIN articles a ON a.number = p.article "
            f"WHERE passages_text MATCH ?{conditions} ORDER BY score DESC, f.rowid LIMIT ?",
            (query, *values, k),
        )
        return [self._hit(number, score) for number, score in rows]

    def _hit(self, number: int, score: float) -> Hit:
        day = int(self._days[number])
        return Hit(number, score, date.fromordinal(day) if day else None)

    def passages(self, numbers: Sequence[int]) -> list[StoredPassage]:
        """The passages of these numbers, in the order asked."""
        return [self._stored_passage(number) for number in numbers]

    def _stored_passage(self, number: int) -> StoredPassage:
        rows = self._rows("SELECT article, first, last, start, stop FROM passages WHERE number = ?", (number,))
        if not rows:
            raise KeyError(f"there is no passage {number} in generation {self.generation}")
        owner, first, last, start, stop = rows[0]
        article_id, cluster, article, sentences = self._record(owner)
        return StoredPassage(
            number=number,
            passage=Passage(first, last, start, stop, article.text[start:stop]),
            article=article,
            article_id=article_id,
            cluster=cluster,
            sentences=sentences[first : last + 1],
        )

    def _read_record(self, number: int) -> tuple[str, int, Article, tuple[Sentence, ...]]:
        row = self._rows(f"SELECT {ARTICLE_COLUMNS} FROM articles WHERE number = ?", (number,))[0]  # noqa: S608
        article = article_of(row)
        return row[1], row[2], article, unpack_spans(article.text, row[14])

    def _number_of(self, article_id: str) -> int | None:
        rows = self._rows("SELECT number FROM articles WHERE id = ?", (article_id,))
        return rows[0][0] if rows else None

    def article(self, article_id: str) -> Article | None:
        """The article of this id, or None."""
        number = self._number_of(article_id)
        return None if number is None else self._record(number)[2]

    def sentences(self, article_id: str) -> tuple[Sentence, ...]:
        """All sentences of an article, in order; empty where there is no such article."""
        number = self._number_of(article_id)
        return () if number is None else self._record(number)[3]

    def outlets(self, cluster: int, where: Filter) -> tuple[str, ...]:
        """The sources, in order of name, whose articles in this syndication cluster may be seen."""
        conditions, values = _conditions(where)
        rows = self._rows(
            f"SELECT DISTINCT a.source FROM articles a WHERE a.cluster = ?{conditions} ORDER BY a.source",  # noqa: S608
            (cluster, *values),
        )
        return tuple(row[0] for row in rows)

    def coverage(self) -> Coverage:
        """What the archive holds."""
        return self._coverage

    @cached_property
    def _coverage(self) -> Coverage:
        count, first, last, undated = self._rows(
            "SELECT count(*), min(published), max(published), count(*) - count(published) FROM articles"
        )[0]
        sources = self._rows("SELECT source, count(*) AS n FROM articles GROUP BY source ORDER BY n DESC, source")
        return Coverage(
            articles=count,
            first=None if first is None else date.fromordinal(first),
            last=None if last is None else date.fromordinal(last),
            undated=undated,
            sources=tuple((name, n) for name, n in sources),
        )

    def days(self, where: Filter) -> list[tuple[date, int]]:
        """How many articles of each day may be seen, by day; days without any, and undated articles, are left out."""
        conditions, values = _conditions(where)
        rows = self._rows(
            "SELECT a.published, count(*) FROM articles a "  # noqa: S608
            f"WHERE a.published IS NOT NULL{conditions} GROUP BY a.published ORDER BY a.published",
            values,
        )
        return [(date.fromordinal(day), count) for day, count in rows]

    @property
    def model(self) -> ModelCard:
        """Which model made the vectors."""
        return self._manifest.model

    def records(self) -> Iterator[Record]:
        """Every article's record, in order of number."""
        for number, signature, smallest in self._rows(
            "SELECT a.number, a.signature, c.smallest FROM articles a JOIN "
            "(SELECT cluster, min(id) AS smallest FROM articles GROUP BY cluster) c ON c.cluster = a.cluster "
            "ORDER BY a.number"
        ):
            article_id, _, article, sentences = self._read_record(number)
            rows = self._rows(
                "SELECT number, first, last, start, stop FROM passages WHERE article = ? ORDER BY number", (number,)
            )
            yield Record(
                article_id=article_id,
                cluster=cluster_of(smallest),
                article=article,
                sentences=sentences,
                passages=tuple(Passage(a, b, start, stop, article.text[start:stop]) for _, a, b, start, stop in rows),
                signature=signature,
                vectors=vectors_of(self._vectors, [row[0] for row in rows]),
            )

    def boilerplate(self) -> dict[str, frozenset[str]]:
        """The lines learned as boilerplate, by source."""
        lines: dict[str, set[str]] = {}
        for source, line in self._rows("SELECT source, line FROM boilerplate"):
            lines.setdefault(source, set()).add(line)
        return {source: frozenset(some) for source, some in lines.items()}

    def check(self) -> None:
        """Compares the parts with each other: SQLite's own check, ids, spans, passages and full text.

        Raises ArchiveDamaged naming the first thing that is wrong.
        """
        verdict = self._rows("PRAGMA quick_check")[0][0]
        if verdict != "ok":
            raise ArchiveDamaged(f"generation {self.generation}: SQLite says {verdict}. Rebuild the archive.")
        passages = 0
        for (number,) in self._rows("SELECT number FROM articles ORDER BY number"):
            article_id, _, article, sentences = self._read_record(number)
            rows = self._rows("SELECT first, last, start, stop FROM passages WHERE article = ?", (number,))
            passages += len(rows)
            whole = article.id == article_id and all(s.text.strip() for s in sentences)
            whole &= all(sentences[a].start == start and sentences[b].end == stop for a, b, start, stop in rows)
            if not whole:
                raise ArchiveDamaged(f"generation {self.generation}: article {article_id} is not as it was stored.")
        indexed = self._rows("SELECT count(*) FROM passages_text_docsize")[0][0]
        if not passages == indexed == self._vectors.ntotal == self._manifest.passages:
            raise ArchiveDamaged(
                f"generation {self.generation}: {passages} passages, {indexed} in the full text, "
                f"{self._vectors.ntotal} vectors, {self._manifest.passages} in the manifest."
            )

    def close(self) -> None:
        """Lets go of the files."""
        self._database.close()

    def _admitted(self, where: Filter) -> NDArray[np.bool_] | None:
        """Which passage numbers may be seen; None for all."""
        if where == Filter():
            return None
        mask: NDArray[np.bool_] = self._source_codes >= 0
        if where.sources:
            codes = [self._codes[name] for name in where.sources if name in self._codes]
            mask &= np.isin(self._source_codes, codes)
        if where.first is not None:
            mask &= self._days >= where.first.toordinal()
        if where.last is not None:
            mask &= (self._days <= where.last.toordinal()) & (self._days > 0)
        return mask

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise ArchiveDamaged(f"generation {self._manifest.name}: {error}. Rebuild the archive.") from error


def _conditions(where: Filter) -> tuple[str, list[Any]]:
    """The filter as SQL on `articles a`, and its values."""
    parts: list[str] = []
    values: list[Any] = []
    if where.sources:
        parts.append(f"a.source IN ({', '.join('?' * len(where.sources))})")
        values.extend(sorted(where.sources))
    if where.first is not None:
        parts.append("a.published >= ?")
        values.append(where.first.toordinal())
    if where.last is not None:
        parts.append("a.published <= ?")
        values.append(where.last.toordinal())
    return "".join(f" AND {part}" for part in parts), values


def open_archive(root: Path, model: ModelCard | None = None) -> FaissStore:
    """Opens the generation that an archive serves, its files checked against their seals first.

    Where it is damaged, the newest whole one before it is opened, and the damaged one put aside; the log says how to
    restore it. `model` is the embedder that questions will be asked with. Raises ArchiveMissing, ArchiveDamaged where
    no whole generation is left, ArchiveRefused where the system does not let the files be read, or ModelMismatch
    where the archive's vectors were made by another model.
    """
    paths = ArchivePaths(root)
    for _ in range(5):
        name = paths.served_name()
        try:
            return _open(paths, name, model)
        except ArchiveDamaged as damage:
            # A writer may have pruned this generation since its name was read: look again before complaining.
            if paths.served_name() == name:
                return _open_before(paths, name, model, damage)
    raise ArchiveMissing(f"{root}: its generations change faster than they can be opened. Try again.")


def _open(paths: ArchivePaths, name: str, model: ModelCard | None) -> FaissStore:
    folder = paths.folder(name)
    manifest = Manifest.read(folder)
    if model is not None and model != manifest.model:
        raise ModelMismatch(_mismatch(paths.root, manifest.model, model))
    check_files(folder, manifest)
    return FaissStore(folder, manifest)


def _open_before(paths: ArchivePaths, name: str, model: ModelCard | None, damage: ArchiveDamaged) -> FaissStore:
    """The newest whole generation before a damaged one, which is put aside; raises `damage` where there is none."""
    for older in reversed(paths.before(name)):
        try:
            store = _open(paths, older, model)
        except (ArchiveDamaged, ModelMismatch):
            continue
        aside = quarantine(paths, name)
        log.error(
            "%s Generation %s is served instead. The damaged one %s: to restore it, put a whole copy of the folder at "
            "%s; a rebuild makes a new one.",
            damage,
            older,
            f"was put aside as {aside}" if aside else "was left where it is",
            paths.folder(name),
        )
        return store
    raise damage


def _mismatch(root: Path, built: ModelCard, given: ModelCard) -> str:
    return (
        f"The archive {root} was built with the embedding model {built.name} (revision {built.revision}, "
        f"{built.dimension} values), and this is {given.name} (revision {given.revision}, {given.dimension} values). "
        f"Ask with --model {built.name}, or run `dateline rebuild PATH... --archive {root} --model {given.name}`."
    )
