"""The tables of a segment's SQLite file, an article as a row of them, and what puts rows there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from index.article import Article, DateOrigin

TOKENS = "porter unicode61 remove_diacritics 2"
SCHEMA = f"""
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    cluster INTEGER NOT NULL,
    published INTEGER,  -- proleptic ordinal day; NULL is undated
    source TEXT NOT NULL,
    url TEXT,
    title TEXT NOT NULL,
    authors TEXT NOT NULL,  -- JSON list
    language TEXT NOT NULL,
    caption TEXT,
    origin TEXT NOT NULL,
    date_origin TEXT NOT NULL,
    date_confidence REAL NOT NULL,
    text TEXT NOT NULL,
    spans BLOB NOT NULL,  -- sentence starts and ends, little-endian uint32 pairs
    signature BLOB NOT NULL  -- for finding copies
) STRICT;
CREATE INDEX articles_cluster ON articles (cluster);
CREATE INDEX articles_published ON articles (published);
CREATE INDEX articles_url ON articles (url);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY,  -- vectors are in the order of these numbers; also the row in passages_text
    article INTEGER NOT NULL REFERENCES articles (number),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL
) STRICT;
CREATE INDEX passages_article ON passages (article);
CREATE VIRTUAL TABLE passages_text USING fts5 (
    title, body, content='', tokenize="{TOKENS}"
);
CREATE TABLE boilerplate (source TEXT NOT NULL, line TEXT NOT NULL, PRIMARY KEY (source, line)) STRICT;
"""

# What the first format had not; an archive of it is given these when it is first added to.
GROWTH_SCHEMA = """
CREATE INDEX articles_source ON articles (source, published);
CREATE TABLE keys (  -- of each article, by which its copies are looked up: see duplicates.keys_of
    key INTEGER NOT NULL,
    day INTEGER NOT NULL,  -- 0 is undated
    article INTEGER NOT NULL,
    PRIMARY KEY (key, day, article)
) STRICT, WITHOUT ROWID;
CREATE TABLE links (  -- likely copies of each other, each pair both ways; either may be in an older segment
    article INTEGER NOT NULL,
    other INTEGER NOT NULL,
    PRIMARY KEY (article, other)
) STRICT, WITHOUT ROWID;
CREATE TABLE gone (  -- articles of older segments that are no more
    article INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    published INTEGER,
    passages INTEGER NOT NULL
) STRICT;
CREATE TABLE moved (article INTEGER PRIMARY KEY, cluster INTEGER NOT NULL) STRICT;  -- articles of older segments
"""

ARTICLE_COLUMNS = (
    "number, id, cluster, published, source, url, title, authors, language, caption, origin, "
    "date_origin, date_confidence, text, spans"
)


def article_of(row: Sequence[Any]) -> Article:
    """An article from a row of ARTICLE_COLUMNS."""
    return Article(
        text=row[13],
        title=row[6],
        source=row[4],
        published=day_of(row[3]),
        date_origin=DateOrigin(row[11]),
        date_confidence=row[12],
        url=row[5],
        authors=tuple(json.loads(row[7])),
        language=row[8],
        caption=row[9],
        origin=row[10],
    )


def day_of(number: int | None) -> date | None:
    """The day of a proleptic ordinal; None for none, and for 0."""
    return date.fromordinal(number) if number else None


def ordinal_of(day: date | None) -> int | None:
    """The proleptic ordinal of a day; None for none."""
    return day.toordinal() if day else None


def unsynced(path: Path) -> sqlite3.Connection:
    """A database to be written whole: one that is half written is never read, so nothing is synced before."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = OFF")
    return database


def put_passage(
    database: sqlite3.Connection, number: int, article: int, places: tuple[int, int, int, int], title: str, text: str
) -> None:
    """Stores a passage of an article, and its full text; `places` are its first and last sentence, start and stop."""
    database.execute("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)", (number, article, *places))
    database.execute("INSERT INTO passages_text (rowid, title, body) VALUES (?, ?, ?)", (number, title, text))


def put_links(database: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Stores which articles are likely copies of each other, each pair both ways."""
    both = (way for one, other in pairs for way in ((one, other), (other, one)))
    database.executemany("INSERT INTO links VALUES (?, ?)", both)
