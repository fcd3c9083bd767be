"""A build on a real cluster of processes: the same archive as one machine makes, whatever becomes of a worker."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from numpy.typing import NDArray

from index.build import Input
from index.cluster import connected
from index.embedding import SentenceTransformerEmbedder
from index.errors import ClusterError
from index.faiss_store import FaissStore, open_archive
from index.generation import ArchivePaths
from index.manifest import VECTORS
from index.rebuild import rebuild
from index.vectors import read_vectors, vectors_of
from tests.conftest import ROOT
from tests.servers import free_port


@contextmanager
def process(*line: str) -> Iterator[subprocess.Popen[bytes]]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen([sys.executable, "-W", "ignore", "-m", *line], cwd=ROOT, **quiet)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@dataclass(frozen=True)
class Cluster:
    """A scheduler's address, and its workers' processes by name."""

    address: str
    workers: Mapping[str, subprocess.Popen[bytes]]

    def kill_one_at_work(self) -> None:
        """Kills the first worker that has something to do, as the kernel would."""
        with Client(self.address, set_as_default=False) as client:
            for _ in range(1200):
                busy = [worker for worker, tasks in client.processing().items() if tasks]
                if busy:
                    self.workers[client.scheduler_info()["workers"][busy[0]]["name"]].kill()
                    return
                time.sleep(0.05)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two workers with a thread each, all in processes of their own."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        place = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        stack.enter_context(process("distributed.cli.dask_scheduler", *place))
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")
        workers = {
            name: stack.enter_context(process("distributed.cli.dask_worker", address, "--name", name, *options))
            for name in ("one", "two")
        }
        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield Cluster(address, workers)


def test_an_archive_built_on_a_cluster_is_the_same_though_a_worker_is_killed(
    cluster: Cluster, example_archive: Path, tmp_path: Path
) -> None:
    killer = threading.Thread(target=cluster.kill_one_at_work)
    with connected(cluster.address, shard=4) as embedder:
        killer.start()
        report = rebuild(tmp_path, Input.of(ROOT / "examples" / "articles"), embedder, chunk=embedder.chunk)
        killer.join()
    assert [worker.poll() for worker in cluster.workers.values()].count(None) == 1
    assert report.embedded == report.passages
    here, there = open_archive(example_archive), open_archive(tmp_path)
    assert stored(there) == stored(here)
    cosines = (vectors(served(tmp_path)) * vectors(served(example_archive))).sum(axis=1)
    assert np.abs(cosines - 1).max() < 1e-3  # bfloat16 rounds otherwise in batches of another shape

    again = rebuild(tmp_path, Input.of(ROOT / "examples" / "articles"), SentenceTransformerEmbedder())
    assert again.embedded == 0  # what the cluster did is kept
    here.close()
    there.close()


def test_a_cluster_that_is_not_there_is_named_with_the_mend() -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(ClusterError, match=f"{address}.*dask scheduler"), connected(address, timeout=1):
        pass


def stored(store: FaissStore) -> list[tuple[str, str, int, tuple[tuple[int, int], ...]]]:
    """What each passage is, and the cluster of its story."""
    return [
        (p.article_id, p.passage.text, p.cluster, tuple((s.start, s.end) for s in p.sentences))
        for p in store.passages(range(store.manifest.passages))
    ]


def served(archive: Path) -> Path:
    paths = ArchivePaths(archive)
    return paths.folder(paths.current_name())


def vectors(folder: Path) -> NDArray[np.float32]:
    read = read_vectors(folder / VECTORS)
    return vectors_of(read, range(read.ntotal))
