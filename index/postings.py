"""In which passages of a segment each token stands, and how often: what BM25 is made of, kept beside the full text.

FTS5 finds the passages of a token fast, but walks through each of them again to count, at a microsecond a passage: a
question of ten words meets half of all passages. So the counts are kept: of each token one value for each passage, its
place in the segment times 64, and how often the token stands there, up to 63; BM25 hardly tells more apart. Segments
of before are counted by FTS5's own list of tokens as they are asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from index.database import Database
from index.errors import ArchiveDamaged
from index.schema import TOKENS

_SHIFT, _MOST = 6, 63  # so a segment has at most 67 million passages

_SCHEMA = """
DROP TABLE IF EXISTS postings;
DROP TABLE IF EXISTS lengths;
CREATE TABLE postings (token TEXT PRIMARY KEY, packed BLOB NOT NULL) STRICT;  -- little-endian uint32
CREATE TABLE lengths (words BLOB NOT NULL) STRICT;  -- of each passage, title and all: little-endian uint32
"""
_TOKENS_OF = "CREATE VIRTUAL TABLE temp.{0} USING fts5vocab(main, passages_text, {0})"


@dataclass(frozen=True, slots=True)
class Postings:
    """Passages that a phrase stands in, by their places in the segment, ascending, and how often it does."""

    places: NDArray[np.int64]
    counts: NDArray[np.float32]


def write_postings(database: sqlite3.Connection) -> None:
    """Writes the postings of all that the full text holds, anew."""
    database.executescript(_SCHEMA + _TOKENS_OF.format("row") + ";" + _TOKENS_OF.format("instance"))
    numbers = np.fromiter(
        chain.from_iterable(database.execute("SELECT number FROM passages ORDER BY number")), dtype=np.int64
    )
    # The list of tokens, and that of all their instances, are in the same order.
    instances = chain.from_iterable(database.execute("SELECT doc FROM temp.instance"))
    tokens = database.execute("SELECT term, cnt FROM temp.row").fetchall()
    rows = ((token, _packed(np.fromiter(islice(instances, n), np.int64, n), numbers)) for token, n in tokens)
    database.executemany("INSERT INTO postings VALUES (?, ?)", rows)
    database.execute("INSERT INTO lengths VALUES (?)", (_lengths(database.execute(_SIZES)).tobytes(),))
    database.execute("DROP TABLE temp.row")
    database.execute("DROP TABLE temp.instance")


_SIZES = "SELECT sz FROM passages_text_docsize ORDER BY id"


def _packed(instances: NDArray[np.int64], numbers: NDArray[np.int64]) -> bytes:
    passages, counts = np.unique(instances, return_counts=True)
    places = np.searchsorted(numbers, passages)
    return bytes((places << _SHIFT | np.minimum(counts, _MOST)).astype("<u4").tobytes())


def _lengths(sizes: Iterator[tuple[bytes]] | Sequence[tuple[bytes]]) -> NDArray[np.uint32]:
    return np.fromiter((sum(_varints(size)) for (size,) in sizes), dtype="<u4")


def tokens_of(terms: Sequence[str]) -> list[tuple[str, ...]]:
    """The tokens of each term, as the full text has them."""
    with sqlite3.connect(":memory:") as database:
        database.execute(f"CREATE VIRTUAL TABLE asked USING fts5 (term, content='', tokenize=\"{TOKENS}\")")
        database.execute("CREATE VIRTUAL TABLE tokens USING fts5vocab(asked, instance)")
        database.executemany("INSERT INTO asked (rowid, term) VALUES (?, ?)", enumerate(terms))
        found: list[list[str]] = [[] for _ in terms]
        for number, token in database.execute("SELECT doc, term FROM tokens ORDER BY doc, offset"):
            found[number].append(token)
    database.close()
    return [tuple(tokens) for tokens in found]


class PostingsReader:
    """The postings of one segment. Thread-safe."""

    def __init__(self, database: Database, numbers: NDArray[np.int64]) -> None:
        """`numbers` are those of the segment's passages, ascending."""
        self._database = database
        self._numbers = numbers
        self._kept = bool(database.rows("SELECT 1 FROM sqlite_master WHERE name = 'postings'"))
        if not self._kept:
            database.rows(_TOKENS_OF.format("instance"))

    def lengths(self) -> NDArray[np.float32]:
        """How many words each passage has, shape (passages,). Raises ArchiveDamaged where others are told of."""
        if self._kept:
            [[words]] = self._database.rows("SELECT words FROM lengths")
            lengths = np.frombuffer(words, dtype="<u4")
        else:
            lengths = _lengths(self._database.rows(_SIZES))
        if len(lengths) != len(self._numbers):
            raise ArchiveDamaged(
                f"The full text knows the lengths of {len(lengths)} passages, and there are {len(self._numbers)}. "
                "Rebuild the archive."
            )
        return lengths.astype(np.float32)

    def check(self) -> None:
        """Compares the postings with the full text. Raises ArchiveDamaged where they are not of the same passages."""
        if self._kept:
            self._database.rows(_TOKENS_OF.format("row"))
            theirs = self._database.rows("SELECT count(*), coalesce(sum(doc), 0) FROM temp.row")
            ours = self._database.rows("SELECT count(*), coalesce(sum(length(packed)), 0) / 4 FROM postings")
            self._database.rows("DROP TABLE temp.row")
            if ours != theirs:
                raise ArchiveDamaged(
                    f"The full text has {theirs[0][0]} tokens in {theirs[0][1]} places, and the postings "
                    f"{ours[0][0]} in {ours[0][1]}. Rebuild the archive."
                )

    def token(self, token: str) -> Postings:
        """The postings of one token."""
        if self._kept:
            rows = self._database.rows("SELECT packed FROM postings WHERE token = ?", (token,))
            packed = np.frombuffer(rows[0][0] if rows else b"", dtype="<u4")
        else:
            instances = self._database.rows("SELECT doc FROM temp.instance WHERE term = ?", (token,))
            packed = np.frombuffer(_packed(np.array(instances, dtype=np.int64).ravel(), self._numbers), dtype="<u4")
        return Postings((packed >> _SHIFT).astype(np.int64), (packed & _MOST).astype(np.float32))

    def phrase(self, tokens: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Where FTS5 finds tokens that follow one another, and its score for each passage, by the segment's counts."""
        quoted = '"{}"'.format(" ".join(tokens))
        rows = self._database.rows(
            "SELECT rowid, -bm25(passages_text, 1.0, 1.0) FROM passages_text WHERE passages_text MATCH ?", (quoted,)
        )
        found = np.array(rows, dtype=np.float64).reshape(-1, 2)
        return np.searchsorted(self._numbers, found[:, 0].astype(np.int64)), found[:, 1]


def _varints(data: bytes) -> Iterator[int]:
    """SQLite's integers of variable length: seven bits a byte, the high ones first."""
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            yield value
            value = 0
