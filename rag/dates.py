"""Calendar phrases resolved to days against a reference day.

Finding and resolving are apart because a question looks back from the day it is asked, while a news sentence looks
both ways from the day it was published.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum

from rag.phrases import WEEKDAYS, Kind, Phrase, find

__all__ = ["WEEKDAYS", "Days", "Kind", "Lean", "Phrase", "find", "month_days", "resolve", "shift"]

Days = tuple[date, date]  # first and last, inclusive


class Lean(StrEnum):
    """Which way a phrase without a year or a week of its own is read."""

    BACK = "back"
    AHEAD = "ahead"
    NEAREST = "nearest"


def shift(day: date, days: int) -> date:
    """The day so many days later; the calendar's own first or last day where that would leave it."""
    number = min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal())
    return date.fromordinal(number)


def month_days(year: int, month: int, months: int = 1) -> Days | None:
    """First and last day of a run of months; `month` may lie outside 1 to 12 and then counts into other years."""
    first, last = year * 12 + month - 1, year * 12 + month - 1 + months
    if first < 12 or last >= 12 * 10_000:
        return None
    return date(first // 12, first % 12 + 1, 1), date(last // 12, last % 12 + 1, 1) - timedelta(days=1)


def resolve(phrase: Phrase, near: date, lean: Lean = Lean.BACK) -> Days | None:
    """The days that a phrase names when it is read on the day `near`; None where the calendar has no such day."""
    if phrase.until is not None:
        return _resolve_range(phrase, near, lean)
    days = _RESOLVE[phrase.kind](phrase, near, lean)
    return _part(days, phrase.part) if days else None


def _resolve_range(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    assert phrase.until is not None
    last = resolve(phrase.until, near, lean)
    if last is None:
        return None
    start = replace(phrase, until=None)
    if not start.is_absolute and start.kind in (Kind.DAY, Kind.MONTH, Kind.WEEKDAY, Kind.SEASON):
        first = resolve(replace(start, which=""), last[1], Lean.BACK)
    else:
        first = resolve(start, near, lean)
    return (first[0], last[1]) if first and first[0] <= last[1] else None


def _safe(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= year <= 9999 and day <= calendar.monthrange(year, month)[1] else None


def _nearest(candidates: list[Days], near: date, lean: Lean) -> Days | None:
    if lean is Lean.BACK:
        return max((days for days in candidates if days[0] <= near), default=None)
    if lean is Lean.AHEAD:
        return min((days for days in candidates if days[1] >= near), default=None)

    def distance(days: Days) -> int:
        return max((days[0] - near).days, (near - days[1]).days, 0)

    return min(candidates, key=distance, default=None)


def _resolve_day(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    assert phrase.month and phrase.day
    # Nine years each way, so that 29 February finds its leap year, even over a century's end.
    years = [phrase.year] if phrase.year else range(near.year - 8, near.year + 9)
    candidates = [
        (first, last)
        for year in years
        if (first := _safe(year, phrase.month, phrase.day))
        and (last := _safe(year, phrase.month, phrase.to_day or phrase.day))
    ]
    return candidates[0] if phrase.year and candidates else _nearest(candidates, near, lean)


def _periodic(phrase: Phrase, month: int, months: int, near: date, lean: Lean) -> Days | None:
    year = phrase.year
    if phrase.unit:
        year = near.year + {"last": -1, "this": 0}.get(phrase.unit.split()[0], 1)
    if year:
        return month_days(year, month, months)
    candidates = [days for y in range(near.year - 2, near.year + 2) if (days := month_days(y, month, months))]
    if phrase.which in ("last", "past", "previous"):
        return max((days for days in candidates if days[1] < near), default=None)
    if phrase.which in ("next", "coming"):
        return min((days for days in candidates if days[0] > near), default=None)
    if phrase.which == "this" and month + months <= 13:
        return month_days(near.year, month, months)
    return _nearest(candidates, near, Lean.NEAREST if phrase.which == "this" else lean)


def _resolve_month(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    assert phrase.month
    return _periodic(phrase, phrase.month, 1, near, lean)


def _resolve_quarter(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    return _periodic(phrase, phrase.number * 3 - 2, 3, near, lean)


def _resolve_season(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    return _periodic(phrase, phrase.number, 3, near, lean)


def _resolve_year(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    assert phrase.year
    return month_days(phrase.year, 1, 12)


def _resolve_weekday(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    back = (near.weekday() - phrase.number) % 7
    if phrase.which in ("last", "past", "previous"):
        day = shift(near, -(back or 7))
    elif phrase.which == "coming":
        day = shift(near, (-back) % 7 or 7)
    elif phrase.which == "next":
        day = shift(near, 7 - near.weekday() + phrase.number)
    elif phrase.which == "this":
        day = shift(near, phrase.number - near.weekday())
    else:
        day = shift(near, (-back) % 7 if lean is Lean.AHEAD else -back)
    return day, day


def _resolve_offset(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    n, unit = phrase.number, phrase.unit
    if unit in ("hour", "day", "night"):
        if unit == "hour":
            n = n // 24
        return shift(near, n), shift(near, n)
    if unit in ("week", "weekend", "fortnight"):
        if phrase.which == "past":  # this past weekend: the one just gone, or still on
            n = 0 if unit == "weekend" and near.weekday() >= 5 else n
        monday = shift(near, -near.weekday() + (14 if unit == "fortnight" else 7) * n)
        return (shift(monday, 5), shift(monday, 6)) if unit == "weekend" else (monday, shift(monday, 6))
    if unit == "month":
        return month_days(near.year, near.month + n)
    return month_days(near.year + n * (10 if unit == "decade" else 1), 1, 12)


_SPAN_DAYS = {
    "hour": 1 / 24,
    "day": 1,
    "night": 1,
    "week": 7,
    "weekend": 7,
    "fortnight": 14,
    "month": 30.5,
    "year": 365.25,
}


def _resolve_span(phrase: Phrase, near: date, lean: Lean) -> Days | None:
    days = round(phrase.number * _SPAN_DAYS.get(phrase.unit, 3652.5))
    if phrase.which in ("next", "coming"):
        return near, shift(near, days)
    return shift(near, -days), near


_RESOLVE: dict[Kind, Callable[[Phrase, date, Lean], Days | None]] = {
    Kind.DAY: _resolve_day,
    Kind.MONTH: _resolve_month,
    Kind.QUARTER: _resolve_quarter,
    Kind.SEASON: _resolve_season,
    Kind.YEAR: _resolve_year,
    Kind.WEEKDAY: _resolve_weekday,
    Kind.OFFSET: _resolve_offset,
    Kind.SPAN: _resolve_span,
}


def _part(days: Days, part: str) -> Days:
    if not part:
        return days
    first, last = days
    third = max(((last - first).days + 1) // 3, 1)
    if part == "early":
        return first, shift(first, third)
    if part == "late":
        return shift(last, -third), last
    return shift(first, third - 1), shift(last, -third + 1)
