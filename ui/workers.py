"""A few threads that answer for the HTTP and MCP doors: so many at once, so many waiting, so long at most."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from index.errors import Busy, OutOfTime

T = TypeVar("T")


class Workers:
    """Runs work on `at_once` threads with at most `waiting` more in line, each for `seconds` from when it is given.

    Work that runs out of time keeps its thread until it ends: a place is never promised before there is one.
    """

    def __init__(self, *, at_once: int, waiting: int, seconds: float) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="answer")
        self._most = at_once + waiting
        self._seconds = seconds
        self._lock = threading.Lock()
        self._count = 0

    @property
    def count(self) -> int:
        """How many pieces of work are under way or in line."""
        return self._count

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns. Raises Busy where the line is full, OutOfTime, and whatever `work` raises."""
        with self._lock:
            if self._count >= self._most:
                raise Busy(f"{self._most} questions are being answered already. Ask again in a few seconds.")
            self._count += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._leave)
        try:
            # Out of time, or with the caller gone, work that has not begun is dropped by this.
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except TimeoutError:
            raise OutOfTime(f"The answer was not ready after {self._seconds:g} seconds. Ask again later.") from None

    def close(self) -> None:
        """Takes no more work, and drops what has not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _leave(self, _: Future[Any]) -> None:
        with self._lock:
            self._count -= 1
