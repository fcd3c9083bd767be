"""A generation on disk: built aside, checksummed, fsynced, swapped in by one rename.

ARCHIVE/
  CURRENT                       the name of the generation that is served; replaced by one rename
  generations/000007/           a whole generation: it never changes again
    articles.sqlite  vectors.faiss              its first segment
    articles-000012.sqlite  vectors-000012.faiss  and those that were added since, hard links where an older has them
    manifest.json
  generations/.building-…/      one that is being built; of no account until it is renamed
  generations/damaged-000006/   one that was found damaged; kept, never served
  cache/vectors.sqlite          vectors by model and text, so that nothing is embedded twice
  lock                          held by the one writer, with its pid and since when
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from index.embedding import ModelCard
from index.errors import ArchiveDamaged, ArchiveLocked, ArchiveMissing, ArchiveRefused
from index.manifest import MANIFEST, FileSeal, Manifest, unreadable

log = logging.getLogger(__name__)

KEEP = 3
_ASIDE = "damaged-"
# What a filesystem that has no hard links says, or one that has no more of them for a file.
_NO_LINK = frozenset((errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV))


@dataclass(frozen=True, slots=True)
class ArchivePaths:
    """Where the parts of an archive lie."""

    root: Path

    @property
    def current(self) -> Path:
        """The file that names the generation that is served."""
        return self.root / "CURRENT"

    @property
    def generations(self) -> Path:
        """The folder of the generations."""
        return self.root / "generations"

    @property
    def vector_cache(self) -> Path:
        """The vectors already made, by model and text."""
        return self.root / "cache" / "vectors.sqlite"

    @property
    def lock(self) -> Path:
        """The writer's lock."""
        return self.root / "lock"

    def names(self) -> list[str]:
        """The names of the whole generations, oldest first."""
        if not self.generations.is_dir():
            return []
        return sorted((entry.name for entry in self.generations.iterdir() if entry.name.isdigit()), key=int)

    def current_name(self) -> str:
        """The name of the generation that was published last. Raises ArchiveMissing where there is none."""
        try:
            name = self.current.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise ArchiveMissing(
                f"There is no archive at {self.root}. Build one with "
                f"`dateline rebuild PATH... --archive {self.root}`, or name another with --archive."
            ) from None
        except OSError as error:
            raise unreadable(self.current, error) from error
        except UnicodeDecodeError:
            name = ""
        if not name.isdecimal():
            whole = ", ".join(reversed(self.names())) or "none is left"
            raise ArchiveDamaged(
                f"{self.current} does not name a generation. Write the name of one into it ({whole}), or run "
                "`dateline rebuild` on the articles."
            )
        return name

    def served_name(self) -> str:
        """The name of the generation that is served: the last published, or where it was put aside the one before."""
        current = self.current_name()
        if self.folder(current).is_dir():
            return current
        return next(reversed(self.before(current)), current)

    def before(self, name: str) -> list[str]:
        """The names of the generations published before one, oldest first."""
        return [other for other in self.names() if int(other) < int(name)]

    def folder(self, name: str) -> Path:
        """The folder of a generation."""
        return self.generations / name


@contextmanager
def writer_lock(paths: ArchivePaths) -> Iterator[None]:
    """Holds the archive for one writer; the system lets go of it when the process ends, however it ends.

    Raises ArchiveLocked, naming the pid and since when, where another process holds it, and ArchiveRefused where the
    system does not let the archive be written, then or later under the lock.
    """
    try:
        _make_folder(paths.root)
        with paths.lock.open("a+", encoding="utf-8", errors="replace") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stream.seek(0)
                holder = stream.read(200).strip() or "another process"
                raise ArchiveLocked(f"{paths.root} is locked by {holder}. Try again when it is done.") from None
            stream.truncate(0)
            stream.write(f"pid {os.getpid()} since {datetime.now(UTC).isoformat(timespec='seconds')}\n")
            stream.flush()
            yield
    except (OSError, sqlite3.Error) as error:
        raise ArchiveRefused(
            f"{paths.root} cannot be written ({error}). The archive is whole, and what it held is still served: see to "
            "room and permissions on its disk, and run the command again."
        ) from error


def is_building(paths: ArchivePaths) -> bool:
    """Whether a process of this machine is building a generation just now; what a dead one left does not count."""
    if not any(paths.generations.glob(".building-*")):
        return False
    try:
        holder = re.match(r"pid (\d+) ", paths.lock.read_text(encoding="utf-8"))
        if holder is None:
            return False
        os.kill(int(holder[1]), 0)
    except PermissionError:
        return True  # another user's, and alive
    except (OSError, ValueError, OverflowError):
        return False
    return True


@contextmanager
def building(paths: ArchivePaths) -> Iterator[Path]:
    """A fresh folder to build a generation in; it is removed unless it was published. Call it under the lock."""
    _make_folder(paths.generations)
    for left in paths.generations.glob(".building-*"):
        log.info("Removing %s, left by a build that did not end.", left)
        shutil.rmtree(left, ignore_errors=True)
    # Named before it is made: an interruption just after that finds a folder to remove.
    folder = paths.generations / f".building-{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def take_over(names: Iterable[str], previous: Path, folder: Path) -> None:
    """Puts files of one generation into the next as well: as hard links, or copies where the filesystem has none."""
    for name in names:
        try:
            os.link(previous / name, folder / name)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            shutil.copyfile(previous / name, folder / name)


def publish(
    paths: ArchivePaths,
    folder: Path,
    model: ModelCard,
    *,
    articles: int,
    passages: int,
    sealed: Mapping[str, FileSeal] | None = None,
) -> Manifest:
    """Seals what was built in `folder`, makes it durable, and swaps it in.

    `sealed` are the seals of the files that were taken over from the generation before: they are not made anew. Until
    the last rename, readers and a restart after a crash find the generation before it; after it, this one.
    """
    taken = (entry.name.removeprefix(_ASIDE).partition(".")[0] for entry in paths.generations.iterdir())
    name = f"{max((int(number) for number in taken if number.isdecimal()), default=0) + 1:06d}"
    known = sealed or {}
    seals = {file.name: known.get(file.name) or FileSeal.of(file) for file in sorted(folder.iterdir())}
    manifest = Manifest(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=model,
        articles=articles,
        passages=passages,
        files=seals,
    )
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    for file in folder.iterdir():
        _sync(file)
    _sync(folder)
    folder.rename(paths.folder(name))
    _sync(paths.generations)
    serve(paths, name)
    return manifest


def serve(paths: ArchivePaths, name: str) -> None:
    """Makes a whole generation the one that is served, by one rename."""
    aside = paths.root / "CURRENT.new"
    aside.write_text(name + "\n", encoding="ascii")
    _sync(aside)
    aside.rename(paths.current)
    _sync(paths.root)


def prune(paths: ArchivePaths, keep: int = KEEP) -> list[str]:
    """Removes all but the newest `keep` generations (never the served one); gives the names removed.

    Generations that followed each other by adding share files, and damage to one of these is damage to all. So, where
    more than one is kept, the newest that shares none with the served one is kept too: it can stand in.
    """
    served = paths.current_name()
    names = paths.names()
    old = [name for name in names[: -max(keep, 1)] if name != served]
    if keep > 1:
        theirs = _inodes(paths.folder(served))
        apart = next((name for name in reversed(names) if theirs.isdisjoint(_inodes(paths.folder(name)))), None)
        old = [name for name in old if name != apart]
    # Renamed first, and durably, so that a crash amid the removal leaves no half generation under a whole one's name.
    doomed = [paths.folder(name).rename(paths.generations / f".building-pruned-{name}") for name in old]
    if doomed:
        _sync(paths.generations)
    for folder in doomed:
        shutil.rmtree(folder, ignore_errors=True)
    return old


def _inodes(folder: Path) -> set[int]:
    return {file.stat().st_ino for file in folder.iterdir()}


def quarantine(paths: ArchivePaths, name: str) -> Path | None:
    """Puts a damaged generation aside under another name, so that it is never served; gives its new place.

    None where it was left as it is, since a writer holds the archive or its folder cannot be written.
    """
    aside = paths.generations / f"{_ASIDE}{name}"
    number = 1
    while aside.exists():
        number += 1
        aside = paths.generations / f"{_ASIDE}{name}.{number}"
    try:
        with writer_lock(paths):
            paths.folder(name).rename(aside)
            _sync(paths.generations)
    except (ArchiveLocked, ArchiveRefused) as error:
        log.warning("%s is damaged and could not be put aside: %s", paths.folder(name), error)
        return None
    return aside


def _make_folder(path: Path) -> None:
    """Makes a folder, with those above it that are not there, and makes each one's name durable."""
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in made:
        _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
