"""Inputs made of other inputs: bytes changed, pieces repeated, marks that break parsers put in, values changed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

LONGEST = 2**20  # bytes of an input
_USUAL = 8 * 1024  # bytes: what most inputs are kept below, so that a second holds many
_LONG = 400  # one input in so many is drawn out towards LONGEST

# What parsers of every kind have stumbled over.
MARKS: tuple[bytes, ...] = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\\ud800", b"\\u0000",
    "\u2028".encode(), "\u202e".encode(), "\u200b".encode(), "\u0130".encode(), "\ufb03".encode(),
    "\U0001f468\u200d\U0001f469".encode(), "é".encode(), "“".encode(), "”".encode(), "’".encode(), "—".encode(),
    "…".encode(), "。".encode(), "٣".encode(), "²".encode(), "½".encode(), "①".encode(), b"\r", b"\n", b"\n\n", b"\t",
    b" ", b"  ", b"\x85", b"\x1b[31m", b'"', b"'", b"`", b"<", b">", b"&", b"&#0;", b"&#x110000;", b"&amp;", b"<!--",
    b"-->", b"<![CDATA[", b"]]>", b"<!DOCTYPE a [", b"<?xml ", b"<p>", b"</p>", b"<div>", b"</div>", b"<b",
    b"<script>", b'<meta charset="utf-7">', b"encoding='utf-16'", b"[", b"]", b"{", b"}", b":", b",", b";", b"|",
    b"=", b"(", b")", b"[1]", b"[999]", b"*", b"_", b"#", b"-", b".", b"...", b"?", b"NaN", b"Infinity", b"-0",
    b"1e999", b"9" * 25, b"null", b"true", b"{}", b"[]", b"%s", b"%00", b"../", b"\\", b"://", b"javascript:",
    b"0000-00-00", b"9999-12-31", b"99999-01-01", b"0001-01-01", b"2025-02-30", b"2025-08-20", b"1755648000", b"-1",
    b"1,000,000", b"Feb. 29", b"February 30, 0000", b"31 June", b"yesterday", b"last week", b"on Wednesday",
    b"in 2025", b"Aug. 18-20", b"next 9999 years", b"9999 weeks ago", b"since", b"before", b"from May to July",
    b"at least", b"million", b"not", b"per cent", b"By ", b"Mr. ", b"U.S. ", b"a.m. ", b"the ", b"The ", b"and ",
    b"who ", b"According to ", b" said", b"WARC/1.0\r\n", b"Content-Length: -1\r\n",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 0.5, 10**15, 10**400, -1e308, float("nan"), float("inf"), "", " ", "a", "\x00",
    "\ud800", "\u202e", "9999-12-31", "0000-00-00", "2025-02-30", "x" * 3000, "<p>", "[1]", "javascript:1",
    "http://[", [], {}, [[]], [None], {"": None},
)  # fmt: skip


class Mutator:
    """Makes inputs of seeds; the same numbers are drawn from the same `seed`."""

    def __init__(self, seeds: Sequence[bytes], marks: Sequence[bytes], seed: int) -> None:
        self._seeds = list(seeds)
        self._marks = [*MARKS, *marks]
        self._random = random.Random(seed)

    def fresh(self) -> bytes:
        """An input made of a seed."""
        return self.changed(self._random.choice(self._seeds))

    def changed(self, data: bytes) -> bytes:
        """Another input made of `data`, by one to five changes."""
        draw = self._random
        if len(data) > _USUAL:  # a part of it, so that what was drawn out once does not slow down all that follows
            start = draw.randrange(len(data) - _USUAL + 1)
            data = data[start : start + _USUAL]
        if draw.random() < 0.3 and (other := self._json(data)) is not None:
            return other
        for _ in range(draw.randint(1, 5)):
            data = draw.choice(_CHANGES)(self, data)[:_USUAL]
        return self._drawn_out(data) if draw.random() * _LONG < 1 else data

    def _place(self, data: bytes) -> tuple[int, int]:
        start = self._random.randint(0, len(data))
        return start, min(len(data), start + int(self._random.expovariate(1 / 12)))

    def _put_in(self, data: bytes) -> bytes:
        at = self._random.randint(0, len(data))
        return data[:at] + self._random.choice(self._marks) + data[at:]

    def _put_for(self, data: bytes) -> bytes:
        start, end = self._place(data)
        return data[:start] + self._random.choice(self._marks) + data[end:]

    def _cut(self, data: bytes) -> bytes:
        start, end = self._place(data)
        return data[:start] + data[end:]

    def _byte(self, data: bytes) -> bytes:
        at = self._random.randint(0, len(data))
        return data[:at] + bytes([self._random.randrange(256)]) + data[at + 1 :]

    def _repeat(self, data: bytes) -> bytes:
        start, end = self._place(data)
        return data[:end] + data[start:end] * int(self._random.expovariate(1 / 10)) + data[end:]

    def _move(self, data: bytes) -> bytes:
        start, end = self._place(data)
        at = self._random.randint(0, len(data))
        return data[:at] + data[start:end] + data[at:]

    def _spliced(self, data: bytes) -> bytes:
        other = self._random.choice(self._seeds)
        return data[: self._random.randint(0, len(data))] + other[self._random.randint(0, len(other)) :]

    def _drawn_out(self, data: bytes) -> bytes:
        """A mark, or a piece of the input, over and over: what takes the square of its length in time shows itself."""
        start, end = self._place(data)
        pump = self._random.choice([data[start:end] or b" ", *self._random.sample(self._marks, 2)])
        size = int(LONGEST * 2 ** -self._random.uniform(0, 6))
        return (data[:start] + pump * (size // len(pump)) + data[end:])[:LONGEST]

    def _json(self, data: bytes) -> bytes | None:
        """The same JSON with another value somewhere; a byte before it, which chooses a door, stays."""
        lead = 0 if data[:1] in (b"{", b"[") else 1
        try:
            value = json.loads(data[lead:])
        except (ValueError, RecursionError):
            return None
        return data[:lead] + json.dumps(self._other(value)).encode()

    def _other(self, value: Any) -> Any:
        draw = self._random
        if isinstance(value, dict | list) and value and draw.random() < 0.8:
            place: Any = draw.choice(list(value)) if isinstance(value, dict) else draw.randrange(len(value))
            copy: Any = value.copy()
            copy[place] = self._other(value[place])
            return copy
        if isinstance(value, str) and draw.random() < 0.6:
            return self._put_for(value.encode("utf-8", "replace")).decode("utf-8", "replace")
        return draw.choice([value, *_VALUES, [value] * 40, {"text": value}])


_CHANGES = (
    Mutator._put_in, Mutator._put_for, Mutator._cut, Mutator._byte, Mutator._repeat, Mutator._move, Mutator._spliced,
)  # fmt: skip
