"""Calendar phrases of English news, found in a text and not yet resolved: "last Tuesday", "Aug. 18-20".

A grammar of our own rather than a library's: dateparser takes milliseconds a phrase and reads "may", "march",
"second" and "sun" as dates.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

MONTHS = tuple(name.lower() for name in calendar.month_name)[1:]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # the month each begins in, in the north
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_VAGUE = {"few": 3, "couple": 2, "several": 5}


class Kind(StrEnum):
    """What a calendar phrase names."""

    DAY = "day"  # Aug. 20; 2025-08-20
    MONTH = "month"  # August; last August; early August 2025
    YEAR = "year"
    QUARTER = "quarter"
    SEASON = "season"
    WEEKDAY = "weekday"  # Wednesday; last Wednesday
    OFFSET = "offset"  # a whole unit before or after the present one: yesterday, this week, two years ago
    SPAN = "span"  # a run of units up to now: the past three days


@dataclass(frozen=True, slots=True)
class Phrase:
    """A calendar phrase as it stands at `start:end` of a text, not yet resolved.

    `number` is the weekday (Monday 0), quarter, season's first month, or count of units; `which` is last, this,
    next, past or nothing; `part` is early, mid, late or nothing. `to_day` is the second day of "Aug. 18-20", and
    `until` the second half of "from May to July".
    """

    start: int
    end: int
    text: str
    kind: Kind
    year: int | None = None
    month: int | None = None
    day: int | None = None
    to_day: int | None = None
    number: int = 0
    unit: str = ""
    which: str = ""
    part: str = ""
    vague: bool = False
    until: Phrase | None = None

    @property
    def is_absolute(self) -> bool:
        """Whether it names the same days whenever it is read."""
        return self.year is not None and self.kind in (Kind.DAY, Kind.MONTH, Kind.YEAR, Kind.QUARTER, Kind.SEASON)


_MONTH = (
    r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\b\.?)"
)
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)(?!\d|[.,]\d|\s?%|[-–/]\d{2}(?!\d))\b"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\d%:]|[.,]\d)"
_TO = r"(?:\s?[-–—]\s?|\s(?:to|and|through|or)\s)"
_TO_DAY = rf"(?:{_TO}(?:the\s)?(?P<to>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%:]|[.,]\d))?"
_WHICH = r"(?:(?P<which>this past|this coming|the past|the last|last|this|next|past|coming|previous)\s)?"
_PART = r"(?:(?:the\s)?(?P<part>early|mid|late|(?:start|beginning|middle|end) of)[\s-](?:the\s)?)?"
_COUNT = r"(?P<count>\d{1,4}|an?\s(?:few|couple(?:\sof)?)|few|couple\sof|several|an?|" + "|".join(WORDS[1:]) + ")"
_UNIT = r"(?P<unit>hour|day|night|week|weekend|fortnight|month|year|decade)"

_MONTHLY = tuple(month[:3] for month in MONTHS)
_DAILY = tuple(day[:3] for day in WEEKDAYS)
_UNITS = ("hour", "day", "night", "week", "month", "year", "decade")
_WHICHES = ("past", "last", "previous", "next", "coming")
# What each kind of phrase looks like; before that, what one of must stand in any text that has it, which is soon seen.
_FORMS: tuple[tuple[Kind, tuple[str, ...], str], ...] = (
    (Kind.DAY, ("-",), r"(?<![\d-])(?P<year>\d{4})-(?P<m>\d{2})-(?P<day>\d{2})(?![\d-])"),
    (Kind.DAY, ("/",), r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<year>(?:19|20)\d\d)(?![\d/])"),
    (Kind.DAY, _MONTHLY, rf"{_MONTH}\s{_DAY}{_TO_DAY}(?:,?\s{_YEAR})?"),
    (Kind.DAY, _MONTHLY, rf"(?:the\s)?{_DAY}{_TO_DAY}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?"),
    (
        Kind.MONTH,
        _MONTHLY,
        rf"{_PART}{_WHICH}{_MONTH}(?:,?\s(?:of\s)?(?:{_YEAR}|(?P<rel>this|last|next)\syear))?(?!\.?\s\d{{1,2}}(?!\d))",
    ),
    (
        Kind.QUARTER,
        ("quarter", "q"),
        rf"(?:Q(?P<q>[1-4])|(?P<ord>first|second|third|fourth|last)\squarter)"
        rf"(?:,?\s(?:of\s)?(?:{_YEAR}|(?P<rel>this|last|next)\syear))?",
    ),
    (Kind.SEASON, (*SEASONS,), rf"{_PART}{_WHICH}(?P<season>{'|'.join(SEASONS)})(?:,?\s(?:of\s)?{_YEAR})?"),
    (Kind.YEAR, ("15", "16", "17", "18", "19", "20"), rf"{_PART}{_YEAR}"),
    (
        Kind.WEEKDAY,
        _DAILY,
        rf"{_WHICH}(?P<weekday>{'|'.join(WEEKDAYS)}|(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat)\b\.?)",
    ),
    (Kind.SPAN, _WHICHES, rf"(?:the\s)?(?P<which>past|last|previous|next|coming)\s{_COUNT}\s{_UNIT}s?"),
    (Kind.SPAN, _WHICHES, rf"(?P<which>the past|the last|past|the next|the coming)\s{_UNIT}"),
    (Kind.OFFSET, ("ago",), rf"{_COUNT}\s{_UNIT}s?\s(?P<ago>ago)"),
    (Kind.OFFSET, _UNITS, rf"{_PART}(?P<which>this past|last|this|next|previous|this coming)\s{_UNIT}"),
    (Kind.OFFSET, ("morning", "noon", "evening"), r"this\s(?P<today>morning|afternoon|evening)"),
    (Kind.OFFSET, ("yesterday", "tomorrow"), r"the\sday\s(?:(?P<two>before)\syesterday|(?P<twoahead>after)\stomorrow)"),
    (Kind.OFFSET, ("today", "tonight", "yesterday", "tomorrow"), r"(?P<word>today|tonight|yesterday|tomorrow)"),
)
_PATTERNS = tuple(
    (kind, needed, re.compile(rf"(?<![\w$€£¥/])(?<!\d[.,])(?:{form})(?!\w)", re.I)) for kind, needed, form in _FORMS
)
_HINT = re.compile(
    r"\d|day|night|week|month|year|morning|afternoon|evening|tomorrow|quarter|spring|summer|autumn|fall|winter|ago"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat",
    re.I,
)
# Names with a calendar word in them: a feast, a club, a paper, a programme.
_NAMED_DAY = re.compile(
    r"\b(?:black|good|super|bloody|ash|easter|palm|cyber|giving|whit|maundy|holy|shrove|fat|sheffield)\s$", re.I
)
_NAMED_ON = re.compile(r"\s(?:Times|Mirror|Telegraph|Express|Mail|World|Post|Addams|Night (?:Football|Live|Fever))\b")
_MARCHERS = re.compile(r"\s(?:for|on|of|Madness|Hare)\s?(?:[A-Z]|Our\b|$)|\s(?:Madness|Hare)\b")
_TIMELY = re.compile(
    r"\b(?:in|since|during|until|till|by|from|between|of|for|and|to|through|every|early|mid|late|before|after|around|"
    r"last|this|next|on|past|end of|start of|beginning of|middle of)[\s-]$",
    re.I,
)
_FOURTH = re.compile(r"\bfourth of\s$", re.I)
_SHORT_MONTHS = frozenset(month[:3] for month in MONTHS)
_GIVEN_NAMES = ("april", "may", "june", "august")


def find(text: str) -> tuple[Phrase, ...]:
    """The calendar phrases of a text, in order, none overlapping; of two that overlap the longer wins."""
    if not _HINT.search(text):
        return ()
    found: list[Phrase] = []
    small = text.lower()
    for kind, needed, pattern in _PATTERNS:
        for match in pattern.finditer(text) if any(word in small for word in needed) else ():
            phrase = _BUILD[kind](match, _bare(match, kind))
            if phrase and not _is_a_name(text, phrase):
                found.append(phrase)
    kept: list[Phrase] = []
    for phrase in sorted(found, key=lambda p: (p.start - p.end, p.start)):
        if all(phrase.end <= other.start or phrase.start >= other.end for other in kept):
            kept.append(phrase)
    return _joined(text, sorted(kept, key=lambda p: p.start))


def _bare(match: re.Match[str], kind: Kind) -> Phrase:
    groups = match.groupdict()
    which = re.sub(r"^(?:the|this)\s(?=past|last|next|coming)", "", (groups.get("which") or "").lower())
    part = (groups.get("part") or "").lower().split(" ")[0]
    part = {"start": "early", "beginning": "early", "middle": "mid", "end": "late"}.get(part, part)
    year = int(groups["year"]) if groups.get("year") else None
    month = month_number(groups["month"]) if groups.get("month") else None
    return Phrase(match.start(), match.end(), match.group(), kind, year, month, which=which, part=part)


def _day(match: re.Match[str], bare: Phrase) -> Phrase | None:
    groups = match.groupdict()
    month, to_day = bare.month, groups.get("to")
    if groups.get("a"):
        a, b = int(groups["a"]), int(groups["b"])
        if a <= 12 and b <= 12 and a != b:  # 5/6/2022 is June to half the world
            return None
        month, day = (a, b) if a <= 12 else (b, a)
    else:
        month, day = month or int(groups["m"]), int(groups["day"])
    # Leap years are checked where the year is known.
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(2000, month)[1]):
        return None
    last = int(to_day) if to_day else None
    if last is not None and not day < last <= calendar.monthrange(2000, month)[1]:
        return None
    return replace(bare, month=month, day=day, to_day=last)


def _month(match: re.Match[str], bare: Phrase) -> Phrase | None:
    return replace(bare, unit=f"{match['rel'].lower()} year" if match["rel"] else "")


def _quarter(match: re.Match[str], bare: Phrase) -> Phrase | None:
    word = (match["ord"] or "").lower()
    if word and not (match["year"] or match["rel"]):  # the second quarter of a game
        return None
    number = int(match["q"]) if match["q"] else {"first": 1, "second": 2, "third": 3}.get(word, 4)
    return replace(bare, number=number, unit=f"{match['rel'].lower()} year" if match["rel"] else "")


def _season(match: re.Match[str], bare: Phrase) -> Phrase | None:
    return replace(bare, number=SEASONS[match["season"].lower()])


def _year(match: re.Match[str], bare: Phrase) -> Phrase | None:
    return bare


def _weekday(match: re.Match[str], bare: Phrase) -> Phrase | None:
    name = match["weekday"]
    if not name.lower().endswith("day") and (
        not name[0].isupper() or not _TIMELY.search(match.string[: match.start("weekday")])
    ):
        return None
    return replace(
        bare, number=next(i for i, day in enumerate(WEEKDAYS) if day.startswith(name.lower().strip(".")[:3]))
    )


def _span(match: re.Match[str], bare: Phrase) -> Phrase | None:
    count = match.groupdict().get("count")
    if not count and match["unit"].lower() == "day":  # "the next day" counts from what was told, not from now
        return None
    number, vague = _count(count or "one")
    return replace(bare, number=number, vague=vague, unit=match["unit"].lower())


def _offset(match: re.Match[str], bare: Phrase) -> Phrase | None:
    groups = {key: (value or "").lower() for key, value in match.groupdict().items()}
    unit, number, vague = groups.get("unit", "day"), 0, False
    if groups.get("ago"):
        count, vague = _count(groups["count"])
        number = -count
    elif "unit" in groups:
        if unit in ("hour", "decade", "fortnight") or unit == "day":
            return None
        number = {"last": -1, "past": -1, "previous": -1, "this": 0}.get(bare.which, 1)
    elif groups.get("two") or groups.get("twoahead"):
        number = -2 if groups["two"] else 2
    else:
        number = {"yesterday": -1, "tomorrow": 1}.get(groups.get("word", ""), 0)
    return replace(bare, number=number, vague=vague, unit=unit)


_BUILD: dict[Kind, Callable[[re.Match[str], Phrase], Phrase | None]] = {
    Kind.DAY: _day,
    Kind.MONTH: _month,
    Kind.QUARTER: _quarter,
    Kind.SEASON: _season,
    Kind.YEAR: _year,
    Kind.WEEKDAY: _weekday,
    Kind.SPAN: _span,
    Kind.OFFSET: _offset,
}


def _count(words: str) -> tuple[int, bool]:
    words = words.lower()
    if words.isdecimal():
        return int(words), False
    for name, number in _VAGUE.items():
        if name in words:
            return number, True
    return (WORDS.index(words) if words in WORDS else 1), False


def month_number(name: str) -> int:
    """1 to 12, from a month's name or its short form."""
    return next(i for i, month in enumerate(MONTHS, 1) if month.startswith(name.lower().strip(".")[:3]))


def _is_a_name(text: str, phrase: Phrase) -> bool:
    before, after = text[: phrase.start], text[phrase.end :]
    if phrase.text in ("TODAY", "Today", "Tonight"):  # a paper, a programme
        return not text.isupper() and re.search(r"\w\s$", before) is not None
    if phrase.kind is Kind.WEEKDAY:
        return bool(_NAMED_DAY.search(before) or _NAMED_ON.match(after))
    return phrase.kind in (Kind.DAY, Kind.MONTH) and _is_no_month(text, phrase, before, after)


def _is_no_month(text: str, phrase: Phrase, before: str, after: str) -> bool:
    word = next((w for w in re.findall(r"[A-Za-z]+", phrase.text) if w[:3].lower() in _SHORT_MONTHS), "")
    if not word:
        return False
    timely = _TIMELY.search(before) is not None
    is_verb_too = word.lower() in ("may", "march", "mar")
    is_lower = word.islower()
    if is_lower and not text.islower():
        return is_verb_too or phrase.year is None
    if phrase.kind is Kind.DAY or phrase.year or phrase.which or phrase.part or phrase.unit:
        return is_lower and is_verb_too and not (phrase.year or timely)
    # A month alone is a month only after a word of time: "May said" and "Theresa May" are people.
    return not timely or _FOURTH.search(before) is not None or _is_a_person_or_march(word.lower(), before, after)


def _is_a_person_or_march(word: str, before: str, after: str) -> bool:
    if word == "march" and _MARCHERS.match(after):
        return True
    acts = re.match(r"[’']s|\s[a-z]+(?:ed|s)\b", after)
    return word in _GIVEN_NAMES and bool(acts and re.search(r"\b(?:by|of|for|and|to|from|before|after|on)\s$", before))


def _joined(text: str, phrases: list[Phrase]) -> tuple[Phrase, ...]:
    """Joins "from May 3 to June 4" and "between 2019 and 2021" into one phrase."""
    out: list[Phrase] = []
    for phrase in phrases:
        first = out[-1] if out else None
        if first and not first.until and first.to_day is None:
            gap = text[first.end : phrase.start]
            lead = re.search(r"\b(from|between)\s(?:the\s)?$", text[: first.start], re.I)
            word = gap.strip(" ,").lower()
            linked = word in ("to", "until", "till", "through", "-", "–", "—") or (
                word == "and" and lead and lead[1].lower() == "between"
            )
            if linked and (lead or word not in ("to", "until", "till")):
                out[-1] = replace(first, end=phrase.end, text=text[first.start : phrase.end], until=phrase)
                continue
        out.append(phrase)
    return tuple(out)
