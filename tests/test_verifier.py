"""The gate: what a claim may say of the sentences it cites, and what it may not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.claims import over_examples
from rag.answer import Citation
from rag.verifier import Verifier

PACKAGE = (
    "Belarus and Iran signed a package of 13 documents on Wednesday, when President Alexander Lukashenko received his "
    "Iranian counterpart, Masoud Pezeshkian."
)
TITLE = "Lukashenko and Pezeshkian seal 13 papers in Minsk"
FINAL = "Jannik Sinner beat Carlos Alcaraz in four sets, and more than 14,900 people watched."
COURT = "The company denies that it knew of the fault, and no one was hurt."


def cite(sentence: str, *, before: str = "", title: str = TITLE) -> Citation:
    return Citation(
        sentence=sentence,
        start=len(before),
        end=len(before) + len(sentence),
        article_id="a",
        title=title,
        source="harbour-wire",
        url=None,
        published=date(2025, 8, 21),
        passage=before + sentence,
        passage_start=0,
    )


def is_backed(claim: str, *citations: Citation) -> bool:
    check = Verifier().check(claim, citations)
    assert check.supported == (not check.reasons)
    assert 0 <= check.support <= 1
    return check.supported


@pytest.mark.parametrize(
    "claim",
    [
        "Belarus and Iran signed thirteen documents.",
        "Iran and Belarus signed 13 documents on 2025-08-20.",
        "A package of 13 documents was signed on Aug. 20.",
        "It was reported that Lukashenko received Pezeshkian in August 2025.",
        "Masoud Pezeshkian was received by Alexander Lukashenko.",
    ],
)
def test_a_true_paraphrase_passes(claim: str) -> None:
    assert is_backed(claim, cite(PACKAGE))


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Belarus and Iran signed 30 documents.", "the number “30” is not in the cited text"),
        ("Belarus and Iran signed 13 documents on Aug. 21.", "the date “Aug. 21” is not in the cited text"),
        ("Belarus and Iraq signed 13 documents.", "“Iraq” is not in the cited text"),
        ("Belarus and Iran did not sign 13 documents.", "it denies what the cited text does not (“not”)"),
        ("Pezeshkian received Lukashenko.", "the cited text does not tell “received” of “Pezeshkian”"),
        ("Belarus and Iran signed 13 documents about railways.", "“railways” is not in the cited text"),
        ('Iran signed a "package of papers".', "“package of papers” is not a quotation from the cited text"),
    ],
)  # fmt: skip
def test_each_fault_is_named(claim: str, reason: str) -> None:
    assert reason in Verifier().check(claim, [cite(PACKAGE)]).reasons


def test_a_bound_may_be_loosened_and_not_dropped() -> None:
    assert is_backed("Over 14,900 people watched.", cite(FINAL))
    assert is_backed("At least 14,900 people watched.", cite(FINAL))
    assert is_backed("More than 14,000 people watched.", cite(FINAL))
    assert not is_backed("More than 14,800 people watched.", cite(FINAL))
    assert not is_backed("14,900 people watched.", cite(FINAL))
    assert not is_backed("Fewer than 14,900 people watched.", cite(FINAL))


def test_how_far_a_number_is_from_another_is_no_bound() -> None:
    sentence = "The party won 47 seats, three fewer than the 50 that it needed."
    assert is_backed("The party won 47 seats and needed 50.", cite(sentence))
    assert not is_backed("The party won fewer than 47 seats.", cite(sentence))


def test_the_day_of_publication_is_that_of_the_telling_alone() -> None:
    assert is_backed("It was reported on Thursday that ferries stopped.", cite("Ferries stopped."))
    assert is_backed("On Thursday, it was reported that ferries stopped.", cite("Ferries stopped."))
    assert not is_backed("It was reported that ferries stopped on Thursday.", cite("Ferries stopped."))
    assert not is_backed("Four cases were reported Thursday.", cite("Four cases were reported Tuesday."))


def test_what_the_source_denies_is_not_asserted() -> None:
    assert is_backed("The company denies it knew of the fault.", cite(COURT))
    assert not is_backed("The company knew of the fault.", cite(COURT))
    assert not is_backed("The company does not deny that it knew of the fault.", cite(COURT))


def test_an_opposite_is_not_a_synonym() -> None:
    assert is_backed("Shares dropped 3%.", cite("The shares fell by 3 percent."))
    assert not is_backed("Shares rose 3%.", cite("The shares fell by 3 percent."))


def test_victor_and_vanquished_are_not_exchanged() -> None:
    assert is_backed("Sinner beat Alcaraz.", cite(FINAL))
    assert not is_backed("Carlos Alcaraz beat Jannik Sinner.", cite(FINAL))


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("Spain lost to England.", "England beat Spain in Basel."),
        ("Rishi Sunak was replaced by Keir Starmer.", "Keir Starmer took over from Rishi Sunak."),
        ("Madrid dismissed Puigdemont.", "Puigdemont, whom Madrid dismissed, told reporters that he would stay."),
        ("It dropped its veto hours before the deal closed.", "It closed hours after the board dropped its veto."),
    ],
)  # fmt: skip
def test_a_deed_may_be_told_from_its_other_side(claim: str, sentence: str) -> None:
    assert is_backed(claim, cite(sentence))


@pytest.mark.parametrize(
    ("claim", "sentence", "before"),
    [
        ("The Bergen Arena kept a hippo in 1914.", "The Memphis Zoo kept a hippo in 1914.", "Bergen Arena is old. "),
        ("Menthol said the agency would act.", "Califf said the agency would act.", "The ban is on menthol. "),
        ("The 27-year-old Hader won 17 games.", "The 27-year-old Bosch won 17 games.", "The other is Hader. "),
    ],
)  # fmt: skip
def test_what_stands_near_does_not_take_the_place_of_what_is_said(claim: str, sentence: str, before: str) -> None:
    assert is_backed(sentence, cite(sentence, before=before))
    assert not is_backed(claim, cite(sentence, before=before))


def test_who_speaks_is_told_from_who_is_spoken_to() -> None:
    told = "Six people were hurt, the spokeswoman Kelli Christensen told Harbour Wire."
    assert is_backed("Kelli Christensen told Harbour Wire that six people were hurt.", cite(told))
    assert not is_backed("The spokeswoman Harbour Wire told Kelli Christensen that six people were hurt.", cite(told))


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("England lost to Spain.", "England beat Spain in Basel."),
        ("Keir Starmer was replaced by Rishi Sunak.", "Keir Starmer took over from Rishi Sunak."),
        ("Puigdemont dismissed Madrid.", "Puigdemont, whom Madrid dismissed, told reporters that he would stay."),
        ("Belgium said that it would not ask Puigdemont.", "Puigdemont told reporters that he would not ask Belgium."),
        ("Poroshenko won 73 percent.", "Zelensky won 73 percent, and Poroshenko had 24 percent."),
        ("The deal closed before the board dropped its veto.", "The deal closed after the board dropped its veto."),
    ],
)  # fmt: skip
def test_its_two_sides_are_not_exchanged(claim: str, sentence: str) -> None:
    assert not is_backed(claim, cite(sentence))


def test_a_name_may_take_the_place_of_a_pronoun_where_it_stands_just_before() -> None:
    he = cite("He flew home in May.", before="Tibor Kapu of Hungary was among them. ")
    assert is_backed("Tibor Kapu flew home in May.", he)
    assert not is_backed("Peggy Whitson flew home in May.", he)


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("The ship sank off Brest.", "The freighter sank off Brest."),
        ("The drought is the worst in 40 years.", "The drought is the worst in four decades."),
        ("The brothers were not related.", "The brothers were unrelated."),
        ("Intel dismissed 15 people.", "Intel laid off 15 people."),
        ("Rescuers used drones to look for 15 people.", "Rescuers searched with drones for 15 people."),
    ],
)
def test_other_words_may_say_the_same(claim: str, sentence: str) -> None:
    assert is_backed(claim, cite(sentence))


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("The freighter sank off Brest.", "The ship sank off Brest."),
        ("Apple fell in May.", "The fruit fell in May."),
        ("The drought is the worst in 30 years.", "The drought is the worst in four decades."),
        ("The US took part.", "The US took no part."),
        ("Boats led the coastguard vessels.", "Coastguard vessels led the boats."),
        ("Boeing's capsule will bring them home.", "NASA's capsule will bring them home, as Boeing hoped."),
    ],
)
def test_and_words_that_only_look_alike_do_not(claim: str, sentence: str) -> None:
    assert not is_backed(claim, cite(sentence))


def test_a_title_tells_who_did_what_no_sentence_does() -> None:
    paid = cite("It paid 3 billion dollars.", title="Nimbus buys Pharos")
    assert is_backed("Nimbus bought Pharos for 3 billion dollars.", paid)
    assert not is_backed("Pharos bought Nimbus for 3 billion dollars.", paid)


@pytest.mark.parametrize("claim", ["The tide is a lie.", "Reporters lied.", "The deal is a title.", "It is a result."])
def test_words_that_stand_only_around_the_sentence_or_say_little_make_no_claim(claim: str) -> None:
    assert not is_backed(claim, cite(FINAL, before="The tide rose. "))


def test_a_claim_without_citations_or_without_words_fails() -> None:
    assert Verifier().check("Belarus signed.", []).reasons == ("it cites nothing",)
    assert Verifier().check(" ", [cite(PACKAGE)]).reasons == ("the claim is empty",)


@given(st.text(min_size=1).filter(str.strip))
def test_a_cited_sentence_word_for_word_always_passes(sentence: str) -> None:
    assert is_backed(sentence, cite(sentence))


@given(st.integers(min_value=1000, max_value=1400), st.sampled_from([PACKAGE, FINAL, COURT]))
def test_a_number_that_is_nowhere_never_passes(number: int, sentence: str) -> None:
    assert not is_backed(f"{sentence[:-1]}, {number} in all.", cite(sentence))


@given(st.text(max_size=400), st.text(max_size=400))
def test_no_text_breaks_it(claim: str, sentence: str) -> None:
    Verifier().check(claim, [cite(sentence)])


def test_a_text_too_long_for_a_sentence_is_refused_unread() -> None:
    [reason] = Verifier().check("1" * 10_000_000, [cite(PACKAGE)]).reasons
    assert reason.startswith("it is longer than 1,000 characters")


def test_most_claims_written_over_examples_are_judged_rightly() -> None:
    claims = over_examples()
    right = [Verifier().check(c.text, c.citations).supported == (c.kind == "true") for c in claims]
    assert len(claims) >= 240
    assert sum(right) >= 0.85 * len(claims)
