"""A first build on many machines: the passages, nearly all of its work, are embedded by the workers of a Dask cluster.

The archive is still written by one process. What the workers send back goes into its vector cache, which is keyed by
what was embedded and by the model: so a build that was stopped goes on, and none of its passages is embedded twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from index.embedding import DEFAULT_MODEL, Embedder, ModelCard, SentenceTransformerEmbedder
from index.errors import ClusterError, DatelineError, ModelError
from index.store import Vector

SHARD = 256  # passages that a worker embeds at a time: some seconds of work, which is all that a lost worker costs
_CONNECT = 20  # seconds
_FOR_EACH = 4  # shards for each thread of the cluster, embedded between two commits of the cache


class ClusterEmbedder:
    """Embeds passages on the cluster's workers, each with the same model, and questions here."""

    def __init__(self, client: Any, name: str = DEFAULT_MODEL, *, shard: int = SHARD) -> None:
        """Use `connected`."""
        self._client = client  # a distributed.Client, which has no types
        self._name = name
        self._shard = shard
        self._here = SentenceTransformerEmbedder(name)

    @property
    def card(self) -> ModelCard:
        """Which model this is."""
        return self._here.card

    @property
    def max_tokens(self) -> int:
        """The longest input, in the model's own tokens."""
        return self._here.max_tokens

    @property
    def chunk(self) -> int:
        """How many passages keep all of the cluster at work."""
        threads: int = sum(self._client.nthreads().values())
        return self._shard * _FOR_EACH * max(1, threads)

    def embed_question(self, text: str) -> Vector:
        """The unit vector of a question, of shape (dimension,)."""
        return self._here.embed_question(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many of the model's tokens each text has, special ones not counted."""
        return self._here.count_tokens(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vector:
        """Unit vectors of shape (len(texts), dimension), in the order given.

        The shards of a worker that is lost are given to another. Raises ClusterError where none is left, or where
        workers die of a shard again and again, and ModelError where a worker's model is not the one here.
        """
        if not texts:
            return np.zeros((0, self.card.dimension), dtype=np.float32)
        if not self._client.nthreads():
            raise ClusterError("The cluster has no workers. Start some, with Dateline installed: dask worker ADDRESS.")
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))  # a worker's texts are of like length
        shards = [tuple(texts[at] for at in order[i : i + self._shard]) for i in range(0, len(order), self._shard)]
        futures = self._client.map(embed_shard, shards, name=self._name, card=self.card)
        vectors = np.empty((len(texts), self.card.dimension), dtype=np.float32)
        try:
            vectors[order] = np.concatenate(self._client.gather(futures))
        except DatelineError:
            raise
        except Exception as error:  # whatever a worker raised is raised here, and workers can be lost in many ways
            raise ClusterError(
                f"The cluster did not embed the passages ({type(error).__name__}: {error}). What was done is kept: "
                f"build again to go on."
            ) from error
        return vectors


@contextmanager
def connected(
    scheduler: str, name: str = DEFAULT_MODEL, *, shard: int = SHARD, timeout: float = _CONNECT
) -> Iterator[ClusterEmbedder]:
    """An embedder on the cluster whose scheduler is at an address such as tcp://10.0.0.5:8786.

    `shard` is how many passages a worker is given at a time, `timeout` in seconds. Raises ClusterError where the
    scheduler cannot be reached, or the extra dateline[dask] is not installed.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError("Building on a cluster needs Dask: pip install 'dateline[dask]'.") from error
    try:
        client: Any = Client(scheduler, timeout=timeout, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"No scheduler answers at {scheduler} ({type(error).__name__}: {error}). Start one: dask scheduler."
        ) from error
    with client:
        yield ClusterEmbedder(client, name, shard=shard)


def embed_shard(texts: Sequence[str], *, name: str, card: ModelCard) -> Vector:
    """The vectors of some passages, shape (len(texts), dimension), on a worker.

    Raises ModelError where the worker has another model under the name.
    """
    embedder = _embedder(name)
    if embedder.card != card:
        raise ModelError(
            f"A worker has revision {embedder.card.revision} of {name!r}, and the build has {card.revision}. Give all "
            f"machines the same model."
        )
    return embedder.embed_passages(texts)


@lru_cache(maxsize=1)
def _embedder(name: str) -> Embedder:
    return SentenceTransformerEmbedder(name)
