"""Pages in, a generation out: rebuild, add and delete."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index.article import Article
from index.boilerplate import BoilerplateLearner, strip_boilerplate
from index.cleaning import clean
from index.duplicates import ClusterFinder
from index.embedding import Embedder
from index.errors import ArchiveMissing, InputError, ModelMismatch
from index.faiss_writer import FaissWriter, PassageText
from index.generation import KEEP, ArchivePaths, Manifest, building, check_files, prune, publish, writer_lock
from index.passages import split_passages
from index.sentences import split_sentences
from index.sources import Skip, SkipReport, read_pages
from index.unchanged import mark_of, recall, remember
from index.vector_cache import VectorCache

log = logging.getLogger(__name__)

PASSAGE_TOKENS = 200  # with its title and date, a passage fits the 256 tokens that the default model sees
CHUNK = 1024  # passages embedded between two commits of the cache: a killed build loses at most so many


class Progress(Protocol):
    """Told how far a build is; `total` is None where it cannot be known."""

    def stage(self, name: str, total: int | None) -> None:
        """A new stage begins, of `total` steps."""

    def advance(self, steps: int) -> None:
        """So many more steps of the stage are done."""


class Silent:
    """A Progress that says nothing."""

    def stage(self, name: str, total: int | None) -> None:
        """Says nothing."""

    def advance(self, steps: int) -> None:
        """Says nothing."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `copies` were dropped as exact copies, `syndicated` share a cluster with another article.

    Where `unchanged`, a rebuild would have made what is served already, and that stays; what was said when it was
    built is said again.
    """

    generation: str
    articles: int
    passages: int
    added: int
    deleted: int
    copies: int
    syndicated: int
    embedded: int
    reused: int
    skipped: int
    reasons: Mapping[str, int]
    skips: tuple[Skip, ...]
    seconds: float
    unchanged: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)

    @classmethod
    def again(cls, generation: str, said: Mapping[str, Any], *, seconds: float) -> BuildReport:
        """The report of a rebuild that found `generation` built of the same, from what its report said."""
        skips = tuple(Skip(**skip) for skip in said["skips"])
        now = {"generation": generation, "skips": skips, "seconds": seconds, "unchanged": True}
        return cls(**{**said, **now, "added": 0, "embedded": 0, "reused": said["passages"]})


@dataclass(frozen=True, slots=True)
class Input:
    """Where the pages are, how their fields are named, and whether one that cannot be read stops the build."""

    paths: Sequence[Path]
    mapping: Mapping[str, str]
    strict: bool = False

    @classmethod
    def of(cls, *paths: Path | str, mapping: Mapping[str, str] | None = None, strict: bool = False) -> Input:
        """Pages from files and folders."""
        return cls([Path(path) for path in paths], dict(mapping or {}), strict)


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
        return _Build(paths, folder, writer, embedder, progress, keep, chunk).pour(pages, mark)


def add(
    archive: Path,
    pages: Input,
    embedder: Embedder,
    *,
    progress: Progress | None = None,
    keep: int = KEEP,
    chunk: int = CHUNK,
) -> BuildReport:
    """Adds articles to what the archive holds, as a new generation; those it already has are passed over.

    An archive that does not exist yet is begun. Raises ModelMismatch where its vectors are of another model.
    """
    paths = ArchivePaths(archive)
    with writer_lock(paths), building(paths) as folder:
        try:
            previous = _current(paths)
        except ArchiveMissing:
            writer = FaissWriter.fresh(folder, embedder.card)
        else:
            if previous.model != embedder.card:
                raise ModelMismatch(
                    f"The archive {archive} was built with {previous.model.name} (revision {previous.model.revision}), "
                    f"not {embedder.card.name} (revision {embedder.card.revision}). Add with --model "
                    f"{previous.model.name}, or rebuild the whole archive with the new model."
                )
            writer = FaissWriter.continuing(folder, paths.folder(previous.name))
        return _Build(paths, folder, writer, embedder, progress or Silent(), keep, chunk).pour(pages)


def delete(archive: Path, targets: Iterable[str], *, keep: int = KEEP) -> BuildReport:
    """Removes articles, named by id or url, as a new generation.

    Raises InputError naming those that are not there; then nothing is removed.
    """
    began = time.monotonic()
    paths = ArchivePaths(archive)
    with writer_lock(paths), building(paths) as folder:
        previous = _current(paths)
        writer = FaissWriter.continuing(folder, paths.folder(previous.name))
        deleted = 0
        for target in dict.fromkeys(targets):
            ids = writer.ids_of(target)
            if not ids:
                raise InputError(target, f"no article of this id or url is in {archive}; nothing was deleted")
            deleted += sum(writer.delete(article_id) for article_id in ids)
        articles, passages = writer.articles, writer.passages
        writer.finish()
        manifest = publish(paths, folder, previous.model, articles=articles, passages=passages)
        prune(paths, keep)
    return BuildReport(manifest.name, articles, passages, 0, deleted, 0, 0, 0, 0, 0, {}, (), time.monotonic() - began)


def passage_input(passage: PassageText) -> str:
    """What the embedder is given of a passage: its title and day stand before it, since it may name neither."""
    day = f"{passage.published:%B} {passage.published.day}, {passage.published.year}" if passage.published else ""
    head = " · ".join(part for part in (passage.title, day) if part)
    return f"{head}\n{passage.text}" if head else passage.text


def _current(paths: ArchivePaths) -> Manifest:
    name = paths.current_name()
    manifest = Manifest.read(paths.folder(name))
    check_files(paths.folder(name), manifest)
    return manifest


class _Build:
    """One build under way: each stage reads what the one before wrote, so memory does not grow with the input."""

    def __init__(
        self,
        paths: ArchivePaths,
        folder: Path,
        writer: FaissWriter,
        embedder: Embedder,
        progress: Progress,
        keep: int,
        chunk: int,
    ) -> None:
        self._paths = paths
        self._folder = folder
        self._writer = writer
        self._embedder = embedder
        self._progress = progress
        self._keep = keep
        self._chunk = chunk
        self._staging = folder / "staging.jsonl"
        self._finder = ClusterFinder()
        self._added = self._copies = self._embedded = self._reused = 0

    def pour(self, pages: Input, mark: str | None = None) -> BuildReport:
        """Builds and publishes; `mark` is that of the pages, where nothing but they goes into the generation."""
        began = time.monotonic()
        skips = SkipReport()
        try:
            learned = self._stage(pages, skips)
            first = self._writer.next_passage
            self._split(learned)
            if not self._writer.articles:
                where = ", ".join(str(path) for path in pages.paths)
                raise InputError(where, f"no article found ({skips.summary()}); the archive was left as it was")
            self._embed(first)
            syndicated = self._cluster()
            articles, passages = self._writer.articles, self._writer.passages
            self._progress.stage("Writing", None)
            self._writer.finish()
        finally:
            self._writer.close()
        self._staging.unlink()
        report = BuildReport(
            generation="",
            articles=articles,
            passages=passages,
            added=self._added,
            deleted=0,
            copies=self._copies,
            syndicated=syndicated,
            embedded=self._embedded,
            reused=self._reused,
            skipped=skips.total,
            reasons=dict(skips.reasons),
            skips=tuple(skips.skipped),
            seconds=0.0,
        )
        if mark is not None:
            remember(self._folder, mark, report.to_dict())
        manifest = publish(self._paths, self._folder, self._embedder.card, articles=articles, passages=passages)
        prune(self._paths, self._keep)
        return replace(report, generation=manifest.name, seconds=time.monotonic() - began)

    def _stage(self, pages: Input, skips: SkipReport) -> dict[str, frozenset[str]]:
        """Reads and cleans every page into a file aside; gives the lines that recur over each source's pages."""
        self._progress.stage("Reading and cleaning", None)
        learner = BoilerplateLearner()
        with self._staging.open("w", encoding="utf-8") as stream:
            for page in read_pages(pages.paths, mapping=pages.mapping, strict=pages.strict, report=skips):
                try:
                    article = clean(page)
                except InputError as error:
                    if pages.strict:
                        raise
                    skips.add(error.origin, error.reason)
                else:
                    learner.observe(article.source, article.text)
                    stream.write(json.dumps(article.to_fields()) + "\n")
                self._progress.advance(1)
        learned = dict(learner.learned())
        for source, lines in self._writer.boilerplate().items():
            learned[source] = learned.get(source, frozenset()) | lines
        self._writer.set_boilerplate(learned)
        return learned

    def _staged(self) -> Iterator[Article]:
        with self._staging.open(encoding="utf-8") as stream:
            for line in stream:
                yield Article.from_fields(json.loads(line))

    def _split(self, learned: Mapping[str, frozenset[str]]) -> None:
        """Sentences and passages of every article that is not there already."""
        self._progress.stage("Splitting", None)
        for number, day, source, kept in self._writer.signatures():
            self._finder.restore(number, day, source, kept)
        for staged in self._staged():
            self._progress.advance(1)
            text = strip_boilerplate(staged.text, learned.get(staged.source, frozenset()))
            # What is boilerplate in every page of a source may be all there is of one: then it is kept.
            article = replace(staged, text=text) if text.strip() else staged
            if self._writer.has(article.id):
                self._copies += 1
                continue
            signature = self._finder.signature(article.text)
            if self._finder.repeats(article.source, article.published, signature):
                self._copies += 1
                continue
            sentences = split_sentences(article.text, article.language)
            passages = split_passages(article.text, sentences, self._embedder.count_tokens, max_tokens=PASSAGE_TOKENS)
            number = self._writer.add(article, sentences, passages, signature)
            self._finder.add(number, article.published, article.source, signature)
            self._added += 1

    def _embed(self, first: int) -> None:
        """Vectors for the passages from number `first` on, from the cache where it has them."""
        self._progress.stage("Embedding", self._writer.next_passage - first)
        with VectorCache(self._paths.vector_cache, self._embedder.card) as cache:
            for batch in _batches(self._writer.passages_from(first), self._chunk):
                vectors, made = cache.embed(self._embedder, [passage_input(passage) for passage in batch])
                self._writer.add_vectors([passage.number for passage in batch], vectors)
                self._embedded += made
                self._reused += len(batch) - made
                self._progress.advance(len(batch))

    def _cluster(self) -> int:
        """Puts copies of one story into one cluster; gives how many articles share theirs with another."""
        self._progress.stage("Finding copies of one story", None)
        clusters = self._finder.clusters(self._similarity)
        self._writer.set_clusters(clusters)
        sizes: dict[int, int] = {}
        for cluster in clusters.values():
            sizes[cluster] = sizes.get(cluster, 0) + 1
        return sum(size for size in sizes.values() if size > 1)

    def _similarity(self, one: int, other: int) -> float:
        """The cosine of two articles' mean vectors."""
        first, second = (self._writer.vectors_of(number).mean(axis=0) for number in (one, other))
        length = float(np.linalg.norm(first) * np.linalg.norm(second))
        return float(first @ second) / length if length else 0.0


def _batches(passages: Iterable[PassageText], size: int) -> Iterator[list[PassageText]]:
    batch: list[PassageText] = []
    for passage in passages:
        batch.append(passage)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
