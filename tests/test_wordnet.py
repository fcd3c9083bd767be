"""Meanings of words: what stands for what, in which direction, and that the table is whole."""

from __future__ import annotations

import pytest

from rag.lexicon import meanings, meant, opposites
from rag.wordnet import is_verb, meaning


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ("holidaymakers", "tourists"),
        ("liquidation", "liquidated"),
        ("layoffs", "lay off"),
        ("ship", "freighter"),
        ("killed", "slaughtered"),
    ],
)
def test_a_word_is_backed_by_one_that_means_the_same_or_is_of_its_kind(said: str, given: str) -> None:
    assert meanings(said) & meant(given)


@pytest.mark.parametrize(
    ("said", "given"),
    [("freighter", "ship"), ("slaughtered", "killed"), ("copper", "lithium"), ("lent", "sold"), ("level", "first")],
)
def test_and_not_by_a_wider_word_by_a_sister_or_by_a_number(said: str, given: str) -> None:
    assert not meanings(said) & meant(given)


def test_a_form_means_what_its_word_means() -> None:
    assert meaning("ships").senses >= meaning("ship").senses
    assert meaning("running").senses >= meaning("run").senses
    assert meaning("xyzzy").senses == frozenset()


def test_opposites_are_known_beyond_the_tables() -> None:
    assert "relat" in opposites("unrelated")


def test_a_verb_in_the_present_is_told_from_a_noun_of_many() -> None:
    assert is_verb("overtakes")
    assert not is_verb("reporters")
