"""Sentences to passages: a partition into runs of whole sentences, within the token limit."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Passage, Sentence
from index.passages import split_passages
from index.sentences import split_sentences


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def split(text: str, limit: int) -> tuple[Passage, ...]:
    return split_passages(text, split_sentences(text), words, max_tokens=limit)


def article(*paragraphs: Sequence[int]) -> str:
    """Paragraphs of sentences of so many words."""
    return "\n\n".join(" ".join("The" + " word" * (count - 1) + "." for count in part) for part in paragraphs)


def sizes(text: str, limit: int) -> list[int]:
    return [len(passage.text.split()) for passage in split(text, limit)]


@given(st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=6), max_size=8), st.integers(1, 60))
def test_every_sentence_is_in_exactly_one_passage_and_none_exceeds_the_limit(
    paragraphs: list[list[int]], limit: int
) -> None:
    text = article(*paragraphs)
    sentences = split_sentences(text)
    passages = split(text, limit)
    assert [n for passage in passages for n in range(passage.first, passage.last + 1)] == list(range(len(sentences)))
    for passage in passages:
        assert passage.text == text[passage.start : passage.end]
        assert (passage.start, passage.end) == (sentences[passage.first].start, sentences[passage.last].end)
        tokens = sum(words([sentence.text for sentence in sentences[passage.first : passage.last + 1]]))
        assert tokens <= limit or passage.first == passage.last


@given(st.text(), st.integers(1, 20))
def test_passages_of_any_text_hold_its_sentences_in_order(text: str, limit: int) -> None:
    passages = split(text, limit)
    assert [n for passage in passages for n in range(passage.first, passage.last + 1)] == list(
        range(len(split_sentences(text)))
    )
    assert all(passage.text == text[passage.start : passage.end] for passage in passages)


def test_passages_break_between_paragraphs_rather_than_within_one() -> None:
    assert sizes(article([10, 10], [10, 10, 10], [10, 10]), limit=60) == [50, 20]


def test_a_paragraph_over_the_limit_is_broken_between_its_sentences() -> None:
    assert sizes(article([30, 30, 30, 30]), limit=60) == [60, 60]


def test_a_sentence_over_the_limit_is_a_passage_alone() -> None:
    assert sizes(article([20], [100], [20]), limit=50) == [20, 100, 20]


def test_a_tiny_last_passage_takes_sentences_from_the_one_before() -> None:
    assert sizes(article([20, 20, 20, 20, 20, 5]), limit=100) == [60, 45]


def test_a_heading_goes_with_the_story_it_heads() -> None:
    assert sizes(article([3], [25, 25, 25, 25]), limit=100) == [53, 50]


def test_tokens_are_counted_once_for_all_sentences() -> None:
    asked: list[list[str]] = []

    def counting(texts: Sequence[str]) -> list[int]:
        asked.append(list(texts))
        return words(texts)

    text = article([5, 6], [7])
    split_passages(text, split_sentences(text), counting, max_tokens=10)
    assert asked == [[sentence.text for sentence in split_sentences(text)]]


def test_no_sentences_make_no_passages() -> None:
    assert split_passages("", (), words) == ()


def test_a_limit_below_one_and_a_wrong_count_are_refused() -> None:
    sentence = (Sentence(0, 3, "One"),)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        split_passages("One", sentence, words, max_tokens=0)
    with pytest.raises(ValueError, match="1 sentences need as many token counts, got 0"):
        split_passages("One", sentence, lambda texts: [])
