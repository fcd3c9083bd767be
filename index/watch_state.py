"""What a watch remembers between rounds, in `watch.sqlite` in the archive's folder.

An entry is `listed` when a feed names it, `ready` when its text is there, `done` when the archive has it, and `left`
when it was given up. Each step is one transaction, so that a watch that is killed goes on where it stood.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from index.article import PageKind, RawPage
from index.errors import ArchiveDamaged, ArchiveError, ArchiveLocked

NAME = "watch.sqlite"
_FORMAT = 1
_TABLES = """
CREATE TABLE feeds (url TEXT PRIMARY KEY, etag TEXT, modified TEXT, failures INTEGER NOT NULL, later REAL NOT NULL);
CREATE TABLE entries (key TEXT PRIMARY KEY, feed TEXT NOT NULL, state TEXT NOT NULL, page TEXT,
    failures INTEGER NOT NULL DEFAULT 0, later REAL NOT NULL DEFAULT 0, seen REAL NOT NULL);
CREATE INDEX entries_by_state ON entries (state, later);
"""
_FORGET_AFTER = 180 * 86_400.0  # seconds since a feed last named an entry


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of a feed; it is not asked before `later`, in seconds since the epoch."""

    etag: str | None = None
    modified: str | None = None
    failures: int = 0
    later: float = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that has yet to reach the archive: what is known of its page, and how often fetching that failed."""

    key: str
    page: RawPage
    failures: int


class WatchState:
    """The memory of one watch; while it is open, no other may open it."""

    def __init__(self, archive: Path) -> None:
        """Opens or begins it. Raises ArchiveLocked where another watch runs, and ArchiveDamaged."""
        self._path = archive / NAME
        try:
            archive.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"{archive} cannot be made ({error.strerror or error}).") from error
        with self._told():
            self._database = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        try:
            with self._told():
                self._database.execute("PRAGMA auto_vacuum = FULL")
                self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
                with self._all_or_nothing():
                    self._begin()
        except ArchiveError:
            self._database.close()
            raise

    def __enter__(self) -> WatchState:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def feed(self, url: str) -> FeedState:
        """What is known of a feed."""
        with self._told():
            row = self._database.execute(
                "SELECT etag, modified, failures, later FROM feeds WHERE url = ?", (url,)
            ).fetchone()
        return FeedState(*row) if row else FeedState()

    def keep(self, url: str, state: FeedState, pages: Sequence[RawPage] = ()) -> int:
        """Keeps what a feed gave, its new entries and its state together; says how many entries are new."""
        now = time.time()
        with self._told(), self._all_or_nothing():
            before = self._count()
            self._database.executemany(
                "INSERT INTO entries (key, feed, state, page, seen) VALUES (?, ?, 'listed', ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET seen = excluded.seen",
                [(_key(page), url, _to_json(page), now) for page in pages],
            )
            self._database.execute(
                "INSERT OR REPLACE INTO feeds VALUES (?, ?, ?, ?, ?)",
                (url, state.etag, state.modified, state.failures, state.later),
            )
            return self._count() - before

    def listed(self, count: int) -> list[Entry]:
        """At most `count` entries whose pages are to be fetched now, in the order in which they were named."""
        return self._entries("state = 'listed' AND later <= ? ORDER BY rowid LIMIT ?", (time.time(), count))

    def ready(self) -> Iterator[RawPage]:
        """The pages whose text is there."""
        for entry in self._entries("state = 'ready' ORDER BY rowid", ()):
            yield entry.page

    def waiting(self) -> int:
        """How many entries have yet to reach the archive."""
        with self._told():
            query = "SELECT count(*) FROM entries WHERE state IN ('listed', 'ready')"
            return int(self._database.execute(query).fetchone()[0])

    def put_ready(self, entry: Entry, page: RawPage) -> None:
        """The entry's text is there."""
        self._change("state = 'ready', page = ?", (_to_json(page),), entry)

    def put_off(self, entry: Entry, later: float) -> None:
        """The entry's page could not be fetched now; it is tried again after `later`."""
        self._change("failures = failures + 1, later = ?", (later,), entry)

    def leave(self, entry: Entry) -> None:
        """Nothing will come of the entry."""
        self._change("state = 'left', page = NULL", (), entry)

    def finish(self) -> None:
        """What was ready is in the archive; what no feed has named for long is forgotten."""
        with self._told(), self._all_or_nothing():
            self._database.execute("UPDATE entries SET state = 'done', page = NULL WHERE state = 'ready'")
            self._database.execute(
                "DELETE FROM entries WHERE state IN ('done', 'left') AND seen < ?", (time.time() - _FORGET_AFTER,)
            )

    def _begin(self) -> None:
        found = self._database.execute("PRAGMA user_version").fetchone()[0]
        if not found:
            for statement in filter(str.strip, _TABLES.split(";")):
                self._database.execute(statement)
            self._database.execute(f"PRAGMA user_version = {_FORMAT}")
        elif found != _FORMAT:
            raise ArchiveDamaged(f"{self._path} is of format {found}, and this Dateline reads {_FORMAT}. {_MEND}")

    def _entries(self, where: str, values: tuple[float, ...]) -> list[Entry]:
        with self._told():
            rows = self._database.execute(f"SELECT key, page, failures FROM entries WHERE {where}", values)  # noqa: S608
            return [Entry(key, _from_json(page), failures) for key, page, failures in rows]

    def _change(self, change: str, values: tuple[object, ...], entry: Entry) -> None:
        with self._told():
            self._database.execute(f"UPDATE entries SET {change} WHERE key = ?", (*values, entry.key))  # noqa: S608

    def _count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM entries").fetchone()[0])

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        self._database.execute("BEGIN EXCLUSIVE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Says the database's errors as ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise ArchiveLocked(f"{self._path} is in use: another watch runs on this archive.") from error
            raise ArchiveError(f"{self._path} cannot be used ({error}): check the disk and its rights.") from error
        except (sqlite3.DatabaseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise ArchiveDamaged(f"{self._path} is damaged ({error}). {_MEND}") from error


_MEND = "Remove it: the feeds are read anew, and articles that the archive has are passed over."


def _key(page: RawPage) -> str:
    """What makes two entries one: their address; without any, all that they say."""
    told = page.url or "\x1f".join((page.title or "", page.published or "", page.content))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _to_json(page: RawPage) -> str:
    return json.dumps(asdict(page))


def _from_json(text: str) -> RawPage:
    fields = json.loads(text)
    return RawPage(**fields | {"kind": PageKind(fields["kind"]), "authors": tuple(fields["authors"])})
