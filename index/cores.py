"""Torch's work on all cores, a piece of it on each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")

_MOST = 16  # threads: beyond that they wait for Python's one lock, so each has several of torch's instead


def on_all_cores(work: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Does `work` for every item, several at once, in as many threads as torch would use for one.

    Small products take less time so than one after the other with torch's threads in each, which wait for each other
    at every one of its operations; what is computed is the same to the bit. Raises what `work` raises.
    """
    cores = torch.get_num_threads()
    if cores == 1 or len(items) < 2:
        for item in items:
            work(item)
        return
    threads = min(cores, _MOST)
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(cores // threads,)) as pool:
            for _ in pool.map(work, items):
                pass
    finally:
        torch.set_num_threads(cores)  # threads that begin later take the number that was set last
