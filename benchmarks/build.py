"""How fast a build is: the whole rebuild, the bare embedder on the same passages, and the plain float32 peer.

    python -m benchmarks.build ../shared/newsqa/articles.jsonl.gz [--articles 120]
    python -m benchmarks.build ../shared/newsqa/articles.jsonl.gz --articles 4712 --bare 6000 --archive .archives/newsqa

The second builds all and keeps the archive, and embeds 6,000 of its passages for comparison, drawn at random.

Each is measured in a process of its own, models loaded and warm before the clock starts, so that its memory is its own.
On a machine that does other work too the processor's seconds are steadier than the clock's; with OMP_NUM_THREADS=1 no
thread of the embedder spins while it waits for another, and they are steadier still.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

Figures = dict[str, float]
Measure = Callable[[Path, Path], Figures]


@contextmanager
def measured(figures: Figures) -> Iterator[None]:
    """Puts the seconds of the block, by the clock and of the processor, and the peak memory in `figures`."""
    began, used = time.monotonic(), _processor()
    yield
    figures["seconds"] = time.monotonic() - began
    figures["processor, s"] = _processor() - used
    figures["peak memory, GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _processor() -> float:
    """Seconds of the processor, those of helper processes that have ended included."""
    return sum(os.times()[:4])


def measure_rebuild(articles: Path, archive: Path) -> Figures:
    """The whole build with everything on, and the same again with nothing new."""
    from index.build import Input
    from index.embedding import SentenceTransformerEmbedder
    from index.rebuild import rebuild

    embedder = SentenceTransformerEmbedder()
    embedder.embed_passages(["warm"])
    figures: Figures = {}
    with measured(figures):
        figures["passages"] = rebuild(archive, Input.of(articles), embedder).passages
    figures["unchanged again, s"] = rebuild(archive, Input.of(articles), embedder).seconds
    return figures


def measure_bare(articles: Path, archive: Path, most: int | None = None) -> Figures:
    """Nothing but the embedder, on the passages that the rebuild made, or so many of them drawn at random."""
    from index.build import passage_input
    from index.embedding import SentenceTransformerEmbedder
    from index.faiss_store import open_archive
    from index.faiss_writer import PassageText

    store = open_archive(archive)
    numbers = range(store.manifest.passages)
    stored = store.passages(random.Random(1).sample(numbers, most) if most else numbers)
    texts = [passage_input(PassageText(s.number, s.article.title, s.article.published, s.passage.text)) for s in stored]
    embedder = SentenceTransformerEmbedder()
    embedder.embed_passages(["warm"])
    figures: Figures = {"passages": len(texts)}
    with measured(figures):
        embedder.embed_passages(texts)
    return figures


def measure_peer(articles: Path, archive: Path) -> Figures:
    """The peer's build: no cleaning, no dates, no full text, vectors in float32."""
    from benchmarks.peer import Peer

    peer = Peer()
    figures: Figures = {}
    with measured(figures):
        figures["passages"] = peer.build(articles).passages
    return figures


def _apart(measure: Measure, articles: Path, archive: Path) -> Figures:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (articles, archive))


def _speeds(figures: Figures) -> Figures:
    passages = figures["passages"]
    return {
        "passages/s": passages / figures["seconds"],
        "passages/processor s": passages / figures["processor, s"],
    } | figures


def main() -> None:
    """Prints the table, and writes it as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path, help="a JSONL.gz file of articles")
    parser.add_argument("--articles", dest="count", type=int, default=120, help="build only the first so many articles")
    parser.add_argument("--bare", type=int, help="embed only so many passages for comparison, and build no peer")
    parser.add_argument("--archive", type=Path, help="a new folder to build in, which is kept")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, archive = Path(folder) / "articles.jsonl.gz", options.archive or Path(folder) / "archive"
        with gzip.open(options.articles, "rb") as whole, gzip.open(first, "wb") as some:
            some.writelines(islice(whole, options.count))
        measures: dict[str, Measure] = {"rebuild": measure_rebuild, "bare": partial(measure_bare, most=options.bare)}
        if not options.bare:
            measures["peer"] = measure_peer
        columns = {name: _speeds(_apart(measure, first, archive)) for name, measure in measures.items()}
    print(f"{'':24}" + "".join(f"{name:>12}" for name in columns))
    for name in columns["rebuild"]:
        cells = (column.get(name) for column in columns.values())
        print(f"{name:24}" + "".join(f"{'-' if cell is None else f'{cell:,.2f}':>12}" for cell in cells))
    for name in ("passages/s", "passages/processor s"):
        ours = columns["rebuild"][name]
        beside = [f"{ours / columns['bare'][name]:.2f} of bare"]
        if "peer" in columns:
            beside.append(f"{ours / columns['peer'][name]:.2f} times the peer's")
        print(f"{name}: {', '.join(beside)}")
    if options.json:
        options.json.write_text(json.dumps(columns, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
