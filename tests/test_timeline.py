"""Event dates by the article's own day, corrections, and sources that differ: hand-labelled."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Citation
from rag.quantity import quantities
from rag.timeline import CorrectionKind, correction, event_date, event_dates, timeline

# 2025-08-21 is a Thursday. Each row: the sentence, the day of publication, and the day or days it speaks of.
CASES = [
    # weekdays, looking back
    ("Belarus and Iran signed 13 documents on Wednesday.", "2025-08-21", "2025-08-20"),
    ("The minister resigned on Thursday.", "2025-08-21", "2025-08-21"),
    ("The minister resigned on Friday.", "2025-08-21", "2025-08-15"),
    ("Police arrested two men Sunday night.", "2025-08-21", "2025-08-17"),
    ("The ship sank last Tuesday off the coast.", "2025-08-21", "2025-08-19"),
    ("The ship sank last Thursday off the coast.", "2025-08-21", "2025-08-14"),
    ("Rescuers found the boys on this past Saturday.", "2025-08-21", "2025-08-16"),
    ("The council met on Wednesday.", "2025-01-02", "2025-01-01"),
    ("The council met on Tuesday.", "2025-01-02", "2024-12-31"),
    ("The council met on Saturday.", "2025-03-03", "2025-03-01"),
    ("The council met on Friday.", "2025-03-03", "2025-02-28"),
    ("The council met on Thursday.", "2024-03-02", "2024-02-29"),
    ("On Monday, the court rejected the appeal.", "2025-08-21", "2025-08-18"),
    # weekdays, looking ahead
    ("The court will hear the case on Friday.", "2025-08-21", "2025-08-22"),
    ("On Monday, lawmakers will vote on the bill.", "2025-08-21", "2025-08-25"),
    ("Talks are expected to resume on Sunday.", "2025-08-21", "2025-08-24"),
    ("The summit is set to open on Wednesday in Geneva.", "2025-12-29", "2025-12-31"),
    ("The summit is due to open on Thursday in Geneva.", "2025-12-29", "2026-01-01"),
    ("The strike will begin next Tuesday.", "2025-08-21", "2025-08-26"),
    ("The hearing will go on Thursday.", "2025-08-21", "2025-08-21"),
    # weekdays that could be two days
    ("The strike will begin next Saturday.", "2025-08-21", None),
    ("The visit was scheduled for Monday.", "2025-08-21", None),
    ("The decision must be made before Friday.", "2025-08-21", None),
    ("The shop remained shut until Tuesday.", "2025-08-21", None),
    ("The choir meets every Wednesday.", "2025-08-21", None),
    ("Shoppers queued on Black Friday.", "2025-08-21", None),
    # a day and a month
    ("The two signed the treaty on Aug. 20.", "2025-08-21", "2025-08-20"),
    ("The two signed the treaty on 20 August.", "2025-08-21", "2025-08-20"),
    ("The two signed the treaty on August 20th.", "2025-08-21", "2025-08-20"),
    ("The fire broke out on Dec. 28.", "2026-01-03", "2025-12-28"),
    ("The tax will rise on Jan. 1.", "2025-12-20", "2026-01-01"),
    ("The parade was held on Feb. 29.", "2024-03-04", "2024-02-29"),
    ("The parade was held on Feb. 30.", "2024-03-04", None),
    ("The tour was announced on Oct. 12.", "2025-08-21", None),
    ("He spoke on Monday, October 3.", "2022-10-05", "2022-10-03"),
    ("The festival will run Aug. 18-20.", "2025-07-01", "2025-08-18..2025-08-20"),
    ("Fighting raged from Dec. 30 to Jan. 2.", "2026-01-05", "2025-12-30..2026-01-02"),
    ("The games ran from July 26 to Aug. 11, 2024.", "2025-08-21", "2024-07-26..2024-08-11"),
    # dates written out need no article
    ("She was born on March 4, 1961.", None, "1961-03-04"),
    ("She was born on 4 March 1961.", "2025-08-21", "1961-03-04"),
    ("The record is dated 2025-08-20.", None, "2025-08-20"),
    ("The wall fell in 1989.", None, "1989-01-01..1989-12-31"),
    ("The bridge opened in May 2019.", "2025-08-21", "2019-05-01..2019-05-31"),
    ("The drought lasted from 2019 to 2021.", "2025-08-21", "2019-01-01..2021-12-31"),
    ("The bridge opened in May.", None, None),
    ("The bridge opened on Wednesday.", None, None),
    # days, weeks, months and years counted from publication
    ("The volcano erupted yesterday.", "2025-01-01", "2024-12-31"),
    ("The volcano erupted yesterday.", "2024-03-01", "2024-02-29"),
    ("The queen arrives today.", "2025-08-21", "2025-08-21"),
    ("The polls will open tomorrow.", "2025-08-31", "2025-09-01"),
    ("The firm cut 500 jobs last week.", "2025-08-21", "2025-08-11..2025-08-17"),
    ("The firm cut 500 jobs this week.", "2025-08-21", "2025-08-18..2025-08-24"),
    ("The firm cut 500 jobs last month.", "2025-01-15", "2024-12-01..2024-12-31"),
    ("The firm cut 500 jobs last year.", "2025-01-15", "2024-01-01..2024-12-31"),
    ("The firm cut 500 jobs two years ago.", "2025-01-15", "2023-01-01..2023-12-31"),
    ("The dog vanished three days ago.", "2025-03-02", "2025-02-27"),
    ("The storm struck this weekend.", "2025-08-18", "2025-08-16..2025-08-17"),
    ("The fair will return this weekend.", "2025-08-21", "2025-08-23..2025-08-24"),
    ("The council voted in July.", "2025-08-21", "2025-07-01..2025-07-31"),
    ("The council voted in December.", "2025-08-21", "2024-12-01..2024-12-31"),
    ("The council will vote in December.", "2025-08-21", "2025-12-01..2025-12-31"),
    ("The club moved last July.", "2025-08-21", None),
    ("The club moved last December.", "2025-08-21", "2024-12-01..2024-12-31"),
    ("The firm lost money in the second quarter of 2023.", "2025-08-21", "2023-04-01..2023-06-30"),
    ("A few weeks ago the river burst its banks.", "2025-08-21", None),
    ("Since Monday, thousands have fled.", "2025-08-21", "2025-08-18..2025-08-21"),
    # several phrases: the main clause's, and of those the first
    ("Smith, who died on Monday, will be buried on Friday.", "2025-08-21", "2025-08-22"),
    ("He said Tuesday that the vote will be held on Friday.", "2025-08-21", "2025-08-19"),
    ("While the war began in 2014, the truce signed Wednesday is new.", "2025-08-21", "2025-08-20"),
    ("The Jan. 6 committee met on Thursday.", "2022-06-10", "2022-06-09"),
    ("Tuesday's arrest shocked the town.", "2023-04-04", "2023-04-04"),
    ("“We won yesterday,” she said on Monday.", "2025-08-21", "2025-08-18"),
    ("“We won yesterday,” she said.", "2025-08-21", None),
    # no days at all
    ("Sales were down 38% from a year ago.", "2022-10-20", None),
    ("He may march on, the second son of the sun.", "2025-08-21", None),
    ("Theresa May said the plan was dead.", "2025-08-21", None),
    ("The Expo 2025 mascot is odd.", "2025-08-21", None),
    ("The 2024 election was close.", "2025-08-21", None),
    ("More than 2,000 people came.", "2025-08-21", None),
    ("", "2025-08-21", None),
]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(("sentence", "published", "expected"), CASES)
def test_the_event_is_dated_by_the_article(sentence: str, published: str | None, expected: str | None) -> None:
    found = event_date(sentence, _day(published))
    if expected is None:
        assert found is None
    else:
        first, _, last = expected.partition("..")
        assert found is not None
        assert (found.first.isoformat(), found.last.isoformat()) == (first, last or first)
        assert found.phrase in sentence
        assert found.rule


def test_the_rule_says_how_the_day_was_found() -> None:
    found = event_date("They met on Wednesday.", date(2025, 8, 21))
    assert found is not None
    assert found.phrase == "on Wednesday"
    assert found.rule == "the last such day before Thursday 2025-08-21"
    written = event_date("They met on May 4, 2022.", date(2025, 8, 21))
    assert written is not None
    assert written.rule == "the date is written out"


def test_the_next_day_counts_from_the_sentence_before() -> None:
    context = "The town was quiet. Rebels attacked on Monday."
    found = event_date("The army retook the town the next day.", date(2025, 8, 21), context=context)
    assert found is not None
    assert found.first == date(2025, 8, 19)
    assert event_date("The army retook the town the next day.", date(2025, 8, 21)) is None


def test_all_days_of_a_sentence_are_given_in_order() -> None:
    found = event_dates("He said Tuesday that the vote will be held on Friday.", date(2025, 8, 21))
    assert [event.first for event in found] == [date(2025, 8, 19), date(2025, 8, 22)]


_WORDS = """on Monday last next this week Aug. 30 Feb 29 2024 99 in since until from to between and “ ” , May will was
    ago     two years yesterday quarter Q3 winter of the days past 31 December 0 ' - 9999 1500 the day before"""
_BITS = st.sampled_from(_WORDS.split())


@given(
    st.one_of(st.text(max_size=80), st.lists(_BITS, max_size=12).map(" ".join)),
    st.one_of(st.none(), st.dates()),
    st.lists(_BITS, max_size=6).map(" ".join),
)
def test_any_text_gives_a_day_or_none(sentence: str, published: date | None, context: str) -> None:
    found = event_date(sentence, published, context=context)
    if found is not None:
        assert found.first <= found.last
        assert found.phrase in sentence


@pytest.mark.parametrize(
    ("text", "kind", "start"),
    [
        (
            "It rained.\n\nCorrection: An earlier version of this story gave the wrong day.",
            CorrectionKind.CORRECTION,
            12,
        ),
        ("Clarification: The firm is Swiss.", CorrectionKind.CLARIFICATION, 0),
        ("It rained. An earlier version of this article said 13 had died.", CorrectionKind.CORRECTION, 11),
        ("This story has been corrected to show that 12 died.", CorrectionKind.CORRECTION, 0),
        ("Editor’s note: This story has been updated to correct a name.", CorrectionKind.CORRECTION, 0),
        ("Sports: An earlier version of this story misspelt a name.", CorrectionKind.CORRECTION, 0),
        ("This article was amended on 3 May to clarify the law.", CorrectionKind.CLARIFICATION, 0),
    ],
)
def test_a_newsroom_note_is_found(text: str, kind: CorrectionKind, start: int) -> None:
    note = correction(text)
    assert note is not None
    assert (note.kind, note.start) == (kind, start)
    assert text[note.start : note.end] == note.text


@pytest.mark.parametrize(
    "text",
    [
        "This story has been updated with further details.",
        "The prisons ministry praised its correction officers: they stayed.",
        "An earlier version of the plan was dropped.",
        "",
    ],
)
def test_what_corrects_nothing_is_no_correction(text: str) -> None:
    assert correction(text) is None


@given(st.text(max_size=200))
def test_a_note_is_cut_from_the_text(text: str) -> None:
    note = correction(text)
    assert note is None or text[note.start : note.end] == note.text


def _cited(sentence: str, day: str, article: str, *, passage: str = "") -> Citation:
    return Citation(
        sentence=sentence,
        start=0,
        end=len(sentence),
        article_id=article,
        title="",
        source=f"{article}.com",
        url=None,
        published=_day(day),
        passage=passage or sentence,
        passage_start=0,
    )


def test_sources_that_differ_are_said_newest_first() -> None:
    drawn = timeline(
        [
            _cited("At least 13 people were killed in the Derna flood.", "2023-09-11", "a"),
            _cited("The Derna flood killed at least 5,300 people.", "2023-09-13", "b"),
        ]
    )
    assert [entry.citation.article_id for entry in drawn.entries] == ["b", "a"]
    (difference,) = drawn.differences
    assert difference.measure == "dead"
    assert str(difference) == (
        "Sources differ on the number of dead: at least 5,300 (b.com, 2023-09-13); at least 13 (a.com, 2023-09-11)."
    )


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        (
            "The Derna flood drove out 40,000 people.",
            "The Derna flood drove out 30,000 people.",
            "the number of people",
        ),
        ("Derna got $8 million for the flood.", "Derna got $3 million for the flood.", "the figure in $"),
        ("The Derna flood broke two dams.", "The Derna flood broke three dams.", "the number asked for"),
    ],
)
def test_what_sources_differ_on_is_named_where_there_is_a_word_for_it(one: str, other: str, what: str) -> None:
    (difference,) = timeline([_cited(one, "2023-09-11", "a"), _cited(other, "2023-09-13", "b")]).differences
    assert str(difference).startswith(f"Sources differ on {what}: ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Derna flood killed 13 people.", "Thirteen people died in the Derna flood."),
        ("The Derna flood killed more than 10 people.", "The Derna flood killed 13 people."),
        ("The Derna flood killed about 100 people.", "The Derna flood killed 104 people."),
        ("The Derna flood killed 13 people.", "The Derna flood injured 40 people."),
        ("A fire in Leeds killed 3 people.", "Rebels shot 40 soldiers dead near Goma."),
        ("The gunman in Leeds killed 19 children and two teachers.", "The gunman in Leeds killed 21 people."),
        ("Two teachers and 19 children were shot dead in Leeds.", "In Leeds 21 people were shot dead."),
        ("In Leeds 3 men, 4 women and two small children died.", "In Leeds 9 people died."),
        (
            "The gunman killed 21 people at the school in Leeds.",
            "A gunman killed 23 people at a shop in Leeds in 2019.",
        ),
        ("In the 2019 flood in Derna 3 people died.", "In the 2021 flood in Derna 8 people died."),
    ],
)
def test_numbers_that_agree_or_count_other_things_do_not_differ(one: str, other: str) -> None:
    assert timeline([_cited(one, "2023-09-11", "a"), _cited(other, "2023-09-12", "b")]).differences == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("In Derna 13 people died and 40 others were injured.", "In Derna 20 people died."),
        ("The Derna flood of 2023 killed 13 people.", "The Derna flood killed 20 people."),
        ("Two dams burst and 13 people were killed in Derna.", "In Derna 20 people were killed."),
        ("The flood swept away 40 people and 13 died in Derna.", "In Derna 20 people died."),
        ("Of 40 people, 13 died in Derna.", "In Derna 20 people died."),
    ],
)
def test_numbers_of_one_thing_differ_whatever_stands_beside_them(one: str, other: str) -> None:
    assert timeline([_cited(one, "2023-09-11", "a"), _cited(other, "2023-09-12", "b")]).differences


def test_one_wire_story_does_not_differ_from_itself() -> None:
    cited = [
        _cited("The Senate vote was 51 votes for.", "2023-09-11", "a"),
        _cited("The Senate vote was 52 votes for.", "2023-09-12", "b"),
    ]
    assert timeline(cited).differences
    assert timeline(cited, clusters={"a": 7, "b": 7}).differences == ()


def test_a_corrected_number_stays_and_is_marked() -> None:
    drawn = timeline(
        [
            _cited("The Leeds fire killed 14 people.", "2023-09-11", "a"),
            _cited(
                "The Leeds fire killed 12 people.",
                "2023-09-12",
                "b",
                passage="The Leeds fire killed 12 people.\nCorrection: An earlier version of this story said 14.",
            ),
        ]
    )
    assert [(entry.citation.article_id, entry.superseded) for entry in drawn.entries] == [("b", False), ("a", True)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("At least 13 people were killed and 20 injured on Aug. 20.", [(13, "dead"), (20, "injured")]),
        ("Belarus and Iran signed thirteen documents.", [(13, "document")]),
        ("The firm paid $1.2 billion, up 8% from 2022.", [(1.2e9, "$"), (8, "%")]),
        ("It asks $8 a month, and paid £2 million per year.", [(8, "$ a month"), (2e6, "£ a year")]),
        ("Twenty-one ships left.", [(21, "ship")]),
        ("Debt rose to $1.5 trillion, and two dozen people were hired.", [(1.5e12, "$"), (24, "people")]),
        ("A 30-year-old man died in 2021.", []),
    ],
)
def test_quantities_know_what_they_count(sentence: str, expected: list[tuple[float, str]]) -> None:
    assert [(q.value, q.measure) for q in quantities(sentence)] == expected
