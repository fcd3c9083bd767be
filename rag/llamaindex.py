"""A LlamaIndex retriever over an archive; needs `pip install dateline[llamaindex]`."""

from __future__ import annotations

from datetime import date

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.store import Filter
from rag.answer import Evidence
from rag.assistant import Assistant

__all__ = ["DatelineRetriever"]

_FOR_READING = ("source", "published", "title")  # what a language model is shown of the metadata


class DatelineRetriever(BaseRetriever):
    """Gives LlamaIndex the passages that fit a question best, best first, each with its score.

    A node's text is the passage as it stands in the stored article, at `start_char_idx:end_char_idx`; its id and
    metadata are those of `Evidence.to_metadata`. A language model is shown the source, the day and the title.
    """

    def __init__(
        self, assistant: Assistant, *, k: int = 10, as_of: date | None = None, where: Filter | None = None
    ) -> None:
        """At most `k` passages, none published after `as_of`, of the articles that `where` lets be seen."""
        super().__init__()
        self._assistant = assistant
        self._k = k
        self._as_of = as_of
        self._where = where

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._assistant.retrieve(query_bundle.query_str, k=self._k, as_of=self._as_of, where=self._where)
        return [NodeWithScore(node=_node(evidence), score=evidence.score) for evidence in found]


def _node(evidence: Evidence) -> TextNode:
    metadata = evidence.to_metadata()
    hidden = [name for name in metadata if name not in _FOR_READING]
    return TextNode(
        id_=evidence.id,
        text=evidence.passage,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
        start_char_idx=evidence.start,
        end_char_idx=evidence.end,
    )
