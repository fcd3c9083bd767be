"""What each library is asked to do, and where its adaptor is found."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast


@dataclass(frozen=True, slots=True)
class Article:
    """What a library is given of an article; `published` is YYYY-MM-DD, or empty where there is no date."""

    url: str
    title: str
    published: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The passages found for a question, best first, and the sentences cited; None where a library cites none."""

    passages: Sequence[str]
    sentences: Sequence[str] | None = None


class System(Protocol):
    """A library with its model loaded, nothing stored yet."""

    def build(self, articles: Path) -> int:
        """Splits, embeds and stores a JSONL.gz file of articles; says how many passages that gave."""

    def ask(self, question: str, asked: str, k: int) -> Found:
        """The `k` best passages, published by the day asked (YYYY-MM-DD) where the library's search can filter."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A row of the table.

    The adaptor is `module:name` of what makes it, in this package; the environment is a file in `requirements/`, or our
    own where empty. `filters` says whether the search takes the as-of day.
    """

    name: str
    adaptor: str
    environment: str
    package: str
    filters: bool = True

    def load(self, folder: Path) -> System:
        """The system, its model loaded; what it stores on disk goes into `folder`."""
        module, _, name = self.adaptor.partition(":")
        return cast("System", getattr(import_module(f"benchmarks.peers.{module}"), name)(folder))


PEERS = (
    Peer("Dateline", "dateline:Dateline", "", "dateline"),
    Peer("LangChain + FAISS", "langchain_faiss:LangChainFaiss", "langchain", "langchain-community"),
    Peer("LlamaIndex", "llamaindex:LlamaIndex", "llamaindex", "llama-index-core"),
    Peer("txtai, articles whole", "txtai_rows:whole_articles", "txtai", "txtai"),
    Peer("txtai, paragraphs", "txtai_rows:paragraphs", "txtai", "txtai"),
    Peer("haiku.rag", "haiku:Haiku", "haiku", "haiku.rag", filters=False),
)


def read_articles(path: Path) -> Iterator[Article]:
    """The articles of a JSONL.gz file."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            record = json.loads(line)
            yield Article(record["url"], record["title"], record["published"] or "", record["text"])
