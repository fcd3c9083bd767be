"""An archive looked over from end to end: what `verify` promises to find."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from index.errors import ArchiveDamaged, ArchiveMissing
from index.faiss_store import FaissStore
from index.generation import ArchivePaths
from index.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Checked:
    """A generation and what is wrong with it; None where it is whole."""

    generation: str
    problem: str | None


def verify_archive(root: Path) -> list[Checked]:
    """Checks every kept generation, the one published last at the end, even if it was put aside as damaged.

    Raises ArchiveMissing where there is none.
    """
    paths = ArchivePaths(root)
    last = paths.current_name()
    if not paths.names():
        raise ArchiveMissing(f"{paths.current} names generation {last}, which is not in {paths.generations}.")
    names = [name for name in paths.names() if name != last]
    return [Checked(name, _problem(paths.folder(name))) for name in (*names, last)]


def _problem(folder: Path) -> str | None:
    try:
        store = FaissStore.checked(folder, Manifest.read(folder))
        try:
            store.check()
        finally:
            store.close()
    except ArchiveDamaged as error:
        return str(error)
    return None
