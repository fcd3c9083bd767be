"""What counts as the same word in a claim and its source: stems, stated equivalences, opposites.

The tables themselves are in `equivalents`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rag.equivalents import DEMONYMS, EQUIVALENT, HARMLESS_WORDS, IMPLIED, IRREGULAR, OPPOSITE, PHRASAL
from rag.numbers import COUNTING, ORDINAL
from rag.stems import porter
from rag.wordnet import meaning
from rag.words import STOP_WORDS

BASES: dict[str, str] = {
    form: line.split()[0] for line in IRREGULAR.replace("\n", " ").split("|") for form in line.split()
}
_DASHES = str.maketrans(
    {"–": "-", "—": "-", "‑": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
)
_ALIASES = (
    (re.compile(r"\b(?:the )?United States(?: of America)?\b|\bU\.\s?S\.(?:\s?A\.)?|\bUSA\b"), "US"),
    (re.compile(r"\b(?:the )?United Kingdom\b|\bU\.\s?K\."), "UK"),
    (re.compile(r"\b(?:the )?European Union\b|\bE\.U\."), "EU"),
    (re.compile(r"\b(?:the )?United Nations\b|\bU\.\s?N\."), "UN"),
    (re.compile(r"\bper cent\b"), "percent"),
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\bon purpose\b"), "deliberately"),
    (re.compile(r"\bon board\b"), "aboard"),
    (re.compile(r"\bopen(s|ed|ing)? fire\b"), r"fire\1"),
    (re.compile(r"\b([ap])\.\s?m\b\.?", re.I), r"\1m"),
)  # fmt: skip
_ONE_VERB = {
    " ".join(words[:-1]): words[-1] for line in PHRASAL.replace("\n", " ").split("|") if (words := line.split())
}
_PARTICLES = sorted({phrase.split(" ", 1)[1] for phrase in _ONE_VERB}, key=len, reverse=True)
_PHRASE = re.compile(rf"\b([a-z]+) ({'|'.join(_PARTICLES)})\b")


def vocabulary(words: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(words.split())


_COUNTING = COUNTING | ORDINAL.keys() | {"half", "quarter"}


@lru_cache(maxsize=256)
def canonical(text: str) -> str:
    """The text in one style: plain quotation marks, dashes and spaces, no accents, great names and verbs shortened."""
    plain = text
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", text.translate(_DASHES))
        plain = "".join(char for char in folded if not unicodedata.combining(char))
    for pattern, short in _ALIASES:
        plain = pattern.sub(short, plain)
    return _PHRASE.sub(_one_verb, " ".join(plain.split()))


def _one_verb(match: re.Match[str]) -> str:
    """The one verb for a verb of several words, in the form that its first word has."""
    first, rest = match.groups()
    ends = [end for end in ("", "s", "es", "ed", "d", "ing") if first.endswith(end)]
    bases = [BASES[first]] if first in BASES else [first.removesuffix(end) + e for end in ends for e in ("", "e")]
    base = next((base for base in bases if f"{base} {rest}" in _ONE_VERB), None)
    if base is None:
        return match.group()
    verb = _ONE_VERB[f"{base} {rest}"]
    if first == base:
        return verb
    if first.endswith(("ing", "s")):
        return verb.removesuffix("e") + "ing" if first.endswith("ing") else f"{verb}s"
    return next((form for form, of in BASES.items() if of == verb != form), verb.removesuffix("e") + "ed")


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of a word in any case: irregular forms by their base, the rest by Porter's second algorithm."""
    low = word.lower().removesuffix("'s").removesuffix("'")
    return porter(BASES.get(low, low))


def _groups(table: str, mark: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for number, line in enumerate(table.replace("\n", " ").split("|")):
        for word in line.split():
            found.setdefault(stem(word), set()).add(f"{mark}{number}")
    return {word: frozenset(groups) for word, groups in found.items()}


_SENSES = _groups(EQUIVALENT, "=")
_PLACES = _groups(DEMONYMS, "@")
OPPOSITES: dict[str, frozenset[str]] = {}
for _line in OPPOSITE.replace("\n", " ").split("|"):
    _one, _other = (stem(_word) for _word in _line.split())
    OPPOSITES[_one] = OPPOSITES.get(_one, frozenset()) | {_other}
    OPPOSITES[_other] = OPPOSITES.get(_other, frozenset()) | {_one}
_IMPLIES: dict[str, frozenset[str]] = {}
for _line in IMPLIED.replace("\n", " ").split("|"):
    _one, _others = _line.split(":")
    _IMPLIES[stem(_one.strip())] = _IMPLIES.get(stem(_one.strip()), frozenset()) | vocabulary(_others)
HARMLESS = frozenset(stem(word) for word in HARMLESS_WORDS.split()) | frozenset(map(stem, STOP_WORDS))


OF_A_PLACE = r"\w+(?:an|ese|ish|i)"  # how words for those of a place end, after their capital
_DERIVED = re.compile(r"(?:ation|ition|sion|tion|ion|ment|ance|ence|al|er|or|ist)$")  # "explosion", "refusal"


@lru_cache(maxsize=1 << 16)
def told(word: str) -> frozenset[str]:
    """What a word of the source backs: its own senses, and those of what it implies ("in Kyiv" is in Ukraine)."""
    implied = _IMPLIES.get(stem(word), frozenset())
    return senses(word).union(*(senses(other.title() if word[:1].isupper() else other) for other in implied))


@lru_cache(maxsize=1 << 16)
def meanings(word: str) -> frozenset[str]:
    """What a word that is no name, or two, may match by: its senses, and what WordNet has it mean."""
    found = meaning(_looked_up(word))
    own = frozenset() if " " in word else senses(word)
    return own.union((f"w{key}" for key in found.senses), (f"k{key}" for key in found.named))


@lru_cache(maxsize=1 << 16)
def meant(word: str) -> frozenset[str]:
    """What a word of the source that is no name, or two, backs: all that it means, implies, and is a kind of."""
    own = frozenset() if " " in word else told(word)
    return own | meanings(word).union(f"k{key}" for key in meaning(_looked_up(word)).kinds)


def _looked_up(word: str) -> str:
    """The word in small letters, an irregular form by its base: "found" is of "find". A number means itself alone."""
    low = word.lower().removesuffix("'s").removesuffix("'")
    if not _COUNTING.isdisjoint(low.split(" ")):
        return ""
    first, blank, second = low.partition(" ")
    return BASES.get(first, first) + blank + second


def is_known(word: str) -> bool:
    """Whether a word in small letters is one of English, and no name only."""
    return bool(meaning(_looked_up(word)).senses)


@lru_cache(maxsize=1 << 16)
def opposites(word: str) -> frozenset[str]:
    """The stems of the words that cannot be so where this one is."""
    return OPPOSITES.get(stem(word), frozenset()) | {stem(other) for other in meaning(_looked_up(word)).opposites}


@lru_cache(maxsize=1 << 16)
def senses(word: str) -> frozenset[str]:
    """What a word may match by: its stem, its stated equivalences, and for a capitalised one the place it tells of."""
    root = stem(word)
    keys = _SENSES.get(root, frozenset()) | {root}
    if (low := word.lower()).endswith(("ly", "est")) and len(low) > 6:  # "narrowly", "deadliest"
        keys |= {stem(low.removesuffix("ly").removesuffix("est").removesuffix("i"))}
        keys |= {stem(low.removesuffix("est").removesuffix("i") + "y")} if low.endswith("iest") else set()
    if len(root) > 5 and (base := _DERIVED.sub("", root)) != root and len(base) > 3:
        keys |= {f"~{base}"}
    elif len(root) > 4 and word.islower():
        keys |= {f"~{root}", f"~{root.rstrip('dest')}"} if len(root.rstrip("dest")) > 3 else {f"~{root}"}
    if word[:1].isupper():
        keys |= _PLACES.get(root, frozenset()) or {f"@{_place(word)}"}
    return keys


def _place(word: str) -> str:
    """ "Iranian" and "Iran", "Russian" and "Russia" without their endings."""
    low = word.lower().removesuffix("'s").removesuffix("'")
    if len(low) < 6 and not low.endswith(("a", "o", "y", "i")):
        return low
    low = low.removesuffix("s") if low.endswith(("ans", "is")) else low
    return re.sub(r"(?<=\w{3})(?:ian|ean|ese|an|ia|ea|[aeioy])$", "", low)


def same(one: str, other: str) -> bool:
    """Whether two words are one, or mean the same."""
    return bool(meanings(one) & meanings(other))
