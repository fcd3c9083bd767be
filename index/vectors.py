"""The vectors of a segment in a FAISS file: which kind of index holds how many, and how each is searched.

Few lie flat, and each is looked at. Many lie in lists, each about a centre, and only the lists nearest to a question
are looked into (Sivic and Zisserman 2003, doi 10.1109/ICCV.2003.1238663); their file is mapped, not read. Either way a
vector is kept in float16 as it was given, so a cosine is the same whichever kind gives it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import ArchiveDamaged
from index.store import Vector

LISTED = 300_000  # vectors from which on they lie in lists: a flat search takes some 11 ms of processor here
_TRAINED_ON = 200_000  # vectors that the centres are found from
_PROBED = 128  # lists looked into without a filter: recall@10 is 0.990 at a million, see docs/benchmarks.md
_FEW = 2_000  # vectors that pass a filter: so many are sooner multiplied one and all than looked for in all lists
_AT_ONCE = 65_536  # vectors that are taken out of an index at once
_LOOPS = 2**20  # parts that one FAISS file may have; ours have two, or one for each list
_HALF = faiss.ScalarQuantizer.QT_fp16
_reading = threading.Lock()  # FAISS keeps its limits for the whole process

Mask = NDArray[np.bool_]


def lists_of(size: int) -> int:
    """How many lists so many vectors lie in: about four times the root of their number, as a power of two."""
    return int(2 ** round(math.log2(4 * math.sqrt(max(size, 1)))))


def flat(dimension: int) -> faiss.Index:
    """An empty index that vectors of the model, float16 from the cache, are added to without loss."""
    return faiss.IndexScalarQuantizer(dimension, _HALF, faiss.METRIC_INNER_PRODUCT)


def as_flat(index: faiss.Index) -> faiss.Index:
    """A copy of an index, flat and in memory."""
    if not isinstance(index, faiss.IndexIVF):
        return faiss.clone_index(index)
    copy = flat(index.d)
    for start in range(0, index.ntotal, _AT_ONCE):
        copy.add(vectors_of(index, range(start, min(start + _AT_ONCE, index.ntotal))))
    return copy


def arranged(vectors: faiss.Index, listed: int = LISTED) -> faiss.Index:
    """Flat vectors as the kind of index for their number: in lists where there are `listed` or more.

    The centres are found anew each time: those of a quarter of the vectors, taken for all, cost 0.02 of recall.
    """
    size, lists = vectors.ntotal, lists_of(vectors.ntotal)
    if size < listed:
        return vectors
    centres = faiss.IndexFlatIP(vectors.d)
    index = faiss.IndexIVFScalarQuantizer(centres, vectors.d, lists, _HALF, faiss.METRIC_INNER_PRODUCT, False)
    some = np.random.default_rng(0).choice(size, min(size, _TRAINED_ON), replace=False)
    index.train(vectors_of(vectors, np.sort(some)))
    index.make_direct_map()
    for start in range(0, size, _AT_ONCE):
        index.add(vectors_of(vectors, range(start, min(start + _AT_ONCE, size))))
    return index


def write_vectors(vectors: faiss.Index, path: Path) -> None:
    """Writes an index to a file. FAISS's own writer passes over what fails when it closes the file."""
    with path.open("wb") as stream:
        faiss.write_index(vectors, faiss.PyCallbackIOWriter(stream.write))  # type: ignore[attr-defined]


def read_vectors(path: Path) -> faiss.Index:
    """The FAISS index in a file whose seal was checked; lists are mapped, and read as they are looked into.

    A second wall behind the seal: no list in it may claim more bytes than the file has, since FAISS sets the memory
    aside before it reads them. Raises ArchiveDamaged where FAISS does not take the file.
    """
    with _reading:
        bytes_before, loops_before = (
            faiss.get_deserialization_vector_byte_limit(),
            faiss.get_deserialization_loop_limit(),
        )
        faiss.set_deserialization_vector_byte_limit(path.stat().st_size)
        faiss.set_deserialization_loop_limit(_LOOPS)
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        except (RuntimeError, MemoryError) as error:
            reason = str(error).rpartition("Error: ")[2].splitlines()[0]
            raise ArchiveDamaged(f"{path} is no index that FAISS takes ({reason}). Rebuild the archive.") from error
        finally:
            faiss.set_deserialization_vector_byte_limit(bytes_before)
            faiss.set_deserialization_loop_limit(loops_before)
    if isinstance(index, faiss.IndexIVF) and index.invlists:
        lists = faiss.downcast_InvertedLists(index.invlists)
        if isinstance(lists, faiss.OnDiskInvertedLists):
            # Threads that read each list ahead, all of it, took five times what the search itself takes under a filter.
            lists.prefetch_nthread = 0
    return index


def vectors_of(index: faiss.Index, places: Sequence[int] | NDArray[np.int64]) -> Vector:
    """The vectors at these places of an index, shape (len(places), dimension)."""
    if not len(places):
        return np.zeros((0, index.d), dtype=np.float32)
    return np.asarray(index.reconstruct_batch(np.asarray(places, dtype=np.int64)))


def nearest(
    index: faiss.Index, query: Vector, k: int, mask: Mask | None, *, probed: int = _PROBED, few: int = _FEW
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The places and cosines of the `k` vectors nearest to a query of shape (1, dimension) that pass, best first.

    Fewer only where fewer pass. Of vectors in lists, `few` or less that pass are looked at one and all; else the
    lists that are looked into are `probed` without a filter, and with one as many more as fewer pass.
    """
    with _alone():
        return _nearest(index, query, k, mask, probed, few)


@contextmanager
def _alone() -> Iterator[None]:
    """FAISS searches in the thread that asks: on a busy machine its others are waited for, seven times as long."""
    threads = faiss.omp_get_max_threads()  # of this thread, as what is set
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _nearest(
    index: faiss.Index, query: Vector, k: int, mask: Mask | None, probed: int, few: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    passing = index.ntotal if mask is None else int(np.count_nonzero(mask))
    k = min(k, passing)
    if k < 1:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    lists = index.nlist if isinstance(index, faiss.IndexIVF) else 0
    if lists and mask is not None and passing <= few:
        return _among(index, query, k, np.flatnonzero(mask))
    chosen: dict[str, object] = {}
    if mask is not None:
        # FAISS's own stubs describe the C++ signatures, not the Python ones.
        chosen["sel"] = faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg, arg-type]
    if not lists:
        scores, places = index.search(query, k, params=faiss.SearchParameters(**chosen))
        return places[0], scores[0]
    # The fewer pass, the more lists there are over which the nearest of them are spread.
    wanted = min(lists, math.ceil(probed * index.ntotal / passing))
    for probes in dict.fromkeys((wanted, lists)):
        parameters = faiss.SearchParametersIVF(nprobe=probes, **chosen)  # type: ignore[call-arg]
        scores, places = index.search(query, k, params=parameters)
        if places[0, -1] >= 0:
            break
    return places[0], scores[0]


def _among(
    index: faiss.Index, query: Vector, k: int, places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    scores = vectors_of(index, places) @ query[0]
    best = np.lexsort((places, -scores))[:k]
    return places[best], scores[best]
