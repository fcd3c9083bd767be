"""How many false claims the gate catches, and how many true ones it keeps.

    python -m benchmarks.verifier [../shared/newsqa] [--articles 400] [--show development|held-out]

Claims are of two kinds: some 300 written by hand over the example articles, and those made of a seeded sample of real
articles by truthful rewrites and by changes that make them false. Each set has two halves, by article or by line: the
rules were made while looking at the first, and the second is only counted.
"""

from __future__ import annotations

import argparse
import statistics
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from benchmarks.claims import Claim, by_hand, from_articles
from benchmarks.mutations import KINDS
from rag.verifier import Verifier

HALVES = ("development", "held-out")


def half(claim: Claim) -> str:
    """The half that a claim falls into: line by line, or article by article."""
    number = int(claim.group) if claim.group.isdigit() and len(claim.group) < 6 else zlib.crc32(claim.group.encode())
    return HALVES[number % 2]


def measure(claims: Iterable[Claim], show: str | None) -> tuple[dict[tuple[str, str], list[bool]], list[float]]:
    """For each half and kind whether each claim was judged rightly, and the seconds each took."""
    verifier = Verifier()
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    seconds = []
    for claim in claims:
        began = time.process_time()
        check = verifier.check(claim.text, claim.citations)
        seconds.append(time.process_time() - began)
        good = check.supported == (claim.kind == "true")
        right[half(claim), claim.kind].append(good)
        if not good and show == half(claim):
            print(
                f"{claim.kind}: {claim.text}\n   {' | '.join(c.sentence for c in claim.citations)}\n   {check.reasons}"
            )
    return right, seconds


def main() -> None:
    """Prints a table a set: a kind a row, a half a column."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/newsqa"))
    parser.add_argument("--articles", type=int, default=400, help="how many real articles are sampled")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", choices=HALVES, help="print the claims of this half that were judged wrongly")
    options = parser.parse_args()
    sets: dict[str, Iterable[Claim]] = {"written by hand": by_hand()}
    if options.data.is_dir():
        sets["made of real articles"] = from_articles(
            options.data / "articles.jsonl.gz", count=options.articles, seed=options.seed
        )
    for name, claims in sets.items():
        right, seconds = measure(claims, options.show)
        print(f"\n{name:24}" + "".join(f"{half:>24}" for half in HALVES))
        for kind in ("true", *KINDS):
            cells = [right[half, kind] for half in HALVES]
            label = "true, kept" if kind == "true" else f"{kind}, caught"
            print(f"{label:24}" + "".join(f"{_share(cell):>24}" for cell in cells))
        print(f"milliseconds a claim: median {statistics.median(seconds) * 1e3:.2f}, longest {max(seconds) * 1e3:.1f}")


def _share(cell: list[bool]) -> str:
    return f"{sum(cell)}/{len(cell)} = {sum(cell) / len(cell):.3f}" if cell else "-"


if __name__ == "__main__":
    main()
