"""PostgreSQL as a place to serve from: filters inside the vector index, and a replica that takes over."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest
from typer.testing import CliRunner

from index.__main__ import app
from index.article import Article, DateOrigin, Passage, Sentence
from index.build import Input
from index.copying import Checksum, Summary, copy
from index.errors import ArchiveDamaged, ArchiveLocked
from index.faiss_store import open_archive
from index.postgres_store import open_postgres
from index.postgres_writer import PostgresTarget
from index.rebuild import add, rebuild
from index.records import Census, Record, cluster_of
from index.store import Filter
from rag import Assistant
from tests.servers import Postgres, fresh_database, postgres, postgres_folder
from tests.test_archive import write_stories
from tests.word_embedder import CARD, WordEmbedder

WORDS = WordEmbedder()
DAYS = 100


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_folder() as folder, postgres(folder, "fsync=off") as running:
        yield running


def scattered(count: int) -> Iterator[Record]:
    """Articles of one passage each, their vectors all over the place, `count`/DAYS of them a day."""
    random = np.random.default_rng(7)
    for number in range(count):
        text = f"Report {number}."
        article = Article(text, f"Report {number}", "wire", date(2025, 1, 1) + timedelta(days=number % DAYS),
                          DateOrigin.GIVEN, 1.0)  # fmt: skip
        vector = random.normal(size=(1, CARD.dimension)).astype(np.float32)
        yield Record(
            article_id=article.id,
            cluster=cluster_of(article.id),
            article=article,
            sentences=(Sentence(0, len(text), text),),
            passages=(Passage(0, 0, 0, len(text), text),),
            signature=b"",
            vectors=vector / np.linalg.norm(vector),
        )


def test_a_one_day_filter_gets_all_its_passages_from_the_vector_index(server: Postgres) -> None:
    url = fresh_database(server, "nearest")
    records = list(scattered(4000))
    checksum = Checksum()
    with PostgresTarget(url).drafting(CARD) as draft:
        draft.put(records)
        for record in records:
            checksum = checksum.plus(record)
        census = Census.of((record.article.source, record.article.published) for record in records)
        draft.publish(Summary(CARD, census, {}, checksum))
    with psycopg.connect(url, autocommit=True) as connection:
        # So few rows would be sorted; told that this is dear, the planner walks the index, as it does over millions.
        connection.execute("ALTER DATABASE nearest SET enable_sort = off")
        connection.execute("ALTER DATABASE nearest SET enable_seqscan = off")
        connection.execute("ALTER DATABASE nearest SET enable_bitmapscan = off")
    with psycopg.connect(url) as connection:
        connection.execute("DROP INDEX passages_published_source_idx, passages_source_idx")
        probe = str([1] * CARD.dimension)
        nearest = (
            "SELECT number FROM passages WHERE published = '2025-02-20' ORDER BY embedding <#> %s::vector LIMIT 10"
        )
        plan = connection.execute("EXPLAIN " + nearest, [probe]).fetchall()
        assert any("embedding" in line for (line,) in plan), plan
        alone = connection.execute(nearest, [probe]).fetchall()
        connection.rollback()
    store = open_postgres(url, CARD)
    question = np.ones(CARD.dimension, dtype=np.float32) / np.sqrt(CARD.dimension)
    day = date(2025, 2, 20)
    hits = store.dense(question, 10, Filter(first=day, last=day))
    best = sorted((float(r.vectors[0] @ question) for r in records if r.article.published == day), reverse=True)[:10]
    store.close()
    assert len(hits) == 10 > len(alone)
    assert [hit.score for hit in hits] == pytest.approx(best, abs=1e-4)


def test_a_second_writer_is_told_who_holds_the_lock(server: Postgres) -> None:
    target = PostgresTarget(fresh_database(server, "locked"))
    locked = pytest.raises(ArchiveLocked, match=r"locked by backend \d+ since 20")
    with target.drafting(CARD), locked, target.drafting(CARD):
        pass
    with target.drafting(CARD):
        pass


def test_an_assistant_answers_from_a_database_and_sees_a_new_generation(server: Postgres, tmp_path: Path) -> None:
    archive, url = tmp_path / "archive", fresh_database(server, "asked")
    rebuild(archive, Input.of(write_stories(tmp_path / "a.jsonl", range(12))), WORDS)
    printed = CliRunner().invoke(app, ["copy", str(archive), url, "--json"], catch_exceptions=False)
    assert json.loads(printed.stdout)["moved"] == 12
    with Assistant(url, embedder=WORDS) as there, Assistant(archive, embedder=WORDS) as here:
        question = "How long would the quay numbered 3 be?"
        mine, theirs = here.retrieve(question, k=5), there.retrieve(question, k=5)
        assert {e.article_id for e in mine[:1]} == {e.article_id for e in theirs[:1]}
        assert there.refresh() is False
        add(archive, Input.of(write_stories(tmp_path / "b.jsonl", range(12, 15))), WORDS)
        publish(archive, url)
        assert there.coverage().articles == 12
        assert there.refresh() is True
        assert there.coverage().articles == 15


def test_a_copy_whose_rows_read_back_otherwise_is_not_published(server: Postgres, tmp_path: Path) -> None:
    archive, url = tmp_path / "archive", fresh_database(server, "altered")
    rebuild(archive, Input.of(write_stories(tmp_path / "a.jsonl", range(6))), WORDS)
    publish(archive, url)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE articles SET record = replace(record, '40 metres', '90 metres')")
    add(archive, Input.of(write_stories(tmp_path / "b.jsonl", range(6, 8))), WORDS)
    with pytest.raises(ArchiveDamaged, match="Nothing was published"):
        publish(archive, url)
    store = open_postgres(url, CARD)
    assert store.generation == "000001"
    store.close()


def publish(archive: Path, url: str) -> None:
    source = open_archive(archive)
    try:
        copy(source, PostgresTarget(url))
    finally:
        source.close()


def test_a_replica_takes_over_when_the_primary_dies_and_nothing_is_lost(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    rebuild(archive, Input.of(write_stories(tmp_path / "a.jsonl", range(12))), WORDS)
    with postgres_folder() as folder, postgres(folder) as primary:
        replica = Postgres(folder / "replica")
        primary.run("pg_basebackup", "-D", str(replica.data), "-d", primary.url, "-R", "-X", "stream", "-c", "fast")
        replica.start()
        try:
            # From here on a commit is acknowledged only when the replica has it on disk.
            with psycopg.connect(primary.url, autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
                connection.execute("SELECT pg_reload_conf()")
                wait_for(primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
            publish(archive, primary.url)
            wait_for(replica, "SELECT count(*) FROM served")
            reader = open_postgres(replica.url, CARD)  # reads are served by the replica
            failed: list[Exception] = []
            asking = threading.Event()
            asking.set()
            asker = threading.Thread(target=ask_on, args=(reader, asking, failed))
            asker.start()

            primary.kill()
            replica.run("pg_ctl", "promote", "-D", str(replica.data))

            asking.clear()
            asker.join()
            assert failed == []
            source = open_archive(archive)
            assert {r.article_id: r.digest for r in reader.records()} == {
                r.article_id: r.digest for r in source.records()
            }
            source.close()
            reader.close()
            add(archive, Input.of(write_stories(tmp_path / "b.jsonl", range(12, 20))), WORDS)
            with psycopg.connect(replica.url, autocommit=True) as connection:
                connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
                connection.execute("SELECT pg_reload_conf()")
            publish(archive, replica.url)
            after = open_postgres(replica.url, CARD)
            assert after.coverage().articles == 20
            after.close()
        finally:
            replica.stop()


def wait_for(server: Postgres, statement: str) -> None:
    """Until a count is not nought."""
    for _ in range(600):
        try:
            with psycopg.connect(server.url) as connection:
                row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
                if row and row[0]:
                    return
        except psycopg.errors.UndefinedTable:
            pass
        time.sleep(0.1)
    raise TimeoutError(statement)


def ask_on(reader: object, asking: threading.Event, failed: list[Exception]) -> None:
    while asking.is_set():
        try:
            assert len(reader.dense(WORDS.embed_question("harbour"), 5, Filter())) == 5  # type: ignore[attr-defined]
        except Exception as error:
            failed.append(error)
            return
