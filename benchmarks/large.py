"""Archives of a wanted size, made of a real one: nothing is embedded, and yet words and vectors lie as real ones do.

The real articles come first. Then they come again and again, half of their sentences replaced by others drawn from
all, so that words keep the frequencies and much of the company that they have; their vectors are moved by noise (as
`benchmarks.vectors` does). Days grow denser over ten years, and sources halve in size from one to the next, so that
filters of days and of sources can let any share pass.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.vectors import moved
from index.article import Article, Passage, Sentence
from index.duplicates import signature
from index.faiss_store import open_archive
from index.faiss_writer import FaissWriter
from index.generation import ArchivePaths, building, publish, writer_lock
from index.records import Record
from index.store import Vector

DAYS = 3650
LAST = date(2024, 12, 31)
SOURCES = 14
KEPT = 0.5  # of an article's sentences, each time that it comes again


def build(real: Path, archive: Path, size: int) -> tuple[int, int]:
    """Writes an archive of `size` passages or a few more; gives how many articles and passages it holds."""
    source = open_archive(real)
    paths = ArchivePaths(archive)
    with writer_lock(paths), building(paths) as folder:
        writer = FaissWriter.fresh(folder, source.model)
        clusters = {}
        for article, sentences, passages, vectors in _articles(list(source.records())):
            first = writer.next_passage
            number = writer.add(article, sentences, passages, signature(article.text))
            writer.add_vectors(range(first, first + len(passages)), vectors)
            clusters[number] = number
            if writer.next_passage >= size:
                break
        writer.set_clusters(clusters)
        articles, passed = writer.articles, writer.passages
        writer.finish()
        publish(paths, folder, source.model, articles=articles, passages=passed)
    return articles, passed


def _articles(real: list[Record]) -> Iterator[tuple[Article, tuple[Sentence, ...], list[Passage], Vector]]:
    """The real articles, then made ones without end."""
    for record in real:
        yield record.article, record.sentences, list(record.passages), record.vectors
    chance, drawn = random.Random(0), np.random.default_rng(0)
    pool = [sentence.text for record in real for sentence in record.sentences]
    for number in count():
        record = real[number % len(real)]
        text, sentences, passages = "", [], []
        for passage in record.passages:
            first = len(sentences)
            for own in record.sentences[passage.first : passage.last + 1]:
                told = own.text if chance.random() < KEPT else chance.choice(pool)
                text += " " if len(sentences) > first else "\n\n" if text else ""
                sentences.append(Sentence(len(text), len(text) + len(told), told))
                text += told
            start = sentences[first].start
            passages.append(Passage(first, len(sentences) - 1, start, len(text), text[start:]))
        article = replace(
            record.article,
            text=text,
            published=LAST - timedelta(days=DAYS - 1 - int(DAYS * chance.random() ** 0.5)),
            source=f"made-{_halving(chance):02}.example",
            url=f"https://made.example/{number}",
        )
        yield article, tuple(sentences), passages, moved(record.vectors, drawn)


def _halving(chance: random.Random) -> int:
    """0 half of the time, 1 a quarter of it, and so on up to SOURCES."""
    return next((number for number in range(SOURCES) if chance.random() < 0.5), SOURCES)
