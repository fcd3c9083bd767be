"""Lines learned to be boilerplate of a source: they recur on pages that have little else in common."""

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
_SAME_STORY = 0.5  # of the sketch lines in common, or the words of titles: a copy or an update, which proves nothing


@dataclass(slots=True)
class _Seen:
    pages: int = 0  # that differ from the last few it was seen on
    text: str = ""  # kept from the second page on; a whole page's, from the page on that it is learned of
    witnesses: list[frozenset[int]] = field(default_factory=list)

    def on(self, page: frozenset[int], but: int) -> bool:
        """Takes note of a page, its sketch but for what is in question itself; says whether it is another story."""
        if any(_alike(page, witness, but) for witness in self.witnesses):
            return False
        self.pages += 1
        self.witnesses = [*self.witnesses[1 - _MIN_PAGES :], page]
        return True


_Seens = dict[tuple[str, int], _Seen]  # by source and digest, the one seen least recently first


class BoilerplateLearner:
    """Learns from pages in one stream, in memory bounded by `capacity` lines and pages (some 300 bytes each).

    A line is learned where it stands on at least 4 pages of one source, and on 2 in 100 of that source's pages (1 in 5
    for a line of under 4 words), that are different stories: pages with more than half of their other long lines in
    common count once. Where a whole page is the same under 4 titles that differ (a form to register by, in place of the
    story), all of its lines are learned.
    """

    def __init__(self, *, capacity: int = 100_000) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, got {capacity}")
        self._capacity = capacity
        self._pages: Counter[str] = Counter()
        self._lines: _Seens = {}
        self._wholes: _Seens = {}

    def observe(self, source: str, title: str, text: str) -> None:
        """Takes note of the lines of one cleaned page of a source."""
        keys = {key for line in text.split("\n") if (key := line_key(line))}
        if not keys:
            return
        self._pages[source] += 1
        digests = {key: _digest(key) for key in keys}
        long = [digest for key, digest in digests.items() if len(key.split()) >= _LONG_WORDS]
        sketch = frozenset(sorted(long or digests.values())[:_SKETCH])
        for key, digest in digests.items():
            seen = _again(self._lines, source, digest)
            if seen.on(sketch, digest):
                seen.text = key if seen.pages > 1 else ""
        lines = "\n".join(sorted(keys))
        whole = _again(self._wholes, source, _digest(lines))
        if whole.on(frozenset(map(_digest, line_key(title).split())), 0) and whole.pages == _MIN_PAGES:
            whole.text = lines
        self._forget()

    def learned(self) -> Mapping[str, frozenset[str]]:
        """The boilerplate lines of each source that has any, as `line_key` writes them."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for (source, _), seen in self._lines.items():
            share = _SHARE if len(seen.text.split()) >= _SHORT_WORDS else _SHORT_SHARE
            if seen.pages >= max(_MIN_PAGES, math.ceil(share * self._pages[source])):
                found[source].add(seen.text)
        for (source, _), seen in self._wholes.items():
            found[source].update(seen.text.split("\n") if seen.text else ())
        return {source: frozenset(lines) for source, lines in found.items() if lines}

    def _forget(self) -> None:
        if max(len(self._lines), len(self._wholes)) <= self._capacity:
            return
        self._lines, self._wholes = self._bounded(self._lines), self._bounded(self._wholes)
        if len(self._pages) > self._capacity:
            alive = {source for source, _ in (*self._lines, *self._wholes)}
            self._pages = Counter({source: count for source, count in self._pages.items() if source in alive})

    def _bounded(self, seen: _Seens) -> _Seens:
        if len(seen) <= self._capacity:
            return seen
        # Half goes at once, so that the sort is rare: what was seen on one page before others, and the oldest first.
        entries = list(seen.items())
        order = sorted(range(len(entries)), key=lambda number: (min(entries[number][1].pages, _MIN_PAGES), number))
        kept = sorted(order[(len(order) + 1) // 2 :])
        return dict(entries[number] for number in kept)


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


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def _again(seen: _Seens, source: str, digest: int) -> _Seen:
    """What is known of a line or page, as the one seen last."""
    known = seen.pop((source, digest), None) or _Seen()
    seen[source, digest] = known
    return known


def _alike(one: frozenset[int], other: frozenset[int], digest: int) -> bool:
    """Whether two pages are of one story, going by what they hold beside the line that is in question."""
    fewest = min(len(one - {digest}), len(other - {digest}))
    return not fewest or len((one & other) - {digest}) > _SAME_STORY * fewest
