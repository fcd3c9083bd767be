"""A conversation as Gradio's messages: each answer lies, whole, in the message that shows it.

So the page can be rebuilt from the conversation alone: after a reload, for an old turn, for an export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rag.answer import Answer, Turn
from ui.choices import Choices
from ui.suggestions import Suggestion
from ui.wording import nearest

NEAREST_SHOWN = 4  # passages offered beside an abstention

History = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as a message carries it, with what it was asked with, and the number of its turn, from 1."""

    answer: Answer
    turn: int
    choices: Choices = field(default_factory=Choices)


_Packed = tuple[Answer, Choices]
_PACKED: TypeAdapter[_Packed] = TypeAdapter(_Packed)


def pack(answer: Answer, choices: Choices) -> str:
    """The JSON that a message carries."""
    slim = replace(answer, evidence=nearest(answer.evidence, NEAREST_SHOWN))
    return _PACKED.dump_json((slim, choices)).decode()


def unpack(packed: object) -> _Packed | None:
    """The answer that a message carries, and its choices; None where it carries none, or something else."""
    if not isinstance(packed, str):
        return None
    try:
        return _PACKED.validate_json(packed)
    except ValidationError:
        return None


def message(content: str, packed: str | None = None, follow_ups: Sequence[Suggestion] = ()) -> dict[str, Any]:
    """A message of the assistant's. `content` is HTML of our own making."""
    # The one place in a Gradio message that is kept and not shown is the id of its metadata.
    said = {"role": "assistant", "content": content, "metadata": {"id": packed} if packed else {}}
    options = [{"value": asked.question, "label": asked.label} for asked in follow_ups]
    return said | ({"options": options} if options else {})


def kept_at(history: History, place: int) -> Kept | None:
    """The answer at a place in the conversation, or the next after it, where a question was clicked."""
    for at in range(max(place, 0), min(place + 2, len(history))):
        found = _found(history[at])
        if found is not None:
            return Kept(found[0], turn_of(history[:at]), found[1])
    return None


def all_kept(history: History) -> list[Kept]:
    """Every answer of the conversation, oldest first."""
    return [kept for at in range(len(history)) if _found(history[at]) and (kept := kept_at(history, at))]


def answered(history: History) -> History:
    """The conversation up to its last answer: what is still being asked, or was stopped, is left out."""
    ends = [place for place, said in enumerate(history, 1) if (said.get("metadata") or {}).get("id")]
    return history[: ends[-1]] if ends else []


def turns(history: History) -> list[Turn]:
    """The turns that a follow-up is understood from."""
    return [Turn(kept.answer.question, kept.answer.text) for kept in all_kept(history)]


def turn_of(history: History) -> int:
    """How many questions were asked."""
    return sum(said["role"] == "user" for said in history)


def _found(said: dict[str, Any]) -> _Packed | None:
    return unpack((said.get("metadata") or {}).get("id")) if said["role"] == "assistant" else None
