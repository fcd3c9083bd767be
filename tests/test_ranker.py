"""What passages and sentences show for a question, and the networks that weigh it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article, Passage
from index.errors import ModelError
from index.sentences import split_sentences
from index.store import StoredPassage
from rag import lexicon, signals
from rag.query import Query, understand
from rag.ranker import Ranker
from rag.reader import PACKAGED
from rag.retriever import Found
from rag.signals import ANSWERABLE_SIGNALS, NAMING_SIGNALS, PASSAGE_SIGNALS, SENTENCE_SIGNALS, Shown

TODAY = date(2025, 8, 31)


def asked(question: str) -> Query:
    return understand(question, today=TODAY)


def found(text: str, *, story: int = 0, title: str = "", score: float = 0.5, days_away: float = 10) -> Found:
    article = Article(text=text, title=title, source=f"paper-{story}", published=date(2025, 8, 21))
    sentences = split_sentences(text)
    passage = Passage(0, len(sentences) - 1, 0, len(text), text)
    stored = StoredPassage(story, passage, article, article.id, story, sentences)
    return Found(stored, score=score, fit=score, cosine=score, lexical=0.5, closeness=0.5, days_away=days_away)


def shown_of_passages(query: Query, *pool: Found) -> list[dict[str, float]]:
    return [dict(zip(PASSAGE_SIGNALS, row.tolist(), strict=True)) for row in Shown(query, pool).passages()]


def test_a_passage_that_holds_every_term_in_another_form_shares_all_of_them() -> None:
    signing, rain = shown_of_passages(
        asked("Which documents did Belarus sign?"),
        found("Belarus signed the document.", story=1),
        found("Rain fell on the coast.", story=2),
    )
    assert (signing["share of terms"], rain["share of terms"]) == (1.0, 0.0)
    assert (signing["share of names"], rain["share of names"]) == (1.0, 0.0)


def test_what_two_stories_say_is_agreed_on_and_what_one_story_says_twice_is_not() -> None:
    query = asked("Who won the marathon?")
    two = shown_of_passages(query, found("Okello won.", story=1), found("The marathon fell to Okello.", story=2))
    one = shown_of_passages(query, found("Okello won.", story=1), found("The marathon fell to Okello.", story=1))
    assert two[0]["agreement of names"] > one[0]["agreement of names"] > 0


@pytest.mark.parametrize(
    ("question", "fits", "does_not"),
    [
        ("How many people came?", "Some 300 people came.", "Many people came."),
        ("Who won the marathon?", "The marathon was won by Okello.", "The marathon was won late."),
        ("When did the mill burn?", "The mill burned on Friday.", "The mill burned to the ground."),
        ("Why did the mill burn?", "It burned because of a spark.", "It burned to the ground."),
        ("What did the mayor say?", "“We will build,” the mayor said.", "The mayor went home."),
    ],
)
def test_a_passage_shows_whether_it_holds_the_kind_of_thing_asked_for(question: str, fits: str, does_not: str) -> None:
    one, other = shown_of_passages(asked(question), found(fits, story=1), found(does_not, story=2))
    assert (one["type"], other["type"]) == (1.0, 0.0)


def test_nearness_in_time_tells_of_an_answer_only_where_the_question_names_days() -> None:
    near, far = found("The mill burned.", days_away=1), found("The mill burned.", days_away=400)

    def told(question: str, hit: Found) -> list[float]:
        return Shown(asked(question), [hit]).answerable([0], 0)

    assert told("What burned?", near) == told("What burned?", far)
    at = ANSWERABLE_SIGNALS.index("days outside the window")
    assert told("What burned last week?", near)[at] < told("What burned last week?", far)[at]


def test_an_archive_that_ends_before_the_day_asked_as_of_is_told() -> None:
    at = ANSWERABLE_SIGNALS.index("days the archive ends before")
    shown = Shown(asked("What burned?"), [found("The mill burned.")])
    assert shown.answerable([0], 300)[at] > shown.answerable([0], 0)[at] == 0


def test_a_passage_shows_which_of_the_names_asked_about_it_lacks() -> None:
    shown = Shown(
        asked("Which seafood did Japan ban from Port Moresby?"),
        [
            found("Japan bans eels of Port Moresby.", story=1),
            found("A ban on eels.", story=2, title="Japan and Moresby"),
            found("China bans eels.", story=3),
        ],
    )
    whole, some, none = (dict(zip(NAMING_SIGNALS, shown.naming(place), strict=True)) for place in range(3))
    least, rarest = NAMING_SIGNALS
    assert (whole[least], some[least], none[least]) == (1.0, 0.5, 0.0)
    assert whole[rarest] == 0 < some[rarest] == none[rarest]
    assert Shown(asked("What was banned?"), [found("Eels were banned.")]).naming(0) == (1.0, 0.0)


@given(texts=st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4), question=st.text(min_size=1))
@settings(max_examples=60, deadline=None)
def test_any_text_has_signals_that_are_numbers(texts: list[str], question: str) -> None:
    pool = [found(text, story=number) for number, text in enumerate(texts) if split_sentences(text)]
    shown = Shown(asked(f"who {question[:200]}"), pool)
    rows, sentences = shown.passages(), shown.sentences(range(len(pool)))
    assert rows.shape == (len(pool), len(PASSAGE_SIGNALS))
    assert np.isfinite(rows).all()
    for hit, own in zip(pool, sentences, strict=True):
        assert own.shape == (len(hit.stored.sentences), len(SENTENCE_SIGNALS))
        assert np.isfinite(own).all()


def test_the_ranker_is_the_same_after_it_is_saved(tmp_path: Path) -> None:
    ranker = Ranker.load(PACKAGED)
    ranker.save(tmp_path)
    rows = np.linspace(-1, 1, 3 * len(PASSAGE_SIGNALS), dtype=np.float32).reshape(3, -1)
    assert np.array_equal(Ranker.load(tmp_path).passage(rows), ranker.passage(rows))


def test_weights_for_other_signals_are_refused(tmp_path: Path) -> None:
    ranker = Ranker.load(PACKAGED)
    replace(ranker, passage=ranker.sentence).save(tmp_path)
    with pytest.raises(ModelError, match=r"weighs \d+ signals, and there are \d+"):
        Ranker.load(tmp_path)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("stem", [signals.stem.__wrapped__, lexicon.stem.__wrapped__], ids=["signals", "lexicon"])
@pytest.mark.usefixtures("hasty_threads")
def test_stems_are_the_same_on_many_threads_at_once(stem: Callable[[str], str]) -> None:
    words = ["nationality", "signing", "documents", "a", "governments", "industrialised", "cooperation", "it"] * 20
    expected = [stem(word) for word in words]
    with ThreadPoolExecutor(4) as pool:
        assert all(stems == expected for stems in pool.map(lambda _: [stem(word) for word in words], range(8)))
