"""The Store protocol on Milvus: sharded, past one machine. Needs the extra `dateline[milvus]`.

A generation is two collections, NAME_000007 of passages and NAME_000007_articles of records; the alias NAME says which
generation is served, and moving it is the swap. A reader keeps the collections that the alias named when it opened.

Full text is Milvus's own BM25, of words without accents, not stemmed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from pymilvus import MilvusClient, MilvusException

from index.article import Article, Sentence
from index.embedding import ModelCard
from index.errors import ArchiveError, ArchiveMissing
from index.records import ROOM, Census, Record, check_model, fold, passage_of
from index.store import Coverage, Filter, Hit, StoredPassage, Vector

MOST = 16_384  # hits that Milvus gives for one search at most
LONGEST = 65_000  # characters (ASCII) that one row of text holds; the limit is 65,535 bytes
_LEAST = 1e-6  # a word that most passages have may score below zero; that it was found still counts


@dataclass(frozen=True, slots=True)
class MilvusPlace:
    """Where an archive is in Milvus: the server, and the name that its collections begin with."""

    uri: str
    name: str
    token: str

    @classmethod
    def of(cls, url: str) -> MilvusPlace:
        """From milvus://[USER:PASSWORD@]HOST[:PORT][/NAME]; raises ArchiveError where it is of another form."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 19530
        except ValueError as error:
            raise ArchiveError(f"This is not a milvus:// url: {error}") from None
        name = parts.path.strip("/") or "dateline"
        if not host or not name.isidentifier():
            raise ArchiveError("A Milvus url is milvus://HOST:PORT/NAME, its NAME of letters, digits and underscores.")
        token = f"{parts.username}:{parts.password or ''}" if parts.username else ""
        return cls(f"http://{host}:{port}", name, token)

    def __str__(self) -> str:
        return f"{self.uri.replace('http', 'milvus', 1)}/{self.name}"

    def passages(self, generation: int) -> str:
        """The collection of a generation's passages."""
        return f"{self.name}_{generation:06d}"

    def articles(self, generation: int) -> str:
        """The collection of a generation's records."""
        return f"{self.name}_{generation:06d}_articles"

    def connect(self) -> MilvusClient:
        """A client of the server."""
        with translated(self):
            return MilvusClient(uri=self.uri, token=self.token)

    def served(self, client: MilvusClient) -> int | None:
        """The number of the generation that the alias names; None where there is none."""
        with translated(self):
            aliased = [name for name in client.list_collections() if self.number_of(name) is not None]
            for name in aliased:
                if self.name in client.list_aliases(name)["aliases"]:
                    return self.number_of(name)
        return None

    def number_of(self, collection: str) -> int | None:
        """The generation whose passages a collection holds; None for any other collection."""
        number = collection.removeprefix(f"{self.name}_")
        return int(number) if number != collection and number.isdigit() else None


@contextmanager
def translated(place: MilvusPlace) -> Iterator[None]:
    """Turns what pymilvus raises into ArchiveError, naming the place."""
    try:
        yield
    except MilvusException as error:
        raise ArchiveError(f"The archive in {place}: {error.message}") from error


@dataclass(frozen=True, slots=True)
class Head:
    """What a generation says of itself: the records of article 0, which is no article."""

    model: ModelCard
    census: Census
    boilerplate: dict[str, frozenset[str]]
    checksum: str

    def to_json(self) -> str:
        """As JSON text in ASCII."""
        return json.dumps(
            {
                "model": [self.model.name, self.model.revision, self.model.dimension],
                "census": [[source, day and day.isoformat(), n] for (source, day), n in self.census.counts.items()],
                "boilerplate": {source: sorted(lines) for source, lines in self.boilerplate.items()},
                "checksum": self.checksum,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Head:
        """From what `to_json` gave."""
        fields = json.loads(text)
        census = {(source, date.fromisoformat(day) if day else None): n for source, day, n in fields["census"]}
        boilerplate = {source: frozenset(lines) for source, lines in fields["boilerplate"].items()}
        return cls(ModelCard(*fields["model"]), Census(census), boilerplate, fields["checksum"])


def source_code(source: str) -> int:
    """A source as a number that a filter can name, so that no name is ever part of an expression."""
    return int.from_bytes(hashlib.sha256(source.encode("utf-8", "surrogatepass")).digest()[:7], "big")


def read_payload(client: MilvusClient, collection: str, article: int) -> str | None:
    """The JSON text of a record (of the head, for article 0), put together from its rows."""
    rows = client.query(
        collection,
        filter=f"number >= {article * ROOM} and number < {(article + 1) * ROOM}",
        output_fields=["number", "payload"],
    )
    return "".join(row["payload"] for row in sorted(rows, key=lambda row: int(row["number"]))) or None


def read_records(client: MilvusClient, passages: str, articles: str) -> Iterator[Record]:
    """Every record of a generation with its vectors."""
    iterator = client.query_iterator(
        articles, batch_size=256, filter=f"number >= {ROOM} and part == 0", output_fields=["number"]
    )
    try:
        while rows := iterator.next():
            for row in rows:
                article = int(row["number"]) // ROOM
                text = read_payload(client, articles, article) or "{}"
                yield Record.from_json(text, _read_vectors(client, passages, article))
    finally:
        iterator.close()


def _read_vectors(client: MilvusClient, passages: str, article: int) -> Vector:
    rows = client.query(
        passages,
        filter=f"number >= {article * ROOM} and number < {(article + 1) * ROOM}",
        output_fields=["number", "embedding"],
    )
    found = [row["embedding"] for row in sorted(rows, key=lambda row: int(row["number"]))]
    return np.array(found, dtype=np.float32) if found else np.zeros((0, 0), dtype=np.float32)


class MilvusStore:
    """One generation of an archive in Milvus, opened for reading. Thread-safe."""

    def __init__(self, place: MilvusPlace, client: MilvusClient, generation: int, head: Head) -> None:
        """Use `open_milvus`."""
        self._place = place
        self._client = client
        self._generation = generation
        self._head = head
        self._passages = place.passages(generation)
        self._articles = place.articles(generation)
        self._record = lru_cache(maxsize=256)(self._read_record)

    @property
    def generation(self) -> str:
        """The name of the generation that is being read."""
        return f"{self._generation:06d}"

    @property
    def model(self) -> ModelCard:
        """Which model made the vectors."""
        return self._head.model

    def dense(self, vector: Vector, k: int, where: Filter) -> list[Hit]:
        """The `k` passages nearest to a unit vector, best first; fewer if fewer pass the filter."""
        return self._search("embedding", np.asarray(vector, dtype=np.float32).tolist(), k, where)

    def lexical(self, terms: Sequence[str], k: int, where: Filter) -> list[Hit]:
        """The `k` passages that score best by BM25 on any of the terms, best first."""
        words = " ".join(dict.fromkeys(fold(term) for term in terms)).strip()
        return self._search("bm25", words, k, where) if words else []

    def _search(self, field: str, sought: Any, k: int, where: Filter) -> list[Hit]:
        if k < 1:
            return []
        with translated(self._place):
            [found] = self._client.search(
                self._passages,
                data=[sought],
                anns_field=field,
                limit=min(k, MOST),
                filter=_expression(where),
                output_fields=["published"],
            )
        hits = [(int(hit["number"]), float(hit["distance"]), int(hit["entity"]["published"])) for hit in found]
        least = _LEAST if field == "bm25" else -1.0
        return [Hit(n, max(score, least), date.fromordinal(day) if day else None) for n, score, day in hits]

    def passages(self, numbers: Sequence[int]) -> list[StoredPassage]:
        """The passages of these numbers, in the order asked."""
        return [passage_of(self._record, number, self.generation) for number in numbers]

    def article(self, article_id: str) -> Article | None:
        """The article of this id, or None."""
        record = self._record_of(article_id)
        return None if record is None else record.article

    def sentences(self, article_id: str) -> tuple[Sentence, ...]:
        """All sentences of an article, in order; empty where there is no such article."""
        record = self._record_of(article_id)
        return () if record is None else record.sentences

    def outlets(self, cluster: int, where: Filter) -> tuple[str, ...]:
        """The sources, in order of name, whose articles in this syndication cluster may be seen."""
        expression = " and ".join(filter(None, [f"cluster == {int(cluster)} and part == 0", _expression(where)]))
        with translated(self._place):
            rows = self._client.query(self._articles, filter=expression, output_fields=["number"])
        records = [self._record(int(row["number"]) // ROOM) for row in rows]
        return tuple(sorted({record.article.source for record in records if record is not None}))

    def coverage(self) -> Coverage:
        """What the archive holds."""
        return self._head.census.coverage

    def days(self, where: Filter) -> list[tuple[date, int]]:
        """How many articles the filter admits on each day that has any, in order of day."""
        return self._head.census.days(where)

    def records(self) -> Iterator[Record]:
        """Every article's record."""
        with translated(self._place):
            yield from read_records(self._client, self._passages, self._articles)

    def boilerplate(self) -> dict[str, frozenset[str]]:
        """The lines learned as boilerplate, by source."""
        return self._head.boilerplate

    def close(self) -> None:
        """Lets go of the connection."""
        self._client.close()

    def _record_of(self, article_id: str) -> Record | None:
        if len(article_id) != 16 or not set(article_id) <= set("0123456789abcdef"):
            return None
        with translated(self._place):
            rows = self._client.query(
                self._articles, filter=f'id == "{article_id}" and part == 0', output_fields=["number"]
            )
        return self._record(int(rows[0]["number"]) // ROOM) if rows else None

    def _read_record(self, article: int) -> Record | None:
        if article == 0:  # the head, which is no article
            return None
        with translated(self._place):
            text = read_payload(self._client, self._articles, article)
        return Record.from_json(text, np.zeros((0, 0), dtype=np.float32)) if text else None


def _expression(where: Filter) -> str:
    """The filter in Milvus's language; only numbers are put into it."""
    parts: list[str] = []
    if where.sources:
        parts.append(f"source in [{', '.join(str(source_code(name)) for name in sorted(where.sources))}]")
    if where.first is not None:
        parts.append(f"published >= {where.first.toordinal()}")
    if where.last is not None:
        parts.append(f"published <= {where.last.toordinal()} and published > 0")
    return " and ".join(parts)


def served_generation(url: str) -> str:
    """The name of the generation that is served. Raises ArchiveMissing where there is none."""
    place = MilvusPlace.of(url)
    client = place.connect()
    try:
        return f"{_served(place, client):06d}"
    finally:
        client.close()


def _served(place: MilvusPlace, client: MilvusClient) -> int:
    generation = place.served(client)
    if generation is None:
        raise ArchiveMissing(f"There is no archive in {place}. Copy one there with `dateline copy FOLDER {place}`.")
    return generation


def open_milvus(url: str, model: ModelCard | None = None) -> MilvusStore:
    """Opens the generation that the alias names.

    Raises ArchiveMissing, ArchiveError where the server cannot be reached, and ModelMismatch.
    """
    place = MilvusPlace.of(url)
    client = place.connect()
    try:
        generation = _served(place, client)
        with translated(place):
            text = read_payload(client, place.articles(generation), 0)
        if text is None:
            raise ArchiveMissing(f"{place}: generation {generation:06d} has no head; copy the archive there again.")
        head = Head.from_json(text)
        check_model(str(place), head.model, model)
    except ArchiveError:
        client.close()
        raise
    return MilvusStore(place, client, generation, head)
