"""Whether a rebuild would make what is there already: the same pages, read by the same code with the same model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from index.embedding import ModelCard
from index.errors import ArchiveError
from index.generation import ArchivePaths
from index.manifest import Manifest, check_file, check_files
from index.sources import Skip, files_under

BUILD = "build.json"  # in a generation: what it was built of, and what was said of the build


def mark_of(paths: Sequence[Path], mapping: Mapping[str, str], *, strict: bool, model: ModelCard) -> str:
    """SHA-256, in hex, of all that a rebuild's result depends on: files by name and content, settings, model, code.

    Reads every file once; what is found missing or closed later, when it is read, makes no difference here.
    """
    digest = hashlib.sha256(json.dumps([sorted(mapping.items()), strict, asdict(model)]).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(_content(path))
    # How a page is cleaned is the libraries' doing too.
    digest.update(json.dumps(sorted(f"{one.name}=={one.version}" for one in distributions())).encode())
    for root in paths:
        for found in files_under(root):
            said = f"{found.origin}: {found.reason}" if isinstance(found, Skip) else str(found)
            digest.update(hashlib.sha256(said.encode("utf-8", "surrogateescape")).digest())
            digest.update(b"" if isinstance(found, Skip) else _content(found))
    return digest.hexdigest()


def remember(folder: Path, mark: str, report: Mapping[str, Any]) -> None:
    """Writes down in a generation that is being built what it is built of, and what is said of the build."""
    (folder / BUILD).write_text(json.dumps({"mark": mark, "report": report}), encoding="utf-8")


def recall(paths: ArchivePaths, mark: str) -> tuple[str, dict[str, Any]] | None:
    """The served generation's name and what was said of its build, where it is whole and was built of the same."""
    try:
        name = paths.current_name()
        folder = paths.folder(name)
        manifest = Manifest.read(folder)
        if BUILD not in manifest.files:
            return None
        check_file(folder / BUILD, manifest.files[BUILD])
        build = json.loads((folder / BUILD).read_text(encoding="utf-8"))
        if build["mark"] != mark:
            return None  # and the rest need not be hashed
        check_files(folder, manifest)
    except (ArchiveError, OSError, ValueError):
        return None  # then it is built anew
    return name, build["report"]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError:
        return b"closed"
