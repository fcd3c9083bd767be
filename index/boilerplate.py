"""Lines learned to be boilerplate of a source, because they recur on pages that have little else in common."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

_MIN_PAGES = 4
_SHARE = 0.02  # of a source's pages; background paragraphs that an agency repeats stay below it
_SHORT_SHARE = 0.2  # of short lines: names and headings recur in real stories too
_SHORT_WORDS = 4
_LONG_WORDS = 6  # lines from here on tell one story from another
_SKETCH = 24
_SAME_STORY = 0.5  # of the sketch lines in common: a copy or an update, which proves nothing


@dataclass(slots=True)
class _Seen:
    pages: int = 0  # that differ from the last few it was seen on
    text: str = ""  # kept from the second page on
    witnesses: list[frozenset[int]] = field(default_factory=list)


class BoilerplateLearner:
    """Learns from pages in one stream, in memory bounded by `capacity` lines over all sources (some 300 bytes each).

    A line is learned where it stands on at least 4 pages of one source, and on 2 in 100 of that source's pages (1 in 5
    for a line of under 4 words), that are different stories: pages with more than half of their other long lines in
    common count once.
    """

    def __init__(self, *, capacity: int = 100_000) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, got {capacity}")
        self._capacity = capacity
        self._pages: Counter[str] = Counter()
        self._seen: dict[tuple[str, int], _Seen] = {}  # the line seen least recently first

    def observe(self, source: str, text: str) -> None:
        """Takes note of the lines of one cleaned page of a source."""
        keys = {key for line in text.split("\n") if (key := line_key(line))}
        if not keys:
            return
        self._pages[source] += 1
        digests = {key: int.from_bytes(blake2b(key.encode("utf-8", "replace"), digest_size=8).digest()) for key in keys}
        long = [digest for key, digest in digests.items() if len(key.split()) >= _LONG_WORDS]
        sketch = frozenset(sorted(long or digests.values())[:_SKETCH])
        for key, digest in digests.items():
            seen = self._seen.pop((source, digest), None) or _Seen()
            self._seen[source, digest] = seen
            if any(_alike(sketch, witness, digest) for witness in seen.witnesses):
                continue
            seen.pages += 1
            seen.text = key if seen.pages > 1 else ""
            seen.witnesses = [*seen.witnesses[1 - _MIN_PAGES :], sketch]
        if len(self._seen) > self._capacity:
            self._forget()

    def learned(self) -> Mapping[str, frozenset[str]]:
        """The boilerplate lines of each source that has any, as `line_key` writes them."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for (source, _), seen in self._seen.items():
            share = _SHARE if len(seen.text.split()) >= _SHORT_WORDS else _SHORT_SHARE
            if seen.pages >= max(_MIN_PAGES, math.ceil(share * self._pages[source])):
                found[source].add(seen.text)
        return {source: frozenset(lines) for source, lines in found.items()}

    def _forget(self) -> None:
        # Half goes at once, so that the sort is rare: lines seen on one page before others, and the oldest first.
        entries = list(self._seen.items())
        order = sorted(range(len(entries)), key=lambda number: (min(entries[number][1].pages, _MIN_PAGES), number))
        kept = sorted(order[(len(order) + 1) // 2 :])
        self._seen = dict(entries[number] for number in kept)
        if len(self._pages) > self._capacity:
            alive = {source for source, _ in self._seen}
            self._pages = Counter({source: count for source, count in self._pages.items() if source in alive})


def line_key(line: str) -> str:
    """A line as it is compared: case and blanks do not count."""
    return " ".join(line.split()).casefold()


def strip_boilerplate(text: str, lines: frozenset[str]) -> str:
    """The text without the paragraphs and lines that are among `lines` (written as `line_key` does)."""
    if not lines:
        return text
    paragraphs = []
    for paragraph in text.split("\n\n"):
        kept = [line for line in paragraph.split("\n") if line_key(line) not in lines]
        if any(line.strip() for line in kept):
            paragraphs.append("\n".join(kept))
    return "\n\n".join(paragraphs)


def _alike(one: frozenset[int], other: frozenset[int], digest: int) -> bool:
    """Whether two pages are of one story, going by what they hold beside the line that is in question."""
    fewest = min(len(one - {digest}), len(other - {digest}))
    return not fewest or len((one & other) - {digest}) > _SAME_STORY * fewest
