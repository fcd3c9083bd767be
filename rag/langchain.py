"""A LangChain retriever over an archive; needs `pip install dateline[langchain]`."""

from __future__ import annotations

from datetime import date

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from index.store import Filter
from rag.assistant import Assistant

__all__ = ["DatelineRetriever"]


class DatelineRetriever(BaseRetriever):
    """Gives LangChain the passages that fit a question best, best first.

    A document's text is the passage as it stands in the stored article; its id and metadata are those of
    `Evidence.to_metadata`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    assistant: Assistant
    k: int = Field(10, ge=1, description="How many passages at most.")
    as_of: date | None = Field(None, description="Nothing published after this day is seen.")
    where: Filter | None = Field(None, description="Which articles may be seen besides.")

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        found = self.assistant.retrieve(query, k=self.k, as_of=self.as_of, where=self.where)
        return [
            Document(id=evidence.id, page_content=evidence.passage, metadata=evidence.to_metadata())
            for evidence in found
        ]
