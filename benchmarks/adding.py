"""How long until an article that is added can be answered from, and how that grows with the archive.

    python -m benchmarks.adding .archives/newsqa [--passages 10000 100000 1000000] [--folder DIR]

An archive of each size is made of a real one (`benchmarks.large`), so that nothing need be embedded. Then, in a process
of its own that holds the archive open, as a server or a watch does, articles are added one by one and asked for; at
last one is added by a process that begins with nothing open, as the command does. A million passages take about 3 GB
of disk.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.large import build
from index.build import Input
from index.embedding import Embedder, SentenceTransformerEmbedder
from index.rebuild import add
from index.store import Vector
from rag.assistant import Assistant

ADDED = 12


def main() -> None:
    """Prints a line for each size; times are in seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="a real archive, whose articles are built on")
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="where the archives are made; they are removed afterwards")
    options = parser.parse_args()
    print(
        "  passages  articles built, s   MiB | open | add: median  most  model | refresh |   ask | peak MiB | cold add"
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for size in options.passages:
            archive = Path(folder) / "archive"
            print(_apart(built, options.archive, archive, size), end=" ", flush=True)
            print(_apart(add_warm, archive), end=" ", flush=True)
            print(_apart(add_cold, archive), flush=True)
            shutil.rmtree(archive)


def built(real: Path, archive: Path, size: int) -> str:
    """Writes an archive of `size` passages or a few more."""
    began = time.monotonic()
    articles, passages = build(real, archive, size)
    room = sum(file.stat().st_size for file in archive.rglob("*")) / 2**20
    return f"{passages:10,} {articles:9,} {time.monotonic() - began:8.0f} {room:5,.0f} |"


@dataclass
class Timed:
    """An embedder that counts the seconds that it takes for passages."""

    embedder: Embedder
    seconds: float = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.embedder, name)

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        """The vectors of the texts."""
        began = time.monotonic()
        vectors = self.embedder.embed_passages(texts)
        self.seconds += time.monotonic() - began
        return vectors


def add_warm(archive: Path) -> str:
    """Adds articles one by one beside an assistant that is open, which is asked for each."""
    embedder = Timed(SentenceTransformerEmbedder())
    embedder.embed_passages(["warm"])
    began = time.monotonic()
    assistant = Assistant(archive, embedder=embedder)
    opened = time.monotonic() - began
    assistant.ask("Which tunnel was opened?")
    adds, models, refreshes, asks = [], [], [], []
    for number in range(ADDED):
        page, embedder.seconds = _page(archive, number), 0.0
        adds.append(_seconds(lambda page=page: add(archive, Input.of(page), embedder, held=assistant.store)))
        models.append(embedder.seconds)
        refreshes.append(_seconds(assistant.refresh))
        question = f"Who opened the {_name(number)} tunnel?"
        asks.append(_seconds(lambda question=question: assistant.ask(question)))
        answer = assistant.ask(question)
        if not answer.citations or _name(number) not in answer.citations[0].sentence:
            raise SystemExit(f"{question} was answered with {answer.text!r}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return (
        f"{opened:4.1f} | {statistics.median(adds):11.3f} {max(adds):5.2f} {statistics.median(models):6.3f} | "
        f"{statistics.median(refreshes):7.3f} | {statistics.median(asks):5.2f} | {memory:8,.0f} |"
    )


def add_cold(archive: Path) -> str:
    """Adds one article with nothing open; the model is loaded."""
    embedder = SentenceTransformerEmbedder()
    embedder.embed_passages(["warm"])
    page = _page(archive, ADDED)
    return f"{_seconds(lambda: add(archive, Input.of(page), embedder)):8.2f}"


def _name(number: int) -> str:
    return ("Vorlund", "Estrup", "Calvera", "Nimrisk", "Torvaal", "Ulmeda", "Brisgau")[number % 7] + "aeiou"[number % 5]


def _page(archive: Path, number: int) -> Path:
    path = archive.parent / f"{number}.jsonl"
    name = _name(number)
    text = (
        f"Minister Ada Holm opened the {name} tunnel on Tuesday after nine years of work. It is {number + 11} "
        f"kilometres long and cost {number + 3} billion crowns.\n\nThe first train ran through the {name} tunnel at "
        "noon with four hundred guests, and lorries are to follow in the autumn, the ministry said."
    )
    page = {"title": f"{name} tunnel opens", "text": text, "published": "2025-03-04", "language": "en"}
    path.write_text(json.dumps({**page, "source": "made.example", "url": f"https://made.example/added/{number}"}))
    return path


def _seconds(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def _apart(measure: Callable[..., str], *arguments: object) -> str:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, arguments)


if __name__ == "__main__":
    main()
