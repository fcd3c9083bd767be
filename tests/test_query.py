"""The question understood: asked on Thursday 2025-08-21 unless a test says otherwise."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import QuestionError
from rag.answer import Turn
from rag.query import AnswerType, Query, understand

TODAY = date(2025, 8, 21)
SOURCES = ("cnn.com", "apnews.com", "theguardian.com", "bbc.co.uk", "nytimes.com", "The Japan Times")


def ask(question: str, *history: Turn, as_of: date | None = None) -> Query:
    return understand(question, as_of=as_of, today=TODAY, history=history, sources=SOURCES)


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("What did Belarus and Iran sign yesterday?", "2025-08-20..2025-08-20"),
        ("What did Belarus and Iran sign today?", "2025-08-21..2025-08-21"),
        ("What did Belarus and Iran sign on Wednesday?", "2025-08-20..2025-08-20"),
        ("What did Belarus and Iran sign last Tuesday?", "2025-08-19..2025-08-19"),
        ("What did Belarus and Iran sign this week?", "2025-08-15..2025-08-21"),
        ("What did Belarus and Iran sign last week?", "2025-08-10..2025-08-17"),
        ("What was signed in the past 10 days?", "2025-08-11..2025-08-21"),
        ("What was signed this month?", "2025-08-01..2025-08-21"),
        ("What was signed last month?", "2025-07-01..2025-07-31"),
        ("What was signed in August?", "2025-08-01..2025-08-21"),
        ("What was signed in October?", "2024-10-01..2024-10-31"),
        ("What was signed in August 2024?", "2024-08-01..2024-08-31"),
        ("What was signed since Aug. 1?", "2025-08-01..2025-08-21"),
        ("What was signed after Aug. 1?", "2025-08-01..2025-08-21"),
        ("What was signed before Aug. 1?", "0001-01-01..2025-08-01"),
        ("What was signed until Aug. 1?", "0001-01-01..2025-08-01"),
        ("What was signed between Aug. 1 and Aug. 5?", "2025-08-01..2025-08-05"),
        ("What was signed between 2021 and 2022?", "2021-01-01..2022-12-31"),
        ("What was signed two years ago?", "2023-01-01..2023-12-31"),
        ("What was signed in 2024?", "2024-01-01..2024-12-31"),
        ("What was signed in the second quarter of 2024?", "2024-04-01..2024-06-30"),
        ("What was signed in the spring of 2024?", "2024-03-01..2024-05-31"),
        ("What was signed on 2025-08-20?", "2025-08-20..2025-08-20"),
        ("What was signed on 20 August 2025?", "2025-08-20..2025-08-20"),
        ("What was signed, Aug 20?", "2025-08-20..2025-08-20"),
        ("What was the toll as of Aug. 14?", "2025-08-14..2025-08-14"),
        ("What's the latest on Belarus?", "2025-07-22..2025-08-21"),
        ("What was signed on Wednesday this week?", "2025-08-20..2025-08-20"),
    ],
)
def test_an_implied_window_is_soft(question: str, days: str) -> None:
    window = ask(question).window
    assert window is not None
    assert f"{window.first}..{window.last}" == days
    assert not window.hard


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("Only articles from May 2022: who resigned?", "2022-05-01..2022-05-31"),
        ("Who resigned? Use only news from 2022.", "2022-01-01..2022-12-31"),
        ("What do articles published in May 2022 say about Iran?", "2022-05-01..2022-05-31"),
        ("What was published in May 2022 about Iran?", "2022-05-01..2022-05-31"),
        ("Stories since Aug. 1 about Iran", "2025-08-01..2025-08-21"),
        ("As of May 2022, who was prime minister?", "0001-01-01..2022-05-31"),
    ],
)
def test_a_window_said_outright_is_hard(question: str, days: str) -> None:
    window = ask(question).window
    assert window is not None
    assert f"{window.first}..{window.last}" == days
    assert window.hard


def test_an_implied_window_narrows_an_outright_one_and_never_widens_it() -> None:
    narrowed = ask("Only articles from 2022: what was signed in May 2022?").window
    assert narrowed is not None
    assert (narrowed.first, narrowed.last, narrowed.hard) == (date(2022, 5, 1), date(2022, 5, 31), True)
    kept = ask("Only articles from May 2022: what was signed last week?").window
    assert kept is not None
    assert (kept.first, kept.last, kept.hard) == (date(2022, 5, 1), date(2022, 5, 31), True)


@pytest.mark.parametrize(
    "question",
    [
        "Who won the 100 metres at the 2024 Olympics?",
        "Which city hosted Expo 2025?",
        "Who won World Cup 2022?",
        "What did the January 6 committee find?",
        "Who sued after the 2020 presidential election?",
        "Inflation is the lowest since 2021 in which country?",
        "Which law will change in September?",
        "Who will play in the final on Sept. 12?",
        "Who may march second in the sun?",
        "What did Theresa May say?",
        "Who sang “Summer of 1969” in court?",
        "Which drink is best in summer heat?",
        "Who was named in USA TODAY?",
        "Which book is due in 2030?",
    ],
)
def test_a_date_in_a_name_a_comparison_or_a_plan_is_no_window(question: str) -> None:
    query = ask(question)
    assert query.window is None
    assert query.anchor == TODAY


def test_days_count_from_the_as_of_day_and_never_pass_it() -> None:
    query = ask("What was signed in May 2022?", as_of=date(2022, 5, 10))
    assert query.window is not None
    assert query.window.last == query.anchor == date(2022, 5, 10)
    yesterday = ask("What was signed yesterday?", as_of=date(2022, 5, 10)).window
    assert yesterday is not None
    assert yesterday.first == yesterday.last == date(2022, 5, 9)
    assert ask("Who won?", as_of=date(2022, 5, 10)).anchor == date(2022, 5, 10)


def test_how_far_a_day_lies_from_a_window() -> None:
    window = ask("What was signed last week?").window
    assert window is not None
    days = (date(2025, 8, 7), date(2025, 8, 10), date(2025, 8, 17), date(2025, 8, 19))
    assert [window.distance(day) for day in days] == [3, 0, 0, 2]


@pytest.mark.parametrize(
    ("question", "sources"),
    [
        ("According to AP, what did Iran sign?", ("apnews.com",)),
        ("What did the Associated Press report on Iran?", ("apnews.com",)),
        ("What was said about Iran in the Guardian?", ("theguardian.com",)),
        ("What did the New York Times say about Iran?", ("nytimes.com",)),
        ("What did the BBC and others say, according to the Japan Times?", ("The Japan Times",)),
        ("Who did CNN fire?", ()),
        ("Who lives in Iran, according to Reuters?", ()),
    ],
)
def test_a_source_named_as_a_source_is_matched_to_the_archives_own(question: str, sources: tuple[str, ...]) -> None:
    assert ask(question).sources == sources


def test_authors_phrases_names_terms_and_negation() -> None:
    query = ask('In the story by Jane Roe, who did not call it "a great day" in New York on Aug. 5?')
    assert query.authors == ("Jane Roe",)
    assert query.phrases == ("a great day",)
    assert query.names == ("Jane Roe", "New York")
    assert query.negated
    assert {"jane", "roe", "new", "york", "great", "5"} <= set(query.terms)
    assert not {"who", "did", "not", "the"} & set(query.terms)
    assert ask("Belarus signed 1,300 documents").names == ("Belarus",)
    assert "1,300" in ask("Belarus signed 1,300 documents").terms
    assert "week" not in ask("What did Belarus sign this week?").terms
    assert not ask("Which country did Reporters Without Borders rank last?").negated


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who signed the treaty?", AnswerType.WHO),
        ("The treaty was signed by whom?", AnswerType.WHO),
        ("Which actor won the prize?", AnswerType.WHO),
        ("When did they sign?", AnswerType.WHEN),
        ("In what year was it built?", AnswerType.WHEN),
        ("Where did they sign?", AnswerType.WHERE),
        ("Which US state banned it?", AnswerType.WHERE),
        ("How many documents were signed?", AnswerType.HOW_MANY),
        ("The firm cut how many jobs?", AnswerType.HOW_MANY),
        ("How much did it cost?", AnswerType.HOW_MUCH),
        ("What percentage of voters agreed?", AnswerType.HOW_MUCH),
        ("Which country signed first?", AnswerType.COUNTRY),
        ("The prime minister of which Asian country resigned?", AnswerType.COUNTRY),
        ("What did Putin say about it?", AnswerType.SAY),
        ("Did Belarus sign?", AnswerType.YES_NO),
        ("Which two cities were hit?", AnswerType.LIST),
        ("List the countries that signed", AnswerType.LIST),
        ("Why did they sign?", AnswerType.WHY),
        ("How did they escape?", AnswerType.HOW),
        ("What did they sign?", AnswerType.WHAT),
        ("Timeline of the Derna flood", AnswerType.TIMELINE),
        ("What changed in the death toll?", AnswerType.TIMELINE),
        ("A bridge fell. Where was it?", AnswerType.WHERE),
    ],
)
def test_the_kind_of_answer_wanted(question: str, kind: AnswerType) -> None:
    assert ask(question).answer_type is kind


SIGNED = Turn("What did Belarus and Iran sign?", "They signed 13 documents.")
WON = Turn("Who won the Women's World Cup in 2023?", "Spain beat England.")


@pytest.mark.parametrize(
    ("question", "before", "expected"),
    [
        ("and when was that?", SIGNED, "When did Belarus and Iran sign?"),
        ("why?", SIGNED, "Why did Belarus and Iran sign?"),
        ("when was that?", Turn("How many people were killed in Lisbon?"), "When were people killed in Lisbon?"),
        ("Why?", Turn("Which bank was fined this week?"), "Why was the bank fined this week?"),
        ("Why?", Turn("Which bridge is the mayor closing?"), "Why is the mayor closing?"),
        ("What happened next?", SIGNED, "What happened next (What did Belarus and Iran sign)?"),
        ("what about Russia?", SIGNED, "What did Russia and Iran sign?"),
        ("what about in 2022?", WON, "Who won the Women's World Cup in 2022?"),
        ("and in Lisbon?", Turn("How many died in the Kunar earthquake?"), "How many died in Lisbon?"),
        ("And in Germany?", Turn("Who won the election in France?"), "Who won the election in Germany?"),
        ("and in Lisbon?", SIGNED, "What did Belarus and Iran sign in Lisbon?"),
        ("who else?", WON, "Who else won the Women's World Cup in 2023?"),
        ("and when was that?", WON, "When was it that someone won the Women's World Cup in 2023?"),
        ("Where was it signed?", SIGNED, "Where was it signed (What did Belarus and Iran sign)?"),
        ("What did they say?", SIGNED, "What did Belarus and Iran say?"),
        ("How old is he?", Turn("Why did Joe Biden resign?"), "How old is Joe Biden?"),
        ("What is her name?", Turn("Who won?", "Coco Gauff won."), "What is Coco Gauff’s name?"),
        ("when exactly?", SIGNED, "When did Belarus and Iran sign?"),
        ("and of Russia?", Turn("What is the population of Ukraine?"), "What is the population of Russia?"),
        ("and injured?", Turn("How many people were killed in Kunar?"), "How many people were injured in Kunar?"),
        ("and injured?", Turn("How many people died in Lisbon?"), "How many people were injured in Lisbon?"),
        ("and children?", Turn("How many people were killed in Kunar?"), "How many children were killed in Kunar?"),
        ("and in Physics?", Turn("Who won the prize in Literature in 2024?"), "Who won the prize in Physics in 2024?"),
        ("Why?", Turn("How long is Bolsonaro's sentence?"), "Why is Bolsonaro's sentence so long?"),
        ("what did she write?", Turn("Who won the Nobel Prize?", "It goes to Han Kang."), "what did Han Kang write?"),
        (
            "When did they apply?",
            Turn("Which countries joined NATO?"),
            "When did the countries that joined NATO apply?",
        ),
        ("who paid?", SIGNED, "Who paid (What did Belarus and Iran sign)?"),
        ("and before that?", SIGNED, "What happened before that (What did Belarus and Iran sign)?"),
        ("are you sure?", SIGNED, "Are you sure (What did Belarus and Iran sign)?"),
        ("What do other sources say?", SIGNED, "What do other sources say (What did Belarus and Iran sign)?"),
        ("Tell me more", SIGNED, "More about this: What did Belarus and Iran sign?"),
        ("thanks!", SIGNED, "thanks!"),
        ("When did Spain win?", WON, "When did Spain win?"),
        ("What does “soft landing” mean?", WON, "What does “soft landing” mean?"),
        ("Which bank failed this week?", SIGNED, "Which bank failed this week?"),
    ],
)
def test_a_follow_up_is_made_to_stand_alone(question: str, before: Turn, expected: str) -> None:
    query = ask(question, before)
    assert query.standalone == expected
    assert query.question == question
    assert (f"searched for: {expected}" in query.notes()) == (question != expected)


def test_a_follow_up_of_a_follow_up_reaches_back() -> None:
    query = ask("and why?", SIGNED, Turn("and when was that?", "On Wednesday."))
    assert query.standalone == "Why did Belarus and Iran sign?"
    query = ask("where?", SIGNED, Turn("are you sure?"), Turn("tell me more"), Turn("thanks"), Turn("and who paid?"))
    assert query.standalone == "Where did Belarus and Iran sign?"
    query = ask("and injured?", Turn("What happened to the Lisbon funicular?"), Turn("how many people died?"))
    assert query.standalone == "How many people were injured (What happened to the Lisbon funicular)?"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Did both Putin and Zelensky say they would meet?",
            ("Did Putin say they would meet?", "Did Zelensky say they would meet?"),
        ),
        (
            "Did both Finland and the United Kingdom apply to join the pact?",
            ("Did Finland apply to join the pact?", "Did the United Kingdom apply to join the pact?"),
        ),
        ("Which came first, the ceasefire or the summit?", ("The ceasefire?", "The summit?")),
        ("Did Biden resign before or after the debate?", ("Did Biden resign?", "The debate?")),
        (
            "Which is higher: inflation in France or inflation in Spain?",
            ("Which is higher: inflation in France?", "Which is higher: inflation in Spain?"),
        ),
        ("Who won the race and when did Oslo host it?", ("Who won the race?", "when did Oslo host it?")),
        ("Who won the race?", ()),
        ("Belarus and Iran signed what?", ()),
    ],
)
def test_a_question_of_several_articles_is_split(question: str, parts: tuple[str, ...]) -> None:
    assert ask(question).parts == parts


def test_notes_say_what_was_understood() -> None:
    assert ask("What did AP report on Iran last week?").notes() == (
        "dates: 10–17 Aug 2025, from “last week”",
        "sources: apnews.com",
    )
    assert ask("Only articles from May 2022: who resigned?").notes()[0].startswith("only dates: 1–31 May 2022")


@pytest.mark.parametrize("question", ["", "  \n ", "?!", "a" * 2_001])
def test_a_question_that_cannot_be_asked_is_refused(question: str) -> None:
    with pytest.raises(QuestionError):
        ask(question)


def test_impossible_days_are_refused() -> None:
    with pytest.raises(QuestionError, match="2025-09-30"):
        ask("Who won?", as_of=date(2025, 9, 30))
    with pytest.raises(QuestionError, match="2030"):
        ask("Only articles from 2030: who won?")


_WORDS = """who what when did both and or first came before after since only articles published in from 2022 9999 1500
    May 31 Feb. 29 Aug last next week Monday yesterday two years ago , ? . : “ ” " ' the latest he they it that else
    about     between until as of Q3 winter AP according to Belarus"""
_QUESTIONS = st.one_of(st.text(max_size=100), st.lists(st.sampled_from(_WORDS.split()), max_size=14).map(" ".join))


@given(
    _QUESTIONS,
    st.one_of(st.none(), st.dates()),
    st.dates(),
    st.lists(st.builds(Turn, _QUESTIONS, st.text(max_size=40)), max_size=3),
)
def test_any_question_is_understood_or_refused(
    question: str, as_of: date | None, today: date, history: list[Turn]
) -> None:
    try:
        query = understand(question, as_of=as_of, today=today, history=history, sources=SOURCES)
    except QuestionError:
        return
    asked = as_of or today
    assert query.anchor <= asked
    if query.window:
        assert query.window.first <= query.window.last <= asked
    assert query.standalone
    assert all(isinstance(note, str) for note in query.notes())


def test_real_questions_are_understood_fast_and_soft_windows_hold_the_day_asked_about() -> None:
    path = Path(__file__).parents[2] / "shared" / "newsqa-train" / "questions.jsonl"
    if not path.exists():
        pytest.skip("the training questions are not beside the project")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    times = []
    for row in rows:
        asked = date.fromisoformat(row["asked"])
        start = time.perf_counter()
        query = understand(row["question"], as_of=asked, today=asked + timedelta(days=900))
        times.append(time.perf_counter() - start)
        assert query.window is None or not query.window.hard, row["question"]
        if "this week " in row["question"] and "weekend" not in row["question"]:
            assert query.window is not None
            assert query.window.last <= asked
    assert sorted(times)[len(times) // 2] < 0.005
