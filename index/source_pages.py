"""Files that hold one page: text dumps and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.article import PageKind, RawPage
from index.source_stream import declared_charset, decode, read_whole
from index.source_values import MAX_PAGE, OpenFile, Skip

# A page that names itself in one of these ways says more than its folder's name.
_NAMES_ITSELF = re.compile(
    r"""rel\s*=\s*["']?canonical|\bog:(?:url|site_name)\b|["']publisher["']\s*:|application-name""", re.I
)
_NAME_WITHIN = 500_000  # characters; the head of a page with all its inline scripts


def read_dump(file: OpenFile) -> Iterator[RawPage | Skip]:
    """The file as one dump of a page, whole: its head line is left to cleaning."""
    text = decode(read_whole(file.stream, file.origin, MAX_PAGE))
    if text.strip():
        yield RawPage(origin=file.origin, content=text, kind=PageKind.DUMP, source=file.folder)
    else:
        yield Skip(file.origin, "the file holds no text, only blanks")


def read_html(file: OpenFile) -> Iterator[RawPage | Skip]:
    """The file as one page of HTML. The folder stands for its source only where the page does not name itself."""
    text = decode(read_whole(file.stream, file.origin, MAX_PAGE), declared_charset(file.head))
    if text.strip():
        yield RawPage(origin=file.origin, content=text, kind=PageKind.HTML, source=html_source(text, file))
    else:
        yield Skip(file.origin, "the file holds no text, only blanks")


def html_source(markup: str, file: OpenFile) -> str | None:
    """The folder's name for a page that does not name its site; None leaves it to cleaning."""
    return None if _NAMES_ITSELF.search(markup, 0, _NAME_WITHIN) else file.folder
