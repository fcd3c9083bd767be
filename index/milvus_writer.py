"""The write side of the store on Milvus: a generation's collections filled aside, and the alias moved to them.

Milvus copies no rows between collections, so a new generation is sent whole; one that was cut short is gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymilvus import DataType, Function, FunctionType, MilvusClient

from index.copying import Summary
from index.embedding import ModelCard
from index.errors import ArchiveError
from index.generation import KEEP
from index.milvus_store import LONGEST, Head, MilvusPlace, read_payload, read_records, source_code, translated
from index.records import ROOM, Record, check_model, fold

_AT_ONCE = 500  # rows sent in one request


class MilvusDraft:
    """The next generation: two collections that no alias names yet."""

    def __init__(self, place: MilvusPlace, client: MilvusClient, generation: int, model: ModelCard) -> None:
        """Use `MilvusTarget.drafting`."""
        self._place = place
        self._client = client
        self._generation = generation
        self._passages = place.passages(generation)
        self._articles = place.articles(generation)
        with translated(place):
            _make_collections(client, self._passages, self._articles, model.dimension)
        self._numbers: dict[str, int] = {}

    def digests(self) -> dict[str, str]:
        """The digest of every article it holds, by id."""
        digests: dict[str, str] = {}
        with translated(self._place):
            iterator = self._client.query_iterator(
                self._articles,
                batch_size=1000,
                filter=f"number >= {ROOM} and part == 0",
                output_fields=["number", "id", "digest"],
            )
            while rows := iterator.next():
                for row in rows:
                    self._numbers[row["id"]] = int(row["number"]) // ROOM
                    digests[row["id"]] = row["digest"]
            iterator.close()
        return digests

    def put(self, records: Sequence[Record]) -> None:
        """Adds records: passages first, so that an article that is there has all of them."""
        self.drop([record.article_id for record in records if record.article_id in self._numbers])
        following = max(self._numbers.values(), default=0) + 1
        numbered = list(enumerate(records, start=following))
        with translated(self._place):
            self._send(self._passages, [row for number, r in numbered for row in _passage_rows(number, r)])
            self._send(self._articles, [row for number, r in numbered for row in _article_rows(number, r)])
        self._numbers.update((record.article_id, number) for number, record in numbered)

    def drop(self, article_ids: Sequence[str]) -> None:
        """Takes articles out."""
        with translated(self._place):
            for article_id in article_ids:
                number = self._numbers.pop(article_id)
                for collection in (self._articles, self._passages):
                    expression = f"number >= {number * ROOM} and number < {(number + 1) * ROOM}"
                    self._client.delete(collection, filter=expression)

    def records(self) -> Iterator[Record]:
        """Every record as it is stored."""
        with translated(self._place):
            for collection in (self._passages, self._articles):
                self._client.flush(collection)
                self._client.load_collection(collection)
            yield from read_records(self._client, self._passages, self._articles)

    def publish(self, summary: Summary) -> str:
        """Makes it the generation that is served, by moving the alias, and drops those that are no longer kept."""
        head = Head(summary.model, summary.census, dict(summary.boilerplate), str(summary.checksum))
        with translated(self._place):
            self._send(self._articles, list(_payload_rows(0, head.to_json(), {})))
            self._client.flush(self._articles)
            name = self._place.name
            if self._place.served(self._client) is None:
                self._client.create_alias(self._passages, name)
            else:
                self._client.alter_alias(self._passages, name)
            for collection in self._client.list_collections():
                number = self._place.number_of(collection)
                if number is not None and number <= self._generation - KEEP:
                    self._client.drop_collection(collection)
                    self._client.drop_collection(self._place.articles(number))
        return f"{self._generation:06d}"

    def _send(self, collection: str, rows: Sequence[dict[str, Any]]) -> None:
        for first in range(0, len(rows), _AT_ONCE):
            self._client.upsert(collection, list(rows[first : first + _AT_ONCE]))


class MilvusTarget:
    """A Milvus server to copy an archive to."""

    def __init__(self, url: str) -> None:
        self._place = MilvusPlace.of(url)

    def served(self) -> tuple[str, str] | None:
        """The name of the generation served and its checksum."""
        client = self._place.connect()
        try:
            head = self._head(client)
            return None if head is None else (f"{head[0]:06d}", head[1].checksum)
        finally:
            client.close()

    def _head(self, client: MilvusClient) -> tuple[int, Head] | None:
        generation = self._place.served(client)
        if generation is None:
            return None
        with translated(self._place):
            text = read_payload(client, self._place.articles(generation), 0)
        if text is None:
            raise ArchiveError(f"{self._place}: generation {generation:06d} has no head.")
        return generation, Head.from_json(text)

    @contextmanager
    def drafting(self, model: ModelCard) -> Iterator[MilvusDraft]:
        """The next generation. Milvus has no locks: that there is one writer at a time is the caller's to see to.

        Raises ModelMismatch where the generation served is of another model.
        """
        client = self._place.connect()
        try:
            head = self._head(client)
            if head is not None:
                check_model(str(self._place), head[1].model, model)
            yield MilvusDraft(self._place, client, head[0] + 1 if head else 1, model)
        finally:
            client.close()


def _make_collections(client: MilvusClient, passages: str, articles: str, dimension: int) -> None:
    if not client.has_collection(passages):
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("number", DataType.INT64, is_primary=True)
        schema.add_field("published", DataType.INT64)  # proleptic ordinal day; 0 is undated
        schema.add_field("source", DataType.INT64)
        schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=dimension)
        analyzer = {"tokenizer": "standard", "filter": ["lowercase"]}
        schema.add_field("words", DataType.VARCHAR, max_length=65_535, enable_analyzer=True, analyzer_params=analyzer)
        schema.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("bm25", FunctionType.BM25, ["words"], ["bm25"]))
        indexes = client.prepare_index_params()
        indexes.add_index("embedding", index_type="AUTOINDEX", metric_type="IP")
        indexes.add_index("bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params={})
        indexes.add_index("published", index_type="INVERTED")
        indexes.add_index("source", index_type="INVERTED")
        client.create_collection(passages, schema=schema, index_params=indexes)
    if not client.has_collection(articles):
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("number", DataType.INT64, is_primary=True)
        schema.add_field("part", DataType.INT64)
        schema.add_field("id", DataType.VARCHAR, max_length=16)
        schema.add_field("digest", DataType.VARCHAR, max_length=64)
        schema.add_field("cluster", DataType.INT64)
        schema.add_field("source", DataType.INT64)
        schema.add_field("published", DataType.INT64)
        schema.add_field("payload", DataType.VARCHAR, max_length=65_535)
        schema.add_field("unused", DataType.FLOAT_VECTOR, dim=2)  # Milvus wants a vector in every collection
        indexes = client.prepare_index_params()
        indexes.add_index("unused", index_type="FLAT", metric_type="IP")
        indexes.add_index("id", index_type="INVERTED")
        indexes.add_index("cluster", index_type="INVERTED")
        client.create_collection(articles, schema=schema, index_params=indexes)
    for collection in (passages, articles):
        client.load_collection(collection)


def _passage_rows(number: int, record: Record) -> Iterator[dict[str, Any]]:
    article = record.article
    for ordinal, (passage, vector) in enumerate(zip(record.passages, record.vectors, strict=True)):
        words = fold(f"{article.title}\n{passage.text}").encode()[:LONGEST].decode("utf-8", "ignore")
        yield {
            "number": number * ROOM + ordinal,
            "published": article.published.toordinal() if article.published else 0,
            "source": source_code(article.source),
            "embedding": vector.tolist(),
            "words": words,
        }


def _article_rows(number: int, record: Record) -> Iterator[dict[str, Any]]:
    article = record.article
    facts = {
        "id": record.article_id,
        "digest": record.digest,
        "cluster": record.cluster,
        "source": source_code(article.source),
        "published": article.published.toordinal() if article.published else 0,
    }
    return _payload_rows(number, record.to_json(), facts)


def _payload_rows(number: int, text: str, facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A long text over as many rows as it needs."""
    nothing = {"id": "", "digest": "", "cluster": -1, "source": -1, "published": 0}
    for part, first in enumerate(range(0, len(text), LONGEST)):
        yield {
            **nothing,
            **facts,
            "number": number * ROOM + part,
            "part": part,
            "payload": text[first : first + LONGEST],
            "unused": [0.0, 1.0],
        }
