"""From the best sentences to an answer: what is cited, and when the answer is a timeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag.answer import Citation
from rag.composer import Candidate, Composition, compose
from rag.quantity import measure_asked
from rag.query import understand

TODAY = date(2025, 9, 30)
TOLL = "How many people did the Derna flood kill?"


def told(sentence: str, day: str, story: int, score: float, *, correction: str = "") -> Candidate:
    citation = Citation(
        sentence=sentence,
        start=0,
        end=len(sentence),
        article_id=f"{story}",
        title="The flood in Derna",
        source=f"paper-{story}",
        url=None,
        published=date.fromisoformat(day),
        passage=sentence,
        passage_start=0,
        correction=correction,
        score=score,
    )
    return Candidate(citation, story)


def replace_title(candidate: Candidate, title: str) -> Candidate:
    return replace(candidate, citation=replace(candidate.citation, title=title))


EARLY = told("At least 2,000 people were killed in the Derna flood.", "2023-09-11", 1, 9.0)
LATE = told("The Derna flood killed at least 5,300 people.", "2023-09-13", 2, 8.0)


def composed(question: str, *candidates: Candidate, count: int = 3, margin: float = 2.0) -> Composition:
    return compose(understand(question, today=TODAY), [candidates], count=count, margin=margin)


def test_sentences_far_below_the_best_are_not_cited() -> None:
    best = told("The dam burst at night.", "2023-09-11", 1, 9.0)
    near = told("Two dams burst above Derna.", "2023-09-11", 2, 7.5)
    far = told("The coast road is 40 years old.", "2023-09-12", 3, 2.0)
    answer = composed("Why did the water come?", best, near, far)
    assert answer.text == "The dam burst at night. [1]\n\nTwo dams burst above Derna. [2]"
    assert answer.citations == (best.citation, near.citation)
    assert (answer.notes, answer.timeline) == ((), ())


def test_an_answer_cites_no_more_than_it_may() -> None:
    assert len(composed("What burst?", *(told(f"Dam {n} burst.", "2023-09-11", n, 9) for n in range(5))).citations) == 3


def test_sources_that_differ_on_the_number_asked_are_a_timeline_newest_first() -> None:
    answer = composed(TOLL, EARLY, LATE)
    assert answer.text == (
        "Sources differ on the number of dead: at least 5,300 (paper-2, 2023-09-13); at least 2,000 (paper-1, "
        "2023-09-11).\n\n"
        "2023-09-13, paper-2: The Derna flood killed at least 5,300 people. [1]\n\n"
        "2023-09-11, paper-1: At least 2,000 people were killed in the Derna flood. [2]"
    )
    assert [(m.citation, m.day, m.value) for m in answer.timeline] == [
        (1, date(2023, 9, 13), "at least 5,300"),
        (2, date(2023, 9, 11), "At least 2,000"),
    ]


def test_a_number_that_was_corrected_stays_and_is_said_to_be() -> None:
    note = "Correction: An earlier version of this story gave 2,000 as the number of dead."
    mended = told("The Derna flood killed at least 5,300 people.", "2023-09-13", 2, 8.0, correction=note)
    answer = composed(TOLL, EARLY, mended)
    assert [moment.superseded for moment in answer.timeline] == [False, True]
    assert "2023-09-11, paper-1, corrected since: At least 2,000" in answer.text


@pytest.mark.parametrize(
    "other",
    [
        told("The Derna flood killed at least 5,300 people.", "2023-09-13", 1, 8.0),
        told("The Derna flood injured 5,300 people.", "2023-09-13", 2, 8.0),
        told("A quake in Marrakesh killed 2,900 people.", "2023-09-13", 2, 8.0),
        replace_title(told("A flood killed 2,900 people.", "2023-09-13", 2, 8.0), "The flood in Porto"),
    ],
    ids=["the same story", "another measure", "another event", "another place"],
)
def test_numbers_that_do_not_compare_are_no_difference(other: Candidate) -> None:
    assert composed(TOLL, EARLY, other).timeline == ()


def likely(candidate: Candidate, **chances: float) -> Candidate:
    return replace(candidate, answers=tuple((frozenset({number[1:]}), chance) for number, chance in chances.items()))


PAID = told("The museum paid $44 million for the Vermeer.", "2023-09-11", 1, 9.0)


@pytest.mark.parametrize(
    "other",
    [
        told("The museum in Derna lost 900 people to the flood.", "2025-01-13", 2, 8.0),
        replace_title(told("The Benghazi flood killed 900 people.", "2023-09-13", 2, 8.0), "After the flood"),
    ],
    ids=["more than a year later", "another place, where the best names this one"],
)
def test_numbers_of_another_event_of_the_kind_are_no_difference(other: Candidate) -> None:
    assert composed("How many people did the Derna flood in Libya kill?", EARLY, other).timeline == ()


def test_a_number_that_is_hardly_the_answer_is_no_difference() -> None:
    question = "How much did the museum pay for the Vermeer?"
    other = told("The museum will pay $2 million to hang the Vermeer.", "2023-09-12", 2, 8.0)
    assert composed(question, likely(PAID, _44=0.5), likely(other, _2=0.2)).timeline
    assert composed(question, likely(PAID, _44=0.5), likely(other, _2=0.02)).timeline == ()


def test_a_price_is_not_compared_with_what_is_paid_again_and_again() -> None:
    rent = told("The museum will pay $2 million a year to insure the Vermeer.", "2023-09-12", 2, 8.0)
    assert composed("How much did the museum pay for the Vermeer?", PAID, rent).timeline == ()


def test_a_timeline_that_is_asked_for_tells_each_story_once() -> None:
    again = told("Derna was flooded.", "2023-09-14", 2, 7.0)
    answer = composed("Give me a timeline of the Derna flood", EARLY, LATE, again)
    assert [moment.day for moment in answer.timeline] == [date(2023, 9, 13), date(2023, 9, 11)]


def test_a_timeline_leaves_out_what_only_happened_elsewhere_or_is_about_something_else() -> None:
    elsewhere = replace_title(told("A flood killed 2,900 people in Porto.", "2023-09-13", 3, 8.0), "The flood in Porto")
    other = replace_title(told("Derna elected a mayor.", "2023-09-20", 4, 8.0), "An election")
    quake = replace_title(told("Afghan rescuers dug for survivors of the earthquake.", "2023-10-09", 5, 8.0), "Herat")
    assert composed("Timeline of the Derna flood", EARLY, elsewhere, other).citations == (EARLY.citation,)
    assert composed("Timeline of the earthquake in Afghanistan", quake, EARLY).citations == (quake.citation,)


def test_what_is_cited_beside_the_best_names_what_is_asked_about() -> None:
    elsewhere = replace_title(told("The dam held.", "2023-09-13", 3, 8.9), "The flood in Porto")
    assert composed("Why did the dam of Derna burst?", EARLY, elsewhere, LATE).citations == (
        EARLY.citation,
        LATE.citation,
    )


def test_a_number_of_another_year_is_not_cited_beside_the_best() -> None:
    before = told("In the flood of 1986 another 40 people died in Derna.", "2023-09-12", 3, 8.5)
    same = told("By the end of 2023 the flood in Derna had killed 5,300.", "2023-12-30", 4, 8.2)
    assert composed(TOLL, EARLY, before, same).citations == (EARLY.citation, same.citation)
    why = "Why did people die in Derna?"
    assert before.citation in composed(why, EARLY, before, same).citations, "a year matters where a number is asked for"


def test_a_number_told_of_another_place_beside_news_of_this_one_is_no_difference() -> None:
    elsewhere = told("Two people were killed in a flood in Ghent.", "2023-09-12", 3, 8.5)
    beside = replace(elsewhere.citation, title="Five things", passage=f"{elsewhere.citation.sentence} Derna mourns.")
    answer = composed(TOLL, EARLY, replace(elsewhere, citation=beside))
    assert (answer.notes, answer.timeline) == ((), ())


def test_each_part_of_a_question_has_its_own_evidence() -> None:
    query = understand("Did both the Guardian and AP report the flood?", today=TODAY)
    assert len(query.parts) == 2
    answer = compose(query, [[EARLY, LATE], [LATE]], count=3, margin=0.0)
    assert answer.citations == (EARLY.citation, LATE.citation)


def test_a_sentence_that_answers_two_parts_is_cited_once_with_both_answers_marked() -> None:
    sentence = "The dam above Derna burst on Sunday night in the hills of Wadi Derna."
    when, where = sentence.index("Sunday night"), sentence.index("Wadi Derna")
    one = told(sentence, "2023-09-11", 1, 9.0)
    other = told(sentence, "2023-09-12", 2, 8.0)
    answer = compose(
        understand("When did the dam burst and where?", today=TODAY),
        [
            [replace(one, citation=replace(one.citation, span=(when, when + len("Sunday night"))))],
            [replace(other, citation=replace(other.citation, span=(where, where + len("Wadi Derna"))))],
        ],
        count=3,
        margin=2.0,
    )
    [citation] = answer.citations
    assert answer.text == f"{sentence} [1]"
    assert citation.span and sentence[slice(*citation.span)] == "Sunday night in the hills of Wadi Derna"


@pytest.mark.parametrize(
    ("question", "measure"),
    [
        ("How many people were killed in the earthquake?", "dead"),
        ("What is the death toll?", "dead"),
        ("How many documents did Belarus and Iran sign?", "document"),
        ("How many of the votes were counted?", "votes"),
        ("What percentage of the votes was counted?", "%"),
        ("How much did the museum pay for the painting?", "$"),
        ("What did Belarus and Iran sign?", ""),
    ],
)
def test_what_a_question_counts(question: str, measure: str) -> None:
    assert measure_asked(question) == measure


def test_nothing_found_is_nothing_said() -> None:
    assert composed(TOLL).citations == ()
