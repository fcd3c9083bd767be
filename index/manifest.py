"""What a generation is made of: its manifest, the files of its segments, and the seals by which damage is found."""

from __future__ import annotations

import errno
import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index.embedding import ModelCard
from index.errors import ArchiveDamaged, ArchiveError, ArchiveRefused

FORMAT = 3
COUNTED = 2  # the format before segments had postings, and large ones their vectors in lists
WHOLE = 1  # the format before generations had segments: one pair of files, without the tables to find copies by
ARTICLES = "articles.sqlite"
VECTORS = "vectors.faiss"
MANIFEST = "manifest.json"

_MEND = "Restore the folder from a copy, or run `dateline rebuild` on the articles; vectors are reused."
_SEGMENT = re.compile(r"(?:articles|vectors)(?:-([0-9]{6,18}))?\.(?:sqlite|faiss)")
# What the system says of a file that is gone or lies on a bad sector; all else (no permission, too many open files)
# says nothing of the file.
_DAMAGE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EIO))


@dataclass(frozen=True, slots=True)
class FileSeal:
    """The size and SHA-256 of a file, by which any change to it is found."""

    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> FileSeal:
        """The seal of a file as it stands."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return cls(path.stat().st_size, digest)


@dataclass(frozen=True, slots=True, order=True)
class SegmentFiles:
    """The two files of one segment of a generation; segments are in the order of their numbers."""

    number: int = 0

    @property
    def articles(self) -> str:
        """The name of the SQLite file."""
        return f"articles-{self.number:06d}.sqlite" if self.number else ARTICLES

    @property
    def vectors(self) -> str:
        """The name of the FAISS file."""
        return f"vectors-{self.number:06d}.faiss" if self.number else VECTORS

    @property
    def names(self) -> tuple[str, str]:
        """The names of both."""
        return self.articles, self.vectors


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is: its name, the model of its vectors, its counts, and a seal for each file."""

    name: str
    created: str
    model: ModelCard
    articles: int
    passages: int
    files: dict[str, FileSeal]
    format: int = FORMAT

    @property
    def segments(self) -> tuple[SegmentFiles, ...]:
        """The segments, oldest first. Raises ArchiveDamaged where there is none, or half of one."""
        numbers = {int(found[1] or 0) for name in self.files if (found := _SEGMENT.fullmatch(name))}
        segments = tuple(SegmentFiles(number) for number in sorted(numbers))
        if not segments or not {name for segment in segments for name in segment.names} <= self.files.keys():
            raise ArchiveDamaged(
                f"generation {self.name} names the files {', '.join(sorted(self.files)) or 'none'}, and they make no "
                f"whole segments. {_MEND}"
            )
        return segments

    def to_json(self) -> str:
        """The manifest as JSON text, with a seal over itself."""
        body = asdict(self)
        return json.dumps({**body, "seal": _seal(body)}, indent=1, sort_keys=True)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Reads and checks the manifest of a generation.

        Raises ArchiveDamaged where it is absent, cut short, altered, or of a format this version doesn't know, and
        ArchiveRefused where the system does not let it be read.
        """
        path = folder / MANIFEST
        try:
            body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            seal = body.pop("seal")
            if seal != _seal(body):
                raise ArchiveDamaged(f"{path} was altered after it was written. {_MEND}")
            if body["format"] not in {WHOLE, COUNTED, FORMAT}:
                raise ArchiveDamaged(
                    f"{path} is of format {body['format']}, and this Dateline reads {WHOLE} to {FORMAT}: rebuild the "
                    "archive."
                )
            files = {name: FileSeal(**value) for name, value in body.pop("files").items()}
            return cls(model=ModelCard(**body.pop("model")), files=files, **body)
        except OSError as error:
            raise unreadable(path, error) from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ArchiveDamaged(f"{path} cannot be read ({type(error).__name__}: {error}). {_MEND}") from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Compares every file of a generation with its seal.

    Raises ArchiveDamaged naming the first that differs, and ArchiveRefused where the system lets one not be read.
    """
    for name, seal in manifest.files.items():
        check_file(folder / name, seal)


def check_file(path: Path, seal: FileSeal) -> None:
    """Compares a file with its seal. Raises as `check_files` does."""
    try:
        found = FileSeal.of(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if found != seal:
        raise ArchiveDamaged(
            f"{path} differs from its checksum ({found.size:,} bytes, {seal.size:,} expected). {_MEND}"
        )


def identity(path: Path) -> tuple[int, int, int, int]:
    """What tells a file that was read before from another or a changed one: device, inode, size, time of change.

    Raises ArchiveDamaged where it is gone.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns


def unreadable(path: Path, error: OSError) -> ArchiveError:
    """What to raise of a file that cannot be read: ArchiveDamaged, or ArchiveRefused where that says nothing of it."""
    if error.errno in _DAMAGE:
        return ArchiveDamaged(f"{path} cannot be read ({error.strerror}). {_MEND}")
    return ArchiveRefused(f"{path} cannot be read ({error.strerror or error}): the system refused it. Try again.")


def _seal(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
