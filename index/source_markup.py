"""Markup inside a record's field: whole pages are told from fragments, and fragments become text."""

from __future__ import annotations

import re
from typing import NamedTuple

from lxml import etree

from index.article import PageKind
from index.unseen import drop_unseen

_PAGE = re.compile(
    r"\s*(?>(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*)<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])", re.I | re.S
)
_MARKUP = re.compile(
    r"</(?:p|div|a|b|i|em|strong|span|li|ul|ol|h[1-6]|blockquote|figure|table|section|article)\s*>|<br\s*/?>|<p(?:\s[^<>]*)?>",
    re.I,
)
_XML_LINE = re.compile(r"<\?xml[^>]*>")
_BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
        ),
        *(
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "legend",
            "li",
            "main",
            "nav",
        ),
        *("ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    )
)
_UNSEEN = frozenset(
    (
        *("script", "style", "template", "svg", "iframe", "object", "noscript", "head", "button", "select", "textarea"),
        *("video", "audio"),
    )
)
_CELLS = frozenset(("td", "th"))
_WHITE = re.compile(r"[ \t\r\n\f]+")


class Body(NamedTuple):
    """The body of a record: what it is, and the caption that stood in it."""

    content: str
    kind: PageKind
    caption: str | None = None


def read_body(text: str, *, is_html: bool = False) -> Body:
    """The body in a record's field: a whole page stays HTML; a fragment of HTML becomes text.

    Without `is_html`, text counts as HTML only where it holds tags that plain text does not.
    """
    if _PAGE.match(text):
        return Body(text, PageKind.HTML)
    if is_html or _MARKUP.search(text):
        return _from_fragment(text)
    return Body(text.strip(), PageKind.STORY)


def _from_fragment(markup: str) -> Body:
    """The text of a fragment: paragraphs, list items and table rows parted by blank lines, nothing else lost."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(_XML_LINE.sub("", f"<div>{markup}</div>").encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        return Body("", PageKind.STORY)
    drop_unseen(root)
    story: list[str] = []
    captions: list[str] = []
    into = story
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if tag in _UNSEEN:
                walk.skip_subtree()
                continue
            if tag == "figcaption":
                into = captions
            into.append(_mark(tag))
            into.append(_WHITE.sub(" ", element.text or ""))
            continue
        if tag == "figcaption":
            into = story
        if tag not in _UNSEEN:
            into.append(_mark(tag) if tag != "br" else "")
        into.append(_WHITE.sub(" ", element.tail or ""))
    return Body(_tidy(story), PageKind.STORY, " ".join(_tidy(captions).split()) or None)


def _mark(tag: str) -> str:
    if tag in _BLOCKS:
        return "\n\n"
    if tag == "br":
        return "\n"
    return " " if tag in _CELLS else ""


def _tidy(pieces: list[str]) -> str:
    text = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", "".join(pieces)))
    return re.sub(r"\n{2,}", "\n\n", text).strip()
