"""Calendar phrases: which words of a text are dates, and which days they are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.dates import Lean, find, month_days, resolve, shift

NEAR = date(2025, 8, 21)  # a Thursday


@pytest.mark.parametrize(
    ("text", "phrase", "days"),
    [
        ("what happened yesterday in Paris", "yesterday", "2025-08-20"),
        ("last week", "last week", "2025-08-11..2025-08-17"),
        ("since Aug. 1", "Aug. 1", "2025-08-01"),
        ("in August", "August", "2025-08-01..2025-08-31"),
        ("in September", "September", "2024-09-01..2024-09-30"),
        ("in may 2022", "may 2022", "2022-05-01..2022-05-31"),
        ("between May 3 and June 4, 2022", "May 3 and June 4, 2022", "2022-05-03..2022-06-04"),
        ("from November to February 2023", "November to February 2023", "2022-11-01..2023-02-28"),
        ("on Wednesday", "Wednesday", "2025-08-20"),
        ("on Tues.", "Tues.", "2025-08-19"),
        ("two years ago", "two years ago", "2023-01-01..2023-12-31"),
        ("the past three days", "the past three days", "2025-08-18..2025-08-21"),
        ("in the last 24 hours", "the last 24 hours", "2025-08-20..2025-08-21"),
        ("in Q2 2023", "Q2 2023", "2023-04-01..2023-06-30"),
        ("the first quarter of this year", "first quarter of this year", "2025-01-01..2025-03-31"),
        ("last summer", "last summer", "2024-06-01..2024-08-31"),
        ("in the summer of 2022", "summer of 2022", "2022-06-01..2022-08-31"),
        ("early March 2023", "early March 2023", "2023-03-01..2023-03-11"),
        ("8/20/2025", "8/20/2025", "2025-08-20"),
        ("20th of August, 2025", "20th of August, 2025", "2025-08-20"),
        ("on Feb 29", "Feb 29", "2024-02-29"),
        ("this past weekend", "this past weekend", "2025-08-16..2025-08-17"),
        ("the day before yesterday", "the day before yesterday", "2025-08-19"),
    ],
)
def test_a_phrase_is_found_and_read(text: str, phrase: str, days: str) -> None:
    (found,) = find(text)
    assert found.text == phrase
    assert text[found.start : found.end] == phrase
    resolved = resolve(found, NEAR, Lean.BACK)
    assert resolved is not None
    first, _, last = days.partition("..")
    assert (resolved[0].isoformat(), resolved[1].isoformat()) == (first, last or first)


@pytest.mark.parametrize(
    "text",
    [
        "Who may march in the second row under the sun?",
        "Theresa May said no",
        "March for Our Lives",
        "the Women's March",
        "after May resigned",
        "$2000 and 2,000 and 2000.5 and 20%",
        "5/6/2022",  # two days, by country
        "Feb. 30",
        "as USA TODAY reports",
        "Black Friday sales and the Sunday Times",
        "in the second quarter of the game",
        "Saint Augustine was decent",
        "46,000 years ago",
        "the next day",
    ],
)
def test_other_words_are_no_dates(text: str) -> None:
    assert find(text) == ()


@pytest.mark.parametrize(
    ("lean", "expected"),
    [(Lean.BACK, date(2024, 12, 28)), (Lean.AHEAD, date(2025, 12, 28)), (Lean.NEAREST, date(2025, 12, 28))],
)
def test_a_day_without_a_year_leans(lean: Lean, expected: date) -> None:
    (phrase,) = find("on Dec. 28")
    assert resolve(phrase, NEAR, lean) == (expected, expected)


def test_months_count_across_years_and_stop_at_the_calendars_ends() -> None:
    assert month_days(2024, 14) == (date(2025, 2, 1), date(2025, 2, 28))
    assert month_days(2024, 12, 3) == (date(2024, 12, 1), date(2025, 2, 28))
    assert month_days(9999, 13) is None
    assert shift(date.max, 5) == date.max
    assert shift(date.min, -5) == date.min


_WORDS = """last next this past week weekend month year Monday May 30 29 Feb. 2024 9999 1500 99 Q4 winter spring of
    early late end ago two hours days from to between and the yesterday tomorrow Dec. - quarter first fourth 31 ,
    decade"""


@given(st.lists(st.sampled_from(_WORDS.split()), max_size=10).map(" ".join), st.dates(), st.sampled_from(Lean))
def test_any_phrase_is_days_in_order_or_none(text: str, near: date, lean: Lean) -> None:
    end = 0
    for phrase in find(text):
        assert phrase.start >= end
        end = phrase.end
        days = resolve(phrase, near, lean)
        assert days is None or days[0] <= days[1]
