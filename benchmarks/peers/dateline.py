"""Dateline itself: cleaning, dates, copies, full text and the reader, as it comes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from benchmarks.peers.systems import Found
from index.build import Input
from index.embedding import SentenceTransformerEmbedder
from index.rebuild import rebuild
from rag.assistant import Assistant


class Dateline:
    """An archive in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embedder = SentenceTransformerEmbedder()
        self._embedder.embed_passages(["warm"])
        self._assistant: Assistant | None = None

    def build(self, articles: Path) -> int:
        """Rebuilds the archive."""
        return rebuild(self._folder, Input.of(articles), self._embedder).passages

    def ask(self, question: str, asked: str, k: int) -> Found:
        """The evidence, and the sentences that would be cited were there no abstention."""
        if self._assistant is None:
            self._assistant = Assistant(self._folder)
        finding = self._assistant.find(question, as_of=date.fromisoformat(asked), k=k)
        return Found([e.passage for e in finding.answer.evidence], [c.sentence for c in finding.sentences])
