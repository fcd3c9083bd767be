"""Answers taken away: what is saved, and that no article's text becomes markup or a command in it."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article import Article, DateOrigin
from rag.answer import Answer, Citation
from ui.exports import KINDS, export, markdown
from ui.wording import STOPPED

CITATION = Citation(
    "The bridge cost $5 million.", 0, 27, "a1", "Bridge & {tunnel}", "Wire", "https://news.example/1?a=b",
    date(2025, 8, 21), "The bridge cost $5 million.", 0,
)  # fmt: skip
ANSWER = Answer("How much?", "The bridge cost $5 million. [1]", False, (CITATION,), (), None, "000001")
ARTICLE = Article(
    text="The bridge cost $5 million.", title="Bridge & {tunnel}", source="Wire", published=date(2025, 8, 21),
    date_origin=DateOrigin.METADATA, date_confidence=1.0, url=None, authors=("Ann Öz",), language="en", caption=None,
    origin="x",
)  # fmt: skip


def test_markdown_holds_the_answer_and_its_numbered_sources():
    assert export([ANSWER], "markdown", lambda _: None).text == (
        "**How much?**\n\nThe bridge cost \\$5 million. [1]\n\n"
        "1. *Bridge \\& {tunnel}*, Wire, 2025-08-21. <https://news.example/1?a=b>\n"
    )


def test_markdown_says_that_an_answer_was_stopped_and_who_wrote_it():
    stopped = replace(ANSWER, written_by="small-model", notes=(STOPPED,))
    assert (
        "[1]\n\n*Written by small-model; each sentence was checked against its sources.*\n\n"
        "*Stopped before the answer was whole.*\n\n1. *Bridge"
    ) in markdown(stopped)


@given(st.text())
def test_foreign_text_opens_no_markup_in_markdown(text: str):
    hostile = replace(CITATION, title=text, sentence=text)
    shown = markdown(replace(ANSWER, question=text, citations=(hostile,)))
    assert not re.search(r"(?<!\\)(?:\\\\)*[`<](?!https://news\.example)", shown)
    assert not re.search(r"(?<!\\)(?:\\\\)*\[(?!\d+\])", shown)


def test_json_is_the_answer_whole():
    [saved] = json.loads(export([ANSWER], "json", lambda _: None).text)
    assert saved == ANSWER.to_dict() | {"citations": saved["citations"]}
    assert saved["citations"][0]["published"] == "2025-08-21"


def test_csl_lists_each_article_once_with_its_authors():
    other = replace(CITATION, start=30, end=40)
    twice = replace(ANSWER, citations=(CITATION, other))
    assert json.loads(export([twice, ANSWER], "csl", lambda _: ARTICLE).text) == [
        {
            "id": "dateline-a1",
            "type": "article-newspaper",
            "title": "Bridge & {tunnel}",
            "container-title": "Wire",
            "issued": {"date-parts": [[2025, 8, 21]]},
            "URL": "https://news.example/1?a=b",
            "author": [{"literal": "Ann Öz"}],
        }
    ]


def test_bibtex_escapes_what_tex_would_obey():
    hostile = replace(CITATION, title="\\input{/etc/passwd} 100% & $x$", published=None, url="javascript:x")
    assert export([replace(ANSWER, citations=(hostile,))], "bibtex", lambda _: ARTICLE).text == (
        "@article{dateline-a1,\n"
        "  title = {{\\textbackslash{}input\\{/etc/passwd\\} 100\\% \\& \\$x\\$}},\n"
        "  journal = {Wire},\n"
        "  author = {{Ann Öz}}\n}\n"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_conversation_without_answers_can_be_saved_too(kind: str):
    assert export([], kind, lambda _: None).text.strip() in {"", "[]"}
