"""What a model writes, taken apart as it comes: sentences, and the ids of the sources that each of them names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from index.sentences import split_sentences

LONGEST = 600  # characters of one sentence
_GAP = r"[^\S\n]*"  # a line ends a sentence, so no id goes over two
_ID = rf"[\[【]{_GAP}[0-9]{{1,3}}(?:{_GAP}[,;]{_GAP}[0-9]{{1,3}})*{_GAP}[\]】]"
_IDS = re.compile(rf"(?<!\s)\s*(?:{_ID}\s*)+")
_STOP = r"(?<![.!?…])[.!?…]++[\"”’»)*_]*+"  # all of it, for more of it may still be coming
# A sentence ends after its ids, or with its line; what follows must have begun, for ids may still be coming.
_END = re.compile(rf"(?:{_STOP}\s*(?:{_ID}\s*)+|{_ID}(?:\s*{_ID})*{_GAP}{_STOP}|(?<!\s)(?>\s*\n))\s*+(?=[^\s\[【a-z])")
_LEAD = re.compile(r"^(?:[-*•–#>]+|\d{1,2}[.)])\s+")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
_MARKUP = re.compile(r"[\[\]<>{}`|\\【】]|&#?\w+;|\w://|\bwww\.|\b(?:javascript|data|mailto):|\bon\w+\s?=", re.I)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a model, without its ids; `fault` says what is wrong with its form, "" where nothing is."""

    text: str
    ids: tuple[int, ...] = ()
    fault: str = ""


class ClaimReader:
    """Reads claims from pieces of text. A sentence is given once what follows it has begun, or by `finish`."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, piece: str) -> Iterator[Claim]:
        """The claims that are whole now."""
        for at in range(0, len(piece), LONGEST):  # so that no long text is searched again and again
            self._rest += piece[at : at + LONGEST]
            while end := _END.search(self._rest):
                unit, self._rest = self._rest[: end.end()], self._rest[end.end() :]
                yield from _claims(unit)
            if len(self._rest) > 2 * LONGEST:
                unit, self._rest = self._rest, ""
                yield Claim(_plain(unit)[:LONGEST], fault="is too long")

    def finish(self) -> Iterator[Claim]:
        """The last claim, where the text came to its end; one that was broken off must not be asked for."""
        unit, self._rest = self._rest, ""
        yield from _claims(unit)


def _claims(unit: str) -> Iterator[Claim]:
    """The sentence that the ids stand at, and before it those that have none."""
    ids = tuple(dict.fromkeys(int(number) for found in re.findall(_ID, unit) for number in re.findall("[0-9]+", found)))
    text = _plain(_IDS.sub(lambda found: " " if found[0][-1:].isspace() else "", unit))
    sentences = [sentence.text for sentence in split_sentences(text)]
    for number, sentence in enumerate(sentences, start=1):
        named = ids if number == len(sentences) else ()
        yield Claim(sentence, named, _fault(sentence, named))


def _plain(text: str) -> str:
    """One line without list marks, emphasis and characters that are not seen."""
    shown = "".join(c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else " " for c in text)
    line = _LEAD.sub("", " ".join(shown.split()))
    return _EMPHASIS.sub(r"\2", line)


def _fault(sentence: str, ids: tuple[int, ...]) -> str:
    if _MARKUP.search(sentence):
        return "holds markup or a link"
    if not ids:
        return "cites no source"
    if len(sentence) > LONGEST:
        return "is too long"
    if len(re.findall(r"\w+", sentence)) < 3:
        return "is not a sentence"
    return ""
