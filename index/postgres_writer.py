"""The write side of the store on PostgreSQL: the next generation, drafted beside the one served and swapped in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from index.copying import Summary
from index.embedding import ModelCard
from index.errors import ArchiveError, ArchiveLocked
from index.generation import KEEP
from index.postgres_store import FORMAT, LIVE, connect_ready, place_of, read_model, read_records, translated
from index.records import ROOM, Record, check_model, fold

_LOCK = 0x646174656C696E65  # "dateline": the writer's advisory lock

SCHEMA = """
CREATE TEXT SEARCH DICTIONARY dateline_stem (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION dateline (COPY = english);
ALTER TEXT SEARCH CONFIGURATION dateline ALTER MAPPING REPLACE english_stem WITH dateline_stem;
CREATE TABLE model (name text NOT NULL, revision text NOT NULL, dimension int NOT NULL, format int NOT NULL);
CREATE TABLE generations (
    number int PRIMARY KEY,
    published timestamptz NOT NULL DEFAULT now(),
    checksum text NOT NULL
);
CREATE TABLE served (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    generation int NOT NULL REFERENCES generations
);
CREATE TABLE census (
    generation int NOT NULL REFERENCES generations ON DELETE CASCADE,
    source text NOT NULL,
    published date,
    articles int NOT NULL
);
CREATE INDEX ON census (generation);
CREATE TABLE boilerplate (
    generation int NOT NULL REFERENCES generations ON DELETE CASCADE,
    source text NOT NULL,
    lines text[] NOT NULL
);
CREATE TABLE articles (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    born int NOT NULL,  -- part of the generations from this one on
    died int NOT NULL,  -- and before this one
    digest text NOT NULL,
    cluster bigint NOT NULL,
    source text NOT NULL,
    published date,  -- NULL is undated
    record text NOT NULL  -- the article, spans, passages and signature, as JSON
);
CREATE INDEX ON articles (id);
CREATE INDEX ON articles (cluster);
CREATE TABLE passages (
    number bigint NOT NULL,  -- its article's, and its place there
    article bigint NOT NULL,
    born int NOT NULL,
    died int NOT NULL,
    source text NOT NULL,
    published date,
    words tsvector NOT NULL,
    embedding vector({dimension}) NOT NULL
) PARTITION BY RANGE (published);
CREATE TABLE passages_undated PARTITION OF passages DEFAULT;
CREATE INDEX ON passages (article);
CREATE INDEX ON passages (published, source);
CREATE INDEX ON passages (source);
"""

# Made when the first copy is in: an index built at once is quicker, and better, than one grown row by row.
INDEXES = """
CREATE INDEX IF NOT EXISTS passages_words ON passages USING gin (words);
CREATE INDEX IF NOT EXISTS passages_nearest ON passages USING hnsw (embedding vector_ip_ops);
"""


class PostgresDraft:
    """The next generation: rows born in it, which no reader asks for yet."""

    def __init__(self, connection: psycopg.Connection[Any], place: str, number: int) -> None:
        """Use `PostgresTarget.drafting`."""
        self._connection = connection
        self._place = place
        self._number = number

    def digests(self) -> dict[str, str]:
        """The digest of every article it holds, by id."""
        with translated(self._place):
            rows = self._connection.execute("SELECT id, digest FROM articles WHERE died = %s", [LIVE])
            return dict(rows.fetchall())

    def put(self, records: Sequence[Record]) -> None:
        """Adds records in one transaction; those of the same id are not part of this generation any more."""
        for record in records:
            if len(record.passages) > ROOM:
                raise ArchiveError(f"Article {record.article_id} has {len(record.passages):,} passages; {ROOM:,} fit.")
        with translated(self._place):
            for month in sorted({r.article.published.replace(day=1) for r in records if r.article.published}):
                self._make_partition(month)
            with self._connection.transaction(), self._connection.cursor() as cursor:
                self._retire(cursor, [record.article_id for record in records])
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence('articles', 'number')) FROM generate_series(1, %s)",
                    [len(records)],
                )
                numbered = [(number, record) for (number,), record in zip(cursor.fetchall(), records, strict=True)]
                cursor.executemany(
                    "INSERT INTO articles OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [self._article_row(number, record) for number, record in numbered],
                )
                cursor.executemany(
                    "INSERT INTO passages VALUES (%s, %s, %s, %s, %s, %s, to_tsvector('dateline', %s), %s)",
                    [row for number, record in numbered for row in self._passage_rows(number, record)],
                )

    def _article_row(self, number: int, record: Record) -> tuple[Any, ...]:
        article = record.article
        return (
            number, record.article_id, self._number, LIVE, record.digest, record.cluster, article.source,
            article.published, record.to_json(),
        )  # fmt: skip

    def _passage_rows(self, number: int, record: Record) -> Iterator[tuple[Any, ...]]:
        article = record.article
        for ordinal, (passage, vector) in enumerate(zip(record.passages, record.vectors, strict=True)):
            yield (
                number * ROOM + ordinal, number, self._number, LIVE, article.source, article.published,
                fold(f"{article.title}\n{passage.text}"), vector,
            )  # fmt: skip

    def _make_partition(self, month: date) -> None:
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        statement = sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF passages FOR VALUES FROM ({}) TO ({})")
        name = sql.Identifier(f"passages_{month:%Y_%m}")
        found = self._connection.execute("SELECT to_regclass(%s)", [f"passages_{month:%Y_%m}"]).fetchone()
        if found is None or found[0] is None:
            self._connection.execute(statement.format(name, sql.Literal(month), sql.Literal(after)))
        self._connection.commit()

    def drop(self, article_ids: Sequence[str]) -> None:
        """Takes articles out of this generation; those before it keep them."""
        with translated(self._place), self._connection.transaction(), self._connection.cursor() as cursor:
            self._retire(cursor, article_ids)

    def _retire(self, cursor: psycopg.Cursor[Any], article_ids: Sequence[str]) -> None:
        cursor.execute(
            "UPDATE articles SET died = %s WHERE id = ANY(%s) AND died = %s RETURNING number",
            [self._number, list(article_ids), LIVE],
        )
        numbers = [number for (number,) in cursor.fetchall()]
        cursor.execute("UPDATE passages SET died = %s WHERE article = ANY(%s)", [self._number, numbers])

    def records(self) -> Iterator[Record]:
        """Every record as it is stored."""
        with translated(self._place):
            yield from read_records(self._connection, self._number)
            self._connection.commit()

    def publish(self, summary: Summary) -> str:
        """Makes it the generation that is served, in one transaction, and forgets those that are no longer kept."""
        with translated(self._place):
            self._connection.execute(INDEXES)
            self._connection.commit()
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO generations (number, checksum) VALUES (%s, %s)", [self._number, str(summary.checksum)]
                )
                cursor.executemany(
                    "INSERT INTO census VALUES (%s, %s, %s, %s)",
                    [(self._number, source, day, n) for (source, day), n in summary.census.counts.items()],
                )
                cursor.executemany(
                    "INSERT INTO boilerplate VALUES (%s, %s, %s)",
                    [(self._number, source, sorted(lines)) for source, lines in summary.boilerplate.items()],
                )
                cursor.execute(
                    "INSERT INTO served (generation) VALUES (%s) "
                    "ON CONFLICT (singleton) DO UPDATE SET generation = excluded.generation",
                    [self._number],
                )
            with self._connection.transaction(), self._connection.cursor() as cursor:
                oldest = self._number - KEEP + 1
                cursor.execute("DELETE FROM passages WHERE died <= %s", [oldest])
                cursor.execute("DELETE FROM articles WHERE died <= %s", [oldest])
                cursor.execute("DELETE FROM generations WHERE number < %s", [oldest])
            self._connection.autocommit = True
            self._connection.execute("ANALYZE articles, passages")
        return f"{self._number:06d}"


class PostgresTarget:
    """A database to copy an archive to; the tables are made, in the url's schema, where they are not there yet."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._place = place_of(url)

    def served(self) -> tuple[str, str] | None:
        """The name of the generation served and its checksum."""
        with translated(self._place), psycopg.connect(self._url) as connection:
            row = connection.execute(
                "SELECT number, checksum FROM served JOIN generations ON number = generation"
            ).fetchone()
            return (f"{row[0]:06d}", row[1]) if row else None

    @contextmanager
    def drafting(self, model: ModelCard) -> Iterator[PostgresDraft]:
        """Holds the database for one writer, whose lock goes with its connection.

        Raises ArchiveLocked, and ModelMismatch where the database holds vectors of another model.
        """
        with translated(self._place):
            connection = psycopg.connect(self._url)
        try:
            with translated(self._place):
                self._hold(connection)
                self._make_tables(connection, model)
                check_model(self._place, read_model(connection), model)
                row = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM generations").fetchone()
                connection.commit()
            yield PostgresDraft(connection, self._place, int(row[0]) if row else 1)
        finally:
            # Unlocked before it is closed: the server ends what a closed connection held some time later.
            with suppress(psycopg.Error):
                connection.rollback()
                connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
            connection.close()

    def _hold(self, connection: psycopg.Connection[Any]) -> None:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        if row is None or not row[0]:
            holder = connection.execute(
                "SELECT pid, backend_start FROM pg_stat_activity JOIN pg_locks USING (pid) "
                "WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND granted",
                [_LOCK >> 32, _LOCK & 0xFFFFFFFF],
            ).fetchone()
            since = f"backend {holder[0]} since {holder[1]:%Y-%m-%d %H:%M:%S %Z}" if holder else "another writer"
            raise ArchiveLocked(f"{self._place} is locked by {since}. Try again when it is done.")

    def _make_tables(self, connection: psycopg.Connection[Any], model: ModelCard) -> None:
        with connection.transaction():
            row = connection.execute("SELECT to_regclass('model')").fetchone()
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            if row is None or row[0] is None:
                connection.execute(sql.SQL(SCHEMA).format(dimension=sql.Literal(model.dimension)))
                connection.execute(
                    "INSERT INTO model VALUES (%s, %s, %s, %s)",
                    [model.name, model.revision, model.dimension, FORMAT],
                )
        connection.commit()
        connect_ready(connection)
