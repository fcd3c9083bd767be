"""Quality and speed on real news questions, the plain peer beside us in the same run.

    python -m benchmarks.newsqa ../shared/newsqa [--articles 300] [--limit 100] [--no-peer]
    python -m benchmarks.newsqa ../shared/newsqa --archive .archives/newsqa --quick-peer

Each is built and asked in a process of its own, so that its peak memory is its own. The peer embeds in float32, as it
comes, and takes most of the time; with `--articles` only the first so many are built, to compare speed alone. For the
answers alone `--archive` asks an archive that is built already, and `--quick-peer` embeds the peer's in bfloat16.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import resource
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rag.evaluation import Report, evaluate, read_questions


def measure_ours(data: Path, limit: int | None, built: Path | None = None) -> dict[str, Any]:
    """Builds a Dateline archive and asks it, or asks one that is built already."""
    from index.build import Input
    from index.embedding import SentenceTransformerEmbedder
    from index.rebuild import rebuild
    from rag.assistant import Assistant

    if built is not None:
        with Assistant(built) as assistant:
            return evaluate(assistant, read_questions(data / "questions.jsonl")[:limit]).figures()
    embedder = SentenceTransformerEmbedder()
    embedder.count_tokens(["warm"])
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder)
        first = rebuild(archive, Input.of(data / "articles.jsonl.gz"), embedder)
        peak = _peak_memory()
        again = rebuild(archive, Input.of(data / "articles.jsonl.gz"), embedder)
        assistant = Assistant(archive)
        report = evaluate(assistant, read_questions(data / "questions.jsonl")[:limit])
        assistant.close()
    speed = {"unchanged rebuild, s": again.seconds}
    return _figures(report, first.passages, first.seconds, peak) | speed


def measure_peer(data: Path, limit: int | None, *, quick: bool = False) -> dict[str, Any]:
    """Builds the peer and asks it."""
    from benchmarks.peer import Peer

    peer = Peer(quick=quick)
    built = peer.build(data / "articles.jsonl.gz")
    peak = _peak_memory()
    return _figures(
        peer.evaluate(read_questions(data / "questions.jsonl")[:limit]), built.passages, built.seconds, peak
    )


def _figures(report: Report, passages: int, seconds: float, peak: float) -> dict[str, Any]:
    return {
        **report.figures(),
        "passages": passages,
        "build, s": seconds,
        "build, passages/s": passages / seconds,
        "build peak memory, GiB": peak,
    }


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _first(data: Path, articles: int, folder: Path) -> Path:
    """A copy of the data with only the first articles."""
    with gzip.open(data / "articles.jsonl.gz", "rb") as whole, gzip.open(folder / "articles.jsonl.gz", "wb") as some:
        some.writelines(islice(whole, articles))
    shutil.copyfile(data / "questions.jsonl", folder / "questions.jsonl")
    return folder


def _apart(measure: Callable[[Path, int | None], dict[str, Any]], data: Path, limit: int | None) -> dict[str, Any]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (data, limit))


def main() -> None:
    """Prints the table, and writes it as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with articles.jsonl.gz and questions.jsonl")
    parser.add_argument("--articles", type=int, help="build only the first so many articles")
    parser.add_argument("--limit", type=int, help="ask only the first so many questions")
    parser.add_argument("--no-peer", action="store_true", help="measure only ourselves")
    parser.add_argument("--archive", type=Path, help="ask this archive of all the articles, and build none")
    parser.add_argument("--quick-peer", action="store_true", help="embed the peer's chunks in bfloat16")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = _first(options.data, options.articles, Path(folder)) if options.articles else options.data
        columns = {"dateline": _apart(partial(measure_ours, built=options.archive), data, options.limit)}
        if not options.no_peer:
            columns["peer"] = _apart(partial(measure_peer, quick=options.quick_peer), data, options.limit)
    print(f"{'':40}" + "".join(f"{name:>12}" for name in columns))
    for name in dict.fromkeys(name for column in columns.values() for name in column):
        cells = (column.get(name) for column in columns.values())
        print(f"{name:40}" + "".join(f"{'-' if cell is None else f'{cell:,.3f}':>12}" for cell in cells))
    if options.json:
        options.json.write_text(json.dumps(columns, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
