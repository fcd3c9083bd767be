"""Vectors already made, by model and text: a rebuild embeds only what is new, and resumes where it was stopped."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from index.embedding import Embedder, ModelCard
from index.store import Vector

log = logging.getLogger(__name__)

_BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)  # the latter where a broken schema cannot even be told
_LOOKUP = 500  # keys a query: well below SQLite's bound on variables


class VectorCache:
    """A table of vectors on disk, at half precision: the rounding is far below what ranks passages.

    It is a convenience, never a source of truth: one that cannot be read is set aside and begun anew, and a vector
    that differs from the checksum after it is made again.
    """

    def __init__(self, path: Path, card: ModelCard) -> None:
        """Opens the cache for one model, making it where it is absent."""
        self._salt = f"{card.name}\x1f{card.revision}\x1f{card.dimension}\x1f".encode()
        self._dimension = card.dimension
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = _open(path)
        except _BROKEN as error:
            self._begin_anew(error)

    def __enter__(self) -> VectorCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def embed(self, embedder: Embedder, texts: Sequence[str]) -> tuple[Vector, int]:
        """The vectors of `texts`, shape (len(texts), dimension), and how many of them had to be made.

        What is made is committed before this returns, so a killed build loses no more than one call.
        """
        try:
            return self._embed(embedder, texts)
        except _BROKEN as error:
            self._database.close()
            self._begin_anew(error)
            return self._embed(embedder, texts)

    def _begin_anew(self, error: sqlite3.DatabaseError | UnicodeDecodeError) -> None:
        if isinstance(error, sqlite3.OperationalError) and not self._is_at_fault(error.sqlite_errorcode & 0xFF):
            raise error  # the disk or another process is, not the file
        aside = self._path.with_suffix(".damaged")
        log.warning("%s cannot be read (%s): kept as %s, and a new one begun.", self._path, error, aside.name)
        self._path.rename(aside)
        for log_of_it in ("-wal", "-shm"):
            self._path.with_name(self._path.name + log_of_it).unlink(missing_ok=True)
        self._database = _open(self._path)

    def _is_at_fault(self, code: int) -> bool:
        """Whether an error is the file's own; one that may be written says by a damaged header that it may not."""
        return code == sqlite3.SQLITE_ERROR or (code == sqlite3.SQLITE_READONLY and os.access(self._path, os.W_OK))

    def _embed(self, embedder: Embedder, texts: Sequence[str]) -> tuple[Vector, int]:
        keys = [self._key(text) for text in texts]
        known = self._known(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            made = embedder.embed_passages(list(missing.values())).astype(np.float16)
            fresh = dict(zip(missing, made, strict=True))
            with self._database:
                rows = [(key, _sealed(vector.tobytes())) for key, vector in fresh.items()]
                self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            known.update(fresh)
        if not keys:
            return np.zeros((0, self._dimension), dtype=np.float32), 0
        return np.stack([known[key] for key in keys]).astype(np.float32), len(missing)

    def _key(self, text: str) -> bytes:
        return hashlib.blake2b(self._salt + text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, Vector]:
        found: dict[bytes, Vector] = {}
        for i in range(0, len(keys), _LOOKUP):
            some = keys[i : i + _LOOKUP]
            marks = ", ".join("?" * len(some))
            rows = self._database.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)  # noqa: S608
            for key, blob in rows:
                vector = blob[: 2 * self._dimension] if isinstance(blob, bytes) else b""
                if vector and blob == _sealed(vector):
                    found[key] = np.frombuffer(vector, dtype=np.float16)
        return found


def _sealed(vector: bytes) -> bytes:
    return vector + zlib.crc32(vector).to_bytes(4, "little")


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
    return database
