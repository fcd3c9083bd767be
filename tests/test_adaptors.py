"""The retrievers for LangChain and LlamaIndex, in the real libraries."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from index.embedding import SentenceTransformerEmbedder
from index.store import Filter
from rag import Assistant

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the libraries' own, as they are imported
    from langchain_core.runnables import RunnableLambda
    from llama_index.core.schema import MetadataMode

    from rag.langchain import DatelineRetriever as LangChainRetriever
    from rag.llamaindex import DatelineRetriever as LlamaIndexRetriever

QUESTION = "what did Belarus and Iran sign?"


@pytest.fixture(scope="module")
def assistant(example_archive: Path, embedder: SentenceTransformerEmbedder) -> Iterator[Assistant]:
    with Assistant(example_archive, embedder=embedder) as assistant:
        yield assistant


def test_langchain_gets_the_passages_with_date_source_offsets_and_url(assistant: Assistant):
    documents = LangChainRetriever(assistant=assistant, k=4).invoke(QUESTION)
    assert [document.page_content for document in documents] == [e.passage for e in assistant.retrieve(QUESTION, k=4)]
    first = documents[0]
    assert first.metadata["published"] == "2025-08-21"
    assert "13 documents" in first.page_content
    assert {"source", "title", "url", "article_id", "score", "also_in"} <= set(first.metadata)
    article = assistant.article(first.metadata["article_id"])
    assert article is not None
    assert article.text[first.metadata["start"] : first.metadata["end"]] == first.page_content
    assert (article.url, article.source, article.title) == tuple(first.metadata[n] for n in ("url", "source", "title"))
    assert len({document.id for document in documents}) == len(documents)


def test_langchain_chains_it_and_awaits_it(assistant: Assistant):
    retriever = LangChainRetriever(assistant=assistant, k=1)
    chain = retriever | RunnableLambda(lambda documents: documents[0].metadata["published"])
    assert chain.invoke(QUESTION) == "2025-08-21"
    assert asyncio.run(retriever.ainvoke(QUESTION)) == retriever.invoke(QUESTION)


def test_llamaindex_gets_nodes_with_scores_and_offsets(assistant: Assistant):
    nodes = LlamaIndexRetriever(assistant, k=4).retrieve(QUESTION)
    found = assistant.retrieve(QUESTION, k=4)
    assert [node.text for node in nodes] == [evidence.passage for evidence in found]
    assert [node.score for node in nodes] == [evidence.score for evidence in found]
    first = nodes[0].node
    article = assistant.article(first.metadata["article_id"])
    assert article is not None
    assert article.text[first.start_char_idx : first.end_char_idx] == first.get_content()
    assert first.metadata["published"] == "2025-08-21"
    shown = first.get_content(metadata_mode=MetadataMode.LLM)
    assert "published: 2025-08-21" in shown
    assert "article_id" not in shown


def test_llamaindex_awaits_it(assistant: Assistant):
    retriever = LlamaIndexRetriever(assistant, k=2)
    awaited = asyncio.run(retriever.aretrieve(QUESTION))
    assert [node.node_id for node in awaited] == [node.node_id for node in retriever.retrieve(QUESTION)]


def test_both_see_nothing_after_the_as_of_day_and_only_what_the_filter_admits(assistant: Assistant):
    day = date(2025, 8, 20)
    documents = LangChainRetriever(assistant=assistant, as_of=day).invoke(QUESTION)
    nodes = LlamaIndexRetriever(assistant, as_of=day).retrieve(QUESTION)
    assert documents
    assert [document.id for document in documents] == [node.node_id for node in nodes]
    assert all(document.metadata["published"] <= "2025-08-20" for document in documents)
    source = documents[0].metadata["source"]
    only = LangChainRetriever(assistant=assistant, where=Filter(sources=frozenset({source}))).invoke(QUESTION)
    assert {document.metadata["source"] for document in only} == {source}
