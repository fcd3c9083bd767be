"""What an archive holds, free of any engine: the unit that is copied between stores, and what their adapters share."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

import numpy as np

from index.article import Article, Passage, Sentence
from index.embedding import ModelCard
from index.errors import ModelMismatch
from index.store import Coverage, Filter, Store, StoredPassage, Vector

SPAN = 8  # bytes of a packed span
ROOM = 1 << 16  # passages that one article may have where a passage's number is made of its article's


def pack_spans(sentences: Iterable[Sentence]) -> bytes:
    """Sentence spans as little-endian uint32 pairs."""
    return np.array([(s.start, s.end) for s in sentences], dtype="<u4").tobytes()


def unpack_spans(text: str, spans: bytes) -> tuple[Sentence, ...]:
    """The sentences of a text from packed spans."""
    pairs = np.frombuffer(spans, dtype="<u4").reshape(-1, 2).tolist()
    return tuple(Sentence(start, end, text[start:end]) for start, end in pairs)


def fold(text: str) -> str:
    """Text as its words are indexed and looked for: without accents, and without what a database cannot hold."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class Record:
    """All that an archive holds of one article but its number, which is each store's own.

    `cluster` is the syndication cluster, named by its smallest article id (`cluster_of`), so that it is the same in
    every store. `vectors` has the shape (passages, dimension) and the bytes that the source store holds.
    """

    article_id: str
    cluster: int
    article: Article
    sentences: tuple[Sentence, ...]
    passages: tuple[Passage, ...]
    signature: bytes
    vectors: Vector

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of all of it, vectors included: another digest is another record."""
        whole = hashlib.sha256(self.to_json().encode("ascii"))
        whole.update(np.ascontiguousarray(self.vectors, dtype="<f4").tobytes())
        return whole.hexdigest()

    def to_json(self) -> str:
        """The record without its vectors, as JSON text in ASCII."""
        return json.dumps(
            {
                "id": self.article_id,
                "cluster": self.cluster,
                "article": self.article.to_fields(),
                "spans": _text64(pack_spans(self.sentences)),
                "passages": _text64(_pack_passages(self.passages)),
                "signature": _text64(self.signature),
            },
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, text: str, vectors: Vector) -> Record:
        """A record from what `to_json` gave, and its vectors."""
        fields = json.loads(text)
        article = Article.from_fields(fields["article"])
        return cls(
            article_id=fields["id"],
            cluster=fields["cluster"],
            article=article,
            sentences=unpack_spans(article.text, base64.b64decode(fields["spans"])),
            passages=_unpack_passages(article.text, base64.b64decode(fields["passages"])),
            signature=base64.b64decode(fields["signature"]),
            vectors=vectors,
        )

    def stored(self, article_number: int, ordinal: int) -> StoredPassage:
        """A passage of the article, counted from 0, as a store of such numbers gives it."""
        passage = self.passages[ordinal]
        return StoredPassage(
            number=article_number * ROOM + ordinal,
            passage=passage,
            article=self.article,
            article_id=self.article_id,
            cluster=self.cluster,
            sentences=self.sentences[passage.first : passage.last + 1],
        )


def passage_of(record_of: Callable[[int], Record | None], number: int, generation: str) -> StoredPassage:
    """The passage of a number that is made of its article's number and its place there.

    `record_of` gives an article's record by its number, or None. Raises KeyError where there is no such passage.
    """
    article, ordinal = divmod(number, ROOM)
    record = record_of(article)
    if record is None or ordinal >= len(record.passages):
        raise KeyError(f"there is no passage {number} in generation {generation}")
    return record.stored(article, ordinal)


def cluster_of(smallest_id: str) -> int:
    """The number of a cluster, within 63 bits, from the smallest id of its articles."""
    return int(smallest_id, 16) >> 1


@dataclass(frozen=True)
class Census:
    """How many articles there are by source and day of publication: an archive's coverage, without reading it."""

    counts: Mapping[tuple[str, date | None], int]

    @classmethod
    def of(cls, articles: Iterable[tuple[str, date | None]]) -> Census:
        """The census of articles, each given as its source and day."""
        return cls(Counter(articles))

    @cached_property
    def coverage(self) -> Coverage:
        """What the archive holds."""
        sources: Counter[str] = Counter()
        undated = 0
        for (source, day), count in self.counts.items():
            sources[source] += count
            undated += count if day is None else 0
        days = [day for _, day in self.counts if day is not None]
        return Coverage(
            articles=sources.total(),
            first=min(days, default=None),
            last=max(days, default=None),
            undated=undated,
            sources=tuple(sorted(sources.items(), key=lambda pair: (-pair[1], pair[0]))),
        )

    def days(self, where: Filter) -> list[tuple[date, int]]:
        """How many articles the filter admits on each day that has any, in order of day."""
        days: Counter[date] = Counter()
        for (source, day), count in self.counts.items():
            if day is not None and where.admits_day(source, day):
                days[day] += count
        return sorted(days.items())


class Source(Store, Protocol):
    """A store that can be copied from."""

    @property
    def model(self) -> ModelCard:
        """Which model made its vectors."""

    def records(self) -> Iterator[Record]:
        """Every article's record, read as it is asked for."""

    def boilerplate(self) -> dict[str, frozenset[str]]:
        """The lines learned as boilerplate, by source."""


def check_model(place: str, built: ModelCard, given: ModelCard | None) -> None:
    """Raises ModelMismatch where a store's vectors were made by another model than the one given."""
    if given is not None and given != built:
        raise ModelMismatch(
            f"The archive in {place} was built with the embedding model {built.name} (revision {built.revision}, "
            f"{built.dimension} values), and this is {given.name} (revision {given.revision}, {given.dimension} "
            f"values). Use --model {built.name}, or rebuild with the other model and copy that to a place of its own."
        )


def _pack_passages(passages: Iterable[Passage]) -> bytes:
    return np.array([(p.first, p.last, p.start, p.end) for p in passages], dtype="<u4").tobytes()


def _unpack_passages(text: str, packed: bytes) -> tuple[Passage, ...]:
    rows = np.frombuffer(packed, dtype="<u4").reshape(-1, 4).tolist()
    return tuple(Passage(first, last, start, end, text[start:end]) for first, last, start, end in rows)


def _text64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
