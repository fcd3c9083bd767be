"""What a question costs in an archive of a million passages, with filters and without, and what it finds.

    python -m benchmarks.million .archives/newsqa ../shared/newsqa/questions.jsonl [--folder DIR]

The archive is made of a real one (`benchmarks.large`) and kept in the folder, where one is given: it is used again.
200 real questions are asked one after the other, at each share that a filter of days (as-of) or of sources lets pass:
of the nearest passages alone, of the full text alone, of the two together as the retriever asks them, and of the whole
door with the reader. Recall is the share of the exact search's ten nearest, under the same filter, that are found.
Resident memory is told apart into what is the process's own and what is mapped from files, which the system may take
back.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.large import build
from index.embedding import SentenceTransformerEmbedder
from index.faiss_store import FaissStore
from index.store import Filter
from rag.assistant import Assistant
from rag.evaluation import read_questions
from rag.query import Query, understand
from rag.retriever import POOL, Retriever

SHARES = (1.0, 0.5, 0.1, 0.01, 0.001, 0.0001)
SEARCHES = ("nearest", "full text", "retrieval", "with the reader")
BEST = 10
READ = 60  # passages that the assistant asks the retriever for
BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of one kind of search, the median and at 95 %: by the clock, and of the processor."""

    wall: tuple[float, float]
    processor: tuple[float, float]

    def __str__(self) -> str:
        return " ".join(f"{value:7.1f}" for value in (*self.wall, *self.processor))


def filters(store: FaissStore, shares: Sequence[float]) -> Iterator[tuple[str, float, Filter]]:
    """Each filter with its name and the share that it lets pass, as near to those asked for as the archive has it."""
    passages = sum(len(segment.facts.numbers) for segment in store.segments)
    yield "none", 1.0, Filter()
    days: dict[date, int] = {}
    sources: dict[str, int] = {}
    for segment in store.segments:
        facts = segment.facts
        for ordinal, count in zip(*np.unique(facts.days, return_counts=True), strict=True):
            if ordinal:
                day = date.fromordinal(int(ordinal))
                days[day] = days.get(day, 0) + int(count)
        for name, count in zip(facts.names, np.bincount(facts.sources, minlength=len(facts.names)), strict=True):
            sources[name] = sources.get(name, 0) + int(count)
    ordered = sorted(days)
    passed = np.array(list(accumulate(days[day] for day in ordered)))
    for share in shares:
        at = int(np.argmin(np.abs(passed - share * passages)))
        yield "as of", passed[at] / passages, Filter(last=ordered[at])
    for share in shares:
        left, some = share * passages, set()
        for name in sorted(sources, key=lambda name: -sources[name]):
            if sources[name] <= left * 1.1:
                some.add(name)
                left -= sources[name]
        yield "sources", sum(sources[name] for name in some) / passages, Filter(sources=frozenset(some))


def timed(calls: Sequence[Callable[[], Any]], *, kept: bool = False) -> tuple[Figures, list[Any]]:
    """What the calls took, each alone, and what they gave where that is `kept`: else it would count as memory."""
    wall, processor, given = [], [], []
    for call in calls:
        began, worked = time.perf_counter(), time.process_time()
        gave = call()
        processor.append(1000 * (time.process_time() - worked))
        wall.append(1000 * (time.perf_counter() - began))
        if kept:
            given.append(gave)
    middle_and_most = [(float(np.median(each)), float(np.percentile(each, 95))) for each in (wall, processor)]
    return Figures(*middle_and_most), given


def exact(store: FaissStore, vectors: Any, wheres: Sequence[Filter]) -> list[Any]:
    """For each filter the passages that an exact search finds for each vector, shape (questions, BEST)."""
    best = [(np.full((len(vectors), BEST), -2.0), np.full((len(vectors), BEST), -1)) for _ in wheres]
    for segment in store.segments:
        facts = segment.facts
        masks = [facts.admitted(where) for where in wheres]
        for start in range(0, len(facts.numbers), BLOCK):
            places = np.arange(start, min(start + BLOCK, len(facts.numbers)))
            cosines = vectors @ segment.vectors.reconstruct_batch(places).T
            for at, mask in enumerate(masks):
                passing = places if mask is None else places[mask[places]]
                some = cosines[:, passing - start]
                scores = np.concatenate([best[at][0], some], axis=1)
                numbers = np.concatenate([best[at][1], np.tile(facts.numbers[passing], (len(vectors), 1))], axis=1)
                order = np.argpartition(-scores, BEST - 1, axis=1)[:, :BEST]
                best[at] = (np.take_along_axis(scores, order, 1), np.take_along_axis(numbers, order, 1))
    return [numbers for _, numbers in best]


def resident() -> str:
    """The memory of this process, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    parts = (line.partition(":") for line in lines if line.endswith("kB"))
    facts = {name: int(value.split()[0]) / 1024 for name, _, value in parts}
    return (
        f"resident {facts['VmRSS']:,.0f} MiB, of it its own {facts['RssAnon']:,.0f} and mapped from files "
        f"{facts['RssFile']:,.0f}; at most {facts['VmHWM']:,.0f}"
    )


def measure(archive: Path, questions: Path, count: int, shares: Sequence[float]) -> None:
    """Prints a line for each filter."""
    embedder = SentenceTransformerEmbedder()
    with Assistant(archive, embedder=embedder) as assistant:
        store = assistant.store
        if not isinstance(store, FaissStore):
            raise SystemExit(f"{archive} is not a folder's archive.")
        assistant.warm()
        asked = read_questions(questions)[:count]
        queries: list[Query] = [understand(q.question, today=q.asked) for q in asked]
        vectors = np.stack([embedder.embed_question(query.standalone) for query in queries])
        retriever = Retriever(store, embedder)
        some = list(filters(store, shares))
        print(f"{len(asked)} questions; {resident()}, before the first")
        rows, found = [], []
        for name, share, where in some:
            nearest, hits = timed([lambda v=v, w=where: store.dense(v, POOL, w) for v in vectors], kept=True)
            words, _ = timed([lambda q=q, w=where: store.lexical(q.terms, POOL, w) for q in queries])
            whole, _ = timed([lambda q=q, w=where: retriever.search(q, k=READ, where=w) for q in queries])
            door, _ = timed([lambda q=q, w=where: assistant.find(q.question, where=w) for q in queries])
            found.append([{hit.passage for hit in each[:BEST]} for each in hits])
            rows.append((f"{name:8} {100 * share:9.4f} %", nearest, words, whole, door))
        print(f"{resident()}, after the last", flush=True)
        print(" " * 28 + "".join(f" | {name:31}" for name in SEARCHES))
        print("filter       passing recall@10" + " |     p50     p95 cpu p50     p95" * len(SEARCHES))
        theirs = exact(store, vectors, [where for *_, where in some])
        for (filtered, *figures), mine, best in zip(rows, found, theirs, strict=True):
            right = sum(len(one & set(other.tolist())) for one, other in zip(mine, best, strict=True))
            print(f"{filtered} {right / np.count_nonzero(best >= 0):8.4f}", *figures, sep=" | ")


def main() -> None:
    """Makes the archive where it is not there yet, and measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="a real archive, whose articles the large one is made of")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=200, help="how many questions")
    parser.add_argument("--shares", type=float, nargs="*", default=SHARES, help="that the filters let pass")
    parser.add_argument("--folder", type=Path, help="where the large archive is, or is made and kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        archive = options.folder or Path(folder) / "archive"
        if not (archive / "CURRENT").exists():
            _apart(build, options.archive, archive, options.passages)
        _apart(measure, archive, options.questions, options.asked, options.shares)


def _apart(work: Callable[..., object], *given: object) -> None:
    """Does it in a process of its own, so that what one took of memory is not counted for the next."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=given)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


if __name__ == "__main__":
    main()
