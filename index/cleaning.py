"""RawPage -> Article: the story kept; rails, captions and furniture gone; title, date, authors and source found."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from index.article import Article, PageKind, RawPage
from index.dump import read_dump
from index.errors import InputError
from index.junk import LONGEST_CAPTION, is_aside, is_caption, told_in_pictures
from index.published import NO_DATE, Dated, given_date, head_line_date, text_date
from index.storyline import unwrap

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "unknown"  # the source of a page that says nothing of it
_SAMPLE = 1000  # characters that tell a language as well as the whole text does
_ENOUGH_LETTERS = 20
_SURE_OF_LANGUAGE = 0.5

_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\u034f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f"
)
_SUSPECT = re.compile(f"[{_UNSEEN}\ufe00-\ufe0f\U000e0100-\U000e01ef\u200c\u200d]")  # all that the next can begin with
_INVISIBLE = re.compile(
    f"[{_UNSEEN}]"
    "|(?<=[\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"  # one says how; more smuggle
    "|(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af])[\U000e0100-\U000e01ef]"
    "|(?<=[\x20-\x7e])[\u200c\u200d]|[\u200c\u200d](?=[\x20-\x7e])"  # joiners mean something in some scripts and emoji
)
_MARKUP = re.compile(r"</(?:p|div|a|b|i|em|strong|span|li|ul|h\d)>|<br\s*/?>|<p[ >]", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")


class Found(NamedTuple):
    """What a page's content gave; what its record says is laid over it."""

    text: str
    title: str | None = None
    dated: Dated | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    url: str | None = None
    caption: str | None = None


def clean(page: RawPage) -> Article:
    """The article of a page; what the record itself says beats what is found in the content.

    Raises InputError where no story is left, naming the page's origin.
    """
    found = _READERS[page.kind](page)
    text = found.text.strip()
    if not any(character.isalnum() for character in text):
        raise InputError(page.origin, f"no story is left after cleaning {len(page.content):,} characters")
    url = _one_line(page.url or found.url or "") or None
    dated = given_date(page.published) or found.dated or NO_DATE
    return Article(
        text=text,
        title=_one_line(page.title or found.title or ""),
        source=_one_line(page.source or "") or _host(url) or found.source or UNKNOWN,
        published=dated.day,
        date_origin=dated.origin,
        date_confidence=dated.confidence,
        url=url,
        authors=tuple(name for name in map(_one_line, page.authors or found.authors) if name),
        language=_code(page.language) or _language(text),
        caption=_one_line(page.caption or found.caption or "") or None,
        origin=page.origin,
    )


def normalise(text: str) -> str:
    """The same text in NFC with plain blanks and line feeds, without what cannot be seen."""
    text = _SPACES.sub(" ", _BREAKS.sub("\n", text))
    if _SUSPECT.search(text):
        text = _INVISIBLE.sub("", text)
    return unicodedata.normalize("NFC", text)


def _from_story(page: RawPage) -> Found:
    content = page.content
    if _MARKUP.search(content):
        from index.webpage import plain_text

        content = plain_text(content)
    elif _ENTITY.search(content):
        content = html.unescape(content)
    lines = unwrap(normalise(content)).split("\n")
    title = _one_line(page.title or "").casefold()
    kept: list[str] = []
    captions: list[str] = []
    for line in (" ".join(line.split()) for line in lines):
        if line and not is_aside(line) and line.casefold() != title:
            (captions if is_caption(line) else kept).append(line)
    # Where all is told in pictures, what stands under them is the story.
    text = "\n\n".join(kept or told_in_pictures(captions))
    caption = next((one for one in captions if len(one) <= LONGEST_CAPTION), None)
    return Found(text, dated=text_date(None, page.url), caption=caption)


def _from_dump(page: RawPage) -> Found:
    dump = read_dump(normalise(page.content), _one_line(page.title or "") or None)
    dated = head_line_date(dump.head_date) or text_date(dump.visible_date, page.url)
    return Found(dump.story, dump.title, dated, authors=dump.authors, caption=dump.caption)


def _from_html(page: RawPage) -> Found:
    from index.webpage import UnreadablePage, read_webpage

    try:
        web = read_webpage(page.content, page.url)
    except UnreadablePage as error:
        raise InputError(page.origin, str(error)) from error
    titles = {_one_line(title or "").casefold() for title in (page.title, web.title)}
    lines = (" ".join(line.split()) for line in normalise(web.text).split("\n"))
    text = "\n\n".join(line for line in lines if line and line.casefold() not in titles and not is_aside(line))
    return Found(text, web.title, web.dated, web.source, web.authors, web.url, web.caption)


_READERS = {PageKind.HTML: _from_html, PageKind.DUMP: _from_dump, PageKind.STORY: _from_story}


def _one_line(text: str) -> str:
    return " ".join(normalise(text).split())


def _host(url: str | None) -> str | None:
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _code(language: str | None) -> str | None:
    """The ISO 639 code that a language tag ("en-US") begins with, or None where it is no tag."""
    match = re.match(r"([a-z]{2,3})(?:[-_]|$)", (language or "").strip().lower())
    return match[1] if match else None


def _language(text: str) -> str:
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _ENOUGH_LETTERS:
        return "und"
    code, confidence = _identifier().classify(sample)
    return str(code) if confidence >= _SURE_OF_LANGUAGE else "und"


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
