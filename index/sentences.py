"""Text to sentence spans: `sentencex` (Wikimedia, MIT) finds the ends, a few rules of our own mend them.

The library is fast and knows many languages, but it keeps a whole quotation together, joins over some
abbreviations and panics on rare white space. So it is shown a mask: a text of the same length, where white space
is plain and quotation marks no longer shelter what they enclose. Offsets in the mask are offsets in the text.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import pairwise

import sentencex  # type: ignore[import-untyped]

from index.article import Sentence

logger = logging.getLogger(__name__)

MAX_CHARACTERS = 1000
_LOOK_BACK = 40  # characters: longer than any abbreviation, so that odd pages cost no more than others

Span = tuple[int, int]

_OPENERS = "“„«‘‹「『\"'(["
_OPENING = r"“„«‘‹「『\"'(\["
_CLOSERS = "”»’›\"')\\]"

# A closing mark after the full stop trades places with it in the mask: `over.” Then` is seen as `over_. Then`.
_STOP_CLOSED = re.compile(rf"(?<![.!?…])([.!?…]++)((?:[{_CLOSERS}“]|\[\d{{1,3}}\])+)(?=\s|$|[—–])")
_QUOTE_MARKS = str.maketrans({**dict.fromkeys("“„«‘‹(", " "), **dict.fromkeys("”»›)", "_"), "[": "_", "]": "_"})
_STRAIGHT_QUOTE = re.compile(r'(?<=\S)"')
_OPENING_APOSTROPHE = re.compile(r"(?<![^\s“\"(])'")
_ODD_CHARACTER = re.compile(r"[\s\x00-\x1f\x7f\u200b\ufeff]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")

# The first group is the break; blanks that hold none are passed over at once, not tried again from each of them.
_PARAGRAPH_BREAK = re.compile(
    r"((?:\r\n?|[\n\u2028\u2029\x0b\x0c\x85])(?:[^\S\r\n]*(?:\r\n?|[\n\u2028\u2029]))+|\u2029)|[\r\n\u2028\x0b\x0c\x85]\s*+"
)
_LINE_BREAK = re.compile(r"\r\n?|[\n\u2028\x0b\x0c\x85]")
_ITEM_MARK = re.compile(r"\s*(?:[-–—•*▪◦‣·●■►]\s+\S|\d{1,2}[.)]\s)")
_BULLET = re.compile(r"[•▪◦‣●■►](?=\s)")
_STOPPED = re.compile(rf"[.!?…:。！？][{_CLOSERS}]*\s*$")

_TITLES = (
    "Mr Mrs Ms Mx Messrs Dr Drs Prof Rev Fr Hon Sen Sens Rep Reps Gov Govs Gen Lt Col Capt Cmdr Maj Sgt Cpl Pvt Adm "
    "Supt Det Insp Pres Atty St Ste Mt Ft Pt Pty Sr Sra Srta Mme Mlle"
)
_BEFORE_NAME = re.compile(rf"(?<!\w)(?:{_TITLES.replace(' ', '|')}|Brig|vs|e\.g|i\.e|cf|approx|(?<=\d )[NSEW])\.\s*$")
_BEFORE_NUMBER = re.compile(
    r"(?<!\w)(?:Nos?|Vols?|pp?|paras?|Art|Sec|Figs?|Ch|c|ca|approx|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.\s*$"
)
_STREET = re.compile(r"\b(?:St|Sr)\.\s*$")
_ENUMERATOR = re.compile(r"\s*(?:\(?\d{1,3}|[IVXLC]+|[A-Za-z])[.)]\s*$")
_HALF_DAY = re.compile(r"\b[ap]\.m\.\s*$")
_AFTER_HALF_DAY = re.compile(
    r"(?:[ECMP][SD]?T|GMT|UTC|BST|CES?T|IST|Eastern|Central|Pacific|Mountain|Local|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"Jan(?:uary)?|Feb(?:ruary)?|March|Mar|April|Apr|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)\b"
)
_INITIAL, _INITIAL_AFTER = re.compile(r"(?<![A-Za-z])[A-Z]\.$"), re.compile(r"[A-Z][a-z]{0,3}\.")
_DAY_NAME = re.compile(r"\b(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\.\s*$")
_MONTH_NAME = re.compile(r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.")
_TITLE_BEFORE = re.compile(r"\b[A-Z][\w’'-]*\s?(?:…|\.{3})\s*$")
_TITLE_AFTER = re.compile(r"(?:[A-Z][a-z’'-]+\s+){2}[A-Z][a-z]")  # "Get Me Out" of Here goes on with "I'm a Celebrity…"
_COMMON_FIRST_WORD = re.compile(r"(?:He|She|It|They|We|You|I|His|Her|Its|Their|The|A|An|This|That|But|And|In|On)\b")

# Ends the library passes over: a word it takes for an abbreviation, a month that is none, an address, an ellipsis.
# Each with what stands in all that it fits, which is looked for first: that takes a hundredth of the time.
_MISSED_ENDS = tuple(
    (mark, re.compile(rf"{form}[{_CLOSERS}]*(?=\s+[{_OPENING}]*(?:[A-Z][a-z]|A\s))"))
    for mark, form in (
        (".", r"(?<!\w)(?:no|etc|May|[ECMP][SD]T|ET|PT)\."),
        ("://", r"(?<!\S)(?>\S*?\w://)\S*[^\s.]\."),
        ("…", r"(?<=\w)\s*…"),
    )
)
_PLAIN_END = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++(?=\s)")
_QUOTED = re.compile(r"[”」』]\s*$")
_PARTICLE = re.compile(r"[\u3040-\u309f]")  # in Japanese a quotation goes on with one: 「…。」と述べた
_CLAUSE_END = re.compile(r"[;:,]\s+|[，、；：]|\s[-–—]+\s")


def split_sentences(text: str, language: str = "en") -> tuple[Sentence, ...]:
    """The sentences of a text, in order; `language` is ISO 639-1, or "und".

    Spans never overlap, start and end on a visible character, and hold every visible character exactly once:
    `text[s.start:s.end] == s.text`. None is longer than `MAX_CHARACTERS`. A paragraph ends its sentence.
    """
    mask = _mask(text)
    known = "en" if language == "und" else language
    spans = (
        short
        for block in _blocks(text)
        for start, end in _sentences(text, mask, block, known)
        for short in _shortened(text, start, end)
    )
    return tuple(Sentence(start, end, text[start:end]) for start, end in spans)


def _mask(text: str) -> str:
    plain = _ODD_CHARACTER.sub(" ", _LONE_SURROGATE.sub("x", text))
    plain = _BULLET.sub(" ", plain)
    plain = _OPENING_APOSTROPHE.sub(" ", plain)
    plain = _STOP_CLOSED.sub(lambda match: "_" * len(match[2]) + match[1], plain)
    plain = _STRAIGHT_QUOTE.sub("_", plain).replace('"', " ")
    return plain.translate(_QUOTE_MARKS)


def _blocks(text: str) -> Iterator[Span]:
    """Stretches that no sentence crosses: paragraphs, and lines that are no mere wrapping of one."""
    width = max(map(len, _LINE_BREAK.split(text)))
    start = 0
    for gap in _PARAGRAPH_BREAK.finditer(text):
        if gap[1] is None:
            continue
        yield from _lines(text, start, gap.start(), width)
        start = gap.end()
    yield from _lines(text, start, len(text), width)


def _lines(text: str, start: int, end: int, width: int) -> Iterator[Span]:
    breaks = list(_LINE_BREAK.finditer(text, start, end))
    ends = [*(found.start() for found in breaks), end]
    line_start = start
    for found, following in zip(breaks, ends[1:], strict=True):
        if _are_separate(text[line_start : found.start()], text[found.end() : following], width):
            yield start, found.start()
            start = found.end()
        line_start = found.end()
    yield start, end


def _are_separate(line: str, following: str, width: int) -> bool:
    if _ITEM_MARK.match(following):
        return True
    word = following.split(maxsplit=1)[0].lstrip(_OPENERS) if following.strip() else ""
    if not word or word[0].islower() or _STOPPED.search(line):
        return False  # the library sees to what has a full stop
    # A line was wrapped only where the next word would not have fitted in the width of the page.
    is_wrapped = 40 <= width <= 100 and len(line.rstrip()) + 1 + len(word) > width
    return not is_wrapped


def _sentences(text: str, mask: str, block: Span, language: str) -> Iterator[Span]:
    first, last = _trimmed(text, *block)
    if first == last:
        return
    found = {*_library_ends(mask[first:last], first, language), *_missed_ends(text, first, last)}
    ends = sorted({_with_closers(text, end, last) for end in found} - {last})
    start, before, is_blank = first, first, True
    for end, following in pairwise([*ends, last]):
        is_blank = is_blank and not text[before:end].strip()  # quotation marks are white space in the mask
        before = end
        if not is_blank and not _joins(text[max(start, end - _LOOK_BACK) : end], text[end:following]):
            yield _trimmed(text, start, end)
            start, is_blank = end, True
    yield _trimmed(text, start, last)


def _library_ends(masked: str, offset: int, language: str) -> Iterator[int]:
    try:
        boundaries = sentencex.get_sentence_boundaries(language, masked)
    except BaseException as error:
        # A panic in the library's Rust is no Exception; one odd page must not end a rebuild.
        if type(error).__name__ != "PanicException":
            raise
        logger.warning("sentencex failed on a paragraph of %d characters: split at full stops instead", len(masked))
        yield from (offset + found.end() for found in _PLAIN_END.finditer(masked))
        return
    for found in boundaries:
        yield offset + found["start_index"] + len(found["text"].rstrip())


def _missed_ends(text: str, first: int, last: int) -> Iterator[int]:
    for mark, pattern in _MISSED_ENDS:
        if text.find(mark, first, last) >= 0:
            yield from (found.end() for found in pattern.finditer(text, first, last))


def _with_closers(text: str, end: int, last: int) -> int:
    while end < last and text[end] in "”»’›)]":
        end += 1
    return end


def _joins(before: str, after: str) -> bool:
    """Whether the end that was found between two stretches of a paragraph is none."""
    word = after.lstrip(_OPENERS + " \t\n\r")
    if not any(map(str.isalnum, after)):
        return True
    return (
        (word[:1].islower() and not word[1:2].isupper())  # "iPhone" may begin a sentence
        or _ENUMERATOR.match(before) is not None
        or (_INITIAL.search(before) is not None and _INITIAL_AFTER.match(after) is not None)  # amid "D-N.Y."
        or (_QUOTED.search(before) is not None and _PARTICLE.match(word) is not None)
        or (_BEFORE_NAME.search(before) is not None and not _ends_in_street(before, word))
        or (_BEFORE_NUMBER.search(before) is not None and word[:1].isdigit())
        or (_HALF_DAY.search(before) is not None and _AFTER_HALF_DAY.match(word) is not None)
        or (_DAY_NAME.search(before) is not None and _MONTH_NAME.match(word) is not None)
        or (_TITLE_AFTER.match(word) is not None and _TITLE_BEFORE.search(before) is not None)
    )


def _ends_in_street(before: str, word: str) -> bool:
    return _STREET.search(before) is not None and _COMMON_FIRST_WORD.match(word) is not None


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _shortened(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > MAX_CHARACTERS:
        limit = start + MAX_CHARACTERS
        clauses = [found.end() for found in _CLAUSE_END.finditer(text, start + MAX_CHARACTERS // 2, limit)]
        blanks = text.rfind(" ", start + MAX_CHARACTERS // 2, limit)
        cut = clauses[-1] if clauses else blanks if blanks > 0 else limit
        yield _trimmed(text, start, cut)
        start, end = _trimmed(text, cut, end)
    yield start, end
