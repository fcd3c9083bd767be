"""A disk that fails where it is told to, and the states that a power cut may leave of it.

Every call by which Python makes, links, renames, removes or syncs a file is a *point*. At a point a call can fail as
the system's does; or the states are written down that the disk might be in, were the power cut there. What native code
(SQLite, FAISS) writes between two points counts as written and not yet synced.

A file's content is durable as of its last fsync, a folder's names as of its own: nothing else is promised. So after a
cut a file that was never synced may be empty, cut short or whole, and a name may be the old one, the new one or one
of those between; files are told apart by inode, as the disk does.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CALLS = ("fsync", "rename", "mkdir", "unlink", "rmdir", "link")
Names = dict[str, int]  # name in a folder -> inode


@contextmanager
def points(
    before: Callable[[str], None], after: Callable[[str, Any], None] = lambda name, first: None
) -> Iterator[None]:
    """Calls `before` and `after`, with the call's name, at every point; what they do themselves is no point."""
    busy = False

    def stopped(call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def at_point(*arguments: Any, **options: Any) -> Any:
            nonlocal busy
            if busy:
                return call(*arguments, **options)
            busy = True
            try:
                before(name)
                result = call(*arguments, **options)
                after(name, arguments[0])
            finally:
                busy = False
            return result

        return at_point

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, stopped(getattr(os, name), name))
        yield


@contextmanager
def failing(point: int, code: int = errno.EIO) -> Iterator[list[str]]:
    """The call at a point (counted from 0) fails; the list that is given names those that were made."""
    made: list[str] = []

    def before(name: str) -> None:
        made.append(name)
        if len(made) == point + 1:
            raise OSError(code, os.strerror(code))

    with points(before):
        yield made


@dataclass
class Recorder:
    """What is durable below `root`, and what else the disk might hold; use it with `recording`."""

    root: Path
    synced: dict[int, bytes] = field(default_factory=dict)  # a file's content at its last fsync
    history: dict[int, list[Names]] = field(default_factory=dict)  # a folder's names since its last fsync
    handles: dict[int, int] = field(default_factory=dict)  # held open, so that no inode is given out twice

    def start(self) -> None:
        """What is there now is durable."""
        for folder, _, files in os.walk(self.root):
            self.history[self._inode(Path(folder))] = [self._names(Path(folder))]
            for name in files:
                path = Path(folder, name)
                self.synced[self._inode(path)] = path.read_bytes()

    def observe(self) -> None:
        """Takes note of names that changed."""
        for folder, _, _ in os.walk(self.root):
            seen = self.history.setdefault(self._inode(Path(folder)), [{}])
            names = self._names(Path(folder))
            if names != seen[-1]:
                seen.append(names)

    def sync(self, handle: int) -> None:
        """What is behind a handle was made durable."""
        inode = os.fstat(handle).st_ino
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if path.is_dir():
            self.history[inode] = [self._names(path)]
        else:
            self.synced[inode] = path.read_bytes()

    def states(self, chance: random.Random, mixed: int) -> Iterator[Callable[[Path], None]]:
        """What the disk may hold after a cut here, each as a function that writes it into an empty folder.

        The least that is promised; everything; all names with nothing in the files that were not synced; and some
        mixtures.
        """
        contents = {inode: self._read(handle) for inode, handle in self.handles.items() if inode not in self.history}

        def torn(inode: int) -> bytes:
            whole, synced = contents.get(inode, b""), self.synced.get(inode, b"")
            if whole == synced:
                return synced
            return chance.choice((whole, synced, whole[: len(whole) // 2], b""))

        first, last = (lambda seen: seen[0]), (lambda seen: seen[-1])
        least, all_of_it = (lambda i: self.synced.get(i, b"")), (lambda i: contents.get(i, b""))
        choices = [(first, least), (last, all_of_it), (last, least), *[(chance.choice, torn)] * mixed]
        history = {inode: list(seen) for inode, seen in self.history.items()}
        synced_root = self.root.stat().st_ino
        for names, content in choices:
            tree = _tree(history, synced_root, names, content)
            yield lambda folder, tree=tree: _write(folder, tree)  # type: ignore[misc]

    def close(self) -> None:
        for handle in self.handles.values():
            os.close(handle)

    def _inode(self, path: Path) -> int:
        inode = path.stat().st_ino
        if inode not in self.handles:
            self.handles[inode] = os.open(path, os.O_RDONLY)
        return inode

    def _names(self, folder: Path) -> Names:
        return {entry.name: self._inode(entry) for entry in folder.iterdir()}

    @staticmethod
    def _read(handle: int) -> bytes:
        return os.pread(handle, os.fstat(handle).st_size, 0)


def _tree(
    history: dict[int, list[Names]],
    folder: int,
    names: Callable[[list[Names]], Names],
    content: Callable[[int], bytes],
) -> dict[str, Any]:
    return {
        name: _tree(history, inode, names, content) if inode in history else content(inode)
        for name, inode in names(history[folder]).items()
    }


def _write(folder: Path, tree: dict[str, Any]) -> None:
    for name, value in tree.items():
        if isinstance(value, dict):
            (folder / name).mkdir()
            _write(folder / name, value)
        else:
            (folder / name).write_bytes(value)


@contextmanager
def recording(root: Path, at: Callable[[Recorder, str], None]) -> Iterator[Recorder]:
    """Records what becomes durable below `root`, and calls `at` at every point, before the call is made.

    Close the recorder when it is done with.
    """
    recorder = Recorder(root)
    recorder.start()

    def before(name: str) -> None:
        recorder.observe()
        at(recorder, name)

    def after(name: str, first: Any) -> None:
        if name == "fsync":
            recorder.sync(first)

    with points(before, after):
        yield recorder
