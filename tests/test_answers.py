"""The main job, through the Python door: raw pages in, answers that cite the source sentence and its date out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

import rag
from index.build import Input
from index.embedding import SentenceTransformerEmbedder
from index.errors import ArchiveMissing, QuestionError
from index.rebuild import rebuild
from index.store import Filter
from rag import Answer, Assistant, ask
from rag.answer import Turn
from rag.courtesy import courtesy
from tests.conftest import ROOT
from ui.answers import answer_html
from ui.conversation import Kept
from ui.sources import panel_html

QUESTION = "what did Belarus and Iran sign?"


@pytest.fixture(scope="module")
def assistant(example_archive: Path, embedder: SentenceTransformerEmbedder) -> Iterator[Assistant]:
    with Assistant(example_archive, embedder=embedder) as opened:
        yield opened


def test_the_door_is_what_it_says_it_is() -> None:
    assert sorted(rag.__all__) == ["Answer", "Assistant", "Citation", "Evidence", "Settings", "Turn", "ask"]
    assert all(hasattr(rag, name) for name in rag.__all__)


def test_the_mission(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION)
    assert not answer.abstained
    [citation] = [c for c in answer.citations if "13 documents" in c.sentence]
    assert citation.published == date(2025, 8, 21)
    assert citation.event is not None
    assert citation.event.first == date(2025, 8, 20)
    assert citation.sentence in answer.text


def test_half_a_character_in_a_question_is_no_harm(assistant: Assistant) -> None:
    answer = assistant.ask("what did \ud800 Belarus and Iran sign?")
    assert any("13 documents" in c.sentence for c in answer.citations)
    assert json.dumps(answer.to_dict(), ensure_ascii=False).encode("utf-8")


def test_the_shared_page_is_answered_from_its_story(
    shared: Path, tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    rebuild(tmp_path, Input.of(shared / "articles"), embedder)
    answer = ask(QUESTION, archive=tmp_path, as_of=date(2025, 8, 31))
    [citation] = [c for c in answer.citations if "13 documents" in c.sentence]
    assert (citation.published, citation.event and citation.event.first) == (date(2025, 8, 21), date(2025, 8, 20))
    with Assistant(tmp_path, embedder=embedder) as opened:
        article = opened.article(citation.article_id)
        assert article is not None
        for rail in ("NATO", "Macron", "smartphone", "Colombia", "Bolivia", "Osimhen", "tourists", "Quark", "LATEST"):
            assert rail not in article.text
        assert article.text.startswith("The leaders of Belarus and Iran have signed")
        assert article.text.endswith("Russian tactical nuclear missiles.")


def questions() -> list[dict[str, str]]:
    lines = (ROOT / "examples" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("record", questions(), ids=lambda record: record["id"])
def test_every_word_of_an_answer_stands_in_a_source_of_its_time(assistant: Assistant, record: dict[str, str]) -> None:
    asked = date.fromisoformat(record["asked"])
    answer = assistant.ask(record["question"], as_of=asked)
    said = answer.text
    for number, citation in enumerate(answer.citations, start=1):
        article = assistant.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.sentence
        assert article.text[citation.passage_start :].startswith(citation.passage)
        assert citation.published is not None
        assert citation.published <= asked
        if citation.span:
            begin, end = citation.span
            assert 0 <= begin < end <= len(citation.sentence)
        assert f"{citation.sentence} [{number}]" in said
        said = said.replace(f"{citation.sentence} [{number}]", "")
    for own in (*answer.notes, *(f"{c.published}, {c.source}:" for c in answer.citations if answer.timeline)):
        said = said.replace(own, "")
    if not answer.abstained:
        assert not said.strip()
    assert all(e.published is None or e.published <= asked for e in answer.evidence)


def test_a_fact_that_stands_only_in_a_rail_is_never_said(assistant: Assistant) -> None:
    poisoned = [record for record in questions() if not record["answerable"]]
    assert len(poisoned) >= 4
    for record in poisoned:
        answer = assistant.ask(record["question"], as_of=date.fromisoformat(record["asked"]))
        assert all(record["answer"] not in citation.sentence for citation in answer.citations), record["question"]


def test_what_the_archive_does_not_answer_is_an_abstention_that_says_what_it_covers(assistant: Assistant) -> None:
    answer = assistant.ask("Which enzyme breaks down lactose in the gut of a kangaroo?")
    assert answer.abstained
    assert answer.citations == ()
    assert answer.text.startswith("The archive does not answer that. The archive holds 4")
    assert answer.evidence


def test_as_of_hides_what_came_later(assistant: Assistant) -> None:
    assert all(
        e.published and e.published <= date(2025, 8, 20) for e in assistant.retrieve(QUESTION, as_of=date(2025, 8, 20))
    )
    before = assistant.ask(QUESTION, as_of=date(2025, 8, 20))
    assert all("13 documents" not in citation.sentence for citation in before.citations)
    assert any("13 documents" in e.passage for e in assistant.retrieve(QUESTION, as_of=date(2025, 8, 21)))


def test_the_caller_may_narrow_the_search(assistant: Assistant) -> None:
    only = Filter(sources=frozenset({"meridian-post"}))
    assert {e.source for e in assistant.retrieve("Who was elected?", where=only)} == {"meridian-post"}


def test_one_wire_story_is_one_hit(assistant: Assistant) -> None:
    evidence = assistant.retrieve("When will Bulgaria adopt the euro?", k=20)
    told = [e for e in evidence if "Bulgaria" in e.title]
    assert told
    assert any(e.also_in for e in told)
    assert len({(e.title, e.start) for e in told}) == len(told)


def test_a_stream_grows_to_the_answer(assistant: Assistant) -> None:
    parts = list(assistant.stream(QUESTION))
    assert parts[-1] == assistant.ask(QUESTION)
    for shorter, longer in pairwise(parts):
        assert longer.text.startswith(shorter.text)


def test_who_asks_for_more_is_told_what_was_not_told_yet(assistant: Assistant) -> None:
    first = assistant.ask(QUESTION)
    more = assistant.ask("tell me more", history=[Turn(QUESTION, first.text)])
    assert {one.article_id for one in more.citations} & {one.article_id for one in first.citations}
    assert not {one.sentence for one in more.citations} & {one.sentence for one in first.citations}


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("Hello!", "Hello. What do you want to know?"),
        ("thank you so much", "Ask on whenever you like."),
        ("What can you do?", "Dateline answers from a news archive."),
    ],
)
def test_courtesies_are_answered_in_kind_and_with_nothing_cited(assistant: Assistant, said: str, reply: str) -> None:
    answer = assistant.ask(said)
    assert answer.text.startswith(reply)
    assert answer.text.endswith(str(assistant.coverage()))
    assert (answer.abstained, answer.citations, answer.evidence) == (True, (), ())
    assert "No answer" not in answer_html(answer, 1)
    assert "Nearest" not in panel_html(Kept(answer, 1), assistant.article)


@pytest.mark.parametrize(
    "question", ["What can you do against floods?", "Who won, thanks?", "help for Kunar", "Hello Kitty"]
)
def test_a_question_that_begins_like_a_courtesy_is_a_question(question: str) -> None:
    assert courtesy(question) is None


def test_a_follow_up_is_read_with_its_history(assistant: Assistant) -> None:
    answer = assistant.ask("and when was that?", history=[Turn(QUESTION, assistant.ask(QUESTION).text)])
    assert "Belarus" in answer.searched_for
    assert any("searched for" in note for note in answer.understood)


def test_an_answer_is_json(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION, as_of=date(2025, 9, 1))
    assert isinstance(answer, Answer)
    plain = json.loads(json.dumps(answer.to_dict()))
    assert plain["as_of"] == "2025-09-01"
    assert plain["generation"] == assistant.generation
    assert plain["citations"][0]["published"] == "2025-08-21"


@pytest.mark.parametrize("question", ["", "   ", "x" * 3000])
def test_what_is_no_question_is_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError):
        assistant.ask(question)


def test_no_archive_is_said_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ArchiveMissing, match="dateline rebuild"):
        ask(QUESTION, archive=tmp_path / "none")


def test_what_names_nobody_that_is_asked_about_is_no_answer(assistant: Assistant) -> None:
    assert assistant.ask("What did Belarus and Iran sign?", as_of=date(2025, 8, 19)).abstained
