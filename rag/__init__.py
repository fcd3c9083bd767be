"""A question becomes a cited answer: the read side. `from rag import ask` is the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.answer import Answer, Citation, Evidence, Turn
    from rag.assistant import Assistant, ask
    from rag.config import Settings

__all__ = ["Answer", "Assistant", "Citation", "Evidence", "Settings", "Turn", "ask"]

_HOMES = {
    "Answer": "rag.answer",
    "Assistant": "rag.assistant",
    "Citation": "rag.answer",
    "Evidence": "rag.answer",
    "Settings": "rag.config",
    "Turn": "rag.answer",
    "ask": "rag.assistant",
}


def __getattr__(name: str) -> Any:
    # Names are fetched when asked for, so that importing one small module of `rag` does not load FAISS.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
