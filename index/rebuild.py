"""Pages in, a generation out: rebuild, add and delete."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from index.build import CHUNK, Build, BuildReport, Input, Progress, Silent
from index.duplicates import ClusterFinder, similarity
from index.embedding import Embedder
from index.errors import ArchiveMissing, ArchiveRefused, InputError, ModelMismatch
from index.faiss_store import FaissStore
from index.faiss_writer import FaissWriter
from index.generation import KEEP, ArchivePaths, building, prune, publish, writer_lock
from index.manifest import Manifest
from index.merging import due, settle
from index.unchanged import mark_of, recall

log = logging.getLogger(__name__)


def rebuild(
    archive: Path,
    pages: Input,
    embedder: Embedder,
    *,
    progress: Progress | None = None,
    keep: int = KEEP,
    chunk: int = CHUNK,
) -> BuildReport:
    """Builds a new generation from the pages alone and swaps it in; what was there before is served until then.

    Where that would make what is there already, nothing is made and the report says `unchanged`. Raises InputError
    where no article comes of the pages (the archive then stays as it was), and ArchiveLocked.
    """
    began = time.monotonic()
    paths, progress = ArchivePaths(archive), progress or Silent()
    with writer_lock(paths), building(paths) as folder:
        progress.stage("Comparing with the last build", None)
        mark = mark_of(pages.paths, pages.mapping, strict=pages.strict, model=embedder.card)
        if last := recall(paths, mark):
            prune(paths, keep)
            return BuildReport.again(*last, seconds=time.monotonic() - began)
        writer = FaissWriter.fresh(folder, embedder.card)
        return Build(paths, folder, writer, embedder, progress, keep, chunk).pour(pages, mark)


def add(
    archive: Path,
    pages: Input,
    embedder: Embedder,
    *,
    progress: Progress | None = None,
    keep: int = KEEP,
    chunk: int = CHUNK,
    held: FaissStore | None = None,
) -> BuildReport:
    """Adds articles to what the archive holds, as a new generation; those it already has are passed over.

    It takes as long as what is added, not as the archive, but for the checksums of the archive's files: those that
    `held`, a store of the archive that is open already, has checked are not checked again. An archive that does not
    exist yet is begun. Raises ModelMismatch where its vectors are of another model.
    """
    paths, progress, previous = ArchivePaths(archive), progress or Silent(), None
    with writer_lock(paths), building(paths) as folder:
        try:
            previous = current(paths, held)
        except ArchiveMissing:
            writer = FaissWriter.fresh(folder, embedder.card)
        else:
            if previous.model != embedder.card:
                raise ModelMismatch(
                    f"The archive {archive} was built with {previous.model.name} (revision {previous.model.revision}), "
                    f"not {embedder.card.name} (revision {embedder.card.revision}). Add with --model "
                    f"{previous.model.name}, or rebuild the whole archive with the new model."
                )
            writer = FaissWriter.beside(folder, previous)
        report = Build(paths, folder, writer, embedder, progress, keep, chunk).pour(pages)
        return replace(report, generation=_merged(paths, previous, progress, keep) or report.generation)


def delete(archive: Path, targets: Iterable[str], *, keep: int = KEEP, held: FaissStore | None = None) -> BuildReport:
    """Removes articles, named by id or url, as a new generation. `held` is as for `add`.

    Raises InputError naming those that are not there; then nothing is removed.
    """
    began = time.monotonic()
    paths = ArchivePaths(archive)
    with writer_lock(paths), building(paths) as folder:
        previous = current(paths, held)
        writer = FaissWriter.beside(folder, previous)
        try:
            deleted: list[int] = []
            for target in dict.fromkeys(targets):
                numbers = writer.delete(target)
                if not numbers:
                    raise InputError(target, f"no article of this id or url is in {archive}; nothing was deleted")
                deleted += numbers
            finder = ClusterFinder()
            for known in (known for number in deleted for known in writer.bereaved(number)):
                finder.restore(known)
            writer.set_clusters(finder.clusters(finder.links(similarity(writer.vectors_of))))
            articles, passages = writer.articles, writer.passages
            sealed = writer.finish()
        finally:
            writer.close()
        manifest = publish(paths, folder, previous.model, articles=articles, passages=passages, sealed=sealed)
        prune(paths, keep)
        name = _merged(paths, previous, Silent(), keep) or manifest.name
    return BuildReport(name, articles, passages, 0, len(deleted), 0, 0, 0, 0, 0, {}, (), time.monotonic() - began)


def current(paths: ArchivePaths, held: FaissStore | None = None) -> FaissStore:
    """The generation that was published last, to be added to or deleted from; `held` is as for `add`.

    Raises ArchiveMissing, and ArchiveDamaged where it is damaged, even if one before it serves.
    """
    folder = paths.folder(paths.current_name())
    return FaissStore.checked(folder, Manifest.read(folder), held)


def _merged(paths: ArchivePaths, held: FaissStore | None, progress: Progress, keep: int) -> str | None:
    """The name of a generation like the one just published, its segments merged, where that takes long enough to wait.

    What was added is served meanwhile, and also where this does not end: the next writer begins it again.
    """
    try:
        store = current(paths, held)
        at = due(store)
        if at == len(store.segments):
            return None
        progress.stage("Merging", None)
        with building(paths) as folder:
            sealed, counts = settle(store, at, folder), store.manifest
            published = publish(
                paths, folder, store.model, articles=counts.articles, passages=counts.passages, sealed=sealed
            )
        prune(paths, keep)
    except (OSError, sqlite3.Error, ArchiveRefused) as error:
        log.warning("The parts of %s were not merged (%s). All is served; the next add tries again.", paths.root, error)
        return None
    return published.name
