"""A follow-up question made to stand alone by an LLM, and by the rules where the LLM's is no good."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from itertools import islice

from index.errors import LLMError
from rag.answer import Turn
from rag.followup import standalone
from rag.generator import data
from rag.llm import LLM
from rag.words import names, terms

log = logging.getLogger(__name__)

_TURNS = 6  # how far back a conversation is read
_LONGEST = 300  # characters
_TOLD = 600  # characters of each past answer that are shown
_OWN_WORDS = 0.5  # of a rewritten question's terms that must stand in the conversation

_SYSTEM = """\
You are given a conversation about the news, as JSON, and a last question. Write the last question as one that is \
understood without the conversation: put the names and things that it points to in place of words such as "he", "it" \
or "that". Keep a question that stands alone as it is. Do not answer it. Write the question and nothing else, on one \
line."""


class Rewriter:
    """Makes follow-ups stand alone; called as `rag.followup.standalone` is."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def __call__(self, question: str, history: Sequence[Turn], stopped: threading.Event | None = None) -> str:
        """The question in words that need no history. The LLM is asked where there is any, and may fail.

        `stopped`, set by another thread, ends its writing.
        """
        if not history:
            return question
        ruled = standalone(question, history)
        turns = [{"question": turn.question, "answer": turn.answer[:_TOLD]} for turn in history[-_TURNS:]]
        try:
            pieces = self._llm.write(
                _SYSTEM,
                f"Conversation:\n{data(turns)}\n\nLast question: {data(question)}",
                tokens=120,
                patient=False,
                stopped=stopped,
            )
            written = "".join(islice(pieces, 4 * _LONGEST))[: 4 * _LONGEST]
        except LLMError as error:
            log.warning("The follow-up was made to stand alone by rules: the LLM %s", error)
            return ruled
        rewritten = " ".join(written.split()).strip("\"“”'` ")
        return rewritten if is_sound(rewritten, question, history) else ruled


def is_sound(rewritten: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a rewritten question may be searched for.

    It must be one short question that brings in no name, number or link of its own, leaves out no name of the
    question's, and is mostly made of words of the conversation.
    """
    if not 3 <= len(rewritten) <= _LONGEST or re.search(r"[<>{}\[\]|`]|\w+://|\bwww\.|[.!?]\s+\w", rewritten):
        return False
    conversation = " ".join([question, *(f"{turn.question} {turn.answer}" for turn in history[-_TURNS:])])
    known = set(re.findall(r"\w+", conversation.casefold()))

    def is_known(text: str) -> bool:
        return set(re.findall(r"\w+", text.casefold())) <= known

    told = terms(rewritten)
    return (
        all(is_known(word) for word in [*names(rewritten), *re.findall(r"\w*\d\w*", rewritten)])
        and all(name.casefold() in rewritten.casefold() for name in names(question))
        and bool(told)
        and sum(map(is_known, told)) >= _OWN_WORDS * len(told)
    )
