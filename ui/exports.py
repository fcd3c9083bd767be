"""Answers taken away: as Markdown or JSON, and their sources for a reference manager, as CSL-JSON or BibTeX."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from index.article import Article
from rag.answer import Answer, Citation
from ui.markup import safe_url
from ui.wording import asides

FindArticle = Callable[[str], Article | None]


@dataclass(frozen=True, slots=True)
class Export:
    """A file to save."""

    name: str
    media_type: str
    text: str


def export(answers: Sequence[Answer], kind: str, find: FindArticle) -> Export:
    """The answers of a conversation, oldest first, or the articles they cite, each once.

    `kind` is one of KINDS; raises KeyError. `find` gives an article, whose authors a citation does not carry.
    """
    return _EXPORTS[kind](answers, find)


def markdown(answer: Answer) -> str:
    """The answer with what is said beside it and its numbered sources.

    What articles say is escaped, so that no viewer reads markup in it.
    """
    numbered = [f"{number}. {_reference(citation)}" for number, citation in enumerate(answer.citations, 1)]
    paragraphs = [_plain(part) for part in re.split(r"\n\s*\n", answer.text)]
    beside = [f"*{_plain(aside)}*" for aside in asides(answer)]
    sources = ["\n".join(numbered)] if numbered else []
    return "\n\n".join([f"**{_plain(answer.question)}**", *paragraphs, *beside, *sources])


def _as_markdown(answers: Sequence[Answer], _find: FindArticle) -> Export:
    return Export("dateline.md", "text/markdown", "\n\n---\n\n".join(markdown(one) for one in answers) + "\n")


def _as_json(answers: Sequence[Answer], _find: FindArticle) -> Export:
    return Export("dateline.json", "application/json", _dump([answer.to_dict() for answer in answers]))


def _as_csl(answers: Sequence[Answer], find: FindArticle) -> Export:
    items = [_csl(citation, find(citation.article_id)) for citation in _cited(answers)]
    return Export("sources.csl.json", "application/vnd.citationstyles.csl+json", _dump(items))


def _as_bibtex(answers: Sequence[Answer], find: FindArticle) -> Export:
    entries = (_bibtex(citation, find(citation.article_id)) for citation in _cited(answers))
    return Export("sources.bib", "application/x-bibtex", "\n\n".join(entries) + "\n")


_EXPORTS: dict[str, Callable[[Sequence[Answer], FindArticle], Export]] = {
    "markdown": _as_markdown,
    "json": _as_json,
    "csl": _as_csl,
    "bibtex": _as_bibtex,
}
KINDS = tuple(_EXPORTS)


def _cited(answers: Sequence[Answer]) -> list[Citation]:
    return list({one.article_id: one for answer in answers for one in reversed(answer.citations)}.values())


def _reference(citation: Citation) -> str:
    day = citation.published.isoformat() if citation.published else "undated"
    url = safe_url(citation.url)
    address = " <" + re.sub(r"[<>\s]", _percent, url) + ">" if url else ""
    return f"*{_plain(citation.title or 'Untitled')}*, {_plain(citation.source)}, {day}.{address}"


def _plain(text: str) -> str:
    # A number in brackets is ours or harmless: it names no link, as no definition for it is ever written.
    escaped = re.sub(r"([\\`*_\[\]<>#|~!$&])", r"\\\1", " ".join(text.split()))
    return re.sub(r"\\\[(\d+)\\\]", r"[\1]", escaped)


def _percent(mark: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in mark[0].encode())


def _csl(citation: Citation, article: Article | None) -> dict[str, Any]:
    day = citation.published
    item: dict[str, Any] = {
        "id": f"dateline-{citation.article_id}",
        "type": "article-newspaper",
        "title": citation.title,
        "container-title": citation.source,
    }
    if day:
        item["issued"] = {"date-parts": [[day.year, day.month, day.day]]}
    if url := safe_url(citation.url):
        item["URL"] = url
    if article and article.authors:
        item["author"] = [{"literal": name} for name in article.authors]
    return item


def _bibtex(citation: Citation, article: Article | None) -> str:
    day = citation.published
    fields = [("title", f"{{{_tex(citation.title)}}}"), ("journal", _tex(citation.source))]
    if article and article.authors:
        fields.append(("author", " and ".join(f"{{{_tex(name)}}}" for name in article.authors)))
    if day:
        fields += [("year", f"{day.year}"), ("month", f"{day.month}"), ("day", f"{day.day}"), ("date", f"{day}")]
    if url := safe_url(citation.url):
        fields.append(("url", re.sub(r"[{}\\\s]", _percent, url)))
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields)
    return f"@article{{dateline-{re.sub(r'[^A-Za-z0-9-]', '-', citation.article_id)},\n{body}\n}}"


_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _tex(text: str) -> str:
    return re.sub(r"[\\{}%&$#_~^]", lambda mark: _TEX.get(mark[0], "\\" + mark[0]), " ".join(text.split()))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
