"""Sentence splitters side by side: `python -m benchmarks.sentences [--cases FILE] [--archive FILE] [--list NAME]`.

Errors are counted on hand-labelled cases of our own words: a case is wrong where any end is missed or invented.
Ours was mended by the cases called "seen". Those called "later" were written when that was done: 5 of
their 54 were then wrong, and some rules for abbreviations were added for them.
Every splitter but ours is shown one paragraph at a time, which is how it is meant to be used. Speed is
on one core, in characters, on the first articles of an archive where there is one. Libraries that are not
installed are left out: `pip install pysbd syntok blingfire` to see them.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from index.sentences import split_sentences

Splitter = Callable[[str, str], list[int]]  # text and language in, the starts of its sentences out

HERE = Path(__file__).parent
END = "¦"  # marks the end of a sentence in a case


def main() -> None:
    """Prints one line a splitter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, default=HERE / "sentence_cases.json")
    parser.add_argument("--archive", type=Path, default=HERE.parent.parent / "shared/newsqa/articles.jsonl.gz")
    parser.add_argument("--list", default="", metavar="NAME", help="print the wrong cases of one splitter")
    options = parser.parse_args()
    logging.getLogger("langchain_text_splitters").setLevel(logging.ERROR)  # it warns of every sentence
    cases = json.loads(options.cases.read_text(encoding="utf-8"))
    texts = list(_articles(options.archive, 400)) if options.archive.exists() else []

    sets = ", ".join(f"{name}: {len(group)} cases" for name, group in cases.items())
    print(f"{sets}; speed on {sum(map(len, texts)) / 1e6:.1f} million characters at most\n")
    print(f"{'splitter':12}" + "".join(f"{name + ' wrong':>16}{'missed':>8}{'added':>7}" for name in cases) + "    M/s")
    for name, split in _splitters().items():
        figures = "".join(
            "{:16}{:8}{:7}".format(*_errors(group, split, name == options.list)) for group in cases.values()
        )
        print(f"{name:12}{figures}{_speed(texts, split):7.2f}")


def _errors(cases: list[list[str]], split: Splitter, is_listed: bool) -> tuple[int, int, int]:
    wrong = missed = added = 0
    for _kind, language, marked in cases:
        text, gold = _labelled(marked)
        found = {start for start in split(text, language) if start > 0}
        wrong += found != gold
        missed += len(gold - found)
        added += len(found - gold)
        if is_listed and found != gold:
            print(f"  {marked!r}\n    missed {_shown(text, gold - found)}, added {_shown(text, found - gold)}")
    return wrong, missed, added


def _labelled(marked: str) -> tuple[str, set[int]]:
    starts, length = set(), 0
    for part in marked.split(END)[:-1]:
        length += len(part)
        starts.add(_visible(marked.replace(END, ""), length))
    return marked.replace(END, ""), starts


def _visible(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _shown(text: str, starts: set[int]) -> list[str]:
    return [text[start : start + 15] for start in sorted(starts)]


def _speed(texts: list[str], split: Splitter, seconds: float = 8) -> float:
    """Millions of characters a second, over as many texts as fit the seconds given."""
    done, begun = 0, time.perf_counter()
    for text in texts:
        split(text, "en")
        done += len(text)
        if time.perf_counter() - begun > seconds:
            break
    return done / 1e6 / (time.perf_counter() - begun)


def _articles(path: Path, most: int) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for _, line in zip(range(most), lines, strict=False):
            yield json.loads(line)["text"]


def _splitters() -> dict[str, Splitter]:
    makers: dict[str, Callable[[], Splitter]] = {
        "sentencex": _sentencex,
        "blingfire": _blingfire,
        "syntok": _syntok,
        "pysbd": _pysbd,
    }
    installed = {name: _by_paragraph(make()) for name, make in makers.items() if importlib.util.find_spec(name)}
    ours: Splitter = lambda text, language: [sentence.start for sentence in split_sentences(text, language)]  # noqa: E731
    return {"ours": ours, **installed, "langchain": _by_paragraph(_langchain()), "full stops": _by_paragraph(_stops)}


def _by_paragraph(split: Splitter) -> Splitter:
    def starts(text: str, language: str) -> list[int]:
        found = []
        for part in re.finditer(r"\S(?:(?!\r?\n\s*\n)[\s\S])*", text):
            found += [_visible(text, part.start() + start) for start in split(part[0], language)]
        return [start for start in found if start < len(text)]

    return starts


def _stops(text: str, _language: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer(r"[.!?。！？]\s+", text))]


def _langchain() -> Splitter:
    from langchain_text_splitters import CharacterTextSplitter

    splitter = CharacterTextSplitter(r"(?<=[.!?])\s+", is_separator_regex=True, chunk_size=1, chunk_overlap=0)

    def starts(text: str, _language: str) -> list[int]:
        found, place = [], 0
        for chunk in splitter.split_text(text):
            place = text.index(chunk, place)
            found.append(place)
            place += len(chunk)
        return found

    return starts


def _sentencex() -> Splitter:
    import sentencex

    return lambda text, language: [found["start_index"] for found in sentencex.get_sentence_boundaries(language, text)]


def _blingfire() -> Splitter:
    import blingfire

    return lambda text, _language: [start for start, _ in blingfire.text_to_sentences_and_offsets(text)[1]]


def _syntok() -> Splitter:
    from syntok import segmenter

    return lambda text, _language: [part[0].offset for group in segmenter.process(text) for part in group]


def _pysbd() -> Splitter:
    import pysbd
    from pysbd.languages import LANGUAGE_CODES

    made: dict[str, pysbd.Segmenter] = {}

    def starts(text: str, language: str) -> list[int]:
        known = language if language in LANGUAGE_CODES else "en"
        if known not in made:
            made[known] = pysbd.Segmenter(language=known, clean=False, char_span=True)
        return [span.start for span in made[known].segment(text)]

    return starts


if __name__ == "__main__":
    main()
