"""Cleaning quality in the measure of Zyte's article-extraction-benchmark, and time per page.

    python -m benchmarks.cleaning ../shared/cleaning

The folder holds `gold.json` (id -> articleBody, url) and `html/ID.html.gz`. Four ways are measured in one run: our HTML
cleaning beside bare trafilatura, and our cleaning of plain-text dumps beside no cleaning. The dumps are made from the
same pages with inscriptis; the dump cleaner sees no markup, no title and no head line.

The measure (scrapinghub/article-extraction-benchmark, `evaluate.py`): texts become bags of 4-word shingles; shares of
true positives, false positives and false negatives of each page give its precision and recall; both are averaged over
the pages, and F1 is their harmonic mean. The interval is 1.96 standard deviations over resampled sets of pages.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.article import PageKind, RawPage
from index.cleaning import clean
from index.errors import InputError

_WORD = re.compile(r"\w+")
_SHINGLE = 4


@dataclass(frozen=True, slots=True)
class Match:
    """How the shingles of one extraction meet those of the true text."""

    right: int
    extra: int
    missed: int


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall, averaged over pages."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the averages."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A page with the article body that people marked."""

    name: str
    url: str
    html: str
    body: str


def read_gold(folder: Path, limit: int | None = None) -> list[GoldPage]:
    """The pages of the set in order of name, the first `limit` of them."""
    gold: Mapping[str, Mapping[str, str]] = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    pages = []
    for name, entry in sorted(gold.items())[:limit]:
        html = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()).decode("utf-8", "replace")
        pages.append(GoldPage(name, entry["url"], html, entry["articleBody"]))
    return pages


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """The bag of runs of four words; a shorter text is one run."""
    words = _WORD.findall(text)
    return Counter(tuple(words[n : n + _SHINGLE]) for n in range(max(1, len(words) - _SHINGLE + 1)) if words)


def match(true: str, found: str) -> Match:
    """Compares an extraction with the true text."""
    wanted, got = shingles(true), shingles(found)
    right = (wanted & got).total()
    return Match(right, got.total() - right, wanted.total() - right)


def score(matches: Sequence[Match]) -> Score:
    """The averages over pages: an empty extraction has no precision to count, an empty true text no recall."""
    precisions = [m.right / (m.right + m.extra) for m in matches if m.right + m.extra]
    recalls = [m.right / (m.right + m.missed) for m in matches if m.right + m.missed]
    return Score(statistics.fmean(precisions or [0.0]), statistics.fmean(recalls or [0.0]))


def interval(matches: Sequence[Match], draws: int = 500) -> float:
    """Half the width of the 95 % interval of F1, by resampling pages with a fixed seed."""
    dice = random.Random(0)
    return 1.96 * statistics.stdev(score(dice.choices(matches, k=len(matches))).f1 for _ in range(draws))


def make_dump(page: GoldPage) -> str:
    """The plain text of a whole page, as inscriptis renders it."""
    from inscriptis import get_text

    return str(get_text(page.html))


def clean_page(page: GoldPage) -> str:
    """Our cleaning of the page's HTML."""
    return _story(RawPage(page.name, page.html, PageKind.HTML, url=page.url))


def clean_dump(dump: str) -> str:
    """Our cleaning of the page's plain text."""
    return _story(RawPage("dump", dump, PageKind.DUMP))


def bare_trafilatura(page: GoldPage) -> str:
    """Trafilatura as it comes."""
    import trafilatura

    return trafilatura.extract(page.html, include_comments=False) or ""


def _story(page: RawPage) -> str:
    try:
        return clean(page).text
    except InputError:
        return ""


def _report(name: str, pages: Sequence[GoldPage], extract: Callable[[int], str]) -> None:
    extract(0)  # what is loaded on first use is not part of a page's time
    started = time.perf_counter()
    texts = [extract(number) for number in range(len(pages))]
    each = (time.perf_counter() - started) / len(pages) * 1000
    matches = [match(page.body, text) for page, text in zip(pages, texts, strict=True)]
    result = score(matches)
    print(
        f"{name:<28}{result.f1:6.3f} ± {interval(matches):.3f}{result.precision:11.3f}{result.recall:9.3f}{each:10.1f}"
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="Measures cleaning on pages with a marked article body.")
    parser.add_argument("folder", type=Path, help="holds gold.json and html/")
    pages = read_gold(parser.parse_args().folder)
    dumps = [make_dump(page) for page in pages]
    print(f"{len(pages)} pages{'':<20}    F1          precision   recall   ms/page")
    _report("HTML, ours", pages, lambda number: clean_page(pages[number]))
    _report("HTML, bare trafilatura", pages, lambda number: bare_trafilatura(pages[number]))
    _report("plain text, ours", pages, lambda number: clean_dump(dumps[number]))
    _report("plain text, no cleaning", pages, lambda number: dumps[number])


if __name__ == "__main__":
    main()
