"""Which FAISS index for how many passages: time, memory and recall against size.

    python -m benchmarks.vectors .archives/newsqa ../shared/newsqa/questions.jsonl [--sizes 10000 100000 1000000]

The vectors are an archive's own, and beyond their number copies of them moved by noise to a cosine of about 0.9, so
that they lie where real ones do. The questions are real ones. Recall is the share of the exact search's ten best that
are found; time is of one question alone, as the chat asks.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.embedding import SentenceTransformerEmbedder
from index.faiss_store import read_vectors, vectors_of
from index.generation import VECTORS, ArchivePaths
from rag.evaluation import read_questions

K = 10
NOISE = 0.48  # of a unit vector's length: a cosine of about 0.9
LISTS = {10_000: 128, 100_000: 1024, 1_000_000: 4096}


def made(real: Any, size: int) -> Any:
    """`size` unit vectors, shape (size, dimension): the real ones first, then moved copies of them."""
    drawn = np.random.default_rng(0)
    blocks, left = [real[:size]], size - len(real)
    while left > 0:
        some = real[: min(left, len(real))]
        moved = some + drawn.normal(0, NOISE / np.sqrt(some.shape[1]), some.shape).astype(np.float32)
        blocks.append(moved / np.linalg.norm(moved, axis=1, keepdims=True))
        left -= len(some)
    return np.ascontiguousarray(np.concatenate(blocks), dtype=np.float32)


def indexes(size: int, dimension: int) -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    """Each kind by name, empty, with the numbers of lists to look into; none where all is looked at."""
    inner = faiss.METRIC_INNER_PRODUCT
    yield "flat, float32", faiss.IndexFlatIP(dimension), ()
    yield "flat, float16", faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, inner), ()
    yield "flat, 8 bits", faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit, inner), ()
    lists = next((count for most, count in LISTS.items() if size <= most), 16384)
    yield f"IVF{lists}, 8 bits", faiss.index_factory(dimension, f"IVF{lists},SQ8", inner), (8, 32, 128)


def measure(index: Any, questions: Any, exact: Any) -> tuple[float, float, float]:
    """Milliseconds at the median and at 95 %, and recall@10."""
    times, found = [], 0
    for question, best in zip(questions, exact, strict=True):
        began = time.perf_counter()
        _, numbers = index.search(question[None], K)
        times.append(1000 * (time.perf_counter() - began))
        found += len(set(numbers[0]) & set(best))
    return float(np.median(times)), float(np.percentile(times, 95)), found / exact.size


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--asked", type=int, default=200, help="how many questions")
    options = parser.parse_args()
    paths = ArchivePaths(options.archive)
    stored = read_vectors(paths.folder(paths.current_name()) / VECTORS)
    real = vectors_of(stored, range(stored.ntotal))
    embedder = SentenceTransformerEmbedder()
    asked = [question.question for question in read_questions(options.questions)[: options.asked]]
    questions = np.stack([embedder.embed_question(question) for question in asked])
    print("  passages  index                lists read     MiB  build, s  p50, ms  p95, ms recall")
    for size in options.sizes:
        vectors = made(real, size)
        exact: Any = None
        for name, index, probes in indexes(size, vectors.shape[1]):
            began = time.monotonic()
            if not index.is_trained:
                index.train(vectors[np.random.default_rng(1).permutation(size)[: min(size, 200_000)]])
            index.add(vectors)
            built = time.monotonic() - began
            if exact is None:
                exact = index.search(questions, K)[1]
            mib = len(faiss.serialize_index(index)) / 2**20
            for probe in probes or (0,):
                if probe:
                    index.nprobe = probe
                p50, p95, recall = measure(index, questions, exact)
                looked = str(probe) if probe else "all"
                print(
                    f"{size:10,}  {name:20} {looked:>10} {mib:7,.0f} {built:9.1f} {p50:8.1f} {p95:8.1f} {recall:6.3f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
