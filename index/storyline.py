"""Which lines of a text dump are its story: one run of paragraphs among menus, captions, teasers and rails.

Every line gets a score for how much it looks like running text (log-odds, from a handful of plain features); the story
is then the best path through two states, "in the story" and "out of it", where each entry into the story has a price
(Viterbi). One teaser among the rails never pays that price, however well it is written; a paragraph or a subheading
between two others of the story need not pay it. Method in the spirit of Kohlschütter et al., "Boilerplate Detection
using Shallow Text Features" (WSDM 2010), with the choice of spans made jointly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.junk import ends_sentence, is_junk, is_rail_heading

_BULLET = re.compile(r"(?:[*•●▪◦‣·►▶➤○◆■+–—-]|o(?=\s{1,2}\S)|\d{1,3}[.)])(?:\s+|$)")
_WIDE = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_WRAPPED = 100  # the widest column that programs and mail break text at
_KEY = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a dump that is not blank, with what is seen of it alone."""

    text: str  # without the blanks and the list mark before it
    raw: str  # without the blanks only
    indent: int
    bullet: bool
    words: int  # of scripts without blanks, two letters count as a word
    ends: bool  # at the end of a sentence
    lower: float  # share of its words that begin in lower case (or have no case)
    gap: bool  # a blank line stands before it

    @property
    def key(self) -> str:
        """The same for lines that differ only in case, marks and blanks."""
        return key_of(self.text)

    @property
    def prose(self) -> bool:
        """Whether it reads as a sentence or more of running text."""
        return self.ends and self.words >= 8 and self.lower >= 0.4


def key_of(text: str) -> str:
    """A text in lower case, its words parted by single blanks and without marks."""
    return _KEY.sub(" ", text).strip().casefold()


def unwrap(text: str) -> str:
    """A text that was broken into lines of one width has its paragraphs put together again; others stay as they are."""
    lines = text.split("\n")
    widths = [len(line) for line, following in pairwise(lines) if line.strip() and following.strip()]
    even = sum(1 for width in widths if 55 <= width <= _WRAPPED)
    if len(widths) < 4 or max(map(len, lines)) > _WRAPPED or even < 0.7 * len(widths):
        return text
    whole: list[list[str]] = []  # the lines of each paragraph
    for line in lines:
        if whole and whole[-1][-1].strip() and line.strip() and not _BULLET.match(line.strip()):
            whole[-1].append(line.strip())
        else:
            whole.append([line])
    return "\n".join(map(" ".join, whole))


def read_lines(text: str) -> list[Line]:
    """The lines of a text that are not blank, in order."""
    lines, gap = [], True
    for whole in text.split("\n"):
        raw = whole.strip()
        if not WORD.search(raw):
            gap = True
            continue
        mark = _BULLET.match(raw)
        body = raw[mark.end() :].strip() if mark else raw
        words = WORD.findall(body)
        wide = len(_WIDE.findall(body)) // 2
        # A wire story all in capitals has no case to tell by.
        shouted = len(words) >= 12 and body.isupper()
        lower = 1.0 if shouted else sum(1 for word in words if not word[0].isupper()) / len(words) if words else 0.0
        lines.append(
            Line(
                text=body,
                raw=raw,
                indent=len(whole) - len(whole.lstrip()),
                bullet=mark is not None,
                words=max(len(words), wide),
                ends=ends_sentence(body),
                lower=lower,
                gap=gap,
            )
        )
        gap = False
    return lines


_FIRST, _AGAIN = 0.3, 6.0  # what it costs to enter the story the first time, and to come back after it seemed over
_TALK = re.compile(  # where readers' comments begin
    r"(?:(?:view|show|all|see) )?(?:\d+ )?(?:comments?|responses|replies|thoughts)(?: (?:on|to) .+| \(?\d+\)?)?"
    r"|(?:leave|post|add|write) a (?:reply|comment|response)|join the (?:conversation|discussion)|discussion",
    re.IGNORECASE,
)
_CUT = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])$")  # as a teaser is
_STAMP = re.compile(
    r"\d{1,2}:\d{2}|\b(?:19|20)\d{2}\b|\b(?:minute|hour|day|week|month|year)s? ago\b|\b\w+ (?:says|wrote):$"
)


def story_lines(lines: Sequence[Line]) -> list[int]:
    """Which lines (by their numbers, ascending) are the story's."""
    return [number for number, inside in enumerate(_best_path(_gains(lines))) if inside]


def _gains(lines: Sequence[Line]) -> list[float]:
    keys = [line.key for line in lines]
    copies = Counter(keys)
    column = _column(lines)
    listed = _introduced(lines)
    teasers = _teasers(lines)
    gains: list[float] = []
    for number, line in enumerate(lines):
        aligned = column is None or line.indent == column
        alone = not _prose_beside(lines, number)
        doubled = number > 1 and not lines[number - 1].prose and keys[number - 2].endswith(keys[number - 1])
        if _TALK.fullmatch(line.text.rstrip(" :")):
            gain = -10.0
        elif is_junk(line.raw):
            gain = -3.0
        elif line.prose and _CUT.search(line.text):
            gain = -0.5
        elif line.prose:
            gain = (0.5 + min(line.words, 60) / 12) * (1.0 if aligned else 0.4) * (0.6 if alone else 1.0)
            if doubled or copies[keys[number]] > 1 or number in teasers:
                gain = -1.0
        elif copies[keys[number]] > 1 and line.words > 2:
            gain = -2.0
        elif number in listed:
            gain = 0.2
        elif line.words <= 12 and _STAMP.search(line.text):
            gain = -1.5
        elif line.words >= 20 and line.lower >= 0.4:
            gain = 0.5
        else:
            gain = (-0.4 if aligned else -0.9) * (1.0 if alone else 0.7)
        gains.append(gain)
    return gains


def _prose_beside(lines: Sequence[Line], number: int) -> bool:
    return any(near.prose for near in (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2]))


def _teasers(lines: Sequence[Line]) -> set[int]:
    """The summaries of other stories: single paragraphs under headlines, in a rail or in a row of them.

    Under the heading of a rail one is enough; without, three in a row are, where they have next to no word in common
    with the running text: the sections of a long list have a heading each too.
    """
    running = [lines[n] for n in range(len(lines)) if lines[n].prose and _prose_beside(lines, n)]
    known = {word for line in running for word in _content(line)}
    found: set[int] = set()
    last, strange = 0, list[int]()  # of the row: its last paragraph, and those that have little to do with the story
    begun = railed = False
    for number, line in enumerate(lines):
        if not line.prose:
            railed = railed or (begun and is_rail_heading(line.raw))
            continue
        if _prose_beside(lines, number):
            begun, railed, strange = True, False, []
        elif begun and _headlike(lines[number - 1]):
            strange = strange if number - last <= 4 else []
            last = number
            if len(_content(line) & known) < 2:
                strange.append(number)
            if railed:
                found.add(number)
            elif len(strange) >= 3:
                found.update(strange if len(strange) == 3 else strange[-1:])
    return found


def _headlike(line: Line) -> bool:
    return 4 <= line.words <= 20 and not line.ends and not line.text.endswith(":") and not is_junk(line.raw)


def _content(line: Line) -> set[str]:
    return {word.casefold() for word in WORD.findall(line.text) if len(word) > 4}


def _introduced(lines: Sequence[Line]) -> set[int]:
    """The lines of lists that a sentence ending in a colon announces: one form, one indentation."""
    found: set[int] = set()
    for number, line in enumerate(lines[:-1]):
        if not line.text.endswith((":", "：")) or line.words < 4 or line.lower < 0.4 or is_junk(line.raw):
            continue
        first = lines[number + 1]
        for item in range(number + 1, len(lines)):
            same = lines[item].indent == first.indent and lines[item].bullet == first.bullet
            spaced = not first.bullet and lines[item].gap and item > number + 1
            if not same or spaced or lines[item].text.endswith((":", "：")):
                break
            found.add(item)
    return found


def _column(lines: Sequence[Line]) -> int | None:
    """The indentation that most of the prose has, or None where lines do not differ in it."""
    weight: Counter[int] = Counter()
    for line in lines:
        weight[line.indent] += line.words if line.prose else 0
    if len(weight) < 2 or not weight.total():
        return None
    return weight.most_common(1)[0][0]


def _best_path(gains: Sequence[float]) -> list[bool]:
    """For each line whether it is in the story, so that the sum of gains less the price of entries is greatest."""
    impossible = float("-inf")
    before, inside, after = 0.0, impossible, impossible
    came: list[tuple[int, int, int]] = []
    for gain in gains:
        entered = max((inside, 1), (before - _FIRST, 0), (after - _AGAIN, 2))
        left = max((after, 2), (inside, 1))
        came.append((0, entered[1], left[1]))
        inside, after = entered[0] + gain, left[0]
    state = max((before, 0), (inside, 1), (after, 2))[1]
    path = []
    for step in reversed(came):
        path.append(state == 1)
        state = step[state]
    return path[::-1]
