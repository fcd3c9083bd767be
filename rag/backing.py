"""Every word of a claim looked for in its source: content words, names and quotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from rag.dating import mask
from rag.figures import blanked
from rag.lexicon import HARMLESS, OF_A_PLACE, is_known, meanings, meant, opposites, senses, stem, told, vocabulary
from rag.tagging import PRONOUNS
from rag.words import names

_WORD = re.compile(r"\w+(?:'\w+)?")
_QUOTED = re.compile(r'"([^"]+)(?:"|$)')
_SINGLE = re.compile(r"(?<!\w)'([^']{3,}?)'(?!\w)")
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|his|its|their|them|hers|theirs|we|i|"
    r"(?:the|this|that|these|those|both|each|one|two|all) "
    r"(?!same\b|first\b|last\b|next\b|new\b|only\b)(?-i:[a-z])\w*|"
    rf"the \d+ ?-year-old (?-i:[a-z]\w*|[A-Z]{OF_A_PLACE})|one of|there|others?)\b",
    re.I,
)
# "Born in Chicago 69 years ago, he is": what stands before the comma is no one whom the pronoun could mean.
_AFTER_PLACE = re.compile(
    r"^(?:born|raised|educated|in|at|on|from|for|since|during) [^,;]{1,60}, (?P<pronoun>he|she|it|they)\b", re.I
)
# "The president gave her the oath": whom a deed is done to is not its doer.
_OBJECT = re.compile(
    r"^ (?:\w+ ){1,3}(?P<pronoun>him|them|her(?= (?:the|an?|to|in|on|at|for|with|from|by|as|and|that)\b|\W|$))\b", re.I
)
_GROUP = re.compile(
    rf"\b(?:the|his|her|its|their|that|this) (?:(?-i:[a-z]\w*|[A-Z]{OF_A_PLACE}) )?"
    r"(?:country|government|company|capital|region|city|party|team|club|state|nation|territory|alliance|"
    r"court|agency|group|side|army|president|minister|prime minister|leader|spokesman)\b",
    re.I,
)
_AGED = re.compile(r"(?<=[\s\d])\s?-(?:year|years)-olds?\b")
_SENTENCE = re.compile(r"(?<=[.!?\"])\s+(?=[A-Z\"])")
_DENIED = re.compile(r"\b(?:not|never) (?:\w+ly )?(\w+)")  # "not related" of those who are unrelated
_INSIDE = re.compile(r"(?<=[\w,] )[A-Z]\w+")  # a capital that begins no sentence
_RUN = re.compile(r"(?<!\w)[^\WA-Z]*([A-Z]\w+(?:[\s-](?:(?:of|and|the|for|on|in)\s){0,2}[A-Z]\w+)+)")
_BEFORE = 2  # sentences before the cited one in which a pronoun's name is looked for
# Words that say little: nouns of what kind of thing is spoken of, and verbs of being, having, doing, meaning to do and
# telling, whose noun says what was done. A claim may add one of them to what its source says.
_LIGHT = frozenset(
    map(
        stem,
        vocabulary(
            "company group firm country city deal agreement title event final race effort move step result part "
            "fellow role post office capital film ship plane team period home house scene site area "
            "receive use hold bring consist amount equal cost last finish become remain appear involve concern "
            "plan intend mean due reveal disclose cite inform publish find rule describe work finding decision reason"
        ),
    )
)
_BESIDE = 2  # words that the source says itself before one that says little, or one of the topic, may be added
_PRONOUN_STEMS = frozenset(map(stem, PRONOUNS))
_SLOTS = (1, 2)  # how many words may stand in the place of others
_PARTICLES = vocabulary("of the for and on in de da di del la le van von der den bin al ibn y")


@dataclass(frozen=True, slots=True)
class Source:
    """A cited sentence with its article's title, its passage, and the part of the passage before it; all canonical."""

    sentence: str
    title: str
    passage: str
    before: str


@dataclass(frozen=True, slots=True)
class Backing:
    """How the claim's content words are backed: how much in all (0 to 1), and which are not."""

    support: float
    missing: tuple[str, ...]


def misquoted(claim: str, sources: Sequence[Source]) -> list[str]:
    """Quoted words of the claim that do not stand in the cited sentences."""
    given = _bare(" ".join(source.sentence for source in sources))
    quotations = _QUOTED.findall(claim) + _SINGLE.findall(claim)
    return [
        f"“{quoted.strip()}” is not a quotation from the cited text"
        for quoted in quotations
        if _bare(quoted) not in given
    ]


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[\"']", "", text).lower().split()).strip(" .,;:!?")


def back(claim: str, sources: Sequence[Source], *, anchors: int = 0) -> Backing:
    """Each content word of the claim, its calendar phrases and numbers masked, with what backs it.

    `anchors` is how many of those there are: they are checked elsewhere, and say something as words do.
    """
    claim = _AGED.sub("", claim)
    given = _given(claim, sources)
    found: dict[_How, list[str]] = {how: [] for how in _How}
    words = _WORD.findall(claim)
    hows = [given.how(word, is_first=claim.startswith(word)) for word in words]
    places = _Places(words, sources) if _ELSEWHERE.intersection(hows) else None
    for place, (word, how) in enumerate(zip(words, hows, strict=True)):
        if how is not None:
            is_taken = places is not None and how in _ELSEWHERE and places.are_taken(place)
            found[_How.MISSING if is_taken else how].append(word)
    said = len(found[_How.EXACT]) + len(found[_How.SAME]) + anchors
    # Of words alone that only WordNet has alike no claim is made, nor of one of the topic or one that says little.
    missing = found[_How.MISSING] + found[_How.ALIKE][max(0, said - 1) :]
    spared = 1 if said + len(found[_How.ALIKE]) >= _BESIDE else 0
    missing += found[_How.AROUND][spared:] + found[_How.LITTLE][spared:]
    count = sum(map(len, found.values()))
    share = sum(how.value * len(words) for how, words in found.items())
    return Backing(share / count if count else 1.0, tuple(dict.fromkeys(missing)))


class _How(Enum):
    """How the sources back a word, and how much that counts."""

    EXACT = 1.0
    SAME = 0.9  # stated to be equivalent, or a name in other words
    ALIKE = 0.85  # as WordNet has it
    TITLE = 0.6
    AROUND = 0.5  # in the passage
    LITTLE = 0.3  # it says next to nothing
    MISSING = 0.0


_ELSEWHERE = frozenset((_How.TITLE, _How.AROUND))


class _Places:
    """Where the words of a claim stand in its sources, by their neighbours."""

    def __init__(self, words: Sequence[str], sources: Sequence[Source]) -> None:
        self._words = _bounded(words)
        self._plain = {*self._words, *HARMLESS, *_PRONOUN_STEMS}
        self._sources = [_bounded(_WORD.findall(blanked(mask(source.sentence)))) for source in sources]
        self._at: list[dict[str, list[int]]] = [{} for _ in sources]
        for found, theirs in zip(self._at, self._sources, strict=True):
            for at, word in enumerate(theirs):
                found.setdefault(word, []).append(at)

    def are_taken(self, place: int) -> bool:
        """Whether a source has other words there, between the same two, that the claim does not tell."""
        for size in _SLOTS:
            for start in range(place - size + 1, place + 1):
                around = self._words[start : start + size + 2]  # with the bounds, which count as words
                if start >= 0 and len(around) == size + 2 and self._have_others(around):
                    return True
        return False

    def _have_others(self, around: Sequence[str]) -> bool:
        first, *slot, last = around
        for found, theirs in zip(self._at, self._sources, strict=True):
            for at in found.get(first, ()):
                other = theirs[at + 1 : at + 1 + len(slot)]
                if theirs[at + 1 + len(slot) : at + 2 + len(slot)] == [last] and not self._plain.issuperset(other):
                    return True
        return False


def _bounded(words: Sequence[str]) -> list[str]:
    """The stems of a sentence's words between its two ends."""
    return ["", *map(stem, words), ""]


@dataclass(frozen=True, slots=True)
class _Given:
    """What there is to back the words of one claim: stems, keys of meaning, and words of the claim that are backed."""

    exact: frozenset[str]
    backed: frozenset[str]
    titles: frozenset[str]
    around: frozenset[str]
    common: frozenset[str]  # words in small letters
    inside: frozenset[str]  # capitalised words that begin no sentence
    in_names: frozenset[str]
    granted: frozenset[str]
    alike: frozenset[str]

    def how(self, word: str, *, is_first: bool) -> _How | None:
        """How a word of the claim is backed; None where it says nothing, or is a number that is checked elsewhere."""
        if not word[0].isalpha():
            is_mixed = word[0].isdigit() and not word.isdigit() and stem(word) not in self.exact
            return _How.MISSING if is_mixed else None
        is_name = self._is_name(word, is_first=is_first)
        if not is_name and stem(word) in HARMLESS:
            return None
        if stem(word) in self.exact:
            return _How.EXACT
        if word in self.granted or senses(word) & self.backed:
            return _How.SAME
        return _How.MISSING if is_name else self._how_common(word)

    def _how_common(self, word: str) -> _How:
        if word in self.alike:
            return _How.ALIKE
        if senses(word) & self.titles:
            return _How.TITLE
        if stem(word) in self.around:
            return _How.AROUND
        return _How.LITTLE if stem(word) in _LIGHT else _How.MISSING

    def _is_name(self, word: str, *, is_first: bool) -> bool:
        if not word[0].isupper():
            return False
        if not is_first:
            return True
        low = word.lower()
        is_word = low in self.common or stem(word) in HARMLESS or (word not in self.inside and is_known(low))
        return (word in self.in_names or word.isupper()) and not is_word


def _given(claim: str, sources: Sequence[Source]) -> _Given:
    sentences = [word for source in sources for word in _WORD.findall(source.sentence)]
    passages = [word for source in sources for word in _WORD.findall(source.passage)]
    exact = frozenset(map(stem, sentences))
    backed = frozenset(key for word in sentences for key in told(word))
    meaning = backed.union(*(meant(phrase) for source in sources for phrase in _phrases(source.sentence)))
    own_names = names(claim)
    listed = {word for name in own_names for word in _WORD.findall(name)}
    spelt = (word for word in _WORD.findall(claim) if word.isupper() and len(word) > 1 and word not in listed)
    own_names += tuple(dict.fromkeys(spelt))
    return _Given(
        exact=exact,
        backed=backed,
        titles=frozenset(key for source in sources for word in _WORD.findall(source.title) for key in senses(word)),
        around=frozenset(map(stem, passages)),
        common=frozenset(word for word in passages if word[0].islower()),
        inside=frozenset(word for s in sources for text in (s.title, s.passage) for word in _INSIDE.findall(text)),
        in_names=frozenset(word for name in own_names for word in _WORD.findall(name)),
        granted=frozenset(word for name in own_names for word in _granted(name, claim, sources))
        | {word for word in _DENIED.findall(claim) if opposites(word) & exact},
        alike=frozenset(word for phrase in _phrases(claim) if meanings(phrase) & meaning for word in phrase.split()),
    )


def _phrases(text: str) -> Iterator[str]:
    """The words of a text that are no names, and each two of them that stand side by side."""
    last = ""
    for match in _WORD.finditer(text):
        word = match.group() if match.group()[0].islower() or not match.start() else ""
        if word:
            yield word
            if last:
                yield f"{last} {word}"
                if text[match.start() - 1] == "-":
                    yield last + word  # "run-off" and "runoff" are one
        last = word


def _granted(name: str, claim: str, sources: Sequence[Source]) -> set[str]:
    """The words of a name that the source backs in other words: in full, by initials, or for a pronoun."""
    words = [word for word in _WORD.findall(name) if word.lower() not in _PARTICLES]
    for source in sources:
        if _is_initials(name, source.sentence) or any(_spells(word, source.sentence) for word in words):
            return set(words)
        present = {word.lower() for word in _WORD.findall(source.sentence)}
        wanted = {word.lower() for word in words}
        for low in _named(source):
            # A surname made a full name, where article and sentence speak of the same one.
            if wanted <= low and wanted & present:
                return set(words)
        if _may_stand_for_pronoun(words, claim, source):
            return set(words)
    return set()


@lru_cache(maxsize=64)
def _named(source: Source) -> tuple[frozenset[str], ...]:
    """The words of each name around a source, in small letters."""
    found = (*names(source.title), *names(source.passage), *names(source.sentence))
    return tuple(frozenset(word.lower() for word in _WORD.findall(name)) for name in found)


def _initials(name: str) -> str:
    return "".join(word[0] for word in re.findall(r"\w+", name) if word.lower() not in _PARTICLES).upper()


def _spells(word: str, sentence: str) -> bool:
    """Whether the word is the initials of a name in the sentence: FDA of "US Food and Drug Administration"."""
    runs = [_initials(run) for run in _RUN.findall(sentence)] if word.isupper() and len(word) > 1 else []
    return any(run.endswith(word) or (word in run and len(word) > 2) for run in runs)


def _is_initials(name: str, sentence: str) -> bool:
    initials = _initials(name)
    return len(initials) > 1 and re.search(rf"\b{re.escape(initials)}\b", sentence) is not None


def _may_stand_for_pronoun(words: Sequence[str], claim: str, source: Source) -> bool:
    """Whether the sentence leaves somebody unnamed, and the name stands in the title or just before."""
    pronoun = _PRONOUN.search(source.sentence)
    first = next(iter(names(source.sentence)), None)
    is_first = pronoun is not None and (first is None or pronoun.start() <= source.sentence.find(first))
    heads = {pronoun.group().split()[-1]} if is_first and pronoun else set()
    heads |= {group.group().split()[-1] for group in _GROUP.finditer(source.sentence)}
    heads |= {found["pronoun"] for found in _unnamed(source.sentence)}
    # The name takes the place of the pronoun: where all of them are still there, it is one name too many.
    if not any(_count(head, claim) < _count(head, source.sentence) for head in heads):
        return False
    near = " ".join(_SENTENCE.split(source.before.strip())[-_BEFORE:])
    known = {
        key
        for text in (source.title, near)
        for word in _WORD.findall(text)
        if word[0].isupper()
        for key in senses(word)
    }
    return all(senses(word) & known for word in words)


def _unnamed(sentence: str) -> Iterator[re.Match[str]]:
    """Pronouns of the sentence, after a name, that cannot mean who is named in it."""
    if place := _AFTER_PLACE.search(sentence):
        yield place
    first = next(iter(names(sentence)), "")
    if first and (found := _OBJECT.search(sentence.partition(first)[2])):
        yield found


def _count(phrase: str, text: str) -> int:
    return len(re.findall(rf"\b{re.escape(phrase)}\b", text, re.I))
