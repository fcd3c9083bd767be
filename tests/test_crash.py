"""Faults and power cuts at every point of a build: the archive stays whole, and nothing acknowledged is lost."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.build import Input
from index.errors import ArchiveMissing, ArchiveRefused
from index.faiss_store import open_archive
from index.generation import ArchivePaths, prune, writer_lock
from index.rebuild import add, delete, rebuild
from index.verify import verify_archive
from tests.faulty_disk import Recorder, failing, recording
from tests.test_archive import story, write_stories
from tests.word_embedder import WordEmbedder

WORDS = WordEmbedder()


@dataclass(frozen=True)
class Change:
    """Something done to an archive of articles 0 to 12, and how many articles it holds before and after."""

    run: Callable[[Path, Path], object]
    before: int | None
    after: int


def prune_all(archive: Path) -> None:
    paths = ArchivePaths(archive)
    with writer_lock(paths):
        prune(paths, keep=1)


def add_and_merge_later(archive: Path, pages: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.faiss_writer.SOON", 0)
        add(archive, Input.of(pages), WORDS, keep=1)


CHANGES = {
    "first build": Change(lambda archive, pages: rebuild(archive, Input.of(pages), WORDS), None, 15),
    "rebuild": Change(lambda archive, pages: rebuild(archive, Input.of(pages), WORDS), 13, 15),
    "rebuild, keeping one": Change(lambda archive, pages: rebuild(archive, Input.of(pages), WORDS, keep=1), 13, 15),
    "add": Change(lambda archive, pages: add(archive, Input.of(pages), WORDS), 13, 15),
    "add, merging all": Change(
        lambda archive, pages: add(archive, Input.of(pages.with_name("more.jsonl")), WORDS, keep=1), 13, 20
    ),
    "add, merging all later": Change(
        lambda archive, pages: add_and_merge_later(archive, pages.with_name("more.jsonl")), 13, 20
    ),
    "delete": Change(lambda archive, pages: delete(archive, [story(2)["url"]]), 13, 12),
    "prune": Change(lambda archive, pages: prune_all(archive), 13, 13),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds an archive of two generations, the second of two segments, one of them shared."""
    folder = tmp_path_factory.mktemp("prepared")
    rebuild(folder / "archive", Input.of(write_stories(folder / "a.jsonl", range(12))), WORDS)
    add(folder / "archive", Input.of(write_stories(folder / "a.jsonl", range(13))), WORDS)
    write_stories(folder / "a.jsonl", range(15))
    write_stories(folder / "more.jsonl", range(20))
    return folder


def copied(prepared: Path, folder: Path, change: Change) -> Path:
    """A fresh copy of it; without the archive for the first build."""
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns() if change.before else shutil.ignore_patterns("archive")
    return Path(shutil.copytree(prepared, folder, ignore=ignored))


def held(archive: Path) -> int | None:
    """How many articles the archive serves, once every kept generation was found whole; None where there is none."""
    try:
        checked = verify_archive(archive)
        store = open_archive(archive, WORDS.card)
    except ArchiveMissing:
        return None
    assert [c for c in checked if c.problem] == []
    try:
        return store.coverage().articles
    finally:
        store.close()


@pytest.mark.parametrize("name", CHANGES)
def test_a_power_cut_at_any_point(prepared: Path, tmp_path: Path, name: str) -> None:
    change, chance = CHANGES[name], random.Random(name)
    root = copied(prepared, tmp_path / "disk", change)
    cuts: list[tuple[str, int | None]] = []

    def cut(recorder: Recorder, where: str, *, acknowledged: bool = False) -> None:
        for write in recorder.states(chance, mixed=3):
            with tempfile.TemporaryDirectory(dir=tmp_path) as after:
                write(Path(after))
                found = held(Path(after, "archive"))
                cuts.append((where, found))
                assert found in ({change.after} if acknowledged else {change.before, change.after}), where
                if len(cuts) % 7 == 0:  # nothing that is left stands in the way of the next build
                    rebuild(Path(after, "archive"), Input.of(root / "a.jsonl"), WORDS)
                    assert held(Path(after, "archive")) == 15
                    assert not list(ArchivePaths(Path(after, "archive")).generations.glob(".building-*"))

    with recording(root, cut) as recorder:
        change.run(root / "archive", root / "a.jsonl")
    recorder.observe()
    cut(recorder, "done", acknowledged=True)
    recorder.close()
    assert len(cuts) > 30
    if change.before != change.after:
        assert {found for _, found in cuts} == {change.before, change.after}


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("name", CHANGES)
def test_a_call_that_fails_at_any_point(prepared: Path, tmp_path: Path, name: str, code: int) -> None:
    change = CHANGES[name]
    point, refused = 0, 0
    while True:
        root = copied(prepared, tmp_path / "disk", change)
        with failing(point, code) as made:
            try:
                change.run(root / "archive", root / "a.jsonl")
                done = True
            except ArchiveRefused as error:
                assert os.strerror(code) in str(error)
                done, refused = False, refused + 1
        found = held(root / "archive")
        assert found in ({change.after} if done else {change.before, change.after}), made[-1]
        if point >= len(made):
            break
        if not done and name != "delete":  # once the disk is well again, so is the archive
            change.run(root / "archive", root / "a.jsonl")
            assert held(root / "archive") == change.after
        point += 1
    assert refused >= 2


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "prune"])
def test_a_disk_that_is_full_at_any_byte(prepared: Path, tmp_path: Path, name: str) -> None:
    # No file may grow past a limit: the system itself cuts the write short, in SQLite and FAISS as in Python.
    change, chance = CHANGES[name], random.Random(name)
    root = copied(prepared, tmp_path / "disk", change)
    change.run(root / "archive", root / "a.jsonl")
    paths = ArchivePaths(root / "archive")
    sizes = {file.stat().st_size for file in paths.folder(paths.names()[-1]).iterdir()}
    limits = {60, *sizes, *(size - 1 for size in sizes), *(chance.randrange(60, max(sizes)) for _ in range(6))}
    outcomes = set()
    for limit in sorted(limits):
        root = copied(prepared, tmp_path / "disk", change)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            change.run(root / "archive", root / "a.jsonl")
            done = True
        except ArchiveRefused:
            done = False
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        outcomes.add(done)
        assert held(root / "archive") == (change.after if done else change.before), limit
    assert outcomes == {True, False} or name == "first build"


def test_a_file_that_may_not_be_read_is_no_damage(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copied(prepared, tmp_path / "disk", CHANGES["add"])

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        with pytest.raises(ArchiveRefused, match="Too many open files"):
            open_archive(root / "archive")
    assert held(root / "archive") == 13
