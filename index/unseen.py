"""What a page hides from its readers: no part of the story, and perhaps meant to mislead whatever reads the markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_NEVER_SHOWN = (
    "//template | //*[@hidden] | //*[@aria-hidden='true'] | //dialog[not(@open)] | //datalist | //noframes | //object"
)
_ZERO = r"(?>0+(?:\.0+)?|\.0+)(?:px|em|rem|%|vh|vw)?\s*(?:;|!|$)"
# A style under which nobody reads the text. What a style sheet of another file hides cannot be told without a browser.
_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden"
    r"|opacity\s*:\s*(?>0+\.0\d*|0\d*|\.0\d*)(?![.\d])|font-size\s*:\s*(?:(?>0+(?:\.0+)?|\.0+)(?![.\d])|[01]?(?:\.\d+)?px)"
    r"|(?:left|top|right|bottom|text-indent)\s*:\s*-\d{3,}"
    r"|transform\s*:[^;]*(?:scale\w*\(\s*(?>0+(?:\.0+)?|\.0+)\s*[,)]|translate\w*\([^)]*-\d{3,})"
    r"|clip\s*:\s*rect\((?>\s*(?:0\w*|1px)[\s,]*){4}\)|clip-path\s*:\s*(?:inset\((?:100|[5-9]\d)%|circle\(0))",
    re.IGNORECASE,
)
_NO_SIZE = re.compile(rf"(?:^|;)\s*(?:max-)?(?:height|width)\s*:\s*{_ZERO}", re.IGNORECASE)
_CUT_OFF = re.compile(r"(?:^|;)\s*overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_COLOUR = re.compile(r"(?:^|;)\s*(background-color|background|color)\s*:\s*([^;!]+)", re.IGNORECASE)
_WHITE = frozenset(("white", "#fff", "#ffffff", "rgb(255,255,255)"))
_CLEAR = re.compile(
    r"transparent|(?:rgb|hsl)a?\(.*[,/](?>0+(?:\.0+)?|\.0+)%?\)|#[0-9a-f]{3}0|#[0-9a-f]{6}00", re.IGNORECASE
)
_SIMPLE = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?P<kind>[.#])(?P<name>[\w-]+)", re.IGNORECASE)


def drop_unseen(tree: Any) -> None:
    """Takes out of an lxml tree the elements that its own markup, styles and style sheets hide. Their tails stay."""
    by_class, by_id = _hidden_by_sheets(tree)
    for element in (*tree.xpath(_NEVER_SHOWN), *_hidden(tree, by_class, by_id)):
        if element.getparent() is not None and element.tag not in {"html", "body"}:
            _drop(element)


def _drop(element: Any) -> None:
    parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    parent.remove(element)


def _hidden(tree: Any, by_class: set[tuple[str, str]], by_id: set[tuple[str, str]]) -> Iterator[Any]:
    for element in tree.xpath("//*[@style]"):
        if _hides(element.get("style")):
            yield element
    for element in tree.xpath("//font[@color]"):
        if _is_unseen_colour(_packed(element.get("color"))):
            yield element
    for attribute, names in (("class", by_class), ("id", by_id)):
        for element in tree.xpath(f"//*[@{attribute}]") if names else ():
            own = set(element.get(attribute).split())
            if any(name in own and tag in {"", element.tag} for tag, name in names):
                yield element


def _hides(style: str) -> bool:
    style = _COMMENT.sub("", style)
    if _HIDING.search(style) or (_NO_SIZE.search(style) and _CUT_OFF.search(style)):
        return True
    colours = {name.lower(): _packed(value) for name, value in _COLOUR.findall(style)}
    text, ground = colours.get("color"), colours.get("background-color", colours.get("background"))
    if text is None:
        return False
    return text == ground or _CLEAR.fullmatch(text) is not None or (text in _WHITE and ground in {None, *_WHITE})


def _packed(value: str) -> str:
    return "".join(value.lower().split())


def _is_unseen_colour(colour: str) -> bool:
    return colour in _WHITE or _CLEAR.fullmatch(colour) is not None


def _hidden_by_sheets(tree: Any) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The (tag, class) and (tag, id) that the page's own style sheets hide; only plain selectors, for every medium."""
    found: dict[str, set[tuple[str, str]]] = {".": set(), "#": set()}
    for sheet in tree.xpath("//style[not(@media) or @media='all' or @media='screen']/text()"):
        for selectors, style in _rules(_COMMENT.sub("", sheet)):
            if _hides_for_good(style):
                for selector in selectors.split(","):
                    if simple := _SIMPLE.fullmatch(selector.strip()):
                        found[simple["kind"]].add(((simple["tag"] or "").lower(), simple["name"]))
    return found["."], found["#"]


def _hides_for_good(style: str) -> bool:
    # Colours are left out: a class that writes white stands, as a rule, on a ground that another class paints.
    return bool(_HIDING.search(style) or (_NO_SIZE.search(style) and _CUT_OFF.search(style)))


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """The (selectors, declarations) of a style sheet that stand in no other block, such as one for printers."""
    depth, begun, selectors = 0, 0, ""
    for brace in re.finditer(r"[{}]", sheet):
        if brace[0] == "{":
            if depth == 0:
                selectors = sheet[begun : brace.start()]
            depth += 1
        else:
            if depth == 1 and not selectors.lstrip().startswith("@"):
                yield selectors, sheet[begun : brace.start()]
            depth = max(depth - 1, 0)
        begun = brace.end()
