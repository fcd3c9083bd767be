"""Copies of one story: what counts as one, what does not, and that order has no say."""

from __future__ import annotations

import random
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from index.duplicates import ClusterFinder, signature

DAY = date(2025, 7, 8)
WIRE = (
    "Ministers gave their last approval on Tuesday for Bulgaria to adopt the euro at the start of next year. "
    "The rate at which the lev is to be exchanged was fixed at 1.95583 to the euro. Shops have to show prices "
    "in both currencies from August until the end of next year. The country of some six million people joined "
    "the union in 2007 and has sought the currency ever since. Opponents marched in Sofia in June and said "
    "that prices would rise. The central bank in Frankfurt will have one governor more."
)
EDITED = (
    "Bulgaria will pay in euros from January. The rate at which the lev is to be exchanged was fixed at "
    "1.95583 to the euro. Shops have to show prices in both currencies from August until the end of next year. "
    "The country of some six million people joined the union in 2007 and has sought the currency ever since. "
    "Our reporter in Plovdiv met traders who had mixed feelings."
)
OTHER = (
    "Rain fell on the coast all week and the river rose by two metres before the dam was opened. Schools "
    "stayed shut until Friday, when the buses ran again and forty cellars had been pumped dry. The mayor "
    "thanked the brigades of three neighbouring towns."
)


def clusters(items: list[tuple[int, str, date | None, str]], cosine: float = 0.95) -> dict[int, int]:
    finder = ClusterFinder()
    for key, text, day, source in items:
        finder.add(key, day, source, signature(text))
    return finder.clusters(finder.links(lambda one, other: cosine))


def test_an_edited_wire_story_of_the_same_days_is_one_story() -> None:
    found = clusters([(0, WIRE, DAY, "a"), (1, EDITED, DAY + timedelta(days=1), "b"), (2, OTHER, DAY, "c")])
    assert found == {0: 0, 1: 0, 2: 2}


def test_words_alone_do_not_make_a_copy_where_the_meaning_is_another() -> None:
    assert clusters([(0, WIRE, DAY, "a"), (1, EDITED, DAY, "b")], cosine=0.2) == {0: 0, 1: 1}


def test_an_edited_copy_of_another_week_is_another_story_and_the_same_text_is_not() -> None:
    later = DAY + timedelta(days=30)
    assert clusters([(0, WIRE, DAY, "a"), (1, EDITED, later, "b")]) == {0: 0, 1: 1}
    assert clusters([(0, WIRE, DAY, "a"), (1, WIRE, later, "b")]) == {0: 0, 1: 0}


def test_the_same_words_in_one_source_on_one_day_are_an_exact_copy() -> None:
    finder = ClusterFinder()
    finder.add(0, DAY, "a", signature(WIRE))
    again = signature(WIRE.upper().replace(". ", ".\n\n"))
    assert finder.repeats("a", DAY, again)
    assert not finder.repeats("b", DAY, again)
    assert not finder.repeats("a", DAY + timedelta(days=1), again)
    assert not finder.repeats("a", DAY, signature(EDITED))


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(6)))
def test_clusters_are_the_same_whatever_the_order(order: list[int]) -> None:
    chance = random.Random(3)
    words = OTHER.split()
    texts = [WIRE, EDITED, OTHER, WIRE + " " + OTHER[:60], " ".join(chance.sample(words, len(words))), "Short."]
    items = [(key, texts[key], DAY + timedelta(days=key % 3), f"s{key}") for key in range(6)]
    found = clusters([items[key] for key in order])
    assert found == clusters(items)
    assert set(found) == set(range(6))
    assert all(found[cluster] == cluster <= key for key, cluster in found.items())
