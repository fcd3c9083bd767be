"""A question that needs several articles, split into questions that each need one."""

from __future__ import annotations

import re

from rag.answer import Turn
from rag.followup import standalone

_VERB = (
    r"(?:say|said|agree|sign|have|has|had|vote|report|win|won|lose|lost|support|call|announce|condemn|claim|deny|describe|"
    r"respond|want|was|were|is|are|did|do|will|\w+ed)"
)
_NAME = r"(?:the\s)?(?-i:[A-Z])[\w.-]*(?:\s(?:of\s|the\s)*(?-i:[A-Z])[\w.-]*)*"
_BOTH = re.compile(
    rf"\bboth\s(?P<a>[^,;?]+?)\sand\s"
    rf"(?P<b>{_NAME}(?=\s(?-i:[a-z])|[,;?]|$)|.+?(?=\s(?:{_VERB}|in|on|about|at|for|to)\b|[,;?]|$))",
    re.I,
)
_FIRST = re.compile(
    r"^(?P<stem>(?:which|what|who)\b[^,:]*?"
    r"\b(?:first|earlier|later|sooner|last|more|fewer|less|most|\w{2,}er|\w{2,}est)\b[^,:]*)[,:]\s*"
    r"(?P<a>.+?),?\sor\s(?P<b>.+?)\s*\?*$",
    re.I,
)
_BEFORE_AFTER = re.compile(
    r"^(?P<a>.+?),?\s(?:before or after|after or before|earlier or later than)\s(?P<b>.+?)\s*\?*$", re.I
)
_BETWEEN = re.compile(
    r"(?:\bdifferences?\sbetween|\bcomparison\s(?:between|of)|^(?:please\s)?(?:compare|contrast))\s"
    r"(?P<a>.+?)\s(?:and|with|to|versus|vs\.?)\s(?P<b>.+?)(?P<rest>\s(?:on|about|over|in)\s.+?)?\s*[?.]*$",
    re.I,
)
_AND_ASK = re.compile(
    r"^(?P<a>.*?\b(?:who|what|when|where|why|which|how)\b.+?),?\sand\s(?P<b>(?:who|what|when|where|why|which|how)\b.+)$",
    re.I,
)
_ASKS = re.compile(
    r"^(?:(?:and|but|also|so|in|on|at|by|to|for|from|with)\s)*"
    r"(?:who|whom|whose|what|when|where|why|which|how|did|do|does|is|are|was|were|has|have|had|will|would|can|could)\b",
    re.I,
)
_TIME_STEM = re.compile(r"\b(?:came|come|happened|happen|occurred|was|is)\s(?:first|earlier|later|sooner|last)\b", re.I)


def split(question: str) -> tuple[str, ...]:
    """The sub-questions of a question that needs evidence for each; empty where it asks one thing."""
    for rule in (_several, _before_or_after, _which_first, _both, _compared, _and_ask):
        parts = tuple(dict.fromkeys(" ".join(part.split()) for part in rule(question) if len(part.strip(" ?.,")) > 2))
        if len(parts) > 1:
            return parts
    return ()


def _several(question: str) -> tuple[str, ...]:
    asked = [part for part in re.split(r"(?<=[.?!])\s+", question) if part.endswith("?")]
    if len(asked) < 2 or not all(_ASKS.match(part) and len(part.split()) > 2 for part in asked):
        return ()
    return (asked[0], *(standalone(part, (Turn(asked[0]),)) for part in asked[1:]))


def _before_or_after(question: str) -> tuple[str, ...]:
    match = _BEFORE_AFTER.match(question)
    return (f"{match['a']}?", f"{_upper(match['b'])}?") if match else ()


def _which_first(question: str) -> tuple[str, ...]:
    match = _FIRST.match(question)
    if match is None:
        return ()
    a, b = match["a"], match["b"]
    if _TIME_STEM.search(match["stem"]):
        return f"{_upper(a)}?", f"{_upper(b)}?"
    return f"{match['stem']}: {a}?", f"{match['stem']}: {b}?"


def _both(question: str) -> tuple[str, ...]:
    match = _BOTH.search(question)
    if match is None:
        return ()
    before, after = question[: match.start()], question[match.end() :]
    return f"{before}{match['a']}{after}", f"{before}{match['b']}{after}"


def _compared(question: str) -> tuple[str, ...]:
    match = _BETWEEN.search(question)
    if match is None:
        return ()
    rest = match["rest"] or ""
    return f"{_upper(match['a'])}{rest}?", f"{_upper(match['b'])}{rest}?"


def _and_ask(question: str) -> tuple[str, ...]:
    match = _AND_ASK.match(question)
    if match is None:
        return ()
    first = f"{match['a']}?"
    return first, standalone(match["b"], (Turn(first),))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
