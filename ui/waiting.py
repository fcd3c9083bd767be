"""Who is asked first when many ask at once: a few at a time, some in line, and no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import DatelineError

BUSY = "Many questions are being asked just now, and the line is full. Ask again in a minute; nothing was lost."


class Busy(DatelineError):
    """The line is full."""


class WaitingLine:
    """Lets `at_once` through at a time, in the order they came, and keeps at most `waiting` in line. Thread-safe."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._room = at_once + waiting
        self._line: list[object] = []
        self._moved = threading.Condition()

    @contextmanager
    def place(self) -> Iterator[Place]:
        """A place in line, given up at the block's end. Raises Busy where the line is full."""
        ticket = object()
        with self._moved:
            if len(self._line) >= self._room:
                raise Busy(BUSY)
            self._line.append(ticket)
        try:
            yield Place(self, ticket)
        finally:
            with self._moved:
                self._line.remove(ticket)
                self._moved.notify_all()

    def ahead(self, ticket: object, patience: float) -> int:
        """How many must go through before the ticket's turn, after at most `patience` seconds of waiting for it."""
        with self._moved:
            if patience:
                self._moved.wait_for(lambda: self._ahead(ticket) == 0, patience)
            return self._ahead(ticket)

    def _ahead(self, ticket: object) -> int:
        return max(0, self._line.index(ticket) - self._at_once + 1)


class Place:
    """One place in a WaitingLine."""

    def __init__(self, line: WaitingLine, ticket: object) -> None:
        self._line = line
        self._ticket = ticket

    def waits(self, patience: float = 1.0) -> Iterator[int]:
        """How many are ahead, as often as `patience` runs out; ends when it is this one's turn."""
        ahead = self._line.ahead(self._ticket, 0)
        while ahead:
            yield ahead
            ahead = self._line.ahead(self._ticket, patience)
