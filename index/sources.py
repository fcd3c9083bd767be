"""Files and folders -> a stream of raw pages: one reader a format, found by name and content.

What is not a page is skipped with a reason that says the mend, counted, and never ends the rest. Memory does not
grow with the input: lists, lines, rows and web archives are read record by record; only single pages and feeds are
read whole, up to a limit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from index.article import RawPage
from index.errors import InputError
from index.formats import Format, detect
from index.source_feeds import read_feed, read_sitemap
from index.source_json import read_json, read_json_lines
from index.source_pages import read_dump, read_html
from index.source_records import NO_MAPPING, check_mapping, parse_mapping
from index.source_stream import open_bytes, read_head
from index.source_tables import table_reader
from index.source_values import OpenFile, Reader, Skip, SkipReport, printable

__all__ = ["Skip", "SkipReport", "files_under", "parse_mapping", "read_pages"]


def _read_warc(file: OpenFile) -> Iterator[RawPage | Skip]:
    from index.source_warc import read_warc  # warcio is heavy, and few archives hold any

    return read_warc(file)


_READERS: dict[Format, Reader] = {
    Format.DUMP: read_dump,
    Format.HTML: read_html,
    Format.JSON: read_json,
    Format.JSON_LINES: read_json_lines,
    Format.CSV: table_reader(),
    Format.TSV: table_reader("\t"),
    Format.FEED: read_feed,
    Format.SITEMAP: read_sitemap,
    Format.WARC: _read_warc,
}


def read_pages(
    paths: Sequence[Path],
    *,
    mapping: Mapping[str, str] = NO_MAPPING,
    strict: bool = False,
    report: SkipReport | None = None,
) -> Iterator[RawPage]:
    """The pages in files and folders, in the order of `paths` and, within a folder, by name.

    Folders are read with all their folders; hidden files are left out without a word, links that lead out of the
    given folder with one. `.gz` and `.zst` are unpacked. `mapping` leads from our field names to those of records
    (see `parse_mapping`). A record that names no source has the host of its url for one, else the name of the folder
    that its file lies in. What was read and skipped is in `report`.

    Raises InputError at once for a path that does not exist or a field in `mapping` that we do not have; and, where
    `strict`, at the first item that would be skipped.
    """
    ours = check_mapping(mapping)
    for path in paths:
        try:
            path.stat()
        except (OSError, ValueError) as error:
            raise InputError(
                _origin(path), "there is no such file or folder, or it is closed: check the path"
            ) from error
    return _pages(paths, ours, strict, SkipReport() if report is None else report)


def _pages(paths: Sequence[Path], mapping: Mapping[str, str], strict: bool, report: SkipReport) -> Iterator[RawPage]:
    for path in paths:
        for found in files_under(path):
            for item in [found] if isinstance(found, Skip) else _read_file(found, mapping):
                if isinstance(item, RawPage):
                    report.read += 1
                    yield item
                elif strict:
                    raise InputError(item.origin, item.reason)
                else:
                    report.add(item.origin, item.reason)


def files_under(root: Path) -> Iterator[Path | Skip]:
    """The files under a path, in order, and what there is none; a link that was itself given is followed."""
    if not root.is_dir():
        yield root if root.is_file() else Skip(_origin(root), "not a regular file")
        return
    inside = root.resolve()
    waiting = [root]
    while waiting:
        path = waiting.pop()
        if path is not root and path.is_symlink():
            if reason := _wrong_link(path, inside):
                yield Skip(_origin(path), reason)
                continue
        elif path.is_dir():
            try:
                names = sorted(entry.name for entry in os.scandir(path) if not entry.name.startswith("."))
            except OSError as error:
                yield Skip(_origin(path), f"the folder cannot be read ({error.strerror or error})")
                continue
            waiting.extend(path / name for name in reversed(names))
            continue
        yield path if path.is_file() else Skip(_origin(path), "not a regular file")


def _wrong_link(link: Path, root: Path) -> str | None:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if not target.is_relative_to(root):
        return "a link that leads out of the folder: give its target as a path of its own"
    return "a link to a folder that is read where it lies" if target.is_dir() else None


def _read_file(path: Path, mapping: Mapping[str, str]) -> Iterator[RawPage | Skip]:
    origin = _origin(path)
    try:
        head = read_head(path, origin)
        reader = _READERS[_format(path.name, head, origin)]
        with open_bytes(path, origin) as stream:
            file = OpenFile(origin, stream, head, _folder(path), mapping)
            yield from reader(file)
    except InputError as error:
        yield Skip(error.origin, error.reason)
    except (OSError, UnicodeError) as error:
        yield Skip(origin, f"cannot be read to its end ({error})")


def _format(name: str, head: bytes, origin: str) -> Format:
    try:
        return detect(name, head)
    except InputError as error:
        raise InputError(origin, error.reason) from None


def _folder(path: Path) -> str:
    return printable(_text(path.parent.resolve().name))


def _origin(path: Path) -> str:
    return printable(_text(str(path)), limit=4096)


def _text(name: str) -> str:
    """A name as text: Linux allows names that are no text."""
    return os.fsencode(name).decode("utf-8", "replace")
