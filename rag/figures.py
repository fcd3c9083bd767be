"""Every number of a claim looked for in its source: digits or words, scales, shares, sums, ordinals, roundings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isclose

from rag.lexicon import HARMLESS, same, stem
from rag.numbers import CARDINAL, ORDINAL, SCALE

_SHORT = {"k": 10**3, "m": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9, "tn": 10**12}
_UNITS = {
    "%": "%", "percent": "%", "$": "$", "dollar": "$", "dollars": "$", "usd": "$", "€": "€", "euro": "€", "euros": "€",
    "£": "£", "pounds": "£", "¥": "¥", "yen": "¥",
}  # fmt: skip
_YEARS = {"decade": 10, "decades": 10, "century": 100, "centuries": 100}
_TOKEN = re.compile(r"[$€£¥%]|\d+(?:[.,:]\d+)*(?![\d])(?:(?:st|nd|rd|th|bn|tn|mn|[kmb])\b)?(?!\w)|\w+(?:'\w+)?|[^\w\s]")
_DIGITS = re.compile(r"(\d+(?:[.,:]\d+)*)(\D*)")
_MORE = re.compile(
    r"(?:(?:more|older|longer|higher|greater) than|over|above|upwards of|exceed\w*|in excess of|beyond)$"
)
_LEAST = re.compile(r"(?:at least|no fewer than|no less than|a minimum of)$")
_LESS = re.compile(r"(?:fewer than|younger than|shorter than|lower than|less than|under|below)$")
_MOST = re.compile(r"(?:at most|no more than|up to|as many as|as much as|a maximum of)$")
_NEARLY = re.compile(r"(?:nearly|almost|close to|just under)$")
_ABOUT = re.compile(r"(?:about|around|roughly|approximately|some|an estimated|circa|or so)$")
_DENIED = re.compile(r"\b(?:not|rather than|instead of)$")
_BOUNDS = ((_DENIED, "≠"), (_LEAST, "≥"), (_MOST, "≤"), (_MORE, ">"), (_LESS, "<"), (_NEARLY, "≲"), (_ABOUT, "≈"))
# "Three fewer than the 50": how far from it, and no bound.
_APART = re.compile(
    rf"(?:\d|\b(?:{'|'.join(CARDINAL)}))%?\s(?:percent\s|points\s)?(?:fewer|less|lower|more|higher|older|younger) than$"
)
_LEANS = re.compile(r"\b(?:to|against)\s(?:[\w'.-]+(?:'s)?\s){0,3}$|^[^\w]*-$")
_NEAR = 40  # characters between a figure and one that leans on it
_ROUNDING = 0.05  # of the value: how far "about" and "nearly" may round
_REACH = 0.25  # of the value: how far below it "more than" may point


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a text, as written at `start:end`; `unit` is %, a currency or nothing; `head` the next noun."""

    start: int
    end: int
    text: str
    value: float
    is_ordinal: bool
    unit: str
    bound: str
    head: str


def figures(text: str) -> list[Figure]:
    """The numbers of a canonical text in order. "One" is none where it stands for a thing ("one of them")."""
    tokens = list(_TOKEN.finditer(text))
    found: list[Figure] = []
    at = 0
    while at < len(tokens):
        read = _read(tokens, at)
        if read is None:
            at += 1
            continue
        value, is_ordinal, stop = read
        found.append(_figure(text, tokens, at, stop, value, is_ordinal))
        at = stop
    return _with_shared_units(text, found)


def blanked(text: str) -> str:
    """The text with its numbers blanked."""
    for figure in figures(text):
        text = text[: figure.start] + " " * (figure.end - figure.start) + text[figure.end :]
    return text


def unbacked(claim: str, sources: Sequence[str]) -> list[str]:
    """What is wrong with the claim's numbers, in plain words; both texts canonical, with calendar days masked."""
    backing = [figure for source in sources for figure in measured(source)]
    own = figures(claim)
    wrong = [
        f"the number “{figure.text}” is not in the cited text"
        for figure in own
        if not any(_backs(figure, other) and not _is_misplaced(figure, other, backing) for other in backing)
        and not _is_said_otherwise(figure, sources)
    ]
    given = {pair for source in sources for pair in _pairs(source)}
    turned = [pair for pair in _pairs(claim) if pair not in given and pair[::-1] in given]
    return wrong + [f"“{one}” and “{other}” are the wrong way round" for one, other in turned]


def _read(tokens: list[re.Match[str]], at: int) -> tuple[float, bool, int] | None:
    """The number that begins at a token: its value, whether it is an ordinal, and the token after it."""
    word = tokens[at].group().lower()
    digits = _DIGITS.fullmatch(word) if word[0].isdigit() else None
    if digits:
        number, suffix = digits.groups()
        value = _number(number)
        if suffix in ("st", "nd", "rd", "th"):
            return value, True, at + 1
        value *= _SHORT.get(suffix, 1)
        return _scaled(tokens, at + 1, value)
    return _spelt(tokens, at)


def _number(digits: str) -> float:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", digits)
    if ":" in plain:  # a time of day, or of a race
        return (
            float(sum(float(part.replace(",", ".")) * 60**-place for place, part in enumerate(plain.split(":")))) + 1e-6
        )
    try:
        return float(plain.replace(",", "."))
    except ValueError:  # 1.2.3
        return float(re.sub(r"\D", "", plain)[:300]) + 1e-6


def _scaled(tokens: list[re.Match[str]], at: int, value: float) -> tuple[float, bool, int]:
    at_scale = at + 1 if at + 1 < len(tokens) and tokens[at].group() == "-" else at
    if at_scale < len(tokens):
        word = tokens[at_scale].group().lower()
        scale = SCALE.get(word) or (_SHORT.get(word) if word in ("m", "bn", "mn", "tn") else None)
        if scale:
            return value * scale, False, at_scale + 1
    return value, False, at


def _spelt(tokens: list[re.Match[str]], at: int) -> tuple[float, bool, int] | None:
    total, current, seen, start = 0.0, 0.0, False, at
    while at < len(tokens):
        word = tokens[at].group().lower()
        following = tokens[at + 1].group().lower() if at + 1 < len(tokens) else ""
        if seen and word in ("-", "and") and (following in CARDINAL or following in ORDINAL) and current >= 20:
            at += 1
            continue
        if word in ORDINAL:
            if current and (current < 20 or current % 10):
                break
            is_unit = word == "second" and at and tokens[at - 1].group().lower() in ("per", "a", "every", "each")
            if is_unit or (word == "second" and not seen and following in ("", ".")):
                break
            return total + current + ORDINAL[word], True, at + 1
        if word in CARDINAL:
            if current and (current % 10 or (current % 100 and CARDINAL[word] >= 10)):
                break
            current += CARDINAL[word]
        elif word in SCALE and (seen or (at and tokens[at - 1].group().lower() in ("a", "an", "half"))):
            current = max(current, 1) * SCALE[word]
            if SCALE[word] > 100:
                total, current = total + current, 0
        else:
            break
        seen, at = True, at + 1
    if not seen:
        return None
    value = total + current
    return None if value == 1 and _is_pronoun(tokens, start, at) else (value, False, at)


def _is_pronoun(tokens: list[re.Match[str]], at: int, stop: int) -> bool:
    before = tokens[at - 1].group().lower() if at else ""
    after = tokens[stop].group().lower() if stop < len(tokens) else "."
    return (
        before in ("no", "the", "this", "that", "any", "every", "each", "which")
        or not after.isalpha()
        or (after in ("of", "another", "is", "was", "that", "who", "has", "had", "in", "by", "for", "on", "to", "day"))
    )


def _figure(text: str, tokens: list[re.Match[str]], at: int, stop: int, value: float, is_ordinal: bool) -> Figure:
    start, end = tokens[at].start(), tokens[stop - 1].end()
    unit = _UNITS.get(tokens[at - 1].group(), "") if at else ""
    start = tokens[at - 1].start() if unit else start
    if not unit and stop < len(tokens):
        unit = _UNITS.get(tokens[stop].group().lower(), "")
    before = text[max(0, start - 40) : start].rstrip().lower().removesuffix(" a").removesuffix(" the")
    bound = "" if _APART.search(before) else next((sign for form, sign in _BOUNDS if form.search(before)), "")
    head = ""
    for token in tokens[stop : stop + 4]:
        word = token.group()
        if not word[0].isalnum() and word not in "%-":
            break
        if word.lower() not in _UNITS and stem(word) not in HARMLESS and word[0].isalpha():
            head = word
            break
    return Figure(start, end, text[start:end], value, is_ordinal, unit, bound, head)


def _with_shared_units(text: str, found: list[Figure]) -> list[Figure]:
    """ "Between 58.3 and 60.7 percent": the first has the unit of the second."""
    for place in range(len(found) - 2, -1, -1):
        one, other = found[place], found[place + 1]
        if not one.unit and other.unit and text[one.end : other.start].strip() in ("to", "and", "or", "-"):
            found[place] = Figure(
                one.start, one.end, one.text, one.value, one.is_ordinal, other.unit, one.bound, other.head
            )
    return found


def measured(text: str) -> list[Figure]:
    """The numbers of a text, its decades in years too, and those that lean on another once more with its unit and noun.

    "By 50.2 percent to 49.8", "by 134 votes, against 82 for him", "17.28 pounds a share to Fox's 15.67".
    """
    found = figures(text)
    shared = [
        replace(one, value=one.value * _YEARS[one.head.lower()], head="years")
        for one in found
        if one.head.lower() in _YEARS and not one.is_ordinal
    ]
    for one, other in pairwise(found):
        gap = text[one.end : other.start]
        if len(gap) < _NEAR and not other.unit and not one.is_ordinal and not other.is_ordinal and _LEANS.search(gap):
            shared.append(replace(other, unit=one.unit, head=one.head))
    return found + shared


def _backs(claim: Figure, source: Figure) -> bool:
    """Whether the claim's number follows from the source's. A bound may be loosened, and never dropped or tightened."""
    if claim.is_ordinal != source.is_ordinal or claim.unit != source.unit:
        return False
    said, given = claim.value, source.value
    if "≠" in (claim.bound, source.bound) and claim.bound != source.bound:
        return False
    equal = isclose(said, given, rel_tol=1e-12)
    if source.bound in (">", "≥"):
        below = not equal and _is_loosened(claim, source) and said < given
        if below or (equal and source.bound == ">"):
            return claim.bound in (">", "≥")
        return equal and claim.bound == "≥"
    if source.bound in ("<", "≤"):
        return equal and claim.bound in (("<", "≤", "≲") if source.bound == "<" else ("≤",))
    if equal:
        return claim.bound in ("", "≈", "≥", "≤", source.bound)
    if claim.bound == "≈" or (claim.bound == "≲" and said > given):
        return _is_rounder(said, given) and abs(said - given) <= _ROUNDING * abs(given)
    if claim.bound in (">", "≥"):
        return _is_loosened(claim, source) and said < given
    return claim.bound in ("<", "≤") and _is_loosened(claim, source) and given < said


def _is_loosened(claim: Figure, source: Figure) -> bool:
    """Whether a bound is near and rounder: "more than 1,000" for 1,034; "over 54" for 58 is another number."""
    near = abs(claim.value - source.value) <= _REACH * source.value
    return near and ("dozen" in claim.text.lower() or _is_rounder(claim.value, source.value))


def _is_rounder(said: float, given: float) -> bool:
    """Whether a number has fewer digits that count: "about 60" for 61, and never "about 64"."""
    one, other = (f"{value:.6f}".rstrip("0").rstrip(".").rstrip("0").replace(".", "") for value in (said, given))
    return len(one) < len(other)


def _is_misplaced(claim: Figure, source: Figure, backing: list[Figure]) -> bool:
    """Whether the source gives another number for what the claim counts, and this number for something else."""
    if claim.is_ordinal or not claim.head or not source.head or same(claim.head, source.head):
        return False
    return any(
        other.head and same(claim.head, other.head) and other.value != claim.value and not _backs(claim, other)
        for other in backing
    ) and not any(same(claim.head, other.head) and _backs(claim, other) for other in backing if other.head)


def _is_said_otherwise(claim: Figure, sources: Sequence[str]) -> bool:
    """ "One" for "a single", "two" for "both", "three times" for "triple"."""
    said = {
        1.0: rf"\b(?:single|sole|only|once)\b|\ban? {re.escape(claim.head) or '$'}\b",
        2.0: r"\b(?:both|twice|double|pair|couple|two)\b",
        3.0: r"\b(?:triple|three)\b", 12.0: r"\b(?:a|one) dozen\b",
    }.get(claim.value)  # fmt: skip
    return bool(
        said and not claim.is_ordinal and not claim.unit and any(re.search(said, source, re.I) for source in sources)
    )


_PAIR = re.compile(r"(?<![\w.,-])(\w+)(?: votes| seats| points| goals)?(?:-| to )(\w+)(?![\w-])")


def _pairs(text: str) -> list[tuple[str, str]]:
    """Scores and votes: "3-1", "364 votes to 194"."""
    found = []
    for match in _PAIR.finditer(text.lower()):
        one, other = (CARDINAL.get(word, word) for word in match.groups())
        if all(str(value).isdigit() for value in (one, other)) and str(one) != str(other):
            found.append((str(one), str(other)))
    return found
