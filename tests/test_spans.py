"""Which words of a sentence could answer, what speaks for each, and how likely the answers are that sentences give."""

from __future__ import annotations

from datetime import date
from itertools import zip_longest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.clues import SPAN_SIGNALS, Clues
from rag.look import Look, candidates
from rag.query import Query, understand
from rag.reader import Reading, SentenceScore
from rag.signals import Shown, Text
from rag.spans import Kind, Span, spans, told
from rag.stems import stems
from rag.telling import TELLING_SIGNALS, gather, untold, weigh
from rag.usage import Usage
from tests.test_ranker import found

DAY = date(2025, 8, 31)
SIGNED = "On Aug. 20 Masoud Pezeshkian signed 13 documents on trade in Minsk."


def asked(question: str) -> Query:
    return understand(question, today=DAY)


def clues_of(question: str, sentence: str, *texts: str, titles: tuple[str, ...] = ()) -> dict[str, dict[str, float]]:
    """The signals of each span of a sentence, where the pool holds these texts, each of a story of its own.

    `titles` are those of the first stories, the sentence's own first.
    """
    query = asked(question)
    titled = zip_longest([sentence, *texts], titles, fillvalue="")
    pool = [found(text, story=number, title=title) for number, (text, title) in enumerate(titled)]
    shown = Shown(query, pool)
    some = spans(sentence, shown.asked_words)
    rows = Clues(query, pool, shown).of(sentence, some, place=0, score=0.0, rank=0)
    return {
        sentence[span.start : span.end]: dict(zip(SPAN_SIGNALS, row.tolist(), strict=True))
        for span, row in zip(some, rows, strict=True)
    }


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Aug. 20", Kind.DAY),
        ("Masoud Pezeshkian", Kind.NAME),
        ("13", Kind.NUMBER),
        ("Minsk", Kind.NAME),
        ("trade", Kind.WORDS),
    ],
)
def test_names_figures_days_and_runs_of_words_could_answer(words: str, kind: Kind) -> None:
    assert kind in {span.kind for span in spans(SIGNED, ()) if SIGNED[span.start : span.end] == words}


def test_a_figure_with_a_comma_is_one_word() -> None:
    sentence = "More than 5,800 probable cases were reported."
    words = {sentence[span.start : span.end] for span in spans(sentence, ())}
    assert "5,800 probable cases" in words
    assert not any(word.startswith(("800", "5 ")) for word in words)


def test_what_the_question_says_itself_cannot_answer_it() -> None:
    some = {SIGNED[span.start : span.end] for span in spans(SIGNED, stems("Who signed 13 documents in Minsk?"))}
    assert {"Aug. 20", "Masoud Pezeshkian", "trade"} <= some
    assert not {"13", "13 documents", "documents", "Minsk"} & some


@given(st.text(max_size=200), st.lists(st.text(max_size=10), max_size=5))
@settings(deadline=None)
def test_spans_lie_in_their_sentence_each_once_and_tell_something_new(sentence: str, words: list[str]) -> None:
    some = spans(sentence, words)
    assert len({(span.start, span.end) for span in some}) == len(some)
    for span in some:
        assert 0 <= span.start < span.end <= len(sentence)
        assert span.told == told(sentence[span.start : span.end])
        assert span.told - set(words)


def test_the_one_who_did_what_is_asked_stands_before_it_and_what_was_done_behind() -> None:
    who = clues_of("Who signed the treaty?", "Okello signed the treaty in Lima.")
    assert who["Okello"]["asked word next, of a subject"] > who["Lima"]["asked word next, of a subject"]
    what = clues_of("What did Okello sign?", "In Lima Okello signed a pact.")
    assert what["pact"]["asked word before, of an object"] > what["Lima"]["asked word before, of an object"]


def test_independent_stories_that_tell_the_same_support_it() -> None:
    alone = clues_of("Who won the marathon?", "Okello won the marathon.", "Rain fell on the coast.")
    backed = clues_of("Who won the marathon?", "Okello won the marathon.", "The marathon was won by Okello.")
    assert backed["Okello"]["stories that tell it"] > alone["Okello"]["stories that tell it"]
    assert backed["Okello"]["support of terms"] > alone["Okello"]["support of terms"]


def test_what_titles_about_it_tell_is_told_of_by_its_own_and_by_those_of_other_stories() -> None:
    told = clues_of(
        "Who won the marathon in Lima?",
        "Okello beat Tanui.",
        "He ran well.",
        "It was a big sale.",
        titles=("Okello won Lima marathon", "Marathon: Okello first", "Tanui buys a house"),
    )
    signals = ("in its title", "share of terms in its title", "best title that tells it", "titles that tell it")
    okello, tanui = ([told[name][one] for one in signals] for name in ("Okello", "Tanui"))
    assert okello[0] == 1.0
    assert okello[1] == okello[2] == pytest.approx(1.0)
    assert okello[3] > np.log1p(1.0)  # two titles that ask the same matter
    assert tanui == [0.0, 0.0, 0.0, 0.0]


@given(texts=st.lists(st.text(max_size=80), min_size=1, max_size=3), question=st.text(min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_has_clues_that_are_numbers_and_chances_that_are_chances(texts: list[str], question: str) -> None:
    query = asked(f"Which {question}?")
    pool = [found(f"{text}a.", story=number) for number, text in enumerate(texts)]
    shown = Shown(query, pool)
    sentences = [(place, one.text) for place, hit in enumerate(pool) for one in hit.stored.sentences]

    some = gather(query, pool, shown, sentences, np.zeros(len(sentences), dtype=np.float32))
    assert some.signals.shape == (len(some.spans), len(SPAN_SIGNALS))
    assert np.isfinite(some.signals).all()

    tellings = weigh(some, some.signals.sum(axis=1), len(sentences))
    assert all(len(one.signals) == len(TELLING_SIGNALS) and np.isfinite(one.signals).all() for one in tellings)
    assert all(0 <= chance <= 1.0001 for one in tellings for _, chance in one.answers)
    assert all(0 <= one.sureness <= 1.0001 for one in tellings)


def test_an_answer_that_two_sentences_give_is_likelier_than_one_that_one_gives() -> None:
    query = asked("Who won the marathon?")
    texts = ["Okello won the marathon.", "Tanui won the marathon.", "The marathon went to Okello."]
    pool = [found(text, story=number) for number, text in enumerate(texts)]
    some = gather(query, pool, Shown(query, pool), list(enumerate(texts)), np.zeros(3, dtype=np.float32))

    first, second, third = weigh(some, np.zeros(len(some.spans), dtype=np.float32), 3)

    assert first.span == Span(0, 6, Kind.NAME, told("Okello"))
    assert dict(first.answers)[told("Okello")] == dict(third.answers)[told("Okello")]
    assert dict(first.answers)[told("Okello")] > dict(second.answers)[told("Tanui")]


def test_who_tells_a_whole_answer_tells_its_parts() -> None:
    query = asked("Who won the marathon?")
    texts = ["Ada Okello won the marathon.", "Okello won the marathon."]
    pool = [found(text, story=number) for number, text in enumerate(texts)]
    some = gather(query, pool, Shown(query, pool), list(enumerate(texts)), np.zeros(2, dtype=np.float32))

    whole, part = (dict(one.answers) for one in weigh(some, np.zeros(len(some.spans), dtype=np.float32), 2))

    assert whole[told("Ada Okello")] > part[told("Okello")]


def test_the_country_of_the_people_asked_about_is_no_answer() -> None:
    query = asked("Who won the Brazilian election?")
    sentence = "Lula da Silva won the vote in Brazil."
    shown = Shown(query, [found(sentence)])
    words = {sentence[span.start : span.end] for span in spans(sentence, shown.asked_words)}
    assert "Lula da Silva" in words
    assert "Brazil" not in words


def test_who_says_things_is_a_person_and_where_things_are_is_a_place() -> None:
    texts = [
        "Rain fell in Minsk.",
        "Okello said that the road to Minsk was wet, and Dr. Tanui agreed.",
        "“It was wet in Minsk,” said Coach Okello.",
        "Okello said it twice.",
    ]
    usage = Usage(Text.of(text) for text in texts)
    assert usage.person(told("Okello")) > 0.5 > usage.person(told("Minsk")) == 0
    assert usage.person(told("Tanui")) > 0
    assert usage.place(told("Minsk")) > 0.3 > usage.place(told("Okello")) == 0
    assert usage.person(told("Nairobi")) == 0


def test_an_answer_in_longer_words_is_no_other_answer() -> None:
    answers = ((told("Joe Biden"), 0.6), (told("Rome"), 0.2))
    assert untold(answers, {told("Biden")}) == 0.2
    assert untold(answers, {told("President Joe Biden"), told("Rome")}) == 0


def test_of_sentences_alike_good_one_that_gives_the_likely_answer_is_told_first() -> None:
    texts = ["He was first in it by a minute.", "Okello won the marathon."]
    hits = [found(text, story=number) for number, text in enumerate(texts)]
    readings = [
        Reading(0.0, (SentenceScore(0, len(texts[0]), 0.5),)),
        Reading(0.0, (SentenceScore(0, len(texts[1]), 0.0, answers=((told("Okello"), 0.4),)),)),
    ]

    first = next(candidates(Look(asked("Who won the marathon?"), hits, readings), 1, figures=False))

    assert first.citation.sentence == texts[1]


@pytest.mark.parametrize(
    ("sentence", "marked"),
    [("Ben Tanui coaches Ada Okello.", "Ben Tanui"), ("Ada Okello ran past Ben Tanui in Nairobi.", None)],
)
def test_words_are_marked_only_where_what_is_asked_of_a_name_is_told_of(sentence: str, marked: str | None) -> None:
    at = sentence.index("Ben Tanui")
    score = SentenceScore(0, len(sentence), 1.0, span=(at, at + len("Ben Tanui")))
    look = Look(asked("Who coaches Ada Okello?"), [found(sentence)], [Reading(0.0, (score,))])
    citation = next(candidates(look, 1, figures=False)).citation
    assert (citation.span and sentence[slice(*citation.span)]) == marked


def test_a_heading_tells_nothing_by_itself() -> None:
    texts = ["8. Space.", "Okello won the marathon.", "奥凯洛赢得了马拉松比赛。"]
    hits = [found(text, story=number) for number, text in enumerate(texts)]
    readings = [Reading(0.0, (SentenceScore(0, len(text), 1.0),)) for text in texts]
    cited = candidates(Look(asked("Who won the marathon?"), hits, readings), 3, figures=False)
    assert [candidate.citation.sentence for candidate in cited] == texts[1:]


def test_after_the_best_sentence_comes_one_that_gives_another_answer() -> None:
    texts = ["Okello won the marathon.", "It was Okello who came first in it.", "Tanui was first, by another count."]
    hits = [found(text, story=number) for number, text in enumerate(texts)]
    names = ("Okello", "Okello", "Tanui")
    readings = [
        Reading(0.0, (SentenceScore(0, len(text), -0.1 * place, answers=((told(name), 0.4),)),))
        for place, (text, name) in enumerate(zip(texts, names, strict=True))
    ]
    look = Look(asked("Who won the marathon?"), hits, readings)

    cited = [candidate.citation.sentence for candidate in candidates(look, 3, figures=False)]

    assert cited == [texts[0], texts[2], texts[1]]
