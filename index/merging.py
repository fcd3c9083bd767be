"""Segments kept few: small ones are merged as they gather, so that each passage is written again only now and then."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np

from index.duplicates import ClusterFinder, Known, keys_of, similarity
from index.faiss_store import FaissStore
from index.generation import take_over
from index.manifest import FORMAT, WHOLE, FileSeal, SegmentFiles
from index.postings import write_postings
from index.schema import GROWTH_SCHEMA, day_of, put_links, put_passage, unsynced
from index.segment import Segment
from index.vectors import LISTED, arranged, as_flat, write_vectors

_RATIO = 4  # an older segment is left alone that weighs at least so many times as much as all that came after it
_AT_ONCE = 8  # columns of keys that are sorted at once


def merged_from(weights: Sequence[int]) -> int:
    """From which segment on, oldest first, all are to be one; the last alone where none is to be merged.

    Each segment that is left weighs four times what comes after it, so there are no more than log5 of the archive's
    passages; and one that is written again has become a quarter larger, so no passage is written more often than
    log1.25 of them.
    """
    at, after = len(weights) - 1, 0
    for place in reversed(range(len(weights))):
        if weights[place] < _RATIO * after:
            at = place
        after += weights[place]
    return at


def due(store: FaissStore, most: int | None = None) -> int:
    """From which segment of a store on, oldest first, all should be one: how many it has, where none is to be merged.

    More than `most` passages are not merged, where that is given.
    """
    weights = [segment.weight for segment in store.segments]
    at = merged_from(weights)
    is_due = at < len(weights) - 1 and (most is None or sum(weights[at:]) <= most)
    return at if is_due else len(weights)


def settle(store: FaissStore, at: int, folder: Path, listed: int = LISTED) -> dict[str, FileSeal]:
    """Puts the segments of a store into a folder, as they are or, from place `at` on, as one.

    Gives the seals of the files that were sealed before.
    """
    if at < len(store.segments):
        merge(store, at, folder, SegmentFiles(store.segments[-1].files.number + 1), listed)
        for name in (name for segment in store.segments[at:] for name in segment.files.names):
            (folder / name).unlink(missing_ok=True)
    kept = [name for segment in store.segments[:at] for name in segment.files.names]
    take_over((name for name in kept if not (folder / name).exists()), store.folder, folder)
    return {name: store.manifest.files[name] for name in kept if name in store.manifest.files}


def merge(store: FaissStore, at: int, folder: Path, files: SegmentFiles, listed: int = LISTED) -> None:
    """Writes the segments of a store from place `at` on as one, without what is gone, into files of the folder."""
    first, *rest = store.segments[at:]
    lowest = min((s.ranges[0] for s in (first, *rest) if s.counts[0]), default=store.following[0])
    vectors = as_flat(first.vectors)
    with _copied(first, folder / files.articles) as database:
        _forget(database, vectors, first, store.gone)
        for segment in rest:
            _append(database, vectors, segment, store.gone)
        write_keys(database, first.ranges[1] + 1)
        # What these segments say of one another's articles is done now; what they say of older ones is kept.
        moved = [(cluster, number) for number, cluster in store.moved.items() if number >= lowest]
        database.executemany("UPDATE articles SET cluster = ? WHERE number = ?", moved)
        database.execute("DELETE FROM gone WHERE article >= ?", (lowest,))
        database.execute("DELETE FROM moved WHERE article >= ?", (lowest,))
        database.execute(
            "WITH dead AS (SELECT value FROM json_each(?)) DELETE FROM links WHERE article IN dead OR other IN dead",
            (json.dumps([*store.gone]),),
        )
        database.execute("INSERT INTO passages_text (passages_text) VALUES ('optimize')")
        write_postings(database)
    write_vectors(arranged(vectors, listed), folder / files.vectors)


def upgraded(folder: Path, store: FaissStore) -> FaissStore:
    """A generation of the first format as one of this, in files of the folder; one of this format as it is."""
    if store.manifest.format != WHOLE:
        return store
    [segment] = store.segments
    files, finder = segment.files, ClusterFinder()
    for number, source, day, signature in segment.database.rows(
        "SELECT number, source, published, signature FROM articles"
    ):
        finder.restore(Known(number, source, day_of(day), signature))
    links = finder.links(similarity(segment.article_vectors))
    with _copied(segment, folder / files.articles) as database:
        database.executescript(GROWTH_SCHEMA)
        write_keys(database)
        put_links(database, ((link.one, link.other) for link in links))
        clusters = [(cluster, number) for number, cluster in finder.clusters(links).items()]
        database.executemany("UPDATE articles SET cluster = ? WHERE number = ?", clusters)
    take_over([files.vectors], store.folder, folder)
    manifest = replace(store.manifest, format=FORMAT, files={files.vectors: store.manifest.files[files.vectors]})
    return FaissStore(folder, manifest, [Segment(folder, files)])


def write_keys(database: sqlite3.Connection, start: int = 0) -> None:
    """Writes the keys of the articles numbered `start` and up, by which their copies are looked up."""
    rows = database.execute(
        "SELECT number, coalesce(published, 0), signature FROM articles WHERE number >= ?", (start,)
    ).fetchall()
    if not rows:
        return
    numbers, days = (np.array(column, dtype=np.int64) for column in list(zip(*rows, strict=True))[:2])
    signatures = np.frombuffer(b"".join(row[2] for row in rows), dtype=np.uint8).reshape(len(rows), -1)
    for keys in np.array_split(keys_of(signatures), _AT_ONCE, axis=1):
        order = np.lexsort((np.tile(days[:, None], keys.shape[1]).ravel(), keys.ravel()))
        columns = (keys.ravel()[order], days[order // keys.shape[1]], numbers[order // keys.shape[1]])
        entries = zip(*(column.tolist() for column in columns), strict=True)
        database.executemany("INSERT INTO keys VALUES (?, ?, ?)", (entry for entry in entries if entry[0]))


@contextmanager
def _copied(segment: Segment, path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of a segment's SQLite file to be changed; it is committed at the end."""
    with closing(unsynced(path)) as database:
        segment.database.copy_to(database)
        yield database
        database.commit()
        database.execute("PRAGMA optimize")


def _forget(database: sqlite3.Connection, vectors: faiss.Index, segment: Segment, gone: Collection[int]) -> None:
    """Takes articles out of the copy of their segment."""
    places: list[int] = []
    for number in segment.own(gone):
        stored, passages = segment.record(number), segment.passages(number)
        for passage, _, _, start, stop in passages:
            # A contentless index has to be told what it is to forget.
            database.execute(
                "INSERT INTO passages_text (passages_text, rowid, title, body) VALUES ('delete', ?, ?, ?)",
                (passage, stored.article.title, stored.article.text[start:stop]),
            )
        places += np.searchsorted(segment.facts.numbers, [passage for passage, *_ in passages]).tolist()
        database.execute("DELETE FROM passages WHERE article = ?", (number,))
        database.execute("DELETE FROM articles WHERE number = ?", (number,))
    if places:
        # Keys are not in the order of their articles, so all of them are read once for all that is gone.
        database.execute("DELETE FROM keys WHERE article IN (SELECT value FROM json_each(?))", (json.dumps([*gone]),))
        vectors.remove_ids(faiss.IDSelectorBatch(np.array(places, dtype=np.int64)))


def _append(database: sqlite3.Connection, vectors: faiss.Index, segment: Segment, gone: Collection[int]) -> None:
    """Adds the articles of a newer segment, with what it says of older ones; their keys are still to be written."""
    for (number,) in segment.database.rows("SELECT number FROM articles ORDER BY number"):
        if number in gone:
            continue
        [row] = segment.database.rows("SELECT * FROM articles WHERE number = ?", (number,))
        database.execute(f"INSERT INTO articles VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        article, passages = segment.record(number).article, segment.passages(number)
        for passage, first, last, start, stop in passages:
            places = (first, last, start, stop)
            put_passage(database, passage, number, places, article.title, article.text[start:stop])
        if passages:
            vectors.add(segment.article_vectors(number))
    for table, columns in (("boilerplate", 2), ("links", 2), ("gone", 4), ("moved", 2)):
        rows = segment.database.rows(f"SELECT * FROM {table}")  # noqa: S608
        marks = ", ".join("?" * columns)
        database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608
