"""What an archive holds that may be a copy of a story, found by key and by link: in a larger one it takes no longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from index.duplicates import Known, lookups
from index.faiss_store import FaissStore
from index.schema import day_of


def kin(store: FaissStore, known: Known) -> Iterator[Known]:
    """The articles that may be copies of one that is new, and those of theirs, and so on; each once."""
    yield from _with_linked(store, _sharing_keys(store, known))


def linked(store: FaissStore, number: int) -> Iterator[Known]:
    """The articles that may be copies of one that the store has, and those of theirs, and so on; each once."""
    yield from _with_linked(store, _links(store, number), {number})


def _with_linked(store: FaissStore, numbers: Iterable[int], seen: Iterable[int] = ()) -> Iterator[Known]:
    waiting, found = list(numbers), set(seen)
    while waiting:
        number = waiting.pop()
        if number not in found and number not in store.gone:
            found.add(number)
            waiting += _links(store, number)
            [(source, day, signature)] = store.holder(number).database.rows(
                "SELECT source, published, signature FROM articles WHERE number = ?", (number,)
            )
            yield Known(number, source, day_of(day), signature)


def _sharing_keys(store: FaissStore, known: Known) -> Iterator[int]:
    for lookup in lookups(known):
        for segment in store.segments:
            for (number,) in segment.database.rows(
                "SELECT DISTINCT k.article FROM json_each(?) asked JOIN keys k ON k.key = asked.value "
                "AND k.day BETWEEN ? AND ?",
                (lookup.keys, lookup.first, lookup.last),
            ):
                yield number


def _links(store: FaissStore, number: int) -> Iterator[int]:
    for segment in store.segments:
        for (other,) in segment.database.rows("SELECT other FROM links WHERE article = ?", (number,)):
            yield other
