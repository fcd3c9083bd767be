"""The Store protocol on PostgreSQL with pgvector: many servers read one archive. Needs the extra `dateline[postgres]`.

A row says of which generations it is part: those from `born` on and before `died`. A reader asks for the rows of the
generation it opened, and so sees none of a copy under way; the swap is one row. Passages are partitioned by month of
publication (undated ones in the default partition), so that a span of days touches only its months.

Full text is tsvector and ts_rank_cd: words stemmed as English, none of them stop words. It is not BM25: how rare a
word is over the archive has no part in the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, LiteralString

import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from index.article import Article, Sentence
from index.embedding import ModelCard
from index.errors import ArchiveError, ArchiveMissing
from index.records import Census, Record, check_model, fold, passage_of
from index.store import Coverage, Filter, Hit, StoredPassage, Vector

FORMAT = 1
LIVE = 2**31 - 1  # `died` of a row that is in every generation to come
_POOL = 8  # connections of one reader
_WAIT = 30.0  # seconds for a connection
_EFFORT = 100  # rows that the vector index holds ready at least; pgvector's default is 40
_READ = 256  # articles read at once where all are read


def place_of(url: str) -> str:
    """A database as it may be shown: host and name, no password. Raises ArchiveError for an url of another form."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ArchiveError(f"This is not a url that PostgreSQL understands: {error}".strip()) from None
    return f"postgresql://{parts.get('host', 'localhost')}/{parts.get('dbname', '')}"


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turns what psycopg raises into ArchiveError and its kinds, naming the place."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise ArchiveMissing(_missing(place)) from error
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise ArchiveError(f"The archive in {place} cannot be reached: {str(error).strip()}") from error
    except psycopg.Error as error:
        raise ArchiveError(f"The archive in {place} could not do it: {str(error).strip()}") from error


def _missing(place: str) -> str:
    return f"There is no archive in {place}. Copy one there with `dateline copy FOLDER {place}`."


def connect_ready(connection: psycopg.Connection[Any]) -> None:
    """Sets a connection up: vectors as numpy arrays, and a plan made for the values at hand each time."""
    connection.prepare_threshold = None
    try:
        register_vector(connection)
    except psycopg.ProgrammingError as error:  # pgvector raises it bare where the database lacks the extension
        raise psycopg.errors.UndefinedTable(str(error)) from error
    finally:
        connection.rollback()


def read_model(connection: psycopg.Connection[Any]) -> ModelCard:
    """Which model made the vectors."""
    row = connection.execute("SELECT name, revision, dimension FROM model").fetchone()
    return ModelCard(*row) if row else ModelCard("", "", 0)


def read_records(connection: psycopg.Connection[Any], generation: int) -> Iterator[Record]:
    """Every record of a generation, read a few at a time."""
    with connection.transaction(), connection.cursor("records") as cursor:
        cursor.execute("SELECT number, record FROM articles WHERE born <= %s AND died > %s", [generation] * 2)
        while rows := cursor.fetchmany(_READ):
            numbers = [number for number, _ in rows]
            vectors: dict[int, list[Vector]] = {number: [] for number in numbers}
            for number, vector in connection.execute(
                "SELECT article, embedding FROM passages WHERE article = ANY(%s) ORDER BY number", [numbers]
            ):
                vectors[number].append(vector.to_numpy())
            for number, record in rows:
                found = vectors[number]
                yield Record.from_json(record, np.stack(found) if found else np.zeros((0, 0), dtype=np.float32))


class PostgresStore:
    """One generation of an archive in PostgreSQL, opened for reading. Thread-safe."""

    def __init__(self, place: str, pool: ConnectionPool[Any], generation: int, model: ModelCard) -> None:
        """Use `open_postgres`."""
        self._place = place
        self._pool = pool
        self._generation = generation
        self._model = model
        self._record = lru_cache(maxsize=256)(self._read_record)

    @property
    def generation(self) -> str:
        """The name of the generation that is being read."""
        return f"{self._generation:06d}"

    @property
    def model(self) -> ModelCard:
        """Which model made the vectors."""
        return self._model

    def dense(self, vector: Vector, k: int, where: Filter) -> list[Hit]:
        """The `k` passages nearest to a unit vector, best first; fewer if fewer pass the filter."""
        if k < 1:
            return []
        conditions, values = self._conditions(where)
        statement = sql.SQL(
            "SELECT number, -(embedding <#> %s), published FROM passages WHERE {} ORDER BY embedding <#> %s LIMIT %s"
        ).format(conditions)
        query = np.asarray(vector, dtype=np.float32)
        given = [query, *values, query, k]
        effort = str(min(1000, max(k, _EFFORT)))
        # Without an iterative scan, the filter would be applied to the index's first rows alone, and most be lost.
        rows = self._rows(statement, given, {"hnsw.iterative_scan": "strict_order", "hnsw.ef_search": effort})
        if len(rows) < k:
            # Either no more pass, or the index gave up looking (hnsw.max_scan_tuples): without it, all are seen.
            rows = self._rows(statement, given, {"enable_indexscan": "off"})
        return [Hit(number, float(score), day) for number, score, day in rows]

    def lexical(self, terms: Sequence[str], k: int, where: Filter) -> list[Hit]:
        """The `k` passages that rank best by ts_rank_cd on any of the terms, best first."""
        words = [word for word in dict.fromkeys(fold(term).strip() for term in terms) if word]
        if not words or k < 1:
            return []
        conditions, values = self._conditions(where)
        phrases = sql.SQL(" || ").join([sql.SQL("phraseto_tsquery('dateline', %s)")] * len(words))
        statement = sql.SQL(
            "SELECT number, ts_rank_cd(words, sought, 1) AS score, published FROM passages, (SELECT {}) AS q (sought) "
            "WHERE words @@ sought AND {} ORDER BY score DESC, number LIMIT %s"
        ).format(phrases, conditions)
        return [Hit(n, float(score), day) for n, score, day in self._rows(statement, [*words, *values, k])]

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
        conditions, values = self._conditions(where)
        statement = sql.SQL('SELECT DISTINCT source COLLATE "C" AS name FROM articles WHERE cluster = %s AND {}')
        rows = self._rows(statement.format(conditions), [cluster, *values])
        return tuple(sorted(row[0] for row in rows))

    def coverage(self) -> Coverage:
        """What the archive holds."""
        return self._census.coverage

    def days(self, where: Filter) -> list[tuple[date, int]]:
        """How many articles the filter admits on each day that has any, in order of day."""
        return self._census.days(where)

    def records(self) -> Iterator[Record]:
        """Every article's record."""
        with translated(self._place), self._pool.connection() as connection:
            yield from read_records(connection, self._generation)

    def boilerplate(self) -> dict[str, frozenset[str]]:
        """The lines learned as boilerplate, by source."""
        rows = self._rows("SELECT source, lines FROM boilerplate WHERE generation = %s", [self._generation])
        return {source: frozenset(lines) for source, lines in rows}

    def close(self) -> None:
        """Lets go of the connections."""
        self._pool.close()

    @cached_property
    def _census(self) -> Census:
        rows = self._rows("SELECT source, published, articles FROM census WHERE generation = %s", [self._generation])
        return Census({(source, day): count for source, day, count in rows})

    def _record_of(self, article_id: str) -> Record | None:
        rows = self._rows(
            "SELECT number FROM articles WHERE id = %s AND born <= %s AND died > %s",
            [fold(article_id), self._generation, self._generation],
        )
        return self._record(rows[0][0]) if rows else None

    def _read_record(self, number: int) -> Record | None:
        rows = self._rows(
            "SELECT record FROM articles WHERE number = %s AND born <= %s AND died > %s",
            [number, self._generation, self._generation],
        )
        return Record.from_json(rows[0][0], np.zeros((0, 0), dtype=np.float32)) if rows else None

    def _conditions(self, where: Filter) -> tuple[sql.SQL | sql.Composed, list[Any]]:
        """The generation and the filter as SQL, and its values."""
        parts: list[LiteralString] = ["born <= %s", "died > %s"]
        values: list[Any] = [self._generation, self._generation]
        if where.sources:
            parts.append("source = ANY(%s)")
            values.append(sorted(fold(name) if "\x00" in name else name for name in where.sources))
        if where.first is not None:
            parts.append("published >= %s")
            values.append(where.first)
        if where.last is not None:
            parts.append("published <= %s")
            values.append(where.last)
        return sql.SQL(" AND ").join(map(sql.SQL, parts)), values

    def _rows(
        self, statement: LiteralString | sql.Composed, values: Sequence[Any], settings: dict[str, str] | None = None
    ) -> list[Any]:
        """The rows of a query, asked once more on another connection where the first was lost (a server that died)."""
        with translated(self._place):
            try:
                return self._asked(statement, values, settings or {})
            except (psycopg.OperationalError, PoolTimeout):
                return self._asked(statement, values, settings or {})

    def _asked(
        self, statement: LiteralString | sql.Composed, values: Sequence[Any], settings: dict[str, str]
    ) -> list[Any]:
        with self._pool.connection() as connection:
            for name, value in settings.items():
                connection.execute("SELECT set_config(%s, %s, true)", [name, value])
            rows: list[Any] = connection.execute(statement, values).fetchall()
            return rows


def served_generation(url: str) -> str:
    """The name of the generation that the database serves. Raises ArchiveMissing where there is none."""
    place = place_of(url)
    with translated(place), psycopg.connect(url) as connection:
        return f"{_served(connection, place):06d}"


def _served(connection: psycopg.Connection[Any], place: str) -> int:
    row = connection.execute("SELECT generation FROM served").fetchone()
    if row is None:
        raise ArchiveMissing(_missing(place))
    return int(row[0])


def open_postgres(url: str, model: ModelCard | None = None) -> PostgresStore:
    """Opens the generation that the database serves; the url is libpq's, and may name a replica or several hosts.

    Raises ArchiveMissing, ArchiveError where the server cannot be reached, and ModelMismatch.
    """
    place = place_of(url)

    def ready(connection: psycopg.Connection[Any]) -> None:
        connection.read_only = True
        connect_ready(connection)

    with translated(place), psycopg.connect(url) as connection:
        generation, built = _served(connection, place), read_model(connection)
        check_model(place, built, model)
    pool = ConnectionPool(
        url, min_size=1, max_size=_POOL, timeout=_WAIT, configure=ready, check=ConnectionPool.check_connection,
        name="dateline", open=True,
    )  # fmt: skip
    return PostgresStore(place, pool, generation, built)
