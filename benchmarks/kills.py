"""Builds killed at random moments while readers ask: how many kills, questions, failures and wrong answers.

    python -m benchmarks.kills [--kills 500] [--readers 2] [--seed 1]

Rebuilds, adds and deletes run as processes of their own, one after the other, and each is sent SIGKILL at a random
moment. Reader processes open the archive and query it without a pause, the whole time. A writer leaves a line in a
file of its own once it is done, which is its acknowledgement: what it changed must be there from then on, and what
is served must always be one of the states that a finished build could have left. After every kill the archive is
verified from end to end. Exits with 1 where anything failed or was wrong.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Event
from pathlib import Path

from index.build import Input
from index.faiss_store import open_archive
from index.generation import ArchivePaths
from index.rebuild import add, delete, rebuild
from index.store import Filter
from index.verify import verify_archive
from tests.test_archive import story, write_stories
from tests.word_embedder import WordEmbedder

WORDS = WordEmbedder()
STEADY = frozenset(range(24))  # articles that every state holds: enough that what is added stands beside them
FIRST_DAY = date(2025, 3, 1)


class Slow:
    """Progress that takes its time, so that a kill may find a build anywhere."""

    def stage(self, name: str, total: int | None) -> None:
        """Waits."""
        time.sleep(0.01)

    def advance(self, steps: int) -> None:
        """Waits."""
        time.sleep(0.001)


def told(number: int) -> dict[str, str]:
    """An article that says its language, so that no process need load what finds it."""
    return {**story(number), "language": "en"}


def held(archive: Path) -> frozenset[int]:
    """The numbers of the articles that the archive serves."""
    store = open_archive(archive, WORDS.card)
    try:
        hits = store.lexical(["council"], 10_000, Filter())
        days = {stored.article.published for stored in store.passages([hit.passage for hit in hits])}
        return frozenset((day - FIRST_DAY).days for day in days if day)
    finally:
        store.close()


def write(archive: Path, folder: Path, kind: str, numbers: tuple[int, ...], done: Path) -> None:
    """One change, acknowledged by a line on disk."""
    pages = folder / f"{os.getpid()}.jsonl"
    pages.write_text("".join(json.dumps(told(number)) + "\n" for number in numbers), encoding="utf-8")
    if kind == "rebuild":
        rebuild(archive, Input.of(pages), WORDS, progress=Slow(), keep=2)
    elif kind == "add":
        add(archive, Input.of(pages), WORDS, progress=Slow(), keep=2)
    else:
        delete(archive, [story(number)["url"] for number in numbers], keep=2)
    done.write_text("done\n", encoding="utf-8")


def read(archive: Path, stop: Event, results: Path) -> None:
    """Opens, asks, and checks what it is told, until it is to stop; leaves its counts in a file."""
    counts: Counter[str] = Counter()
    problems: list[str] = []
    question = WORDS.embed_question("harbour plan of Bergen")
    while not stop.is_set():
        try:
            store = open_archive(archive, WORDS.card)
            for _ in range(20):
                dense, lexical = store.dense(question, 5, Filter()), store.lexical(["bergen"], 5, Filter())
                counts["queries"] += 2
                cited = store.passages([hit.passage for hit in (*dense, *lexical)])
                wrong = any(s.article.text[p.start : p.end] != p.text for s in cited for p in s.sentences)
                if wrong or not lexical or not dense or not any("Bergen" in s.article.title for s in cited):
                    counts["wrong"] += 1
            counts["opened"] += 1
            store.close()
        except Exception as error:  # whatever it is, it is what is counted here
            counts["failed"] += 1
            problems.append(f"{type(error).__name__}: {error}")
    results.write_text(json.dumps({"counts": counts, "problems": problems[:5]}), encoding="utf-8")


def change(chance: random.Random, served: frozenset[int]) -> tuple[str, tuple[int, ...], frozenset[int]]:
    """A change: its kind, its articles, and the articles that the archive holds after it."""
    kind = chance.choice(("rebuild", "add", "delete"))
    rest = sorted(served - STEADY)
    if kind == "delete" and rest:
        gone = tuple(chance.sample(rest, min(2, len(rest))))
        return kind, gone, served - set(gone)
    some = tuple(chance.sample(range(24, 56), 6))
    if kind == "rebuild":
        return kind, (*sorted(STEADY), *some), STEADY | set(some)
    return "add", some, served | set(some)


def run(kills: int, readers: int, seed: int, folder: Path, tell: Callable[[str], None]) -> Counter[str]:
    """Kills so many writers; gives the counts, those of the readers among them."""
    chance = random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["index.verify", "tests.test_archive", "langchain_text_splitters", "langchain_core.documents"]
    )
    archive = folder / "archive"
    rebuild(archive, Input.of(write_stories(folder / "a.jsonl", range(24))), WORDS)
    stop = context.Event()
    results = [folder / f"reader{number}.json" for number in range(readers)]
    reading = [context.Process(target=read, args=(archive, stop, result)) for result in results]
    for process in reading:
        process.start()
    counts: Counter[str] = Counter()
    served, aim, told_at = held(archive), Aim(), 50
    while counts["killed"] < kills:
        served = _one(context, chance, aim, folder, served, counts)
        if counts["killed"] >= told_at:
            told_at += 50
            tell(f"{counts['killed']} killed, {counts['finished first']} finished first, aim {aim.seconds:.1f} s")
    stop.set()
    for process in reading:
        process.join(60)
    for result in results:
        found = json.loads(result.read_text(encoding="utf-8"))
        counts.update(found["counts"])
        for problem in found["problems"]:
            tell(f"a reader failed: {problem}")
    if list(ArchivePaths(archive).generations.glob("damaged-*")):
        counts["damaged"] += 1
    return counts


@dataclass
class Aim:
    """Up to how many seconds a writer is given: somewhat longer than one takes here, so that every moment is hit."""

    seconds: float = 2.0

    def learn(self, took: float, *, killed: bool) -> None:
        """Draws the bound down to what a finished writer took, and up where none finishes."""
        self.seconds = min(self.seconds * 1.04, 30.0) if killed else 1.15 * took


def _one(
    context: ForkServerContext,
    chance: random.Random,
    aim: Aim,
    folder: Path,
    served: frozenset[int],
    counts: Counter[str],
) -> frozenset[int]:
    archive, done = folder / "archive", folder / "done"
    kind, numbers, after = change(chance, served)
    done.unlink(missing_ok=True)
    process = context.Process(target=write, args=(archive, folder, kind, numbers, done))
    began = time.monotonic()
    process.start()
    process.join(chance.uniform(0.0, aim.seconds))
    with suppress(ProcessLookupError):  # it may end between the look and the kill
        if process.is_alive() and process.pid:
            os.kill(process.pid, signal.SIGKILL)
    process.join()
    killed = process.exitcode == -signal.SIGKILL
    aim.learn(time.monotonic() - began, killed=killed)
    building = killed and any((archive / "generations").glob(".building-*"))
    counts["killed" if killed else "finished first"] += 1
    counts[f"{kind}, killed"] += killed
    counts["killed amid building or pruning"] += building
    counts["writers failed"] += not killed and bool(process.exitcode)
    now = held(archive)
    counts["lost"] += done.exists() and now != after
    counts["wrong state"] += now not in {served, after}
    counts["killed after the swap"] += killed and now == after != served
    counts["not whole"] += any(checked.problem for checked in verify_archive(archive))
    return now


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        counts = run(options.kills, options.readers, options.seed, Path(folder), lambda line: print(line, flush=True))
    for name, count in sorted(counts.items()):
        print(f"{name:45}{count:>10,}")
    print(f"{'seconds':45}{time.monotonic() - began:>10,.0f}")
    bad = ("lost", "wrong", "wrong state", "not whole", "failed", "writers failed", "damaged")
    raise SystemExit(any(counts[name] for name in bad))


if __name__ == "__main__":
    main()
