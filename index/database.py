"""A segment's SQLite file, as it is read."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.errors import ArchiveDamaged


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
