"""An iterator that blocks, run on a thread of its own for a reader on an event loop, who may leave at any time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None = None


async def on_thread(work: Callable[[threading.Event], Generator[T, None, None]]) -> AsyncGenerator[T, None]:
    """What `work` yields, as it comes; raises what it raises.

    A thread that blocks cannot be interrupted, so a reader who leaves (closes this, or is cancelled) does not wait for
    it: the event that `work` was given is set, and its iterator is closed on its own thread as soon as it yields.
    """
    loop, left = asyncio.get_running_loop(), threading.Event()
    given: asyncio.Queue[T | _End] = asyncio.Queue()

    def give(one: T | _End) -> None:
        if not left.is_set():
            loop.call_soon_threadsafe(given.put_nowait, one)

    def run() -> None:
        end = _End()
        try:
            with closing(work(left)) as pieces:
                for piece in pieces:
                    if left.is_set():
                        break
                    give(piece)
        except Exception as error:  # the reader's to handle, whatever it is
            end = _End(error)
        give(end)

    threading.Thread(target=run, name="background", daemon=True).start()
    try:
        while not isinstance(one := await given.get(), _End):
            yield one
        if one.error is not None:
            raise one.error
    finally:
        left.set()
