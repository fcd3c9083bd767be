"""How many false claims the gate catches, and how many true ones it keeps.

    python -m benchmarks.verifier [../shared/newsqa] [--articles 400] [--part development|held-out|fresh] [--show]

Claims are of three sets: those written by hand over the example articles, those written by hand by kinds, and those
made of a seeded sample of real articles by truthful rewrites and by changes that make them false. The rules of the gate
were made while looking at the development half of each; of the other parts only counts are seen.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from benchmarks.claims import KINDS, PARTS, Claim, by_kinds, from_articles, over_examples
from rag.verifier import Verifier


def measure(claims: Iterable[Claim], *, show: bool) -> tuple[dict[tuple[str, str], list[bool]], list[float]]:
    """For each part and kind whether each claim was judged rightly, and the seconds each took."""
    verifier = Verifier()
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    seconds = []
    for claim in claims:
        began = time.process_time()
        check = verifier.check(claim.text, claim.citations)
        seconds.append(time.process_time() - began)
        good = check.supported == (claim.kind == "true")
        right[claim.part, claim.kind].append(good)
        if not good and show:
            print(
                f"{claim.kind}: {claim.text}\n   {' | '.join(c.sentence for c in claim.citations)}\n   {check.reasons}"
            )
    return right, seconds


def main() -> None:
    """Prints a table a set: a kind a row, a part a column."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/newsqa"))
    parser.add_argument("--articles", type=int, default=400, help="how many real articles are sampled")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=PARTS, help="this part alone")
    parser.add_argument("--show", action="store_true", help="print the claims that were judged wrongly")
    options = parser.parse_args()
    sets: dict[str, Iterable[Claim]] = {
        "over the examples": over_examples(),
        "by kinds": [claim for part in PARTS for claim in by_kinds(part)],
    }
    if options.data.is_dir():
        sets["made of real articles"] = from_articles(
            options.data / "articles.jsonl.gz", count=options.articles, seed=options.seed
        )
    for name, claims in sets.items():
        wanted = [claim for claim in claims if options.part in (None, claim.part)]
        if not wanted:
            continue
        right, seconds = measure(wanted, show=options.show)
        print(f"\n{name:24}" + "".join(f"{part:>24}" for part in PARTS))
        for kind in ("true", *KINDS):
            cells = [right[part, kind] for part in PARTS]
            label = "true, kept" if kind == "true" else f"{kind}, caught"
            print(f"{label:24}" + "".join(f"{_share(cell):>24}" for cell in cells))
        print(f"milliseconds a claim: median {statistics.median(seconds) * 1e3:.2f}, longest {max(seconds) * 1e3:.1f}")


def _share(cell: list[bool]) -> str:
    return f"{sum(cell)}/{len(cell)} = {sum(cell) / len(cell):.3f}" if cell else "-"


if __name__ == "__main__":
    main()
