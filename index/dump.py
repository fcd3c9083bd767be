"""The story of a plain-text dump of a whole page: one run of paragraphs among menus, captions, teasers and rails.

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

from index.junk import is_junk

_BULLET = re.compile(r"(?:[*•●▪◦‣·►▶➤○◆■+–—-]|o(?=\s{1,2}\S)|\d{1,3}[.)])(?:\s+|$)")
_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]\u201e」』]*(?:\s*\[\d+\])*$")
_WIDE = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
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
        return _KEY.sub(" ", self.text).strip().casefold()

    @property
    def prose(self) -> bool:
        """Whether it reads as a sentence or more of running text."""
        return self.ends and self.words >= 8 and self.lower >= 0.4


def read_lines(text: str) -> list[Line]:
    """The lines of a text that are not blank, in order."""
    lines, gap = [], True
    for whole in text.split("\n"):
        raw = whole.strip()
        if not _WORD.search(raw):
            gap = True
            continue
        mark = _BULLET.match(raw)
        body = raw[mark.end() :].strip() if mark else raw
        words = _WORD.findall(body)
        wide = len(_WIDE.findall(body)) // 2
        lower = sum(1 for word in words if not word[0].isupper()) / len(words) if words else 0.0
        lines.append(
            Line(
                text=body,
                raw=raw,
                indent=len(whole) - len(whole.lstrip()),
                bullet=mark is not None,
                words=max(len(words), wide),
                ends=_SENTENCE_END.search(body) is not None,
                lower=lower,
                gap=gap,
            )
        )
        gap = False
    return lines


_FIRST, _AGAIN = 1.0, 6.0  # what it costs to enter the story the first time, and to come back after it seemed over
_TALK = re.compile(  # where readers' comments begin
    r"(?:(?:view|show|all|see) )?(?:\d+ )?(?:comments?|responses|replies|thoughts)(?: (?:on|to) .+| \(?\d+\)?)?"
    r"|(?:leave|post|add|write) a (?:reply|comment|response)|join the (?:conversation|discussion)|discussion",
    re.IGNORECASE,
)
_STAMP = re.compile(r"\d{1,2}:\d{2}|\b(?:19|20)\d{2}\b|\b(?:minute|hour|day|week|month|year)s? ago\b|\b\w+ (?:says|wrote):$")


def story_lines(lines: Sequence[Line]) -> list[int]:
    """Which lines (by their numbers, ascending) are the story's."""
    return [number for number, inside in enumerate(_best_path(_gains(lines))) if inside]


def _gains(lines: Sequence[Line]) -> list[float]:
    keys = [line.key for line in lines]
    copies = Counter(keys)
    column = _column(lines)
    gains: list[float] = []
    for number, line in enumerate(lines):
        aligned = column is None or line.indent == column
        alone = not any(near.prose for near in (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2]))
        teaser = number > 1 and not lines[number - 1].prose and keys[number - 2].endswith(keys[number - 1])
        if _TALK.fullmatch(line.text.rstrip(" :")):
            gain = -10.0
        elif is_junk(line.raw):
            gain = -3.0
        elif line.prose:
            gain = (0.5 + min(line.words, 60) / 12) * (1.0 if aligned else 0.4) * (0.6 if alone else 1.0)
            if teaser or copies[keys[number]] > 1:
                gain = -1.0
        elif copies[keys[number]] > 1 and line.words > 2:
            gain = -2.0
        elif line.words <= 12 and _STAMP.search(line.text):
            gain = -1.5
        elif line.words >= 20 and line.lower >= 0.4:
            gain = 0.5
        else:
            gain = (-0.4 if aligned else -0.9) * (1.0 if alone else 0.7)
        gains.append(gain)
    return gains


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


@dataclass(frozen=True, slots=True)
class Dump:
    """What a text dump holds: the story, and what was found around it."""

    story: str  # paragraphs, a blank line between two; empty where there is none
    title: str | None = None
    head_date: str | None = None  # as written in the head line
    visible_date: str | None = None  # the line that holds one, above or at the start of the story
    caption: str | None = None
    authors: tuple[str, ...] = ()


_HEAD = re.compile(r"\s*date[ \t]+(\d{4}-\d{2}-\d{2})(?:[ \t]+(\S[^\n]*))?(?:\n|$)")
_DATE = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_DATE_CUE = re.compile(
    r"^(?:first )?(?:published|posted|updated|last (?:updated|modified)|date|created|issued)\b", re.I
)
_BYLINE = re.compile(r"(?:by|words by|written by|reported by|story by|von|par|por)[:\s]+(?=[^\W\d_a-z])", re.I)
_DATELINE = re.compile(r"(?:(?:[^\W\d_a-z][\w.'’]*|of|and|de|the)[,]?\s+){0,6}[^\W\d_a-z][\w.'’)(]*\s*[—–-]{1,2}")
_CAPTION_START = re.compile(
    r"(?:in this (?:[^.;]{0,50}\s)?(?:photo(?:graph)?|image|picture|frame grab|handout|screen ?grab)\b"
    r"|files?(?: (?:photo|picture|image))?\s*[-–—:]"
    r"|\(?(?:file |handout )?(?:photo|image|picture|caption)s?(?: (?:by|credit|courtesy|of))?\s*[:(/-])",
    re.IGNORECASE,
)
_CAPTION_CREDIT = re.compile(
    r"(?:\((?i:(?:AP )?(?:photo|image|file|courtesy|credit))[^)]*\)\W*|/\s?(?:AP|AFP|Reuters|REUTERS|Getty|TASS|Xinhua)[)\s]*"
    r"|\b(?:AP Photo|Getty Images|Shutterstock|iStock|EPA-EFE)\b[^.]{0,60}|\bPhoto(?:graph)?(?: by\b|:)[^.]{0,60})$"
)
_CAPTION_CUE = re.compile(
    r"\b(?:left|right|cent(?:er|re)|pictured|photo|seen|shown|file|poses?|looks on|arrives?)\b", re.I
)


def read_dump(text: str, title: str | None = None) -> Dump:
    """Takes a normalised dump apart; `title` is what is known of it beforehand, if anything."""
    head = _HEAD.match(text)
    head_date = head[1] if head else None
    title = title or (head[2].strip() if head and head[2] else None)
    lines = read_lines(text[head.end() :] if head else text)
    chosen = story_lines(lines)
    first = chosen[0] if chosen else len(lines)
    if title is None:
        title = _headline(lines, first, chosen)
    same = _key(title or "")
    copies = Counter(line.key for line in lines)
    kept: list[Line] = []
    caption = None
    for number in chosen:
        line = lines[number]
        if is_caption(line.raw, opening=not kept and not line.ends):
            caption = caption or line.raw
        elif line.key != same and not is_aside(line.raw) and (line.prose or copies[line.key] < 2 or line.words < 3):
            kept.append(line)
    if caption is None:
        above = [line.raw for line in lines[max(0, first - 12) : first] if line.words >= 8]
        caption = next((raw for raw in above if is_caption(raw, opening=True)), None)
    near = [line.raw for line in lines[max(0, first - 25) : first + 3] if not line.prose and line.words <= 20]
    return Dump(
        story=_paragraphs(kept),
        title=title,
        head_date=head_date,
        visible_date=_date_line(near),
        caption=caption,
        authors=_authors(near),
    )


def is_aside(line: str) -> bool:
    """Whether a line is no part of a story though it may stand in it: furniture, a byline, a dateline on its own."""
    words = line.split()
    if len(words) <= 8 and (_DATELINE.fullmatch(line) or (_BYLINE.match(line) and line[-1] not in '.!?”"')):
        return True
    return is_junk(line)


def is_caption(line: str, *, opening: bool = False) -> bool:
    """Whether a line is the caption of a picture; `opening` where it is no sentence and stands before the first."""
    if len(line.split()) > 70:
        return False
    if _CAPTION_CREDIT.search(line) or (_CAPTION_START.match(line) and not _SENTENCE_END.search(line)):
        return True
    return opening and _CAPTION_CUE.search(line) is not None and len(line.split()) >= 6


def _key(text: str) -> str:
    return _KEY.sub(" ", text).strip().casefold()


def _paragraphs(lines: Sequence[Line]) -> str:
    text = ""
    for number, line in enumerate(lines):
        listed = number and line.bullet and lines[number - 1].bullet and not line.gap
        text += ("\n" if listed else "\n\n" if text else "") + line.raw
    return text


def _headline(lines: Sequence[Line], first: int, story: Sequence[int]) -> str | None:
    """The line above the story that is most like its headline: it shares words with the story and stands near it."""
    vocabulary = {word.casefold() for number in story for word in _WORD.findall(lines[number].text) if len(word) > 3}
    best, best_score = None, 0.0
    for number in range(max(0, first - 60), first):
        line = lines[number]
        if not 3 <= line.words <= 25 or line.prose or is_aside(line.raw) or _date_line([line.raw]):
            continue
        words = [word.casefold() for word in _WORD.findall(line.text) if len(word) > 3]
        shared = sum(1 for word in words if word in vocabulary)
        score = shared * shared / (len(words) or 1) - (first - number) / 40 - 0.5 * line.bullet
        if score > best_score:
            best, best_score = line.text, score
    return best


def _date_line(lines: Sequence[str]) -> str | None:
    dated = [line for line in lines if _DATE.search(line) and not is_junk(line)]
    cued = [line for line in dated if _DATE_CUE.match(line)]
    return next(iter(cued or [line for line in dated if len(line.split()) <= 12]), None)


def _authors(lines: Sequence[str]) -> tuple[str, ...]:
    for line in lines:
        if (match := _BYLINE.match(line)) and len(line.split()) <= 12 and not line.endswith("."):
            names = re.split(r"\s*(?:,|;|&|\band\b)\s*", line[match.end() :])
            return tuple(name for name in names if re.fullmatch(r"[^\W\d_][\w.'’-]*(?:\s+[\w.'’-]+){1,3}", name))
    return ()
