"""Damage: found before native code reads a byte, put aside and never deleted; what was served before it is served."""

from __future__ import annotations

import json
import logging
import os
import resource
import shutil
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from index.build import Input
from index.errors import ArchiveDamaged, ArchiveLocked
from index.faiss_store import open_archive
from index.generation import ArchivePaths, writer_lock
from index.manifest import MANIFEST, FileSeal, Manifest
from index.rebuild import add, delete, rebuild
from index.store import Filter
from index.vectors import read_vectors
from index.verify import verify_archive
from tests.test_archive import DAMAGES, story, touched, write_stories
from tests.word_embedder import WordEmbedder

WORDS = WordEmbedder()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two generations: the first of 3 articles, the second, served, of 5."""
    for last in (3, 5):
        rebuild(tmp_path / "archive", Input.of(write_stories(tmp_path / "a.jsonl", range(last))), WORDS)
    return tmp_path / "archive"


def served(archive: Path) -> tuple[str, int]:
    store = open_archive(archive, WORDS.card)
    try:
        return store.generation, store.coverage().articles
    finally:
        store.close()


def reseal(folder: Path) -> None:
    """What one who may write the archive can do: a manifest that says of the files what they are."""
    manifest = Manifest.read(folder)
    seals = {name: FileSeal.of(folder / name) for name in manifest.files}
    (folder / MANIFEST).write_text(replace(manifest, files=seals).to_json(), encoding="utf-8")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["articles.sqlite", "vectors.faiss", "manifest.json"])
def test_what_is_damaged_is_put_aside_and_the_one_before_serves(
    archive: Path, name: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = ArchivePaths(archive).folder("000002")
    whole = shutil.copytree(folder, archive.parent / "copy")
    (folder / name).write_bytes(DAMAGES[damage]((folder / name).read_bytes()))
    kept = {file.name: file.read_bytes() for file in folder.iterdir()}

    with caplog.at_level(logging.ERROR):
        assert served(archive) == ("000001", 3)
    aside = ArchivePaths(archive).generations / "damaged-000002"
    assert {file.name: file.read_bytes() for file in aside.iterdir()} == kept
    assert name in caplog.text
    assert "Generation 000001 is served instead" in caplog.text
    assert f"put a whole copy of the folder at {folder}" in caplog.text

    caplog.clear()
    assert served(archive) == ("000001", 3)
    assert not caplog.records  # it is not tried again, and not said again
    assert [checked.problem is None for checked in verify_archive(archive)] == [True, False]

    shutil.copytree(whole, folder)  # as the message says
    assert served(archive) == ("000002", 5)
    assert all(checked.problem is None for checked in verify_archive(archive))


def test_nothing_is_added_to_an_older_generation_than_the_last(archive: Path, tmp_path: Path) -> None:
    (ArchivePaths(archive).folder("000002") / "vectors.faiss").write_bytes(b"")
    assert served(archive) == ("000001", 3)
    # What the second generation held would be lost without a word.
    with pytest.raises(ArchiveDamaged, match="Restore the folder from a copy"):
        add(archive, Input.of(write_stories(tmp_path / "b.jsonl", range(5, 7))), WORDS)
    with pytest.raises(ArchiveDamaged, match="Restore the folder from a copy"):
        delete(archive, [story(1)["url"]])
    report = rebuild(archive, Input.of(write_stories(tmp_path / "b.jsonl", range(7))), WORDS)
    assert report.generation == "000003"  # no number is given twice: a restored copy stands on no one's foot
    assert served(archive) == ("000003", 7)
    assert (ArchivePaths(archive).generations / "damaged-000002" / "vectors.faiss").exists()


def test_a_damaged_generation_is_left_in_place_while_a_writer_holds_the_archive(archive: Path) -> None:
    paths = ArchivePaths(archive)
    (paths.folder("000002") / "articles.sqlite").write_bytes(b"")
    with writer_lock(paths):
        assert served(archive) == ("000001", 3)
        assert paths.folder("000002").is_dir()
    assert served(archive) == ("000001", 3)
    assert not paths.folder("000002").exists()


def test_where_nothing_whole_is_left_all_is_left_where_it_is(archive: Path) -> None:
    paths = ArchivePaths(archive)
    for name in ("000001", "000002"):
        (paths.folder(name) / "articles.sqlite").write_bytes(b"no database")
    with pytest.raises(ArchiveDamaged, match=r"000002/articles\.sqlite differs from its checksum.*dateline rebuild"):
        open_archive(archive)
    assert paths.names() == ["000001", "000002"]


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b"../../etc\n", b"\xff\xfe", "٣".encode(), b"-1"])
def test_a_damaged_pointer_says_what_may_be_written_into_it(archive: Path, content: bytes) -> None:
    ArchivePaths(archive).current.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match=r"Write the name of one into it \(000002, 000001\)"):
        open_archive(archive)


@pytest.mark.parametrize("name", ["articles.sqlite", "vectors.faiss", "manifest.json"])
def test_files_of_two_generations_do_not_mix(archive: Path, name: str) -> None:
    paths = ArchivePaths(archive)
    shutil.copyfile(paths.folder("000001") / name, paths.folder("000002") / name)
    assert [checked.problem is None for checked in verify_archive(archive)] == [True, False]
    assert served(archive) == ("000001", 3)


def index_of(count: int, dimension: int) -> faiss.Index:
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
    index.add_with_ids(np.ones((count, dimension), dtype=np.float32), np.arange(count, dtype=np.int64))
    return index


def test_an_index_of_another_dimension_is_not_searched(archive: Path) -> None:
    folder = ArchivePaths(archive).folder("000002")
    faiss.write_index(index_of(Manifest.read(folder).passages, 32), str(folder / "vectors.faiss"))
    reseal(folder)
    assert served(archive) == ("000001", 3)
    shutil.copytree(ArchivePaths(archive).generations / "damaged-000002", folder)
    [_, checked] = verify_archive(archive)
    assert checked.problem
    assert "vectors of 32 values" in checked.problem


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "a list of 2^38 vectors": lambda data: with_count(data, 2**38),
    "a list of 2^61 vectors": lambda data: with_count(data, 2**61),
    "a list of 2^30 vectors": lambda data: with_count(data, 2**30),
    "an unknown kind": lambda data: b"Evil" + data[4:],
    "a part within a part, for ever": lambda data: numbered()[:37] * 50_000,
    "no index at all": lambda data: b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR.",
}


def numbered() -> bytes:
    """An index that holds another, whose head of 37 bytes comes first."""
    return faiss.serialize_index(faiss.IndexIDMap2(faiss.IndexFlatIP(64))).tobytes()


def with_count(data: bytes, count: int) -> bytes:
    """The data with the number of bytes in the list of vectors replaced; the head of an IxSQ has 73 bytes."""
    at = data.index(b"IxSQ") + 73
    assert int.from_bytes(data[at : at + 8], "little") < len(data)
    return data[:at] + count.to_bytes(8, "little") + data[at + 8 :]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_index_under_a_right_seal_takes_no_memory_and_runs_nothing(
    archive: Path, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    vectors = ArchivePaths(archive).folder("000002") / "vectors.faiss"
    vectors.write_bytes(HOSTILE[kind](vectors.read_bytes()))
    reseal(vectors.parent)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ArchiveDamaged, match="is no index that FAISS takes"):
        read_vectors(vectors)
    assert served(archive) == ("000001", 3)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 * 1024  # KiB
    assert not Path("pwned").exists()


def test_a_hostile_manifest_is_damage(archive: Path) -> None:
    manifest = ArchivePaths(archive).folder("000002") / MANIFEST
    whole = manifest.read_text(encoding="utf-8")
    for text in ("[" * 100_000, "null", "[]", "{}", '{"seal": 1}', whole.replace("000002", "000001"), "\x00" * 100):
        manifest.write_text(text, encoding="utf-8")
        with pytest.raises(ArchiveDamaged, match=MANIFEST):
            Manifest.read(manifest.parent)


def test_an_archive_may_be_read_only(archive: Path) -> None:
    (ArchivePaths(archive).folder("000002") / "articles.sqlite").write_bytes(b"")
    paths = [archive, *archive.rglob("*")]
    for path in paths:
        path.chmod(stat.S_IRUSR | (stat.S_IXUSR if path.is_dir() else 0))
    try:
        assert served(archive) == ("000001", 3)
        assert served(archive) == ("000001", 3)
    finally:
        for path in paths:
            if path.exists():
                path.chmod(stat.S_IRWXU)


def test_a_vector_that_changed_in_the_cache_is_made_again(archive: Path, tmp_path: Path) -> None:
    with sqlite3.connect(ArchivePaths(archive).vector_cache) as database:
        blobs = database.execute("SELECT key, vector FROM vectors ORDER BY key LIMIT 2").fetchall()
        for key, blob in blobs:
            database.execute("UPDATE vectors SET vector = ? WHERE key = ?", (bytes([blob[0] ^ 1]) + blob[1:], key))
    database.close()
    report = rebuild(archive, Input.of(touched(tmp_path / "a.jsonl")), WORDS)
    assert report.embedded == 2
    fresh = rebuild(tmp_path / "other", Input.of(tmp_path / "a.jsonl"), WORDS)
    assert fresh.reused == 0
    question = WORDS.embed_question("harbour plan of Essen")
    one, other = (open_archive(root).dense(question, 9, Filter()) for root in (archive, tmp_path / "other"))
    assert one == other


def test_a_cache_damaged_within_is_set_aside_amid_a_build(archive: Path, tmp_path: Path) -> None:
    cache = ArchivePaths(archive).vector_cache
    data = cache.read_bytes()
    cache.write_bytes(data[:4096] + os.urandom(len(data) - 4096))
    report = rebuild(archive, Input.of(touched(tmp_path / "a.jsonl")), WORDS)
    assert report.embedded == report.passages
    assert cache.with_suffix(".damaged").exists()
    assert rebuild(archive, Input.of(touched(tmp_path / "a.jsonl")), WORDS).embedded == 0


def test_a_lock_left_by_a_process_that_died_is_no_lock(archive: Path, tmp_path: Path) -> None:
    ArchivePaths(archive).lock.write_text("pid 4194304 since 2020-01-01T00:00:00+00:00\n" * 3, encoding="utf-8")
    with writer_lock(ArchivePaths(archive)):
        held = ArchivePaths(archive).lock.read_text(encoding="utf-8")
        assert held.startswith(f"pid {os.getpid()} since 20")
        assert held.count("\n") == 1
        with pytest.raises(ArchiveLocked, match=f"pid {os.getpid()} since"):
            delete(archive, [story(1)["url"]])
    assert json.loads((ArchivePaths(archive).folder("000002") / MANIFEST).read_text())["name"] == "000002"
