"""Counts, sums and shares in a sentence, and what each is a number of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from rag.numbers import CARDINAL, SCALE

_SCALES = SCALE | {"m": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
_WORD = "|".join(sorted(CARDINAL, key=len, reverse=True))
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_QUANTITY = re.compile(
    r"(?<![\w.,/-])(?:(?P<bound>at least|no fewer than|no less than|more than|over|upwards of|at most|no more than|"
    r"up to|as many as|fewer than|"
    r"less than|under|nearly|almost|about|around|roughly|approximately|some|an estimated)\s)?"
    r"(?P<money>[$€£¥])?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|"
    rf"(?:{_WORD})(?:-(?:{_WORD}))?)(?:[\s-]?(?P<scale>{_SCALE})\b)?"
    r"(?:\s?(?P<share>%|percent\b|per cent\b|percentage points?\b))?(?![\w/]|[.,:]\d|-(?:year|day|time|century))",
    re.I,
)
_MONTH_BEFORE = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|september|october|"
    r"november|december)\.?\s$",
    re.I,
)
_DENIED = re.compile(r",\snot\s[^,.;]{1,30},")
# Words that say what befell those counted; they decide before the noun does: "13 people" of what?
_FATES = (
    (
        "dead",
        r"\b(?:dead|die[ds]?|deaths?|death toll|kill(?:ed|s|ing)?|fatalit(?:y|ies)|lives|bodies|perished|toll)\b",
    ),
    ("injured", r"\b(?:injur(?:e|ed|ies|ing)|wound(?:ed|s)?|hurt|hospitali[sz]ed)\b"),
    ("missing", r"\b(?:missing|unaccounted)\b"),
    ("arrested", r"\b(?:arrest(?:ed|s)?|detained|in custody)\b"),
    ("displaced", r"\b(?:displaced?|evacuated?|homeless|fled)\b"),
    ("votes", r"\b(?:vote[ds]?|ballots?)\b"),
)
_FATE_PATTERNS = tuple((name, re.compile(pattern, re.I)) for name, pattern in _FATES)
OF_PEOPLE = frozenset(("people", *(name for name, _ in _FATES)))  # measures that are words for those counted
_NOUN = re.compile(
    r"\s(?:(?:of|the|new|other|more|different|\w+(?:al|an|ese|ic|ed|ish|ous|ive|ian|ish))\s){0,3}(?P<noun>(?!(?:were|was|are|have|had|has|who|and|but|in|on)\b)[a-z]{3,})"
)
_PER_TIME = re.compile(r"\s(?:an?|per|each|every)\s(?P<time>hour|day|week|month|year)\b")
_SHARE_ASKED = re.compile(r"\b(?:percentage|per\s?cent|(?:what|which) (?:share|proportion))\b", re.I)
_COST_ASKED = re.compile(
    r"\bhow much\b.*\b(?:cost|pay|paid|worth|spend|spent|price|raise[ds]?|earn(?:ed)?|fined?)\b", re.I
)
_MONEY = "$€£¥"
_PEOPLE = re.compile(
    r"people|persons?|m[ae]n|wom[ae]n|child(?:ren)?|others|civilians|residents|students|\w+(?:ers|ors|ists|ians|ants|ees)"
)


_COUNTED = re.compile(rf"\s(?:[\w’'-]+\s){{0,2}}?(?P<who>{_PEOPLE.pattern})\b")
_COMMA = re.compile(rf"{_COUNTED.pattern},\s")
_AND = re.compile(rf"{_COUNTED.pattern},?\sand\s(?:an?other\s)?")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it stands at `start:end` of a sentence.

    `low` and `high` bound what is claimed: "at least 13" is 13 to infinity, "about 100" is 90 to 110. `measure` is
    what it is a number of: "dead", "documents", "$", "$ a month", "%".
    """

    start: int
    end: int
    text: str
    value: float
    low: float
    high: float
    measure: str

    def is_of(self, measure: str) -> bool:
        """Whether it is a number of what `measure_asked` names; any money where that is "$"."""
        return self.measure == measure or (measure == "$" and self.measure[0] in _MONEY)

    def differs(self, other: Quantity) -> bool:
        """Whether the two cannot both be what is said of one thing; a bound agrees with what lies beyond it."""
        if self.measure != other.measure or self.value == other.value:
            return False
        both_bounds = inf in (self.high, -self.low) and inf in (other.high, -other.low)
        return both_bounds or self.low > other.high or other.low > self.high


def quantities(sentence: str) -> tuple[Quantity, ...]:
    """The numbers of a sentence that count or measure something; days and years are none."""
    found = []
    # "Sixteen people, not 17, died" counts sixteen dead, and 17 of nothing.
    sentence = _DENIED.sub(lambda aside: " " * len(aside.group()), sentence)
    matches = [match for match in _QUANTITY.finditer(sentence) if not _is_date(sentence, match)]
    for i, match in enumerate(matches):
        start = matches[i - 1].end() if i else 0
        stop = matches[i + 1].start() if i + 1 < len(matches) else len(sentence)
        measure = _measure(sentence, match, start, stop)
        if measure:
            value = _value(match)
            low, high = _bounds((match["bound"] or "").lower(), value)
            found.append(Quantity(match.start(), match.end(), match.group(), value, low, high, measure))
    return tuple(found)


def first_of(measure: str, sentence: str) -> Quantity | None:
    """The first number of a measure in a sentence."""
    return next((quantity for quantity in quantities(sentence) if quantity.is_of(measure)), None)


def joint(sentence: str) -> tuple[tuple[int, int], ...]:
    """Where counts of people stand, as (start, end), that make one number: "19 children and two teachers"."""
    counts, found = quantities(sentence), []
    for place, (one, other) in enumerate(pairwise(counts)):
        before, some = _AND.fullmatch(sentence, one.end, other.start), _COUNTED.match(sentence, other.end)
        if before and some and before["who"] != some["who"]:  # "40 people and 13 people died" are two
            first = place
            while first and _COMMA.fullmatch(sentence, counts[first - 1].end, counts[first].start):
                first -= 1
            found.append((counts[first].start, some.end()))
    return tuple(found)


def whole_count(sentence: str, start: int, end: int) -> tuple[int, int]:
    """The place of a number, or with it those that make one: of "19 children and two teachers" all, not "two"."""
    return next((both for both in joint(sentence) if both[0] <= start < both[1]), (start, end))


def has_number(text: str) -> bool:
    """Whether a number stands in a text, in figures or in words."""
    return any(map(str.isdigit, text)) or _QUANTITY.search(text) is not None


def measure_asked(question: str) -> str:
    """What a question asks the number of, as `Quantity.measure` names it; empty where that cannot be told.

    "$" stands for money of any kind.
    """
    if _SHARE_ASKED.search(question):
        return "%"
    if re.search(r"\b(?:death|casualty) toll\b", question, re.I):
        return "dead"
    # The question read as its own answer: "13 people were killed" tells what 13 would count.
    said = re.sub(r"\bhow many(?: of)?\b", "13", question, count=1, flags=re.I)
    if said == question:
        return "$" if _COST_ASKED.search(question) else ""
    return next((quantity.measure for quantity in quantities(said.rstrip(" ?")) if quantity.text == "13"), "")


def _is_date(sentence: str, match: re.Match[str]) -> bool:
    if match["money"] or match["share"] or match["scale"]:
        return False
    number = match["number"]
    if re.fullmatch(r"(?:1[5-9]|20)\d\d", number) and not match["bound"]:
        return True
    return number.isdigit() and _MONTH_BEFORE.search(sentence[: match.start("number")]) is not None


def _value(match: re.Match[str]) -> float:
    words = match["number"].lower()
    if words[0].isdigit():
        value = float(words.replace(",", ""))
    else:
        value = float(sum(CARDINAL[word] for word in words.split("-")))
    return value * _SCALES.get((match["scale"] or "").lower(), 1)


def _bounds(word: str, value: float) -> tuple[float, float]:
    if word in ("at least", "no fewer than", "no less than", "more than", "over", "upwards of"):
        return value, inf
    if word in ("at most", "no more than", "up to", "as many as", "fewer than", "less than", "under"):
        return -inf, value
    return (value * 0.9, value * 1.1) if word else (value, value)


def _measure(sentence: str, match: re.Match[str], start: int, stop: int) -> str:
    after = sentence[match.end() : stop]
    if match["money"]:
        per = _PER_TIME.match(after)
        return f"{match['money']} a {per['time']}" if per else match["money"]  # a price is no rent
    if match["share"]:
        return "%"
    noun_match = _NOUN.match(after)
    noun = noun_match["noun"].lower() if noun_match else ""
    if not noun or _PEOPLE.fullmatch(noun) or any(fate.fullmatch(noun) for _, fate in _FATE_PATTERNS):
        # The words after a number tell its fate before those ahead of it: "killed 13 people and injured 20".
        ahead = [
            (m.start(), name)
            for name, fate in _FATE_PATTERNS
            if (m := fate.search(re.split(r"[,;]|\band\b", after)[0]))
        ]
        behind = [
            (m.start(), name) for name, fate in _FATE_PATTERNS for m in fate.finditer(sentence[start : match.start()])
        ]
        if ahead or behind:
            return min(ahead)[1] if ahead else max(behind)[1]
    return "people" if _PEOPLE.fullmatch(noun) else noun.removesuffix("s")
