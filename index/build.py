"""One build: pages in, a generation out, stage by stage."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from index.article import Article
from index.boilerplate import BoilerplateLearner, strip_boilerplate
from index.duplicates import ClusterFinder, Known, Signature, similarity
from index.embedding import Embedder
from index.errors import InputError
from index.faiss_writer import FaissWriter, PassageText
from index.generation import ArchivePaths, prune, publish
from index.helpers import Parts, cleaned, taken_apart
from index.passages import split_passages
from index.sources import Skip, SkipReport, read_pages
from index.unchanged import remember
from index.vector_cache import VectorCache

PASSAGE_TOKENS = 200  # with its title and date, a passage fits the 256 tokens that the default model sees
_NO_STORY = "it holds nothing but what stands on other pages of its source as well, and no story"
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


class Build:
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
            self._split(learned, pages, skips)
            if not self._writer.articles:
                where = ", ".join(str(path) for path in pages.paths)
                raise InputError(where, f"no article found ({skips.summary()}); the archive was left as it was")
            self._embed(first)
            syndicated = self._cluster()
            articles, passages = self._writer.articles, self._writer.passages
            self._progress.stage("Writing", None)
            sealed = self._writer.finish()
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
        manifest = publish(
            self._paths, self._folder, self._embedder.card, articles=articles, passages=passages, sealed=sealed
        )
        prune(self._paths, self._keep)
        return replace(report, generation=manifest.name, seconds=time.monotonic() - began)

    def _stage(self, pages: Input, skips: SkipReport) -> dict[str, frozenset[str]]:
        """Reads and cleans every page into a file aside; gives the lines that recur over each source's pages."""
        self._progress.stage("Reading and cleaning", None)
        learner = BoilerplateLearner()
        with self._staging.open("w", encoding="utf-8") as stream:
            read = read_pages(pages.paths, mapping=pages.mapping, strict=pages.strict, report=skips)
            with closing(cleaned(read)) as found:
                for article in found:
                    if isinstance(article, Article):
                        learner.observe(article.source, article.title, article.text)
                        stream.write(json.dumps(article.to_fields()) + "\n")
                    else:
                        _leave_out(article, pages, skips)
                    self._progress.advance(1)
        learned = dict(learner.learned())
        for source, lines in self._writer.boilerplate().items():
            learned[source] = learned.get(source, frozenset()) | lines
        self._writer.set_boilerplate(learned)
        return learned

    def _staged(self, learned: Mapping[str, frozenset[str]], pages: Input, skips: SkipReport) -> Iterator[Article]:
        """The articles, boilerplate taken out, that are not there already."""
        with self._staging.open(encoding="utf-8") as stream:
            for line in stream:
                self._progress.advance(1)
                staged = Article.from_fields(json.loads(line))
                text = strip_boilerplate(staged.text, learned.get(staged.source, frozenset()))
                article = replace(staged, text=text)
                if not text.strip():
                    _leave_out(InputError(staged.origin, _NO_STORY), pages, skips)
                elif self._writer.has(article.id):
                    self._copies += 1
                else:
                    yield article

    def _split(self, learned: Mapping[str, frozenset[str]], pages: Input, skips: SkipReport) -> None:
        """Sentences and passages of every article that is not there already."""
        self._progress.stage("Splitting", None)
        with closing(taken_apart(self._staged(learned, pages, skips))) as found:
            for article, parts in found:
                if isinstance(parts, InputError):
                    _leave_out(parts, pages, skips)
                elif self._writer.has(article.id) or self._repeats(article, parts.signature):
                    self._copies += 1
                else:
                    self._add(article, parts)

    def _repeats(self, article: Article, signature: Signature) -> bool:
        for known in self._writer.kin(Known(-1, article.source, article.published, signature)):
            self._finder.restore(known)
        return self._finder.repeats(article.source, article.published, signature)

    def _add(self, article: Article, parts: Parts) -> None:
        passages = split_passages(article.text, parts.sentences, self._embedder.count_tokens, max_tokens=PASSAGE_TOKENS)
        number = self._writer.add(article, parts.sentences, passages, parts.signature)
        self._finder.add(number, article.published, article.source, parts.signature)
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
        """Puts copies of one story into one cluster; gives how many new articles share theirs with another."""
        self._progress.stage("Finding copies of one story", None)
        links = self._finder.links(similarity(self._writer.vectors_of))
        clusters = self._finder.clusters(links)
        self._writer.set_links(links)
        self._writer.set_clusters(clusters)
        sizes = Counter(clusters.values())
        return sum(sizes[cluster] > 1 for number, cluster in clusters.items() if number >= self._writer.first_article)


def passage_input(passage: PassageText) -> str:
    """What the embedder is given of a passage: its title and day stand before it, since it may name neither."""
    day = f"{passage.published:%B} {passage.published.day}, {passage.published.year}" if passage.published else ""
    head = " · ".join(part for part in (passage.title, day) if part)
    return f"{head}\n{passage.text}" if head else passage.text


def _leave_out(error: InputError, pages: Input, skips: SkipReport) -> None:
    if pages.strict:
        raise error
    skips.add(error.origin, error.reason)


def _batches(passages: Iterable[PassageText], size: int) -> Iterator[list[PassageText]]:
    batch: list[PassageText] = []
    for passage in passages:
        batch.append(passage)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
