"""How names are used in what was found: who says things and bears a title is a person, and where things are is a place.

A name's kind is told by its company, in the pool itself and without a list of names (after Hearst 1992, "Automatic
acquisition of hyponyms from large text corpora", whose patterns name the kind outright).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from rag.signals import NAME_MARK, Text
from rag.stems import stem

_SAYS = """said says told added wrote tweeted announced argued asked admitted acknowledged testified replied explained
    died resigned pleaded who whose"""
_TITLES = """mr mrs ms dr president minister secretary chancellor senator sen rep congressman congresswoman gov governor
    mayor king queen prince princess pope judge justice attorney lawyer officer sheriff director ceo chairman
    chairwoman chair founder owner spokesman spokeswoman spokesperson professor actor actress singer rapper comedian
    author coach captain quarterback striker star general gen lt sgt ambassador leader analyst economist gunman suspect
    shooter"""
_SAYING, _TITLED, _PLACING = (
    frozenset(map(stem, words.split())) for words in (_SAYS, _TITLES, "in near across outside into inside")
)
_LONGEST = 4  # words of a name


class Usage:
    """The names of some sentences, by the company of each of their words."""

    def __init__(self, sentences: Iterable[Text]) -> None:
        self._met: Counter[str] = Counter()
        self._people: Counter[str] = Counter()
        self._places: Counter[str] = Counter()
        for sentence in sentences:
            for first, last in _names(sentence):
                self._learn(sentence, first, last)

    def _learn(self, text: Text, first: int, last: int) -> None:
        before = text.stems[first - 1] if first else ""
        after = text.stems[last + 1] if last + 1 < len(text.stems) else ""
        while first < last and text.stems[first] in _TITLED:
            before = text.stems[first]
            first += 1
        words = text.stems[first : last + 1]
        self._met.update(words)
        if before in _PLACING:  # first: “… in Minsk,” said he
            self._places.update(words)
        elif before in _TITLED or after in _SAYING:
            self._people.update(words)

    def person(self, words: Collection[str]) -> float:
        """From 0 to 1, how much of what is met of the words of a name (stems) is what is met of a person."""
        return self._share(self._people, words)

    def place(self, words: Collection[str]) -> float:
        """The same for a place."""
        return self._share(self._places, words)

    def _share(self, counts: Counter[str], words: Collection[str]) -> float:
        return sum(counts[word] / (self._met[word] + 1) for word in words) / len(words) if words else 0.0


def _names(text: Text) -> Iterator[tuple[int, int]]:
    """The first and the last word of each run of words that stood as names."""
    at = text.marks.find(NAME_MARK)
    while at >= 0:
        end = at
        while end < len(text.marks) and text.marks[end] == NAME_MARK:
            end += 1
        if end - at <= _LONGEST:
            yield at, end - 1
        at = text.marks.find(NAME_MARK, end)
