"""Dateline beside other libraries, on the same articles and questions, in one run.

    python -m benchmarks.peers ../shared/newsqa [--articles 400] [--seed 0] [--threads 1] [--only Dateline txtai …]

The articles are those that people named as evidence for questions, and others drawn at random; the questions are those
that they answer. Each library runs in a process and an environment of its own (made under `.peers`, from
`requirements/`), with its own documented defaults and the same packaged embedding model; models are loaded before the
clock starts. No answer and no choices are in what a library is given. A library that cites no sentences is credited
with those of its five best passages that are nearest by cosine. What does not install or run is named with its error.
On a machine that does other work too the processor's seconds are the steadier ones, and with `--threads 1` no thread
spins while it waits for another.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import interpreter
from benchmarks.peers.subset import choose
from benchmarks.peers.systems import PEERS, Peer
from rag.evaluation import Question, first_rank

COLUMNS = {
    "version": "{}",
    "passages": "{:,}",
    "characters each": "{:,.0f}",
    "build, s": "{:.0f}",
    "build, processor s": "{:.0f}",
    "query p50, ms": "{:.0f}",
    "query p50, processor ms": "{:.0f}",
    "peak memory, GiB": "{:.2f}",
    "passage hit@1": "{:.3f}",
    "passage hit@5": "{:.3f}",
    "passage hit@20": "{:.3f}",
    "sentence hit@1": "{:.3f}",
    "sentence hit@3": "{:.3f}",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one peer: its figures, or the error that kept it from running."""

    peer: Peer
    figures: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def run(peer: Peer, folder: Path, questions: Sequence[Question], threads: int) -> Measured:
    """Builds and asks one peer in a process of its own."""
    path = folder / "found.json"
    path.unlink(missing_ok=True)
    told = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)}
    try:
        python = interpreter(peer.environment)
        command = [str(python), "-m", "benchmarks.peers.measure", peer.name, str(folder), str(path), str(threads)]
        subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | told)
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or str(error)).strip()
        return Measured(peer, error=said.splitlines()[-1])
    found = json.loads(path.read_text(encoding="utf-8"))
    return Measured(peer, found | _hits(found.pop("found"), questions))


def _hits(found: Sequence[dict[str, list[str]]], questions: Sequence[Question]) -> dict[str, float]:
    texts = [text for one in found for text in one["passages"]]
    hits = {"characters each": sum(map(len, texts)) / max(1, len(texts))}
    for kind, ranks in (("passage", (1, 5, 20)), ("sentence", (1, 3))):
        firsts = [first_rank(q.answer, one[f"{kind}s"]) for q, one in zip(questions, found, strict=True)]
        for k in ranks:
            hits[f"{kind} hit@{k}"] = sum(first is not None and first <= k for first in firsts) / len(firsts)
    return hits


def table(measured: Sequence[Measured]) -> str:
    """The figures in Markdown, a library a column, and a note for each that has none."""
    ran = [one for one in measured if one.figures]
    lines = [
        "| | " + " | ".join(one.peer.name for one in ran) + " |",
        "| --- |" + " --- |" * len(ran),
        *(
            f"| {name} | " + " | ".join(shape.format(one.figures[name]) for one in ran) + " |"
            for name, shape in COLUMNS.items()
        ),
        "| as-of filter | " + " | ".join("yes" if one.peer.filters else "it has none" for one in ran) + " |",
        "",
        *(f"{one.peer.name} did not run: `{one.error}`" for one in measured if one.error),
    ]
    return "\n".join(lines).rstrip()


def main() -> None:
    """Prints the table, and writes the figures as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder with articles.jsonl.gz and questions.jsonl")
    parser.add_argument("--articles", type=int, default=400, help="how many articles")
    parser.add_argument("--seed", type=int, default=0, help="which are drawn")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="each library's; 1 on a busy machine")
    parser.add_argument("--only", nargs="+", help="measure only the libraries whose names begin so")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    subset = choose(options.data, options.articles, options.seed)
    print(f"{len(subset.articles)} articles, {len(subset.questions)} questions that one of them answers\n", flush=True)
    measured, figures = [], {}
    with tempfile.TemporaryDirectory() as folder:
        subset.write(Path(folder))
        for peer in PEERS:
            if not options.only or peer.name.startswith(tuple(options.only)):
                one = run(peer, Path(folder), subset.questions, options.threads)
                figures[peer.name] = one.figures or {"error": one.error}
                measured.append(one)
                if options.json:
                    options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(table(measured))


if __name__ == "__main__":
    main()
