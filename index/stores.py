"""Which engine holds an archive, told by where it is: a folder, `postgresql://…`, or `milvus://HOST:PORT/NAME`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from index.copying import Target
from index.embedding import ModelCard
from index.errors import ArchiveError
from index.records import Source
from index.store import Store

_EXTRAS = {"postgresql": "postgres", "milvus": "milvus"}


def open_store(location: str | Path, model: ModelCard | None = None, held: Store | None = None) -> Source:
    """Opens what is served at a location. `model` is the embedder that questions will be asked with.

    What `held`, a store of the same location, has read of files that have not changed is shared with it. Raises
    ArchiveMissing, ArchiveDamaged, ModelMismatch, or ArchiveError where a server cannot be reached.
    """
    engine = _engine(location)
    with _installed(engine):
        if engine == "postgresql":
            from index.postgres_store import open_postgres

            return open_postgres(str(location), model)
        if engine == "milvus":
            from index.milvus_store import open_milvus

            return open_milvus(str(location), model)
    from index.faiss_store import FaissStore, open_archive

    return open_archive(Path(location), model, held if isinstance(held, FaissStore) else None)


def served_generation(location: str | Path) -> str:
    """The name of the generation that is served at a location now. Raises as `open_store` does."""
    engine = _engine(location)
    with _installed(engine):
        if engine == "postgresql":
            from index import postgres_store

            return postgres_store.served_generation(str(location))
        if engine == "milvus":
            from index import milvus_store

            return milvus_store.served_generation(str(location))
    from index.generation import ArchivePaths

    return ArchivePaths(Path(location)).served_name()


def open_target(location: str) -> Target:
    """A store to copy an archive to. Raises ArchiveError for a folder: those are built, by `dateline rebuild`."""
    engine = _engine(location)
    with _installed(engine):
        if engine == "postgresql":
            from index.postgres_writer import PostgresTarget

            return PostgresTarget(location)
        if engine == "milvus":
            from index.milvus_writer import MilvusTarget

            return MilvusTarget(location)
    raise ArchiveError(
        f"{location} is not a postgresql:// or milvus:// url: a folder is built with `dateline rebuild`."
    )


def _engine(location: str | Path) -> str:
    if isinstance(location, Path) or "://" not in location:
        return "folder"
    scheme = urlsplit(location).scheme
    engine = "postgresql" if scheme == "postgres" else scheme
    if engine not in _EXTRAS:
        raise ArchiveError(f"There is no store of the kind {scheme!r}: name a folder, postgresql://… or milvus://…")
    return engine


@contextmanager
def _installed(engine: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        extra = _EXTRAS.get(engine, "")
        raise ArchiveError(
            f"{engine}:// needs a package that is not installed ({error.name}): pip install 'dateline[{extra}]'"
        ) from error
