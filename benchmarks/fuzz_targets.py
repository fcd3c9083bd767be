"""What is fuzzed: each door for untrusted input, with its seeds and its check."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import zstandard

import index.webpage  # so that it is instrumented too, although it is loaded late
from benchmarks.fuzz_checks import (
    Check,
    cache_check,
    cleaning,
    date_check,
    event_check,
    http_check,
    manifest_check,
    news_map,
    packed,
    question_check,
    reading,
    reply_check,
    sentence_check,
    verifier_check,
    watch_check,
)
from benchmarks.fuzz_seeds import (
    ATOM,
    SITEMAP,
    SITEMAP_INDEX,
    WARC,
    cache_seeds,
    claims,
    csv_of,
    dates,
    files,
    http_seeds,
    json_files,
    lines,
    manifest,
    questions,
    records,
    replies,
    sentences,
    stories,
    tables,
    warcs,
    watch_seeds,
)
from index.article import PageKind


@dataclass(frozen=True, slots=True)
class Target:
    """A door: `begin` is given a folder to write in and gives the check of one input.

    `guided` is false where the work is done in other threads or in native code, which coverage does not see; `share`
    is of the inputs, as cheap doors take more of them.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    begin: Callable[[Path], Check]
    marks: tuple[bytes, ...] = ()
    guided: bool = True
    share: int = 1


TARGETS: tuple[Target, ...] = (
    Target("text dump", lambda: files("*.txt"), reading("a.txt"), share=2),
    Target(
        "any name",
        lambda: [*files("*.txt")[:2], *json_files()[:2], ATOM, SITEMAP, WARC, tables()[0]],
        reading("a"),
        share=2,
    ),
    Target("HTML", lambda: files("*.html"), reading("a.html"), share=2),
    Target("JSON", json_files, reading("a.json"), share=4),
    Target(
        "JSON Lines",
        lambda: [json.dumps(record).encode() + b"\n" for record in records()[:4]],
        reading("a.jsonl"),
        share=4,
    ),
    Target("CSV", lambda: [*tables(), csv_of(records()[:2])], reading("a.csv"), share=4),
    Target("feed", lambda: [*files("*.rss"), ATOM], reading("a.rss"), share=1),
    Target("sitemap", lambda: [SITEMAP, SITEMAP_INDEX], reading("a.xml"), share=4),
    Target("news sitemap", lambda: [SITEMAP, SITEMAP_INDEX], news_map, share=5),
    Target("WARC", warcs, reading("a.warc"), share=4),
    Target(
        "gzip",
        lambda: [b"\xff\x00" + json_files()[0], b"\x90\x10" + json_files()[0], b"\x00" + gzip.compress(ATOM)],
        reading("a.gz", packed(gzip.compress)),
        share=4,
    ),
    Target(
        "zstd",
        lambda: [b"\xff\x00" + json_files()[0], b"\x90\x10" + json_files()[0], b"\x00" + zstandard.compress(ATOM)],
        reading("a.zst", packed(zstandard.compress)),
        share=4,
    ),
    Target("cleaner, dump", lambda: files("*.txt"), cleaning(PageKind.DUMP), share=2),
    Target("cleaner, HTML", lambda: files("*.html"), cleaning(PageKind.HTML), share=1),
    Target(
        "cleaner, story",
        lambda: [*lines(stories()[:8]), b"<p>One.</p><p>Two &amp; three.</p>"],
        cleaning(PageKind.STORY),
        share=2,
    ),
    Target("dates of pages", dates, date_check, share=8),
    Target("sentences", lambda: [b"\x00" + story.encode() for story in stories()], sentence_check, share=8),
    Target(
        "question",
        lambda: lines([*questions(), "Who won?\nShe did.\nand when did she say that?"]),
        question_check,
        share=12,
    ),
    Target(
        "event dates",
        lambda: [b"\x00Earlier on Monday.\n" + text.encode() for text in sentences()[:150]],
        event_check,
        share=12,
    ),
    Target("verifier", claims, verifier_check, share=6),
    Target("LLM's reply", replies, reply_check, share=6),
    Target("watch state", watch_seeds, watch_check, guided=False),
    Target("manifest", lambda: [manifest().to_json().encode()], manifest_check, share=8),
    Target("vector cache", cache_seeds, cache_check, guided=False),
    Target("HTTP", http_seeds, http_check, guided=False, share=2),
)

assert index.webpage
