"""Records from JSON and JSON Lines, one at a time, however long the list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from index.article import RawPage
from index.source_records import has_field, to_page
from index.source_stream import open_text
from index.source_values import MAX_RECORD, OpenFile, Skip

_LISTS = frozenset(("articles", "items", "data", "results", "stories", "entries", "docs"))
_BLANKS = re.compile("[ \t\r\n\x00\ufeff]*")
_DEEPEST = 20  # lists of records within one another
_CHUNK = 64 * 1024
_LONGEST_WORD = 12  # characters of a literal or an escape that the end of a chunk may cut: "-Infinity", "\\ud83d\\"
_TOO_LONG = f"longer than {MAX_RECORD // 2**20} million characters: no article is; check how the file was made"
_REST = "what follows in the file was not read; write one object a line (JSON Lines) to lose only the broken one"


def read_json_lines(file: OpenFile) -> Iterator[RawPage | Skip]:
    """A record a line; `#n` in an origin is the line's number. A broken line is skipped alone."""
    number, too_long, blank = 0, False, True
    with open_text(file.stream, file.head) as text:
        while line := text.readline(MAX_RECORD):
            goes_on, too_long = too_long, not line.endswith("\n") and len(line) == MAX_RECORD
            if goes_on:
                continue
            number += 1
            if too_long or line.strip("\x00\ufeff \t\r\n"):
                blank = False
                yield Skip(file.record(number), _TOO_LONG) if too_long else _from_line(line, file.record(number), file)
    if blank:
        yield Skip(file.origin, "the file holds no record")


def _from_line(line: str, origin: str, file: OpenFile) -> RawPage | Skip:
    try:
        value = json.loads(line.strip("\x00\ufeff \t\r\n"), strict=False)
    except (ValueError, RecursionError) as error:
        return Skip(origin, f"the line is not valid JSON ({_told(error)})")
    return _from_value(value, origin, file)


def _from_value(value: Any, origin: str, file: OpenFile) -> RawPage | Skip:
    if isinstance(value, dict):
        return to_page(value, origin, file)
    return Skip(origin, 'a record has to be an object with named fields, such as {"title": …, "text": …}')


def read_json(file: OpenFile) -> Iterator[RawPage | Skip]:
    """The records of a JSON file: an object, a list, an object with a list under a usual name, or several of these.

    After a syntax error the rest of the file cannot be told apart: it is reported as one item.
    """
    with open_text(file.stream, file.head) as text:
        cursor = _Cursor(text)
        number = 0
        try:
            for value in _records(cursor, file):
                number += 1
                alone = number == 1 and not cursor.nested and not cursor.peek()
                yield _from_value(value, file.origin if alone else file.record(number), file)
        except (ValueError, RecursionError) as error:
            where = f"{_told(error)}, line {cursor.line}"
            yield Skip(file.record(number + 1), f"not valid JSON ({where}): {_REST}")
        else:
            if not number:
                yield Skip(file.origin, "the file holds no record")


def _records(cursor: _Cursor, file: OpenFile) -> Iterator[Any]:
    while (start := cursor.peek()) or cursor.nested:
        if not start:
            return
        cursor.nested = False
        if start == "[":
            yield from _items(cursor)
        elif start == "{":
            yield from _object(cursor, file)
        else:
            yield cursor.value()


def _items(cursor: _Cursor) -> Iterator[Any]:
    cursor.nested = True
    cursor.take("[")
    if cursor.skip("]"):
        return
    while True:
        yield cursor.value()
        if cursor.skip("]"):
            return
        cursor.take(",")


def _object(cursor: _Cursor, file: OpenFile, depth: int = 0) -> Iterator[Any]:
    """The object itself, or the records of the lists in it, which are never held whole."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    record: dict[str, Any] = {}
    listed, began = False, cursor.place
    cursor.take("{")
    while not cursor.skip("}"):
        name = cursor.value()
        if not isinstance(name, str):
            raise ValueError("a name is expected")
        cursor.take(":")
        if name.lower() in _LISTS and not has_field([name], "text", file.mapping) and cursor.peek() in {"[", "{"}:
            listed = True
            yield from _items(cursor) if cursor.peek() == "[" else _object(cursor, file, depth + 1)
            began = cursor.place
        else:
            record[name] = cursor.value()
        if cursor.place - began > MAX_RECORD:
            raise ValueError(_TOO_LONG)
        if not cursor.skip(","):
            cursor.take("}")
            break
    if not listed or has_field(record, "text", file.mapping):
        cursor.nested = listed
        yield record


class _Cursor:
    """A place in a stream of JSON; only what is being decoded is in memory.

    `nested` is true while the values come out of a list. Every method raises ValueError at a syntax error.
    """

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._decode = json.JSONDecoder(strict=False).raw_decode
        self._buffer = ""
        self._at = 0
        self._dropped = 0
        self._lines = 1
        self._ended = False
        self.nested = False

    @property
    def place(self) -> int:
        """Characters consumed."""
        return self._dropped + self._at

    @property
    def line(self) -> int:
        """The line of the place, counted from 1."""
        return self._lines + self._buffer.count("\n", 0, self._at)

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            self._at = _BLANKS.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # it matches anything
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def skip(self, mark: str) -> bool:
        """Passes the mark where it comes next."""
        if self.peek() != mark:
            return False
        self._at += 1
        return True

    def take(self, mark: str) -> None:
        """Passes the mark, which has to come next."""
        if not self.skip(mark):
            raise ValueError(f"{mark} is expected")

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if not self._is_cut(error) or not self._more():
                    raise
            else:
                # A number at the very end of the buffer may go on in what is still to be read.
                if end < len(self._buffer) or self._buffer[end - 1] in '"}]' or not self._more():
                    self._at = end
                    return value
            if len(self._buffer) - self._at > MAX_RECORD:
                raise ValueError(_TOO_LONG)

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._buffer) - _LONGEST_WORD

    def _more(self) -> bool:
        """Reads on, twice as much as is waiting so that a long value is not tried too often."""
        if self._ended:
            return False
        self._lines += self._buffer.count("\n", 0, self._at)
        self._dropped += self._at
        rest = self._buffer[self._at :]
        piece = self._text.read(max(_CHUNK, len(rest)))
        self._ended = not piece
        self._buffer, self._at = rest + piece, 0
        return bool(piece)


def _told(error: Exception) -> str:
    """What is wrong, without the place, so that reasons can be counted."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)
