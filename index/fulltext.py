"""The full text of segments, searched by BM25 with FTS5, and scored by the counts of all of them together.

FTS5 scores a passage by its own table's counts alone: how many passages there are, how long they are, and in how many
a term stands. In a table of one article these say nothing, and every term counts next to nothing. FTS5 gives no
counts of a term in a passage either; but its formula (Robertson and Zaragoza 2009, doi 10.1561/1500000019, with the
constants of FTS5's documentation) can be solved for it, since the passage's length is stored.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

from index.errors import ArchiveDamaged
from index.store import Filter

_K1, _B = 1.2, 0.75  # FTS5's own
_LEAST_WEIGHT = 1e-6  # FTS5's for a term that stands in half of the passages or more
_PHRASES = 4096  # whose frequencies are kept
_DRIFT = 0.05  # of its weight by which a term's may differ in the oldest segment before it is weighed anew


class Database:
    """A SQLite file that never changes, open for reading. Thread-safe; it is closed with its last user."""

    def __init__(self, path: Path) -> None:
        """Opens a file whose seal was checked."""
        self._path = path
        # The file never changes, so SQLite need take no locks; the connection is shared under our own.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        self._connection.execute("PRAGMA trusted_schema = OFF")

    def __del__(self) -> None:
        if hasattr(self, "_connection"):
            self._connection.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a query gives. Raises ArchiveDamaged where SQLite cannot read the file."""
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise ArchiveDamaged(f"{self._path}: {error}. Rebuild the archive.") from error

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copies the whole file, page by page, into an empty database."""
        with self._lock:
            self._connection.backup(target)


def phrases(terms: Sequence[str]) -> list[str]:
    """Search terms as FTS5 phrases; each is quoted, so that none is read as syntax."""
    words = dict.fromkeys(term.replace('"', " ").replace("\x00", " ").strip() for term in terms)
    return [f'"{word}"' for word in words if word]


def conditions(where: Filter, gone: Collection[int] = ()) -> tuple[str, list[Any]]:
    """A filter, and the articles that are gone, as SQL on `articles a`, and its values."""
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
    if gone:
        parts.append("a.number NOT IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(sorted(gone)))
    return "".join(f" AND {part}" for part in parts), values


@dataclass(frozen=True, slots=True)
class Scale:
    """How many passages a full text has, and how many words: what BM25 measures by."""

    passages: int
    words: int

    @classmethod
    def of(cls, scales: Sequence[Scale]) -> Scale:
        """The scale of several texts together."""
        return cls(sum(scale.passages for scale in scales), sum(scale.words for scale in scales))

    def weight(self, frequency: int) -> float:
        """How much a term counts that stands in so many of the passages."""
        return max(math.log((self.passages - frequency + 0.5) / (frequency + 0.5)), _LEAST_WEIGHT)

    def count(self, share: float, words: int) -> float:
        """How often a term stands in a passage of so many words, from its score over its weight."""
        return round(share * self._length(words) / (_K1 + 1 - share))

    def share(self, count: float, words: int) -> float:
        """The inverse of `count`: the score of a term in a passage over its weight."""
        return count * (_K1 + 1) / (count + self._length(words))

    def _length(self, words: int) -> float:
        return _K1 * (1 - _B + _B * words * self.passages / self.words)


class FullText:
    """The full text of one segment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Not a method's own cache, which would keep the segment alive after its last store.
        self.frequency = lru_cache(_PHRASES)(partial(_frequency, database))

    @cached_property
    def scale(self) -> Scale:
        """The counts that FTS5 keeps of the whole table, in the row of its number 1."""
        [[record]] = self._database.rows("SELECT block FROM passages_text_data WHERE id = 1") or [[b""]]
        passages, *words = [*_varints(record)] or [0]
        return Scale(passages, sum(words))

    def best(self, terms: Sequence[str], k: int, where: Filter, gone: Collection[int]) -> dict[int, float]:
        """The `k` passages that score best by the table's own counts, with their scores, best first."""
        said, values = _matching(where, gone)
        rows = self._database.rows(
            f"SELECT f.rowid, -bm25(passages_text, 1.0, 1.0) AS score FROM passages_text f {said} "  # noqa: S608
            "ORDER BY score DESC, f.rowid LIMIT ?",
            (" OR ".join(terms), *values, k),
        )
        return dict(rows)

    def counted(
        self, term: str, where: Filter, gone: Collection[int], among: Collection[int] | None = None
    ) -> Iterator[tuple[int, float, int]]:
        """The passages that a term stands in, how often, and how many words they have; only those `among`, if given."""
        if not (frequency := self.frequency(term)):
            return
        said, values = _matching(where, gone, " JOIN passages_text_docsize d ON d.id = f.rowid")
        if among is not None:
            # The sign keeps SQLite from looking each of them up by itself, and FTS5 from counting anew for each.
            said += " AND +f.rowid IN (SELECT value FROM json_each(?))"
            values.append(json.dumps([*among]))
        weight = self.scale.weight(frequency)
        for number, score, sizes in self._database.rows(
            f"SELECT f.rowid, -bm25(passages_text, 1.0, 1.0), d.sz FROM passages_text f {said}",  # noqa: S608
            (term, *values),
        ):
            words = sum(_varints(sizes))
            yield number, self.scale.count(score / weight, words), words


def best_of(
    texts: Sequence[FullText], terms: Sequence[str], k: int, where: Filter, gone: Sequence[Collection[int]]
) -> list[dict[int, float]]:
    """For each full text, oldest first, passages with any of the terms and their scores by the counts of all together.

    Of the oldest, which is far larger than the others, those are scored that its own counts rank first, and weighed
    anew only for terms that count otherwise in the whole. `gone` are the articles of each that are no more.
    """
    first, *later = texts
    if not later:
        return [first.best(terms, k, where, gone[0])]
    scale = Scale.of([text.scale for text in texts])
    weights = {term: scale.weight(sum(text.frequency(term) for text in texts)) for term in terms}
    scores = first.best(terms, 2 * k, where, gone[0])
    for term, weight in weights.items():
        own = first.scale.weight(first.frequency(term))
        if abs(own - weight) > _DRIFT * weight:
            for number, count, words in first.counted(term, where, gone[0], scores):
                scores[number] += weight * scale.share(count, words) - own * first.scale.share(count, words)
    found = [scores]
    for text, without in zip(later, gone[1:], strict=True):
        added: defaultdict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for number, count, words in text.counted(term, where, without):
                added[number] += weight * scale.share(count, words)
        found.append(added)
    return found


def _frequency(database: Database, phrase: str) -> int:
    """In how many passages a phrase stands."""
    return int(database.rows("SELECT count(*) FROM passages_text WHERE passages_text MATCH ?", (phrase,))[0][0])


def _matching(where: Filter, gone: Collection[int], more: str = "") -> tuple[str, list[Any]]:
    """The rest of a query on `passages_text f` for a phrase: articles are looked at only where a filter asks."""
    said, values = conditions(where, gone)
    articles = " JOIN passages p ON p.number = f.rowid JOIN articles a ON a.number = p.article" if said else ""
    return f"{more}{articles} WHERE passages_text MATCH ?{said}", values


def _varints(data: bytes) -> Iterator[int]:
    """SQLite's integers of variable length: seven bits a byte, the high ones first."""
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            yield value
            value = 0
