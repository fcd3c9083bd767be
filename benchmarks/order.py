"""How near the order of BM25 over an archive in segments is to that over the same archive built whole.

    python -m benchmarks.order .archives/newsqa ../shared/newsqa/questions.jsonl [--questions 300]

The archive's newest articles are added to the older ones as news is, up to as many as are not yet merged with them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from index.embedding import ModelCard
from index.errors import ArchiveMissing
from index.faiss_store import FaissStore, open_archive
from index.faiss_writer import FaissWriter
from index.generation import ArchivePaths, building, publish, writer_lock
from index.rebuild import current
from index.records import Record
from index.store import Filter
from rag.evaluation import read_questions
from rag.query import understand

ADDED = 0.16  # of the articles, in one segment; at a fifth it is merged


def written(root: Path, model: ModelCard, parts: Sequence[Sequence[Record]]) -> FaissStore:
    """An archive to which the parts were added one after the other, opened; its clusters are left alone."""
    paths = ArchivePaths(root)
    for part in parts:
        with writer_lock(paths), building(paths) as folder:
            try:
                writer = FaissWriter.beside(folder, current(paths))
            except ArchiveMissing:
                writer = FaissWriter.fresh(folder, model)
            for record in part:
                first = writer.next_passage
                writer.add(record.article, record.sentences, record.passages, record.signature)
                writer.add_vectors(range(first, writer.next_passage), record.vectors)
            articles, passages = writer.articles, writer.passages
            sealed = writer.finish()
            publish(paths, folder, model, articles=articles, passages=passages, sealed=sealed)
    return open_archive(root)


def found(store: FaissStore, terms: Sequence[str]) -> dict[tuple[str, int], float]:
    """The hundred best passages, best first, with their scores as shares of the best."""
    hits = store.lexical(terms, 100, Filter())
    stored = store.passages([hit.passage for hit in hits])
    return {(s.article_id, s.passage.start): h.score / hits[0].score for s, h in zip(stored, hits, strict=True)}


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("asked", type=Path, help="a file of questions")
    parser.add_argument("--questions", type=int, default=300)
    options = parser.parse_args()
    source = open_archive(options.archive)
    records = sorted(source.records(), key=lambda record: (record.article.published or date.min, record.article_id))
    older = round(len(records) * (1 - ADDED))
    with tempfile.TemporaryDirectory() as folder:
        whole = written(Path(folder) / "whole", source.model, [records])
        parts = written(Path(folder) / "parts", source.model, [records[:older], records[older:]])
        print(f"passages in segments: {', '.join(str(segment.counts[1]) for segment in parts.segments)}")
        pairs = []
        for question in read_questions(options.asked)[: options.questions]:
            terms = understand(question.question, as_of=None, today=question.asked or date.today()).terms
            pairs.append((found(whole, terms), found(parts, terms)))
    print(f"the same first: {np.mean([list(one)[:1] == list(other)[:1] for one, other in pairs]):.3f}")
    for k in (10, 100):
        shares = [len({*list(one)[:k]} & {*list(other)[:k]}) / len(list(one)[:k]) for one, other in pairs if one]
        print(f"of the best {k} the same: {np.mean(shares):.3f}")
    off = [abs(one[key] - other[key]) for one, other in pairs for key in one.keys() & other.keys()]
    print(f"score, as a share of the best, off by: {np.mean(off):.4f} on average, {np.percentile(off, 99):.4f} at 99 %")


if __name__ == "__main__":
    main()
