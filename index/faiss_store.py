"""The embedded store: one generation, read as the segments that it is made of."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from index.article import Article, Sentence
from index.embedding import ModelCard
from index.errors import ArchiveDamaged, ArchiveMissing, ModelMismatch
from index.fulltext import best_of
from index.generation import ArchivePaths, quarantine
from index.manifest import Manifest, check_file
from index.records import Census, Record, cluster_of
from index.segment import Segment
from index.store import Coverage, Filter, Hit, StoredPassage, Vector
from index.vectors import Mask

log = logging.getLogger(__name__)


class FaissStore:
    """One generation, opened for reading. Thread-safe; it never changes.

    An article is where its number is; a later segment may say that it is gone, or in another cluster than it was.
    """

    def __init__(self, folder: Path, manifest: Manifest, segments: Sequence[Segment]) -> None:
        """Reads segments together; call `open_archive` or `checked`."""
        self.folder = folder
        self.segments = tuple(segments)
        self._manifest = manifest
        self.gone: dict[int, tuple[str, date | None, int]] = {}
        self.moved: dict[int, int] = {}
        for segment in self.segments[1:]:
            self.gone |= segment.gone
            self.moved |= segment.moved
        self._last_articles = list(accumulate((segment.ranges[1] for segment in segments), max))
        self._last_passages = list(accumulate((segment.ranges[3] for segment in segments), max))
        self._last_seen: tuple[Filter, list[Mask | None]] | None = None

    @classmethod
    def checked(cls, folder: Path, manifest: Manifest, held: FaissStore | None = None) -> FaissStore:
        """The generation in a folder, its files compared with their seals.

        What `held` has read of the very same files is shared with it, and not read again. Vectors are read when they
        are first asked for, or by `load`. Raises ArchiveDamaged and ArchiveRefused.
        """
        kept = held.segments if held is not None else ()
        segments = [Segment.checked(folder, files, manifest, kept) for files in manifest.segments]
        for name in manifest.files.keys() - {name for segment in segments for name in segment.files.names}:
            check_file(folder / name, manifest.files[name])
        return cls(folder, manifest, segments)

    def load(self) -> None:
        """Reads what the searches need. Raises ArchiveDamaged where it is not what the manifest says."""
        for segment in self.segments:
            if segment.vectors.d != self.model.dimension:
                raise ArchiveDamaged(
                    f"{self.folder / segment.files.vectors} holds vectors of {segment.vectors.d} values, where the "
                    f"manifest says {self.model.dimension}. Rebuild the archive."
                )
        passages = sum(segment.counts[1] for segment in self.segments)
        left = passages - sum(passages for _, _, passages in self.gone.values())
        if left != self._manifest.passages:
            raise ArchiveDamaged(
                f"{self.folder} holds {left} passages, where the manifest says {self._manifest.passages}. "
                "Rebuild the archive."
            )

    @property
    def generation(self) -> str:
        """The name of the generation that is being read."""
        return self._manifest.name

    @property
    def manifest(self) -> Manifest:
        """What the generation says of itself."""
        return self._manifest

    @property
    def model(self) -> ModelCard:
        """Which model made the vectors."""
        return self._manifest.model

    def dense(self, vector: Vector, k: int, where: Filter) -> list[Hit]:
        """The `k` passages nearest to a unit vector, best first; fewer if fewer pass the filter."""
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        return _best(
            (
                Hit(number, score, segment.day(number))
                for segment, mask in zip(self.segments, self._seen(where), strict=True)
                for number, score in segment.dense(query, k, mask)
            ),
            k,
        )

    def lexical(self, terms: Sequence[str], k: int, where: Filter) -> list[Hit]:
        """The `k` passages that score best by BM25 on any of the terms, best first.

        BM25 measures by the counts of all segments together, what is gone since they were written among them.
        """
        if not terms or k < 1:
            return []
        found = best_of([segment.text for segment in self.segments], terms, k, self._seen(where))
        return _best(
            (
                Hit(number, score, segment.day(number))
                for segment, (places, scores) in zip(self.segments, found, strict=True)
                for number, score in zip(segment.facts.numbers[places].tolist(), scores.tolist(), strict=True)
            ),
            k,
        )

    def _seen(self, where: Filter) -> list[Mask | None]:
        """For each segment which of its passages may be seen and are not gone; None for all.

        Those of the last filter are kept, as both searches of a question have the same.
        """
        last = self._last_seen
        if last is None or last[0] != where:
            masks = [
                _both(segment.facts.admitted(where), alive)
                for segment, alive in zip(self.segments, self._alive, strict=True)
            ]
            self._last_seen = last = (where, masks)
        return last[1]

    @cached_property
    def _alive(self) -> list[Mask | None]:
        """For each segment which of its passages are not gone; None for all."""
        masks: list[Mask | None] = []
        for segment in self.segments:
            gone = segment.own(self.gone)
            masks.append(~np.isin(segment.facts.owners, gone, kind="table") if gone else None)
        return masks

    def passages(self, numbers: Sequence[int]) -> list[StoredPassage]:
        """The passages of these numbers, in the order asked."""
        return [self._stored_passage(number) for number in numbers]

    def _stored_passage(self, number: int) -> StoredPassage:
        at = bisect_left(self._last_passages, number)
        rows = (
            self.segments[at].database.rows(
                "SELECT article, first, last, start, stop FROM passages WHERE number = ?", (number,)
            )
            if at < len(self.segments)
            else ()
        )
        if not rows or rows[0][0] in self.gone:
            raise KeyError(f"there is no passage {number} in generation {self.generation}")
        owner, first, last, start, stop = rows[0]
        stored = self.segments[at].record(owner)
        return StoredPassage(
            number=number,
            passage=stored.passage(first, last, start, stop),
            article=stored.article,
            article_id=stored.id,
            cluster=self.moved.get(owner, stored.cluster),
            sentences=stored.some_sentences(first, last),
        )

    def number_of(self, article_id: str) -> int | None:
        """The number of the article of this id, or None."""
        for segment in reversed(self.segments):
            for (number,) in segment.database.rows("SELECT number FROM articles WHERE id = ?", (article_id,)):
                if number not in self.gone:
                    return int(number)
        return None

    def numbers_of(self, target: str) -> list[int]:
        """The numbers of the articles that have this id or url."""
        statement = "SELECT number FROM articles WHERE id = ? UNION SELECT number FROM articles WHERE url = ?"
        rows = (row for segment in self.segments for row in segment.database.rows(statement, (target, target)))
        return [number for (number,) in rows if number not in self.gone]

    def holder(self, number: int) -> Segment:
        """The segment that has the article of this number."""
        return self.segments[bisect_left(self._last_articles, number)]

    def article(self, article_id: str) -> Article | None:
        """The article of this id, or None."""
        number = self.number_of(article_id)
        return None if number is None else self.holder(number).record(number).article

    def sentences(self, article_id: str) -> tuple[Sentence, ...]:
        """All sentences of an article, in order; empty where there is no such article."""
        number = self.number_of(article_id)
        return () if number is None else self.holder(number).record(number).sentences

    def outlets(self, cluster: int, where: Filter) -> tuple[str, ...]:
        """The sources, in order of name, whose articles in this syndication cluster may be seen."""
        said, values = _conditions(where)
        sources = {
            source
            for segment in self.segments
            for number, source in segment.database.rows(
                f"SELECT a.number, a.source FROM articles a WHERE a.cluster = ?{said}",  # noqa: S608
                (cluster, *values),
            )
            if number not in self.gone and self.moved.get(number, cluster) == cluster
        }
        for number, now in self.moved.items():
            if now == cluster and number not in self.gone:
                article = self.holder(number).record(number).article
                sources |= {article.source} if where.admits(article) else set()
        return tuple(sorted(sources))

    @property
    def following(self) -> tuple[int, int]:
        """The numbers of the next article and the next passage that are added."""
        return self._last_articles[-1] + 1, self._last_passages[-1] + 1

    def coverage(self) -> Coverage:
        """What the archive holds."""
        return self._census.coverage

    def days(self, where: Filter) -> list[tuple[date, int]]:
        """How many articles of each day may be seen, by day; days without any, and undated articles, are left out."""
        return self._census.days(where)

    @cached_property
    def _census(self) -> Census:
        counts: Counter[tuple[str, date | None]] = Counter()
        for segment in self.segments:
            counts.update(segment.facts.census)
        counts.subtract((source, day) for source, day, _ in self.gone.values())
        return Census(+counts)

    def cluster_of(self, number: int) -> int:
        """The syndication cluster of an article, by its number."""
        if number in self.moved:
            return self.moved[number]
        return int(self.holder(number).database.rows("SELECT cluster FROM articles WHERE number = ?", (number,))[0][0])

    def records(self) -> Iterator[Record]:
        """Every article's record, in order of number."""
        smallest: dict[int, str] = {}
        clusters: dict[int, int] = {}
        for segment in self.segments:
            for number, article_id, cluster in segment.database.rows("SELECT number, id, cluster FROM articles"):
                if number not in self.gone:
                    clusters[number] = now = self.moved.get(number, cluster)
                    smallest[now] = min(smallest.get(now, article_id), article_id)
        for number in sorted(clusters):
            segment = self.holder(number)
            stored = segment.record(number)
            [(signature,)] = segment.database.rows("SELECT signature FROM articles WHERE number = ?", (number,))
            rows = segment.passages(number)
            yield Record(
                article_id=stored.id,
                cluster=cluster_of(smallest[clusters[number]]),
                article=stored.article,
                sentences=stored.sentences,
                passages=tuple(stored.passage(*row[1:]) for row in rows),
                signature=signature,
                vectors=segment.article_vectors(number),
            )

    def boilerplate(self) -> dict[str, frozenset[str]]:
        """The lines learned as boilerplate, by source."""
        lines: dict[str, set[str]] = {}
        for segment in self.segments:
            for source, line in segment.database.rows("SELECT source, line FROM boilerplate"):
                lines.setdefault(source, set()).add(line)
        return {source: frozenset(some) for source, some in lines.items()}

    def check(self) -> None:
        """Compares the parts of each segment with each other, and the segments with one another and the manifest.

        Raises ArchiveDamaged naming the first thing that is wrong.
        """
        self.load()
        for segment in self.segments:
            segment.check()
        articles = {
            number for segment in self.segments for (number,) in segment.database.rows("SELECT number FROM articles")
        }
        held = sum(segment.counts[0] for segment in self.segments)
        said = self._manifest.articles + len(self.gone)
        if not len(articles) == held == said or not articles >= self.gone.keys() | self.moved.keys():
            raise ArchiveDamaged(
                f"generation {self.generation}: {held} articles are held, {len(articles)} of them apart, and "
                f"{len(self.gone)} are gone, where the manifest says {self._manifest.articles}. Rebuild the archive."
            )

    def close(self) -> None:
        """Lets go of the files that no other store has open."""
        self.segments = ()


def _both(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return other if one is None else one
    return np.asarray(one & other)


def _conditions(where: Filter) -> tuple[str, list[Any]]:
    """A filter as SQL on `articles a`, and its values."""
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


def _best(hits: Iterable[Hit], k: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage))[:k]


def open_archive(root: Path, model: ModelCard | None = None, held: FaissStore | None = None) -> FaissStore:
    """Opens the generation that an archive serves, its files checked against their seals first.

    Where it is damaged, the newest whole one before it is opened, and the damaged one put aside; the log says how to
    restore it. `model` is the embedder that questions will be asked with; `held` a store of another generation, whose
    files are not checked and read again. Raises ArchiveMissing, ArchiveDamaged where no whole generation is left,
    ArchiveRefused where the system does not let the files be read, or ModelMismatch where the archive's vectors were
    made by another model.
    """
    paths = ArchivePaths(root)
    for _ in range(5):
        name = paths.served_name()
        try:
            return _open(paths, name, model, held)
        except ArchiveDamaged as damage:
            # A writer may have pruned this generation since its name was read: look again before complaining.
            if paths.served_name() == name:
                return _open_before(paths, name, model, damage)
    raise ArchiveMissing(f"{root}: its generations change faster than they can be opened. Try again.")


def _open(paths: ArchivePaths, name: str, model: ModelCard | None, held: FaissStore | None = None) -> FaissStore:
    folder = paths.folder(name)
    manifest = Manifest.read(folder)
    if model is not None and model != manifest.model:
        raise ModelMismatch(_mismatch(paths.root, manifest.model, model))
    store = FaissStore.checked(folder, manifest, held)
    store.load()
    return store


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
