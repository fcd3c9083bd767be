"""Vectors already made, by model and text: a rebuild embeds only what is new, and resumes where it was stopped."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from index.embedding import Embedder, ModelCard
from index.store import Vector

log = logging.getLogger(__name__)

_LOOKUP = 500  # keys a query: well below SQLite's bound on variables


class VectorCache:
    """A table of vectors on disk, at half precision: the rounding is far below what ranks passages.

    It is a convenience, never a source of truth: one that cannot be read is set aside and begun anew.
    """

    def __init__(self, path: Path, card: ModelCard) -> None:
        """Opens the cache for one model, making it where it is absent."""
        self._salt = f"{card.name}\x1f{card.revision}\x1f{card.dimension}\x1f".encode()
        self._dimension = card.dimension
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError as error:
            aside = path.with_suffix(".damaged")
            log.warning("%s cannot be read (%s): kept as %s, and a new one begun.", path, error, aside.name)
            path.rename(aside)
            self._database = _open(path)

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
        keys = [self._key(text) for text in texts]
        known = self._known(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            made = embedder.embed_passages(list(missing.values())).astype(np.float16)
            fresh = dict(zip(missing, made, strict=True))
            with self._database:
                rows = [(key, vector.tobytes()) for key, vector in fresh.items()]
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
                if len(blob) == 2 * self._dimension:
                    found[key] = np.frombuffer(blob, dtype=np.float16)
        return found


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
    return database
