"""The days of publication that a question asks for, said outright or implied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from index.errors import QuestionError
from rag.dates import Days, Kind, Lean, Phrase, find, month_days, resolve, shift


@dataclass(frozen=True, slots=True)
class DateWindow:
    """Days of publication, `first` and `last` inclusive; an open past begins at `date.min`.

    `phrase` is the wording that gave it. A hard window was said outright and filters; a soft one was implied, says
    where articles are likelier, and must not filter: the report of a day's event may be dated the day after, or
    come back to it a year later.
    """

    first: date
    last: date
    phrase: str
    hard: bool = False

    def distance(self, day: date) -> int:
        """How many days outside of the window a day lies; 0 within it."""
        return max((self.first - day).days, (day - self.last).days, 0)

    def within(self, outer: DateWindow) -> DateWindow | None:
        """The part of this window that the outer one holds, or None where they have no day in common."""
        first, last = max(self.first, outer.first), min(self.last, outer.last)
        return None if first > last else replace(self, first=first, last=last, hard=self.hard or outer.hard)

    def __str__(self) -> str:
        if self.first == date.min:
            return f"up to {_day(self.last)}"
        if self.first == self.last:
            return _day(self.last)
        same_year, same_month = self.first.year == self.last.year, self.first.month == self.last.month
        first = _day(self.first).split(" ")[: 1 if same_year and same_month else 2 if same_year else 3]
        return f"{' '.join(first)}{'–' if len(first) == 1 else ' – '}{_day(self.last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


_QUOTED = re.compile(r"[\"“][^\"“”]*[\"”]|(?<!\w)[‘'][^‘’']*[’'](?!\w)")
LATEST_DAYS = 30
_LATEST = re.compile(
    r"\bthe (?:very )?latest(?:\s*[?.!]?$| (?:news|on|about|in|from|with|developments?|updates?|stor(?:y|ies)|"
    r"articles?|reports?)\b)"
    r"|\b(?:any|most recent|recent|latest) (?:news|updates?|developments?|headlines)\b|\bwhat[’']?s new\b",
    re.I,
)

# The word that says how a phrase bounds the window. Bare verbs are here so that "when was 2022" is no window.
_AFTER = ("after", "later than", "following")
_OPEN_END = ("since", "starting", "beginning", *_AFTER)
_TO_END = ("until", "till", "through", "by", "up to", "up until", "no later than", "not after")
_OPEN_START = ("before", "prior to", "ahead of", "earlier than", *_TO_END)
_INSIDE = ("between", "from", "in", "on", "during", "over", "within", "throughout", "of", "dated", "around", "back in")
_WEAK = ("is", "was", "were", "be", "at", "for", "about")
_LEAD = re.compile(
    rf"\b(?P<lead>as of|{'|'.join(sorted((*_OPEN_END, *_OPEN_START, *_INSIDE, *_WEAK), key=len, reverse=True))})"
    r"(?:(?<=ing) (?:in|on|from))?\s+(?:the\s)?"
    r"(?:(?:the\s)?(?:start|beginning|end|middle|month|week|year|day|night|morning|evening)\sof\s(?:the\s)?)?$",
    re.I,
)

_ARTICLES = r"(?:articles?|stor(?:y|ies)|coverage|news|pieces?|headlines|(?:news|press) reports?|sources)"
_ONLY = re.compile(
    rf"\b(?:only|just|solely|exclusively)\b[^.?!;]{{0,40}}\b(?:{_ARTICLES}|published|reports?|from)\b[^.?!;]{{0,30}}$",
    re.I,
)
_ARTICLES_FROM = re.compile(
    rf"\b{_ARTICLES}\s+(?:(?:that|which)\s(?:were|was|are)\s)?"
    r"(?:published|written|printed|posted|dated|from|of|in|since|between|before|after|on)\b[^.?!;,]{0,30}$",
    re.I,
)
_ARTICLES_ONLY = re.compile(rf"\s{_ARTICLES}\s+only\b", re.I)
_PUBLISHED = re.compile(
    r"\b(?:published|dated)\s+(?:only\s)?(?:(?:in|on|between|since|before|after|during|from|until|by)\s)?(?:the\s)?$",
    re.I,
)
# What is published and is not an article: "which book was published in May?" asks of an event.
_WORKS = re.compile(
    r"\b(?:books?|novels?|stud(?:y|ies)|papers?|memoirs?|research|lists?|surveys?|albums?|data|findings|figures|"
    r"magazines?|journals?|letters?|polls?|reports?|photos?|pictures?|videos?|essays?|results|index|poems?|"
    r"biograph(?:y|ies))\b",
    re.I,
)
# "For the first time since 2018", "the lowest since March": a comparison reaches back, the news is of now.
_COMPARES = re.compile(
    r"\b(?:first|\w{3,}est|most|least|more|less|worst|best|record|high|low|than|compared)\b[^.?!;]*$", re.I
)
_PLANS = re.compile(
    r"\b(?:will|expected to|(?:is|are|was|were) (?:\w+ )?(?:set|due|scheduled|going|expected|slated) (?:to|for)|"
    r"upcoming|plans? to|planning to|before returning)\b[^.?!]*$",
    re.I,
)
_FIGURES = re.compile(
    r"\b(?:figures|data|research|stud(?:y|ies)|report|survey|analysis|statistics|estimates?|factbook|ranking|rankings|poll|"
    r"year-on-year|compared (?:with|to)|index|researchers|records? high|record-breaking)\b",
    re.I,
)
_BACKGROUND = re.compile(
    r"(?:^|[,;]\s|\s)(?:after|following|since|when|who|which|that|whose|where|despite|because)\s(?!(?:\w+\s){0,2}(?:did|was|"
    r"were|is|has|have|had)\b)(?:[^,;.?!]+)$",
    re.I,
)
# "The January 6 committee", "a May 2022 interview": the date is part of a name.
_DETERMINED = re.compile(r"(?:\b(?:the|an?|his|her|its|their|our|this|that|whose)|[’']s|s[’'])\s(?:\w+\s)?$", re.I)
_NOUN_FOLLOWS = re.compile(
    r",?\s+(?!(?:in|at|to|by|with|about|and|or|from|for|is|was|were|did|when|that|against|as|over|after|before|on|of|"
    r"who|what|which|how|where|why)\b)[a-z]\w+"
)
_EVENT_NAME = re.compile(
    r"\s(?:[A-Z][\w&’'-]*\s){0,3}(?:Olympics?|Games|Paralympics|Cup|Open|Elections?|Bowl|Expo|Championships?|Grammys?|"
    r"Oscars?|Emmys?|Awards?|Prix|Eurovision|Budget|Census|Masters|Tour|Festival|Gala|Convention|Summit|Series|Finals?|"
    r"Act|Agreement)\b"
)


def window(question: str, *, as_of: date | None, today: date) -> DateWindow | None:
    """The window that the question asks for when it is asked as of a day, or today; None where it names none.

    An implied window may narrow one said outright and never widens it, and no window reaches past the day the
    question is asked as of. Raises QuestionError where only days after that day were asked for outright.
    """
    asked = as_of or today
    quoted = [match.span() for match in _QUOTED.finditer(question)]
    hard: list[DateWindow] = []
    soft: list[DateWindow] = []
    for phrase in find(question):
        if any(start <= phrase.start < end for start, end in quoted):
            continue
        outright = _is_outright(question, phrase)
        if not outright and not (_is_about_time(question, phrase) and _tells_when(question, phrase, asked)):
            continue
        found = _window(question, phrase, asked)
        if found is None:
            continue
        if found.first > asked:
            if outright:
                raise QuestionError(
                    f"Only articles of “{phrase.text}” were asked for, but as of {_day(asked)} there can be none."
                )
            continue
        found = replace(found, last=min(found.last, asked), hard=found.hard or outright)
        (hard if found.hard else soft).append(found)
    if not soft and (latest := _LATEST.search(question)):
        soft.append(DateWindow(shift(asked, -LATEST_DAYS), asked, latest.group().strip(" ?.!")))
    return _together(hard, soft)


def _together(hard: Iterable[DateWindow], soft: Iterable[DateWindow]) -> DateWindow | None:
    kept: DateWindow | None = None
    for found in [*hard, *sorted(soft, key=lambda w: w.last, reverse=True)]:
        both = found if kept is None else found.within(kept)
        if both is None or both == kept:
            continue
        narrower = kept is not None and (both.first, both.last) != (kept.first, kept.last)
        if kept is None:
            kept = both
        elif narrower:
            kept = replace(both, phrase=f"{found.phrase}, {kept.phrase}", hard=kept.hard)
    return kept


def _is_outright(question: str, phrase: Phrase) -> bool:
    before = question[: phrase.start]
    if _ARTICLES_FROM.search(before) or _ONLY.search(before) or _ARTICLES_ONLY.match(question, phrase.end):
        return True
    return bool(_PUBLISHED.search(before)) and not _WORKS.search(before)


def _is_about_time(question: str, phrase: Phrase) -> bool:
    """Whether a phrase says when, rather than being part of a name, a comparison or somebody's plan."""
    before, after = question[: phrase.start], question[phrase.end :]
    lead = _lead(before)
    if phrase.which in ("next", "coming") or (lead in ("since", "before", *_AFTER) and _COMPARES.search(before)):
        return False
    if phrase.kind is Kind.YEAR:
        named = re.search(r"\bthe\s$", before, re.I) or _EVENT_NAME.match(after)
        return lead not in ("", "by", *_WEAK) and not named
    if phrase.kind is Kind.SEASON and not (phrase.which or phrase.year):
        return lead not in ("", *_WEAK) and not _NOUN_FOLLOWS.match(after)
    if phrase.kind in (Kind.DAY, Kind.MONTH) and not phrase.which:
        modifies = bool(_NOUN_FOLLOWS.match(after))
        if _EVENT_NAME.match(after) or (modifies and _DETERMINED.search(before)):
            return False
        return bool(lead) or not modifies
    return True


def _tells_when(question: str, phrase: Phrase, asked: date) -> bool:
    """Whether a phrase dates the news asked about, rather than what it looks ahead or back to."""
    before, after = question[: phrase.start], question[phrase.end :]
    bare = not (phrase.is_absolute or phrase.which or phrase.until)
    if bare and phrase.kind in _CYCLIC and (_PLANS.search(before) or _is_sooner_ahead(phrase, asked)):
        return False
    if phrase.unit == "year" and re.match(r"[’']s\b", after):
        return False  # "this year's festival" is a name
    is_year = phrase.kind is Kind.YEAR or (phrase.kind is Kind.OFFSET and phrase.unit == "year" and phrase.number < 0)
    # Figures for a year or a month come out when it is over.
    if (is_year or phrase.kind in _CYCLIC[2:]) and not phrase.until and _FIGURES.search(question):
        return False
    # What is told before the question, and in a subordinate clause, is background: "after her defeat last year, ...".
    is_told = re.search(r"[.!]\s+[A-Z]", after) is not None
    return not (is_year and (is_told or _BACKGROUND.search(before)))


_CYCLIC = (Kind.DAY, Kind.WEEKDAY, Kind.MONTH, Kind.QUARTER, Kind.SEASON)  # they come round again


def _is_sooner_ahead(phrase: Phrase, asked: date) -> bool:
    if phrase.kind is not Kind.DAY:
        return False
    days = resolve(phrase, asked, Lean.NEAREST)
    return days is not None and days[0] > asked


def _lead(before: str) -> str:
    match = _LEAD.search(before)
    return match["lead"].lower() if match else ""


def _window(question: str, phrase: Phrase, asked: date) -> DateWindow | None:
    days = resolve(phrase, asked, Lean.BACK)
    if days is None:
        return None
    lead = _lead(question[: phrase.start])
    bare = lead in ("", *_WEAK) or (phrase.kind is Kind.WEEKDAY and lead in ("in", "of"))
    text = phrase.text if bare else f"{lead} {phrase.text}"
    first, last = days
    if phrase.until is None:
        if lead == "from" and re.match(r"\s+(?:on|onwards?)\b", question[phrase.end :]):
            lead = "since"
        # The named day itself stays in after "before" and "after": an article of that day may be the one meant.
        # "As of May 2022, who ...?" asks as of then; "the toll as of Monday" may be told on Tuesday.
        if lead == "as of" and re.match(r"\W*as of\b", question, re.I):
            return DateWindow(date.min, last, text, hard=True)
        if lead in _OPEN_END:
            first = last if lead in _AFTER else first
            return DateWindow(first, max(asked, first), text)
        if lead in _OPEN_START:
            return DateWindow(date.min, last if lead in _TO_END else first, text)
    return DateWindow(*_loosened(phrase, days, asked), text)


def _loosened(phrase: Phrase, days: Days, asked: date) -> Days:
    """Lets in other readings of a vague phrase: weeks from Sunday or from Monday, winters by either year."""
    first, last = days
    if phrase.kind is Kind.OFFSET and phrase.unit == "week" and not phrase.part:
        return (shift(asked, -6), asked) if phrase.number == 0 else (shift(first, -1), last)
    if phrase.kind is Kind.SEASON and phrase.number == 12 and phrase.year:
        return (month_days(phrase.year - 1, 12) or days)[0], last
    return days
