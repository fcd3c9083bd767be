"""A plain-text dump of a whole page taken apart: its story, and title, date, authors and caption from around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from index.junk import BYLINE, is_aside, is_caption, is_junk
from index.storyline import WORD, Line, key_of, read_lines, story_lines, unwrap


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


def read_dump(text: str, title: str | None = None) -> Dump:
    """Takes a normalised dump apart; `title` is what is known of it beforehand, if anything."""
    head = _HEAD.match(text)
    head_date = head[1] if head else None
    title = title or (head[2].strip() if head and head[2] else None)
    lines = read_lines(unwrap(text[head.end() :] if head else text))
    chosen = story_lines(lines)
    first = chosen[0] if chosen else len(lines)
    if title is None:
        title = _headline(lines, first, chosen)
    same = key_of(title or "")
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
    near = [line.raw for line in lines[max(0, first - 40) : first + 4] if not line.prose and line.words <= 20]
    return Dump(
        story=_paragraphs(kept),
        title=title,
        head_date=head_date,
        visible_date=_date_line(near),
        caption=caption,
        authors=_authors(near),
    )


def _paragraphs(lines: Sequence[Line]) -> str:
    text = ""
    for number, line in enumerate(lines):
        listed = number and line.bullet and lines[number - 1].bullet and not line.gap
        text += ("\n" if listed else "\n\n" if text else "") + line.raw
    return text


def _headline(lines: Sequence[Line], first: int, story: Sequence[int]) -> str | None:
    """The line above the story that is most like its headline: it shares words with the story and stands near it."""
    vocabulary = {word.casefold() for number in story for word in WORD.findall(lines[number].text) if len(word) > 3}
    copies = Counter(line.key for line in lines)
    best, best_score = None, 0.0
    for number in range(max(0, first - 40), first):
        line = lines[number]
        if (
            not 3 <= line.words <= 25
            or line.text.endswith((".", ":", "|"))
            or is_aside(line.raw)
            or is_caption(line.raw)
        ):
            continue
        if _date_line([line.raw]) and line.words <= 8:
            continue
        words = [word.casefold() for word in WORD.findall(line.text) if len(word) > 3]
        shared = sum(1 for word in words if word in vocabulary)
        score = min(shared, 5) / 5 + shared / (len(words) or 1) + 0.3 * (copies[line.key] > 1)
        score -= (first - number) / 30 + 0.5 * line.bullet + 0.3 * max(line.lower, 0.2) + 0.02 * max(0, line.words - 14)
        if shared and score > best_score:
            best, best_score = line.text, score
    return best


def _date_line(lines: Sequence[str]) -> str | None:
    dated = [line for line in lines if _DATE.search(line) and not is_junk(line)]
    cued = [line for line in dated if _DATE_CUE.match(line)]
    return next(iter(cued or [line for line in dated if len(line.split()) <= 12]), None)


def _authors(lines: Sequence[str]) -> tuple[str, ...]:
    for line in lines:
        if (match := BYLINE.match(line)) and len(line.split()) <= 12 and not line.endswith("."):
            names = re.split(r" ?(?:,|;|&|\band\b) ?", " ".join(line[match.end() :].split()))
            return tuple(name for name in names if re.fullmatch(r"[^\W\d_][\w.'’-]*(?:\s+[\w.'’-]+){1,3}", name))
    return ()
