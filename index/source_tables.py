"""Records from CSV and TSV tables, row by row."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator, Mapping
from typing import TextIO

from index.article import RawPage
from index.errors import InputError
from index.source_records import NO_MAPPING, has_field, missing_text, recognised, to_page
from index.source_stream import open_text
from index.source_values import MAX_RECORD, OpenFile, Reader, Skip

_DELIMITERS = ",;\t|"


def table_reader(delimiter: str | None = None) -> Reader:
    """A reader of tables; without a delimiter, the one that makes most sense of the header line is taken."""
    return functools.partial(_read_table, delimiter=delimiter)


def is_table(text: str) -> bool:
    """Whether the text begins with a header: names of fields we know, the one of the text among them."""
    line = text.lstrip().partition("\n")[0]
    names = _cells(line, _delimiter(line, NO_MAPPING))
    return has_field(names, "text", NO_MAPPING) and recognised(names, NO_MAPPING) > 1


def _read_table(file: OpenFile, /, *, delimiter: str | None) -> Iterator[RawPage | Skip]:
    # The module's limit is one for the whole process and far below a long article: it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD))
    with open_text(file.stream, file.head, newline="") as text:
        lines = _lines(text, file.origin)
        first = next((line for line in lines if line.strip()), "")
        mark = delimiter or _delimiter(first, file.mapping)
        header = _cells(first, mark)
        if not has_field(header, "text", file.mapping):
            yield Skip(file.origin, missing_text(header, "column"))
            return
        # Strict, so that a quotation mark never closed costs a row or a few and is told, not hidden in a long cell.
        rows = csv.reader(lines, delimiter=mark, strict=True)
        yield from _records(rows, header, file)


def _records(rows: Iterator[list[str]], header: list[str], file: OpenFile) -> Iterator[RawPage | Skip]:
    number = 0
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            number += 1
            yield Skip(file.record(number), f"the row cannot be read ({error}): a quotation mark may be missing")
            continue
        if row is None:
            break
        if not any(cell.strip() for cell in row):
            continue
        number += 1
        if any(cell.strip() for cell in row[len(header) :]):
            reason = (
                f"the row has {len(row)} cells under {len(header)} columns: quote the cells that hold the delimiter"
            )
            yield Skip(file.record(number), reason)
        else:
            yield to_page(dict(zip(header, row, strict=False)), file.record(number), file)
    if not number:
        yield Skip(file.origin, "the table has no rows")


def _lines(text: TextIO, origin: str) -> Iterator[str]:
    while line := text.readline(MAX_RECORD):
        if len(line) == MAX_RECORD:
            raise InputError(origin, f"a line is longer than {MAX_RECORD // 2**20} million characters: no article is")
        yield line.replace("\x00", "").lstrip("\ufeff")


def _delimiter(line: str, mapping: Mapping[str, str]) -> str:
    return max(_DELIMITERS, key=lambda mark: recognised(_cells(line, mark), mapping))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []
