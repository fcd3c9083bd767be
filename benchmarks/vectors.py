"""Which FAISS index for how many passages: time, memory and recall against size, with filters and without.

    python -m benchmarks.vectors .archives/newsqa ../shared/newsqa/questions.jsonl --json benchmarks/vectors.json
    python -m benchmarks.curves benchmarks/vectors.json --plot docs/images/vectors.svg

The vectors are an archive's own, and beyond their number copies of them moved by noise to a cosine of about 0.9, so
that they lie where real ones do; a copy keeps its day. The questions are real ones. Recall is the share of the exact
search's ten best, under the same filter, that are found. A question is asked alone and on one thread, as the chat asks
it; its time is the processor's, which other work on the machine changes little. The first command takes most of an
hour; the second draws its figures.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.embedding import SentenceTransformerEmbedder
from index.faiss_store import open_archive
from rag.evaluation import read_questions

K = 10
NOISE = 0.48  # of a unit vector's length: a cosine of about 0.9
LISTS = {10_000: 128, 100_000: 1024, 1_000_000: 4096}
TRAINED_ON = 200_000
LINKS = 32
PROBES = (8, 16, 32, 64, 128, 256)
WIDTHS = (32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of index at one size, asked with one filter and one effort.

    `effort` is the lists looked into, or the width of the walk through a graph; 0 where all is looked at. `passing` is
    the share of the vectors that the filter lets pass. Times of questions are of the processor, in milliseconds.
    """

    size: int
    kind: str
    effort: int
    filter: str
    passing: float
    mib: float
    build_wall: float
    build_processor: float
    p50: float
    p95: float
    recall: float


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of index: how to make it empty, how to ask it, and with which efforts."""

    name: str
    make: Callable[[], Any]
    parameters: Callable[..., Any]
    efforts: tuple[int, ...]

    def asked(self, effort: int, selector: Any) -> Any:
        """FAISS's parameters of one search; `selector` is None without a filter."""
        chosen = {"sel": selector} if selector is not None else {}
        return self.parameters(effort, **chosen)


def kinds(size: int, dimension: int) -> Iterator[Kind]:
    """Each kind that is compared, the exact one first."""
    inner = faiss.METRIC_INNER_PRODUCT
    half = faiss.ScalarQuantizer.QT_fp16
    lists = lists_of(size)
    probes = (*(count for count in PROBES if count < lists), lists)

    def everything(_: int, **chosen: Any) -> Any:
        return faiss.SearchParameters(**chosen)

    def probing(effort: int, **chosen: Any) -> Any:
        return faiss.SearchParametersIVF(nprobe=effort, **chosen)

    def walking(effort: int, **chosen: Any) -> Any:
        return faiss.SearchParametersHNSW(efSearch=effort, **chosen)

    for name, code in (("flat, float32", "Flat"), ("flat, float16", "SQfp16"), ("flat, 8 bits", "SQ8")):
        yield Kind(name, lambda code=code: faiss.index_factory(dimension, code, inner), everything, (0,))
    for name, code in (("IVF, float16", "SQfp16"), ("IVF, 8 bits", "SQ8")):
        made_of = f"IVF{lists},{code}"
        yield Kind(name, lambda made_of=made_of: faiss.index_factory(dimension, made_of, inner), probing, probes)
    yield Kind("HNSW, float16", lambda: faiss.IndexHNSWSQ(dimension, half, LINKS, inner), walking, WIDTHS)


def lists_of(size: int) -> int:
    """How many lists an IVF index of so many vectors has."""
    return next((count for most, count in LISTS.items() if size <= most), 16384)


def made(real: Any, size: int) -> Any:
    """`size` unit vectors, shape (size, dimension): the real ones first, then moved copies of them."""
    drawn = np.random.default_rng(0)
    vectors = np.empty((size, real.shape[1]), dtype=np.float32)
    for start in range(0, size, len(real)):
        some = real[: min(size - start, len(real))]
        vectors[start : start + len(some)] = moved(some, drawn) if start else some
    return vectors


def moved(vectors: Any, drawn: np.random.Generator) -> Any:
    """Unit vectors moved by noise, and made unit vectors again."""
    noise = drawn.normal(0, NOISE / np.sqrt(vectors.shape[1]), vectors.shape).astype(np.float32)
    away = vectors + noise
    return away / np.linalg.norm(away, axis=1, keepdims=True)


def filters(days: Any) -> dict[str, Any]:
    """Which vectors each filter lets pass, shape (size,); None for all."""
    values, counts = np.unique(days, return_counts=True)
    middle = np.median(days)
    away = np.abs(days - middle)
    return {
        "none": None,
        "as of the middle day": days <= middle,
        "a tenth, about the middle day": away <= np.quantile(away, 0.1),
        "a hundredth, about the middle day": away <= np.quantile(away, 0.01),
        "a thousandth, about the middle day": away <= np.quantile(away, 0.001),
        "the busiest day": days == values[counts.argmax()],
    }


def selector_of(mask: Any) -> Any:
    """FAISS's form of a mask of shape (size,)."""
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))


def measure(index: Any, questions: Any, exact: Any, parameters: Any) -> tuple[float, float, float]:
    """Milliseconds of processor at the median and at 95 %, and recall@10."""
    times, found = [], 0
    for question, best in zip(questions, exact, strict=True):
        began = time.thread_time()
        _, numbers = index.search(question[None], K, params=parameters)
        times.append(1000 * (time.thread_time() - began))
        found += len(set(numbers[0][numbers[0] >= 0]) & set(best))
    return float(np.median(times)), float(np.percentile(times, 95)), found / np.count_nonzero(exact >= 0)


def build(index: Any, vectors: Any) -> tuple[float, float]:
    """Trains and fills an index; seconds by the clock and of the processor."""
    wall, processor = time.monotonic(), time.process_time()
    if not index.is_trained:
        index.train(vectors[np.random.default_rng(1).permutation(len(vectors))[:TRAINED_ON]])
    index.add(vectors)
    return time.monotonic() - wall, time.process_time() - processor


def mebibytes(index: Any) -> float:
    """The size of an index, counted while it is written nowhere."""
    written = 0

    def count(block: bytes) -> None:
        nonlocal written
        written += len(block)

    faiss.write_index(index, faiss.BufferedIOWriter(faiss.PyCallbackIOWriter(count)))
    return written / 2**20


def compare(vectors: Any, days: Any, questions: Any, threads: int, wanted: Sequence[str]) -> Iterator[Row]:
    """Every kind of index that is wanted on these vectors, with every filter and effort."""
    masks = filters(days)
    selectors = {name: None if mask is None else selector_of(mask) for name, mask in masks.items()}
    exact: dict[str, Any] = {}
    for kind in kinds(*vectors.shape):
        if exact and not _is_wanted(kind.name, wanted):
            continue
        index = kind.make()
        faiss.omp_set_num_threads(threads)
        wall, processor = build(index, vectors)
        if not exact:
            exact = {
                name: index.search(questions, K, params=kind.asked(0, selector))[1]
                for name, selector in selectors.items()
            }
            if not _is_wanted(kind.name, wanted):
                continue
        faiss.omp_set_num_threads(1)
        size = mebibytes(index)
        for name, mask in masks.items():
            passing = 1.0 if mask is None else float(mask.mean())
            for effort in kind.efforts:
                figures = measure(index, questions, exact[name], kind.asked(effort, selectors[name]))
                yield Row(len(vectors), kind.name, effort, name, passing, size, wall, processor, *figures)


def _is_wanted(kind: str, wanted: Sequence[str]) -> bool:
    return not wanted or kind in wanted


def main() -> None:
    """Prints each row as it is measured, and writes all as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--kinds", nargs="+", default=[], help='only these, as "IVF, float16"')
    parser.add_argument("--asked", type=int, default=200, help="how many questions")
    parser.add_argument("--json", type=Path, help="write the rows here too, those not measured again kept")
    options = parser.parse_args()
    real, days = _read(options.archive)
    embedder = SentenceTransformerEmbedder()
    asked = [question.question for question in read_questions(options.questions)[: options.asked]]
    questions = np.stack([embedder.embed_question(question) for question in asked])
    threads = faiss.omp_get_max_threads()
    rows = _kept(options.json, options.sizes, options.kinds)
    names = f"{'size':>10}  {'kind':14} {'effort':>6}  {'filter':34} {'MiB':>8}"
    print(f"{names} build, s  (cpu)  p50, ms  p95, ms  recall")
    for size in options.sizes:
        for row in compare(made(real, size), np.resize(days, size), questions, threads, options.kinds):
            rows.append(asdict(row))
            print(
                f"{row.size:10,}  {row.kind:14} {row.effort:>6}  {row.filter:34} {row.mib:8,.0f} {row.build_wall:9.1f} "
                f"{row.build_processor:6.0f} {row.p50:8.2f} {row.p95:8.2f} {row.recall:7.3f}",
                flush=True,
            )
            if options.json:
                options.json.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n", encoding="utf-8")


def _read(archive: Path) -> tuple[Any, Any]:
    """The vectors of an archive's passages, shape (passages, dimension), and the days of their articles as ordinals."""
    store = open_archive(archive)
    vectors, days = [], []
    for record in store.records():
        vectors.append(record.vectors)
        day = record.article.published
        days += [day.toordinal() if day else 0] * len(record.vectors)
    store.close()
    return np.concatenate(vectors), np.array(days)


def _kept(path: Path | None, sizes: Sequence[int], wanted: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a run before this one, without those that are measured again."""
    if path is None or not path.exists():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [row for row in rows if row["size"] not in sizes or not _is_wanted(row["kind"], wanted)]


if __name__ == "__main__":
    main()
