"""Exact and near copies of articles, gathered into syndication clusters: one wire story, one independent source.

Copies of a wire story share few words once every desk has cut and edited them: on average some 30 % of their
3-grams (NEWS-COPY, Silcock et al. 2022, arXiv 2210.04261). So candidates come from MinHash signatures (Broder 1997)
in many narrow bands, within a few days of each other, and the caller's embeddings confirm them.

One outlet's own stories share as much for another reason: today's update repeats yesterday's background, and hiding
one behind the other would hide news. Within a source only all but the same text is a copy.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Signature = bytes

_MINIMA = 256
_DIGEST_BYTES = 16
_COUNT_BYTES = 4
SIGNATURE_BYTES = _DIGEST_BYTES + _COUNT_BYTES + 2 * _MINIMA

_FEWEST_SHINGLES = 30  # shorter texts are copies only where they are the same
_CONTAINED = 0.5  # of the shorter text, where a desk kept only the first paragraphs
_LEAST_OVERLAP = 0.05  # ten times what two unlike stories share
_AGREEING = 0.8  # of the pairs across two clusters that become one
_NEIGHBOURS = 64  # looked at in one bucket; bounds the work on pages that share a template
_CHUNK = 1 << 16
_WINDOW = 3  # days between two copies that are no longer the same word for word

_WORD = re.compile(r"\w+")
_QUOTATION = re.compile(r"“[^“”\n]{20,600}”|\"[^\"\n]{20,600}\"")
_UNITS = np.random.Generator(np.random.PCG64(20221004)).integers(0, 1 << 32, (2, _MINIMA), dtype=np.uint32)
_FACTORS, _OFFSETS = _UNITS[0] | np.uint32(1), _UNITS[1]

Pairs = NDArray[np.int64]  # shape (n, 2): row numbers, the smaller first


@dataclass(frozen=True, slots=True)
class Known:
    """An article as its copies are found: its number, source, day and signature."""

    number: int
    source: str
    published: date | None
    signature: Signature


@dataclass(frozen=True, slots=True)
class Lookup:
    """Keys, as a JSON list, of which an article has one that may be a copy, if its day is in a span; 0 is undated."""

    keys: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Link:
    """Two articles that are likely copies, by number, and how strong a likeness: 1 only for the same text."""

    strength: float
    one: int
    other: int


def signature(text: str) -> Signature:
    """What is kept of a text to know its copies: `SIGNATURE_BYTES` bytes, the same on every machine.

    A digest of its words, the number of its 3-grams of words, and their 256 minima of 16 bits each. Long
    quotations are left out of the 3-grams: what two reporters heard the same speaker say makes no copy.
    """
    words = _words(text)
    digest = hashlib.sha256(" ".join(words).encode()).digest()[:_DIGEST_BYTES]
    unquoted, quotations = _QUOTATION.subn(" ", text)
    own_words = _words(unquoted) if quotations else words
    shingles = _shingles(own_words if len(own_words) > len(words) / 3 else words)
    count = len(shingles).to_bytes(_COUNT_BYTES, "little")
    return digest + count + _minima(shingles).tobytes()


def keys_of(signatures: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The keys of signatures, shape (n, SIGNATURE_BYTES), as shape (n, 129): copies have one in common.

    The first is of the whole text, the others of two neighbouring minima each: 0 where a text is so short that only
    the same text is a copy.
    """
    digest, count, minima = np.split(signatures, [_DIGEST_BYTES, _DIGEST_BYTES + _COUNT_BYTES], axis=1)
    same = np.ascontiguousarray(digest[:, :4]).view("<u4").astype(np.int64)
    bands = np.ascontiguousarray(minima).view("<u4").astype(np.int64)
    bands |= np.arange(1, bands.shape[1] + 1, dtype=np.int64) << 32
    bands[np.ascontiguousarray(count).view("<u4")[:, 0] < _FEWEST_SHINGLES] = 0
    return np.concatenate([same, bands], axis=1)


def lookups(known: Known) -> Iterator[Lookup]:
    """What to look for to find the copies of an article; the keys are those of `keys_of`."""
    same, *bands = keys_of(np.frombuffer(known.signature, dtype=np.uint8)[None])[0].tolist()
    ever = (0, date.max.toordinal())
    yield Lookup(json.dumps([same]), *ever)
    if not bands[0]:
        return
    near = json.dumps(bands)
    if known.published is None:
        yield Lookup(near, *ever)
    else:
        day = known.published.toordinal()
        yield Lookup(near, max(day - _WINDOW, 1), day + _WINDOW)
        yield Lookup(near, 0, 0)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
    return _WORD.findall(plain.casefold())


def _shingles(words: Sequence[str]) -> NDArray[np.uint32]:
    code_of = {word: zlib.crc32(word.encode()) for word in set(words)}
    codes = np.fromiter(map(code_of.__getitem__, words), dtype=np.uint64, count=len(words))
    if len(codes) < 3:
        return np.zeros(0, dtype=np.uint32)
    mixed = codes[:-2] * np.uint64(0x9E3779B97F4A7C15)
    mixed += codes[1:-1] * np.uint64(0xC2B2AE3D27D4EB4F) + codes[2:] * np.uint64(0x165667B19E3779F9)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def _minima(shingles: NDArray[np.uint32]) -> NDArray[np.uint16]:
    lowest = np.full(_MINIMA, 0xFFFFFFFF, dtype=np.uint32)
    for start in range(0, len(shingles), 1024):  # a part that stays in the processor's cache
        hashed = shingles[start : start + 1024, None] * _FACTORS + _OFFSETS
        hashed ^= hashed >> np.uint32(15)
        hashed *= np.uint32(0x2C1B3C6D)
        np.minimum(lowest, hashed.min(axis=0), out=lowest)
    return lowest.astype("<u2")  # the low bits are as random as any, and 16 of them agree by chance once in 65,536


def similarity(vectors_of: Callable[[int], NDArray[np.float32]]) -> Callable[[int, int], float]:
    """The cosine of two articles' mean vectors, where `vectors_of` gives those of an article's passages."""

    def cosine(one: int, other: int) -> float:
        first, second = (vectors_of(number).mean(axis=0) for number in (one, other))
        length = float(np.linalg.norm(first) * np.linalg.norm(second))
        return float(first @ second) / length if length else 0.0

    return cosine


class ClusterFinder:
    """Takes articles one by one, in any order, and tells which tell one story in the same words.

    It keeps 0.5 kB an article and no text. An archive that grows gives it back only what may be a copy of what is new.
    `overlap` is the least Jaccard likeness of 3-grams across sources, `same_source` that within one source or where
    a date is unknown, `cosine` the least likeness of meaning, as the caller measures it.
    """

    def __init__(
        self, *, window_days: int = _WINDOW, overlap: float = 0.15, same_source: float = 0.8, cosine: float = 0.7
    ) -> None:
        self._window = window_days
        self._overlap = overlap
        self._same_source = same_source
        self._cosine = cosine
        self._entries: dict[int, tuple[date | None, str]] = {}  # in the order of the signatures
        self._signatures = bytearray()
        self._texts: set[tuple[bytes, str, date | None]] = set()

    def repeats(self, source: str, published: date | None, kept: Signature) -> bool:
        """Whether an article added before says the same, word for word, in the same source on the same day.

        Such a copy tells a reader nothing and may be dropped. One in another source, or of another day, may not: it
        counts among the outlets, and a reader who asks as of an earlier day sees only the earlier one.
        """
        return (kept[:_DIGEST_BYTES], source, published) in self._texts

    def add(self, key: int, published: date | None, source: str, kept: Signature) -> None:
        """Takes an article in. Raises ValueError where the key was added before or the signature has another length."""
        if key in self._entries:
            raise ValueError(f"article {key} was added before")
        if len(kept) != SIGNATURE_BYTES:
            raise ValueError(f"a signature has {SIGNATURE_BYTES} bytes, got {len(kept)}")
        self._entries[key] = (published, source)
        self._signatures += kept
        self._texts.add((kept[:_DIGEST_BYTES], source, published))

    def restore(self, known: Known) -> None:
        """Takes in an article that the archive held before, unless it was taken in already."""
        if known.number not in self._entries:
            self.add(known.number, known.published, known.source, known.signature)

    def links(self, similarity: Callable[[int, int], float]) -> list[Link]:
        """The pairs of articles that are likely copies of each other.

        `similarity(a, b)` is the cosine of two articles' vectors; it is asked only of pairs whose words agree.
        """
        table = self._table
        return [
            Link(strength, table.keys[a], table.keys[b])
            for (a, b), strength in self._likely(table)
            if strength == 1 or similarity(table.keys[a], table.keys[b]) >= self._cosine
        ]

    def clusters(self, links: Iterable[Link]) -> dict[int, int]:
        """The cluster of every article that was taken in, named by the smallest key in it.

        Clusters do not depend on the order of adding, nor on articles that no chain of links leads to. Two of them
        become one only where most pairs across them overlap, so that a digest of the day's news does not make one
        story of all it tells.
        """
        table = self._table
        rows = {key: row for row, key in enumerate(table.keys)}
        strongest = sorted(links, key=lambda link: (-link.strength, link.one, link.other))
        joined = _joined(len(rows), ((link.strength, rows[link.one], rows[link.other]) for link in strongest), table)
        return {table.keys[row]: table.keys[min(group)] for group in joined for row in group}

    @property
    def _table(self) -> _Table:
        return _Table.ordered(self._entries, self._signatures)

    def _likely(self, table: _Table) -> Iterator[tuple[NDArray[np.int64], float]]:
        """Pairs of rows that may be copies, each once, with their overlap: 1 only for the same text."""
        for pairs in _chunks(table.candidates(self._window)):
            same, overlap = table.same_text(pairs), table.overlap(pairs)
            is_close = overlap >= np.where(table.is_strict(pairs, self._window), self._same_source, self._overlap)
            is_part = ~table.is_strict(pairs, self._window) & (table.containment(pairs, overlap) >= _CONTAINED)
            is_part &= overlap >= _LEAST_OVERLAP
            long_enough = table.counts[pairs].min(axis=1) >= _FEWEST_SHINGLES
            likely = same | (long_enough & (is_close | is_part))
            strengths = np.where(same, 1.0, np.minimum(overlap, 0.999))
            yield from zip(pairs[likely], strengths[likely].tolist(), strict=True)


@dataclass(frozen=True, slots=True)
class _Table:
    """The articles as columns, a row each, in the order of their keys."""

    keys: list[int]
    days: NDArray[np.int64]  # -1 where unknown
    sources: NDArray[np.int64]
    digests: NDArray[np.void]
    counts: NDArray[np.int64]
    minima: NDArray[np.uint16]  # shape (rows, _MINIMA)

    @classmethod
    def ordered(cls, entries: Mapping[int, tuple[date | None, str]], signatures: bytearray) -> _Table:
        keys = list(entries)
        order = sorted(range(len(keys)), key=keys.__getitem__)
        days, sources = zip(*entries.values(), strict=True) if entries else ((), ())
        numbers = {source: number for number, source in enumerate(dict.fromkeys(sources))}
        raw = np.frombuffer(signatures, dtype=np.uint8).reshape(-1, SIGNATURE_BYTES)[order]
        digest, count, minima = np.split(raw, [_DIGEST_BYTES, _DIGEST_BYTES + _COUNT_BYTES], axis=1)
        return cls(
            keys=sorted(keys),
            days=np.array([day.toordinal() if day else -1 for day in days], dtype=np.int64)[order],
            sources=np.array([numbers[source] for source in sources], dtype=np.int64)[order],
            digests=_as_items(digest),
            counts=np.ascontiguousarray(count).view("<u4")[:, 0].astype(np.int64),
            minima=np.ascontiguousarray(minima).view("<u2").astype(np.uint16),
        )

    def candidates(self, window: int) -> Pairs:
        """Pairs worth a look: the same text, or 2 neighbouring minima in common within the window of days, or 8."""
        found = [_neighbours(self.digests, self.days, None)]
        pairs_of_minima = self.minima.view(np.uint32)
        dated = np.flatnonzero(self.days >= 0)
        found.extend(
            dated[_neighbours(pairs_of_minima[dated, band], self.days[dated], window)]
            for band in range(pairs_of_minima.shape[1])
        )
        if len(dated) < len(self.days):
            for start in range(0, _MINIMA, 8):
                near = _neighbours(_as_items(self.minima[:, start : start + 8]), self.days, None)
                found.append(near[(self.days[near] < 0).any(axis=1)])
        return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)

    def is_strict(self, pairs: Pairs, window: int) -> NDArray[np.bool_]:
        """Whether a pair must be all but the same: one source, or days unknown or far apart."""
        days, sources = self.days[pairs], self.sources[pairs]
        far = (days < 0).any(axis=1) | (abs(days[:, 0] - days[:, 1]) > window)
        return np.asarray(far | (sources[:, 0] == sources[:, 1]))

    def same_text(self, pairs: Pairs) -> NDArray[np.bool_]:
        has_words = self.counts[pairs].min(axis=1) > 0
        return np.asarray((self.digests[pairs[:, 0]] == self.digests[pairs[:, 1]]) & has_words)

    def overlap(self, pairs: Pairs) -> NDArray[np.float64]:
        """The Jaccard likeness of two sets of 3-grams, give or take 0.02."""
        likeness = (self.minima[pairs[:, 0]] == self.minima[pairs[:, 1]]).mean(axis=1)
        return np.asarray(np.where(self.counts[pairs].min(axis=1) > 0, likeness, 0.0))

    def containment(self, pairs: Pairs, overlap: NDArray[np.float64]) -> NDArray[np.float64]:
        """The part of the shorter text's 3-grams that stand in the longer one too."""
        counts = self.counts[pairs]
        return np.asarray(overlap * counts.sum(axis=1) / ((1 + overlap) * np.maximum(counts.min(axis=1), 1)))


def _as_items(columns: NDArray[np.generic]) -> NDArray[np.void]:
    rows = np.ascontiguousarray(columns)
    return rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1])))[:, 0]


def _neighbours(values: NDArray[np.generic], days: NDArray[np.int64], window: int | None) -> Pairs:
    """Pairs of rows of one value, no further apart than the window, each with those next to it in time."""
    numbers = np.unique(values, return_inverse=True)[1] if values.dtype.kind == "V" else values
    order = np.lexsort((days, numbers))
    numbers, days = numbers[order], days[order]
    found = []
    for step in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
        meets = numbers[step:] == numbers[:-step]
        if window is not None:
            meets &= days[step:] - days[:-step] <= window
        at = np.flatnonzero(meets)
        if not len(at):
            break
        found.append(np.stack([order[at], order[at + step]], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)


def _chunks(pairs: Pairs) -> Iterator[Pairs]:
    return (pairs[start : start + _CHUNK] for start in range(0, len(pairs), _CHUNK))


def _joined(rows: int, links: Iterable[tuple[float, int, int]], table: _Table) -> list[list[int]]:
    """Groups of rows: strongest links first, each joining two groups whose members mostly overlap."""
    group_of = [[row] for row in range(rows)]
    for strength, a, b in links:
        one, other = group_of[a], group_of[b]
        if one is other:
            continue
        across = np.array([(left, right) for left in one for right in other], dtype=np.int64)
        if strength < 1 and (table.overlap(across) >= _LEAST_OVERLAP).mean() < _AGREEING:
            continue
        one += other
        for row in other:
            group_of[row] = one
    return list({id(group): group for group in group_of}.values())
