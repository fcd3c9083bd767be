"""When a page was published: dates as records, addresses and visible lines write them, never guessed from today's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from index.article import DateOrigin

EARLIEST = date(1800, 1, 1)
SLACK = timedelta(days=2)  # time zones, and tomorrow's paper tonight

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?=$|[T\s_,;(+Z-])")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{6}Z?)?")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?=$|[T\s,])")
_EPOCH = re.compile(r"-?(\d{9,10})(\d{3})?(?:\.\d+)?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(\d{{4}})\b", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{_MONTH}[\s,-]+(\d{{4}})\b", re.IGNORECASE)
_VISIBLE = (_MONTH_FIRST, _DAY_FIRST, re.compile(r"\b" + _ISO.pattern), re.compile(r"\b" + _NUMERIC.pattern))
_IN_URL = re.compile(
    r"[/_-]((?:19|20)\d{2})(?:([/_-])(\d{1,2}|[a-z]{3})\2(\d{1,2})|()([01]\d)([0-3]\d))(?=\D|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was read; not `sure` where day and month could as well be the other way round."""

    day: date
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Dated:
    """A day of publication, where it was found and how sure that is (0 to 1)."""

    day: date | None
    origin: DateOrigin
    confidence: float


NO_DATE = Dated(None, DateOrigin.NONE, 0.0)
_AMBIGUOUS = 0.8  # a day and a month that may be the other way round
_CLOSE = timedelta(days=1)  # an address and a page may count days in two time zones


def given_date(written: str | None) -> Dated | None:
    """The date that a record gives, or None."""
    found = read_day(written or "")
    return Dated(found.day, DateOrigin.GIVEN, 1.0 if found.sure else _AMBIGUOUS) if found else None


def head_line_date(written: str | None) -> Dated | None:
    """The date of a dump's head line, or None."""
    found = read_day(written or "")
    return Dated(found.day, DateOrigin.HEAD_LINE, 0.98) if found else None


def metadata_date(written: str | None, url: str | None) -> Dated | None:
    """The date that a page's metadata give, less sure where the address says another one; or None."""
    found, addressed = read_day(written or ""), url_day(url)
    if found is None:
        return None
    against = addressed is not None and abs(addressed - found.day) > _CLOSE
    return Dated(found.day, DateOrigin.METADATA, 0.95 if found.sure and not against else _AMBIGUOUS)


def text_date(line: str | None, url: str | None) -> Dated | None:
    """The date in a line of the page's text, surer where the address agrees; the address's own otherwise; or None."""
    found, addressed = visible_day(line or ""), url_day(url)
    if found is None:
        return Dated(addressed, DateOrigin.URL, 0.7) if addressed else None
    if addressed is not None and abs(addressed - found.day) <= _CLOSE:
        return Dated(found.day, DateOrigin.TEXT, 0.95)
    return Dated(found.day, DateOrigin.TEXT, 0.8 if found.sure and addressed is None else 0.6)


def read_day(text: str, *, now: datetime | None = None) -> Day | None:
    """The whole day that a written date names, as its writer's calendar had it, or None.

    Understands ISO 8601, RFC 822, seconds and milliseconds of the epoch, and dates in words of many languages.
    Parts of a date ("2022"), relative ones ("yesterday"), days before 1800 and days over 2 days after `now` are None.
    """
    text = " ".join(text.split())
    found = _forms(text) if 6 <= len(text) <= 80 else None
    if found is None:
        return None
    latest = (now or datetime.now(UTC)).date() + SLACK
    return found if EARLIEST <= found.day <= latest else None


def visible_day(line: str, *, now: datetime | None = None) -> Day | None:
    """The first whole date that stands anywhere in a line of text (English month names, or numbers), or None."""
    for pattern in _VISIBLE:
        if (match := pattern.search(line)) and (found := read_day(match.group(), now=now)):
            return found
    return None


def url_day(url: str | None, *, now: datetime | None = None) -> date | None:
    """The day that an address holds as `/2025/08/21/`, `/2025-08-21` or `/2025/aug/21/`, or None."""
    match = _IN_URL.search(url or "")
    if not match:
        return None
    year, month, day = match[1], match[3] or match[6], match[4] or match[7]
    number = _MONTHS.index(month.lower()) + 1 if month.lower() in _MONTHS else month
    found = read_day(f"{year}-{number}-{day}", now=now)
    return found.day if found else None


def _forms(text: str) -> Day | None:
    if match := _EPOCH.fullmatch(text):
        return _epoch(int(match[1] + (match[2] or "")) / (1000 if match[2] else 1) * (-1 if text[0] == "-" else 1))
    if match := (_ISO.match(text) or _COMPACT.fullmatch(text)):
        return _day(match[1], match[2], match[3])
    if match := _NUMERIC.match(text):
        return _either_order(int(match[1]), int(match[3]), match[4], day_first=match[2] == ".")
    return _worded(text) or _mail_form(text) or _other_language(text)


def _epoch(seconds: float) -> Day | None:
    try:
        return Day(datetime.fromtimestamp(seconds, UTC).date())
    except (OverflowError, OSError, ValueError):
        return None


def _worded(text: str) -> Day | None:
    if match := _MONTH_FIRST.search(text):
        return _day(match[3], _month(match[1]), match[2])
    if match := _DAY_FIRST.search(text):
        return _day(match[3], _month(match[2]), match[1])
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _day(year: str | int, month: str | int, day: str | int) -> Day | None:
    try:
        return Day(date(int(year), int(month), int(day)))
    except ValueError:
        return None


def _either_order(first: int, second: int, year: str, *, day_first: bool) -> Day | None:
    if first > 12 or second > 12 or first == second or day_first:
        day, month = (first, second) if first > 12 or day_first else (second, first)
        return _day(year, month, day)
    guess = _day(year, first, second)
    return Day(guess.day, sure=False) if guess else None


def _mail_form(text: str) -> Day | None:
    try:
        return Day(parsedate_to_datetime(text).date())
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def _other_language(text: str) -> Day | None:
    # dateparser tries hundreds of locales; without a year and a word it has nothing whole to find.
    if not re.search(r"\d{4}", text) or not re.search(r"[^\W\d_]", text) or len(re.findall(r"\d+", text)) < 2:
        return None
    return _dateparser(text)


@lru_cache(maxsize=512)
def _dateparser(text: str) -> Day | None:
    import dateparser

    settings = {"STRICT_PARSING": True, "REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]}
    try:
        found = dateparser.parse(text, settings=settings)
    except (ValueError, OverflowError, TypeError, RecursionError):
        return None
    return Day(found.date()) if found else None
