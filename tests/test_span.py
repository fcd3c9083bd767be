"""The words of a sentence that are marked as the answer, and the sentences where none are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.query import understand
from rag.span import answer_span, may_answer

DAY = date(2025, 9, 8)


def marked(question: str, sentence: str) -> str | None:
    span = answer_span(understand(question, as_of=DAY, today=DAY), sentence)
    return sentence[slice(*span)] if span else None


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        (
            "What did Belarus and Iran sign?",
            "Presidents Lukashenko and Pezeshkian signed a package of 13 documents on Aug. 20 in Minsk.",
            "a package of 13 documents",
        ),
        ("What did Apple unveil on Tuesday?", "Apple unveiled the iPhone Air, its thinnest phone.", "the iPhone Air"),
        ("How many documents were signed?", "They signed a package of 13 documents on Aug. 20.", "13 documents"),
        ("How many people were killed?", "Sixteen people died and 21 were injured.", "Sixteen people"),
        ("How many people were injured?", "Sixteen people died and 21 were injured.", "21"),
        (
            "How many people were killed?",
            "It will take weeks to bury the 19 children and two teachers killed on Tuesday.",
            "19 children and two teachers",
        ),
        ("What percentage of voters approved it?", "In all 61.4% of 2 million voters approved it.", "61.4%"),
        (
            "How much did the painting cost?",
            "The painting went for $236.4 million, 20 minutes after the start.",
            "$236.4 million",
        ),
        ("When did the funicular crash?", "The Gloria funicular left its rails on Sept. 3.", "Sept. 3"),
    ],
)
def test_the_words_that_answer_are_marked(question: str, sentence: str, answer: str) -> None:
    assert marked(question, sentence) == answer


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many people were killed?", "Sixteen people died, among them five tourists killed in the first car."),
        ("When did the talks end?", "They began on Monday and ended on Wednesday."),
        ("How many of the 13 documents are public?", "The 13 documents were signed in Minsk."),
        ("Who signed the documents?", "Alexander Lukashenko and Masoud Pezeshkian signed them."),
        ("Why did the talks fail?", "They failed over tariffs of 39%."),
        ("What did Belarus and Iran sign?", "The two met in Minsk."),
        ("When did the funicular crash?", "A concert for the victims is planned for Nov. 9."),
    ],
)
def test_nothing_is_marked_where_more_than_one_choice_is_left_or_none(question: str, sentence: str) -> None:
    assert marked(question, sentence) is None


@pytest.mark.parametrize(
    ("question", "fits", "does_not"),
    [
        ("What year did it debut?", "August 1995", "Wednesday"),
        ("For how long was the tax suspended?", "the next three months", "$5"),
        ("How many years was she given?", "nine", "a penal colony"),
        ("How old is the dog?", "21-year-old", "TobyKeith"),
        ("Who designed the dress?", "Bob Mackie", ""),
    ],
)
def test_words_whose_form_is_not_the_one_asked_for_are_not_marked(question: str, fits: str, does_not: str) -> None:
    assert may_answer(question, fits)
    assert not does_not or not may_answer(question, does_not)


@given(st.text(max_size=200), st.sampled_from(["How many died?", "When was it?", "What did they sign?"]))
def test_a_mark_lies_within_its_sentence(sentence: str, question: str) -> None:
    span = answer_span(understand(question, as_of=DAY, today=DAY), sentence)
    assert span is None or 0 <= span[0] < span[1] <= len(sentence)
